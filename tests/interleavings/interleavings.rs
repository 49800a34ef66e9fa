//! Idempotency under every interleaving of its callers (R-IDM-3), not only those that a machine happens to make: a model checker
//! (`loom`) runs each scene with every order in which the threads can take the locks, wait and wake.
//!
//! ```sh
//! RUSTFLAGS="--cfg interleavings" cargo test --release -p interleavings -- --nocapture
//! ```
#![cfg(interleavings)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::pin;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::task::{Context, Poll, Waker};

use issuance::authority::CertificateAuthorityType;
use issuance::crypto::{SignError, SignFuture, Signature};
use issuance::issue::{SerialSource, SerialSourceError};
use issuance::ledger::{
    AsyncLedger, Ended, IdempotencyKey, IdempotencyMode, Intent, Ledger, LedgerError, MemoryLedger, Reserved, Signed,
    Waiter,
};
use issuance::{
    AsyncIssuer, AsyncSigner, CertificateAuthority, Clock, Error, IssueCertificateRequest, IssuedCertificate, Issuer,
    SerialNumber, Signer, SigningAlgorithm, Subject, Timestamp, Validity,
};
use issuance_test_support::der;
use issuance_test_support::verifiers::AnySignature;
use loom::sync::atomic::{AtomicBool, AtomicI64};

const ARN: &str = "arn:aws:acm-pca:us-west-2:123456789012:certificate-authority/12345678-1234-1234-1234-123456789012";
const NOW: i64 = 1_795_253_415;
const WINDOW: u32 = 300;

/// A root that waits for its certificate. Its key is the generator of P-256 (FIPS 186-4, D.1.2.3).
static AUTHORITY: LazyLock<CertificateAuthority> = LazyLock::new(|| {
    let point = "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c2964fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce3\
                 3576b315ececbb6406837bf51f5";
    let point: Vec<u8> =
        (0..point.len() / 2).map(|i| u8::from_str_radix(&point[2 * i..2 * i + 2], 16).unwrap()).collect();
    let algorithm = der::seq(&[&der::oid("1.2.840.10045.2.1"), &der::oid("1.2.840.10045.3.1.7")]);
    CertificateAuthority::builder(ARN.parse().unwrap(), CertificateAuthorityType::Root)
        .build(&Subject::builder().common_name("Root").build().unwrap(), &der::seq(&[&algorithm, &der::bits(&point)]))
        .unwrap()
});

/// A request for the root's own certificate.
fn request(token: &str, days: i64) -> IssueCertificateRequest {
    IssueCertificateRequest::builder()
        .certificate_authority_arn(ARN)
        .csr(der::CsrParts::new(AUTHORITY.public_key_der()).der())
        .signing_algorithm(SigningAlgorithm::Sha256WithEcdsa)
        .template_arn("arn:aws:acm-pca:::template/RootCACertificate/V1")
        .validity(Validity::days(days))
        .idempotency_token(token)
        .build()
        .unwrap()
}

static REQUEST: LazyLock<IssueCertificateRequest> = LazyLock::new(|| request("token", 1));
/// Another one under the same token, and one under another token.
static OTHER: LazyLock<IssueCertificateRequest> = LazyLock::new(|| request("token", 2));
static ELSEWHERE: LazyLock<IssueCertificateRequest> = LazyLock::new(|| request("elsewhere", 1));

/// Counts up, so that two certificates are never the same.
struct Counter(AtomicU8);

impl SerialSource for Counter {
    fn next_serial(&self) -> Result<SerialNumber, SerialSourceError> {
        Ok(SerialNumber::from_be_bytes(&[1 + self.0.fetch_add(1, Ordering::SeqCst)]).unwrap())
    }
}

/// A clock that a thread sets, in seconds after [`NOW`].
struct Hand(AtomicI64);

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix(NOW + self.0.load(Ordering::SeqCst)).unwrap()
    }
}

/// What a call of the signer leads to.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Does {
    Sign,
    Fail,
    Panic,
}

