//! Whole issuances beside the two public-key operations: a Markdown table made in turns, and then each under criterion.

use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion};

use crate::bare::Bare;
use crate::turns::{Operation, measuring, median, median_of_pairs, take_turns};
use crate::work::{Contender, Work};

pub fn criterion() -> Criterion {
    Criterion::default()
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(2))
        .sample_size(50)
        .configure_from_args()
}

/// Figures of the table are medians over the rounds; ratios and differences are taken within a round.
pub fn compare(criterion: &mut Criterion, work: &Work, bare: &[Bare], contenders: &[Contender]) {
    let (proof, tbs, input) = (work.proof(), work.tbs(), work.input(work.csr));
    // The library, or the public-key operation alone; the backend.
    let mut names: Vec<(&str, &str)> = Vec::new();
    let mut operations: Vec<Operation<'_>> = Vec::new();
    for bare in bare {
        let (proof, tbs) = (&proof, &tbs);
        names.extend([("verify", bare.backend), ("sign", bare.backend)]);
        operations.push(Box::new(|| assert!((bare.verify)(black_box(&proof.key), &proof.info, &proof.signature))));
        operations.push(Box::new(|| drop(black_box((bare.sign)(black_box(tbs))))));
    }
    for contender in contenders {
        let input = &input;
        names.push((contender.library, contender.backend));
        operations.push(Box::new(|| contender.run(black_box(input))));
    }

    let (rounds, calls) = if measuring() { (501, 9) } else { (1, 1) };
    let times = take_turns(&operations, rounds, calls);
    let of = |name: &str, backend: &str| names.iter().position(|found| *found == (name, backend)).map(|i| &times[i]);
    println!("\n### {}\n\n{rounds} rounds, each the median of {calls} calls.\n", work.name);
    println!("| library | backend | µs | ÷ (verify + sign) | everything else, µs | `issuance` faster, % of rounds |");
    println!("|---|---|---:|---:|---:|---:|");
    for Bare { backend, .. } in bare {
        let (Some(verify), Some(sign)) = (of("verify", backend), of("sign", backend)) else { continue };
        let both: Vec<f64> = verify.iter().zip(sign).map(|(verify, sign)| verify + sign).collect();
        let [sum, verify, sign] = [&both, verify, sign].map(|times| median(times) / 1e3);
        println!("| *verify + sign alone* | {backend} | {sum:.1} ({verify:.1} + {sign:.1}) | 1 | 0 | |");
        for contender in contenders.iter().filter(|contender| contender.backend == *backend) {
            let library = contender.library;
            let Some(total) = of(library, backend) else { continue };
            let ratio = median_of_pairs(total, &both, |total, both| total / both);
            let rest = median_of_pairs(total, &both, |total, both| total - both) / 1e3;
            let issuance = of("issuance", backend).filter(|_| library != "issuance");
            let won = issuance.map_or(String::new(), |issuance| {
                let won = issuance.iter().zip(total).filter(|(issuance, total)| issuance < total).count();
                format!("{:.1}", 100.0 * won as f64 / rounds as f64)
            });
            println!("| {library} | {backend} | {:.1} | {ratio:.3} | {rest:.2} | {won} |", median(total) / 1e3);
        }
    }
    println!();

    let mut group = criterion.benchmark_group(work.name);
    for ((name, backend), run) in names.iter().zip(&operations) {
        group.bench_function(BenchmarkId::new(*name, backend), |b| b.iter(run));
    }
    group.finish();
}
