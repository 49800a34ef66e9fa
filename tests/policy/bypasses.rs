//! What went past other issuers this year, tried against policies: what is judged is what would be signed (R-POL-3).

use issuance::authority::{OcspConfiguration, RevocationConfiguration};
use issuance::policy::{CommonNameRule, Policy};
use issuance::request::CustomExtension;
use issuance::template::TemplateKind;
use issuance::{Error, GeneralName, IssuanceOptions, IssueCertificateRequest, Subject, Template};
use issuance_test_support::ca::{self, Ca};
use issuance_test_support::der::{self, dns, name, name_attribute, tlv, utf8};

use crate::judging::{CN, DNS, EMAIL, IP, MAIL, OPEN, ORGANIZATION, SAN, URI, named, of_csr, policy, violations};

fn rules(request: &IssueCertificateRequest, policy: &Policy) -> Vec<String> {
    violations(request, policy)
        .iter()
        .map(|text| text.split("; ").nth(1).unwrap().split(' ').next().unwrap().to_owned())
        .collect()
}

fn example_com() -> Policy {
    policy(Policy::builder().permitted_name("DNS:example.com").permitted_name("IP:10.0.0.0/8").wildcards(false))
}

/// The CSR was limited, and the API gave other names.
#[test]
fn values_by_the_api_are_judged_like_those_of_the_csr() {
    let csr = || of_csr(der::common_name("leaf"), &[der::extension(SAN, false, &dns("www.example.com"))]);
    assert!(rules(&csr().build().unwrap(), &example_com()).is_empty());
    let by_member = csr().subject_alternative_name(GeneralName::dns_name("evil.org")).build().unwrap();
    let by_extension = csr().custom_extension(CustomExtension::new(SAN, dns("evil.org"), false)).build().unwrap();
    for request in [by_member, by_extension] {
        assert_eq!(rules(&request, &example_com()), ["names.permitted"]);
    }
    let evil =
        csr().subject(Subject::builder().organization("Evil").common_name("leaf").build().unwrap()).build().unwrap();
    assert_eq!(rules(&evil, &policy(Policy::builder().attribute_values("O", ["Example Corp"]))), ["subject.values"]);
}

/// The request was validated, and modifiers changed it afterwards: what a template, the authority's configuration and the engine
/// put there is judged like what was asked for.
#[test]
fn what_comes_after_the_request_is_judged() {
    let request = of_csr(der::common_name("leaf"), &[]).build().unwrap();
    let rules_of = |authority: &Ca<'_>, options: IssuanceOptions, policy: &Policy| {
        let authority = authority.build();
        ca::prepare(&authority, &request, &options).unwrap();
        match ca::prepare(&authority, &request, &options.policy(policy.clone())) {
            Err(Error::Policy(refusal)) => refusal.violations().iter().map(|v| v.rule().to_owned()).collect(),
            other => vec![format!("{:?}", other.map(drop))],
        }
    };
    let with_ocsp =
        Ca { revocation: RevocationConfiguration::none().with_ocsp(OcspConfiguration::new()), ..Ca::default() };
    let no_access = policy(Policy::builder().forbidden_extension("authorityInfoAccess"));
    assert_eq!(rules_of(&with_ocsp, IssuanceOptions::default(), &no_access), ["extensions.forbidden"]);
    let must_staple = CustomExtension::new("1.3.6.1.5.5.7.1.24", vec![0x30, 3, 2, 1, 5], false).build().unwrap();
    let template = Template::end_entity(OPEN, TemplateKind::ApiCsrPassthrough).unwrap();
    let template = IssuanceOptions::default().template(template.with_extension(must_staple).unwrap());
    let no_feature = policy(Policy::builder().forbidden_extension("tlsFeature"));
    assert_eq!(rules_of(&Ca::default(), template, &no_feature), ["extensions.forbidden"]);
    // The hour by which the engine begins earlier.
    let year = policy(Policy::builder().longest_validity(std::time::Duration::from_secs(365 * 86_400)));
    assert_eq!(rules_of(&Ca::default(), IssuanceOptions::default(), &year), ["validity.longest"]);
}

