//! The driver: clock, serial numbers, signer and idempotency around the two phases.

use std::fmt;
use std::sync::Arc;

use super::prepare;
use super::prepare::{IssuanceOptions, Preparation};
use super::turns::Turns;
use crate::authority::revocation::partition::CrlPartition;
use crate::authority::{CertificateAuthority, CertificateAuthorityStatus};
use crate::crypto::async_signer::AsyncSigner;
use crate::crypto::signer::sealed::Sealed;
use crate::crypto::signer::{SignError, Signature, Signer};
use crate::crypto::verifier::{SignatureVerifier, VerifyError, verify};
use crate::csr::{Csr, Proven};
use crate::error::Error;
use crate::idempotency::key::{Fingerprint, IdempotencyKey, Keys};
use crate::idempotency::memory::MemoryStore;
use crate::idempotency::wait::Event;
use crate::idempotency::waiter::Waiter;
use crate::idempotency::{Claim, Held, IdempotencyMode, IdempotencyStore};
use crate::issue::clock::{Clock, SystemClock};
use crate::issue::prepared::Prepared;
use crate::issue::serial_source::{RandomSerial, SerialSource};
use crate::issued::IssuedCertificate;
use crate::request::issue_certificate::IssueCertificateRequest;
use crate::x509::algorithm::SigningAlgorithm;
use crate::x509::serial::SerialNumber;
use crate::x509::timestamp::Timestamp;

/// Issues certificates of one certificate authority: the drivers of [`Preparation`] for services.
///
/// An issuer is immutable and shared between threads; requests without an idempotency token take no lock. It holds the
/// authority as it was when the issuer was built: after an import or a change of state, build another, and give it the same
/// [store of idempotency tokens](IssuerBuilder::idempotency). `S` is `dyn Signer`, for [`Issuer::issue`]; `dyn AsyncSigner`, for
/// [`Issuer::issue_async`]; or `()`, for a key that is elsewhere.
pub struct Issuer<S: ?Sized = dyn Signer> {
    authority: CertificateAuthority,
    signer: Box<S>,
    verifier: Box<dyn SignatureVerifier>,
    clock: Box<dyn Clock>,
    serials: Box<dyn SerialSource>,
    options: IssuanceOptions,
    store: Box<dyn IdempotencyStore>,
    keys: Keys,
    verify_signatures: bool,
    /// Those of the key's algorithms that the verifier does not do.
    unverifiable: Vec<SigningAlgorithm>,
    turns: Turns,
}

/// Builds an [`Issuer`].
pub struct IssuerBuilder<S: ?Sized = dyn Signer> {
    verify_every_signature: bool,
    issuer: Issuer<S>,
}

impl<S: ?Sized> fmt::Debug for Issuer<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Issuer").field("authority", self.authority.arn()).finish_non_exhaustive()
    }
}

impl<S: ?Sized> fmt::Debug for IssuerBuilder<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IssuerBuilder").field("issuer", &self.issuer).finish()
    }
}

impl<S: ?Sized> IssuerBuilder<S> {
    fn new(authority: CertificateAuthority, signer: Box<S>, verifier: impl SignatureVerifier + 'static) -> Self {
        let keys = Keys::new(IdempotencyMode::default(), &authority);
        IssuerBuilder {
            verify_every_signature: false,
            issuer: Issuer {
                authority,
                signer,
                verifier: Box::new(verifier),
                clock: Box::new(SystemClock),
                serials: Box::new(RandomSerial),
                options: IssuanceOptions::default(),
                store: Box::new(MemoryStore::default()),
                keys,
                verify_signatures: true,
                unverifiable: Vec::new(),
                turns: Turns::default(),
            },
        }
    }

