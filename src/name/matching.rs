//! Comparing names (RFC 5280 section 7.1).

use super::text::Text;
use super::{Attribute, attributes};
use crate::asn1::{Asn1Error, Reader, Tlv, tag};

/// Whether `name` is `base` or below it: whether it starts with the relative distinguished names of `base`
/// (RFC 5280 section 4.2.1.10, directoryName).
///
/// Attribute types must be equal. Values of string types are compared as text, whatever the type, without outer
/// white space, with inner white space as one space, and in lower case; other values octet for octet. Members of one
/// relative distinguished name may stand in any order. Our decision: of the string preparation that RFC 5280
/// section 7.1 asks for (RFC 4518) that is all; in particular, composed and decomposed accents differ.
pub(crate) fn name_is_within(name: &[u8], base: &[u8]) -> Result<bool, Asn1Error> {
    starts_with(&mut rdns(name)?, &mut rdns(base)?)
}

fn rdns(name: &[u8]) -> Result<Reader<'_>, Asn1Error> {
    attributes(name).try_for_each(|attribute| attribute.map(|_| ()))?;
    Ok(Reader::single(name, tag::SEQUENCE)?.reader())
}

/// Takes the relative distinguished names of `base` off both.
fn starts_with(name: &mut Reader<'_>, base: &mut Reader<'_>) -> Result<bool, Asn1Error> {
    while !base.is_empty() {
        if name.is_empty() || !rdns_match(&name.read(tag::SET)?, &base.read(tag::SET)?)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn rdns_match(a: &Tlv<'_>, b: &Tlv<'_>) -> Result<bool, Asn1Error> {
    if a.full == b.full {
        return Ok(true);
    }
    let count = |set: &Tlv<'_>| {
        let (mut reader, mut members) = (set.reader(), 0usize);
        while !reader.is_empty() {
            reader.any()?;
            members += 1;
        }
        Ok(members)
    };
    // Both ways: members that differ in case alone would otherwise stand for each other.
    Ok(count(a)? == count(b)? && is_subset(a, b)? && is_subset(b, a)?)
}

fn is_subset(a: &Tlv<'_>, b: &Tlv<'_>) -> Result<bool, Asn1Error> {
    let mut members = a.reader();
    while !members.is_empty() {
        let member = Attribute::from_tlv(0, &members.any()?)?;
        let (mut others, mut found) = (b.reader(), false);
        while !found && !others.is_empty() {
            let other = Attribute::from_tlv(0, &others.any()?)?;
            found = member.oid == other.oid && values_match(&member.value, &other.value);
        }
        if !found {
            return Ok(false);
        }
    }
    Ok(true)
}

fn values_match(a: &Tlv<'_>, b: &Tlv<'_>) -> bool {
    match (Text::of(a), Text::of(b)) {
        (Some(a), Some(b)) => prepared(a).eq(prepared(b)),
        _ => a.full == b.full,
    }
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
    use super::super::tests::{Part, name, utf8};
    use super::*;

    fn names_match(a: &[u8], b: &[u8]) -> Result<bool, Asn1Error> {
        Ok(name_is_within(a, b)? && name_is_within(b, a)?)
    }
    use crate::Oid;

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
            assert_eq!(name_is_within(&whole, &base), Ok(expected), "{base:02x?}");
        }
        assert!(!names_match(&whole, &name(&[&[us]])).unwrap());
        assert!(name_is_within(&whole, b"\x30\x01").is_err());
        assert!(name_is_within(&[0x30, 2, 0x31, 1], &whole).is_err());
    }
}
