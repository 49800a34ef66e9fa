//! R-POL-8: each profile issues, and each part of it refuses something that its template alone would issue.

use issuance::analysis::{Answer, Relation, analyse, diff};
use issuance::authority::CertificateAuthorityType;
use issuance::policy::Policy;
use issuance::request::CustomExtension;
use issuance::template::{profile, profile_names, profile_text};
use issuance::{
    CertificateAuthority, CertificatePlan, Error, KeyUsage, Signer, SigningAlgorithm, Subject, Template, Validity,
};
use issuance_test_support::ca::{self, CA_ARN, CA_KEY, Ca, LEAF_KEY, P384_KEY};
use issuance_test_support::der::{self, CsrParts, name, name_attribute, seq, tlv, utf8};
use issuance_test_support::keys;

use crate::judging::{DNS, URI};
use crate::never_or_witness::{prepare, request_of};

#[test]
fn r_pol_8_each_profile_issues_and_each_part_refuses_something() {
    let active = Ca::default().build();
    let subject = Subject::builder().country("UT").common_name("Root").build().unwrap();
    let pending = CertificateAuthority::builder(CA_ARN.parse().unwrap(), CertificateAuthorityType::Root)
        .build(&subject, CA_KEY.public_key_der())
        .unwrap();
    let mut parts: Vec<(&str, Vec<String>)> = Vec::new();
    for name in profile_names() {
        assert!(profile_text(name).unwrap().starts_with("# "), "{name} cites its standard");
        let template = read(name);
        let root = if template.is_self_signed() { &pending } else { &active };
        match analyse(&template, &Policy::default(), root, ca::now()) {
            Answer::Witness(witness) => {
                drop(prepare(root, &template, &Policy::default(), &request_of(&witness)).unwrap())
            }
            Answer::Never(never) => panic!("{name}: {never}"),
        }
        // The same without its policy.
        let toml = template.to_toml();
        let bare = toml.split("\n[policy").next().unwrap();
        let bare = issuance::Template::from_toml(bare, &[]).unwrap();
        let found = diff(&bare, &template, root, ca::now());
        assert!(found.differences().iter().all(|difference| difference.relation() == Relation::Narrower), "{found}");
        parts.push((name, found.differences().iter().map(|difference| difference.dimension().to_owned()).collect()));
    }
    parts.iter_mut().for_each(|(_, parts)| parts.sort());
    let expected: [(&str, &[&str]); 11] = [
        ("code-signing", &["keys", "subject.required", "validity.longest"]),
        ("ieee-802-1ar", &["keys", "subject.required"]),
        ("kubernetes-pod", &["keys", "validity.longest"]),
        ("matter-dac", &["keys", "signing_algorithms", "subject.required"]),
        ("matter-paa", &["signing_algorithms", "subject.allowed", "subject.required"]),
        ("matter-pai", &["keys", "signing_algorithms", "subject.required"]),
        (
            "mdl-document-signer",
            &["extensions.forbidden", "extensions.not_critical", "keys", "subject.required", "validity.longest"],
        ),
        ("mdl-iaca", &["extensions.forbidden", "extensions.not_critical", "subject.required", "validity.longest"]),
        (
            "mtls-client",
            &["common_name", "extensions.forbidden", "keys", "names", "names.wildcards", "validity.longest"],
        ),
        ("spiffe", &["names", "names.least", "names.most", "names.permitted"]),
        (
            "tls-server",
            &[
                "common_name",
                "extensions.allowed",
                "keys",
                "names",
                "names.least",
                "names.permitted",
                "subject.allowed",
                "validity.longest",
            ],
        ),
    ];
    let expected: Vec<(&str, Vec<String>)> =
        expected.iter().map(|(name, parts)| (*name, parts.iter().map(|part| (*part).to_owned()).collect())).collect();
    assert_eq!(parts, expected);
    assert!(profile("tls-client").is_none());
}

const VENDOR: &str = "1.3.6.1.4.1.37244.2.1";
const PRODUCT: &str = "1.3.6.1.4.1.37244.2.2";

