//! One certificate per idempotency token (R-IDM), alone and under contention.

use std::collections::{BTreeSet, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Mutex};
use std::time::Duration;

use issuance::crypto::{SignError, Signature};
use issuance::ledger::{Ended, IdempotencyMode, Intent, Ledger, LedgerError, MemoryLedger, Signed};
use issuance::request::IssueCertificateRequestBuilder;
use issuance::x509::KeyPolicy;
use issuance::{
    AwsException, CertificateAuthority, Clock, Csr, Error, IssuedCertificate, Issuer, Signer, SigningAlgorithm,
    Timestamp, Validity,
};
use issuance_test_support::ca;
use issuance_test_support::ca::{CA_KEY, Ca, DAY, NOW, proven_csr};
use issuance_test_support::der;
use issuance_test_support::forward_to_ledger;
use issuance_test_support::verifiers::AnySignature;

/// A clock that the test sets.
struct Hand(AtomicI64);

impl Hand {
    fn set(&self, offset: i64) {
        self.0.store(NOW + offset, Ordering::SeqCst);
    }
}

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix(self.0.load(Ordering::SeqCst)).unwrap()
    }
}

/// Counts its calls; fails or panics a given number of times, slowly if asked.
#[derive(Default)]
struct Counting {
    calls: AtomicUsize,
    failures: AtomicUsize,
    panics: AtomicUsize,
    slow: AtomicBool,
    /// What it was asked to sign, each once.
    signed: Mutex<BTreeSet<Vec<u8>>>,
}

fn take_one(counter: &AtomicUsize) -> bool {
    counter.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |count| count.checked_sub(1)).is_ok()
}

impl Counting {
    fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }

    fn signed(&self) -> Vec<Vec<u8>> {
        self.signed.lock().unwrap().iter().cloned().collect()
    }
}

impl Signer for Counting {
    fn public_key_der(&self) -> &[u8] {
        CA_KEY.public_key_der()
    }

    fn signing_algorithms(&self) -> &[SigningAlgorithm] {
        CA_KEY.signing_algorithms()
    }

    fn sign(&self, algorithm: SigningAlgorithm, message: &[u8]) -> Result<Signature, SignError> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        self.signed.lock().unwrap().insert(message.to_vec());
        if self.slow.load(Ordering::SeqCst) {
            // Long enough for others to come and wait. Nothing fails if they do not.
            std::thread::sleep(Duration::from_millis(100));
        }
        if take_one(&self.failures) {
            return Err(SignError::backend("busy").retryable());
        }
        assert!(!take_one(&self.panics), "the signer panics");
        CA_KEY.sign(algorithm, message)
    }
}

struct Bench {
    issuer: Issuer,
    clock: Arc<Hand>,
    signer: Arc<Counting>,
    store: Arc<MemoryLedger>,
}

fn bench_of(authority: CertificateAuthority, mode: IdempotencyMode, store: Arc<MemoryLedger>) -> Bench {
    let clock = Arc::new(Hand(AtomicI64::new(NOW)));
    let signer = Arc::new(Counting::default());
    let issuer = Issuer::builder(authority, Arc::clone(&signer))
        .clock(Arc::clone(&clock))
        .ledger(Arc::clone(&store))
        .idempotency(mode)
        .build()
        .unwrap();
    Bench { issuer, clock, signer, store }
}

fn bench(mode: IdempotencyMode) -> Bench {
    bench_of(Ca::default().build(), mode, Arc::new(MemoryLedger::default()))
}

impl Bench {
    fn issue(&self, request: IssueCertificateRequestBuilder) -> Result<Arc<IssuedCertificate>, Error> {
        self.issuer.issue(&request.build().unwrap())
    }
}

fn request(csr: &[u8], token: &str) -> IssueCertificateRequestBuilder {
    ca::request(csr, "EndEntityCertificate").idempotency_token(token)
}

