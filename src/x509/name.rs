//! Distinguished names, read as the DER that they came in and never rebuilt (R-CSR-5).

pub(crate) mod alternative;
pub(crate) mod distinguished;
pub(crate) mod general;
pub(crate) mod matching;
pub(crate) mod string;

use std::cmp::Ordering;
use std::fmt;

use self::general::Arcs;
use self::string::{Escape, Hex, Text, is_within};
use crate::x509::asn1::reader::{Asn1Error, Reader, Tlv};
use crate::x509::asn1::tag;
use crate::x509::oid::{Oid, OidRef};

/// One attribute of a name.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NameAttribute<'a> {
    /// The position of the relative distinguished name that holds it.
    pub(crate) rdn: usize,
    pub(crate) oid: OidRef<'a>,
    pub(crate) value: Tlv<'a>,
}

impl<'a> NameAttribute<'a> {
    #[inline(always)]
    fn from_tlv(rdn: usize, tlv: &Tlv<'a>) -> Result<Self, Asn1Error> {
        let mut reader = tlv.with_tag(tag::SEQUENCE)?.reader();
        let oid = reader.read(tag::OID)?.oid_ref()?;
        let value = reader.any()?;
        reader.finish()?;
        Ok(NameAttribute { rdn, oid, value })
    }
}

/// The attributes of a name, in encoded order. A malformed name yields its attributes up to the first error, that
/// error, and nothing more.
#[derive(Debug, Clone)]
pub(crate) struct Attributes<'a> {
    /// The SETs to come, or where the name itself does not start as it should.
    rdns: Result<Reader<'a>, Asn1Error>,
    /// What is left of the current SET.
    rdn: Option<Reader<'a>>,
    started: usize,
    failed: bool,
}

/// The attributes of the name in `der`.
pub(crate) fn attributes(der: &[u8]) -> Attributes<'_> {
    let rdns = Reader::single(der, tag::SEQUENCE).map(|name| name.reader());
    Attributes { rdns, rdn: None, started: 0, failed: false }
}

impl<'a> Attributes<'a> {
    fn step(&mut self) -> Result<Option<NameAttribute<'a>>, Asn1Error> {
        loop {
            if let Some(reader) = self.rdn.as_mut().filter(|reader| !reader.is_empty()) {
                let attribute = reader.any()?;
                return NameAttribute::from_tlv(self.started - 1, &attribute).map(Some);
            }
            let rdns = self.rdns.as_mut().map_err(|error| *error)?;
            if rdns.is_empty() {
                return Ok(None);
            }
            self.rdn = Some(rdns.read(tag::SET)?.reader());
            self.started += 1;
        }
    }
}

impl<'a> Iterator for Attributes<'a> {
    type Item = Result<NameAttribute<'a>, Asn1Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let step = self.step();
        self.failed = step.is_err();
        step.transpose()
    }
}

/// Checks that an element is a Name (RFC 5280 section 4.1.2.4) in DER, with at most `max_attributes` attributes.
///
/// Our decision: what verifiers are known to disagree on is refused (order and repeats in a SET, strings in constructed
/// form, NUL in text), anything else passes, as the service copies subjects unchecked (R-CSR-5):
/// empty values, lengths beyond the upper bounds of X.520, TeletexString and types that are no strings. Which arcs pass is
/// for `arcs` to say.
///
/// # Errors
/// The first fault, with its offset in the outermost input.
pub(crate) fn check_name(tlv: &Tlv<'_>, max_attributes: usize, arcs: Arcs) -> Result<(), Asn1Error> {
    let mut rdns = tlv.with_tag(tag::SEQUENCE)?.reader();
    let mut seen = 0;
    while !rdns.is_empty() {
        seen += check_members(&rdns.read(tag::SET)?, max_attributes - seen, arcs)?;
    }
    Ok(())
}

/// Checks that an element is a RelativeDistinguishedName in DER, whatever its tag.
pub(crate) fn check_rdn(tlv: &Tlv<'_>) -> Result<(), Asn1Error> {
    check_members(tlv, usize::MAX, Arcs::AnyWidth).map(drop)
}