fn named(attributes: &[(&str, &str)]) -> Vec<u8> {
    let attributes: Vec<Vec<u8>> = attributes.iter().map(|(id, value)| name_attribute(id, &utf8(value))).collect();
    name(&attributes)
}

/// What is asked for beside a subject.
struct Asked<'a> {
    key: &'a [u8],
    subject: Vec<u8>,
    algorithm: SigningAlgorithm,
    days: i64,
    extensions: Vec<(&'static str, bool, Vec<u8>)>,
}

impl Asked<'_> {
    fn of(attributes: &[(&str, &str)]) -> Asked<'static> {
        Asked {
            key: LEAF_KEY.public_key_der(),
            subject: named(attributes),
            algorithm: SigningAlgorithm::Sha256WithEcdsa,
            days: 30,
            extensions: Vec::new(),
        }
    }

    /// What becomes of it: the plan, or the rules that refuse it.
    fn under(&self, template: &Template, authority: &CertificateAuthority) -> Result<CertificatePlan, Vec<String>> {
        let csr = CsrParts::new(self.key).subject(self.subject.clone());
        let mut request = ca::request(&csr.der(), "EndEntityCertificate")
            .template(template)
            .signing_algorithm(self.algorithm)
            .validity(Validity::days(self.days));
        for (id, critical, value) in &self.extensions {
            request = request.custom_extension(CustomExtension::new(*id, value.clone(), *critical));
        }
        match prepare(authority, template, &Policy::default(), &request.build().unwrap()) {
            Ok(prepared) => Ok(prepared.plan().clone()),
            Err(Error::Policy(refusal)) => Err(refusal.violations().iter().map(|v| v.rule().to_owned()).collect()),
            Err(other) => panic!("{other}"),
        }
    }

    fn with(mut self, id: &'static str, critical: bool, value: &[u8]) -> Self {
        self.extensions.push((id, critical, value.to_vec()));
        self
    }
}

/// The extensions of a plan as text, without those that follow from the keys.
fn texts(plan: &CertificatePlan) -> Vec<String> {
    let name = |oid: issuance::Oid| oid.name().map_or_else(|| oid.to_string(), str::to_owned);
    plan.extensions()
        .map(|e| format!("{}{} {}", name(e.oid()), if e.critical() { "!" } else { "" }, e.value_text()))
        .filter(|text| !text.contains("KeyIdentifier"))
        .collect()
}

fn read(name: &str) -> Template {
    profile(name).unwrap().unwrap()
}

