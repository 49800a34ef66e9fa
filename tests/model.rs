//! The engine against the whole of its rules, written out once more, slowly and without it (`common/model`): random requests in
//! the wire form, to authorities of every kind. Octets, sources, suppressed inputs and refusals must be the same.
//!
//! A million of them, from the seed 7:
//! ```sh
//! ISSUANCE_MODEL_CASES=1000000 ISSUANCE_MODEL_SEED=7 cargo test --release --test model -- --nocapture
//! ```
#![cfg(all(feature = "rustcrypto", feature = "serde"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common {
    pub mod asn1;
    pub mod facts;
    pub mod files;
    pub mod keys;
    pub mod model {
        pub mod calendar;
        pub mod inputs;
        pub mod rules;
        pub mod whole;
    }
}

use std::collections::{BTreeMap, BTreeSet};

use base64::prelude::{BASE64_STANDARD, Engine};
use common::asn1::{BIT_STRING, INTEGER, OCTET_STRING, SET, children, content, extension, oid, sequence, tlv};
use common::facts::{Row, rows};
use common::files;
use common::model::calendar::civil;
use common::model::inputs::{EXTENSION_REQUEST, MS_CERT_EXTENSIONS, PURPOSES};
use common::model::rules::{Contribution, Extension, Origin, Refusal, Suppressed};
use common::model::whole::{self, Asked, Authority, Issued, key_identifier, tbs_certificate};
use issuance::{
    CertificateAuthority, CertificateAuthorityStatus, CertificateAuthorityType, CertificateAuthorityUsageMode,
    CrlConfiguration, CrlConfigurationBuilder, Error, ExplicitUrls, Field, IssuanceOptions, IssueCertificateRequest,
    OcspConfiguration, Preparation, Prepared, RevocationConfiguration, SerialNumber, SignatureAlgorithm,
    SignatureVerifier, Signer, TemplateMisuse, Timestamp, ValidityError, VerifyError,
};
use serde_json::{Map, Value, json};

const DAY: i64 = 86_400;
/// 2026-11-21T09:30:15Z.
const NOW: i64 = 1_795_253_415;
/// The end of the authorities' certificates.
const CA_END: i64 = NOW + 20 * 365 * DAY;

/// 2050-01-01T00:00:00Z: from then on times are of another type, and two digits of a year are of another century.
const YEAR_2050: i64 = 2_524_608_000;

struct AnySignature;

impl SignatureVerifier for AnySignature {
    fn verify(&self, _: SignatureAlgorithm, _: &[u8], _: &[u8], _: &[u8]) -> Result<(), VerifyError> {
        Ok(())
    }
}

/// SplitMix64: the same cases from the same seed on every machine.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    /// Below `bound`.
    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    fn between(&mut self, low: i64, high: i64) -> i64 {
        low + (self.next() % (high - low) as u64) as i64
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.next() % 100 < percent
    }

    fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.below(list.len())]
    }

    /// Up to `most` of a list, in its order.
    fn some<'a, T>(&mut self, list: &'a [T], most: usize) -> Vec<&'a T> {
        let wanted = 1 + self.below(most);
        let mut left = list.len();
        let mut taken = 0;
        list.iter()
            .filter(|_| {
                let take = self.below(left) < wanted - taken;
                left -= 1;
                taken += usize::from(take);
                take
            })
            .collect()
    }

    /// A text that no other input has.
    fn marker(&mut self) -> String {
        format!("{:08x}", self.next() as u32)
    }
}

// ---------------------------------------------------------------------------------------------------------------------
// Authorities

/// An authority of the engine, and what the model knows of it.
struct Issuing {
    engine: CertificateAuthority,
    facts: Authority,
}

/// How an authority is.
struct Kind {
    root: bool,
    key: (&'static str, &'static str),
    state: CertificateAuthorityStatus,
    path_length: Option<u8>,
    /// Of its certificate: absent, the usual one, or these octets.
    key_identifier: Option<Option<Vec<u8>>>,
    short_lived: bool,
    permitted_domain: Option<&'static str>,
    partition: &'static str,
    revocation: RevocationConfiguration,
    crl: Option<&'static str>,
    ocsp: Option<&'static str>,
    ca_issuers: Option<&'static str>,
}

const ID: &str = "12345678-1234-1234-1234-123456789012";

impl Default for Kind {
    fn default() -> Kind {
        Kind {
            root: true,
            key: ("EC", "ec-p256"),
            state: CertificateAuthorityStatus::Active,
            path_length: None,
            key_identifier: Some(None),
            short_lived: false,
            permitted_domain: None,
            partition: "aws",
            revocation: RevocationConfiguration::none(),
            crl: None,
            ocsp: None,
            ca_issuers: None,
        }
    }
}

fn name(attributes: &[(&str, u8, &str)]) -> Vec<u8> {
    let rdn = |(id, tag, value): &(&str, u8, &str)| tlv(SET, &[sequence(&[oid(id), tlv(*tag, &[value])])]);
    sequence(&attributes.iter().map(rdn).collect::<Vec<_>>())
}

