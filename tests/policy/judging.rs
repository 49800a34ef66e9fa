//! R-POL-2 to R-POL-5: what each part refuses, with rule, path, value and remedy.

use std::time::Duration;

use issuance::issue::{Judge, Prepared};
use issuance::policy::{CommonNameRule, Policy, PolicyBuilder, PolicyRefusal, PolicyViolation};
use issuance::request::{CustomExtension, IssueCertificateRequestBuilder};
use issuance::{
    AwsException, CertificatePlan, Error, IssuanceOptions, IssueCertificateRequest, KeyUsage, Signer, SigningAlgorithm,
    Template, Timestamp, Validity,
};
use issuance_test_support::ca::{self, CA_KEY, Ca, DAY, LEAF_KEY, NOW, P384_KEY, after_now, request};
use issuance_test_support::der::{self, CsrParts, name, name_attribute, tlv, utf8};
use issuance_test_support::keys;
use issuance_test_support::policies::ten_parts;

use crate::generate::{self, Random, for_each_seed};

pub(crate) const OPEN: &str = "BlankEndEntityCertificate_APICSRPassthrough";
pub(crate) const CN: &str = "2.5.4.3";
pub(crate) const ORGANIZATION: &str = "2.5.4.10";
pub(crate) const EMAIL: &str = "1.2.840.113549.1.9.1";
pub(crate) const SAN: &str = "2.5.29.17";

pub(crate) fn prepare(request: &IssueCertificateRequest, policy: &Policy) -> Result<Prepared, Error> {
    ca::prepare(&Ca::default().build(), request, &IssuanceOptions::default().policy(policy.clone()))
}

pub(crate) fn policy(builder: PolicyBuilder) -> Policy {
    builder.build().unwrap()
}

/// The violations of a request, which issues without the policy.
pub(crate) fn violations(request: &IssueCertificateRequest, policy: &Policy) -> Vec<String> {
    prepare(request, &Policy::default()).unwrap();
    match prepare(request, policy) {
        Ok(_) => Vec::new(),
        Err(error) => {
            assert_eq!(error.aws_exception(), AwsException::AccessDenied, "{error}");
            let Error::Policy(refusal) = error else { panic!("{error}") };
            assert_eq!(refusal.count(), refusal.violations().len());
            refusal.violations().iter().map(ToString::to_string).collect()
        }
    }
}

/// A request with this subject and these extensions in the CSR.
pub(crate) fn of_csr(subject: Vec<u8>, extensions: &[Vec<u8>]) -> IssueCertificateRequestBuilder {
    request(&CsrParts::new(LEAF_KEY.public_key_der()).subject(subject).extensions(extensions).der(), OPEN)
}

/// A request with these alternative names, tag and content.
pub(crate) fn named(names: &[(u8, &[u8])]) -> IssueCertificateRequest {
    let names: Vec<u8> = names.iter().flat_map(|(tag, content)| tlv(*tag, content)).collect();
    of_csr(der::common_name("leaf"), &[der::extension(SAN, false, &tlv(0x30, &names))]).build().unwrap()
}

pub(crate) const DNS: u8 = 0x82;
pub(crate) const IP: u8 = 0x87;
pub(crate) const URI: u8 = 0x86;
pub(crate) const MAIL: u8 = 0x81;

#[test]
fn r_pol_3_every_violation_is_listed_with_rule_path_value_and_remedy() {
    let policy = Policy::builder()
        .permitted_name("DNS:example.com")
        .permitted_name("IP:10.0.0.0/8")
        .wildcards(false)
        .most_names(2)
        .required_attribute("O")
        .key("EC_secp384r1")
        .key("RSA_3072-8192")
        .longest_validity(Duration::from_secs(90 * 86_400))
        .ca(true);
    let request = named(&[(DNS, b"*.example.com"), (DNS, b"example.org"), (IP, &[192, 0, 2, 1])]);
    assert_eq!(
        violations(&request, &self::policy(policy)),
        [
            "subjectAltName.1 is DNS:*.example.com; names.wildcards takes no wildcard",
            "subjectAltName.2 is DNS:example.org; names.permitted takes DNS:example.com, IP:10.0.0.0/8",
            "subjectAltName.3 is IP:192.0.2.1; names.permitted takes DNS:example.com, IP:10.0.0.0/8",
            "subjectAltName is of length 3; names.most takes at most 2 names",
            "subject.O is absent; subject.required takes a subject with it",
            "subjectPublicKeyInfo is EC_prime256v1; keys takes EC_secp384r1, RSA_3072-8192",
            "validity is 365d 1h from 2026-11-21T08:30:15Z to 2027-11-21T09:30:15Z; validity.longest takes at most 90d",
            "basicConstraints is not a CA; ca takes a CA",
        ]
    );
}

