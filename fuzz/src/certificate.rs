//! What must hold of every certificate that comes out: the request, the template and the plan agree with it, and other
//! decoders read the same.

use ::der::{Decode, Encode, ErrorKind};
use issuance::{
    CertificateAuthority, CertificatePlan, Csr, Field, Input, IssueCertificateRequest, IssuedCertificate, Oid,
    PlannedExtension, Source, Template,
};
use rustls_pki_types::CertificateDer;
use webpki::EndEntityCert;
use x509_cert::Certificate;
use x509_cert::ext::pkix::{BasicConstraints, ExtendedKeyUsage, KeyUsage};
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::der::{content, element, elements};

/// Checks a certificate against everything that it came from.
pub fn check(
    certificate: &IssuedCertificate,
    request: &IssueCertificateRequest,
    template: &Template,
    authority: &CertificateAuthority,
) {
    let csr = Csr::decode(request.csr()).expect("it was issued for");
    let plan = certificate.plan();
    let parts = elements(content(certificate.der())).expect("elements");
    assert_eq!(parts[0].whole, plan.tbs_der());
    check_fields(plan, request, &csr, template, authority);
    check_template(plan, template, authority, request);
    check_order(plan, template);
    check_inputs(plan, request, &csr, template);
    check_texts(plan);
    x509_cert(certificate, plan, template);
    x509_parser(certificate, plan);
    rustls_webpki(certificate, plan);
}

fn check_fields(
    plan: &CertificatePlan,
    request: &IssueCertificateRequest,
    csr: &Csr<'_>,
    template: &Template,
    authority: &CertificateAuthority,
) {
    assert_eq!(plan.field_der(Field::SubjectPublicKeyInfo), csr.public_key_der());
    assert!(plan.not_before() < plan.not_after());
    let subject = plan.fields().iter().find(|field| field.field() == Field::Subject).expect("a subject").source();
    if template.is_self_signed() {
        assert_eq!(plan.field_der(Field::Issuer), plan.field_der(Field::Subject));
        assert_eq!(csr.public_key_der(), authority.public_key_der());
    } else {
        assert_eq!(plan.field_der(Field::Issuer), authority.subject_der());
        assert!(Some(plan.not_after()) <= authority.not_after());
    }
    if subject == Source::Csr {
        assert_eq!(plan.field_der(Field::Subject), csr.subject_der());
    } else {
        assert!(subject == Source::Api && template.kind().takes_api());
        let subject = request.api_passthrough().and_then(|api| api.subject()).expect("a subject from there");
        let rdns = elements(content(plan.field_der(Field::Subject))).expect("elements");
        let wanted = subject.attributes();
        assert_eq!(rdns.len(), subject.attributes().count());
        for (rdn, (oid, text, _)) in rdns.iter().zip(wanted) {
            let parts = elements(content(rdn.content)).expect("elements");
            assert_eq!((parts[0].content, parts[1].content), (oid.as_der_content(), text.as_bytes()));
        }
    }
    let san = extension(plan, Oid::SUBJECT_ALT_NAME);
    if plan.field_der(Field::Subject).len() == 2 {
        assert!(!template.basic_constraints().ca && san.is_some_and(|san| san.critical()));
    }
}

fn extension<'p>(plan: &'p CertificatePlan, oid: Oid) -> Option<PlannedExtension<'p>> {
    plan.extensions().find(|extension| extension.oid() == oid)
}

