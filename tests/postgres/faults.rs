//! Connections that break, servers that go away, and answers that are lost.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use issuance::Error;
use issuance::ledger::{AsyncLedger, IdempotencyKey, PostgresLedger};
use issuance_test_support::ca::now;
use issuance_test_support::postgres::Server;

use crate::place::{HookedSigner, TestClock, authority, builder, issuer, place, place_on, request, run, spawn};

#[test]
fn r_led_3_a_connection_that_is_ended_between_two_statements_costs_nothing() {
    let Some(place) = place() else { return };
    let (schema, server) = (place.schema.clone(), place.server);
    let ended = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&ended);
    let signer = HookedSigner::new(move || {
        let text = format!(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = '{schema}'"
        );
        let counted = Arc::clone(&counted);
        async move {
            let said = tokio::task::spawn_blocking(move || server.sql(&text)).await;
            counted.fetch_add(said.unwrap().parse().unwrap(), Ordering::SeqCst);
        }
    });
    let ledger = place.ledger();
    let issuer = issuer(&ledger, &signer);
    for token in ["", "first", "second"] {
        let certificate = run(issuer.issue(&request(token))).unwrap();
        let record = run(ledger.by_arn(certificate.arn())).unwrap().unwrap();
        assert_eq!(record.certificate().unwrap().der(), certificate.der());
    }
    assert!(ended.load(Ordering::SeqCst) >= 3);
    assert_eq!(signer.count(), 3);
    assert_eq!(place.count("intent"), 3);
}

/// Stands between a ledger and its server. Armed, it lets the next statement through, swallows the answer and ends the connection.
struct Proxy {
    port: u16,
    armed: Arc<AtomicBool>,
    swallowed: Arc<AtomicU32>,
}

impl Proxy {
    fn before(server: u16) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (armed, swallowed) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU32::new(0)));
        let proxy = Proxy { port, armed: Arc::clone(&armed), swallowed: Arc::clone(&swallowed) };
        thread::spawn(move || {
            for client in listener.incoming() {
                let (client, server) = (client.unwrap(), TcpStream::connect(("127.0.0.1", server)).unwrap());
                let (from, to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
                thread::spawn(move || forward(from, to, |_| true));
                let (armed, swallowed) = (Arc::clone(&armed), Arc::clone(&swallowed));
                thread::spawn(move || {
                    forward(server, client, |answer| {
                        // CommandComplete: the transaction is over, and nobody shall know.
                        let is_over = answer.windows(7).any(|bytes| bytes == b"UPDATE " || bytes == b"INSERT ");
                        let passes = !(is_over && armed.swap(false, Ordering::SeqCst));
                        swallowed.fetch_add(u32::from(!passes), Ordering::SeqCst);
                        passes
                    });
                });
            }
        });
        proxy
    }
}

fn forward(mut from: TcpStream, mut to: TcpStream, passes: impl Fn(&[u8]) -> bool) {
    let mut buffer = vec![0; 1 << 16];
    while let Ok(read @ 1..) = from.read(&mut buffer) {
        if !passes(&buffer[..read]) || to.write_all(&buffer[..read]).is_err() {
            break;
        }
    }
    let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
}

#[test]
fn r_led_3_a_commit_whose_answer_is_lost_is_found_again() {
    let Some(place) = place() else { return };
    let proxy = Proxy::before(place.server.port());
    let armed = Arc::clone(&proxy.armed);
    let signer = HookedSigner::new(move || {
        let armed = Arc::clone(&armed);
        async move { armed.store(true, Ordering::SeqCst) }
    });
    let ledger = run(PostgresLedger::connect(&place.settings_by(proxy.port))).unwrap();
    let issuer = issuer(&ledger, &signer);
    for (n, token) in (1..).zip(["", "token", "other"]) {
        let certificate = run(issuer.issue(&request(token))).unwrap();
        assert_eq!(proxy.swallowed.load(Ordering::SeqCst), n);
        let record = run(ledger.by_arn(certificate.arn())).unwrap().unwrap();
        assert_eq!(record.certificate().unwrap().der(), certificate.der());
    }
    assert_eq!((place.count("state WHERE state = 1"), signer.count()), (3, 3));
}

#[test]
fn r_led_3_a_reservation_whose_answer_is_lost_is_found_again() {
    let Some(place) = place() else { return };
    let proxy = Proxy::before(place.server.port());
    let signer = HookedSigner::plain();
    let ledger = run(PostgresLedger::connect(&place.settings_by(proxy.port))).unwrap();
    let issuer = issuer(&ledger, &signer);
    // What it says of the authority is written.
    run(issuer.issue(&request("first"))).unwrap();
    for (n, token) in (1..).zip(["", "token"]) {
        proxy.armed.store(true, Ordering::SeqCst);
        run(issuer.issue(&request(token))).unwrap();
        assert_eq!(proxy.swallowed.load(Ordering::SeqCst), n);
    }
    assert_eq!((place.count("intent"), place.count("state WHERE state = 1"), signer.count()), (3, 3, 3));
}