/// Names in other alphabets: as A-labels they are compared, in any case; anything else is not a name.
#[test]
fn international_names_are_a_labels() {
    let excluded = policy(Policy::builder().excluded_name("DNS:xn--exmple-cua.com"));
    for host in ["xn--exmple-cua.com", "XN--EXMPLE-CUA.com.", "www.xn--exmple-cua.com", "*.xn--exmple-cua.com"] {
        assert_eq!(rules(&named(&[(DNS, host.as_bytes())]), &excluded), ["names.excluded"], "{host}");
    }
    assert!(Policy::builder().excluded_name("DNS:ex\u{e4}mple.com").build().is_err());
    for host in ["ex\u{e4}mple.com", "example\u{ff0e}com", "example\u{3002}com"] {
        let request = named(&[(DNS, host.as_bytes())]);
        assert!(crate::judging::prepare(&request, &Policy::default()).is_err(), "{host}");
    }
    // A mailbox in UTF-8 is compared by the A-label of its host, and its host is nothing else.
    let mailbox = |host: &str| {
        let value = der::seq(&[&der::oid("1.3.6.1.5.5.7.8.9"), &tlv(0xa0, &utf8(&format!("\u{e9}@{host}")))]);
        named(&[(0xa0, &value[2..])])
    };
    let excluded = policy(Policy::builder().excluded_name("email:xn--exmple-cua.com"));
    assert_eq!(rules(&mailbox("xn--exmple-cua.com"), &excluded), ["names.excluded"]);
    let refused = crate::judging::prepare(&mailbox("ex\u{e4}mple.com"), &excluded);
    assert!(refused.is_err());
}

/// An address is an address: not a range of them, and not one in the clothes of the other family.
#[test]
fn ranges_and_embedded_addresses() {
    let excluded = policy(Policy::builder().excluded_name("IP:10.0.0.0/8").excluded_name("IP:0.0.0.0/32"));
    for content in [&[10, 0, 0, 0, 255, 0, 0, 0][..], &[10, 0, 0], &[], &[0; 32]] {
        assert!(crate::judging::prepare(&named(&[(IP, content)]), &Policy::default()).is_err(), "{content:?}");
    }
    let in_uri = named(&[(URI, b"https://10.0.0.1/")]);
    assert_eq!(
        rules(&in_uri, &policy(Policy::builder().permitted_name("URI:https://example.com"))),
        ["names.permitted"]
    );
    assert_eq!(rules(&in_uri, &policy(Policy::builder().excluded_name("URI:https://example.com"))), ["names"]);
    assert!(rules(&named(&[(IP, &[11, 0, 0, 1])]), &excluded).is_empty());
    // IPv4 within IPv6 has the answer of both.
    let mapped = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 1];
    let only_six = policy(Policy::builder().permitted_name("IP:::/0"));
    let only_four = policy(Policy::builder().permitted_name("IP:10.0.0.0/8"));
    assert_eq!(rules(&named(&[(IP, &mapped)]), &only_four), ["names.permitted"]);
    assert_eq!(rules(&named(&[(IP, &mapped)]), &only_six), ["names.permitted"]);
    let both = policy(Policy::builder().permitted_name("IP:::/0").permitted_name("IP:10.0.0.0/8"));
    assert!(rules(&named(&[(IP, &mapped)]), &both).is_empty());
}

/// An extension that cannot be read never reaches a certificate, whatever the policy.
#[test]
fn unreadable_extensions_are_refused() {
    for (oid, value) in [
        (SAN, &[0x30, 3, 0x82, 5, b'a'][..]),
        ("2.5.29.37", &[0x30, 0]),
        ("2.5.29.37", &[0x30, 3, 6, 1, 0x80]),
        ("2.5.29.15", &[3, 2, 7, 0x81]),
        ("2.5.29.19", &[0x30, 3, 1, 1, 1]),
        ("2.5.29.30", &[0x30, 2, 0xa0, 0]),
        ("2.5.29.7", &[0x30, 0]),
    ] {
        let by_csr = of_csr(der::common_name("leaf"), &[der::extension(oid, false, value)]);
        let by_api = of_csr(der::common_name("leaf"), &[]).custom_extension(CustomExtension::new(oid, value, false));
        for request in [by_csr.build(), by_api.build()].into_iter().flatten() {
            // basicConstraints are the template's.
            if let Ok(prepared) = crate::judging::prepare(&request, &Policy::default()) {
                assert!(oid == "2.5.29.19" && !der::holds(prepared.tbs_der(), value), "{oid}");
            }
        }
    }
}