#[test]
fn r_idm_1_same_token_same_certificate() {
    let (bench, csr) = (bench(IdempotencyMode::PerCsr), proven_csr("leaf"));
    let first = bench.issue(request(&csr, "t")).unwrap();
    let again = bench.issue(request(&csr, "t")).unwrap();
    assert_eq!((first.der(), first.arn()), (again.der(), again.arn()));
    // PEM and DER of one CSR are one CSR.
    let pem = der::pem("CERTIFICATE REQUEST", &csr);
    assert_eq!(bench.issue(request(pem.as_bytes(), "t")).unwrap().arn(), first.arn());
    assert_ne!(bench.issue(request(&csr, "u")).unwrap().arn(), first.arn());
    assert_eq!(bench.signer.calls(), 2);
}

#[test]
fn r_idm_1_the_window_is_five_minutes_by_the_injected_clock() {
    let (bench, csr) = (bench(IdempotencyMode::PerCsr), proven_csr("leaf"));
    let first = bench.issue(request(&csr, "t")).unwrap();
    bench.clock.set(299);
    assert_eq!(bench.issue(request(&csr, "t")).unwrap().arn(), first.arn());
    // A hit does not stretch the window.
    bench.clock.set(300);
    let second = bench.issue(request(&csr, "t")).unwrap();
    assert_ne!(second.arn(), first.arn());
    bench.clock.set(599);
    assert_eq!(bench.issue(request(&csr, "t")).unwrap().arn(), second.arn());
    bench.clock.set(600);
    assert_ne!(bench.issue(request(&csr, "t")).unwrap().arn(), second.arn());
}

#[test]
fn r_idm_1_the_window_is_configurable() {
    let csr = proven_csr("leaf");
    for window in [1u32, 60, 3600] {
        let store = Arc::new(MemoryLedger::new(window));
        let bench = bench_of(Ca::default().build(), IdempotencyMode::PerCsr, store);
        let first = bench.issue(request(&csr, "t")).unwrap();
        bench.clock.set(i64::from(window) - 1);
        assert_eq!(bench.issue(request(&csr, "t")).unwrap().arn(), first.arn());
        bench.clock.set(i64::from(window));
        assert_ne!(bench.issue(request(&csr, "t")).unwrap().arn(), first.arn());
    }
}

#[test]
fn r_idm_2_a_retry_with_another_validity_gets_the_first_certificate() {
    let (bench, csr) = (bench(IdempotencyMode::PerCsr), proven_csr("leaf"));
    let ask = |offset| request(&csr, "t").validity(Validity::absolute(NOW + 30 * DAY + offset));
    let first = bench.issue(ask(0)).unwrap();
    bench.clock.set(7);
    let retry = bench.issue(ask(7)).unwrap();
    assert_eq!(retry.der(), first.der());
    assert_eq!(retry.not_after().unix(), NOW + 30 * DAY);
    assert_eq!(bench.signer.calls(), 1);
}

#[test]
fn r_idm_2_one_token_for_many_csrs() {
    let bench = bench(IdempotencyMode::PerCsr);
    let csrs: Vec<_> = (0..64).map(|index| proven_csr(&format!("leaf {index}"))).collect();
    let issue = || -> Vec<String> {
        csrs.iter().map(|csr| bench.issue(request(csr, "constant")).unwrap().arn().to_string()).collect()
    };
    let first = issue();
    assert_eq!(first.iter().collect::<HashSet<_>>().len(), 64);
    assert_eq!(issue(), first);
    assert_eq!(bench.signer.calls(), 64);
}

