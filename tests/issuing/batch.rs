//! Batches: order, each item by itself, bounded memory, stopping early, tokens and proven CSRs.

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use issuance::crypto::{SignError, Signature};
use issuance::issue::{BatchItem, BatchProgress, FixedClock};
use issuance::ledger::MemoryLedger;
use issuance::request::IssueCertificateRequestBuilder;
use issuance::x509::KeyPolicy;
use issuance::{
    AwsException, Csr, Error, IssueCertificateRequest, IssuedCertificate, Issuer, Signer, SigningAlgorithm,
};
use issuance_test_support::ca;
use issuance_test_support::ca::{CA_KEY, Ca, LEAF_KEY, proven_csr};
use issuance_test_support::der;
use issuance_test_support::der::CsrParts;
use rayon::{ThreadPool, ThreadPoolBuilder};

type Act = Box<dyn Fn(&str) -> Result<(), SignError> + Send + Sync>;

/// Does something before it signs, which depends on the common name to be certified.
struct Acting {
    act: Act,
    calls: AtomicUsize,
}

impl Acting {
    fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }
}

impl Signer for Acting {
    fn public_key_der(&self) -> &[u8] {
        CA_KEY.public_key_der()
    }

    fn signing_algorithms(&self) -> &[SigningAlgorithm] {
        CA_KEY.signing_algorithms()
    }

    fn sign(&self, algorithm: SigningAlgorithm, message: &[u8]) -> Result<Signature, SignError> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        (self.act)(&name_in(message))?;
        CA_KEY.sign(algorithm, message)
    }
}

struct Bench {
    issuer: Arc<Issuer>,
    signer: Arc<Acting>,
    store: Arc<MemoryLedger>,
}

fn bench(act: impl Fn(&str) -> Result<(), SignError> + Send + Sync + 'static) -> Bench {
    let signer = Arc::new(Acting { act: Box::new(act), calls: AtomicUsize::new(0) });
    let store = Arc::new(MemoryLedger::default());
    let issuer = Issuer::builder(Ca::default().build(), Arc::clone(&signer))
        .clock(FixedClock(ca::now()))
        .ledger(Arc::clone(&store))
        .build()
        .unwrap();
    Bench { issuer: Arc::new(issuer), signer, store }
}

fn plain() -> Bench {
    bench(|_| Ok(()))
}

fn pool(threads: usize) -> ThreadPool {
    ThreadPoolBuilder::new().num_threads(threads).build().unwrap()
}

/// A request whose certificate says this name.
fn request(name: &str) -> IssueCertificateRequestBuilder {
    ca::request(&proven_csr(&common_name(name)), "EndEntityCertificate")
}

/// A common name that no serial number looks like.
fn common_name(name: &str) -> String {
    format!("name <{name}>")
}

/// The name in a certificate or what is to become one. The trial of a signer has none.
fn name_in(octets: &[u8]) -> String {
    let text = String::from_utf8_lossy(octets);
    let name = text.split("name <").nth(1).and_then(|rest| rest.split('>').next());
    name.unwrap_or_default().to_owned()
}

fn name_of(certificate: &IssuedCertificate) -> String {
    name_in(certificate.der())
}