/// Checks the attributes of a relative distinguished name, of which at most `most` may come, and says how many there are.
fn check_members(set: &Tlv<'_>, most: usize, arcs: Arcs) -> Result<usize, Asn1Error> {
    if set.content.is_empty() {
        return Err(set.content_error("relative distinguished name without an attribute"));
    }
    let mut members = set.reader();
    let mut previous: Option<Tlv<'_>> = None;
    let mut seen = 0;
    while !members.is_empty() {
        let member = members.any()?;
        if seen == most {
            return Err(member.content_error("name with too many attributes"));
        }
        seen += 1;
        // No complete element is the start of another, so the padding of X.690 section 11.6 never decides.
        if let Some(previous) = previous {
            match previous.full.cmp(member.full) {
                Ordering::Less => {}
                Ordering::Equal => {
                    return Err(member.content_error("attribute that stands twice in a relative distinguished name"));
                }
                Ordering::Greater => {
                    return Err(member.content_error("relative distinguished name that is not in DER order"));
                }
            }
        }
        previous = Some(member);
        let attribute = NameAttribute::from_tlv(0, &member)?;
        arcs.check(attribute.oid).map_err(|fault| member.content_error(fault))?;
        check_value(&attribute.value)?;
    }
    Ok(seen)
}

/// Whether a name counts as empty: it has no attribute, or none that says anything (R-CSR-9). What cannot be read is not empty.
pub(crate) fn counts_as_empty(der: &[u8]) -> bool {
    // The first attribute of nearly every name says something.
    if der.len() == 2 || checked_attributes(der).next().is_some_and(|(_, value)| !value.content.is_empty()) {
        return der.len() == 2;
    }
    let mut attributes = attributes(der).peekable();
    attributes.peek().is_some()
        && attributes.all(|attribute| attribute.is_ok_and(|attribute| is_empty_text(&attribute.value)))
}

/// Whether a value is a string of no characters.
pub(crate) fn is_empty_text(value: &Tlv<'_>) -> bool {
    value.content.is_empty() && Text::of(value).is_some()
}

/// The types and values in a name that [`check_name`] has passed, without a second look at their form. Of another name it gives the
/// first ones, up to whatever cannot be read.
pub(crate) fn checked_attributes<'a>(der: &'a [u8]) -> impl Iterator<Item = (OidRef<'a>, Tlv<'a>)> {
    let mut rdns = Reader::new(der).any().map_or(Reader::new(&[]), |name| name.reader());
    let mut members = Reader::new(&[]);
    std::iter::from_fn(move || {
        while members.is_empty() {
            members = rdns.any().ok()?.reader();
        }
        let mut attribute = members.any().ok()?.reader();
        let oid = attribute.any().ok()?;
        Some((OidRef::of_checked(oid.content), attribute.any().ok()?))
    })
}

fn check_value(value: &Tlv<'_>) -> Result<(), Asn1Error> {
    let content = value.content;
    let usual = is_within(content, 0x01, 0x7f);
    let fault = match value.tag {
        tag::UTF8_STRING | tag::PRINTABLE_STRING | tag::IA5_STRING if usual => None,
        tag::UTF8_STRING if std::str::from_utf8(content).is_err() => Some("UTF8String that is not UTF-8"),
        tag::PRINTABLE_STRING if !content.is_ascii() => Some("PrintableString that is not ASCII"),
        tag::IA5_STRING if !content.is_ascii() => Some("IA5String that is not ASCII"),
        tag if is_text_of_octets(tag) && content.contains(&0) => Some("NUL in the text of an attribute"),
        tag::BMP_STRING if !content.len().is_multiple_of(2) => Some("BMPString with an odd number of bytes"),
        tag::BMP_STRING if content.chunks(2).any(|unit| unit == [0; 2]) => Some("NUL in the text of an attribute"),
        tag::UNIVERSAL_STRING if !content.len().is_multiple_of(4) => {
            Some("UniversalString that is not whole characters")
        }
        tag::UNIVERSAL_STRING if content.chunks(4).any(|unit| unit == [0; 4]) => {
            Some("NUL in the text of an attribute")
        }
        tag if !has_der_form(tag) => Some("value in a form that DER does not have"),
        _ => None,
    };
    fault.map_or(Ok(()), |fault| Err(value.content_error(fault)))
}

/// Whether this is one of the string types in which a NUL is one byte (X.680 section 41): UTF8String, NumericString to IA5String,
/// and GraphicString to GeneralString.
fn is_text_of_octets(tag: u8) -> bool {
    matches!(tag, tag::UTF8_STRING | 0x12..=tag::IA5_STRING | 0x19..=0x1b)
}