#[test]
fn r_idm_2_strict_mode_refuses_any_difference() {
    let csr = proven_csr("leaf");
    let base = || request(&csr, "t");
    let other_csr = proven_csr("other");
    for different in [
        request(&other_csr, "t"),
        base().validity(Validity::days(364)),
        base().validity_not_before(Validity::absolute(NOW)),
        base().signing_algorithm(SigningAlgorithm::Sha384WithEcdsa),
        base().template_arn(ca::template_arn("EndEntityClientAuthCertificate")),
        base().subject(ca::subject("api")),
    ] {
        let bench = bench(IdempotencyMode::Strict);
        let first = bench.issue(base()).unwrap();
        let error = bench.issue(different.clone()).unwrap_err();
        assert_eq!(error.aws_exception(), AwsException::InvalidArgs, "{error}");
        assert!(matches!(error, Error::IdempotencyMismatch { window_seconds: 300 }), "{error}");
        assert_eq!(bench.issue(base()).unwrap().arn(), first.arn());
        // Another token, or the end of the window, makes it a request of its own.
        assert!(bench.issue(different.clone().idempotency_token("u")).is_ok());
        bench.clock.set(300);
        assert!(bench.issue(different).is_ok());
    }
}

#[test]
fn r_idm_2_a_proven_csr_in_place_of_the_requests_own_counts() {
    let (own, other) = (proven_csr("leaf"), proven_csr("other"));
    let assume = |csr| Csr::decode(csr).unwrap().assume_proven(&KeyPolicy::default()).unwrap();
    let asked = request(&own, "t").build().unwrap();
    for mode in [IdempotencyMode::PerCsr, IdempotencyMode::Strict] {
        // One CSR is one CSR, however its possession was shown.
        let bench = bench(mode);
        let first = bench.issuer.issue(&asked).unwrap();
        let same = bench.issuer.issue_proven(&asked, &assume(&own)).unwrap();
        assert_eq!((same.der(), bench.signer.calls()), (first.der(), 1), "{mode:?}");
        // Nobody gets the certificate of another CSR because the request is the same.
        match (mode, bench.issuer.issue_proven(&asked, &assume(&other))) {
            (IdempotencyMode::PerCsr, Ok(second)) => assert_ne!(second.der(), first.der()),
            (IdempotencyMode::Strict, Err(Error::IdempotencyMismatch { .. })) => {}
            (_, outcome) => panic!("{mode:?}: {outcome:?}"),
        }
    }
}

#[test]
fn r_idm_2_authorities_do_not_share_tokens() {
    let store = Arc::new(MemoryLedger::default());
    let one = bench_of(Ca::default().build(), IdempotencyMode::PerCsr, Arc::clone(&store));
    let other = CertificateAuthority::builder(
        ca::OTHER_CA_ARN.parse().unwrap(),
        issuance::authority::CertificateAuthorityType::Root,
    )
    .build_from_certificate(&Ca::default().certificate(), b"", &AnySignature)
    .unwrap();
    let other = bench_of(other, IdempotencyMode::PerCsr, Arc::clone(&store));
    let csr = proven_csr("leaf");
    let first = one.issue(request(&csr, "t")).unwrap();
    let second = other.issue(request(&csr, "t").certificate_authority_arn(ca::OTHER_CA_ARN)).unwrap();
    assert_ne!(first.der(), second.der());
    assert_eq!(store.len(), 2);
    // A token does not open the door to the certificates of another authority.
    let error = one.issue(request(&csr, "t").certificate_authority_arn(ca::OTHER_CA_ARN));
    assert!(error.is_err() || error.unwrap().arn() == second.arn());
}

#[test]
fn without_a_token_every_call_issues() {
    let (bench, csr) = (bench(IdempotencyMode::PerCsr), proven_csr("leaf"));
    let issue = || bench.issue(ca::request(&csr, "EndEntityCertificate")).unwrap();
    assert_ne!(issue().arn(), issue().arn());
    assert!(bench.store.is_empty());
}

/// Calls `issue` on this many threads at once.
fn at_once<T: Send>(threads: usize, issue: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let barrier = Barrier::new(threads);
    std::thread::scope(|scope| {
        let run = |index| {
            barrier.wait();
            issue(index)
        };
        let handles: Vec<_> = (0..threads).map(|index| scope.spawn(move || run(index))).collect();
        handles.into_iter().map(|handle| handle.join().unwrap()).collect()
    })
}

