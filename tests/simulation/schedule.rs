//! One schedule: who goes on when, who dies, and when a message arrives, all from one seed.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use issuance::authority::CertificateAuthorityStatus;
use issuance::{AsyncIssuer, Error, IssueCertificateRequest};
use issuance_test_support::ca::{self, Ca};
use issuance_test_support::verifiers::AnySignature;

use crate::database::Plant;
use crate::replica::Replica;
use crate::world::{Counts, REPLICAS, World, elsewhere, token};

const TOKENS: usize = 3;
/// How often a caller asks again while there are faults.
const RETRIES: usize = 3;

/// What all schedules have in common.
pub(crate) struct Scene {
    world: Arc<World>,
    issuers: Vec<AsyncIssuer>,
    /// The same whose authority is disabled: what they take up, they abandon.
    disabled: Vec<AsyncIssuer>,
    /// One under each token, and one without.
    requests: Vec<IssueCertificateRequest>,
}

struct Task<'s> {
    replica: usize,
    /// The index of the request; none for a recovery.
    request: Option<usize>,
    frozen_until: u64,
    work: Pin<Box<dyn Future<Output = ()> + 's>>,
}

impl Task<'_> {
    fn is_done(&mut self) -> bool {
        self.work.as_mut().poll(&mut Context::from_waker(Waker::noop())) == Poll::Ready(())
    }
}

impl Scene {
    pub(crate) fn new() -> Scene {
        let world = Arc::new(World::new());
        let authority = Ca::default().build();
        let mut inactive = authority.clone();
        inactive.set_status(CertificateAuthorityStatus::Disabled).unwrap();
        let issuers: Vec<AsyncIssuer> = (0..REPLICAS)
            .map(|number| {
                let replica = Replica { world: Arc::clone(&world), number };
                AsyncIssuer::builder_with_verifier(authority.clone(), replica.clone(), AnySignature)
                    .clock(replica.clone())
                    .serial_source(replica.clone())
                    .ledger(replica)
                    .build()
                    .unwrap()
            })
            .collect();
        let disabled = issuers.iter().map(|issuer| issuer.with_authority(inactive.clone()).unwrap()).collect();
        let csr = ca::proven_csr("somebody");
        let request = |name: &str| ca::request(&csr, "EndEntityCertificate_APIPassthrough").subject(ca::subject(name));
        let mut requests: Vec<_> = (0..TOKENS)
            .map(|number| request(&token(number)).idempotency_token(token(number)).build().unwrap())
            .collect();
        requests.push(request("plain").build().unwrap());
        Scene { world, issuers, disabled, requests }
    }

    async fn ask(&self, replica: usize, index: usize) {
        let mut failures = 0;
        loop {
            let number = (index < TOKENS).then_some(index);
            match (self.issuers[replica].issue(&self.requests[index]).await, number) {
                (Ok(certificate), _) => return self.world.lock().issued(number, &certificate),
                // Nobody can ask for it again.
                (Err(_), None) => return,
                (Err(Error::Abandoned { .. }), Some(number)) => return self.world.lock().answered(number, None),
                (Err(error), Some(number)) if !error.is_retryable() => {
                    let what = format!("I5: {} was answered with {error}", token(number));
                    return self.world.lock().bad(what);
                }
                (Err(_), Some(_)) => {}
            }
            failures += 1;
            if failures > RETRIES && !self.world.lock().is_calm {
                return;
            }
            elsewhere().await;
        }
    }

    async fn recover(&self, issuer: &AsyncIssuer) {
        // That which was begun while there were faults may fail.
        let must_succeed = self.world.lock().is_calm;
        let recovered = issuer.recover().await;
        let mut state = self.world.lock();
        match recovered {
            Ok(recovery) => {
                for certificate in &recovery.issued {
                    state.issued(None, certificate);
                }
                if must_succeed && !recovery.failed.is_empty() {
                    state.bad(format!("I5: recovery failed: {:?}", recovery.failed));
                }
            }
            Err(error) if must_succeed => state.bad(format!("I5: recovery failed: {error}")),
            Err(_) => {}
        }
    }

