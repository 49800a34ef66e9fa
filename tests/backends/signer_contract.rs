//! The contract of signers: the kit takes the good ones and names what a bad one breaks, and no bad one makes a certificate.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use issuance::crypto::{SignError, SignFuture, Signature, VerifyError};
use issuance::issue::FixedClock;
use issuance::ledger::{IdempotencyMode, MemoryLedger};
use issuance::testing::{Clause, ContractError, Outcome, Report, check_async_signer, check_signer};
use issuance::x509::SignatureAlgorithm;
use issuance::{
    AsyncIssuer, AsyncSigner, AwsException, Error, Issuer, KeyAlgorithm, RustCryptoSigner, RustCryptoVerifier,
    SignatureVerifier, Signer, SigningAlgorithm,
};
use issuance_test_support::ca;
use issuance_test_support::ca::{CA_KEY, Ca, LEAF_KEY, now, proven_csr, request};
use issuance_test_support::faulty::{Fault, Faulty};
use issuance_test_support::signers::sign_by;
use issuance_test_support::verifiers::AnySignature;

const P256: KeyAlgorithm = KeyAlgorithm::EcPrime256v1;

fn check(signer: &dyn Signer) -> Result<Report, ContractError> {
    check_signer(signer, &RustCryptoVerifier)
}

/// A signer as one that is awaited: each signature takes three turns of the runtime.
struct Remote<S>(S);

impl<S: Signer> AsyncSigner for Remote<S> {
    fn public_key_der(&self) -> &[u8] {
        self.0.public_key_der()
    }

    fn signing_algorithms(&self) -> &[SigningAlgorithm] {
        self.0.signing_algorithms()
    }

    fn sign<'a>(&'a self, algorithm: SigningAlgorithm, message: &'a [u8]) -> SignFuture<'a> {
        Box::pin(async move {
            for _ in 0..3 {
                tokio::task::yield_now().await;
            }
            self.0.sign(algorithm, message)
        })
    }
}

/// Every fault that the kit finds, and by which clause.
const BROKEN: &[(Fault, Clause)] = &[
    (Fault::WrongKey, Clause::Signature),
    (Fault::WrongAlgorithm, Clause::Signature),
    (Fault::WrongMessage, Clause::Signature),
    (Fault::HashedTwice, Clause::Signature),
    (Fault::CutsLong, Clause::Signature),
    (Fault::Truncated, Clause::Form),
    (Fault::Empty, Clause::Form),
    (Fault::Raw, Clause::Form),
    (Fault::Trailing, Clause::Form),
    (Fault::Refuses, Clause::Answer),
    (Fault::Busy, Clause::Answer),
    (Fault::Panics, Clause::Panic),
    (Fault::OnlyShort, Clause::EveryMessage),
    (Fault::NoAlgorithm, Clause::SomeAlgorithm),
    (Fault::AnyAlgorithm, Clause::Refusal),
    (Fault::VagueRefusal, Clause::Refusal),
    (Fault::OtherRefusal, Clause::Answer),
    (Fault::ChangedKey, Clause::PublicKeyConstant),
    (Fault::DeclaresLess, Clause::Declaration),
    (Fault::DeclaresMore, Clause::Declaration),
];

// --- the good ones

#[tokio::test]
async fn every_key_that_loads_keeps_the_contract() {
    let mut keys = BTreeMap::new();
    for entry in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/keys")).unwrap() {
        let path = entry.unwrap().path();
        if let Ok(signer) = RustCryptoSigner::from_pem(&std::fs::read_to_string(&path).unwrap()) {
            keys.insert(path.file_stem().unwrap().to_str().unwrap().to_owned(), signer);
        }
    }
    let names: Vec<&str> = keys.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "ec-p256",
            "ec-p256.sec1",
            "ec-p384",
            "ec-p384.sec1",
            "ec-p521",
            "ec-p521.sec1",
            "ml-dsa-44",
            "ml-dsa-65",
            "ml-dsa-87",
            "rsa-2048",
            "rsa-2048.pkcs1",
            "rsa-3072",
            "rsa-4096",
            "sm2",
            "sm2.sec1"
        ]
    );
    for (name, signer) in keys {
        let report = check(&signer).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(report.key_algorithm(), signer.key_algorithm());
        let algorithms: Vec<_> = report.outcomes().iter().map(|(algorithm, _)| *algorithm).collect();
        assert_eq!(algorithms, signer.key_algorithm().signing_algorithms());
        assert!(report.outcomes().iter().all(|(_, outcome)| *outcome == Outcome::Signed), "{name}: {report}");
        assert_eq!(check_async_signer(&Remote(signer), &RustCryptoVerifier).await.unwrap(), report);
    }
}

