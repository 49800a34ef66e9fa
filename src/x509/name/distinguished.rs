//! Distinguished names as typed views over their DER.

use std::borrow::Cow;
use std::fmt;

use super::general::{Arcs, Bounds};
use super::string::Text;
use super::{NameAttribute, NameText, attributes, check_name, counts_as_empty, write_attribute};
use crate::x509::asn1::reader::{Asn1Error, Reader};
use crate::x509::asn1::tag;
use crate::x509::oid::Oid;

/// A distinguished name: a `Name` (RFC 5280 section 4.1.2.4), borrowed from its DER, which has been checked.
///
/// `Display` writes `C=US, O=Example Corp + OU=x, CN=www.example.com`: the relative distinguished names in encoded order, values
/// escaped as in RFC 4514 section 2.4, and control and format characters as hexadecimal digits, so that a hostile name is safe
/// to print. Two names are equal if their DER is.
///
/// ```
/// use issuance::{Csr, Oid};
/// let csr = Csr::decode(include_bytes!("../../../examples/data/www.example.com.csr"))?;
/// let subject = csr.subject()?;
/// assert_eq!(subject.to_string(), "C=US, O=Example Corp, CN=www.example.com");
///
/// // A name may have an attribute more than once: look at all of them.
/// let mut common_names = subject.values_of(&Oid::COMMON_NAME);
/// assert!(common_names.all(|name| name.text().as_deref() == Some("www.example.com")));
/// # Ok::<(), issuance::csr::CsrError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct DistinguishedName<'a> {
    der: &'a [u8],
}

impl<'a> DistinguishedName<'a> {
    /// Reads the DER of a `Name`.
    ///
    /// # Errors
    /// What is not DER, and what the engine would not put into a certificate: attributes of a SET that are out of order or
    /// repeated, text that does not fit its string type or has a NUL.
    pub fn from_der(der: &'a [u8]) -> Result<DistinguishedName<'a>, Asn1Error> {
        DistinguishedName::within(der, Bounds::NONE)
    }

    /// As [`DistinguishedName::from_der`], of at most as many attributes as `bounds` allow.
    pub(crate) fn within(der: &'a [u8], bounds: Bounds) -> Result<DistinguishedName<'a>, Asn1Error> {
        check_name(&Reader::single(der, tag::SEQUENCE)?, bounds.attributes, Arcs::AnyWidth)?;
        Ok(DistinguishedName { der })
    }

    /// A name that has been checked before.
    pub(crate) fn of_checked(der: &'a [u8]) -> DistinguishedName<'a> {
        DistinguishedName { der }
    }

    /// The name in DER, as it came.
    pub fn as_der(&self) -> &'a [u8] {
        self.der
    }

    /// Whether the name has no attribute, or none that is more than empty text: such a name counts as empty (R-CSR-9).
    pub fn is_empty(&self) -> bool {
        counts_as_empty(self.der)
    }

    /// The attributes, in encoded order.
    pub fn attributes(&self) -> impl Iterator<Item = AttributeTypeAndValue<'a>> + use<'a> {
        attributes(self.der).flatten().map(AttributeTypeAndValue)
    }

    /// The attributes of one type, in encoded order.
    pub fn values_of(&self, attribute_type: &Oid) -> impl Iterator<Item = AttributeTypeAndValue<'a>> + use<'a> {
        let wanted = *attribute_type;
        self.attributes().filter(move |attribute| attribute.oid() == wanted)
    }
}

impl fmt::Display for DistinguishedName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        NameText(self.der).fmt(f)
    }
}

impl fmt::Debug for DistinguishedName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DistinguishedName({self})")
    }
}