    fn task(&self, replica: usize, request: Option<usize>, is_disabled: bool) -> Task<'_> {
        let work: Pin<Box<dyn Future<Output = ()> + '_>> = match request {
            Some(index) => Box::pin(self.ask(replica, index)),
            None if is_disabled => Box::pin(self.recover(&self.disabled[replica])),
            None => Box::pin(self.recover(&self.issuers[replica])),
        };
        Task { replica, request, frozen_until: 0, work }
    }

    /// A number below `bound`.
    fn draw(&self, bound: usize) -> usize {
        self.world.lock().chance.below(bound as u64) as usize
    }

    /// Kills a replica, or gives up one caller, who may tidy up. Those who asked may ask another replica.
    fn end<'s>(&'s self, tasks: &mut Vec<Task<'s>>, is_kill: bool) {
        let of = self.draw(REPLICAS);
        let (mut dead, mut rest) = (Vec::new(), Vec::new());
        for task in tasks.drain(..) {
            let ends = task.replica == of && (is_kill || dead.is_empty());
            if ends { dead.push(task) } else { rest.push(task) }
        }
        *tasks = rest;
        let requests: Vec<usize> = dead.iter().filter_map(|task| task.request).collect();
        self.world.lock().is_killing = is_kill;
        drop(dead);
        let mut state = self.world.lock();
        state.is_killing = false;
        if is_kill {
            state.counts.kills += 1;
        } else {
            state.counts.cancelled += 1;
        }
        drop(state);
        for request in requests {
            if self.draw(2) == 0 {
                tasks.push(self.task(self.draw(REPLICAS), Some(request), false));
            }
        }
        if is_kill && self.draw(2) == 0 {
            tasks.push(self.task(of, None, false));
        }
    }

    fn is_fault<'s>(&'s self, step: u64, tasks: &mut Vec<Task<'s>>) -> bool {
        let chosen = self.draw(64);
        match chosen {
            0 | 1 => {
                let seconds = self.draw(6) as i64;
                self.world.lock().time += seconds;
            }
            2 | 3 => self.end(tasks, true),
            4 => self.end(tasks, false),
            5 | 6 if !tasks.is_empty() => {
                let at = self.draw(tasks.len());
                tasks[at].frozen_until = step + self.draw(100) as u64;
                self.world.lock().counts.frozen += 1;
            }
            7..=9 => return self.world.lock().deliver_one(),
            10 => {
                let (replica, ahead) = (self.draw(REPLICAS), self.draw(11) as i64 - 5);
                self.world.lock().ahead[replica] = ahead;
            }
            11 => {
                let is_disabled = self.draw(8) == 0;
                tasks.push(self.task(self.draw(REPLICAS), None, is_disabled));
            }
            _ => return false,
        }
        true
    }

    /// Without faults, until everyone has an answer.
    fn finish(&self, tasks: &mut Vec<Task<'_>>) {
        for _ in 0..2_000 {
            if tasks.is_empty() {
                return;
            }
            tasks.retain_mut(|task| !task.is_done());
            self.world.lock().time += 1;
        }
        self.world.lock().bad(format!("I5: {} callers wait for ever", tasks.len()));
    }

    /// Runs a schedule. Gives back what was violated.
    pub(crate) fn run(&self, seed: u64, plant: Option<Plant>) -> (Vec<String>, Counts) {
        self.world.begin(seed, plant);
        let mut tasks: Vec<Task<'_>> = Vec::new();
        for _ in 0..4 + self.draw(5) {
            let (replica, request) = (self.draw(REPLICAS), self.draw(TOKENS + 1));
            tasks.push(self.task(replica, Some(request), false));
        }
        let steps = 40 + self.draw(200) as u64;
        for step in 0..steps {
            if self.is_fault(step, &mut tasks) || tasks.is_empty() {
                continue;
            }
            let at = self.draw(tasks.len());
            if tasks[at].frozen_until <= step && tasks[at].is_done() {
                tasks.swap_remove(at);
            }
        }
        self.world.lock().is_calm = true;
        // Half of what is under way finishes before the last messages arrive, and half after.
        if self.draw(2) == 0 {
            self.finish(&mut tasks);
        }
        while self.world.lock().deliver_one() {}
        self.finish(&mut tasks);
        self.world.lock().time += 100;
        tasks.push(self.task(0, None, false));
        self.finish(&mut tasks);
        tasks.extend((0..TOKENS).map(|number| self.task(self.draw(REPLICAS), Some(number), false)));
        self.finish(&mut tasks);
        self.world.lock().is_killing = true;
        drop(tasks);
        let mut state = self.world.lock();
        state.check_end(TOKENS);
        (std::mem::take(&mut state.violations), std::mem::take(&mut state.counts))
    }
}