/// Whether an element with this tag may be DER: strings and other simple types are primitive (X.690 section 10.2), and
/// EXTERNAL, EMBEDDED PDV, SEQUENCE, SET and CHARACTER STRING constructed. End-of-contents is no element.
fn has_der_form(tag: u8) -> bool {
    let (universal, constructed, number) = (tag & 0xc0 == 0, tag & 0x20 != 0, tag & 0x1f);
    !universal || (number != 0 && constructed == matches!(number, 8 | 11 | 16 | 17 | 29))
}

/// Shows the name in some DER as `C=US, O=Example Corp + OU=x, CN=www.example.com`: relative distinguished names in
/// encoded order, values escaped as in RFC 4514 section 2.4.
///
/// Unlike RFC 4514, types without a name keep readable values readable. Values that are no text, and DER that is no
/// name, show as `#` and hexadecimal digits.
pub(crate) struct NameText<'a>(pub(crate) &'a [u8]);

/// As [`NameText`], with the type of each string that is not a UTF8String: `C[PrintableString]=US, CN=www.example.com`. Names in
/// DER that show the same have the same bytes.
#[cfg(feature = "serde")]
pub(crate) struct TypedNameText<'a>(pub(crate) &'a [u8]);

impl fmt::Display for NameText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_name(f, self.0, false)
    }
}

#[cfg(feature = "serde")]
impl fmt::Display for TypedNameText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_name(f, self.0, true)
    }
}

fn write_name(f: &mut fmt::Formatter<'_>, der: &[u8], typed: bool) -> fmt::Result {
    if attributes(der).any(|attribute| attribute.is_err()) {
        return write!(f, "{}", Hex(der));
    }
    let mut previous = None;
    for attribute in attributes(der).flatten() {
        f.write_str(match previous {
            None => "",
            Some(rdn) if rdn == attribute.rdn => " + ",
            Some(_) => ", ",
        })?;
        previous = Some(attribute.rdn);
        write_attribute(f, &attribute, typed)?;
    }
    Ok(())
}

fn write_attribute(f: &mut fmt::Formatter<'_>, attribute: &NameAttribute<'_>, typed: bool) -> fmt::Result {
    let oid = attribute.oid.to_oid();
    match short_name(&oid) {
        Some(name) => f.write_str(name)?,
        None => write!(f, "{oid}")?,
    }
    match string_type(attribute.value.tag) {
        Some(name) if typed => write!(f, "[{name}]=")?,
        _ => f.write_str("=")?,
    }
    match Text::of(&attribute.value) {
        Some(text) => write!(f, "{}", text.escaped(Escape::AttributeValue)),
        None => write!(f, "{}", Hex(attribute.value.full)),
    }
}

/// What X.680 calls a string type, but for the usual one.
fn string_type(tag: u8) -> Option<&'static str> {
    Some(match tag {
        tag::PRINTABLE_STRING => "PrintableString",
        tag::IA5_STRING => "IA5String",
        tag::TELETEX_STRING => "TeletexString",
        tag::BMP_STRING => "BMPString",
        tag::UNIVERSAL_STRING => "UniversalString",
        0x12 => "NumericString",
        0x1a => "VisibleString",
        _ => return None,
    })
}