#[test]
fn a_late_answer_is_an_answer() {
    let report = check(&Faulty::new(Fault::Late)).unwrap();
    assert_eq!(report.signed().count(), 3);
    assert_eq!(
        report.to_string(),
        "EC_prime256v1\n  SHA256WITHECDSA    signed\n  SHA384WITHECDSA    signed\n  SHA512WITHECDSA    signed"
    );
}

#[test]
fn the_kit_can_be_awaited_on_any_thread() {
    fn assert_send<T: Send>(_: &T) {}
    assert_send(&check_async_signer(&Remote(&*CA_KEY), &RustCryptoVerifier));
}

// --- the bad ones

fn assert_breaks(fault: Fault, clause: Clause, error: &ContractError) {
    assert_eq!(error.clause(), clause, "{fault:?}: {error}");
    assert_eq!(error.to_string(), format!("{}; right would be: {clause}", error.found()));
    assert_eq!(error.is_retryable(), fault == Fault::Busy, "{fault:?}: {error}");
}

#[tokio::test]
async fn the_kit_names_the_clause_that_is_broken() {
    for (fault, clause) in BROKEN {
        assert_breaks(*fault, *clause, &check(&Faulty::new(*fault)).unwrap_err());
        let remote = Remote(Faulty::new(*fault));
        assert_breaks(*fault, *clause, &check_async_signer(&remote, &RustCryptoVerifier).await.unwrap_err());
    }
}

#[test]
fn the_kit_knows_the_usual_mistakes() {
    for (fault, found) in [
        (Fault::WrongKey, "over 1 bytes: the signature does not verify: it is by another key, or of another message"),
        (Fault::WrongAlgorithm, "it is one of SHA384WITHECDSA"),
        (Fault::HashedTwice, "it is one of the message's digest, which was hashed once more"),
        (Fault::CutsLong, "SHA256WITHECDSA over 5000 bytes"),
        (Fault::OnlyShort, "SHA256WITHECDSA over 5000 bytes: the signer failed: no answer"),
        (Fault::Raw, "the signature has 64 bytes that look like r and s without their DER"),
        (Fault::Empty, "the signature has 0 bytes"),
        (Fault::AnyAlgorithm, "SHA256WITHRSA, which a key of algorithm EC_prime256v1 cannot be used with: signed"),
        (Fault::Panics, "the signer panicked: the signer panics"),
        (Fault::DeclaresLess, "SHA384WITHECDSA: signed, and not in signing_algorithms(): [SHA256WITHECDSA]"),
        (Fault::DeclaresMore, "SHA256WITHRSA is in signing_algorithms(), and a key of algorithm EC_prime256v1"),
        (Fault::NoAlgorithm, "no algorithm of a key of algorithm EC_prime256v1 works: SHA256WITHECDSA: unsupported; "),
    ] {
        let error = check(&Faulty::new(fault)).unwrap_err();
        assert!(error.found().contains(found), "{fault:?}: {error}");
    }
}