#[test]
fn r_idm_3_64_threads_one_certificate() {
    let (bench, csr) = (bench(IdempotencyMode::PerCsr), proven_csr("leaf"));
    bench.signer.slow.store(true, Ordering::SeqCst);
    let issued = at_once(64, |_| bench.issue(request(&csr, "t")).unwrap().der().to_vec());
    assert_eq!(bench.signer.calls(), 1);
    assert_eq!(issued.iter().collect::<HashSet<_>>().len(), 1);
    assert_eq!(bench.store.len(), 1);
}

#[test]
fn r_idm_3_threads_with_different_csrs_do_not_wait_for_each_other() {
    let bench = bench(IdempotencyMode::PerCsr);
    let csrs: Vec<_> = (0..8).map(|index| proven_csr(&format!("leaf {index}"))).collect();
    let issued = at_once(32, |index| bench.issue(request(&csrs[index % 8], "t")).unwrap().arn().to_string());
    assert_eq!(issued.iter().collect::<HashSet<_>>().len(), 8);
    assert_eq!(bench.signer.calls(), 8);
}

#[test]
fn r_idm_3_a_failure_frees_the_key_and_a_waiter_issues() {
    let (bench, csr) = (bench(IdempotencyMode::PerCsr), proven_csr("leaf"));
    bench.signer.failures.store(3, Ordering::SeqCst);
    bench.signer.slow.store(true, Ordering::SeqCst);
    let results = at_once(16, |_| bench.issue(request(&csr, "t")).map(|issued| issued.der().to_vec()));
    let (issued, failed): (Vec<_>, Vec<_>) = results.into_iter().partition(Result::is_ok);
    // Each failure reaches exactly the caller whose attempt it was.
    assert_eq!((issued.len(), failed.len()), (13, 3));
    assert!(failed.into_iter().all(|error| error.unwrap_err().aws_exception() == AwsException::InternalFailure));
    assert_eq!(issued.into_iter().map(Result::unwrap).collect::<HashSet<_>>().len(), 1);
    assert_eq!(bench.signer.calls(), 4);
}

#[test]
fn r_idm_3_a_refused_request_frees_the_key() {
    let (bench, csr) = (bench(IdempotencyMode::Strict), proven_csr("leaf"));
    let too_long = request(&csr, "t").validity(Validity::years(100));
    assert_eq!(bench.issue(too_long).unwrap_err().aws_exception(), AwsException::Validation);
    assert!(bench.store.is_empty());
    assert!(bench.issue(request(&csr, "t")).is_ok());
}

#[test]
fn r_idm_3_a_panic_of_the_signer_frees_the_key() {
    let (bench, csr) = (bench(IdempotencyMode::PerCsr), proven_csr("leaf"));
    bench.signer.panics.store(1, Ordering::SeqCst);
    let attempt = || std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| bench.issue(request(&csr, "t"))));
    let results = at_once(8, |_| attempt());
    assert_eq!(results.iter().filter(|result| result.is_err()).count(), 1);
    let issued: HashSet<_> = results.into_iter().flatten().map(|issued| issued.unwrap().der().to_vec()).collect();
    assert_eq!(issued.len(), 1);
    assert_eq!(bench.signer.calls(), 2);
}

/// A ledger whose disk is full at times: it can record intents then, and no certificate.
#[derive(Default)]
struct Full {
    ledger: MemoryLedger,
    is_full: AtomicBool,
}

impl Ledger for Full {
    fn commit(&self, signed: &[Signed], now: Timestamp) -> Result<Vec<Ended>, LedgerError> {
        if self.is_full.load(Ordering::SeqCst) {
            return Err(LedgerError::new("disk full").retryable());
        }
        self.ledger.commit(signed, now)
    }

