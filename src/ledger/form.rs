//! Intents and the records of authorities as bytes: compact, and with a version.
//!
//! The first byte is the version. The rest is postcard of the structures below, whose variants and members are never moved or
//! taken out: what is added makes a new version.

use std::borrow::Cow;
use std::fmt::Display;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::intent::{AuthorityRecord, Intent, Token};
use super::key::{Fingerprint, IdempotencyKey};
use crate::authority::ca::IssuedBy;
use crate::authority::revocation::partition::CrlPartition;
use crate::issued::origins::{InputForm, KindForm, Origins, ReasonForm, SourceWire, WarningWire};
use crate::issued::unsigned::{Body, Content, Unsigned};
use crate::plan::certificate_plan::{CertificatePlan, Input, Reason, SuppressedInput};
use crate::request::arn::{ArnError, CertificateArn, SerialFormat};
use crate::template::definition::TemplateKind;
use crate::x509::algorithm::SigningAlgorithm;
use crate::x509::timestamp::Timestamp;

/// The version that is written, and the newest that is read.
const VERSION: u8 = 1;

/// Bytes that are not an intent or the record of an authority.
///
/// For an example see [`Ledger`](crate::ledger::blocking::Ledger).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FormError {
    /// The bytes are of a version that this crate does not know.
    #[error("the record has form {0}, and this version of the crate reads form {VERSION}")]
    Version(u8),
    /// The bytes are not of the form.
    #[error("the record does not decode: {0}")]
    Form(String),
    /// The bytes to be signed do not have the digest that stands beside them.
    #[error("the bytes to be signed do not have the SHA-256 digest that was recorded with them")]
    Digest,
    /// The record belongs to another authority, or to another certificate of it.
    #[error("the record belongs to another authority or to another certificate of it")]
    Authority,
}

/// Bytes, which serde would otherwise take one by one.
pub(super) struct Octets<'a>(pub(super) Cow<'a, [u8]>);

impl Serialize for Octets<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Octets<'a> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Octets(Cow::Borrowed(<&[u8]>::deserialize(deserializer)?)))
    }
}

#[derive(Serialize, Deserialize)]
struct IntentForm<'a> {
    /// The first eight bytes tell authorities apart.
    authority: [u8; 8],
    tbs_sha256: [u8; 32],
    #[serde(borrow)]
    tbs: Octets<'a>,
    /// Whether the serial number stands in the ARN in hexadecimal.
    is_hex: bool,
    algorithm: SigningAlgorithm,
    /// Whether the algorithm identifier of the TBSCertificate has no parameters where others have NULL.
    is_without_null: bool,
    partition: Option<CrlPartition>,
    issued_at: i64,
    key: Option<[u8; 32]>,
    /// None where the key says it all.
    fingerprint: Option<[u8; 32]>,
    caller: Option<&'a str>,
    is_offline: bool,
    plan: PlanForm<'a>,
}

#[derive(Serialize, Deserialize)]
struct PlanForm<'a> {
    template: &'a str,
    #[serde(with = "KindForm")]
    kind: TemplateKind,
    fields: [SourceWire; 7],
    extensions: Vec<SourceWire>,
    #[serde(borrow)]
    suppressed: Vec<SuppressedForm<'a>>,
    warnings: Vec<WarningWire>,
}

#[derive(Serialize, Deserialize)]
struct SuppressedForm<'a> {
    #[serde(with = "InputForm")]
    input: Input,
    #[serde(with = "ReasonForm")]
    reason: Reason,
    /// Empty for a secret.
    #[serde(borrow)]
    value: Octets<'a>,
    fault: Option<Box<str>>,
}

#[derive(Serialize, Deserialize)]
struct AuthorityForm<'a> {
    arn: &'a str,
    #[serde(borrow)]
    public_key: Octets<'a>,
    chain: Vec<Octets<'a>>,
}

impl<'a> PlanForm<'a> {
    fn of(plan: &'a CertificatePlan) -> PlanForm<'a> {
        let suppressed = |suppressed: &'a SuppressedInput| SuppressedForm {
            input: suppressed.input.clone(),
            reason: suppressed.reason,
            value: Octets(Cow::Borrowed(if suppressed.is_secret() { &[] } else { &suppressed.value })),
            fault: suppressed.fault.clone(),
        };
        PlanForm {
            template: &plan.template,
            kind: plan.kind,
            fields: plan.fields.map(|field| SourceWire(field.source)),
            extensions: plan.extensions.iter().map(|(_, source)| SourceWire(*source)).collect(),
            suppressed: plan.suppressed.iter().map(suppressed).collect(),
            warnings: plan.warnings.iter().cloned().map(WarningWire).collect(),
        }
    }

    fn into_origins(self) -> Origins {
        let suppressed = self.suppressed.into_iter().map(|form| SuppressedInput {
            input: form.input,
            reason: form.reason,
            value: form.value.0.into_owned(),
            fault: form.fault,
        });
        Origins {
            template: self.template.to_owned(),
            kind: self.kind,
            fields: self.fields,
            extensions: self.extensions,
            suppressed: suppressed.collect(),
            warnings: self.warnings,
        }
    }
}

/// The form behind its version.
pub(super) fn written(form: &impl Serialize) -> Vec<u8> {
    // Nothing in the forms fails to serialise: they have no maps and no sequences of unknown length.
    postcard::to_extend(form, vec![VERSION]).unwrap_or_default()
}

