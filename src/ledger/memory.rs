//! A ledger in memory: window, single flight, and no growth beyond what the window and the limit hold.

mod awaited;
mod book;
mod digest_hash;
mod row;
mod state;

use std::sync::PoisonError;

use self::book::Book;
use self::row::{Progress, Row};
use self::state::{Bounds, Ledgers};
use super::DEFAULT_WINDOW_SECONDS;
use super::answer::{Abandon, Ended, Reserved, Signed};
use super::blocking::{Keeps, Ledger};
use super::error::LedgerError;
use super::intent::Intent;
use super::key::IdempotencyKey;
use super::locks::{Mutex, MutexGuard};
use super::record::{Abandonment, Cursor, Page, Record};
use super::revocation::{Revocation, Revoked, RevokedCertificate, RevokedPage};
use super::waiter::Waiter;
use crate::authority::revocation::partition::CrlPartition;
use crate::request::arn::{CertificateArn, CertificateAuthorityArn, SerialFormat};
use crate::x509::serial::SerialNumber;
use crate::x509::timestamp::Timestamp;

/// A ledger in memory, for one process: the default of every issuer.
///
/// It keeps idempotency tokens within their window and nothing else, so requests without a token are issued without it. With
/// [`keep_everything`](MemoryLedger::keep_everything) it keeps every intent and certificate and answers all questions, until the process ends:
/// for tests, and to try a service out.
///
/// What has left the window is forgotten as new certificates come in, so memory is bounded by what one window issues, and by
/// [`MemoryLedger::max_bytes`]. A ledger that is full refuses tokens that it does not know
/// ([`Error::LedgerFull`](crate::error::Error::LedgerFull), `ThrottlingException`) until others leave the window: were a token
/// forgotten earlier, a retry would get a second certificate. Requests without a token are issued all the same.
///
/// An issuer whose signer fails leaves its intent behind: a retry within the window gets the certificate over the recorded bytes
/// (R-IDM-3). Leases end with the work of their callers, and not by themselves.
///
/// It never blocks for longer than a step in memory takes, and so is an [`AsyncLedger`](super::awaited::AsyncLedger) as well.
///
/// ```
/// # use std::sync::Arc;
/// # use issuance::{CertificateAuthority, Error, Issuer, RustCryptoSigner};
/// # use issuance::ledger::{IdempotencyMode, MemoryLedger};
/// # fn run(ca: CertificateAuthority, key: RustCryptoSigner) -> Result<Issuer, Error> {
/// // Tokens count for an hour, and any difference under one token is an error.
/// let ledger = Arc::new(MemoryLedger::new(3600).max_bytes(1 << 30));
/// Issuer::builder(ca, key).ledger(ledger).idempotency(IdempotencyMode::Strict).build()
/// # }
/// ```
#[derive(Debug)]
pub struct MemoryLedger {
    keeps: Keeps,
    bounds: Bounds,
    state: Mutex<Ledgers>,
}

impl Default for MemoryLedger {
    fn default() -> Self {
        MemoryLedger::new(DEFAULT_WINDOW_SECONDS)
    }
}

impl MemoryLedger {
    /// How many bytes are kept by default: 256 MiB, which is some 70,000 certificates of the usual size in a window.
    pub const DEFAULT_MAX_BYTES: usize = 256 << 20;

    /// A ledger with this window, in seconds.
    pub fn new(window_seconds: u32) -> Self {
        let bounds = Bounds { window_seconds, max_bytes: Self::DEFAULT_MAX_BYTES };
        MemoryLedger { keeps: Keeps::Tokens, bounds, state: Mutex::default() }
    }

    /// Sets how many bytes may be kept, about; [`MemoryLedger::DEFAULT_MAX_BYTES`] by default. Who issues `n` certificates a second
    /// under tokens needs some 4 KiB for each of `n` times the window, and more for long CSRs of which little is used.
    ///
    /// What is in flight when the limit is reached is finished and kept: the limit can be exceeded by the certificates that are
    /// being issued at the time.
    #[must_use]
    pub fn max_bytes(mut self, bytes: usize) -> Self {
        self.bounds.max_bytes = bytes;
        self
    }

    /// Keeps every intent and every certificate, within [`max_bytes`](MemoryLedger::max_bytes), until they are
    /// [pruned](Ledger::prune).
    #[must_use]
    pub fn keep_everything(mut self) -> Self {
        self.keeps = Keeps::Everything;
        self.lock().book = Some(Book::default());
        self
    }

    /// How many tokens are held, in flight or within the window.
    pub fn len(&self) -> usize {
        self.lock().tokens.len()
    }

