//! R-POL-6: a witness issues, and what never issues is refused by every request tried.

use issuance::analysis::{Answer, Witness, analyse};
use issuance::authority::{
    CertificateAuthorityStatus, CertificateAuthorityType, CertificateAuthorityUsageMode, OcspConfiguration,
    RevocationConfiguration,
};
use issuance::issue::Prepared;
use issuance::policy::Policy;
use issuance::template::TemplateKind;
use issuance::{
    CertificateAuthority, Error, IssuanceOptions, IssueCertificateRequest, KeyUsage, Signer, Template, Timestamp,
    Validity,
};
use issuance_test_support::ca::{self, CA_KEY, Ca, LEAF_KEY, P384_KEY};
use issuance_test_support::der::{self, CsrParts, bits, name, name_attribute, oid, seq, tlv, utf8};

use crate::generate::{self, Random, for_each_seed};
use crate::judging::policy;

/// A SubjectPublicKeyInfo of the kind that a witness asks for.
pub(crate) fn spki(witness: &Witness) -> Vec<u8> {
    let rsa = |bits: usize| {
        let mut modulus = vec![0; bits.div_ceil(8)];
        modulus[0] = 1 << ((bits + 7) % 8);
        *modulus.last_mut().unwrap() |= 1;
        if modulus[0] >= 0x80 {
            modulus.insert(0, 0);
        }
        let key = seq(&[&tlv(2, &modulus), &tlv(2, &[1, 0, 1])]);
        seq(&[&seq(&[&oid("1.2.840.113549.1.1.1"), &[5, 0]]), &self::bits(&key)])
    };
    let ec = |curve: &str, bytes: usize| {
        seq(&[&seq(&[&oid("1.2.840.10045.2.1"), &oid(curve)]), &self::bits(&[vec![4], vec![7; 2 * bytes]].concat())])
    };
    let plain = |id: &str, bytes: usize| seq(&[&seq(&[&oid(id)]), &self::bits(&vec![7; bytes])]);
    match witness.key().as_str() {
        "EC_prime256v1" => LEAF_KEY.public_key_der().to_vec(),
        "EC_secp384r1" => P384_KEY.public_key_der().to_vec(),
        "EC_secp521r1" => ec("1.3.132.0.35", 66),
        "SM2" => ec("1.2.156.10197.1.301", 32),
        "ED25519" => plain("1.3.101.112", 32),
        "ML_DSA_44" => plain("2.16.840.1.101.3.4.3.17", 1312),
        "ML_DSA_65" => plain("2.16.840.1.101.3.4.3.18", 1952),
        "ML_DSA_87" => plain("2.16.840.1.101.3.4.3.19", 2592),
        own if own.starts_with("the authority's own") => CA_KEY.public_key_der().to_vec(),
        other => rsa(other.strip_prefix("RSA_").unwrap().parse().unwrap()),
    }
}

/// The request of a witness, with a signature that proves nothing.
pub(crate) fn request_of(witness: &Witness) -> IssueCertificateRequest {
    let info = witness.certification_request_info(&spki(witness)).unwrap();
    let parts = CsrParts::new(&[]);
    witness.request(&seq(&[&info, &parts.algorithm, &parts.signature])).unwrap()
}

pub(crate) fn prepare(
    authority: &CertificateAuthority,
    template: &Template,
    policy: &Policy,
    request: &IssueCertificateRequest,
) -> Result<Prepared, Error> {
    let options = IssuanceOptions::default().template(template.clone()).policy(policy.clone());
    ca::prepare(authority, request, &options)
}

/// Authorities with and without limits of their own.
pub(crate) fn authorities() -> Vec<CertificateAuthority> {
    let subtree = |tag: u8, base: &[u8]| seq(&[&tlv(tag, base)]);
    let constraints = |permitted: &[Vec<u8>], excluded: &[Vec<u8>]| {
        let list = |number: u8, list: &[Vec<u8>]| if list.is_empty() { vec![] } else { tlv(number, &list.concat()) };
        seq(&[&list(0xa0, permitted), &list(0xa1, excluded)])
    };
    let corp = name(&[name_attribute("2.5.4.6", &utf8("US"))]);
    let names = constraints(
        &[subtree(0x82, b"example.com"), subtree(0xa4, &corp)],
        &[subtree(0x82, b"b.a.example.com"), subtree(0x87, &[10, 1, 0, 0, 255, 255, 0, 0])],
    );
    vec![
        Ca::default().build(),
        Ca {
            template: "RootCACertificate_APIPassthrough",
            extension: Some(("2.5.29.30", true, &names)),
            years: 1,
            ..Ca::default()
        }
        .build(),
        Ca {
            usage_mode: Some(CertificateAuthorityUsageMode::ShortLivedCertificate),
            revocation: RevocationConfiguration::none().with_ocsp(OcspConfiguration::new()),
            ..Ca::default()
        }
        .build(),
    ]
}

