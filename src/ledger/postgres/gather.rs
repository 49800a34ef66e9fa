//! Calls that come while others are under way share the next statement, and so its round trip and its sync.

use std::collections::VecDeque;
use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use super::failure::repeated;
use super::reserve::MAX_GROUP;
use super::session::check_runtime;
use super::{Inner, PostgresLedger};
use crate::ledger::answer::{Ended, Reserved, Signed};
use crate::ledger::error::LedgerError;
use crate::ledger::intent::Intent;
use crate::x509::timestamp::Timestamp;

/// How many statements of a kind are under way at most. With two, 16 callers had two thirds of the rate that they have with six, and 64 callers
/// four fifths.
const LANES: usize = 6;

type Answers<T> = Result<Vec<<T as Gathered>::Answer>, LedgerError>;

/// What can share a statement.
pub(super) trait Gathered: Clone + Send + Sync + 'static {
    type Answer: Send + 'static;

    fn queue(inner: &Inner) -> &Queue<Self>;

    /// One statement for all of them.
    fn run<'a>(
        inner: &'a Inner,
        items: &'a [Self],
        now: Timestamp,
    ) -> Pin<Box<dyn Future<Output = Answers<Self>> + Send + 'a>>;
}

impl Gathered for Intent {
    type Answer = Reserved;

    fn queue(inner: &Inner) -> &Queue<Self> {
        &inner.reserving
    }

    fn run<'a>(
        inner: &'a Inner,
        items: &'a [Self],
        now: Timestamp,
    ) -> Pin<Box<dyn Future<Output = Answers<Self>> + Send + 'a>> {
        Box::pin(repeated(move || inner.try_reserve(items, now)))
    }
}

impl Gathered for Signed {
    type Answer = Ended;

    fn queue(inner: &Inner) -> &Queue<Self> {
        &inner.committing
    }

    fn run<'a>(
        inner: &'a Inner,
        items: &'a [Self],
        now: Timestamp,
    ) -> Pin<Box<dyn Future<Output = Answers<Self>> + Send + 'a>> {
        Box::pin(async move {
            let ended = repeated(|| inner.try_commit(items, now)).await?;
            inner.wake(items.iter().map(|signed| &signed.intent));
            Ok(ended)
        })
    }
}

/// Calls that wait for their statement.
pub(super) struct Queue<T: Gathered>(Mutex<Calls<T>>);

struct Calls<T: Gathered> {
    waiting: VecDeque<Call<T>>,
    lanes: usize,
}

struct Call<T: Gathered> {
    items: Vec<T>,
    now: Timestamp,
    answer: oneshot::Sender<Answers<T>>,
}

impl<T: Gathered> Default for Queue<T> {
    fn default() -> Self {
        Queue(Mutex::new(Calls { waiting: VecDeque::new(), lanes: 0 }))
    }
}

impl<T: Gathered> fmt::Debug for Queue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Queue").finish_non_exhaustive()
    }
}

impl<T: Gathered> Queue<T> {
    fn lock(&self) -> MutexGuard<'_, Calls<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl PostgresLedger {
    /// The answers to a call, by a statement that it may share with others of the same second.
    pub(super) async fn gathered<T: Gathered>(&self, items: &[T], now: Timestamp) -> Answers<T> {
        check_runtime()?;
        let (answer, answered) = oneshot::channel();
        let has_lane = {
            let mut calls = T::queue(&self.0).lock();
            calls.waiting.push_back(Call { items: items.to_vec(), now, answer });
            let has_lane = calls.lanes < LANES;
            calls.lanes += usize::from(has_lane);
            has_lane
        };
        if has_lane {
            // A task of its own: a caller that gives up does not take the others with it.
            let lane = Lane::<T> { inner: Arc::clone(&self.0), is_done: false, of: PhantomData };
            tokio::spawn(lane.run());
        }
        let ended = |_| Err(LedgerError::new("the runtime of the ledger ended under a call").retryable());
        answered.await.unwrap_or_else(ended)
    }
}

/// Runs statement after statement, until nothing waits.
struct Lane<T: Gathered> {
    inner: Arc<Inner>,
    is_done: bool,
    of: PhantomData<T>,
}

impl<T: Gathered> Lane<T> {
    async fn run(mut self) {
        loop {
            let group = {
                let mut calls = T::queue(&self.inner).lock();
                let group = next_group(&mut calls.waiting);
                if group.is_empty() {
                    // Under the same lock as the look at the queue: a call that comes now finds the lane free.
                    calls.lanes -= 1;
                    self.is_done = true;
                    return;
                }
                group
            };
            answer(&self.inner, group).await;
        }
    }
}

impl<T: Gathered> Drop for Lane<T> {
    fn drop(&mut self) {
        if self.is_done {
            return;
        }
        // The runtime ends, or a statement panicked: those who wait would wait for ever.
        let waiting = {
            let mut calls = T::queue(&self.inner).lock();
            calls.lanes -= 1;
            std::mem::take(&mut calls.waiting)
        };
        drop(waiting);
    }
}

/// The calls of the first one's second, as many as a statement takes. Those whose caller has given up are left out.
fn next_group<T: Gathered>(waiting: &mut VecDeque<Call<T>>) -> Vec<Call<T>> {
    let mut group: Vec<Call<T>> = Vec::new();
    let mut count = 0;
    while let Some(call) = waiting.front() {
        if call.answer.is_closed() {
            waiting.pop_front();
            continue;
        }
        count += call.items.len();
        if group.first().is_some_and(|first| first.now != call.now || count > MAX_GROUP) {
            break;
        }
        group.extend(waiting.pop_front());
    }
    group
}

async fn answer<T: Gathered>(inner: &Inner, group: Vec<Call<T>>) {
    let Some(now) = group.first().map(|call| call.now) else { return };
    let items: Vec<T> = group.iter().flat_map(|call| call.items.iter().cloned()).collect();
    match T::run(inner, &items, now).await {
        Ok(answers) => {
            let mut answers = answers.into_iter();
            for call in group {
                let own = answers.by_ref().take(call.items.len()).collect();
                // Nobody may wait for it any more.
                let _ = call.answer.send(Ok(own));
            }
        }
        // What is wrong with one of them, such as a row that does not decode, is not the others' fault.
        Err(error) if group.len() > 1 && !error.retryable => {
            for call in group {
                let own = T::run(inner, &call.items, now).await;
                let _ = call.answer.send(own);
            }
        }
        Err(error) => {
            for call in group {
                let _ = call.answer.send(Err(error.clone()));
            }
        }
    }
}
