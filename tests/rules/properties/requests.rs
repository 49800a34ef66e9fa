//! What holds for each request.

use std::collections::BTreeSet;

use ::der::Decode;
use issuance::Error;
use issuance::issue::Prepared;
use issuance::plan::Input;
use issuance::template::{Source, TemplateKind};
use issuance_test_support::der::{holds, oid_content};
use issuance_test_support::verifiers::AnySignature;
use proptest::prelude::*;

use super::config;
use super::inputs::{ApiSubject, BASIC_CONSTRAINTS, Inputs, POOL, SAN, SKI, inputs, prepare, prepare_with};

#[derive(Debug, PartialEq)]
struct Outcome {
    subject: (Source, Vec<u8>),
    /// Identifier, criticality, source, value.
    extensions: Vec<(String, bool, Source, Vec<u8>)>,
    suppressed: BTreeSet<(String, Vec<u8>)>,
}

fn label(input: Input) -> String {
    match input {
        Input::ApiSubject => "api subject".to_owned(),
        Input::ApiCertificatePolicies => "api policies".to_owned(),
        Input::ApiExtendedKeyUsage => "api extendedKeyUsage".to_owned(),
        Input::ApiKeyUsage => "api keyUsage".to_owned(),
        Input::ApiSubjectAlternativeNames => "api names".to_owned(),
        Input::ApiCustomExtension { oid, .. } => format!("api custom {oid}"),
        Input::CsrSubject => "csr subject".to_owned(),
        Input::CsrExtension(oid) => format!("csr {oid}"),
        Input::CsrAttribute(oid) => format!("attribute {oid}"),
        // An empty structure, which has no value.
        Input::RequestMember(path) => format!("member {path}"),
        other => panic!("an input that the model does not know: {other}"),
    }
}

fn outcome(prepared: &Prepared) -> Outcome {
    let plan = prepared.plan();
    let field = plan.fields().iter().find(|field| field.field() == issuance::x509::Field::Subject).unwrap();
    let suppressed: Vec<_> = plan.suppressed().iter().map(|s| (label(s.input()), s.value_der().to_vec())).collect();
    let outcome = Outcome {
        subject: (field.source(), plan.field_der(issuance::x509::Field::Subject).to_vec()),
        extensions: plan
            .extensions()
            .map(|e| (e.oid().to_string(), e.critical(), e.source(), e.value_der().to_vec()))
            .collect(),
        suppressed: suppressed.iter().cloned().collect(),
    };
    assert_eq!(outcome.suppressed.len(), suppressed.len(), "an input is suppressed twice: {suppressed:?}");
    outcome
}

