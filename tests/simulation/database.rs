//! A model of the database: what a ledger promises, in the fewest words, with one step a call.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use issuance::authority::CrlPartition;
use issuance::ledger::{
    Abandon, Abandonment, Ended, IdempotencyKey, Intent, Record, Reserved, Revocation, Revoked, RevokedCertificate,
    RevokedPage, Signed, State,
};
use issuance::{IssuedCertificate, SerialNumber, Timestamp};

/// Seconds.
pub(crate) const LEASE: i64 = 3;
/// Longer than all that happens between two jumps of time.
pub(crate) const WINDOW: u32 = 10_000;
/// By how much the clocks of two replicas may differ.
pub(crate) const APART: i64 = 10;

/// Faults that the schedules must find.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Plant {
    /// The intent is written after the signature.
    CommitBeforeReserve,
    /// An intent whose lease is over is taken for gone, and another is signed under its token.
    TrustTheLease,
    /// A second commit takes the place of the first.
    LastCommitWins,
    /// Some commits are acknowledged and not kept.
    CommitIsNotKept,
    /// A serial number that is taken is given out again.
    SerialTwice,
    /// Of intents that come together, the last is acknowledged and not kept.
    GroupIsNotKept,
    /// A token counts for ever.
    WindowNeverEnds,
    /// The window of a token runs from its intent, and not from its end.
    WindowFromTheIntent,
    /// All that has ended is pruned, whatever the time.
    PruneTakesAll,
    /// Recovery takes up what a ceremony is to end.
    RecoveryTakesFiles,
    /// Some revocations are acknowledged and not kept.
    RevocationIsNotKept,
    /// Some numbers of lists are given and not kept.
    NumberIsNotKept,
    /// Some places in partitions are given and not kept.
    PlaceIsNotKept,
}

/// What is sent to the database.
#[derive(Debug, Clone)]
pub(crate) enum Call {
    Reserve(Vec<Intent>),
    Commit(Vec<Signed>),
    Abandon(Vec<Abandon>),
    Renew(Vec<Intent>),
    Free(Vec<Intent>),
}

#[derive(Debug)]
pub(crate) enum Answer {
    Reserved(Vec<Reserved>),
    Ended(Vec<Ended>),
    Nothing,
}

#[derive(Debug)]
enum End {
    Issued(Arc<IssuedCertificate>, Timestamp),
    Abandoned(Abandonment),
}

#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) intent: Intent,
    lease_until: i64,
    free_since: Option<i64>,
    /// How often time had jumped when it was recorded.
    jumps: u32,
    end: Option<End>,
    revocation: Option<Revocation>,
}

impl Row {
    /// When it ended.
    pub(crate) fn ended_at(&self) -> Option<i64> {
        self.end.as_ref().map(|end| match end {
            End::Issued(_, at) => at.unix(),
            End::Abandoned(abandonment) => abandonment.at.unix(),
        })
    }

    /// Whether the window of its token is over.
    fn is_over(&self, now: i64, plant: Option<Plant>) -> bool {
        let since = match self.ended_at() {
            Some(_) if plant == Some(Plant::WindowFromTheIntent) => Some(self.intent.issued_at().unix()),
            Some(at) => Some(at),
            None if self.intent.is_offline() || self.lease_until > now => None,
            None => Some(self.free_since.unwrap_or(self.lease_until)),
        };
        let is_over = since.is_some_and(|since| now.abs_diff(since) >= u64::from(WINDOW));
        is_over && plant != Some(Plant::WindowNeverEnds)
    }

    fn ended(&self) -> Option<Ended> {
        self.end.as_ref().map(|end| match end {
            End::Issued(certificate, _) => Ended::Issued(Arc::clone(certificate)),
            End::Abandoned(abandonment) => Ended::Abandoned(abandonment.clone()),
        })
    }

    pub(crate) fn is_in_flight(&self) -> bool {
        self.end.is_none()
    }

    pub(crate) fn certificate(&self) -> Option<&IssuedCertificate> {
        match &self.end {
            Some(End::Issued(certificate, _)) => Some(certificate),
            _ => None,
        }
    }

    fn record(&self) -> Record {
        let state = match &self.end {
            None => {
                let until = Timestamp::from_unix(self.lease_until);
                State::InFlight { lease_until: until.filter(|_| self.lease_until > 0) }
            }
            Some(End::Issued(certificate, at)) => State::Issued { certificate: Arc::clone(certificate), at: *at },
            Some(End::Abandoned(abandonment)) => State::Abandoned(abandonment.clone()),
        };
        Record::new(self.intent.clone(), state, self.revocation)
    }