    /// Replaces the system's clock.
    #[must_use]
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.issuer.clock = Box::new(clock);
        self
    }

    /// Replaces the random serial numbers.
    #[must_use]
    pub fn serial_source(mut self, serials: impl SerialSource + 'static) -> Self {
        self.issuer.serials = Box::new(serials);
        self
    }

    /// Sets what the operator decides beyond the rules.
    #[must_use]
    pub fn options(mut self, options: IssuanceOptions) -> Self {
        self.issuer.options = options;
        self
    }

    /// Replaces the store of idempotency tokens, and how requests under one token are told apart (R-IDM). If not said, tokens
    /// are kept in memory for 5 minutes, by this issuer alone, and the CSR tells requests apart.
    ///
    /// Issuers of one authority that follow each other, or stand side by side, must share a store, such as an
    /// `Arc<MemoryStore>`: a retry that reaches another store gets a second certificate.
    #[must_use]
    pub fn idempotency(mut self, store: impl IdempotencyStore + 'static, mode: IdempotencyMode) -> Self {
        self.issuer.store = Box::new(store);
        self.issuer.keys = Keys::new(mode, &self.issuer.authority);
        self
    }

    /// Verifies every signature before a certificate leaves, those of the crate's own in-process signers too; off by default.
    ///
    /// A fault in this process or its hardware can make a wrong signature, and a wrong one of a deterministic algorithm beside a
    /// right one of the same octets can give the private key away (ECDSA, SM2 and ML-DSA of `RustCryptoSigner`; the `rsa` crate and
    /// AWS-LC check theirs of RSA). It costs one verification a certificate.
    #[must_use]
    pub fn verify_every_signature(mut self, verify: bool) -> Self {
        self.verify_every_signature = verify;
        self
    }
}

impl IssuerBuilder {
    /// The issuer.
    ///
    /// One of the crate's own in-process signers is tried once here, and each of its signatures trusted from then on, unless
    /// [`IssuerBuilder::verify_every_signature`] asks for more; every signature of any other signer is verified before a certificate
    /// leaves.
    ///
    /// # Errors
    /// [`Error::SignerKey`] when the signer has another key than the authority; [`Error::Unverifiable`] when the verifier does
    /// none of the key's algorithms; [`Error::Signer`] or [`Error::Signature`] when the trial fails.
    pub fn build(self) -> Result<Issuer, Error> {
        let mut issuer = self.issuer;
        if issuer.signer.public_key_der() != issuer.authority.public_key_der() {
            return Err(Error::SignerKey);
        }
        issuer.ask_verifier()?;
        if issuer.signer.checked_at_construction(Sealed) {
            let trusted = issuer.try_signer()?;
            issuer.verify_signatures = self.verify_every_signature || !trusted;
        }
        Ok(issuer)
    }
}

impl IssuerBuilder<dyn AsyncSigner> {
    /// The issuer.
    ///
    /// # Errors
    /// [`Error::SignerKey`] when the signer has another key than the authority; [`Error::Unverifiable`] when the verifier does
    /// none of the key's algorithms.
    pub fn build(self) -> Result<Issuer<dyn AsyncSigner>, Error> {
        let mut issuer = self.issuer;
        if issuer.signer.public_key_der() != issuer.authority.public_key_der() {
            return Err(Error::SignerKey);
        }
        issuer.ask_verifier()?;
        Ok(issuer)
    }
}

impl IssuerBuilder<()> {
    /// The issuer.
    pub fn build(self) -> Issuer<()> {
        self.issuer
    }
}

impl<S: ?Sized> Issuer<S> {
    /// The authority that issues.
    pub fn authority(&self) -> &CertificateAuthority {
        &self.authority
    }

    #[cfg(feature = "serde")]
    pub(super) fn verifier(&self) -> &dyn SignatureVerifier {
        &*self.verifier
    }

    #[cfg(feature = "serde")]
    pub(super) fn keys(&self) -> &Keys {
        &self.keys
    }