    forward_to_ledger!(ledger: keeps window_seconds reserve abandon renew free when_free by_token by_arn by_serial page
        take_up revoke revoked next_crl_number take_crl_places crl_partitions prune);
}

#[test]
fn r_led_3_a_ledger_that_fails_frees_the_key_and_keeps_the_intent() {
    let (store, signer) = (Arc::new(Full::default()), Arc::new(Counting::default()));
    let issuer = Issuer::builder(Ca::default().build(), Arc::clone(&signer))
        .clock(issuance::issue::FixedClock(ca::now()))
        .ledger(Arc::clone(&store))
        .build()
        .unwrap();
    let request = request(&proven_csr("leaf"), "t").build().unwrap();
    store.is_full.store(true, Ordering::SeqCst);
    for _ in 0..2 {
        let error = issuer.issue(&request).unwrap_err();
        assert_eq!(error.aws_exception(), AwsException::InternalFailure);
        assert!(error.is_retryable());
    }
    // With room on the disk, a retry gets the certificate over the bytes that were recorded first.
    store.is_full.store(false, Ordering::SeqCst);
    let issued = issuer.issue(&request).unwrap();
    assert_eq!(signer.signed(), [issued.plan().tbs_der()]);
    assert_eq!(signer.calls(), 3);
}

#[test]
fn r_idm_4_a_clock_that_goes_back_does_not_break_anything() {
    let (bench, csr) = (bench(IdempotencyMode::PerCsr), proven_csr("leaf"));
    let first = bench.issue(request(&csr, "t")).unwrap();
    // A correction by less than the window: still the same request.
    bench.clock.set(-60);
    assert_eq!(bench.issue(request(&csr, "t")).unwrap().arn(), first.arn());
    // A clock that was years ahead and is set right: the tokens of then must not count for years.
    bench.clock.set(365 * DAY);
    let ahead = bench.issue(request(&csr, "t")).unwrap();
    bench.clock.set(0);
    let right = bench.issue(request(&csr, "t")).unwrap();
    assert_ne!(right.arn(), ahead.arn());
    bench.clock.set(10);
    assert_eq!(bench.issue(request(&csr, "t")).unwrap().arn(), right.arn());
    bench.clock.set(310);
    assert_ne!(bench.issue(request(&csr, "t")).unwrap().arn(), right.arn());
}

#[test]
fn the_store_does_not_grow_beyond_a_window() {
    let (bench, csr) = (bench(IdempotencyMode::PerCsr), proven_csr("leaf"));
    let mut largest = 0;
    for minute in 0..40 {
        bench.clock.set(minute * 60);
        bench.issue(request(&csr, &format!("t{minute}"))).unwrap();
        largest = largest.max(bench.store.len());
    }
    assert_eq!(largest, 5);
    // Nor when the clock goes back.
    for minute in 0..40 {
        bench.clock.set(-100 * DAY + minute * 60);
        bench.issue(request(&csr, &format!("u{minute}"))).unwrap();
        assert!(bench.store.len() <= 10, "{} at {minute}", bench.store.len());
    }
}

/// A ledger that panics whenever an intent ends, as one does whose connection is gone.
#[derive(Default)]
struct Gone {
    ledger: MemoryLedger,
}

impl Ledger for Gone {
    fn commit(&self, _: &[Signed], _: Timestamp) -> Result<Vec<Ended>, LedgerError> {
        panic!("the ledger is gone")
    }

    fn free(&self, _: &[Intent], _: Timestamp) -> Result<(), LedgerError> {
        panic!("the ledger is still gone")
    }

    forward_to_ledger!(ledger: keeps window_seconds reserve abandon renew when_free by_token by_arn by_serial page take_up
        revoke revoked next_crl_number take_crl_places crl_partitions prune);
}

