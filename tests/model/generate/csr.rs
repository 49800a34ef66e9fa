//! Certification requests, with the flaws that the software of the world gives them.

use issuance_test_support::asn1::{
    BIT_STRING, BOOLEAN, INTEGER, OCTET_STRING, SEQUENCE, SET, extension, oid, sequence, tlv,
};

use crate::generate::authorities::name;
use crate::generate::random::Random;
use crate::generate::values::{identifiers, value};
use crate::oracle::csr::{EXTENSION_REQUEST, MS_CERT_EXTENSIONS};

/// A certification request, of this subject if one is given. Nobody has signed it, but it is as long as if somebody had.
pub(crate) fn csr(public_key: &[u8], name: Option<&[u8]>, random: &mut Random) -> Vec<u8> {
    let mut attributes = attributes(random);
    // What is only read may stand in any order.
    if !random.chance(4) {
        attributes.sort();
    } else {
        attributes.reverse();
    }
    let version = tlv(INTEGER, &[[0]]);
    let mut attributes = tlv(0xa0, &attributes);
    let mut subject = name.map_or_else(|| subject(random), <[u8]>::to_vec);
    let algorithm = sequence(&[oid("1.2.840.10045.4.3.2")]);
    let signature = tlv(BIT_STRING, &[[0; 65]]);
    let mut end = Vec::new();
    // Flaws of the frame.
    let mut version = version;
    if random.chance(1) {
        match random.below(5) {
            0 => version = tlv(INTEGER, &[[1]]),
            1 => subject[0] = SET,
            2 => attributes.clear(),
            3 => end.push(0),
            _ => attributes[0] = 0xa1,
        }
    }
    let info = sequence(&[version, subject, public_key.to_vec(), attributes]);
    [sequence(&[info, algorithm, signature]), end].concat()
}

fn attribute_of_name(id: &str, tag: u8, value: &[u8]) -> Vec<u8> {
    sequence(&[oid(id), tlv(tag, &[value])])
}

fn subject(random: &mut Random) -> Vec<u8> {
    let marker = random.marker();
    let rdns = |attributes: &[Vec<u8>]| {
        sequence(&attributes.iter().map(|attribute| tlv(SET, &[attribute])).collect::<Vec<_>>())
    };
    let cn = |tag: u8, value: &[u8]| attribute_of_name("2.5.4.3", tag, value);
    match random.below(40) {
        0..=9 => name(&[]),
        10..=12 => name(&[("2.5.4.6", 0x13, "QX"), ("2.5.4.3", 0x14, &marker), ("2.5.4.3", 0x0c, &"x".repeat(104))]),
        // Two attributes in one RDN, mostly in order.
        13..=15 => {
            let attribute = |id: &str| attribute_of_name(id, 0x13, marker.as_bytes());
            let mut attributes = [attribute("2.5.4.3"), attribute("2.5.4.5")];
            if random.chance(30) {
                attributes.reverse();
            }
            sequence(&[tlv(SET, &attributes)])
        }
        // Hosts in a commonName.
        16..=19 => {
            let host = random.pick(&["www.example", "*.www.elsewhere", "xn--bcher-kva.example", "a_b.c.example"]);
            match random.below(3) {
                0 => rdns(&[cn(0x13, host.as_bytes())]),
                1 => rdns(&[cn(0x0c, host.as_bytes())]),
                _ => rdns(&[cn(0x1e, &host.bytes().flat_map(|octet| [0, octet]).collect::<Vec<_>>())]),
            }
        }
        // Characters that PrintableString does not have.
        20 | 21 => rdns(&[cn(0x13, random.pick(&["some @ one", "star * and _"]).as_bytes())]),
        // Empty text, alone and beside others.
        22 | 23 => rdns(&[cn(0x0c, b"")]),
        24 => rdns(&[cn(0x13, b""), attribute_of_name("2.5.4.10", 0x0c, b"")]),
        25 => rdns(&[attribute_of_name("2.5.4.10", 0x0c, b""), cn(0x0c, b"beside it")]),
        // What is no text of its type.
        26 => rdns(&[cn(0x13, b"M\xfcller")]),
        27 => rdns(&[cn(0x16, "M\u{fc}ller".as_bytes())]),
        28 => rdns(&[cn(0x0c, b"M\xfcller")]),
        29 => rdns(&[cn(*random.pick(&[0x0c, 0x13, 0x16, 0x14]), b"device\0")]),
        30 => rdns(&[cn(0x1e, b"odd")]),
        // What is no name.
        31 => match random.below(4) {
            0 => sequence(&[tlv::<&[u8]>(SET, &[])]),
            1 => sequence(&[sequence(&[cn(0x0c, b"no set")])]),
            2 => sequence(&[tlv(SET, &[sequence(&[oid("2.5.4.3")])])]),
            _ => sequence(&[&[0x31, 0x7f, 0x00][..]]),
        },
        32 => rdns(&[attribute_of_name("2.25.329800735698586629295641978511506172918", 0x0c, b"wide")]),
        _ => name(&[("2.5.4.3", 0x13, &format!("name {marker}"))]),
    }
}

