//! The issuer for a key behind a network: its signer is awaited.

use std::fmt;
use std::sync::Arc;

use super::attempt::Attempt;
use super::clock::Clock;
use super::core::{Core, Trust, basics, constructors, settings};
#[cfg(doc)]
use super::issuer::Issuer;
use super::prepare::IssuanceOptions;
use super::prepared::Prepared;
use super::serial_source::SerialSource;
use crate::authority::ca::CertificateAuthority;
use crate::crypto::async_signer::AsyncSigner;
use crate::crypto::verifier::SignatureVerifier;
use crate::csr::certification_request::{Csr, Proven};
use crate::error::Error;
use crate::idempotency::{IdempotencyMode, IdempotencyStore};
use crate::issued::IssuedCertificate;
use crate::request::issue_certificate::{IssueCertificateRequest, IssueCertificateRequestBuilder};

/// Issues certificates of one certificate authority with an [`AsyncSigner`], on any executor. Otherwise as [`Issuer`].
/// [`AsyncSigner`](crate::AsyncSigner) has an example.
#[derive(Clone)]
pub struct AsyncIssuer {
    core: Core,
    signer: Arc<dyn AsyncSigner>,
}

basics!(AsyncIssuer);
constructors!(AsyncIssuer, AsyncIssuerBuilder, AsyncSigner);

/// Builds an [`AsyncIssuer`]. [`AsyncSigner`](crate::AsyncSigner) has an example.
pub struct AsyncIssuerBuilder {
    core: Core,
    signer: Arc<dyn AsyncSigner>,
    trust: Option<bool>,
}

settings!(AsyncIssuerBuilder);

impl AsyncIssuerBuilder {
    /// Whether the signer is trusted: its signatures are verified until one of them was good, and no longer. False by default: a
    /// signature that does not verify makes no certificate then. See [`IssuerBuilder::trust_signer`](super::issuer::IssuerBuilder::trust_signer).
    #[must_use]
    pub fn trust_signer(mut self, trust: bool) -> Self {
        self.trust = Some(trust);
        self
    }

    /// The issuer.
    ///
    /// # Errors
    /// [`Error::SignerKey`] if the signer has another key than the authority; [`Error::Unverifiable`] if the verifier supports
    /// none of the key's algorithms.
    pub fn build(self) -> Result<AsyncIssuer, Error> {
        let AsyncIssuerBuilder { mut core, signer, trust } = self;
        if trust == Some(true) {
            core.trust = Trust::AfterOne(Arc::default());
        }
        core.check_signer(signer.public_key_der(), signer.signing_algorithms())?;
        Ok(AsyncIssuer { core, signer })
    }
}

impl AsyncIssuer {
    /// As [`Issuer::issue`], without blocking on the signer or on another caller with the same token. The proof of possession is
    /// verified on the thread that polls. Dropped before it is ready, it issues nothing and frees the token.
    ///
    /// # Errors
    /// As [`Issuer::issue`].
    pub async fn issue(&self, request: &IssueCertificateRequest) -> Result<Arc<IssuedCertificate>, Error> {
        self.issue_presented(request, None).await
    }

    /// As [`AsyncIssuer::issue`], for a CSR whose possession is shown already, in place of the request's own: see
    /// [`Issuer::issue_proven`].
    ///
    /// # Errors
    /// As [`Issuer::issue`].
    pub async fn issue_proven(
        &self,
        request: &IssueCertificateRequest,
        csr: &Csr<'_, Proven>,
    ) -> Result<Arc<IssuedCertificate>, Error> {
        self.issue_presented(request, Some(csr)).await
    }

    async fn issue_presented(
        &self,
        request: &IssueCertificateRequest,
        proven: Option<&Csr<'_, Proven>>,
    ) -> Result<Arc<IssuedCertificate>, Error> {
        let mut has_waited = false;
        loop {
            match self.core.begin(request, proven, has_waited)? {
                Attempt::Issued(certificate) => return Ok(certificate),
                Attempt::Wait(key) => self.core.freed(&key).await,
                Attempt::Sign(prepared, held) => {
                    let signature = self.signer.sign(prepared.algorithm(), prepared.tbs_der()).await?;
                    return self.core.end(prepared, held, &signature);
                }
            }
            has_waited = true;
        }
    }
}
