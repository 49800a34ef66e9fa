//! Every way to be refused, by the exception that a client sees and the words that clients in the field match.
#![cfg(all(feature = "rustcrypto", feature = "serde"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "common/ca.rs"]
mod ca;
#[path = "common/der.rs"]
mod der;
#[path = "common/faulty.rs"]
mod faulty;

use std::sync::Arc;

use ca::{CA_ARN, CA_KEY, Ca, DAY, LEAF_KEY, NOW, after_now, now, proven_csr, request, subordinate};
use der::{CsrParts, common_name, dns, extension, name, octets, seq, tlv};
use faulty::{Fault, Faulty};
use issuance::request::Constraint;
use issuance::{
    AuthorityError, AwsException, CertificateArn, CertificateAuthority, CertificateAuthorityStatus,
    CertificateAuthorityType, CertificateAuthorityUsageMode, CustomAttribute, CustomExtension, Error, ExtendedKeyUsage,
    FixedClock, GeneralName, IdempotencyMode, IssuanceOptions, IssueCertificateRequest, Issuer, KeyUsage, MemoryStore,
    RequestError, SerialFormat, SerialNumber, SerialSource, SerialSourceError, Signer, SigningAlgorithm, Subject,
    Template, TemplateKind, Validity, Warning,
};

fn refused_with(error: &Error, exception: AwsException) -> String {
    assert_eq!(error.aws_exception(), exception, "{error}");
    error.to_string()
}

fn root() -> CertificateAuthority {
    Ca::default().build()
}

/// What an authority says to a request, without proof of possession.
fn refusal(authority: &CertificateAuthority, request: &IssueCertificateRequest) -> Error {
    ca::prepare(authority, request, &IssuanceOptions::default()).unwrap_err()
}

fn csr() -> Vec<u8> {
    CsrParts::new(LEAF_KEY.public_key_der()).der()
}

fn end_entity() -> issuance::request::IssueCertificateRequestBuilder {
    request(&csr(), "EndEntityCertificate_APIPassthrough")
}

fn wire_error(json: &str) -> RequestError {
    IssueCertificateRequest::from_json(json.as_bytes()).unwrap_err()
}

/// A request on the wire that is right, with this member added or replaced.
fn wire(member: &str, value: &str) -> String {
    let mut json: serde_json::Value = serde_json::from_str(&end_entity().build().unwrap().to_json()).unwrap();
    json[member] = serde_json::from_str(value).unwrap();
    json.to_string()
}

fn of_request(error: RequestError) -> (AwsException, String) {
    let error = Error::from(error);
    (error.aws_exception(), error.to_string())
}

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
    assert!(text.contains("malformed keyUsage: BIT STRING whose unused bits are not zero at octet"), "{text}");
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

// --- R-CA

#[test]
fn r_ca_1_only_an_active_authority_issues() {
    use CertificateAuthorityStatus as Status;
    let expected = "The certificate authority is not in a valid state for issuing certificates";
    let leaf = request(&csr(), "EndEntityCertificate").build().unwrap();
    let own = CsrParts::new(CA_KEY.public_key_der()).der();
    let own = request(&own, "RootCACertificate").build().unwrap();
    for status in [Status::Creating, Status::Disabled, Status::Deleted, Status::Failed] {
        let mut authority = root();
        authority.set_status(status).unwrap();
        for request in [&leaf, &own] {
            let error = refusal(&authority, request);
            assert_eq!(refused_with(&error, AwsException::InvalidState), expected, "{status}");
        }
    }
    let pending = ca::pending(CertificateAuthorityType::Root, "Root");
    assert_eq!(refused_with(&refusal(&pending, &leaf), AwsException::InvalidState), expected);
    assert!(ca::prepare(&pending, &own, &IssuanceOptions::default()).is_ok());
    // Expired by the clock alone: the certificate ends after a year, to the second.
    let authority = Ca { years: 1, ..Ca::default() }.build();
    let end = authority.not_after().unwrap();
    assert_eq!(authority.status(end), Status::Active);
    let after = end.checked_add_seconds(1).unwrap();
    assert_eq!(authority.status(after), Status::Expired);
    let options = IssuanceOptions::default();
    let preparation = issuance::Preparation {
        authority: &authority,
        now: after,
        serial: ca::serial(),
        partition: None,
        verifier: &ca::AnySignature,
        options: &options,
    };
    assert_eq!(refused_with(&preparation.prepare(&leaf).unwrap_err(), AwsException::InvalidState), expected);
}