/// Everything but a signature, as a certificate authority meets it. `tests/rules/errors.rs` holds what each fault leads to with
/// signers that block; these are the faults that only the kit looks for, and those of signers that are awaited.
#[tokio::test]
async fn no_broken_signer_makes_a_certificate_and_none_poisons_a_token() {
    let csr = proven_csr("leaf");
    // A leaf fits in 4,096 octets and has an algorithm of the key: there these faults do not show.
    let harmless = [
        Fault::OnlyShort,
        Fault::CutsLong,
        Fault::AnyAlgorithm,
        Fault::VagueRefusal,
        Fault::OtherRefusal,
        Fault::DeclaresLess,
        Fault::DeclaresMore,
    ];
    for (fault, _) in BROKEN.iter().filter(|(fault, _)| !harmless.contains(fault)) {
        let request = request(&csr, "EndEntityCertificate").idempotency_token("token").build().unwrap();
        let (signer, store) = (Arc::new(Faulty::new(Fault::None)), Arc::new(MemoryLedger::default()));
        let blocking = Issuer::builder(Ca::default().build(), Arc::clone(&signer))
            .clock(FixedClock(now()))
            .ledger(Arc::clone(&store))
            .build()
            .unwrap();
        signer.set(*fault);
        let issued = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| blocking.issue(&request)));
        assert_eq!(issued.is_err(), *fault == Fault::Panics);
        if let Ok(issued) = issued {
            assert_refused(*fault, &issued.unwrap_err());
        }
        // The intent stays, free for a retry.
        assert_eq!(store.len(), 1, "{fault:?}");
        signer.set(Fault::None);
        let first = blocking.issue(&request).unwrap();
        // Issued once, it stays, whatever the signer does then.
        signer.set(*fault);
        assert_eq!(blocking.issue(&request).unwrap().der(), first.der());

        signer.set(Fault::None);
        let (signer, store) = (Arc::new(Faulty::new(Fault::None)), Arc::new(MemoryLedger::default()));
        let awaited = Arc::new(
            AsyncIssuer::builder_with_verifier(Ca::default().build(), Remote(Arc::clone(&signer)), RustCryptoVerifier)
                .clock(FixedClock(now()))
                .ledger(Arc::clone(&store))
                .build()
                .unwrap(),
        );
        signer.set(*fault);
        let task = tokio::spawn({
            let (awaited, request) = (Arc::clone(&awaited), request.clone());
            async move { awaited.issue(&request).await }
        });
        match task.await {
            Ok(issued) => assert_refused(*fault, &issued.unwrap_err()),
            Err(error) => assert!(error.is_panic() && *fault == Fault::Panics, "{fault:?}: {error}"),
        }
        // The intent stays, free for a retry.
        assert_eq!(store.len(), 1, "{fault:?}");
        signer.set(Fault::None);
        awaited.issue(&request).await.unwrap();
    }
}

fn assert_refused(fault: Fault, error: &Error) {
    assert_eq!(error.aws_exception(), AwsException::InternalFailure, "{fault:?}: {error}");
    assert_eq!(error.is_retryable(), fault == Fault::Busy, "{fault:?}: {error}");
    let answered = matches!(fault, Fault::Refuses | Fault::Busy | Fault::NoAlgorithm);
    assert_eq!(matches!(error, Error::Signer(_)), answered, "{fault:?}: {error}");
    assert_eq!(matches!(error, Error::Signature(_)), !answered, "{fault:?}: {error}");
}

#[test]
fn faults_with_long_messages_show_in_long_certificates() {
    let csr = proven_csr("leaf");
    let mut long = request(&csr, "EndEntityCertificate_APIPassthrough").idempotency_token("token");
    for index in 0..150 {
        let name = issuance::GeneralName::dns_name(format!("host-{index:03}.of-a-long-domain.example"));
        long = long.subject_alternative_name(name);
    }
    let long = long.build().unwrap();
    let short = request(&csr, "EndEntityCertificate").build().unwrap();
    for fault in [Fault::OnlyShort, Fault::CutsLong] {
        let signer = Arc::new(Faulty::new(fault));
        let issuer = ca::issuer_with(Arc::clone(&signer));
        assert!(issuer.issue(&long).is_err(), "{fault:?}");
        issuer.issue(&short).unwrap();
        signer.set(Fault::None);
        assert!(issuer.issue(&long).unwrap().plan().tbs_der().len() > 4_096);
    }
}

#[test]
fn a_signer_whose_key_has_changed_gets_no_new_issuer() {
    let signer = Arc::new(Faulty::new(Fault::ChangedKey));
    let issuer = ca::issuer_with(Arc::clone(&signer));
    assert!(issuer.issue(&request(&proven_csr("leaf"), "EndEntityCertificate").build().unwrap()).is_err());
    let error = Issuer::builder(Ca::default().build(), signer).build().unwrap_err();
    assert!(matches!(error, Error::SignerKey), "{error}");
}

