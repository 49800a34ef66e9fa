//! The driver: clock, serial numbers, signer and idempotency around the two phases.

use std::fmt;
use std::sync::Arc;

use super::prepare;
use super::{IssuanceOptions, IssuedCertificate, Preparation, Prepared};
use crate::idempotency::{Claim, Fingerprint, Held, IdempotencyKey, IdempotencyMode, IdempotencyStore, MemoryStore};
use crate::sign::sealed::Sealed;
use crate::{
    CertificateAuthority, Clock, Csr, Error, IssueCertificateRequest, RandomSerial, SerialSource, SignError,
    SignatureVerifier, Signer, SystemClock,
};

/// Issues certificates of one certificate authority: the drivers of [`Preparation`] for services.
///
/// An issuer is immutable and shared between threads; requests without an idempotency token take no lock.
pub struct Issuer {
    authority: CertificateAuthority,
    signer: Box<dyn Signer>,
    verifier: Box<dyn SignatureVerifier>,
    clock: Box<dyn Clock>,
    serials: Box<dyn SerialSource>,
    options: IssuanceOptions,
    store: Box<dyn IdempotencyStore>,
    mode: IdempotencyMode,
    verify_signatures: bool,
}

/// Builds an [`Issuer`].
pub struct IssuerBuilder {
    authority: CertificateAuthority,
    signer: Box<dyn Signer>,
    verifier: Box<dyn SignatureVerifier>,
    clock: Box<dyn Clock>,
    serials: Box<dyn SerialSource>,
    options: IssuanceOptions,
    store: Box<dyn IdempotencyStore>,
    mode: IdempotencyMode,
}

impl fmt::Debug for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Issuer").field("authority", self.authority.arn()).finish_non_exhaustive()
    }
}

impl fmt::Debug for IssuerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IssuerBuilder").field("authority", self.authority.arn()).finish_non_exhaustive()
    }
}

impl IssuerBuilder {
    /// Replaces the system's clock.
    #[must_use]
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Box::new(clock);
        self
    }

    /// Replaces the random serial numbers.
    #[must_use]
    pub fn serial_source(mut self, serials: impl SerialSource + 'static) -> Self {
        self.serials = Box::new(serials);
        self
    }

    /// Sets what the operator decides beyond the rules.
    #[must_use]
    pub fn options(mut self, options: IssuanceOptions) -> Self {
        self.options = options;
        self
    }

    /// Replaces the store of idempotency tokens, and how requests under one token are told apart (R-IDM). If not said, tokens
    /// are kept in memory for 5 minutes, and the CSR tells requests apart.
    #[must_use]
    pub fn idempotency(mut self, store: impl IdempotencyStore + 'static, mode: IdempotencyMode) -> Self {
        (self.store, self.mode) = (Box::new(store), mode);
        self
    }

    /// The issuer.
    ///
    /// One of the crate's own in-process signers is tried once here, and each of its signatures trusted from then on; every
    /// signature of any other signer is verified before a certificate leaves.
    ///
    /// # Errors
    /// [`Error::SignerKey`] when the signer has another key than the authority; [`Error::Signer`] or [`Error::Signature`] when
    /// the trial fails.
    pub fn build(self) -> Result<Issuer, Error> {
        let IssuerBuilder { authority, signer, verifier, clock, serials, options, store, mode } = self;
        if signer.public_key_der() != authority.public_key_der() {
            return Err(Error::SignerKey);
        }
        let trusted = signer.checked_at_construction(Sealed);
        if trusted {
            trial(&*signer, &*verifier, &authority)?;
        }
        Ok(Issuer { authority, signer, verifier, clock, serials, options, store, mode, verify_signatures: !trusted })
    }
}

