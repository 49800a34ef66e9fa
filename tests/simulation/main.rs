//! Many replicas issue over a model of a database whose answers are lost, whose calls come twice or late, while replicas die, freeze and have clocks
//! that run apart: the issuers are the real ones, and everything around them follows from a seed. Each schedule is held to the
//! invariants I1 to I5 of `tests/kill/src/verdict.rs`, and to these:
//!
//! - I6: no partition of a CRL has more certificates than it takes.
//! - I7: two certificates of one token are a window apart, and who asks after the window gets another.
//! - I8: no two lists have one number, and a list has all that was known to be revoked before it was begun.
//! - I9: a prepared file is signed at its ceremony alone, ends once, and always ends.
//!
//! What is pruned is judged by I4: what was acknowledged and is not over stays. A long run, with batches:
//!
//! ISSUANCE_SCHEDULES=1000000 ISSUANCE_SCHEDULE_SEED=1 cargo test --release --features rayon --test simulation -- --nocapture
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[cfg(feature = "rayon")]
mod batches;
mod blocking;
mod database;
mod files;
mod replica;
mod revoker;
mod schedule;
mod world;

use database::Plant;
use schedule::Scene;
use world::Counts;

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name)
        .map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name} is not a number: {text}")))
}

#[cfg(feature = "rayon")]
use batches::on_one_thread;
#[cfg(not(feature = "rayon"))]
fn on_one_thread<T>(run: impl FnOnce() -> T) -> T {
    run()
}

macro_rules! add {
    ($sum:ident += $counts:ident: $($field:ident)*) => { $($sum.$field += $counts.$field;)* };
}

#[test]
fn schedules_violate_nothing() {
    on_one_thread(run_schedules);
}

fn run_schedules() {
    let (schedules, seed) = (number("ISSUANCE_SCHEDULES", 3_000), number("ISSUANCE_SCHEDULE_SEED", 1));
    let scene = Scene::new();
    let (mut sum, mut violations) = (Counts::default(), Vec::new());
    for seed in seed..seed + schedules {
        let (bad, counts) = scene.run(seed, None);
        add!(sum += counts: tokens certificates abandoned kills cancelled frozen lost ambiguous late repeated signer_failures
            signatures second_signatures taken_up serials_taken batches files jumps pruned revoked lists partitions);
        violations
            .extend(bad.into_iter().map(|what| format!("ISSUANCE_SCHEDULES=1 ISSUANCE_SCHEDULE_SEED={seed}: {what}")));
    }
    println!("{sum:?}");
    println!(
        "schedules {schedules}, kills {}, tokens {}, certificates {}, violations {}",
        sum.kills,
        sum.tokens,
        sum.certificates,
        violations.len()
    );
    assert!(violations.is_empty(), "{}", violations[..violations.len().min(20)].join("\n"));
    if schedules >= 3_000 {
        let met = [sum.kills, sum.cancelled, sum.frozen, sum.lost, sum.ambiguous, sum.late, sum.repeated];
        let answered = [sum.signer_failures, sum.second_signatures, sum.taken_up, sum.serials_taken, sum.abandoned];
        let batches = if cfg!(feature = "rayon") { sum.batches } else { u64::MAX };
        let rarely = [batches, sum.files, sum.jumps, sum.pruned, sum.revoked, sum.lists, sum.partitions];
        let is_tried =
            met.into_iter().chain(answered).all(|count| count > 100) && rarely.iter().all(|count| *count > 50);
        assert!(is_tried, "what is to be tried was not: {sum:?}");
    }
}

#[test]
fn a_seed_is_a_schedule() {
    on_one_thread(run_some_twice);
}

fn run_some_twice() {
    let (first, second) = (Scene::new(), Scene::new());
    for seed in 0..20 {
        let [before, after] = [&first, &second].map(|scene| format!("{:?}", scene.run(seed, None)));
        assert_eq!(before, after, "seed {seed}");
    }
}

#[test]
fn planted_faults_are_found() {
    on_one_thread(run_with_faults);
}

fn run_with_faults() {
    let scene = Scene::new();
    for (plant, invariant) in [
        (Plant::CommitBeforeReserve, "I3"),
        (Plant::TrustTheLease, "I2"),
        (Plant::LastCommitWins, "I1"),
        (Plant::CommitIsNotKept, "I4"),
        (Plant::SerialTwice, "I2"),
        (Plant::PlaceIsNotKept, "I6"),
        (Plant::WindowNeverEnds, "I7"),
        (Plant::WindowFromTheIntent, "I7"),
        (Plant::RevocationIsNotKept, "I8"),
        (Plant::NumberIsNotKept, "I8"),
        (Plant::PruneTakesAll, "I4"),
        (Plant::RecoveryTakesFiles, "I9"),
        #[cfg(feature = "rayon")]
        (Plant::GroupIsNotKept, "I3"),
    ] {
        let finds = |seed| scene.run(seed, Some(plant)).0.iter().any(|what| what.starts_with(invariant));
        let found = (1..=3_000).find(|seed| finds(*seed));
        println!("{plant:?} is found by schedule {found:?}");
        assert!(found.is_some(), "{plant:?} does not violate {invariant} in any schedule");
    }
}
