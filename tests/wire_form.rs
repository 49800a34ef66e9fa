//! The wire form: round trips, and how everything that is wrong is reported.
#![cfg(feature = "serde")]
#![allow(clippy::unwrap_used, clippy::panic)]

use std::net::IpAddr;

use issuance::request::{Constraint, Draft, ExtensionsBuilder, SubjectBuilder, ViolationClass};
use issuance::{
    ApiPassthrough, CustomAttribute, CustomExtension, EdiPartyName, ExtendedKeyUsage, ExtendedKeyUsageType, Extensions,
    GeneralName, IssueCertificateRequest, IssueCertificateRequestBuilder, IssueCertificateResponse, KeyUsage,
    OtherName, PolicyInformation, RequestError, SigningAlgorithm, Subject, Validity,
};
use proptest::prelude::*;
use serde_json::{Value, json};

const AUTHORITY: &str =
    "arn:aws:acm-pca:us-west-2:123456789012:certificate-authority/12345678-1234-1234-1234-123456789012";
const TEMPLATE: &str = "arn:aws:acm-pca:::template/EndEntityCertificate_APIPassthrough/V1";

/// Every member of the model.
fn full() -> Value {
    let name = json!({
        "Country": "US", "Organization": "Org", "OrganizationalUnit": "Unit", "DistinguishedNameQualifier": "q",
        "State": "WA", "CommonName": "héllo", "SerialNumber": "17", "Locality": "Seattle", "Title": "Dr",
        "Surname": "Roe", "GivenName": "Jane", "Initials": "JR", "Pseudonym": "jr", "GenerationQualifier": "III",
    });
    let custom_name = json!({ "CustomAttributes": [
        { "ObjectIdentifier": "1.3.6.1.4.1.37244.2.1", "Value": "FFF1" },
        { "ObjectIdentifier": "0.9.2342.19200300.100.1.25", "Value": "example" },
        { "ObjectIdentifier": "0.9.2342.19200300.100.1.25", "Value": "com" },
    ]});
    json!({
        "ApiPassthrough": {
            "Extensions": {
                "CertificatePolicies": [
                    { "CertPolicyId": "1.3.6.1.4.1.99.1", "PolicyQualifiers": [
                        { "PolicyQualifierId": "CPS", "Qualifier": { "CpsUri": "https://example.com/cps" } },
                    ]},
                    { "CertPolicyId": "2.5.29.32.0" },
                ],
                "ExtendedKeyUsage": [
                    { "ExtendedKeyUsageType": "SERVER_AUTH" },
                    { "ExtendedKeyUsageObjectIdentifier": "1.3.6.1.5.5.7.3.17" },
                ],
                "KeyUsage": {
                    "DigitalSignature": true, "NonRepudiation": false, "KeyEncipherment": true,
                    "DataEncipherment": false, "KeyAgreement": false, "KeyCertSign": false, "CRLSign": true,
                    "EncipherOnly": false, "DecipherOnly": true,
                },
                "SubjectAlternativeNames": [
                    { "OtherName": { "TypeId": "1.3.6.1.4.1.311.20.2.3", "Value": "user@example.com" } },
                    { "Rfc822Name": "user@example.com" },
                    { "DnsName": "*.example.com" },
                    { "DirectoryName": name },
                    { "DirectoryName": custom_name },
                    { "EdiPartyName": { "PartyName": "party", "NameAssigner": "assigner" } },
                    { "EdiPartyName": { "PartyName": "party" } },
                    { "UniformResourceIdentifier": "spiffe://example.com/x" },
                    { "IpAddress": "192.0.2.1" },
                    { "IpAddress": "2001:db8::1" },
                    { "RegisteredId": "1.2.3" },
                ],
                "CustomExtensions": [
                    { "ObjectIdentifier": "1.2.3.4", "Value": "BQA=", "Critical": true },
                    { "ObjectIdentifier": "2.5.29.31", "Value": "MAA=", "Critical": false },
                ],
            },
            "Subject": name,
        },
        "CertificateAuthorityArn": AUTHORITY,
        "Csr": "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0=",
        "SigningAlgorithm": "SHA256WITHECDSA",
        "TemplateArn": TEMPLATE,
        "Validity": { "Value": 365, "Type": "DAYS" },
        "ValidityNotBefore": { "Value": 1600000000, "Type": "ABSOLUTE" },
        "IdempotencyToken": "1234",
    })
}

fn read(value: &Value) -> Result<IssueCertificateRequest, RequestError> {
    IssueCertificateRequest::from_json(value.to_string().as_bytes())
}

/// The paths and words of all violations.
fn refused(value: &Value) -> Vec<(String, String)> {
    let error = read(value).unwrap_err();
    error.violations().iter().map(|v| (v.path().to_owned(), v.constraint().to_string())).collect()
}

