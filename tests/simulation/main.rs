//! Many replicas issue over a model of a database whose answers are lost, whose calls come twice or late, while replicas die, freeze and have clocks
//! that run apart: the issuers are the real ones, and everything around them follows from a seed. Each schedule is held to the five
//! invariants of `tests/kill/src/verdict.rs`. A long run:
//!
//! ISSUANCE_SCHEDULES=1000000 ISSUANCE_SCHEDULE_SEED=1 cargo test --release --test simulation -- --nocapture
#![allow(clippy::unwrap_used, clippy::panic)]

mod database;
mod replica;
mod schedule;
mod world;

use database::Plant;
use schedule::Scene;
use world::Counts;

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name)
        .map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name} is not a number: {text}")))
}

macro_rules! add {
    ($sum:ident += $counts:ident: $($field:ident)*) => { $($sum.$field += $counts.$field;)* };
}

#[test]
fn schedules_violate_nothing() {
    let (schedules, seed) = (number("ISSUANCE_SCHEDULES", 3_000), number("ISSUANCE_SCHEDULE_SEED", 1));
    let scene = Scene::new();
    let (mut sum, mut violations) = (Counts::default(), Vec::new());
    for seed in seed..seed + schedules {
        let (bad, counts) = scene.run(seed, None);
        add!(sum += counts: tokens certificates abandoned kills cancelled frozen lost ambiguous late repeated signer_failures
            signatures second_signatures taken_up serials_taken);
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
    assert!(violations.is_empty(), "{}", violations[..violations.len().min(10)].join("\n"));
    if schedules >= 3_000 {
        let met = [sum.kills, sum.cancelled, sum.frozen, sum.lost, sum.ambiguous, sum.late, sum.repeated];
        let answered = [sum.signer_failures, sum.second_signatures, sum.taken_up, sum.serials_taken, sum.abandoned];
        assert!(met.into_iter().chain(answered).all(|count| count > 100), "what is to be tried was not: {sum:?}");
    }
}

#[test]
fn a_seed_is_a_schedule() {
    let (first, second) = (Scene::new(), Scene::new());
    for seed in 0..20 {
        let [before, after] = [&first, &second].map(|scene| format!("{:?}", scene.run(seed, None)));
        assert_eq!(before, after, "seed {seed}");
    }
}

#[test]
fn planted_faults_are_found() {
    let scene = Scene::new();
    for (plant, invariant) in [
        (Plant::CommitBeforeReserve, "I3"),
        (Plant::TrustTheLease, "I2"),
        (Plant::LastCommitWins, "I1"),
        (Plant::CommitIsNotKept, "I4"),
        (Plant::SerialTwice, "I2"),
    ] {
        let finds = |seed| scene.run(seed, Some(plant)).0.iter().any(|what| what.starts_with(invariant));
        let found = (1..=3_000).find(|seed| finds(*seed));
        println!("{plant:?} is found by schedule {found:?}");
        assert!(found.is_some(), "{plant:?} does not violate {invariant} in any schedule");
    }
}
