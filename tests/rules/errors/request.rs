//! What is wrong with a request in itself, its ARNs, its CSR and its values.

use issuance::Signer;
use issuance::authority::{AuthorityError, CertificateAuthorityType};
use issuance::plan::Warning;
use issuance::request::Constraint;
use issuance::request::{CustomAttribute, CustomExtension};
use issuance::{
    AwsException, CertificateAuthority, ExtendedKeyUsage, GeneralName, IssuanceOptions, KeyUsage, Subject, Validity,
};
use issuance_test_support::ca::{CA_KEY, LEAF_KEY, proven_csr, request};
use issuance_test_support::der::{CsrParts, dns, extension, name, tlv};
use issuance_test_support::{ca, der};

use super::{csr, end_entity, of_request, refusal, refused_with, root, wire, wire_error};

// --- R-REQ: the request in itself

#[test]
fn r_req_2_bounds_are_worded_as_the_service_words_them() {
    let error = end_entity().validity(Validity::days(0)).build().unwrap_err();
    assert_eq!(
        of_request(error),
        (
            AwsException::Validation,
            "1 validation error detected: Value '0' at 'validity.value' failed to satisfy constraint: Member must have \
             value greater than or equal to 1"
                .to_owned()
        )
    );
}

#[test]
fn r_req_2_all_violations_are_reported_with_their_paths() {
    let mut request = end_entity().validity(Validity::days(0)).idempotency_token("x".repeat(37)).csr(b"");
    for index in 1..=3 {
        let name = if index == 3 { "d".repeat(254) } else { "ok.example".to_owned() };
        request = request.subject_alternative_name(GeneralName::dns_name(name));
    }
    let error = request.build().unwrap_err();
    let paths: Vec<&str> = error.violations().iter().map(|violation| violation.path()).collect();
    assert_eq!(
        paths,
        [
            "apiPassthrough.extensions.subjectAlternativeNames.3.member.dnsName",
            "csr",
            "validity.value",
            "idempotencyToken"
        ]
    );
    let text = error.to_string();
    assert!(text.starts_with("4 validation errors detected: Value 'dddd"), "{text}");
    assert_eq!(text.matches("; Value ").count(), 3, "{text}");
    assert!(text.contains("Member must have length less than or equal to 253"), "{text}");
    assert!(text.contains("at 'csr' failed to satisfy constraint: Member must have length greater than or equal to 1"));
    assert!(text.contains(
        "at 'idempotencyToken' failed to satisfy constraint: Member must have length less than or equal to 36"
    ));
}

#[test]
fn r_req_1_every_required_member_is_asked_for() {
    let error = wire_error("{}");
    let text = error.to_string();
    for member in ["certificateAuthorityArn", "csr", "signingAlgorithm", "validity"] {
        assert!(
            text.contains(&format!("Value null at '{member}' failed to satisfy constraint: Member must not be null")),
            "{text}"
        );
    }
    assert!(text.starts_with("4 validation errors detected: "), "{text}");
    assert_eq!(of_request(error).0, AwsException::Validation);
}

#[test]
fn r_req_2_lengths_of_the_csr() {
    assert!(end_entity().csr(vec![0x30; 32_768]).build().is_ok());
    let error = end_entity().csr(vec![0x30; 32_769]).build().unwrap_err();
    assert!(error.to_string().contains("Member must have length less than or equal to 32768"), "{error}");
    assert_eq!(of_request(error).0, AwsException::Validation);
}