fn minimal() -> IssueCertificateRequestBuilder {
    IssueCertificateRequest::builder()
        .certificate_authority_arn(AUTHORITY)
        .csr("csr")
        .signing_algorithm("SHA256WITHECDSA")
        .validity(Validity::days(1))
}

#[test]
fn every_member_survives() {
    let request = read(&full()).unwrap();
    let written: Value = serde_json::from_str(&request.to_json()).unwrap();
    assert_eq!(written, full());
    assert_eq!(serde_json::to_value(&request).unwrap(), full());
    assert_eq!(serde_json::from_value::<IssueCertificateRequest>(full()).unwrap(), request);
}

#[test]
fn every_member_is_readable() {
    let request = read(&full()).unwrap();
    assert_eq!(request.certificate_authority_arn().as_str(), AUTHORITY);
    assert_eq!(request.csr(), b"-----BEGIN CERTIFICATE REQUEST-----");
    assert_eq!(request.signing_algorithm(), SigningAlgorithm::Sha256WithEcdsa);
    assert_eq!(request.template_arn().unwrap().name(), "EndEntityCertificate_APIPassthrough");
    assert_eq!(request.validity(), Validity::days(365).build().unwrap());
    assert_eq!(request.validity_not_before(), Some(Validity::absolute(1_600_000_000).build().unwrap()));
    assert_eq!(request.idempotency_token(), Some("1234"));

    let passthrough = request.api_passthrough().unwrap();
    let subject = passthrough.subject().unwrap();
    let values: Vec<&str> = subject.attributes().map(|(_, value, _)| value).collect();
    let in_order = ["US", "Org", "Unit", "q", "WA", "héllo", "17", "Seattle", "Dr", "Roe", "Jane", "JR", "jr", "III"];
    assert_eq!(values, in_order);
    let getters = [
        subject.country(),
        subject.organization(),
        subject.organizational_unit(),
        subject.distinguished_name_qualifier(),
        subject.state(),
        subject.common_name(),
        subject.serial_number(),
        subject.locality(),
        subject.title(),
        subject.surname(),
        subject.given_name(),
        subject.initials(),
        subject.pseudonym(),
        subject.generation_qualifier(),
    ];
    assert_eq!(getters.map(Option::unwrap), in_order);
    let oids: Vec<String> = subject.attributes().map(|(oid, ..)| oid.to_string()).collect();
    let types = [6, 10, 11, 46, 8, 3, 5, 7, 12, 4, 42, 43, 65, 44].map(|arc| format!("2.5.4.{arc}"));
    assert_eq!(oids, types);
    let strings: String = subject.attributes().map(|(_, _, kind)| kind.to_string().remove(0)).collect();
    assert_eq!(strings, "PUUPUUPUUUUUUU");

    let extensions = passthrough.extensions().unwrap();
    assert_eq!(
        extensions.certificate_policies()[0].policy_qualifiers()[0].qualifier().cps_uri(),
        "https://example.com/cps"
    );
    let purposes: Vec<String> = extensions.extended_key_usage().iter().map(|usage| usage.oid().to_string()).collect();
    assert_eq!(purposes, ["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.17"]);
    let usage = extensions.key_usage().unwrap();
    assert_eq!(
        (usage.bits(), usage.to_string().as_str()),
        (0b1_0100_0101, "digitalSignature, keyEncipherment, cRLSign, decipherOnly")
    );
    let custom = &extensions.custom_extensions()[0];
    assert_eq!((custom.value(), custom.critical()), (&[0x05, 0x00][..], true));
    let GeneralName::DirectoryName(name) = &extensions.subject_alternative_names()[4] else { panic!() };
    let values: Vec<(&str, String)> = name.attributes().map(|(_, value, kind)| (value, kind.to_string())).collect();
    let (utf8, ia5) = ("UTF8String".to_owned(), "IA5String".to_owned());
    assert_eq!(values, [("FFF1", utf8), ("example", ia5.clone()), ("com", ia5)]);
}