/// A key that does what is written for each call, then signs. The requests here never need it twice at a time.
struct Key {
    script: Mutex<VecDeque<Does>>,
    done: Mutex<Vec<Does>>,
    /// What it was asked to sign, each once.
    signed: Mutex<BTreeSet<Vec<u8>>>,
    busy: AtomicBool,
}

impl Key {
    fn new(script: &[Does]) -> Arc<Key> {
        let script = Mutex::new(script.iter().copied().collect());
        Arc::new(Key { script, done: Mutex::default(), signed: Mutex::default(), busy: AtomicBool::new(false) })
    }

    /// Two steps between which others may come.
    fn begin(&self, message: &[u8]) {
        self.signed.lock().unwrap().insert(message.to_vec());
        assert!(!self.busy.swap(true, Ordering::SeqCst), "two attempts at a time");
    }

    fn end(&self) -> Result<Signature, SignError> {
        self.busy.store(false, Ordering::SeqCst);
        let does = self.script.lock().unwrap().pop_front().unwrap_or(Does::Sign);
        self.done.lock().unwrap().push(does);
        match does {
            Does::Sign => Ok(Signature::new(vec![0])),
            Does::Fail => Err(SignError::backend("outage").retryable()),
            // Without the message that a panic prints.
            Does::Panic => resume_unwind(Box::new(())),
        }
    }

    fn did(&self, does: Does) -> usize {
        self.done.lock().unwrap().iter().filter(|done| **done == does).count()
    }
}

impl Signer for Key {
    fn public_key_der(&self) -> &[u8] {
        AUTHORITY.public_key_der()
    }

    fn signing_algorithms(&self) -> &[SigningAlgorithm] {
        &[SigningAlgorithm::Sha256WithEcdsa]
    }

    fn sign(&self, _: SigningAlgorithm, message: &[u8]) -> Result<Signature, SignError> {
        self.begin(message);
        self.end()
    }
}

/// The same key, awaited: the first poll is not enough. A dropped future gives the key back.
struct Remote(Arc<Key>);

struct Given<'k>(&'k Key, bool);

impl Drop for Given<'_> {
    fn drop(&mut self) {
        if self.1 {
            self.0.busy.store(false, Ordering::SeqCst);
        }
    }
}

impl AsyncSigner for Remote {
    fn public_key_der(&self) -> &[u8] {
        AUTHORITY.public_key_der()
    }

    fn signing_algorithms(&self) -> &[SigningAlgorithm] {
        &[SigningAlgorithm::Sha256WithEcdsa]
    }

    fn sign<'a>(&'a self, _: SigningAlgorithm, message: &'a [u8]) -> SignFuture<'a> {
        Box::pin(async move {
            self.0.begin(message);
            let mut given = Given(&self.0, true);
            let mut polled = false;
            std::future::poll_fn(|context| {
                if std::mem::replace(&mut polled, true) {
                    return Poll::Ready(());
                }
                context.waker().wake_by_ref();
                Poll::Pending
            })
            .await;
            given.1 = false;
            self.0.end()
        })
    }
}

/// How a caller calls.
#[derive(Debug, Clone, Copy)]
enum Caller {
    /// A thread that blocks.
    Blocks,
    /// A task that awaits.
    Awaits,
    /// A task that is dropped after one poll.
    GivesUp,
}

/// What a caller gets.
enum Got {
    Certificate(Arc<IssuedCertificate>),
    Refused(Error),
    Panicked,
    GaveUp,
}

struct Bench<S> {
    key: Arc<Key>,
    clock: Arc<Hand>,
    store: Arc<S>,
    blocking: Issuer,
    awaiting: AsyncIssuer,
}

