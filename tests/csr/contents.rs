//! What stands inside a certification request is judged if it would reach the certificate, and listed otherwise (R-CSR-2).

use issuance::csr::{CsrError, CsrPolicy};
use issuance::issue::Prepared;
use issuance::plan::{Input, Warning};
use issuance::request::IssueCertificateRequestBuilder;
use issuance::{AwsException, Csr, Error, IssuanceOptions, Signer, Subject};
use issuance_test_support::ca;
use issuance_test_support::ca::LEAF_KEY;
use issuance_test_support::der;
use issuance_test_support::der::{
    CHALLENGE_PASSWORD, CsrParts, EXTENSION_REQUEST, attribute, common_name, dns, extension, extension_request, name,
    name_attribute, octets, oid, seq, set, tlv, utf8,
};
use issuance_test_support::files;

const BASE: &str = "EndEntityCertificate";
const CSR: &str = "BlankEndEntityCertificate_CSRPassthrough";
const API: &str = "BlankEndEntityCertificate_APIPassthrough";
const API_CSR: &str = "BlankEndEntityCertificate_APICSRPassthrough";

fn parts() -> CsrParts {
    CsrParts::new(LEAF_KEY.public_key_der())
}

fn prepare(request: IssueCertificateRequestBuilder, options: &IssuanceOptions) -> Result<Prepared, Error> {
    ca::prepare(&ca::Ca::default().build(), &request.build().unwrap(), options)
}

fn issue(csr: &[u8], template: &str) -> Result<Prepared, Error> {
    prepare(ca::request(csr, template), &IssuanceOptions::default())
}

/// As [`issue`], with a subject from the API.
fn issue_with_subject(csr: &[u8], template: &str) -> Result<Prepared, Error> {
    let subject = Subject::builder().common_name("api subject");
    prepare(ca::request(csr, template).subject(subject), &IssuanceOptions::default())
}

#[track_caller]
fn refused(result: Result<Prepared, Error>, expected: &str) {
    let error = result.expect_err(expected);
    assert_eq!(error.aws_exception(), AwsException::MalformedCsr, "{error}");
    assert!(error.to_string().contains(expected), "{error}");
}

/// What was not used of the CSR's extensions and attributes, with why it cannot be read.
fn unreadable(prepared: &Prepared) -> Vec<(Input, String)> {
    let suppressed = prepared.plan().suppressed().iter();
    suppressed.filter_map(|input| Some((input.input(), input.fault()?))).collect()
}

fn file(name: &str) -> Vec<u8> {
    std::fs::read(files::path("reports").join(name)).unwrap()
}

fn strict() -> IssuanceOptions {
    IssuanceOptions::default().csr_policy(CsrPolicy::Strict)
}

// --- critical FALSE

#[test]
fn r_csr_2_critical_false_is_read_as_not_critical_and_not_spelled_out() {
    let false_spelled_out = |id: &str, value: &[u8]| seq(&[&oid(id), &[1, 1, 0], &octets(value)]);
    let csr = parts()
        .extensions(&[
            false_spelled_out("2.5.29.17", &dns("a.example")),
            false_spelled_out("2.5.29.37", &seq(&[&oid("1.3.6.1.5.5.7.3.1")])),
        ])
        .der();
    for template in [BASE, API, CSR, API_CSR] {
        let prepared = issue(&csr, template).unwrap();
        for planned in prepared.plan().extensions() {
            assert!(!planned.critical() || planned.oid().to_string() != "2.5.29.17", "{template}");
        }
        let san = extension("2.5.29.17", false, &dns("a.example"));
        assert!(der::holds(prepared.tbs_der(), &san), "{template}");
        let usage = extension("2.5.29.37", false, &seq(&[&oid("1.3.6.1.5.5.7.3.1")]));
        assert_eq!(der::holds(prepared.tbs_der(), &usage), [CSR, API_CSR].contains(&template), "{template}");
        refused(prepare(ca::request(&csr, template), &strict()), "critical FALSE spelled out");
    }
    // With an empty subject it is a SAN that is not critical (R-CSR-7).
    let nameless = parts().subject(name(&[])).extensions(&[false_spelled_out("2.5.29.17", &dns("a.example"))]).der();
    refused(issue(&nameless, BASE), "CSR must mark the SAN extension critical when it has an empty subject");
}

