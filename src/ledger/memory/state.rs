//! What a ledger in memory holds, and each of its steps. Runs under the lock, so nothing here is foreign.

use std::collections::{HashMap, VecDeque};

use super::book::Book;
use super::digest_hash::DigestHash;
use super::row::{Progress, Row, bytes_of};
use crate::ledger::answer::{Ended, Reserved};
use crate::ledger::intent::{Intent, Token};
use crate::ledger::key::IdempotencyKey;
use crate::ledger::record::Abandonment;
use crate::ledger::waiter::{Waiter, Waiters};
use crate::request::arn::CertificateAuthorityArn;
use crate::x509::timestamp::Timestamp;

/// Why an intent was abandoned whose token was used again.
const GAVE_WAY: &str = "the window of its idempotency token ended before anyone took it up";

#[derive(Debug, Default)]
pub(super) struct Ledgers {
    /// Empty places are listed in `empty`.
    rows: Vec<Option<Row>>,
    empty: Vec<usize>,
    pub(super) tokens: HashMap<IdempotencyKey, usize, DigestHash>,
    /// Tokens whose window runs, oldest first, with the time since when.
    pub(super) windows: VecDeque<(i64, IdempotencyKey)>,
    /// Where everything is, if everything is kept.
    pub(super) book: Option<Book>,
    /// What the rows count.
    pub(super) bytes: usize,
}

/// What bounds a ledger in memory.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    pub(super) window_seconds: u32,
    pub(super) max_bytes: usize,
}

impl Bounds {
    /// Whether a window that began at `since` is over. One that began in the future by more than the window began before the clock was
    /// set back, and must not count for as long as the clock was ahead.
    fn is_over(self, since: i64, now: Timestamp) -> bool {
        now.unix().abs_diff(since) >= u64::from(self.window_seconds)
    }
}

impl Ledgers {
    fn row(&self, place: usize) -> Option<&Row> {
        self.rows.get(place)?.as_ref()
    }

    fn insert(&mut self, row: Row) -> usize {
        self.bytes += row.bytes();
        let place = self.empty.pop().unwrap_or(self.rows.len());
        match self.rows.get_mut(place) {
            Some(empty) => *empty = Some(row),
            None => self.rows.push(Some(row)),
        }
        place
    }

    fn remove(&mut self, place: usize) -> Option<Row> {
        let row = self.rows.get_mut(place)?.take()?;
        self.bytes -= row.bytes();
        self.empty.push(place);
        Some(row)
    }

    /// Changes a row, and what it counts.
    fn change<T>(&mut self, place: usize, change: impl FnOnce(&mut Row) -> T) -> Option<T> {
        let row = self.rows.get_mut(place)?.as_mut()?;
        let before = row.bytes();
        let result = change(row);
        self.bytes = (self.bytes - before) + row.bytes();
        Some(result)
    }

    /// Forgets tokens whose window is over. An intent in flight that is kept can still be taken up by recovery, or gives way.
    fn forget_what_is_over(&mut self, bounds: Bounds, now: Timestamp) {
        while let Some((since, key)) = self.windows.front().copied() {
            if !bounds.is_over(since, now) {
                return;
            }
            self.windows.pop_front();
            let Some(&place) = self.tokens.get(&key) else { continue };
            let Some(row) = self.row(place).filter(|row| row.window_since() == Some(since)) else { continue };
            match self.book {
                None => {
                    self.tokens.remove(&key);
                    self.remove(place);
                }
                Some(_) if !row.is_in_flight() => {
                    self.tokens.remove(&key);
                }
                Some(_) => {}
            }
        }
    }

    /// The place of what counts under a key.
    fn in_window(&self, key: &IdempotencyKey, bounds: Bounds, now: Timestamp) -> Option<usize> {
        let place = *self.tokens.get(key)?;
        let since = self.row(place)?.window_since();
        since.is_none_or(|since| !bounds.is_over(since, now)).then_some(place)
    }

    /// What is recorded under a key, if its window is not over.
    pub(super) fn by_token(&self, key: &IdempotencyKey, bounds: Bounds, now: Timestamp) -> Option<&Row> {
        self.row(self.in_window(key, bounds, now)?)
    }

