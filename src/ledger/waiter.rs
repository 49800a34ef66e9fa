//! Who waits for a key of a ledger.

use std::fmt;

/// Waits for a key to be free: see [`Ledger::when_free`](super::Ledger::when_free).
///
/// For an example see [`Ledger`](crate::ledger::blocking::Ledger).
pub struct Waiter(Box<dyn Wait>);

/// What a waiter does.
pub(crate) trait Wait: Send {
    /// The key is free.
    fn wake(self: Box<Self>);

    /// Whether nobody waits any more. Called under the lock of a ledger, so it takes none and runs nothing foreign.
    fn is_gone(&self) -> bool;
}

impl Waiter {
    /// Calls `wake`, which is short and does not call the ledger.
    pub fn new(wake: impl FnOnce() + Send + 'static) -> Waiter {
        Waiter(Box::new(Call(wake)))
    }

    pub(crate) fn of(wait: impl Wait + 'static) -> Waiter {
        Waiter(Box::new(wait))
    }

    /// Tells who waits that the key is free.
    pub fn wake(self) {
        self.0.wake();
    }

    /// Whether whoever waited has given up, so that a ledger can forget the waiter. Once true, it stays so.
    pub fn is_gone(&self) -> bool {
        self.0.is_gone()
    }
}

impl fmt::Debug for Waiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Waiter").field("is_gone", &self.is_gone()).finish()
    }
}

struct Call<F>(F);

impl<F: FnOnce() + Send> Wait for Call<F> {
    fn wake(self: Box<Self>) {
        (self.0)();
    }

    fn is_gone(&self) -> bool {
        false
    }
}

/// Those who wait for one key.
#[derive(Debug, Default)]
pub(crate) struct Waiters {
    waiters: Vec<Waiter>,
    /// At how many those who have given up are put out.
    sweep_at: usize,
}

/// So many are kept without a look at them.
const FEW: usize = 16;

impl Waiters {
    /// Adds one. Gives those back that have given up, to be dropped where no lock is held: at most half of what is kept are such,
    /// and each is looked at once or twice.
    #[must_use]
    pub(crate) fn push(&mut self, waiter: Waiter) -> Vec<Waiter> {
        let mut gone = Vec::new();
        if self.waiters.len() >= self.sweep_at.max(FEW) {
            let (given_up, waiting) = std::mem::take(&mut self.waiters).into_iter().partition(Waiter::is_gone);
            (gone, self.waiters) = (given_up, waiting);
            self.sweep_at = 2 * self.waiters.len();
        }
        self.waiters.push(waiter);
        gone
    }

    /// Wakes all of them.
    pub(crate) fn wake(self) {
        self.waiters.into_iter().for_each(Waiter::wake);
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.waiters.len()
    }
}
