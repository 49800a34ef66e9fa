//! GeneralName and GeneralNames (RFC 5280 section 4.2.1.6), read in place.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

use super::string::{Escape, Hex, Text, is_string, is_within};
use super::{NameText, check_name, counts_as_empty};
use crate::x509::asn1::reader::{Asn1Error, Reader, Tlv, whole};
use crate::x509::asn1::tag;
use crate::x509::oid::OidRef;

const OTHER: u8 = tag::context_constructed(0);
const RFC822: u8 = tag::context(1);
const DNS: u8 = tag::context(2);
const X400: u8 = tag::context_constructed(3);
const DIRECTORY: u8 = tag::context_constructed(4);
const EDI_PARTY: u8 = tag::context_constructed(5);
const URI: u8 = tag::context(6);
const IP: u8 = tag::context(7);
const REGISTERED_ID: u8 = tag::context(8);

/// One GeneralName, borrowed from its DER.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DecodedName<'a> {
    OtherName {
        type_id: OidRef<'a>,
        /// The DER inside the explicit `[0]`.
        value: &'a [u8],
    },
    Rfc822(&'a str),
    Dns(&'a str),
    /// The whole element.
    X400(&'a [u8]),
    /// The DER of the Name.
    Directory(&'a [u8]),
    /// The whole element.
    EdiParty(&'a [u8]),
    Uri(&'a str),
    /// An address, or in name constraints an address and a mask.
    Ip(&'a [u8]),
    RegisteredId(OidRef<'a>),
}

impl<'a> DecodedName<'a> {
    /// Reads one element. What only an alternative name must heed (empty texts, the length of addresses) is left to
    /// [`check_general_names`]: constraints and distribution points have rules of their own.
    pub(crate) fn from_tlv(tlv: &Tlv<'a>) -> Result<Self, Asn1Error> {
        Ok(match tlv.tag {
            OTHER => {
                let mut reader = tlv.reader();
                let type_id = reader.read(tag::OID)?.oid_ref()?;
                let value = explicit(&reader.read(tag::context_constructed(0))?)?;
                reader.finish()?;
                DecodedName::OtherName { type_id, value: value.full }
            }
            RFC822 => DecodedName::Rfc822(ia5(tlv)?),
            DNS => DecodedName::Dns(ia5(tlv)?),
            X400 => DecodedName::X400(tlv.full),
            DIRECTORY => {
                let mut reader = tlv.reader();
                let name = reader.read(tag::SEQUENCE)?;
                reader.finish()?;
                DecodedName::Directory(name.full)
            }
            EDI_PARTY => {
                edi_party(tlv)?;
                DecodedName::EdiParty(tlv.full)
            }
            URI => DecodedName::Uri(ia5(tlv)?),
            IP => DecodedName::Ip(tlv.content),
            REGISTERED_ID => match OidRef::from_der_content(tlv.content) {
                Ok(oid) => DecodedName::RegisteredId(oid),
                Err(_) => return Err(tlv.content_error("registeredID that is not an object identifier in DER")),
            },
            _ => return Err(tlv.content_error("element that is none of the nine forms of GeneralName")),
        })
    }

    /// What RFC 5280 section 4.2.1.6 calls this form.
    pub(crate) fn form(&self) -> &'static str {
        match self {
            DecodedName::OtherName { .. } => "otherName",
            DecodedName::Rfc822(_) => "rfc822Name",
            DecodedName::Dns(_) => "dNSName",
            DecodedName::X400(_) => "x400Address",
            DecodedName::Directory(_) => "directoryName",
            DecodedName::EdiParty(_) => "ediPartyName",
            DecodedName::Uri(_) => "uniformResourceIdentifier",
            DecodedName::Ip(_) => "iPAddress",
            DecodedName::RegisteredId(_) => "registeredID",
        }
    }
}

/// The one element inside an explicit tag.
fn explicit<'a>(tlv: &Tlv<'a>) -> Result<Tlv<'a>, Asn1Error> {
    let mut reader = tlv.reader();
    let inner = reader.any()?;
    reader.finish()?;
    Ok(inner)
}

/// The text of an IA5String form.
fn ia5<'a>(tlv: &Tlv<'a>) -> Result<&'a str, Asn1Error> {
    Ok(std::str::from_utf8(check_ia5(tlv)?).unwrap_or_default())
}

/// The bytes of an IA5String form. Control characters are ASCII, yet no form has a use for them.
fn check_ia5<'a>(tlv: &Tlv<'a>) -> Result<&'a [u8], Asn1Error> {
    if is_within(tlv.content, b' ', b'~') {
        Ok(tlv.content)
    } else {
        Err(tlv.content_error("general name with a control character or one beyond ASCII"))
    }
}

