//! Members of a request that no rule uses: unknown members and empty structures are ignored and listed, strict mode refuses them,
//! and a name misspelt inside `ApiPassthrough` is refused in any case (R-REQ-10).

use std::sync::Arc;

use base64::prelude::{BASE64_STANDARD, Engine};
use issuance::issue::{FixedClock, FixedSerial, PreparedFile};
use issuance::plan::SuppressedInput;
use issuance::request::ViolationClass;
use issuance::request::{RequestError, UnusedReason};
use issuance::template::Source;
use issuance::{
    AwsException, Error, IssuanceOptions, IssueCertificateRequest, IssuedCertificate, Issuer, OfflineIssuer, Subject,
};
use issuance_test_support::authorities::{Authority, now, serial};
use serde_json::{Value, json};

const TEMPLATE: &str = "arn:aws:acm-pca:::template/EndEntityCertificate_APIPassthrough/V1";

fn read(request: &Value) -> Result<IssueCertificateRequest, RequestError> {
    IssueCertificateRequest::from_json(request.to_string().as_bytes())
}

/// The paths of what is not used, with the reasons.
fn unused(request: &IssueCertificateRequest) -> Vec<(&str, UnusedReason)> {
    request.unused_members().iter().map(|member| (member.path(), member.reason())).collect()
}

/// A root, and a request for a certificate under it.
fn setting() -> (Authority, Value) {
    let root = Authority::root();
    let request = json!({
        "CertificateAuthorityArn": root.ca.arn().as_str(),
        "Csr": BASE64_STANDARD.encode(Authority::pending_root().own_request()),
        "SigningAlgorithm": root.algorithm.as_str(),
        "TemplateArn": TEMPLATE,
        "Validity": { "Value": 1, "Type": "DAYS" },
    });
    (root, request)
}

fn issuer(root: &Authority, options: IssuanceOptions) -> Issuer {
    Issuer::builder(root.ca.clone(), Arc::clone(&root.signer))
        .clock(FixedClock(now()))
        .serial_source(FixedSerial(serial()))
        .options(options)
        .build()
        .unwrap()
}

const NOT_KNOWN: UnusedReason = UnusedReason::NotKnown;
const EMPTY: UnusedReason = UnusedReason::EmptyStructure;

#[test]
fn what_is_not_known_is_ignored_and_listed() {
    let (root, plain) = setting();
    let mut request = plain.clone();
    request["Priority"] = json!({ "Level": [1, 2.5, "x"] });
    request["Nothing"] = Value::Null;
    request["Validity"]["Zone"] = json!("UTC");
    request["ApiPassthrough"] = json!({
        "Extensions": {
            "SubjectAlternativeNames": [{ "DnsName": "a.example" }, { "DnsName": "b.example", "Weight": 7 }],
            "InhibitAnyPolicy": 0,
        },
    });
    let read = read(&request).unwrap();
    assert_eq!(
        unused(&read),
        [
            ("apiPassthrough.extensions.subjectAlternativeNames.2.member.Weight", NOT_KNOWN),
            ("apiPassthrough.extensions.InhibitAnyPolicy", NOT_KNOWN),
            ("validity.Zone", NOT_KNOWN),
            ("Priority", NOT_KNOWN),
        ]
    );
    // Serde's reader does the same, and what is not used is no part of what is written.
    let by_serde: IssueCertificateRequest = serde_json::from_value(request.clone()).unwrap();
    assert_eq!(unused(&by_serde), unused(&read));
    let again = IssueCertificateRequest::from_json(read.to_json().as_bytes()).unwrap();
    assert_eq!(again, read);
    assert!(again.unused_members().is_empty() && again.unused_member_count() == 0);

    let certificate = issuer(&root, IssuanceOptions::default()).issue(&read).unwrap();
    let listed: Vec<(String, String, Source)> = certificate
        .plan()
        .suppressed()
        .iter()
        .filter(|suppressed| suppressed.input().oid().is_none() && suppressed.value_der().is_empty())
        .map(|suppressed| {
            (suppressed.input().to_string(), suppressed.reason().to_string(), suppressed.input().source())
        })
        .collect();
    let expected = |path: &str, source| (path.to_owned(), "member not known".to_owned(), source);
    assert_eq!(
        listed,
        [
            expected("apiPassthrough.extensions.subjectAlternativeNames.2.member.Weight", Source::Api),
            expected("apiPassthrough.extensions.InhibitAnyPolicy", Source::Api),
            expected("validity.Zone", Source::Request),
            expected("Priority", Source::Request),
        ]
    );
    assert!(certificate.plan().to_string().contains("Priority"), "{}", certificate.plan());
    let plan = serde_json::to_value(certificate.plan()).unwrap();
    let last = plan["suppressed"].as_array().unwrap().last().unwrap();
    assert_eq!(*last, json!({ "input": "Priority", "source": "request", "reason": "member not known", "value": "" }));

    // The certificate is the one that the request without them gets.
    let mut plain = plain;
    plain["ApiPassthrough"] = json!({
        "Extensions": { "SubjectAlternativeNames": [{ "DnsName": "a.example" }, { "DnsName": "b.example" }] },
    });
    let plain = self::read(&plain).unwrap();
    assert_eq!(plain, read);
    let prepared = |request| issuer(&root, IssuanceOptions::default()).prepare(request).unwrap().tbs_der().to_vec();
    assert_eq!(prepared(&plain), prepared(&read));
}