// --- the subject

#[test]
fn r_csr_2_a_subject_is_judged_if_it_is_certified() {
    for (what, subject, fault) in [
        (
            "Latin-1",
            name(&[name_attribute("2.5.4.10", &tlv(0x13, b"SP\xd3\xa3KA"))]),
            "PrintableString that is not ASCII",
        ),
        (
            "UTF-8 in IA5String",
            name(&[name_attribute("2.5.4.10", &tlv(0x16, "ä".as_bytes()))]),
            "IA5String that is not ASCII",
        ),
        ("NUL at the end", common_name("device\0"), "NUL in the text of an attribute"),
        (
            "one RDN, unsorted",
            seq(&[&tlv(
                0x31,
                &[name_attribute("2.5.4.6", &tlv(0x13, b"US")), name_attribute("2.5.4.3", &utf8("a"))].concat(),
            )]),
            "not in DER order",
        ),
        ("no name at all", tlv(0x30, &[1, 2, 3]), "malformed subject"),
    ] {
        let csr = parts().subject(subject).der();
        for template in [BASE, CSR, API, API_CSR] {
            refused(issue(&csr, template), fault);
        }
        // Where the fault is: an offset in the request.
        let offset = issue(&csr, BASE).unwrap_err().to_string();
        let offset: usize = offset.rsplit(' ').next().unwrap().parse().unwrap();
        assert!(offset > 4 && offset < csr.len(), "{what}");
        for template in [API, API_CSR] {
            let prepared = issue_with_subject(&csr, template).unwrap_or_else(|error| panic!("{what}: {error}"));
            let [(Input::CsrSubject, told)] = &unreadable(&prepared)[..] else { panic!("{what}: {}", prepared.plan()) };
            assert!(fault.contains("malformed") || told.contains(fault), "{what}: {told}");
            assert!(prepared.plan().to_string().contains("it cannot be read"), "{what}");
            refused(
                prepare(ca::request(&csr, template).subject(Subject::builder().common_name("a")), &strict()),
                "subject",
            );
        }
    }
}

#[test]
fn requests_of_public_reports() {
    for (file, template, with_subject, outcome) in [
        ("freeipa-critical-false.pem", BASE, false, Ok(())),
        ("freeipa-critical-false.pem", API, true, Ok(())),
        ("freeipa-critical-false.pem", CSR, false, Ok(())),
        ("latin-1-in-printable-string.pem", API, true, Ok(())),
        ("latin-1-in-printable-string.pem", BASE, false, Err("malformed subject: PrintableString that is not ASCII")),
        ("utf-8-in-printable-string.pem", API, true, Ok(())),
        ("utf-8-in-printable-string.pem", BASE, false, Err("malformed subject: PrintableString that is not ASCII")),
        ("windows-mdm-cn.pem", BASE, false, Ok(())),
        ("host-in-cn.pem", BASE, false, Ok(())),
        ("openssl-addext-twice.pem", BASE, false, Err("2.5.29.17 more than once")),
        ("certmonger-ca-true.pem", BASE, false, Ok(())),
        ("rsa-key-without-null.pem", BASE, false, Err("rsaEncryption without NULL parameters")),
    ] {
        let csr = self::file(file);
        let result = if with_subject { issue_with_subject(&csr, template) } else { issue(&csr, template) };
        match outcome {
            Ok(()) => drop(result.unwrap_or_else(|error| panic!("{file}, {template}: {error}"))),
            Err(expected) => refused(result, expected),
        }
    }
    // Each proves possession, but for the key whose form is wrong.
    for file in std::fs::read_dir(files::path("reports")).unwrap().map(|file| file.unwrap().path()) {
        if file.extension().is_some_and(|extension| extension == "pem") && !file.ends_with("rsa-key-without-null.pem") {
            let pem = std::fs::read(&file).unwrap();
            let csr = Csr::decode(&pem).unwrap_or_else(|error| panic!("{file:?}: {error}"));
            csr.prove(&Default::default(), &issuance::RustCryptoVerifier).unwrap();
        }
    }
}