/// A signer that does not answer until it is released.
struct Silent(AtomicBool);

impl AsyncSigner for Silent {
    fn public_key_der(&self) -> &[u8] {
        Signer::public_key_der(&*CA_KEY)
    }

    fn signing_algorithms(&self) -> &[SigningAlgorithm] {
        Signer::signing_algorithms(&*CA_KEY)
    }

    fn sign<'a>(&'a self, algorithm: SigningAlgorithm, message: &'a [u8]) -> SignFuture<'a> {
        Box::pin(async move {
            if self.0.load(Ordering::SeqCst) {
                std::future::pending::<()>().await;
            }
            CA_KEY.sign(algorithm, message)
        })
    }
}

#[tokio::test]
async fn a_timeout_around_a_silent_signer_frees_the_token() {
    let signer = Arc::new(Silent(AtomicBool::new(true)));
    let patience = Duration::from_millis(50);
    assert!(tokio::time::timeout(patience, check_async_signer(&signer, &RustCryptoVerifier)).await.is_err());

    let store = Arc::new(MemoryLedger::default());
    let issuer = AsyncIssuer::builder_with_verifier(Ca::default().build(), Arc::clone(&signer), RustCryptoVerifier)
        .ledger(Arc::clone(&store))
        .build()
        .unwrap();
    let request = request(&proven_csr("leaf"), "EndEntityCertificate").idempotency_token("token").build().unwrap();
    assert!(tokio::time::timeout(patience, issuer.issue(&request)).await.is_err());
    // The intent stays, free for a retry.
    assert_eq!(store.len(), 1);
    signer.0.store(false, Ordering::SeqCst);
    issuer.issue(&request).await.unwrap();
    assert!(check_async_signer(&signer, &RustCryptoVerifier).await.is_ok());
}

// --- what takes a signer of its own

struct PublicKey(Vec<u8>);

impl Signer for PublicKey {
    fn public_key_der(&self) -> &[u8] {
        &self.0
    }

    fn signing_algorithms(&self) -> &[SigningAlgorithm] {
        CA_KEY.signing_algorithms()
    }

    fn sign(&self, algorithm: SigningAlgorithm, message: &[u8]) -> Result<Signature, SignError> {
        CA_KEY.sign(algorithm, message)
    }
}

#[test]
fn the_public_key_is_one_of_the_api() {
    let good = CA_KEY.public_key_der();
    let mut off_the_curve = good.to_vec();
    *off_the_curve.last_mut().unwrap() ^= 1;
    let mut ed25519 = vec![0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 3, 0x21, 0];
    ed25519.extend([1; 32]);
    for (bad, found) in [
        (vec![], "malformed"),
        (good[1..].to_vec(), "malformed"),
        (good[26..].to_vec(), "malformed"),
        ([good, &[0]].concat(), "trailing"),
        (ed25519, "none of the algorithms RSA_2048, "),
        (off_the_curve, "not on its curve"),
    ] {
        let error = check(&PublicKey(bad)).unwrap_err();
        assert_eq!(error.clause(), Clause::PublicKey, "{error}");
        assert!(error.found().contains(found), "{error}");
    }
    assert!(check(&PublicKey(good.to_vec())).is_ok());
    let error = check(&PublicKey(LEAF_KEY.public_key_der().to_vec())).unwrap_err();
    assert_eq!(error.clause(), Clause::Signature, "{error}");
}

/// A device for one caller: what a second one asks for meanwhile goes wrong.
struct OneAtATime {
    callers: AtomicUsize,
    retryable: Option<bool>,
}

impl OneAtATime {
    fn begin(&self) -> bool {
        self.callers.fetch_add(1, Ordering::SeqCst) == 0
    }

    fn end(&self, alone: bool, algorithm: SigningAlgorithm, message: &[u8]) -> Result<Signature, SignError> {
        self.callers.fetch_sub(1, Ordering::SeqCst);
        match self.retryable {
            _ if alone => CA_KEY.sign(algorithm, message),
            None => CA_KEY.sign(algorithm, b"what the other asked for"),
            Some(retryable) => Err(SignError::Backend { reason: "in use".to_owned(), retryable, source: None }),
        }
    }
}