    #[cfg(feature = "serde")]
    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(super) fn preparation(&self) -> Result<Preparation<'_>, Error> {
        self.preparation_now(self.clock.now())
    }

    fn preparation_now(&self, now: Timestamp) -> Result<Preparation<'_>, Error> {
        let serial = self.serials.next_serial()?;
        Ok(self.preparation_at(now, serial, self.turns.next(&self.authority, serial)))
    }

    pub(super) fn preparation_at(
        &self,
        now: Timestamp,
        serial: SerialNumber,
        partition: Option<CrlPartition>,
    ) -> Preparation<'_> {
        let (authority, verifier, options) = (&self.authority, &*self.verifier, &self.options);
        Preparation { authority, now, serial, partition, verifier, options }
    }

    /// What is to be signed has had its turn; what was refused, or issued before, has not.
    pub(super) fn in_turn(&self, prepared: Prepared) -> Prepared {
        self.turns.note(prepared.crl_partition());
        prepared
    }

    /// Prepares a certificate and does not sign it: a dry run, or the first half of a ceremony.
    ///
    /// # Errors
    /// As [`Issuer::issue`], but for the signer's.
    pub fn prepare(&self, request: &IssueCertificateRequest) -> Result<Prepared, Error> {
        Ok(self.in_turn(self.preparation()?.prepare(request)?))
    }

    /// Everything up to the signature, or the certificate that was issued under the request's token. `proven` takes the place
    /// of the request's own CSR. A request that has waited for its token was judged before it waited.
    pub(super) fn begin(
        &self,
        request: &IssueCertificateRequest,
        proven: Option<&Csr<'_, Proven>>,
        has_waited: bool,
    ) -> Result<Attempt<'_>, Error> {
        prepare::check_addressee(&self.authority, request)?;
        let presented = Presented::new(&self.options, request, proven)?;
        let Some(token) = request.idempotency_token() else {
            let prepared = self.prepare_presented(request, presented, self.clock.now())?;
            return Ok(Attempt::Sign(self.in_turn(prepared), None));
        };
        let now = self.clock.now();
        let key = self.keys.of_token(request, token, presented.as_der());
        // Before the store is asked, which would answer an invalid request with an earlier certificate.
        let judged = if has_waited { None } else { Some(self.judge(request, proven, presented, now)?) };
        match self.claim(key, now)? {
            Claimed::Issued(certificate) => Ok(Attempt::Issued(certificate)),
            Claimed::Busy(key) => Ok(Attempt::Wait(key)),
            Claimed::Held(held) => {
                let prepared = match judged {
                    Some(outcome) => outcome?,
                    // The time of issuance is now, not when another caller with this token began to fail.
                    None => self.prepare_presented(request, Presented::new(&self.options, request, proven)?, now)?,
                };
                Ok(Attempt::Sign(self.in_turn(prepared), Some(held)))
            }
        }
    }

    /// Claims a key in the store.
    pub(super) fn claim(
        &self,
        (key, fingerprint): (IdempotencyKey, Fingerprint),
        now: Timestamp,
    ) -> Result<Claimed<'_>, Error> {
        match self.store.claim(&key, fingerprint, now)? {
            Claim::Issue => Ok(Claimed::Held(Held::new(&*self.store, key))),
            Claim::Issued(certificate) => Ok(Claimed::Issued(certificate)),
            Claim::Busy => Ok(Claimed::Busy(key)),
            Claim::Mismatch => Err(Error::IdempotencyMismatch { window_seconds: self.store.window_seconds() }),
            Claim::Full => Err(Error::TooManyTokens { window_seconds: self.store.window_seconds() }),
        }
    }

    /// Prepares a request under a token. An error outside is the request's, whatever was issued before; one inside is of the moment,
    /// and a certificate that was issued within the window stands against it.
    fn judge(
        &self,
        request: &IssueCertificateRequest,
        proven: Option<&Csr<'_, Proven>>,
        presented: Presented<'_>,
        now: Timestamp,
    ) -> Result<Result<Prepared, Error>, Error> {
        match self.prepare_presented(request, presented, now) {
            Err(error @ (Error::AuthorityState { .. } | Error::Validity(_))) => {
                if self.was_valid(request, proven, now)? { Ok(Err(error)) } else { Err(error) }
            }
            outcome => outcome.map(Ok),
        }
    }

    /// Whether a request that is refused for its validity or the state of the authority would be refused for it within the whole
    /// window: by an active authority, at its beginning or its end.
    fn was_valid(
        &self,
        request: &IssueCertificateRequest,
        proven: Option<&Csr<'_, Proven>>,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let mut authority = self.authority.clone();
        if authority.set_status(CertificateAuthorityStatus::Active).is_err() {
            // It has no certificate, so it has issued nothing but its own.
            return Ok(false);
        }
        let window = i64::from(self.store.window_seconds());
        for time in [Some(now), now.checked_add_seconds(-window)].into_iter().flatten() {
            let presented = Presented::new(&self.options, request, proven)?;
            let preparation = self.preparation_at(time, self.serials.next_serial()?, None);
            let preparation = Preparation { authority: &authority, ..preparation };
            if presented.prepare(&preparation, request).is_ok() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn prepare_presented(
        &self,
        request: &IssueCertificateRequest,
        presented: Presented<'_>,
        now: Timestamp,
    ) -> Result<Prepared, Error> {
        let prepared = presented.prepare(&self.preparation_now(now)?, request)?;
        self.check_verifiable(prepared.algorithm())?;
        Ok(prepared)
    }

    /// Finds out which of the key's algorithms the verifier does, before a signature is spent: no signature at all is refused
    /// as invalid by a verifier that does the algorithm.
    fn ask_verifier(&mut self) -> Result<(), Error> {
        let key = self.authority.public_key_der();
        let algorithms = self.authority.key_algorithm().signing_algorithms();
        let lacks = |algorithm: SigningAlgorithm| {
            let answer = self.verifier.verify(algorithm.into(), key, &[], &[]);
            matches!(answer, Err(VerifyError::UnsupportedAlgorithm(_)))
        };
        self.unverifiable = algorithms.iter().copied().filter(|algorithm| lacks(*algorithm)).collect();
        match self.unverifiable.first() {
            Some(first) if self.unverifiable == algorithms => Err(Error::Unverifiable((*first).into())),
            _ => Ok(()),
        }
    }

    /// Before the signer is asked.
    fn check_verifiable(&self, algorithm: SigningAlgorithm) -> Result<(), Error> {
        if self.verify_signatures && self.unverifiable.contains(&algorithm) {
            return Err(Error::Unverifiable(algorithm.into()));
        }
        Ok(())
    }

    pub(super) fn when_free(&self, key: &IdempotencyKey, waiter: Waiter) {
        self.store.when_free(key, waiter);
    }

    /// When the key that another caller holds will be free.
    pub(super) fn freed(&self, key: &IdempotencyKey) -> Event {
        let free = Event::default();
        self.when_free(key, free.waiter());
        free
    }

    fn end(
        &self,
        prepared: Prepared,
        held: Option<Held<'_>>,
        signature: &Signature,
    ) -> Result<Arc<IssuedCertificate>, Error> {
        let certificate = Arc::new(if self.verify_signatures {
            prepared.finish(signature.as_bytes(), &*self.verifier)?
        } else {
            prepared.assemble(signature.as_bytes())
        });
        if let Some(held) = held {
            self.complete(held, &certificate)?;
        }
        Ok(certificate)
    }

    /// Keeps a certificate under the key that is held for it.
    pub(super) fn complete(&self, held: Held<'_>, certificate: &Arc<IssuedCertificate>) -> Result<(), Error> {
        Ok(held.complete(Arc::clone(certificate), self.clock.now())?)
    }
}

/// A key of the store, for whom it is free or taken.
pub(super) enum Claimed<'i> {
    /// This caller has it.
    Held(Held<'i>),
    /// Its certificate was issued before.
    Issued(Arc<IssuedCertificate>),
    /// Another caller has it.
    Busy(IdempotencyKey),
}

/// How far a request has come without the signer. It lives for a moment on the stack, where its size does not matter.
#[allow(clippy::large_enum_variant)]
pub(super) enum Attempt<'i> {
    /// To be signed; where there is a token, it is held.
    Sign(Prepared, Option<Held<'i>>),
    /// Issued before.
    Issued(Arc<IssuedCertificate>),
    /// Another caller holds the token: to be tried again when the key is free.
    Wait(IdempotencyKey),
}

/// The CSR to answer: the request's own, or one in its place whose possession is shown already.
enum Presented<'a> {
    Unproven(Csr<'a>),
    Proven(&'a Csr<'a, Proven>),
}

impl<'a> Presented<'a> {
    fn new(
        options: &IssuanceOptions,
        request: &'a IssueCertificateRequest,
        proven: Option<&'a Csr<'a, Proven>>,
    ) -> Result<Presented<'a>, Error> {
        Ok(match proven {
            Some(csr) => Presented::Proven(csr),
            None => Presented::Unproven(options.decode_csr(request.csr())?),
        })
    }

    fn prepare(self, preparation: &Preparation<'_>, request: &IssueCertificateRequest) -> Result<Prepared, Error> {
        match self {
            Presented::Unproven(csr) => preparation.prepare_unproven(request, csr),
            Presented::Proven(csr) => preparation.prepare_proven(request, csr),
        }
    }

    fn as_der(&self) -> &[u8] {
        match self {
            Presented::Unproven(csr) => csr.as_der(),
            Presented::Proven(csr) => csr.as_der(),
        }
    }
}