#[test]
fn r_req_3_one_option_of_a_general_name_and_of_a_purpose() {
    let names =
        |name: &str| wire("ApiPassthrough", &format!(r#"{{"Extensions":{{"SubjectAlternativeNames":[{name}]}}}}"#));
    let usages = |usage: &str| wire("ApiPassthrough", &format!(r#"{{"Extensions":{{"ExtendedKeyUsage":[{usage}]}}}}"#));
    for json in [
        names(r#"{"DnsName":"a.example","IpAddress":"192.0.2.1"}"#),
        names("{}"),
        usages(r#"{"ExtendedKeyUsageType":"SERVER_AUTH","ExtendedKeyUsageObjectIdentifier":"1.2.3"}"#),
        usages("{}"),
    ] {
        let error = wire_error(&json);
        assert!(error.violations()[0].path().ends_with(".1.member"), "{error}");
        assert_eq!(of_request(error).0, AwsException::InvalidArgs);
    }
}

#[test]
fn r_req_4_custom_and_standard_attributes_do_not_combine() {
    let subject = || Subject::builder().common_name("a").custom_attribute(CustomAttribute::new("2.5.4.3", "b"));
    let error = end_entity().subject(subject()).build().unwrap_err();
    assert_eq!(error.violations()[0].path(), "apiPassthrough.subject");
    assert_eq!(of_request(error).0, AwsException::InvalidArgs);
    let error = end_entity().subject_alternative_name(GeneralName::directory_name(subject())).build().unwrap_err();
    assert!(error.violations()[0].path().ends_with("subjectAlternativeNames.1.member.directoryName"), "{error}");
    assert_eq!(of_request(error).0, AwsException::InvalidArgs);
}

#[test]
fn r_req_5_unknown_templates_name_near_ones() {
    for (given, near) in [
        ("EndEntityCertificat", "EndEntityCertificate/V1"),
        ("EndEntityCert", "did you mean EndEntityCertificate/V1, "),
        ("rootca", "did you mean RootCACertificate/V1, "),
        ("SubordinateCACertificate_PathLen4", "SubordinateCACertificate_PathLen0/V1"),
        ("EndEntityCertificate_ApiPassthrough", "EndEntityCertificate_APIPassthrough/V1"),
    ] {
        let error = refusal(&root(), &request(&csr(), given).build().unwrap());
        let text = refused_with(&error, AwsException::InvalidArgs);
        assert!(text.contains(near), "{text}");
    }
    let v2 = "arn:aws:acm-pca:::template/EndEntityCertificate/V2";
    let error = refusal(&root(), &end_entity().template_arn(v2).build().unwrap());
    let text = refused_with(&error, AwsException::InvalidArgs);
    assert!(text.contains("EndEntityCertificate/V1"), "{text}");
    let error = refusal(&root(), &request(&csr(), "Nothing_like_it").build().unwrap());
    let text = "there is no template 'Nothing_like_it'; names are such as EndEntityCertificate/V1";
    assert!(refused_with(&error, AwsException::InvalidArgs).contains(text), "{error}");
}

#[test]
fn r_req_7_identifiers_and_values_of_custom_extensions() {
    let null = [5, 0];
    let custom = |oid: &str, value: &[u8]| {
        end_entity().custom_extension(CustomExtension::new(oid, value.to_vec(), false)).build()
    };
    assert!(custom("1.2.3", &null).is_ok());
    let error = custom("3.2.3", &null).unwrap_err();
    assert_eq!(error.violations()[0].path(), "apiPassthrough.extensions.customExtensions.1.member.objectIdentifier");
    assert_eq!(of_request(error).0, AwsException::Validation);
    for value in [&[5u8][..], &[5, 0, 5, 0], &[0x30, 0x80, 0, 0], b"text"] {
        let error = custom("1.2.3", value).unwrap_err();
        assert_eq!(error.violations()[0].path(), "apiPassthrough.extensions.customExtensions.1.member.value");
        assert_eq!(of_request(error).0, AwsException::InvalidArgs);
    }
    let base64 = |value: &str| end_entity().custom_extension(CustomExtension::new("1.2.3", value, false)).build();
    assert!(base64("BQA=").is_ok());
    assert_eq!(of_request(base64("BQB=").unwrap_err()).0, AwsException::InvalidArgs);
    assert_eq!(of_request(base64("$$$$").unwrap_err()).0, AwsException::Validation);
}

/// The pattern for identifiers bounds no arc, wherever in a request the identifier stands.
#[test]
fn r_req_7_identifiers_have_arcs_of_any_width() {
    let wide = "1.2.4294967296";
    let named = || Subject::builder().custom_attribute(CustomAttribute::new(wide, "a"));
    let request = end_entity()
        .subject(named())
        .subject_alternative_name(GeneralName::directory_name(named()))
        .subject_alternative_name(GeneralName::registered_id(wide))
        .build()
        .unwrap();
    ca::prepare(&root(), &request, &IssuanceOptions::default()).unwrap();
}

#[test]
fn r_req_8_a_key_usage_has_a_bit() {
    let error = wire_error(&wire("ApiPassthrough", r#"{"Extensions":{"KeyUsage":{"CRLSign":false}}}"#));
    assert_eq!(error.violations()[0].path(), "apiPassthrough.extensions.keyUsage");
    assert_eq!(of_request(error).0, AwsException::InvalidArgs);
}

#[test]
fn r_req_9_no_extension_twice() {
    let twice = || CustomExtension::new("1.2.3.4", vec![5, 0], false);
    let error = end_entity().custom_extension(twice()).custom_extension(twice()).build().unwrap_err();
    assert!(error.to_string().contains("1.2.3.4"), "{error}");
    assert_eq!(of_request(error).0, AwsException::InvalidArgs);
    let error = end_entity()
        .key_usage(KeyUsage::DIGITAL_SIGNATURE)
        .custom_extension(CustomExtension::new("2.5.29.15", vec![3, 2, 7, 0x80], true))
        .build()
        .unwrap_err();
    assert!(matches!(error.violations()[0].constraint(), Constraint::UniqueExtension { .. }), "{error}");
    assert_eq!(of_request(error).0, AwsException::InvalidArgs);
}

#[test]
fn r_enc_3_names_are_ascii() {
    for name in [
        GeneralName::dns_name("bücher.example"),
        GeneralName::rfc822_name("ä@example.com"),
        GeneralName::uniform_resource_identifier("http://ü/"),
    ] {
        let error = end_entity().subject_alternative_name(name).build().unwrap_err();
        assert_eq!(of_request(error).0, AwsException::InvalidArgs);
    }
}

/// A name of each class at once: the strongest class decides, and everything is listed.
#[test]
fn several_faults_of_several_classes() {
    let error = end_entity()
        .certificate_authority_arn("arn:aws:acm-pca:us-west-2:123456789012:certificate-authority/")
        .custom_extension(CustomExtension::new("1.2.3", vec![5], false))
        .validity(Validity::days(0))
        .build()
        .unwrap_err();
    assert_eq!(error.violations().len(), 3, "{error}");
    assert_eq!(of_request(error).0, AwsException::Validation);
}

// --- R-ARN

#[test]
fn r_arn_3_malformed_and_foreign_arns() {
    for arn in [
        "arn:aws:acm-pca:us-west-2:123456789012:certificate-authority/",
        "arn:aws:s3:us-west-2:123456789012:certificate-authority/12345678-1234-1234-1234-123456789012",
        "arn:aws:acm-pca:us-west-2:1234:certificate-authority/12345678-1234-1234-1234-123456789012",
        "not an arn",
    ] {
        let error = end_entity().certificate_authority_arn(arn).build().unwrap_err();
        assert_eq!(error.violations()[0].path(), "certificateAuthorityArn");
        assert_eq!(of_request(error).0, AwsException::InvalidArn, "{arn}");
    }
    let error = end_entity().template_arn("arn:aws:acm-pca:::template/Name").build().unwrap_err();
    assert_eq!(of_request(error).0, AwsException::InvalidArn);
    let not_a_uuid = "arn:aws:acm-pca:us-west-2:123456789012:certificate-authority/not-a-uuid";
    for foreign in [ca::OTHER_CA_ARN, not_a_uuid] {
        let other = end_entity().certificate_authority_arn(foreign).build().unwrap();
        let text = refused_with(&refusal(&root(), &other), AwsException::ResourceNotFound);
        assert!(text.contains(foreign), "{text}");
    }
    // No authority can be built under such a name.
    let refused = CertificateAuthority::builder(not_a_uuid.parse().unwrap(), CertificateAuthorityType::Root)
        .build(&Subject::builder().common_name("Root").build().unwrap(), CA_KEY.public_key_der());
    assert!(matches!(refused, Err(AuthorityError::Arn(_))), "{refused:?}");
}

// --- R-CSR

#[test]
fn r_csr_2_attributes_are_required() {
    let mut parts = CsrParts::new(LEAF_KEY.public_key_der());
    parts.attributes = vec![];
    let error = refusal(&root(), &request(&parts.der(), "EndEntityCertificate").build().unwrap());
    assert_eq!(refused_with(&error, AwsException::MalformedCsr), "CSR is missing required element 'attributes'.");
}

#[test]
fn r_csr_3_possession_is_proven_first() {
    let mut parts = CsrParts::new(LEAF_KEY.public_key_der());
    parts.attributes = tlv(0xa0, &[]);
    let forged = parts.signed_by(&*CA_KEY);
    let error = ca::issuer().issue(&request(&forged, "EndEntityCertificate").build().unwrap()).unwrap_err();
    refused_with(&error, AwsException::MalformedCsr);
    let good = ca::issuer().issue(&request(&proven_csr("leaf"), "EndEntityCertificate").build().unwrap());
    assert!(good.is_ok(), "{good:?}");
}

#[test]
fn r_csr_7_a_name_is_needed() {
    let parts = || CsrParts::new(LEAF_KEY.public_key_der()).subject(name(&[]));
    let san = |critical| parts().extensions(&[extension("2.5.29.17", critical, &dns("a.example"))]).der();
    let refused = |csr: &[u8], template| refusal(&root(), &request(csr, template).build().unwrap());
    let no_name = refused(&parts().der(), "EndEntityCertificate");
    refused_with(&no_name, AwsException::MalformedCsr);
    let not_critical = refused(&san(false), "EndEntityCertificate");
    assert_eq!(
        refused_with(&not_critical, AwsException::MalformedCsr),
        "CSR must mark the SAN extension critical when it has an empty subject"
    );
    let options = IssuanceOptions::default();
    assert!(ca::prepare(&root(), &request(&san(true), "EndEntityCertificate").build().unwrap(), &options).is_ok());
    // A SAN of the API is made critical instead; a subject of the API makes the CSR's SAN good as it is.
    let api = request(&parts().der(), "EndEntityCertificate_APIPassthrough");
    let by_san = api.clone().subject_alternative_name(GeneralName::dns_name("a.example")).build().unwrap();
    let prepared = ca::prepare(&root(), &by_san, &options).unwrap();
    let planned = prepared.plan().extensions().find(|e| e.oid().to_string() == "2.5.29.17").unwrap();
    assert!(planned.critical());
    let by_subject = request(&san(false), "EndEntityCertificate_APIPassthrough").subject(ca::subject("a"));
    assert!(ca::prepare(&root(), &by_subject.build().unwrap(), &options).is_ok());
    // RFC 5280 section 4.1.2.6: no CA without a subject.
    let ca = refused(&san(true), "SubordinateCACertificate_PathLen0");
    refused_with(&ca, AwsException::MalformedCsr);
}

#[test]
fn r_csr_8_an_extension_that_cannot_be_read_is_refused_whatever_gave_it() {
    // keyCertSign among the unused bits.
    let usage = extension("2.5.29.15", true, &[3, 2, 5, 0xa2]);
    let csr = CsrParts::new(LEAF_KEY.public_key_der()).extensions(&[usage]).der();
    let error = refusal(&root(), &request(&csr, "BlankEndEntityCertificate_CSRPassthrough").build().unwrap());
    let text = refused_with(&error, AwsException::MalformedCsr);
    assert!(text.contains("malformed keyUsage: BIT STRING whose unused bits are not zero at byte"), "{text}");
    // The place is that in the request.
    let offset: usize = text.rsplit(' ').next().unwrap().parse().unwrap();
    assert_eq!(csr[offset..][..4], [3, 2, 5, 0xa2]);
    // The second custom extension is to blame, and said to be (lists count from 1, R-REQ-2).
    let custom = request(&self::csr(), "BlankEndEntityCertificate_APIPassthrough")
        .custom_extension(CustomExtension::new("1.2.3", vec![5, 0], false))
        .custom_extension(CustomExtension::new("2.5.29.15", vec![3, 3, 7, 0xa0, 0], true))
        .build()
        .unwrap();
    let text = refused_with(&refusal(&root(), &custom), AwsException::InvalidArgs);
    assert!(text.contains("keyUsage cannot be read: BIT STRING with trailing zero bits"), "{text}");
    assert!(text.contains("apiPassthrough.extensions.customExtensions.2.member (keyUsage 2.5.29.15)"), "{text}");
}

/// R-ENC-5: the form of nine bits is the member's alone.
#[test]
fn r_enc_5_a_custom_key_usage_is_der_whatever_the_form_of_the_member() {
    let options = IssuanceOptions::default().nine_bit_key_usage(true);
    let template = "BlankEndEntityCertificate_APIPassthrough";
    let custom = |value: Vec<u8>| {
        let custom = CustomExtension::new("2.5.29.15", value, true);
        ca::prepare(&root(), &request(&csr(), template).custom_extension(custom).build().unwrap(), &options)
    };
    assert!(custom(vec![3, 2, 7, 0x80]).is_ok());
    refused_with(&custom(vec![3, 3, 7, 0x80, 0]).unwrap_err(), AwsException::InvalidArgs);
    let member = request(&csr(), template).key_usage(KeyUsage::DIGITAL_SIGNATURE).build().unwrap();
    assert!(der::holds(ca::prepare(&root(), &member, &options).unwrap().tbs_der(), &[3, 3, 7, 0x80, 0]));
}

#[test]
fn r_mrg_10_key_cert_sign_of_an_end_entity_is_a_warning() {
    let usage = extension("2.5.29.15", true, &[3, 2, 2, 4]);
    let by_csr = CsrParts::new(LEAF_KEY.public_key_der()).extensions(&[usage]).der();
    let api = "BlankEndEntityCertificate_APIPassthrough";
    for request in [
        request(&by_csr, "BlankEndEntityCertificate_CSRPassthrough"),
        request(&csr(), api).key_usage(KeyUsage::KEY_CERT_SIGN),
        request(&csr(), api).custom_extension(CustomExtension::new("2.5.29.15", vec![3, 2, 2, 4], true)),
    ] {
        let request = request.build().unwrap();
        let prepared = ca::prepare(&root(), &request, &IssuanceOptions::default()).unwrap();
        assert!(prepared.plan().warnings().contains(&Warning::KeyCertSign), "{}", prepared.plan());
        let error = ca::prepare(&root(), &request, &IssuanceOptions::default().strict(true)).unwrap_err();
        let text = refused_with(&error, AwsException::InvalidArgs);
        assert!(text.contains("keyCertSign") && text.contains("RFC 5280 section 4.2.1.9"), "{text}");
    }
}

#[test]
fn an_alternative_name_of_a_custom_extension_is_checked() {
    let custom = request(&csr(), "BlankEndEntityCertificate_APIPassthrough")
        .custom_extension(CustomExtension::new("2.5.29.17", vec![0x30, 0], false))
        .build()
        .unwrap();
    let text = refused_with(&refusal(&root(), &custom), AwsException::InvalidArgs);
    assert!(text.contains("customExtensions.1.member"), "{text}");
}

// --- R-MRG-7

#[test]
fn r_mrg_7_strict_mode_names_every_suppressed_input() {
    let request = request(&csr(), "EndEntityCertificate")
        .subject(ca::subject("api"))
        .extended_key_usage(ExtendedKeyUsage::object_identifier("1.2.3"))
        .build()
        .unwrap();
    let error = ca::prepare(&root(), &request, &IssuanceOptions::default().strict(true)).unwrap_err();
    let text = refused_with(&error, AwsException::InvalidArgs);
    assert!(text.contains("apiPassthrough.subject") && text.contains("extendedKeyUsage"), "{text}");
    assert!(ca::prepare(&root(), &request, &IssuanceOptions::default()).is_ok());
}
