//! The rules beyond the model, how all that is wrong is reported together, and the builder (R-REQ).

use std::net::IpAddr;

use issuance::request::{
    CustomAttribute, CustomExtension, EdiPartyName, ExtendedKeyUsageType, Extensions, IssueCertificateRequestBuilder,
    OtherName, PolicyInformation, RequestError,
};
use issuance::request::{ExtensionsBuilder, ViolationClass};
use issuance::{ExtendedKeyUsage, GeneralName, IssueCertificateRequest, KeyUsage, SigningAlgorithm, Subject, Validity};
use serde_json::{Value, json};

const AUTHORITY: &str =
    "arn:aws:acm-pca:us-west-2:123456789012:certificate-authority/12345678-1234-1234-1234-123456789012";
const TEMPLATE: &str = "arn:aws:acm-pca:::template/EndEntityCertificate_APIPassthrough/V1";

/// A request with every member of the model.
fn full() -> Value {
    serde_json::from_str(include_str!("../data/full-request.json")).unwrap()
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
    let long = "x".repeat(600);
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
                "customextensions": null,
                "customextension": [],
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
            format!("{extensions}customextension"),
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
    assert!(message.contains(&format!("Value '{}…' at ", "x".repeat(512))), "{message}");
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
    let host = json!({ "DnsName": "bücher.example" });
    check(
        |r| names(r, 0, host),
        args,
        &format!("{}.dnsName", name(0)),
        "with xn-- (RFC 5890), as xn--bcher-kva.example",
    );
    // Forms of other names (R-ENC-3)
    let other = |form: &str, value: &str| json!({ "OtherName": { "TypeId": form, "Value": value } });
    for form in ["1.3.6.1.5.2.2", "1.3.6.1.5.5.7.8.3", "1.3.6.1.5.5.7.8.4"] {
        let advice =
            "must be a type whose value is a string; give the whole subjectAltName as a custom extension (2.5.29.17)";
        check(|r| names(r, 0, other(form, "x")), args, &format!("{}.otherName.typeId", name(0)), advice);
    }
    let service = |r: &mut Value, host: &str| names(r, 0, other("1.3.6.1.5.5.7.8.7", host));
    check(|r| service(r, "_http.bücher.example"), args, &format!("{}.otherName.value", name(0)), "IA5String");
    let mut request = full();
    service(&mut request, "_http.example.com");
    read(&request).unwrap();
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
fn a_policy_given_twice_is_named() {
    // RFC 5280 section 4.2.1.4; 1.2.03 is 1.2.3.
    let policy = |oid: &str| PolicyInformation::builder(oid);
    let extensions = ["1.2.3", "1.2.4", "1.2.03", "1.2.5", "1.2.3"].into_iter();
    let extensions = extensions.fold(Extensions::builder(), |extensions, oid| {
        extensions.certificate_policy(policy(oid).cps_uri(format!("https://example.com/{oid}")))
    });
    let error = extensions.build().unwrap_err();
    assert_eq!(error.class(), ViolationClass::Args);
    let told: Vec<_> = error.violations().iter().map(|violation| (violation.path(), violation.value())).collect();
    let expected = ["certificatePolicies.3.member.certPolicyId", "certificatePolicies.5.member.certPolicyId"];
    assert_eq!(told, expected.map(|path| (path, "1.2.3")));
    check(
        |request| {
            let extensions = &mut request["ApiPassthrough"]["Extensions"];
            extensions["CertificatePolicies"] = json!([{ "CertPolicyId": "1.2.3" }, { "CertPolicyId": "1.2.3" }]);
        },
        ViolationClass::Args,
        "apiPassthrough.extensions.certificatePolicies.2.member.certPolicyId",
        "Value '1.2.3' at 'apiPassthrough.extensions.certificatePolicies.2.member.certPolicyId' failed to satisfy \
         constraint: Member must not repeat a policy of the list",
    );
    Extensions::builder().certificate_policy(policy("1.2.3")).certificate_policy(policy("1.2.4")).build().unwrap();
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
    assert!(error.to_string().starts_with("Value 'no key usage' at "), "{error}");
    assert!(error.to_string().contains("; Value 'arn:aws:acm-pca:::template/X' at 'templateArn' "), "{error}");
    request["Csr"] = json!("");
    let error = read(&request).unwrap_err();
    assert_eq!(error.class(), ViolationClass::Validation);
    assert!(error.to_string().starts_with("3 validation errors detected: "), "{error}");
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
