//! Each step of the ledger, inside a transaction that is open for writing.

use std::sync::Arc;

use super::error::undecodable;
use super::forms::{EndForm, LeaseForm};
use super::places::{Place, partition_key};
use super::tables::{Writing, get, put, take};
use crate::ledger::answer::{Ended, Reserved};
use crate::ledger::error::LedgerError;
use crate::ledger::intent::Intent;
use crate::ledger::record::{Abandonment, State};
use crate::request::arn::CertificateAuthorityArn;
use crate::x509::timestamp::Timestamp;

/// Why an intent was abandoned whose token was used again.
const GAVE_WAY: &str = "the window of its idempotency token ended before anyone took it up";

impl Writing<'_, '_> {
    /// The number of an authority, which gets the next one if it has none.
    pub(super) fn number_or_next(&mut self, authority: &CertificateAuthorityArn) -> Result<u32, LedgerError> {
        if let Some(number) = self.number(authority)? {
            return Ok(number);
        }
        let next = redb::ReadableTableMetadata::len(&self.numbers)
            .map_err(|error| super::error::failed("a table cannot be read", error))?;
        let next = u32::try_from(next).map_err(|_| LedgerError::new("it has no room for another authority"))?;
        put(&mut self.numbers, authority.as_str().as_bytes(), &next.to_be_bytes())?;
        Ok(next)
    }

    pub(super) fn reserve(
        &mut self,
        intent: &Intent,
        now: Timestamp,
        window_seconds: u32,
    ) -> Result<Reserved, LedgerError> {
        let mut gives_way = None;
        if let Some(token) = intent.token()
            && let Some(place) = self.place_of_token(token.key.as_bytes())?
        {
            let since = self.window_since(&place)?;
            if since.is_none_or(|since| now.unix().abs_diff(since) < u64::from(window_seconds)) {
                if let Some(recorded) = self.intent(&place)? {
                    return self.of_token(&place, recorded, intent, now);
                }
            } else {
                gives_way = Some(place);
            }
        }
        let place = Place::new(self.number_or_next(intent.authority())?, intent.serial());
        if let Some(recorded) = self.intent(&place)? {
            return if recorded.is_same(intent) {
                self.of_itself(&place, recorded, now)
            } else {
                Ok(Reserved::SerialTaken)
            };
        }
        if let Some(before) = gives_way
            && self.lease(&before)?.is_some()
        {
            self.end(&before, &EndForm::abandoned(&Abandonment::new(GAVE_WAY, true, now)))?;
        }
        self.insert(&place, intent, now)?;
        Ok(Reserved::Sign)
    }

    fn insert(&mut self, place: &Place, intent: &Intent, now: Timestamp) -> Result<(), LedgerError> {
        let authority = intent.authority_record();
        if get(&self.authorities, authority.sha256())?.is_none() {
            put(&mut self.authorities, authority.sha256(), &authority.to_bytes())?;
        }
        put(&mut self.intents, place.as_bytes(), &[&authority.sha256()[..], &intent.to_bytes()].concat())?;
        put(&mut self.times, &place.in_time(intent.issued_at()), &[])?;
        put(&mut self.endings, &place.in_endings(intent.not_after()), &[])?;
        self.hold(place, intent.is_offline(), now)?;
        if let Some(token) = intent.token() {
            put(&mut self.tokens, token.key.as_bytes(), place.as_bytes())?;
        }
        if intent.crl_partition().is_some() {
            let key = partition_key(place.authority(), intent.crl_partition());
            if get(&self.partitions, &key)?.is_none() {
                put(&mut self.partitions, &key, &[])?;
            }
        }
        Ok(())
    }

    /// Gives the lease to the caller.
    fn hold(&mut self, place: &Place, is_offline: bool, now: Timestamp) -> Result<(), LedgerError> {
        let lease = LeaseForm { is_held: true, is_offline, since: now.unix() };
        put(&mut self.leases, place.as_bytes(), &lease.to_bytes())
    }

    /// The answer to an intent under a token that counts.
    fn of_token(
        &mut self,
        place: &Place,
        recorded: Intent,
        intent: &Intent,
        now: Timestamp,
    ) -> Result<Reserved, LedgerError> {
        if recorded.token().map(|token| token.fingerprint) != intent.token().map(|token| token.fingerprint) {
            return Ok(Reserved::Mismatch);
        }
        if recorded.is_same(intent) {
            return self.of_itself(place, recorded, now);
        }
        match self.state(place, &recorded)? {
            State::Issued { certificate, .. } => Ok(Reserved::Issued(certificate)),
            State::Abandoned(abandonment) => Ok(Reserved::Refused(abandonment)),
            State::InFlight { lease_until: Some(_) } => Ok(Reserved::Busy { until: None }),
            State::InFlight { lease_until: None } => {
                self.hold(place, recorded.is_offline(), now)?;
                Ok(Reserved::TakeUp(recorded))
            }
        }
    }

