//! Texts and blobs within the bounds of the API model.

use std::fmt;
use std::net::IpAddr;

use base64::prelude::{BASE64_STANDARD, Engine};

use super::draft::Draft;
use super::given::{BytesShape, IntoDraft, Shape, TextShape, given};
use super::pattern;
use super::subject::AttributeStringType;
use super::violation::{Constraint, Violation};
use crate::request::arn::{ArnError, CertificateArn, CertificateAuthorityArn, TemplateArn};
use crate::x509::algorithm::SigningAlgorithm;
use crate::x509::asn1::der_value::is_one_der_value;
use crate::x509::oid::Oid;

/// A text of `MIN` to `MAX` characters (Unicode scalar values) without NUL. The bounds are the API model's; that NUL is
/// refused is our decision.
///
/// ```
/// use issuance::Subject;
/// use issuance::request::{CountryCode, IntoDraft};
/// let country: CountryCode = "US".into_draft().build()?;
/// assert_eq!(country.as_str(), "US");
/// // Setters take plain text, and say what is out of bounds.
/// let error = Subject::builder().organization("x".repeat(65)).common_name("").build().unwrap_err();
/// assert_eq!(error.violations()[0].path(), "organization");
/// # Ok::<(), issuance::request::RequestError>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BoundedString<const MIN: usize, const MAX: usize>(String);

/// `String3` of the API model.
pub type String3 = BoundedString<0, 3>;
/// `String5` of the API model.
pub type String5 = BoundedString<0, 5>;
/// `String16` of the API model.
pub type String16 = BoundedString<0, 16>;
/// `String40` of the API model.
pub type String40 = BoundedString<0, 40>;
/// `String64` of the API model.
pub type String64 = BoundedString<0, 64>;
/// `String128` of the API model.
pub type String128 = BoundedString<0, 128>;
/// `String256` of the API model.
pub type String256 = BoundedString<0, 256>;
/// `String1To256` of the API model.
pub type String1To256 = BoundedString<1, 256>;

/// `ASN1PrintableString64` of the API model: up to 64 characters of a PrintableString (X.680 section 41.4).
/// [`BoundedString`](crate::request::BoundedString) has an example.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PrintableString64(String);

/// `CountryCodeString` of the API model: two ASCII letters. [`BoundedString`](crate::request::BoundedString) has an example.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CountryCode(String);

/// `IdempotencyToken` of the API model: 1 to 36 characters, each tab, line feed, carriage return, or from U+0020 to
/// U+00FF. [`BoundedString`](crate::request::BoundedString) has an example.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IdempotencyToken(String);

/// An e-mail address, DNS name or URI: 1 to `MAX` printable ASCII characters (R-ENC-3). `MAX` is the API model's; that
/// the text must not be empty nor have control characters is our decision.
/// [`BoundedString`](crate::request::BoundedString) has an example.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ia5Name<const MAX: usize>(String);

/// The constraints among `rules` that do not hold.
pub(crate) fn broken<const N: usize>(rules: [(bool, Constraint); N]) -> Vec<Constraint> {
    rules.into_iter().filter(|(holds, _)| !holds).map(|(_, constraint)| constraint).collect()
}

/// The rules for a length.
pub(crate) fn length(length: usize, min: usize, max: usize) -> [(bool, Constraint); 2] {
    [(length >= min, Constraint::MinLength(min)), (length <= max, Constraint::MaxLength(max))]
}

