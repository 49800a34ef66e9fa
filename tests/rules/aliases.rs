//! What a template fixes cannot be said again under another identifier (R-MRG-9), and what verifiers may misread is a warning
//! (R-MRG-10).

use std::slice::from_ref;

use issuance::issue::Prepared;
use issuance::plan::{Reason, Warning};
use issuance::request::CustomExtension;
use issuance::{AwsException, Error, GeneralName, IssuanceOptions, Oid, Signer, Template};
use issuance_test_support::ca;
use issuance_test_support::ca::LEAF_KEY;
use issuance_test_support::der::{
    CsrParts, bits, common_name, dns, extension, name, name_attribute, octets, oid, seq, tlv, utf8,
};

const APPLICATION_POLICIES: &str = "1.3.6.1.4.1.311.21.10";
const NETSCAPE_TYPE: &str = "2.16.840.1.113730.1.1";
const BASIC_CONSTRAINTS_1994: &str = "2.5.29.10";
const KEY_IDENTIFIERS_1994: &str = "2.5.29.1";
const POLICIES_1994: &str = "2.5.29.3";
const KEY_USAGE_RESTRICTION: &str = "2.5.29.4";
const SAN_1994: &str = "2.5.29.7";

/// An extension of a request.
type Asked<'a> = (&'a str, bool, Vec<u8>);

/// Smart card log-on and the enrolment agent, as application policies.
fn application_policies() -> Vec<u8> {
    let policy = |id: &str| seq(&[&oid(id)]);
    seq(&[&policy("1.3.6.1.4.1.311.20.2.2"), &policy("1.3.6.1.4.1.311.20.2.1")])
}

fn netscape(types: u8) -> Vec<u8> {
    let unused = types.trailing_zeros() as u8;
    tlv(3, &[unused, types])
}