/// Waits for what other threads do; a test that would wait for ever fails.
fn until(what: &str, done: impl Fn() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < Duration::from_secs(60), "waited in vain: {what}");
        // On a thread of a pool, something else may have to be done first.
        if rayon::yield_now() != Some(rayon::Yield::Executed) {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

#[test]
fn the_outcomes_have_the_order_of_the_items() {
    // The first are the slowest.
    let bench = bench(|name| {
        std::thread::sleep(Duration::from_millis(20_u64.saturating_sub(name.parse().unwrap())));
        Ok(())
    });
    let names: Vec<String> = (0..100).map(|number| number.to_string()).collect();
    let issue = || -> Vec<String> {
        let items: Vec<_> = names.iter().map(|name| request(name)).collect();
        bench.issuer.issue_batch(items).map(|outcome| name_of(&outcome.unwrap())).collect()
    };
    assert_eq!(issue(), names);
    for threads in [1, 2, 5] {
        assert_eq!(pool(threads).install(issue), names, "{threads}");
    }
}

#[test]
fn what_goes_wrong_with_one_item_touches_no_other() {
    let bench = bench(|name| match name {
        "refused" => Err(SignError::backend("refused").retryable()),
        "panic" => panic!("the signer panics over {name}"),
        _ => Ok(()),
    });
    /// What each item is made from.
    enum Row {
        Good(usize),
        Unproven,
        Named(&'static str),
        OtherAuthority,
        Malformed,
        NoRequest,
        Panics,
    }
    impl TryFrom<Row> for BatchItem {
        type Error = Error;

        fn try_from(row: Row) -> Result<BatchItem, Error> {
            let builder = match row {
                Row::Good(number) => request(&number.to_string()),
                Row::Unproven => ca::request(&CsrParts::new(LEAF_KEY.public_key_der()).der(), "EndEntityCertificate"),
                Row::Named(name) => request(name),
                Row::OtherAuthority => request("other").certificate_authority_arn(ca::OTHER_CA_ARN),
                Row::Malformed => ca::request(b"no CSR", "EndEntityCertificate"),
                Row::NoRequest => IssueCertificateRequest::builder(),
                Row::Panics => panic!("{}", "the row panics".to_owned()),
            };
            Ok(builder.build()?.into())
        }
    }
    let bad = || {
        [
            Row::Unproven,
            Row::Named("refused"),
            Row::Named("panic"),
            Row::OtherAuthority,
            Row::Malformed,
            Row::NoRequest,
            Row::Panics,
        ]
    };
    let rows = (0..50).flat_map(|number| bad().into_iter().chain([Row::Good(number)]));
    let mut last = BatchProgress::default();
    let outcomes: Vec<_> = bench.issuer.issue_batch(rows).progress(|progress| last = progress).collect();
    assert_eq!(outcomes.len(), 50 * 8);
    for (number, of_round) in outcomes.chunks(8).enumerate() {
        let [bad @ .., good] = of_round else { panic!() };
        assert_eq!(name_of(good.as_ref().unwrap()), number.to_string());
        let errors: Vec<&Error> = bad.iter().map(|outcome| outcome.as_ref().unwrap_err()).collect();
        assert!(
            matches!(
                errors[..],
                [
                    Error::Csr(_),
                    Error::Signer(_),
                    Error::Panic(_),
                    Error::NotThisAuthority(_),
                    Error::Csr(_),
                    Error::Request(_),
                    Error::Panic(_)
                ]
            ),
            "{errors:?}"
        );
        assert_eq!(errors[2].to_string(), "issuance was broken off by a panic: the signer panics over panic");
        assert_eq!(errors[6].to_string(), "issuance was broken off by a panic: the row panics");
        assert_eq!((errors[6].aws_exception(), errors[6].is_retryable()), (AwsException::InternalFailure, false));
    }
    assert_eq!((last.issued, last.failed), (50, 350));
}

#[test]
fn requests_builders_and_results_are_items() {
    let issuer = plain().issuer;
    let built = || request("a").build();
    assert!(issuer.issue_batch([built().unwrap()]).all(|outcome| outcome.is_ok()));
    assert!(issuer.issue_batch([built()]).all(|outcome| outcome.is_ok()));
    assert!(issuer.issue_batch([request("a")]).all(|outcome| outcome.is_ok()));
    assert!(issuer.issue_batch([BatchItem::from(built().unwrap())]).all(|outcome| outcome.is_ok()));
}

#[test]
fn an_empty_batch_has_no_outcome() {
    let issuer = plain().issuer;
    let mut reports = 0;
    let mut batch = issuer.issue_batch(Vec::<IssueCertificateRequest>::new()).progress(|_| reports += 1);
    assert_eq!(batch.size_hint(), (0, Some(0)));
    assert!(batch.next().is_none() && batch.next().is_none());
    drop(batch);
    assert_eq!(reports, 0);
}

#[test]
fn no_more_than_the_window_is_read_ahead() {
    let bench = plain();
    let asked = request("a").build().unwrap();
    for window in [0, 1, 2, 7, 64] {
        let read = AtomicUsize::new(0);
        let endless = std::iter::repeat_with(|| {
            read.fetch_add(1, Ordering::SeqCst);
            asked.clone()
        });
        let mut batch = bench.issuer.issue_batch(endless).window(window);
        for taken in 0..40 {
            assert!(read.load(Ordering::SeqCst) <= taken + window.max(1), "{window}: {taken}");
            assert!(batch.next().unwrap().is_ok());
            assert!(read.load(Ordering::SeqCst) > taken);
        }
        assert_eq!(batch.size_hint().1, None);
    }
    let batch = bench.issuer.issue_batch(vec![asked; 9]).window(2);
    assert_eq!(batch.size_hint(), (9, Some(9)));
    let mut left = batch;
    left.next();
    assert_eq!(left.size_hint(), (8, Some(8)));
}

#[test]
fn a_slow_first_item_holds_up_neither_threads_nor_bounds() {
    const WINDOW: usize = 32;
    let signed = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&signed);
    // The first item is signed once all others of the window are, and not before.
    let bench = bench(move |name| {
        if name == "0" {
            until("the others of the window", || counted.load(Ordering::SeqCst) == WINDOW - 1);
            return Ok(());
        }
        counted.fetch_add(1, Ordering::SeqCst);
        Ok(())
    });
    let read = AtomicUsize::new(0);
    let reports = Mutex::new(Vec::new());
    pool(2).install(|| {
        let items = (0..100).map(|number: usize| {
            read.fetch_add(1, Ordering::SeqCst);
            request(&number.to_string())
        });
        let progress = |progress: BatchProgress| reports.lock().unwrap().push(progress.finished());
        let mut batch = bench.issuer.issue_batch(items).window(WINDOW).progress(progress);
        assert_eq!(name_of(&batch.next().unwrap().unwrap()), "0");
        assert_eq!(read.load(Ordering::SeqCst), WINDOW);
        assert_eq!(bench.signer.calls(), WINDOW);
        let rest: Vec<String> = batch.map(|outcome| name_of(&outcome.unwrap())).collect();
        assert_eq!(rest, (1..100).map(|number| number.to_string()).collect::<Vec<_>>());
    });
    let reports = reports.into_inner().unwrap();
    assert!(reports.is_sorted_by(|one, next| one < next), "{reports:?}");
    assert_eq!(reports.last(), Some(&100));
}

#[test]
fn progress_is_reported_where_the_outcomes_are_taken() {
    let bench = bench(|name| {
        if name.parse::<usize>().unwrap().is_multiple_of(10) {
            return Err(SignError::backend("away").retryable());
        }
        Ok(())
    });
    let mut reports = Vec::new();
    let mut taken = 0;
    let here = std::thread::current().id();
    let items = (0..200).map(|number| request(&number.to_string()));
    let batch = bench.issuer.issue_batch(items).progress(|progress| {
        assert_eq!(std::thread::current().id(), here);
        reports.push(progress);
    });
    for outcome in batch {
        taken += 1;
        drop(outcome);
    }
    assert_eq!(taken, 200);
    assert!(reports.is_sorted_by(|one, next| one.finished() < next.finished()), "{reports:?}");
    let last = reports.last().unwrap();
    assert_eq!((last.issued, last.failed), (180, 20));
}

#[test]
fn each_outcome_stays_with_its_item_if_the_report_panics() {
    for threads in [1, 3] {
        let bench = bench(|name| if name == "3" { panic!("the signer panics") } else { Ok(()) });
        let items: Vec<_> = (0..6).map(|number| request(&number.to_string())).collect();
        let issue = || {
            // Every other report panics, the first among them.
            let mut calls = 0;
            let mut batch = bench.issuer.issue_batch(items.clone()).window(2).progress(move |_| {
                calls += 1;
                assert!(calls % 2 == 0, "the report panics");
            });
            let (mut names, mut panics) = (Vec::new(), 0);
            loop {
                match catch_unwind(AssertUnwindSafe(|| batch.next())) {
                    Ok(Some(Ok(certificate))) => names.push(name_of(&certificate)),
                    Ok(Some(Err(error))) => names.push(error.to_string()),
                    Ok(None) => return (names, panics),
                    Err(_) => panics += 1,
                }
            }
        };
        let (names, panics) = pool(threads).install(issue);
        let broken = "issuance was broken off by a panic: the signer panics";
        assert_eq!(names, ["0", "1", "2", broken, "4", "5"], "{threads}");
        assert!(panics > 0);
    }
}

/// Panics when it is dropped, with another one.
struct Grenade(u32);

impl Drop for Grenade {
    fn drop(&mut self) {
        if let Some(left) = self.0.checked_sub(1) {
            panic_any(Grenade(left));
        }
    }
}

#[test]
fn a_panic_whose_payload_panics_when_it_is_dropped_is_one_items_error() {
    /// A row that cannot be converted.
    struct Row(bool);

    impl TryFrom<Row> for BatchItem {
        type Error = Error;

        fn try_from(row: Row) -> Result<BatchItem, Error> {
            if row.0 { panic_any(Grenade(3)) } else { Ok(request("signer").build()?.into()) }
        }
    }

    let bench = bench(|name| if name == "signer" { panic_any(Grenade(2)) } else { Ok(()) });
    let outcomes: Vec<_> = bench.issuer.issue_batch([Row(true), Row(false), Row(true)]).collect();
    assert_eq!(outcomes.len(), 3);
    for outcome in outcomes {
        assert_eq!(outcome.unwrap_err().to_string(), "issuance was broken off by a panic: no message");
    }
    // The pool lives.
    let good: Vec<_> = bench.issuer.issue_batch([request("good")]).collect();
    assert_eq!(name_of(good[0].as_ref().unwrap()), "good");
}

#[test]
fn an_item_that_panics_when_it_is_dropped_does_not_end_the_process() {
    struct Row(#[allow(dead_code)] Grenade);

    impl TryFrom<Row> for BatchItem {
        type Error = Error;

        fn try_from(_: Row) -> Result<BatchItem, Error> {
            Ok(request("good").build()?.into())
        }
    }

    let bench = bench(|_| {
        std::thread::sleep(Duration::from_millis(5));
        Ok(())
    });
    // Most rows are dropped without being begun.
    let mut batch = bench.issuer.issue_batch((0..64).map(|_| Row(Grenade(1))));
    assert!(batch.next().is_some());
    drop(batch);
    let good: Vec<_> = bench.issuer.issue_batch([request("good")]).collect();
    assert!(good[0].is_ok());
}

#[test]
fn a_dropped_batch_begins_nothing_more() {
    let bench = plain();
    let read = AtomicUsize::new(0);
    // One thread takes the outcomes and issues, so that nothing is issued but in `next`.
    pool(1).install(|| {
        let items = (0..).map(|number: usize| {
            read.fetch_add(1, Ordering::SeqCst);
            request(&number.to_string())
        });
        let mut batch = bench.issuer.issue_batch(items).window(16);
        for taken in 0..3 {
            assert_eq!(name_of(&batch.next().unwrap().unwrap()), taken.to_string());
        }
        let (read_before, signed) = (read.load(Ordering::SeqCst), bench.signer.calls());
        assert!(signed < read_before);
        drop(batch);
        // What is left of the batch lets go of the issuer without using it.
        until("the rest of the batch", || Arc::strong_count(&bench.issuer) == 1);
        assert_eq!((read.load(Ordering::SeqCst), bench.signer.calls()), (read_before, signed));
    });
}

#[test]
fn an_item_that_waits_for_a_token_does_not_keep_a_dropped_batch() {
    let holding = Arc::new(AtomicUsize::new(0));
    let phase = Arc::clone(&holding);
    let bench = bench(move |_| {
        phase.store(1, Ordering::SeqCst);
        until("the end of the batch", || phase.load(Ordering::SeqCst) == 2);
        Ok(())
    });
    let asked = request("held").idempotency_token("t").build().unwrap();
    std::thread::scope(|scope| {
        let holder = scope.spawn(|| bench.issuer.issue(&asked).unwrap());
        until("the token to be held", || holding.load(Ordering::SeqCst) == 1);
        pool(1).install(|| {
            let failing = ca::request(b"no CSR", "EndEntityCertificate").build().unwrap();
            let mut batch = bench.issuer.issue_batch([failing, asked.clone()]);
            assert!(batch.next().unwrap().is_err());
            // The other item has met the token by then, or never will.
            while rayon::yield_now() == Some(rayon::Yield::Executed) {}
        });
        holding.store(2, Ordering::SeqCst);
        holder.join().unwrap();
    });
    until("the rest of the batch", || Arc::strong_count(&bench.issuer) == 1);
    assert_eq!(bench.signer.calls(), 1);
}

#[test]
fn r_idm_3_one_token_in_one_batch_is_one_certificate() {
    let bench = plain();
    let one = request("one").idempotency_token("t").build().unwrap();
    let other = request("other").idempotency_token("t").build().unwrap();
    let items = (0..64).map(|number| if number % 2 == 0 { one.clone() } else { other.clone() });
    let outcomes: Vec<_> = bench.issuer.issue_batch(items).map(Result::unwrap).collect();
    // R-IDM-2: the token goes with the CSR.
    let different: HashSet<_> = outcomes.iter().map(|certificate| certificate.der()).collect();
    assert_eq!((different.len(), bench.signer.calls(), bench.store.len()), (2, 2, 2));
    assert!(outcomes.iter().zip(["one", "other"].iter().cycle()).all(|(issued, name)| name_of(issued) == *name));
}

#[test]
fn r_idm_3_items_that_wait_for_a_token_leave_the_threads_to_others() {
    for threads in [1, 2, 3] {
        let free = Arc::new(AtomicUsize::new(0));
        let seen = Arc::clone(&free);
        // Who holds the token is not finished before the last item is; while it waits, its thread does other work of the
        // pool, as a signer that uses rayon itself does. If items waited on their threads, all would stand still: the ones
        // that wait would have all threads, that of the holder among them.
        let bench = bench(move |name| {
            if name == "held" {
                until("the item without a token", || seen.load(Ordering::SeqCst) == 1);
            } else {
                seen.store(1, Ordering::SeqCst);
            }
            Ok(())
        });
        let held = request("held").idempotency_token("t").build().unwrap();
        let items = || vec![held.clone(); 20].into_iter().chain([request("free").build().unwrap()]);
        let issue =
            || -> Vec<_> { bench.issuer.issue_batch(items()).map(|outcome| outcome.unwrap().arn().clone()).collect() };
        let arns = pool(threads).install(issue);
        assert_eq!(arns.iter().collect::<HashSet<_>>().len(), 2, "{threads}");
        assert_eq!(bench.signer.calls(), 2, "{threads}");
    }
}

#[test]
fn r_idm_3_a_token_that_is_held_outside_the_batch_blocks_no_thread() {
    // The holder goes on when an item behind those that wait for its token has been issued.
    for inside in [true, false] {
        let free = Arc::new(AtomicUsize::new(0));
        let seen = Arc::clone(&free);
        let bench = bench(move |name| {
            if name == "held" {
                seen.fetch_max(1, Ordering::SeqCst);
                until("the item without a token", || seen.load(Ordering::SeqCst) == 2);
            } else {
                seen.store(2, Ordering::SeqCst);
            }
            Ok(())
        });
        let held = request("held").idempotency_token("t").build().unwrap();
        std::thread::scope(|scope| {
            let holder = scope.spawn(|| bench.issuer.issue(&held).unwrap().arn().clone());
            until("the token to be held", || free.load(Ordering::SeqCst) >= 1);
            let items = || vec![held.clone(); 20].into_iter().chain([request("free").build().unwrap()]);
            let issue = || -> Vec<_> {
                bench.issuer.issue_batch(items()).map(|outcome| outcome.unwrap().arn().clone()).collect()
            };
            let arns = if inside { pool(1).install(issue) } else { issue() };
            let first = holder.join().unwrap();
            assert!(arns[..20].iter().all(|arn| *arn == first));
            assert_eq!(bench.signer.calls(), 2);
        });
    }
}

#[test]
fn r_idm_3_a_failure_frees_the_token_for_the_next_item() {
    let failures = AtomicUsize::new(3);
    let bench =
        bench(move |_| match failures.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)) {
            Ok(1) => panic!("the signer panics"),
            Ok(_) => Err(SignError::backend("away").retryable()),
            Err(_) => Ok(()),
        });
    let asked = request("a").idempotency_token("t").build().unwrap();
    let (issued, failed): (Vec<_>, Vec<_>) = bench.issuer.issue_batch(vec![asked; 30]).partition(Result::is_ok);
    assert_eq!((issued.len(), failed.len(), bench.signer.calls()), (27, 3, 4));
    let arns: HashSet<_> = issued.into_iter().map(|issued| issued.unwrap().arn().to_string()).collect();
    assert_eq!(arns.len(), 1);
}

