//! Finds in a finished certificate what a verifier may refuse or misread (R-MRG-10).

use std::cell::LazyCell;

use crate::csr::certification_request::{Csr, Proven};
use crate::plan::warning::Warning;
use crate::template::definition::Source;
use crate::x509::asn1::reader::Tlv;
use crate::x509::asn1::tag;
use crate::x509::extension::Known;
use crate::x509::name::general::is_dns_name_among;
use crate::x509::name::{checked_attributes, is_empty_text};
use crate::x509::name_constraints::host::host_of;
use crate::x509::oid::{Oid, OidRef};
use crate::x509::tbs_view::{TbsView, ViewedExtension};

/// What the warnings depend on beside the certificate.
pub(crate) struct Origin<'a> {
    pub(crate) csr: &'a Csr<'a, Proven>,
    /// Whether the template makes a CA certificate.
    pub(crate) ca: bool,
    pub(crate) subject: Source,
}

/// The warnings, in the order of the certificate; `sources` says where each extension came from.
pub(crate) fn warnings(tbs: &TbsView<'_>, origin: &Origin<'_>, sources: impl Iterator<Item = Source>) -> Vec<Warning> {
    let mut warnings = Vec::new();
    subject(tbs, origin, &mut warnings);
    for (extension, source) in tbs.extensions().zip(sources) {
        of_extension(&extension, origin.ca, source, &mut warnings);
    }
    if origin.csr.unreadable_request().is_some() {
        warnings.push(Warning::UnreadableExtensionRequest);
    }
    warnings
}

fn of_extension(extension: &ViewedExtension<'_>, ca: bool, source: Source, warnings: &mut Vec<Warning>) {
    let oid = || extension.oid.to_oid();
    match extension.known {
        Some(Known::KeyUsage) if !ca && asserts_key_cert_sign(extension.value) => warnings.push(Warning::KeyCertSign),
        Some(Known::NameConstraints | Known::PolicyConstraints | Known::InhibitAnyPolicy) if !ca => {
            warnings.push(Warning::CaExtension(oid()));
        }
        Some(_) => {}
        None => {
            if source == Source::Csr && is_windows_identity(extension.oid) {
                warnings.push(Warning::WindowsExtension(oid()));
            }
            if extension.critical {
                warnings.push(Warning::UnknownCriticalExtension(oid()));
            }
        }
    }
}

/// Bit 5 of a keyUsage that has been read.
fn asserts_key_cert_sign(value: &[u8]) -> bool {
    matches!(value, [tag::BIT_STRING, _, _, first, ..] if first & 0x04 != 0)
}

fn is_windows_identity(oid: OidRef<'_>) -> bool {
    oid == Oid::MS_ACCOUNT_SID || oid == Oid::MS_CERTIFICATE_TEMPLATE_NAME || oid == Oid::MS_CERTIFICATE_TEMPLATE
}

fn subject(tbs: &TbsView<'_>, origin: &Origin<'_>, warnings: &mut Vec<Warning>) {
    let mut says_something = false;
    let has_dns_name = LazyCell::new(|| has_dns_name(tbs));
    for (oid, value) in checked_attributes(tbs.subject.full) {
        if is_empty_text(&value) {
            warnings.push(Warning::EmptyAttribute(oid.to_oid()));
            continue;
        }
        says_something = true;
        if origin.subject == Source::Csr {
            warnings.extend(not_printable(oid, &value));
        }
        if !origin.ca && oid == Oid::COMMON_NAME && !*has_dns_name {
            warnings.extend(host_of(&value).map(Warning::HostInCommonName));
        }
    }
    if !says_something {
        // The name counts as empty, which has rules of its own (R-CSR-9).
        warnings.clear();
    }
}

/// The first character of a PrintableString that its type does not have.
fn not_printable(oid: OidRef<'_>, value: &Tlv<'_>) -> Option<Warning> {
    if value.tag != tag::PRINTABLE_STRING {
        return None;
    }
    let other = value.content.iter().find(|octet| !is_printable(**octet))?;
    Some(Warning::NotPrintable(oid.to_oid(), char::from(*other)))
}

/// The characters of PrintableString (X.680 section 41.4).
fn is_printable(octet: u8) -> bool {
    matches!(octet, b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b' ' | b'\'' | b'(' | b')' | b'+'..=b'/' | b':' | b'=' | b'?')
}

fn has_dns_name(tbs: &TbsView<'_>) -> bool {
    tbs.extension(&Oid::SUBJECT_ALT_NAME).is_some_and(|san| is_dns_name_among(san.value))
}
