//! What is kept of a plan beside its certificate: where each part came from and by which rule, what was not used, and the warnings.

use std::borrow::Cow;
use std::sync::Arc;

use issuance::plan::{Input, PlannedExtension, PlannedField, Reason, SuppressedInput, Warning};
use issuance::template::Source;
use issuance::x509::Field;
use issuance::{CertificatePlan, Oid};
use serde::{Deserialize, Serialize};

type Text = Cow<'static, str>;

/// The most bytes of values that a plan is kept with: a certificate costs at most so much more than itself.
const MOST_VALUES: usize = 256 * 1024;
/// The most parts of each kind that are kept; all are counted.
const MOST_PARTS: usize = 1000;

/// The most parts, and bytes of inputs that were not used, of a plan that is kept as it is: it is put into words when somebody looks at it.
const MOST_AS_IT_IS: (usize, usize) = (100, 4096);

/// A plan as stores keep it.
#[derive(Clone)]
pub(crate) enum StoredPlan {
    AsItIs(Arc<CertificatePlan>),
    /// A [`KeptPlan`] as JSON: so that no plan takes more than its share.
    InWords(Arc<str>),
    /// It is not at hand.
    Absent,
}

impl StoredPlan {
    pub(crate) fn of(plan: &CertificatePlan) -> StoredPlan {
        let parts = plan.extensions().len() + plan.suppressed().len() + plan.warnings().len();
        let bytes: usize = plan.suppressed().iter().map(|input| input.value_der().len()).sum();
        match parts <= MOST_AS_IT_IS.0 && bytes <= MOST_AS_IT_IS.1 {
            true => StoredPlan::AsItIs(Arc::new(plan.clone())),
            false => StoredPlan::InWords(KeptPlan::of(plan).to_json().into()),
        }
    }

    /// The plan in words, if it is at hand.
    pub(crate) fn read(&self) -> Option<KeptPlan> {
        match self {
            StoredPlan::AsItIs(plan) => Some(KeptPlan::of(plan)),
            StoredPlan::InWords(text) => KeptPlan::from_json(text),
            StoredPlan::Absent => None,
        }
    }
}

/// A plan without the bytes of its certificate. As JSON, it is what stores keep of one that is large.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct KeptPlan {
    pub(crate) template: Text,
    pub(crate) fields: Vec<KeptPart>,
    pub(crate) extensions: Vec<KeptPart>,
    pub(crate) not_used: Vec<KeptInput>,
    pub(crate) warnings: Vec<KeptWarning>,
    /// How many parts are not kept, since there are too many.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) left_out: usize,
}

/// A field or an extension.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct KeptPart {
    pub(crate) name: Text,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) oid: Option<Text>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) critical: bool,
    pub(crate) source: Text,
    pub(crate) rule: Text,
    pub(crate) value: Text,
}

/// An input that did not reach the certificate.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct KeptInput {
    pub(crate) input: Text,
    pub(crate) source: Text,
    pub(crate) reason: Text,
    pub(crate) rule: Text,
    pub(crate) value: Text,
}

/// What a verifier may refuse or misread.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct KeptWarning {
    pub(crate) name: Text,
    pub(crate) rule: Text,
    /// A sentence that ends with its citation.
    pub(crate) text: Text,
}

fn is_zero(count: &usize) -> bool {
    *count == 0
}

impl KeptPlan {
    pub(crate) fn of(plan: &CertificatePlan) -> KeptPlan {
        let mut room = Room { bytes: MOST_VALUES, left_out: 0 };
        KeptPlan {
            template: plan.template().to_owned().into(),
            fields: plan.fields().iter().map(|planned| KeptPart::field(plan, planned, &mut room)).collect(),
            extensions: room.parts(plan.extensions(), KeptPart::extension),
            not_used: room.parts(plan.suppressed(), KeptInput::of),
            warnings: room.parts(plan.warnings(), KeptWarning::of),
            left_out: room.left_out,
        }
    }

    /// The plan as stores keep it.
    pub(crate) fn to_json(&self) -> String {
        // Names and texts alone, which always serialize.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// A plan that was kept; `None` if it was not by this version of the service.
    pub(crate) fn from_json(text: &str) -> Option<KeptPlan> {
        serde_json::from_str(text).ok()
    }
}

/// How much may still be kept.
struct Room {
    bytes: usize,
    left_out: usize,
}

impl Room {
    fn parts<T, P>(&mut self, all: impl IntoIterator<Item = T>, keep: impl Fn(T, &mut Room) -> P) -> Vec<P> {
        let mut kept = Vec::new();
        for part in all {
            match kept.len() < MOST_PARTS {
                true => kept.push(keep(part, self)),
                false => self.left_out += 1,
            }
        }
        kept
    }

