//! A model of the database: what a ledger promises, in the fewest words, with one step a call.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use issuance::ledger::{Abandon, Abandonment, Ended, IdempotencyKey, Intent, Record, Reserved, Signed, State};
use issuance::{IssuedCertificate, SerialNumber, Timestamp};

/// Seconds.
pub(crate) const LEASE: i64 = 3;
/// Longer than any schedule.
pub(crate) const WINDOW: u32 = 1_000_000;

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
    end: Option<End>,
}

impl Row {
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
        Record::new(self.intent.clone(), state, None)
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
    pub(crate) plant: Option<Plant>,
}

impl Database {
    pub(crate) fn new(plant: Option<Plant>) -> Database {
        Database { plant, ..Database::default() }
    }

    pub(crate) fn apply(&mut self, call: &Call, now: Timestamp) -> Answer {
        match call {
            Call::Reserve(intents) => {
                Answer::Reserved(intents.iter().map(|intent| self.reserve(intent, now.unix())).collect())
            }
            Call::Commit(signed) => Answer::Ended(signed.iter().map(|signed| self.commit(signed, now)).collect()),
            Call::Abandon(all) => Answer::Ended(all.iter().map(|abandon| self.abandon(abandon, now)).collect()),
            Call::Renew(intents) => self.lease_until(intents, now.unix() + LEASE),
            Call::Free(intents) => self.lease_until(intents, 0),
        }
    }

    fn row(&mut self, intent: &Intent) -> Option<&mut Row> {
        self.rows.get_mut(&intent.serial()).filter(|row| row.intent.is_same(intent))
    }

    fn reserve(&mut self, intent: &Intent, now: i64) -> Reserved {
        if let Some(serial) = intent.token().and_then(|token| self.tokens.get(&token.key))
            && let Some(row) = self.rows.get_mut(serial)
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
        if let Some(token) = intent.token() {
            self.tokens.insert(token.key, intent.serial());
        }
        let row = Row { intent: intent.clone(), lease_until: now + LEASE, end: None };
        self.rows.insert(intent.serial(), row);
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

    fn lease_until(&mut self, intents: &[Intent], until: i64) -> Answer {
        for intent in intents {
            if let Some(row) = self.row(intent) {
                row.lease_until = until;
            }
        }
        Answer::Nothing
    }

    pub(crate) fn by_token(&self, key: &IdempotencyKey) -> Option<Record> {
        self.tokens.get(key).and_then(|serial| self.rows.get(serial)).map(Row::record)
    }

    pub(crate) fn by_serial(&self, serial: SerialNumber) -> Option<Record> {
        self.rows.get(&serial).map(Row::record)
    }

    pub(crate) fn take_up(&mut self, now: i64, limit: usize) -> Vec<Intent> {
        let free = self.rows.values_mut().filter(|row| row.is_in_flight() && row.lease_until <= now);
        let leased = free.map(|row| {
            row.lease_until = now + LEASE;
            row.intent.clone()
        });
        leased.take(limit).collect()
    }
}