impl Kind {
    fn build(self, number: usize) -> Issuing {
        let arn = format!("arn:{}:acm-pca:us-west-2:123456789012:certificate-authority/{ID}", self.partition);
        let public_key = common::keys::signer(self.key.1).public_key_der().to_vec();
        let subject = name(&[("2.5.4.6", 0x13, "QX"), ("2.5.4.3", 0x0c, &format!("Authority {number}"))]);
        let authority_type =
            if self.root { CertificateAuthorityType::Root } else { CertificateAuthorityType::Subordinate };
        let mode = match self.short_lived {
            true => CertificateAuthorityUsageMode::ShortLivedCertificate,
            false => CertificateAuthorityUsageMode::GeneralPurpose,
        };
        let builder = CertificateAuthority::builder(arn.parse().unwrap(), authority_type)
            .usage_mode(mode)
            .revocation_configuration(self.revocation.clone());
        let derived = key_identifier(&public_key);
        let own_identifier = self.key_identifier.as_ref().map(|own| own.clone().unwrap_or(derived.clone()));
        let has_certificate = self.state != CertificateAuthorityStatus::PendingCertificate;
        let mut engine = if has_certificate {
            let certificate = self.certificate(&subject, &public_key, own_identifier.as_deref());
            builder.build_from_certificate(&certificate, b"", &AnySignature).unwrap()
        } else {
            let own = issuance::Subject::builder().country("QX").common_name(format!("Authority {number}"));
            builder.build(&own.build().unwrap(), &public_key).unwrap()
        };
        assert_eq!(engine.subject_der(), subject);
        engine.set_status(self.state).unwrap();
        let contribution = Contribution {
            subject,
            key_identifier: own_identifier.unwrap_or(derived),
            crl: self.crl.map(str::to_owned),
            ocsp: self.ocsp.map(str::to_owned),
            ca_issuers: self.ca_issuers.map(str::to_owned),
        };
        let facts = Authority {
            arn,
            is_root: self.root,
            state: self.state.as_str(),
            public_key,
            key: self.key.0,
            not_after: has_certificate.then_some(CA_END),
            path_length: self.path_length,
            short_lived: self.short_lived,
            permitted_domain: self.permitted_domain,
            contribution,
        };
        Issuing { engine, facts }
    }

    fn certificate(&self, subject: &[u8], public_key: &[u8], own_identifier: Option<&[u8]>) -> Vec<u8> {
        let algorithm = sequence(&[oid("1.2.840.10045.4.3.2")]);
        let path_length = self.path_length.map(|length| tlv(INTEGER, &[[length]])).unwrap_or_default();
        let mut extensions = vec![extension("2.5.29.19", true, &sequence(&[tlv(0x01, &[[0xff]]), path_length]))];
        if let Some(identifier) = own_identifier {
            extensions.push(extension("2.5.29.14", false, &tlv(OCTET_STRING, &[identifier])));
        }
        if let Some(domain) = self.permitted_domain {
            let permitted = tlv(0xa0, &[sequence(&[tlv(0x82, &[domain])])]);
            let excluded = tlv(0xa1, &[sequence(&[tlv(0x87, &[[10, 0, 0, 0, 255, 0, 0, 0]])])]);
            extensions.push(extension("2.5.29.30", true, &sequence(&[permitted, excluded])));
        }
        let above = name(&[("2.5.4.3", 0x0c, "Above")]);
        let issuer = if self.root { subject } else { &above };
        let validity = [NOW - 10 * 365 * DAY, CA_END];
        let tbs = tbs_certificate(&[1], &algorithm, issuer, validity, subject, public_key, &extensions);
        whole::certificate(&tbs, &algorithm)
    }
}

fn authorities() -> Vec<Issuing> {
    use CertificateAuthorityStatus as Status;
    let crl = || CrlConfiguration::builder("bucket");
    let none = RevocationConfiguration::none;
    let rsa = ("RSA", "rsa-2048");
    let urls = ExplicitUrls::new(["http://c.example/list"], ["http://o.example"], ["http://i.example/ca.cer"]).unwrap();
    let kinds = [
        Kind { state: Status::PendingCertificate, key: ("EC", "ec-p384"), ..Kind::default() },
        Kind::default(),
        // R-MRG-5.
        Kind {
            key: rsa,
            path_length: Some(2),
            revocation: none().with_crl(crl().build().unwrap()).with_ocsp(OcspConfiguration::new()),
            crl: Some("http://bucket.s3.us-west-2.amazonaws.com/crl/12345678-1234-1234-1234-123456789012.crl"),
            ocsp: Some("http://ocsp.acm-pca.us-west-2.amazonaws.com"),
            ..Kind::default()
        },
        Kind {
            root: false,
            key: ("EC", "ec-p521"),
            path_length: Some(0),
            revocation: none()
                .with_crl(crl().custom_cname("crl.example").custom_path("a/b").build().unwrap())
                .with_ocsp(OcspConfiguration::with_custom_cname("ocsp.example").unwrap()),
            crl: Some("http://crl.example/a/b/12345678-1234-1234-1234-123456789012.crl"),
            ocsp: Some("http://ocsp.example"),
            ..Kind::default()
        },
        Kind {
            root: false,
            key: ("ML_DSA_44", "ml-dsa-44"),
            path_length: Some(3),
            key_identifier: None,
            revocation: none().with_explicit_urls(urls),
            crl: Some("http://c.example/list"),
            ocsp: Some("http://o.example"),
            ca_issuers: Some("http://i.example/ca.cer"),
            ..Kind::default()
        },
        Kind {
            root: false,
            key: ("SM2", "sm2"),
            path_length: Some(1),
            key_identifier: Some(Some(b"another".to_vec())),
            partition: "aws-cn",
            revocation: none().with_crl(crl().build().unwrap()).with_ocsp(OcspConfiguration::new()),
            crl: Some("http://bucket.s3.us-west-2.amazonaws.com.cn/crl/12345678-1234-1234-1234-123456789012.crl"),
            ocsp: Some("http://ocsp.acm-pca.us-west-2.amazonaws.com.cn"),
            ..Kind::default()
        },
        Kind {
            short_lived: true,
            revocation: none()
                .with_crl(crl().omit_extension(true).build().unwrap())
                .with_ocsp(OcspConfiguration::new()),
            ocsp: Some("http://ocsp.acm-pca.us-west-2.amazonaws.com"),
            ..Kind::default()
        },
        Kind { root: false, permitted_domain: Some("example"), ..Kind::default() },
        Kind {
            revocation: none().with_crl(CrlConfigurationBuilder::default().enabled(false).build().unwrap()),
            path_length: Some(4),
            ..Kind::default()
        },
        Kind { state: Status::Disabled, ..Kind::default() },
        Kind { root: false, state: Status::PendingCertificate, ..Kind::default() },
        Kind { state: Status::Failed, ..Kind::default() },
    ];
    kinds.into_iter().enumerate().map(|(number, kind)| kind.build(number)).collect()
}

