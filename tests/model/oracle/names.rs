//! Names of X.501, as R-CSR-2 and R-CSR-9 read them.

use issuance_test_support::asn1::{IA5_STRING, PRINTABLE_STRING, SEQUENCE, SET, UTF8_STRING};

use crate::oracle::read::{Value, is_wide, one};

const TELETEX_STRING: u8 = 0x14;
const UNIVERSAL_STRING: u8 = 0x1c;
const BMP_STRING: u8 = 0x1e;

/// An attribute of a name.
pub(crate) struct Attribute<'a> {
    pub(crate) oid: String,
    pub(crate) value: Value<'a>,
    pub(crate) is_wide: bool,
}

/// The attributes of a name, if it is well formed.
pub(crate) fn attributes(name: &[u8]) -> Option<Vec<Attribute<'_>>> {
    let mut out = Vec::new();
    for rdn in one(name)?.inside(SEQUENCE)? {
        let members = rdn.inside(SET)?;
        // X.690 section 11.6; an RDN has an attribute at least.
        if members.is_empty() || !members.is_sorted_by_key(|member| member.whole) {
            return None;
        }
        for member in members {
            let [id, value] = member.inside(SEQUENCE)?[..] else { return None };
            if !is_sound(value) {
                return None;
            }
            out.push(Attribute { oid: id.oid()?, value, is_wide: is_wide(id.content) });
        }
    }
    Some(out)
}

/// R-CSR-2: characters of its type, and no NUL.
fn is_sound(value: Value<'_>) -> bool {
    match value.tag {
        PRINTABLE_STRING | IA5_STRING if !value.content.is_ascii() => false,
        UTF8_STRING | PRINTABLE_STRING | IA5_STRING | TELETEX_STRING | BMP_STRING | UNIVERSAL_STRING => {
            text(value).is_some_and(|text| !text.contains('\0'))
        }
        _ => true,
    }
}

/// The text of a string; `None` for octets that are none, or another type.
pub(crate) fn text(value: Value<'_>) -> Option<String> {
    let content = value.content;
    match value.tag {
        UTF8_STRING => std::str::from_utf8(content).ok().map(str::to_owned),
        PRINTABLE_STRING | IA5_STRING | TELETEX_STRING => {
            Some(content.iter().map(|octet| char::from(*octet)).collect())
        }
        BMP_STRING => {
            let (units, rest) = content.as_chunks::<2>();
            let units = units.iter().map(|unit| char::from_u32(u32::from(u16::from_be_bytes(*unit))));
            units.collect::<Option<String>>().filter(|_| rest.is_empty())
        }
        UNIVERSAL_STRING => {
            let (units, rest) = content.as_chunks::<4>();
            let units = units.iter().map(|unit| char::from_u32(u32::from_be_bytes(*unit)));
            units.collect::<Option<String>>().filter(|_| rest.is_empty())
        }
        _ => None,
    }
}

/// R-CSR-9: a name whose attributes are all empty text counts as an empty name.
pub(crate) fn is_empty(name: &[u8]) -> bool {
    attributes(name).is_some_and(|attributes| attributes.iter().all(|attribute| is_empty_text(attribute.value)))
}

pub(crate) fn is_empty_text(value: Value<'_>) -> bool {
    text(value).is_some_and(|text| text.is_empty())
}

/// X.680 section 41.4.
pub(crate) fn is_printable(character: char) -> bool {
    character.is_ascii_alphanumeric() || " '()+,-./:=?".contains(character)
}
