//! Comparing names (RFC 5280 section 7.1).

use super::string::Text;
use super::{NameAttribute, attributes};
use crate::x509::asn1::reader::{Asn1Error, Reader, Tlv};
use crate::x509::asn1::tag;

/// What comparing two names comes to, from the least to the most alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Likeness {
    /// They differ.
    Different,
    /// Nobody can say: a value is of a type that is not compared with the other's.
    Unknown,
    /// They are alike.
    Alike,
}

/// Whether `name` is `base` or below it: whether it starts with the relative distinguished names of `base`
/// (RFC 5280 section 4.2.1.10, directoryName).
///
/// NameAttribute types must be equal. Values of string types are compared as text, whatever the type, without outer
/// white space, with inner white space as one space, and in lower case; other values of one type byte for byte, and values of
/// types that have no text with others not at all. Members of one relative distinguished name may stand in any order. Our
/// decision: of the string preparation that RFC 5280 section 7.1 asks for (RFC 4518) that is all; in particular, composed and
/// decomposed accents differ.
pub(crate) fn name_is_within(name: &[u8], base: &[u8]) -> Result<Likeness, Asn1Error> {
    starts_with(&mut rdns(name)?, &mut rdns(base)?)
}

fn rdns(name: &[u8]) -> Result<Reader<'_>, Asn1Error> {
    attributes(name).try_for_each(|attribute| attribute.map(|_| ()))?;
    Ok(Reader::single(name, tag::SEQUENCE)?.reader())
}

/// Takes the relative distinguished names of `base` off both.
fn starts_with(name: &mut Reader<'_>, base: &mut Reader<'_>) -> Result<Likeness, Asn1Error> {
    let mut whole = Likeness::Alike;
    while !base.is_empty() {
        if name.is_empty() {
            return Ok(Likeness::Different);
        }
        whole = whole.min(rdns_match(&name.read(tag::SET)?, &base.read(tag::SET)?)?);
        if whole == Likeness::Different {
            break;
        }
    }
    Ok(whole)
}

fn rdns_match(a: &Tlv<'_>, b: &Tlv<'_>) -> Result<Likeness, Asn1Error> {
    if a.full == b.full {
        return Ok(Likeness::Alike);
    }
    let count = |set: &Tlv<'_>| {
        let (mut reader, mut members) = (set.reader(), 0usize);
        while !reader.is_empty() {
            reader.any()?;
            members += 1;
        }
        Ok(members)
    };
    if count(a)? != count(b)? {
        return Ok(Likeness::Different);
    }
    // Both ways: members that differ in case alone would otherwise stand for each other.
    Ok(subset(a, b)?.min(subset(b, a)?))
}

/// Whether each member of one set is in the other.
fn subset(a: &Tlv<'_>, b: &Tlv<'_>) -> Result<Likeness, Asn1Error> {
    let (mut members, mut whole) = (a.reader(), Likeness::Alike);
    while !members.is_empty() && whole > Likeness::Different {
        let member = NameAttribute::from_tlv(0, &members.any()?)?;
        let (mut others, mut best) = (b.reader(), Likeness::Different);
        while best < Likeness::Alike && !others.is_empty() {
            let other = NameAttribute::from_tlv(0, &others.any()?)?;
            if member.oid == other.oid {
                best = best.max(values_match(&member.value, &other.value));
            }
        }
        whole = whole.min(best);
    }
    Ok(whole)
}

fn values_match(a: &Tlv<'_>, b: &Tlv<'_>) -> Likeness {
    let alike = match (Text::of(a), Text::of(b)) {
        (Some(a), Some(b)) => prepared(a).eq(prepared(b)),
        _ => a.full == b.full,
    };
    // A GeneralString, say, holds text as well, which one verifier reads and the next does not.
    let one_type = a.tag == b.tag || (Text::of(a).is_some() && Text::of(b).is_some());
    match (alike, one_type) {
        (true, _) => Likeness::Alike,
        (false, true) => Likeness::Different,
        (false, false) => Likeness::Unknown,
    }
}

/// Whether a value is this text, as names are compared.
pub(crate) fn text_matches(value: &Tlv<'_>, text: &str) -> bool {
    Text::of(value).is_some_and(|value| prepared(value).eq(prepared(Text::Utf8(text))))
}