// ---------------------------------------------------------------------------------------------------------------------
// Requests

/// What custom extensions and those of CSRs may be.
const EXTENSIONS: [&str; 13] = [
    "2.5.29.17",
    "2.5.29.15",
    "2.5.29.37",
    "2.5.29.32",
    "2.5.29.31",
    "1.3.6.1.5.5.7.1.1",
    "2.5.29.35",
    "2.5.29.14",
    "2.5.29.19",
    "2.5.29.30",
    "1.3.6.1.5.5.7.1.24",
    "1.2.3.4.5",
    "2.16.840.1.113730.1.13",
];

/// The members of a name, each with a value, to which a marker may be added where it fits.
const MEMBERS: [(&str, &str); 14] = [
    ("Country", "QX"),
    ("Organization", "Örganisation "),
    ("OrganizationalUnit", "Unit "),
    ("DistinguishedNameQualifier", "qualifier "),
    ("State", "State "),
    ("CommonName", "common "),
    ("SerialNumber", "4711 "),
    ("Locality", "Löcality "),
    ("Title", "Title "),
    ("Surname", "Surname "),
    ("GivenName", "Given "),
    ("Initials", "A.G."),
    ("Pseudonym", "Pseudonym "),
    ("GenerationQualifier", "XVI"),
];

/// One request, and where it goes.
struct Case<'w> {
    issuing: &'w Issuing,
    json: Value,
    now: i64,
    serial: Vec<u8>,
    strict: bool,
}

/// What cases are made of.
struct World {
    rows: Vec<Row>,
    authorities: Vec<Issuing>,
    /// SubjectPublicKeyInfo of other keys, the last two of which no policy takes.
    keys: Vec<Vec<u8>>,
}

fn public_key_of_request(name: &str) -> Vec<u8> {
    let pem = files::text(&format!("csr-proof/{name}.pem"));
    let (_, der) = der::Document::from_pem(&pem).unwrap();
    children(children(der.as_bytes())[0])[2].to_vec()
}

impl World {
    fn new() -> World {
        let signers = ["ec-p384", "rsa-2048", "ec-p521", "ml-dsa-44"].map(common::keys::signer);
        let mut keys: Vec<Vec<u8>> = signers.iter().map(|signer| signer.public_key_der().to_vec()).collect();
        keys.push(public_key_of_request("ed25519"));
        keys.push(public_key_of_request("rsa-1024-sha256"));
        keys.push(public_key_of_request("ec-secp256k1-sha256"));
        World { rows: rows(), authorities: authorities(), keys }
    }