#[test]
fn r_ca_1_states_that_do_not_follow_from_the_present_one() {
    use CertificateAuthorityStatus as Status;
    let waiting = ca::pending(CertificateAuthorityType::Root, "Root");
    for (mut authority, to) in [
        (waiting.clone(), Status::Active),
        (waiting, Status::Disabled),
        (root(), Status::PendingCertificate),
        (root(), Status::Expired),
    ] {
        let from = authority.status(now());
        let text = refused_with(&authority.set_status(to).unwrap_err().into(), AwsException::InvalidState);
        assert_eq!(text, format!("a certificate authority that is {from} cannot become {to}"));
        assert_eq!(authority.status(now()), from);
    }
}

/// Whoever makes the authority hears of it, not whoever asks it for a certificate.
#[test]
fn r_arn_2_the_arn_of_an_authority_leaves_room_for_serial_numbers() {
    let build = |characters: usize| {
        let region = "r".repeat(characters - CA_ARN.len() + "us-west-2".len());
        let arn = CA_ARN.replace("us-west-2", &region).parse().unwrap();
        CertificateAuthority::builder(arn, CertificateAuthorityType::Root)
            .build(&ca::subject("Root"), CA_KEY.public_key_der())
    };
    let arn = build(139).unwrap().arn().clone();
    let longest = SerialNumber::from_be_bytes(&[&[0x7f][..], &[0xff; 19]].concat()).unwrap();
    let certificate = CertificateArn::new(&arn, &longest, SerialFormat::Decimal).unwrap();
    assert_eq!(certificate.as_str().len(), 200);
    assert_eq!(
        refused_with(&build(140).unwrap_err().into(), AwsException::InvalidArgs),
        "the ARN of the certificate authority is too long for the ARNs of its certificates: an ARN must have 5 to 200 \
         characters, not 201"
    );
}

#[test]
fn r_ca_2_misuse_of_root_templates() {
    let own = CsrParts::new(CA_KEY.public_key_der()).subject(common_name("Root")).der();
    let options = IssuanceOptions::default();
    let subordinate = subordinate(&root(), &*CA_KEY, "Sub", "SubordinateCACertificate_PathLen0", &options, None);
    for template in Template::all().iter().filter(|template| template.is_self_signed()) {
        let request = |csr: &[u8]| request(csr, template.name()).build().unwrap();
        refused_with(&refusal(&subordinate, &request(&own)), AwsException::InvalidArgs);
        refused_with(&refusal(&root(), &request(&csr())), AwsException::InvalidArgs);
        assert!(ca::prepare(&root(), &request(&own), &IssuanceOptions::default()).is_ok());
    }
}

#[test]
fn r_ca_3_path_lengths() {
    let refused = |authority: &CertificateAuthority, n: u8| {
        let template = format!("SubordinateCACertificate_PathLen{n}");
        let csr = CsrParts::new(LEAF_KEY.public_key_der()).subject(common_name("Sub")).der();
        let result = ca::prepare(authority, &request(&csr, &template).build().unwrap(), &IssuanceOptions::default());
        result.err().map(|error| refused_with(&error, AwsException::Validation)).is_some()
    };
    for left in 0..=3u8 {
        let template = format!("BlankRootCACertificate_PathLen{left}_APIPassthrough");
        let authority = Ca { template: &template, ..Ca::default() }.build();
        for n in 0..=3 {
            assert_eq!(refused(&authority, n), n >= left, "PathLen{n} under {left}");
        }
        // End entities are no matter of path length.
        assert!(ca::prepare(&authority, &end_entity().build().unwrap(), &IssuanceOptions::default()).is_ok());
    }
    assert!((0..=3).all(|n| !refused(&root(), n)));
}