/// One signature, made and verified, with the first algorithm of the key that the signer does.
fn trial(signer: &dyn Signer, verifier: &dyn SignatureVerifier, authority: &CertificateAuthority) -> Result<(), Error> {
    let message = b"a message that is no TBSCertificate";
    let mut unsupported = None;
    for &algorithm in authority.key_algorithm().signing_algorithms() {
        match signer.sign(algorithm, message) {
            Err(error @ SignError::UnsupportedAlgorithm { .. }) => unsupported = Some(error),
            signature => {
                return verifier
                    .verify(algorithm.into(), authority.public_key_der(), message, signature?.as_bytes())
                    .map_err(Error::Signature);
            }
        }
    }
    unsupported.map_or(Ok(()), |error| Err(error.into()))
}

impl Issuer {
    /// Starts building an issuer whose proofs of possession are verified in pure Rust.
    #[cfg(feature = "rustcrypto")]
    pub fn builder(authority: CertificateAuthority, signer: impl Signer + 'static) -> IssuerBuilder {
        Issuer::builder_with_verifier(authority, signer, crate::RustCryptoVerifier)
    }

    /// Starts building an issuer with a verifier of one's own.
    pub fn builder_with_verifier(
        authority: CertificateAuthority,
        signer: impl Signer + 'static,
        verifier: impl SignatureVerifier + 'static,
    ) -> IssuerBuilder {
        IssuerBuilder {
            authority,
            signer: Box::new(signer),
            verifier: Box::new(verifier),
            clock: Box::new(SystemClock),
            serials: Box::new(RandomSerial),
            options: IssuanceOptions::default(),
            store: Box::new(MemoryStore::default()),
            mode: IdempotencyMode::default(),
        }
    }

    /// The authority that issues.
    pub fn authority(&self) -> &CertificateAuthority {
        &self.authority
    }

    fn preparation(&self) -> Result<Preparation<'_>, Error> {
        Ok(Preparation {
            authority: &self.authority,
            now: self.clock.now(),
            serial: self.serials.next_serial()?,
            verifier: &*self.verifier,
            options: &self.options,
        })
    }

    /// Prepares a certificate and does not sign it: a dry run, or the first half of a ceremony.
    ///
    /// # Errors
    /// As [`Issuer::issue`], but for the signer's.
    pub fn prepare(&self, request: &IssueCertificateRequest) -> Result<Prepared, Error> {
        self.preparation()?.prepare(request)
    }

    /// Issues a certificate. With an idempotency token, a request that was answered within the window gets the same
    /// certificate again, and concurrent ones wait for the first (R-IDM).
    ///
    /// # Errors
    /// [`Error`]; no certificate was made then, and the token is free again.
    pub fn issue(&self, request: &IssueCertificateRequest) -> Result<Arc<IssuedCertificate>, Error> {
        let Some(token) = request.idempotency_token() else {
            return self.sign(self.prepare(request)?).map(Arc::new);
        };
        prepare::check_addressee(&self.authority, request)?;
        let csr = Csr::decode(request.csr())?;
        let key = IdempotencyKey::new(self.mode, request, token, csr.as_der());
        match self.store.claim(&key, Fingerprint::new(self.mode, request), self.clock.now())? {
            Claim::Issued(certificate) => Ok(certificate),
            Claim::Mismatch => Err(Error::IdempotencyMismatch { window_seconds: self.store.window_seconds() }),
            Claim::Issue => {
                let held = Held::new(&*self.store, key);
                // The time of issuance is now, not when another caller with this token began to fail.
                let prepared = self.preparation()?.prepare_unproven(request, csr)?;
                let certificate = Arc::new(self.sign(prepared)?);
                held.complete(Arc::clone(&certificate), self.clock.now())?;
                Ok(certificate)
            }
        }
    }

    fn sign(&self, prepared: Prepared) -> Result<IssuedCertificate, Error> {
        let signature = self.signer.sign(prepared.algorithm(), prepared.tbs_der())?;
        if self.verify_signatures {
            prepared.finish(signature.as_bytes(), &*self.verifier)
        } else {
            Ok(prepared.assemble(signature.as_bytes()))
        }
    }
}
