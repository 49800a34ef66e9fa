//! What every issuer is made of, whatever signs: clock, serial numbers and idempotency around the two phases.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::algorithm_choice::AlgorithmChoice;
use super::attempt::{Attempt, Claimed, Presented};
use super::clock::{Clock, SystemClock};
use super::prepare;
use super::prepare::{IssuanceOptions, Preparation};
use super::prepared::Prepared;
use super::serial_source::{RandomSerial, SerialSource};
use super::turns::Turns;
use crate::authority::ca::{CertificateAuthority, CertificateAuthorityStatus};
use crate::authority::revocation::partition::CrlPartition;
use crate::crypto::signer::Signature;
use crate::crypto::verifier::SignatureVerifier;
use crate::csr::certification_request::{Csr, Proven};
use crate::error::Error;
use crate::idempotency::key::{Fingerprint, IdempotencyKey, Keys};
use crate::idempotency::memory::MemoryStore;
use crate::idempotency::wait::Event;
use crate::idempotency::waiter::Waiter;
use crate::idempotency::{Claim, Held, IdempotencyMode, IdempotencyStore};
use crate::issued::IssuedCertificate;
use crate::request::issue_certificate::{IssueCertificateRequest, IssueCertificateRequestBuilder};
use crate::x509::algorithm::SigningAlgorithm;
use crate::x509::serial::SerialNumber;
use crate::x509::timestamp::Timestamp;

/// An issuer without what signs. Its clones share everything but the authority.
#[derive(Clone)]
pub(super) struct Core {
    pub(super) authority: CertificateAuthority,
    pub(super) verifier: Arc<dyn SignatureVerifier>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) serials: Arc<dyn SerialSource>,
    pub(super) options: IssuanceOptions,
    pub(super) store: Arc<dyn IdempotencyStore>,
    pub(super) mode: IdempotencyMode,
    keys: Keys,
    pub(super) trust: Trust,
    /// Those of the key's algorithms that the verifier does not support.
    pub(super) unverifiable: Vec<SigningAlgorithm>,
    default_algorithm: SigningAlgorithm,
    turns: Arc<Turns>,
}

/// Whether signatures are verified before a certificate leaves.
#[derive(Debug, Clone, Default)]
pub(super) enum Trust {
    /// All of them.
    #[default]
    Never,
    /// Until one of them was good.
    AfterOne(Arc<AtomicBool>),
}

impl Trust {
    fn verifies(&self) -> bool {
        match self {
            Trust::Never => true,
            Trust::AfterOne(good) => !good.load(Ordering::Relaxed),
        }
    }

    pub(super) fn one_was_good(&self) {
        if let Trust::AfterOne(good) = self {
            good.store(true, Ordering::Relaxed);
        }
    }
}

impl Core {
    pub(super) fn new(authority: CertificateAuthority, verifier: impl SignatureVerifier + 'static) -> Core {
        let mode = IdempotencyMode::default();
        Core {
            keys: Keys::new(mode, &authority),
            default_algorithm: authority.key_algorithm().default_signing_algorithm(),
            authority,
            verifier: Arc::new(verifier),
            clock: Arc::new(SystemClock),
            serials: Arc::new(RandomSerial),
            options: IssuanceOptions::default(),
            store: Arc::new(MemoryStore::default()),
            mode,
            trust: Trust::default(),
            unverifiable: Vec::new(),
            turns: Arc::default(),
        }
    }

    /// Settles how requests under one token are told apart.
    pub(super) fn set_mode(&mut self, mode: IdempotencyMode) {
        self.mode = mode;
        self.keys = Keys::new(mode, &self.authority);
    }

    /// The same with another state of the authority.
    pub(super) fn with_authority(&self, authority: CertificateAuthority) -> Result<Core, Error> {
        if authority.public_key_der() != self.authority.public_key_der() {
            return Err(Error::SignerKey);
        }
        Ok(Core { keys: Keys::new(self.mode, &authority), authority, ..self.clone() })
    }

