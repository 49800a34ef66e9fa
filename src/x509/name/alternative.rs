//! Alternative names as typed views over their DER.

use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;
use std::slice;

use super::distinguished::DistinguishedName;
use super::general::{Arcs, Bounds, DecodedName, check_names_of};
use super::string::Text;
use crate::x509::asn1::reader::{Asn1Error, Reader, Tlv};
use crate::x509::asn1::tag;
use crate::x509::oid::Oid;

/// One name of a subjectAltName: a `GeneralName` (RFC 5280 section 4.2.1.6), borrowed from its DER, which has been checked.
///
/// `Display` writes `DNS:www.example.com`, `IP:192.0.2.1` and so on, as OpenSSL does. Commas, semicolons and backslashes have a
/// backslash before them, control and format characters are hexadecimal digits, so that a hostile name is safe to print. For an
/// example see [`AlternativeNames`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum AlternativeName<'a> {
    /// dNSName: a host name, possibly with a wildcard. Printable ASCII, as it came; no other syntax has been checked.
    Dns(&'a str),
    /// rfc822Name: an e-mail address. Printable ASCII, as it came; no other syntax has been checked.
    Email(&'a str),
    /// uniformResourceIdentifier. Printable ASCII, as it came; no other syntax has been checked.
    Uri(&'a str),
    /// iPAddress.
    Ip(IpAddr),
    /// directoryName.
    Directory(DistinguishedName<'a>),
    /// otherName: a name of a form that its type identifies, such as a user principal name.
    Other {
        /// The form of the name.
        type_id: Oid,
        /// The name, one element of DER. [`AlternativeName::text`] has the text of a string.
        value: &'a [u8],
    },
    /// registeredID.
    RegisteredId(Oid),
    /// ediPartyName: the whole element, in DER.
    EdiParty(&'a [u8]),
    /// x400Address: the whole element, in DER.
    X400(&'a [u8]),
}

impl<'a> AlternativeName<'a> {
    /// A name that [`check_names_of`] has passed.
    fn from_tlv(tlv: &Tlv<'a>) -> Result<AlternativeName<'a>, Asn1Error> {
        Ok(match DecodedName::from_tlv(tlv)? {
            DecodedName::OtherName { type_id, value } => AlternativeName::Other { type_id: type_id.to_oid(), value },
            DecodedName::Rfc822(text) => AlternativeName::Email(text),
            DecodedName::Dns(text) => AlternativeName::Dns(text),
            DecodedName::X400(der) => AlternativeName::X400(der),
            DecodedName::Directory(der) => AlternativeName::Directory(DistinguishedName::of_checked(der)),
            DecodedName::EdiParty(der) => AlternativeName::EdiParty(der),
            DecodedName::Uri(text) => AlternativeName::Uri(text),
            DecodedName::Ip(octets) => AlternativeName::Ip(
                address(octets).ok_or_else(|| tlv.content_error("iPAddress of neither 4 nor 16 bytes"))?,
            ),
            DecodedName::RegisteredId(oid) => AlternativeName::RegisteredId(oid.to_oid()),
        })
    }

    /// What RFC 5280 section 4.2.1.6 calls this form, such as `dNSName`.
    pub fn form(&self) -> &'static str {
        self.decoded(&[]).form()
    }

    /// The text of a DNS name, an e-mail address, a URI, or an otherName that is a string: as it came, so escape it before you print
    /// it, or use `Display`. `None` for the other forms.
    pub fn text(&self) -> Option<Cow<'a, str>> {
        match *self {
            AlternativeName::Dns(text) | AlternativeName::Email(text) | AlternativeName::Uri(text) => {
                Some(Cow::Borrowed(text))
            }
            AlternativeName::Other { value, .. } => {
                let tlv = Reader::new(value).any().ok()?;
                Text::of(&tlv).map(Text::into_cow)
            }
            AlternativeName::Ip(_)
            | AlternativeName::Directory(_)
            | AlternativeName::RegisteredId(_)
            | AlternativeName::EdiParty(_)
            | AlternativeName::X400(_) => None,
        }
    }

    /// The name as the engine reads it; `address` has the bytes of an address.
    fn decoded<'b>(&'b self, address: &'b [u8]) -> DecodedName<'b> {
        match *self {
            AlternativeName::Dns(text) => DecodedName::Dns(text),
            AlternativeName::Email(text) => DecodedName::Rfc822(text),
            AlternativeName::Uri(text) => DecodedName::Uri(text),
            AlternativeName::Ip(_) => DecodedName::Ip(address),
            AlternativeName::Directory(name) => DecodedName::Directory(name.as_der()),
            AlternativeName::Other { ref type_id, value } => {
                DecodedName::OtherName { type_id: type_id.by_ref(), value }
            }
            AlternativeName::RegisteredId(ref oid) => DecodedName::RegisteredId(oid.by_ref()),
            AlternativeName::EdiParty(der) => DecodedName::EdiParty(der),
            AlternativeName::X400(der) => DecodedName::X400(der),
        }
    }
}

/// The address in 4 or 16 bytes.
fn address(octets: &[u8]) -> Option<IpAddr> {
    let v4 = <[u8; 4]>::try_from(octets).map(IpAddr::from);
    v4.or_else(|_| <[u8; 16]>::try_from(octets).map(IpAddr::from)).ok()
}

impl fmt::Display for AlternativeName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AlternativeName::Ip(IpAddr::V4(v4)) => self.decoded(&v4.octets()).fmt(f),
            AlternativeName::Ip(IpAddr::V6(v6)) => self.decoded(&v6.octets()).fmt(f),
            _ => self.decoded(&[]).fmt(f),
        }
    }
}

/// The names of a subjectAltName, in encoded order.
///
/// The list is as a whole what the engine would put into a certificate: what it would refuse is an error and not a shorter list.
/// `Display` writes `DNS:www.example.com, IP:192.0.2.1`.
///
/// A service that issues only for the names of its caller:
///
/// ```
/// use issuance::Csr;
/// use issuance::x509::AlternativeName;
///
/// let csr = Csr::decode(include_bytes!("../../../examples/data/www.example.com.csr"))?;
/// let names = csr.subject_alternative_names()?;
/// for name in &names {
///     match name {
///         AlternativeName::Dns(host) if ["example.com", "www.example.com"].contains(host) => {}
///         // Every other form, too: what is not expected is refused.
///         other => return Err(format!("{other} is not a name of this caller").into()),
///     }
/// }
/// assert_eq!(names.to_string(), "DNS:www.example.com, DNS:example.com");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AlternativeNames<'a> {
    names: Vec<AlternativeName<'a>>,
}