#[test]
fn the_builder_makes_the_same_request() {
    let name = || {
        Subject::builder()
            .country("US")
            .organization("Org")
            .organizational_unit("Unit")
            .distinguished_name_qualifier("q")
            .state("WA")
            .common_name("héllo")
            .serial_number("17")
            .locality("Seattle")
            .title("Dr")
            .surname("Roe")
            .given_name("Jane")
            .initials("JR")
            .pseudonym("jr")
            .generation_qualifier("III")
    };
    let custom_name = Subject::builder()
        .custom_attribute(CustomAttribute::new("1.3.6.1.4.1.37244.2.1", "FFF1"))
        .custom_attribute(CustomAttribute::new("0.9.2342.19200300.100.1.25", "example"))
        .custom_attribute(CustomAttribute::new("0.9.2342.19200300.100.1.25", "com"));
    let request = IssueCertificateRequest::builder()
        .certificate_authority_arn(AUTHORITY)
        .csr(b"-----BEGIN CERTIFICATE REQUEST-----")
        .signing_algorithm(SigningAlgorithm::Sha256WithEcdsa)
        .template_arn(TEMPLATE)
        .validity(Validity::days(365))
        .validity_not_before(Validity::absolute(1_600_000_000))
        .idempotency_token("1234")
        .subject(name())
        .certificate_policy(PolicyInformation::builder("1.3.6.1.4.1.99.1").cps_uri("https://example.com/cps"))
        .certificate_policy(PolicyInformation::builder("2.5.29.32.0"))
        .extended_key_usage(ExtendedKeyUsageType::ServerAuth)
        .extended_key_usage(ExtendedKeyUsage::object_identifier("1.3.6.1.5.5.7.3.17"))
        .key_usage(
            KeyUsage::DIGITAL_SIGNATURE | KeyUsage::KEY_ENCIPHERMENT | KeyUsage::CRL_SIGN | KeyUsage::DECIPHER_ONLY,
        )
        .subject_alternative_name(GeneralName::other_name(OtherName::new("1.3.6.1.4.1.311.20.2.3", "user@example.com")))
        .subject_alternative_name(GeneralName::rfc822_name("user@example.com"))
        .subject_alternative_name(GeneralName::dns_name("*.example.com"))
        .subject_alternative_name(GeneralName::directory_name(name()))
        .subject_alternative_name(GeneralName::directory_name(custom_name))
        .subject_alternative_name(GeneralName::edi_party_name(EdiPartyName::assigned("party", "assigner")))
        .subject_alternative_name(GeneralName::edi_party_name(EdiPartyName::new("party")))
        .subject_alternative_name(GeneralName::uniform_resource_identifier("spiffe://example.com/x"))
        .subject_alternative_name(GeneralName::ip_address(IpAddr::from([192, 0, 2, 1])))
        .subject_alternative_name(GeneralName::ip_address("2001:db8::1"))
        .subject_alternative_name(GeneralName::registered_id("1.2.3"))
        .custom_extension(CustomExtension::new("1.2.3.4", &[0x05, 0x00], true))
        .custom_extension(CustomExtension::new("2.5.29.31", vec![0x30, 0x00], false))
        .build()
        .unwrap();
    assert_eq!(request, read(&full()).unwrap());

    // The parts as a whole, typed, and more appended to them.
    let again = minimal().api_passthrough(request.api_passthrough().unwrap().clone()).build().unwrap();
    assert_eq!(again.api_passthrough(), request.api_passthrough());
    let more = minimal()
        .api_passthrough(request.api_passthrough().unwrap().clone())
        .subject_alternative_name(GeneralName::dns_name("more.example"))
        .build()
        .unwrap();
    let names = more.api_passthrough().unwrap().extensions().unwrap().subject_alternative_names();
    assert_eq!(names.len(), 12);
}

#[test]
fn the_last_scalar_wins_and_its_errors_only() {
    let request = minimal().validity(Validity::days(0)).validity(Validity::years(2)).build().unwrap();
    assert_eq!(request.validity(), Validity::years(2).build().unwrap());
    let name = Subject::builder().country("USA").country("US").build().unwrap();
    assert_eq!(name.country(), Some("US"));
}

#[test]
fn the_words_of_the_service() {
    let mut request = full();
    request["Validity"]["Value"] = json!(0);
    let words = "Value '0' at 'validity.value' failed to satisfy constraint: \
                 Member must have value greater than or equal to 1";
    assert_eq!(read(&request).unwrap_err().to_string(), format!("1 validation error detected: {words}"));
    request["SigningAlgorithm"] = json!("SHA1");
    let message = read(&request).unwrap_err().to_string();
    let algorithms = SigningAlgorithm::NAMES.join(", ");
    assert_eq!(
        message,
        format!(
            "2 validation errors detected: Value 'SHA1' at 'signingAlgorithm' failed to satisfy constraint: \
             Member must satisfy enum value set: [{algorithms}]; {words}"
        )
    );
}

