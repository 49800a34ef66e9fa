//! A root that has a certificate gets another one under its subject (R-CA-2). Its own CSR is public, and a proof of possession for
//! everyone who sends it.

use issuance::authority::CertificateAuthorityType;
use issuance::issue::{FixedClock, TemplateMisuse};
use issuance::{
    AwsException, CertificateAuthority, Error, IssuanceOptions, Issuer, RustCryptoVerifier, Signer, SigningAlgorithm,
    Validity,
};
use issuance_test_support::ca;
use issuance_test_support::ca::{CA_KEY, Ca, pending, request, subject};
use issuance_test_support::der;
use issuance_test_support::der::{CsrParts, common_name, name, name_attribute, tlv};

const TEMPLATES: [&str; 3] =
    ["RootCACertificate", "RootCACertificate_APIPassthrough", "BlankRootCACertificate_PathLen1_APIPassthrough"];

fn own_request(root: &CertificateAuthority) -> Vec<u8> {
    root.certificate_signing_request(&*CA_KEY, SigningAlgorithm::Sha256WithEcdsa).unwrap().into_bytes()
}

/// A request of the root's key for another subject.
fn request_of(subject: Vec<u8>) -> Vec<u8> {
    CsrParts::new(CA_KEY.public_key_der()).subject(subject).signed_by(&*CA_KEY)
}

#[test]
fn r_ca_2_a_renewal_keeps_the_subject() {
    let mut root = Ca::default().build();
    let before = root.certificate_der().unwrap().to_vec();
    let csr = own_request(&root);
    for template in TEMPLATES {
        let issuer = Issuer::builder(root.clone(), &*CA_KEY).clock(FixedClock(ca::now())).build().unwrap();
        let renewal = request(&csr, template).validity(Validity::years(40)).build().unwrap();
        let renewed = issuer.issue(&renewal).unwrap();
        root.import_certificate(renewed.der(), b"", &RustCryptoVerifier).unwrap();
        assert_ne!(root.certificate_der().unwrap(), before);
        assert_eq!(root.subject_der(), common_name("Root"));
    }
}

#[test]
fn r_ca_2_another_subject_is_refused_whatever_input_gives_it() {
    let root = Ca::default().build();
    let printable = name(&[name_attribute("2.5.4.3", &tlv(0x13, b"Root"))]);
    let mut cases =
        vec![(request_of(common_name("Other Root")), None, "CN=Other Root"), (request_of(printable), None, "CN=Root")];
    cases.push((own_request(&root), Some("Other Root"), "CN=Other Root"));
    for (csr, from_api, shown) in cases {
        for template in
            TEMPLATES.into_iter().filter(|template| from_api.is_none() || template.ends_with("_APIPassthrough"))
        {
            let mut asked = request(&csr, template);
            if let Some(name) = from_api {
                asked = asked.subject(subject(name));
            }
            let asked = asked.build().unwrap();
            let error = ca::prepare(&root, &asked, &IssuanceOptions::default()).unwrap_err();
            assert!(matches!(error, Error::Template(TemplateMisuse::NewRootSubject { .. })), "{error}");
            assert_eq!(error.aws_exception(), AwsException::InvalidArgs);
            assert_eq!(
                error.to_string(),
                format!(
                    "template {template} renews the certificate of a root, whose subject stays as it is, 'CN=Root' byte for \
                     byte; the request gives '{shown}'"
                )
            );
            // Who wants it says so.
            let options = IssuanceOptions::default().new_root_subject(true);
            assert!(ca::prepare(&root, &asked, &options).is_ok());
        }
    }
}

/// What the service documents: the first certificate has the subject that the request gives.
#[test]
fn r_ca_2_the_first_certificate_may_have_another_subject() {
    let root = pending(CertificateAuthorityType::Root, "Root");
    let asked = request(&own_request(&root), TEMPLATES[1]).subject(subject("Other Root")).build().unwrap();
    let prepared = ca::prepare(&root, &asked, &IssuanceOptions::default()).unwrap();
    assert!(der::holds(prepared.tbs_der(), &common_name("Other Root")));
    assert!(!der::holds(prepared.tbs_der(), &common_name("Root")));
}
