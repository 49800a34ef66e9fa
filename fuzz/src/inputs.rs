//! What became of each input: it reached the certificate or is listed as not used, with a reason that holds.

use issuance::plan::{Input, PlannedExtension, Reason, SuppressedInput};
use issuance::template::Source;
use issuance::x509::Field;
use issuance::{CertificatePlan, Csr, IssueCertificateRequest, Oid, Template};

use crate::aliases::{Given, is_barred};
use crate::csr::{MICROSOFT_EXTENSIONS, Part, Said};
use crate::oids;

/// An input, and what must be said of it.
struct Expected<'a> {
    input: Input,
    /// `critical` and the content of `extnValue`, if it is an extension that can be told apart.
    extension: Option<(bool, &'a [u8])>,
    /// What is listed where it is not used, if that is known.
    value: Option<&'a [u8]>,
}

impl Expected<'_> {
    fn new(input: Input) -> Self {
        Expected { input, extension: None, value: None }
    }
}

/// Checks that nothing is lost: whatever the request and its CSR give is used once or listed, even if it cannot be read.
pub fn check(
    plan: &CertificatePlan,
    request: &IssueCertificateRequest,
    csr: &Csr<'_>,
    said: &Said<'_>,
    template: &Template,
) {
    let mut inputs = of_request(request);
    if !csr.has_empty_subject() {
        inputs.push(Expected { value: Some(csr.subject_der()), ..Expected::new(Input::CsrSubject) });
    }
    inputs.extend(of_csr(csr, said));
    let of_request_alone = |suppressed: &&SuppressedInput| {
        matches!(suppressed.input(), Input::RequestMember(_) | Input::FurtherMembers(_))
    };
    let members = plan.suppressed().iter().filter(of_request_alone).count();
    let (listed, count) = (request.unused_members().len(), request.unused_member_count());
    assert_eq!(members, listed + usize::from(count > listed));

    let mut used = 0;
    let mut rows: Vec<&SuppressedInput> = plan.suppressed().iter().filter(|row| !of_request_alone(row)).collect();
    for Expected { input, extension, value } in &inputs {
        // Of two that are the same to the octet one may be used, so the others are listed.
        let same = |row: &&SuppressedInput| row.input() == *input && value.is_none_or(|value| row.value_der() == value);
        if let Some(place) = rows.iter().position(|row| same(&row)) {
            let row = rows.remove(place);
            check_reason(row, plan, template);
            let readable = !matches!(input, Input::CsrExtension(_)) || extension.is_some();
            assert!(readable || row.fault().is_some(), "{input}");
            continue;
        }
        used += 1;
        check_used(plan, input, *extension);
    }
    assert!(rows.is_empty(), "{} is not an input", rows[0].input());
    let passed = |e: &PlannedExtension<'_>| matches!(e.source(), Source::Api | Source::Csr);
    let subject = usize::from(!(subject_source(plan) == Source::Csr && csr.has_empty_subject()));
    assert_eq!(used, plan.extensions().filter(passed).count() + subject);
}

fn subject_source(plan: &CertificatePlan) -> Source {
    plan.fields().iter().find(|field| field.field() == Field::Subject).expect("a subject").source()
}

fn of_request(request: &IssueCertificateRequest) -> Vec<Expected<'_>> {
    let mut inputs = Vec::new();
    let Some(api) = request.api_passthrough() else { return inputs };
    if api.subject().is_some_and(|subject| !subject.is_empty()) {
        inputs.push(Expected::new(Input::ApiSubject));
    }
    let Some(extensions) = api.extensions() else { return inputs };
    let lists = [
        (!extensions.certificate_policies().is_empty(), Input::ApiCertificatePolicies),
        (!extensions.extended_key_usage().is_empty(), Input::ApiExtendedKeyUsage),
        (extensions.key_usage().is_some(), Input::ApiKeyUsage),
        (!extensions.subject_alternative_names().is_empty(), Input::ApiSubjectAlternativeNames),
    ];
    let given = lists.into_iter().filter(|(given, _)| *given);
    inputs.extend(given.map(|(_, input)| Expected::new(input)));
    for (index, custom) in extensions.custom_extensions().iter().enumerate() {
        let input = Input::ApiCustomExtension { position: index + 1, oid: custom.object_identifier() };
        let extension = Some((custom.critical(), custom.value()));
        inputs.push(Expected { extension, value: Some(custom.value()), ..Expected::new(input) });
    }
    inputs
}