// --- attributes and the extension request

#[test]
fn r_csr_2_an_unreadable_extension_request_asks_for_nothing() {
    let good = seq(&[&extension("2.5.29.17", false, &dns("a.example"))]);
    for (what, values) in [
        ("Cisco: a T61String", set(&[tlv(0x14, &good)])),
        ("an OCTET STRING", set(&[octets(&good)])),
        ("two values", set(&[good.clone(), good.clone()])),
        ("a list with something else", set(&[seq(&[&[5, 0]])])),
        ("an identifier that is not DER", set(&[seq(&[&seq(&[&tlv(6, &[0x55, 0x80, 0x1d]), &octets(b"")])])])),
        ("no SET", good.clone()),
    ] {
        let csr = parts().attributes(&[seq(&[&oid(EXTENSION_REQUEST), &values])]).der();
        for template in [BASE, API] {
            let prepared = issue(&csr, template).unwrap_or_else(|error| panic!("{what}: {error}"));
            assert!(prepared.plan().warnings().contains(&Warning::UnreadableExtensionRequest), "{what}");
            assert!(!der::holds(prepared.tbs_der(), b"a.example"), "{what}");
            let [(Input::CsrAttribute(oid), _)] = &unreadable(&prepared)[..] else { panic!("{what}") };
            assert_eq!(oid.to_string(), EXTENSION_REQUEST, "{what}");
        }
        for template in [CSR, API_CSR] {
            refused(issue(&csr, template), "malformed extensionRequest");
        }
        assert!(matches!(Csr::decode_with(&csr, CsrPolicy::Strict), Err(CsrError::Malformed { .. })), "{what}");
        assert!(Csr::decode(&csr).unwrap().extensions().any(|extension| extension.is_err()), "{what}");
    }
}

#[test]
fn r_csr_2_attributes_that_are_only_read_have_any_form() {
    let san = attribute(EXTENSION_REQUEST, &[seq(&[&extension("2.5.29.17", false, &dns("a.example"))])]);
    for (what, attributes) in [
        ("telephone exchanges: an empty SET", vec![seq(&[&oid("1.2.3.4"), &tlv(0x31, &[])]), san.clone()]),
        (
            "out of order",
            vec![attribute("1.2.840.113549.1.9.7", &[utf8("password")]), attribute("1.2.3", &[utf8("a")]), san.clone()],
        ),
        (
            "twice",
            vec![attribute(CHALLENGE_PASSWORD, &[utf8("a")]), attribute(CHALLENGE_PASSWORD, &[utf8("b")]), san.clone()],
        ),
        ("values out of order", vec![seq(&[&oid("1.2.3"), &tlv(0x31, &[utf8("b"), utf8("a")].concat())]), san.clone()]),
        ("an arc of 33 bits", vec![attribute("1.2.4294967299", &[utf8("a")]), san.clone()]),
    ] {
        let csr = parts().attributes_as_given(&attributes).der();
        for template in [BASE, CSR, API, API_CSR] {
            let prepared = issue(&csr, template).unwrap_or_else(|error| panic!("{what}: {error}"));
            assert!(der::holds(prepared.tbs_der(), b"a.example"), "{what}");
            assert_eq!(prepared.plan().suppressed().len(), attributes.len() - 1, "{what}");
        }
        assert!(Csr::decode_with(&csr, CsrPolicy::Strict).is_err(), "{what}");
    }
    // An empty request for extensions asks for nothing, and nothing is wrong with that; whatever else stands beside it.
    for values in [tlv(0x31, &[]), set(&[seq(&[])])] {
        let empty = seq(&[&oid(EXTENSION_REQUEST), &values]);
        let beside = parts().attributes(&[empty.clone(), attribute("1.2.3", &[utf8("a")])]).der();
        let prepared = issue(&beside, CSR).unwrap();
        let listed: Vec<_> = prepared.plan().suppressed().iter().map(|s| s.input()).collect();
        assert_eq!(listed, [Input::CsrAttribute("1.2.3".parse().unwrap())]);
        let csr = parts().attributes(&[empty]).der();
        let prepared = issue(&csr, CSR).unwrap();
        assert!(prepared.plan().warnings().iter().all(|w| *w != Warning::UnreadableExtensionRequest));
        assert!(prepared.plan().suppressed().is_empty());
    }
}