fn prepared(text: Text<'_>) -> impl Iterator<Item = char> {
    let (mut started, mut gap) = (false, false);
    text.chars().flat_map(move |character| {
        let (mut space, mut lower) = (None, None);
        if character.is_whitespace() {
            gap = started;
        } else {
            space = gap.then_some(' ');
            lower = Some(character.to_lowercase());
            (started, gap) = (true, false);
        }
        space.into_iter().chain(lower.into_iter().flatten())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::x509::name::tests::{Part, name, utf8};

    fn names_match(a: &[u8], b: &[u8]) -> Result<bool, Asn1Error> {
        Ok(name_is_within(a, b)?.min(name_is_within(b, a)?) == Likeness::Alike)
    }
    use crate::x509::oid::Oid;

    fn matches(a: &[&[Part<'_>]], b: &[&[Part<'_>]]) -> bool {
        let (a, b) = (name(a), name(b));
        let forth = names_match(&a, &b).unwrap();
        assert_eq!(names_match(&b, &a).unwrap(), forth);
        forth
    }

    const CN: Oid = Oid::COMMON_NAME;
    const O: Oid = Oid::ORGANIZATION;

    #[test]
    fn text_matches_across_string_types_case_and_white_space() {
        let plain: &[&[Part<'_>]] = &[&[utf8(CN, "Zoë Example")]];
        for other in [
            utf8(CN, "  ZOË \t EXAMPLE "),
            (CN, tag::TELETEX_STRING, b"zo\xeb example"),
            (CN, tag::BMP_STRING, b"\0z\0o\0\xeb\0 \0 \0e\0x\0a\0m\0p\0l\0e"),
            (
                CN,
                tag::UNIVERSAL_STRING,
                "ZOË EXAMPLE".chars().flat_map(|c| u32::from(c).to_be_bytes()).collect::<Vec<_>>().leak(),
            ),
        ] {
            assert!(matches(plain, &[&[other]]), "{other:?}");
        }
        for other in [utf8(CN, "ZoëExample"), utf8(CN, "Zoe Example"), utf8(O, "Zoë Example"), utf8(CN, "")] {
            assert!(!matches(plain, &[&[other]]), "{other:?}");
        }
        assert!(matches(&[&[utf8(CN, " ")]], &[&[utf8(CN, "")]]));
    }

    #[test]
    fn other_values_match_by_octets() {
        fn octets(value: &[u8]) -> Part<'_> {
            (CN, tag::OCTET_STRING, value)
        }
        assert!(matches(&[&[octets(b"a")]], &[&[octets(b"a")]]));
        assert!(!matches(&[&[octets(b"a")]], &[&[octets(b"A")]]));
        assert!(!matches(&[&[octets(b"a")]], &[&[utf8(CN, "a")]]));
    }

    #[test]
    fn what_cannot_be_compared_is_neither_alike_nor_different() {
        const GENERAL_STRING: u8 = 0x1b;
        let us = utf8(Oid::COUNTRY, "US");
        let base = name(&[&[us], &[utf8(O, "Corp")]]);
        let within = |rdns: &[&[Part<'_>]]| name_is_within(&name(rdns), &base).unwrap();
        let general: Part<'_> = (O, GENERAL_STRING, b"Corp");
        assert_eq!(within(&[&[us], &[general]]), Likeness::Unknown);
        assert_eq!(within(&[&[us], &[(O, tag::OCTET_STRING, b"Corp")], &[utf8(CN, "leaf")]]), Likeness::Unknown);
        // What else is there decides.
        assert_eq!(within(&[&[utf8(Oid::COUNTRY, "DE")], &[general]]), Likeness::Different);
        assert_eq!(within(&[&[us], &[general, utf8(CN, "leaf")]]), Likeness::Different);
        assert_eq!(within(&[&[us], &[(CN, GENERAL_STRING, b"Corp")]]), Likeness::Different);
        // Within one relative distinguished name.
        let both = name(&[&[utf8(O, "Corp"), utf8(CN, "a")]]);
        assert_eq!(name_is_within(&name(&[&[utf8(CN, "A"), general]]), &both), Ok(Likeness::Unknown));
        assert_eq!(name_is_within(&name(&[&[utf8(CN, "b"), general]]), &both), Ok(Likeness::Different));
    }

    #[test]
    fn relative_distinguished_names_are_sets() {
        assert!(matches(&[&[utf8(CN, "a"), utf8(O, "b")]], &[&[utf8(O, "B"), utf8(CN, "A")]]));
        assert!(!matches(&[&[utf8(CN, "a"), utf8(O, "b")]], &[&[utf8(CN, "a")]]));
        assert!(!matches(&[&[utf8(CN, "A"), utf8(CN, "a")]], &[&[utf8(CN, "a"), utf8(CN, "b")]]));
        assert!(!matches(&[&[utf8(CN, "a")], &[utf8(O, "b")]], &[&[utf8(CN, "a"), utf8(O, "b")]]));
    }

    #[test]
    fn subtrees_are_prefixes() {
        let (us, corp, leaf) = (utf8(Oid::COUNTRY, "US"), utf8(O, "Corp"), utf8(CN, "leaf"));
        let whole = name(&[&[us], &[corp], &[leaf]]);
        for (base, expected) in [
            (name(&[]), true),
            (name(&[&[us]]), true),
            (name(&[&[utf8(Oid::COUNTRY, "us")], &[utf8(O, "CORP")]]), true),
            (whole.clone(), true),
            (name(&[&[corp]]), false),
            (name(&[&[us], &[corp], &[leaf], &[leaf]]), false),
            (name(&[&[us, corp]]), false),
        ] {
            let expected = if expected { Likeness::Alike } else { Likeness::Different };
            assert_eq!(name_is_within(&whole, &base), Ok(expected), "{base:02x?}");
        }
        assert!(!names_match(&whole, &name(&[&[us]])).unwrap());
        assert!(name_is_within(&whole, b"\x30\x01").is_err());
        assert!(name_is_within(&[0x30, 2, 0x31, 1], &whole).is_err());
    }
}
