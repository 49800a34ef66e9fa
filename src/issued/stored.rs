//! An issued certificate for serde, on its way through a store outside the process.

use std::borrow::Cow;

use base64::prelude::{BASE64_STANDARD, Engine};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::IssuedCertificate;
use crate::authority::revocation::partition::CrlPartition;
use crate::plan::certificate_plan::{CertificatePlan, Input, PlannedField, Reason, SuppressedInput};
use crate::plan::warning::Warning;
use crate::request::arn::CertificateArn;
use crate::template::definition::{Source, TemplateKind};
use crate::x509::asn1::reader::{Asn1Error, Reader, Tlv};
use crate::x509::asn1::tag;
use crate::x509::oid::Oid;
use crate::x509::public_key::positive_integer;
use crate::x509::serial::SerialNumber;
use crate::x509::tbs_view::TbsView;

const VERSION: u32 = 1;

/// What the certificate itself does not say stands beside it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire<'a> {
    version: u32,
    certificate_arn: Cow<'a, CertificateArn>,
    /// Base64 of the DER, as in the chain.
    certificate: String,
    chain: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    crl_partition: Option<CrlPartition>,
    template: Cow<'a, str>,
    #[serde(with = "KindForm")]
    kind: TemplateKind,
    field_sources: [SourceWire; 7],
    extension_sources: Vec<SourceWire>,
    suppressed: Vec<SuppressedWire>,
    warnings: Vec<WarningWire>,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
struct SourceWire(#[serde(with = "SourceForm")] Source);

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SuppressedWire {
    #[serde(with = "InputForm")]
    input: Input,
    #[serde(with = "ReasonForm")]
    reason: Reason,
    /// Base64 of the DER; a secret is left out.
    value: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fault: Option<Box<str>>,
}

#[derive(Serialize, Deserialize)]
struct WarningWire(#[serde(with = "WarningForm")] Warning);

// Mirrors of the plan's types: a variant that is added and not named here does not compile.

#[derive(Serialize, Deserialize)]
#[serde(remote = "Source", rename_all = "snake_case")]
enum SourceForm {
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
enum KindForm {
    Base,
    CsrPassthrough,
    ApiPassthrough,
    ApiCsrPassthrough,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Input", rename_all = "snake_case")]
enum InputForm {
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
enum ReasonForm {
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
enum WarningForm {
    KeyCertSign,
    CaExtension(Oid),
    UnknownCriticalExtension(Oid),
    WindowsExtension(Oid),
    UnreadableExtensionRequest,
    HostInCommonName(String),
    EmptyAttribute(Oid),
    NotPrintable(Oid, char),
}

impl Serialize for IssuedCertificate {
    /// Everything but a challenge password among the suppressed inputs: the certificate and its chain as base64 of their DER, its
    /// ARN, and what its plan says beyond the certificate. The form is for [`IssuedCertificate::deserialize`] to read; it has
    /// a version.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let encode = |der: &[u8]| BASE64_STANDARD.encode(der);
        let suppressed = |suppressed: &SuppressedInput| SuppressedWire {
            input: suppressed.input.clone(),
            reason: suppressed.reason,
            value: (!suppressed.is_secret()).then(|| encode(&suppressed.value)),
            fault: suppressed.fault.clone(),
        };
        Wire {
            version: VERSION,
            certificate_arn: Cow::Borrowed(&self.arn),
            certificate: encode(&self.der),
            chain: self.chain_der().map(encode).collect(),
            crl_partition: self.partition,
            template: Cow::Borrowed(&self.plan.template),
            kind: self.plan.kind,
            field_sources: self.plan.fields.map(|field| SourceWire(field.source)),
            extension_sources: self.plan.extensions.iter().map(|(_, source)| SourceWire(*source)).collect(),
            suppressed: self.plan.suppressed.iter().map(suppressed).collect(),
            warnings: self.plan.warnings.iter().cloned().map(WarningWire).collect(),
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for IssuedCertificate {
    /// Reads what [`IssuedCertificate::serialize`] wrote. What a certificate says is read from its bytes; neither it nor its chain
    /// is verified, so the store is trusted with them.
    ///
    /// A challenge password among the suppressed inputs comes back as no bytes.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let wire = Wire::deserialize(deserializer)?;
        if wire.version != VERSION {
            let version = wire.version;
            return Err(D::Error::custom(format_args!("an issued certificate in form {version}; this is {VERSION}")));
        }
        let decode = |text: &str| BASE64_STANDARD.decode(text).map_err(D::Error::custom);
        let malformed = |error: Asn1Error| D::Error::custom(format_args!("malformed certificate: {error}"));
        let der = decode(&wire.certificate)?;
        let tbs = Reader::single(&der, tag::SEQUENCE).and_then(|outer| outer.reader().read(tag::SEQUENCE));
        let tbs = tbs.map_err(malformed)?.full.to_vec();
        let view = TbsView::parse(&tbs).map_err(malformed)?;
        let serial = positive_integer(&view.serial).map_err(malformed)?;
        let serial = SerialNumber::from_be_bytes(serial).map_err(D::Error::custom)?;
        let time = |tlv: &Tlv<'_>| tlv.timestamp().ok_or_else(|| D::Error::custom("malformed validity"));
        let (not_before, not_after) = (time(&view.not_before)?, time(&view.not_after)?);
        let (found, sources) = (view.extensions().len(), wire.extension_sources.len());
        if found != sources {
            return Err(D::Error::custom(format_args!("{sources} sources for {found} extensions")));
        }
        let located = view.fields();
        let fields = std::array::from_fn(|i| {
            let ((field, tlv), SourceWire(source)) = (located[i], wire.field_sources[i]);
            PlannedField { field, source, span: tlv.span() }
        });
        let sources = wire.extension_sources.into_iter().map(|SourceWire(source)| source);
        let extensions = view.into_extensions().zip(sources).collect();
        let suppressed = wire.suppressed.into_iter().map(|SuppressedWire { input, reason, value, fault }| {
            let value = value.as_deref().map_or(Ok(Vec::new()), decode)?;
            Ok(SuppressedInput { input, reason, value, fault })
        });
        let plan = CertificatePlan {
            template: Cow::Owned(wire.template.into_owned()),
            kind: wire.kind,
            not_before,
            not_after,
            fields,
            extensions,
            suppressed: suppressed.collect::<Result<_, _>>()?,
            warnings: wire.warnings.into_iter().map(|WarningWire(warning)| warning).collect(),
            tbs,
        };
        let chain = wire.chain.iter().map(|der| decode(der)).collect::<Result<_, _>>()?;
        let (arn, partition) = (wire.certificate_arn.into_owned(), wire.crl_partition);
        Ok(IssuedCertificate { der, arn, serial, partition, plan, chain })
    }
}