#[test]
fn proven_items_are_not_proven_again() {
    let issuer = plain().issuer;
    // Signed by nobody: only who vouches for it gets a certificate.
    let csr = |number: usize| {
        CsrParts::new(LEAF_KEY.public_key_der()).subject(der::common_name(&common_name(&number.to_string()))).der()
    };
    let item = |number: usize| {
        let der = csr(number);
        let asked = ca::request(&der, "EndEntityCertificate").build().unwrap();
        if number % 2 == 1 {
            return BatchItem::from(asked);
        }
        let csr = Csr::decode(&der).unwrap().assume_proven(&KeyPolicy::default()).unwrap();
        BatchItem::proven(asked, csr.into_owned())
    };
    for (number, outcome) in issuer.issue_batch((0..40).map(item)).enumerate() {
        match outcome {
            Ok(certificate) => assert_eq!((number % 2, name_of(&certificate)), (0, number.to_string())),
            Err(error) => assert!(number % 2 == 1 && matches!(error, Error::Csr(_)), "{error}"),
        }
    }
    // What somebody else's policy let through is not let through here.
    let path = format!("{}/tests/data/csr-proof/rsa-1024-sha256.pem", env!("CARGO_MANIFEST_DIR"));
    let short = std::fs::read(path).unwrap();
    let asked = ca::request(&short, "EndEntityCertificate").build().unwrap();
    let lax = KeyPolicy::default().rsa_bits(1024, 8192);
    let csr = Csr::decode(&short).unwrap().assume_proven(&lax).unwrap().into_owned();
    assert!(matches!(issuer.issue_proven(&asked, &csr), Err(Error::Csr(_))));
    let outcome = issuer.issue_batch([BatchItem::proven(asked, csr)]).next().unwrap();
    assert!(matches!(outcome, Err(Error::Csr(_))));
}