    fn case(&self, random: &mut Random) -> Case<'_> {
        let row = random.pick(&self.rows);
        let issuing = self.authority(row, random);
        let facts = &issuing.facts;
        let own_key = random.chance(if row.is_root() { 97 } else { 1 });
        let public_key = match own_key {
            true => &facts.public_key,
            false if random.chance(3) => &self.keys[5 + random.below(2)],
            false => &self.keys[random.below(5)],
        };
        let now = match random.below(10) {
            0 => random.between(NOW - 5 * 365 * DAY, CA_END + 365 * DAY),
            // The last days of months.
            1 => NOW + DAY * random.between(0, 400),
            _ => NOW,
        };
        let mut json = Map::new();
        let arn = if random.chance(1) { facts.arn.replace(ID, &ID.replace('8', "9")) } else { facts.arn.clone() };
        json.insert("CertificateAuthorityArn".to_owned(), arn.into());
        // A renewal keeps the subject of the root.
        let subject = (row.is_root() && random.chance(60)).then_some(&facts.contribution.subject[..]);
        json.insert("Csr".to_owned(), BASE64_STANDARD.encode(csr(public_key, subject, random)).into());
        let algorithms = match random.chance(1) {
            true => &["SHA256WITHECDSA", "SHA512WITHRSA_PSS", "ML_DSA_87"],
            false => whole::algorithms(facts.key),
        };
        json.insert("SigningAlgorithm".to_owned(), (*random.pick(algorithms)).into());
        let template = if random.chance(1) { "NoSuchCertificate" } else { &row.name };
        if template != "EndEntityCertificate" || random.chance(50) {
            json.insert("TemplateArn".to_owned(), format!("arn:aws:acm-pca:::template/{template}/V1").into());
        }
        json.insert("Validity".to_owned(), validity(facts.short_lived, now, random));
        if random.chance(10) {
            let until = json["Validity"]["Value"].as_i64().unwrap();
            let value = match random.below(4) {
                0 => until - random.between(0, 2),
                _ => now + random.between(-400 * DAY, 20 * DAY),
            };
            let period = if random.chance(3) { "DAYS" } else { "ABSOLUTE" };
            json.insert("ValidityNotBefore".to_owned(), json!({ "Value": value, "Type": period }));
        }
        if random.chance(80) {
            json.insert("ApiPassthrough".to_owned(), passthrough(random));
        }
        let mut serial = vec![1 + random.below(255) as u8];
        let length = random.below(16);
        serial.extend((0..length).map(|_| random.next() as u8));
        Case { issuing, json: json.into(), now, serial, strict: random.chance(8) }
    }

    /// Mostly one that the template is for.
    fn authority(&self, row: &Row, random: &mut Random) -> &Issuing {
        loop {
            let issuing = random.pick(&self.authorities);
            let facts = &issuing.facts;
            let fits = match facts.state {
                "ACTIVE" if row.is_root() => facts.is_root,
                "ACTIVE" if row.basic_constraints.ca => {
                    facts.path_length.is_none_or(|left| row.basic_constraints.path_len.unwrap_or(0) < left)
                }
                "ACTIVE" => true,
                _ => row.is_root() && facts.is_root && facts.state == "PENDING_CERTIFICATE",
            };
            if fits || random.chance(2) {
                return issuing;
            }
        }
    }
}

fn validity(short_lived: bool, now: i64, random: &mut Random) -> Value {
    let days = if short_lived { 9 } else { 400 };
    let until = now + random.between(-DAY / 2, days * DAY);
    let digits = |until: i64, random: &mut Random| {
        let (year, month, day, second) = civil(until);
        let rest = (((month * 100 + day) * 100 + second / 3600) * 100 + second / 60 % 60) * 100 + second % 60;
        let year = if year < 2050 && random.chance(50) { year % 100 } else { year };
        year * 10_000_000_000 + rest
    };
    // On the edges of R-VAL-3 to R-VAL-5, and beside them.
    let edges = [now, now + 1, now + 7 * DAY, now + 7 * DAY + 1, CA_END, CA_END + 1, YEAR_2050 - 1, YEAR_2050];
    let (value, period) = match random.below(20) {
        0 => (until, "ABSOLUTE"),
        1 => (*random.pick(&edges), "ABSOLUTE"),
        2 | 3 if random.chance(20) => (digits(random.between(CA_END, YEAR_2050 + 400 * DAY), random), "END_DATE"),
        2 | 3 => (digits(until, random), "END_DATE"),
        4 => (random.between(1, 20), "MONTHS"),
        5 => (random.between(1, 25), "YEARS"),
        6 if random.chance(50) => (
            *random.pick(&[0, -1, 1, i64::MAX, 491_331_000_000, 99_991_231_235_959, 253_402_300_799]),
            *random.pick(&["DAYS", "MONTHS", "YEARS", "ABSOLUTE", "END_DATE"]),
        ),
        _ => (random.between(1, days), "DAYS"),
    };
    json!({ "Value": value, "Type": period })
}

/// A value for an extension, in DER unless it is to be malformed. All are shorter than 128 octets.
fn value(id: &str, random: &mut Random) -> Vec<u8> {
    let marker = random.next().to_be_bytes();
    match id {
        "2.5.29.17" => {
            let hex = random.marker();
            let names = [
                tlv(0x82, &[format!("{hex}.example")]),
                tlv(0x82, &[format!("{hex}.elsewhere")]),
                tlv(0x81, &[format!("{hex}@mail")]),
                tlv(0x87, &[[random.next() as u8 % 12, 0, 0, 1]]),
                tlv(0xa4, &[name(&[("2.5.4.3", 0x0c, &hex)])]),
                tlv(0x86, &[format!("urn:{hex}")]),
            ];
            let malformed = [tlv(0x82, &[""]), tlv(0x87, &[[1, 2, 3, 4, 5]]), tlv(0x8f, &["x"]), tlv(0x82, &[" "])];
            match random.below(40) {
                0 => sequence::<&[u8]>(&[]),
                1 => sequence(&[&names[0], random.pick(&malformed)]),
                2 => tlv(OCTET_STRING, &[marker]),
                _ => sequence(&random.some(&names, 3)),
            }
        }
        "2.5.29.15" => match random.below(12) {
            0 => tlv(OCTET_STRING, &[marker]),
            // keyCertSign.
            1 => tlv(BIT_STRING, &[[2, 0x84]]),
            // digitalSignature, and the marker in bits that have no meaning.
            _ => tlv(BIT_STRING, &[&[0, 0x80][..], &marker[..]]),
        },
        _ => tlv(OCTET_STRING, &[marker]),
    }
}