    /// Whether no token is held.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn lock(&self) -> MutexGuard<'_, Ledgers> {
        // No code that could panic runs under the lock, and each change of the state is whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn end(&self, intent: &Intent, end: Progress, now: Timestamp) -> Ended {
        let (ended, waiting) = self.lock().end(intent, end, self.bounds, now);
        // Not under the lock: what those do who are woken is theirs.
        if let Some(waiting) = waiting {
            waiting.wake();
        }
        ended
    }

    fn row<T>(
        &self,
        authority: &CertificateAuthorityArn,
        serial: SerialNumber,
        read: impl FnOnce(&Row) -> T,
    ) -> Option<T> {
        let state = self.lock();
        let place = state.book.as_ref()?.place(authority, serial)?;
        state.at(place).map(read)
    }
}

impl Ledger for MemoryLedger {
    fn keeps(&self) -> Keeps {
        self.keeps
    }

    fn window_seconds(&self) -> u32 {
        self.bounds.window_seconds
    }

    fn reserve(&self, intents: &[Intent], now: Timestamp) -> Result<Vec<Reserved>, LedgerError> {
        Ok(intents.iter().map(|intent| self.lock().reserve(intent, self.bounds, now)).collect())
    }

    fn commit(&self, signed: &[Signed], now: Timestamp) -> Result<Vec<Ended>, LedgerError> {
        let end = |signed: &Signed| {
            let certificate = signed.certificate.clone();
            self.end(&signed.intent, Progress::Issued { certificate, at: now }, now)
        };
        Ok(signed.iter().map(end).collect())
    }

    fn abandon(&self, abandoned: &[Abandon], now: Timestamp) -> Result<Vec<Ended>, LedgerError> {
        let end = |abandon: &Abandon| {
            let abandonment = Abandonment::new(abandon.reason.as_str(), abandon.may_be_signed, now);
            self.end(&abandon.intent, Progress::Abandoned(abandonment), now)
        };
        Ok(abandoned.iter().map(end).collect())
    }

    fn renew(&self, intents: &[Intent], _: Timestamp) -> Result<(), LedgerError> {
        intents.iter().for_each(|intent| self.lock().renew(intent));
        Ok(())
    }

    fn free(&self, intents: &[Intent], now: Timestamp) -> Result<(), LedgerError> {
        for intent in intents {
            let waiting = self.lock().free(intent, now);
            if let Some(waiting) = waiting {
                waiting.wake();
            }
        }
        Ok(())
    }

    fn when_free(&self, key: &IdempotencyKey, waiter: Waiter) {
        let kept = self.lock().wait(key, waiter);
        // Outside the lock, both.
        match kept {
            Ok(gone) => drop(gone),
            Err(waiter) => waiter.wake(),
        }
    }

    fn by_token(&self, key: &IdempotencyKey, now: Timestamp) -> Result<Option<Record>, LedgerError> {
        Ok(self.lock().by_token(key, self.bounds, now).map(Row::record))
    }

    fn by_arn(&self, arn: &CertificateArn) -> Result<Option<Record>, LedgerError> {
        let found = |format| {
            let record = self.row(&arn.authority(), arn.serial_number(format)?, Row::record);
            record.filter(|record| record.intent.id() == arn)
        };
        Ok(found(SerialFormat::Hex).or_else(|| found(SerialFormat::Decimal)))
    }

    fn by_serial(
        &self,
        authority: &CertificateAuthorityArn,
        serial: SerialNumber,
    ) -> Result<Option<Record>, LedgerError> {
        Ok(self.row(authority, serial, Row::record))
    }

    fn page(
        &self,
        authority: &CertificateAuthorityArn,
        from: Timestamp,
        until: Timestamp,
        after: Option<Cursor>,
        limit: usize,
    ) -> Result<Page, LedgerError> {
        let state = self.lock();
        let places = state.book.iter().flat_map(|book| book.in_time(authority, from, until, after));
        let records = places.filter_map(|place| state.at(place)).take(limit.saturating_add(1)).map(Row::record);
        Ok(Page::of(records.collect(), limit))
    }

    fn take_up(
        &self,
        authority: &CertificateAuthorityArn,
        _: Timestamp,
        limit: usize,
    ) -> Result<Vec<Intent>, LedgerError> {
        Ok(self.lock().take_up(authority, limit))
    }