#[test]
fn all_violations_are_reported_together_with_their_paths() {
    let long = "x".repeat(300);
    let request = json!({
        "ApiPassthrough": {
            "Extensions": {
                "CertificatePolicies": [{ "CertPolicyId": "1.2.3", "PolicyQualifiers": [{ "Qualifier": {} }] }],
                "ExtendedKeyUsage": [{ "ExtendedKeyUsageType": "SERVER" }, {}],
                "KeyUsage": { "CRLSign": "yes" },
                "SubjectAlternativeNames": [
                    { "DnsName": "a.example" },
                    { "DnsName": "b.example", "IpAddress": "none" },
                    { "DnsName": long },
                    { "OtherName": { "TypeId": "1.2.3" } },
                    { "DirectoryName": { "CustomAttributes": [{ "ObjectIdentifier": "1.2.3", "Value": "" }] } },
                ],
                "CustomExtensions": [],
                "Bogus": null,
            },
            "Subject": { "Country": "USA" },
        },
        "Validity": { "Value": 1.5, "Type": "DAYS" },
        "TemplateArn": "arn:aws:acm-pca:::template/X",
    });
    let paths: Vec<String> = refused(&request).into_iter().map(|(path, _)| path).collect();
    let extensions = "apiPassthrough.extensions.";
    assert_eq!(
        paths,
        [
            format!("{extensions}certificatePolicies.1.member.policyQualifiers.1.member.policyQualifierId"),
            format!("{extensions}certificatePolicies.1.member.policyQualifiers.1.member.qualifier.cpsUri"),
            format!("{extensions}extendedKeyUsage.1.member.extendedKeyUsageType"),
            format!("{extensions}extendedKeyUsage.2.member"),
            format!("{extensions}keyUsage.cRLSign"),
            format!("{extensions}subjectAlternativeNames.2.member"),
            format!("{extensions}subjectAlternativeNames.2.member.ipAddress"),
            format!("{extensions}subjectAlternativeNames.3.member.dnsName"),
            format!("{extensions}subjectAlternativeNames.4.member.otherName.value"),
            format!("{extensions}subjectAlternativeNames.5.member.directoryName.customAttributes.1.member.value"),
            format!("{extensions}customExtensions"),
            format!("{extensions}Bogus"),
            "apiPassthrough.subject.country".to_owned(),
            "apiPassthrough.subject.country".to_owned(),
            "certificateAuthorityArn".to_owned(),
            "csr".to_owned(),
            "signingAlgorithm".to_owned(),
            "templateArn".to_owned(),
            "validity.value".to_owned(),
        ]
    );
    let error = read(&request).unwrap_err();
    assert_eq!(error.class(), ViolationClass::Validation);
    let message = error.to_string();
    assert!(message.starts_with("19 validation errors detected: Value null at "), "{message}");
    assert!(message.contains(&format!("Value '{}…' at ", "x".repeat(128))), "{message}");
    assert!(
        message.contains("Value '1.5' at 'validity.value' failed to satisfy constraint: Member must be an integer")
    );
    // Serde's error is the same text.
    let error = serde_json::from_value::<IssueCertificateRequest>(request).unwrap_err();
    assert_eq!(error.to_string(), message);
}

#[test]
fn the_builder_reports_the_same_paths() {
    let error = IssueCertificateRequest::builder()
        .csr("")
        .validity(Validity::new(0, "WEEKS"))
        .validity_not_before(Validity::days(1))
        .subject(Subject::builder().country("USA"))
        .subject_alternative_name(GeneralName::dns_name("a.example"))
        .subject_alternative_name(GeneralName::directory_name(Subject::default()))
        .custom_extension(CustomExtension::new("1.2.3.4", &[0x05, 0x00, 0x00], false))
        .custom_extension(CustomExtension::new("9.9", &[0; 3073], false))
        .build()
        .unwrap_err();
    let paths: Vec<&str> = error.violations().iter().map(|violation| violation.path()).collect();
    assert_eq!(
        paths,
        [
            "apiPassthrough.extensions.subjectAlternativeNames.2.member.directoryName",
            "apiPassthrough.extensions.customExtensions.1.member.value",
            "apiPassthrough.extensions.customExtensions.2.member.objectIdentifier",
            "apiPassthrough.extensions.customExtensions.2.member.value",
            "apiPassthrough.subject.country",
            "apiPassthrough.subject.country",
            "certificateAuthorityArn",
            "csr",
            "signingAlgorithm",
            "validity.value",
            "validity.type",
            "validityNotBefore.type",
        ]
    );
    // A part alone has paths from itself on.
    let error = Subject::builder().country("USA").build().unwrap_err();
    assert_eq!(error.violations()[0].path(), "country");
    let error = Validity::days(0).build().unwrap_err();
    assert_eq!(error.violations()[0].path(), "value");
}

/// A change of the right request, the class that it is refused with, and a piece of the words.
fn check(change: impl FnOnce(&mut Value), class: ViolationClass, path: &str, words: &str) {
    let mut request = full();
    change(&mut request);
    let error = read(&request).unwrap_err();
    assert_eq!(error.class(), class, "{error}");
    let [violation] = error.violations() else { panic!("{error}") };
    assert_eq!(violation.path(), path, "{error}");
    assert!(violation.to_string().contains(words), "{error}");
    let counted = error.to_string().starts_with("1 validation error detected: ");
    assert_eq!(counted, class == ViolationClass::Validation, "{error}");
}