#[test]
fn r_ca_3_path_lengths_over_the_chain() {
    // A template of one's own makes a CA without a path length; the constraint above it still counts.
    let any = Template::subordinate_ca("AnyDepth", TemplateKind::Base, None).unwrap();
    let options = IssuanceOptions::default().template(any);
    for (limit, left) in [(1, 0), (2, 1), (3, 2)] {
        let template = format!("BlankRootCACertificate_PathLen{limit}_APIPassthrough");
        let top = Ca { template: &template, ..Ca::default() }.build();
        let below = subordinate(&top, &*CA_KEY, "Below", "AnyDepth", &options, None);
        assert_eq!(below.path_length_left(), Some(left));
        let csr = CsrParts::new(LEAF_KEY.public_key_der()).subject(common_name("Sub")).der();
        let issue = |n: u32| {
            let template = format!("SubordinateCACertificate_PathLen{n}");
            ca::prepare(&below, &request(&csr, &template).build().unwrap(), &options)
        };
        for n in 0..=3 {
            match issue(n) {
                Ok(_) => assert!(n < left, "PathLen{n} with {left} left"),
                Err(error) => {
                    assert!(n >= left, "PathLen{n} with {left} left");
                    refused_with(&error, AwsException::Validation);
                }
            }
        }
        let unlimited = ca::prepare(&below, &request(&csr, "AnyDepth").build().unwrap(), &options);
        assert_eq!(unlimited.is_ok(), left > 0);
    }
}

#[test]
fn r_ca_4_the_algorithm_fits_the_key() {
    let rsa = ca::key("rsa-2048");
    let authority = CertificateAuthority::builder(CA_ARN.parse().unwrap(), CertificateAuthorityType::Root)
        .build(&ca::subject("RSA"), rsa.public_key_der())
        .unwrap();
    let csr = CsrParts::new(rsa.public_key_der()).der();
    let ask = |algorithm| request(&csr, "RootCACertificate").signing_algorithm(algorithm).build().unwrap();
    let error = refusal(&authority, &ask(SigningAlgorithm::Sha384WithEcdsa));
    assert_eq!(
        refused_with(&error, AwsException::InvalidArgs),
        "Signing algorithm SHA384WITHECDSA cannot be used with key type RSA_2048. Valid signing algorithms are: \
         SHA256WITHRSA, SHA384WITHRSA, SHA512WITHRSA, SHA256WITHRSA_PSS, SHA384WITHRSA_PSS, SHA512WITHRSA_PSS."
    );
    for algorithm in SigningAlgorithm::ALL {
        let fits = algorithm.as_str().contains("RSA");
        let result = ca::prepare(&authority, &ask(*algorithm), &IssuanceOptions::default());
        assert_eq!(result.is_ok(), fits, "{algorithm}");
    }
}

/// NameConstraints with one permitted dNSName.
fn permitted_dns(base: &str) -> Vec<u8> {
    seq(&[&tlv(0xa0, &seq(&[&tlv(0x82, base.as_bytes())]))])
}

