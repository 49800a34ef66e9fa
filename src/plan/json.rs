//! The plan for programs: texts as in the table, values also in DER.

use base64::prelude::{BASE64_STANDARD, Engine};
use serde::ser::{Serialize, Serializer};

use super::certificate_plan::{CertificatePlan, PlannedExtension, PlannedField, SuppressedInput};
use super::warning::Warning;

#[derive(serde::Serialize)]
struct PlanView<'a> {
    template: &'a str,
    kind: String,
    fields: Vec<FieldView>,
    extensions: Vec<ExtensionView>,
    suppressed: Vec<SuppressedView>,
    warnings: Vec<WarningView>,
}

#[derive(serde::Serialize)]
struct FieldView {
    field: &'static str,
    source: String,
    value: String,
}

#[derive(serde::Serialize)]
struct ExtensionView {
    oid: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'static str>,
    critical: bool,
    source: String,
    value: String,
    der: String,
}

#[derive(serde::Serialize)]
struct SuppressedView {
    input: String,
    source: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    oid: Option<String>,
    reason: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    unreadable: Option<String>,
    value: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    der: Option<String>,
}

impl FieldView {
    fn new(plan: &CertificatePlan, planned: &PlannedField) -> FieldView {
        FieldView {
            field: planned.field.as_str(),
            source: planned.source.to_string(),
            value: plan.field_text(planned.field),
        }
    }
}

impl ExtensionView {
    fn new(planned: PlannedExtension<'_>) -> ExtensionView {
        let oid = planned.oid();
        ExtensionView {
            oid: oid.to_string(),
            name: oid.name(),
            critical: planned.critical(),
            source: planned.source().to_string(),
            value: planned.value_text(),
            der: BASE64_STANDARD.encode(planned.value_der()),
        }
    }
}

impl SuppressedView {
    fn new(suppressed: &SuppressedInput) -> SuppressedView {
        SuppressedView {
            input: suppressed.input.to_string(),
            source: suppressed.input.source().to_string(),
            oid: suppressed.input.oid().map(|oid| oid.to_string()),
            reason: suppressed.reason.to_string(),
            unreadable: suppressed.fault(),
            value: suppressed.value_text(),
            der: (!suppressed.is_secret() && !suppressed.value.is_empty())
                .then(|| BASE64_STANDARD.encode(&suppressed.value)),
        }
    }
}

#[derive(serde::Serialize)]
struct WarningView {
    warning: &'static str,
    citation: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    oid: Option<String>,
    text: String,
}

impl WarningView {
    fn new(warning: &Warning) -> WarningView {
        WarningView {
            warning: warning.name(),
            citation: warning.citation(),
            oid: warning.oid().map(|oid| oid.to_string()),
            text: warning.sentence(),
        }
    }
}

