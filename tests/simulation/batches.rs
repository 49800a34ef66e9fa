//! Batches, whose items go to the ledger together, by a process that may die in the midst of one.

use std::sync::Arc;

use issuance::{CertificateAuthority, Error, IssueCertificateRequest, Issuer};
use issuance_test_support::verifiers::AnySignature;
use rayon::ThreadPoolBuilder;

use crate::blocking::Blocking;
use crate::replica::Replica;
use crate::schedule::TOKENS;
use crate::world::{REPLICAS, World, is_of};

/// Runs schedules where batches have one thread, so that everything follows from the seed, and are on that thread, so that none is woken.
pub(crate) fn on_one_thread<T: Send>(run: impl FnOnce() -> T + Send) -> T {
    ThreadPoolBuilder::new().num_threads(1).build().unwrap().install(run)
}

pub(crate) struct Batches(Vec<Arc<Issuer>>);

impl Batches {
    pub(crate) fn new(authority: &CertificateAuthority, world: &Arc<World>) -> Batches {
        let issuer = |number| {
            let replica = Replica { world: Arc::clone(world), number };
            Issuer::builder_with_verifier(authority.clone(), Blocking(replica.clone()), AnySignature)
                .clock(replica.clone())
                .serial_source(replica.clone())
                .ledger(Blocking(replica))
                .build()
                .unwrap()
        };
        Batches((0..REPLICAS).map(|number| Arc::new(issuer(number))).collect())
    }

    pub(crate) fn run(&self, world: &World, replica: usize, requests: &[IssueCertificateRequest]) {
        let mut state = world.lock();
        let count = 2 + state.chance.below(4);
        let items: Vec<usize> = (0..count).map(|_| state.chance.below(TOKENS as u64 + 1) as usize).collect();
        let left = state.chance.below(24) as u32;
        state.calls_left = Some(left).filter(|left| *left < 12);
        state.counts.batches += 1;
        let begun = state.time;
        drop(state);
        let asked: Vec<_> = items.iter().map(|item| requests[*item].clone()).collect();
        let outcomes: Vec<_> = self.0[replica].issue_batch(asked).collect();
        let mut state = world.lock();
        if state.calls_left.take() == Some(0) {
            // It has died, and nobody has heard of its outcomes.
            return;
        }
        for (place, (item, outcome)) in items.into_iter().zip(outcomes).enumerate() {
            let number = (item < TOKENS).then_some(item);
            match (outcome, number) {
                (Ok(certificate), number) => {
                    if !is_of(&certificate, number) {
                        state.bad(format!("I1: item {place} of a batch has the certificate of another"));
                    }
                    state.issued(number, &certificate, Some(begun));
                }
                (Err(Error::Abandoned { .. }), Some(number)) => state.refused(number),
                (Err(_), _) => {}
            }
        }
    }
}
