//! An issued certificate for serde, on its way through a store outside the process.

use std::borrow::Cow;

use base64::prelude::{BASE64_STANDARD, Engine};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::IssuedCertificate;
use super::origins::{InputForm, KindForm, Origins, ReasonForm, SourceWire, WarningWire};
use super::unsigned::{Body, Content};
use crate::authority::revocation::partition::CrlPartition;
use crate::plan::certificate_plan::{Input, Reason, SuppressedInput};
use crate::request::arn::CertificateArn;
use crate::template::definition::TemplateKind;
use crate::x509::asn1::reader::Reader;
use crate::x509::asn1::tag;

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
        let plan = self.plan();
        Wire {
            version: VERSION,
            certificate_arn: Cow::Borrowed(self.arn()),
            certificate: encode(&self.der),
            chain: self.chain_der().map(encode).collect(),
            crl_partition: self.crl_partition(),
            template: Cow::Borrowed(&plan.template),
            kind: plan.kind,
            field_sources: plan.fields.map(|field| SourceWire(field.source)),
            extension_sources: plan.extensions.iter().map(|(_, source)| SourceWire(*source)).collect(),
            suppressed: plan.suppressed.iter().map(suppressed).collect(),
            warnings: plan.warnings.iter().cloned().map(WarningWire).collect(),
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
        let der = decode(&wire.certificate)?;
        let tbs = Reader::single(&der, tag::SEQUENCE).and_then(|outer| outer.reader().read(tag::SEQUENCE));
        let tbs = tbs.map_err(|error| D::Error::custom(format_args!("malformed certificate: {error}")))?.full.to_vec();
        let suppressed = wire.suppressed.into_iter().map(|SuppressedWire { input, reason, value, fault }| {
            let value = value.as_deref().map_or(Ok(Vec::new()), decode)?;
            Ok(SuppressedInput { input, reason, value, fault })
        });
        let origins = Origins {
            template: wire.template.into_owned(),
            kind: wire.kind,
            fields: wire.field_sources,
            extensions: wire.extension_sources,
            suppressed: suppressed.collect::<Result<_, _>>()?,
            warnings: wire.warnings,
        };
        let (serial, plan) = origins.plan_of(tbs).map_err(D::Error::custom)?;
        let chain = wire.chain.iter().map(|der| decode(der)).collect::<Result<_, _>>()?;
        let (arn, partition) = (wire.certificate_arn.into_owned(), wire.crl_partition);
        Ok(IssuedCertificate { der, content: Content::Own(Body { arn, serial, partition, plan, chain }) })
    }
}
