//! What the people at an offline key see: every octet that they sign.

use base64::prelude::{BASE64_STANDARD, Engine};
use issuance::issue::{FixedClock, PreparedFile};
use issuance::request::{CustomExtension, PolicyInformation};
use issuance::{GeneralName, IssuanceOptions, IssueCertificateRequest, KeyUsage, OfflineIssuer, Signer, Subject};
use issuance_test_support::ca;
use issuance_test_support::ca::{LEAF_KEY, P384_KEY};
use issuance_test_support::der::{CsrParts, dns, extension, name, name_attribute, octets, oid, seq, tlv, utf8};
use issuance_test_support::verifiers::AnySignature;
use serde_json::Value;
use sha2::{Digest, Sha256};

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

fn file(request: &IssueCertificateRequest, options: IssuanceOptions) -> Value {
    let builder = OfflineIssuer::builder_with_verifier(ca::Ca::default().build(), AnySignature);
    let issuer = builder.clock(FixedClock(ca::now())).options(options).build();
    serde_json::from_str(&issuer.prepare_file(request).unwrap().to_json()).unwrap()
}

/// The file with other octets and a digest that is mended.
fn with_octets(file: &Value, tbs: &[u8]) -> String {
    let mut file = file.clone();
    file["to_be_signed"] = BASE64_STANDARD.encode(tbs).into();
    file["to_be_signed_sha256"] = hex(&Sha256::digest(tbs)).into();
    file.to_string()
}

fn octets_of(file: &Value) -> Vec<u8> {
    BASE64_STANDARD.decode(file["to_be_signed"].as_str().unwrap()).unwrap()
}

/// What is shown below the digest of the whole.
fn table(file: &PreparedFile) -> String {
    let text = file.tbs_text();
    let (header, table) = text.split_once('\n').unwrap();
    assert!(header.contains("SHA-256"), "{header}");
    table.to_owned()
}

/// Names of every string type, values that are no text, long ones, and RDNs of several attributes.
fn odd_subject() -> Vec<u8> {
    let one = |id: &str, tag: u8, content: &[u8]| name_attribute(id, &tlv(tag, content));
    let mut rdns = name(&[
        one("2.5.4.6", 0x13, b"US"),
        one("2.5.4.10", 0x14, b"T\xe9l\xe9"),
        one("2.5.4.11", 0x1e, b"\0B\0M\0P"),
        one("2.5.4.7", 0x1c, b"\0\0\0U"),
        one("2.5.4.8", 0x12, b"123"),
        one("2.5.4.12", 0x1a, b"visible"),
        one("1.2.3.4", 0x04, &[7; 100]),
        name_attribute("1.2.3.5", &seq(&[&utf8("a"), &tlv(2, &[1])])),
        one("0.9.2342.19200300.100.1.25", 0x16, b"example"),
        one("2.5.4.3", 0x0c, " leaf, \u{202e}#\"<".as_bytes()),
    ]);
    let two = tlv(0x31, &[one("2.5.4.3", 0x0c, b"a"), one("2.5.4.5", 0x13, b"b")].concat());
    rdns = tlv(0x30, &[&rdns[rdns.len() - content_len(&rdns)..], &two[..]].concat());
    rdns
}

fn content_len(der: &[u8]) -> usize {
    match der[1] {
        length @ 0..=0x7f => length.into(),
        0x81 => der[2].into(),
        _ => usize::from(der[2]) << 8 | usize::from(der[3]),
    }
}

fn cases() -> Vec<(&'static str, Value)> {
    let parts = || CsrParts::new(LEAF_KEY.public_key_der());
    let plain = ca::request(&parts().der(), "EndEntityServerAuthCertificate").build().unwrap();
    let extensions = [
        extension("2.5.29.17", true, &dns("a.example")),
        extension("2.5.29.15", true, &[3, 2, 5, 0xa0]),
        extension("2.5.29.37", false, &seq(&[&oid("1.3.6.1.5.5.7.3.1"), &oid("1.2.3.4")])),
        extension("1.2.3.4", false, &octets(&[9; 150])),
        extension("1.2.3.5", true, b"not DER"),
        extension("2.5.29.30", false, &seq(&[&tlv(0xa0, &seq(&[&tlv(0x82, b"a.example")]))])),
        extension("2.5.29.9", false, &seq(&[&seq(&[&oid("1.2.3"), &tlv(0x31, &utf8("x"))])])),
    ];
    let odd = parts().subject(odd_subject()).extensions(&extensions).der();
    let odd = ca::request(&odd, "BlankEndEntityCertificate_CSRPassthrough").build().unwrap();
    let api = ca::request(&parts().der(), "BlankEndEntityCertificate_APIPassthrough")
        .subject(Subject::builder().country("US").organization("Example, Inc.").common_name("ä"))
        .key_usage(KeyUsage::DIGITAL_SIGNATURE)
        .subject_alternative_name(GeneralName::dns_name("a.example"))
        .subject_alternative_name(GeneralName::directory_name(Subject::builder().country("DE").common_name("d")))
        .certificate_policy(PolicyInformation::builder("1.2.3"))
        .custom_extension(CustomExtension::new("2.5.29.31", crl("http://a.example/1.crl"), false))
        .build()
        .unwrap();
    vec![
        ("plain", file(&plain, IssuanceOptions::default())),
        ("odd", file(&odd, IssuanceOptions::default())),
        ("api", file(&api, IssuanceOptions::default().nine_bit_key_usage(true))),
    ]
}

