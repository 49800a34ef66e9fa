//! What a ledger costs: the memory ledger beside none, and redb beside the bare two transactions that an issuance needs, in one run.
//!
//! ```sh
//! cargo bench -p issuance-benches --bench ledger_issuance --features ledger
//! ```
#![allow(clippy::unwrap_used)]

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use issuance::issue::{FixedClock, IssuerBuilder};
use issuance::ledger::{MemoryLedger, RedbLedgerOptions};
use issuance::{IssueCertificateRequest, Issuer};
use issuance_test_support::ca;
use issuance_test_support::ca::{Ca, proven_csr};
use issuance_test_support::signers::quick;
use issuance_test_support::verifiers::AnySignature;
use redb::{Database, TableDefinition};

fn builder() -> IssuerBuilder {
    Issuer::builder_with_verifier(Ca::default().build(), quick(), AnySignature).clock(FixedClock(ca::now()))
}

/// Nanoseconds of one issuance, the best of several rounds.
fn nanoseconds(issuer: &Issuer, requests: &[IssueCertificateRequest]) -> f64 {
    let round = || {
        let start = Instant::now();
        for request in requests {
            drop(black_box(issuer.issue(black_box(request)).unwrap()));
        }
        start.elapsed().as_nanos() as f64 / requests.len() as f64
    };
    (0..5).map(|_| round()).fold(f64::INFINITY, f64::min)
}

fn memory(count: usize) {
    let csr = proven_csr("leaf");
    let request = |token: Option<usize>| {
        let request = ca::request(&csr, "EndEntityCertificate");
        token.map_or(request.clone(), |token| request.idempotency_token(format!("{token}"))).build().unwrap()
    };
    let plain: Vec<_> = (0..count).map(|_| request(None)).collect();
    let tokened: Vec<_> = (0..count).map(|number| request(Some(number))).collect();
    println!("| issuance without its keys | ns |\n|---|---:|");
    println!("| no ledger | {:.0} |", nanoseconds(&builder().without_ledger().build().unwrap(), &plain));
    println!("| memory ledger, no token | {:.0} |", nanoseconds(&builder().build().unwrap(), &plain));
    // A window of nothing: each round issues anew.
    let issuer = builder().ledger(MemoryLedger::new(0)).build().unwrap();
    println!("| memory ledger, new token | {:.0} |\n", nanoseconds(&issuer, &tokened));
}

/// How often so many callers do something in this time, in a second.
fn rate(callers: usize, time: Duration, call: impl Fn() + Sync) -> f64 {
    let (over, made) = (AtomicBool::new(false), AtomicU64::new(0));
    let start = Instant::now();
    thread::scope(|scope| {
        for _ in 0..callers {
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    call();
                    made.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        thread::sleep(time);
        over.store(true, Ordering::Relaxed);
    });
    made.load(Ordering::Relaxed) as f64 / start.elapsed().as_secs_f64()
}

const ROWS: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("rows");

/// Two durable transactions, each with one row of the size of what an issuance writes.
fn bare(database: &Database, number: &AtomicU64) {
    let key = number.fetch_add(1, Ordering::Relaxed);
    for (offset, size) in [(0, 1100), (1 << 40, 90)] {
        let transaction = database.begin_write().unwrap();
        transaction.open_table(ROWS).unwrap().insert(key + offset, &vec![7; size][..]).unwrap();
        transaction.commit().unwrap();
    }
}

fn file(folder: &Path, name: &str) -> PathBuf {
    let file = folder.join(format!("bench-{name}-{}.redb", std::process::id()));
    let _ = std::fs::remove_file(&file);
    file
}

fn in_a_file(time: Duration) {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../target/tmp");
    std::fs::create_dir_all(&folder).unwrap();
    let request = ca::request(&proven_csr("leaf"), "EndEntityCertificate").build().unwrap();
    println!("| callers | bare two transactions, a second | issuances, a second | ratio |\n|---|---:|---:|---:|");
    for callers in [1, 16, 64] {
        let (bare_file, file) = (file(&folder, "bare"), file(&folder, "ledger"));
        let (database, number) = (Database::create(&bare_file).unwrap(), AtomicU64::new(0));
        let ledger = RedbLedgerOptions::default().open(&file).unwrap();
        let issuer = builder().ledger(ledger).build().unwrap();
        // In turns, so that both meet the same disk.
        let (mut bare_rate, mut issued_rate) = (0.0, 0.0);
        for _ in 0..4 {
            bare_rate += rate(callers, time, || bare(&database, &number)) / 4.0;
            issued_rate += rate(callers, time, || drop(issuer.issue(&request).unwrap())) / 4.0;
        }
        println!("| {callers} | {bare_rate:.0} | {issued_rate:.0} | {:.2} |", issued_rate / bare_rate);
        drop((database, issuer));
        std::fs::remove_file(bare_file).unwrap();
        std::fs::remove_file(file).unwrap();
    }
    let file = file(&folder, "batch");
    let issuer = Arc::new(builder().ledger(RedbLedgerOptions::default().open(&file).unwrap()).build().unwrap());
    let mut sizes = Vec::new();
    let start = Instant::now();
    let mut batches = 0;
    while start.elapsed() < 4 * time {
        let batch = issuer.issue_batch(std::iter::repeat_n(request.clone(), 64));
        batch.for_each(|outcome| drop(outcome.unwrap()));
        batches += 1;
        sizes.push(std::fs::metadata(&file).unwrap().len());
    }
    let made = f64::from(batches * 64);
    println!("| batches of 64 | | {:.0} | |", made / start.elapsed().as_secs_f64());
    println!("\nThe file has {:.0} bytes for each of {made} certificates.", *sizes.last().unwrap() as f64 / made);
    drop(issuer);
    std::fs::remove_file(file).unwrap();
}

fn main() {
    let is_test = std::env::args().any(|argument| argument == "--test");
    memory(if is_test { 10 } else { 20_000 });
    in_a_file(Duration::from_millis(if is_test { 50 } else { 1_000 }));
}
