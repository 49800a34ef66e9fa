//! The issuer for a key in this process, on a token, or behind calls that block.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::attempt::Asked;
use super::clock::Clock;
use super::core::{Core, LedgerFacts, Trust, basics, constructors, settings};
use super::course::{Course, Outcome, Settle};
use super::driver::Driver;
use super::prepare::IssuanceOptions;
use super::prepared::Prepared;
use super::serial_source::SerialSource;
use crate::authority::ca::CertificateAuthority;
use crate::crypto::signer::sealed::Sealed;
use crate::crypto::signer::{SignError, Signer};
use crate::crypto::verifier::{SignatureVerifier, verify};
use crate::csr::certification_request::{Csr, Proven};
use crate::error::Error;
use crate::issued::IssuedCertificate;
use crate::ledger::blocking::Ledger;
use crate::ledger::key::IdempotencyMode;
use crate::ledger::memory::MemoryLedger;
use crate::request::issue_certificate::{IssueCertificateRequest, IssueCertificateRequestBuilder};

/// Issues certificates of one certificate authority with a [`Signer`]. [`AsyncIssuer`](super::async_issuer::AsyncIssuer) awaits
/// its signer, [`OfflineIssuer`](super::offline_issuer::OfflineIssuer) has none.
///
/// An issuer is immutable and shared between threads, and its clones share all they hold; requests without an idempotency
/// token take no lock. It holds the authority as it was when the issuer was built: [`Issuer::with_authority`] gives one for
/// another state of it.
///
/// ```
/// # use issuance::{CertificateAuthority, Issuer, RustCryptoSigner, Validity};
/// # fn run(ca: CertificateAuthority, key: RustCryptoSigner, csr: &[u8]) -> Result<(), Box<dyn std::error::Error>> {
/// let issuer = Issuer::new(ca, key)?;
/// let request = issuer.request(csr).validity(Validity::days(90)).build()?;
/// let certificate = issuer.issue(&request)?;
/// println!("{}{}", certificate.pem(), certificate.chain_pem());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Issuer {
    core: Core,
    signer: Arc<dyn Signer>,
    ledger: Option<Arc<dyn Ledger>>,
}

basics!(Issuer);
constructors!(Issuer, IssuerBuilder, Signer);

/// Builds an [`Issuer`]. [`Issuer`](crate::Issuer) has an example.
pub struct IssuerBuilder {
    core: Core,
    signer: Arc<dyn Signer>,
    ledger: Option<Arc<dyn Ledger>>,
    trust: Option<bool>,
}

settings!(IssuerBuilder, Ledger);

impl IssuerBuilder {
    /// Whether the signer is trusted: it makes one signature when the issuer is built, which is verified, and the later ones are not.
    /// By default true for the signers of this crate that compute in this process, and false for every other. If false, every
    /// signature is verified before a certificate leaves; the crate's own signers have their trial all the same.
    ///
    /// A fault in a process or its hardware can make a wrong signature, and a wrong one of a deterministic algorithm beside a
    /// right one of the same bytes can give the private key away (ECDSA, SM2 and ML-DSA of `RustCryptoSigner`; the `rsa` crate and
    /// AWS-LC check theirs of RSA). To verify costs one verification a certificate.
    #[must_use]
    pub fn trust_signer(mut self, trust: bool) -> Self {
        self.trust = Some(trust);
        self
    }

    /// The issuer.
    ///
    /// # Errors
    /// [`Error::SignerKey`] if the signer has another key than the authority; [`Error::Signer`] if it declares none of the
    /// key's algorithms; [`Error::Unverifiable`] if the verifier supports none of those that it declares; [`Error::Signer`] or
    /// [`Error::Signature`] if a trusted signer fails its trial.
    pub fn build(self) -> Result<Issuer, Error> {
        let IssuerBuilder { mut core, signer, ledger, trust } = self;
        core.ledger = ledger.as_deref().map(LedgerFacts::of);
        core.check_signer(signer.public_key_der(), signer.signing_algorithms())?;
        let mut issuer = Issuer { core, signer, ledger };
        let own = issuer.signer.checked_at_construction(Sealed);
        let was_good = (own || trust == Some(true)) && issuer.try_signer()?;
        if trust.unwrap_or(own) {
            issuer.core.trust = Trust::AfterOne(Arc::new(AtomicBool::new(was_good)));
        }
        Ok(issuer)
    }
}