/// A certification request. Nobody has signed it, but it is as long as if somebody had.
fn csr(public_key: &[u8], subject: Option<&[u8]>, random: &mut Random) -> Vec<u8> {
    let marker = random.marker();
    let subject = match random.below(10) {
        _ if subject.is_some() => subject.unwrap().to_vec(),
        0..=2 => name(&[]),
        3 => name(&[("2.5.4.6", 0x13, "QX"), ("2.5.4.3", 0x14, &marker), ("2.5.4.3", 0x0c, &"x".repeat(104))]),
        // Two attributes in one RDN.
        4 => {
            let attribute = |id: &str| sequence(&[oid(id), tlv(0x13, &[&marker])]);
            sequence(&[tlv(SET, &[attribute("2.5.4.3"), attribute("2.5.4.5")])])
        }
        _ => name(&[("2.5.4.3", 0x13, &marker)]),
    };
    let mut extensions: Vec<Vec<u8>> = Vec::new();
    if random.chance(60) {
        for id in random.some(&EXTENSIONS, 6) {
            let der = extension(id, random.chance(50), &value(id, random));
            let at = random.below(extensions.len() + 1);
            extensions.insert(at, der);
        }
    }
    if random.chance(1) && !extensions.is_empty() {
        extensions.push(extensions[0].clone());
    }
    let list = sequence(&extensions);
    let attribute = |id: &str, values: &[u8]| sequence(&[&oid(id), values]);
    let mut attributes = Vec::new();
    match random.below(10) {
        0 if extensions.is_empty() => {}
        0 => attributes.push(attribute(MS_CERT_EXTENSIONS, &tlv(SET, &[list]))),
        1 => {
            let other = sequence(&[extension("1.2.3.4.6", false, &tlv(OCTET_STRING, &[&marker]))]);
            attributes.push(attribute(EXTENSION_REQUEST, &tlv(SET, &[list])));
            attributes.push(attribute(MS_CERT_EXTENSIONS, &tlv(SET, &[other])));
        }
        _ => attributes.push(attribute(EXTENSION_REQUEST, &tlv(SET, &[list]))),
    }
    if random.chance(15) {
        attributes.push(attribute("1.2.840.113549.1.9.7", &tlv(SET, &[tlv(0x0c, &[&marker])])));
    }
    if random.chance(15) {
        attributes.push(attribute("1.2.3.77", &tlv(SET, &[tlv(OCTET_STRING, &["a"]), tlv(OCTET_STRING, &[&marker])])));
    }
    if random.chance(1) {
        attributes.push(attribute("1.2.3.77", &tlv(SET, &[tlv(OCTET_STRING, &["b"])])));
    }
    attributes.sort();
    let info = sequence(&[tlv(INTEGER, &[[0]]), subject, public_key.to_vec(), tlv(0xa0, &attributes)]);
    let algorithm = sequence(&[oid("1.2.840.10045.4.3.2")]);
    sequence(&[info, algorithm, tlv(BIT_STRING, &[[0; 65]])])
}

/// `ASN1Subject`, with at least one attribute.
fn subject(random: &mut Random) -> Map<String, Value> {
    let mut out = Map::new();
    if random.chance(25) {
        let types = ["2.5.4.6", "2.5.4.3", "1.2.840.113549.1.9.1", "0.9.2342.19200300.100.1.25", "2.5.4.5", "1.2.3.9"];
        let count = 1 + random.below(5);
        let custom = (0..count).map(|_| {
            let id = *random.pick(&types);
            json!({ "ObjectIdentifier": id, "Value": random.marker() })
        });
        out.insert("CustomAttributes".to_owned(), custom.collect::<Vec<_>>().into());
        if random.chance(3) {
            out.insert("CommonName".to_owned(), "too much".into());
        }
        return out;
    }
    for (member, value) in random.some(&MEMBERS, 14) {
        let value = if value.ends_with(' ') { format!("{value}{}", random.marker()) } else { (*value).to_owned() };
        out.insert((*member).to_owned(), value.into());
    }
    out
}

fn general_name(random: &mut Random) -> Value {
    let marker = random.marker();
    match random.below(40) {
        0 => json!({ "DnsName": "ümlaut.example" }),
        1 => json!({ "DnsName": "two.example", "Rfc822Name": "options@example" }),
        2..=5 => json!({ "OtherName": { "TypeId": "1.2.3.4", "Value": format!("ö{marker}") } }),
        6..=9 => json!({ "Rfc822Name": format!("{marker}@example.com") }),
        10..=13 => json!({ "DirectoryName": subject(random) }),
        14..=15 => json!({ "EdiPartyName": { "PartyName": marker } }),
        16..=17 => json!({ "EdiPartyName": { "PartyName": marker, "NameAssigner": "ä" } }),
        18..=21 => json!({ "UniformResourceIdentifier": format!("https://{marker}.example/") }),
        22..=25 => json!({ "IpAddress": format!("{}.0.0.{}", 5 + random.below(8), random.below(256)) }),
        26..=27 => json!({ "IpAddress": format!("2001:db8::{:x}", random.below(65_536)) }),
        28..=31 => json!({ "RegisteredId": format!("1.2.3.{}", random.below(1_000_000)) }),
        32 => json!({ "DnsName": format!("{marker}.elsewhere") }),
        _ => json!({ "DnsName": format!("{marker}.example") }),
    }
}

