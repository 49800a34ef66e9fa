//! R-POL-6: each difference has a request that is answered differently, and where there is none no request is.

use issuance::analysis::{Diff, Relation, Witness, diff};
use issuance::policy::Policy;
use issuance::template::TemplateKind;
use issuance::{CertificateAuthority, KeyUsage, Template};
use issuance_test_support::ca::{self, Ca};

use crate::generate::{self, Random, for_each_seed};
use crate::judging::policy;
use crate::never_or_witness::{authorities, prepare, request_of, small_domain};

/// What becomes of a witness under a template: the bytes, or nothing.
fn outcome(authority: &CertificateAuthority, template: &Template, witness: &Witness) -> Option<Vec<u8>> {
    let request = request_of(&witness.under(template));
    prepare(authority, template, &Policy::default(), &request).ok().map(|prepared| prepared.tbs_der().to_vec())
}

fn check(authority: &CertificateAuthority, first: &Template, second: &Template, seed: u64) -> Diff {
    let found = diff(first, second, authority, ca::now());
    for difference in found.differences() {
        for (example, by_first) in [(difference.only_first(), true), (difference.only_second(), false)] {
            let Some(example) = example else { continue };
            let outcomes = [first, second].map(|template| outcome(authority, template, example.request()));
            assert_ne!(
                outcomes[0],
                outcomes[1],
                "seed {seed}, {}:\n{}\n{found}",
                difference.dimension(),
                example.request()
            );
            for (outcome, text) in outcomes.iter().zip([example.first(), example.second()]) {
                assert_eq!(outcome.is_some(), text.starts_with("issued"), "seed {seed}: {text}\n{}", example.request());
            }
            // What is taken may be refused; whoever does not take it issues without a look at it.
            let is_source = ["apiPassthrough", "csr.extensionRequest"].contains(&difference.dimension());
            let issues = usize::from(by_first == is_source);
            assert!(outcomes[issues].is_some(), "seed {seed}: {}", difference.dimension());
        }
        assert_ne!(difference.relation(), Relation::Equal);
    }
    found
}

fn relations(diff: &Diff) -> Vec<(String, Relation)> {
    diff.differences().iter().map(|difference| (difference.dimension().to_owned(), difference.relation())).collect()
}

fn named(expected: &[(&str, Relation)]) -> Vec<(String, Relation)> {
    expected.iter().map(|(name, relation)| ((*name).to_owned(), *relation)).collect()
}

#[test]
fn r_pol_6_documented_templates_differ_in_what_their_rows_say() {
    let root = Ca::default().build();
    use Relation::{Incomparable, Narrower, Wider};
    for (first, second, expected) in [
        (Template::END_ENTITY_CERTIFICATE, Template::END_ENTITY_CERTIFICATE, vec![]),
        (
            Template::END_ENTITY_CERTIFICATE,
            Template::CODE_SIGNING_CERTIFICATE,
            vec![("keyUsage", Incomparable), ("extKeyUsage", Incomparable)],
        ),
        (
            Template::SUBORDINATE_CA_CERTIFICATE_PATH_LEN_0,
            Template::SUBORDINATE_CA_CERTIFICATE_PATH_LEN_1,
            vec![("basicConstraints", Incomparable)],
        ),
    ] {
        assert_eq!(relations(&check(&root, first, second, 0)), named(&expected), "{} {}", first.name(), second.name());
    }
    let diff = check(&root, Template::END_ENTITY_CERTIFICATE, Template::END_ENTITY_CERTIFICATE_API_PASSTHROUGH, 0);
    assert!(relations(&diff).contains(&("apiPassthrough".to_owned(), Wider)), "{diff}");
    assert!(relations(&diff).contains(&("certificatePolicies".to_owned(), Wider)), "{diff}");
    assert!(!relations(&diff).iter().any(|(name, _)| name == "keyUsage"), "{diff}");
    let open = Template::BLANK_END_ENTITY_CERTIFICATE_CSR_PASSTHROUGH;
    let diff = check(&root, open, Template::END_ENTITY_CERTIFICATE_CSR_PASSTHROUGH, 0);
    assert!(relations(&diff).contains(&("keyUsage".to_owned(), Narrower)), "{diff}");
    // Aliases of what a template fixes do not pass.
    assert!(relations(&diff).contains(&("msApplicationPolicies".to_owned(), Narrower)), "{diff}");
    for first in Template::all() {
        assert!(check(&root, first, first, 0).is_empty(), "{}", first.name());
    }
}

