//! What an issuance costs beside the two public-key operations that it cannot do without, with each backend: a Markdown table,
//! then criterion, with the stages in between. `benches/peers` runs the same work with other libraries too.
#![allow(clippy::unwrap_used)]

use std::hint::black_box;

use criterion::Criterion;
use issuance::issue::{AwsLcSerial, Preparation, RandomSerial, SerialSource, SystemClock};
use issuance::x509::KeyPolicy;
use issuance::{AwsLcVerifier, Clock, Csr, IssuanceOptions};
use issuance_benches::bare;
use issuance_benches::compare;
use issuance_benches::work;
use issuance_benches::work::Work;

/// Everything else than the two operations.
fn stages(criterion: &mut Criterion, work: &Work) {
    let (policy, options) = (KeyPolicy::default(), IssuanceOptions::default());
    let decode = || Csr::decode(black_box(work.csr)).unwrap();
    let request = work.request(work.csr);
    let proven = decode().assume_proven(&policy).unwrap();
    let prepare = || {
        let preparation = Preparation {
            authority: &work.authority,
            now: SystemClock.now(),
            serial: RandomSerial.next_serial().unwrap(),
            partition: None,
            verifier: &AwsLcVerifier,
            options: &options,
        };
        preparation.prepare_proven(black_box(&request), &proven).unwrap()
    };
    let mut group = criterion.benchmark_group(format!("{} stages", work.name));
    group.bench_function("request", |b| b.iter(|| work.request(black_box(work.csr))));
    group.bench_function("decode", |b| b.iter(decode));
    group.bench_function("prepare", |b| b.iter(prepare));
    group.finish();
}

/// A serial number from each source of random ones.
fn serial_numbers(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("serial number");
    group.bench_function("operating system", |b| b.iter(|| RandomSerial.next_serial().unwrap()));
    group.bench_function("AWS-LC", |b| b.iter(|| AwsLcSerial.next_serial().unwrap()));
    group.finish();
}

fn main() {
    let mut criterion = compare::criterion();
    for work in [work::p256(), work::rsa2048()] {
        compare::compare(&mut criterion, &work, &[bare::aws_lc(&work), bare::rust_crypto(&work)], &work.issuance());
        stages(&mut criterion, &work);
    }
    serial_numbers(&mut criterion);
    criterion.final_summary();
}
