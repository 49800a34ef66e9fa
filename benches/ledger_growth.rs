//! What the next certificate and a look-up cost while a ledger grows: a Markdown table for each ledger, in microseconds. A cost that
//! does not hang on the rows has the same figure in all of them.
//!
//! ```sh
//! cargo bench -p issuance-benches --bench ledger_growth --features ledger -- 10000000
//! ```
//!
//! The number is the last row of the table, 1,000,000 if there is none; `memory`, `redb` and `postgres` name the ledgers, all if none is
//! named. Files are made in the folder of temporary files (`TMPDIR`): up to 2 kB a certificate. Signatures cost nothing here.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use issuance::issue::FixedClock;
use issuance::ledger::{Ledger, MemoryLedger, Parked, PostgresLedger, PostgresSettings, RedbLedger};
use issuance::{IssueCertificateRequest, Issuer, SerialNumber};
use issuance_benches::turns::{measuring, median};
use issuance_test_support::ca::{self, Ca, proven_csr};
use issuance_test_support::postgres::{PASSWORD, Server};
use issuance_test_support::signers::quick;
use issuance_test_support::verifiers::AnySignature;

const GROUP: usize = 64;
/// What is looked up: about so many certificates, from all over the ledger.
const SAMPLES: usize = 1_000;

struct Growing<'a> {
    issuer: Arc<Issuer>,
    ledger: Arc<dyn Ledger>,
    csr: &'a [u8],
    rows: usize,
    /// Numbers of tokens, with the serial numbers of their certificates.
    samples: Vec<(usize, SerialNumber)>,
}

impl<'a> Growing<'a> {
    fn new(ledger: Arc<dyn Ledger>, csr: &'a [u8]) -> Growing<'a> {
        let issuer = Issuer::builder_with_verifier(Ca::default().build(), quick(), AnySignature)
            .clock(FixedClock(ca::now()))
            .ledger(Arc::clone(&ledger))
            .build()
            .unwrap();
        Growing { issuer: Arc::new(issuer), ledger, csr, rows: 0, samples: Vec::new() }
    }

    fn request(&self, token: usize) -> IssueCertificateRequest {
        let request = ca::request(self.csr, "EndEntityCertificate");
        request.idempotency_token(format!("token-{token}")).build().unwrap()
    }

    /// Issues up to so many certificates, and remembers each of so many.
    fn grow(&mut self, rows: usize, each: usize) {
        let first = self.rows;
        let requests: Vec<_> = (first..rows).map(|token| self.request(token)).collect();
        for (place, issued) in self.issuer.issue_batch(requests).enumerate() {
            let issued = issued.unwrap();
            if (first + place).is_multiple_of(each) {
                self.samples.push((first + place, issued.serial()));
            }
        }
        self.rows = rows;
    }

    /// Microseconds of one certificate in groups, of a request whose token is known, and of a look-up by serial number.
    fn measure(&mut self, groups: usize) -> [f64; 3] {
        let inserts: Vec<f64> = (0..groups)
            .map(|_| {
                let begun = Instant::now();
                self.grow(self.rows + GROUP, usize::MAX);
                begun.elapsed().as_nanos() as f64 / 1e3 / GROUP as f64
            })
            .collect();
        let arn = self.issuer.authority().arn().clone();
        let (mut tokens, mut serials) = (Vec::new(), Vec::new());
        // Strides lead away from what was just read.
        for place in 0..self.samples.len() {
            let (token, serial) = self.samples[place * 617 % self.samples.len()];
            let request = self.request(token);
            let begun = Instant::now();
            let issued = self.issuer.issue(&request).unwrap();
            tokens.push(begun.elapsed().as_nanos() as f64 / 1e3);
            assert_eq!(issued.serial(), serial);
            let begun = Instant::now();
            assert!(black_box(self.ledger.by_serial(&arn, serial)).unwrap().is_some());
            serials.push(begun.elapsed().as_nanos() as f64 / 1e3);
        }
        [median(&inserts), median(&tokens), median(&serials)]
    }
}

fn curve(name: &str, ledger: Arc<dyn Ledger>, last: usize, groups: usize) {
    println!(
        "\n| {name}: certificates | a certificate, in groups of {GROUP}, us | a known token, us | by serial number, us |"
    );
    println!("|---:|---:|---:|---:|");
    let csr = proven_csr("leaf");
    let mut growing = Growing::new(ledger, &csr);
    let each = (last / SAMPLES).max(1);
    let mut rows = last.min(1_000);
    loop {
        while growing.rows < rows {
            growing.grow(rows.min(growing.rows + 4_096), each);
        }
        let [insert, token, serial] = growing.measure(groups);
        println!("| {rows} | {insert:.1} | {token:.1} | {serial:.1} |");
        if rows >= last {
            return;
        }
        rows = (rows * 10).min(last);
    }
}

/// A folder that is gone in the end, however it ends.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn redb(folder: &Path) -> Arc<dyn Ledger> {
    Arc::new(RedbLedger::open(folder.join("ledger.redb")).unwrap())
}

fn postgres(last: usize, groups: usize) {
    let Some(server) = Server::start(&["shared_buffers = 256MB", "max_wal_size = 4GB"]) else { return };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let settings = PostgresSettings::new(&server.url()).unwrap().password(PASSWORD);
    runtime.block_on(PostgresLedger::migrate(&settings)).unwrap();
    let ledger = runtime.block_on(PostgresLedger::connect(&settings)).unwrap();
    let handle = runtime.handle().clone();
    let ledger = Parked::new(ledger, move |task| drop(handle.spawn(task)));
    curve("PostgreSQL", Arc::new(ledger), last, groups);
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let given = arguments.iter().find_map(|argument| argument.parse().ok());
    let (last, groups) = if measuring() { (given.unwrap_or(1_000_000), 101) } else { (100, 1) };
    let named = ["memory", "redb", "postgres"].map(|name| arguments.iter().any(|argument| argument == name));
    let wanted = |place: usize| named[place] || named == [false; 3];
    if wanted(0) {
        curve("memory", Arc::new(MemoryLedger::default().keep_everything().max_bytes(1 << 40)), last, groups);
    }
    if wanted(1) {
        let folder = Folder(std::env::temp_dir().join(format!("issuance-growth-{}", std::process::id())));
        std::fs::create_dir_all(&folder.0).unwrap();
        curve("redb", redb(&folder.0), last, groups);
    }
    if wanted(2) {
        postgres(last, groups);
    }
}
