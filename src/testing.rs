//! The contracts of signers and of ledgers, as kits that test yours.
//!
//! A signer that keeps the contract of [`Signer`] or [`AsyncSigner`] can be put under an [`Issuer`](crate::issue::issuer::Issuer) without a
//! surprise. [`check_signer`] and [`check_async_signer`] ask a signer for a few dozen signatures, over messages that mean
//! nothing, and say which clause it breaks and what would be right. Run them in the tests of the signer, with the key and the
//! service that it will have.
//!
//! ```
//! # #[cfg(feature = "rustcrypto")] {
//! use issuance::testing::{Outcome, check_signer};
//! use issuance::{KeyAlgorithm, RustCryptoSigner, RustCryptoVerifier, Signer, SigningAlgorithm};
//! use issuance::crypto::{SignError, Signature};
//!
//! /// A key in a token. It forgets that a certificate has the DER of r and s.
//! struct Token(RustCryptoSigner);
//!
//! impl Signer for Token {
//!     fn public_key_der(&self) -> &[u8] {
//!         self.0.public_key_der()
//!     }
//!
//!     fn signing_algorithms(&self) -> &[SigningAlgorithm] {
//!         self.0.signing_algorithms()
//!     }
//!
//!     fn sign(&self, algorithm: SigningAlgorithm, message: &[u8]) -> Result<Signature, SignError> {
//!         self.0.sign(algorithm, message)?;
//!         Ok(Signature::new(vec![7; 64]))
//!     }
//! }
//!
//! let signer = RustCryptoSigner::generate(KeyAlgorithm::EcPrime256v1)?;
//! let report = check_signer(&signer, &RustCryptoVerifier)?;
//! assert!(report.outcomes().contains(&(SigningAlgorithm::Sha256WithEcdsa, Outcome::Signed)));
//!
//! let error = check_signer(&Token(signer), &RustCryptoVerifier).unwrap_err();
//! assert_eq!(
//!     error.to_string(),
//!     "SHA256WITHECDSA over 1 bytes: the signature has 64 bytes that look like r and s without their DER; \
//!      right would be: a signature as it stands in a certificate, for ECDSA a DER ECDSA-Sig-Value (RFC 3279 section \
//!      2.2.3), for RSA as many bytes as the modulus has"
//! );
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod ledger;

use std::any::Any;
use std::fmt;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::pin;
use std::sync::Barrier;
use std::task::{Context, Poll, Waker};

use crate::crypto::async_signer::{AsyncSigner, Immediate};
use crate::crypto::digest::signing_digest;
use crate::crypto::signer::{SignError, Signature, Signer};
use crate::crypto::verifier::{SignatureVerifier, VerifyError};
use crate::error::source::ErrorSource;
use crate::x509::algorithm::{KeyAlgorithm, SigningAlgorithm};
use crate::x509::asn1::reader::{Asn1Error, Reader};
use crate::x509::asn1::tag;
use crate::x509::public_key::{KeyPolicy, positive_integer};

pub use self::ledger::{LedgerContractError, check_ledger, check_reopened_ledger};

/// Lengths of messages: the shortest, that of a usual certificate, and more than the 4,096 bytes at which services stop to
/// take a message as it is.
const MESSAGE_OCTETS: [usize; 3] = [1, 600, 5_000];
const CALLERS: u8 = 4;
const MESSAGES_OF_A_CALLER: u8 = 4;

/// What signers promise. Its text is what would be right. [`check_signer`] has an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum Clause {
    /// The form of the public key.
    #[error("the public key as the DER SubjectPublicKeyInfo of one of the key algorithms of the API")]
    PublicKey,
    /// The public key is always the same.
    #[error("one public key during the whole life of the signer")]
    PublicKeyConstant,
    /// A call ends with a signature or with `UnsupportedAlgorithm`.
    #[error(
        "a signature, or SignError::UnsupportedAlgorithm with the algorithm that was asked for and that of the key"
    )]
    Answer,
    /// An algorithm works for messages of each length.
    #[error(
        "an algorithm that works, works for messages of every length; a service that limits them can be given the digest"
    )]
    EveryMessage,
    /// The form of signatures.
    #[error(
        "a signature as it stands in a certificate, for ECDSA a DER ECDSA-Sig-Value (RFC 3279 section 2.2.3), for RSA as \
         many bytes as the modulus has"
    )]
    Form,
    /// The signature is one of the message, with the algorithm, by the key.
    #[error("a signature of the message itself, with the algorithm that was asked for, by the key in the public key")]
    Signature,
    /// What does not fit the key is refused.
    #[error("SignError::UnsupportedAlgorithm for an algorithm that the key cannot be used with")]
    Refusal,
    /// Something works.
    #[error("at least one algorithm of the key that the signer supports and the verifier verifies")]
    SomeAlgorithm,
    /// What the signer says of itself is what it does.
    #[error("signing_algorithms() with exactly the algorithms that sign() supports")]
    Declaration,
    /// Several callers at a time.
    #[error("the same answers to several callers at a time")]
    Concurrency,
    /// No panic.
    #[error("an error instead of a panic")]
    Panic,
    /// The verifier that the kit was given tells good from bad. Not about the signer.
    #[error("a verifier that refuses a signature of another message")]
    Verifier,
}

