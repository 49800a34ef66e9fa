//! Operations against the clock in turns, so that a change of the machine's speed meets all alike.

// Not every bench uses all of it.

use std::time::Instant;

pub type Operation<'a> = Box<dyn Fn() + 'a>;

/// Whether cargo runs the bench to measure, and not only to see that it runs.
pub fn measuring() -> bool {
    let given = |argument: &str| std::env::args().any(|given| given == argument);
    given("--bench") && !given("--test")
}

/// For each operation, the nanoseconds of a call in each round. A round calls each operation several times, in another order
/// than the round before; the median of these calls is the round's, so that who is interrupted does not pay for it.
pub fn take_turns(operations: &[Operation<'_>], rounds: usize, calls: u32) -> Vec<Vec<f64>> {
    let mut times = vec![Vec::with_capacity(rounds); operations.len()];
    for round in 0..rounds {
        for turn in 0..operations.len() {
            let turn = (turn + round) % operations.len();
            let turn = if round % 2 == 0 { turn } else { operations.len() - 1 - turn };
            let run = &operations[turn];
            // The first call finds the caches full of the operation before.
            run();
            let call = |_| {
                let start = Instant::now();
                run();
                start.elapsed().as_nanos() as f64
            };
            times[turn].push(median(&(0..calls).map(call).collect::<Vec<_>>()));
        }
    }
    times
}

pub fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// The median of what is made of both values of a round.
pub fn median_of_pairs(left: &[f64], right: &[f64], join: fn(f64, f64) -> f64) -> f64 {
    median(&left.iter().zip(right).map(|(left, right)| join(*left, *right)).collect::<Vec<_>>())
}
