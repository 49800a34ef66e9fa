//! Object identifiers as software reads them that holds arcs in 32 bits.

use issuance::Oid;

/// The numbers in the content of an identifier, each modulo 2^32. The first holds two arcs.
pub type Arcs = Vec<u32>;

/// The numbers of the content of an OBJECT IDENTIFIER; `None` where it is not one in DER.
pub fn arcs(content: &[u8]) -> Option<Arcs> {
    let complete = content.last().is_some_and(|last| last & 0x80 == 0);
    let mut numbers = content.split_inclusive(|octet| octet & 0x80 == 0);
    let number = |digits: &[u8]| {
        let value =
            digits.iter().fold(0u32, |value, digit| value.wrapping_mul(128).wrapping_add(u32::from(digit & 0x7f)));
        (digits[0] != 0x80).then_some(value)
    };
    if complete { numbers.by_ref().map(number).collect() } else { None }
}

/// The numbers of an identifier.
pub fn of(oid: Oid) -> Arcs {
    arcs(oid.as_der_content()).expect("an identifier")
}

/// The identifier with this content.
pub fn from_content(content: &[u8]) -> Oid {
    let last = content
        .split_inclusive(|octet| octet & 0x80 == 0)
        .map(|digits| digits.iter().fold(0u128, |value, digit| value << 7 | u128::from(digit & 0x7f)));
    let mut text = String::new();
    for (position, number) in last.enumerate() {
        text += &match position {
            0 => format!("{}.{}", (number / 40).min(2), number - 40 * (number / 40).min(2)),
            _ => format!(".{number}"),
        };
    }
    text.parse().expect("an identifier")
}

/// An identifier under id-ce.
pub fn id_ce(last: u32) -> Arcs {
    vec![2 * 40 + 5, 29, last]
}

/// Whether an arc has more than 32 bits.
pub fn is_wide(oid: Oid) -> bool {
    let text = oid.to_string();
    text.split('.').any(|arc| arc.parse::<u32>().is_err()) || first_number(&text) > u64::from(u32::MAX)
}

fn first_number(text: &str) -> u64 {
    let mut arcs = text.split('.').map(|arc| arc.parse::<u64>().unwrap_or(u64::MAX / 2));
    arcs.next().unwrap_or_default() * 40 + arcs.next().unwrap_or_default()
}

/// Microsoft's application policies.
pub const APPLICATION_POLICIES: &[u32] = &[43, 6, 1, 4, 1, 311, 21, 10];
/// The Netscape certificate type.
pub const NETSCAPE_TYPE: &[u32] = &[96, 840, 1, 113_730, 1, 1];
/// authorityInfoAccess.
pub const AUTHORITY_INFO_ACCESS: &[u32] = &[43, 6, 1, 5, 5, 7, 1, 1];
/// subjectInfoAccess.
pub const SUBJECT_INFO_ACCESS: &[u32] = &[43, 6, 1, 5, 5, 7, 1, 11];
/// The TLS feature extension.
pub const TLS_FEATURE: &[u32] = &[43, 6, 1, 5, 5, 7, 1, 24];
/// Microsoft's account SID, name of a certificate template, and certificate template.
pub const WINDOWS: [&[u32]; 3] =
    [&[43, 6, 1, 4, 1, 311, 25, 2], &[43, 6, 1, 4, 1, 311, 20, 2], &[43, 6, 1, 4, 1, 311, 21, 7]];