#[test]
fn r_ca_5_name_constraints_over_a_chain() {
    const CONSTRAINTS: &str = "2.5.29.30";
    let template = "BlankSubordinateCACertificate_PathLen1_APIPassthrough";
    let options = IssuanceOptions::default();
    let constraints = permitted_dns("example.com");
    let upper =
        subordinate(&root(), &*ca::P384_KEY, "Upper", template, &options, Some((CONSTRAINTS, true, &constraints)));
    let lower_template = "BlankSubordinateCACertificate_PathLen0_APIPassthrough";
    let lower_constraints = permitted_dns("a.example.com");
    let lower = Some((CONSTRAINTS, true, &lower_constraints[..]));
    let lower = subordinate(&upper, &*CA_KEY, "Lower", lower_template, &options, lower);
    let plain = subordinate(&upper, &*CA_KEY, "Plain", lower_template, &options, None);
    let issue = |authority: &CertificateAuthority, dns: &str| {
        let request = end_entity().subject_alternative_name(GeneralName::dns_name(dns)).build().unwrap();
        ca::prepare(authority, &request, &options).map_err(|error| refused_with(&error, AwsException::Validation))
    };
    for (name, by_lower, by_plain) in
        [("x.a.example.com", true, true), ("b.example.com", false, true), ("example.org", false, false)]
    {
        assert_eq!(issue(&lower, name).is_ok(), by_lower, "{name}");
        assert_eq!(issue(&plain, name).is_ok(), by_plain, "{name}");
    }
    // The text names the name and the constraint.
    let text = issue(&plain, "example.org").unwrap_err();
    assert!(text.contains("DNS:example.org") && text.contains("DNS:example.com"), "{text}");
    // A SAN of the CSR is held against them, too.
    let san = extension("2.5.29.17", false, &dns("example.org"));
    let csr = CsrParts::new(LEAF_KEY.public_key_der()).extensions(&[san]).der();
    refused_with(&refusal(&plain, &request(&csr, "EndEntityCertificate").build().unwrap()), AwsException::Validation);
}

#[test]
fn r_ca_5_each_form_of_name() {
    let excluded = |base: &[u8]| seq(&[&tlv(0xa1, &seq(&[base]))]);
    let directory = tlv(0xa4, &common_name("csr.example.com"));
    for (constraints, forbidden) in [
        (excluded(&tlv(0x81, b"example.com")), Some(GeneralName::rfc822_name("a@example.com"))),
        (excluded(&tlv(0x82, b"example.com")), Some(GeneralName::dns_name("a.example.com"))),
        (excluded(&tlv(0x86, b"example.com")), Some(GeneralName::uniform_resource_identifier("https://example.com/x"))),
        (excluded(&tlv(0x87, &[192, 0, 2, 0, 255, 255, 255, 0])), Some(GeneralName::ip_address("192.0.2.9"))),
        // The subject of the CSR.
        (excluded(&directory), None),
    ] {
        let extension = Some(("2.5.29.30", true, &constraints[..]));
        let authority = Ca { template: "BlankRootCACertificate_APIPassthrough", extension, ..Ca::default() }.build();
        let other = request(
            &CsrParts::new(LEAF_KEY.public_key_der()).subject(common_name("other")).der(),
            "EndEntityCertificate_APIPassthrough",
        );
        let options = IssuanceOptions::default();
        assert!(ca::prepare(&authority, &other.clone().build().unwrap(), &options).is_ok());
        let request = match forbidden {
            Some(name) => other.subject_alternative_name(name),
            None => end_entity(),
        };
        refused_with(&refusal(&authority, &request.build().unwrap()), AwsException::Validation);
    }
}

// --- R-VAL

#[test]
fn r_val_1_not_before_is_absolute() {
    let error = end_entity().validity_not_before(Validity::days(1)).build().unwrap_err();
    assert_eq!(error.violations()[0].path(), "validityNotBefore.type");
    assert_eq!(of_request(error).0, AwsException::Validation);
}

#[test]
fn r_val_3_ends_in_the_past_or_before_the_beginning() {
    let ask = |validity| end_entity().validity(validity).build().unwrap();
    for validity in [
        Validity::absolute(NOW),
        Validity::absolute(1),
        Validity::end_date(20_261_121_093_015),
        Validity::end_date(261_121_093_015),
        Validity::end_date(20_261_331_000_000),
        Validity::end_date(1),
        Validity::days(i64::MAX),
        Validity::years(8_000),
    ] {
        refused_with(&refusal(&root(), &ask(validity)), AwsException::Validation);
    }
    assert!(ca::prepare(&root(), &ask(Validity::absolute(NOW + 1)), &IssuanceOptions::default()).is_ok());
    let empty = end_entity().validity(Validity::days(1)).validity_not_before(Validity::absolute(NOW + DAY));
    refused_with(&refusal(&root(), &empty.build().unwrap()), AwsException::Validation);
}

