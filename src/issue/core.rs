//! What every issuer is made of, whatever signs: clock, serial numbers and tokens around the two phases.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::algorithm_choice::AlgorithmChoice;
use super::attempt::{Asked, Presented};
use super::clock::{Clock, SystemClock};
use super::places::{Next, Place, Places};
use super::prepare::{IssuanceOptions, Preparation};
use super::prepared::Prepared;
use super::serial_source::{RandomSerial, SerialSource};
use super::turns::Turns;
use crate::authority::ca::{CertificateAuthority, CertificateAuthorityStatus};
use crate::authority::revocation::partition::CrlPartition;
use crate::crypto::verifier::SignatureVerifier;
use crate::error::Error;
use crate::issued::IssuedCertificate;
use crate::ledger::awaited::AsyncLedger;
use crate::ledger::blocking::{Keeps, Ledger};
use crate::ledger::intent::{Intent, Token};
use crate::ledger::key::{IdempotencyMode, Keys};
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
    /// What the issuer's ledger is like; without one, nothing is recorded and tokens do not count.
    pub(super) ledger: Option<LedgerFacts>,
    /// Who asks, for the ledger.
    pub(super) caller: Option<Arc<str>>,
    mode: IdempotencyMode,
    keys: Keys,
    pub(super) trust: Trust,
    /// Those of the key's algorithms that the verifier does not support.
    pub(super) unverifiable: Vec<SigningAlgorithm>,
    default_algorithm: SigningAlgorithm,
    turns: Arc<Turns>,
    places: Arc<Places>,
}

/// What does not change of a ledger.
#[derive(Debug, Clone, Copy)]
pub(super) struct LedgerFacts {
    pub(super) keeps: Keeps,
    pub(super) window_seconds: u32,
}

impl LedgerFacts {
    pub(super) fn of(ledger: &dyn Ledger) -> LedgerFacts {
        LedgerFacts { keeps: ledger.keeps(), window_seconds: ledger.window_seconds() }
    }

    pub(super) fn of_async(ledger: &dyn AsyncLedger) -> LedgerFacts {
        LedgerFacts { keeps: ledger.keeps(), window_seconds: ledger.window_seconds() }
    }
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
            ledger: None,
            caller: None,
            mode,
            trust: Trust::default(),
            unverifiable: Vec::new(),
            turns: Arc::default(),
            places: Arc::default(),
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
        // Each authority has places of its own.
        let is_same = authority.arn() == self.authority.arn();
        let places = if is_same { Arc::clone(&self.places) } else { Arc::default() };
        Ok(Core { keys: Keys::new(self.mode, &authority), authority, places, ..self.clone() })
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

    /// What the next certificate needs of the ledger; nothing where nobody counts what is in a partition.
    #[inline]
    pub(super) fn next_place(&self) -> Option<Next> {
        let counts = self.ledger.is_some_and(|ledger| ledger.keeps == Keeps::Everything);
        if counts && self.authority.opens_partitions() { Some(self.places.next()) } else { None }
    }

