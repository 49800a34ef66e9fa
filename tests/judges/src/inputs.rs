//! Random requests: what an API passthrough and a CSR may ask for, all of it well-formed.

use issuance::{Signer, SigningAlgorithm};
use issuance_test_support::asn1::{BIT_STRING, INTEGER, SET, extension, oid, sequence, tlv};
use issuance_test_support::inputs::{PURPOSES, Passthrough};
use serde_json::{Map, Value, json};

use crate::random::Random;

const NULL: u8 = 0x05;

/// What a certificate is for, as far as that decides what may be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    pub ca: bool,
}

const WORDS: [&str; 10] =
    ["Example", "Corp", "Zürich", "Ops Team 7", "a", "O'Brien & Söhne", "Ünïcode", "North-West", "日本", "x.y, z+1"];
const PRINTABLE: [&str; 4] = ["SN-42", "007", "Qualifier 1", "a=b?"];
const HOSTS: [&str; 7] = [
    "example.com",
    "www.example.com",
    "a.b.c.example.org",
    "*.example.com",
    "xn--bcher-kva.example",
    "host-1.internal",
    "localhost",
];
const END_ENTITY_USAGES: [&str; 5] =
    ["DigitalSignature", "NonRepudiation", "KeyEncipherment", "DataEncipherment", "KeyAgreement"];
const TLS_FEATURE: &str = "1.3.6.1.5.5.7.1.24";
/// Type and value in base64 of extensions that are asked for by object identifier alone.
const CUSTOM: [(&str, &str); 5] = [
    // CRL distribution points and authorityInfoAccess with a URL.
    ("2.5.29.31", "MCYwJKAioCCGHmh0dHA6Ly9hcGkuZXhhbXBsZS5jb20vb3duLmNybA=="),
    ("1.3.6.1.5.5.7.1.1", "MCkwJwYIKwYBBQUHMAGGG2h0dHA6Ly9vY3NwLmFwaS5leGFtcGxlLmNvbQ=="),
    // status_request.
    (TLS_FEATURE, "MAMCAQU="),
    // id-pkix-ocsp-nocheck.
    ("1.3.6.1.5.5.7.48.1.5", "BQA="),
    ("1.3.6.1.4.1.99999.1", "DAxmcm9tIHRoZSBBUEk="),
];
/// Permits dNSNames in example.com.
pub const NAME_CONSTRAINTS: (&str, &str) = ("2.5.29.30", "MBGgDzANggtleGFtcGxlLmNvbQ==");
/// NULL, under a type that nobody knows.
const UNKNOWN: (&str, &str) = ("1.3.6.1.4.1.99999.3", "BQA=");

fn subject(random: &mut Random) -> Value {
    if random.percent(25) {
        let attribute = |random: &mut Random| match random.below(6) {
            0 => ("2.5.4.6", (*random.pick(&["DE", "US", "JP"])).to_owned()),
            1 => ("0.9.2342.19200300.100.1.25", (*random.pick(&["example", "com"])).to_owned()),
            2 => ("1.2.840.113549.1.9.1", format!("u{}@example.com", random.below(100))),
            3 => ("2.5.4.5", (*random.pick(&PRINTABLE)).to_owned()),
            4 => ("1.3.6.1.4.1.37244.2.1", format!("{:04X}", random.below(0x1_0000))),
            _ => ("2.5.4.11", (*random.pick(&WORDS)).to_owned()),
        };
        let mut attributes: Vec<Value> = (0..random.below(4))
            .map(|_| attribute(random))
            .map(|(oid, value)| json!({ "ObjectIdentifier": oid, "Value": value }))
            .collect();
        attributes.push(json!({ "ObjectIdentifier": "2.5.4.3", "Value": common_name(random) }));
        return json!({ "CustomAttributes": attributes });
    }
    let mut members = Map::new();
    for (member, values) in [
        ("Country", &["US", "DE", "CH"][..]),
        ("Organization", &WORDS),
        ("OrganizationalUnit", &WORDS),
        ("DistinguishedNameQualifier", &PRINTABLE),
        ("State", &WORDS),
        ("SerialNumber", &PRINTABLE),
        ("Locality", &WORDS),
        ("Title", &WORDS),
        ("Surname", &WORDS),
        ("GivenName", &WORDS),
        ("Initials", &["GS", "A."]),
        ("Pseudonym", &WORDS),
        ("GenerationQualifier", &["IV", "3"]),
    ] {
        if random.percent(30) {
            members.insert(member.to_owned(), json!(random.pick(values)));
        }
    }
    members.insert("CommonName".to_owned(), json!(common_name(random)));
    Value::Object(members)
}

