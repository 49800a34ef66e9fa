//! The ARNs of certificate authorities, of their certificates, and of templates (R-ARN).

mod of_key;

use std::fmt;
use std::str::FromStr;

use crate::request::violation::printed;
use crate::x509::serial::SerialNumber;

const AUTHORITY_FORM: &str = "arn:<partition>:acm-pca:<region>:<account>:certificate-authority/<uuid>";
const CERTIFICATE_FORM: &str =
    "arn:<partition>:acm-pca:<region>:<account>:certificate-authority/<uuid>/certificate/<serial>";
const TEMPLATE_FORM: &str = "arn:<partition>:acm-pca:::template/<Name>/V<number>";

/// What stands between the authority and the serial number in the ARN of a certificate.
const CERTIFICATE: &str = "/certificate/";

/// The most digits that a serial number of 20 bytes needs, in decimal.
const LONGEST_SERIAL: usize = 48;

/// Why a text is not the ARN that it should be. [`CertificateArn`](crate::CertificateArn) has an example.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ArnError {
    /// The text is shorter or longer than the `Arn` shape of the API model allows: 5 to 200 characters.
    #[error("an ARN must have 5 to 200 characters, not {length}")]
    Length {
        /// The characters that were given.
        length: usize,
    },
    /// One part of the ARN is wrong or missing (R-ARN-1).
    #[error("the ARN must be of the form {form}: its {part} must be {expected}, not '{given}'")]
    Part {
        /// The whole form that was asked for.
        form: &'static str,
        /// Which part of it is wrong.
        part: &'static str,
        /// What that part must be.
        expected: &'static str,
        /// What it is; control characters are escaped.
        given: String,
    },
}

impl ArnError {
    /// The least characters of an ARN (API model).
    pub(crate) const MIN_LENGTH: usize = 5;
    /// The most characters of an ARN (API model).
    pub(crate) const MAX_LENGTH: usize = 200;
}

/// Reads the parts of one ARN and words what is wrong with them.
struct Reader<'a> {
    form: &'static str,
    /// `arn`, partition, service, region, account and resource; a missing part is empty.
    parts: [&'a str; 6],
}

impl<'a> Reader<'a> {
    fn new(text: &'a str, form: &'static str) -> Result<Reader<'a>, ArnError> {
        let length = text.chars().count();
        if !(ArnError::MIN_LENGTH..=ArnError::MAX_LENGTH).contains(&length) {
            return Err(ArnError::Length { length });
        }
        let mut rest = Some(text);
        let [arn, partition, service, region, account] = [(); 5].map(|()| next(&mut rest, b':'));
        let parts = [arn, partition, service, region, account, rest.unwrap_or_default()];
        let reader = Reader { form, parts };
        reader.require("first part", "'arn'", parts[0], |part| part == "arn")?;
        reader.require("partition", "a name such as aws or aws-cn", parts[1], |part| {
            part.as_bytes().first().is_some_and(u8::is_ascii_lowercase) && is_all(part, LABEL)
        })?;
        reader.require("service", "'acm-pca'", parts[2], |part| part == "acm-pca")?;
        Ok(reader)
    }

    fn require(
        &self,
        part: &'static str,
        expected: &'static str,
        given: &str,
        holds: impl FnOnce(&str) -> bool,
    ) -> Result<(), ArnError> {
        match holds(given) {
            true => Ok(()),
            false => Err(ArnError::Part { form: self.form, part, expected, given: printed(given) }),
        }
    }

    /// Checks region, account and `certificate-authority/<identifier>`, and returns what follows the identifier.
    fn authority(&self) -> Result<Option<&'a str>, ArnError> {
        self.require("region", "lower-case letters, digits and hyphens", self.parts[3], |part| {
            !part.is_empty() && is_all(part, LABEL)
        })?;
        self.require("account", "12 digits", self.parts[4], |part| part.len() == 12 && is_all(part, DIGIT))?;
        let mut rest = Some(self.parts[5]);
        let (kind, identifier) = (next(&mut rest, b'/'), next(&mut rest, b'/'));
        self.require("resource type", "'certificate-authority'", kind, |part| part == "certificate-authority")?;
        self.require("identifier", "a UUID", identifier, is_segment)?;
        Ok(rest)
    }
}

/// The part up to the next separator, which is ASCII, or the last part; nothing where that was before.
fn next<'a>(rest: &mut Option<&'a str>, separator: u8) -> &'a str {
    let Some(text) = *rest else { return "" };
    let end = text.bytes().position(|octet| octet == separator);
    *rest = end.map(|end| &text[end + 1..]);
    &text[..end.unwrap_or(text.len())]
}