#[test]
fn what_the_model_does_not_catch_is_invalid_args() {
    let args = ViolationClass::Args;
    let extensions = "apiPassthrough.extensions";
    let name = |index: usize| format!("{extensions}.subjectAlternativeNames.{}.member", index + 1);
    let names = |request: &mut Value, index: usize, value: Value| {
        request["ApiPassthrough"]["Extensions"]["SubjectAlternativeNames"][index] = value;
    };
    // R-REQ-3
    check(|r| names(r, 1, json!({})), args, &name(1), "exactly one of [OtherName, Rfc822Name, DnsName");
    let two = json!({ "DnsName": "a", "Rfc822Name": "b" });
    check(|r| names(r, 1, two), args, &name(1), "Value 'Rfc822Name, DnsName'");
    let usage = |r: &mut Value, value| r["ApiPassthrough"]["Extensions"]["ExtendedKeyUsage"][0] = value;
    let path = format!("{extensions}.extendedKeyUsage.1.member");
    check(|r| usage(r, json!({})), args, &path, "exactly one of");
    let both = json!({ "ExtendedKeyUsageType": "CLIENT_AUTH", "ExtendedKeyUsageObjectIdentifier": "1.2" });
    check(|r| usage(r, both), args, &path, "exactly one of");
    // R-REQ-4
    let mixed = json!({ "CommonName": "a", "CustomAttributes": [{ "ObjectIdentifier": "2.5.4.3", "Value": "b" }] });
    let words = "must not combine CustomAttributes with standard attributes";
    check(|r| r["ApiPassthrough"]["Subject"] = mixed.clone(), args, "apiPassthrough.subject", words);
    check(|r| names(r, 0, json!({ "DirectoryName": mixed })), args, &format!("{}.directoryName", name(0)), words);
    // R-REQ-8
    let usage = |r: &mut Value, value| r["ApiPassthrough"]["Extensions"]["KeyUsage"] = value;
    let path = format!("{extensions}.keyUsage");
    check(|r| usage(r, json!({})), args, &path, "at least one key usage");
    check(|r| usage(r, json!({ "CRLSign": false })), args, &path, "at least one key usage");
    // Names
    let empty = json!({ "DirectoryName": {} });
    check(|r| names(r, 0, empty), args, &format!("{}.directoryName", name(0)), "at least one attribute");
    let uri = json!({ "UniformResourceIdentifier": "http://é" });
    check(|r| names(r, 0, uri), args, &format!("{}.uniformResourceIdentifier", name(0)), "ASCII");
    // The string types of custom attributes
    for (oid, wrong, right, kind) in [
        ("2.5.4.6", "ü", "u", "PrintableString"),
        ("2.5.4.46", "a*", "a", "PrintableString"),
        ("2.5.4.5", "a@b", "a/b", "PrintableString"),
        ("0.9.2342.19200300.100.1.25", "é", "@*", "IA5String"),
        ("1.2.840.113549.1.9.1", "é@example.com", "e@example.com", "IA5String"),
    ] {
        let subject = |value: &str| json!({ "CustomAttributes": [{ "ObjectIdentifier": oid, "Value": value }] });
        let path = "apiPassthrough.subject.customAttributes.1.member.value";
        check(|r| r["ApiPassthrough"]["Subject"] = subject(wrong), args, path, kind);
        let mut request = full();
        request["ApiPassthrough"]["Subject"] = subject(right);
        read(&request).unwrap();
    }
}

#[test]
fn an_extension_given_twice_is_named() {
    let custom = |oids: &[&str]| -> Vec<CustomExtension> {
        oids.iter().map(|oid| CustomExtension::new(*oid, &[0x05, 0x00], false).build().unwrap()).collect()
    };
    let build = |start: ExtensionsBuilder, oids: &[&str]| {
        custom(oids).into_iter().fold(start, ExtensionsBuilder::custom_extension).build()
    };
    for (start, oids, position, words) in [
        (Extensions::builder(), &["1.2.3", "1.2.4", "1.2.03"][..], 3, "extension 1.2.3, which CustomExtensions gives"),
        (
            Extensions::builder().key_usage(KeyUsage::CRL_SIGN),
            &["2.5.29.15"],
            1,
            "extension 2.5.29.15 (keyUsage), which KeyUsage gives",
        ),
        (
            Extensions::builder().extended_key_usage(ExtendedKeyUsageType::ServerAuth),
            &["1.2.3", "2.5.29.37"],
            2,
            "2.5.29.37 (extKeyUsage), which ExtendedKeyUsage gives",
        ),
        (
            Extensions::builder().subject_alternative_name(GeneralName::dns_name("a")),
            &["2.5.29.17"],
            1,
            "2.5.29.17 (subjectAltName), which SubjectAlternativeNames gives",
        ),
        (
            Extensions::builder().certificate_policy(PolicyInformation::builder("1.2")),
            &["2.5.29.32"],
            1,
            "2.5.29.32 (certificatePolicies), which CertificatePolicies gives",
        ),
    ] {
        let error = build(start, oids).unwrap_err();
        assert_eq!(error.class(), ViolationClass::Args);
        let [violation] = error.violations() else { panic!("{error}") };
        assert_eq!(violation.path(), format!("customExtensions.{position}.member.objectIdentifier"));
        assert!(error.to_string().contains(words), "{error}");
    }
    // Once is fine, also for what the engine can make itself.
    build(Extensions::builder(), &["2.5.29.35", "2.5.29.31", "2.5.29.15", "2.5.29.17"]).unwrap();
}