/// A password is not shown, whatever is wrong around it.
#[test]
fn attributes_that_cannot_be_told_apart_are_not_shown() {
    let password = attribute(CHALLENGE_PASSWORD, &[utf8("secret words")]);
    let attributes = [tlv(0x04, b"not an attribute"), password];
    let csr = parts().attributes(&attributes).der();
    let attributes = attributes.concat();
    let prepared = issue(&csr, BASE).unwrap();
    let plan = prepared.plan();
    let suppressed =
        plan.suppressed().iter().find(|suppressed| suppressed.input() == Input::CsrAttributes).expect("listed");
    assert_eq!(suppressed.value_der(), attributes, "as they came");
    assert!(!plan.to_string().contains("secret") && !format!("{plan:?}").contains("secret"), "{plan}");
    refused(issue(&csr, CSR), "malformed extensionRequest");
}

// --- extensions

#[test]
fn r_csr_2_an_extension_is_judged_if_it_is_taken() {
    for (what, value) in [
        ("extKeyUsage with bytes after it", [seq(&[&oid("1.3.6.1.5.5.7.3.1")]), vec![0, 0, 0]].concat()),
        ("an empty extKeyUsage", vec![]),
        ("an empty list", vec![0x30, 0]),
    ] {
        let csr = parts().extensions(&[extension("2.5.29.37", false, &value)]).der();
        for template in [BASE, API] {
            let prepared = issue(&csr, template).unwrap();
            let [(Input::CsrExtension(oid), _)] = &unreadable(&prepared)[..] else { panic!("{what}") };
            assert_eq!(oid.to_string(), "2.5.29.37");
        }
        for template in [CSR, API_CSR] {
            refused(issue(&csr, template), "malformed extKeyUsage");
        }
        // The template defines it, so it is not taken.
        let prepared = issue(&csr, "EndEntityServerAuthCertificate_CSRPassthrough").unwrap();
        assert_eq!(unreadable(&prepared).len(), 1, "{what}");
    }
    // What cannot even be told apart, in one extension alone.
    let broken = seq(&[&oid("1.2.3.4"), &[1, 1, 7], &octets(b"x")]);
    let csr = parts().extensions(&[extension("2.5.29.17", false, &dns("a.example")), broken]).der();
    let prepared = issue(&csr, BASE).unwrap();
    assert!(der::holds(prepared.tbs_der(), b"a.example"));
    assert_eq!(unreadable(&prepared).len(), 1);
    refused(issue(&csr, CSR), "malformed extension: BOOLEAN that is not DER at byte");
    // The SAN is taken by every template.
    let san = seq(&[&oid("2.5.29.17"), &[1, 1, 7], &octets(&dns("a.example"))]);
    refused(issue(&parts().extensions(&[san]).der(), BASE), "malformed subjectAltName: BOOLEAN that is not DER");
}

#[test]
fn the_bound_of_a_san_is_not_that_of_other_names() {
    let names = seq(&[&[0x82, 1, b'a'].repeat(Csr::MAX_GENERAL_NAMES + 1)]);
    let issuer_alt_name = extension("2.5.29.18", false, &names);
    let csr = parts().extensions(&[extension("2.5.29.17", false, &dns("a.example")), issuer_alt_name]).der();
    assert!(issue(&csr, CSR).is_ok());
    refused(issue(&parts().extensions(&[extension("2.5.29.17", false, &names)]).der(), CSR), "subjectAltName");
}