/// The name of an attribute type. [`Oid::name`] also knows extensions and usages, which no attribute should pose as.
fn short_name(oid: &Oid) -> Option<&'static str> {
    let is_attribute = matches!(oid.as_der_content(), [0x55, 4, _])
        || [Oid::DOMAIN_COMPONENT, Oid::EMAIL_ADDRESS, Oid::CHALLENGE_PASSWORD].contains(oid);
    oid.name().filter(|_| is_attribute)
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::x509::asn1::reader::Asn1ErrorKind;
    use crate::x509::asn1::writer::Writer;
    use crate::x509::name::matching::name_is_within;

    /// One attribute of a test name.
    pub(crate) type Part<'a> = (Oid, u8, &'a [u8]);

    /// A name of these relative distinguished names, members in the given order.
    pub(crate) fn name(rdns: &[&[Part<'_>]]) -> Vec<u8> {
        let mut writer = Writer::with_capacity(64);
        writer.sequence(|w| {
            for rdn in rdns {
                w.nested(tag::SET, |w| {
                    for (oid, tag, value) in *rdn {
                        w.sequence(|w| {
                            w.oid(oid);
                            w.primitive(*tag, value);
                        });
                    }
                });
            }
        });
        writer.into_vec()
    }

    pub(crate) fn utf8(oid: Oid, text: &str) -> Part<'_> {
        (oid, tag::UTF8_STRING, text.as_bytes())
    }

    fn check(der: &[u8]) -> Result<(), Asn1Error> {
        let mut reader = Reader::new(der);
        let tlv = reader.any()?;
        reader.finish()?;
        check_name(&tlv, 8, Arcs::Of32Bits)
    }

    fn fault(der: &[u8]) -> String {
        check(der).unwrap_err().kind.to_string()
    }

    #[test]
    fn sound_names_pass() {
        let unknown: Oid = "1.2.3.4".parse().unwrap();
        for sound in [
            name(&[]),
            name(&[&[utf8(Oid::COMMON_NAME, "")]]),
            name(&[&[(Oid::COUNTRY, tag::PRINTABLE_STRING, b"Germany")], &[utf8(Oid::COMMON_NAME, "\u{1f511}")]]),
            name(&[&[utf8(Oid::COMMON_NAME, "a"), utf8(Oid::COMMON_NAME, "b")]]),
            name(&[&[(Oid::COMMON_NAME, tag::TELETEX_STRING, b"\xff")]]),
            name(&[&[(Oid::COMMON_NAME, tag::BMP_STRING, b"\x01\0\0\x01")]]),
            name(&[&[(Oid::COMMON_NAME, tag::UNIVERSAL_STRING, b"\0\0\x01\0")]]),
            name(&[&[(unknown, tag::OCTET_STRING, b"\0\xff")]]),
        ] {
            assert_eq!(check(&sound), Ok(()), "{sound:02x?}");
        }
    }

    #[test]
    fn faults_are_named() {
        let wide: Oid = "1.2.4294967296".parse().unwrap();
        let cn = |tag, value| name(&[&[(Oid::COMMON_NAME, tag, value)]]);
        for (der, expected) in [
            (vec![0x30, 2, 0x31, 0], "without an attribute"),
            (name(&[&[utf8(Oid::COMMON_NAME, "b"), utf8(Oid::COMMON_NAME, "a")]]), "not in DER order"),
            (name(&[&[utf8(Oid::COMMON_NAME, "ab"), utf8(Oid::COMMON_NAME, "b")]]), "not in DER order"),
            (name(&[&[utf8(Oid::COMMON_NAME, "a"), utf8(Oid::COMMON_NAME, "a")]]), "stands twice"),
            (name(&[&[utf8(wide, "a")]]), "more than 32 bits"),
            (cn(tag::UTF8_STRING, b"\xff"), "not UTF-8"),
            (cn(tag::UTF8_STRING, b"a\0.example"), "NUL"),
            (cn(tag::PRINTABLE_STRING, b"\xe4"), "not ASCII"),
            (cn(tag::PRINTABLE_STRING, b"\0"), "NUL"),
            (cn(tag::IA5_STRING, b"\xe4"), "not ASCII"),
            (cn(tag::IA5_STRING, b"a\0"), "NUL"),
            (cn(tag::BMP_STRING, b"\0a\0"), "odd number"),
            (cn(tag::TELETEX_STRING, b"bank.example\0.evil"), "NUL"),
            (cn(0x12, b"1\0"), "NUL"),
            (cn(0x1a, b"a\0"), "NUL"),
            (cn(0x1b, b"a\0"), "NUL"),
            (cn(tag::BMP_STRING, b"\0a\0\0"), "NUL"),
            (cn(tag::UNIVERSAL_STRING, b"\0\0\0a\0\0"), "whole characters"),
            (cn(tag::UNIVERSAL_STRING, b"\0\0\0\0"), "NUL"),
            (cn(tag::UTF8_STRING | 0x20, &[tag::UTF8_STRING, 1, b'a']), "form that DER does not have"),
            (cn(tag::SEQUENCE & !0x20, b""), "form that DER does not have"),
            (cn(0, b""), "form that DER does not have"),
            (name(&[&[utf8(Oid::COMMON_NAME, "a")][..]; 9]), "too many attributes"),
            (vec![0x31, 0], "where 0x30 was expected"),
            (vec![0x30, 2, 0x30, 0], "where 0x31 was expected"),
            (vec![0x30, 4, 0x31, 2, 0x30, 0], "truncated"),
            (name(&[&[(Oid::COMMON_NAME, 0x1f, b"a")]]), "high tag number"),
        ] {
            assert!(fault(&der).contains(expected), "{expected}: {}", fault(&der));
        }
    }

    #[test]
    fn trailing_octets_are_refused_with_their_offset() {
        // An attribute with a NULL after its value.
        let der = [0x30, 11, 0x31, 9, 0x30, 7, 6, 1, 0x2a, 0x0c, 0, 5, 0];
        assert_eq!(check(&der), Err(Asn1Error { offset: 11, kind: Asn1ErrorKind::Trailing }));
        assert_eq!(attributes(&der).next().unwrap().unwrap_err().offset, 11);
    }

    #[test]
    fn attributes_come_in_encoded_order_with_their_rdn() {
        let der = name(&[
            &[utf8(Oid::COUNTRY, "US")],
            &[utf8(Oid::ORGANIZATION, "O"), utf8(Oid::ORGANIZATIONAL_UNIT, "x")],
            &[utf8(Oid::COMMON_NAME, "w")],
        ]);
        let seen: Vec<_> = attributes(&der).map(|a| a.map(|a| (a.rdn, a.oid.to_oid(), a.value.content))).collect();
        assert_eq!(
            seen,
            [
                Ok((0, Oid::COUNTRY, &b"US"[..])),
                Ok((1, Oid::ORGANIZATION, b"O")),
                Ok((1, Oid::ORGANIZATIONAL_UNIT, b"x")),
                Ok((2, Oid::COMMON_NAME, b"w")),
            ]
        );
        let mut trailing = der.clone();
        trailing.push(0);
        assert_eq!(attributes(&trailing).count(), 1);
        assert_eq!(attributes(&trailing).flatten().count(), 0);
    }

    #[test]
    fn names_show_as_rfc_4514_values_in_encoded_order() {
        let unknown: Oid = "1.2.3.4".parse().unwrap();
        let der = name(&[
            &[(Oid::COUNTRY, tag::PRINTABLE_STRING, b"US")],
            &[utf8(Oid::ORGANIZATION, "Example, \"Corp\" <a+b>;\\"), utf8(Oid::ORGANIZATIONAL_UNIT, "#x ")],
            &[utf8(Oid::COMMON_NAME, " \u{e9}\u{1b}[2J\u{202e}x"), (unknown, tag::BMP_STRING, b"\0a\x20\xac")],
            &[(unknown, tag::OCTET_STRING, &[1, 0xab]), (Oid::EMAIL_ADDRESS, tag::IA5_STRING, b"a@b")],
        ]);
        assert_eq!(
            NameText(&der).to_string(),
            "C=US, O=Example\\, \\\"Corp\\\" \\<a\\+b\\>\\;\\\\ + OU=\\#x\\ , \
             CN=\\ \u{e9}\\1B[2J\\E2\\80\\AEx + 1.2.3.4=a\u{20ac}, 1.2.3.4=#040201AB + emailAddress=a@b"
        );
        assert_eq!(NameText(&name(&[])).to_string(), "");
        assert_eq!(NameText(&[0x30, 1, 0xff]).to_string(), "#3001FF");
        // An extension's identifier used as an attribute type gets no friendly name.
        assert_eq!(NameText(&name(&[&[utf8(Oid::SUBJECT_ALT_NAME, "x")]])).to_string(), "2.5.29.17=x");
    }

    proptest! {
        #[test]
        fn arbitrary_octets_never_panic(octets in prop::collection::vec(any::<u8>(), 0..80)) {
            let _ = (check(&octets), NameText(&octets).to_string(), attributes(&octets).count());
        }

        /// Damaged names reach deeper than noise does.
        #[test]
        fn damaged_names_never_panic(at in 0usize..40, octet in any::<u8>()) {
            let mut der = name(&[
                &[utf8(Oid::COUNTRY, "US"), (Oid::TITLE, tag::BMP_STRING, b"\0a\xd8\0")],
                &[(Oid::COMMON_NAME, tag::UNIVERSAL_STRING, b"\0\0\0a")],
            ]);
            let at = at % der.len();
            der[at] = octet;
            let shown = NameText(&der).to_string();
            prop_assert!(!shown.chars().any(char::is_control));
            let _ = (check(&der), name_is_within(&der, &der));
        }
    }
}