    pub(super) fn at(&self, place: usize) -> Option<&Row> {
        self.row(place)
    }

    /// The place of a recorded intent.
    fn place_of(&self, intent: &Intent) -> Option<usize> {
        let of_token = intent.token().and_then(|token| self.tokens.get(&token.key)).copied();
        let of_serial = || self.book.as_ref()?.place(intent.authority(), intent.serial());
        let is_it = |place: &usize| self.row(*place).is_some_and(|row| row.intent.is_same(intent));
        of_token.filter(is_it).or_else(|| of_serial().filter(is_it))
    }

    pub(super) fn reserve(&mut self, intent: &Intent, bounds: Bounds, now: Timestamp) -> Reserved {
        if let Some(token) = intent.token()
            && let Some(place) = self.in_window(&token.key, bounds, now)
            && let Some(answer) = self.change(place, |row| of_token(row, token, intent))
        {
            return answer;
        }
        let recorded = self.book.as_ref().and_then(|book| book.place(intent.authority(), intent.serial()));
        if let Some(answer) = recorded.and_then(|place| self.change(place, |row| of_serial(row, intent))) {
            return answer;
        }
        if intent.token().is_none() && self.book.is_none() {
            // Such intents are not recorded.
            return Reserved::Sign;
        }
        let fits = |state: &Self| state.bytes.saturating_add(bytes_of(intent)) <= bounds.max_bytes;
        if !fits(self) {
            self.forget_what_is_over(bounds, now);
            if !fits(self) {
                return Reserved::Full;
            }
        }
        let place = self.insert(Row::new(intent.clone()));
        if let Some(book) = &mut self.book {
            book.insert(intent, place);
        }
        if let Some(token) = intent.token()
            && let Some(before) = self.tokens.insert(token.key, place)
        {
            self.give_way(before, now);
        }
        Reserved::Sign
    }

    /// What was under a token whose window is over. Nobody waits for it: its lease is over.
    fn give_way(&mut self, place: usize, now: Timestamp) {
        if self.book.is_none() {
            self.remove(place);
            return;
        }
        self.change(place, |row| {
            if row.is_in_flight() {
                row.progress = Progress::Abandoned(Abandonment::new(GAVE_WAY, true, now));
            }
        });
    }

    /// Ends an intent, if it has not ended before. Gives those back who wait for it.
    pub(super) fn end(
        &mut self,
        intent: &Intent,
        end: Progress,
        bounds: Bounds,
        now: Timestamp,
    ) -> (Ended, Option<Waiters>) {
        self.forget_what_is_over(bounds, now);
        let Some(place) = self.place_of(intent) else { return (Ended::Unknown, None) };
        let ended = self.change(place, |row| match row.ended() {
            Some(ended) => (ended, None, None),
            None => {
                let Progress::InFlight { waiting, .. } = std::mem::replace(&mut row.progress, end) else {
                    return (Ended::Unknown, None, None);
                };
                (row.ended().unwrap_or(Ended::Unknown), Some(waiting), row.window_since())
            }
        });
        let Some((ended, waiting, since)) = ended else { return (Ended::Unknown, None) };
        self.note_window(intent, place, since);
        (ended, waiting)
    }

    /// Ends the lease of an intent in flight. Gives those back who wait for it.
    pub(super) fn free(&mut self, intent: &Intent, now: Timestamp) -> Option<Waiters> {
        let place = self.place_of(intent)?;
        let (waiting, since) = self.change(place, |row| {
            let Progress::InFlight { is_held, freed_at, waiting } = &mut row.progress else { return (None, None) };
            *is_held = false;
            let is_first = freed_at.is_none();
            freed_at.get_or_insert(now.unix());
            let waiting = std::mem::take(waiting);
            (Some(waiting), row.window_since().filter(|_| is_first))
        })?;
        self.note_window(intent, place, since);
        waiting
    }