fn many(percent: u64, random: &mut Random, mut one: impl FnMut(&mut Random) -> Value) -> Option<Value> {
    let count = 1 + random.below(3);
    random.chance(percent).then(|| (0..count).map(|_| one(random)).collect::<Vec<_>>().into())
}

fn passthrough(random: &mut Random) -> Value {
    let mut extensions = Map::new();
    let mut put = |member: &str, value: Option<Value>| {
        if let Some(value) = value {
            extensions.insert(member.to_owned(), value);
        }
    };
    let policies = many(20, random, |random| {
        let id = format!("1.2.5.{}", random.below(1_000_000));
        let count = random.below(3);
        let cps = |_| json!({ "PolicyQualifierId": "CPS", "Qualifier": { "CpsUri": "https://example.com/cps" } });
        match count {
            0 => json!({ "CertPolicyId": id }),
            _ => json!({ "CertPolicyId": id, "PolicyQualifiers": (0..count).map(cps).collect::<Vec<_>>() }),
        }
    });
    let policies = policies.map(|mut policies| {
        if random.chance(2) {
            let policies = policies.as_array_mut().unwrap();
            policies.push(policies[0].clone());
        }
        policies
    });
    put("CertificatePolicies", policies);
    let purposes = many(20, random, |random| match random.chance(60) {
        true => json!({ "ExtendedKeyUsageType": random.pick(&PURPOSES).0 }),
        false => json!({ "ExtendedKeyUsageObjectIdentifier": format!("1.2.4.{}", random.below(1_000_000)) }),
    });
    put("ExtendedKeyUsage", purposes);
    let key_usage = random.chance(25).then(|| {
        let members = [
            "DigitalSignature",
            "NonRepudiation",
            "KeyEncipherment",
            "DataEncipherment",
            "KeyAgreement",
            "CRLSign",
            "EncipherOnly",
            "DecipherOnly",
        ];
        let mut usage = Map::new();
        for member in random.some(&members, 8) {
            usage.insert((*member).to_owned(), (!random.chance(10)).into());
        }
        if random.chance(8) {
            usage.insert("KeyCertSign".to_owned(), true.into());
        }
        usage.into()
    });
    put("KeyUsage", key_usage);
    put("SubjectAlternativeNames", many(25, random, general_name));
    let mut custom = Vec::new();
    if random.chance(50) {
        // Mostly none that has a member of its own, which R-REQ-9 refuses beside it.
        let pool = if random.chance(50) { &EXTENSIONS[..] } else { &EXTENSIONS[4..] };
        for id in random.some(pool, 5) {
            let value = if random.chance(1) { vec![0x30, 5] } else { value(id, random) };
            let value = BASE64_STANDARD.encode(&value);
            let extension = match random.below(3) {
                0 => json!({ "ObjectIdentifier": id, "Value": value }),
                other => json!({ "ObjectIdentifier": id, "Value": value, "Critical": other == 1 }),
            };
            let at = random.below(custom.len() + 1);
            custom.insert(at, extension);
        }
    }
    put("CustomExtensions", (!custom.is_empty()).then(|| custom.into()));
    let mut out = Map::new();
    if !extensions.is_empty() {
        out.insert("Extensions".to_owned(), extensions.into());
    }
    match random.below(10) {
        0..=4 => {
            out.insert("Subject".to_owned(), subject(random).into());
        }
        5 => {
            out.insert("Subject".to_owned(), Map::new().into());
        }
        _ => {}
    }
    out.into()
}

// ---------------------------------------------------------------------------------------------------------------------
// Judging

impl Case<'_> {
    fn engine(&self) -> Result<Prepared, Error> {
        let request = IssueCertificateRequest::from_json(self.json.to_string().as_bytes())?;
        let options = IssuanceOptions::default().strict(self.strict);
        let preparation = Preparation {
            authority: &self.issuing.engine,
            now: Timestamp::from_unix(self.now).unwrap(),
            serial: SerialNumber::from_be_bytes(&self.serial).unwrap(),
            partition: None,
            verifier: &AnySignature,
            options: &options,
        };
        preparation.prepare(&request)
    }

    fn model(&self, rows: &[Row]) -> Result<Issued, BTreeSet<Refusal>> {
        let asked = Asked { json: &self.json, now: self.now, serial: &self.serial, strict: self.strict };
        whole::outcome(rows, &self.issuing.facts, &asked)
    }
}