/// Hardly ever the same twice, so that no CA has the name of another.
fn common_name(random: &mut Random) -> String {
    format!("{} {:016x}", random.pick(&WORDS), random.next())
}

fn general_name(random: &mut Random) -> Value {
    match random.below(40) {
        0..2 => json!({ "Rfc822Name": format!("user{}@example.com", random.below(1000)) }),
        2 => json!({ "IpAddress": format!("192.0.2.{}", random.below(256)) }),
        3 => json!({ "IpAddress": format!("2001:db8::{:x}", 1 + random.below(0xffff)) }),
        4 => json!({ "RegisteredId": format!("1.2.3.{}", random.below(1000)) }),
        5 => json!({ "DirectoryName": { "Country": "US", "CommonName": random.pick(&WORDS) } }),
        6 => json!({ "OtherName": { "TypeId": "1.3.6.1.4.1.311.20.2.3", "Value": "üser@example.com" } }),
        7 => json!({ "EdiPartyName": { "PartyName": "party", "NameAssigner": "assigner" } }),
        8..16 => json!({ "UniformResourceIdentifier": format!("https://example.com/{}", random.below(1000)) }),
        _ => json!({ "DnsName": random.pick(&HOSTS) }),
    }
}

fn extensions(random: &mut Random, wanted: Wanted) -> Value {
    let mut extensions = Map::new();
    if random.percent(40) {
        let names: Vec<Value> = (0..1 + random.below(4)).map(|_| general_name(random)).collect();
        extensions.insert("SubjectAlternativeNames".to_owned(), json!(names));
    }
    if random.percent(60) {
        let mut usages: Vec<&str> = match wanted.ca {
            true if random.percent(95) => vec!["KeyCertSign", "CRLSign"],
            true => vec!["CRLSign"],
            false => random.some(&END_ENTITY_USAGES, 40),
        };
        if usages.is_empty() || (wanted.ca && random.percent(50)) {
            usages.push("DigitalSignature");
        }
        if usages.contains(&"KeyAgreement") && random.percent(30) {
            usages.push(*random.pick(&["EncipherOnly", "DecipherOnly"]));
        }
        let members: Map<String, Value> = usages.into_iter().map(|usage| (usage.to_owned(), json!(true))).collect();
        extensions.insert("KeyUsage".to_owned(), Value::Object(members));
    }
    if random.percent(40) {
        let mut purposes = random.some(&PURPOSES, 20);
        if purposes.is_empty() {
            purposes.push(PURPOSES[random.below(2)]);
        }
        let purposes: Vec<Value> = purposes.iter().map(|(name, _)| json!({ "ExtendedKeyUsageType": name })).collect();
        extensions.insert("ExtendedKeyUsage".to_owned(), json!(purposes));
    }
    if random.percent(30) {
        let policies = random.some(&["2.23.140.1.2.1", "1.3.6.1.4.1.99999.2", "2.5.29.32.0"], 50);
        let policy = |id: &&str| match random.percent(30) {
            true => json!({ "CertPolicyId": id, "PolicyQualifiers": [
                { "PolicyQualifierId": "CPS", "Qualifier": { "CpsUri": "https://example.com/cps" } }] }),
            false => json!({ "CertPolicyId": id }),
        };
        let policies: Vec<Value> = policies.iter().map(policy).collect();
        if !policies.is_empty() {
            extensions.insert("CertificatePolicies".to_owned(), json!(policies));
        }
    }
    let mut custom: Vec<Value> = random
        .some(&CUSTOM, 15)
        .into_iter()
        // What a CA has of this, all below it must have (RFC 7633 section 4.2.2).
        .filter(|(oid, _)| !wanted.ca || *oid != TLS_FEATURE)
        .map(|(oid, value)| json!({ "ObjectIdentifier": oid, "Value": value }))
        .collect();
    let critical = |(oid, value)| json!({ "ObjectIdentifier": oid, "Value": value, "Critical": true });
    if wanted.ca && random.percent(15) {
        custom.push(critical(NAME_CONSTRAINTS));
    }
    if random.percent(2) {
        custom.push(critical(UNKNOWN));
    }
    if !custom.is_empty() {
        extensions.insert("CustomExtensions".to_owned(), json!(custom));
    }
    Value::Object(extensions)
}

