//! Processes that share a database open partitions of a CRL without a word to each other (R-REV-2).

use std::process::{Child, Command};
use std::time::{Duration, Instant};

use issuance::authority::{CrlConfiguration, CrlType, RevocationConfiguration};
use issuance::ledger::{AsyncLedger, PostgresLedger, PostgresSettings};
use issuance::{AsyncIssuer, IssuanceOptions, RustCryptoVerifier};
use issuance_test_support::ca::Ca;
use issuance_test_support::postgres::PASSWORD;
use issuance_test_support::process::is_child;

use crate::place::{HookedSigner, Place, TestClock, authority, place, request, run, spawn};

const TAKES: u32 = 3;
const SHARED: &str = "partitions::r_rev_2_processes_that_die_and_live_fill_no_partition_too_much";

fn issuer(ledger: &PostgresLedger) -> AsyncIssuer {
    let crl = CrlConfiguration::builder("bucket").crl_type(CrlType::Partitioned).build().unwrap();
    let authority = Ca { revocation: RevocationConfiguration::none().with_crl(crl), ..Ca::default() }.build();
    AsyncIssuer::builder_with_verifier(authority, HookedSigner::plain(), RustCryptoVerifier)
        .clock(TestClock::default())
        .options(IssuanceOptions::default().certificates_per_partition(TAKES))
        .ledger(ledger.clone())
        .build()
        .unwrap()
}

/// Another process, which issues until it is killed.
fn process(place: &Place<'_>) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args([SHARED, "--exact", "--nocapture"])
        .env("ISSUANCE_TEST_CHILD", SHARED)
        .env("ISSUANCE_TEST_PORT", place.server.port().to_string())
        .env("ISSUANCE_TEST_SCHEMA", &place.schema)
        .spawn()
        .unwrap()
}

fn issue_until_killed() {
    let [port, schema] = ["ISSUANCE_TEST_PORT", "ISSUANCE_TEST_SCHEMA"].map(|name| std::env::var(name).unwrap());
    let settings = PostgresSettings::new(&format!("postgresql://postgres@127.0.0.1:{port}/postgres")).unwrap();
    let ledger = run(PostgresLedger::connect(&settings.password(PASSWORD).schema(schema))).unwrap();
    let issuer = issuer(&ledger);
    loop {
        let tasks: Vec<_> = (0..8).map(|_| spawn(&issuer, request(""))).collect();
        tasks.into_iter().for_each(|task| drop(run(task).unwrap().unwrap()));
    }
}

fn count_of(place: &Place<'_>, which: &str) -> u32 {
    place.count(&format!("intent {}", which.replace("{s}", &place.schema)))
}

#[test]
fn r_rev_2_processes_that_die_and_live_fill_no_partition_too_much() {
    if is_child(SHARED) {
        issue_until_killed();
    }
    let Some(place) = place() else { return };
    let count = || place.count("intent");
    for round in 1..=2 {
        let (before, begun) = (count(), Instant::now());
        let mut processes = [process(&place), process(&place)];
        while count() < before + 50 {
            assert!(begun.elapsed() < Duration::from_secs(240), "round {round}: {} after {before}", count());
            std::thread::sleep(Duration::from_millis(200));
        }
        processes.iter_mut().for_each(|process| process.kill().unwrap());
        processes.iter_mut().for_each(|process| assert!(!process.wait().unwrap().success()));
    }
    let ledger = place.ledger();
    let issuer = issuer(&ledger);
    (0..20).for_each(|_| drop(run(issuer.issue(&request(""))).unwrap()));

    let of_each = "(SELECT count(*) AS n FROM {s}.intent GROUP BY crl_partition) AS of_each";
    let [partitions, most, all] = ["count(*)", "max(n)", "sum(n)"]
        .map(|what| place.sql(&format!("SELECT {what} FROM {of_each}")).parse::<u32>().unwrap());
    assert!(most <= TAKES && all >= 120 && partitions >= all / TAKES, "{partitions} {most} {all}");
    // The count is never too low, and too high by what the dead have left.
    let taken: u32 = place.sql("SELECT taken FROM {s}.crl_place").parse().unwrap();
    assert!(taken >= all && taken < all + 5 * 1280, "{taken} {all}");
    // Every partition is known before its first certificate.
    let unlisted = "WHERE crl_partition NOT IN (SELECT crl_partition FROM {s}.crl_partition)";
    assert_eq!(count_of(&place, unlisted), 0);
    assert!(run(ledger.crl_partitions(authority().arn())).unwrap().len() >= partitions as usize);
}

#[test]
fn r_rev_2_many_callers_of_two_pools_share_a_few_orders() {
    let Some(place) = place() else { return };
    let issuers = [place.ledger(), place.ledger()].map(|ledger| issuer(&ledger));
    let tasks: Vec<_> = (0..256).map(|n| spawn(&issuers[n % 2], request(""))).collect();
    tasks.into_iter().for_each(|task| drop(run(task).unwrap().unwrap()));
    let of_each = "(SELECT count(*) AS n FROM {s}.intent GROUP BY crl_partition) AS of_each";
    assert_eq!(place.sql(&format!("SELECT sum(n), max(n) <= {TAKES} FROM {of_each}")), "256|t");
    let taken: u32 = place.sql("SELECT taken FROM {s}.crl_place").parse().unwrap();
    assert!((256..1024).contains(&taken), "{taken}");
}