    pub(super) fn preparation(&self, place: Option<&Place>) -> Result<Preparation<'_>, Error> {
        self.preparation_now(self.clock.now(), place)
    }

    fn preparation_now(&self, now: Timestamp, place: Option<&Place>) -> Result<Preparation<'_>, Error> {
        let serial = self.serials.next_serial()?;
        let partition = match place {
            Some(place) => Some(place.partition(&self.authority, self.options.certificates_per_partition)?),
            None => self.turns.next(&self.authority, serial),
        };
        Ok(self.preparation_at(now, serial, partition))
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
        self.note_turn(prepared.crl_partition());
        prepared
    }

    pub(super) fn note_turn(&self, partition: Option<CrlPartition>) {
        self.turns.note(partition);
    }

    /// Prepares a certificate and does not sign it: a dry run, or the first half of a ceremony.
    ///
    /// # Errors
    /// As [`Issuer::issue`], but for the signer's.
    pub(super) fn prepare(&self, request: &IssueCertificateRequest) -> Result<Prepared, Error> {
        Ok(self.in_turn(self.preparation(None)?.prepare(request)?))
    }

    /// The token of a request, where tokens count.
    pub(super) fn token_of(&self, request: &IssueCertificateRequest, csr_der: &[u8]) -> Option<Token> {
        self.ledger?;
        let (key, fingerprint) = self.keys.of_token(request, request.idempotency_token()?, csr_der);
        Some(Token::new(key, fingerprint))
    }

    pub(super) fn window_seconds(&self) -> u32 {
        self.ledger.map_or(0, |ledger| ledger.window_seconds)
    }

    pub(super) fn mismatch(&self) -> Error {
        Error::IdempotencyMismatch { window_seconds: self.window_seconds() }
    }

    /// Whether a request that is refused for its validity or the state of the authority would be refused for it within the whole
    /// window: by an active authority, at its beginning or its end.
    pub(super) fn was_valid(&self, asked: Asked<'_>, now: Timestamp) -> Result<bool, Error> {
        let mut authority = self.authority.clone();
        if authority.set_status(CertificateAuthorityStatus::Active).is_err() {
            // It has no certificate, so it has issued nothing but its own.
            return Ok(false);
        }
        let window = i64::from(self.window_seconds());
        for time in [Some(now), now.checked_add_seconds(-window)].into_iter().flatten() {
            let preparation = self.preparation_at(time, self.serials.next_serial()?, None);
            let preparation = Preparation { authority: &authority, ..preparation };
            if asked.present()?.prepare(&preparation, asked.request).is_ok() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether what was recorded may be signed by the authority as it is now (R-LED-2).
    pub(super) fn check_standing(&self, intent: &Intent) -> Result<(), Error> {
        let unsigned = intent.unsigned();
        let is_self_signed = unsigned.authority.chain.is_empty();
        if unsigned.authority != self.authority.issued_by(is_self_signed) {
            return Err(Error::AuthorityChanged);
        }
        self.preparation_at(self.clock.now(), intent.serial(), intent.crl_partition())
            .check_standing(is_self_signed, intent.plan())?;
        self.check_verifiable(intent.algorithm())
    }

    pub(super) fn prepare_presented(
        &self,
        request: &IssueCertificateRequest,
        presented: Presented<'_>,
        now: Timestamp,
        place: Option<&Place>,
    ) -> Result<Prepared, Error> {
        let prepared = presented.prepare(&self.preparation_now(now, place)?, request)?;
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

    /// The certificate, with a signature that is verified unless the signer is trusted.
    pub(super) fn finish(&self, prepared: Prepared, signature: &[u8]) -> Result<IssuedCertificate, Error> {
        if !self.trust.verifies() {
            return Ok(prepared.unsigned.assemble(signature));
        }
        let certificate = prepared.finish(signature, &*self.verifier)?;
        self.trust.one_was_good();
        Ok(certificate)
    }
}

/// The settings that all builders of issuers have.
macro_rules! settings {
    ($builder:ident, $ledger:ident) => {
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

            /// Replaces the ledger. By default, idempotency tokens are kept in memory for 5 minutes, by this issuer alone
            /// (R-IDM), and nothing else is.
            ///
            /// Issuers of one authority that run side by side must share a ledger, such as an `Arc<MemoryLedger>`: a retry that
            /// reaches another one gets a second certificate.
            #[must_use]
            pub fn ledger(mut self, ledger: impl $ledger + 'static) -> Self {
                self.ledger = Some(Arc::new(ledger));
                self
            }

            /// Takes the ledger away: nothing is recorded, and idempotency tokens have no effect. A certificate can then be
            /// signed and lost, and a retry gets another one.
            #[must_use]
            pub fn without_ledger(mut self) -> Self {
                self.ledger = None;
                self
            }

            /// Sets how requests under one idempotency token are told apart (R-IDM-2): by their CSR, if nothing is set.
            #[must_use]
            pub fn idempotency(mut self, mode: IdempotencyMode) -> Self {
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

            /// This issuer for one caller, whose name stands beside every intent in the ledger: an ARN of a principal, say, or
            /// the number of an order. The ledger does not read it.
            #[must_use]
            pub fn for_caller(&self, caller: impl Into<Arc<str>>) -> $issuer {
                let mut issuer = self.clone();
                issuer.core.caller = Some(caller.into());
                issuer
            }

            /// This issuer for callers whom an IAM policy document limits, beside what limits everybody (R-POL-7).
            #[cfg(feature = "serde")]
            #[must_use]
            pub fn with_iam_document(&self, document: crate::policy::iam::IamDocument) -> $issuer {
                let mut issuer = self.clone();
                issuer.core.options = issuer.core.options.iam_document(document);
                issuer
            }

            /// Prepares a certificate and does not sign it: a dry run, or the first half of a ceremony. The ledger is not asked, so the
            /// certificate is in one of [`CertificateAuthority::crl_partitions`], which nobody counts.
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
                $builder {
                    core: Core::new(authority, verifier),
                    signer: Arc::new(signer),
                    ledger: Some(Arc::new(MemoryLedger::default())),
                    trust: None,
                }
            }

            /// This issuer for another state of its authority, after an import or a change of status, say. It shares signer,
            /// ledger and all else; the signer has no new trial.
            ///
            /// # Errors
            /// [`Error::SignerKey`] if the authority has another key.
            pub fn with_authority(&self, authority: CertificateAuthority) -> Result<$issuer, Error> {
                Ok($issuer {
                    core: self.core.with_authority(authority)?,
                    signer: Arc::clone(&self.signer),
                    ledger: self.ledger.clone(),
                })
            }
        }
    };
}
pub(super) use constructors;