    fn revoke(
        &self,
        authority: &CertificateAuthorityArn,
        serial: SerialNumber,
        revocation: Revocation,
    ) -> Result<Revoked, LedgerError> {
        let mut state = self.lock();
        let place = state.book.as_ref().and_then(|book| book.place(authority, serial));
        let Some((place, row)) = place.and_then(|place| Some((place, state.at(place)?))) else {
            return Ok(Revoked::Unknown);
        };
        if let Some(before) = row.revocation {
            return Ok(Revoked::Before(before));
        }
        state.revoke(place, revocation);
        Ok(Revoked::Now)
    }

    fn revoked(
        &self,
        authority: &CertificateAuthorityArn,
        partition: Option<CrlPartition>,
        after: Option<SerialNumber>,
        limit: usize,
    ) -> Result<RevokedPage, LedgerError> {
        let state = self.lock();
        let rows = state.book.iter().flat_map(|book| book.in_order(authority, after));
        let entries = rows.filter_map(|place| {
            let Row { intent, revocation, .. } = state.at(place)?;
            let listed_by = intent.crl_partition();
            let is_asked_for = partition.is_none() || partition == listed_by;
            let entry =
                |revocation| RevokedCertificate::new(intent.serial(), revocation, intent.not_after(), listed_by);
            (*revocation).filter(|_| is_asked_for).map(entry)
        });
        Ok(RevokedPage::of(entries.take(limit.saturating_add(1)).collect(), limit))
    }

    fn next_crl_number(
        &self,
        authority: &CertificateAuthorityArn,
        partition: Option<CrlPartition>,
    ) -> Result<u64, LedgerError> {
        match &mut self.lock().book {
            Some(book) => Ok(book.next_crl_number(authority, partition)),
            None => Err(LedgerError::new("a memory ledger that keeps tokens alone has no CRL numbers")),
        }
    }

    fn take_crl_places(&self, authority: &CertificateAuthorityArn, count: u32) -> Result<u64, LedgerError> {
        match &mut self.lock().book {
            Some(book) => Ok(book.take_crl_places(authority, count)),
            None => Err(LedgerError::new("a memory ledger that keeps tokens alone has no places in partitions")),
        }
    }

    fn crl_partitions(&self, authority: &CertificateAuthorityArn) -> Result<Vec<CrlPartition>, LedgerError> {
        Ok(self.lock().book.as_ref().map_or_else(Vec::new, |book| book.partitions(authority)))
    }

    fn prune(&self, before: Timestamp, limit: usize) -> Result<usize, LedgerError> {
        Ok(self.lock().prune(before, limit))
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::collections::HashMap;

    use super::row::ROW_BYTES;
    use super::*;
    use crate::issue::sample_intents::{Sample, Samples, token};
    use crate::ledger::wait::Event;

    const ARN: &str =
        "arn:aws:acm-pca:us-west-2:123456789012:certificate-authority/12345678-1234-1234-1234-123456789012";

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_unix(1_800_000_000 + seconds).unwrap()
    }

    /// Callers of a ledger. The last intent of each token is remembered.
    struct Bench {
        ledger: MemoryLedger,
        samples: Samples,
        reserved: RefCell<HashMap<u64, Intent>>,
    }

    impl Bench {
        fn new(ledger: MemoryLedger) -> Bench {
            let samples = Samples::new(ARN.parse().unwrap(), at(-200_000)).unwrap();
            Bench { ledger, samples, reserved: RefCell::default() }
        }

        fn with_window(seconds: u32) -> Bench {
            Bench::new(MemoryLedger::new(seconds))
        }

        fn claim_as(&self, token: u64, fingerprint: u8, seconds: i64) -> Reserved {
            let mut reserved = self.reserved.borrow_mut();
            let serial = reserved.len() as u64 * 1_000_000 + (seconds + 500_000) as u64;
            let intent = self.samples.intent(Sample::new(serial, at(seconds)).token(token, fingerprint)).unwrap();
            let answer = Ledger::reserve(&self.ledger, std::slice::from_ref(&intent), at(seconds)).unwrap().remove(0);
            match &answer {
                Reserved::Sign => drop(reserved.insert(token, intent)),
                Reserved::TakeUp(recorded) => assert!(reserved[&token].is_same(recorded)),
                _ => {}
            }
            answer
        }

        fn claim(&self, token: u64, seconds: i64) -> Reserved {
            self.claim_as(token, 0, seconds)
        }

        fn complete(&self, token: u64, seconds: i64) -> Ended {
            let signed = Samples::signed(&self.reserved.borrow()[&token], 7);
            Ledger::commit(&self.ledger, &[signed], at(seconds)).unwrap().remove(0)
        }

        fn free(&self, token: u64, seconds: i64) {
            Ledger::free(&self.ledger, &[self.reserved.borrow()[&token].clone()], at(seconds)).unwrap();
        }