/// Names were judged in a copy, or in one extension of two.
#[test]
fn names_in_another_extension_are_judged() {
    let request = of_csr(der::common_name("leaf"), &[der::extension("2.5.29.7", false, &dns("evil.org"))]);
    assert_eq!(rules(&request.build().unwrap(), &example_com()), ["names.permitted"]);
    // A commonName is not an alternative name; the rule for it is.
    let in_cn = of_csr(der::common_name("evil.org"), &[der::extension(SAN, false, &dns("www.example.com"))]);
    let in_cn = in_cn.build().unwrap();
    assert!(rules(&in_cn, &example_com()).is_empty());
    for rule in [CommonNameRule::AmongNames, CommonNameRule::NotAHost] {
        assert_eq!(rules(&in_cn, &policy(Policy::builder().common_name(rule))), ["common_name"]);
    }
    // The second of two, and one in another string type.
    let two = name(&[
        name_attribute(CN, &utf8("www.example.com")),
        name_attribute(CN, &tlv(0x1e, b"\0e\0v\0i\0l\0.\0o\0r\0g")),
    ]);
    let two = of_csr(two, &[der::extension(SAN, false, &dns("www.example.com"))]).build().unwrap();
    assert_eq!(rules(&two, &policy(Policy::builder().common_name(CommonNameRule::AmongNames))), ["common_name"]);
    // An address in the subject is an e-mail address.
    let mail = of_csr(name(&[name_attribute(EMAIL, &tlv(0x16, b"root@evil.org"))]), &[]).build().unwrap();
    assert_eq!(rules(&mail, &policy(Policy::builder().permitted_name("email:example.com"))), ["names.permitted"]);
    assert_eq!(rules(&mail, &policy(Policy::builder().excluded_name("email:evil.org"))), ["names.excluded"]);
}

#[test]
fn one_name_in_many_spellings() {
    let excluded = policy(Policy::builder().excluded_name("DNS:admin.example.com").excluded_name("IP:10.0.0.1"));
    let mapped = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 1];
    let translated = [0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0, 10, 0, 0, 1];
    let compatible = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 10, 0, 0, 1];
    for (tag, content) in [
        (DNS, &b"admin.example.com"[..]),
        (DNS, b"ADMIN.Example.COM"),
        (DNS, b"admin.example.com."),
        (DNS, b"x.admin.example.com"),
        (DNS, b"*.example.com"),
        (IP, &[10, 0, 0, 1]),
        (IP, &mapped),
        (IP, &translated),
        (IP, &compatible),
    ] {
        assert_eq!(rules(&named(&[(tag, content)]), &excluded), ["names.excluded"], "{content:02x?}");
    }
    // What is not a host name is not compared, but refused: wildcards within labels, spaces, addresses with ports.
    for strange in [
        "ad*.example.com",
        "a.*.example.com",
        "admin.example.com:443",
        "admin example.com",
        "admin..example.com",
        "http://admin.example.com",
        "*",
        "*.",
        ".example.com",
        "**.example.com",
        "admin@example.com",
    ] {
        assert_eq!(rules(&named(&[(DNS, strange.as_bytes())]), &excluded), ["names"], "{strange}");
        assert_eq!(rules(&named(&[(DNS, strange.as_bytes())]), &example_com()), ["names"], "{strange}");
    }
}