fn check_template(
    plan: &CertificatePlan,
    template: &Template,
    authority: &CertificateAuthority,
    request: &IssueCertificateRequest,
) {
    assert_eq!(plan.template(), template.name());
    let expected = template.basic_constraints();
    let constraints = extension(plan, Oid::BASIC_CONSTRAINTS).expect("basicConstraints");
    let mut value = Vec::new();
    if expected.ca {
        value.extend([1, 1, 0xff]);
        value.extend(expected.path_len.into_iter().flat_map(|length| [2, 1, length]));
    }
    assert_eq!(
        (constraints.critical(), constraints.source(), constraints.value_der()),
        (expected.critical, Source::Template, &element(0x30, &[&value])[..])
    );
    if let Some(fixed) = template.key_usage() {
        let usage = extension(plan, Oid::KEY_USAGE).expect("keyUsage");
        assert_eq!((usage.critical(), usage.source()), (fixed.critical, Source::Template));
    }
    if let Some(fixed) = template.extended_key_usage() {
        let usage = extension(plan, Oid::EXTENDED_KEY_USAGE).expect("extKeyUsage");
        let purposes: Vec<Vec<u8>> = fixed.value.iter().map(|oid| element(6, &[oid.as_der_content()])).collect();
        assert_eq!(
            (usage.critical(), usage.source(), usage.value_der()),
            (fixed.critical, Source::Template, &element(0x30, &[&purposes.concat()])[..])
        );
    }
    let key_identifier = extension(plan, Oid::SUBJECT_KEY_IDENTIFIER).expect("subjectKeyIdentifier");
    assert_eq!((key_identifier.critical(), key_identifier.source()), (false, Source::Derived));
    let authority_key_identifier = extension(plan, Oid::AUTHORITY_KEY_IDENTIFIER);
    if !template.is_self_signed() {
        let identifier = authority_key_identifier.expect("authorityKeyIdentifier");
        let own = authority.certificate_der().and_then(|der| Certificate::from_der(der).ok()).expect("a certificate");
        let own = own.tbs_certificate().get_extension::<x509_cert::ext::pkix::SubjectKeyIdentifier>();
        let (_, own) = own.expect("readable").expect("a key identifier");
        let value = element(0x30, &[&element(0x80, &[own.0.as_bytes()])]);
        assert_eq!((identifier.critical(), identifier.value_der()), (false, &value[..]));
    }
    for extension in plan.extensions() {
        match extension.source() {
            Source::Api => assert!(template.kind().takes_api()),
            Source::Csr => assert!(template.kind().takes_csr() || extension.oid() == Oid::SUBJECT_ALT_NAME),
            Source::CaConfiguration => assert!(!template.is_self_signed() && !extension.critical()),
            _ => {}
        }
    }
    assert_eq!(request.template_arn().map(|arn| arn.as_str()), Some(template.arn().as_str()));
}

/// R-MRG-8.
fn check_order(plan: &CertificatePlan, template: &Template) {
    // Standard members and custom extensions with their identifiers stand in different places, and the plan does not tell them
    // apart.
    let rank = |extension: PlannedExtension<'_>| match (extension.oid(), extension.source()) {
        (Oid::SUBJECT_ALT_NAME, Source::Csr) => Some(0),
        (Oid::BASIC_CONSTRAINTS, _) => Some(1),
        (Oid::AUTHORITY_KEY_IDENTIFIER, Source::CaCertificate) => Some(2),
        (Oid::SUBJECT_KEY_IDENTIFIER, _) => Some(3),
        (Oid::KEY_USAGE, Source::Template) => Some(4),
        (Oid::AUTHORITY_KEY_IDENTIFIER, Source::Api) if template.is_self_signed() => Some(5),
        (Oid::EXTENDED_KEY_USAGE, Source::Template) => Some(6),
        (Oid::CRL_DISTRIBUTION_POINTS, Source::CaConfiguration) => Some(7),
        (Oid::AUTHORITY_INFO_ACCESS, Source::CaConfiguration) => Some(8),
        (_, Source::Csr) => Some(9),
        _ => None,
    };
    let ranks: Vec<u8> = plan.extensions().filter_map(rank).collect();
    assert!(ranks.is_sorted(), "{ranks:?}");
}