        fn issue(&self, token: u64, seconds: i64) {
            assert!(matches!(self.claim(token, seconds), Reserved::Sign));
            assert!(matches!(self.complete(token, seconds), Ended::Issued(_)));
        }

        /// Tokens, and members of the queue.
        fn sizes(&self) -> (usize, usize) {
            let state = self.ledger.lock();
            (state.tokens.len(), state.windows.len())
        }

        fn bytes(&self) -> usize {
            self.ledger.lock().bytes
        }
    }

    #[test]
    fn one_key_again_and_again_leaves_one_entry() {
        // R-IDM-1: each round is a window later, so that each one issues.
        let bench = Bench::with_window(10);
        for round in 0..100 {
            bench.issue(0, 10 * round);
            assert_eq!(bench.sizes(), (1, 1));
            assert!(matches!(bench.claim(0, 10 * round + 9), Reserved::Issued(_)));
        }
    }

    #[test]
    fn failures_leave_one_intent_and_one_place_in_the_queue() {
        // R-IDM-3: the same intent is taken up again and again, until its window is over.
        let bench = Bench::with_window(10);
        assert!(matches!(bench.claim(0, 0), Reserved::Sign));
        for second in 0..10 {
            bench.free(0, second);
            assert_eq!(bench.sizes(), (1, 1));
            assert!(matches!(bench.claim(0, second), Reserved::TakeUp(_)));
            assert!(matches!(bench.claim(0, second), Reserved::Busy { until: None }));
        }
        bench.free(0, 10);
        assert!(matches!(bench.claim(0, 10), Reserved::Sign));
        assert_eq!(bench.sizes().0, 1);
    }

    #[test]
    fn what_has_left_the_window_is_removed() {
        let bench = Bench::with_window(10);
        for second in 0..100 {
            bench.issue(second, second as i64);
            let expected = (second as usize + 1).min(10);
            assert_eq!(bench.sizes(), (expected, expected), "{second}");
        }
        // Failures as well.
        for second in 100..200 {
            assert!(matches!(bench.claim(second, second as i64), Reserved::Sign));
            bench.free(second, second as i64);
        }
        bench.issue(200, 209);
        assert_eq!(bench.sizes(), (1, 1));
        assert!(bench.bytes() < 2 * ROW_BYTES + 8_192, "{}", bench.bytes());
    }

    #[test]
    fn an_old_place_in_the_queue_does_not_remove_what_is_in_flight() {
        // R-IDM-3: key 0 leaves the window and is reserved again; the cleaning by key 1 must not free it.
        let bench = Bench::with_window(10);
        bench.issue(0, 0);
        assert!(matches!(bench.claim(0, 10), Reserved::Sign));
        bench.issue(1, 10);
        assert!(matches!(bench.claim(0, 10), Reserved::Busy { .. }));
        // Nor what was issued under the key since.
        assert!(matches!(bench.complete(0, 12), Ended::Issued(_)));
        bench.issue(2, 20);
        assert!(matches!(bench.claim(0, 21), Reserved::Issued(_)));
        assert_eq!(bench.sizes(), (2, 2));
    }