    /// The answer to an intent that finds this row under its token or its serial number.
    fn answer(&mut self, intent: &Intent, now: i64) -> Reserved {
        match &self.end {
            Some(End::Issued(certificate, _)) => Reserved::Issued(Arc::clone(certificate)),
            Some(End::Abandoned(abandonment)) => Reserved::Refused(abandonment.clone()),
            None if self.intent.is_same(intent) => {
                self.lease_until = now + LEASE;
                Reserved::Sign
            }
            None if self.lease_until > now => Reserved::Busy { until: Timestamp::from_unix(self.lease_until) },
            None => {
                self.lease_until = now + LEASE;
                Reserved::TakeUp(self.intent.clone())
            }
        }
    }
}

#[derive(Debug, Default)]
pub(crate) struct Database {
    pub(crate) rows: BTreeMap<SerialNumber, Row>,
    tokens: HashMap<IdempotencyKey, SerialNumber>,
    /// What was recorded and is not any more.
    forgotten: Vec<Row>,
    /// How many certificates each partition ever had.
    pub(crate) filled: BTreeMap<CrlPartition, u32>,
    /// Serial numbers of what was ever forgotten.
    pub(crate) pruned: HashSet<SerialNumber>,
    /// How often time has jumped so far that all windows are over.
    pub(crate) jumps: u32,
    places: u64,
    lists: u64,
    /// How many calls were answered of which a faulty database keeps only some.
    plain_calls: u64,
    pub(crate) plant: Option<Plant>,
}

impl Database {
    pub(crate) fn new(plant: Option<Plant>) -> Database {
        Database { plant, ..Database::default() }
    }

    pub(crate) fn apply(&mut self, call: &Call, now: Timestamp) -> Answer {
        match call {
            Call::Reserve(intents) => {
                let is_lost = |n| n > 0 && n + 1 == intents.len() && self.plant == Some(Plant::GroupIsNotKept);
                let lost = (0..intents.len()).find(|n| is_lost(*n));
                let reserve = |(n, intent)| match lost {
                    Some(lost) if lost == n => Reserved::Sign,
                    _ => self.reserve(intent, now.unix()),
                };
                Answer::Reserved(intents.iter().enumerate().map(reserve).collect())
            }
            Call::Commit(signed) => Answer::Ended(signed.iter().map(|signed| self.commit(signed, now)).collect()),
            Call::Abandon(all) => Answer::Ended(all.iter().map(|abandon| self.abandon(abandon, now)).collect()),
            Call::Renew(intents) => self.lease_until(intents, now.unix() + LEASE, None),
            Call::Free(intents) => self.lease_until(intents, 0, Some(now.unix())),
        }
    }

    fn row(&mut self, intent: &Intent) -> Option<&mut Row> {
        self.rows.get_mut(&intent.serial()).filter(|row| row.intent.is_same(intent))
    }

    fn reserve(&mut self, intent: &Intent, now: i64) -> Reserved {
        let before = intent.token().and_then(|token| self.tokens.get(&token.key)).copied();
        if let Some(row) = before.and_then(|serial| self.rows.get_mut(&serial))
            && !row.is_over(now, self.plant)
        {
            let gives_way = row.is_in_flight() && !row.intent.is_same(intent) && row.lease_until <= now;
            if !(gives_way && self.plant == Some(Plant::TrustTheLease)) {
                return row.answer(intent, now);
            }
        }
        if let Some(row) = self.rows.get_mut(&intent.serial())
            && self.plant != Some(Plant::SerialTwice)
        {
            return if row.intent.is_same(intent) { row.answer(intent, now) } else { Reserved::SerialTaken };
        }
        // What stands under the token still is over.
        if let Some(row) = before.and_then(|serial| self.rows.get_mut(&serial))
            && row.is_in_flight()
            && self.plant != Some(Plant::TrustTheLease)
        {
            let now = Timestamp::from_unix(now).unwrap();
            row.end = Some(End::Abandoned(Abandonment::new("it gave way", true, now)));
        }
        if let Some(token) = intent.token() {
            self.tokens.insert(token.key, intent.serial());
        }
        if let Some(partition) = intent.crl_partition() {
            *self.filled.entry(partition).or_insert(0) += 1;
        }
        let lease_until = now + LEASE;
        let (intent, jumps) = (intent.clone(), self.jumps);
        let row = Row { intent, lease_until, free_since: None, jumps, end: None, revocation: None };
        self.forgotten.extend(self.rows.insert(row.intent.serial(), row));
        Reserved::Sign
    }

    fn commit(&mut self, signed: &Signed, now: Timestamp) -> Ended {
        let overwrites = self.plant == Some(Plant::LastCommitWins);
        let Some(row) = self.row(&signed.intent) else { return Ended::Unknown };
        if row.is_in_flight() || overwrites {
            row.end = Some(End::Issued(Arc::clone(&signed.certificate), now));
        }
        row.ended().unwrap_or(Ended::Unknown)
    }