/// `EDIPartyName ::= SEQUENCE { nameAssigner [0] DirectoryString OPTIONAL, partyName [1] DirectoryString }`; both tags
/// are explicit, as DirectoryString is a CHOICE.
fn edi_party<'a>(tlv: &Tlv<'a>) -> Result<(Option<Tlv<'a>>, Tlv<'a>), Asn1Error> {
    let mut reader = tlv.reader();
    let assigner = reader.optional(tag::context_constructed(0))?.map(|assigner| explicit(&assigner)).transpose()?;
    let party = explicit(&reader.read(tag::context_constructed(1))?)?;
    reader.finish()?;
    Ok((assigner, party))
}

/// The names of a GeneralNames, in encoded order. A malformed one ends the iteration with its error.
#[derive(Debug, Clone)]
pub(crate) struct GeneralNames<'a> {
    reader: Reader<'a>,
    failed: bool,
}

/// The names in the DER of a GeneralNames.
///
/// # Errors
/// Where `der` is no SEQUENCE, or an empty one; the members are read on iteration.
pub(crate) fn general_names(der: &[u8]) -> Result<GeneralNames<'_>, Asn1Error> {
    GeneralNames::from_content_of(&Reader::single(der, tag::SEQUENCE)?)
}

impl<'a> GeneralNames<'a> {
    /// The names inside an element, whatever its tag: some fields of other extensions tag their GeneralNames.
    pub(crate) fn from_content_of(tlv: &Tlv<'a>) -> Result<Self, Asn1Error> {
        if tlv.content.is_empty() {
            return Err(tlv.content_error("GeneralNames without a name"));
        }
        Ok(GeneralNames { reader: tlv.reader(), failed: false })
    }
}

impl<'a> Iterator for GeneralNames<'a> {
    type Item = Result<DecodedName<'a>, Asn1Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed || self.reader.is_empty() {
            return None;
        }
        let name = self.reader.any().and_then(|tlv| DecodedName::from_tlv(&tlv));
        self.failed = name.is_err();
        Some(name)
    }
}

/// Whether a GeneralNames that has been checked has a dNSName.
pub(crate) fn is_dns_name_among(der: &[u8]) -> bool {
    let mut reader = Reader::new(der).any().map_or(Reader::new(&[]), |names| names.reader());
    std::iter::from_fn(|| reader.any().ok()).any(|name| name.tag == DNS)
}

/// How much a subjectAltName may hold.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    pub(crate) names: usize,
    /// The attributes of one directory name.
    pub(crate) attributes: usize,
}

impl Bounds {
    pub(crate) const NONE: Bounds = Bounds { names: usize::MAX, attributes: usize::MAX };
}

/// Which arcs the identifiers of names may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Arcs {
    /// Of 32 bits.
    Of32Bits,
    /// Of any width, but for identifiers that software which holds arcs in 32 bits takes for one that the crate knows (R-MRG-9).
    AnyWidth,
}