/// Where a signer, or the verifier it was tested with, breaks the contract.
/// [`check_signer`] has an example.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{found}; right would be: {clause}")]
pub struct ContractError {
    clause: Clause,
    found: String,
    retryable: bool,
    /// What lies behind the signer's own error, whose text is in `found`.
    source: Option<ErrorSource>,
}

impl ContractError {
    fn new(clause: Clause, found: impl Into<String>) -> ContractError {
        ContractError { clause, found: found.into(), retryable: false, source: None }
    }

    /// Of a call that the signer answered with an error.
    fn of_answer(clause: Clause, call: &str, error: SignError) -> ContractError {
        let (found, retryable) = (format!("{call}: {error}"), error.is_retryable());
        let source = if let SignError::Backend { source, .. } = error { source } else { None };
        ContractError { clause, found, retryable, source }
    }

    /// The clause.
    pub fn clause(&self) -> Clause {
        self.clause
    }

    /// What the signer did.
    pub fn found(&self) -> &str {
        &self.found
    }

    /// Whether the signer was only busy or away ([`SignError::is_retryable`]): then the test is to be run again.
    pub fn is_retryable(&self) -> bool {
        self.retryable
    }
}

/// What became of one algorithm. [`check_signer`] has an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Outcome {
    /// The signer did it, and every signature was good.
    Signed,
    /// The signer answered that it does not support it.
    Unsupported,
    /// The signer did it, and the verifier cannot verify it. Nothing but the form of the signatures is known.
    Unverified,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Outcome::Signed => "signed",
            Outcome::Unsupported => "unsupported",
            Outcome::Unverified => "signed, not verified: the verifier does not support it",
        })
    }
}

/// What a signer that keeps the contract does. It displays as a small table.
/// [`check_signer`] has an example.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    key_algorithm: KeyAlgorithm,
    outcomes: Vec<(SigningAlgorithm, Outcome)>,
}

impl Report {
    /// The algorithm of the key.
    pub fn key_algorithm(&self) -> KeyAlgorithm {
        self.key_algorithm
    }

    /// Each algorithm that the key can be used with, in the order of [`KeyAlgorithm::signing_algorithms`].
    pub fn outcomes(&self) -> &[(SigningAlgorithm, Outcome)] {
        &self.outcomes
    }

    /// The algorithms that work.
    pub fn signed(&self) -> impl Iterator<Item = SigningAlgorithm> {
        self.outcomes.iter().filter(|(_, outcome)| *outcome == Outcome::Signed).map(|(algorithm, _)| *algorithm)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.key_algorithm)?;
        self.outcomes.iter().try_for_each(|(algorithm, outcome)| write!(f, "\n  {:<17}  {outcome}", algorithm.as_str()))
    }
}