proptest! {
    #![proptest_config(config(1500))]

    /// R-MRG-7: the plan says what a decoder that is not ours reads in the octets to be signed, in their order.
    #[test]
    fn the_plan_is_what_will_be_signed(inputs in inputs()) {
        let Ok(prepared) = prepare(&inputs) else { return Ok(()) };
        let tbs = x509_cert::certificate::TbsCertificate::from_der(prepared.tbs_der()).unwrap();
        let read: Vec<_> = tbs.extensions().unwrap().iter()
            .map(|e| (e.extn_id.to_string(), e.critical, e.extn_value.as_bytes().to_vec())).collect();
        let planned: Vec<_> = outcome(&prepared).extensions.into_iter().map(|(o, c, _, v)| (o, c, v)).collect();
        prop_assert_eq!(read, planned);
        prop_assert_eq!(prepared.plan().tbs_der(), prepared.tbs_der());
        prop_assert_eq!(prepared.plan().template(), inputs.template.name());
        // The table names every suppressed input.
        let table = prepared.plan().to_string();
        for suppressed in prepared.plan().suppressed() {
            prop_assert!(table.contains(&suppressed.input().to_string()), "{table}");
        }
    }

    /// What a store outside keeps of a certificate is all of it but a challenge password.
    #[test]
    fn an_issued_certificate_comes_back_whole(inputs in inputs()) {
        let inputs = Inputs { challenge: false, ..inputs };
        let Ok(prepared) = prepare(&inputs) else { return Ok(()) };
        let certificate = prepared.finish(&[0], &AnySignature).unwrap();
        let json = serde_json::to_vec(&certificate).unwrap();
        prop_assert_eq!(serde_json::from_slice::<issuance::IssuedCertificate>(&json).unwrap(), certificate);
    }

    /// R-MRG-2, R-MRG-3: whatever the request and its CSR give, what the template defines is the template's.
    #[test]
    fn the_template_always_wins(inputs in inputs()) {
        let Ok(prepared) = prepare(&inputs) else { return Ok(()) };
        let bare = Inputs {
            subject: ApiSubject::Absent, key_usage: None, purposes: vec![], names: vec![], policies: vec![],
            custom: vec![], csr_extensions: vec![], csr_subject: true, ..inputs.clone()
        };
        let (bare, full) = (outcome(&prepare(&bare).unwrap()), outcome(&prepared));
        for defined in &bare.extensions {
            prop_assert!(full.extensions.contains(defined), "{defined:?}");
            prop_assert_eq!(full.extensions.iter().filter(|(oid, ..)| *oid == defined.0).count(), 1);
        }
        // And nothing of the subjectKeyIdentifier or the like comes from anywhere else.
        for (oid, _, source, _) in &full.extensions {
            if [BASIC_CONSTRAINTS, SKI].contains(&oid.as_str()) {
                prop_assert!(matches!(source, Source::Template | Source::Derived));
            }
        }
    }

    /// R-MRG-1: a field that the API gives has nothing of the CSR, and the other way round.
    #[test]
    fn values_are_never_mixed(inputs in inputs()) {
        let Ok(prepared) = prepare(&inputs) else { return Ok(()) };
        let plan = prepared.plan();
        for planned in plan.extensions() {
            let value = planned.value_der();
            let standard = inputs.api_standard();
            let api = standard.iter().map(|(_, oid, value)| (*oid, value))
                .chain(inputs.custom.iter().map(|c| (c.oid, &c.value)));
            let from_csr = inputs.csr_extensions.iter().map(|e| (e.oid, &e.value));
            let is_one_of = |mut given: Box<dyn Iterator<Item = (&str, &Vec<u8>)> + '_>| {
                given.any(|(oid, given)| planned.oid().to_string() == oid && value == given)
            };
            match planned.source() {
                Source::Api => prop_assert!(is_one_of(Box::new(api))),
                Source::Csr => {
                    prop_assert!(is_one_of(Box::new(from_csr)));
                    prop_assert!(!inputs.template.kind().takes_api()
                        || api.into_iter().all(|(oid, _)| planned.oid().to_string() != oid));
                }
                _ => {}
            }
        }
        let subject = plan.field_der(issuance::x509::Field::Subject);
        prop_assert!(subject == inputs.csr_subject_der() || Some(subject) == inputs.api_subject_der().as_deref());
    }

    /// R-MRG-7: nothing gets lost. Every value of a request is in the certificate or in the list of what is not, octet by
    /// octet.
    #[test]
    fn no_input_gets_lost(inputs in inputs()) {
        let Ok(prepared) = prepare(&inputs) else { return Ok(()) };
        let mut all = prepared.tbs_der().to_vec();
        prepared.plan().suppressed().iter().for_each(|suppressed| all.extend_from_slice(suppressed.value_der()));
        let mut values = inputs.attribute_values();
        values.extend(inputs.api_standard().into_iter().map(|(_, _, value)| value));
        values.extend(inputs.custom.iter().chain(&inputs.csr_extensions).map(|given| given.value.clone()));
        values.extend(inputs.other_attributes().into_iter().map(|(_, value)| value));
        // An empty subject is none.
        values.extend(inputs.csr_subject.then(|| inputs.csr_subject_der()));
        for value in values {
            prop_assert!(holds(&all, &value), "{value:02x?}");
        }
    }

    /// R-MRG-1, R-REQ-6: an input that templates of the kind do not take changes no octet.
    #[test]
    fn what_the_kind_does_not_take_changes_nothing(inputs in inputs()) {
        let Ok(prepared) = prepare(&inputs) else { return Ok(()) };
        let mut less = inputs.clone();
        if !inputs.template.kind().takes_api() {
            less = Inputs {
                subject: ApiSubject::Absent, key_usage: None, purposes: vec![], names: vec![], policies: vec![],
                custom: vec![], ..less
            };
        }
        if !inputs.template.kind().takes_csr() {
            less.csr_extensions.retain(|requested| requested.oid == SAN);
            (less.challenge, less.unknown_attribute, less.microsoft) = (false, false, (false, false));
        }
        let less = prepare(&less).unwrap();
        prop_assert_eq!(less.tbs_der(), prepared.tbs_der());
        if inputs.template.kind() == TemplateKind::Base {
            prop_assert!(less.plan().suppressed().is_empty());
        }
    }

    /// R-ENC-6: same inputs, same octets; and R-MRG-7, R-MRG-10: strict mode refuses exactly what has suppressed inputs or
    /// warnings.
    #[test]
    fn preparation_is_pure_and_strict_mode_is_exact(inputs in inputs()) {
        let (csr, Ok(prepared)) = (inputs.csr(), prepare(&inputs)) else {
            prop_assert!(prepare(&inputs).is_err());
            return Ok(());
        };
        let again = prepare(&inputs).unwrap();
        prop_assert_eq!(again.plan(), prepared.plan());
        match prepare_with(&inputs, &csr, true) {
            Ok(strict) => {
                prop_assert!(prepared.plan().suppressed().is_empty());
                prop_assert!(prepared.plan().warnings().is_empty());
                prop_assert_eq!(strict.tbs_der(), prepared.tbs_der());
            }
            Err(Error::Suppressed(listed)) => {
                prop_assert!(!prepared.plan().suppressed().is_empty());
                prop_assert_eq!(listed.len(), prepared.plan().suppressed().len() + prepared.plan().warnings().len());
            }
            Err(Error::Warned(listed)) => {
                prop_assert!(prepared.plan().suppressed().is_empty() && !listed.is_empty());
                prop_assert_eq!(listed.len(), prepared.plan().warnings().len());
            }
            Err(other) => prop_assert!(false, "{other}"),
        }
    }
}

/// The strategies reach what they should: each kind, both outcomes of the model, each reason to suppress.
#[test]
fn the_strategies_are_not_vacuous() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let (mut refused, mut kinds, mut reasons, mut sources) = (0, BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for _ in 0..600 {
        let inputs = inputs().new_tree(&mut runner).unwrap().current();
        match prepare(&inputs) {
            Err(_) => refused += 1,
            Ok(prepared) => {
                kinds.insert(inputs.template.kind().to_string());
                reasons.extend(prepared.plan().suppressed().iter().map(|s| s.reason().to_string()));
                sources.extend(prepared.plan().extensions().map(|e| e.source()));
            }
        }
    }
    assert!((10..400).contains(&refused), "{refused}");
    assert_eq!(kinds.len(), 4);
    assert_eq!(sources.len(), 6, "{sources:?}");
    // Three kinds that do not take something, the template, three higher sources, an unsupported attribute, an empty structure.
    assert_eq!(reasons.len(), 9, "{reasons:?}");
}

/// Octets of object identifiers as this file writes them agree with the crate's.
#[test]
fn the_two_encoders_of_identifiers_agree() {
    for text in POOL {
        assert_eq!(text.parse::<issuance::Oid>().unwrap().as_der_content(), oid_content(text));
    }
}