/// What a part may be made of, as bits of [`CLASSES`]: digits; lower-case letters, digits and hyphens; the characters that the API
/// model's pattern of ARNs has.
const DIGIT: u8 = 1;
const LABEL: u8 = 2;
const SEGMENT: u8 = 4;

/// What each byte belongs to.
static CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let mut octet = 0;
    while octet < classes.len() {
        classes[octet] = match octet as u8 {
            b'0'..=b'9' => DIGIT | LABEL | SEGMENT,
            b'a'..=b'z' | b'-' => LABEL | SEGMENT,
            b'A'..=b'Z' | b'_' | b'+' | b'=' | b',' | b'.' | b'@' => SEGMENT,
            _ => 0,
        };
        octet += 1;
    }
    classes
};

fn is_all(text: &str, class: u8) -> bool {
    text.bytes().all(|octet| CLASSES[usize::from(octet)] & class != 0)
}

fn is_uuid(text: &str) -> bool {
    let groups = text.split('-').map(|group| {
        let hexadecimal = group.bytes().all(|b| b.is_ascii_hexdigit());
        if hexadecimal { group.len() } else { 0 }
    });
    groups.eq([8, 4, 4, 4, 12])
}

/// One segment of a resource, as the API model's pattern of ARNs has it.
fn is_segment(text: &str) -> bool {
    !text.is_empty() && is_all(text, SEGMENT)
}

/// The name of a template.
pub(crate) fn is_template_name(text: &str) -> bool {
    is_segment(text)
}

fn check_authority(text: &str) -> Result<(), ArnError> {
    let reader = Reader::new(text, AUTHORITY_FORM)?;
    let rest = reader.authority()?;
    reader.require("end", "the UUID", rest.unwrap_or_default(), |_| rest.is_none())
}

fn check_certificate(text: &str) -> Result<(), ArnError> {
    let reader = Reader::new(text, CERTIFICATE_FORM)?;
    let (kind, serial) = reader.authority()?.unwrap_or_default().split_once('/').unwrap_or_default();
    reader.require("sub-resource type", "'certificate'", kind, |part| part == "certificate")?;
    reader.require("serial number", "decimal or hexadecimal digits", serial, is_segment)
}

fn check_template(text: &str) -> Result<(), ArnError> {
    let reader = Reader::new(text, TEMPLATE_FORM)?;
    reader.require("region", "empty", reader.parts[3], str::is_empty)?;
    reader.require("account", "empty", reader.parts[4], str::is_empty)?;
    let mut rest = Some(reader.parts[5]);
    let (kind, name) = (next(&mut rest, b'/'), next(&mut rest, b'/'));
    reader.require("resource type", "'template'", kind, |part| part == "template")?;
    reader.require("name", "letters, digits and the characters _+=,.@-", name, is_template_name)?;
    reader.require("version", "'V' and a number", rest.unwrap_or_default(), |part| {
        part.strip_prefix('V').is_some_and(|number| !number.is_empty() && is_all(number, DIGIT))
    })
}

/// A segment of the resource. Only the resource has slashes.
fn segment(arn: &str, index: usize) -> &str {
    arn.split('/').nth(index).unwrap_or_default()
}