impl<S: Ledger + AsyncLedger + 'static> Bench<S> {
    fn new(store: S, mode: IdempotencyMode, script: &[Does]) -> Arc<Self> {
        let (key, clock, store) = (Key::new(script), Arc::new(Hand(AtomicI64::new(0))), Arc::new(store));
        let serials = Arc::new(Counter(AtomicU8::new(0)));
        struct Shared(Arc<Counter>);
        impl SerialSource for Shared {
            fn next_serial(&self) -> Result<SerialNumber, SerialSourceError> {
                self.0.next_serial()
            }
        }
        let blocking = Issuer::builder_with_verifier(AUTHORITY.clone(), Arc::clone(&key), AnySignature)
            .clock(Arc::clone(&clock))
            .serial_source(Shared(Arc::clone(&serials)))
            .ledger(Arc::clone(&store))
            .idempotency(mode);
        let awaiting = AsyncIssuer::builder_with_verifier(AUTHORITY.clone(), Remote(Arc::clone(&key)), AnySignature)
            .clock(Arc::clone(&clock))
            .serial_source(Shared(serials))
            .ledger(Arc::clone(&store))
            .idempotency(mode);
        let (blocking, awaiting) = (blocking.build().unwrap(), awaiting.build().unwrap());
        Arc::new(Bench { key, clock, store, blocking, awaiting })
    }

    fn call(&self, caller: Caller, request: &IssueCertificateRequest) -> Got {
        let result = catch_unwind(AssertUnwindSafe(|| match caller {
            Caller::Blocks => Some(self.blocking.issue(request)),
            Caller::Awaits => Some(loom::future::block_on(self.awaiting.issue(request))),
            Caller::GivesUp => {
                let mut context = Context::from_waker(Waker::noop());
                match pin!(self.awaiting.issue(request)).poll(&mut context) {
                    Poll::Ready(result) => Some(result),
                    Poll::Pending => None,
                }
            }
        }));
        match result {
            Ok(Some(Ok(certificate))) => Got::Certificate(certificate),
            Ok(Some(Err(error))) => Got::Refused(error),
            Ok(None) => Got::GaveUp,
            Err(_) => Got::Panicked,
        }
    }

    /// All at once; the last one on this thread.
    fn call_all(self: &Arc<Self>, callers: &[(Caller, &'static IssueCertificateRequest)]) -> Vec<Got> {
        let ((last, request), others) = callers.split_last().unwrap();
        let spawn = |(caller, request): &(Caller, &'static IssueCertificateRequest)| {
            let (bench, caller, request) = (Arc::clone(self), *caller, *request);
            loom::thread::spawn(move || bench.call(caller, request))
        };
        let others: Vec<_> = others.iter().map(spawn).collect();
        let last = self.call(*last, request);
        others.into_iter().map(|other| other.join().unwrap()).chain([last]).collect()
    }
}

/// Runs a scene in every interleaving; what it says of how it went is counted.
fn explore(name: &str, preemptions: Option<usize>, scene: impl Fn() -> String + Send + Sync + 'static) -> Vec<String> {
    let outcomes = Arc::new(Mutex::new(BTreeMap::<String, u64>::new()));
    let counted = Arc::clone(&outcomes);
    let mut model = loom::model::Builder::new();
    model.preemption_bound = preemptions;
    model.max_branches = 100_000;
    model.check(move || {
        let outcome = scene();
        *counted.lock().unwrap().entry(outcome).or_default() += 1;
    });
    let outcomes = outcomes.lock().unwrap();
    println!("{name}: {} interleavings: {outcomes:?}", outcomes.values().sum::<u64>());
    outcomes.keys().cloned().collect()
}

fn count(got: &[Got], of: fn(&Got) -> bool) -> usize {
    got.iter().filter(|got| of(got)).count()
}

/// R-IDM-3 for callers with one request: one certificate, each failure reaches the caller whose attempt it was, and the store
/// holds what was issued and nothing else. Says how many got what.
fn judge(bench: &Bench<MemoryLedger>, got: &[Got]) -> String {
    let certificates: Vec<_> = got
        .iter()
        .filter_map(|got| match got {
            Got::Certificate(certificate) => Some(certificate.der()),
            _ => None,
        })
        .collect();
    let refused = count(got, |got| matches!(got, Got::Refused(Error::Signer(_))));
    let panicked = count(got, |got| matches!(got, Got::Panicked));
    let gave_up = count(got, |got| matches!(got, Got::GaveUp));
    assert!(certificates.iter().all(|der| *der == certificates[0]), "more than one certificate");
    assert_eq!(certificates.len() + refused + panicked + gave_up, got.len());
    assert_eq!(bench.key.did(Does::Sign), usize::from(!certificates.is_empty()));
    assert_eq!((bench.key.did(Does::Fail), bench.key.did(Does::Panic)), (refused, panicked));
    // Whatever became of it, one intent is recorded, and nobody signed other bytes.
    assert_eq!((bench.store.len(), bench.key.signed.lock().unwrap().len()), (1, 1));
    format!("{} issued, {refused} refused, {panicked} panicked, {gave_up} gave up", certificates.len())
}

/// The callers, all with one request, and what the signer does at each call.
fn scene(callers: &'static [Caller], script: &'static [Does], preemptions: Option<usize>) -> Vec<String> {
    explore(&format!("{callers:?} {script:?}"), preemptions, move || {
        let bench = Bench::new(MemoryLedger::new(WINDOW), IdempotencyMode::PerCsr, script);
        let callers: Vec<_> = callers.iter().map(|caller| (*caller, &*REQUEST)).collect();
        judge(&bench, &bench.call_all(&callers))
    })
}

use Caller::{Awaits, Blocks, GivesUp};
use Does::{Fail, Panic, Sign};

const ALL: Option<usize> = None;

#[test]
fn two_threads() {
    assert_eq!(scene(&[Blocks; 2], &[Sign], ALL), ["2 issued, 0 refused, 0 panicked, 0 gave up"]);
    assert_eq!(scene(&[Blocks; 2], &[Fail], ALL), ["1 issued, 1 refused, 0 panicked, 0 gave up"]);
    assert_eq!(scene(&[Blocks; 2], &[Panic], ALL), ["1 issued, 0 refused, 1 panicked, 0 gave up"]);
    assert_eq!(scene(&[Blocks; 2], &[Fail, Panic], ALL), ["0 issued, 1 refused, 1 panicked, 0 gave up"]);
}

#[test]
fn two_tasks_and_a_thread_beside_a_task() {
    for callers in [&[Awaits; 2], &[Blocks, Awaits]] {
        assert_eq!(scene(callers, &[Sign], ALL), ["2 issued, 0 refused, 0 panicked, 0 gave up"]);
        assert_eq!(scene(callers, &[Fail], ALL), ["1 issued, 1 refused, 0 panicked, 0 gave up"]);
        assert_eq!(scene(callers, &[Panic], ALL), ["1 issued, 0 refused, 1 panicked, 0 gave up"]);
    }
}

#[test]
fn a_task_that_gives_up_holds_nobody_up() {
    // Where it comes last it finds the certificate.
    let either = ["1 issued, 0 refused, 0 panicked, 1 gave up", "2 issued, 0 refused, 0 panicked, 0 gave up"];
    assert_eq!(scene(&[GivesUp, Blocks], &[Sign], ALL), either);
    assert_eq!(scene(&[GivesUp, Awaits], &[Sign], ALL), either);
    assert_eq!(scene(&[GivesUp, GivesUp], &[Sign], ALL), ["0 issued, 0 refused, 0 panicked, 2 gave up"]);
}

#[test]
fn three_callers() {
    assert_eq!(scene(&[Blocks; 3], &[Sign], ALL), ["3 issued, 0 refused, 0 panicked, 0 gave up"]);
    assert_eq!(scene(&[Blocks; 3], &[Fail], Some(3)), ["2 issued, 1 refused, 0 panicked, 0 gave up"]);
    assert_eq!(scene(&[Blocks; 3], &[Panic, Fail], Some(3)), ["1 issued, 1 refused, 1 panicked, 0 gave up"]);
    assert_eq!(scene(&[Awaits; 3], &[Sign], Some(3)), ["3 issued, 0 refused, 0 panicked, 0 gave up"]);
    assert_eq!(scene(&[Blocks, Awaits, Blocks], &[Panic], Some(3)), ["2 issued, 0 refused, 1 panicked, 0 gave up"]);
    let outcomes = scene(&[Blocks, Awaits, GivesUp], &[Fail], Some(3));
    assert_eq!(outcomes.len(), 2, "{outcomes:?}");
}

#[test]
fn four_callers() {
    assert_eq!(scene(&[Blocks; 4], &[Fail], Some(2)), ["3 issued, 1 refused, 0 panicked, 0 gave up"]);
    assert_eq!(
        scene(&[Blocks, Awaits, Blocks, Awaits], &[Panic], Some(2)),
        ["3 issued, 0 refused, 1 panicked, 0 gave up"]
    );
}

/// R-IDM-2 in strict mode: of two different requests under one token one is refused, also if the other fails: its intent is recorded.
#[test]
fn different_requests_under_one_token() {
    let run = |script: &'static [Does]| {
        explore(&format!("strict mode {script:?}"), ALL, move || {
            let bench = Bench::new(MemoryLedger::new(WINDOW), IdempotencyMode::Strict, script);
            let got = bench.call_all(&[(Blocks, &REQUEST), (Blocks, &OTHER)]);
            let issued = count(&got, |got| matches!(got, Got::Certificate(_)));
            let failed = count(&got, |got| matches!(got, Got::Refused(Error::Signer(_))));
            let mismatch = count(&got, |got| matches!(got, Got::Refused(Error::IdempotencyMismatch { .. })));
            assert_eq!(issued + failed + mismatch, 2);
            assert_eq!((bench.store.len(), bench.key.signed.lock().unwrap().len()), (1, 1));
            format!("{issued} issued, {failed} failed, {mismatch} mismatches")
        })
    };
    assert_eq!(run(&[Sign]), ["1 issued, 0 failed, 1 mismatches"]);
    assert_eq!(run(&[Fail]), ["0 issued, 1 failed, 1 mismatches"]);
}