#[test]
fn arns_have_their_own_class_and_the_strongest_class_decides() {
    let arn = "arn:aws:acm-pca:::template/X";
    check(|r| r["TemplateArn"] = json!(arn), ViolationClass::Arn, "templateArn", "version must be 'V' and a number");
    let mut request = full();
    request["TemplateArn"] = json!(arn);
    request["ApiPassthrough"]["Extensions"]["KeyUsage"] = json!({});
    let error = read(&request).unwrap_err();
    assert_eq!(error.class(), ViolationClass::Arn);
    assert!(error.to_string().starts_with("Value '{}'") || error.to_string().starts_with("Value 'no key usage' at "));
    assert!(error.to_string().contains("; Value 'arn:aws:acm-pca:::template/X' at 'templateArn' "), "{error}");
    request["Csr"] = json!("");
    let error = read(&request).unwrap_err();
    assert_eq!(error.class(), ViolationClass::Validation);
    assert!(error.to_string().starts_with("3 validation errors detected: "), "{error}");
}

#[test]
fn null_is_absent() {
    let mut request = full();
    for member in ["ApiPassthrough", "TemplateArn", "ValidityNotBefore", "IdempotencyToken"] {
        request[member] = Value::Null;
    }
    let read = read(&request).unwrap();
    assert!(read.api_passthrough().is_none() && read.template_arn().is_none());
    assert!(read.validity_not_before().is_none() && read.idempotency_token().is_none());
    for member in ["ApiPassthrough", "TemplateArn", "ValidityNotBefore", "IdempotencyToken"] {
        assert!(!read.to_json().contains(member));
    }
}

#[test]
fn present_but_empty_structures_survive() {
    for passthrough in [json!({}), json!({ "Extensions": {} }), json!({ "Subject": {} })] {
        let mut request = full();
        request["ApiPassthrough"] = passthrough;
        let read = read(&request).unwrap();
        assert_eq!(serde_json::to_value(&read).unwrap(), request);
    }
}

#[test]
fn documents_that_are_not_well_formed_say_where() {
    let nested = |depth: usize| format!("{{\"Bogus\": {}{}}}", "[".repeat(depth), "]".repeat(depth));
    for (json, words) in [
        ("", "line 1 column 0"),
        ("{\n  \"Csr\": }", "line 2 column 10"),
        ("{} {}", "trailing characters at line 1 column 4"),
        ("{\"Csr\": \"AA==\",\n\"Csr\": \"AA==\"}", "the name 'Csr' is given twice at line 2 column"),
        ("{\"Validity\": {\"Value\": 1, \"Value\": 2}}", "the name 'Value' is given twice"),
        ("{\"a\\n\": 1, \"a\\n\": 1}", "the name 'a\\n' is given twice"),
        (&nested(32), "nested deeper than 32 levels"),
        (&nested(100_000), "nested deeper than 32 levels"),
        ("{\"Csr\": \"\\ud800\"}", "line 1"),
    ] {
        let error = IssueCertificateRequest::from_json(json.as_bytes()).unwrap_err();
        assert_eq!((error.class(), error.violations().len()), (ViolationClass::Validation, 1), "{error}");
        assert!(matches!(error.violations()[0].constraint(), Constraint::Syntax(_)), "{error}");
        assert!(error.to_string().contains(words), "{error}");
    }
    let error = IssueCertificateRequest::from_json(b"{\"Csr\": \"\xff\"}").unwrap_err();
    assert!(matches!(error.violations()[0].constraint(), Constraint::Syntax(_)), "{error}");
    // One level less is read, and refused for what it is.
    let error = IssueCertificateRequest::from_json(nested(31).as_bytes()).unwrap_err();
    assert_eq!(error.violations().last().unwrap().path(), "Bogus");
    for json in ["null", "[]", "7", "\"{}\""] {
        let error = IssueCertificateRequest::from_json(json.as_bytes()).unwrap_err();
        assert!(error.to_string().ends_with("failed to satisfy constraint: Member must be a structure"), "{error}");
    }
}

#[test]
fn a_megabyte_is_the_limit() {
    let padded = |length: usize| {
        let mut json = full().to_string();
        json.push_str(&" ".repeat(length - json.len()));
        IssueCertificateRequest::from_json(json.as_bytes())
    };
    assert!(padded(1 << 20).is_ok());
    let error = padded((1 << 20) + 1).unwrap_err();
    assert_eq!(
        error.to_string(),
        "1 validation error detected: Value '<1048577 bytes>' failed to satisfy constraint: \
         Member must have length less than or equal to 1048576"
    );
}