#[test]
fn r_csr_8_entries_of_a_san_say_something() {
    let utf8_other = |text: &str| tlv(0xa0, &[oid("1.3.6.1.4.1.311.20.2.3"), tlv(0xa0, &utf8(text))].concat());
    for (what, entry) in [
        ("e-mail", tlv(0x81, b" ")),
        ("URI", tlv(0x86, b" ")),
        ("DNS", tlv(0x82, b"   ")),
        ("otherName", utf8_other("")),
        ("otherName of white space", utf8_other(" \u{3000}")),
        ("otherName with a control character", utf8_other("a\u{7}")),
        ("directoryName", tlv(0xa4, &name(&[]))),
        ("directoryName of empty text", tlv(0xa4, &common_name(""))),
    ] {
        let csr = parts().extensions(&[extension("2.5.29.17", false, &seq(&[&entry]))]).der();
        for template in [BASE, CSR, API] {
            refused(issue(&csr, template), "malformed subjectAltName");
        }
        let custom = ca::request(&parts().der(), API).custom_extension(issuance::request::CustomExtension::new(
            "2.5.29.17",
            seq(&[&entry]),
            false,
        ));
        let error = prepare(custom, &IssuanceOptions::default()).expect_err(what);
        assert_eq!(error.aws_exception(), AwsException::InvalidArgs, "{error}");
    }
}

/// What a value holds inside is DER all the way down, also where its type says nothing of it.
#[test]
fn r_csr_8_values_are_der_all_the_way_down() {
    let qualified = |id: &str, value: &[u8]| seq(&[&seq(&[&oid("1.2.3"), &seq(&[&seq(&[&oid(id), value])])])]);
    let other_name = |value: &[u8]| seq(&[&tlv(0xa0, &[oid("1.3.6.1.5.2.2"), tlv(0xa0, value)].concat())]);
    let notice = seq(&[&seq(&[&utf8("organisation"), &seq(&[&[2, 0]])])]);
    for (what, id, value) in [
        ("a number without content in a user notice", "2.5.29.32", qualified("1.3.6.1.5.5.7.2.2", &notice)),
        ("half an element in a policy qualifier", "2.5.29.32", qualified("1.2.3.4", &tlv(0x30, &[4, 9, 1]))),
        ("half an element in an otherName", "2.5.29.17", other_name(&tlv(0x30, &[4, 9, 1]))),
        ("junk in an x400Address", "2.5.29.18", seq(&[&tlv(0xa3, &[1, 2, 3])])),
        (
            "half an element in a directory attribute",
            "2.5.29.9",
            seq(&[&seq(&[&oid("1.2.3"), &tlv(0x31, &[0x30, 2, 4, 9])])]),
        ),
        (
            "half an element below a name constraint",
            "2.5.29.30",
            seq(&[&tlv(0xa0, &seq(&[&other_name(&tlv(0x30, &[4, 9]))[2..]]))]),
        ),
    ] {
        let csr = parts().extensions(&[extension(id, false, &value)]).der();
        refused(issue(&csr, CSR), "CSR has a malformed ");
        assert!(id == "2.5.29.17" || issue(&csr, BASE).is_ok(), "{what}");
    }
}

#[test]
fn r_csr_6_an_extension_stands_twice_only_where_it_is_not_taken() {
    let usage = extension("2.5.29.37", false, &seq(&[&oid("1.3.6.1.5.5.7.3.1")]));
    let csr = parts().extensions(&[usage.clone(), usage]).der();
    let prepared = issue(&csr, BASE).unwrap();
    assert_eq!(prepared.plan().suppressed().len(), 2);
    refused(issue(&csr, CSR), "2.5.29.37 more than once");
    let twice = attribute(EXTENSION_REQUEST, &[seq(&[])]);
    let csr = parts().attributes(&[twice.clone(), twice]).der();
    refused(issue(&csr, BASE), "1.2.840.113549.1.9.14 more than once");
}