#[test]
fn r_pol_2_names_of_every_form() {
    let upn = der::seq(&[&der::oid("1.3.6.1.4.1.311.20.2.3"), &tlv(0xa0, &utf8("u@example.com"))]);
    let upn = &upn[2..];
    let directory = name(&[name_attribute("2.5.4.6", &utf8("US")), name_attribute(ORGANIZATION, &utf8("Corp"))]);
    let mailbox = der::seq(&[&der::oid("1.3.6.1.5.5.7.8.9"), &tlv(0xa0, &utf8("\u{e9}@example.com"))]);
    let mailbox = &mailbox[2..];
    for (pattern, tag, content, permitted, excluded) in [
        ("DNS:example.com", DNS, &b"www.EXAMPLE.com."[..], true, true),
        ("DNS:.example.com", DNS, b"example.com", false, false),
        ("DNS:www.example.com", DNS, b"*.example.com", false, true),
        ("DNS:", DNS, b"localhost", true, true),
        ("IP:10.0.0.0/8", IP, &[10, 255, 255, 255], true, true),
        ("IP:10.0.0.0/8", IP, &[11, 0, 0, 0], false, false),
        ("IP:10.0.0.0/8", IP, &[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 1], false, true),
        ("URI:spiffe://example.org/ns", URI, b"spiffe://example.org/ns/a", true, true),
        ("URI:spiffe://example.org/ns", URI, b"spiffe://example.org/nsa", false, false),
        ("URI:spiffe://example.org/ns", URI, b"spiffe://example.org/ns/%61", false, true),
        ("URI:urn:", URI, b"urn:uuid:1", true, true),
        ("email:example.com", MAIL, b"a@example.com", true, true),
        ("email:a@example.com", MAIL, b"A@example.com", false, false),
        ("email:example.com", MAIL, b"nonsense", false, true),
        ("email:example.com", 0xa0, mailbox, true, true),
        ("email:example.org", 0xa0, mailbox, false, false),
        ("DirName:C=us", 0xa4, &directory, true, true),
        ("DirName:O=Corp", 0xa4, &directory, false, false),
        ("othername:1.3.6.1.4.1.311.20.2.3", 0xa0, upn, true, true),
        ("othername:1.2.3", 0xa0, upn, false, false),
        ("RID:1.2.3", 0x88, &[0x2a, 3], true, true),
        ("RID:1.2.4", 0x88, &[0x2a, 3], false, false),
        // A form that no pattern is for.
        ("DNS:example.com", MAIL, b"a@example.com", false, false),
    ] {
        let request = named(&[(tag, content)]);
        // The subject is not an alternative name, but for the patterns of its form.
        let subject = if pattern.starts_with("DirName") {
            Policy::builder().permitted_name("DirName:CN=leaf")
        } else {
            Policy::builder()
        };
        let found = violations(&request, &policy(subject.permitted_name(pattern)));
        assert_eq!(found.is_empty(), permitted, "{pattern} permits {content:02x?}: {found:?}");
        let found = violations(&request, &policy(Policy::builder().excluded_name(pattern)));
        assert_eq!(!found.is_empty(), excluded, "{pattern} excludes {content:02x?}: {found:?}");
    }
}