/// R-IDM-1, R-IDM-4: the window ends while two callers come. There is a second certificate only where a window lies between the
/// end of the first attempt and the time that the second caller read. That time may be the earlier one: a caller who is held
/// up for a whole window between its clock and the store looks like a clock that was set back. Time and serial number of an attempt
/// are from before the store is asked, so the lower serial number may be that of the later certificate.
#[test]
fn the_window_ends_meanwhile() {
    let outcomes = explore("the window ends", ALL, || {
        let bench = Bench::new(MemoryLedger::new(WINDOW), IdempotencyMode::PerCsr, &[]);
        let clock = Arc::clone(&bench.clock);
        let later = loom::thread::spawn(move || clock.0.store(i64::from(WINDOW), Ordering::SeqCst));
        let got = bench.call_all(&[(Blocks, &REQUEST), (Blocks, &REQUEST)]);
        later.join().unwrap();
        assert_eq!(bench.store.len(), 1);
        let certificate = |got: &Got| match got {
            Got::Certificate(certificate) => (certificate.serial(), certificate.not_before().unix() + 3600 - NOW),
            _ => panic!("no certificate"),
        };
        let (first, second) =
            (certificate(&got[0]).min(certificate(&got[1])), certificate(&got[0]).max(certificate(&got[1])));
        if first == second {
            return "one certificate".to_owned();
        }
        assert_eq!(bench.key.did(Sign), 2);
        // When each was made, in seconds.
        format!("at {} and at {}", first.1, second.1)
    });
    assert_eq!(outcomes, ["at 0 and at 0", "at 0 and at 300", "at 300 and at 0", "one certificate"]);
}

