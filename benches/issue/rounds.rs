//! Everybody against the clock: a table made in turns, and then each under criterion.

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion};

use crate::bare::Bare;
use crate::work::{Contender, Work};

pub struct Bench {
    pub criterion: Criterion,
    /// Whether this is only to see that everything runs.
    pub smoke: bool,
}

impl Bench {
    /// `None` where cargo only asks for the names of tests.
    pub fn from_arguments() -> Option<Bench> {
        let given = |argument: &str| std::env::args().any(|given| given == argument);
        if given("--list") {
            return None;
        }
        let criterion = Criterion::default()
            .warm_up_time(Duration::from_millis(300))
            .measurement_time(Duration::from_secs(2))
            .sample_size(50)
            .configure_from_args();
        Some(Bench { criterion, smoke: given("--test") || !given("--bench") })
    }

    /// The table, then criterion. A round runs each operation several times, in another order than the round before, so that
    /// a change of the machine's speed meets all alike; figures are medians over the rounds, ratios and differences are taken
    /// within a round.
    pub fn compare(&mut self, work: &Work, bare: &[&Bare], contenders: &[Contender]) {
        let (proof, tbs, input) = (work.proof(), work.tbs(), work.input(work.csr));
        let mut operations: Vec<Operation<'_>> = Vec::new();
        for bare in bare {
            let proof = &proof;
            let verify = || assert!((bare.verify)(black_box(&proof.key), &proof.info, &proof.signature));
            let sign = || drop(black_box((bare.sign)(black_box(&tbs))));
            operations.push(Operation { name: "verify", backend: bare.backend, run: Box::new(verify) });
            operations.push(Operation { name: "sign", backend: bare.backend, run: Box::new(sign) });
        }
        for contender in contenders {
            let input = &input;
            let issue = || {
                (contender.issue)(black_box(input), &mut |der| {
                    black_box(der);
                })
                .unwrap();
            };
            operations.push(Operation { name: contender.library, backend: contender.backend, run: Box::new(issue) });
        }

        let (rounds, calls) = if self.smoke { (1, 1) } else { (501, 8) };
        let times = take_turns(&operations, rounds, calls);
        println!("\n### {}\n\n{rounds} rounds of {calls} calls each\n", work.name);
        println!(
            "| library | backend | µs | ÷ (verify + sign) | everything else, µs | `issuance` faster, % of rounds |"
        );
        println!("|---|---|---:|---:|---:|---:|");
        let find = |name: &str, backend: &str| {
            operations.iter().position(|operation| (operation.name, operation.backend) == (name, backend))
        };
        for ((library, backend), total) in operations.iter().map(|o| (o.name, o.backend)).zip(&times) {
            let (Some(verify), Some(sign)) = (find("verify", backend), find("sign", backend)) else { continue };
            let bare: Vec<f64> = times[verify].iter().zip(&times[sign]).map(|(verify, sign)| verify + sign).collect();
            match library {
                "verify" => {
                    let [both, verify, sign] = [&bare, &times[verify], &times[sign]].map(|times| median(times) / 1e3);
                    println!("| verify + sign alone | {backend} | {both:.1} ({verify:.1} + {sign:.1}) | 1 | 0 | |");
                }
                "sign" => {}
                _ => {
                    let ratio = over_rounds(total, &bare, |total, bare| total / bare);
                    let rest = over_rounds(total, &bare, |total, bare| total - bare);
                    let won = find("issuance", backend).filter(|_| library != "issuance").map(|issuance| {
                        let won = times[issuance].iter().zip(total).filter(|(issuance, total)| issuance < total);
                        format!("{:.1}", 100.0 * won.count() as f64 / rounds as f64)
                    });
                    let (total, won) = (median(total) / 1e3, won.unwrap_or_default());
                    println!("| {library} | {backend} | {total:.1} | {ratio:.3} | {:.2} | {won} |", rest / 1e3);
                }
            }
        }
        println!();

        let mut group = self.criterion.benchmark_group(work.name);
        for Operation { name, backend, run } in &operations {
            group.bench_function(BenchmarkId::new(*name, backend), |b| b.iter(run));
        }
        group.finish();
    }
}

struct Operation<'a> {
    /// The library, or the public-key operation alone.
    name: &'static str,
    backend: &'static str,
    run: Box<dyn Fn() + 'a>,
}

/// For each operation, the nanoseconds of a call in each round.
fn take_turns(operations: &[Operation<'_>], rounds: usize, calls: u32) -> Vec<Vec<f64>> {
    let mut times = vec![Vec::with_capacity(rounds); operations.len()];
    for round in 0..rounds {
        for turn in 0..operations.len() {
            let turn = (turn + round) % operations.len();
            let turn = if round % 2 == 0 { turn } else { operations.len() - 1 - turn };
            let run = &operations[turn].run;
            // The first call finds the caches full of the operation before.
            run();
            let start = Instant::now();
            for _ in 0..calls {
                run();
            }
            times[turn].push(start.elapsed().as_nanos() as f64 / f64::from(calls));
        }
    }
    times
}

fn over_rounds(left: &[f64], right: &[f64], join: fn(f64, f64) -> f64) -> f64 {
    median(&left.iter().zip(right).map(|(left, right)| join(*left, *right)).collect::<Vec<_>>())
}

pub fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