    /// A request that says what the issuer knows.
    pub(super) fn request(&self, csr: &[u8]) -> IssueCertificateRequestBuilder {
        IssueCertificateRequest::builder()
            .certificate_authority_arn(self.authority.arn().clone())
            .csr(csr)
            .signing_algorithm(self.default_algorithm)
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

    pub(super) fn preparation_now(&self, now: Timestamp) -> Result<Preparation<'_>, Error> {
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
    pub(super) fn prepare(&self, request: &IssueCertificateRequest) -> Result<Prepared, Error> {
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
    pub(super) fn judge(
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
    pub(super) fn was_valid(
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

    pub(super) fn prepare_presented(
        &self,
        request: &IssueCertificateRequest,
        presented: Presented<'_>,
        now: Timestamp,
    ) -> Result<Prepared, Error> {
        let prepared = presented.prepare(&self.preparation_now(now)?, request)?;
        self.check_verifiable(prepared.algorithm())?;
        Ok(prepared)
    }

    /// Refuses a signer of another key, and one whose `declared` algorithms could never be used; the default algorithm is one that
    /// signer and verifier support.
    pub(super) fn check_signer(&mut self, public_key_der: &[u8], declared: &[SigningAlgorithm]) -> Result<(), Error> {
        if public_key_der != self.authority.public_key_der() {
            return Err(Error::SignerKey);
        }
        let key = self.authority.key_algorithm();
        let choice = AlgorithmChoice::new(key, public_key_der, declared, &*self.verifier)?;
        self.default_algorithm = choice.default;
        self.unverifiable = choice.unverifiable;
        Ok(())
    }

    /// Before the signer is asked.
    pub(super) fn check_verifiable(&self, algorithm: SigningAlgorithm) -> Result<(), Error> {
        if self.trust.verifies() && self.unverifiable.contains(&algorithm) {
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

    pub(super) fn end(
        &self,
        prepared: Prepared,
        held: Option<Held<'_>>,
        signature: &Signature,
    ) -> Result<Arc<IssuedCertificate>, Error> {
        let certificate = if self.trust.verifies() {
            let certificate = prepared.finish(signature.as_bytes(), &*self.verifier)?;
            self.trust.one_was_good();
            certificate
        } else {
            prepared.assemble(signature.as_bytes())
        };
        let certificate = Arc::new(certificate);
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

/// The settings that all builders of issuers have.
macro_rules! settings {
    ($builder:ident) => {
        impl $builder {
            /// Replaces the system's clock.
            #[must_use]
            pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
                self.core.clock = Arc::new(clock);
                self
            }

            /// Replaces the random serial numbers.
            #[must_use]
            pub fn serial_source(mut self, serials: impl SerialSource + 'static) -> Self {
                self.core.serials = Arc::new(serials);
                self
            }

            /// Sets what the operator decides beyond the rules.
            #[must_use]
            pub fn options(mut self, options: IssuanceOptions) -> Self {
                self.core.options = options;
                self
            }

            /// Replaces the store of idempotency tokens, and how requests under one token are told apart (R-IDM). By default,
            /// tokens are kept in memory for 5 minutes, by this issuer alone, and the CSR tells requests apart.
            ///
            /// Issuers of one authority that run side by side must share a store, such as an `Arc<MemoryStore>`: a retry that
            /// reaches another store gets a second certificate.
            #[must_use]
            pub fn idempotency(mut self, store: impl IdempotencyStore + 'static, mode: IdempotencyMode) -> Self {
                self.core.store = Arc::new(store);
                self.core.set_mode(mode);
                self
            }
        }

        impl fmt::Debug for $builder {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($builder))
                    .field("authority", self.core.authority.arn())
                    .finish_non_exhaustive()
            }
        }
    };
}
pub(super) use settings;

/// What all issuers can do, whatever signs.
macro_rules! basics {
    ($issuer:ident) => {
        impl $issuer {
            /// The authority that issues.
            pub fn authority(&self) -> &CertificateAuthority {
                &self.core.authority
            }

            /// Starts a request for a CSR (PEM or DER, 1 to 32768 bytes) to this issuer: the ARN of its authority, and as signing
            /// algorithm the [default of the key](crate::x509::algorithm::KeyAlgorithm::default_signing_algorithm), or the first that
            /// can be used if that cannot.
            pub fn request(&self, csr: impl AsRef<[u8]>) -> IssueCertificateRequestBuilder {
                self.core.request(csr.as_ref())
            }

            /// Prepares a certificate and does not sign it: a dry run, or the first half of a ceremony.
            ///
            /// # Errors
            /// [`Error`], of the request, the authority, the serial number or the proof of possession.
            pub fn prepare(&self, request: &IssueCertificateRequest) -> Result<Prepared, Error> {
                self.core.prepare(request)
            }
        }

        impl fmt::Debug for $issuer {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($issuer))
                    .field("authority", self.core.authority.arn())
                    .finish_non_exhaustive()
            }
        }
    };
}
pub(super) use basics;

/// The constructors of the issuers that have a signer.
macro_rules! constructors {
    ($issuer:ident, $builder:ident, $signer:ident) => {
        impl $issuer {
            /// An issuer with all defaults, whose proofs of possession are verified in pure Rust.
            ///
            /// # Errors
            /// As for `build` of the builder.
            #[cfg(feature = "_rustcrypto")]
            pub fn new(authority: CertificateAuthority, signer: impl $signer + 'static) -> Result<$issuer, Error> {
                $issuer::builder(authority, signer).build()
            }

            /// Starts building an issuer whose proofs of possession are verified in pure Rust.
            #[cfg(feature = "_rustcrypto")]
            pub fn builder(authority: CertificateAuthority, signer: impl $signer + 'static) -> $builder {
                $issuer::builder_with_verifier(
                    authority,
                    signer,
                    crate::crypto::rustcrypto::verifier::RustCryptoVerifier,
                )
            }

            /// Starts building an issuer with a verifier of your choice, for proofs of possession and for what the signer
            /// makes.
            pub fn builder_with_verifier(
                authority: CertificateAuthority,
                signer: impl $signer + 'static,
                verifier: impl SignatureVerifier + 'static,
            ) -> $builder {
                $builder { core: Core::new(authority, verifier), signer: Arc::new(signer), trust: None }
            }

            /// This issuer for another state of its authority, after an import or a change of status, say. It shares signer,
            /// store of idempotency tokens and all else; the signer has no new trial.
            ///
            /// # Errors
            /// [`Error::SignerKey`] if the authority has another key.
            pub fn with_authority(&self, authority: CertificateAuthority) -> Result<$issuer, Error> {
                Ok($issuer { core: self.core.with_authority(authority)?, signer: Arc::clone(&self.signer) })
            }
        }
    };
}
pub(super) use constructors;