#[test]
fn r_val_4_never_beyond_the_authority() {
    let authority = root();
    let end = authority.not_after().unwrap().unix();
    let ask = |end| end_entity().validity(Validity::absolute(end)).build().unwrap();
    let equal = ca::prepare(&authority, &ask(end), &IssuanceOptions::default()).unwrap();
    assert_eq!(equal.plan().not_after().unix(), end);
    let text = refused_with(&refusal(&authority, &ask(end + 1)), AwsException::Validation);
    assert!(text.contains(&authority.not_after().unwrap().to_string()), "{text}");
    // Root templates are exempt.
    let own = CsrParts::new(CA_KEY.public_key_der()).subject(common_name("Root")).der();
    let renewal = request(&own, "RootCACertificate").validity(Validity::absolute(end + 1)).build().unwrap();
    assert!(ca::prepare(&authority, &renewal, &IssuanceOptions::default()).is_ok());
}

#[test]
fn r_val_5_short_lived() {
    let mode = Some(CertificateAuthorityUsageMode::ShortLivedCertificate);
    let authority = Ca { usage_mode: mode, ..Ca::default() }.build();
    let ask = |validity| end_entity().validity(validity).build().unwrap();
    let options = IssuanceOptions::default();
    for allowed in [Validity::days(7), Validity::absolute(NOW + 7 * DAY)] {
        let prepared = ca::prepare(&authority, &ask(allowed), &options).unwrap();
        assert_eq!(prepared.plan().not_after(), after_now(7 * DAY));
    }
    for beyond in [Validity::absolute(NOW + 7 * DAY + 1), Validity::days(8), Validity::months(1)] {
        refused_with(&refusal(&authority, &ask(beyond)), AwsException::Validation);
    }
    let own = CsrParts::new(CA_KEY.public_key_der()).subject(common_name("Root")).der();
    assert!(ca::prepare(&authority, &request(&own, "RootCACertificate").build().unwrap(), &options).is_ok());
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

// --- R-ERR-1: what is not the caller's fault

#[test]
fn faulty_signers_yield_no_certificate_and_poison_nothing() {
    let signer = Arc::new(Faulty::new(Fault::None));
    let store = Arc::new(MemoryStore::default());
    let issuer = Issuer::builder(root(), Arc::clone(&signer))
        .clock(FixedClock(now()))
        .idempotency(Arc::clone(&store), IdempotencyMode::PerCsr)
        .build()
        .unwrap();
    let csr = proven_csr("leaf");
    let faults = [
        Fault::WrongKey,
        Fault::WrongMessage,
        Fault::Truncated,
        Fault::Empty,
        Fault::Raw,
        Fault::Trailing,
        Fault::Refuses,
        Fault::Busy,
        Fault::Panics,
    ];
    for (index, fault) in faults.into_iter().enumerate() {
        for token in [false, true] {
            let mut request = request(&csr, "EndEntityCertificate");
            if token {
                request = request.idempotency_token(format!("token-{index}"));
            }
            let request = request.build().unwrap();
            signer.set(fault);
            let issued = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| issuer.issue(&request)));
            match (fault, issued) {
                (Fault::Panics, issued) => assert!(issued.is_err()),
                (_, issued) => {
                    let error = issued.unwrap().unwrap_err();
                    refused_with(&error, AwsException::InternalFailure);
                    assert_eq!(error.is_retryable(), matches!(fault, Fault::Busy), "{error}");
                }
            }
            assert_eq!(store.len(), index, "the key of fault {index} is free again");
            signer.set(Fault::None);
            let issued = issuer.issue(&request).unwrap();
            assert!(!issued.der().is_empty());
        }
    }
    assert_eq!(signer.calls(), 4 * faults.len());
}

#[test]
fn a_signer_with_another_key_is_refused_at_build() {
    let error = Issuer::builder(root(), &*LEAF_KEY).build().unwrap_err();
    assert!(matches!(error, Error::SignerKey));
    refused_with(&error, AwsException::InternalFailure);
}

struct NoSerials;