/// R-IDM-3: what has left the window is removed when another key is completed, but not while it is being issued anew.
#[test]
fn what_is_removed_is_not_in_flight() {
    let outcomes = explore("removal beside a claim", ALL, || {
        let bench = Bench::new(MemoryLedger::new(WINDOW), IdempotencyMode::PerCsr, &[]);
        assert!(matches!(bench.call(Blocks, &REQUEST), Got::Certificate(_)));
        bench.clock.0.store(i64::from(WINDOW), Ordering::SeqCst);
        // Another key's attempt would run beside these, so it has a signer of its own.
        let beside = Issuer::builder_with_verifier(AUTHORITY.clone(), Key::new(&[]), AnySignature)
            .clock(Arc::clone(&bench.clock))
            .ledger(Arc::clone(&bench.store))
            .build()
            .unwrap();
        let removing = loom::thread::spawn(move || drop(beside.issue(&ELSEWHERE).unwrap()));
        let got = bench.call_all(&[(Blocks, &REQUEST), (Blocks, &REQUEST)]);
        removing.join().unwrap();
        assert_eq!(count(&got, |got| matches!(got, Got::Certificate(_))), 2);
        assert_eq!((bench.key.did(Sign), bench.store.len()), (2, 2));
        "one more certificate".to_owned()
    });
    assert_eq!(outcomes.len(), 1);
}

