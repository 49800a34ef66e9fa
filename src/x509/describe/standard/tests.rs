use proptest::prelude::*;

use super::*;
use crate::x509::describe::describe_extension;

/// Hexadecimal digits to bytes.
fn octets(digits: &str) -> Vec<u8> {
    let digits: Vec<_> = digits.chars().filter_map(|digit| digit.to_digit(16)).collect();
    digits.chunks(2).map(|pair| (pair[0] << 4 | pair[1]) as u8).collect()
}

const KNOWN: [Oid; 11] = [
    Oid::SUBJECT_ALT_NAME,
    Oid::ISSUER_ALT_NAME,
    Oid::KEY_USAGE,
    Oid::EXTENDED_KEY_USAGE,
    Oid::BASIC_CONSTRAINTS,
    Oid::CRL_DISTRIBUTION_POINTS,
    Oid::AUTHORITY_INFO_ACCESS,
    Oid::CERTIFICATE_POLICIES,
    Oid::AUTHORITY_KEY_IDENTIFIER,
    Oid::SUBJECT_KEY_IDENTIFIER,
    Oid::NAME_CONSTRAINTS,
];

#[test]
fn well_formed_extensions() {
    for (oid, der, expected) in [
        (Oid::SUBJECT_ALT_NAME, "3009 8201 61 8704 c0000201", "DNS:a, IP:192.0.2.1"),
        (Oid::SUBJECT_ALT_NAME, "3009 8207 612c444e533a62", "DNS:a\\,DNS:b"),
        (Oid::ISSUER_ALT_NAME, "3003 8601 61", "URI:a"),
        (Oid::KEY_USAGE, "0302 05a0", "digitalSignature, keyEncipherment"),
        (Oid::KEY_USAGE, "0302 0106", "keyCertSign, cRLSign"),
        (Oid::KEY_USAGE, "0303 07a000", "digitalSignature, keyEncipherment"),
        (Oid::KEY_USAGE, "0303 07ff80", &KEY_USAGES.join(", ")),
        (Oid::EXTENDED_KEY_USAGE, "300d 0608 2b06010505070301 0601 2a", "serverAuth, 1.2"),
        (Oid::BASIC_CONSTRAINTS, "3000", "CA:FALSE"),
        (Oid::BASIC_CONSTRAINTS, "3003 010100", "CA:FALSE"),
        (Oid::BASIC_CONSTRAINTS, "3003 0101ff", "CA:TRUE"),
        (Oid::BASIC_CONSTRAINTS, "3006 0101ff 020100", "CA:TRUE, pathlen:0"),
        (Oid::BASIC_CONSTRAINTS, "3008 0101ff 0203 00ffff", "CA:TRUE, pathlen:65535"),
        (Oid::CRL_DISTRIBUTION_POINTS, "3009 3007 a005 a003 8601 61", "URI:a"),
        (
            Oid::CRL_DISTRIBUTION_POINTS,
            "301f 3007 a005 a003 8601 61 300c a005 a003 8601 62 8103 07ff80 3006 a204 8202 6364",
            "URI:a, URI:b reasons:#07FF80, CRL issuer:DNS:cd",
        ),
        (
            Oid::AUTHORITY_INFO_ACCESS,
            "301e 300d 0608 2b06010505073001 8601 61 300d 0608 2b06010505073002 8601 62",
            "OCSP - URI:a, CA Issuers - URI:b",
        ),
        (
            Oid::CERTIFICATE_POLICIES,
            "301d 3003 0601 2a 3016 0602 2a03 3010 300e 0608 2b06010505070201 1602 6862",
            "1.2, 1.2.3 (CPS: hb)",
        ),
        (
            Oid::CERTIFICATE_POLICIES,
            "3016 3014 0602 2a03 300e 300c 0608 2b06010505070202 3000",
            "1.2.3 (1.3.6.1.5.5.7.2.2: #3000)",
        ),
        (Oid::AUTHORITY_KEY_IDENTIFIER, "3004 8002 0aff", "0A:FF"),
        (Oid::AUTHORITY_KEY_IDENTIFIER, "300b 8001 0a a103 8801 2a 8201 05", "0A, issuer:RID:1.2, serial:05"),
        (Oid::SUBJECT_KEY_IDENTIFIER, "0403 01abff", "01:AB:FF"),
        (
            Oid::NAME_CONSTRAINTS,
            "301a a00a 3003 8201 61 3003 8801 2a a10c 300a 8708 0a000000ff000000",
            "permitted: DNS:a, RID:1.2; excluded: IP:10.0.0.0/8",
        ),
        (Oid::NAME_CONSTRAINTS, "300a a008 3006 8201 61 8001 01", "permitted: DNS:a minimum:#01"),
    ] {
        assert_eq!(describe_extension(&oid, &octets(der)), expected, "{oid} {der}");
    }
}

