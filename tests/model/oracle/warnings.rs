//! R-MRG-10: what the rules allow and a verifier may refuse or misread.

use issuance_test_support::asn1::PRINTABLE_STRING;

use crate::oracle::aliases::judged_as;
use crate::oracle::names::{self, is_printable};
use crate::oracle::read::one;
use crate::oracle::rules::{Extension, Origin, Rules};
use crate::oracle::types::{
    INHIBIT_ANY_POLICY, KEY_USAGE, NAME_CONSTRAINTS, POLICY_CONSTRAINTS, SUBJECT_ALT_NAME, reads,
};

const COMMON_NAME: &str = "2.5.4.3";
/// Windows: an account's SID, the name of a template, the template itself.
pub(crate) const WINDOWS: [&str; 3] = ["1.3.6.1.4.1.311.25.2", "1.3.6.1.4.1.311.20.2", "1.3.6.1.4.1.311.21.7"];

/// A warning by its short name, and what it is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Warning {
    pub(crate) name: String,
    pub(crate) about: String,
}

impl Warning {
    fn new(name: &str, about: impl Into<String>) -> Warning {
        Warning { name: name.to_owned(), about: about.into() }
    }

    /// What the plan says.
    pub(crate) fn read(warning: &issuance::plan::Warning) -> Warning {
        use issuance::plan::Warning as W;
        let about = match warning {
            W::HostInCommonName(text) => text.clone(),
            W::NotPrintable(id, character) => format!("{id} {character}"),
            _ => warning.oid().map(|id| id.to_string()).unwrap_or_default(),
        };
        Warning::new(warning.name(), about)
    }
}

impl Rules<'_> {
    pub(crate) fn warnings(&self, subject: &[u8], subject_from: &str, extensions: &[Extension]) -> Vec<Warning> {
        let mut out = Vec::new();
        let ca = self.row.basic_constraints.ca;
        for extension in extensions {
            let (id, known) = (extension.oid.as_str(), judged_as(&extension.oid));
            if known == KEY_USAGE && !ca && key_cert_sign(&extension.value) {
                out.push(Warning::new("key-cert-sign", KEY_USAGE));
            }
            if !ca && [NAME_CONSTRAINTS, POLICY_CONSTRAINTS, INHIBIT_ANY_POLICY].contains(&&*known) {
                out.push(Warning::new("ca-extension", id));
            }
            if extension.critical && reads(&known, &extension.value).is_none() {
                out.push(Warning::new("unknown-critical-extension", id));
            }
            if extension.from == Origin::Csr.text() && WINDOWS.contains(&id) {
                out.push(Warning::new("windows-extension", id));
            }
        }
        if self.request.unreadable.is_some() {
            out.push(Warning::new("unreadable-extension-request", ""));
        }
        let attributes = names::attributes(subject).unwrap_or_default();
        let is_empty = names::is_empty(subject);
        for attribute in attributes {
            let Some(text) = names::text(attribute.value) else { continue };
            if text.is_empty() && !is_empty {
                out.push(Warning::new("empty-attribute", &attribute.oid));
            }
            let strange = text.chars().find(|character| !is_printable(*character));
            if attribute.value.tag == PRINTABLE_STRING && subject_from == Origin::Csr.text() {
                out.extend(
                    strange.map(|character| Warning::new("not-printable", format!("{} {character}", attribute.oid))),
                );
            }
            if attribute.oid == COMMON_NAME && !ca && is_host(&text) && !has_dns_name(extensions) {
                out.push(Warning::new("host-in-common-name", text));
            }
        }
        out.sort();
        out
    }
}

/// Bit 5.
fn key_cert_sign(value: &[u8]) -> bool {
    one(value).is_some_and(|bits| bits.content.get(1).is_some_and(|octet| octet & 0x04 != 0))
}

/// Labels of letters, digits, hyphens and underscores, the first of which may be a wildcard; more than one.
fn is_host(text: &str) -> bool {
    let labels: Vec<&str> = text.strip_prefix("*.").unwrap_or(text).split('.').collect();
    let is_label =
        |label: &&str| !label.is_empty() && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    text.contains('.') && labels.iter().all(is_label)
}

fn has_dns_name(extensions: &[Extension]) -> bool {
    let sans = extensions.iter().filter(|extension| extension.oid == SUBJECT_ALT_NAME);
    let names = sans.filter_map(|san| one(&san.value)?.inside(0x30));
    names.flatten().any(|name| name.tag == 0x82)
}