fn oid(part: &Part<'_>) -> Oid {
    oids::from_content(part.oid)
}

fn of_csr<'a>(csr: &'a Csr<'_>, said: &'a Said<'_>) -> Vec<Expected<'a>> {
    let mut inputs = Vec::new();
    for part in &said.extensions {
        let extension = part.extension();
        let value = Some(extension.map_or(part.whole, |(_, value)| value));
        inputs.push(Expected { extension, value, ..Expected::new(Input::CsrExtension(oid(part))) });
    }
    for (position, part) in said.attributes.iter().enumerate() {
        // The attribute that the extensions are read from is those.
        if said.holder != Some(position) || said.unreadable {
            inputs.push(Expected { value: Some(part.rest), ..Expected::new(Input::CsrAttribute(oid(part))) });
        }
    }
    if said.unreadable && said.holder.is_none() {
        let content = crate::csr::frame(csr.as_der()).expect("a frame").attributes;
        inputs.push(Expected { value: Some(content), ..Expected::new(Input::CsrAttributes) });
    }
    inputs
}

fn check_used(plan: &CertificatePlan, input: &Input, extension: Option<(bool, &[u8])>) {
    match input {
        Input::ApiSubject | Input::CsrSubject => assert_eq!(subject_source(plan), input.source()),
        Input::CsrAttribute(_) | Input::CsrAttributes => panic!("{input} is not listed"),
        _ => {
            let oid = input.oid().expect("an extension");
            let planned = plan.extensions().find(|planned| planned.oid() == oid && planned.source() == input.source());
            let planned = planned.unwrap_or_else(|| panic!("{input} is neither used nor listed"));
            if let Some((critical, value)) = extension {
                // With an empty subject a SAN from the API is made critical.
                assert!(planned.critical() == critical || oid == Oid::SUBJECT_ALT_NAME, "{input}");
                assert_eq!(planned.value_der(), value, "{input}");
            }
        }
    }
}

/// The reason is the true one.
fn check_reason(row: &SuppressedInput, plan: &CertificatePlan, template: &Template) {
    let (input, kind) = (row.input(), template.kind());
    let source = input.source();
    let stands = |from: Source| plan.extensions().any(|e| Some(e.oid()) == input.oid() && e.source() == from);
    let holds = match row.reason() {
        Reason::KindDoesNotTake(of) if of == kind => match source {
            Source::Api => !kind.takes_api(),
            // Subject and SAN are taken by every template (R-MRG-1).
            _ => !kind.takes_csr() && !matches!(input, Input::CsrSubject | Input::CsrExtension(Oid::SUBJECT_ALT_NAME)),
        },
        Reason::HigherSource(Source::Api) => {
            source == Source::Csr
                && match input {
                    Input::CsrSubject => subject_source(plan) == Source::Api,
                    _ => stands(Source::Api),
                }
        }
        Reason::HigherSource(Source::CaConfiguration) => stands(Source::CaConfiguration),
        Reason::HigherSource(Source::Csr) => {
            matches!(input, Input::CsrAttribute(oid) if oid.as_der_content() == MICROSOFT_EXTENSIONS)
        }
        Reason::AttributeNotSupported => matches!(input, Input::CsrAttribute(_)),
        Reason::TemplateDefines => input.oid().is_some_and(|oid| {
            let arcs = oids::of(oid);
            let given = Given { arcs: &arcs, wraps: oids::is_wide(oid), value: row.value_der(), source };
            is_barred(&given, template, plan)
        }),
        _ => false,
    };
    assert!(holds, "{input} is not used because {}, through {}", row.reason(), template.name());
}