    /// Notes since when a window runs. There are two notes of one intent at most: of its first failure, and of its end.
    fn note_window(&mut self, intent: &Intent, place: usize, since: Option<i64>) {
        if let (Some(token), Some(since)) = (intent.token(), since)
            && self.tokens.get(&token.key) == Some(&place)
        {
            self.windows.push_back((since, token.key));
        }
    }

    pub(super) fn renew(&mut self, intent: &Intent) {
        if let Some(place) = self.place_of(intent) {
            self.change(place, |row| {
                if let Progress::InFlight { is_held, .. } = &mut row.progress {
                    *is_held = true;
                }
            });
        }
    }

    /// Keeps a waiter where a caller has the lease, with those that have given up meanwhile; or gives it back.
    pub(super) fn wait(&mut self, key: &IdempotencyKey, waiter: Waiter) -> Result<Vec<Waiter>, Waiter> {
        let place = self.tokens.get(key).copied();
        let row = place.and_then(|place| self.rows.get_mut(place)?.as_mut());
        match row.map(|row| &mut row.progress) {
            Some(Progress::InFlight { is_held: true, waiting, .. }) => Ok(waiting.push(waiter)),
            _ => Err(waiter),
        }
    }

    /// Takes the leases of an authority's intents in flight that nobody has.
    pub(super) fn take_up(&mut self, authority: &CertificateAuthorityArn, limit: usize) -> Vec<Intent> {
        let rows = self.rows.iter_mut().flatten().filter(|row| row.intent.authority() == authority);
        let free = rows.filter_map(|row| match &mut row.progress {
            Progress::InFlight { is_held, .. } if !*is_held && !row.intent.is_offline() => {
                *is_held = true;
                Some(row.intent.clone())
            }
            _ => None,
        });
        free.take(limit).collect()
    }

    pub(super) fn revoke(&mut self, place: usize, revocation: crate::ledger::revocation::Revocation) {
        self.change(place, |row| row.revocation = Some(revocation));
    }

    /// Forgets rows that have ended and whose certificate ended before this time.
    pub(super) fn prune(&mut self, before: Timestamp, limit: usize) -> usize {
        if self.book.is_none() {
            return 0;
        }
        let is_due = |row: &Row| !row.is_in_flight() && row.intent.not_after() < before;
        let due = self.rows.iter().enumerate().filter(|(_, row)| row.as_ref().is_some_and(is_due));
        let due: Vec<usize> = due.map(|(place, _)| place).take(limit).collect();
        for &place in &due {
            let Some(row) = self.remove(place) else { continue };
            if let Some(book) = &mut self.book {
                book.remove(&row.intent);
            }
            if let Some(token) = row.intent.token()
                && self.tokens.get(&token.key) == Some(&place)
            {
                self.tokens.remove(&token.key);
            }
        }
        due.len()
    }
}

/// The answer to an intent under a token that counts.
fn of_token(row: &mut Row, token: Token, intent: &Intent) -> Reserved {
    if row.intent.token().is_some_and(|recorded| recorded.fingerprint != token.fingerprint) {
        return Reserved::Mismatch;
    }
    let is_same = row.intent.is_same(intent);
    match &mut row.progress {
        Progress::Issued { certificate, .. } => Reserved::Issued(certificate.clone()),
        Progress::Abandoned(abandonment) => Reserved::Refused(abandonment.clone()),
        Progress::InFlight { is_held, .. } if is_same => {
            *is_held = true;
            Reserved::Sign
        }
        Progress::InFlight { is_held: true, .. } => Reserved::Busy { until: None },
        Progress::InFlight { is_held, .. } => {
            *is_held = true;
            Reserved::TakeUp(row.intent.clone())
        }
    }
}

/// The answer to an intent whose serial number is recorded.
fn of_serial(row: &mut Row, intent: &Intent) -> Reserved {
    match &mut row.progress {
        _ if !row.intent.is_same(intent) => Reserved::SerialTaken,
        Progress::Issued { certificate, .. } => Reserved::Issued(certificate.clone()),
        Progress::Abandoned(abandonment) => Reserved::Refused(abandonment.clone()),
        Progress::InFlight { is_held, .. } => {
            *is_held = true;
            Reserved::Sign
        }
    }
}
