//! R-CSR-8: the extensions whose type is known, and whether octets are one whole value of the type, from RFC 5280 section 4.2
//! and appendix A.2, RFC 7633 and the documents of Netscape and Microsoft.

use issuance_test_support::asn1::{BIT_STRING, BOOLEAN, INTEGER, OCTET_STRING, SEQUENCE, SET, UTF8_STRING};

use crate::oracle::names;
use crate::oracle::read::{Value, oid_text, one};

pub(crate) const SUBJECT_DIRECTORY_ATTRIBUTES: &str = "2.5.29.9";
pub(crate) const SUBJECT_KEY_IDENTIFIER: &str = "2.5.29.14";
pub(crate) const KEY_USAGE: &str = "2.5.29.15";
pub(crate) const SUBJECT_ALT_NAME: &str = "2.5.29.17";
pub(crate) const ISSUER_ALT_NAME: &str = "2.5.29.18";
pub(crate) const BASIC_CONSTRAINTS: &str = "2.5.29.19";
pub(crate) const NAME_CONSTRAINTS: &str = "2.5.29.30";
pub(crate) const CRL_DISTRIBUTION_POINTS: &str = "2.5.29.31";
pub(crate) const CERTIFICATE_POLICIES: &str = "2.5.29.32";
pub(crate) const POLICY_MAPPINGS: &str = "2.5.29.33";
pub(crate) const AUTHORITY_KEY_IDENTIFIER: &str = "2.5.29.35";
pub(crate) const POLICY_CONSTRAINTS: &str = "2.5.29.36";
pub(crate) const EXTENDED_KEY_USAGE: &str = "2.5.29.37";
pub(crate) const FRESHEST_CRL: &str = "2.5.29.46";
pub(crate) const INHIBIT_ANY_POLICY: &str = "2.5.29.54";
pub(crate) const AUTHORITY_INFO_ACCESS: &str = "1.3.6.1.5.5.7.1.1";
pub(crate) const SUBJECT_INFO_ACCESS: &str = "1.3.6.1.5.5.7.1.11";
pub(crate) const TLS_FEATURE: &str = "1.3.6.1.5.5.7.1.24";
pub(crate) const APPLICATION_POLICIES: &str = "1.3.6.1.4.1.311.21.10";
pub(crate) const NETSCAPE_TYPE: &str = "2.16.840.1.113730.1.1";
/// certificatePolicies of 1994.
pub(crate) const OLD_POLICIES: &str = "2.5.29.3";
pub(crate) const OLD_KEY_USAGE_RESTRICTION: &str = "2.5.29.4";
/// subjectAltName of 1994, which is judged as the one of today.
pub(crate) const OLD_SUBJECT_ALT_NAME: &str = "2.5.29.7";

/// Those that a caller can give a template that does not fix them.
pub(crate) const KNOWN: [&str; 19] = [
    SUBJECT_DIRECTORY_ATTRIBUTES,
    KEY_USAGE,
    SUBJECT_ALT_NAME,
    ISSUER_ALT_NAME,
    NAME_CONSTRAINTS,
    CRL_DISTRIBUTION_POINTS,
    CERTIFICATE_POLICIES,
    POLICY_MAPPINGS,
    POLICY_CONSTRAINTS,
    EXTENDED_KEY_USAGE,
    FRESHEST_CRL,
    INHIBIT_ANY_POLICY,
    AUTHORITY_INFO_ACCESS,
    SUBJECT_INFO_ACCESS,
    TLS_FEATURE,
    APPLICATION_POLICIES,
    NETSCAPE_TYPE,
    OLD_POLICIES,
    OLD_SUBJECT_ALT_NAME,
];

