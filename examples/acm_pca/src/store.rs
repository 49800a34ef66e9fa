//! What the service keeps, and what a place for it must do: [`MemoryStore`](crate::memory::MemoryStore) and
//! [`KeptStore`](crate::kept::KeptStore) are two.

use std::path::PathBuf;
use std::sync::Arc;

use issuance::api::{
    AccountId, ActionType, AuditReportId, AwsPolicy, CreateCertificateAuthorityRequest, FailureReason, Fault,
    Principal, S3BucketName, TagKey, TagValue,
};
use issuance::authority::{CertificateAuthorityStatus, CrlPartition};
use issuance::ledger::{Ledger, LedgerError};
use issuance::ocsp::CertificateStatus;
use issuance::x509::RevocationReason;
use issuance::{
    CertificateAuthority, CertificateAuthorityArn, Issuer, KeyAlgorithm, SerialNumber, Signer, TemplateArn, Timestamp,
};

use crate::keys::NewKey;
use crate::lists::Lists;
use crate::plan::StoredPlan;
use crate::token::Reference;

/// One authority and all that belongs to it but what it issued. A record is never changed where it is: it is replaced whole.
#[derive(Clone)]
pub(crate) struct Record {
    pub(crate) arn: CertificateAuthorityArn,
    /// The request that made it.
    pub(crate) request: Arc<CreateCertificateAuthorityRequest>,
    pub(crate) created_at: Timestamp,
    pub(crate) last_state_change_at: Timestamp,
    pub(crate) making: Making,
    /// Until when it can be restored, if it is deleted.
    pub(crate) restorable_until: Option<Timestamp>,
    /// In the order of their keys.
    pub(crate) tags: Vec<(TagKey, Option<TagValue>)>,
    /// In the order of creation.
    pub(crate) permissions: Vec<Granted>,
    pub(crate) policy: Option<AwsPolicy>,
    /// In the order of creation.
    pub(crate) reports: Vec<Report>,
}

/// How far an authority is made.
#[derive(Clone)]
pub(crate) enum Making {
    /// Its key is being made.
    Creating,
    Failed(FailureReason),
    Made(Arc<Made>),
}

/// An authority with its key.
pub(crate) struct Made {
    pub(crate) authority: CertificateAuthority,
    /// The same as certificates and lists have it: with the hosts under which the service publishes.
    pub(crate) published: CertificateAuthority,
    pub(crate) kept: Kept,
    pub(crate) issuer: Issuer,
    /// The certificates above those that it issues, in PEM.
    pub(crate) chain: Arc<str>,
}

/// What an authority keeps when its state, certificate or configuration changes.
#[derive(Clone)]
pub(crate) struct Kept {
    pub(crate) key: Arc<dyn Signer>,
    /// Its certification request in PEM.
    pub(crate) csr: String,
    /// How the key is kept: encrypted, or by where on a token it is; `None` where nothing outlives the process.
    pub(crate) kept_as: Option<Arc<str>>,
    /// What it issued, or the tokens of what it issued lately.
    pub(crate) ledger: Arc<dyn Ledger>,
    /// Its revocation lists.
    pub(crate) lists: Arc<Lists>,
}

impl Kept {
    /// Whether what signs is not in this process.
    pub(crate) fn is_on_token(&self) -> bool {
        self.kept_as.as_deref().is_some_and(Reference::recognizes)
    }
}

#[derive(Clone)]
pub(crate) struct Granted {
    pub(crate) principal: Principal,
    pub(crate) source_account: Option<AccountId>,
    pub(crate) actions: Vec<ActionType>,
    pub(crate) created_at: Timestamp,
}

#[derive(Clone)]
pub(crate) struct Report {
    pub(crate) id: AuditReportId,
    pub(crate) bucket: S3BucketName,
    pub(crate) key: String,
    pub(crate) created_at: Timestamp,
    /// Where it is; none where it could not be written.
    pub(crate) path: Option<PathBuf>,
}

/// A certificate that was issued.
#[derive(Clone)]
pub(crate) struct Certificate {
    pub(crate) der: Arc<[u8]>,
    /// The certificates above it in PEM; empty for a root's own.
    pub(crate) chain: Arc<str>,
    /// What it says, for audit reports: in the library's words, whatever string types it has.
    pub(crate) subject: Box<str>,
    pub(crate) not_before: Timestamp,
    pub(crate) not_after: Timestamp,
    pub(crate) issued_at: Timestamp,
    pub(crate) template: Option<TemplateArn>,
    /// The partition of the CRL that it is in.
    pub(crate) partition: Option<CrlPartition>,
    pub(crate) revoked: Option<(Timestamp, RevocationReason)>,
    pub(crate) plan: StoredPlan,
}

/// Which certificates of an authority are looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Only {
    All,
    Revoked,
}

