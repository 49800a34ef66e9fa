//! One schedule: who goes on when, who dies, and when a message arrives, all from one seed.

use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use issuance::authority::{CertificateAuthorityStatus, CrlConfiguration, CrlType, RevocationConfiguration};
use issuance::{
    AsyncIssuer, CertificateAuthority, Error, IssuanceOptions, IssueCertificateRequest, OfflineIssuer, Validity,
};
use issuance_test_support::ca::{self, Ca};
use issuance_test_support::verifiers::AnySignature;

use crate::blocking::Blocking;
use crate::database::{Plant, WINDOW};
use crate::files::Files;
use crate::replica::Replica;
use crate::revoker::{publish, revoke};
use crate::world::{Counts, REPLICAS, TAKES, World, elsewhere, token};

pub(crate) const TOKENS: usize = 3;
/// What lets every certificate end, in seconds.
const TWO_DAYS: i64 = 172_800;
/// How often a caller asks again while there are faults.
const RETRIES: usize = 3;

/// What all schedules have in common.
pub(crate) struct Scene {
    world: Arc<World>,
    issuers: Vec<AsyncIssuer>,
    /// The same whose authority is disabled: what they take up, they abandon.
    disabled: Vec<AsyncIssuer>,
    /// The same with partitions of their CRL, in some schedules: each is one process, and made anew when that dies.
    partitioned: RefCell<Vec<AsyncIssuer>>,
    partitions_of: CertificateAuthority,
    offline: Vec<OfflineIssuer>,
    #[cfg(feature = "rayon")]
    batches: crate::batches::Batches,
    /// One under each token, one without, and one for files.
    requests: Vec<IssueCertificateRequest>,
}