#[test]
fn strict_mode_refuses_what_is_not_used() {
    let (root, mut request) = setting();
    // Nothing of the CSR itself is left out by this template.
    request["TemplateArn"] =
        json!("arn:aws:acm-pca:::template/BlankSubordinateCACertificate_PathLen0_CSRPassthrough/V1");
    let issuer = issuer(&root, IssuanceOptions::default().strict(true));
    let refused = |request: &Value| match issuer.prepare(&read(request).unwrap()) {
        Err(error @ Error::Suppressed(_)) => error,
        other => panic!("{other:?}"),
    };
    let before = refused(&request).to_string();
    request["Priority"] = json!(1);
    let error = refused(&request);
    assert_eq!(error.aws_exception(), AwsException::InvalidArgs);
    assert!(error.to_string().contains("Priority: member not known"), "{error}");
    assert!(!before.contains("Priority"), "{before}");
    request["ApiPassthrough"] = json!({ "Subject": {} });
    let error = refused(&request).to_string();
    assert!(error.contains("apiPassthrough.subject: empty structure"), "{error}");
}

#[test]
fn an_empty_structure_counts_as_absent_and_is_listed() {
    let (root, plain) = setting();
    let absent = read(&plain).unwrap();
    for (passthrough, listed) in [
        (json!({}), &[("apiPassthrough", EMPTY)][..]),
        (json!({ "Subject": {} }), &[("apiPassthrough.subject", EMPTY)]),
        (json!({ "Subject": { "CommonName": null } }), &[("apiPassthrough.subject", EMPTY)]),
        (json!({ "Subject": null, "Extensions": {} }), &[("apiPassthrough.extensions", EMPTY)]),
        (
            json!({ "Extensions": {}, "Subject": {} }),
            &[("apiPassthrough.extensions", EMPTY), ("apiPassthrough.subject", EMPTY)],
        ),
        (
            json!({ "Subject": { "Reserved": 1 } }),
            &[("apiPassthrough.subject", EMPTY), ("apiPassthrough.subject.Reserved", NOT_KNOWN)],
        ),
    ] {
        let mut request = plain.clone();
        request["ApiPassthrough"] = passthrough;
        let read = read(&request).unwrap();
        assert_eq!(unused(&read), listed, "{request}");
        assert_eq!(read, absent);
        assert!(read.api_passthrough().is_none() && !read.to_json().contains("ApiPassthrough"));
        let plan = issuer(&root, IssuanceOptions::default()).prepare(&read).unwrap();
        let inputs: Vec<String> = plan.plan().suppressed().iter().map(|input| input.input().to_string()).collect();
        assert!(listed.iter().all(|(path, _)| inputs.iter().any(|input| input == path)), "{inputs:?}");
    }
    // What stands beside it stays.
    let mut request = plain.clone();
    request["ApiPassthrough"] = json!({ "Subject": { "CommonName": "a" }, "Extensions": {} });
    let read = read(&request).unwrap();
    assert_eq!(unused(&read), [("apiPassthrough.extensions", EMPTY)]);
    assert_eq!(read.api_passthrough().unwrap().subject().unwrap().common_name(), Some("a"));
    assert!(read.api_passthrough().unwrap().extensions().is_none());

    // From the builder, too.
    let built = IssueCertificateRequest::builder()
        .certificate_authority_arn(root.ca.arn().clone())
        .csr("csr")
        .signing_algorithm(root.algorithm)
        .validity(issuance::Validity::days(1))
        .subject(Subject::default())
        .build()
        .unwrap();
    assert_eq!(unused(&built), [("apiPassthrough.subject", EMPTY)]);
    assert!(built.api_passthrough().is_none());
}