/// What all texts have in common; `$rules` yields the constraints that a text breaks.
macro_rules! text_shape {
    ([$($generics:tt)*] $type:ty, |$text:ident| $rules:expr) => {
        impl<$($generics)*> $type {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl<$($generics)*> $crate::request::given::Shape for $type {}

        impl<$($generics)*> $crate::request::given::TextShape for $type {
            fn from_text($text: &str) -> Result<Self, Vec<$crate::request::violation::Constraint>> {
                let broken: Vec<$crate::request::violation::Constraint> = $rules;
                if broken.is_empty() { Ok(Self($text.to_owned())) } else { Err(broken) }
            }
        }

        impl<$($generics)*> ::std::str::FromStr for $type {
            type Err = $crate::request::violation::RequestError;

            fn from_str(text: &str) -> Result<Self, $crate::request::violation::RequestError> {
                $crate::request::given::IntoDraft::into_draft(text).build()
            }
        }

        impl<$($generics)*> AsRef<str> for $type {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl<$($generics)*> ::std::fmt::Display for $type {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl<$($generics)*> ::std::fmt::Debug for $type {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                ::std::fmt::Debug::fmt(&self.0, f)
            }
        }
    };
}
pub(crate) use text_shape;

text_shape!([const MIN: usize, const MAX: usize] BoundedString<MIN, MAX>, |text| {
    let [min, max] = length(text.chars().count(), MIN, MAX);
    broken([min, max, (!text.contains('\0'), Constraint::NoNul)])
});

text_shape!([] PrintableString64, |text| {
    let [_, max] = length(text.chars().count(), 0, 64);
    broken([max, (pattern::is_printable_string(text), Constraint::Pattern(pattern::PRINTABLE_STRING))])
});

text_shape!([] CountryCode, |text| {
    let [min, max] = length(text.chars().count(), 2, 2);
    broken([min, max, (pattern::is_country_code(text), Constraint::Pattern(pattern::COUNTRY_CODE))])
});

text_shape!([] IdempotencyToken, |text| {
    let [min, max] = length(text.chars().count(), 1, 36);
    broken([min, max, (pattern::is_idempotency_token(text), Constraint::Pattern(pattern::IDEMPOTENCY_TOKEN))])
});

text_shape!([const MAX: usize] Ia5Name<MAX>, |text| {
    let [_, max] = length(text.chars().count(), 0, MAX);
    let words = if text.is_ascii() { Constraint::Ia5Text } else { Constraint::AsciiHost };
    broken([max, (pattern::is_ia5_name(text), words)])
});

/// What the `CustomObjectIdentifier` shape asks of a text.
fn broken_by_oid(text: &str) -> Vec<Constraint> {
    let [_, max] = length(text.chars().count(), 0, 64);
    broken([max, (pattern::is_object_identifier(text), Constraint::Pattern(pattern::OBJECT_IDENTIFIER))])
}

impl Shape for Oid {
    /// An identifier from elsewhere may have no form in the API, such as 2.999: it could not be written to the wire.
    fn checked(self) -> Draft<Self> {
        self.to_string().into_draft()
    }
}

impl TextShape for Oid {
    fn from_text(text: &str) -> Result<Self, Vec<Constraint>> {
        let broken = broken_by_oid(text);
        if !broken.is_empty() {
            return Err(broken);
        }
        text.parse().map_err(|error| vec![Constraint::Oid(error)])
    }
}

impl Shape for IpAddr {}

impl TextShape for IpAddr {
    fn from_text(text: &str) -> Result<Self, Vec<Constraint>> {
        // `String39`: the longest IPv6 address.
        let [_, max] = length(text.chars().count(), 0, 39);
        let address: Option<IpAddr> = text.parse().ok();
        let broken = broken([max, (address.is_some(), Constraint::IpAddress)]);
        address.filter(|_| broken.is_empty()).ok_or(broken)
    }
}

macro_rules! arn_shapes {
    ($($arn:ty)+) => {$(
        impl Shape for $arn {}

        impl TextShape for $arn {
            fn from_text(text: &str) -> Result<Self, Vec<Constraint>> {
                <$arn>::try_from(text).map_err(|error| match error {
                    ArnError::Length { length: given } => broken(length(given, ArnError::MIN_LENGTH, ArnError::MAX_LENGTH)),
                    malformed => vec![Constraint::Arn(malformed)],
                })
            }
        }
    )+};
}
arn_shapes!(CertificateAuthorityArn CertificateArn TemplateArn);

/// Makes enumerations of the API members of a request.
macro_rules! enum_shapes {
    ($($name:ty)+) => {$(
        impl $crate::request::given::Shape for $name {}

        impl $crate::request::given::TextShape for $name {
            fn from_text(text: &str) -> Result<Self, Vec<$crate::request::violation::Constraint>> {
                text.parse().map_err(|_| vec![$crate::request::violation::Constraint::EnumValueSet(<$name>::NAMES)])
            }
        }
    )+};
}
pub(crate) use enum_shapes;
enum_shapes!(SigningAlgorithm);

impl Shape for i64 {}
impl Shape for bool {}

/// An integer from `MIN` to `MAX`. [`BoundedString`](crate::request::BoundedString) has an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Integer<const MIN: i64, const MAX: i64>(i64);

impl<const MIN: i64, const MAX: i64> Integer<MIN, MAX> {
    /// The number.
    pub fn get(self) -> i64 {
        self.0
    }
}

impl<const MIN: i64, const MAX: i64> Shape for Integer<MIN, MAX> {}

given! {
    [const MIN: i64, const MAX: i64] i64 => Integer<MIN, MAX>, |value| {
        let refuse = |constraint| Draft::wrong(Violation::new(value.to_string(), constraint));
        match value {
            small if small < MIN => refuse(Constraint::MinValue(MIN)),
            large if large > MAX => refuse(Constraint::MaxValue(MAX)),
            within => Draft::right(Integer(within)),
        }
    };
}

/// `MIN` to `MAX` bytes. [`BoundedString`](crate::request::BoundedString) has an example.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Blob<const MIN: usize, const MAX: usize>(Vec<u8>);

/// `CsrBlob` of the API model: a certification request in PEM or DER, kept as given.
pub type CsrBlob = Blob<1, 32768>;

impl<const MIN: usize, const MAX: usize> Blob<MIN, MAX> {
    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The blob of these bytes, which are not copied.
    #[cfg(feature = "serde")]
    pub(crate) fn of(bytes: Vec<u8>) -> Draft<Self> {
        match (MIN..=MAX).contains(&bytes.len()) {
            true => Draft::right(Blob(bytes)),
            false => bytes.into_draft(),
        }
    }
}

impl<const MIN: usize, const MAX: usize> Shape for Blob<MIN, MAX> {}

impl<const MIN: usize, const MAX: usize> BytesShape for Blob<MIN, MAX> {
    fn from_bytes(bytes: &[u8]) -> Result<Self, Vec<Constraint>> {
        let broken = broken(length(bytes.len(), MIN, MAX));
        if broken.is_empty() { Ok(Blob(bytes.to_owned())) } else { Err(broken) }
    }
}

given! {
    [const MIN: usize, const MAX: usize] &str => Blob<MIN, MAX>, |text| text.as_bytes().into_draft();
    [const MIN: usize, const MAX: usize] String => Blob<MIN, MAX>, |text| text.as_bytes().into_draft();
    [const MIN: usize, const MAX: usize] &String => Blob<MIN, MAX>, |text| text.as_bytes().into_draft();
}

impl<const MIN: usize, const MAX: usize> fmt::Debug for Blob<MIN, MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{} bytes>", self.0.len())
    }
}

