//! Templates of an operator's own beside the documented ones.

use issuance::request::TemplateReference;
use issuance::template::{TemplateError, TemplateKind};
use issuance::{
    IssuanceOptions, IssueCertificateRequest, Oid, Signer, SigningAlgorithm, Template, TemplateArn, Validity,
};
use issuance_test_support::ca;
use issuance_test_support::ca::{CA_ARN, Ca, LEAF_KEY, request};
use issuance_test_support::der::{CsrParts, common_name};

fn csr() -> Vec<u8> {
    CsrParts::new(LEAF_KEY.public_key_der()).subject(common_name("own")).der()
}

fn client_only(name: &str) -> Template {
    let template = Template::end_entity(name, TemplateKind::Base).unwrap();
    template.with_extended_key_usage(false, vec![Oid::CLIENT_AUTH]).unwrap()
}

#[test]
fn one_in_the_place_of_the_default_answers_requests_that_name_none() {
    let options = IssuanceOptions::default().template(client_only("EndEntityCertificate"));
    let unnamed = IssueCertificateRequest::builder()
        .certificate_authority_arn(CA_ARN)
        .csr(csr())
        .signing_algorithm(SigningAlgorithm::Sha256WithEcdsa)
        .validity(Validity::days(365));
    for request in [unnamed, request(&csr(), "EndEntityCertificate")] {
        let prepared = ca::prepare(&Ca::default().build(), &request.build().unwrap(), &options).unwrap();
        let usage = prepared.plan().extensions().find(|extension| extension.oid() == Oid::EXTENDED_KEY_USAGE);
        assert_eq!(usage.unwrap().value_text(), "clientAuth");
    }
}

#[test]
fn a_template_is_given_by_its_name_its_arn_or_itself() {
    let own = client_only("Device");
    let options = IssuanceOptions::default().template(own.clone());
    let arn: TemplateArn = own.arn().parse().unwrap();
    for reference in [
        TemplateReference::from("Device"),
        "Device/V1".into(),
        String::from("Device").into(),
        own.arn().into(),
        (&arn).into(),
        arn.clone().into(),
        (&own).into(),
    ] {
        let request = request(&csr(), "EndEntityCertificate").template(reference).build().unwrap();
        assert_eq!(request.template_arn(), Some(&arn));
        ca::prepare(&Ca::default().build(), &request, &options).unwrap();
    }
    for constant in Template::all() {
        let request = request(&csr(), "Device").template(constant).build().unwrap();
        assert_eq!(request.template_arn().unwrap().as_str(), constant.arn());
    }
    // Of another partition, the ARN stays as it is.
    let foreign = "arn:aws-cn:acm-pca:::template/EndEntityCertificate/V1";
    let request_of = |template: &str| request(&csr(), "Device").template(template).build();
    assert_eq!(request_of(foreign).unwrap().template_arn().unwrap().as_str(), foreign);

    let unknown = request_of("EndEntityCertficate").unwrap();
    let error = ca::prepare(&Ca::default().build(), &unknown, &options).unwrap_err();
    assert!(error.to_string().contains("'EndEntityCertficate'; did you mean EndEntityCertificate/V1"), "{error}");
    for malformed in ["", "End Entity", "a/b", "a:b", "Device/V1/V1"] {
        let error = request_of(malformed).unwrap_err();
        assert_eq!(error.violations()[0].path(), "templateArn", "{error}");
    }
}

#[test]
fn near_matches_name_own_ones_too() {
    let options = IssuanceOptions::default()
        .template(client_only("DeviceCertificate"))
        .template(client_only("EndEntityCertificate"));
    let suggestion = |name: &str| {
        let request = request(&csr(), name).build().unwrap();
        ca::prepare(&Ca::default().build(), &request, &options).unwrap_err().to_string()
    };
    assert!(suggestion("DeviceCertificat").contains("did you mean DeviceCertificate/V1?"));
    // A documented name that an own template has as well is suggested once.
    assert_eq!(suggestion("EndEntityCertificat").matches("EndEntityCertificate/V1").count(), 1);
}

/// No import takes a CA certificate whose basicConstraints are not critical, and a purpose given twice is a slip.
#[test]
fn what_no_certificate_should_have_is_refused_in_the_template() {
    let ca = Template::subordinate_ca("Issuing", TemplateKind::Base, Some(0)).unwrap();
    let refused = ca.clone().with_critical_basic_constraints(false).unwrap_err();
    assert_eq!(refused, TemplateError::BasicConstraintsNotCritical);
    assert_eq!(refused.to_string(), "a CA template needs critical basicConstraints (RFC 5280 section 4.2.1.9)");
    assert_eq!(ca.clone().with_critical_basic_constraints(true), Ok(ca));
    // An end entity may have them either way, as documented ones have.
    for critical in [false, true] {
        let leaf = client_only("Device").with_critical_basic_constraints(critical).unwrap();
        assert_eq!(leaf.basic_constraints().critical, critical);
    }
    let twice = vec![Oid::SERVER_AUTH, Oid::CLIENT_AUTH, Oid::SERVER_AUTH];
    let refused = client_only("Device").with_extended_key_usage(false, twice).unwrap_err();
    assert_eq!(refused, TemplateError::RepeatedPurpose(Oid::SERVER_AUTH));
    assert!(refused.to_string().contains("1.3.6.1.5.5.7.3.1"), "{refused}");
}