    /// The text, or as much of it as there is room for.
    fn text(&mut self, text: String) -> Text {
        if text.len() <= self.bytes {
            self.bytes -= text.len();
            return text.into();
        }
        let ends = text.char_indices().map(|(start, character)| start + character.len_utf8());
        let kept = ends.take_while(|end| *end <= self.bytes).last().unwrap_or(0);
        self.bytes = 0;
        format!("{}… ({} bytes in all)", &text[..kept], text.len()).into()
    }
}

impl KeptPart {
    fn field(plan: &CertificatePlan, planned: &PlannedField, room: &mut Room) -> KeptPart {
        KeptPart {
            name: planned.field().as_str().into(),
            oid: None,
            critical: false,
            source: source(planned.source()),
            rule: rule_of_field(planned.field(), planned.source()).into(),
            value: room.text(plan.field_text(planned.field())),
        }
    }

    fn extension(planned: PlannedExtension<'_>, room: &mut Room) -> KeptPart {
        let oid = planned.oid();
        KeptPart {
            name: oid.name().unwrap_or("extension").into(),
            oid: Some(oid.to_string().into()),
            critical: planned.critical(),
            source: source(planned.source()),
            rule: rule_of_extension(&oid, planned.source()).into(),
            value: room.text(planned.value_text()),
        }
    }
}

impl KeptInput {
    fn of(suppressed: &SuppressedInput, room: &mut Room) -> KeptInput {
        let input = suppressed.input();
        let reason = match suppressed.fault() {
            Some(fault) => format!("{}; it cannot be read: {fault}", suppressed.reason()),
            None => suppressed.reason().to_string(),
        };
        KeptInput {
            source: source(input.source()),
            rule: rule_of_reason(&input, suppressed.reason()).into(),
            input: room.text(input.to_string()),
            reason: room.text(reason),
            value: room.text(suppressed.value_text()),
        }
    }
}

impl KeptWarning {
    fn of(warning: &Warning, room: &mut Room) -> KeptWarning {
        KeptWarning { name: warning.name().into(), rule: "R-MRG-10".into(), text: room.text(warning.to_string()) }
    }
}

fn source(source: Source) -> Text {
    source.to_string().into()
}

/// The rule by which a field has its value.
fn rule_of_field(field: Field, source: Source) -> &'static str {
    match (field, source) {
        (Field::SerialNumber, _) => "R-ENC-1",
        (Field::Signature, _) => "R-CA-4",
        (Field::Issuer, Source::CaCertificate) => "RFC 5280 section 4.1.2.4",
        // A root's own.
        (Field::Issuer, _) => "R-CA-2",
        (Field::NotBefore, _) => "R-VAL-1",
        (Field::NotAfter, _) => "R-VAL-2",
        (Field::SubjectPublicKeyInfo, _) | (Field::Subject, Source::Csr) => "R-CSR-5",
        _ => "R-MRG-1",
    }
}

/// The rule by which an extension has its value.
fn rule_of_extension(oid: &Oid, source: Source) -> &'static str {
    match *oid {
        Oid::SUBJECT_KEY_IDENTIFIER | Oid::AUTHORITY_KEY_IDENTIFIER => "R-MRG-2",
        Oid::CRL_DISTRIBUTION_POINTS | Oid::AUTHORITY_INFO_ACCESS => "R-MRG-4",
        _ if source == Source::Template => "R-MRG-3",
        Oid::SUBJECT_ALT_NAME => "R-MRG-6",
        _ => "R-MRG-1",
    }
}

/// The rule by which an input is not used.
fn rule_of_reason(input: &Input, reason: Reason) -> &'static str {
    match reason {
        Reason::TemplateDefines => "R-MRG-3",
        Reason::HigherSource(_) => "R-MRG-1",
        Reason::KindDoesNotTake(_) if input.source() == Source::Api => "R-REQ-6",
        Reason::KindDoesNotTake(_) => "R-MRG-1",
        Reason::AttributeNotSupported => "R-CSR-6",
        Reason::MemberNotKnown | Reason::EmptyStructure | Reason::TooManyToList => "R-REQ-10",
        _ => "R-MRG-7",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_kept_as_far_as_there_is_room() {
        let mut room = Room { bytes: 8, left_out: 0 };
        assert_eq!(room.text("abcd".to_owned()), "abcd");
        // Not within a character.
        assert_eq!(room.text("abc\u{e9}".to_owned()), "abc… (5 bytes in all)");
        assert_eq!(room.text("e".to_owned()), "… (1 bytes in all)");
        let kept = room.parts(0..MOST_PARTS + 3, |part, _| part);
        assert_eq!((kept.len(), room.left_out), (MOST_PARTS, 3));
    }
}