/// Tests whether a signer keeps the contract of [`Signer`]:
///
/// - its public key is the DER of one of the API's key algorithms, and stays the same;
/// - with each algorithm that fits the key it signs messages of 1, 600 and 5,000 bytes, or answers
///   [`SignError::UnsupportedAlgorithm`] for all of them, and signs with one algorithm at least;
/// - a signature has the form that certificates have it in, verifies over the message and over no other;
/// - it refuses every algorithm that does not fit the key, and declares those that it supports and no others;
/// - it does not panic, and answers four threads at once as it answers one. A signer that is only busy then, by a
///   [retryable error](SignError::is_retryable), breaks nothing.
///
/// There is no limit on time here: a signer that never answers is waited for.
///
/// # Errors
/// The first clause that is broken. An error of the signer that is [retryable](ContractError::is_retryable) says that the test
/// is to be run again.
///
/// # Panics
/// When the operating system has no thread to give, or when the verifier panics.
///
/// ```
/// use issuance::testing::check_signer;
/// use issuance::{KeyAlgorithm, RustCryptoSigner, RustCryptoVerifier};
/// let signer = RustCryptoSigner::generate(KeyAlgorithm::EcPrime256v1)?; // yours
/// let report = check_signer(&signer, &RustCryptoVerifier)?;
/// println!("{report}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn check_signer(signer: &dyn Signer, verifier: &dyn SignatureVerifier) -> Result<Report, ContractError> {
    let signer = Immediate(signer);
    let bench = Bench::new(&signer, verifier)?;
    let (report, algorithm) = completed(bench.examine())?;
    let start = Barrier::new(usize::from(CALLERS));
    let call = |caller| {
        start.wait();
        completed(bench.call(algorithm, caller))
    };
    let call = &call;
    let results: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..CALLERS).map(|caller| scope.spawn(move || call(caller))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap_or_else(|payload| resume_unwind(payload))).collect()
    });
    results.into_iter().collect::<Result<(), _>>()?;
    Ok(report)
}

/// Tests whether a signer keeps the contract of [`AsyncSigner`]: as [`check_signer`], with four signatures awaited at once in
/// the place of threads.
///
/// There is no limit on time here, and no runtime: whoever awaits may put a timeout around it.
///
/// # Errors
/// As [`check_signer`], which has an example.
pub async fn check_async_signer(
    signer: &dyn AsyncSigner,
    verifier: &dyn SignatureVerifier,
) -> Result<Report, ContractError> {
    let bench = Bench::new(signer, verifier)?;
    let (report, algorithm) = bench.examine().await?;
    let mut pending: Vec<_> = (0..CALLERS).map(|caller| Box::pin(bench.call(algorithm, caller))).collect();
    poll_fn(|context| {
        let mut result = Ok(());
        pending.retain_mut(|call| match call.as_mut().poll(context) {
            Poll::Pending => true,
            Poll::Ready(answer) => {
                result = std::mem::replace(&mut result, Ok(())).and(answer);
                false
            }
        });
        if result.is_err() || pending.is_empty() { Poll::Ready(result) } else { Poll::Pending }
    })
    .await?;
    Ok(report)
}

/// The value of a future that waits for nothing.
fn completed<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return value;
        }
    }
}

struct Bench<'a> {
    signer: &'a dyn AsyncSigner,
    verifier: &'a dyn SignatureVerifier,
    public_key: Vec<u8>,
    key: KeyAlgorithm,
}

