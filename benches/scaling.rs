//! What threads bring and what idempotency tokens cost: two Markdown tables.
#![allow(clippy::unwrap_used)]

use std::hint::black_box;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use issuance::issue::SystemClock;
use issuance::{Clock, IssueCertificateRequest, Issuer, SigningAlgorithm, Timestamp, Validity};
use issuance_benches::no_crypto;
use issuance_benches::turns::{measuring, median, median_of_pairs};
use issuance_benches::work;
use issuance_benches::work::Work;

/// Certificates a second of so many threads with one issuer.
fn rate(issuer: &Issuer, request: &IssueCertificateRequest, threads: usize, time: Duration) -> f64 {
    let over = AtomicBool::new(false);
    let count = || {
        let mut made = 0u32;
        while !over.load(Ordering::Relaxed) {
            drop(black_box(issuer.issue(black_box(request)).unwrap()));
            made += 1;
        }
        made
    };
    let start = Instant::now();
    let made: u32 = thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(count)).collect();
        thread::sleep(time);
        over.store(true, Ordering::Relaxed);
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    f64::from(made) / start.elapsed().as_secs_f64()
}

fn threads(work: &Work, rounds: usize, time: Duration) {
    let (issuer, request) = (work.aws_lc_issuer(), work.request(work.csr));
    let (mut one, mut two) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        one.push(rate(&issuer, &request, 1, time));
        two.push(rate(&issuer, &request, 2, time));
    }
    let ratio = median_of_pairs(&two, &one, |two, one| two / one);
    println!("| {} | {:.0} | {:.0} | {ratio:.2} |", work.name, median(&one), median(&two));
}

fn with_token(work: &Work, token: &str) -> IssueCertificateRequest {
    IssueCertificateRequest::builder()
        .certificate_authority_arn(work::ARN)
        .csr(work.csr)
        .signing_algorithm(SigningAlgorithm::Sha256WithEcdsa)
        .validity_not_before(Validity::absolute(work.not_before))
        .validity(Validity::absolute(work.not_after))
        .idempotency_token(token)
        .build()
        .unwrap()
}

/// Each request is issued once; the nanoseconds of one.
fn time(issuer: &Issuer, requests: &[IssueCertificateRequest]) -> f64 {
    let start = Instant::now();
    for request in requests {
        drop(black_box(issuer.issue(black_box(request)).unwrap()));
    }
    start.elapsed().as_nanos() as f64 / requests.len() as f64
}

/// The present, and a second more after so many calls.
struct Ticking {
    start: i64,
    calls: AtomicI64,
    calls_a_second: i64,
}

impl Clock for Ticking {
    fn now(&self) -> Timestamp {
        let calls = self.calls.fetch_add(1, Ordering::Relaxed);
        Timestamp::from_unix(self.start + calls / self.calls_a_second).unwrap()
    }
}

/// Signatures cost nothing here. The store is as full as it gets: each certificate that comes lets one go that has left the
/// window of 300 seconds.
fn tokens(work: &Work, rounds: usize, stored: usize) {
    // A request with a token asks for the time three times.
    let calls_a_second = (3 * stored as i64 / 300).max(1);
    let issuer =
        no_crypto::issuer(Ticking { start: SystemClock.now().unix(), calls: AtomicI64::new(0), calls_a_second });
    for i in 0..2 * stored {
        drop(issuer.issue(&with_token(work, &format!("stored-{i}"))).unwrap());
    }
    let plain: Vec<_> = (0..64).map(|_| work.request(work.csr)).collect();
    let (mut without, mut with) = (Vec::new(), Vec::new());
    for round in 0..rounds {
        let new: Vec<_> = (0..64).map(|i| with_token(work, &format!("{round}-{i}"))).collect();
        without.push(time(&issuer, &plain));
        with.push(time(&issuer, &new));
    }
    let price = median_of_pairs(&with, &without, |with, without| with - without);
    println!("| {stored} | {:.0} | {:.0} | {price:.0} |", median(&without), median(&with));
}

fn main() {
    let measuring = measuring();
    let (rounds, moment) = if measuring { (41, Duration::from_millis(100)) } else { (1, Duration::from_millis(1)) };
    println!("\n| | certificates/s, 1 thread | 2 threads | ratio |\n|---|---:|---:|---:|");
    for work in [work::p256(), work::rsa2048()] {
        threads(&work, rounds, moment);
    }
    println!(
        "\n| certificates in the store, about | ns without a token | ns with a new token | difference |\n|---:|---:|---:|---:|"
    );
    for stored in if measuring { [1_000, 10_000, 50_000] } else { [1, 2, 3] } {
        tokens(&work::p256(), if measuring { 201 } else { 1 }, stored);
    }
}
