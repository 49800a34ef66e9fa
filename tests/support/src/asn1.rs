//! Just enough DER for tests to write and take apart values without the engine.

pub const BOOLEAN: u8 = 0x01;
pub const INTEGER: u8 = 0x02;
pub const BIT_STRING: u8 = 0x03;
pub const OCTET_STRING: u8 = 0x04;
pub const OID: u8 = 0x06;
pub const UTF8_STRING: u8 = 0x0c;
pub const PRINTABLE_STRING: u8 = 0x13;
pub const IA5_STRING: u8 = 0x16;
pub const SEQUENCE: u8 = 0x30;
pub const SET: u8 = 0x31;

/// Any value, from the parts of its content.
pub fn tlv<P: AsRef<[u8]>>(tag: u8, parts: &[P]) -> Vec<u8> {
    let content: Vec<u8> = parts.iter().flat_map(|part| part.as_ref().iter().copied()).collect();
    let length = content.len().to_be_bytes();
    let significant = &length[length.iter().position(|octet| *octet != 0).unwrap_or(length.len() - 1)..];
    let mut out = vec![tag];
    if content.len() >= 0x80 {
        out.push(0x80 | significant.len() as u8);
    }
    out.extend(significant);
    out.extend(content);
    out
}

pub fn sequence<P: AsRef<[u8]>>(parts: &[P]) -> Vec<u8> {
    tlv(SEQUENCE, parts)
}

/// Arcs may have up to 128 bits.
pub fn oid(text: &str) -> Vec<u8> {
    let arcs: Vec<u128> = text.split('.').map(|arc| arc.parse().unwrap()).collect();
    let octets = |number: &u128| {
        let groups = (128 - (number | 1).leading_zeros()).div_ceil(7);
        let group = |at: u32| (number >> (7 * at)) as u8 & 0x7f | if at > 0 { 0x80 } else { 0 };
        (0..groups).rev().map(group).collect::<Vec<u8>>()
    };
    let first = arcs[0] * 40 + arcs[1];
    tlv(OID, &[first].iter().chain(&arcs[2..]).map(octets).collect::<Vec<_>>())
}

/// An `Extension` of RFC 5280.
pub fn extension(id: &str, critical: bool, value: &[u8]) -> Vec<u8> {
    let critical = if critical { tlv(BOOLEAN, &[[0xff]]) } else { Vec::new() };
    sequence(&[oid(id), critical, tlv(OCTET_STRING, &[value])])
}

/// The values that a constructed value holds, each with tag and length.
pub fn children(der: &[u8]) -> Vec<&[u8]> {
    let (mut rest, mut out) = (content(der), Vec::new());
    while !rest.is_empty() {
        let (header, length) = header(rest);
        let (child, after) = rest.split_at(header + length);
        out.push(child);
        rest = after;
    }
    out
}

/// What a value holds, without tag and length.
pub fn content(der: &[u8]) -> &[u8] {
    let (header, length) = header(der);
    &der[header..header + length]
}

/// The octets of tag and length, and the length.
fn header(der: &[u8]) -> (usize, usize) {
    match der[1] {
        short @ 0..=0x7f => (2, usize::from(short)),
        long => {
            let octets = usize::from(long & 0x7f);
            let length = der[2..2 + octets].iter().fold(0, |length, octet| length << 8 | usize::from(*octet));
            (2 + octets, length)
        }
    }
}