/// The rule that the engine refuses by; for requests that are wrong in themselves the exception says it all.
fn rule(error: &Error) -> Option<&'static str> {
    Some(match error {
        Error::Request(_) => return None,
        Error::NotThisAuthority(_) => "R-ARN-3",
        Error::UnknownTemplate(_) => "R-REQ-5",
        Error::Template(TemplateMisuse::PathLength { .. }) => "R-CA-3",
        Error::Template(_) => "R-CA-2",
        Error::Algorithm(_) => "R-CA-4",
        Error::Validity(ValidityError::NotADate { .. } | ValidityError::OutOfRange { .. }) => "R-VAL-2",
        Error::Validity(ValidityError::Past { .. } | ValidityError::Empty { .. }) => "R-VAL-3",
        Error::Validity(ValidityError::BeyondCa { .. }) => "R-VAL-4",
        Error::Validity(ValidityError::TooLongForShortLived { .. }) => "R-VAL-5",
        Error::Suppressed(_) => "R-MRG-7",
        Error::NameConstraint(_) => "R-CA-5",
        Error::AuthorityState { .. } => "R-CA-1",
        Error::Check(_) => "RFC 5280 section 4.2.1",
        Error::Csr(error) => {
            use issuance::CsrError as E;
            match error {
                E::Key(_) => "R-CSR-4",
                E::DuplicateAttribute(_) | E::DuplicateExtension(_) => "R-CSR-6",
                E::NoName | E::SanNotCritical | E::EmptyCaSubject => "R-CSR-7",
                _ => "R-CSR-2",
            }
        }
        other => panic!("a refusal that no rule has: {other}"),
    })
}

/// Compares everything; the difference, where there is one.
fn judge(engine: &Result<Prepared, Error>, model: &Result<Issued, BTreeSet<Refusal>>) -> Result<(), String> {
    fn same<T: PartialEq + std::fmt::Debug>(what: &str, engine: T, model: T) -> Result<(), String> {
        if engine == model { Ok(()) } else { Err(format!("{what}\nengine {engine:02x?}\nmodel  {model:02x?}")) }
    }
    match (engine, model) {
        (Ok(prepared), Ok(issued)) => {
            let (plan, certificate) = (prepared.plan(), &issued.certificate);
            let extensions: Vec<Extension> = plan
                .extensions()
                .map(|extension| Extension {
                    oid: extension.oid().to_string(),
                    critical: extension.critical(),
                    value: extension.value_der().to_vec(),
                    from: Origin::read(&extension.source().to_string()),
                })
                .collect();
            same("extensions", &extensions, &certificate.extensions)?;
            let mut suppressed: Vec<Suppressed> = plan.suppressed().iter().map(Suppressed::read).collect();
            suppressed.sort();
            same("suppressed", &suppressed, &certificate.suppressed)?;
            let fields: Vec<(Field, String)> =
                plan.fields().iter().map(|field| (field.field(), field.source().to_string())).collect();
            let wanted = [
                (Field::SerialNumber, "derived"),
                (Field::Signature, "request"),
                (Field::Issuer, certificate.issuer_from),
                (Field::NotBefore, issued.not_before_from),
                (Field::NotAfter, "request"),
                (Field::Subject, certificate.subject_from),
                (Field::SubjectPublicKeyInfo, "CSR"),
            ];
            same("fields", fields, wanted.map(|(field, source)| (field, source.to_owned())).to_vec())?;
            same("notBefore", plan.not_before().unix(), issued.not_before)?;
            same("notAfter", plan.not_after().unix(), issued.not_after)?;
            same("octets", prepared.tbs_der(), &issued.tbs)
        }
        (Err(error), Err(refusals)) => {
            let (rule, exception) = (rule(error), error.aws_exception().as_str());
            let told =
                |refusal: &Refusal| refusal.exception == exception && rule.is_none_or(|rule| rule == refusal.rule);
            match refusals.iter().any(told) {
                true => Ok(()),
                false => Err(format!("engine refuses by {rule:?}: {exception}: {error}\nmodel  {refusals:?}")),
            }
        }
        (Ok(_), Err(refusals)) => Err(format!("engine issues\nmodel  {refusals:?}")),
        (Err(error), Ok(_)) => Err(format!("engine refuses: {error}\nmodel  issues")),
    }
}

/// What has happened how often.
#[derive(Default)]
struct Figures(BTreeMap<String, u64>);

impl Figures {
    fn count(&mut self, what: impl Into<String>) {
        *self.0.entry(what.into()).or_default() += 1;
    }

    fn of(&self, what: &str) -> u64 {
        self.0.get(what).copied().unwrap_or_default()
    }

    fn add(&mut self, case: &Case<'_>, model: &Result<Issued, BTreeSet<Refusal>>) {
        let name = case.json["TemplateArn"].as_str().map_or("(none)", |arn| arn.split('/').nth(1).unwrap());
        match model {
            Err(refusals) => {
                self.count("refused");
                self.count(format!("refused to {name}"));
                for refusal in refusals {
                    self.count(format!("refused by {}: {}", refusal.rule, refusal.exception));
                }
            }
            Ok(issued) => {
                self.count("issued");
                self.count(format!("issued {name}"));
                self.count(format!("subject from {}", issued.certificate.subject_from));
                for extension in &issued.certificate.extensions {
                    let critical = if extension.critical { ", critical" } else { "" };
                    self.count(format!("{} from {}{critical}", extension.oid, extension.from));
                }
                let (facts, end) = (&case.issuing.facts, issued.not_after);
                for (edge, at) in [
                    ("one second after issuance", case.now + 1 == end),
                    ("with the CA's certificate", facts.not_after == Some(end)),
                    ("7 days after issuance, of a short-lived CA", facts.short_lived && case.now + 7 * DAY == end),
                    ("one second after it begins", issued.not_before + 1 == end),
                    ("with 2049", end == YEAR_2050 - 1),
                    ("in 2050 or later", end >= YEAR_2050),
                ] {
                    if at {
                        self.count(format!("ends {edge}"));
                    }
                }
                for suppressed in &issued.certificate.suppressed {
                    let input = suppressed.input.split(['.', ' ']).next().unwrap();
                    self.count(format!("suppressed from {input}: {}", suppressed.reason));
                }
            }
        }
    }

