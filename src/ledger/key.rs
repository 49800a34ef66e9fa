//! What a ledger keeps tokens under, and what tells requests under one token apart (R-IDM-2).

use std::hash::{Hash, Hasher};

use sha2::{Digest, Sha256};

use crate::authority::ca::CertificateAuthority;
use crate::request::issue_certificate::IssueCertificateRequest;

/// What makes two requests with one token the same (R-IDM-2, our decision).
///
/// For an example see [`MemoryLedger`](super::memory::MemoryLedger).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum IdempotencyMode {
    /// The same CSR: a retry with a recomputed validity gets the first certificate, another CSR gets its own.
    #[default]
    PerCsr,
    /// Every member: any difference under one token is an error.
    Strict,
}

/// What a ledger keeps tokens under: a digest of the authority's ARN and public key, the token and, unless the mode is strict,
/// the CSR. An authority that takes the place of another under the same ARN has another key, and so has other tokens.
///
/// For an example see [`Ledger`](crate::ledger::blocking::Ledger).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IdempotencyKey([u8; 32]);

impl IdempotencyKey {
    /// The digest, for ledgers outside the process: SHA-256 over the ARN, the SHA-256 of the authority's SubjectPublicKeyInfo, the
    /// token and the SHA-256 of the CSR in DER, each behind its length in eight bytes, the most significant first. In strict
    /// mode, the CSR counts as empty, without a digest. For a [prepared file](crate::issue::offline_issuer::OfflineIssuer::finish_file) the token is empty, and
    /// the SHA-256 of its TBSCertificate stands for that of the CSR.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// A key that a ledger kept as its bytes.
    pub fn from_bytes(digest: [u8; 32]) -> IdempotencyKey {
        IdempotencyKey(digest)
    }
}

/// Makes the keys of one authority. What all of them have in common is digested once.
#[derive(Clone)]
pub(crate) struct Keys {
    mode: IdempotencyMode,
    of_authority: Sha256,
}

impl Keys {
    pub(crate) fn new(mode: IdempotencyMode, authority: &CertificateAuthority) -> Keys {
        let mut of_authority = Sha256::new();
        add(&mut of_authority, authority.arn().as_str().as_bytes());
        add(&mut of_authority, &Sha256::digest(authority.public_key_der()));
        Keys { mode, of_authority }
    }

    /// The key of a token, and what tells requests under it apart.
    pub(crate) fn of_token(
        &self,
        request: &IssueCertificateRequest,
        token: &str,
        csr_der: &[u8],
    ) -> (IdempotencyKey, Fingerprint) {
        match self.mode {
            IdempotencyMode::PerCsr => (self.key(token, &Sha256::digest(csr_der)), Fingerprint::NONE),
            // In strict mode the fingerprint tells requests apart.
            IdempotencyMode::Strict => (self.key(token, &[]), Fingerprint::new(request, csr_der)),
        }
    }

    /// The key of bytes that are signed elsewhere. No token is empty, so this is none of theirs.
    #[cfg(feature = "serde")]
    pub(crate) fn of_prepared(&self, tbs_der: &[u8]) -> (IdempotencyKey, Fingerprint) {
        (self.key("", &Sha256::digest(tbs_der)), Fingerprint::NONE)
    }

    fn key(&self, token: &str, csr: &[u8]) -> IdempotencyKey {
        let mut digest = self.of_authority.clone();
        add(&mut digest, token.as_bytes());
        add(&mut digest, csr);
        IdempotencyKey(digest.finalize().into())
    }
}

/// Adds a part behind its length, so that no part runs into the next.
fn add(digest: &mut Sha256, part: &[u8]) {
    digest.update((part.len() as u64).to_be_bytes());
    digest.update(part);
}

/// A digest over every member of a request and the CSR that it is answered for, to tell requests under one token apart in strict
/// mode; stable within one build of the program. In the other mode it is the same for all requests.
///
/// For an example see [`Ledger`](crate::ledger::blocking::Ledger).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// Where the key says it all.
    pub(crate) const NONE: Fingerprint = Fingerprint([0; 32]);

    /// The digest, for ledgers outside the process. Another build of the program may make another of the same request.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// A fingerprint that a ledger kept as its bytes.
    pub fn from_bytes(digest: [u8; 32]) -> Fingerprint {
        Fingerprint(digest)
    }

    fn new(request: &IssueCertificateRequest, csr_der: &[u8]) -> Fingerprint {
        let mut digest = Sha256Hasher(Sha256::new());
        request.hash(&mut digest);
        // Where possession was shown before, another CSR than the request's own may stand in its place.
        csr_der.hash(&mut digest);
        Fingerprint(digest.0.finalize().into())
    }
}

/// Feeds derived `Hash` implementations, which cannot forget a member, into SHA-256.
struct Sha256Hasher(Sha256);

impl Hasher for Sha256Hasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        // Nothing asks for it; the digest is taken from inside.
        0
    }
}