type Check = fn(Value<'_>) -> Option<()>;

fn check(oid: &str) -> Option<Check> {
    Some(match oid {
        SUBJECT_DIRECTORY_ATTRIBUTES => |value| list(value, attribute),
        SUBJECT_KEY_IDENTIFIER => |value| holds(value.tag == OCTET_STRING),
        KEY_USAGE => |value| bits(value, 9),
        SUBJECT_ALT_NAME | OLD_SUBJECT_ALT_NAME => |value| list(value, alternative_name),
        ISSUER_ALT_NAME => |value| list(value, general_name),
        BASIC_CONSTRAINTS => basic_constraints,
        NAME_CONSTRAINTS => name_constraints,
        CRL_DISTRIBUTION_POINTS | FRESHEST_CRL => |value| list(value, distribution_point),
        CERTIFICATE_POLICIES | APPLICATION_POLICIES => |value| list(value, policy),
        POLICY_MAPPINGS => |value| list(value, |mapping| each(mapping.inside(SEQUENCE)?, &[identifier, identifier])),
        AUTHORITY_KEY_IDENTIFIER => {
            |value| in_turn(value, &[(0x80, |_| Some(())), (0xa1, names_in), (0x82, number)], 0)
        }
        POLICY_CONSTRAINTS => |value| in_turn(value, &[(0x80, count), (0x81, count)], 1),
        EXTENDED_KEY_USAGE => |value| list(value, identifier),
        INHIBIT_ANY_POLICY => |value| if value.tag == INTEGER { count(value) } else { None },
        AUTHORITY_INFO_ACCESS | SUBJECT_INFO_ACCESS => |value| list(value, access),
        OLD_POLICIES => |value| list(value, identifiers),
        OLD_KEY_USAGE_RESTRICTION => |value| {
            in_turn(
                value,
                &[(SEQUENCE, |policies| list(policies, identifiers)), (BIT_STRING, |value| bits(value, 9))],
                0,
            )
        },
        TLS_FEATURE => |value| list(value, |feature| if feature.tag == INTEGER { count(feature) } else { None }),
        NETSCAPE_TYPE => |value| bits(value, 8),
        _ => return None,
    })
}

/// Whether the octets are one value of the extension's type; `None` where the type is not known.
pub(crate) fn reads(oid: &str, value: &[u8]) -> Option<bool> {
    check(oid).map(|check| one(value).and_then(check).is_some())
}

fn holds(condition: bool) -> Option<()> {
    condition.then_some(())
}

/// A SEQUENCE with one element at least, each of them sound.
fn list(value: Value<'_>, element: Check) -> Option<()> {
    let elements = value.inside(SEQUENCE)?;
    holds(!elements.is_empty())?;
    elements.into_iter().try_for_each(element)
}

/// As many values as there are checks.
fn each(values: Vec<Value<'_>>, checks: &[Check]) -> Option<()> {
    holds(values.len() == checks.len())?;
    values.into_iter().zip(checks).try_for_each(|(value, check)| check(value))
}

/// A SEQUENCE of optional elements with these tags, in this order, and at least so many of them.
fn in_turn(value: Value<'_>, elements: &[(u8, Check)], least: usize) -> Option<()> {
    let given = value.inside(SEQUENCE)?;
    holds(given.len() >= least)?;
    let mut left = elements.iter();
    given.into_iter().try_for_each(|value| {
        let (_, check) = left.find(|(tag, _)| *tag == value.tag)?;
        check(value)
    })
}

fn identifier(value: Value<'_>) -> Option<()> {
    value.oid().map(|_| ())
}

fn identifiers(value: Value<'_>) -> Option<()> {
    list(value, identifier)
}

/// The content of an INTEGER, in its shortest form.
fn number(value: Value<'_>) -> Option<()> {
    match *value.content {
        [] => None,
        [0, next, ..] if next < 0x80 => None,
        [0xff, next, ..] if next >= 0x80 => None,
        _ => Some(()),
    }
}

/// The same, from 0 on.
fn count(value: Value<'_>) -> Option<()> {
    number(value)?;
    holds(value.content[0] < 0x80)
}

/// A list of named bits (X.690 sections 11.2.1 and 11.2.2): at least one is set, none but those that have a name, and the last is.
fn bits(value: Value<'_>, names: usize) -> Option<()> {
    let [unused @ 0..=7, ref octets @ ..] = *value.content else { return None };
    let last = *octets.last()?;
    let length = octets.len() * 8 - usize::from(unused);
    holds(value.tag == BIT_STRING && last != 0 && last.trailing_zeros() == u32::from(unused) && length <= names)
}

fn basic_constraints(value: Value<'_>) -> Option<()> {
    let truth: Check = |value| holds(value.content == [0xff]);
    in_turn(value, &[(BOOLEAN, truth), (INTEGER, count)], 0)
}

/// An Attribute of X.501.
fn attribute(value: Value<'_>) -> Option<()> {
    let values: Check = |values| holds(!values.inside(SET)?.is_empty());
    each(value.inside(SEQUENCE)?, &[identifier, values])
}

fn policy(value: Value<'_>) -> Option<()> {
    let qualifier: Check = |value| each(value.inside(SEQUENCE)?, &[identifier, |_| Some(())]);
    match value.inside(SEQUENCE)?[..] {
        [id] => identifier(id),
        [id, qualifiers] => {
            identifier(id)?;
            let qualifiers = qualifiers.inside(SEQUENCE)?;
            holds(!qualifiers.is_empty())?;
            qualifiers.into_iter().try_for_each(qualifier)
        }
        _ => None,
    }
}

fn access(value: Value<'_>) -> Option<()> {
    each(value.inside(SEQUENCE)?, &[identifier, general_name])
}

/// GeneralNames under another tag.
fn names_in(value: Value<'_>) -> Option<()> {
    let names = value.inside(value.tag)?;
    holds(!names.is_empty())?;
    names.into_iter().try_for_each(general_name)
}

fn distribution_point(value: Value<'_>) -> Option<()> {
    let name: Check = |value| {
        let name = value.around(0xa0)?;
        if name.tag == 0xa0 { names_in(name) } else { holds(name.tag == 0xa1) }
    };
    let reasons: Check = |value| bits(Value { tag: BIT_STRING, ..value }, 9);
    in_turn(value, &[(0xa0, name), (0x81, reasons), (0xa2, names_in)], 1)
}

fn subtree_base(base: Value<'_>) -> Option<()> {
    match base.tag {
        // An address and a mask.
        0x87 => holds(matches!(base.content.len(), 8 | 32)),
        _ => general_name(base),
    }
}

fn name_constraints(value: Value<'_>) -> Option<()> {
    let subtrees: Check = |value| {
        let trees = value.inside(value.tag)?;
        holds(!trees.is_empty())?;
        trees.into_iter().try_for_each(|tree| each(tree.inside(SEQUENCE)?, &[subtree_base]))
    };
    in_turn(value, &[(0xa0, subtrees), (0xa1, subtrees)], 1)
}

/// RFC 5280 section 4.2.1.6, its type alone.
fn general_name(name: Value<'_>) -> Option<()> {
    match name.tag {
        0xa0 => {
            let explicit: Check = |value| value.around(0xa0).map(|_| ());
            each(name.inside(0xa0)?, &[identifier, explicit])
        }
        0x81 | 0x82 | 0x86 => holds(name.content.is_ascii()),
        0xa4 => names::attributes(name.around(0xa4)?.whole).map(|_| ()),
        0xa5 => name.inside(0xa5).map(|_| ()),
        0x87 => holds(matches!(name.content.len(), 4 | 16)),
        0x88 => oid_text(name.content).map(|_| ()),
        _ => None,
    }
}

/// The same, with what R-CSR-8 forbids: empty, only white space, control characters.
fn alternative_name(name: Value<'_>) -> Option<()> {
    general_name(name)?;
    let says = |text: &str| !text.trim().is_empty() && !text.contains(char::is_control);
    match name.tag {
        0x81 | 0x82 | 0x86 => holds(says(std::str::from_utf8(name.content).ok()?)),
        0xa0 => {
            let value = name.inside(0xa0)?[1].around(0xa0)?;
            holds(names::text(value).is_none_or(|text| says(&text)))
        }
        0xa4 => holds(!names::is_empty(name.around(0xa4)?.whole)),
        0xa5 => {
            let mut parts = name.inside(0xa5)?.into_iter();
            parts.try_for_each(|part| {
                let text = part.around(part.tag)?;
                holds(text.tag == UTF8_STRING && says(&names::text(text)?))
            })
        }
        _ => Some(()),
    }
}