macro_rules! arn {
    ($(#[$meta:meta])* $name:ident, $check:ident) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// The whole ARN, as it was given.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The partition, such as `aws`, `aws-cn` or `aws-us-gov`; any other well-formed one is taken (R-ARN-1,
            /// our decision).
            pub fn partition(&self) -> &str {
                self.part(1)
            }

            fn part(&self, index: usize) -> &str {
                self.0.splitn(6, ':').nth(index).unwrap_or_default()
            }
        }

        impl TryFrom<String> for $name {
            type Error = ArnError;

            fn try_from(text: String) -> Result<Self, ArnError> {
                $check(&text).map(|()| $name(text))
            }
        }

        impl TryFrom<&str> for $name {
            type Error = ArnError;

            fn try_from(text: &str) -> Result<Self, ArnError> {
                text.parse()
            }
        }

        impl FromStr for $name {
            type Err = ArnError;

            fn from_str(text: &str) -> Result<Self, ArnError> {
                $check(text).map(|()| $name(text.to_owned()))
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

arn! {
    /// The ARN of a certificate authority: `arn:<partition>:acm-pca:<region>:<account>:certificate-authority/<uuid>`
    /// (R-ARN-1), 5 to 200 characters (API model).
    ///
    /// The account is 12 digits. The identifier may have every character that the API model's pattern allows: no authority
    /// can be built for one that is not a UUID, but an ARN that names none is well formed (R-ARN-3). Two ARNs are equal when
    /// their texts are.
    ///
    /// ```
    /// use issuance::CertificateAuthorityArn;
    /// let arn: CertificateAuthorityArn =
    ///     "arn:aws:acm-pca:us-west-2:123456789012:certificate-authority/12345678-1234-1234-1234-123456789012".parse()?;
    /// assert_eq!(arn.region(), "us-west-2");
    /// # Ok::<(), issuance::request::ArnError>(())
    /// ```
    CertificateAuthorityArn, check_authority
}

arn! {
    /// The ARN of a certificate: that of its authority, then `/certificate/<serial>` (R-ARN-1), at most 200 characters
    /// (API model).
    ///
    /// The serial number is decimal or hexadecimal (R-ARN-2), and the text is kept as given. Some texts can be read either
    /// way: [`CertificateArn::serial_number`] reads them as their issuer writes them. What is not a number may stand there, too, as
    /// far as the API model's pattern allows: such an ARN is well formed, and no certificate has it (R-ARN-3).
    ///
    /// ```
    /// use issuance::CertificateArn;
    /// use issuance::request::SerialFormat;
    /// let arn: CertificateArn =
    ///     "arn:aws:acm-pca:us-west-2:123456789012:certificate-authority/12345678-1234-1234-1234-123456789012/certificate/1f"
    ///         .parse()?;
    /// assert_eq!(arn.authority().id(), "12345678-1234-1234-1234-123456789012");
    /// assert_eq!(arn.serial_number(SerialFormat::Hex).map(|serial| serial.to_hex()).as_deref(), Some("1f"));
    /// assert!("arn:aws:s3:::bucket".parse::<CertificateArn>().is_err());
    /// # Ok::<(), issuance::request::ArnError>(())
    /// ```
    CertificateArn, check_certificate
}

arn! {
    /// The ARN of a template: `arn:<partition>:acm-pca:::template/<Name>/V1` (R-ARN-1), 5 to 200 characters (API
    /// model).
    ///
    /// A well-formed ARN need not name a template that exists: the name may have every character that the API model's
    /// pattern allows.
    ///
    /// ```
    /// use issuance::TemplateArn;
    /// let arn: TemplateArn = "arn:aws:acm-pca:::template/EndEntityCertificate/V1".parse()?;
    /// assert_eq!((arn.name(), arn.version()), ("EndEntityCertificate", "V1"));
    /// # Ok::<(), issuance::request::ArnError>(())
    /// ```
    TemplateArn, check_template
}

/// The beginnings of regions and the partitions that they are in (R-ARN-1).
const PARTITIONS: [(&str, &str); 7] = [
    ("cn-", "aws-cn"),
    ("us-gov-", "aws-us-gov"),
    ("us-iso-", "aws-iso"),
    ("us-isob-", "aws-iso-b"),
    ("eu-isoe-", "aws-iso-e"),
    ("us-isof-", "aws-iso-f"),
    ("eusc-", "aws-eusc"),
];

impl CertificateAuthorityArn {
    /// The ARN of the authority with this UUID, in the partition that its region is in (R-ARN-1).
    ///
    /// ```
    /// use issuance::CertificateAuthorityArn;
    /// let arn = CertificateAuthorityArn::new("cn-north-1", "123456789012", "12345678-1234-1234-1234-123456789012")?;
    /// assert!(arn.as_str().starts_with("arn:aws-cn:acm-pca:cn-north-1:"));
    /// # Ok::<(), issuance::request::ArnError>(())
    /// ```
    ///
    /// # Errors
    /// When region, account or identifier are malformed, or the ARN would exceed 200 characters.
    pub fn new(region: &str, account: &str, id: &str) -> Result<CertificateAuthorityArn, ArnError> {
        let partition = CertificateAuthorityArn::partition_of(region);
        let arn: CertificateAuthorityArn =
            format!("arn:{partition}:acm-pca:{region}:{account}:certificate-authority/{id}").parse()?;
        arn.check_uuid().map(|()| arn)
    }

    /// The partition that a region is in: `aws` for every region that does not begin as those of another one (R-ARN-1).
    pub fn partition_of(region: &str) -> &'static str {
        let found = PARTITIONS.iter().find(|(beginning, _)| region.starts_with(beginning));
        found.map_or("aws", |(_, partition)| partition)
    }

    /// An authority is named by a UUID; an ARN that only asks for one need not be (R-ARN-3).
    pub(crate) fn check_uuid(&self) -> Result<(), ArnError> {
        match is_uuid(self.id()) {
            true => Ok(()),
            false => Err(ArnError::Part {
                form: AUTHORITY_FORM,
                part: "identifier",
                expected: "a UUID of hexadecimal digits",
                given: printed(self.id()),
            }),
        }
    }

    /// The region, such as `eu-west-1`.
    pub fn region(&self) -> &str {
        self.part(3)
    }

    /// The account: 12 digits.
    pub fn account(&self) -> &str {
        self.part(4)
    }

    /// The identifier of the authority: a UUID.
    pub fn id(&self) -> &str {
        segment(&self.0, 1)
    }
}

/// How a serial number stands in a certificate ARN (R-ARN-2). [`CertificateArn`](crate::CertificateArn) has an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum SerialFormat {
    /// Decimal digits, as the AWS documentation shows them.
    #[default]
    Decimal,
    /// Lower-case hexadecimal digits, two a byte, as the live service prints them today.
    Hex,
}

impl CertificateArn {
    /// The ARN of the certificate with this serial number under `authority`.
    ///
    /// # Errors
    /// [`ArnError::Length`] when the authority's own ARN is so long that the result exceeds 200 characters.
    pub fn new(
        authority: &CertificateAuthorityArn,
        serial: &SerialNumber,
        format: SerialFormat,
    ) -> Result<CertificateArn, ArnError> {
        let mut text = String::with_capacity(authority.as_str().len() + CERTIFICATE.len() + LONGEST_SERIAL);
        text.push_str(authority.as_str());
        text.push_str(CERTIFICATE);
        match format {
            SerialFormat::Decimal => serial.push_decimal(&mut text),
            SerialFormat::Hex => serial.push_hex(&mut text),
        }
        // An authority's ARN and digits make a well-formed one, all ASCII: only the length is left to look at.
        match text.len() {
            length if length > ArnError::MAX_LENGTH => Err(ArnError::Length { length }),
            _ => Ok(CertificateArn(text)),
        }
    }

    /// The ARN of the authority that issued the certificate.
    pub fn authority(&self) -> CertificateAuthorityArn {
        let end = self.0.len() - CERTIFICATE.len() - self.serial().len();
        CertificateAuthorityArn(self.0[..end].to_owned())
    }

    /// The region, such as `eu-west-1`.
    pub fn region(&self) -> &str {
        self.part(3)
    }

    /// The account: 12 digits.
    pub fn account(&self) -> &str {
        self.part(4)
    }

    /// The serial number as it stands in the ARN: decimal or hexadecimal, if the ARN is one of a certificate's.
    pub fn serial(&self) -> &str {
        segment(&self.0, 3)
    }

    /// The serial number that the ARN names, read in the form that its issuer writes, and in the other only if it cannot be
    /// that one (R-ARN-2). Hexadecimal may be of any case, and leading zeros do not count.
    ///
    /// `None` for zero, for what needs more than the 20 bytes of a serial number, and for what is not a number: no certificate
    /// has it.
    pub fn serial_number(&self, format: SerialFormat) -> Option<SerialNumber> {
        let (decimal, hex) = (SerialNumber::from_decimal(self.serial()), SerialNumber::from_hex(self.serial()));
        match format {
            SerialFormat::Decimal => decimal.or(hex).ok(),
            SerialFormat::Hex => hex.or(decimal).ok(),
        }
    }
}

impl TemplateArn {
    /// The name of the template, such as `EndEntityCertificate`.
    pub fn name(&self) -> &str {
        self.name_and_version().0
    }

    /// The version of the template, such as `V1`.
    pub fn version(&self) -> &str {
        self.name_and_version().1
    }

    /// The last two segments, found from the end. A template's ARN has both (`check_template`).
    pub(crate) fn name_and_version(&self) -> (&str, &str) {
        let cut = |text: &str| text.bytes().rposition(|octet| octet == b'/').unwrap_or(0);
        let last = cut(&self.0);
        let name = cut(&self.0[..last]);
        (self.0.get(name + 1..last).unwrap_or_default(), &self.0[last + 1..])
    }
}