impl Signer for OneAtATime {
    fn public_key_der(&self) -> &[u8] {
        CA_KEY.public_key_der()
    }

    fn signing_algorithms(&self) -> &[SigningAlgorithm] {
        CA_KEY.signing_algorithms()
    }

    fn sign(&self, algorithm: SigningAlgorithm, message: &[u8]) -> Result<Signature, SignError> {
        let alone = self.begin();
        std::thread::sleep(Duration::from_millis(20));
        self.end(alone, algorithm, message)
    }
}

impl AsyncSigner for OneAtATime {
    fn public_key_der(&self) -> &[u8] {
        CA_KEY.public_key_der()
    }

    fn signing_algorithms(&self) -> &[SigningAlgorithm] {
        CA_KEY.signing_algorithms()
    }

    fn sign<'a>(&'a self, algorithm: SigningAlgorithm, message: &'a [u8]) -> SignFuture<'a> {
        Box::pin(async move {
            let alone = self.begin();
            tokio::time::sleep(Duration::from_millis(5)).await;
            self.end(alone, algorithm, message)
        })
    }
}

#[tokio::test]
async fn several_callers_get_the_answers_of_one() {
    for retryable in [None, Some(false), Some(true)] {
        let device = || OneAtATime { callers: AtomicUsize::new(0), retryable };
        for result in [check(&device()), check_async_signer(&device(), &RustCryptoVerifier).await] {
            // Throttling is not a breach.
            if retryable == Some(true) {
                assert_eq!(result.unwrap().signed().count(), 3);
                continue;
            }
            let error = result.unwrap_err();
            assert_eq!(error.clause(), Clause::Concurrency, "{error}");
            assert!(
                error.found().starts_with("with 4 callers at a time, and not with one: SHA256WITHECDSA"),
                "{error}"
            );
        }
    }
}

#[test]
fn a_verifier_that_takes_everything_is_no_judge() {
    let error = check_signer(&*CA_KEY, &AnySignature).unwrap_err();
    assert_eq!(error.clause(), Clause::Verifier, "{error}");
}

#[test]
fn each_cause_is_said_once() {
    // A service that says why it did not sign.
    let explains =
        sign_by(|_, _| Err(SignError::backend("the service refused").retryable().caused_by("throttled for 3 s")));
    let error = check(&explains).unwrap_err();
    assert!(error.is_retryable());
    assert!(error.found().ends_with("the signer failed: the service refused"), "{error}");
    let source = std::error::Error::source(&error).unwrap();
    assert_eq!((source.to_string().as_str(), source.source().is_none()), ("throttled for 3 s", true));
}

/// The digests of SM2 and ML-DSA cover the public key: the kit knows these too.
#[test]
fn digests_that_are_hashed_once_more_are_known_of_every_algorithm() {
    struct Hashes(RustCryptoSigner);

    impl Signer for Hashes {
        fn public_key_der(&self) -> &[u8] {
            self.0.public_key_der()
        }

        fn signing_algorithms(&self) -> &[SigningAlgorithm] {
            self.0.signing_algorithms()
        }

        fn sign(&self, algorithm: SigningAlgorithm, message: &[u8]) -> Result<Signature, SignError> {
            match issuance::crypto::signing_digest(algorithm, self.public_key_der(), message) {
                Ok(digest) => self.0.sign(algorithm, &digest),
                Err(_) => self.0.sign(algorithm, message),
            }
        }
    }

    for key in [KeyAlgorithm::Sm2, KeyAlgorithm::MlDsa44] {
        let error = check(&Hashes(RustCryptoSigner::generate(key).unwrap())).unwrap_err();
        assert!(error.found().ends_with("one of the message's digest, which was hashed once more"), "{error}");
    }
}

/// Verifies this algorithm alone, or nothing.
struct Only(Option<SigningAlgorithm>);

impl SignatureVerifier for Only {
    fn supports(&self, algorithm: SignatureAlgorithm, _: &[u8]) -> bool {
        self.0.map(SignatureAlgorithm::from) == Some(algorithm)
    }

