//! What a verifier may refuse or misread in a certificate (R-MRG-10), found without the library.

use issuance::plan::Warning;
use issuance::template::Source;
use issuance::x509::Field;
use issuance::{CertificatePlan, Oid, Template};

use crate::der::Walk;
use crate::oids::{self, WINDOWS};
use crate::strict;

/// The warnings that a plan must have, in its order. `unreadable`: whether the CSR asks for extensions in a form that cannot
/// be read.
pub fn expected(plan: &CertificatePlan, template: &Template, unreadable: bool) -> Vec<Warning> {
    let ca = template.basic_constraints().ca;
    let mut warnings = of_subject(plan, ca);
    for extension in plan.extensions() {
        let (oid, arcs) = (extension.oid(), oids::of(extension.oid()));
        let known = strict::extension(&arcs, extension.value_der(), false).is_some();
        match (&arcs[..], known) {
            ([85, 29, 15], _) if !ca && extension.value_der()[3] & 0x04 != 0 => warnings.push(Warning::KeyCertSign),
            ([85, 29, 30 | 36 | 54], _) if !ca => warnings.push(Warning::CaExtension(oid)),
            (_, true) => {}
            (arcs, _) => {
                if extension.source() == Source::Csr && !oids::is_wide(oid) && WINDOWS.contains(&arcs) {
                    warnings.push(Warning::WindowsExtension(oid));
                }
                if extension.critical() {
                    warnings.push(Warning::UnknownCriticalExtension(oid));
                }
            }
        }
    }
    warnings.extend(unreadable.then_some(Warning::UnreadableExtensionRequest));
    warnings
}

fn of_subject(plan: &CertificatePlan, ca: bool) -> Vec<Warning> {
    let subject = plan.field_der(Field::Subject);
    let source = plan.fields().iter().find(|field| field.field() == Field::Subject).map(|field| field.source());
    let mut warnings = Vec::new();
    // A name that says nothing has rules of its own (R-CSR-9).
    if strict::name(subject) != Ok(true) {
        return warnings;
    }
    for (kind, value) in strict::attributes(subject) {
        let text = strict::text(&value);
        if value.content.is_empty() && text.is_ok() {
            warnings.push(Warning::EmptyAttribute(oids::from_content(kind)));
            continue;
        }
        let printable = |octet: &u8| octet.is_ascii_alphanumeric() || b" '()+,-./:=?".contains(octet);
        let other = value.content.iter().find(|octet| !printable(octet));
        if let (0x13, Some(Source::Csr), Some(other)) = (value.tag, source, other) {
            warnings.push(Warning::NotPrintable(oids::from_content(kind), char::from(*other)));
        }
        if let ([0x55, 4, 3], Ok(text), false, false) = (kind, text, ca, has_dns_name(plan)) {
            warnings.extend(is_host(&text).then_some(Warning::HostInCommonName(text)));
        }
    }
    warnings
}

fn has_dns_name(plan: &CertificatePlan) -> bool {
    let san = plan.extensions().find(|extension| extension.oid() == Oid::SUBJECT_ALT_NAME);
    let mut found = false;
    let names = san.and_then(|san| Walk::single(san.value_der(), 0x30).ok());
    let _ = names.map(|names| {
        names.each(|name| {
            found |= name.tag == 0x82;
            Ok(())
        })
    });
    found
}

/// Two labels or more, the first of which may be a wildcard.
fn is_host(text: &str) -> bool {
    let labels: Vec<&str> = text.strip_suffix('.').unwrap_or(text).split('.').collect();
    let is_label = |label: &&str| {
        let edges = label.starts_with('-') || label.ends_with('-');
        !label.is_empty() && !edges && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
    };
    let (first, rest) = labels.split_first().expect("a label");
    match *first {
        "*" => rest.len() >= 2 && rest.iter().all(is_label),
        _ => !rest.is_empty() && labels.iter().all(is_label),
    }
}