    #[test]
    fn the_first_end_counts() {
        let bench = Bench::with_window(10);
        assert!(matches!(bench.claim(0, 0), Reserved::Sign));
        let intent = bench.reserved.borrow()[&0].clone();
        let commit = |mark| {
            let signed = Samples::signed(&intent, mark);
            match Ledger::commit(&bench.ledger, &[signed], at(0)).unwrap().remove(0) {
                Ended::Issued(certificate) => certificate.der().to_vec(),
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(commit(1), commit(2));
        bench.free(0, 0);
        assert!(matches!(bench.claim(0, 0), Reserved::Issued(_)));
        // What nobody reserved ends nowhere.
        let unknown = bench.samples.intent(Sample::new(1, at(0)).token(5, 0)).unwrap();
        let signed = Samples::signed(&unknown, 1);
        assert!(matches!(Ledger::commit(&bench.ledger, &[signed], at(0)).unwrap()[..], [Ended::Unknown]));
        assert_eq!(bench.sizes(), (1, 1));
    }

    #[test]
    fn fingerprints_are_compared_in_flight_and_after() {
        // R-IDM-2.
        let bench = Bench::with_window(10);
        assert!(matches!(bench.claim(0, 0), Reserved::Sign));
        assert!(matches!(bench.claim_as(0, 1, 0), Reserved::Mismatch));
        assert!(matches!(bench.complete(0, 0), Ended::Issued(_)));
        assert!(matches!(bench.claim_as(0, 1, 9), Reserved::Mismatch));
        assert!(matches!(bench.claim_as(0, 1, 10), Reserved::Sign));
    }

    #[test]
    fn a_full_ledger_refuses_new_tokens_until_others_leave_the_window() {
        let probe = Bench::with_window(10);
        probe.issue(0, 0);
        let each = probe.bytes();
        let bench = Bench::new(MemoryLedger::new(10).max_bytes(3 * each));
        for token in 0..3 {
            bench.issue(token, token as i64);
        }
        assert_eq!(bench.bytes(), 3 * each);
        for second in 3..10 {
            assert!(matches!(bench.claim(3, second), Reserved::Full), "{second}");
            // Who is known gets what there is.
            assert!(matches!(bench.claim(0, second), Reserved::Issued(_)));
        }
        // The first has left the window, and makes room for one more, whichever.
        assert!(matches!(bench.claim(3, 10), Reserved::Sign));
        // What is in flight keeps its room, until its window is over.
        bench.free(3, 10);
        assert!(matches!(bench.claim(4, 10), Reserved::Full));
        assert!(matches!(bench.claim(3, 10), Reserved::TakeUp(_)));
        assert!(matches!(bench.complete(3, 10), Ended::Issued(_)));
        assert!(matches!(bench.claim(5, 100), Reserved::Sign));
        assert!(matches!(bench.complete(5, 100), Ended::Issued(_)));
        assert_eq!((bench.sizes(), bench.bytes()), ((1, 1), each));
    }

    #[test]
    fn what_is_in_flight_is_finished_whatever_the_limit() {
        let probe = Bench::with_window(10);
        assert!(matches!(probe.claim(0, 0), Reserved::Sign));
        let bench = Bench::new(MemoryLedger::new(10).max_bytes(2 * probe.bytes()));
        assert!(probe.bytes() > ROW_BYTES);
        assert!(matches!(bench.claim(0, 0), Reserved::Sign));
        assert!(matches!(bench.claim(1, 0), Reserved::Sign));
        assert!(matches!(bench.claim(2, 0), Reserved::Full));
        for token in [0, 1] {
            assert!(matches!(bench.complete(token, 0), Ended::Issued(_)));
            assert!(matches!(bench.claim(token, 0), Reserved::Issued(_)));
        }
        assert!(matches!(bench.claim(2, 0), Reserved::Full));
    }

    #[test]
    fn callers_that_gave_up_are_forgotten() {
        let bench = Bench::with_window(10);
        assert!(matches!(bench.claim(0, 0), Reserved::Sign));
        let waiting = |bench: &Bench| match bench.ledger.lock().at(0).map(|row| &row.progress) {
            Some(Progress::InFlight { waiting, .. }) => waiting.len(),
            _ => 0,
        };
        let wait = |event: &Event| Ledger::when_free(&bench.ledger, &token(0, 0).key, event.waiter());
        let staying: Vec<Event> = (0..20).map(|_| Event::default()).collect();
        staying.iter().for_each(wait);
        for _ in 0..10_000 {
            let event = Event::default();
            wait(&event);
            drop(event);
            assert!(waiting(&bench) <= 2 * (staying.len() + 1));
        }
        // Those that stayed are woken.
        bench.complete(0, 0);
        staying.iter().for_each(Event::block);
    }

    #[test]
    fn a_clock_set_back_keeps_the_ledger_small() {
        // R-IDM-4.
        let bench = Bench::with_window(10);
        for (token, second) in (0..200).map(|step: i64| (step as u64, if step < 100 { step } else { step - 100_000 })) {
            bench.issue(token, second);
            assert!(bench.sizes().0 <= 10 && bench.sizes().1 <= 10, "{:?}", bench.sizes());
        }
    }

    #[test]
    fn a_ledger_that_keeps_everything_keeps_it_beyond_the_window() {
        let bench = Bench::new(MemoryLedger::new(10).keep_everything());
        bench.issue(0, 0);
        let intent = bench.reserved.borrow()[&0].clone();
        for token in 1..20 {
            bench.issue(token, 10 * token as i64);
        }
        assert!(bench.sizes().0 <= 2);
        let record = Ledger::by_arn(&bench.ledger, intent.id()).unwrap().unwrap();
        assert!(record.intent.is_same(&intent) && record.certificate().is_some());
        assert_eq!(Ledger::prune(&bench.ledger, at(40 * 86_400), 15).unwrap(), 15);
        assert_eq!(Ledger::prune(&bench.ledger, at(40 * 86_400), 15).unwrap(), 5);
        assert_eq!((bench.bytes(), bench.sizes().0), (0, 0));
    }
}