/// Each input reached the certificate or is listed as suppressed, not both, and nothing else claims to be an input.
fn check_inputs(plan: &CertificatePlan, request: &IssueCertificateRequest, csr: &Csr<'_>, template: &Template) {
    // Each with the value that it must have where it is used, if that is known.
    let mut inputs: Vec<(Input, Option<(bool, Vec<u8>)>)> = Vec::new();
    if let Some(api) = request.api_passthrough() {
        if api.subject().is_some_and(|subject| !subject.is_empty()) {
            inputs.push((Input::ApiSubject, None));
        }
        if let Some(extensions) = api.extensions() {
            let lists = [
                (!extensions.certificate_policies().is_empty(), Input::ApiCertificatePolicies),
                (!extensions.extended_key_usage().is_empty(), Input::ApiExtendedKeyUsage),
                (extensions.key_usage().is_some(), Input::ApiKeyUsage),
                (!extensions.subject_alternative_names().is_empty(), Input::ApiSubjectAlternativeNames),
            ];
            inputs.extend(lists.into_iter().filter(|(given, _)| *given).map(|(_, input)| (input, None)));
            for (index, custom) in extensions.custom_extensions().iter().enumerate() {
                let input = Input::ApiCustomExtension { position: index + 1, oid: custom.object_identifier() };
                inputs.push((input, Some((custom.critical(), custom.value().to_vec()))));
            }
        }
    }
    if !csr.has_empty_subject() {
        inputs.push((Input::CsrSubject, None));
    }
    for extension in csr.extensions() {
        inputs.push((Input::CsrExtension(extension.oid), Some((extension.critical, extension.value.to_vec()))));
    }
    for attribute in csr.attributes().filter(|attribute| Some(attribute.oid) != csr.extension_attribute()) {
        inputs.push((Input::CsrAttribute(attribute.oid), None));
    }

    let subject = plan.fields().iter().find(|field| field.field() == Field::Subject).expect("a subject").source();
    let mut extensions_used = 0;
    for (input, value) in &inputs {
        let listed = plan.suppressed().iter().filter(|suppressed| suppressed.input() == *input).count();
        let used = match input {
            Input::ApiSubject | Input::CsrSubject => subject == input.source(),
            Input::CsrAttribute(_) => false,
            _ => {
                let planned = extension(plan, input.oid().expect("an extension"));
                let planned = planned.filter(|planned| planned.source() == input.source());
                if let (Some(planned), Some((critical, value))) = (&planned, value) {
                    // With an empty subject a SAN from the API is made critical.
                    assert!(planned.critical() == *critical || planned.oid() == Oid::SUBJECT_ALT_NAME, "{input}");
                    assert_eq!(planned.value_der(), value, "{input}");
                }
                extensions_used += usize::from(planned.is_some());
                planned.is_some()
            }
        };
        assert_eq!(listed, usize::from(!used), "{input}, {}", template.name());
        let value = value.as_ref().map(|(_, value)| value.as_slice());
        let suppressed = plan.suppressed().iter().find(|suppressed| suppressed.input() == *input);
        if let (Some(suppressed), Some(value)) = (suppressed, value) {
            assert_eq!(suppressed.value_der(), value, "{input}");
        }
    }
    let passed = plan.extensions().filter(|e| matches!(e.source(), Source::Api | Source::Csr)).count();
    assert_eq!(passed, extensions_used);
    for suppressed in plan.suppressed() {
        let given = inputs.iter().any(|(input, _)| *input == suppressed.input());
        assert!(given || matches!(suppressed.input(), Input::RequestMember(_)), "{}", suppressed.input());
    }
}

/// People read the plan on terminals: a row is a line, and nothing of a request can forge one.
fn check_texts(plan: &CertificatePlan) {
    let table = plan.to_string();
    assert!(table.chars().all(|c| c == '\n' || !c.is_control()), "{table:?}");
    let rows = plan.fields().len() + plan.extensions().len() + plan.suppressed().len();
    // A line about the template; a head of two lines for each table, an empty line between them; or a last line instead.
    let lines = rows + 1 + 2 + 3 + if plan.suppressed().is_empty() { 2 } else { 3 };
    assert_eq!(table.lines().count(), lines, "{table}");
    let json = serde_json::to_value(plan).expect("a plan in JSON");
    assert_eq!(json["extensions"].as_array().map(Vec::len), Some(plan.extensions().count()));
    assert_eq!(json["suppressed"].as_array().map(Vec::len), Some(plan.suppressed().len()));
}

