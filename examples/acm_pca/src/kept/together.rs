//! Questions about the same authority that come while one is under way: they share the next answer.

use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use issuance::CertificateAuthorityArn;

use crate::store::Stored;

/// Questions by authority. There is nothing here when nobody asks.
pub(super) struct Together<T>(Mutex<HashMap<CertificateAuthorityArn, Arc<Questions<T>>>>);

impl<T> Default for Together<T> {
    fn default() -> Together<T> {
        Together(Mutex::default())
    }
}

/// Those about one authority, one after another.
struct Questions<T> {
    state: Mutex<State<T>>,
    ended: Condvar,
}

struct State<T> {
    /// How many were begun.
    begun: u64,
    is_under_way: bool,
    /// The last that has ended, with its answer.
    last: Option<(u64, Stored<T>)>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<T: Clone> Together<T> {
    /// The answer to a question that was begun after this was called: what was changed before is in it.
    pub(super) fn ask(&self, arn: &CertificateAuthorityArn, question: impl FnOnce() -> Stored<T>) -> Stored<T> {
        let questions = Arc::clone(lock(&self.0).entry(arn.clone()).or_default());
        let answer = questions.ask(question);
        let mut all = lock(&self.0);
        drop(questions);
        // Nobody else has it, and nobody can get it meanwhile.
        if all.get(arn).is_some_and(|questions| Arc::strong_count(questions) == 1) {
            all.remove(arn);
        }
        answer
    }
}

impl<T> Default for Questions<T> {
    fn default() -> Questions<T> {
        let state = State { begun: 0, is_under_way: false, last: None };
        Questions { state: Mutex::new(state), ended: Condvar::new() }
    }
}

/// Lets the next one begin, whatever became of this one.
struct UnderWay<'q, T>(&'q Questions<T>);

impl<T> Drop for UnderWay<'_, T> {
    fn drop(&mut self) {
        lock(&self.0.state).is_under_way = false;
        self.0.ended.notify_all();
    }
}

impl<T: Clone> Questions<T> {
    fn ask(&self, question: impl FnOnce() -> Stored<T>) -> Stored<T> {
        let mut state = lock(&self.state);
        // One that is under way may have been answered already.
        let wanted = state.begun + 1;
        let number = loop {
            if let Some((_, answer)) = state.last.as_ref().filter(|(number, _)| *number >= wanted) {
                return answer.clone();
            }
            if !state.is_under_way {
                state.is_under_way = true;
                state.begun += 1;
                break state.begun;
            }
            state = self.ended.wait(state).unwrap_or_else(PoisonError::into_inner);
        };
        drop(state);
        let under_way = UnderWay(self);
        let answer = question();
        lock(&self.state).last = Some((number, answer.clone()));
        drop(under_way);
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use issuance::ledger::LedgerError;
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::sync::mpsc::channel;
    use std::thread;

    fn arn() -> CertificateAuthorityArn {
        let arn = "arn:aws:acm-pca:us-west-2:123456789012:certificate-authority/12345678-1234-1234-1234-123456789012";
        arn.parse().unwrap()
    }

    #[test]
    fn who_asks_gets_what_was_there_when_it_asked_or_later() {
        let (together, now, questions) = (Together::default(), AtomicU64::new(0), AtomicU64::new(0));
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..500 {
                        let before = now.fetch_add(1, Ordering::SeqCst) + 1;
                        let found = together.ask(&arn(), || {
                            questions.fetch_add(1, Ordering::Relaxed);
                            let found = now.load(Ordering::SeqCst);
                            thread::yield_now();
                            Ok(found)
                        });
                        assert!(found.unwrap() >= before);
                    }
                });
            }
        });
        assert!((1..=4000).contains(&questions.into_inner()));
        assert!(lock(&together.0).is_empty());
    }

    #[test]
    fn who_comes_while_one_is_under_way_shares_the_next() {
        let together = &Together::default();
        let (go, gate) = channel();
        let count = &AtomicU64::new(0);
        thread::scope(|scope| {
            let (begun, waits) = channel();
            scope.spawn(move || {
                let answer = together.ask(&arn(), || {
                    begun.send(()).unwrap();
                    gate.recv().unwrap();
                    Ok(1)
                });
                assert_eq!(answer.unwrap(), 1);
            });
            waits.recv().unwrap();
            let others: Vec<_> = (0..8)
                .map(|_| {
                    scope.spawn(|| {
                        together.ask(&arn(), || {
                            count.fetch_add(1, Ordering::Relaxed);
                            Ok(2)
                        })
                    })
                })
                .collect();
            // They are in line: each holds what they share, beside the first and the map.
            while lock(&together.0).get(&arn()).is_none_or(|questions| Arc::strong_count(questions) < 10) {
                thread::yield_now();
            }
            thread::sleep(std::time::Duration::from_millis(50));
            go.send(()).unwrap();
            others.into_iter().for_each(|other| assert_eq!(other.join().unwrap().unwrap(), 2));
        });
        // One for all of them, unless a busy machine has let some come late.
        assert!((1..8).contains(&count.load(Ordering::Relaxed)));
    }

    #[test]
    fn a_question_that_fails_or_panics_lets_others_ask() {
        let together = Together::<u64>::default();
        let failed = together.ask(&arn(), || Err(LedgerError::new("away")));
        assert!(failed.is_err());
        let broken =
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| together.ask(&arn(), || panic!("broken"))));
        assert!(broken.is_err());
        assert_eq!(together.ask(&arn(), || Ok(7)).unwrap(), 7);
    }
}