impl Arcs {
    /// # Errors
    /// What is wrong with the identifier.
    pub(crate) fn check(self, oid: OidRef<'_>) -> Result<(), &'static str> {
        match oid.wrapped() {
            None => Ok(()),
            Some(_) if self == Arcs::Of32Bits => Err("object identifier with an arc of more than 32 bits"),
            Some(wrapped) if wrapped.name().is_some() => {
                Err("object identifier that becomes a known one where arcs have 32 bits")
            }
            Some(_) => Ok(()),
        }
    }
}

/// Checks the DER of a subjectAltName that is to be copied into a certificate.
///
/// What is not a GeneralNames is refused, and what R-CSR-8 and RFC 5280 section 4.2.1.6 rule out whoever issues: no name at
/// all, a name that is empty or only white space, control characters, and addresses of other than 4 or 16 bytes.
///
/// # Errors
/// The first fault.
pub(crate) fn check_general_names(der: &[u8], bounds: Bounds, arcs: Arcs) -> Result<(), Asn1Error> {
    check_names_of(&Reader::single(der, tag::SEQUENCE)?, bounds, arcs)
}

/// As [`check_general_names`], for the GeneralNames inside an element, whatever its tag.
pub(crate) fn check_names_of(names: &Tlv<'_>, bounds: Bounds, arcs: Arcs) -> Result<(), Asn1Error> {
    if names.content.is_empty() {
        return Err(names.content_error("GeneralNames without a name"));
    }
    let mut reader = names.reader();
    let mut seen = 0;
    while !reader.is_empty() {
        let tlv = reader.any()?;
        seen += 1;
        if seen > bounds.names {
            return Err(tlv.content_error("too many general names"));
        }
        check_general_name(&tlv, bounds, arcs)?;
    }
    Ok(())
}

/// Checks one name as [`check_general_names`] does.
#[inline]
pub(crate) fn check_general_name(tlv: &Tlv<'_>, bounds: Bounds, arcs: Arcs) -> Result<(), Asn1Error> {
    let empty = match tlv.tag {
        RFC822 => "empty rfc822Name",
        DNS => "empty dNSName",
        URI => "empty uniformResourceIdentifier",
        _ => return check_other_form(tlv, bounds, arcs),
    };
    if is_blank(check_ia5(tlv)?) { Err(tlv.content_error(empty)) } else { Ok(()) }
}

/// Checks a name that is not an IA5String.
fn check_other_form(tlv: &Tlv<'_>, bounds: Bounds, arcs: Arcs) -> Result<(), Asn1Error> {
    let fault = match tlv.tag {
        IP if tlv.content.len() != 4 && tlv.content.len() != 16 => "iPAddress of neither 4 nor 16 bytes",
        X400 if tlv.content.is_empty() => "empty x400Address",
        DIRECTORY => {
            let name = explicit(tlv)?;
            check_name(&name, bounds.attributes, arcs)?;
            match counts_as_empty(name.full) {
                true => "empty directoryName",
                false => return Ok(()),
            }
        }
        _ => {
            let fault = match DecodedName::from_tlv(tlv)? {
                DecodedName::OtherName { type_id, value } => {
                    arcs.check(type_id).and_then(|()| check_text(value, "empty otherName"))
                }
                DecodedName::RegisteredId(oid) => arcs.check(oid),
                DecodedName::EdiParty(_) => {
                    let (assigner, party) = edi_party(tlv)?;
                    let mut parts = assigner.iter().chain([&party]);
                    parts.try_for_each(|part| check_text(part.full, "empty ediPartyName"))
                }
                DecodedName::X400(_) => return whole(tlv),
                _ => Ok(()),
            };
            match fault {
                Err(fault) => fault,
                Ok(()) => return Ok(()),
            }
        }
    };
    Err(tlv.content_error(fault))
}

/// Whether nothing but spaces is there. No other white space passes [`check_ia5`].
fn is_blank(text: &[u8]) -> bool {
    text.iter().all(|octet| *octet == b' ')
}

/// Checks a value that may be a string: then it says something, in its type, without control characters.
fn check_text(value: &[u8], empty: &'static str) -> Result<(), &'static str> {
    let Ok(tlv) = Reader::new(value).any() else { return Ok(()) };
    match Text::of(&tlv) {
        None if is_string(tlv.tag) => Err("text that does not fit its string type"),
        None if whole(&tlv).is_err() => Err("general name with something inside that is not DER"),
        None => Ok(()),
        Some(text) if text.chars().any(char::is_control) => Err("general name with a control character"),
        Some(text) if text.chars().all(char::is_whitespace) => Err(empty),
        Some(_) => Ok(()),
    }
}

impl fmt::Display for DecodedName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let item = |text| Text::Utf8(text).escaped(Escape::ListItem);
        match *self {
            DecodedName::OtherName { type_id, value } => {
                write!(f, "othername:{};", type_id.to_oid())?;
                write_value(f, value)
            }
            DecodedName::Rfc822(text) => write!(f, "email:{}", item(text)),
            DecodedName::Dns(text) => write!(f, "DNS:{}", item(text)),
            DecodedName::X400(der) => write!(f, "X400:{}", Hex(der)),
            DecodedName::Directory(der) => write!(f, "DirName:{}", NameText(der)),
            DecodedName::EdiParty(der) => {
                f.write_str("EDI:")?;
                match Reader::single(der, EDI_PARTY).and_then(|tlv| edi_party(&tlv)) {
                    Ok((assigner, party)) => {
                        if let Some(assigner) = assigner {
                            write_value(f, assigner.full)?;
                            f.write_str(";")?;
                        }
                        write_value(f, party.full)
                    }
                    Err(_) => Hex(der).fmt(f),
                }
            }
            DecodedName::Uri(text) => write!(f, "URI:{}", item(text)),
            DecodedName::Ip(octets) => {
                f.write_str("IP:")?;
                write_ip(f, octets)
            }
            DecodedName::RegisteredId(oid) => write!(f, "RID:{}", oid.to_oid()),
        }
    }
}