/// `x509-cert` knows neither UniversalString nor object identifiers of more than 39 octets. Both can only come from the
/// request's own octets.
fn x509_cert(certificate: &IssuedCertificate, plan: &CertificatePlan, template: &Template) {
    let decoded = match Certificate::from_der(certificate.der()) {
        Ok(decoded) => decoded,
        Err(error) => match error.kind() {
            ErrorKind::TagUnknown { .. } | ErrorKind::OidMalformed | ErrorKind::OidUnknown { .. } => return,
            kind => panic!("x509-cert cannot read the certificate: {kind:?}"),
        },
    };
    assert_eq!(decoded.to_der().expect("encodable"), certificate.der());
    let tbs = decoded.tbs_certificate();
    assert_eq!(tbs.validity().not_before.to_unix_duration().as_secs() as i64, plan.not_before().unix());
    assert_eq!(tbs.validity().not_after.to_unix_duration().as_secs() as i64, plan.not_after().unix());
    let extensions = tbs.extensions().expect("extensions");
    assert_eq!(extensions.len(), plan.extensions().len());
    for (i, (decoded, planned)) in extensions.iter().zip(plan.extensions()).enumerate() {
        assert_eq!(decoded.extn_id.as_bytes(), planned.oid().as_der_content());
        assert_eq!(decoded.critical, planned.critical());
        assert_eq!(decoded.extn_value.as_bytes(), planned.value_der());
        assert!(plan.extensions().take(i).all(|earlier| earlier.oid() != planned.oid()), "{planned:?} twice");
    }
    let (critical, constraints) = tbs.get_extension::<BasicConstraints>().expect("readable").expect("present");
    let expected = template.basic_constraints();
    assert_eq!((critical, constraints.ca), (expected.critical, expected.ca));
    assert_eq!(constraints.path_len_constraint, expected.path_len);
    // A key usage that the other decoder cannot read is from a passthrough source.
    match tbs.get_extension::<KeyUsage>() {
        Ok(usage) => {
            let signs = usage.is_some_and(|(_, usage)| usage.key_cert_sign());
            assert!(expected.ca || !signs, "an end entity that signs certificates");
        }
        Err(_) => assert!(passed_through(plan, &[Oid::KEY_USAGE])),
    }
    if tbs.get_extension::<ExtendedKeyUsage>().is_err() {
        assert!(passed_through(plan, &[Oid::EXTENDED_KEY_USAGE]));
    }
}

/// Whether an extension of one of these types is in the certificate as the request gave it.
fn passed_through(plan: &CertificatePlan, oids: &[Oid]) -> bool {
    plan.extensions().any(|e| oids.contains(&e.oid()) && matches!(e.source(), Source::Api | Source::Csr))
}

fn x509_parser(certificate: &IssuedCertificate, plan: &CertificatePlan) {
    let (rest, decoded) = match X509Certificate::from_der(certificate.der()) {
        Ok(decoded) => decoded,
        Err(error) => panic!("x509-parser cannot read the certificate: {error:?}"),
    };
    assert!(rest.is_empty());
    assert_eq!(decoded.tbs_certificate.as_ref(), plan.tbs_der());
    assert_eq!(decoded.subject().as_raw(), plan.field_der(Field::Subject));
    assert_eq!(decoded.issuer().as_raw(), plan.field_der(Field::Issuer));
    assert_eq!(decoded.public_key().raw, plan.field_der(Field::SubjectPublicKeyInfo));
    assert_eq!(decoded.validity().not_before.timestamp(), plan.not_before().unix());
    assert_eq!(decoded.validity().not_after.timestamp(), plan.not_after().unix());
    assert_eq!(decoded.extensions().len(), plan.extensions().len());
    for (decoded, planned) in decoded.extensions().iter().zip(plan.extensions()) {
        assert_eq!(decoded.oid.as_bytes(), planned.oid().as_der_content());
        assert_eq!((decoded.critical, decoded.value), (planned.critical(), planned.value_der()));
    }
}

/// What `rustls-webpki` reads of a certificate before it is asked to verify it.
const WEBPKI_READS: [Oid; 6] = [
    Oid::KEY_USAGE,
    Oid::SUBJECT_ALT_NAME,
    Oid::BASIC_CONSTRAINTS,
    Oid::NAME_CONSTRAINTS,
    Oid::CRL_DISTRIBUTION_POINTS,
    Oid::EXTENDED_KEY_USAGE,
];

/// `rustls-webpki` refuses critical extensions that it does not process, as RFC 5280 section 4.2 asks, and reads the outer
/// form of those that it processes, whose values the engine passes on unread. Anything else it takes.
fn rustls_webpki(certificate: &IssuedCertificate, plan: &CertificatePlan) {
    let der = CertificateDer::from(certificate.der());
    match EndEntityCert::try_from(&der) {
        Ok(_) => {}
        Err(webpki::Error::UnsupportedCriticalExtension) => {
            assert!(plan.extensions().any(|e| e.critical() && !WEBPKI_READS.contains(&e.oid())));
        }
        Err(error) => {
            assert!(passed_through(plan, &WEBPKI_READS), "rustls-webpki cannot read the certificate: {error:?}");
        }
    }
}