impl Issuer {
    /// Makes and verifies one signature, with the first algorithm of the key that signer and verifier do. Says whether there is
    /// one.
    fn try_signer(&self) -> Result<bool, Error> {
        let message = b"a message that is no TBSCertificate";
        let mut unsupported = None;
        let algorithms = self.authority.key_algorithm().signing_algorithms().iter();
        for &algorithm in algorithms.filter(|algorithm| !self.unverifiable.contains(algorithm)) {
            let signature = match self.signer.sign(algorithm, message) {
                Err(error @ SignError::UnsupportedAlgorithm { .. }) => {
                    unsupported = Some(error);
                    continue;
                }
                signature => signature?,
            };
            let key = self.authority.public_key_der();
            verify(&*self.verifier, algorithm.into(), key, message, signature.as_bytes())
                .map_err(Error::of_signature)?;
            return Ok(true);
        }
        unsupported.map_or(Ok(false), |error| Err(error.into()))
    }

    /// Starts building an issuer whose proofs of possession are verified in pure Rust.
    #[cfg(feature = "rustcrypto")]
    pub fn builder(authority: CertificateAuthority, signer: impl Signer + 'static) -> IssuerBuilder {
        Issuer::builder_with_verifier(authority, signer, crate::crypto::rustcrypto::verifier::RustCryptoVerifier)
    }

