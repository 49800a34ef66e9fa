//! Callers that write at the same time share one transaction, and so one sync of the file.

use std::collections::HashMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::ledger::error::LedgerError;

/// Those who wait for a transaction. The first of them runs it for all that have come by then; those who come meanwhile are
/// the next.
#[derive(Debug)]
pub(super) struct Group<Q, A> {
    state: Mutex<State<Q, A>>,
    news: Condvar,
}

#[derive(Debug)]
struct State<Q, A> {
    waiting: Vec<(u64, Q)>,
    answers: HashMap<u64, Result<A, LedgerError>>,
    is_running: bool,
    next: u64,
}

impl<Q, A> Default for Group<Q, A> {
    fn default() -> Self {
        let state = State { waiting: Vec::new(), answers: HashMap::new(), is_running: false, next: 0 };
        Group { state: Mutex::new(state), news: Condvar::new() }
    }
}

impl<Q, A> Group<Q, A> {
    fn lock(&self) -> MutexGuard<'_, State<Q, A>> {
        // Nothing foreign runs under the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The answer to a question, among those of others. `run` gives one answer for each question, or one error for all; it must not
    /// panic.
    pub(super) fn ask(
        &self,
        question: Q,
        run: impl FnOnce(Vec<Q>) -> Result<Vec<Result<A, LedgerError>>, LedgerError>,
    ) -> Result<A, LedgerError> {
        let mut state = self.lock();
        let ticket = state.next;
        state.next = ticket.wrapping_add(1);
        state.waiting.push((ticket, question));
        while state.is_running {
            state = self.news.wait(state).unwrap_or_else(PoisonError::into_inner);
            if let Some(answer) = state.answers.remove(&ticket) {
                return answer;
            }
        }
        state.is_running = true;
        let (tickets, questions): (Vec<u64>, Vec<Q>) = std::mem::take(&mut state.waiting).into_iter().unzip();
        drop(state);
        let outcome = run(questions);
        let mut state = self.lock();
        state.is_running = false;
        match outcome {
            Ok(answers) => state.answers.extend(tickets.into_iter().zip(answers)),
            Err(error) => state.answers.extend(tickets.into_iter().map(|ticket| (ticket, Err(error.clone())))),
        }
        let own = state.answers.remove(&ticket);
        drop(state);
        self.news.notify_all();
        own.unwrap_or_else(|| Err(LedgerError::new("a transaction gave no answer to one of its callers")))
    }
}