#[test]
fn r_pol_6_every_documented_template_issues_or_says_why_not() {
    let root = Ca::default().build();
    let pending = ca::pending(CertificateAuthorityType::Root, "Root");
    for template in Template::all() {
        match analyse(template, &Policy::default(), &root, ca::now()) {
            Answer::Witness(witness) => {
                drop(prepare(&root, template, &Policy::default(), &request_of(&witness)).unwrap())
            }
            Answer::Never(never) => panic!("{never}"),
        }
        match analyse(template, &Policy::default(), &pending, ca::now()) {
            Answer::Witness(witness) => {
                assert!(template.is_self_signed());
                drop(prepare(&pending, template, &Policy::default(), &request_of(&witness)).unwrap());
            }
            Answer::Never(never) => {
                assert!(!template.is_self_signed());
                assert!(never.because().is_empty());
                assert!(never.to_string().ends_with("not in a valid state for issuing certificates"), "{never}");
            }
        }
    }
    let disabled = root.with_status(CertificateAuthorityStatus::Disabled).unwrap();
    assert!(matches!(
        analyse(Template::END_ENTITY_CERTIFICATE, &Policy::default(), &disabled, ca::now()),
        Answer::Never(_)
    ));
}

#[test]
fn r_pol_6_the_reasons_are_those_that_exclude_each_other() {
    let root = Ca::default().build();
    let never = |template: &Template, builder: issuance::policy::PolicyBuilder| match analyse(
        template,
        &policy(builder),
        &root,
        ca::now(),
    ) {
        Answer::Never(never) => never.because().to_vec(),
        Answer::Witness(witness) => panic!("{witness}"),
    };
    let server = Template::END_ENTITY_SERVER_AUTH_CERTIFICATE;
    let open = Template::BLANK_END_ENTITY_CERTIFICATE_API_PASSTHROUGH;
    let base = || Policy::builder().key("EC_prime256v1").most_names(100);
    assert_eq!(never(server, base().ca(true)), ["ca = true"]);
    assert_eq!(
        never(server, base().allowed_key_usage(KeyUsage::DIGITAL_SIGNATURE)),
        ["key_usage.allowed = digitalSignature"]
    );
    assert_eq!(never(server, base().forbidden_extension("extKeyUsage")), ["extensions.forbidden = extKeyUsage"]);
    assert_eq!(
        never(open, base().permitted_name("DNS:a.example.com").excluded_name("DNS:example.com").least_names(1)),
        ["names.permitted = DNS:a.example.com", "names.excluded = DNS:example.com", "names.least = 1"]
    );
    assert_eq!(
        never(
            open,
            base()
                .permitted_name("IP:10.0.0.0/8")
                .excluded_name("IP:10.0.0.0/9")
                .excluded_name("IP:10.128.0.0/9")
                .least_names(1)
        ),
        ["names.permitted = IP:10.0.0.0/8", "names.excluded = IP:10.0.0.0/9, IP:10.128.0.0/9", "names.least = 1"]
    );
    assert_eq!(
        never(
            open,
            base()
                .common_name(issuance::policy::CommonNameRule::AmongNames)
                .required_attribute("CN")
                .attribute_values("CN", ["www.example.org"])
                .permitted_name("DNS:example.com")
        ),
        [
            "common_name = among_names",
            "names.permitted = DNS:example.com",
            "subject.required = CN",
            "subject.values = CN: www.example.org"
        ]
    );
    assert_eq!(
        never(open, base().required_key_usage(KeyUsage::CRL_SIGN).allowed_key_usage(KeyUsage::DIGITAL_SIGNATURE)),
        ["key_usage.required = cRLSign", "key_usage.allowed = digitalSignature"]
    );
    let late = Timestamp::from_unix(ca::NOW - 10).unwrap();
    assert_eq!(never(open, base().latest_not_after(late)), [format!("validity.not_after = {late}")]);
    // What a natural name cannot do, an unnatural one can.
    let odd =
        base().allowed_attribute("O").required_attribute("O").attribute_values("O", ["X"]).excluded_name("DirName:O=X");
    assert!(matches!(analyse(open, &policy(odd), &root, ca::now()), Answer::Witness(_)));
}

/// The answer changes at the very byte at which a request of the smallest kind fits.
#[test]
fn r_pol_6_the_smallest_certificate_is_found() {
    let root = Ca::default().build();
    let template = Template::end_entity("Small", TemplateKind::Base).unwrap();
    let under = |octets: usize| {
        let names = Policy::builder().permitted_name("DNS:long.example.com").permitted_name("URI:x:").least_names(3);
        policy(names.max_bytes(octets))
    };
    let answers = |octets: usize| matches!(analyse(&template, &under(octets), &root, ca::now()), Answer::Witness(_));
    let least = (200..600).find(|octets| answers(*octets)).unwrap();
    // An Ed25519 key has the shortest SubjectPublicKeyInfo, and no name here is shorter than x:w.
    let names = tlv(0x30, &tlv(0x86, b"x:w").repeat(3));
    let key = seq(&[&seq(&[&oid("1.3.101.112")]), &bits(&[7; 32])]);
    let csr = CsrParts::new(&key).subject(name(&[])).extensions(&[der::extension("2.5.29.17", true, &names)]).der();
    let smallest = ca::request(&csr, "EndEntityCertificate").template(&template).build().unwrap();
    let empty = prepare(&root, &template, &Policy::default(), &smallest).unwrap().tbs_der().len();
    let named =
        CsrParts::new(&key).subject(der::common_name("w")).extensions(&[der::extension("2.5.29.17", false, &names)]);
    let named = ca::request(&named.der(), "EndEntityCertificate").template(&template).build().unwrap();
    let named = prepare(&root, &template, &Policy::default(), &named).unwrap().tbs_der().len();
    assert_eq!(least, empty.min(named));
}

