//! What a plan says beyond the bytes of its TBSCertificate, and the plan again from both.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::plan::certificate_plan::{CertificatePlan, Input, PlannedField, Reason, SuppressedInput};
use crate::plan::warning::Warning;
use crate::template::definition::{Source, TemplateKind};
use crate::x509::asn1::reader::{Asn1Error, Tlv};
use crate::x509::oid::Oid;
use crate::x509::public_key::positive_integer;
use crate::x509::serial::SerialNumber;
use crate::x509::tbs_view::TbsView;

/// Where everything of a plan came from.
pub(crate) struct Origins {
    pub(crate) template: String,
    pub(crate) kind: TemplateKind,
    pub(crate) fields: [SourceWire; 7],
    pub(crate) extensions: Vec<SourceWire>,
    pub(crate) suppressed: Vec<SuppressedInput>,
    pub(crate) warnings: Vec<WarningWire>,
}

impl Origins {
    /// The plan of these bytes, and their serial number; or what does not fit.
    pub(crate) fn plan_of(self, tbs: Vec<u8>) -> Result<(SerialNumber, CertificatePlan), String> {
        let malformed = |error: Asn1Error| format!("malformed certificate: {error}");
        let view = TbsView::parse(&tbs).map_err(malformed)?;
        let serial = positive_integer(&view.serial).map_err(malformed)?;
        let serial = SerialNumber::from_be_bytes(serial).map_err(|error| error.to_string())?;
        let time = |tlv: &Tlv<'_>| tlv.timestamp().ok_or_else(|| "malformed validity".to_owned());
        let (not_before, not_after) = (time(&view.not_before)?, time(&view.not_after)?);
        let (found, sources) = (view.extensions().len(), self.extensions.len());
        if found != sources {
            return Err(format!("{sources} sources for {found} extensions"));
        }
        let located = view.fields();
        let fields = std::array::from_fn(|i| {
            let ((field, tlv), SourceWire(source)) = (located[i], self.fields[i]);
            PlannedField { field, source, span: tlv.span() }
        });
        let sources = self.extensions.into_iter().map(|SourceWire(source)| source);
        let extensions = view.into_extensions().zip(sources).collect();
        let plan = CertificatePlan {
            template: Cow::Owned(self.template),
            kind: self.kind,
            not_before,
            not_after,
            fields,
            extensions,
            suppressed: self.suppressed,
            warnings: self.warnings.into_iter().map(|WarningWire(warning)| warning).collect(),
            tbs,
        };
        Ok((serial, plan))
    }
}

#[derive(Clone, Copy, Serialize, Deserialize)]
pub(crate) struct SourceWire(#[serde(with = "SourceForm")] pub(crate) Source);

#[derive(Serialize, Deserialize)]
pub(crate) struct WarningWire(#[serde(with = "WarningForm")] pub(crate) Warning);

// Mirrors of the plan's types: a variant that is added and not named here does not compile.

#[derive(Serialize, Deserialize)]
#[serde(remote = "Source", rename_all = "snake_case")]
pub(crate) enum SourceForm {
    Template,
    Api,
    Csr,
    CaConfiguration,
    CaCertificate,
    Derived,
    Request,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "TemplateKind", rename_all = "snake_case")]
pub(crate) enum KindForm {
    Base,
    CsrPassthrough,
    ApiPassthrough,
    ApiCsrPassthrough,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Input", rename_all = "snake_case")]
pub(crate) enum InputForm {
    ApiSubject,
    ApiCertificatePolicies,
    ApiExtendedKeyUsage,
    ApiKeyUsage,
    ApiSubjectAlternativeNames,
    ApiCustomExtension { position: usize, oid: Oid },
    CsrSubject,
    CsrExtension(Oid),
    CsrAttribute(Oid),
    CsrAttributes,
    RequestMember(Box<str>),
    FurtherMembers(usize),
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Reason", rename_all = "snake_case")]
pub(crate) enum ReasonForm {
    TemplateDefines,
    HigherSource(#[serde(with = "SourceForm")] Source),
    KindDoesNotTake(#[serde(with = "KindForm")] TemplateKind),
    AttributeNotSupported,
    MemberNotKnown,
    EmptyStructure,
    TooManyToList,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Warning", rename_all = "snake_case")]
pub(crate) enum WarningForm {
    KeyCertSign,
    CaExtension(Oid),
    UnknownCriticalExtension(Oid),
    WindowsExtension(Oid),
    UnreadableExtensionRequest,
    HostInCommonName(String),
    EmptyAttribute(Oid),
    NotPrintable(Oid, char),
}
