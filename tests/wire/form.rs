//! The wire form: round trips, and documents that are not well formed.

use issuance::request::{Constraint, ViolationClass};
use issuance::request::{Extensions, IssueCertificateResponse, RequestError};
use issuance::{
    ApiPassthrough, GeneralName, IssueCertificateRequest, KeyAlgorithm, Oid, SerialNumber, SigningAlgorithm, Subject,
    Timestamp, Validity,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

const AUTHORITY: &str =
    "arn:aws:acm-pca:us-west-2:123456789012:certificate-authority/12345678-1234-1234-1234-123456789012";

/// A request with every member of the model.
fn full() -> Value {
    serde_json::from_str(include_str!("../data/full-request.json")).unwrap()
}

fn read(value: &Value) -> Result<IssueCertificateRequest, RequestError> {
    IssueCertificateRequest::from_json(value.to_string().as_bytes())
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
    // One level less is read.
    let error = IssueCertificateRequest::from_json(nested(31).as_bytes()).unwrap_err();
    assert_eq!(error.violations().last().unwrap().path(), "validity");
    for json in ["null", "[]", "7", "\"{}\""] {
        let error = IssueCertificateRequest::from_json(json.as_bytes()).unwrap_err();
        assert!(error.to_string().ends_with("failed to satisfy constraint: Member must be a structure"), "{error}");
    }
}

#[test]
fn length_is_bounded() {
    let padded = |length: usize| {
        let mut json = full().to_string();
        json.push_str(&" ".repeat(length - json.len()));
        IssueCertificateRequest::from_json(json.as_bytes())
    };
    assert_eq!(IssueCertificateRequest::MAX_JSON_LEN, 4_194_304);
    assert!(padded(4_194_304).is_ok());
    let error = padded(4_194_305).unwrap_err();
    assert_eq!(
        error.to_string(),
        "1 validation error detected: Value '<4194305 bytes>' failed to satisfy constraint: \
         Member must have length less than or equal to 4194304"
    );
}

#[test]
fn hostile_documents_make_bounded_messages() {
    let many = vec!["7"; 59_999].join(",");
    let json = format!("{{\"ApiPassthrough\":{{\"Extensions\":{{\"CustomExtensions\":[{many}]}}}}}}");
    let error = IssueCertificateRequest::from_json(json.as_bytes()).unwrap_err();
    assert_eq!((error.violations().len(), error.violation_count()), (100, 60_004));
    assert_eq!(error.violations()[99].path(), "apiPassthrough.extensions.customExtensions.99.member");
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

#[cfg(feature = "api")]
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

/// Whether the value is written as the text, and the text read as the value; and that the others are not read.
#[track_caller]
fn is_text<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(value: T, text: &str, others: &[&str]) {
    assert_eq!(serde_json::to_value(&value).unwrap(), json!(text));
    assert_eq!(serde_json::from_value::<T>(json!(text)).unwrap(), value);
    #[cfg(feature = "api")]
    {
        let mut cbor = Vec::new();
        ciborium::into_writer(&value, &mut cbor).unwrap();
        assert_eq!(ciborium::from_reader::<T, _>(&cbor[..]).unwrap(), value);
    }
    for other in others {
        let error = serde_json::from_value::<T>(json!(other)).unwrap_err().to_string();
        let told = format!("invalid value: string {other:?}, expected ");
        assert!(error.starts_with(&told) && error.contains("such as "), "{error}");
    }
    for other in [json!(null), json!(7), json!([text]), json!({ "text": text })] {
        assert!(serde_json::from_value::<T>(other).is_err());
    }
}

#[test]
fn values_that_are_one_text() {
    is_text(Oid::SUBJECT_ALT_NAME, "2.5.29.17", &["", "2.5.29.017", "subjectAltName", " 2.5.29.17"]);
    is_text(Oid::from_der_content(&[0x88, 0x37]).unwrap(), "2.999", &["2.0999", "1.40", "2", "2.999.", "x"]);
    let serial = SerialNumber::from_hex("075bcd").unwrap();
    is_text(serial, "07:5b:cd", &["", "07:5B:CD", "075bcd", "7:5b:cd", "00:07:5b:cd", "0", "00", "07:5b:cd "]);
    let time = Timestamp::from_utc(2026, 11, 21, 9, 30, 5).unwrap();
    is_text(
        time,
        "2026-11-21T09:30:05Z",
        &[
            "",
            "2026-11-21",
            "2026-11-21T09:30:05",
            "2026-11-21t09:30:05z",
            "2026-11-21 09:30:05Z",
            "2026-11-21T09:30:05.0Z",
            "2026-11-21T09:30:05+00:00",
            "2026-11-21T09:30:60Z",
            "2026-02-29T09:30:05Z",
            "+026-11-21T09:30:05Z",
            "2026-11-21T+9:30:05Z",
            "2026-11-21T09:30:05Zé",
            "202é-11-21T09:30:05Z",
        ],
    );
    is_text(Timestamp::MIN, "0000-01-01T00:00:00Z", &["10000-01-01T00:00:00Z"]);
    is_text(KeyAlgorithm::EcPrime256v1, "EC_prime256v1", &["", "EC_PRIME256V1", "EcPrime256v1"]);
    is_text(SigningAlgorithm::Sha256WithRsaPss, "SHA256WITHRSA_PSS", &["", "sha256withrsa_pss", "RSA_2048"]);
    // A long text is cut in the message.
    let long = serde_json::from_value::<Oid>(json!("1.".repeat(100_000))).unwrap_err().to_string();
    assert!(long.len() < 1000, "{}", long.len());
}
