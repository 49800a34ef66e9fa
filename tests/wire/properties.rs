//! Any request survives the wire; no document, however wrong, brings the reader down.

use std::net::IpAddr;

use issuance::request::{
    CustomAttribute, CustomExtension, EdiPartyName, IssueCertificateRequestBuilder, OtherName, PolicyInformation,
};
use issuance::request::{Draft, IntoDraft, SubjectBuilder};
use issuance::{GeneralName, IssueCertificateRequest, KeyUsage, Subject, Validity};
use proptest::prelude::*;
use serde_json::Value;

const AUTHORITY: &str =
    "arn:aws:acm-pca:us-west-2:123456789012:certificate-authority/12345678-1234-1234-1234-123456789012";

/// A request with every member of the model.
fn full() -> Value {
    serde_json::from_str(include_str!("../data/full-request.json")).unwrap()
}

fn minimal() -> IssueCertificateRequestBuilder {
    IssueCertificateRequest::builder()
        .certificate_authority_arn(AUTHORITY)
        .csr("csr")
        .signing_algorithm("SHA256WITHECDSA")
        .validity(Validity::days(1))
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
        set(builder, generation, |builder, value| builder.generation_qualifier(value)).into_draft()
    });
    let custom = proptest::collection::vec((oid(), "[a-z]{1,256}"), 1..4).prop_map(|attributes| {
        let attributes = attributes.into_iter().map(|(oid, value)| CustomAttribute::new(oid, value));
        attributes.fold(Subject::builder(), SubjectBuilder::custom_attribute).into_draft()
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
        proptest::collection::btree_set(oid(), 0..3),
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
        #[cfg(feature = "api")]
        {
            let mut cbor = Vec::new();
            ciborium::into_writer(&request, &mut cbor).unwrap();
            prop_assert_eq!(&ciborium::from_reader::<IssueCertificateRequest, _>(cbor.as_slice()).unwrap(), &request);
        }
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
