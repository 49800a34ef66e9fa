//! Random chains: what the library refuses to issue, verifiers refuse, and the other way round.

pub mod build;
mod explanations;
mod judges;
pub mod spec;

use std::collections::BTreeMap;

use build::{Chain, Keys};
use explanations::EXPLANATIONS;
use issuance::Error;
use issuance::authority::ImportError;
use issuance_test_support::authorities::now;
use judges::{Judge, verdict};
use spec::Level;

use crate::random::Random;

/// A chain, its judge, and what that says; for explanations.
pub struct Disagreement<'a> {
    pub chain: &'a Chain,
    pub judge: Judge,
    pub verdict: Option<&'a str>,
    /// The times at which the judge was asked.
    pub times: [i64; 2],
    keys: &'a Keys,
}

impl Disagreement<'_> {
    /// The certificates after a change, from the end entity to the root.
    fn path_after(&self, change: impl FnMut(&mut Level)) -> Vec<Vec<u8>> {
        let mut levels = self.chain.levels.clone();
        levels.iter_mut().for_each(change);
        build::path(&levels, self.keys)
    }

    /// Whether the judge accepts the chain after a change, at the same times.
    fn accepted_after(&self, change: impl FnMut(&mut Level)) -> bool {
        verdict(self.judge, &self.path_after(change), self.times).is_none()
    }
}

#[derive(Default)]
struct Tally {
    accepted_by_both: usize,
    refused_by_both: usize,
    explained: BTreeMap<&'static str, usize>,
    unexplained: usize,
}

/// When a verifier is asked: as soon as the end entity's certificate is there and has begun, and just before it ends.
fn times(chain: &Chain, now: i64) -> [i64; 2] {
    let leaf = &chain.levels[chain.levels.len() - 1];
    // At notAfter itself OpenSSL takes a certificate for expired.
    [leaf.not_before.max(now), leaf.not_after - 1]
}

/// What an error of the library is about.
///
/// # Panics
/// When it is about something that these chains are not to be about.
fn about(error: &Error) -> &'static str {
    match error {
        Error::NameConstraint(_) | Error::Import(ImportError::Names { .. }) => "names",
        Error::Template(_) | Error::Import(ImportError::PathLength { .. }) => "path length",
        Error::Validity(_) => "validity",
        Error::AuthorityState { .. } => "expired CA",
        other => panic!("the library refuses for a reason that is not expected: {other}"),
    }
}

/// Judges so many chains and prints what came of it. Returns whether all is well.
pub fn run(count: usize, seed: u64) -> bool {
    let keys = Keys::new();
    let mut tallies: [Tally; 2] = Default::default();
    let mut library: BTreeMap<&str, usize> = BTreeMap::new();
    for position in 0..count {
        let mut random = Random::new(seed ^ ((position as u64) << 32));
        let levels = spec::chain(&mut random, now().unix());
        let foreign = if random.percent(50) { 1 } else { 1 + random.below(levels.len() - 1) };
        let chain = build::build(levels, foreign, &keys, now());
        let times = times(&chain, now().unix());
        *library.entry(chain.refusal.as_ref().map_or("nothing", |refusal| about(&refusal.error))).or_default() += 1;
        for (judge, tally) in [Judge::OpenSsl, Judge::Webpki].into_iter().zip(&mut tallies) {
            let verdict = verdict(judge, &chain.path, times);
            match (&chain.refusal, &verdict) {
                (None, None) => tally.accepted_by_both += 1,
                (Some(_), Some(_)) => tally.refused_by_both += 1,
                _ => {
                    let disagreement =
                        Disagreement { chain: &chain, judge, verdict: verdict.as_deref(), times, keys: &keys };
                    match EXPLANATIONS.iter().find(|explanation| (explanation.applies)(&disagreement)) {
                        Some(explanation) => *tally.explained.entry(explanation.name).or_default() += 1,
                        None => {
                            tally.unexplained += 1;
                            if tally.unexplained <= 5 {
                                show(position, &disagreement);
                            }
                        }
                    }
                }
            }
        }
    }
    println!("{count} chains, seed {seed}; the library has against them: {library:?}");
    for (judge, tally) in [Judge::OpenSsl, Judge::Webpki].into_iter().zip(&tallies) {
        println!(
            "{judge:?}: {} accepted by both, {} refused by both, {} explained, {} unexplained",
            tally.accepted_by_both,
            tally.refused_by_both,
            tally.explained.values().sum::<usize>(),
            tally.unexplained
        );
        for (name, count) in &tally.explained {
            println!("  {count:6} {name}");
        }
    }
    let used = |name: &str| tallies.iter().any(|tally| tally.explained.contains_key(name));
    let unused: Vec<&str> = EXPLANATIONS.iter().map(|e| e.name).filter(|name| !used(name)).collect();
    for name in &unused {
        println!("UNUSED {name}");
    }
    unused.is_empty() && tallies.iter().all(|tally| tally.unexplained == 0)
}

fn show(position: usize, disagreement: &Disagreement<'_>) {
    println!("UNEXPLAINED chain {position}, {:?}: {:?}", disagreement.judge, disagreement.verdict);
    println!("  the library: {:?}", disagreement.chain.refusal.as_ref().map(|r| (r.level, r.error.to_string())));
    println!("  foreign CAs: {}", disagreement.chain.foreign);
    for (position, level) in disagreement.chain.levels.iter().enumerate() {
        println!("  {position}: {level:?}");
    }
}