fn csr(asked: &[Asked<'_>]) -> Vec<u8> {
    let extensions: Vec<_> = asked.iter().map(|(id, critical, value)| extension(id, *critical, value)).collect();
    CsrParts::new(LEAF_KEY.public_key_der()).subject(common_name("device 1")).extensions(&extensions).der()
}

fn prepare(
    template: &str,
    csr_asks: &[Asked<'_>],
    api_asks: &[Asked<'_>],
    options: &IssuanceOptions,
) -> Result<Prepared, Error> {
    let mut request = ca::request(&csr(csr_asks), template);
    for (id, critical, value) in api_asks {
        request = request.custom_extension(CustomExtension::new(*id, value.clone(), *critical));
    }
    ca::prepare(&ca::Ca::default().build(), &request.build().unwrap(), options)
}

fn has(prepared: &Prepared, id: &str) -> bool {
    prepared.plan().extensions().any(|extension| extension.oid().to_string() == id)
}

/// Asks once by the CSR and once by the API, as the template's kind takes them.
fn by_each_source(template: &str, asked: &Asked<'_>) -> Vec<Result<Prepared, Error>> {
    let kind = Template::find(template).unwrap().kind();
    let options = IssuanceOptions::default();
    let mut results = Vec::new();
    if kind.takes_csr() {
        results.push(prepare(template, from_ref(asked), &[], &options));
    }
    if kind.takes_api() {
        results.push(prepare(template, &[], from_ref(asked), &options));
    }
    assert!(!results.is_empty(), "{template} takes nothing");
    results
}

#[track_caller]
fn suppressed(template: &str, asked: &Asked<'_>) {
    for result in by_each_source(template, asked) {
        let prepared = result.unwrap();
        assert!(!has(&prepared, asked.0), "{template} {}", asked.0);
        let listed = prepared.plan().suppressed().iter().find(|s| s.input().oid() == Some(asked.0.parse().unwrap()));
        assert_eq!(listed.unwrap().reason(), Reason::TemplateDefines, "{template} {}", asked.0);
        assert_eq!(listed.unwrap().reason().to_string(), "the template defines it");
        assert_eq!(listed.unwrap().value_der(), asked.2);
    }
    let kind = Template::find(template).unwrap().kind();
    let (by_csr, by_api) = if kind.takes_csr() { (vec![asked.clone()], vec![]) } else { (vec![], vec![asked.clone()]) };
    let error = prepare(template, &by_csr, &by_api, &IssuanceOptions::default().strict(true)).unwrap_err();
    assert_eq!(error.aws_exception(), AwsException::InvalidArgs, "{error}");
}

#[track_caller]
fn passes(template: &str, asked: &Asked<'_>) {
    for result in by_each_source(template, asked) {
        assert!(has(&result.unwrap(), asked.0), "{template} {}", asked.0);
    }
}

const FIXING: [&str; 5] = [
    "EndEntityServerAuthCertificate_CSRPassthrough",
    "CodeSigningCertificate_APICSRPassthrough",
    "OCSPSigningCertificate_CSRPassthrough",
    "EndEntityCertificate_APIPassthrough",
    "SubordinateCACertificate_PathLen0_APICSRPassthrough",
];
const BLANK: [&str; 3] = [
    "BlankEndEntityCertificate_CSRPassthrough",
    "BlankEndEntityCertificate_APICSRPassthrough",
    "BlankSubordinateCACertificate_PathLen0_APICSRPassthrough",
];

#[test]
fn r_mrg_9_usages_that_a_template_fixes_have_no_second_name() {
    let restriction = seq(&[&bits(&[0x80 | 1])]);
    for asked in [
        (APPLICATION_POLICIES, false, application_policies()),
        (APPLICATION_POLICIES, true, application_policies()),
        (KEY_USAGE_RESTRICTION, true, restriction),
        (NETSCAPE_TYPE, false, netscape(0x40)),
    ] {
        FIXING.iter().for_each(|template| suppressed(template, &asked));
        BLANK.iter().for_each(|template| passes(template, &asked));
    }
}

#[test]
fn r_mrg_9_basic_constraints_and_key_identifiers_have_no_second_name() {
    for asked in [
        (BASIC_CONSTRAINTS_1994, true, seq(&[&[3, 2, 7, 0x80]])),
        (KEY_IDENTIFIERS_1994, false, seq(&[&tlv(0x80, b"key")])),
    ] {
        FIXING.iter().chain(&BLANK).for_each(|template| suppressed(template, &asked));
    }
    // SSL CA, S/MIME CA, object signing CA.
    for ca_bit in [0x04, 0x02, 0x01] {
        let asked = (NETSCAPE_TYPE, false, netscape(0x40 | ca_bit));
        BLANK[..2].iter().for_each(|template| suppressed(template, &asked));
        passes(BLANK[2], &asked);
    }
}

#[test]
fn r_mrg_9_names_and_policies_of_1994_do_not_stand_beside_those_of_today() {
    let template = "BlankEndEntityCertificate_APICSRPassthrough";
    let options = IssuanceOptions::default();
    let (old, new) = ((SAN_1994, false, dns("old.example")), ("2.5.29.17", false, dns("new.example")));
    let policy = |arc: &str| seq(&[&seq(&[&oid(arc)])]);
    let old_policy = (POLICIES_1994, false, policy("1.2.3"));
    let new_policy = ("2.5.29.32", false, policy("1.2.4"));
    for (old, new) in [(&old, &new), (&old_policy, &new_policy)] {
        // Either source gives either, in each combination.
        for (by_csr, by_api) in [
            (vec![old.clone(), new.clone()], vec![]),
            (vec![new.clone(), old.clone()], vec![]),
            (vec![], vec![old.clone(), new.clone()]),
            (vec![old.clone()], vec![new.clone()]),
            (vec![new.clone()], vec![old.clone()]),
        ] {
            let prepared = prepare(template, &by_csr, &by_api, &options).unwrap();
            assert!(has(&prepared, new.0) && !has(&prepared, old.0), "{}", prepared.plan());
            assert!(prepared.plan().suppressed().iter().any(|s| s.reason() == Reason::TemplateDefines));
        }
        passes(template, old);
    }
    // The SAN of every other source counts as well: a CSR's through a kind that takes no other extension of it, and the member.
    let api = "BlankEndEntityCertificate_APIPassthrough";
    let prepared = prepare(api, from_ref(&new), from_ref(&old), &options).unwrap();
    assert!(!has(&prepared, SAN_1994));
    let request = ca::request(&csr(&[]), api)
        .custom_extension(CustomExtension::new(SAN_1994, old.2.clone(), false))
        .subject_alternative_name(GeneralName::dns_name("new.example"));
    let prepared = ca::prepare(&ca::Ca::default().build(), &request.build().unwrap(), &options).unwrap();
    assert!(!has(&prepared, SAN_1994));
    // A CSR's names through a kind that does not take them are not beside anything.
    let prepared = prepare(api, from_ref(&new_policy), from_ref(&old_policy), &options).unwrap();
    assert!(has(&prepared, POLICIES_1994));
}

/// R-MRG-9: what passes of 1994 is judged as a SAN (R-CSR-8, R-CA-5), and does not count as one (R-CSR-7).
#[test]
fn r_mrg_9_a_san_of_1994_is_held_like_one() {
    let template = "BlankEndEntityCertificate_CSRPassthrough";
    for value in [dns(" "), vec![0x30, 0], vec![1, 2]] {
        let error = prepare(template, &[(SAN_1994, false, value)], &[], &IssuanceOptions::default()).unwrap_err();
        assert_eq!(error.aws_exception(), AwsException::MalformedCsr, "{error}");
    }
    let permitted = seq(&[&tlv(0xa0, &seq(&[&tlv(0x82, b"inside.example")]))]);
    let root = ca::Ca {
        template: "BlankRootCACertificate_APIPassthrough",
        extension: Some(("2.5.29.30", true, &permitted)),
        ..Default::default()
    };
    let root = root.build();
    let outcome = |id: &str, host: &str| {
        let csr = csr(&[(id, false, dns(host))]);
        ca::prepare(&root, &ca::request(&csr, template).build().unwrap(), &IssuanceOptions::default())
    };
    // 2.5.29.(2^32 + 7), and the SAN of today with such an arc.
    for id in [SAN_1994, "2.5.29.4294967303", "2.5.29.4294967313"] {
        assert!(outcome(id, "a.inside.example").is_ok(), "{id}");
        let error = outcome(id, "a.outside.example").expect_err(id);
        assert_eq!(error.aws_exception(), AwsException::Validation, "{error}");
    }
    let parts = CsrParts::new(LEAF_KEY.public_key_der()).subject(name(&[]));
    let nameless = parts.extensions(&[extension(SAN_1994, true, &dns("a.example"))]).der();
    let error = ca::prepare(
        &ca::Ca::default().build(),
        &ca::request(&nameless, template).build().unwrap(),
        &IssuanceOptions::default(),
    );
    assert!(error.unwrap_err().to_string().contains("a subject or a subject alternative name"));
}

/// An identifier that becomes a known one where arcs have 32 bits counts as an alias of it; one that does not passes.
#[test]
fn r_mrg_9_arcs_that_wrap() {
    let wrapped = |last: u64| format!("2.5.29.{}", (1u64 << 32) + last);
    let fixed = "EndEntityServerAuthCertificate_APICSRPassthrough";
    let blank = "BlankEndEntityCertificate_APICSRPassthrough";
    let usage = seq(&[&oid("1.3.6.1.5.5.7.3.2")]);
    suppressed(fixed, &(&wrapped(37), false, usage.clone()));
    suppressed(fixed, &(&wrapped(15), true, vec![3, 2, 2, 4]));
    suppressed(blank, &(&wrapped(19), true, seq(&[&[1, 1, 0xff]])));
    suppressed(blank, &(&wrapped(10), true, seq(&[&[3, 2, 7, 0x80]])));
    suppressed(fixed, &(&format!("1.3.6.1.4.1.311.21.{}", (1u64 << 32) + 10), false, application_policies()));
    passes(blank, &(&wrapped(37), false, usage));
    // Read as what it counts as.
    for result in by_each_source(blank, &(&wrapped(37), false, seq(&[]))) {
        assert!(result.is_err());
    }
    // Beside what it becomes, each alias of an alias included.
    for (last, value) in [(3, seq(&[&seq(&[&oid("1.2.3")])])), (7, dns("a.example")), (37, seq(&[&oid("1.2.3")]))] {
        let (as_wide, as_itself) = (wrapped(last), format!("2.5.29.{last}"));
        let asked = [(as_wide.as_str(), false, value.clone()), (as_itself.as_str(), false, value)];
        let prepared = prepare(blank, &asked, &[], &IssuanceOptions::default()).unwrap();
        assert!(has(&prepared, &as_itself) && !has(&prepared, &as_wide), "{last}");
    }
    // Beside nothing: what it becomes is itself kept out.
    let wide = "2.16.4294968136.1.113730.1.1";
    let asked = [(wide, false, netscape(0x40)), (NETSCAPE_TYPE, false, netscape(0x44))];
    for (by_csr, by_api) in [(&asked[..], &[][..]), (&[], &asked)] {
        let prepared = prepare(blank, by_csr, by_api, &IssuanceOptions::default()).unwrap();
        assert!(has(&prepared, wide) && !has(&prepared, NETSCAPE_TYPE), "{}", prepared.plan());
    }
    // A UUID, and what only is wide.
    passes(blank, &("2.25.329800735698586629295641978511506172918", false, octets(b"x")));
    passes(fixed, &("1.2.4294967333.37", false, octets(b"x")));
}

// --- R-MRG-10

fn warnings(template: &str, csr: &[u8]) -> Vec<Warning> {
    let request = ca::request(csr, template).build().unwrap();
    let authority = ca::Ca::default().build();
    let prepared = ca::prepare(&authority, &request, &IssuanceOptions::default()).unwrap();
    let warnings = prepared.plan().warnings().to_vec();
    // Every warning is in the table, with its citation, and strict mode refuses them.
    let table = prepared.plan().to_string();
    for warning in &warnings {
        assert!(table.contains(warning.name()) && table.contains(warning.citation()), "{table}");
    }
    let strict = ca::prepare(&authority, &request, &IssuanceOptions::default().strict(true));
    match strict {
        Ok(_) => assert!(warnings.is_empty()),
        Err(error) => {
            assert_eq!(error.aws_exception(), AwsException::InvalidArgs);
            for warning in &warnings {
                assert!(error.to_string().contains(&warning.to_string()), "{error}");
            }
        }
    }
    warnings
}

fn oid_of(text: &str) -> Oid {
    text.parse().unwrap()
}

#[test]
fn r_mrg_10_extensions() {
    let leaf = "BlankEndEntityCertificate_CSRPassthrough";
    let subordinate = "BlankSubordinateCACertificate_PathLen0_CSRPassthrough";
    let constraints = seq(&[&tlv(0xa0, &seq(&[&tlv(0x82, b"a.example")]))]);
    for (id, value, citation) in [
        ("2.5.29.30", constraints, "RFC 5280 section 4.2.1.10"),
        ("2.5.29.36", seq(&[&tlv(0x80, &[0])]), "RFC 5280 section 4.2.1.11"),
        ("2.5.29.54", tlv(2, &[0]), "RFC 5280 section 4.2.1.14"),
    ] {
        let asked = csr(&[(id, true, value)]);
        let expected = Warning::CaExtension(oid_of(id));
        assert_eq!(expected.citation(), citation);
        assert_eq!(warnings(leaf, &asked), [expected]);
        assert_eq!(warnings(subordinate, &asked), []);
    }
    let unknown = |critical| csr(&[("1.2.3.4", critical, octets(b"x"))]);
    assert_eq!(warnings(leaf, &unknown(true)), [Warning::UnknownCriticalExtension(oid_of("1.2.3.4"))]);
    assert_eq!(warnings(leaf, &unknown(false)), []);
    for id in ["1.3.6.1.4.1.311.25.2", "1.3.6.1.4.1.311.20.2", "1.3.6.1.4.1.311.21.7"] {
        let asked = (id, false, octets(b"x"));
        assert_eq!(warnings(leaf, &csr(from_ref(&asked))), [Warning::WindowsExtension(oid_of(id))]);
        let critical = csr(&[(id, true, octets(b"x"))]);
        let both = [Warning::WindowsExtension(oid_of(id)), Warning::UnknownCriticalExtension(oid_of(id))];
        assert_eq!(warnings(leaf, &critical), both);
        // The API's are the caller's word.
        let api =
            prepare("BlankEndEntityCertificate_APIPassthrough", &[], &[asked], &IssuanceOptions::default()).unwrap();
        assert_eq!(api.plan().warnings(), []);
    }
}

#[test]
fn r_mrg_10_subjects() {
    let of = |subject: Vec<u8>, san: &[Vec<u8>]| {
        let csr = CsrParts::new(LEAF_KEY.public_key_der()).subject(subject).extensions(san).der();
        warnings("EndEntityCertificate", &csr)
    };
    let host = |name: &str| vec![Warning::HostInCommonName(name.to_owned())];
    let san = |value: Vec<u8>| vec![extension("2.5.29.17", false, &value)];
    assert_eq!(of(common_name("www.example.com"), &[]), host("www.example.com"));
    assert_eq!(of(common_name("*.example.com"), &[]), host("*.example.com"));
    assert_eq!(of(common_name("www.example.com."), &[]), host("www.example.com."));
    assert_eq!(of(common_name("www.example.com"), &san(seq(&[&tlv(0x81, b"a@b.example")]))), host("www.example.com"));
    assert_eq!(of(common_name("www.example.com"), &san(dns("other.example"))), []);
    for other in ["device 1", "device", "a..b", "-a.example", "a@b.example", "Example, Inc."] {
        assert_eq!(of(common_name(other), &[]), [], "{other}");
    }
    // In strings of two and of four bytes a character, all of which count.
    let wide = |tag: u8, width: usize, text: &str| {
        let value: Vec<u8> = text.chars().flat_map(|c| u32::from(c).to_be_bytes()[4 - width..].to_vec()).collect();
        of(name(&[name_attribute("2.5.4.3", &tlv(tag, &value))]), &[])
    };
    for (tag, width) in [(0x1e, 2), (0x1c, 4)] {
        assert_eq!(wide(tag, width, "www.example.com"), host("www.example.com"), "{tag:#x}");
        assert_eq!(wide(tag, width, "\u{177}ww.example.com"), [], "{tag:#x}");
    }
    // A value that is not a string does not name a host.
    assert_eq!(of(name(&[name_attribute("2.5.4.3", &octets(b"www.example.com"))]), &[]), []);
    // A CA's name is not taken for a host.
    let csr = CsrParts::new(LEAF_KEY.public_key_der()).subject(common_name("ca.example.com")).der();
    assert_eq!(warnings("SubordinateCACertificate_PathLen0", &csr), []);

    let printable = |text: &str| name(&[name_attribute("2.5.4.10", &tlv(0x13, text.as_bytes()))]);
    for (text, other) in [("a@b", '@'), ("*.a b", '*'), ("a_b", '_'), ("a&b@", '&')] {
        assert_eq!(of(printable(text), &[]), [Warning::NotPrintable(oid_of("2.5.4.10"), other)], "{text}");
    }
    assert_eq!(of(printable("Az09 '()+,-./:=?"), &[]), []);
    assert_eq!(of(name(&[name_attribute("2.5.4.10", &utf8("a@b"))]), &[]), []);
}

/// Programs find the warnings in the plan's JSON.
#[test]
fn r_mrg_10_json() {
    let asked = [("1.2.3.4", true, octets(b"x"))];
    let options = IssuanceOptions::default();
    let prepared = prepare("BlankEndEntityCertificate_CSRPassthrough", &asked, &[], &options).unwrap();
    let json = serde_json::to_value(prepared.plan()).unwrap();
    assert_eq!(json["warnings"][0]["warning"], "unknown-critical-extension");
    assert_eq!(json["warnings"][0]["citation"], "RFC 5280 section 4.2");
    assert_eq!(json["warnings"][0]["oid"], "1.2.3.4");
    assert!(json["warnings"][0]["text"].as_str().unwrap().contains("critical"));
}