#[test]
fn a_misspelt_name_inside_the_passthrough_is_refused_with_the_right_one() {
    let (_, plain) = setting();
    let name = "apiPassthrough.extensions.subjectAlternativeNames.1.member";
    for (passthrough, path, meant) in [
        (json!({ "subject": { "CommonName": "a" } }), "apiPassthrough.subject", "Subject"),
        (json!({ "Subject": { "CommonNmae": "a" } }), "apiPassthrough.subject.CommonNmae", "CommonName"),
        (json!({ "Subject": { "common_name": "a" } }), "apiPassthrough.subject.common_name", "CommonName"),
        (json!({ "Subject": { "commonName": {} } }), "apiPassthrough.subject.commonName", "CommonName"),
        (json!({ "Extensions": { "SubjectAltNames": [] } }), "apiPassthrough.extensions.SubjectAltNames", ""),
        (
            json!({ "Extensions": { "SubjectAlternativeName": [] } }),
            "apiPassthrough.extensions.SubjectAlternativeName",
            "SubjectAlternativeNames",
        ),
        (
            json!({ "Extensions": { "SubjectAlternativeNames": [{ "DnsName": "a", "DNSName": "b" }] } }),
            &format!("{name}.DNSName"),
            "DnsName",
        ),
        (
            json!({ "Extensions": { "SubjectAlternativeNames": [
                { "DirectoryName": { "CommonName": "a", "Organisation": "b" } }
            ] } }),
            &format!("{name}.directoryName.Organisation"),
            "Organization",
        ),
        (
            json!({ "Extensions": { "CustomExtensions": [
                { "ObjectIdentifier": "1.2.3", "Value": "BQA=", "Critcal": true }
            ] } }),
            "apiPassthrough.extensions.customExtensions.1.member.Critcal",
            "Critical",
        ),
        (
            json!({ "Extensions": { "CertificatePolicies": [
                { "CertPolicyId": "1.2.3", "PolicyQualifiers": [
                    { "PolicyQualifierId": "CPS", "Qualifier": { "CpsUri": "https://a.example", "CpsUrl": "b" } }
                ] }
            ] } }),
            "apiPassthrough.extensions.certificatePolicies.1.member.policyQualifiers.1.member.qualifier.CpsUrl",
            "CpsUri",
        ),
    ] {
        let mut request = plain.clone();
        request["ApiPassthrough"] = passthrough;
        if meant.is_empty() {
            // More letters are another name.
            assert!(unused(&read(&request).unwrap()).contains(&(path, NOT_KNOWN)), "{request}");
            continue;
        }
        let error = read(&request).unwrap_err();
        assert_eq!(error.class(), ViolationClass::Args, "{error}");
        assert_eq!(Error::from(error.clone()).aws_exception(), AwsException::InvalidArgs);
        let [violation] = error.violations() else { panic!("{error}") };
        assert_eq!(violation.path(), path);
        let words = format!("failed to satisfy constraint: unknown member; did you mean {meant}?");
        assert!(error.to_string().ends_with(&words), "{error}");
        assert_eq!(
            serde_json::from_value::<IssueCertificateRequest>(request).unwrap_err().to_string(),
            error.to_string()
        );
    }
    // Elsewhere it is only listed.
    for misspelt in ["apiPassthrough", "TemplateARN", "ValidityNotbefore", "IdempotencyTokens"] {
        let mut request = plain.clone();
        request[misspelt] = json!({ "Subject": { "CommonName": "a" } });
        assert_eq!(unused(&read(&request).unwrap()), [(misspelt, NOT_KNOWN)]);
    }
}