    /// Everything that the rules can lead to with these requests has come up. The counts are of one `cases`.
    fn are_complete(&self, rows: &[Row]) {
        for row in rows {
            assert!(self.of(&format!("issued {}", row.name)) > 0, "nothing was issued with {}", row.name);
            assert!(self.of(&format!("refused to {}", row.name)) > 0, "nothing was refused to {}", row.name);
        }
        let by = [
            "R-REQ-2",
            "R-REQ-3",
            "R-REQ-4",
            "R-REQ-5",
            "R-REQ-7",
            "R-REQ-8",
            "R-REQ-9",
            "R-ENC-3",
            "R-ARN-3",
            "R-CSR-2",
            "R-CSR-4",
            "R-CSR-6",
            "R-CSR-7",
            "R-VAL-1",
            "R-VAL-2",
            "R-VAL-3",
            "R-VAL-4",
            "R-VAL-5",
            "R-CA-1",
            "R-CA-2",
            "R-CA-3",
            "R-CA-4",
            "R-CA-5",
            "R-MRG-7",
            "RFC 5280 section 4.2.1",
            "RFC 5280 section 4.2.1.4",
        ];
        for rule in by {
            let hit = self.0.keys().any(|what| what.starts_with(&format!("refused by {rule}: ")));
            assert!(hit, "nothing was refused by {rule}");
        }
        // Who gives what (R-MRG-1 to R-MRG-6); the critical ones are counted apart.
        for (id, sources) in [
            ("2.5.29.17", &["API", "API, critical", "CSR", "CSR, critical"][..]),
            ("2.5.29.19", &["template", "template, critical"]),
            ("2.5.29.35", &["CA certificate", "API", "API, critical"]),
            ("2.5.29.14", &["derived"]),
            ("2.5.29.15", &["template, critical", "API", "API, critical", "CSR", "CSR, critical"]),
            ("2.5.29.37", &["template", "template, critical", "API", "API, critical", "CSR", "CSR, critical"]),
            ("2.5.29.31", &["CA configuration", "API", "API, critical", "CSR", "CSR, critical"]),
            ("1.3.6.1.5.5.7.1.1", &["CA configuration", "API", "API, critical", "CSR", "CSR, critical"]),
            ("2.5.29.32", &["API", "API, critical", "CSR", "CSR, critical"]),
            ("1.2.3.4.5", &["API", "API, critical", "CSR", "CSR, critical"]),
        ] {
            for source in sources {
                assert!(self.of(&format!("{id} from {source}")) > 0, "{id} never came from {source}");
            }
        }
        let edges: Vec<_> = self.0.keys().filter(|what| what.starts_with("ends ")).collect();
        assert_eq!(edges.len(), 6, "{edges:?}");
        let reasons = self.0.keys().filter(|what| what.starts_with("suppressed from "));
        let reasons: Vec<_> = reasons.collect();
        // The API: two kinds, the template, the configuration, an empty structure. The CSR: two kinds, the template, the configuration, the API, a
        // better attribute, and attributes that are not supported.
        assert_eq!(reasons.len(), 12, "{reasons:?}");
        assert!(self.of("subject from API") > 0 && self.of("subject from CSR") > 0);
    }
}

fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable).map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{variable} is no number")))
}

#[test]
fn the_engine_does_what_the_rules_say() {
    let (cases, seed) = (number("ISSUANCE_MODEL_CASES", 3_000), number("ISSUANCE_MODEL_SEED", 1));
    let world = World::new();
    let mut figures = Figures::default();
    for index in 0..cases {
        // One case can be run alone: its seed is that of the run plus its number.
        let seed = seed.wrapping_add(index);
        let case = world.case(&mut Random(seed.wrapping_mul(0x2545_f491_4f6c_dd1d)));
        let (engine, model) = (case.engine(), case.model(&world.rows));
        if let Err(difference) = judge(&engine, &model) {
            let authority = &case.issuing.facts.contribution.subject;
            let authority = String::from_utf8_lossy(content(authority)).into_owned();
            panic!(
                "ISSUANCE_MODEL_CASES=1 ISSUANCE_MODEL_SEED={seed}\n{authority} at {}\n{:#}\n{difference}",
                case.now, case.json
            );
        }
        figures.add(&case, &model);
    }
    println!("{cases} cases from seed {seed}");
    figures.0.iter().for_each(|(what, count)| println!("{count:>9} {what}"));
    if cases >= 100_000 {
        figures.are_complete(&world.rows);
    }
}