    /// Starts building an issuer with a verifier of one's own.
    pub fn builder_with_verifier(
        authority: CertificateAuthority,
        signer: impl Signer + 'static,
        verifier: impl SignatureVerifier + 'static,
    ) -> IssuerBuilder {
        IssuerBuilder::new(authority, Box::new(signer), verifier)
    }

    /// Issues a certificate. With an idempotency token, a request that was answered within the window gets the same
    /// certificate again, and concurrent ones wait for the first (R-IDM).
    ///
    /// A request with a token must be valid by itself, or it gets no earlier certificate either; what time alone has done to it, or to
    /// the state of the authority, since a certificate was issued under the token does not count. A request that gets an earlier
    /// certificate has drawn a serial number that no certificate has.
    ///
    /// # Errors
    /// [`Error`]; no certificate leaves then, and the token is free again, unless it is another request's
    /// ([`Error::IdempotencyMismatch`]). With [`Error::Store`] a certificate may have been signed and dropped.
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
        let mut has_waited = false;
        loop {
            match self.begin(request, proven, has_waited)? {
                Attempt::Issued(certificate) => return Ok(certificate),
                Attempt::Wait(key) => self.freed(&key).block(),
                Attempt::Sign(prepared, held) => return self.sign(prepared, held),
            }
            has_waited = true;
        }
    }

    pub(super) fn sign(&self, prepared: Prepared, held: Option<Held<'_>>) -> Result<Arc<IssuedCertificate>, Error> {
        let signature = self.signer.sign(prepared.algorithm(), prepared.tbs_der())?;
        self.end(prepared, held, &signature)
    }
}

impl Issuer<()> {
    /// Starts building an issuer without a signer: it prepares, and takes preparations up again, for a key that this machine has
    /// no way to.
    pub fn offline_builder(
        authority: CertificateAuthority,
        verifier: impl SignatureVerifier + 'static,
    ) -> IssuerBuilder<()> {
        IssuerBuilder::new(authority, Box::new(()), verifier)
    }
}

impl Issuer<dyn AsyncSigner> {
    /// Starts building an issuer whose signer is awaited.
    pub fn async_builder(
        authority: CertificateAuthority,
        signer: impl AsyncSigner + 'static,
        verifier: impl SignatureVerifier + 'static,
    ) -> IssuerBuilder<dyn AsyncSigner> {
        IssuerBuilder::new(authority, Box::new(signer), verifier)
    }

    /// As [`Issuer::issue`], without blocking on the signer or on another caller with the same token. The proof of possession is
    /// verified on the thread that polls. Dropped before it is ready, it issues nothing and frees the token.
    ///
    /// # Errors
    /// As [`Issuer::issue`].
    pub async fn issue_async(&self, request: &IssueCertificateRequest) -> Result<Arc<IssuedCertificate>, Error> {
        self.issue_presented_async(request, None).await
    }

    /// As [`Issuer::issue_async`], for a CSR whose possession is shown already, in place of the request's own: see
    /// [`Issuer::issue_proven`].
    ///
    /// # Errors
    /// As [`Issuer::issue`].
    pub async fn issue_proven_async(
        &self,
        request: &IssueCertificateRequest,
        csr: &Csr<'_, Proven>,
    ) -> Result<Arc<IssuedCertificate>, Error> {
        self.issue_presented_async(request, Some(csr)).await
    }

    async fn issue_presented_async(
        &self,
        request: &IssueCertificateRequest,
        proven: Option<&Csr<'_, Proven>>,
    ) -> Result<Arc<IssuedCertificate>, Error> {
        let mut has_waited = false;
        loop {
            match self.begin(request, proven, has_waited)? {
                Attempt::Issued(certificate) => return Ok(certificate),
                Attempt::Wait(key) => self.freed(&key).await,
                Attempt::Sign(prepared, held) => {
                    let signature = self.signer.sign(prepared.algorithm(), prepared.tbs_der()).await?;
                    return self.end(prepared, held, &signature);
                }
            }
            has_waited = true;
        }
    }
}