#[test]
fn in_a_union_an_unknown_member_is_not_the_option() {
    let (_, plain) = setting();
    let refused = |extensions: Value, path: &str| {
        let mut request = plain.clone();
        request["ApiPassthrough"] = json!({ "Extensions": extensions });
        let error = read(&request).unwrap_err();
        assert_eq!(error.class(), ViolationClass::Args, "{error}");
        assert_eq!(error.violations()[0].path(), path);
        assert!(error.to_string().contains("Member must give exactly one of ["), "{error}");
    };
    refused(
        json!({ "SubjectAlternativeNames": [{ "X400Address": "a" }] }),
        "apiPassthrough.extensions.subjectAlternativeNames.1.member",
    );
    refused(
        json!({ "ExtendedKeyUsage": [{ "PurposeName": "serverAuth" }] }),
        "apiPassthrough.extensions.extendedKeyUsage.1.member",
    );
    // Two options are two, also where one of them is empty.
    refused(
        json!({ "SubjectAlternativeNames": [{ "DnsName": "a", "DirectoryName": {} }] }),
        "apiPassthrough.extensions.subjectAlternativeNames.1.member",
    );
}

#[test]
fn what_is_listed_is_bounded_and_counted() {
    let (root, mut request) = setting();
    let long = "k\n".repeat(100_000);
    request[&long] = json!(1);
    for index in 0..5000 {
        request[format!("m{index:04}")] = json!(index);
    }
    let read = read(&request).unwrap();
    assert_eq!((read.unused_members().len(), read.unused_member_count()), (100, 5001));
    let path = read.unused_members()[0].path();
    assert!(path.starts_with("k\\n") && path.ends_with('…') && path.len() < 2000, "{}", path.len());
    let prepared = issuer(&root, IssuanceOptions::default()).prepare(&read).unwrap();
    let last = prepared.plan().suppressed().last().unwrap();
    assert_eq!(
        (last.input().to_string(), last.reason().to_string()),
        ("4901 more members".to_owned(), "too many to list".to_owned())
    );
    assert_eq!(last.input().source(), Source::Request);
}

#[test]
fn what_was_not_used_survives_stores_but_not_files() {
    let (root, mut request) = setting();
    request["ApiPassthrough"] = json!({ "Subject": {} });
    for index in 0..200 {
        request[format!("Priority{index}")] = json!(1);
    }
    let request = read(&request).unwrap();
    let issuer = issuer(&root, IssuanceOptions::default());
    let certificate = issuer.issue(&request).unwrap();
    let stored = serde_json::to_string(&*certificate).unwrap();
    let back: IssuedCertificate = serde_json::from_str(&stored).unwrap();
    assert_eq!(back, *certificate);
    let texts = |certificate: &IssuedCertificate| -> Vec<String> {
        let text = |input: &SuppressedInput| format!("{}: {}", input.input(), input.reason());
        certificate.plan().suppressed().iter().map(text).collect()
    };
    assert!(texts(&back).contains(&"apiPassthrough.subject: empty structure".to_owned()), "{:?}", texts(&back));
    assert!(texts(&back).contains(&"101 more members: too many to list".to_owned()), "{:?}", texts(&back));

    let issuer = OfflineIssuer::new(root.ca.clone());
    let file = issuer.prepare_file(&request).unwrap();
    let text = file.to_json();
    let received = PreparedFile::from_json(text.as_bytes()).unwrap();
    assert_eq!(received, file);
    assert!(received.plan_text().contains("Priority1"), "{}", received.plan_text());
    issuer.resume(&received).unwrap();
}

#[test]
fn a_part_that_stands_alone_refuses_what_it_cannot_list() {
    for (part, words) in [
        (
            json!({ "Priority": 1 }),
            "Value '1' at 'Priority' failed to satisfy constraint: unknown member; the members are [",
        ),
        (json!({ "commonName": "a" }), "unknown member; did you mean CommonName?"),
    ] {
        let error = serde_json::from_value::<Subject>(part).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    }
    assert_eq!(serde_json::from_value::<Subject>(json!({ "Priority": null })).unwrap(), Subject::default());
}