/// The text of a string, else its DER as hexadecimal digits.
fn write_value(f: &mut fmt::Formatter<'_>, der: &[u8]) -> fmt::Result {
    let text = Reader::new(der).any().ok().and_then(|tlv| Text::of(&tlv));
    match text {
        Some(text) => write!(f, "{}", text.escaped(Escape::ListItem)),
        None => write!(f, "{}", Hex(der)),
    }
}

/// An address, `address/prefix` for a constraint with a contiguous mask, `address/mask` for another one.
fn write_ip(f: &mut fmt::Formatter<'_>, octets: &[u8]) -> fmt::Result {
    if let Ok(v4) = <[u8; 4]>::try_from(octets) {
        return write!(f, "{}", Ipv4Addr::from(v4));
    }
    if let Ok(v6) = <[u8; 16]>::try_from(octets) {
        return write!(f, "{}", Ipv6Addr::from(v6));
    }
    if octets.len() != 8 && octets.len() != 32 {
        return write!(f, "{}", Hex(octets));
    }
    let (address, mask) = octets.split_at(octets.len() / 2);
    write_ip(f, address)?;
    f.write_str("/")?;
    match prefix_length(mask) {
        Some(length) => write!(f, "{length}"),
        None => write_ip(f, mask),
    }
}

/// The number of leading ones of a mask, where only zeros follow them.
pub(crate) fn prefix_length(mask: &[u8]) -> Option<u32> {
    let ones: u32 = mask.iter().map(|octet| octet.count_ones()).sum();
    let mut leading = 0;
    for octet in mask {
        leading += octet.leading_ones();
        if *octet != 0xff {
            break;
        }
    }
    (ones == leading).then_some(ones)
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::x509::asn1::writer::Writer;
    use crate::x509::name::tests::{name, utf8};
    use crate::x509::oid::Oid;

    const FOUR: Bounds = Bounds { names: 4, attributes: 4 };

    /// A GeneralNames of these elements.
    pub(crate) fn san(names: &[(u8, &[u8])]) -> Vec<u8> {
        let mut writer = Writer::with_capacity(64);
        writer.sequence(|w| names.iter().for_each(|(tag, content)| w.primitive(*tag, content)));
        writer.into_vec()
    }

    fn der(tag: u8, content: &[u8]) -> Vec<u8> {
        let mut writer = Writer::with_capacity(64);
        writer.primitive(tag, content);
        writer.into_vec()
    }

    fn show(names: &[(u8, &[u8])]) -> String {
        let der = san(names);
        let shown: Vec<_> = general_names(&der).unwrap().map(|name| name.unwrap().to_string()).collect();
        shown.join(", ")
    }

    fn other(value: &[u8]) -> Vec<u8> {
        // 1.3.6.1.4.1.311.20.2.3, the user principal name.
        [&der(tag::OID, &[0x2b, 6, 1, 4, 1, 0x82, 0x37, 20, 2, 3])[..], &der(0xa0, value)].concat()
    }

    #[test]
    fn every_form_is_read_and_shown() {
        let directory = name(&[&[utf8(Oid::COUNTRY, "US")], &[utf8(Oid::COMMON_NAME, "a,b")]]);
        let edi = [der(0xa0, &der(tag::UTF8_STRING, b"A")), der(0xa1, &der(tag::PRINTABLE_STRING, b"P;p"))].concat();
        assert_eq!(
            show(&[
                (OTHER, &other(&der(tag::UTF8_STRING, b"u@d"))),
                (OTHER, &other(&[5, 0])),
                (RFC822, b"a@b"),
                (DNS, b"*.example.com"),
                (X400, &[0x30, 0]),
                (DIRECTORY, &directory),
                (EDI_PARTY, &edi),
                (EDI_PARTY, &edi[5..]),
                (URI, b"https://h/?a,b"),
                (IP, &[192, 0, 2, 1]),
                (IP, &[0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]),
                (REGISTERED_ID, &[0x2a, 3]),
            ]),
            "othername:1.3.6.1.4.1.311.20.2.3;u@d, othername:1.3.6.1.4.1.311.20.2.3;#0500, email:a@b, \
             DNS:*.example.com, X400:#A3023000, DirName:C=US, CN=a\\,b, EDI:A;P\\;p, EDI:P\\;p, \
             URI:https://h/?a\\,b, IP:192.0.2.1, IP:2001:db8::1, RID:1.2.3"
        );
    }

    #[test]
    fn addresses_of_constraints_show_their_mask() {
        assert_eq!(show(&[(IP, &[192, 0, 2, 0, 255, 255, 255, 0])]), "IP:192.0.2.0/24");
        assert_eq!(show(&[(IP, &[0; 32])]), "IP:::/0");
        assert_eq!(show(&[(IP, &[192, 0, 2, 0, 255, 0, 255, 0])]), "IP:192.0.2.0/255.0.255.0");
        assert_eq!(show(&[(IP, &[1, 2, 3])]), "IP:#010203");
        assert_eq!(prefix_length(&[0xff, 0xff]), Some(16));
        assert_eq!(prefix_length(&[0xff, 0xc0, 0]), Some(10));
        assert_eq!(prefix_length(&[0xff, 0xa0]), None);
        assert_eq!(prefix_length(&[0xfe, 0xff]), None);
    }

    #[test]
    fn sound_names_pass() {
        for sound in [
            san(&[(DNS, b"not a host_name..")]),
            san(&[(DNS, b"a"), (RFC822, b"no mailbox"), (URI, b"relative"), (IP, &[0; 16])]),
            san(&[(DIRECTORY, &name(&[&[utf8(Oid::COMMON_NAME, ""), utf8(Oid::COMMON_NAME, "a")]]))]),
            san(&[(OTHER, &other(&[5, 0])), (REGISTERED_ID, &[0x2a]), (X400, &[0x30, 0])]),
        ] {
            assert_eq!(check_general_names(&sound, FOUR, Arcs::AnyWidth), Ok(()), "{sound:02x?}");
        }
    }

    #[test]
    fn faults_are_named() {
        let unordered = name(&[&[utf8(Oid::COMMON_NAME, "b"), utf8(Oid::COMMON_NAME, "a")]]);
        let many = name(&[&[utf8(Oid::COMMON_NAME, "a")][..]; 5]);
        for (faulty, expected) in [
            (san(&[]), "without a name"),
            (san(&[(DNS, b"")]), "empty dNSName"),
            (san(&[(DNS, b" ")]), "empty dNSName"),
            (san(&[(RFC822, b"")]), "empty rfc822Name"),
            (san(&[(URI, b"")]), "empty uniform"),
            // R-CSR-8: only white space.
            (san(&[(DNS, b"   ")]), "empty dNSName"),
            (san(&[(RFC822, b" ")]), "empty rfc822Name"),
            (san(&[(URI, b" ")]), "empty uniform"),
            (san(&[(OTHER, &other(&der(tag::UTF8_STRING, b"")))]), "empty otherName"),
            (san(&[(OTHER, &other(&der(tag::UTF8_STRING, "\u{2003} ".as_bytes())))]), "empty otherName"),
            (san(&[(OTHER, &other(&der(tag::BMP_STRING, b"\0a\0\n")))]), "control character"),
            (san(&[(OTHER, &other(&der(tag::UTF8_STRING, b"\xff")))]), "does not fit its string type"),
            (san(&[(EDI_PARTY, &der(0xa1, &der(tag::UTF8_STRING, b" ")))]), "empty ediPartyName"),
            (san(&[(X400, &[])]), "empty x400Address"),
            // R-CSR-9: a name of nothing but empty text is empty.
            (san(&[(DIRECTORY, &name(&[]))]), "empty directoryName"),
            (san(&[(DIRECTORY, &name(&[&[utf8(Oid::COMMON_NAME, "")]]))]), "empty directoryName"),
            (san(&[(DNS, b"a\0b")]), "control character"),
            (san(&[(DNS, b"a\nb")]), "control character"),
            (san(&[(URI, b"\x7f")]), "control character"),
            (san(&[(RFC822, "ä@b".as_bytes())]), "beyond ASCII"),
            (san(&[(IP, &[1, 2, 3, 4, 5])]), "neither 4 nor 16"),
            (san(&[(IP, &[0; 8])]), "neither 4 nor 16"),
            (san(&[(IP, &[])]), "neither 4 nor 16"),
            (san(&[(DIRECTORY, &unordered)]), "not in DER order"),
            (san(&[(DIRECTORY, &many)]), "too many attributes"),
            (san(&[(DIRECTORY, &[0x30, 0, 5, 0])]), "trailing"),
            (san(&[(DIRECTORY, &[])]), "truncated"),
            (san(&[(REGISTERED_ID, &[0x2a, 0x80, 1])]), "registeredID"),
            (san(&[(OTHER, &[6, 1, 0x2a])]), "truncated"),
            (san(&[(OTHER, &other(&[]))]), "truncated"),
            (san(&[(OTHER, &other(&[5, 0, 5, 0]))]), "trailing"),
            (san(&[(EDI_PARTY, &[])]), "truncated"),
            (san(&[(tag::context(9), b"a")]), "none of the nine forms"),
            (san(&[(tag::IA5_STRING, b"a")]), "none of the nine forms"),
            (san(&[(tag::context_constructed(2), b"a")]), "none of the nine forms"),
            (san(&[(DNS, &b"a"[..]); 5]), "too many general names"),
            (vec![0x31, 0], "where 0x30 was expected"),
            (vec![0x30, 2, 0x82, 0, 0], "trailing"),
        ] {
            let error = check_general_names(&faulty, FOUR, Arcs::AnyWidth).unwrap_err();
            assert!(error.to_string().contains(expected), "{expected}: {error}");
        }
    }

    #[test]
    fn arcs_beyond_32_bits_pass_where_they_are_wanted() {
        let wide = "1.2.4294967296".parse::<Oid>().unwrap();
        let other = [der(tag::OID, wide.as_der_content()), der(0xa0, &[5, 0])].concat();
        let directory = name(&[&[utf8(wide, "a")]]);
        for (form, content) in [(REGISTERED_ID, wide.as_der_content()), (OTHER, &other), (DIRECTORY, &directory)] {
            let names = san(&[(form, content)]);
            assert_eq!(check_general_names(&names, FOUR, Arcs::AnyWidth), Ok(()));
            let error = check_general_names(&names, FOUR, Arcs::Of32Bits).unwrap_err();
            assert!(error.to_string().contains("32 bits"), "{error}");
        }
    }

    #[test]
    fn faults_deep_inside_keep_their_offset() {
        let unordered = name(&[&[utf8(Oid::COMMON_NAME, "b"), utf8(Oid::COMMON_NAME, "a")]]);
        let error =
            check_general_names(&san(&[(DNS, b"abc"), (DIRECTORY, &unordered)]), FOUR, Arcs::AnyWidth).unwrap_err();
        // 2 (GeneralNames) + 5 (dNSName) + 2 (directoryName) + 2 (Name) + 2 (SET) + 10 (first attribute).
        assert_eq!(error.offset, 23);
    }

    proptest! {
        #[test]
        fn arbitrary_octets_never_panic(tag in 0u8..10, octets in prop::collection::vec(any::<u8>(), 0..60)) {
            let wrapped = san(&[(tag::context_constructed(tag), &octets), (tag::context(tag), &octets)]);
            for der in [&octets, &wrapped] {
                let checked = check_general_names(der, Bounds { names: 10, attributes: 10 }, Arcs::AnyWidth);
                for name in general_names(der).into_iter().flatten().flatten() {
                    prop_assert!(!name.to_string().chars().any(char::is_control));
                }
                if checked.is_ok() {
                    prop_assert!(general_names(der).unwrap().all(|name| name.is_ok()));
                }
            }
        }
    }
}