#[test]
fn a_server_that_is_not_there_is_a_retryable_error_that_says_so() {
    let Some(place) = place() else { return };
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let begun = Instant::now();
    let error = run(PostgresLedger::connect(&place.settings_by(closed))).unwrap_err();
    assert!(error.retryable && error.to_string().contains("cannot connect to the database"), "{error}");
    assert!(std::error::Error::source(&error).is_some());
    assert!(begun.elapsed() < Duration::from_secs(5));
    let error = run(PostgresLedger::connect(&place.settings().password("another"))).unwrap_err();
    assert!(!error.retryable && error.to_string().contains("password"), "{error}");
    let error = run(PostgresLedger::migrate(&place.settings_by(closed))).unwrap_err();
    assert!(error.retryable, "{error}");
}

#[test]
fn without_a_runtime_every_call_is_an_error() {
    let Some(place) = place() else { return };
    let ledger = place.ledger();
    let arn = format!("{}/certificate/1", authority().arn()).parse().unwrap();
    let mut call = ledger.by_arn(&arn);
    let mut context = Context::from_waker(Waker::noop());
    let Poll::Ready(Err(error)) = call.as_mut().poll(&mut context) else { panic!("it waits for nothing") };
    assert!(error.to_string().contains("tokio runtime"), "{error}");
    assert!(ledger.when_free(&IdempotencyKey::from_bytes([1; 32]), None, 9).as_mut().poll(&mut context).is_ready());
}

#[test]
fn a_caller_whose_name_the_database_cannot_hold_is_recorded_all_the_same() {
    let Some(place) = place() else { return };
    let ledger = place.ledger();
    let issuer = issuer(&ledger, &HookedSigner::plain()).for_caller("a\0b");
    let certificate = run(issuer.issue(&request("token"))).unwrap();
    let record = run(ledger.by_arn(certificate.arn())).unwrap().unwrap();
    assert_eq!(record.intent.caller(), Some("a\0b"));
    assert_eq!(place.sql("SELECT caller FROM {s}.audit"), "a\u{fffd}b");
}

#[test]
fn r_led_3_a_server_that_is_stopped_at_once_loses_nothing_that_was_acknowledged() {
    let Some(server) = Server::start(&[]) else { return };
    let place = place_on(&server);
    let ledger = place.ledger();
    let signer = HookedSigner::plain();
    let issuer = issuer(&ledger, &signer);
    let acknowledged: Vec<_> = thread::scope(|scope| {
        let callers: Vec<_> = (0..8)
            .map(|caller| {
                let issuer = &issuer;
                scope.spawn(move || {
                    let mut issued = Vec::new();
                    for n in 0..1_000 {
                        // The first failure ends it: the server is away.
                        match run(issuer.issue(&request(&format!("{caller}-{n}")))) {
                            Ok(certificate) => issued.push((format!("{caller}-{n}"), certificate)),
                            Err(error @ Error::Ledger(_)) if error.is_retryable() => {
                                return (issued, Some(format!("{caller}-{n}")));
                            }
                            Err(error) => panic!("{error}: {error:?}"),
                        }
                    }
                    (issued, None)
                })
            })
            .collect();
        thread::sleep(Duration::from_millis(700));
        server.stop_at_once();
        callers.into_iter().map(|caller| caller.join().unwrap()).collect()
    });
    assert!(acknowledged.iter().any(|(issued, _)| !issued.is_empty()));
    server.start_again();
    for (issued, failed) in &acknowledged {
        for (token, certificate) in issued {
            let record = run(ledger.by_arn(certificate.arn())).unwrap().unwrap();
            assert_eq!(record.certificate().unwrap().der(), certificate.der());
            let again = run(issuer.issue(&request(token))).unwrap();
            assert_eq!(again.der(), certificate.der());
        }
        // What failed may be in flight: a retry within the window waits for its lease, or another caller finishes it.
        let Some(token) = failed else { continue };
        let clock = TestClock::default();
        clock.advance(31);
        let later = builder(&ledger, &signer).clock(clock).build().unwrap();
        let one = spawn(&later, request(token));
        let other = spawn(&later, request(token));
        assert_eq!(run(one).unwrap().unwrap().der(), run(other).unwrap().unwrap().der());
    }
    let signed = signer.signed.lock().unwrap().iter().collect::<std::collections::HashSet<_>>().len();
    // One TBSCertificate for each token, whatever was in flight when the server went away.
    assert_eq!(place.sql("SELECT count(*) - count(DISTINCT token) FROM {s}.intent"), "0");
    assert_eq!(place.count("state WHERE state = 1") as usize, signed);
    assert!(run(ledger.take_up(authority().arn(), now(), 10)).unwrap().is_empty());
}