impl SerialSource for NoSerials {
    fn next_serial(&self) -> Result<SerialNumber, SerialSourceError> {
        Err(SerialSourceError { reason: "the pool is dry".to_owned() })
    }
}

#[test]
fn failures_of_serials_are_ours() {
    let issuer = Issuer::builder(root(), &*CA_KEY).clock(FixedClock(now())).serial_source(NoSerials).build().unwrap();
    let error = issuer.issue(&request(&proven_csr("leaf"), "EndEntityCertificate").build().unwrap()).unwrap_err();
    refused_with(&error, AwsException::InternalFailure);
    assert!(error.is_retryable());
}

// --- R-CA-6: import

#[test]
fn r_ca_6_import_refuses_what_is_no_certificate_of_this_authority() {
    let root_certificate = Ca::default().certificate();
    let mut authority = ca::pending(CertificateAuthorityType::Root, "Root");
    let mut import = |certificate: &[u8], chain: &[u8]| {
        let result = authority.import_certificate(certificate, chain, &ca::AnySignature);
        assert_eq!(authority.certificate_der().is_some(), result.is_ok(), "a refused import changes nothing");
        result.map_err(|error| Error::from(error).aws_exception())
    };
    assert_eq!(import(b"", b""), Err(AwsException::MalformedCertificate));
    assert_eq!(import(&root_certificate[..200], b""), Err(AwsException::MalformedCertificate));
    let leaf = ca::unsigned(&root(), &end_entity().build().unwrap());
    assert_eq!(import(&leaf, b""), Err(AwsException::MalformedCertificate));
    let twice = der::pem("CERTIFICATE", &root_certificate).repeat(2);
    assert_eq!(import(twice.as_bytes(), b""), Err(AwsException::MalformedCertificate));
    let chain = der::pem("CERTIFICATE", &root_certificate);
    assert_eq!(import(&root_certificate, chain.as_bytes()), Err(AwsException::MalformedCertificate));
    let csr = CsrParts::new(LEAF_KEY.public_key_der()).subject(common_name("Other")).der();
    let other = ca::unsigned(&root(), &request(&csr, "SubordinateCACertificate_PathLen0").build().unwrap());
    assert_eq!(import(&other, b""), Err(AwsException::CertificateMismatch));
    assert_eq!(import(&root_certificate, b""), Ok(()));
    let mut authority = ca::pending(CertificateAuthorityType::Subordinate, "Root");
    let error = authority.import_certificate(&root_certificate, chain.as_bytes(), &ca::AnySignature).unwrap_err();
    assert_eq!(error, issuance::ImportError::SelfSigned);
    assert_eq!(Error::from(error).aws_exception(), AwsException::CertificateMismatch);
    // The signature here is none: a real verifier says so.
    let mut authority = ca::pending(CertificateAuthorityType::Root, "Root");
    let error = authority.import_certificate(&root_certificate, b"", &issuance::RustCryptoVerifier).unwrap_err();
    assert_eq!(Error::from(error).aws_exception(), AwsException::CertificateMismatch);
    authority.set_status(CertificateAuthorityStatus::Deleted).unwrap();
    let error = authority.import_certificate(&root_certificate, b"", &ca::AnySignature).unwrap_err();
    assert_eq!(Error::from(error).aws_exception(), AwsException::InvalidState);
}

/// R-ERR-1: which exceptions the library gives. LimitExceeded and Throttling are for services around it.
#[test]
fn r_err_1_exception_names() {
    for (exception, name) in [
        (AwsException::LimitExceeded, "LimitExceededException"),
        (AwsException::ResourceNotFound, "ResourceNotFoundException"),
        (AwsException::InvalidState, "InvalidStateException"),
        (AwsException::InvalidArn, "InvalidArnException"),
        (AwsException::InvalidArgs, "InvalidArgsException"),
        (AwsException::MalformedCsr, "MalformedCSRException"),
        (AwsException::Validation, "ValidationException"),
        (AwsException::Throttling, "ThrottlingException"),
        (AwsException::InternalFailure, "InternalFailure"),
    ] {
        assert_eq!(exception.as_str(), name);
    }
}

