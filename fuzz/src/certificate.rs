//! What must hold of every certificate that comes out: the request, the template and the plan agree with it, and other
//! decoders read the same.

use ::der::Decode;
use issuance::plan::PlannedExtension;
use issuance::template::Source;
use issuance::x509::Field;
use issuance::{CertificateAuthority, CertificatePlan, Csr, IssueCertificateRequest, IssuedCertificate, Oid, Template};
use x509_cert::Certificate;

use crate::csr::{Said, frame};
use crate::der::{content, element, elements};
use crate::setup::setup;
use crate::{aliases, inputs, names, oids, readers, strict, warnings};

/// Checks a certificate against everything that it came from. `nine_bits`: the option of R-ENC-5.
pub fn check(
    certificate: &IssuedCertificate,
    request: &IssueCertificateRequest,
    template: &Template,
    authority: &CertificateAuthority,
    nine_bits: bool,
) {
    let csr = Csr::decode(request.csr()).expect("it was issued for");
    let said = Said::new(frame(csr.as_der()).expect("a frame").attributes);
    let plan = certificate.plan();
    let parts = elements(content(certificate.der())).expect("elements");
    assert_eq!(parts[0].whole, plan.tbs_der());
    check_fields(plan, request, &csr, template, authority);
    check_template(plan, template, authority, request);
    check_order(plan, template);
    check_readable(plan, request, nine_bits);
    aliases::check(plan, template);
    if std::ptr::eq(authority, &setup().constrained) && !template.is_self_signed() {
        names::check(plan);
    }
    assert_eq!(plan.warnings(), warnings::expected(plan, template, said.unreadable));
    inputs::check(plan, request, &csr, &said, template);
    check_texts(plan);
    readers::x509_cert(certificate, plan, template);
    readers::x509_parser(certificate, plan);
    readers::rustls_webpki(certificate, plan);
}

/// R-CSR-2, R-CSR-8, R-CSR-9: whatever stands in the certificate can be read, whoever gave it.
fn check_readable(plan: &CertificatePlan, request: &IssueCertificateRequest, nine_bits: bool) {
    strict::name(plan.field_der(Field::Subject)).expect("a subject that can be read");
    for extension in plan.extensions() {
        let (oid, value) = (extension.oid(), extension.value_der());
        // Only the member of the API has the form, not a custom extension with its identifier.
        let nine_bits =
            nine_bits && oid == Oid::KEY_USAGE && extension.source() == Source::Api && api_key_usage(request);
        assert!(!nine_bits || matches!(value, [3, 3, 7, _, 0 | 0x80]), "{value:02x?}");
        if let Some(Err(fault)) = strict::extension(&oids::of(oid), value, nine_bits) {
            panic!("{oid} from {}: {fault}: {value:02x?}", extension.source());
        }
    }
}

fn api_key_usage(request: &IssueCertificateRequest) -> bool {
    let extensions = request.api_passthrough().and_then(|api| api.extensions());
    extensions.is_some_and(|extensions| extensions.key_usage().is_some())
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
    // R-CSR-7, R-CSR-9.
    if strict::name(plan.field_der(Field::Subject)) == Ok(false) {
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

/// People read the plan on terminals: a row is a line, and nothing of a request can forge one.
fn check_texts(plan: &CertificatePlan) {
    let table = plan.to_string();
    assert!(table.chars().all(|c| c == '\n' || !c.is_control()), "{table:?}");
    let rows = plan.fields().len() + plan.extensions().len() + plan.warnings().len() + plan.suppressed().len();
    // A line about the template; a head of two lines for each table, an empty line between them; or a last line instead.
    let warnings = if plan.warnings().is_empty() { 0 } else { 3 };
    let lines = rows + 1 + 2 + 3 + warnings + if plan.suppressed().is_empty() { 2 } else { 3 };
    assert_eq!(table.lines().count(), lines, "{table}");
    let json = serde_json::to_value(plan).expect("a plan in JSON");
    assert_eq!(json["extensions"].as_array().map(Vec::len), Some(plan.extensions().count()));
    assert_eq!(json["suppressed"].as_array().map(Vec::len), Some(plan.suppressed().len()));
    assert_eq!(json["warnings"].as_array().map(Vec::len), Some(plan.warnings().len()));
}