#[test]
fn names_that_only_look_permitted() {
    let permitted = policy(
        Policy::builder()
            .permitted_name("DNS:example.com")
            .permitted_name("URI:https://example.com/a")
            .permitted_name("email:example.com")
            .permitted_name("IP:10.0.0.0/8"),
    );
    for (tag, content) in [
        (DNS, &b"example.com.evil.org"[..]),
        (DNS, b"evilexample.com"),
        (DNS, b"com"),
        (DNS, b"xn--exmple-cua.com"),
        (URI, b"https://example.com@evil.org/a"),
        (URI, b"https://evil.org/a?https://example.com/a"),
        (URI, b"https://example.com.evil.org/a"),
        (URI, b"https://evil.org#@example.com/a"),
        (URI, b"http://example.com/a"),
        (URI, b"https://example.com/ab"),
        (MAIL, b"a@example.com@evil.org"),
        (MAIL, b"a@sub.example.com"),
        (IP, &[9, 255, 255, 255]),
        (IP, &[11, 0, 0, 0]),
        (IP, &[0x0a, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
        (0x88, &[0x2a, 3]),
    ] {
        assert_eq!(
            rules(&named(&[(tag, content)]), &permitted),
            ["names.permitted"],
            "{}",
            String::from_utf8_lossy(content)
        );
    }
    // What can be read in two ways.
    for uri in [
        "https://u@example.com/a",
        "https://example.com:443/a",
        "https://example.com/a/../b",
        "https://example.com/%61",
        "https://example.com\\@evil.org/a",
        "https://10.0.0.1/a",
    ] {
        let rules = rules(&named(&[(URI, uri.as_bytes())]), &permitted);
        assert!(rules == ["names.permitted"] || rules == ["names"], "{uri}: {rules:?}");
    }
}

/// R-MRG-9: what a policy limits cannot be said under another identifier.
#[test]
fn aliases_are_judged_as_what_they_stand_for() {
    let purposes = policy(Policy::builder().required_purpose("serverAuth").allowed_purpose("serverAuth"));
    let server = der::seq(&[&der::oid("1.3.6.1.5.5.7.3.1")]);
    let base = |oid: &str, value: &[u8]| {
        let extensions = [der::extension("2.5.29.37", false, &server), der::extension(oid, false, value)];
        of_csr(der::common_name("leaf"), &extensions).build().unwrap()
    };
    let application_policies = der::seq(&[&der::seq(&[&der::oid("1.3.6.1.4.1.311.20.2.2")])]);
    for (oid, value) in [
        ("1.3.6.1.4.1.311.21.10", &application_policies[..]),
        ("2.16.840.1.113730.1.1", &[3, 2, 6, 0x40]),
        // 2.5.29.37 where arcs have 32 bits.
        ("2.5.29.4294967333", &der::seq(&[&der::oid("1.3.6.1.5.5.7.3.3")])),
    ] {
        let request = base(oid, value);
        // One that doubles an extension never reaches the certificate.
        let found = rules(&request, &purposes);
        if oid == "2.5.29.4294967333" {
            assert!(found.is_empty());
        } else {
            assert_eq!(found, ["extended_key_usage"], "{oid}");
        }
    }
    let wrapped = der::extension("2.5.29.4294967333", false, &der::seq(&[&der::oid("1.3.6.1.5.5.7.3.3")]));
    let wrapped = of_csr(der::common_name("leaf"), &[wrapped]).build().unwrap();
    assert!(rules(&wrapped, &purposes).contains(&"extended_key_usage".to_owned()));
    assert_eq!(
        rules(&wrapped, &policy(Policy::builder().forbidden_extension("extKeyUsage"))),
        ["extensions.forbidden"]
    );
    assert_eq!(rules(&wrapped, &policy(Policy::builder().critical_extension("extKeyUsage"))), ["extensions.critical"]);
    let usage = policy(Policy::builder().allowed_key_usage(issuance::KeyUsage::DIGITAL_SIGNATURE));
    let restriction = der::seq(&[&[3, 2, 2, 4]]);
    let extensions =
        [der::extension("2.5.29.15", true, &[3, 2, 7, 0x80]), der::extension("2.5.29.4", false, &restriction)];
    assert_eq!(rules(&of_csr(der::common_name("leaf"), &extensions).build().unwrap(), &usage), ["key_usage"]);
}

/// What cannot be read is refused, and not passed over.
#[test]
fn what_cannot_be_compared_is_refused() {
    // An organization in a type that is not text.
    let strange = name(&[name_attribute(ORGANIZATION, &tlv(0x04, b"Example Corp"))]);
    let request = of_csr(strange, &[der::extension(SAN, false, &dns("www.example.com"))]).build().unwrap();
    assert_eq!(rules(&request, &policy(Policy::builder().attribute_values("O", ["Example Corp"]))), ["subject.values"]);
    assert_eq!(rules(&request, &policy(Policy::builder().excluded_name("DirName:O=Evil"))), ["names"]);
    let strange = name(&[name_attribute(CN, &tlv(0x1b, b"evil.org"))]);
    let request = of_csr(strange, &[]).build().unwrap();
    for rule in [CommonNameRule::AmongNames, CommonNameRule::NotAHost] {
        assert_eq!(rules(&request, &policy(Policy::builder().common_name(rule))), ["common_name"]);
    }
}

/// Names against patterns are as many comparisons as names against name constraints may be.
#[test]
fn comparisons_are_bounded() {
    let mut builder = Policy::builder();
    for number in 0..20_000 {
        builder = builder.permitted_name(&format!("DNS:h{number}.example.com"));
    }
    let few = named(&[(DNS, &b"h1.example.com"[..]); 3]);
    let many = named(&[(DNS, &b"h1.example.com"[..]); 20]);
    let policy = policy(builder);
    assert!(rules(&few, &policy).is_empty());
    assert_eq!(rules(&many, &policy), ["names"]);
}
