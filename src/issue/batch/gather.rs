//! Items of a batch that go to the ledger together: one call reserves many intents, one commits many certificates (R-LED-8).

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{BatchItem, Shared, caught, quietly};
use crate::error::Error;
use crate::issue::course::{Course, Settle, Step};
use crate::ledger::answer::Signed;
use crate::ledger::blocking::Keeps;
use crate::ledger::error::LedgerError;
use crate::ledger::intent::Intent;

/// How many items go to the ledger at once, if so many are ready. Fewer go when no thread is at work on another.
const ENOUGH: usize = 64;

/// What is ready for the ledger.
#[derive(Default)]
pub(super) struct Gather(Mutex<Ready>);

#[derive(Default)]
struct Ready {
    to_reserve: Vec<ToReserve>,
    to_commit: Vec<ToCommit>,
    /// How many items are being prepared or signed.
    at_work: usize,
    /// Somebody is asking the ledger.
    is_asking: bool,
}

struct ToReserve {
    index: usize,
    item: BatchItem,
    course: Course,
    intent: Intent,
}

struct ToCommit {
    index: usize,
    course: Course,
    signed: Signed,
}

impl Ready {
    fn is_due(&self) -> bool {
        let (reserve, commit) = (self.to_reserve.len(), self.to_commit.len());
        reserve + commit > 0 && (self.at_work == 0 || reserve >= ENOUGH || commit >= ENOUGH)
    }
}

impl Gather {
    fn lock(&self) -> MutexGuard<'_, Ready> {
        // No code that could panic runs under the lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An item is worked at from now on.
    pub(super) fn begin(&self) {
        self.lock().at_work += 1;
    }
}

impl Shared {
    /// Whether this batch's ledger is asked for many items at once: one whose calls cost something.
    pub(super) fn gathers(&self) -> bool {
        self.issuer.driver().core.ledger.is_some_and(|ledger| ledger.keeps == Keeps::Everything)
    }

    /// The work at an item has ended, for now or for good. Goes to the ledger, if that is due.
    pub(super) fn end_of_work(self: &Arc<Self>) {
        let is_due = {
            let mut ready = self.gather.lock();
            ready.at_work = ready.at_work.saturating_sub(1);
            ready.is_due()
        };
        if is_due {
            self.ask(false);
        }
    }

    /// Puts an intent among those to be reserved.
    pub(super) fn reserve_later(&self, index: usize, item: BatchItem, course: Course, intent: Intent) {
        self.gather.lock().to_reserve.push(ToReserve { index, item, course, intent });
    }

    /// Asks the ledger, as long as something is due; once, if it is not due and `now` says so.
    pub(super) fn ask(self: &Arc<Self>, mut now: bool) {
        loop {
            let (to_reserve, to_commit) = {
                let mut ready = self.gather.lock();
                if ready.is_asking || !ready.is_due() && !now {
                    return;
                }
                ready.is_asking = true;
                (std::mem::take(&mut ready.to_reserve), std::mem::take(&mut ready.to_commit))
            };
            now = false;
            self.commit_all(to_commit);
            self.reserve_all(to_reserve);
            self.gather.lock().is_asking = false;
        }
    }

    fn reserve_all(self: &Arc<Self>, items: Vec<ToReserve>) {
        if items.is_empty() {
            return;
        }
        let intents: Vec<Intent> = items.iter().map(|item| item.intent.clone()).collect();
        let answers = caught(|| Ok(self.issuer.driver().reserve(&intents)?));
        let mut answers = match answers {
            Ok(answers) => Ok(answers.into_iter()),
            Err(error) => Err(error),
        };
        for ToReserve { index, item, mut course, .. } in items {
            let answer = match &mut answers {
                Ok(answers) => answers.next().ok_or_else(|| LedgerError::new("it gave no answer to an item")),
                Err(Error::Ledger(error)) => Err(error.clone()),
                Err(error) => {
                    self.finish(index, Err(error.clone()));
                    continue;
                }
            };
            let step = course.reserved(self.issuer.driver().core, answer);
            let shared = Arc::clone(self);
            shared.gather.begin();
            rayon::spawn_fifo(move || {
                quietly(|| shared.go_on(index, item, course, step));
                shared.end_of_work();
            });
        }
    }

    /// Goes on with an item that the ledger has answered.
    fn go_on(self: &Arc<Self>, index: usize, item: BatchItem, course: Course, step: Step) {
        match step {
            Step::Settle(settle) => self.sign(index, course, settle),
            step => self.attempt(index, item, course, |_, _| step),
        }
    }

    /// Signs, and puts the certificate among those to be committed. What was reserved is signed, also when the batch was dropped.
    fn sign(self: &Arc<Self>, index: usize, mut course: Course, settle: Settle) {
        match caught(|| Ok(self.issuer.sign(&mut course, settle))) {
            Ok(Settle::Commit(signed)) => self.gather.lock().to_commit.push(ToCommit { index, course, signed }),
            Ok(settle) => self.finish(index, caught(|| self.issuer.settle(&mut course, settle))),
            Err(error) => self.finish(index, Err(error)),
        }
    }

    fn commit_all(self: &Arc<Self>, items: Vec<ToCommit>) {
        if items.is_empty() {
            return;
        }
        let signed: Vec<Signed> = items.iter().map(|item| item.signed.clone()).collect();
        let ended = caught(|| Ok(self.issuer.driver().commit(&signed)?));
        let mut ended = match ended {
            Ok(ended) => Ok(ended.into_iter()),
            Err(error) => Err(error),
        };
        for ToCommit { index, mut course, .. } in items {
            let answer = match &mut ended {
                Ok(ended) => ended.next().ok_or_else(|| LedgerError::new("it gave no answer to an item")),
                Err(Error::Ledger(error)) => Err(error.clone()),
                Err(error) => {
                    self.finish(index, Err(error.clone()));
                    continue;
                }
            };
            let settle = course.committed(answer);
            let outcome = caught(|| self.issuer.settle(&mut course, settle));
            self.finish(index, outcome);
        }
    }
}