// --- R-CSR-9

#[test]
fn r_csr_9_names_of_empty_text_are_empty_names() {
    let empty = common_name("");
    let nameless = |san: &[Vec<u8>]| parts().subject(empty.clone()).extensions(san).der();
    refused(issue(&nameless(&[]), BASE), "CSR must provide a subject or a subject alternative name");
    let san = |critical| [extension("2.5.29.17", critical, &dns("a.example"))];
    refused(issue(&nameless(&san(false)), BASE), "must mark the SAN extension critical");
    let prepared = issue(&nameless(&san(true)), BASE).unwrap();
    // The name itself passes byte for byte (R-CSR-5).
    assert!(der::holds(prepared.tbs_der(), &empty));
    assert!(prepared.plan().warnings().is_empty(), "{}", prepared.plan());
    refused(issue(&nameless(&[]), "SubordinateCACertificate_PathLen0"), "subject for a CA certificate");
    // The API's subject counts likewise, and its SAN is made critical.
    let by_api = |names: &[&str]| {
        let mut request = ca::request(&parts().der(), API).subject(Subject::builder().common_name(""));
        for name in names {
            request = request.subject_alternative_name(issuance::GeneralName::dns_name(*name));
        }
        prepare(request, &IssuanceOptions::default())
    };
    refused(by_api(&[]), "CSR must provide a subject or a subject alternative name");
    let prepared = by_api(&["a.example"]).unwrap();
    assert!(der::holds(prepared.tbs_der(), &extension("2.5.29.17", true, &dns("a.example"))));
    // Beside attributes that say something, an empty one is a warning.
    let beside = name(&[name_attribute("2.5.4.10", &utf8("")), name_attribute("2.5.4.3", &utf8("a"))]);
    let prepared = issue(&parts().subject(beside).der(), BASE).unwrap();
    assert_eq!(prepared.plan().warnings(), [Warning::EmptyAttribute("2.5.4.10".parse().unwrap())]);
}

/// Nothing that is issued has an octet in its subject or a known extension that the strict policy refuses in the same place:
/// every octet of a request is changed in turn, under a template that takes everything.
#[test]
fn what_is_issued_reads_strictly() {
    let extensions = [
        extension("2.5.29.17", false, &dns("a.example")),
        extension("2.5.29.15", true, &[3, 2, 5, 0xa0]),
        extension("2.5.29.37", false, &seq(&[&oid("1.3.6.1.5.5.7.3.1")])),
        extension("2.5.29.30", true, &seq(&[&tlv(0xa0, &seq(&[&tlv(0x82, b"a")]))])),
    ];
    let good = parts().extensions(&extensions).der();
    let (mut issued, mut refused) = (0, 0);
    for place in 0..good.len() {
        for change in [1, 0x20, 0x80, 0xff] {
            let mut csr = good.clone();
            csr[place] ^= change;
            let Ok(prepared) = issue(&csr, API_CSR) else {
                refused += 1;
                continue;
            };
            issued += 1;
            // The certificate's own subject and extensions, as a request that is judged strictly at once.
            let subject = prepared.plan().field_der(issuance::x509::Field::Subject).to_vec();
            let taken: Vec<_> = prepared
                .plan()
                .extensions()
                .map(|planned| extension(&planned.oid().to_string(), planned.critical(), planned.value_der()))
                .collect();
            let again = parts().subject(subject).attributes(&[extension_request(&taken)]).der();
            if let Err(error) = Csr::decode_with(&again, CsrPolicy::Strict) {
                assert!(error.to_string().contains("32 bits"), "byte {place} changed by {change:#04x}: {error}");
            }
        }
    }
    assert!(issued > 200 && refused > 500, "{issued} {refused}");
}