impl<'a> Bench<'a> {
    fn new(signer: &'a dyn AsyncSigner, verifier: &'a dyn SignatureVerifier) -> Result<Bench<'a>, ContractError> {
        let public_key = caught("public_key_der", || signer.public_key_der().to_vec())?;
        KeyPolicy::default()
            .check_key(&public_key)
            .map_err(|error| ContractError::new(Clause::PublicKey, error.to_string()))?;
        let key = KeyAlgorithm::from_public_key_der(&public_key).ok_or_else(|| {
            let names = KeyAlgorithm::NAMES.join(", ");
            ContractError::new(Clause::PublicKey, format!("the public key is of none of the algorithms {names}"))
        })?;
        Ok(Bench { signer, verifier, public_key, key })
    }

    /// Everything that one caller can find, and an algorithm that works.
    async fn examine(&self) -> Result<(Report, SigningAlgorithm), ContractError> {
        let mut outcomes = Vec::new();
        for algorithm in self.key.signing_algorithms() {
            outcomes.push((*algorithm, self.outcome(*algorithm).await?));
        }
        for algorithm in SigningAlgorithm::ALL.iter().filter(|algorithm| !self.key.supports(**algorithm)) {
            self.refuses(*algorithm).await?;
        }
        let report = Report { key_algorithm: self.key, outcomes };
        let algorithm = report.signed().next().ok_or_else(|| {
            let outcomes = report.outcomes.iter().map(|(algorithm, outcome)| format!("{algorithm}: {outcome}"));
            let outcomes: Vec<String> = outcomes.collect();
            let found = format!("no algorithm of a key of algorithm {} works: {}", self.key, outcomes.join("; "));
            ContractError::new(Clause::SomeAlgorithm, found)
        })?;
        self.check_declaration(&report)?;
        Ok((report, algorithm))
    }

    fn check_declaration(&self, report: &Report) -> Result<(), ContractError> {
        let declared = caught("signing_algorithms", || self.signer.signing_algorithms().to_vec())?;
        let breach = |found| Err(ContractError::new(Clause::Declaration, found));
        if let Some(other) = declared.iter().find(|algorithm| !self.key.supports(**algorithm)) {
            let key = self.key;
            return breach(format!(
                "{other} is in signing_algorithms(), and a key of algorithm {key} cannot be used with it"
            ));
        }
        for (algorithm, outcome) in &report.outcomes {
            if declared.contains(algorithm) != (*outcome != Outcome::Unsupported) {
                let names: Vec<&str> = declared.iter().map(|algorithm| algorithm.as_str()).collect();
                let (within, names) = (if declared.contains(algorithm) { "and" } else { "and not" }, names.join(", "));
                return breach(format!("{algorithm}: {outcome}, {within} in signing_algorithms(): [{names}]"));
            }
        }
        Ok(())
    }

    /// What the signer does with one algorithm that fits the key.
    async fn outcome(&self, algorithm: SigningAlgorithm) -> Result<Outcome, ContractError> {
        let mut first = None;
        for octets in MESSAGE_OCTETS {
            let outcome = self.sign_and_verify(algorithm, &message(octets, 0)).await.map_err(|mut error| {
                let worked = first.is_some_and(|outcome| outcome != Outcome::Unsupported);
                if worked && error.clause == Clause::Answer && !error.is_retryable() {
                    error.clause = Clause::EveryMessage;
                }
                error
            })?;
            if outcome != *first.get_or_insert(outcome) {
                let found = format!("{algorithm} over {octets} bytes: {outcome}, unlike shorter messages");
                return Err(ContractError::new(Clause::EveryMessage, found));
            }
        }
        Ok(first.unwrap_or(Outcome::Unsupported))
    }

    async fn refuses(&self, algorithm: SigningAlgorithm) -> Result<(), ContractError> {
        let call = || format!("{algorithm}, which a key of algorithm {} cannot be used with", self.key);
        match self.sign(algorithm, &message(600, 0)).await? {
            Err(error @ SignError::UnsupportedAlgorithm { .. }) => self.check_refusal(algorithm, error),
            Err(error) => Err(ContractError::of_answer(Clause::Refusal, &call(), error)),
            Ok(_) => Err(ContractError::new(Clause::Refusal, format!("{}: signed", call()))),
        }
    }

    /// What one of several callers does.
    async fn call(&self, algorithm: SigningAlgorithm, caller: u8) -> Result<(), ContractError> {
        for index in 0..MESSAGES_OF_A_CALLER {
            let salt = 1 + caller * MESSAGES_OF_A_CALLER + index;
            let found = match self.sign_and_verify(algorithm, &message(600, salt)).await {
                Ok(Outcome::Signed) => continue,
                Err(error) if error.is_retryable() => continue,
                Ok(outcome) => ContractError::new(Clause::Concurrency, format!("{algorithm}: {outcome}")),
                Err(error) => error,
            };
            let what = format!("with {CALLERS} callers at a time, and not with one: {}", found.found);
            return Err(ContractError { clause: Clause::Concurrency, found: what, ..found });
        }
        Ok(())
    }

    async fn sign_and_verify(&self, algorithm: SigningAlgorithm, message: &[u8]) -> Result<Outcome, ContractError> {
        let call = format!("{algorithm} over {} bytes", message.len());
        let breach = |clause, what: &str| ContractError::new(clause, format!("{call}: {what}"));
        let signature = match self.sign(algorithm, message).await? {
            Ok(signature) => signature.into_bytes(),
            Err(error @ SignError::UnsupportedAlgorithm { .. }) => {
                self.check_refusal(algorithm, error)?;
                return Ok(Outcome::Unsupported);
            }
            Err(error) => return Err(ContractError::of_answer(Clause::Answer, &call, error)),
        };
        if let Some(wrong) = wrong_form(self.key, &signature) {
            return Err(breach(Clause::Form, &wrong));
        }
        match self.verify(algorithm, message, &signature) {
            Ok(()) => {}
            Err(VerifyError::UnsupportedAlgorithm(_)) => return Ok(Outcome::Unverified),
            Err(error @ VerifyError::InvalidKey) => return Err(breach(Clause::PublicKey, &error.to_string())),
            Err(error) => {
                let why = self.diagnosis(algorithm, message, &signature);
                return Err(breach(Clause::Signature, &format!("{error}: {why}")));
            }
        }
        let mut other = message.to_vec();
        if let Some(last) = other.last_mut() {
            *last ^= 1;
        }
        if self.verify(algorithm, &other, &signature).is_ok() {
            return Err(breach(Clause::Verifier, "the verifier takes the signature for one of another message too"));
        }
        Ok(Outcome::Signed)
    }

    fn verify(&self, algorithm: SigningAlgorithm, message: &[u8], signature: &[u8]) -> Result<(), VerifyError> {
        self.verifier.verify(algorithm.into(), &self.public_key, message, signature)
    }

    /// What else a signature may be that does not verify: the usual mistakes.
    fn diagnosis(&self, algorithm: SigningAlgorithm, message: &[u8], signature: &[u8]) -> String {
        let algorithms = self.key.signing_algorithms().iter();
        let mut others = algorithms.filter(|other| **other != algorithm);
        if let Some(other) = others.find(|other| self.verify(**other, message, signature).is_ok()) {
            return format!("it is one of {other}");
        }
        match signing_digest(algorithm, &self.public_key, message) {
            Ok(digest) if self.verify(algorithm, &digest, signature).is_ok() => {
                "it is one of the message's digest, which was hashed once more".to_owned()
            }
            _ => "it is by another key, or of another message".to_owned(),
        }
    }

    fn check_refusal(&self, asked: SigningAlgorithm, error: SignError) -> Result<(), ContractError> {
        match error {
            SignError::UnsupportedAlgorithm { algorithm, key } if (algorithm, key) == (asked, self.key) => Ok(()),
            error => {
                let call = format!("{asked} with a key of algorithm {}", self.key);
                Err(ContractError::of_answer(Clause::Answer, &call, error))
            }
        }
    }

    /// Asks for one signature, and whether the key is still the same.
    async fn sign(
        &self,
        algorithm: SigningAlgorithm,
        message: &[u8],
    ) -> Result<Result<Signature, SignError>, ContractError> {
        let call = format!("{algorithm} over {} bytes", message.len());
        let mut future = caught(&call, || self.signer.sign(algorithm, message))?;
        let answer = poll_fn(|context| match caught(&call, || future.as_mut().poll(context)) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(answer)) => Poll::Ready(Ok(answer)),
            Err(error) => Poll::Ready(Err(error)),
        })
        .await?;
        if caught("public_key_der", || self.signer.public_key_der() == self.public_key)? {
            Ok(answer)
        } else {
            let found = format!("after {call}: the public key is another than before");
            Err(ContractError::new(Clause::PublicKeyConstant, found))
        }
    }
}