#[test]
fn hostile_documents_make_bounded_messages() {
    let many = (0..60_000).map(|index| format!("\"{index}\":[]")).collect::<Vec<_>>().join(",");
    let error = IssueCertificateRequest::from_json(format!("{{{many}}}").as_bytes()).unwrap_err();
    assert_eq!(error.violations().len(), 60_004);
    let message = error.to_string();
    assert!(message.starts_with("60004 validation errors detected: "));
    assert!(message.len() < 50_000 && message.ends_with("; and 59904 more"), "{}", message.len());

    let long = "k\n".repeat(300_000);
    let error = IssueCertificateRequest::from_json(json!({ long: 1 }).to_string().as_bytes()).unwrap_err();
    assert!(error.to_string().len() < 2000 && !error.to_string().contains('\n'));

    let names = format!("[{}]", vec!["{\"DirectoryName\":{}}"; 40_000].join(","));
    let json = format!("{{\"ApiPassthrough\":{{\"Extensions\":{{\"SubjectAlternativeNames\":{names}}}}}}}");
    let error = IssueCertificateRequest::from_json(json.as_bytes()).unwrap_err();
    assert!(error.to_string().contains("Value '<40000 members>'"));
}

#[test]
fn cbor_has_byte_strings() {
    let request = read(&full()).unwrap();
    let mut cbor = Vec::new();
    ciborium::into_writer(&request, &mut cbor).unwrap();
    let csr = [&[0x78 - 0x20, 35][..], request.csr()].concat();
    assert!(cbor.windows(csr.len()).any(|window| window == csr), "the CSR as a byte string of 35 octets");
    let back: IssueCertificateRequest = ciborium::from_reader(cbor.as_slice()).unwrap();
    assert_eq!(back, request);

    use ciborium::cbor;
    let wrong = cbor!({ "Validity" => { "Value" => 1.0, "Type" => "DAYS" }, "Csr" => "PEM?" }).unwrap();
    let error = wrong.deserialized::<IssueCertificateRequest>().unwrap_err().to_string();
    assert!(error.contains("Value '1.0' at 'validity.value'"), "{error}");
    assert!(error.contains("Value 'PEM?' at 'csr'"), "{error}");
}

#[test]
fn parts_have_a_wire_form_of_their_own() {
    let full = full();
    let passthrough = &full["ApiPassthrough"];
    let part: ApiPassthrough = serde_json::from_value(passthrough.clone()).unwrap();
    assert_eq!(&serde_json::to_value(&part).unwrap(), passthrough);
    let part: Extensions = serde_json::from_value(passthrough["Extensions"].clone()).unwrap();
    assert_eq!(serde_json::to_value(&part).unwrap(), passthrough["Extensions"]);
    let part: Subject = serde_json::from_value(passthrough["Subject"].clone()).unwrap();
    assert_eq!(serde_json::to_value(&part).unwrap(), passthrough["Subject"]);
    let part: Validity = serde_json::from_value(full["Validity"].clone()).unwrap();
    assert_eq!(serde_json::to_value(part).unwrap(), full["Validity"]);

    let response =
        json!({ "CertificateArn": format!("{AUTHORITY}/certificate/286535153982981100925020015808220737245") });
    let read: IssueCertificateResponse = serde_json::from_value(response.clone()).unwrap();
    assert_eq!(read.certificate_arn().authority().as_str(), AUTHORITY);
    assert_eq!(serde_json::to_value(&read).unwrap(), response);
}

#[test]
fn typed_values_from_elsewhere_are_checked_when_they_enter_a_request() {
    // 2.999 has no form in the API.
    let oid = issuance::Oid::from_der_content(&[0x88, 0x37]).unwrap();
    let error = minimal()
        .extended_key_usage(ExtendedKeyUsage::Oid(oid))
        .subject_alternative_name(GeneralName::RegisteredId(oid))
        .subject_alternative_name(GeneralName::DirectoryName(Box::default()))
        .custom_extension(CustomExtension::new(oid, &[0x05, 0x00], false))
        .build()
        .unwrap_err();
    let paths: Vec<&str> = error.violations().iter().map(|violation| violation.path()).collect();
    assert_eq!(
        paths,
        [
            "apiPassthrough.extensions.extendedKeyUsage.1.member.extendedKeyUsageObjectIdentifier",
            "apiPassthrough.extensions.subjectAlternativeNames.1.member.registeredId",
            "apiPassthrough.extensions.subjectAlternativeNames.2.member.directoryName",
            "apiPassthrough.extensions.customExtensions.1.member.objectIdentifier",
        ]
    );
}

fn oid() -> impl Strategy<Value = String> {
    "[0-2]\\.[1-3]?[0-9](\\.(0|[1-9][0-9]{0,12})){0,4}"
}