#[test]
fn r_pol_6_policies_differ_part_by_part() {
    let root = Ca::default().build();
    let template = Template::end_entity("Device", TemplateKind::ApiPassthrough).unwrap();
    let first = Policy::builder()
        .permitted_name("DNS:example.com")
        .wildcards(false)
        .key("RSA_2048-4096")
        .key("EC_prime256v1")
        .allowed_key_usage(KeyUsage::DIGITAL_SIGNATURE | KeyUsage::KEY_ENCIPHERMENT);
    let second = Policy::builder()
        .permitted_name("DNS:a.example.com")
        .key("RSA_3072-8192")
        .key("EC_prime256v1")
        .required_attribute("O")
        .allowed_key_usage(KeyUsage::DIGITAL_SIGNATURE);
    let (first, second) = (template.clone().with_policy(policy(first)), template.with_policy(policy(second)));
    let diff = check(&root, &first, &second, 0);
    let mut found = relations(&diff);
    found.sort_by_key(|(name, _)| name.to_owned());
    assert_eq!(
        found,
        named(&[
            ("key_usage.allowed", Relation::Narrower),
            ("keys", Relation::Incomparable),
            ("names.permitted", Relation::Narrower),
            ("names.wildcards", Relation::Wider),
            ("subject.required", Relation::Narrower),
        ])
    );
    assert!(diff.equal().iter().any(|name| name == "validity"));
}

/// One part beside none: each is a difference by its name.
#[test]
fn r_pol_6_every_part_makes_a_difference() {
    use issuance::policy::CommonNameRule::{AmongNames, NotAHost};
    let root = Ca::default().build();
    let template = Template::end_entity("Device", TemplateKind::ApiCsrPassthrough).unwrap();
    let time = |offset| issuance::Timestamp::from_unix(ca::NOW + offset).unwrap();
    for (builder, dimension) in [
        (Policy::builder().permitted_name("URI:spiffe://example.org/ns"), "names.permitted"),
        (Policy::builder().no_other_names(), "names.permitted"),
        (Policy::builder().excluded_name("IP:2001:db8::/32"), "names.excluded"),
        (Policy::builder().excluded_name("email:a@example.com"), "names.excluded"),
        (Policy::builder().excluded_name("DirName:C=US, O=Corp"), "names.excluded"),
        (Policy::builder().excluded_name("othername:1.2.3"), "names.excluded"),
        (Policy::builder().wildcards(false), "names.wildcards"),
        (Policy::builder().least_names(3), "names.least"),
        (Policy::builder().most_names(2), "names.most"),
        (Policy::builder().common_name(AmongNames), "common_name"),
        (Policy::builder().common_name(NotAHost), "common_name"),
        (Policy::builder().required_attribute("C"), "subject.required"),
        (Policy::builder().allowed_attribute("CN"), "subject.allowed"),
        (Policy::builder().attribute_values("O", ["Corp"]), "subject.values"),
        (Policy::builder().key("RSA_2048-8191").key("EC_prime256v1"), "keys"),
        (Policy::builder().signing_algorithm(issuance::SigningAlgorithm::Sha384WithEcdsa), "signing_algorithms"),
        (Policy::builder().longest_validity(std::time::Duration::from_secs(86_400)), "validity.longest"),
        (Policy::builder().earliest_not_before(time(-10)), "validity.not_before"),
        (Policy::builder().latest_not_after(time(10)), "validity.not_after"),
        (Policy::builder().required_key_usage(KeyUsage::CRL_SIGN), "key_usage.required"),
        (Policy::builder().allowed_key_usage(KeyUsage::CRL_SIGN), "key_usage.allowed"),
        (Policy::builder().required_purpose("1.2.3"), "extended_key_usage.required"),
        (Policy::builder().allowed_purpose("serverAuth"), "extended_key_usage.allowed"),
        (Policy::builder().allowed_extension("keyUsage"), "extensions.allowed"),
        (Policy::builder().forbidden_extension("1.2.3"), "extensions.forbidden"),
        (Policy::builder().forbidden_extension("subjectAltName"), "extensions.forbidden"),
        (Policy::builder().critical_extension("tlsFeature"), "extensions.critical"),
        (Policy::builder().not_critical_extension("nameConstraints"), "extensions.not_critical"),
        (Policy::builder().max_bytes(1000), "max_bytes"),
    ] {
        let with = template.clone().with_policy(policy(builder));
        for (first, second, relation) in [(&template, &with, Relation::Narrower), (&with, &template, Relation::Wider)] {
            let found = relations(&check(&root, first, second, 0)).into_iter().find(|(name, _)| name == dimension);
            assert_eq!(found, Some((dimension.to_owned(), relation)), "{}", with.policy().to_toml());
        }
    }
    // A CA's policy under a template that makes no CAs issues nothing.
    let with = template.clone().with_policy(policy(Policy::builder().ca(true)));
    assert_eq!(relations(&check(&root, &template, &with, 0)), named(&[("issuance", Relation::Narrower)]));
}