impl Only {
    pub(crate) fn takes(self, certificate: &Certificate) -> bool {
        self == Only::All || certificate.revoked.is_some()
    }
}

/// A part of the certificates of an authority.
pub(crate) struct Part {
    /// How many there are in all.
    pub(crate) count: usize,
    /// The newest first.
    pub(crate) certificates: Vec<(SerialNumber, Certificate)>,
}

impl Record {
    pub(crate) fn status(&self, now: Timestamp) -> CertificateAuthorityStatus {
        match &self.making {
            _ if self.restorable_until.is_some() => CertificateAuthorityStatus::Deleted,
            Making::Creating => CertificateAuthorityStatus::Creating,
            Making::Failed(_) => CertificateAuthorityStatus::Failed,
            Making::Made(made) => made.authority.status(now),
        }
    }

    /// Whether it was deleted and can no more be restored.
    pub(crate) fn is_gone(&self, now: Timestamp) -> bool {
        self.restorable_until.is_some_and(|until| until < now)
    }
}

/// What a store answers. Its failures are for the operator: callers are told that the service failed.
pub(crate) type Stored<T> = Result<T, LedgerError>;

/// Keeps records and certificates. Each call is one step to every other caller, and what it has changed is kept when it returns.
pub(crate) trait Store: Send + Sync {
    /// Adds a record, unless there is one that is the `same`: then that one is returned.
    fn add(&self, record: Record, same: &dyn Fn(&Record) -> bool) -> Stored<Arc<Record>>;

    fn record(&self, arn: &CertificateAuthorityArn) -> Stored<Option<Arc<Record>>>;

    /// All records, in the order of their creation.
    fn records(&self) -> Stored<Vec<Arc<Record>>>;

    /// Changes a record; where `change` fails, the record stays as it is. `None` if there is no such record. Nobody waits for
    /// `change`: it may take long, and is made again where another change of the record came first.
    fn change(
        &self,
        arn: &CertificateAuthorityArn,
        change: &mut dyn FnMut(&mut Record) -> Result<(), Fault>,
    ) -> Stored<Option<Result<(), Fault>>>;

    /// Removes a record; its certificates can no more be asked for.
    fn remove(&self, arn: &CertificateAuthorityArn) -> Stored<()>;

    /// What an authority with this key keeps.
    fn kept(&self, arn: &CertificateAuthorityArn, key: NewKey, csr: String) -> Kept;

    /// A key for an authority.
    fn new_key(&self, arn: &CertificateAuthorityArn, algorithm: KeyAlgorithm) -> Result<NewKey, FailureReason>;

    /// Takes a certificate that an authority's issuer has issued; where the ledger has it already, nothing is left to be done, or made.
    fn add_certificate(
        &self,
        arn: &CertificateAuthorityArn,
        serial: SerialNumber,
        certificate: &dyn Fn() -> Certificate,
    ) -> Stored<()>;

    fn certificate(&self, arn: &CertificateAuthorityArn, serial: &SerialNumber) -> Stored<Option<Certificate>>;

    /// All certificates of an authority, in the order of issuance; without their plans where these are not at hand.
    fn certificates(&self, arn: &CertificateAuthorityArn) -> Stored<Vec<(SerialNumber, Certificate)>>;

    /// At most `most` of an authority's certificates, the newest first, after so many that are skipped.
    fn part(&self, arn: &CertificateAuthorityArn, only: Only, skip: usize, most: usize) -> Stored<Part> {
        let mut all = self.certificates(arn)?;
        all.retain(|(_, certificate)| only.takes(certificate));
        Ok(Part { count: all.len(), certificates: all.into_iter().rev().skip(skip).take(most).collect() })
    }

    /// What OCSP says of a serial number.
    fn status(&self, arn: &CertificateAuthorityArn, serial: SerialNumber) -> Stored<CertificateStatus> {
        Ok(match self.certificate(arn, &serial)? {
            None => CertificateStatus::Unknown,
            Some(Certificate { revoked: Some((at, reason)), .. }) => CertificateStatus::Revoked { at, reason },
            Some(_) => CertificateStatus::Good,
        })
    }

    /// Whether a certificate was put into this partition.
    fn has_partition(&self, arn: &CertificateAuthorityArn, partition: CrlPartition) -> Stored<bool> {
        Ok(self.certificates(arn)?.iter().any(|(_, certificate)| certificate.partition == Some(partition)))
    }

    /// Marks a certificate as revoked and says whether it was so before; `None` if there is no such certificate.
    fn revoke(
        &self,
        arn: &CertificateAuthorityArn,
        serial: &SerialNumber,
        at: Timestamp,
        reason: RevocationReason,
    ) -> Stored<Option<bool>>;

    /// Whether the store answers; what is in memory always does. The error says why not.
    fn ready(&self) -> Result<(), String> {
        Ok(())
    }

    /// Whether calls wait for a disk or a network.
    fn blocks(&self) -> bool {
        false
    }
}