fn crl(url: &str) -> Vec<u8> {
    seq(&[&seq(&[&tlv(0xa0, &tlv(0xa0, &tlv(0x86, url.as_bytes())))])])
}

/// What is shown of two files that differ in any octet differs, too, beside the digest of the whole; or the file is refused.
#[test]
fn every_octet_is_shown() {
    for (name, file) in cases() {
        let honest = octets_of(&file);
        let shown = table(&PreparedFile::from_json(with_octets(&file, &honest).as_bytes()).unwrap());
        let (mut refused, mut seen) = (0, 0);
        for place in 0..honest.len() {
            for change in [0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0xff] {
                let mut tbs = honest.clone();
                tbs[place] ^= change;
                match PreparedFile::from_json(with_octets(&file, &tbs).as_bytes()) {
                    Err(_) => refused += 1,
                    Ok(other) => {
                        seen += 1;
                        assert_ne!(table(&other), shown, "{name}: octet {place} changed by {change:#04x}");
                    }
                }
            }
        }
        assert!(refused > 500 && seen > 500, "{name}: {refused} refused, {seen} seen");
    }
}

/// The example's vault signs only what somebody has read to it.
#[test]
fn the_digest_is_that_of_the_octets() {
    let (_, file) = cases().remove(0);
    let read = PreparedFile::from_json(file.to_string().as_bytes()).unwrap();
    assert_eq!(read.tbs_sha256(), hex(&Sha256::digest(octets_of(&file))));
    assert!(read.tbs_text().lines().next().unwrap().ends_with(&read.tbs_sha256()));
}

/// The key of somebody else in the place of the requester's, and the digest mended.
#[test]
fn another_key_is_seen() {
    for (name, file) in cases() {
        let honest = octets_of(&file);
        let key = LEAF_KEY.public_key_der();
        let place = honest.windows(key.len()).position(|octets| octets == key).unwrap();
        let mut other = key.to_vec();
        // Another point: the form of the key is all that is looked at here.
        other[60] ^= 1;
        let tbs = [&honest[..place], &other, &honest[place + key.len()..]].concat();
        let text = PreparedFile::from_json(with_octets(&file, &tbs).as_bytes()).unwrap().tbs_text();
        let honest = PreparedFile::from_json(with_octets(&file, &honest).as_bytes()).unwrap().tbs_text();
        assert!(
            text.contains(&hex(&Sha256::digest(&other))) && !honest.contains(&hex(&Sha256::digest(&other))),
            "{name}"
        );
        assert!(honest.contains(&hex(&Sha256::digest(key))), "{name}");
        assert!(
            text.contains("WARNING: this is not the key identifier above") && !honest.contains("WARNING"),
            "{name}"
        );
    }
    // A key of another algorithm has another name, too.
    assert_ne!(P384_KEY.public_key_der().len(), LEAF_KEY.public_key_der().len());
}

#[test]
fn what_nobody_could_see_is_refused() {
    let (_, file) = cases().remove(1);
    let honest = octets_of(&file);
    let replaced = |from: &[u8], to: &[u8]| {
        assert_eq!(from.len(), to.len());
        let place = honest.windows(from.len()).position(|octets| octets == from).unwrap();
        let mut tbs = honest.clone();
        tbs[place..place + to.len()].copy_from_slice(to);
        PreparedFile::from_json(with_octets(&file, &tbs).as_bytes()).map(|_| ()).unwrap_err().to_string()
    };
    for (what, from, to, expected) in [
        ("version v1", &[0xa0, 3, 2, 1, 2][..], &[0xa0, 3, 2, 1, 0][..], "the version is not v3"),
        ("unused bits", &[3, 2, 5, 0xa0], &[3, 2, 5, 0xa4], "unused bits are not zero"),
        (
            "another algorithm inside",
            &[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2],
            &[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 3],
            "not the algorithm that signs",
        ),
    ] {
        let error = replaced(from, to);
        assert!(error.contains(expected), "{what}: {error}");
    }
}