#[test]
fn r_pol_2_names_of_the_subject() {
    let of = |subject: Vec<u8>| of_csr(subject, &[]).build().unwrap();
    let corp = of(name(&[name_attribute(ORGANIZATION, &utf8("Example  corp")), name_attribute(CN, &utf8("leaf"))]));
    let evil = of(name(&[name_attribute(ORGANIZATION, &utf8("Evil")), name_attribute(CN, &utf8("leaf"))]));
    for (builder, corp_passes, evil_passes) in [
        (Policy::builder().permitted_name("DirName:O=Example Corp"), true, false),
        (Policy::builder().excluded_name("DirName:O=Evil"), true, false),
        (Policy::builder().attribute_values("O", ["Example Corp", "Other"]), true, false),
        (Policy::builder().allowed_attribute("CN"), false, false),
        (Policy::builder().allowed_attribute("CN").allowed_attribute("O"), true, true),
        (Policy::builder().required_attribute("CN").required_attribute("2.5.4.10"), true, true),
        (Policy::builder().required_attribute("C"), false, false),
        // No alternative names, and the subject is not one.
        (Policy::builder().no_other_names(), true, true),
    ] {
        let policy = policy(builder);
        assert_eq!(violations(&corp, &policy).is_empty(), corp_passes, "{policy:?}");
        assert_eq!(violations(&evil, &policy).is_empty(), evil_passes, "{policy:?}");
    }
    let mail = of(name(&[name_attribute(EMAIL, &tlv(0x16, b"a@example.com"))]));
    assert!(violations(&mail, &policy(Policy::builder().permitted_name("email:example.com"))).is_empty());
    assert!(!violations(&mail, &policy(Policy::builder().permitted_name("DNS:example.com"))).is_empty());
}

