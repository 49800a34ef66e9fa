//! Batches over a ledger that keeps everything share its calls (R-LED-8): order kept, and one bad item harms none.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use issuance::crypto::{SignError, Signature};
use issuance::issue::{BatchItem, FixedClock};
use issuance::ledger::{Ended, Intent, Ledger, LedgerError, MemoryLedger, Reserved, Signed, State};
use issuance::{Error, IssueCertificateRequest, IssuedCertificate, Issuer, Signer, SigningAlgorithm, Timestamp};
use issuance_test_support::ca;
use issuance_test_support::ca::{CA_KEY, Ca, proven_csr};
use issuance_test_support::forward_to_ledger;
use rayon::ThreadPoolBuilder;

/// A ledger whose calls take long, as those of a disk do, and are counted.
struct Slow {
    ledger: MemoryLedger,
    reserves: AtomicUsize,
    commits: AtomicUsize,
    is_full: AtomicBool,
    panics: AtomicBool,
}

impl Slow {
    fn new() -> Arc<Slow> {
        Arc::new(Slow {
            ledger: MemoryLedger::default().keep_everything(),
            reserves: AtomicUsize::new(0),
            commits: AtomicUsize::new(0),
            is_full: AtomicBool::new(false),
            panics: AtomicBool::new(false),
        })
    }

    fn calls(&self) -> usize {
        self.reserves.load(Ordering::SeqCst) + self.commits.load(Ordering::SeqCst)
    }
}

impl Ledger for Slow {
    fn reserve(&self, intents: &[Intent], now: Timestamp) -> Result<Vec<Reserved>, LedgerError> {
        self.reserves.fetch_add(1, Ordering::SeqCst);
        std::thread::sleep(Duration::from_millis(5));
        self.ledger.reserve(intents, now)
    }

    fn commit(&self, signed: &[Signed], now: Timestamp) -> Result<Vec<Ended>, LedgerError> {
        self.commits.fetch_add(1, Ordering::SeqCst);
        std::thread::sleep(Duration::from_millis(5));
        assert!(!self.panics.load(Ordering::SeqCst), "the ledger panics");
        if self.is_full.load(Ordering::SeqCst) {
            return Err(LedgerError::new("disk full").retryable());
        }
        self.ledger.commit(signed, now)
    }

    forward_to_ledger!(ledger: keeps window_seconds abandon renew free when_free by_token by_arn by_serial page take_up
        revoke revoked next_crl_number take_crl_places crl_partitions prune);
}

/// The key, which refuses what has a name.
struct Refuses(AtomicUsize);

impl Signer for Refuses {
    fn public_key_der(&self) -> &[u8] {
        CA_KEY.public_key_der()
    }

    fn signing_algorithms(&self) -> &[SigningAlgorithm] {
        CA_KEY.signing_algorithms()
    }

    fn sign(&self, algorithm: SigningAlgorithm, message: &[u8]) -> Result<Signature, SignError> {
        self.0.fetch_add(1, Ordering::SeqCst);
        let has = |name: &[u8]| message.windows(name.len()).any(|part| part == name);
        assert!(!has(b"name <panic>"), "the signer panics");
        if has(b"name <away>") {
            return Err(SignError::backend("away").retryable());
        }
        CA_KEY.sign(algorithm, message)
    }
}

fn issuer(ledger: &Arc<Slow>) -> (Arc<Issuer>, Arc<Refuses>) {
    let signer = Arc::new(Refuses(AtomicUsize::new(0)));
    let issuer = Issuer::builder(Ca::default().build(), Arc::clone(&signer))
        .clock(FixedClock(ca::now()))
        .ledger(Arc::clone(ledger))
        .build()
        .unwrap();
    (Arc::new(issuer), signer)
}

fn request(name: &str, token: Option<&str>) -> IssueCertificateRequest {
    let request = ca::request(&proven_csr(&format!("name <{name}>")), "EndEntityCertificate");
    token.map_or(request.clone(), |token| request.idempotency_token(token)).build().unwrap()
}

fn says(certificate: &IssuedCertificate, name: &str) -> bool {
    let name = format!("name <{name}>");
    certificate.der().windows(name.len()).any(|part| part == name.as_bytes())
}

