//! Places in the partitions of a CRL, which a ledger gives away: each certificate takes one, so that no partition takes too many (R-REV-2).

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::authority::ca::CertificateAuthority;
use crate::authority::revocation::partition::{CrlPartition, DEFAULT_COUNT};
use crate::error::Error;
use crate::ledger::error::LedgerError;

/// How many places an issuer asks for at once at most. What it has left when its process ends stays empty.
const MOST: u64 = 1024;

/// How many certificates the lists of a partitioned CRL are for (R-REV-2).
const MAX_CERTIFICATES: u64 = 100_000_000;

/// The places that an issuer has of its ledger and that no certificate has yet. An issuer asks for one, and then for as many as it has
/// had, so that one that lives for one certificate leaves nothing, and one that lives long seldom asks.
#[derive(Debug, Default)]
pub(super) struct Places(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    free: VecDeque<Range<u64>>,
    left: u64,
    /// How many the ledger has given.
    given: u64,
    /// How many of them at last.
    last_given: u64,
    orders: u32,
    /// The place of the last certificate that was recorded.
    last: Option<u64>,
}

/// What the next certificate needs.
pub(super) enum Next {
    Place(Place),
    /// The ledger is to be asked first.
    Order(Order),
}

impl Places {
    fn lock(&self) -> MutexGuard<'_, State> {
        // No code that could panic runs under the lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place, unless there is none; or unless there are few, and nobody has asked for more: then those who come meanwhile need not wait.
    pub(super) fn next(self: &Arc<Self>) -> Next {
        let mut state = self.lock();
        let is_low = state.left <= state.last_given / 4 && state.orders == 0;
        match if is_low { None } else { state.take() } {
            Some(number) => Next::Place(self.place(number)),
            None => {
                state.orders += 1;
                Next::Order(Order { places: Arc::clone(self), count: state.given.clamp(1, MOST) })
            }
        }
    }

    fn place(self: &Arc<Self>, number: u64) -> Place {
        Place { places: Arc::clone(self), number, is_taken: false }
    }
}

impl State {
    /// The first place, unless the last certificate was in the same turn and there is another.
    fn take(&mut self) -> Option<u64> {
        let is_next = |place: u64| self.last.is_none_or(|last| last % DEFAULT_COUNT != place % DEFAULT_COUNT);
        let at = self.free.iter().position(|range| is_next(range.start));
        let range = self.free.get_mut(at.unwrap_or(0))?;
        let place = range.start;
        if at.is_none() && range.end - place > 1 {
            // One that was left out is the next.
            *range = place + 2..range.end;
            if range.is_empty() {
                self.free.pop_front();
            }
            self.free.push_front(place..place + 1);
            self.left -= 1;
            return Some(place + 1);
        }
        range.start += 1;
        if range.is_empty() {
            self.free.remove(at.unwrap_or(0));
        }
        self.left -= 1;
        Some(place)
    }
}

/// What a ledger is to be asked for.
pub(super) struct Order {
    places: Arc<Places>,
    count: u64,
}

impl Order {
    pub(super) fn count(&self) -> u32 {
        // At most `MOST`.
        self.count as u32
    }

    /// A place for who has asked, once the ledger has given so many from this one on; the others are for those who come.
    pub(super) fn given(self, first: u64) -> Result<Place, LedgerError> {
        let wrong = || LedgerError::new(format!("it gave place {first} in a partition, and there are not so many"));
        let end = first.checked_add(self.count).ok_or_else(wrong)?;
        let mut state = self.places.lock();
        state.free.push_back(first..end);
        state.left += self.count;
        state.given = state.given.saturating_add(self.count);
        state.last_given = self.count;
        state.take().map(|number| self.places.place(number)).ok_or_else(wrong)
    }
}

impl Drop for Order {
    fn drop(&mut self) {
        let mut state = self.places.lock();
        state.orders = state.orders.saturating_sub(1);
    }
}

/// A place, which goes back when its certificate comes to nothing.
pub(super) struct Place {
    places: Arc<Places>,
    number: u64,
    /// A certificate may be recorded there.
    is_taken: bool,
}

impl Place {
    /// The partition that it is in, where each takes so many.
    pub(super) fn partition(&self, authority: &CertificateAuthority, takes: u32) -> Result<CrlPartition, Error> {
        if self.number >= MAX_CERTIFICATES {
            return Err(Error::CrlFull { limit: MAX_CERTIFICATES });
        }
        Ok(CrlPartition::of_place(authority.arn(), self.number, takes))
    }

    /// A certificate is about to be recorded there: from now on only the ledger can say that it is free.
    pub(super) fn take(&mut self) {
        self.is_taken = true;
    }

    /// What the ledger said: whether the certificate is recorded.
    pub(super) fn settle(mut self, is_recorded: bool) {
        self.is_taken = is_recorded;
        if is_recorded {
            self.places.lock().last = Some(self.number);
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if !self.is_taken {
            let mut state = self.places.lock();
            state.free.push_front(self.number..self.number + 1);
            state.left += 1;
        }
    }
}