/// Matter Core Specification, sections 6.2.2.3 to 6.2.2.5: the table of rules, row by row, each kept and broken.
#[test]
fn r_pol_8_matter_certificates_keep_the_table_of_rules() {
    let root = Ca::default().build();
    let usage = |bits: &[u8]| tlv(3, bits);
    // A PAA is for itself.
    let vendor = Subject::builder().common_name("Matter PAA").build().unwrap();
    let paa = CertificateAuthority::builder(CA_ARN.parse().unwrap(), CertificateAuthorityType::Root)
        .build(&vendor, CA_KEY.public_key_der())
        .unwrap();
    let cn = ("2.5.4.3", "Matter");
    let (vid, pid) = ((VENDOR, "FFF1"), (PRODUCT, "8000"));
    for (profile, authority, key, subject, expected) in [
        (
            "matter-dac",
            &root,
            LEAF_KEY.public_key_der(),
            vec![cn, vid, pid],
            ["basicConstraints! CA:FALSE", "keyUsage! digitalSignature"],
        ),
        (
            "matter-pai",
            &root,
            LEAF_KEY.public_key_der(),
            vec![cn, vid],
            ["basicConstraints! CA:TRUE, pathlen:0", "keyUsage! keyCertSign, cRLSign"],
        ),
        (
            "matter-paa",
            &paa,
            CA_KEY.public_key_der(),
            vec![("2.5.4.3", "Matter PAA")],
            ["basicConstraints! CA:TRUE, pathlen:1", "keyUsage! keyCertSign, cRLSign"],
        ),
    ] {
        let template = read(profile);
        let asked = || Asked { key, ..Asked::of(&subject) };
        // Version, serial number and key identifiers are every certificate's here.
        let plan = asked().under(&template, authority).unwrap();
        assert_eq!(texts(&plan), expected, "{profile}");
        assert!(plan.extension(&issuance::Oid::SUBJECT_KEY_IDENTIFIER).is_some(), "{profile}");
        assert_eq!(plan.extension(&issuance::Oid::AUTHORITY_KEY_IDENTIFIER).is_some(), profile != "matter-paa");
        // What the request says of what the template fixes changes nothing.
        let other =
            asked().with("2.5.29.15", true, &usage(&[1, 6])).with("2.5.29.37", false, &seq(&[&der::oid("1.2.3")]));
        let other = other.under(&template, authority).unwrap();
        assert_eq!(
            other.extension(&issuance::Oid::KEY_USAGE).unwrap().value_der(),
            plan.extension(&issuance::Oid::KEY_USAGE).unwrap().value_der()
        );
        // signature
        let other = Asked { algorithm: SigningAlgorithm::Sha384WithEcdsa, ..asked() };
        assert_eq!(other.under(&template, authority).unwrap_err(), ["signing_algorithms"], "{profile}");
        // subject
        let without = |id: &str| {
            let rest: Vec<_> = subject.iter().copied().filter(|(own, _)| *own != id).collect();
            Asked { key, ..Asked::of(&rest) }.under(&template, authority).map(drop).unwrap_err()
        };
        match profile {
            "matter-dac" => {
                assert_eq!(without(VENDOR), ["subject.required"]);
                assert_eq!(without(PRODUCT), ["subject.required"]);
            }
            "matter-pai" => assert_eq!(without(VENDOR), ["subject.required"]),
            _ => {
                let with_product = [("2.5.4.3", "Matter PAA"), vid, pid];
                let refused = Asked { key, ..Asked::of(&with_product) }.under(&template, authority);
                assert_eq!(refused.unwrap_err(), ["subject.allowed"]);
            }
        }
        // subjectPublicKeyInfo
        if profile != "matter-paa" {
            let other = Asked { key: P384_KEY.public_key_der(), ..Asked::of(&subject) };
            assert_eq!(other.under(&template, authority).unwrap_err(), ["keys"], "{profile}");
        }
    }
}

/// A root whose key is not of the kind that its profile takes never gets its certificate.
#[test]
fn r_pol_8_roots_of_other_keys_are_refused() {
    let rsa = keys::signer("rsa-2048");
    let root = CertificateAuthority::builder(CA_ARN.parse().unwrap(), CertificateAuthorityType::Root)
        .build(&ca::subject("Root"), rsa.public_key_der())
        .unwrap();
    for name in ["matter-paa", "mdl-iaca"] {
        match analyse(&read(name), &Policy::default(), &root, ca::now()) {
            Answer::Never(never) => {
                let because = never.because();
                assert!(
                    because[0].starts_with("signing_algorithms = ") || because[0].starts_with("keys = "),
                    "{because:?}"
                );
            }
            Answer::Witness(witness) => panic!("{name}: {witness}"),
        }
    }
}