#[test]
fn r_pol_2_common_names() {
    let of = |text: &str| {
        let address = tlv(IP, &[0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
        let names = [tlv(DNS, b"www.example.com"), tlv(MAIL, b"a@example.com"), tlv(URI, b"urn:x"), address].concat();
        of_csr(der::common_name(text), &[der::extension(SAN, false, &tlv(0x30, &names))]).build().unwrap()
    };
    let among = policy(Policy::builder().common_name(CommonNameRule::AmongNames));
    let no_host = policy(Policy::builder().common_name(CommonNameRule::NotAHost));
    for (text, is_among, is_no_host) in [
        ("WWW.example.com", true, false),
        ("a@example.com", true, true),
        ("urn:x", true, true),
        ("2001:DB8:0::1", true, false),
        ("other.example.com", false, false),
        ("*.example.com", false, false),
        ("10.0.0.1", false, false),
        ("Example device", false, true),
    ] {
        assert_eq!(violations(&of(text), &among).is_empty(), is_among, "{text}");
        assert_eq!(violations(&of(text), &no_host).is_empty(), is_no_host, "{text}");
    }
}

#[test]
fn r_pol_2_keys_and_signatures() {
    for (pattern, ec, rsa, ed25519) in [
        ("EC_prime256v1", true, false, false),
        ("EC_secp384r1", false, false, false),
        ("RSA_2048", false, true, false),
        ("RSA_2049-8192", false, false, false),
        ("RSA_1024-2048", false, true, false),
        ("ED25519", false, false, true),
    ] {
        let policy = policy(Policy::builder().key(pattern));
        let ed25519_key = [&[0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 3, 0x21, 0][..], &[9; 32]].concat();
        for (key, passes) in
            [(LEAF_KEY.public_key_der(), ec), (keys::signer("rsa-2048").public_key_der(), rsa), (&ed25519_key, ed25519)]
        {
            let request = request(&CsrParts::new(key).der(), OPEN).build().unwrap();
            assert_eq!(violations(&request, &policy).is_empty(), passes, "{pattern}");
        }
    }
    let request = request(&CsrParts::new(P384_KEY.public_key_der()).der(), OPEN);
    let sha384 = policy(Policy::builder().signing_algorithm(SigningAlgorithm::Sha384WithEcdsa));
    assert!(!violations(&request.clone().build().unwrap(), &sha384).is_empty());
    let request = request.signing_algorithm(SigningAlgorithm::Sha384WithEcdsa).build().unwrap();
    assert!(violations(&request, &sha384).is_empty());
}

#[test]
fn r_pol_2_validity_to_the_second() {
    let at = |start: i64, end: i64| {
        of_csr(der::common_name("leaf"), &[])
            .validity(Validity::until(after_now(end)))
            .validity_not_before(Validity::until(after_now(start)))
            .build()
            .unwrap()
    };
    let time = |offset| Timestamp::from_unix(NOW + offset).unwrap();
    let longest = policy(Policy::builder().longest_validity(Duration::from_secs(100)));
    assert!(violations(&at(-50, 50), &longest).is_empty());
    assert!(!violations(&at(-50, 51), &longest).is_empty());
    let window = policy(Policy::builder().earliest_not_before(time(10)).latest_not_after(time(DAY)));
    assert!(violations(&at(10, DAY), &window).is_empty());
    assert_eq!(violations(&at(9, DAY + 1), &window).len(), 2);
}

#[test]
fn r_pol_2_usages() {
    let both = KeyUsage::DIGITAL_SIGNATURE | KeyUsage::KEY_AGREEMENT;
    let plain = || of_csr(der::common_name("leaf"), &[]);
    let signing = plain().key_usage(KeyUsage::DIGITAL_SIGNATURE).build().unwrap();
    let wide = plain().key_usage(both | KeyUsage::DECIPHER_ONLY).build().unwrap();
    let absent = plain().build().unwrap();
    let count = |request, builder| violations(request, &policy(builder)).len();
    let allowed = || Policy::builder().allowed_key_usage(both);
    assert_eq!([&signing, &wide, &absent].map(|request| count(request, allowed())), [0, 1, 1]);
    let required = || Policy::builder().required_key_usage(both);
    assert_eq!([&signing, &wide, &absent].map(|request| count(request, required())), [1, 0, 1]);

    let of = |purposes: &[&str]| {
        purposes.iter().fold(plain(), |request, purpose| {
            request.extended_key_usage(issuance::ExtendedKeyUsage::object_identifier(*purpose))
        })
    };
    let server = of(&["1.3.6.1.5.5.7.3.1"]).build().unwrap();
    let two = of(&["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.3"]).build().unwrap();
    let any = of(&["2.5.29.37.0"]).build().unwrap();
    let allowed = || Policy::builder().allowed_purpose("serverAuth").allowed_purpose("clientAuth");
    assert_eq!([&server, &two, &any, &absent].map(|request| count(request, allowed())), [0, 1, 1, 1]);
    let required = || Policy::builder().required_purpose("codeSigning");
    assert_eq!([&server, &two, &any, &absent].map(|request| count(request, required())), [1, 0, 1, 1]);
}

#[test]
fn r_pol_2_extensions_by_identifier_and_criticality() {
    let with = |oid: &str, critical: bool| {
        let extension = CustomExtension::new(oid, vec![5, 0], critical);
        of_csr(der::common_name("leaf"), &[]).custom_extension(extension).build().unwrap()
    };
    let refused = |request: &IssueCertificateRequest, builder| !violations(request, &policy(builder)).is_empty();
    let (critical, plain) = (with("1.2.3", true), with("1.2.3", false));
    assert!(!refused(&plain, Policy::builder().allowed_extension("1.2.3")));
    assert!(refused(&plain, Policy::builder().allowed_extension("1.2.4")));
    assert!(refused(&plain, Policy::builder().forbidden_extension("1.2.3")));
    assert!(refused(&plain, Policy::builder().critical_extension("1.2.3")));
    assert!(!refused(&critical, Policy::builder().critical_extension("1.2.3")));
    assert!(refused(&critical, Policy::builder().not_critical_extension("1.2.3")));
    // What every certificate has is always allowed, and can still be forbidden.
    let none = of_csr(der::common_name("leaf"), &[]).build().unwrap();
    assert!(!refused(&none, Policy::builder().allowed_extension("keyUsage")));
    assert!(refused(&none, Policy::builder().forbidden_extension("subjectKeyIdentifier")));
}

#[test]
fn r_pol_2_authorities_path_lengths_and_octets() {
    let of = |template: &str| request(&CsrParts::new(CA_KEY.public_key_der()).der(), template).build().unwrap();
    let (leaf, zero, two) =
        (of(OPEN), of("SubordinateCACertificate_PathLen0"), of("SubordinateCACertificate_PathLen2"));
    let passes = |request, builder| violations(request, &policy(builder)).is_empty();
    for (request, leaf_policy, path) in [(&leaf, true, true), (&zero, false, true), (&two, false, false)] {
        assert_eq!(passes(request, Policy::builder().ca(false)), leaf_policy);
        assert_eq!(passes(request, Policy::builder().ca(true)), !leaf_policy);
        assert_eq!(passes(request, Policy::builder().longest_path(1)), path);
    }
    let octets = prepare(&leaf, &Policy::default()).unwrap().tbs_der().len();
    assert!(passes(&leaf, Policy::builder().max_bytes(octets)));
    assert!(!passes(&leaf, Policy::builder().max_bytes(octets - 1)));
}

#[test]
fn r_pol_1_a_template_carries_its_policy() {
    let template = Template::end_entity("Device", issuance::template::TemplateKind::ApiPassthrough).unwrap();
    let template = template.with_policy(policy(Policy::builder().permitted_name("DNS:devices.example.com")));
    let options = IssuanceOptions::default().template(template.clone());
    let issue = |host: &[u8]| {
        let parts = CsrParts::new(LEAF_KEY.public_key_der());
        let csr = parts.extensions(&[der::extension(SAN, false, &tlv(0x30, &tlv(DNS, host)))]).der();
        ca::prepare(&Ca::default().build(), &request(&csr, OPEN).template(&template).build().unwrap(), &options)
    };
    assert!(issue(b"a.devices.example.com").is_ok());
    assert_eq!(issue(b"www.example.com").unwrap_err().aws_exception(), AwsException::AccessDenied);
}

/// R-POL-4: `p and q` issues only what both issue, and what it issues is the same to the byte.
#[test]
fn r_pol_4_and_narrows_and_no_policy_changes_a_byte() {
    for_each_seed(&[], 300, |seed| {
        let random = &mut Random::new(seed);
        let request = generate::request(random);
        let (p, q) = (generate::policy(random, 12), generate::policy(random, 12));
        let Ok(without) = prepare(&request, &Policy::default()) else { return };
        let (by_p, by_q) = (prepare(&request, &p), prepare(&request, &q));
        let both = prepare(&request, &p.clone().and(q.clone()));
        assert_eq!(both.is_ok(), by_p.is_ok() && by_q.is_ok(), "seed {seed}");
        for prepared in [by_p, by_q, both].into_iter().flatten() {
            assert_eq!(prepared.tbs_der(), without.tbs_der(), "seed {seed}");
        }
        assert_eq!(p.clone().and(p.clone()), p);
        assert_eq!(p.clone().and(Policy::default()), p);
    });
}

struct NoCodeSigning;

impl Judge for NoCodeSigning {
    fn judge(&self, plan: &CertificatePlan, tbs_der: &[u8]) -> Result<(), PolicyRefusal> {
        assert_eq!(plan.tbs_der(), tbs_der);
        match der::holds(tbs_der, &der::oid("1.3.6.1.5.5.7.3.3")) {
            false => Ok(()),
            true => Err(PolicyViolation::new("no_code_signing", "extKeyUsage", "codeSigning", "other purposes").into()),
        }
    }
}

#[test]
fn r_pol_5_a_judge_of_the_services_own_can_only_refuse() {
    let options = IssuanceOptions::default().judge(NoCodeSigning);
    let csr = CsrParts::new(LEAF_KEY.public_key_der()).der();
    let issue = |template: &str, options: &IssuanceOptions| {
        ca::prepare(&Ca::default().build(), &request(&csr, template).build().unwrap(), options)
    };
    let refused = issue("CodeSigningCertificate", &options).unwrap_err();
    assert_eq!(refused.aws_exception(), AwsException::AccessDenied);
    assert_eq!(
        refused.to_string(),
        "the policy refuses the certificate: extKeyUsage is codeSigning; no_code_signing takes other purposes"
    );
    let plain = IssuanceOptions::default();
    let (with, without) = (issue("EndEntityCertificate", &options), issue("EndEntityCertificate", &plain));
    assert_eq!(with.unwrap().tbs_der(), without.unwrap().tbs_der());
    // A refusal that names nothing is a refusal.
    struct Nothing;
    impl Judge for Nothing {
        fn judge(&self, _: &CertificatePlan, _: &[u8]) -> Result<(), PolicyRefusal> {
            Err(PolicyRefusal::default())
        }
    }
    assert!(issue("EndEntityCertificate", &IssuanceOptions::default().judge(Nothing)).is_err());
}

#[test]
fn r_pol_9_a_policy_that_is_satisfied_hardly_allocates() {
    let csr = CsrParts::new(LEAF_KEY.public_key_der())
        .subject(der::common_name("www.example.com"))
        .extensions(&[der::extension(SAN, false, &der::dns("www.example.com"))])
        .der();
    let request = request(&csr, "EndEntityCertificate").build().unwrap();
    let authority = Ca::default().build();
    let allocations = |policy: Policy| {
        let options = IssuanceOptions::default().policy(policy);
        allocation_counter::measure(|| drop(ca::prepare(&authority, &request, &options).unwrap())).count_total
    };
    let (without, with) = (allocations(Policy::default()), allocations(ten_parts()));
    assert_eq!(without, allocations(Policy::default()));
    assert!(with - without <= 6, "{without} without the policy, {with} with it");
}