// --- R-ERR-2: hostile depth

/// Nesting of any depth in a custom extension and in a document is refused without recursion; the thread has a small
/// stack.
#[test]
fn r_err_2_depth_does_not_overflow_the_stack() {
    let test = || {
        let nested = |levels: usize| (0..levels).fold(vec![5u8, 0], |inner, _| tlv(0x30, &inner));
        for levels in [31, 32, 700] {
            let request = end_entity().custom_extension(CustomExtension::new("1.2.3", nested(levels), false)).build();
            assert_eq!(request.is_ok(), levels < 32, "{levels}");
        }
        for (open, close) in [("[", "]"), (r#"{"A":"#, "}")] {
            for levels in [1, 31, 33, 127, 129, 100_000] {
                let document = format!("{}1{}", open.repeat(levels), close.repeat(levels));
                assert!(IssueCertificateRequest::from_json(document.as_bytes()).is_err());
                let unclosed = open.repeat(levels);
                assert!(IssueCertificateRequest::from_json(unclosed.as_bytes()).is_err());
            }
        }
        // Deep values inside what passes through a CSR are octets to the engine, and the plan shows them all the same.
        let deep = nested(8_000);
        let parts = CsrParts::new(LEAF_KEY.public_key_der());
        let passed = parts
            .extensions(&[extension("1.2.3.4", false, &deep), extension("1.2.3.5", false, &octets(&deep[..64]))])
            .der();
        let request = request(&passed, "BlankEndEntityCertificate_CSRPassthrough").build().unwrap();
        let prepared = ca::prepare(&root(), &request, &IssuanceOptions::default()).unwrap();
        assert!(prepared.plan().to_string().contains("1.2.3.4"));
        // The same where the engine would describe the value by its type.
        for oid in ["2.5.29.31", "2.5.29.32", "2.5.29.30", "2.5.29.35", "1.3.6.1.5.5.7.1.1", "2.5.29.37"] {
            let parts = CsrParts::new(LEAF_KEY.public_key_der());
            let csr = parts.extensions(&[extension(oid, false, &deep)]).der();
            // The template defines the authority key identifier.
            if oid != "2.5.29.35" {
                let request = self::request(&csr, "BlankEndEntityCertificate_CSRPassthrough").build().unwrap();
                refused_with(&refusal(&root(), &request), AwsException::MalformedCsr);
            }
            // Not taken, and so only shown.
            let request = self::request(&csr, "EndEntityCertificate").build().unwrap();
            let prepared = ca::prepare(&root(), &request, &IssuanceOptions::default()).unwrap();
            assert!(prepared.plan().to_string().contains("it cannot be read"), "{oid}");
        }
    };
    std::thread::Builder::new().stack_size(512 * 1024).spawn(test).unwrap().join().unwrap();
}

/// R-ERR-2: a request of the greatest size that its bounds allow is prepared, and stays below the limit on certificates.
#[test]
fn r_err_2_the_largest_request_is_bounded() {
    let mut request = request(&csr(), "BlankEndEntityCertificate_APIPassthrough");
    for index in 0..150 {
        let value = octets(&[7; 3068]);
        request = request.custom_extension(CustomExtension::new(format!("1.2.3.{index}"), value, false));
        request = request.subject_alternative_name(GeneralName::dns_name("d".repeat(253)));
    }
    let request = request.build().unwrap();
    let prepared = ca::prepare(&root(), &request, &IssuanceOptions::default()).unwrap();
    assert_eq!(prepared.plan().suppressed().len(), 0);
    assert!(prepared.tbs_der().len() < 1 << 20);
    let small = IssuanceOptions::default().max_octets(prepared.tbs_der().len() - 1);
    assert!(matches!(ca::prepare(&root(), &request, &small), Err(Error::Check { .. })));
    let exact = IssuanceOptions::default().max_octets(prepared.tbs_der().len());
    assert!(ca::prepare(&root(), &request, &exact).is_ok());
}
