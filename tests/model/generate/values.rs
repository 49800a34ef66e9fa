//! Values of extensions, sound and flawed, and the identifiers that they stand under.

use issuance_test_support::asn1::{BIT_STRING, BOOLEAN, INTEGER, OCTET_STRING, UTF8_STRING, oid, sequence, tlv};

use crate::generate::authorities::name;
use crate::generate::random::Random;
use crate::oracle::aliases::{OLD_BASIC_CONSTRAINTS, OLD_KEY_IDENTIFIERS};
use crate::oracle::types::*;
use crate::oracle::warnings::WINDOWS;

/// No known one, however it wraps.
pub(crate) const WIDE: &str = "2.25.329800735698586629295641978511506172918";

/// What has a member of its own in `Extensions`.
const STANDARD: [&str; 4] = [SUBJECT_ALT_NAME, KEY_USAGE, EXTENDED_KEY_USAGE, CERTIFICATE_POLICIES];

/// What else custom extensions and those of CSRs may be.
const OTHERS: [&str; 18] = [
    CRL_DISTRIBUTION_POINTS,
    AUTHORITY_INFO_ACCESS,
    AUTHORITY_KEY_IDENTIFIER,
    SUBJECT_KEY_IDENTIFIER,
    BASIC_CONSTRAINTS,
    NAME_CONSTRAINTS,
    TLS_FEATURE,
    "1.2.3.4.5",
    "2.16.840.1.113730.1.13",
    POLICY_CONSTRAINTS,
    INHIBIT_ANY_POLICY,
    POLICY_MAPPINGS,
    ISSUER_ALT_NAME,
    SUBJECT_DIRECTORY_ATTRIBUTES,
    FRESHEST_CRL,
    SUBJECT_INFO_ACCESS,
    "1.2.3.4.6",
    WIDE,
];

/// R-MRG-9.
pub(crate) const ALIASES: [&str; 7] = [
    OLD_BASIC_CONSTRAINTS,
    OLD_KEY_IDENTIFIERS,
    NETSCAPE_TYPE,
    OLD_POLICIES,
    APPLICATION_POLICIES,
    OLD_KEY_USAGE_RESTRICTION,
    OLD_SUBJECT_ALT_NAME,
];

/// An identifier that becomes this one where one of its numbers has 32 bits.
fn widened(id: &str, random: &mut Random) -> String {
    let mut arcs: Vec<u128> = id.split('.').map(|arc| arc.parse().unwrap()).collect();
    // Not the first two, which share a number.
    let at = 2 + random.below(arcs.len() - 2);
    arcs[at] += u128::from(1 + random.next() % 3) << 32;
    arcs.iter().map(u128::to_string).collect::<Vec<_>>().join(".")
}

