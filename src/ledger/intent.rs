//! What is recorded before the signer is asked.

use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::key::{Fingerprint, IdempotencyKey};
use crate::authority::ca::IssuedBy;
use crate::authority::revocation::partition::CrlPartition;
use crate::issued::IssuedCertificate;
use crate::issued::unsigned::Unsigned;
use crate::plan::certificate_plan::CertificatePlan;
use crate::request::arn::{CertificateArn, CertificateAuthorityArn};
use crate::x509::algorithm::SigningAlgorithm;
use crate::x509::serial::SerialNumber;
use crate::x509::timestamp::Timestamp;

/// A certificate that is about to be signed: what a ledger records first (R-LED-1).
///
/// It has everything of the certificate but the signature, so that whoever finds it can finish it and nothing is prepared
/// again. Clones share all they hold.
///
/// Its identity is its [`id`](Intent::id) or, what comes to the same, its authority and serial number. Two intents of one
/// identity with the same bytes to be signed are the same intent.
///
/// For an example see [`Ledger`](crate::ledger::blocking::Ledger).
#[derive(Debug, Clone)]
pub struct Intent(Arc<Recorded>);

#[derive(Debug)]
struct Recorded {
    unsigned: Unsigned,
    issued_at: Timestamp,
    token: Option<Token>,
    caller: Option<Arc<str>>,
    is_offline: bool,
}

/// The idempotency token of an intent, as a ledger knows it.
///
/// For an example see [`Ledger`](crate::ledger::blocking::Ledger).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Token {
    /// What requests that are answered alike have in common.
    pub key: IdempotencyKey,
    /// What tells requests under one key apart.
    pub fingerprint: Fingerprint,
}

impl Token {
    /// A token.
    pub fn new(key: IdempotencyKey, fingerprint: Fingerprint) -> Token {
        Token { key, fingerprint }
    }
}

impl Intent {
    pub(crate) fn new(
        unsigned: Unsigned,
        issued_at: Timestamp,
        token: Option<Token>,
        caller: Option<Arc<str>>,
        is_offline: bool,
    ) -> Intent {
        Intent(Arc::new(Recorded { unsigned: unsigned.shared(), issued_at, token, caller, is_offline }))
    }

    pub(crate) fn unsigned(&self) -> &Unsigned {
        &self.0.unsigned
    }

    /// The ARN that the certificate will have.
    pub fn id(&self) -> &CertificateArn {
        &self.0.unsigned.content.arn
    }

    /// The authority that issues.
    pub fn authority(&self) -> &CertificateAuthorityArn {
        &self.0.unsigned.authority.arn
    }

    /// What the certificate has in common with the others of its authority.
    pub fn authority_record(&self) -> AuthorityRecord {
        AuthorityRecord(Arc::clone(&self.0.unsigned.authority))
    }

    /// The serial number.
    pub fn serial(&self) -> SerialNumber {
        self.0.unsigned.content.serial
    }

    /// The bytes that are to be signed.
    pub fn tbs_der(&self) -> &[u8] {
        self.0.unsigned.content.plan.tbs_der()
    }

    /// The SHA-256 digest of the bytes that are to be signed; computed with each call.
    pub fn tbs_sha256(&self) -> [u8; 32] {
        Sha256::digest(self.tbs_der()).into()
    }

    /// The algorithm that they are to be signed with.
    pub fn algorithm(&self) -> SigningAlgorithm {
        self.0.unsigned.algorithm
    }

    /// The time of issuance. It is never read again, however late the certificate is signed.
    pub fn issued_at(&self) -> Timestamp {
        self.0.issued_at
    }

    /// notAfter of the certificate.
    pub fn not_after(&self) -> Timestamp {
        self.0.unsigned.content.plan.not_after()
    }

    /// The idempotency token of the request, if it had one.
    pub fn token(&self) -> Option<Token> {
        self.0.token
    }

    /// Who asked, in the words of the service: see [`Issuer::for_caller`](crate::issue::issuer::Issuer::for_caller).
    pub fn caller(&self) -> Option<&str> {
        self.0.caller.as_deref()
    }

    /// Whether the signature comes from a ceremony with a prepared file. It may take weeks: recovery leaves such an intent alone.
    pub fn is_offline(&self) -> bool {
        self.0.is_offline
    }

    /// The name of the template.
    pub fn template(&self) -> &str {
        self.plan().template()
    }

    /// The partition of the authority's CRL that lists the certificate once it is revoked; `None` where there is one list of all.
    pub fn crl_partition(&self) -> Option<CrlPartition> {
        self.0.unsigned.content.partition
    }

    /// What the certificate will say, and why.
    pub fn plan(&self) -> &CertificatePlan {
        &self.0.unsigned.content.plan
    }

    /// Whether the other is the same intent: one identity, and the same bytes to be signed.
    pub fn is_same(&self, other: &Intent) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
            || self.authority() == other.authority()
                && self.serial() == other.serial()
                && self.tbs_der() == other.tbs_der()
    }

    /// The certificate with a signature that was recorded beside this intent, as it stands in a BIT STRING. It is not verified:
    /// the ledger is trusted with what was committed.
    pub fn with_recorded_signature(&self, signature: &[u8]) -> IssuedCertificate {
        self.0.unsigned.clone().assemble(signature)
    }

    /// How many bytes this value holds, about; those of the authority are shared and do not count.
    pub(crate) fn bytes_in_memory(&self) -> usize {
        self.0.unsigned.bytes_in_memory() + self.caller().map_or(0, str::len) + size_of::<Recorded>()
    }
}

/// What all certificates that an authority issues under one certificate of its own have in common: its ARN, its public key, and
/// the certificates above them. A ledger outside the process keeps it once, by its [digest](AuthorityRecord::sha256).
///
/// A root's own certificate has nothing above it, so a root has two: one for that, and one for all others.
///
/// For an example see [`Ledger`](crate::ledger::blocking::Ledger).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorityRecord(pub(super) Arc<IssuedBy>);

impl AuthorityRecord {
    /// The authority.
    pub fn arn(&self) -> &CertificateAuthorityArn {
        &self.0.arn
    }

    /// Its public key, a SubjectPublicKeyInfo in DER.
    pub fn public_key_der(&self) -> &[u8] {
        &self.0.public_key
    }

    /// The certificates above those that it issues, in DER, from its own up to the root; none above a root's own.
    pub fn chain_der(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        self.0.chain.iter().map(Vec::as_slice)
    }

    /// SHA-256 over the ARN, the public key and each certificate of the chain, each behind its length in eight bytes, the most
    /// significant first. Computed once for each state of an authority.
    pub fn sha256(&self) -> &[u8; 32] {
        self.0.sha256.get_or_init(|| {
            let mut digest = Sha256::new();
            let parts = [self.arn().as_str().as_bytes(), self.public_key_der()];
            for part in parts.into_iter().chain(self.chain_der()) {
                digest.update((part.len() as u64).to_be_bytes());
                digest.update(part);
            }
            digest.finalize().into()
        })
    }
}