/// An element of the list of extensions.
fn requested(id: &str, value: &[u8], random: &mut Random) -> Vec<u8> {
    let critical = random.chance(40);
    let octets = tlv(OCTET_STRING, &[value]);
    match random.below(60) {
        // FALSE spelled out.
        0..=2 => sequence(&[oid(id), tlv(BOOLEAN, &[[0]]), octets]),
        3 => sequence(&[oid(id), tlv(BOOLEAN, &[[1]]), octets]),
        4 => sequence(&[oid(id), tlv(BIT_STRING, &[value])]),
        5 => match random.below(3) {
            0 => sequence(&[oid(id), octets, vec![5, 0]]),
            1 => sequence(&[oid(id)]),
            _ => sequence(&[oid(id), vec![BOOLEAN, 0], octets]),
        },
        _ => extension(id, critical, value),
    }
}

fn extensions(random: &mut Random) -> Vec<Vec<u8>> {
    let mut extensions: Vec<Vec<u8>> = Vec::new();
    if random.chance(65) {
        for (id, known) in identifiers(6, true, random) {
            let value = value(known, random);
            extensions.push(requested(&id, &value, random));
        }
    }
    if random.chance(3) && !extensions.is_empty() {
        let twice = random.pick(&extensions).clone();
        extensions.push(twice);
    }
    extensions
}

/// Values of an attribute in which nobody finds extensions.
fn unreadable(list: &[u8], random: &mut Random) -> Vec<u8> {
    match random.below(6) {
        // A T61String around it.
        0 => tlv(SET, &[tlv(0x14, &[list])]),
        1 => tlv(SET, &[list, list]),
        2 => tlv(SET, &[tlv(OCTET_STRING, &[list])]),
        3 => tlv(SET, &[tlv(SET, &[&list[2..]])]),
        // An element that is no extension, and one that does not say which.
        4 => tlv(SET, &[sequence(&[tlv(OCTET_STRING, &["x"])])]),
        _ => tlv(SET, &[sequence(&[sequence(&[tlv(OCTET_STRING, &["x"])])])]),
    }
}

fn attributes(random: &mut Random) -> Vec<Vec<u8>> {
    let marker = random.marker();
    let extensions = extensions(random);
    let list = sequence(&extensions);
    let attribute = |id: &str, values: &[u8]| sequence(&[&oid(id), values]);
    let values = match random.below(40) {
        0 | 1 if list.len() < 0x80 => unreadable(&list, random),
        // Nothing is asked for.
        2 => tlv::<&[u8]>(SET, &[]),
        _ => tlv(SET, &[list]),
    };
    let mut out = Vec::new();
    match random.below(20) {
        0 | 1 if extensions.is_empty() => {}
        0 | 1 => out.push(attribute(MS_CERT_EXTENSIONS, &values)),
        2 | 3 => {
            let other = sequence(&[extension("1.2.3.4.6", false, &tlv(OCTET_STRING, &[&marker]))]);
            out.push(attribute(EXTENSION_REQUEST, &values));
            out.push(attribute(MS_CERT_EXTENSIONS, &tlv(SET, &[other])));
        }
        4 if random.chance(20) => {
            let id = *random.pick(&[EXTENSION_REQUEST, MS_CERT_EXTENSIONS]);
            out.push(attribute(id, &values));
            out.push(attribute(id, &tlv(SET, &[sequence::<&[u8]>(&[])])));
        }
        _ => out.push(attribute(EXTENSION_REQUEST, &values)),
    }
    if random.chance(15) {
        out.push(attribute("1.2.840.113549.1.9.7", &tlv(SET, &[tlv(0x0c, &[&marker])])));
    }
    if random.chance(15) {
        let mut values = [tlv(OCTET_STRING, &["a"]), tlv(OCTET_STRING, &[&marker])];
        if random.chance(10) {
            values.reverse();
        }
        out.push(attribute("1.2.3.77", &tlv(SET, &values)));
    }
    if random.chance(3) {
        out.push(attribute("1.2.3.77", &tlv(SET, &[tlv(OCTET_STRING, &["b"])])));
    }
    // Values that are no SET, and none.
    if random.chance(3) {
        let mut values = tlv(SET, &[tlv(OCTET_STRING, &[&marker])]);
        values[0] = SEQUENCE;
        let values = if random.chance(50) { values } else { tlv::<&[u8]>(SET, &[]) };
        out.push(attribute("1.2.3.78", &values));
    }
    out
}