#[test]
fn a_ledger_that_panics_twice_does_not_end_the_process() {
    let issuer = Issuer::builder(Ca::default().build(), &*CA_KEY).ledger(Gone::default()).build().unwrap();
    let request = request(&proven_csr("leaf"), "t").build().unwrap();
    // A panic that leaves the destructor of the lease during another one would abort.
    let panic = catch_unwind(AssertUnwindSafe(|| issuer.issue(&request))).unwrap_err();
    assert_eq!(panic.downcast_ref::<&str>(), Some(&"the ledger is gone"));
}

#[test]
fn r_idm_3_after_the_intent_a_retry_gets_the_recorded_bytes() {
    for mode in [IdempotencyMode::PerCsr, IdempotencyMode::Strict] {
        let (bench, csr) = (bench(mode), proven_csr("leaf"));
        bench.signer.failures.store(1, Ordering::SeqCst);
        assert!(matches!(bench.issue(request(&csr, "t")), Err(Error::Signer(_))));
        // R-IDM-2: the intent counts as the certificate would.
        if mode == IdempotencyMode::Strict {
            let other = request(&csr, "t").validity(Validity::days(7));
            assert!(matches!(bench.issue(other), Err(Error::IdempotencyMismatch { .. })));
        }
        bench.clock.set(200);
        let issued = bench.issue(request(&csr, "t")).unwrap();
        assert_eq!(bench.signer.signed(), [issued.plan().tbs_der()], "{mode:?}");
        // The time of issuance is the intent's, an hour after notBefore.
        assert_eq!(issued.not_before().unix(), NOW - 3600);
        // The window of the certificate begins with the certificate.
        bench.clock.set(499);
        assert_eq!(bench.issue(request(&csr, "t")).unwrap().arn(), issued.arn());
        bench.clock.set(500);
        assert_ne!(bench.issue(request(&csr, "t")).unwrap().arn(), issued.arn());
    }
}

#[test]
fn r_idm_1_an_intent_that_nobody_took_up_leaves_with_the_window() {
    let (bench, csr) = (bench(IdempotencyMode::PerCsr), proven_csr("leaf"));
    bench.signer.failures.store(1, Ordering::SeqCst);
    assert!(bench.issue(request(&csr, "t")).is_err());
    bench.clock.set(300);
    let issued = bench.issue(request(&csr, "t")).unwrap();
    assert_eq!((bench.signer.signed().len(), issued.not_before().unix()), (2, NOW + 300 - 3600));
}

#[test]
fn r_led_2_what_was_recorded_is_judged_by_the_authority_as_it_is_now() {
    let csr = proven_csr("leaf");
    let renewed = Ca { years: 20, ..Ca::default() }.build();
    let store = Arc::new(MemoryLedger::default());
    let before = bench_of(Ca::default().build(), IdempotencyMode::PerCsr, Arc::clone(&store));
    before.signer.failures.store(1, Ordering::SeqCst);
    assert!(before.issue(request(&csr, "t")).is_err());
    // The same key under another certificate: the chain of the recorded certificate would be wrong.
    let after = bench_of(renewed, IdempotencyMode::PerCsr, store);
    assert!(matches!(after.issue(request(&csr, "t")), Err(Error::AuthorityChanged)));
    // From then on the refusal is definite, for the window.
    for bench in [&before, &after] {
        let error = bench.issue(request(&csr, "t")).unwrap_err();
        assert!(
            matches!(&error, Error::Abandoned { reason } if reason.contains("another key or certificate")),
            "{error}"
        );
    }
    assert_eq!((before.signer.calls(), after.signer.calls()), (1, 0));
    before.clock.set(300);
    assert!(before.issue(request(&csr, "t")).is_ok());
}

#[test]
fn without_a_ledger_tokens_have_no_effect() {
    let issuer = Issuer::builder(Ca::default().build(), &*CA_KEY).without_ledger().build().unwrap();
    let request = request(&proven_csr("leaf"), "t").build().unwrap();
    assert_ne!(issuer.issue(&request).unwrap().arn(), issuer.issue(&request).unwrap().arn());
}
