//! Waiting for other callers and for a slow server, without a thread.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use issuance::ledger::PostgresLedger;

use crate::place::{HookedSigner, TestClock, builder, issuer, place, request, run, spawn};

#[test]
fn r_led_2_a_caller_that_was_frozen_past_its_lease_gets_the_certificate_of_the_one_that_took_it_up() {
    let Some(place) = place() else { return };
    let (clock, thawed) = (TestClock::default(), Arc::new(AtomicBool::new(false)));
    let is_thawed = Arc::clone(&thawed);
    let frozen = HookedSigner::new(move || {
        let is_thawed = Arc::clone(&is_thawed);
        async move {
            while !is_thawed.load(Ordering::SeqCst) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
    });
    let quick = HookedSigner::plain();
    let ledgers = [place.ledger(), place.ledger()];
    let first = builder(&ledgers[0], &frozen).clock(clock.clone()).build().unwrap();
    let second = builder(&ledgers[1], &quick).clock(clock.clone()).build().unwrap();
    let late = spawn(&first, request("token"));
    while place.count("intent") == 0 {
        thread::sleep(Duration::from_millis(5));
    }
    let waiting = spawn(&second, request("token"));
    thread::sleep(Duration::from_millis(300));
    // Within the lease it waits.
    assert_eq!((quick.count(), waiting.is_finished()), (0, false));
    clock.advance(31);
    let taken_up = run(waiting).unwrap().unwrap();
    thawed.store(true, Ordering::SeqCst);
    let late = run(late).unwrap().unwrap();
    assert_eq!(late.der(), taken_up.der());
    assert_eq!(*frozen.signed.lock().unwrap(), *quick.signed.lock().unwrap());
    assert_eq!(place.count("intent"), 1);
}

#[test]
fn a_caller_in_the_same_process_is_woken_at_once_and_one_elsewhere_soon() {
    let Some(place) = place() else { return };
    let signer = HookedSigner::new(|| tokio::time::sleep(Duration::from_millis(400)));
    let ledgers = [place.ledger(), place.ledger()];
    let issuers: Vec<_> = ledgers.iter().map(|ledger| issuer(ledger, &signer)).collect();
    let ends: Vec<_> = [0, 0, 1]
        .into_iter()
        .map(|place| {
            let task = spawn(&issuers[place], request("token"));
            thread::sleep(Duration::from_millis(30));
            task
        })
        .collect();
    let ends: Vec<_> = ends.into_iter().map(|task| (run(task).unwrap().unwrap(), Instant::now())).collect();
    assert!(ends.iter().all(|(certificate, _)| certificate.der() == ends[0].0.der()));
    assert_eq!(signer.count(), 1);
    // The longest pause is 640 ms; the machine may be busy.
    assert!(ends[2].1 - ends[0].1 < Duration::from_secs(3));
}

#[test]
fn an_executor_with_one_thread_goes_on_while_the_server_does_not_answer() {
    let Some(place) = place() else { return };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let settings = place.settings().statement_limit(Duration::from_secs(20));
    let ledger = runtime.block_on(PostgresLedger::connect(&settings)).unwrap();
    let issuer = issuer(&ledger, &HookedSigner::plain());
    let requests = [request(""), request("token")];
    runtime.block_on(issuer.issue(&requests[0])).unwrap();
    let ticks = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&ticks);
    thread::scope(|scope| {
        scope.spawn(|| place.sql("BEGIN; LOCK TABLE {s}.state IN EXCLUSIVE MODE; SELECT pg_sleep(1.5); COMMIT"));
        while place
            .sql("SELECT count(*) FROM pg_locks WHERE relation = '{s}.state'::regclass AND mode = 'ExclusiveLock'")
            == "0"
        {
            thread::sleep(Duration::from_millis(5));
        }
        runtime.block_on(async {
            let ticker = tokio::spawn(async move {
                loop {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                    counted.fetch_add(1, Ordering::Relaxed);
                }
            });
            let begun = Instant::now();
            let issued = requests.iter().map(|request| issuer.issue(request));
            let mut issued: Vec<_> = issued.map(Box::pin).collect();
            for issued in &mut issued {
                issued.await.unwrap();
            }
            assert!(begun.elapsed() > Duration::from_millis(500), "the server answered after all");
            ticker.abort();
        });
    });
    assert!(ticks.load(Ordering::Relaxed) > 30, "{ticks:?} ticks");
}

#[test]
fn a_statement_past_its_limit_is_a_retryable_error_and_its_connection_is_given_up() {
    let Some(place) = place() else { return };
    let settings = place.settings().statement_limit(Duration::from_millis(300)).pool_size(1);
    let ledger = run(PostgresLedger::connect(&settings)).unwrap();
    let issuer = issuer(&ledger, &HookedSigner::plain());
    run(issuer.issue(&request("before"))).unwrap();
    thread::scope(|scope| {
        scope.spawn(|| place.sql("BEGIN; LOCK TABLE {s}.state IN EXCLUSIVE MODE; SELECT pg_sleep(2.5); COMMIT"));
        while place
            .sql("SELECT count(*) FROM pg_locks WHERE relation = '{s}.state'::regclass AND mode = 'ExclusiveLock'")
            == "0"
        {
            thread::sleep(Duration::from_millis(5));
        }
        let error = run(issuer.issue(&request("token"))).unwrap_err();
        assert!(error.is_retryable(), "{error}");
        let text = error.to_string();
        assert!(text.contains("reserving took longer") || text.contains("57014"), "{text}");
    });
    run(issuer.issue(&request("token"))).unwrap();
}