/// The value of a custom extension: one complete DER value (R-REQ-7, our decision) of at most 3072 bytes, as its
/// base64 text has at most 4096 characters (`Base64String1To4096` of the API model).
///
/// Bytes are taken as the DER value itself, a text is taken as its base64.
/// [`BoundedString`](crate::request::BoundedString) has an example.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DerValue(Vec<u8>);

impl DerValue {
    /// The most bytes: those of 4096 characters of base64.
    pub const MAX_LEN: usize = 3072;

    /// The DER value.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl Shape for DerValue {}

impl BytesShape for DerValue {
    fn from_bytes(bytes: &[u8]) -> Result<Self, Vec<Constraint>> {
        let broken = broken(length(bytes.len(), 1, DerValue::MAX_LEN));
        match broken.is_empty() {
            true if is_one_der_value(bytes) => Ok(DerValue(bytes.to_owned())),
            true => Err(vec![Constraint::OneDerValue]),
            false => Err(broken),
        }
    }
}

impl TextShape for DerValue {
    fn from_text(text: &str) -> Result<Self, Vec<Constraint>> {
        let [min, max] = length(text.chars().count(), 1, 4096);
        let broken = broken([min, max, (pattern::is_base64(text), Constraint::Pattern(pattern::BASE64))]);
        if !broken.is_empty() {
            return Err(broken);
        }
        let bytes = BASE64_STANDARD.decode(text).map_err(|_| vec![Constraint::CanonicalBase64])?;
        DerValue::from_bytes(&bytes)
    }
}

impl fmt::Display for DerValue {
    /// The base64, as it stands on the wire.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&BASE64_STANDARD.encode(&self.0))
    }
}

impl fmt::Debug for DerValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DerValue({self})")
    }
}

/// Whether every character of `text` is among those of the string type.
pub(crate) fn fits(text: &str, string_type: AttributeStringType) -> bool {
    match string_type {
        AttributeStringType::Utf8String => true,
        AttributeStringType::PrintableString => pattern::is_printable_string(text),
        AttributeStringType::Ia5String => text.is_ascii(),
    }
}