pub(super) fn read<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, FormError> {
    let form = |what: &dyn Display| FormError::Form(what.to_string());
    match bytes.split_first() {
        None => Err(form(&"it is empty")),
        Some((&VERSION, rest)) => match postcard::take_from_bytes(rest) {
            Ok((value, [])) => Ok(value),
            Ok((_, surplus)) => Err(form(&format_args!("{} bytes too many", surplus.len()))),
            Err(error) => Err(form(&error)),
        },
        Some((version, _)) => Err(FormError::Version(*version)),
    }
}

impl Intent {
    /// The intent as bytes, for a ledger outside the process: all of it but its [`authority_record`](Intent::authority_record), and
    /// but a challenge password among the suppressed inputs.
    #[cfg_attr(docsrs, doc(cfg(feature = "stored")))]
    pub fn to_bytes(&self) -> Vec<u8> {
        let unsigned = self.unsigned();
        let authority = self.authority_record();
        let authority = authority.sha256().first_chunk().copied().unwrap_or_default();
        let token = self.token();
        let fingerprint = token.map(|token| token.fingerprint).filter(|print| *print != Fingerprint::NONE);
        written(&IntentForm {
            authority,
            tbs_sha256: self.tbs_sha256(),
            tbs: Octets(Cow::Borrowed(self.tbs_der())),
            is_hex: self.id().serial() == self.serial().to_hex(),
            algorithm: self.algorithm(),
            is_without_null: unsigned.algorithm_identifier != self.algorithm().algorithm_identifier(),
            partition: self.crl_partition(),
            issued_at: self.issued_at().unix(),
            key: token.map(|token| *token.key.as_bytes()),
            fingerprint: fingerprint.map(|print| *print.as_bytes()),
            caller: self.caller(),
            is_offline: self.is_offline(),
            plan: PlanForm::of(self.plan()),
        })
    }

    /// Reads what [`Intent::to_bytes`] wrote, with the record of its authority that was kept beside it.
    ///
    /// # Errors
    /// [`FormError`] for other bytes, and for another authority's record.
    #[cfg_attr(docsrs, doc(cfg(feature = "stored")))]
    pub fn from_bytes(bytes: &[u8], authority: &AuthorityRecord) -> Result<Intent, FormError> {
        let form: IntentForm<'_> = read(bytes)?;
        if !authority.sha256().starts_with(&form.authority) {
            return Err(FormError::Authority);
        }
        let tbs = form.tbs.0.into_owned();
        if <[u8; 32]>::from(Sha256::digest(&tbs)) != form.tbs_sha256 {
            return Err(FormError::Digest);
        }
        let algorithm = form.algorithm;
        let algorithm_identifier = match algorithm.algorithm_identifier_without_null() {
            Some(identifier) if form.is_without_null => identifier,
            _ => algorithm.algorithm_identifier(),
        };
        let (serial, plan) = form.plan.into_origins().plan_of(tbs).map_err(FormError::Form)?;
        let format = if form.is_hex { SerialFormat::Hex } else { SerialFormat::Decimal };
        let arn = CertificateArn::new(authority.arn(), &serial, format);
        let arn = arn.map_err(|error| FormError::Form(error.to_string()))?;
        let issued_at = Timestamp::from_unix(form.issued_at);
        let issued_at = issued_at.ok_or_else(|| FormError::Form("the time of issuance is out of range".to_owned()))?;
        let token = form.key.map(|key| {
            let fingerprint = form.fingerprint.map_or(Fingerprint::NONE, Fingerprint::from_bytes);
            Token::new(IdempotencyKey::from_bytes(key), fingerprint)
        });
        let (partition, authority) = (form.partition, Arc::clone(&authority.0));
        let body = Body { arn, serial, partition, plan, chain: Arc::clone(&authority.chain) };
        let unsigned = Unsigned { content: Content::Own(body), algorithm, algorithm_identifier, authority };
        Ok(Intent::new(unsigned, issued_at, token, form.caller.map(Arc::from), form.is_offline))
    }

    /// SHA-256 over the plan as [`Intent::to_bytes`] writes it behind the digest of the bytes to be signed: where every part came from, and
    /// what was not used, as one value for an audit trail.
    #[cfg_attr(docsrs, doc(cfg(feature = "stored")))]
    pub fn plan_sha256(&self) -> [u8; 32] {
        let plan = written(&PlanForm::of(self.plan()));
        Sha256::new().chain_update(self.tbs_sha256()).chain_update(plan).finalize().into()
    }
}

impl AuthorityRecord {
    /// The record as bytes, for a ledger outside the process.
    #[cfg_attr(docsrs, doc(cfg(feature = "stored")))]
    pub fn to_bytes(&self) -> Vec<u8> {
        let octets = |bytes| Octets(Cow::Borrowed(bytes));
        written(&AuthorityForm {
            arn: self.arn().as_str(),
            public_key: octets(self.public_key_der()),
            chain: self.chain_der().map(octets).collect(),
        })
    }

    /// Reads what [`AuthorityRecord::to_bytes`] wrote.
    ///
    /// # Errors
    /// [`FormError`] for other bytes.
    #[cfg_attr(docsrs, doc(cfg(feature = "stored")))]
    pub fn from_bytes(bytes: &[u8]) -> Result<AuthorityRecord, FormError> {
        let form: AuthorityForm<'_> = read(bytes)?;
        let arn = form.arn.parse().map_err(|error: ArnError| FormError::Form(error.to_string()))?;
        let chain = form.chain.into_iter().map(|der| der.0.into_owned()).collect();
        Ok(AuthorityRecord(Arc::new(IssuedBy::new(arn, form.public_key.0.into_owned(), chain))))
    }
}
