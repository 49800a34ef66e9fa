//! The issuer for a key on another machine: it prepares, and takes preparations up again with a signature.

use std::fmt;
use std::sync::Arc;

use super::clock::Clock;
use super::core::{Core, LedgerFacts, basics, settings};
use super::prepare::IssuanceOptions;
use super::prepared::Prepared;
use super::serial_source::SerialSource;
use crate::authority::ca::CertificateAuthority;
use crate::crypto::verifier::SignatureVerifier;
use crate::error::Error;
use crate::ledger::blocking::Ledger;
use crate::ledger::key::IdempotencyMode;
use crate::ledger::memory::MemoryLedger;
use crate::request::issue_certificate::{IssueCertificateRequest, IssueCertificateRequestBuilder};

/// Prepares certificates of one certificate authority whose key this machine has no way to, and finishes them with signatures
/// that were made elsewhere. Otherwise as [`Issuer`](super::issuer::Issuer).
/// [`PreparedFile`](crate::issue::PreparedFile) has an example.
#[derive(Clone)]
pub struct OfflineIssuer {
    pub(super) core: Core,
    pub(super) ledger: Option<Arc<dyn Ledger>>,
}

basics!(OfflineIssuer);

/// Builds an [`OfflineIssuer`]. [`PreparedFile`](crate::issue::PreparedFile) has an example.
pub struct OfflineIssuerBuilder {
    core: Core,
    ledger: Option<Arc<dyn Ledger>>,
}

settings!(OfflineIssuerBuilder, Ledger);

impl OfflineIssuerBuilder {
    /// The issuer.
    pub fn build(self) -> OfflineIssuer {
        let OfflineIssuerBuilder { mut core, ledger } = self;
        core.ledger = ledger.as_deref().map(LedgerFacts::of);
        OfflineIssuer { core, ledger }
    }
}

impl OfflineIssuer {
    /// An issuer with all defaults, whose verifier is in pure Rust.
    #[cfg(feature = "_rustcrypto")]
    pub fn new(authority: CertificateAuthority) -> OfflineIssuer {
        OfflineIssuer::builder(authority).build()
    }

    /// Starts building an issuer whose verifier is in pure Rust.
    #[cfg(feature = "_rustcrypto")]
    pub fn builder(authority: CertificateAuthority) -> OfflineIssuerBuilder {
        OfflineIssuer::builder_with_verifier(authority, crate::crypto::rustcrypto::verifier::RustCryptoVerifier)
    }

    /// Starts building an issuer with a verifier of your choice, for proofs of possession and for the signatures that come back.
    pub fn builder_with_verifier(
        authority: CertificateAuthority,
        verifier: impl SignatureVerifier + 'static,
    ) -> OfflineIssuerBuilder {
        let ledger: Arc<dyn Ledger> = Arc::new(MemoryLedger::default());
        OfflineIssuerBuilder { core: Core::new(authority, verifier), ledger: Some(ledger) }
    }

    /// This issuer for another state of its authority: see [`Issuer::with_authority`](super::issuer::Issuer::with_authority).
    ///
    /// # Errors
    /// [`Error::SignerKey`] if the authority has another key.
    pub fn with_authority(&self, authority: CertificateAuthority) -> Result<OfflineIssuer, Error> {
        Ok(OfflineIssuer { core: self.core.with_authority(authority)?, ledger: self.ledger.clone() })
    }
}