/// `ApiPassthrough` in its wire form.
pub fn passthrough(random: &mut Random, wanted: Wanted) -> Value {
    let mut passthrough = Map::new();
    if random.percent(70) {
        passthrough.insert("Subject".to_owned(), subject(random));
    }
    let extensions = extensions(random, wanted);
    if extensions.as_object().is_some_and(|members| !members.is_empty()) {
        passthrough.insert("Extensions".to_owned(), extensions);
    }
    Value::Object(passthrough)
}

/// A CSR for the key of the signer, which proves possession of it.
pub fn csr(random: &mut Random, wanted: Wanted, signer: &dyn Signer, algorithm: SigningAlgorithm) -> Vec<u8> {
    let mut document = passthrough(random, wanted);
    // An end entity may have alternative names alone, if they are critical (R-CSR-7).
    let nameless = !wanted.ca && random.percent(5);
    if nameless {
        document["Extensions"]["SubjectAlternativeNames"] = json!([general_name(random)]);
    }
    document["Subject"] = subject(random);
    let asked = Passthrough::read(&document.to_string());
    let extensions: Vec<Vec<u8>> = asked
        .extensions
        .iter()
        .map(|asked| {
            let critical = asked.critical || (nameless && asked.oid == "2.5.29.17");
            extension(&asked.oid, critical, &asked.value)
        })
        .collect();
    let subject = if nameless { sequence::<Vec<u8>>(&[]) } else { asked.subject.expect("it was put there") };
    signed_csr(&subject, &extensions, signer, algorithm)
}

/// A CSR with this subject and these extensions, signed.
pub fn signed_csr(subject: &[u8], extensions: &[Vec<u8>], signer: &dyn Signer, algorithm: SigningAlgorithm) -> Vec<u8> {
    let request = match extensions {
        [] => Vec::new(),
        _ => sequence(&[oid("1.2.840.113549.1.9.14"), tlv(SET, &[sequence(extensions)])]),
    };
    let version = tlv(INTEGER, &[[0]]);
    signed(&sequence(&[&version, subject, signer.public_key_der(), &tlv(0xa0, &[request])]), signer, algorithm)
}

/// `SIGNED{}` of X.509: certificates and requests alike.
pub fn signed(content: &[u8], signer: &dyn Signer, algorithm: SigningAlgorithm) -> Vec<u8> {
    let signature = signer.sign(algorithm, content).expect("the key of a test signs");
    let bits = tlv(BIT_STRING, &[&[0][..], signature.as_bytes()]);
    sequence(&[content, &algorithm_identifier(algorithm), &bits])
}

/// Of the algorithms that CSRs, and certificates made by hand, are signed with here.
pub fn algorithm_identifier(algorithm: SigningAlgorithm) -> Vec<u8> {
    match algorithm {
        SigningAlgorithm::Sha256WithEcdsa => sequence(&[oid("1.2.840.10045.4.3.2")]),
        SigningAlgorithm::Sha384WithEcdsa => sequence(&[oid("1.2.840.10045.4.3.3")]),
        SigningAlgorithm::Sha256WithRsa => sequence(&[oid("1.2.840.113549.1.1.11"), tlv(NULL, &[b""])]),
        SigningAlgorithm::MlDsa44 => sequence(&[oid("2.16.840.1.101.3.4.3.17")]),
        SigningAlgorithm::MlDsa65 => sequence(&[oid("2.16.840.1.101.3.4.3.18")]),
        SigningAlgorithm::MlDsa87 => sequence(&[oid("2.16.840.1.101.3.4.3.19")]),
        other => panic!("nothing here signs with {other}"),
    }
}