impl Serialize for CertificatePlan {
    /// `template` and `kind`; `fields` of `field`, `source`, `value`; `extensions` of `oid`, `name` where it has one,
    /// `critical`, `source`, `value`, `der`; `suppressed` of `input`, `source`, `oid` where it has one, `reason`,
    /// `unreadable` where the value cannot be read, `value`, `der`; `warnings` of `warning`, which is its name, `citation`, `oid`
    /// where it is about one, `text`. Every `value` is text for people, every `der` base64. Of a challenge password neither is shown; a member of the
    /// request that is not used has an empty `value` and no `der`.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        PlanView {
            template: &self.template,
            kind: self.kind.to_string(),
            fields: self.fields.iter().map(|planned| FieldView::new(self, planned)).collect(),
            extensions: self.extensions().map(ExtensionView::new).collect(),
            suppressed: self.suppressed.iter().map(SuppressedView::new).collect(),
            warnings: self.warnings.iter().map(WarningView::new).collect(),
        }
        .serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::plan::certificate_plan::{CertificatePlan, Input, PlannedField, Reason, SuppressedInput};
    use crate::plan::warning::Warning;
    use crate::template::definition::{Source, TemplateKind};
    use crate::x509::asn1::span::Span;
    use crate::x509::oid::Oid;
    use crate::x509::tbs_view::{ExtensionSpans, Field};
    use crate::x509::timestamp::Timestamp;

    fn suppressed(input: Input, value: &[u8]) -> SuppressedInput {
        SuppressedInput::new(input, Reason::AttributeNotSupported, value.to_vec())
    }

    #[test]
    fn everything_but_the_password() {
        let field = |field, source, start, end| PlannedField { field, source, span: Span { start, end } };
        let extension = |start, critical| {
            let (oid, value) = (Span { start, end: start + 3 }, Span { start: 3, end: 5 });
            (ExtensionSpans { oid, critical, value }, Source::Template)
        };
        let plan = CertificatePlan {
            // serialNumber 5, an empty SEQUENCE, 2.5.29.19, 1.2.3.4.
            tbs: vec![0x02, 0x01, 0x05, 0x30, 0x00, 0x55, 0x1d, 0x13, 0x2a, 0x03, 0x04],
            template: "EndEntityCertificate".into(),
            kind: TemplateKind::Base,
            not_before: Timestamp::MIN,
            not_after: Timestamp::MAX,
            fields: [
                field(Field::SerialNumber, Source::Derived, 0, 3),
                field(Field::Signature, Source::Request, 0, 0),
                field(Field::Issuer, Source::CaCertificate, 3, 5),
                field(Field::NotBefore, Source::Derived, 0, 0),
                field(Field::NotAfter, Source::Request, 0, 0),
                field(Field::Subject, Source::Csr, 3, 5),
                field(Field::SubjectPublicKeyInfo, Source::Csr, 0, 0),
            ],
            extensions: vec![extension(5, false), extension(8, true)],
            suppressed: vec![
                suppressed(Input::CsrSubject, &[0x30, 0x00]),
                suppressed(Input::CsrAttribute(Oid::CHALLENGE_PASSWORD), b"1\x08\x0c\x06secret"),
            ],
            warnings: vec![Warning::CaExtension(Oid::NAME_CONSTRAINTS)],
        };
        let json = serde_json::to_value(&plan).unwrap();
        assert_eq!((&json["template"], &json["kind"]), (&json!("EndEntityCertificate"), &json!("base")));
        let fields = json["fields"].as_array().unwrap();
        let names: Vec<_> = fields.iter().filter_map(|field| field["field"].as_str()).collect();
        assert_eq!(names[..3], ["serialNumber", "signature", "issuer"]);
        assert_eq!(
            fields[0],
            json!({"field": "serialNumber", "source": "derived", "value": plan.field_text(Field::SerialNumber)})
        );
        assert_eq!(
            json["extensions"],
            json!([
                {"oid": "2.5.29.19", "name": "basicConstraints", "critical": false, "source": "template",
                 "value": "CA:FALSE", "der": "MAA="},
                {"oid": "1.2.3.4", "critical": true, "source": "template",
                 "value": "#3000", "der": "MAA="},
            ])
        );
        assert_eq!(
            json["warnings"],
            json!([{"warning": "ca-extension", "citation": "RFC 5280 section 4.2.1.10", "oid": "2.5.29.30",
                    "text": "nameConstraints 2.5.29.30 belongs in CA certificates only"}])
        );
        assert_eq!(
            json["suppressed"],
            json!([
                {"input": "csr.subject", "source": "CSR", "reason": "the attribute is not supported",
                 "value": plan.suppressed[0].value_text(), "der": "MAA="},
                {"input": "csr.attributes (challengePassword 1.2.840.113549.1.9.7)", "source": "CSR",
                 "oid": "1.2.840.113549.1.9.7", "reason": "the attribute is not supported", "value": "(not shown)"},
            ])
        );
        assert!(!json.to_string().contains("secret"));
        assert_eq!(
            plan.suppressed[1].to_string(),
            "csr.attributes (challengePassword 1.2.840.113549.1.9.7): the attribute is not supported"
        );
        // Nor byte for byte, which is how `Debug` shows other values.
        let debug = format!("{plan:?}");
        assert!(
            debug.contains("(not shown)") && debug.contains("[48, 0]") && !debug.contains("101, 99, 114"),
            "{debug}"
        );
    }
}