/// What one fixes and the other must be given differs in the requests that do not give it.
#[test]
fn r_pol_6_what_is_fixed_is_not_what_must_be_given() {
    let root = Ca::default().build();
    let exactly = Policy::builder()
        .required_key_usage(KeyUsage::DIGITAL_SIGNATURE)
        .allowed_key_usage(KeyUsage::DIGITAL_SIGNATURE);
    let given = Template::end_entity("Device", TemplateKind::ApiPassthrough).unwrap().with_policy(policy(exactly));
    let fixed = given.clone().with_key_usage(true, KeyUsage::DIGITAL_SIGNATURE).unwrap();
    let found = relations(&check(&root, &fixed, &given, 0));
    assert!(found.iter().any(|(name, relation)| name == "keyUsage" && *relation != Relation::Wider), "{found:?}");
}

/// Different texts that say the same are no difference.
#[test]
fn r_pol_6_what_says_the_same_is_equal() {
    let root = Ca::default().build();
    let template = Template::end_entity("Device", TemplateKind::ApiCsrPassthrough).unwrap();
    let under = |builder| template.clone().with_policy(policy(builder));
    for (first, second) in [
        (
            Policy::builder().permitted_name("DNS:example.com"),
            Policy::builder().permitted_name("DNS:a.example.com").permitted_name("DNS:EXAMPLE.com."),
        ),
        (
            Policy::builder().excluded_name("IP:10.0.0.0/8"),
            Policy::builder().excluded_name("IP:10.0.0.0/9").excluded_name("IP:10.128.0.0/9"),
        ),
        (Policy::builder().key("RSA_2048-3072").key("RSA_3073-8192"), Policy::builder().key("RSA_1024-9000")),
        (Policy::builder().ca(false), Policy::builder().longest_path(0)),
        (Policy::builder().least_names(0).max_bytes(1 << 20), Policy::builder()),
    ] {
        let (first, second) = (under(first), under(second));
        let diff = check(&root, &first, &second, 0);
        assert!(diff.is_empty(), "{diff}");
    }
}

#[test]
fn r_pol_6_no_difference_means_that_no_request_is_answered_differently() {
    let authorities = authorities();
    let (mut equal, mut narrower) = (0, 0);
    let counts = std::cell::RefCell::new((&mut equal, &mut narrower));
    for_each_seed(&[2623, 9819], 25, |seed| {
        let random = &mut Random::new(seed);
        let authority = &authorities[random.below(authorities.len())];
        let template = if random.one_in(3) {
            generate::template(random)
        } else {
            Template::end_entity("Custom", random.of(&generate::KINDS)).unwrap()
        };
        let rarity = random.of(&[8, 16, 24]);
        let first = template.clone().with_policy(generate::policy(random, rarity));
        assert!(check(authority, &first, &first, seed).is_empty(), "seed {seed}");
        let other_template = random.one_in(4);
        let other = if other_template { generate::template(random) } else { template };
        let rarity = random.of(&[16, 32, 48]);
        let second = match random.one_in(2) {
            true => other.with_policy(first.policy().clone()).with_policy(generate::policy(random, rarity)),
            false => other.with_policy(generate::policy(random, rarity)),
        };
        let found = check(authority, &first, &second, seed);
        let only_narrower =
            found.differences().iter().all(|difference| difference.relation() == Relation::Narrower) && !other_template;
        if found.is_empty() {
            *counts.borrow_mut().0 += 1;
        } else if only_narrower {
            *counts.borrow_mut().1 += 1;
        } else {
            return;
        }
        for request in small_domain(authority, &first) {
            // Both have the same name.
            let by = |template| {
                prepare(authority, template, &Policy::default(), &request)
                    .ok()
                    .map(|prepared| prepared.tbs_der().to_vec())
            };
            let (by_first, by_second) = (by(&first), by(&second));
            let fits = by_first == by_second || only_narrower && !found.is_empty() && by_second.is_none();
            assert!(fits, "seed {seed}: {found}\n{}\n{}", first.to_toml(), second.to_toml());
        }
    });
    assert!(equal + narrower > 5, "{equal} equal, {narrower} narrower");
}

#[test]
fn r_pol_6_answers_are_json() {
    let root = Ca::default().build();
    let found = diff(Template::END_ENTITY_CERTIFICATE, Template::CODE_SIGNING_CERTIFICATE, &root, ca::now());
    let json = serde_json::to_value(&found).unwrap();
    assert_eq!(json["first"], "EndEntityCertificate");
    assert_eq!(json["differences"][1]["relation"], "incomparable");
    assert_eq!(
        json["differences"][1]["only_first"]["second"],
        "issued with keyUsage digitalSignature (critical), extKeyUsage codeSigning (critical)"
    );
    let answer = issuance::analysis::analyse(
        Template::END_ENTITY_CERTIFICATE,
        &policy(Policy::builder().ca(true)),
        &root,
        ca::now(),
    );
    assert_eq!(serde_json::to_value(&answer).unwrap()["never"]["because"][0], "ca = true");
}