#[test]
fn r_pol_8_licence_certificates_have_what_the_standard_asks_for() {
    let uri = seq(&[&tlv(0x86, b"https://dmv.example.com")]);
    let lists = seq(&[&seq(&[&tlv(0xa0, &tlv(0xa0, &tlv(0x86, b"https://dmv.example.com/crl")))])]);
    let issuing = Subject::builder().country("UT").common_name("IACA").build().unwrap();
    let iaca = CertificateAuthority::builder(CA_ARN.parse().unwrap(), CertificateAuthorityType::Root)
        .build(&issuing, CA_KEY.public_key_der())
        .unwrap();
    let root = Ca::default().build();
    for (name, authority, key, longest, fixed) in [
        (
            "mdl-iaca",
            &iaca,
            CA_KEY.public_key_der(),
            7_304,
            vec!["basicConstraints! CA:TRUE, pathlen:0", "keyUsage! keyCertSign, cRLSign"],
        ),
        (
            "mdl-document-signer",
            &root,
            LEAF_KEY.public_key_der(),
            456,
            vec!["basicConstraints CA:FALSE", "keyUsage! digitalSignature", "extKeyUsage! 1.0.18013.5.1.2"],
        ),
    ] {
        let template = read(name);
        let asked = |critical: bool| {
            let subject = if name == "mdl-iaca" { "IACA" } else { "Signer" };
            let asked = Asked { key, days: longest, ..Asked::of(&[("2.5.4.6", "UT"), ("2.5.4.3", subject)]) };
            asked.with("2.5.29.18", critical, &uri).with("2.5.29.31", false, &lists)
        };
        let mut found = texts(&asked(false).under(&template, authority).unwrap());
        found.retain(|text| !text.starts_with("issuerAltName") && !text.starts_with("cRLDistributionPoints"));
        assert_eq!(found, fixed);
        assert_eq!(asked(true).under(&template, authority).unwrap_err(), ["extensions.not_critical"], "{name}");
        let longer = Asked { days: longest + 1, ..asked(false) };
        assert_eq!(longer.under(&template, authority).unwrap_err(), ["validity.longest"], "{name}");
        let inhibited = asked(false).with("2.5.29.54", true, &[2, 1, 0]);
        assert_eq!(inhibited.under(&template, authority).unwrap_err(), ["extensions.forbidden"], "{name}");
        let nowhere = Asked { subject: named(&[("2.5.4.3", "IACA")]), ..asked(false) };
        assert_eq!(nowhere.under(&template, authority).unwrap_err(), ["subject.required"], "{name}");
    }
}

#[test]
fn r_pol_8_workloads_have_one_name() {
    let root = Ca::default().build();
    let template = read("spiffe");
    let rules = |names: &[(u8, &str)], under: &Template| {
        let names: Vec<u8> = names.iter().flat_map(|(tag, text)| tlv(*tag, text.as_bytes())).collect();
        let names = der::extension("2.5.29.17", true, &tlv(0x30, &names));
        let csr = CsrParts::new(LEAF_KEY.public_key_der()).subject(name(&[])).extensions(&[names]).der();
        let request = ca::request(&csr, "EndEntityCertificate").template(under).key_usage(KeyUsage::KEY_CERT_SIGN);
        match prepare(&root, under, &Policy::default(), &request.build().unwrap()) {
            Ok(prepared) => Ok(texts(prepared.plan())),
            Err(Error::Policy(refusal)) => {
                Err(refusal.violations().iter().map(|v| v.rule().to_owned()).collect::<Vec<String>>())
            }
            Err(other) => panic!("{other}"),
        }
    };
    let issued = rules(&[(URI, "spiffe://example.org/ns/a")], &template).unwrap();
    assert!(issued.contains(&"subjectAltName! URI:spiffe://example.org/ns/a".to_owned()), "{issued:?}");
    assert!(issued.contains(&"keyUsage! digitalSignature".to_owned()), "{issued:?}");
    let two = [(URI, "spiffe://example.org/a"), (URI, "spiffe://example.org/b")];
    assert_eq!(rules(&two, &template).unwrap_err(), ["names.most"]);
    assert_eq!(rules(&[(URI, "https://example.org/a")], &template).unwrap_err(), ["names.permitted"]);
    assert_eq!(rules(&[(DNS, "example.org")], &template).unwrap_err(), ["names.permitted"]);
    // As its comment says: a trust domain with a path.
    let own =
        "name = \"Own\"\nextends = \"SpiffeX509Svid\"\n[policy.names]\npermitted = [\"URI:spiffe://example.org/ns\"]\n";
    let own = Template::from_toml(own, std::slice::from_ref(&template)).unwrap();
    assert!(rules(&[(URI, "spiffe://example.org/ns/a")], &own).is_ok());
    for other in
        ["spiffe://example.org", "spiffe://example.org/", "spiffe://example.com/ns/a", "spiffe://example.org/n"]
    {
        assert_eq!(rules(&[(URI, other)], &own).unwrap_err(), ["names.permitted"], "{other}");
    }
}