/// Requests of every kind over a small domain.
pub(crate) fn small_domain(authority: &CertificateAuthority, template: &Template) -> Vec<IssueCertificateRequest> {
    let hosts: [&[u8]; 4] = [b"a.example.com", b"b.a.example.com", b"example.org", b"*.example.com"];
    let mut lists: Vec<Vec<u8>> = hosts.map(|host| tlv(0x82, host)).to_vec();
    lists.extend([
        tlv(0x87, &[10, 1, 2, 3]),
        tlv(0x86, b"spiffe://example.org/ns/a"),
        tlv(0x81, b"a@example.com"),
        vec![],
    ]);
    lists.push([tlv(0x82, b"a.example.com"), tlv(0x87, &[10, 200, 0, 1])].concat());
    let attribute = |id: &str, text: &str| name_attribute(id, &utf8(text));
    let subjects = [
        name(&[]),
        name(&[attribute("2.5.4.3", "a.example.com")]),
        name(&[attribute("2.5.4.6", "US"), attribute("2.5.4.10", "Corp")]),
        name(&[attribute("2.5.4.10", "Example Corp"), attribute("2.5.4.3", "device")]),
    ];
    let mut requests = Vec::new();
    for (number, list) in lists.iter().enumerate() {
        for subject in &subjects {
            for (key, usage) in [
                (&LEAF_KEY, None),
                (&LEAF_KEY, Some(KeyUsage::DIGITAL_SIGNATURE)),
                (&LEAF_KEY, Some(KeyUsage::from_bits(5).unwrap())),
            ] {
                let mut extensions = Vec::new();
                if !list.is_empty() {
                    extensions.push(der::extension(
                        "2.5.29.17",
                        subject.len() == 2 || number % 2 == 0,
                        &tlv(0x30, list),
                    ));
                }
                if let Some(usage) = usage {
                    extensions.push(der::extension(
                        "2.5.29.15",
                        true,
                        if usage.bits() == 1 { &[3, 2, 7, 0x80] } else { &[3, 2, 5, 0xa0] },
                    ));
                    extensions.push(der::extension("2.5.29.37", false, &seq(&[&oid("1.3.6.1.5.5.7.3.1")])));
                }
                let csr = CsrParts::new(key.public_key_der()).subject(subject.clone()).extensions(&extensions).der();
                let request = ca::request(&csr, "EndEntityCertificate").template(template);
                let request = request.certificate_authority_arn(authority.arn().clone()).key_usage(usage);
                let request = request.validity(Validity::days(if number % 3 == 0 { 90 } else { 1 }));
                requests.push(request.build().unwrap());
            }
        }
    }
    requests
}

#[test]
fn r_pol_6_a_witness_issues_and_never_means_never() {
    let authorities = authorities();
    let (mut witnesses, mut nevers) = (0, 0);
    let counts = std::cell::RefCell::new((&mut witnesses, &mut nevers));
    for_each_seed(&[], 50, |seed| {
        let random = &mut Random::new(seed);
        let authority = &authorities[random.below(authorities.len())];
        let template = if random.one_in(2) {
            generate::template(random)
        } else {
            Template::end_entity("Custom", random.of(&[TemplateKind::ApiCsrPassthrough, TemplateKind::CsrPassthrough]))
                .unwrap()
        };
        let rarity = random.of(&[4, 8, 16]);
        let policy = generate::policy(random, rarity);
        match analyse(&template, &policy, authority, ca::now()) {
            Answer::Witness(witness) => {
                *counts.borrow_mut().0 += 1;
                let outcome = prepare(authority, &template, &policy, &request_of(&witness));
                assert!(outcome.is_ok(), "seed {seed}: {}\n{witness}\n{}", outcome.unwrap_err(), policy.to_toml());
            }
            Answer::Never(never) => {
                *counts.borrow_mut().1 += 1;
                for request in small_domain(authority, &template) {
                    let outcome = prepare(authority, &template, &policy, &request);
                    assert!(
                        outcome.is_err(),
                        "seed {seed}: {never}\n{}\n{}",
                        outcome.unwrap().plan(),
                        policy.to_toml()
                    );
                }
            }
        }
    });
    assert!(witnesses > 10 && nevers > 10, "{witnesses} witnesses, {nevers} refusals");
}