fn subject() -> impl Strategy<Value = Draft<Subject>> {
    let standard = (
        proptest::option::of("[A-Za-z]{2}"),
        proptest::option::of("[^\0]{0,64}"),
        proptest::option::of("[a-zA-Z0-9'()+-.?:/= ]{0,64}"),
        proptest::option::of("[^\0]{0,3}"),
    );
    let standard = standard.prop_map(|(country, common_name, serial_number, generation)| {
        let set = |builder, value: Option<String>, setter: fn(SubjectBuilder, String) -> SubjectBuilder| match value {
            Some(value) => setter(builder, value),
            None => builder,
        };
        let builder = set(Subject::builder(), country, |builder, value| builder.country(value));
        let builder = set(builder, common_name, |builder, value| builder.common_name(value));
        let builder = set(builder, serial_number, |builder, value| builder.serial_number(value));
        set(builder, generation, |builder, value| builder.generation_qualifier(value)).into()
    });
    let custom = proptest::collection::vec((oid(), "[a-z]{1,256}"), 1..4).prop_map(|attributes| {
        let attributes = attributes.into_iter().map(|(oid, value)| CustomAttribute::new(oid, value));
        attributes.fold(Subject::builder(), SubjectBuilder::custom_attribute).into()
    });
    prop_oneof![standard, custom]
}

fn general_name() -> impl Strategy<Value = Draft<GeneralName>> {
    prop_oneof![
        (oid(), "[^\0]{0,256}").prop_map(|(oid, value)| GeneralName::other_name(OtherName::new(oid, value))),
        "[ -~]{1,253}".prop_map(GeneralName::dns_name),
        "[ -~]{1,256}".prop_map(GeneralName::rfc822_name),
        "[ -~]{1,253}".prop_map(GeneralName::uniform_resource_identifier),
        subject()
            .prop_filter("a directory name has an attribute", |name| !name.clone().build().unwrap().is_empty())
            .prop_map(GeneralName::directory_name),
        any::<IpAddr>().prop_map(GeneralName::ip_address),
        oid().prop_map(GeneralName::registered_id),
        "[^\0]{0,256}".prop_map(|name| GeneralName::edi_party_name(EdiPartyName::new(name))),
    ]
}

fn request() -> impl Strategy<Value = IssueCertificateRequest> {
    let lists = (
        proptest::collection::vec(general_name(), 0..6),
        proptest::collection::btree_map("1\\.2\\.[1-9][0-9]{0,9}", any::<(Vec<u8>, bool)>(), 0..4),
        proptest::collection::vec(oid(), 0..3),
    );
    let scalars = (
        proptest::option::of(subject()),
        proptest::option::of(1u16..1 << 9),
        proptest::collection::vec(any::<u8>(), 1..300),
        1..=i64::MAX,
        proptest::option::of("[\t\n\r -ÿ]{1,36}"),
    );
    (lists, scalars).prop_map(|((names, custom, policies), (subject, usage, csr, end, token))| {
        let mut builder = minimal().csr(csr).validity(Validity::absolute(end));
        for name in names {
            builder = builder.subject_alternative_name(name);
        }
        for (oid, (mut value, critical)) in custom {
            value.truncate(100);
            let der = [&[0x04, u8::try_from(value.len()).unwrap()][..], &value].concat();
            builder = builder.custom_extension(CustomExtension::new(oid, der, critical));
        }
        for policy in policies {
            builder = builder.certificate_policy(PolicyInformation::builder(policy).cps_uri("https://example.com"));
        }
        if let Some(subject) = subject {
            builder = builder.subject(subject);
        }
        if let Some(usage) = usage.and_then(KeyUsage::from_bits) {
            builder = builder.key_usage(usage);
        }
        if let Some(token) = token {
            builder = builder.idempotency_token(token);
        }
        builder.build().unwrap()
    })
}

proptest! {
    #[test]
    fn any_request_survives_json_and_cbor(request in request()) {
        let json = request.to_json();
        prop_assert_eq!(&IssueCertificateRequest::from_json(json.as_bytes()).unwrap(), &request);
        prop_assert_eq!(serde_json::to_string(&request).unwrap(), json);
        let mut cbor = Vec::new();
        ciborium::into_writer(&request, &mut cbor).unwrap();
        prop_assert_eq!(&ciborium::from_reader::<IssueCertificateRequest, _>(cbor.as_slice()).unwrap(), &request);
    }

    #[test]
    fn no_document_panics(json in "[\\[\\]{}:,\"A-Za-z0-9.e+ -]{0,200}") {
        let _ = IssueCertificateRequest::from_json(json.as_bytes());
    }

    #[test]
    fn no_change_of_a_right_document_panics(position in 0usize..4000, octet in any::<u8>()) {
        let mut json = full().to_string().into_bytes();
        let position = position % json.len();
        json[position] = octet;
        if let Err(error) = IssueCertificateRequest::from_json(&json) {
            prop_assert!(!error.violations().is_empty() && !error.to_string().is_empty());
        }
    }
}