/// What a task does.
#[derive(Clone, Copy)]
enum Work {
    Ask(usize),
    Recover,
    /// Recovers for an authority that is disabled.
    GiveUp,
    Revoke,
    Publish,
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
        let template = "EndEntityCertificate_APIPassthrough";
        let request = |name: &str| ca::request(&csr, template).subject(ca::subject(name)).validity(Validity::days(1));
        let mut requests: Vec<_> = (0..TOKENS)
            .map(|number| request(&token(number)).idempotency_token(token(number)).build().unwrap())
            .collect();
        requests.extend(["plain", "file"].map(|name| request(name).build().unwrap()));
        let crl = CrlConfiguration::builder("bucket").crl_type(CrlType::Partitioned).build().unwrap();
        let revocation = RevocationConfiguration::none().with_crl(crl);
        let partitions_of = Ca { revocation, ..Ca::default() }.build();
        let offline = (0..REPLICAS)
            .map(|number| {
                let replica = Replica { world: Arc::clone(&world), number };
                OfflineIssuer::builder_with_verifier(authority.clone(), AnySignature)
                    .clock(replica.clone())
                    .serial_source(replica.clone())
                    .ledger(Blocking(replica))
                    .build()
            })
            .collect();
        Scene {
            #[cfg(feature = "rayon")]
            batches: crate::batches::Batches::new(&authority, &world),
            world,
            issuers,
            disabled,
            partitioned: RefCell::default(),
            partitions_of,
            offline,
            requests,
        }
    }

    fn partitioned_issuer(&self, number: usize) -> AsyncIssuer {
        let replica = Replica { world: Arc::clone(&self.world), number };
        AsyncIssuer::builder_with_verifier(self.partitions_of.clone(), replica.clone(), AnySignature)
            .clock(replica.clone())
            .serial_source(replica.clone())
            .options(IssuanceOptions::default().certificates_per_partition(TAKES))
            .ledger(replica)
            .build()
            .unwrap()
    }

    async fn ask(&self, replica: usize, index: usize) {
        let mut failures = 0;
        let partitioned = self.partitioned.borrow().get(replica).cloned();
        let issuer = partitioned.as_ref().unwrap_or(&self.issuers[replica]);
        loop {
            let number = (index < TOKENS).then_some(index);
            let (begun, jumps) = self.now();
            let outcome = issuer.issue(&self.requests[index]).await;
            let has_jumped = self.now().1 != jumps;
            match (outcome, number) {
                (Ok(certificate), _) => return self.world.lock().issued(number, &certificate, Some(begun)),
                // Nobody can ask for it again.
                (Err(_), None) => return,
                (Err(Error::Abandoned { .. }), Some(number)) => return self.world.lock().refused(number),
                // What it was about may be over by now, and forgotten.
                (Err(_), Some(_)) if has_jumped => {}
                // It has taken up what ended before anybody signed it.
                (Err(Error::Validity(_)), Some(number)) if jumps > 0 => return self.world.lock().refused(number),
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

    /// The time, and how often it has jumped.
    fn now(&self) -> (i64, u32) {
        let state = self.world.lock();
        (state.time, state.database.jumps)
    }

    async fn recover(&self, issuer: &AsyncIssuer) {
        // That which was begun while there were faults may fail.
        let must_succeed = self.world.lock().is_calm;
        let recovered = issuer.recover().await;
        let mut state = self.world.lock();
        match recovered {
            Ok(recovery) => {
                for certificate in &recovery.issued {
                    state.issued(None, certificate, None);
                }
                if must_succeed && !recovery.failed.is_empty() {
                    state.bad(format!("I5: recovery failed: {:?}", recovery.failed));
                }
            }
            Err(error) if must_succeed => state.bad(format!("I5: recovery failed: {error}")),
            Err(_) => {}
        }
    }

    fn task(&self, replica: usize, work: Work) -> Task<'_> {
        let request = if let Work::Ask(index) = work { Some(index) } else { None };
        let work: Pin<Box<dyn Future<Output = ()> + '_>> = match work {
            Work::Ask(index) => Box::pin(self.ask(replica, index)),
            Work::Recover => Box::pin(self.recover(&self.issuers[replica])),
            Work::GiveUp => Box::pin(self.recover(&self.disabled[replica])),
            Work::Revoke => Box::pin(revoke(Replica { world: Arc::clone(&self.world), number: replica })),
            Work::Publish => {
                let replica = Replica { world: Arc::clone(&self.world), number: replica };
                Box::pin(publish(replica, self.issuers[0].authority()))
            }
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
                tasks.push(self.task(self.draw(REPLICAS), Work::Ask(request)));
            }
        }
        if is_kill && let Some(issuer) = self.partitioned.borrow_mut().get_mut(of) {
            *issuer = self.partitioned_issuer(of);
        }
        if is_kill && self.draw(2) == 0 {
            tasks.push(self.task(of, Work::Recover));
        }
    }

    /// What happens more rarely.
    fn rarely<'s>(&'s self, tasks: &mut Vec<Task<'s>>, files: &mut Files) {
        let replica = self.draw(REPLICAS);
        let (world, offline) = (&*self.world, &self.offline[replica]);
        match self.draw(24) {
            0 => self.world.lock().jump(i64::from(WINDOW) + 50),
            1 => {
                let mut state = self.world.lock();
                state.jump(TWO_DAYS);
                state.prune();
            }
            2 => self.world.lock().prune(),
            3 | 4 => tasks.push(self.task(replica, Work::Revoke)),
            5 | 6 => tasks.push(self.task(replica, Work::Publish)),
            7 => files.prepare(world, offline, &self.requests[TOKENS + 1]),
            8 | 9 if files.len() > 0 => drop(files.finish(world, offline, self.draw(files.len()))),
            10 if files.len() > 0 => drop(files.abandon(world, offline, self.draw(files.len()))),
            #[cfg(feature = "rayon")]
            11 if self.draw(3) == 0 => self.batches.run(world, replica, &self.requests),
            _ => {}
        }
    }

    fn is_fault<'s>(&'s self, step: u64, tasks: &mut Vec<Task<'s>>, files: &mut Files) -> bool {
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
                let work = if self.draw(8) == 0 { Work::GiveUp } else { Work::Recover };
                tasks.push(self.task(self.draw(REPLICAS), work));
            }
            12 => self.rarely(tasks, files),
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
        let mut files = Files::default();
        let is_partitioned = self.draw(16) == 0;
        *self.partitioned.borrow_mut() =
            if is_partitioned { (0..REPLICAS).map(|of| self.partitioned_issuer(of)).collect() } else { Vec::new() };
        for _ in 0..4 + self.draw(5) {
            let (replica, request) = (self.draw(REPLICAS), self.draw(TOKENS + 1));
            tasks.push(self.task(replica, Work::Ask(request)));
        }
        let steps = 40 + self.draw(200) as u64;
        for step in 0..steps {
            if self.is_fault(step, &mut tasks, &mut files) || tasks.is_empty() {
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
        tasks.push(self.task(0, Work::Recover));
        self.finish(&mut tasks);
        tasks.extend((0..TOKENS).map(|number| self.task(self.draw(REPLICAS), Work::Ask(number))));
        self.finish(&mut tasks);
        files.end(&self.world, &self.offline[0]);
        self.world.lock().is_killing = true;
        drop(tasks);
        let mut state = self.world.lock();
        state.check_end(TOKENS);
        (std::mem::take(&mut state.violations), std::mem::take(&mut state.counts))
    }
}
