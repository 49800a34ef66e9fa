//! Versions of the schema, and rows that are not what the crate wrote.

use std::path::PathBuf;

use base64::prelude::{BASE64_STANDARD, Engine};

use issuance::crypto::SignError;
use issuance::ledger::{AsyncLedger, PostgresLedger, State};
use issuance_test_support::ca::{after_now, now};
use issuance_test_support::signers::sign_by;

use crate::place::{HookedSigner, TestClock, authority, builder, empty_place, issuer, place, request, run};

/// The version that this release writes.
const NEWEST: i32 = 4;

/// A database of version 1 with a certificate, an intent in flight and one that was abandoned, as `pg_dump` wrote it.
fn fixture() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/postgres/schema-1.sql")
}

/// Writes the fixture anew, with what later versions added taken away.
fn write_fixture() {
    let place = place().unwrap();
    let ledger = place.ledger();
    let certificate = run(issuer(&ledger, &HookedSigner::plain()).issue(&request("issued"))).unwrap();
    let away = sign_by(|_, _| Err(SignError::backend("away").retryable()));
    let failing = issuance::AsyncIssuer::builder_with_verifier(authority(), away, issuance::RustCryptoVerifier)
        .clock(TestClock::default())
        .ledger(ledger)
        .build()
        .unwrap();
    for token in ["in flight", ""] {
        run(failing.issue(&request(token))).unwrap_err();
    }
    place.sql(
        "DROP VIEW {s}.audit; DROP INDEX {s}.intent_by_not_after; DROP TABLE {s}.crl_place; DROP TABLE {s}.document; DELETE FROM {s}.schema_version WHERE version > 1",
    );
    let dump = place.server.dump(&place.schema).replace(&place.schema, "{s}");
    let der = BASE64_STANDARD.encode(certificate.der());
    std::fs::create_dir_all(fixture().parent().unwrap()).unwrap();
    std::fs::write(fixture(), format!("-- {} {der}\n{dump}", certificate.arn())).unwrap();
}

#[test]
fn r_led_5_a_database_of_version_1_is_migrated_and_read() {
    let Some(place) = empty_place() else { return };
    if std::env::var_os("UPDATE_POSTGRES_FIXTURE").is_some() {
        write_fixture();
    }
    let text = std::fs::read_to_string(fixture()).unwrap();
    let (first, dump) = text.split_once('\n').unwrap();
    place.sql(dump);
    let error = run(PostgresLedger::connect(&place.settings())).unwrap_err().to_string();
    assert!(error.contains(&place.schema) && error.contains(&format!("version 1, and {NEWEST} is needed")), "{error}");
    let migrations = [1, 2].map(|_| run(PostgresLedger::migrate(&place.settings())).unwrap());
    assert_eq!(migrations.map(|migration| (migration.from, migration.to)), [(1, NEWEST), (NEWEST, NEWEST)]);
    let indexes = format!("SELECT count(*) FROM pg_indexes WHERE schemaname = '{}'", place.schema);
    assert_eq!(place.sql(&format!("{indexes} AND indexname = 'intent_by_not_after'")), "1");
    assert_eq!(
        place.sql("SELECT string_agg(outcome, ',' ORDER BY outcome) FROM {s}.audit"),
        "abandoned,in flight,issued"
    );

    let ledger = place.ledger();
    let (arn, der) = first.trim_start_matches("-- ").split_once(' ').unwrap();
    let record = run(ledger.by_arn(&arn.parse().unwrap())).unwrap().unwrap();
    assert_eq!(record.certificate().unwrap().der(), BASE64_STANDARD.decode(der).unwrap());
    let authority = authority();
    let page = run(ledger.page(authority.arn(), now(), after_now(1), None, 10)).unwrap();
    assert_eq!(page.records.len(), 3);
    // Nobody has counted before, so no partition of then takes a certificate of now.
    assert_eq!(run(ledger.take_crl_places(authority.arn(), 2)).unwrap(), 0);
    assert_eq!(run(ledger.take_crl_places(authority.arn(), 1)).unwrap(), 2);
    // What was in flight is issued over the bytes that were recorded then.
    let in_flight = page.records.iter().find(|record| matches!(record.state, State::InFlight { .. })).unwrap();
    let clock = TestClock::default();
    clock.advance(31);
    let signer = HookedSigner::plain();
    let recovery = run(builder(&ledger, &signer).clock(clock).build().unwrap().recover()).unwrap();
    assert_eq!((recovery.issued.len(), recovery.abandoned.len(), recovery.failed.len()), (1, 0, 0));
    assert_eq!(*signer.signed.lock().unwrap(), [in_flight.intent.tbs_der()]);
    assert_eq!(place.sql("SELECT string_agg(outcome, ',' ORDER BY outcome) FROM {s}.audit"), "abandoned,issued,issued");
}