/// One attribute of a [`DistinguishedName`]: `AttributeTypeAndValue` of RFC 5280 section 4.1.2.4.
///
/// `Display` writes `CN=www.example.com`, escaped like the whole name.
///
/// ```
/// use issuance::{Csr, Oid};
/// let csr = Csr::decode(include_bytes!("../../../examples/data/www.example.com.csr"))?;
/// let country = csr.subject()?.attributes().next().ok_or("the subject is empty")?;
/// assert_eq!((country.oid(), country.text().as_deref()), (Oid::COUNTRY, Some("US")));
/// assert_eq!(country.to_string(), "C=US");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy)]
pub struct AttributeTypeAndValue<'a>(NameAttribute<'a>);

impl<'a> AttributeTypeAndValue<'a> {
    /// The type.
    pub fn oid(&self) -> Oid {
        self.0.oid.to_oid()
    }

    /// The position of the relative distinguished name that holds the attribute, counted from 0. Attributes with the same one are
    /// members of one SET.
    pub fn rdn(&self) -> usize {
        self.0.rdn
    }

    /// The text, as it came: escape it before you print it, or use `Display`. `None` if the value is not a string.
    ///
    /// It is borrowed, but for TeletexString, BMPString and UniversalString, which are decoded.
    pub fn text(&self) -> Option<Cow<'a, str>> {
        Text::of(&self.0.value).map(Text::into_cow)
    }

    /// The value in DER, as it came.
    pub fn value_der(&self) -> &'a [u8] {
        self.0.value.full
    }
}

impl fmt::Display for AttributeTypeAndValue<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_attribute(f, &self.0, false)
    }
}

impl fmt::Debug for AttributeTypeAndValue<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AttributeTypeAndValue({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::x509::name::tests::{name, utf8};

    #[test]
    fn attributes_have_type_text_and_place() {
        let der = name(&[
            &[(Oid::COUNTRY, tag::PRINTABLE_STRING, b"US")],
            &[(Oid::ORGANIZATION, tag::BMP_STRING, b"\x20\xac"), utf8(Oid::COMMON_NAME, "a\nb")],
            &[(Oid::COMMON_NAME, tag::OCTET_STRING, b"\x01")],
        ]);
        let view = DistinguishedName::from_der(&der).unwrap();
        let shown: Vec<_> =
            view.attributes().map(|a| (a.rdn(), a.text().map(Cow::into_owned), a.to_string())).collect();
        assert_eq!(
            shown,
            [
                (0, Some("US".to_owned()), "C=US".to_owned()),
                (1, Some("\u{20ac}".to_owned()), "O=\u{20ac}".to_owned()),
                (1, Some("a\nb".to_owned()), "CN=a\\0Ab".to_owned()),
                (2, None, "CN=#040101".to_owned()),
            ]
        );
        assert_eq!(view.values_of(&Oid::COMMON_NAME).count(), 2);
        assert_eq!(view.to_string(), "C=US, O=\u{20ac} + CN=a\\0Ab, CN=#040101");
        assert_eq!(view.as_der(), der);
    }

    #[test]
    fn what_the_engine_would_not_certify_is_not_a_name() {
        let nul = name(&[&[utf8(Oid::COMMON_NAME, "a\0b")]]);
        let error = DistinguishedName::from_der(&nul).unwrap_err();
        assert!(error.to_string().contains("NUL"), "{error}");
        assert!(DistinguishedName::from_der(&[0x30, 0, 0]).is_err());
        let two = name(&[&[utf8(Oid::COMMON_NAME, "a")], &[utf8(Oid::COMMON_NAME, "b")]]);
        assert!(DistinguishedName::within(&two, Bounds { names: 1, attributes: 1 }).is_err());
    }

    #[test]
    fn a_name_of_empty_text_is_empty() {
        for (der, empty) in [
            (name(&[]), true),
            (name(&[&[utf8(Oid::COMMON_NAME, "")]]), true),
            (name(&[&[utf8(Oid::COMMON_NAME, "a")]]), false),
        ] {
            assert_eq!(DistinguishedName::from_der(&der).unwrap().is_empty(), empty);
        }
    }
}