#[test]
fn malformed_extensions_fall_back_to_octets() {
    for (oid, der) in [
        (Oid::SUBJECT_ALT_NAME, "3000"),
        (Oid::SUBJECT_ALT_NAME, "3003 8201 0a"),
        (Oid::KEY_USAGE, "0301 00"),
        (Oid::KEY_USAGE, "0301 07"),
        (Oid::KEY_USAGE, "0302 0880"),
        (Oid::KEY_USAGE, "0303 06ffc0"),
        (Oid::KEY_USAGE, "0302 0700"),
        (Oid::KEY_USAGE, "0300"),
        (Oid::EXTENDED_KEY_USAGE, "3000"),
        (Oid::BASIC_CONSTRAINTS, "3003 010101"),
        (Oid::BASIC_CONSTRAINTS, "3006 0101ff 0201ff"),
        (Oid::BASIC_CONSTRAINTS, "3007 0101ff 02020001"),
        (Oid::BASIC_CONSTRAINTS, "3005 0101ff 0200"),
        (Oid::BASIC_CONSTRAINTS, "300e 0101ff 0209 010000000000000000"),
        (Oid::BASIC_CONSTRAINTS, "3002 0500"),
        (Oid::CRL_DISTRIBUTION_POINTS, "3002 3000"),
        (Oid::AUTHORITY_INFO_ACCESS, "3006 3004 0600 8600"),
        (Oid::AUTHORITY_KEY_IDENTIFIER, "3000"),
        (Oid::AUTHORITY_KEY_IDENTIFIER, "300a 8001 0a a102 8800 8201 05"),
        (Oid::SUBJECT_KEY_IDENTIFIER, "3000"),
        (Oid::NAME_CONSTRAINTS, "3000"),
    ] {
        let value = octets(der);
        assert_eq!(describe_extension(&oid, &value), Hex(&value).to_string(), "{oid} {der}");
    }
    assert_eq!(describe_extension(&Oid::SUBJECT_KEY_IDENTIFIER, b"\x0c\x01x"), "\"x\"");
    assert_eq!(describe_extension(&Oid::SUBJECT_KEY_IDENTIFIER, b"\x04\x00"), "#");
}

proptest! {
    #[test]
    fn arbitrary_octets_never_panic(value in prop::collection::vec(any::<u8>(), 0..80)) {
        for oid in KNOWN {
            prop_assert!(!describe_extension(&oid, &value).chars().any(char::is_control));
        }
    }

    /// Damaged extensions reach deeper than noise does.
    #[test]
    fn damaged_extensions_never_panic(at in 0usize..40, octet in any::<u8>()) {
        for der in [
            "3011 3007 a005 a003 8601 61 3006 a204 8202 6364",
            "301d 3003 0601 2a 3016 0602 2a03 3010 300e 0608 2b06010505070201 1602 6862",
            "300b 8001 0a a103 8801 2a 8201 05",
            "301a a00a 3003 8201 61 3003 8801 2a a10c 300a 8708 0a000000ff000000",
            "0303 07ff80",
            "3008 0101ff 0203 00ffff",
        ] {
            let mut value = octets(der);
            let at = at % value.len();
            value[at] = octet;
            for oid in KNOWN {
                prop_assert!(!describe_extension(&oid, &value).chars().any(char::is_control));
            }
        }
    }
}