#[test]
fn several_that_migrate_at_once_all_succeed() {
    let Some(place) = empty_place() else { return };
    let tasks: Vec<_> = (0..4)
        .map(|_| {
            let settings = place.settings();
            std::thread::spawn(move || run(PostgresLedger::migrate(&settings)))
        })
        .collect();
    for task in tasks {
        assert_eq!(task.join().unwrap().unwrap().to, NEWEST);
    }
    place.ledger();
}

#[test]
fn a_schema_that_is_missing_or_from_the_future_is_an_error_that_names_it() {
    let Some(place) = empty_place() else { return };
    let connect = || run(PostgresLedger::connect(&place.settings())).unwrap_err();
    let error = connect();
    assert!(!error.retryable && error.to_string().contains("has no tables of a ledger"), "{error}");
    run(PostgresLedger::migrate(&place.settings())).unwrap();
    place.sql("INSERT INTO {s}.schema_version (version) VALUES (7)");
    for error in [connect(), run(PostgresLedger::migrate(&place.settings())).unwrap_err()] {
        assert!(!error.retryable, "{error}");
        let text = error.to_string();
        assert!(
            text.contains(&place.schema) && text.contains("version 7") && text.contains(&format!("up to {NEWEST}")),
            "{text}"
        );
    }
}

#[test]
fn a_row_that_does_not_decode_is_an_error_that_names_it_and_never_a_certificate() {
    let Some(place) = place() else { return };
    let damage = [
        ("UPDATE {s}.intent SET record = '\\x'", "empty"),
        ("UPDATE {s}.intent SET record = set_byte(record, 0, 9)", "form 9"),
        ("UPDATE {s}.intent SET record = set_byte(record, 100, get_byte(record, 100) # 1)", "does not decode"),
        ("UPDATE {s}.intent SET record = substr(record, 1, 200)", "does not decode"),
        ("UPDATE {s}.intent SET record = record || '\\x00'", "1 bytes too many"),
        ("UPDATE {s}.state SET signature = NULL", "without a signature"),
        ("UPDATE {s}.state SET state = 7", "its state is 7"),
        ("UPDATE {s}.state SET ended_at = 9223372036854775807", "9223372036854775807"),
        ("UPDATE {s}.state SET state = 0", "its state is 0"),
        ("UPDATE {s}.intent SET authority_sha256 = '\\x01'", "authority_sha256"),
        ("UPDATE {s}.intent SET authority_sha256 = decode(repeat('ab', 32), 'hex')", "does not have its authority"),
        ("UPDATE {s}.authority SET record = '\\x01'", "the record of an authority"),
    ];
    let signer = HookedSigner::plain();
    let certificate = run(issuer(&place.ledger(), &signer).issue(&request("token"))).unwrap();
    for table in ["intent", "state", "authority"] {
        place.sql(&format!("CREATE TABLE {{s}}.sound_{table} AS TABLE {{s}}.{table}"));
    }
    let calls = signer.count();
    for (statement, named) in damage {
        place.sql(statement);
        // A process that does not remember the authority.
        let ledger = place.ledger();
        let error = run(ledger.by_arn(certificate.arn())).unwrap_err();
        assert!(!error.retryable && error.to_string().contains(named), "{statement}: {error}");
        let names_it = error.to_string().contains(&certificate.serial().to_hex())
            || named.contains("authority")
            || named.contains("922");
        assert!(names_it, "{statement}: {error}");
        run(ledger.page(authority().arn(), now(), after_now(1), None, 10)).unwrap_err();
        match run(issuer(&ledger, &signer).issue(&request("token"))) {
            Err(error) => assert!(error.to_string().contains("does not decode"), "{statement}: {error}"),
            // The issuer has the record of its authority itself.
            Ok(again) => {
                assert!(statement.contains("authority SET") && again.der() == certificate.der(), "{statement}")
            }
        }
        for table in ["intent", "state", "authority"] {
            place.sql(&format!("DELETE FROM {{s}}.{table}; INSERT INTO {{s}}.{table} TABLE {{s}}.sound_{table}"));
        }
    }
    assert_eq!(signer.count(), calls);
    assert_eq!(run(issuer(&place.ledger(), &signer).issue(&request("token"))).unwrap().der(), certificate.der());
}

#[test]
fn a_server_that_can_lose_what_it_acknowledged_is_refused() {
    let Some(server) = issuance_test_support::postgres::Server::start(&["full_page_writes = off"]) else { return };
    let place = crate::place::place_on(&server);
    let error = run(PostgresLedger::connect(&place.settings())).unwrap_err();
    assert!(error.to_string().contains("full_page_writes = off"), "{error}");
    run(PostgresLedger::connect(&place.settings().accept_unsafe_server())).unwrap();
}
