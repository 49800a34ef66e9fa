//! The issuer for a key behind a network: its signer is awaited.

use std::fmt;
use std::slice;
use std::sync::Arc;

use super::attempt::Asked;
use super::clock::Clock;
use super::core::{Core, LedgerFacts, Trust, basics, constructors, settings};
use super::course::{Course, Outcome, Settle, Step, only};
#[cfg(doc)]
use super::issuer::Issuer;
use super::lease::Lease;
use super::prepare::IssuanceOptions;
use super::prepared::Prepared;
use super::serial_source::SerialSource;
use crate::authority::ca::CertificateAuthority;
use crate::crypto::async_signer::AsyncSigner;
use crate::crypto::verifier::SignatureVerifier;
use crate::csr::certification_request::{Csr, Proven};
use crate::error::Error;
use crate::issued::IssuedCertificate;
use crate::ledger::awaited::AsyncLedger;
use crate::ledger::error::LedgerError;
use crate::ledger::intent::Intent;
use crate::ledger::key::IdempotencyMode;
use crate::ledger::memory::MemoryLedger;
use crate::request::issue_certificate::{IssueCertificateRequest, IssueCertificateRequestBuilder};
use crate::x509::timestamp::Timestamp;

/// Issues certificates of one certificate authority with an [`AsyncSigner`], on any executor. Otherwise as [`Issuer`].
/// [`AsyncSigner`](crate::AsyncSigner) has an example.
#[derive(Clone)]
pub struct AsyncIssuer {
    core: Core,
    signer: Arc<dyn AsyncSigner>,
    ledger: Option<Arc<dyn AsyncLedger>>,
}

basics!(AsyncIssuer);
constructors!(AsyncIssuer, AsyncIssuerBuilder, AsyncSigner);

/// Builds an [`AsyncIssuer`]. [`AsyncSigner`](crate::AsyncSigner) has an example.
pub struct AsyncIssuerBuilder {
    core: Core,
    signer: Arc<dyn AsyncSigner>,
    ledger: Option<Arc<dyn AsyncLedger>>,
    trust: Option<bool>,
}

settings!(AsyncIssuerBuilder, AsyncLedger);

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
        let AsyncIssuerBuilder { mut core, signer, ledger, trust } = self;
        core.ledger = ledger.as_deref().map(LedgerFacts::of_async);
        if trust == Some(true) {
            core.trust = Trust::AfterOne(Arc::default());
        }
        core.check_signer(signer.public_key_der(), signer.signing_algorithms())?;
        Ok(AsyncIssuer { core, signer, ledger })
    }
}

impl AsyncIssuer {
    /// As [`Issuer::issue`], without blocking on the signer or on another caller with the same token. The proof of possession is
    /// verified on the thread that polls. Dropped before it is ready, it leaves its intent, if that was recorded: another caller with
    /// the same token takes it up.
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
        let mut course = Course::default();
        let asked = Asked { core: &self.core, request, proven };
        let mut step = course.begin(asked);
        loop {
            step = match step {
                Step::Find(key) => {
                    let found = match self.ledger() {
                        Ok(ledger) => ledger.by_token(&key, self.core.clock.now()).await,
                        Err(error) => Err(error),
                    };
                    course.found(&self.core, found)
                }
                Step::Order(order) => {
                    let first = match self.ledger() {
                        Ok(ledger) => ledger.take_crl_places(self.core.authority.arn(), order.count()).await,
                        Err(error) => Err(error),
                    };
                    course.placed(asked, order, first)
                }
                Step::Reserve(intent) => {
                    let mut lease = self.lease();
                    // Dropped before the answer, it may be recorded and have a lease.
                    lease.of(Some(&intent));
                    let reserved = match self.ledger() {
                        Ok(ledger) => ledger.reserve(slice::from_ref(&intent), self.core.clock.now()).await,
                        Err(error) => Err(error),
                    };
                    lease.end();
                    course.reserved(&self.core, only(reserved))
                }
                Step::Wait(busy) => {
                    if let Some(ledger) = &self.ledger {
                        ledger.when_free(&busy.key, busy.until, busy.waits).await;
                    }
                    course.is_free()
                }
                Step::Again => course.again(asked),
                Step::Settle(settle) => return self.settle(&mut course, settle).await,
            };
        }
    }

    pub(super) fn core(&self) -> &Core {
        &self.core
    }

    pub(super) fn ledger(&self) -> Result<&dyn AsyncLedger, LedgerError> {
        self.ledger.as_deref().ok_or_else(|| LedgerError::new("the issuer has none"))
    }

    fn lease(&self) -> Lease<'_, impl Fn(&Intent, Timestamp)> {
        let forsake = |intent: &Intent, now| {
            if let Some(ledger) = &self.ledger {
                ledger.forsake(intent, now);
            }
        };
        Lease::new(&*self.core.clock, forsake)
    }

    /// From the signature to the outcome.
    pub(super) async fn settle(&self, course: &mut Course, first: Settle) -> Outcome {
        let mut lease = self.lease();
        let mut settle = first;
        loop {
            settle = match settle {
                Settle::Done(outcome) => {
                    lease.end();
                    return outcome;
                }
                Settle::Sign => {
                    let signature = match course.to_sign() {
                        Some(to_sign) => {
                            lease.of(to_sign.intent());
                            Some(self.signer.sign(to_sign.algorithm(), to_sign.tbs_der()).await)
                        }
                        None => None,
                    };
                    course.signed(&self.core, signature)
                }
                Settle::Commit(signed) => {
                    let committed = match self.ledger() {
                        Ok(ledger) => ledger.commit(slice::from_ref(&signed), self.core.clock.now()).await,
                        Err(error) => Err(error),
                    };
                    course.committed(only(committed))
                }
                Settle::Abandon(abandon) => {
                    let abandoned = match self.ledger() {
                        Ok(ledger) => ledger.abandon(slice::from_ref(&abandon), self.core.clock.now()).await,
                        Err(error) => Err(error),
                    };
                    course.abandoned(only(abandoned))
                }
                Settle::Free(intent) => {
                    lease.of(Some(&intent));
                    if let Ok(ledger) = self.ledger() {
                        // Where this fails, the lease ends by itself.
                        let _ = ledger.free(slice::from_ref(&intent), self.core.clock.now()).await;
                    }
                    lease.end();
                    course.freed()
                }
            };
        }
    }
}