impl<'a> AlternativeNames<'a> {
    /// Reads the DER of a `GeneralNames`, the value of a subjectAltName.
    ///
    /// # Errors
    /// What is not DER, and what the engine would not put into a certificate (R-CSR-8): no name at all, a name that is empty or
    /// only white space or has a control character, an address of other than 4 or 16 bytes.
    pub fn from_der(der: &'a [u8]) -> Result<AlternativeNames<'a>, Asn1Error> {
        AlternativeNames::within(der, Bounds::NONE)
    }

    /// As [`AlternativeNames::from_der`], of at most as many names and attributes as `bounds` allow.
    pub(crate) fn within(der: &'a [u8], bounds: Bounds) -> Result<AlternativeNames<'a>, Asn1Error> {
        let list = Reader::single(der, tag::SEQUENCE)?;
        check_names_of(&list, bounds, Arcs::AnyWidth)?;
        let (mut names, mut reader) = (Vec::new(), list.reader());
        while !reader.is_empty() {
            names.push(AlternativeName::from_tlv(&reader.any()?)?);
        }
        Ok(AlternativeNames { names })
    }

    /// The number of names.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether there is no name: no subjectAltName is requested.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// The names, in encoded order.
    pub fn iter(&self) -> slice::Iter<'_, AlternativeName<'a>> {
        self.names.iter()
    }
}

impl<'n, 'a> IntoIterator for &'n AlternativeNames<'a> {
    type Item = &'n AlternativeName<'a>;
    type IntoIter = slice::Iter<'n, AlternativeName<'a>>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<'a> IntoIterator for AlternativeNames<'a> {
    type Item = AlternativeName<'a>;
    type IntoIter = std::vec::IntoIter<AlternativeName<'a>>;

    fn into_iter(self) -> Self::IntoIter {
        self.names.into_iter()
    }
}

impl fmt::Display for AlternativeNames<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, name) in self.iter().enumerate() {
            write!(f, "{}{name}", if position == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::x509::name::general::check_general_names;
    use crate::x509::name::general::tests::san;
    use crate::x509::name::tests::{name, utf8};

    const DNS: u8 = tag::context(2);
    const URI: u8 = tag::context(6);
    const IP: u8 = tag::context(7);

    #[test]
    fn every_form_is_typed() {
        let directory = name(&[&[utf8(Oid::COMMON_NAME, "a")]]);
        let principal = [&[6, 10, 0x2b, 6, 1, 4, 1, 0x82, 0x37, 20, 2, 3][..], &[0xa0, 5, 0x0c, 3], b"u@d"].concat();
        let der = san(&[
            (DNS, b"*.example.com"),
            (tag::context(1), b"a@b"),
            (URI, b"spiffe://a/b,c"),
            (IP, &[192, 0, 2, 1]),
            (IP, &[0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]),
            (tag::context_constructed(4), &directory),
            (tag::context_constructed(0), &principal),
            (tag::context(8), &[0x2a, 3]),
            (tag::context_constructed(5), &[0xa1, 3, 0x0c, 1, b'P']),
            (tag::context_constructed(3), &[0x30, 0]),
        ]);
        let names = AlternativeNames::from_der(&der).unwrap();
        let user = "1.3.6.1.4.1.311.20.2.3".parse().unwrap();
        let expected = [
            AlternativeName::Dns("*.example.com"),
            AlternativeName::Email("a@b"),
            AlternativeName::Uri("spiffe://a/b,c"),
            AlternativeName::Ip("192.0.2.1".parse().unwrap()),
            AlternativeName::Ip("2001:db8::1".parse().unwrap()),
            AlternativeName::Directory(DistinguishedName::from_der(&directory).unwrap()),
            AlternativeName::Other { type_id: user, value: b"\x0c\x03u@d" },
            AlternativeName::RegisteredId("1.2.3".parse().unwrap()),
            AlternativeName::EdiParty(&[0xa5, 5, 0xa1, 3, 0x0c, 1, b'P']),
            AlternativeName::X400(&[0xa3, 2, 0x30, 0]),
        ];
        assert_eq!(names.iter().copied().collect::<Vec<_>>(), expected);
        assert_eq!(names.len(), expected.len());
        assert_eq!(
            names.to_string(),
            "DNS:*.example.com, email:a@b, URI:spiffe://a/b\\,c, IP:192.0.2.1, IP:2001:db8::1, DirName:CN=a, \
             othername:1.3.6.1.4.1.311.20.2.3;u@d, RID:1.2.3, EDI:P, X400:#A3023000"
        );
        let texts: Vec<_> = names.into_iter().map(|name| name.text().map(Cow::into_owned)).collect();
        let some = |text: &str| Some(text.to_owned());
        let (dns, email, uri, user) = (some("*.example.com"), some("a@b"), some("spiffe://a/b,c"), some("u@d"));
        assert_eq!(texts, [dns, email, uri, None, None, None, user, None, None, None]);
    }

    #[test]
    fn a_list_that_cannot_be_read_to_the_end_is_an_error() {
        for (der, expected) in [
            (san(&[(DNS, b"a"), (DNS, b"b\nc")]), "control character"),
            (san(&[(IP, &[1, 2, 3])]), "neither 4 nor 16"),
            (san(&[(DNS, b"a"), (0x89, b"b")]), "none of the nine forms"),
            (san(&[]), "without a name"),
        ] {
            let error = AlternativeNames::from_der(&der).unwrap_err();
            assert!(error.to_string().contains(expected), "{error}");
        }
        let two = san(&[(DNS, b"a"), (DNS, b"b")]);
        assert!(AlternativeNames::within(&two, Bounds { names: 1, attributes: 1 }).is_err());
    }

    proptest! {
        #[test]
        fn a_list_is_read_if_and_only_if_the_engine_would_certify_it(
            names in prop::collection::vec((0u8..10, any::<bool>(), prop::collection::vec(any::<u8>(), 0..20)), 0..4),
        ) {
            let tagged: Vec<_> = names.iter().map(|(number, constructed, octets)| {
                (if *constructed { tag::context_constructed(*number) } else { tag::context(*number) }, &octets[..])
            }).collect();
            let der = san(&tagged);
            let read = AlternativeNames::from_der(&der);
            prop_assert_eq!(read.clone().err(), check_general_names(&der, Bounds::NONE, Arcs::AnyWidth).err());
            if let Ok(read) = read {
                prop_assert_eq!(read.len(), names.len());
                prop_assert!(!read.to_string().chars().any(char::is_control));
            }
        }
    }
}