    /// The answer to an intent that is recorded itself.
    fn of_itself(&mut self, place: &Place, recorded: Intent, now: Timestamp) -> Result<Reserved, LedgerError> {
        match self.state(place, &recorded)? {
            State::Issued { certificate, .. } => Ok(Reserved::Issued(certificate)),
            State::Abandoned(abandonment) => Ok(Reserved::Refused(abandonment)),
            State::InFlight { .. } => {
                self.hold(place, recorded.is_offline(), now)?;
                Ok(Reserved::Sign)
            }
        }
    }

    fn end(&mut self, place: &Place, end: &EndForm<'_>) -> Result<(), LedgerError> {
        take(&mut self.leases, place.as_bytes())?;
        put(&mut self.ends, place.as_bytes(), &end.to_bytes())
    }

    /// The place of a recorded intent.
    fn place_of(&self, intent: &Intent) -> Result<Option<Place>, LedgerError> {
        let Some(number) = self.number(intent.authority())? else { return Ok(None) };
        let place = Place::new(number, intent.serial());
        let Some(row) = get(&self.intents, place.as_bytes())? else { return Ok(None) };
        // The usual case needs no decoding: what was written of an intent is the same each time.
        if row.get(32..).is_some_and(|bytes| bytes == intent.to_bytes()) {
            return Ok(Some(place));
        }
        Ok(self.intent(&place)?.filter(|recorded| recorded.is_same(intent)).map(|_| place))
    }

    /// Ends an intent, if it has not ended before.
    pub(super) fn end_first(
        &mut self,
        intent: &Intent,
        end: &EndForm<'_>,
        ended: impl FnOnce() -> Ended,
    ) -> Result<Ended, LedgerError> {
        let Some(place) = self.place_of(intent)? else { return Ok(Ended::Unknown) };
        if self.lease(&place)?.is_some() {
            self.end(&place, end)?;
            return Ok(ended());
        }
        Ok(match self.state(&place, intent)? {
            State::Issued { certificate, .. } => Ended::Issued(certificate),
            State::Abandoned(abandonment) => Ended::Abandoned(abandonment),
            State::InFlight { .. } => Ended::Unknown,
        })
    }

    /// Frees or holds the lease of an intent in flight.
    pub(super) fn set_lease(&mut self, intent: &Intent, is_held: bool, now: Timestamp) -> Result<(), LedgerError> {
        let Some(place) = self.place_of(intent)? else { return Ok(()) };
        let Some(lease) = self.lease(&place)? else { return Ok(()) };
        let lease = LeaseForm { is_held, since: now.unix(), ..lease };
        put(&mut self.leases, place.as_bytes(), &lease.to_bytes())
    }

    /// Takes the leases of intents that nobody has.
    pub(super) fn take_up(
        &mut self,
        authority: &CertificateAuthorityArn,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<Intent>, LedgerError> {
        let Some(number) = self.number(authority)? else { return Ok(Vec::new()) };
        let mut places = Vec::new();
        for row in super::tables::rows(&self.leases, &Place::first_of(number), &Place::after_last_of(number))? {
            let (key, value) = row?;
            let Some(place) = Place::read(&key) else { continue };
            let lease = LeaseForm::read(&value).map_err(|error| undecodable("leases", &place, error))?;
            if !lease.is_held && !lease.is_offline {
                places.push(place);
            }
            if places.len() >= limit {
                break;
            }
        }
        let mut intents = Vec::new();
        for place in places {
            self.hold(&place, false, now)?;
            intents.extend(self.intent(&place)?);
        }
        Ok(intents)
    }

    /// Frees every lease: their callers died with the process that had the file open before.
    pub(super) fn free_all(&mut self) -> Result<(), LedgerError> {
        let held: Vec<_> = super::tables::rows(&self.leases, &[], &[0xff; 25])?.collect::<Result<_, _>>()?;
        for (key, value) in held {
            let Some(place) = Place::read(&key) else { continue };
            let lease = LeaseForm::read(&value).map_err(|error| undecodable("leases", &place, error))?;
            if lease.is_held {
                put(&mut self.leases, &key, &LeaseForm { is_held: false, ..lease }.to_bytes())?;
            }
        }
        Ok(())
    }

    /// Forgets a record that has ended.
    pub(super) fn forget(&mut self, place: &Place, ending: &[u8]) -> Result<(), LedgerError> {
        if let Some(intent) = self.intent(place)? {
            take(&mut self.times, &place.in_time(intent.issued_at()))?;
            if let Some(token) = intent.token()
                && self.place_of_token(token.key.as_bytes())? == Some(*place)
            {
                take(&mut self.tokens, token.key.as_bytes())?;
            }
        }
        for table in [&mut self.intents, &mut self.ends, &mut self.revocations] {
            take(table, place.as_bytes())?;
        }
        take(&mut self.endings, ending)
    }
}

/// A certificate that was committed just now.
pub(super) fn issued(certificate: &Arc<crate::issued::IssuedCertificate>) -> Ended {
    Ended::Issued(Arc::clone(certificate))
}