    fn abandon(&mut self, abandon: &Abandon, now: Timestamp) -> Ended {
        let Some(row) = self.row(&abandon.intent) else { return Ended::Unknown };
        if row.is_in_flight() {
            let abandonment = Abandonment::new(abandon.reason.clone(), abandon.may_be_signed, now);
            row.end = Some(End::Abandoned(abandonment));
        }
        row.ended().unwrap_or(Ended::Unknown)
    }

    fn lease_until(&mut self, intents: &[Intent], until: i64, free_since: Option<i64>) -> Answer {
        for intent in intents {
            if let Some(row) = self.row(intent) {
                row.lease_until = until;
                row.free_since = row.free_since.or(free_since);
            }
        }
        Answer::Nothing
    }

    pub(crate) fn by_token(&self, key: &IdempotencyKey, now: i64) -> Option<Record> {
        let row = self.tokens.get(key).and_then(|serial| self.rows.get(serial))?;
        (!row.is_over(now, self.plant)).then(|| row.record())
    }

    /// How often time had jumped when this was recorded to be signed; none if it never was.
    pub(crate) fn recorded(&self, serial: SerialNumber, tbs: &[u8]) -> Option<u32> {
        let all = self.rows.get(&serial).into_iter().chain(&self.forgotten);
        all.filter(|row| row.intent.tbs_der() == tbs).map(|row| row.jumps).next()
    }

    pub(crate) fn by_serial(&self, serial: SerialNumber) -> Option<Record> {
        self.rows.get(&serial).map(Row::record)
    }

    pub(crate) fn take_up(&mut self, now: i64, limit: usize) -> Vec<Intent> {
        let takes_files = self.plant == Some(Plant::RecoveryTakesFiles);
        let is_free = |row: &&mut Row| row.is_in_flight() && row.lease_until <= now;
        let free = self.rows.values_mut().filter(is_free).filter(|row| takes_files || !row.intent.is_offline());
        let leased = free.map(|row| {
            row.lease_until = now + LEASE;
            row.intent.clone()
        });
        leased.take(limit).collect()
    }

    /// Whether what was asked for is kept: always, unless `plant` is the fault.
    fn is_kept(&mut self, plant: Plant) -> bool {
        self.plain_calls += 1;
        self.plant != Some(plant) || self.plain_calls.is_multiple_of(2)
    }

    pub(crate) fn revoke(&mut self, serial: SerialNumber, revocation: Revocation) -> Revoked {
        let is_kept = self.is_kept(Plant::RevocationIsNotKept);
        match self.rows.get_mut(&serial).map(|row| &mut row.revocation) {
            None => Revoked::Unknown,
            Some(Some(before)) => Revoked::Before(*before),
            Some(revoked) => {
                *revoked = Some(revocation).filter(|_| is_kept);
                Revoked::Now
            }
        }
    }

    pub(crate) fn revoked(
        &self,
        partition: Option<CrlPartition>,
        after: Option<SerialNumber>,
        limit: usize,
    ) -> RevokedPage {
        let rows = self.rows.values().filter(|row| after.is_none_or(|after| row.intent.serial() > after));
        let rows = rows.filter(|row| partition.is_none() || row.intent.crl_partition() == partition);
        let entries = rows.filter_map(|row| {
            let intent = &row.intent;
            Some(RevokedCertificate::new(intent.serial(), row.revocation?, intent.not_after(), intent.crl_partition()))
        });
        RevokedPage::of(entries.take(limit.saturating_add(1)).collect(), limit)
    }

    pub(crate) fn next_crl_number(&mut self) -> u64 {
        let next = self.lists + 1;
        if self.is_kept(Plant::NumberIsNotKept) {
            self.lists = next;
        }
        next
    }

    pub(crate) fn take_places(&mut self, count: u32) -> u64 {
        let first = self.places;
        if self.is_kept(Plant::PlaceIsNotKept) {
            self.places += u64::from(count);
        }
        first
    }

    pub(crate) fn partitions(&self) -> Vec<CrlPartition> {
        let all: BTreeSet<CrlPartition> = self.filled.keys().copied().collect();
        all.into_iter().collect()
    }

    /// Forgets what has ended and is over. Says how many.
    pub(crate) fn prune(&mut self, before: Timestamp, limit: usize) -> usize {
        let takes_all = self.plant == Some(Plant::PruneTakesAll);
        let is_due = |row: &&Row| !row.is_in_flight() && (takes_all || row.intent.not_after() < before);
        let due: Vec<_> = self.rows.values().filter(is_due).map(|row| row.intent.clone()).take(limit).collect();
        for intent in &due {
            self.forgotten.extend(self.rows.remove(&intent.serial()));
            self.pruned.insert(intent.serial());
            if let Some(token) = intent.token()
                && self.tokens.get(&token.key) == Some(&intent.serial())
            {
                self.tokens.remove(&token.key);
            }
        }
        due.len()
    }
}
