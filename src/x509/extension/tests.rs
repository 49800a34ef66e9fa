use super::*;
use crate::x509::asn1::writer::Writer;

fn oid(text: &str) -> Oid {
    text.parse().unwrap()
}

fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut w = Writer::with_capacity(content.len() + 4);
    w.primitive(tag, content);
    w.into_vec()
}

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
    digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

fn verdict(id: &str, value: &[u8]) -> Result<(), String> {
    let known = Known::of(oid(id).by_ref()).unwrap_or_else(|| panic!("{id} is not known"));
    known.check(value, Terms::DER).map_err(|error| error.to_string())
}

/// An extension, values that are right, and values that are wrong with a part of what is said of them.
type Vectors = (&'static str, &'static [&'static str], &'static [(&'static str, &'static str)]);

const VECTORS: &[Vectors] = &[
    ("2.5.29.14", &["0400", "040101"], &[("", "truncated"), ("0301", "tag 0x03"), ("04010100", "trailing")]),
    (
        "2.5.29.15",
        &["03020780", "030205a0", "03020106", "0303070080", "0303078080"],
        &[
            ("030205a2", "unused bits are not zero"),
            ("030300a0ff", "more bits than its type has"),
            ("030209a0", "more bits than its type has"),
            ("030100", "without a bit"),
            ("0300", "without content"),
            ("0303078000", "trailing zero bits"),
            ("030200a0", "trailing zero bits"),
            ("03020000", "trailing zero bits"),
            ("0304070000 80", "more bits"),
            ("0302078000", "trailing"),
            ("040180", "tag 0x04"),
        ],
    ),
    (
        "2.5.29.16",
        &["3011800f32303236303130313030303030305a", "3011810f32303530303130313030303030305a"],
        &[("3000", "without a time"), ("30028000", "not YYYYMMDDHHMMSSZ"), ("30038001 31", "not YYYYMMDDHHMMSSZ")],
    ),
    ("2.5.29.17", &["30038201 61", "30068704c0000201"], &[("3000", "without a name"), ("30028200", "empty dNSName")]),
    ("2.5.29.18", &["30038201 61"], &[("3000", "without a name"), ("30038205 61", "truncated")]),
    (
        "2.5.29.19",
        &["3000", "30030101ff", "30060101ff020100"],
        &[
            ("3003010100", "not TRUE"),
            ("3003020100", "without cA"),
            ("30060101ff0201ff", "negative"),
            ("30070101ff02020001", "shortest form"),
            ("30040101ff05", "trailing"),
        ],
    ),
    (
        "2.5.29.30",
        &[
            "3007a0053003820161",
            "3007a1053003820161",
            "300ea10c300a870800000000000000 00",
            "3006a00430028200",
            "3008a0063004a4023000",
        ],
        &[
            ("3000", "without a subtree"),
            ("3002a000", "without a member"),
            ("0500", "tag 0x05"),
            ("ffff", "tag 0xff"),
            ("300aa10830068704c0000201", "neither 8 nor 32"),
            ("300aa0083006820161800100", "trailing"),
            ("300aa0083006a40430023100", "without"),
        ],
    ),
    (
        "2.5.29.31",
        &["3010 300e a00c a10a 3008 0603550403 0c0161", "300b3009a007a0058603 68 3a 61"],
        &[
            ("3006 3004 a002 a100", "without"),
            ("3000", "without a member"),
            ("30023000", "without a name and without an issuer"),
            ("300730058103070080", "without a name and without an issuer"),
            ("3008 3006 a004 8602 683a", "neither full nor relative"),
            ("300a 3008 a006 a004 8602 0a3a", "control character"),
        ],
    ),
    ("2.5.29.46", &["300b3009a007a0058603 68 3a 61"], &[("3000", "without a member")]),
    (
        "2.5.29.32",
        &["300530030601 2a"],
        &[
            ("3000", "without a member"),
            ("3004 3002 0600", "not DER"),
            ("300a 300306012a 300306012a", "stands twice"),
            ("30053003 05012a", "tag 0x05"),
        ],
    ),
    ("2.5.29.33", &["3008 3006 06012a 06012b"], &[("3000", "without a member"), ("3005 3003 06012a", "truncated")]),
    (
        "2.5.29.35",
        &["3000", "3003800101", "3008 a103820161 820101", "3009 a103820161 82020080"],
        &[
            ("3003820101", "one is left out"),
            ("3005a103820161", "one is left out"),
            ("05 00", "tag 0x05"),
            ("3007 a103820161 8200", "shortest form"),
            ("3009 a103820161 82020001", "shortest form"),
            ("3009 a103820161 8202ff80", "shortest form"),
        ],
    ),
    (
        "2.5.29.36",
        &["3003800100", "3006800100810105"],
        &[("3000", "without a constraint"), ("30038001ff", "negative"), ("30028000", "shortest form")],
    ),
    (
        "2.5.29.37",
        &["300306012a", "3006 06012a 06012b"],
        &[("3000", "without a member"), ("", "truncated"), ("300306012a00", "trailing"), ("3003 05012a", "tag 0x05")],
    ),
    (
        "2.5.29.54",
        &["020100", "020105"],
        &[("0201ff", "negative"), ("02020001", "shortest form"), ("0200", "shortest")],
    ),
    (
        "2.5.29.9",
        &["300930070601 2a 3102 0500"],
        &[("3000", "without a member"), ("3007 3005 06012a 3100", "without a member")],
    ),
    (
        "1.3.6.1.5.5.7.1.1",
        &["300a 3008 06012a 8603683a61"],
        &[("3000", "without a member"), ("3005 3003 06012a", "truncated"), ("3007 3005 06012a 8600", "empty uniform")],
    ),
    ("1.3.6.1.5.5.7.1.11", &["300a 3008 06012a 8603683a61"], &[("3000", "without a member")]),
    (
        "1.3.6.1.5.5.7.1.24",
        &["3003020105", "300402020080", "30050203 00ffff"],
        &[("3000", "without a member"), ("30030201ff", "0 to 65535"), ("30050203010000", "0 to 65535")],
    ),
    ("2.5.29.3", &["300530030601 2a"], &[("3000", "without a member")]),
    ("2.5.29.4", &["3004 03020780", "3007 3005 300306012a"], &[("0500", "tag 0x05"), ("3004 03020781", "unused")]),
    ("2.5.29.7", &["30038201 61"], &[("3000", "without a name"), ("3003820120", "empty dNSName")]),
    (
        "2.16.840.1.113730.1.1",
        &["03020640", "03020007", "030200ff"],
        &[("03020780 00", "trailing"), ("0303070080", "more bits"), ("030100", "without a bit")],
    ),
    ("1.3.6.1.4.1.311.21.10", &["300530030601 2a"], &[("3000", "without a member")]),
];

#[test]
fn values_are_whole_values_of_their_type() {
    for (id, right, wrong) in VECTORS {
        for value in *right {
            assert_eq!(verdict(id, &hex(value)), Ok(()), "{id} {value}");
        }
        for (value, expected) in *wrong {
            let fault = verdict(id, &hex(value)).expect_err(&format!("{id} {value}"));
            assert!(fault.contains(expected), "{id} {value}: {fault}");
        }
    }
}

/// Of every type that has a value here: a byte after it, or the last byte missing, is refused.
#[test]
fn values_end_where_they_say() {
    for (id, right, _) in VECTORS {
        let value = hex(right[right.len() - 1]);
        let longer = [&value[..], &[0]].concat();
        assert!(verdict(id, &longer).is_err(), "{id}: a byte more");
        assert!(verdict(id, &value[..value.len() - 1]).is_err(), "{id}: a byte less");
    }
}

#[test]
fn nine_bits_of_key_usage_are_an_option() {
    let nine = Terms { nine_bit_key_usage: true, ..Terms::DER };
    assert!(Known::KeyUsage.check(&[3, 3, 7, 0x86, 0], nine).is_ok());
    for other in [[3, 3, 7, 0, 0], [3, 3, 6, 0x86, 0], [3, 3, 0, 0x86, 0], [3, 3, 7, 0x86, 1]] {
        assert!(Known::KeyUsage.check(&other, nine).is_err(), "{other:02x?}");
    }
}

#[test]
fn bounds_hold_for_alternative_names() {
    let terms = Terms { bounds: Bounds { names: 1, attributes: 1 }, ..Terms::DER };
    let name = der(0x82, b"a");
    assert!(Known::SubjectAltName.check(&der(tag::SEQUENCE, &name), terms).is_ok());
    let two = der(tag::SEQUENCE, &[&name[..], &name].concat());
    let fault = Known::SubjectAltName.check(&two, terms).unwrap_err().to_string();
    assert!(fault.contains("too many general names"), "{fault}");
}

#[test]
fn policy_qualifiers_are_read() {
    let policy = |id: &str, qualifier: &[u8]| {
        let qualifier = der(tag::SEQUENCE, &[&der(tag::OID, oid(id).as_der_content())[..], qualifier].concat());
        let policy = [der(tag::OID, &[0x2a]), der(tag::SEQUENCE, &qualifier)].concat();
        verdict("2.5.29.32", &der(tag::SEQUENCE, &der(tag::SEQUENCE, &policy)))
    };
    let (cps, notice) = ("1.3.6.1.5.5.7.2.1", "1.3.6.1.5.5.7.2.2");
    let numbers = der(tag::SEQUENCE, &[2, 1, 1]);
    let reference = der(tag::SEQUENCE, &[&der(tag::UTF8_STRING, b"o")[..], &numbers].concat());
    assert_eq!(policy(cps, &der(tag::IA5_STRING, b"http://a")), Ok(()));
    assert_eq!(policy(notice, &der(tag::SEQUENCE, &der(tag::UTF8_STRING, b"n"))), Ok(()));
    assert_eq!(policy(notice, &der(tag::SEQUENCE, &[&reference[..], &der(tag::UTF8_STRING, b"n")].concat())), Ok(()));
    assert_eq!(policy("1.2.3", &[5, 0]), Ok(()));
    for (id, qualifier) in [
        (cps, der(tag::UTF8_STRING, b"a")),
        (cps, der(tag::IA5_STRING, b"\xff")),
        (notice, der(tag::UTF8_STRING, b"n")),
        (notice, der(tag::SEQUENCE, &der(tag::UTF8_STRING, b"\xff"))),
        (notice, der(tag::SEQUENCE, &der(tag::SEQUENCE, &der(tag::UTF8_STRING, b"o")))),
    ] {
        assert!(policy(id, &qualifier).is_err(), "{id} {qualifier:02x?}");
    }
}

/// An arc that wraps at 2^32 into one of a known identifier counts as that one; others of any width are only unknown.
#[test]
fn wide_arcs_count_as_what_32_bits_make_of_them() {
    for (id, known) in [
        ("2.5.29.4294967313", Some(Known::SubjectAltName)),
        ("2.5.4294967325.17", Some(Known::SubjectAltName)),
        ("2.4294967301.29.17", Some(Known::SubjectAltName)),
        ("2.5.29.79228162514264337593543950353", Some(Known::SubjectAltName)),
        ("1.3.6.1.4.1.311.21.4294967306", Some(Known::MicrosoftApplicationPolicies)),
        ("2.25.329800735698586629295641978511506172918", None),
        ("2.5.29.4294967295", None),
        ("1.2.840.113549.1.9.4294967297", None),
        ("2.5.29.17", Some(Known::SubjectAltName)),
        ("2.5.29.17.1", None),
        ("1.2.3", None),
    ] {
        assert_eq!(Known::of(oid(id).by_ref()), known, "{id}");
    }
}

#[test]
fn every_known_type_has_an_identifier_and_a_name() {
    for (id, ..) in VECTORS {
        assert!(oid(id).name().is_some(), "{id}");
    }
    for last in [1, 2, 10] {
        assert!(Known::of(Oid::from_der_content(&[0x55, 0x1d, last]).unwrap().by_ref()).is_some());
    }
    assert_eq!(label(&oid("2.5.29.15")), "keyUsage");
    assert_eq!(label(&oid("1.2.3")), "1.2.3");
}

#[test]
fn ca_bits_of_a_netscape_type() {
    for (value, ca) in
        [("03020102", true), ("03020204", true), ("03020001", true), ("030206c0", false), ("0302", false)]
    {
        assert_eq!(usage::netscape_type_has_ca_bit(&hex(value)), ca, "{value}");
    }
}