    fn verify(
        &self,
        algorithm: SignatureAlgorithm,
        key: &[u8],
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), VerifyError> {
        if self.supports(algorithm, key) {
            return RustCryptoVerifier.verify(algorithm, key, message, signature);
        }
        Err(VerifyError::UnsupportedAlgorithm(algorithm))
    }
}

/// Of the authority's signatures it verifies one algorithm or none, of others everything.
struct Picky(Option<SigningAlgorithm>);

impl SignatureVerifier for Picky {
    fn supports(&self, algorithm: SignatureAlgorithm, key: &[u8]) -> bool {
        key != CA_KEY.public_key_der() || Only(self.0).supports(algorithm, key)
    }

    fn verify(
        &self,
        algorithm: SignatureAlgorithm,
        key: &[u8],
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), VerifyError> {
        if key == CA_KEY.public_key_der() {
            Only(self.0).verify(algorithm, key, message, signature)
        } else {
            RustCryptoVerifier.verify(algorithm, key, message, signature)
        }
    }
}

#[tokio::test]
async fn no_signature_is_spent_that_the_verifier_does_not_do() {
    let (sha256, sha512) = (SigningAlgorithm::Sha256WithEcdsa, SigningAlgorithm::Sha512WithEcdsa);
    let (signer, root) = (Arc::new(Faulty::new(Fault::None)), Ca::default().build());
    let store = Arc::new(MemoryLedger::default());
    let refused = |error: Error| {
        assert!(matches!(error, Error::Unverifiable(SignatureAlgorithm::Api(own)) if own == sha256), "{error}");
        assert_eq!(error.aws_exception(), AwsException::InternalFailure);
        assert!(signer.calls() == 0 && store.is_empty());
    };
    let blocking = |verifier| Issuer::builder_with_verifier(root.clone(), Arc::clone(&signer), verifier);
    let awaited = |verifier| AsyncIssuer::builder_with_verifier(root.clone(), Remote(Arc::clone(&signer)), verifier);
    refused(blocking(Picky(None)).build().unwrap_err());
    refused(awaited(Picky(None)).build().unwrap_err());

    // A verifier that does some of the key's algorithms.
    let mode = IdempotencyMode::PerCsr;
    let blocking = blocking(Picky(Some(sha512))).ledger(Arc::clone(&store)).idempotency(mode).build().unwrap();
    let awaited = awaited(Picky(Some(sha512))).ledger(Arc::clone(&store)).idempotency(mode).build().unwrap();
    let csr = proven_csr("leaf");
    let request = |algorithm, token: &str| {
        request(&csr, "EndEntityCertificate").signing_algorithm(algorithm).idempotency_token(token).build().unwrap()
    };
    refused(blocking.issue(&request(sha256, "one")).unwrap_err());
    refused(awaited.issue(&request(sha256, "two")).await.unwrap_err());
    blocking.issue(&request(sha512, "one")).unwrap();
    awaited.issue(&request(sha512, "two")).await.unwrap();
    assert_eq!(signer.calls(), 2);

    // What computes in this process is tried with what the verifier does, and trusted then.
    let in_process = |verifier| Issuer::builder_with_verifier(root.clone(), &*CA_KEY, verifier).build();
    assert!(matches!(in_process(Picky(None)), Err(Error::Unverifiable(_))));
    in_process(Picky(Some(sha512))).unwrap().issue(&request(sha256, "one")).unwrap();
}

#[test]
fn what_the_verifier_does_not_do_is_not_called_good() {
    let report = check_signer(&*CA_KEY, &Only(Some(SigningAlgorithm::Sha512WithEcdsa))).unwrap();
    let outcomes: Vec<_> = report.outcomes().iter().map(|(_, outcome)| *outcome).collect();
    assert_eq!(outcomes, [Outcome::Unverified, Outcome::Unverified, Outcome::Signed]);
    assert_eq!((report.key_algorithm(), report.signed().count()), (P256, 1));
    assert_eq!(check_signer(&*CA_KEY, &Only(None)).unwrap_err().clause(), Clause::SomeAlgorithm);
}
