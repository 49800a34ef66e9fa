//! Issued certificates go through a store outside the process, and come back whole.

use issuance::request::CustomExtension;
use issuance::{IssuanceOptions, IssuedCertificate, KeyUsage, Signer};
use issuance_test_support::ca;
use issuance_test_support::ca::{CA_KEY, Ca, LEAF_KEY, request, subordinate};
use issuance_test_support::der;
use issuance_test_support::der::{
    CHALLENGE_PASSWORD, CsrParts, attribute, common_name, dns, extension, extension_request, octets, utf8,
};
use issuance_test_support::verifiers::AnySignature;

/// With a chain, every kind of source, and inputs suppressed for every kind of reason.
fn certificate() -> IssuedCertificate {
    let root = Ca { template: "BlankRootCACertificate_PathLen3_APIPassthrough", ..Ca::default() }.build();
    let ca =
        subordinate(&root, &*CA_KEY, "sub", "SubordinateCACertificate_PathLen0", &IssuanceOptions::default(), None);
    let extensions = [
        extension("2.5.29.17", false, &dns("a.example")),
        extension("2.5.29.15", true, &[3, 2, 0, 4]),
        extension("1.2.3.4", false, &octets(b"csr")),
        extension("1.2.3.5", false, &octets(b"csr")),
    ];
    let csr = CsrParts::new(LEAF_KEY.public_key_der())
        .subject(common_name("leaf"))
        .attributes(&[extension_request(&extensions), attribute("1.2.3.6", &[utf8("unknown")])])
        .der();
    let request = request(&csr, "EndEntityCertificate_APICSRPassthrough")
        .key_usage(KeyUsage::KEY_ENCIPHERMENT)
        .custom_extension(CustomExtension::new("1.2.3.4", octets(b"api"), true));
    let prepared = ca::prepare(&ca, &request.build().unwrap(), &IssuanceOptions::default()).unwrap();
    prepared.finish(&[0], &AnySignature).unwrap()
}

#[test]
fn a_certificate_comes_back_whole() {
    let certificate = certificate();
    assert!(certificate.plan().suppressed().len() > 2 && certificate.chain_der().count() == 2);
    let json = serde_json::to_string(&certificate).unwrap();
    let back: IssuedCertificate = serde_json::from_str(&json).unwrap();
    assert_eq!(back, certificate);
    assert_eq!(back.plan().to_string(), certificate.plan().to_string());
    assert_eq!(back.chain_pem(), certificate.chain_pem());
    // The feature that brings CBOR.
    #[cfg(feature = "api")]
    {
        let mut cbor = Vec::new();
        ciborium::into_writer(&certificate, &mut cbor).unwrap();
        assert_eq!(ciborium::from_reader::<IssuedCertificate, _>(&cbor[..]).unwrap(), certificate);
    }
}

#[test]
fn a_challenge_password_does_not_go_along() {
    let csr = CsrParts::new(LEAF_KEY.public_key_der())
        .subject(common_name("leaf"))
        .attributes(&[attribute(CHALLENGE_PASSWORD, &[utf8("secret")])])
        .der();
    let request = request(&csr, "EndEntityCertificate").build().unwrap();
    let prepared = ca::prepare(&Ca::default().build(), &request, &IssuanceOptions::default()).unwrap();
    let certificate = prepared.finish(&[0], &AnySignature).unwrap();
    assert!(der::holds(certificate.plan().suppressed()[0].value_der(), b"secret"));
    let back: IssuedCertificate = serde_json::from_value(serde_json::to_value(&certificate).unwrap()).unwrap();
    assert_eq!(back.plan().suppressed()[0].value_der(), b"");
    assert_eq!(back.plan().to_string(), certificate.plan().to_string());
}

#[test]
fn what_is_no_issued_certificate_is_refused() {
    let sound = serde_json::to_value(certificate()).unwrap();
    for (member, value, expected) in [
        ("version", 2.into(), "form 2; this is 1"),
        ("certificate", "MAA=".into(), "malformed certificate"),
        ("certificate", "*".into(), "Invalid symbol"),
        ("extension_sources", serde_json::json!(["api"]), "1 sources for"),
        ("field_sources", serde_json::json!(["api"]), "invalid length 1"),
        ("certificate_arn", "arn".into(), "arn"),
        ("unknown", 1.into(), "unknown field"),
    ] {
        let mut wrong = sound.clone();
        wrong[member] = value;
        let error = serde_json::from_value::<IssuedCertificate>(wrong).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    }
}