/// A ledger with a fault, to see that such faults are found.
struct Faulty {
    ledger: MemoryLedger,
    fault: Fault,
    waiting: loom::sync::Mutex<Vec<Waiter>>,
}

#[derive(Clone, Copy, PartialEq)]
enum Fault {
    /// A caller that comes while another has the lease signs as well.
    SignsWhatIsBusy,
    /// A caller that starts to wait just after the end of the intent is never woken.
    ForgetsWhoComesLate,
}

impl Ledger for Faulty {
    fn reserve(&self, intents: &[Intent], now: Timestamp) -> Result<Vec<Reserved>, LedgerError> {
        let mut answers = Ledger::reserve(&self.ledger, intents, now)?;
        if self.fault == Fault::SignsWhatIsBusy {
            for answer in answers.iter_mut().filter(|answer| matches!(answer, Reserved::Busy { .. })) {
                *answer = Reserved::Sign;
            }
        }
        Ok(answers)
    }

    fn commit(&self, signed: &[Signed], now: Timestamp) -> Result<Vec<Ended>, LedgerError> {
        let ended = Ledger::commit(&self.ledger, signed, now)?;
        std::mem::take(&mut *self.waiting.lock().unwrap()).into_iter().for_each(Waiter::wake);
        Ok(ended)
    }

    fn when_free(&self, key: &IdempotencyKey, waiter: Waiter) {
        match self.fault {
            Fault::SignsWhatIsBusy => Ledger::when_free(&self.ledger, key, waiter),
            Fault::ForgetsWhoComesLate => self.waiting.lock().unwrap().push(waiter),
        }
    }

    issuance_test_support::forward_to_ledger!(ledger: keeps window_seconds abandon renew free by_token by_arn by_serial page
        take_up revoke revoked next_crl_number take_crl_places crl_partitions prune);
}

fn with_fault(fault: Fault) {
    explore("a faulty ledger", ALL, move || {
        let ledger = Faulty { ledger: MemoryLedger::new(WINDOW), fault, waiting: loom::sync::Mutex::default() };
        let key = Key::new(&[]);
        let issuer = Issuer::builder_with_verifier(AUTHORITY.clone(), Arc::clone(&key), AnySignature)
            .clock(Hand(AtomicI64::new(0)))
            .ledger(ledger)
            .build()
            .unwrap();
        let issuer = Arc::new(issuer);
        let other = Arc::clone(&issuer);
        // What each gets is of no matter: with a fault, one of them may be told so.
        let other = loom::thread::spawn(move || drop(other.issue(&REQUEST)));
        drop(issuer.issue(&REQUEST));
        other.join().unwrap();
        assert_eq!(key.signed.lock().unwrap().len(), 1, "two sets of bytes were signed under one token");
        String::new()
    });
}

/// Also where both sign at a time, which the key does not like.
#[test]
#[should_panic = "two"]
fn a_lease_that_two_have_is_found() {
    with_fault(Fault::SignsWhatIsBusy);
}

/// As a deadlock; the message is lost while the checker puts its threads away.
#[test]
#[should_panic]
fn a_lost_wake_up_is_found() {
    with_fault(Fault::ForgetsWhoComesLate);
}