impl Issuer {
    /// Issues a certificate. With an idempotency token, a request that was answered within the window gets the same
    /// certificate again, and concurrent ones wait for the first (R-IDM).
    ///
    /// A request with a token must be valid by itself, or it gets no earlier certificate either; what time alone has done to it, or to
    /// the state of the authority, since a certificate was issued under the token does not count. A request that gets an earlier
    /// certificate has drawn a serial number that no certificate has.
    ///
    /// # Errors
    /// [`Error`]; no certificate leaves then, and the token is free again, unless it is another request's
    /// ([`Error::IdempotencyMismatch`]). What failed
    /// after its intent was recorded ([`Error::Signer`], [`Error::Signature`], [`Error::Ledger`]) is finished by a retry under its token, over the recorded
    /// bytes, or by [`Issuer::recover`].
    pub fn issue(&self, request: &IssueCertificateRequest) -> Result<Arc<IssuedCertificate>, Error> {
        self.issue_presented(request, None)
    }

    /// As [`Issuer::issue`], for a CSR whose possession is shown already, in place of the request's own: see [`Csr::prove`] and
    /// [`Csr::assume_proven`]. The key policy is applied once more, the proof is not. An idempotency token goes with the CSR
    /// that is given here.
    ///
    /// # Errors
    /// As [`Issuer::issue`].
    pub fn issue_proven(
        &self,
        request: &IssueCertificateRequest,
        csr: &Csr<'_, Proven>,
    ) -> Result<Arc<IssuedCertificate>, Error> {
        self.issue_presented(request, Some(csr))
    }

    fn issue_presented(
        &self,
        request: &IssueCertificateRequest,
        proven: Option<&Csr<'_, Proven>>,
    ) -> Result<Arc<IssuedCertificate>, Error> {
        let asked = Asked { core: &self.core, request, proven };
        self.driver().issue(asked, |algorithm, tbs_der| self.signer.sign(algorithm, tbs_der))
    }

    /// From the signature to the outcome.
    pub(super) fn settle(&self, course: &mut Course, settle: Settle) -> Outcome {
        self.driver().settle(course, settle, |algorithm, tbs_der| self.signer.sign(algorithm, tbs_der))
    }

    /// Signs, if that is next.
    #[cfg(feature = "rayon")]
    pub(super) fn sign(&self, course: &mut Course, settle: Settle) -> Settle {
        self.driver().sign(course, settle, |algorithm, tbs_der| self.signer.sign(algorithm, tbs_der))
    }

    pub(super) fn driver(&self) -> Driver<'_> {
        Driver { core: &self.core, ledger: self.ledger.as_deref() }
    }

    /// Makes and verifies one signature, with the first algorithm of the key that signer and verifier support. Says whether
    /// there is one.
    fn try_signer(&self) -> Result<bool, Error> {
        let message = b"a message, not a TBSCertificate";
        let mut unsupported = None;
        let algorithms = self.core.authority.key_algorithm().signing_algorithms().iter();
        let declared = self.signer.signing_algorithms();
        for &algorithm in algorithms.filter(|one| declared.contains(one) && !self.core.unverifiable.contains(one)) {
            let signature = match self.signer.sign(algorithm, message) {
                Err(error @ SignError::UnsupportedAlgorithm { .. }) => {
                    unsupported = Some(error);
                    continue;
                }
                signature => signature?,
            };
            let key = self.core.authority.public_key_der();
            verify(&*self.core.verifier, algorithm.into(), key, message, signature.as_bytes())
                .map_err(Error::of_signature)?;
            return Ok(true);
        }
        unsupported.map_or(Ok(false), |error| Err(error.into()))
    }
}