#[test]
fn r_led_8_items_of_a_batch_share_calls_and_keep_their_order() {
    for threads in [1, 2, 4] {
        let ledger = Slow::new();
        let (issuer, signer) = issuer(&ledger);
        let names: Vec<String> = (0..200)
            .map(|number| match number % 50 {
                7 => "away".to_owned(),
                8 => "panic".to_owned(),
                _ => format!("item {number}"),
            })
            .collect();
        let items: Vec<_> = names
            .iter()
            .enumerate()
            .map(|(number, name)| match number % 50 {
                9 => ca::request(b"no CSR", "EndEntityCertificate").build().unwrap(),
                // One token for three items.
                20..=22 => request("shared", Some("t")),
                _ => request(name, None),
            })
            .collect();
        let pool = ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let outcomes: Vec<_> = pool.install(|| issuer.issue_batch(items).collect());
        assert_eq!(outcomes.len(), 200);
        let mut shared = HashSet::new();
        for (number, outcome) in outcomes.iter().enumerate() {
            match (number % 50, outcome) {
                (7, Err(Error::Signer(_))) | (8, Err(Error::Panic(_))) | (9, Err(Error::Csr(_))) => {}
                (20..=22, Ok(certificate)) => drop(shared.insert(certificate.der())),
                (_, Ok(certificate)) => assert!(says(certificate, &names[number]), "{number}"),
                (_, Err(error)) => panic!("{number}: {error}"),
            }
        }
        assert_eq!(shared.len(), 1);
        // 196 intents in two calls each would be 392.
        assert!(ledger.calls() < 60, "{} calls with {threads} threads", ledger.calls());
        assert_eq!(signer.0.load(Ordering::SeqCst), 200 - 4 - 11);
        // Each has a record that has ended, but for the panics, which recovery abandons.
        let all = || {
            let authority = issuer.authority().arn();
            ledger.page(authority, Timestamp::MIN, Timestamp::MAX, None, 1000).unwrap().records
        };
        let in_flight = || all().iter().filter(|record| matches!(record.state, State::InFlight { .. })).count();
        assert_eq!((all().len(), in_flight()), (185, 4));
        assert_eq!(issuer.recover().unwrap().abandoned.len(), 4);
        assert_eq!(in_flight(), 0);
    }
}

#[test]
fn a_call_that_fails_is_an_error_of_its_items_and_retries_get_the_recorded_bytes() {
    let ledger = Slow::new();
    let (issuer, signer) = issuer(&ledger);
    let items = || (0..40).map(|number| request(&format!("item {number}"), Some(&format!("token {number}"))));
    for fault in [&ledger.is_full, &ledger.panics] {
        fault.store(true, Ordering::SeqCst);
        let outcomes: Vec<_> = issuer.issue_batch(items()).collect();
        assert!(
            outcomes.iter().all(|outcome| matches!(outcome, Err(Error::Ledger(_) | Error::Panic(_)))),
            "{outcomes:?}"
        );
        fault.store(false, Ordering::SeqCst);
    }
    let records = |ledger: &Slow| {
        let authority = issuer.authority().arn();
        ledger.page(authority, Timestamp::MIN, Timestamp::MAX, None, 1000).unwrap().records
    };
    assert_eq!(records(&ledger).len(), 40);
    // A ledger that panicked has leases that nobody freed. A restart ends them.
    let open: Vec<Intent> = records(&ledger).into_iter().map(|record| record.intent).collect();
    ledger.free(&open, ca::now()).unwrap();
    let outcomes: Vec<_> = issuer.issue_batch(items()).map(Result::unwrap).collect();
    assert_eq!((records(&ledger).len(), outcomes.len()), (40, 40));
    assert!(signer.0.load(Ordering::SeqCst) >= 80);
}

/// An item that is made only once another has its certificate.
struct After(Arc<AtomicUsize>, &'static str);

impl TryFrom<After> for BatchItem {
    type Error = Error;

    fn try_from(After(taken, name): After) -> Result<BatchItem, Error> {
        while name == "second" && taken.load(Ordering::SeqCst) == 0 {
            std::thread::sleep(Duration::from_millis(1));
        }
        Ok(BatchItem::from(request(name, None)))
    }
}

#[test]
fn an_item_that_takes_long_does_not_keep_others_from_the_ledger() {
    let (issuer, _) = issuer(&Slow::new());
    let taken = Arc::new(AtomicUsize::new(0));
    let items = vec![After(Arc::clone(&taken), "first"), After(Arc::clone(&taken), "second")];
    let mut batch = issuer.issue_batch(items);
    assert!(says(&batch.next().unwrap().unwrap(), "first"));
    taken.store(1, Ordering::SeqCst);
    assert!(says(&batch.next().unwrap().unwrap(), "second"));
    assert!(batch.next().is_none());
}

#[test]
fn a_batch_that_is_dropped_leaves_nothing_in_flight() {
    let ledger = Slow::new();
    let (issuer, _) = issuer(&ledger);
    let mut batch = issuer.issue_batch((0..100).map(|number| request(&format!("item {number}"), None)));
    assert!(batch.next().unwrap().is_ok());
    drop(batch);
    let start = std::time::Instant::now();
    while Arc::strong_count(&issuer) > 1 {
        assert!(start.elapsed() < Duration::from_secs(60), "the rest of the batch never ends");
        std::thread::sleep(Duration::from_millis(1));
    }
    let authority = issuer.authority().arn();
    let records = ledger.page(authority, Timestamp::MIN, Timestamp::MAX, None, 1000).unwrap().records;
    assert!(records.iter().all(|record| record.certificate().is_some()));
}