/// Up to `most` identifiers, each once, each with the one that tells which values belong to it.
pub(crate) fn identifiers(most: usize, with_standard: bool, random: &mut Random) -> Vec<(String, &'static str)> {
    let mut pool: Vec<&'static str> = OTHERS.to_vec();
    if with_standard {
        pool.extend(STANDARD);
        pool.extend(STANDARD);
    }
    if random.chance(35) {
        pool.extend(ALIASES);
    }
    if random.chance(20) {
        pool.extend(WINDOWS);
    }
    let mut out: Vec<(String, &'static str)> = Vec::new();
    for _ in 0..1 + random.below(most) {
        let known = *random.pick(&pool);
        let wraps = known != WIDE && random.chance(if ALIASES.contains(&known) { 15 } else { 5 });
        let id = if wraps { widened(known, random) } else { known.to_owned() };
        if out.iter().all(|(other, _)| *other != id) {
            out.push((id, known));
        }
    }
    out
}

/// A value for an extension: mostly one of its type; now and then one that nobody can read. All are shorter than 128 octets.
pub(crate) fn value(id: &str, random: &mut Random) -> Vec<u8> {
    let sound = sound(id, random);
    if reads(id, &sound).is_none() || !random.chance(4) {
        return sound;
    }
    match random.below(5) {
        // Octets after the value, and inside.
        0 => [&sound[..], &[0, 0, 0][..1 + random.below(3)]].concat(),
        1 => {
            let (tag, content) = (sound[0], &sound[2..]);
            tlv(tag, &[content, &[0x05, 0x00]])
        }
        2 => sequence::<&[u8]>(&[]),
        3 => tlv(OCTET_STRING, &[random.next().to_be_bytes()]),
        _ => match id {
            KEY_USAGE => flawed_usage(random),
            NETSCAPE_TYPE => vec![BIT_STRING, 1, 0],
            SUBJECT_ALT_NAME | OLD_SUBJECT_ALT_NAME => flawed_names(random),
            EXTENDED_KEY_USAGE => sequence(&[tlv(UTF8_STRING, &["serverAuth"])]),
            INHIBIT_ANY_POLICY => tlv(INTEGER, &[[0xff]]),
            NAME_CONSTRAINTS => sequence(&[tlv(0xa0, &[sequence(&[tlv(0x87, &[[10, 0, 0, 0]])])])]),
            // One octet less.
            _ => {
                let mut cut = sound;
                cut.pop();
                cut[1] -= 1;
                cut
            }
        },
    }
}

/// Bits that are not used but set, no bit, more bits than have a name, zeros at the end.
fn flawed_usage(random: &mut Random) -> Vec<u8> {
    let all: [&[u8]; 7] = [
        &[BIT_STRING, 2, 5, 0xa2],
        &[BIT_STRING, 3, 0, 0xa0, 0xff],
        &[BIT_STRING, 2, 9, 0xa0],
        &[BIT_STRING, 1, 0],
        &[BIT_STRING, 2, 7, 0],
        &[BIT_STRING, 2, 0, 0x80],
        &[BIT_STRING, 3, 7, 0x80, 0],
    ];
    random.pick(&all).to_vec()
}

fn flawed_names(random: &mut Random) -> Vec<u8> {
    let other_name = |text: &str| tlv(0xa0, &[oid("1.2.3.4"), tlv(0xa0, &[tlv(UTF8_STRING, &[text])])]);
    let flawed = [
        tlv(0x82, &[""]),
        tlv(0x82, &["   "]),
        tlv(0x81, &[" "]),
        tlv(0x86, &[" "]),
        tlv(0x81, &["a\nb@example"]),
        tlv(0x82, &["h\u{e4}user.example"]),
        tlv(0x87, &[[1, 2, 3, 4, 5]]),
        tlv(0x8f, &["x"]),
        other_name(""),
        other_name(" "),
        tlv(0xa4, &[name(&[])]),
        tlv(0xa4, &[name(&[("2.5.4.3", UTF8_STRING, "")])]),
        tlv(0x88, &[[0x2a, 0x80, 1]]),
    ];
    let sound = tlv(0x82, &[format!("{}.example", random.marker())]);
    sequence(&[&sound, random.pick(&flawed)])
}

fn sound(id: &str, random: &mut Random) -> Vec<u8> {
    let hex = random.marker();
    let marker = oid(&format!("1.2.4.{}", random.below(1_000_000)));
    let uri = tlv(0x86, &[format!("http://{hex}.example/")]);
    let usage = |random: &mut Random| match random.below(8) {
        // keyCertSign.
        0 => vec![BIT_STRING, 2, 2, 0x84],
        // decipherOnly.
        1 => vec![BIT_STRING, 3, 7, 0x08, 0x80],
        _ => {
            let octet = (random.next() as u8) & 0xfb | 0x02;
            vec![BIT_STRING, 2, 1, octet & 0xfe]
        }
    };
    match id {
        SUBJECT_ALT_NAME | OLD_SUBJECT_ALT_NAME | ISSUER_ALT_NAME => {
            let names = [
                tlv(0x82, &[format!("{hex}.example")]),
                tlv(0x82, &[format!("{hex}.elsewhere")]),
                tlv(0x81, &[format!("{hex}@mail")]),
                tlv(0x87, &[[random.next() as u8 % 12, 0, 0, 1]]),
                tlv(0x87, &[six(random)]),
                tlv(0xa4, &[name(&[("2.5.4.3", UTF8_STRING, &hex)])]),
                tlv(0x86, &[format!("urn:{hex}")]),
            ];
            // Not all in every third, lest there is nothing else.
            let most = if random.chance(30) { 1 } else { 3 };
            sequence(&random.some(&names, most))
        }
        KEY_USAGE => usage(random),
        NETSCAPE_TYPE => match random.below(3) {
            0 => vec![BIT_STRING, 2, 0, random.next() as u8 | 0x01],
            1 => vec![BIT_STRING, 2, 2, 0x04],
            _ => vec![BIT_STRING, 2, 4, random.next() as u8 & 0xe0 | 0x10],
        },
        EXTENDED_KEY_USAGE => sequence(&[marker]),
        CERTIFICATE_POLICIES | APPLICATION_POLICIES => sequence(&[sequence(&[marker])]),
        OLD_POLICIES => sequence(&[sequence(&[marker])]),
        OLD_KEY_USAGE_RESTRICTION => match random.below(2) {
            0 => sequence(&[usage(random)]),
            _ => sequence(&[sequence(&[sequence(&[marker])]), usage(random)]),
        },
        POLICY_MAPPINGS => sequence(&[sequence(&[marker, oid("1.2.3")])]),
        CRL_DISTRIBUTION_POINTS | FRESHEST_CRL => sequence(&[sequence(&[tlv(0xa0, &[tlv(0xa0, &[uri])])])]),
        AUTHORITY_INFO_ACCESS | SUBJECT_INFO_ACCESS => sequence(&[sequence(&[marker, uri])]),
        AUTHORITY_KEY_IDENTIFIER => sequence(&[tlv(0x80, &[hex])]),
        NAME_CONSTRAINTS => {
            let base = match random.below(3) {
                0 => tlv(0x87, &[[10, 0, 0, 0, 255, 0, 0, 0]]),
                _ => tlv(0x82, &[hex]),
            };
            sequence(&[tlv(0xa0 | random.below(2) as u8, &[sequence(&[base])])])
        }
        POLICY_CONSTRAINTS => sequence(&[tlv(0x80 | random.below(2) as u8, &[[random.below(128) as u8]])]),
        INHIBIT_ANY_POLICY => tlv(INTEGER, &[[random.below(128) as u8]]),
        TLS_FEATURE => sequence(&[tlv(INTEGER, &[[random.below(128) as u8]])]),
        SUBJECT_DIRECTORY_ATTRIBUTES => sequence(&[sequence(&[marker, tlv(0x31, &[tlv(UTF8_STRING, &[hex])])])]),
        BASIC_CONSTRAINTS | OLD_BASIC_CONSTRAINTS => sequence(&[tlv(BOOLEAN, &[[0xff]])]),
        _ => tlv(OCTET_STRING, &[hex]),
    }
}

/// An address of IPv6, most of which embed one of IPv4.
pub(crate) fn six(random: &mut Random) -> [u8; 16] {
    let mut octets = [0; 16];
    match random.below(6) {
        0 => octets[10..12].fill(0xff),
        1 => octets[..4].copy_from_slice(&[0, 0x64, 0xff, 0x9b]),
        2 => {}
        3 => octets[..4].copy_from_slice(&[0x20, 1, 0x0d, 0xb8]),
        // `::` and `::1` embed nothing.
        _ => {
            octets[15] = random.below(2) as u8;
            return octets;
        }
    }
    octets[12..].copy_from_slice(&[9 + random.below(3) as u8, 0, 0, random.next() as u8]);
    octets
}