/// Where panics unwind, they become an error here.
fn caught<T>(call: &str, f: impl FnOnce() -> T) -> Result<T, ContractError> {
    catch_unwind(AssertUnwindSafe(f)).map_err(|payload: Box<dyn Any + Send>| {
        let text = payload.downcast_ref::<&str>().copied();
        let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("no text");
        ContractError::new(Clause::Panic, format!("{call}: the signer panicked: {text}"))
    })
}

fn message(octets: usize, salt: u8) -> Vec<u8> {
    (0..=u8::MAX).cycle().take(octets).map(|octet| octet ^ salt).collect()
}

/// What is wrong with the form of a signature, whatever its value.
fn wrong_form(key: KeyAlgorithm, signature: &[u8]) -> Option<String> {
    let fixed = |octets| {
        (signature.len() != octets).then(|| format!("the signature has {} bytes instead of {octets}", signature.len()))
    };
    let numbers = |coordinate: usize| match signature.len() {
        _ if is_ecdsa_sig_value(signature) => None,
        octets if octets == 2 * coordinate => {
            Some(format!("the signature has {octets} bytes that look like r and s without their DER"))
        }
        octets => Some(format!("the signature has {octets} bytes that are not a SEQUENCE of two positive INTEGER")),
    };
    match (key.signature_bytes(), key.coordinate_bytes()) {
        (Some(bytes), _) => fixed(bytes),
        (None, coordinate) => numbers(coordinate.unwrap_or_default()),
    }
}

fn is_ecdsa_sig_value(signature: &[u8]) -> bool {
    let read = || -> Result<(), Asn1Error> {
        let mut numbers = Reader::single(signature, tag::SEQUENCE)?.reader();
        positive_integer(&numbers.read(tag::INTEGER)?)?;
        positive_integer(&numbers.read(tag::INTEGER)?)?;
        numbers.finish()
    };
    read().is_ok()
}
