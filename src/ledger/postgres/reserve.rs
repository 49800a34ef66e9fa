//! Reserving: one statement where nothing stands against an intent, and a look at what is recorded where something does.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::time::Duration;

use super::Inner;
use super::failure::Failure;
use super::row::{Entry, Id, Stored, authority_key, value};
use super::waiting::jittered;
use crate::ledger::answer::Reserved;
use crate::ledger::error::LedgerError;
use crate::ledger::intent::{AuthorityRecord, Intent};
use crate::ledger::record::State;
use crate::x509::timestamp::Timestamp;

/// How many intents one statement takes.
pub(super) const MAX_GROUP: usize = 256;

/// How often in a row what was seen may have changed before it was acted on.
const MAX_RETREATS: u32 = 16;

/// Why an intent was abandoned whose token was used again.
const GAVE_WAY: &str = "the window of its idempotency token ended before anyone took it up";

/// An intent that is offered, and how the tables name it.
struct Offer<'i> {
    intent: &'i Intent,
    id: Id,
    key: Option<&'i [u8]>,
}

/// What is to be done about an intent that something stands against.
enum Verdict {
    Answer(Reserved),
    /// Take the lease of this intent, if it is still the one that was seen.
    Lease {
        id: Id,
        seen: Option<i64>,
        then: Reserved,
    },
    /// Free the token of this intent, which has ended, or whose lease is still the one that was seen.
    GiveWay {
        id: Id,
        seen: Option<i64>,
        has_ended: bool,
    },
    /// What stood against it is gone.
    Again,
}

/// What is recorded under the token of an intent, and under its serial number.
#[derive(Default)]
struct Found {
    of_token: Option<(Id, Option<Entry>)>,
    of_serial: Option<Entry>,
}

impl Inner {
    pub(super) async fn try_reserve(&self, intents: &[Intent], now: Timestamp) -> Result<Vec<Reserved>, Failure> {
        let mut offers: Vec<Offer<'_>> = Vec::with_capacity(intents.len());
        let mut authority = None;
        for intent in intents {
            // Those of a group mostly have one authority, whose digest is made once.
            let key = match authority {
                Some((arn, key)) if arn == intent.authority() => key,
                _ => authority_key(intent.authority()),
            };
            authority = Some((intent.authority(), key));
            let id = Id { authority: key, serial: super::row::serial_key(intent.serial()) };
            offers.push(Offer { intent, id, key: None });
        }
        let tokens: Vec<_> = intents.iter().map(Intent::token).collect();
        for (offer, token) in offers.iter_mut().zip(&tokens) {
            offer.key = token.as_ref().map(|token| &token.key.as_bytes()[..]);
        }
        self.introduce(intents).await?;
        let mut answers: Vec<Option<Reserved>> = vec![None; offers.len()];
        let mut retreats = 0;
        loop {
            let group = next_group(&offers, &answers);
            if group.is_empty() {
                // Every place is filled.
                return Ok(answers.into_iter().flatten().collect());
            }
            let open = answers.iter().filter(|answer| answer.is_none()).count();
            let recorded = self.record(&offers, &group, now).await?;
            let (done, rest): (Vec<usize>, Vec<usize>) =
                group.into_iter().partition(|n| recorded.contains(&offers[*n].id));
            done.into_iter().for_each(|n| answers[n] = Some(Reserved::Sign));
            if !rest.is_empty() {
                self.decide(&offers, &rest, now, &mut answers).await?;
            }
            if answers.iter().filter(|answer| answer.is_none()).count() < open {
                retreats = 0;
                continue;
            }
            retreats += 1;
            if retreats > MAX_RETREATS {
                let reason = "what is recorded under a token or serial number changed with each look at it";
                return Err(LedgerError::new(reason).retryable().into());
            }
            tokio::time::sleep(jittered(Duration::from_millis(1 << retreats.min(6)))).await;
        }
    }

    /// Writes what intents refer to, where this process has not done so before.
    async fn introduce(&self, intents: &[Intent]) -> Result<(), Failure> {
        let (mut authorities, mut partitions) = (BTreeMap::new(), BTreeSet::new());
        for intent in intents {
            let record = intent.authority_record();
            if !self.known.is_written(record.sha256()) {
                authorities.insert(*record.sha256(), record);
            }
            if let Some(partition) = intent.crl_partition() {
                let partition = (authority_key(intent.authority()), partition);
                if !self.known.has_partition(&partition) {
                    partitions.insert(partition);
                }
            }
        }
        if authorities.is_empty() && partitions.is_empty() {
            return Ok(());
        }
        let authorities: Vec<AuthorityRecord> = authorities.into_values().collect();
        let partitions: Vec<_> = partitions.into_iter().collect();
        if !authorities.is_empty() {
            let sha256: Vec<&[u8]> = authorities.iter().map(|record| &record.sha256()[..]).collect();
            let keys: Vec<_> = authorities.iter().map(|record| authority_key(record.arn())).collect();
            let keys: Vec<&[u8]> = keys.iter().map(|key| &key[..]).collect();
            let arns: Vec<&str> = authorities.iter().map(|record| record.arn().as_str()).collect();
            let records: Vec<Vec<u8>> = authorities.iter().map(AuthorityRecord::to_bytes).collect();
            let text = &self.statements.add_authorities;
            self.change("recording an authority", text, &[&sha256, &keys, &arns, &records]).await?;
        }
        if !partitions.is_empty() {
            let keys: Vec<&[u8]> = partitions.iter().map(|(authority, _)| &authority[..]).collect();
            let names: Vec<&str> = partitions.iter().map(|(_, partition)| partition.as_str()).collect();
            self.change("recording a partition", &self.statements.add_partitions, &[&keys, &names]).await?;
        }
        self.known.add_written(&authorities, &partitions);
        authorities.into_iter().for_each(|record| self.known.add_authority(record));
        Ok(())
    }

    /// Records those of a group that nothing stands against.
    async fn record(&self, offers: &[Offer<'_>], group: &[usize], now: Timestamp) -> Result<HashSet<Id>, Failure> {
        let group = || group.iter().map(|n| &offers[*n]);
        let intents = || group().map(|offer| offer.intent);
        let authorities: Vec<&[u8]> = group().map(|offer| &offer.id.authority[..]).collect();
        let serials: Vec<&[u8]> = group().map(|offer| &offer.id.serial[..]).collect();
        let records: Vec<AuthorityRecord> = intents().map(Intent::authority_record).collect();
        let authority_sha256: Vec<&[u8]> = records.iter().map(|record| &record.sha256()[..]).collect();
        let issued_at: Vec<i64> = intents().map(|intent| intent.issued_at().unix()).collect();
        let not_after: Vec<i64> = intents().map(|intent| intent.not_after().unix()).collect();
        let tokens: Vec<Option<&[u8]>> = group().map(|offer| offer.key).collect();
        // A text of PostgreSQL has every character but this one; the record has the name as it was given.
        let callers: Vec<Option<String>> =
            intents().map(|intent| Some(intent.caller()?.replace('\0', "\u{fffd}"))).collect();
        let templates: Vec<&str> = intents().map(Intent::template).collect();
        let plans: Vec<Vec<u8>> = intents().map(|intent| intent.plan_sha256().to_vec()).collect();
        let partitions: Vec<_> = intents().map(Intent::crl_partition).collect();
        let partitions: Vec<Option<&str>> =
            partitions.iter().map(|name| name.as_ref().map(|name| name.as_str())).collect();
        let forms: Vec<Vec<u8>> = intents().map(Intent::to_bytes).collect();
        let tbs: Vec<Vec<u8>> = intents().map(|intent| intent.tbs_sha256().to_vec()).collect();
        let offline: Vec<bool> = intents().map(Intent::is_offline).collect();
        let lease = self.lease_from(now);
        let rows = self
            .rows(
                "reserving",
                &self.statements.reserve,
                &[
                    &authorities,
                    &serials,
                    &authority_sha256,
                    &issued_at,
                    &not_after,
                    &tokens,
                    &callers,
                    &templates,
                    &plans,
                    &partitions,
                    &forms,
                    &tbs,
                    &offline,
                    &lease,
                ],
            )
            .await?;
        rows.iter().map(|row| Id::read(row, 0)).collect()
    }

    /// Looks at what stands against intents, and answers those that can be answered.
    async fn decide(
        &self,
        offers: &[Offer<'_>],
        rest: &[usize],
        now: Timestamp,
        answers: &mut [Option<Reserved>],
    ) -> Result<(), Failure> {
        let found = self.look_up(offers, rest).await?;
        let (mut leases, mut ways) = (Vec::new(), Vec::new());
        for (&n, found) in rest.iter().zip(found) {
            match self.judge(offers[n].intent, found, now) {
                Verdict::Answer(answer) => answers[n] = Some(answer),
                Verdict::Lease { id, seen, then } => leases.push((n, id, seen, then)),
                Verdict::GiveWay { id, seen, has_ended } => ways.push((offers[n].key, id, seen, has_ended)),
                Verdict::Again => {}
            }
        }
        if !leases.is_empty() {
            let wanted: Vec<(Id, Option<i64>)> = leases.iter().map(|(_, id, seen, _)| (*id, *seen)).collect();
            let mut taken = self.take_leases(&wanted, now).await?;
            for (n, id, _, then) in leases {
                // Of two items about one intent, one gets the lease.
                if taken.remove(&id) {
                    answers[n] = Some(then);
                }
            }
        }
        if !ways.is_empty() {
            let keys: Vec<Option<&[u8]>> = ways.iter().map(|(key, ..)| *key).collect();
            let authorities: Vec<&[u8]> = ways.iter().map(|(_, id, ..)| &id.authority[..]).collect();
            let serials: Vec<&[u8]> = ways.iter().map(|(_, id, ..)| &id.serial[..]).collect();
            let seen: Vec<Option<i64>> = ways.iter().map(|(_, _, seen, _)| *seen).collect();
            let ended: Vec<bool> = ways.iter().map(|(.., has_ended)| *has_ended).collect();
            let text = &self.statements.give_way;
            let now = now.unix();
            self.change("freeing a token", text, &[&keys, &authorities, &serials, &seen, &ended, &now, &GAVE_WAY])
                .await?;
        }
        Ok(())
    }

    async fn take_leases(&self, wanted: &[(Id, Option<i64>)], now: Timestamp) -> Result<HashSet<Id>, Failure> {
        let authorities: Vec<&[u8]> = wanted.iter().map(|(id, _)| &id.authority[..]).collect();
        let serials: Vec<&[u8]> = wanted.iter().map(|(id, _)| &id.serial[..]).collect();
        let seen: Vec<Option<i64>> = wanted.iter().map(|(_, seen)| *seen).collect();
        let lease = self.lease_from(now);
        let text = &self.statements.lease;
        let rows = self.rows("taking a lease", text, &[&authorities, &serials, &seen, &lease]).await?;
        rows.iter().map(|row| Id::read(row, 0)).collect()
    }

    async fn look_up(&self, offers: &[Offer<'_>], rest: &[usize]) -> Result<Vec<Found>, Failure> {
        let rest = || rest.iter().map(|n| &offers[*n]);
        let places: Vec<i64> = (0..).zip(rest()).map(|(place, _)| place).collect();
        let tokens: Vec<Option<&[u8]>> = rest().map(|offer| offer.key).collect();
        let authorities: Vec<&[u8]> = rest().map(|offer| &offer.id.authority[..]).collect();
        let serials: Vec<&[u8]> = rest().map(|offer| &offer.id.serial[..]).collect();
        let text = &self.statements.look_up;
        let rows = self.rows("reading what is recorded", text, &[&places, &tokens, &authorities, &serials]).await?;
        let stored: Vec<Stored<'_>> = rows.iter().map(|row| Stored::new(row, 4)).collect();
        let authorities = self.authorities(&stored).await?;
        let mut found: Vec<Found> = places.iter().map(|_| Found::default()).collect();
        for (row, stored) in rows.iter().zip(&stored) {
            let place = usize::try_from(value::<i64>(row, 0, "a place")?).ok();
            let Some(found) = place.and_then(|place| found.get_mut(place)) else { continue };
            let entry = match stored.is_missing()? {
                true => None,
                false => Some(stored.entry(authorities.get(&stored.authority_sha256()?))?),
            };
            match value::<bool>(row, 1, "a kind")? {
                true => found.of_token = Some((Id::read(row, 2)?, entry)),
                false => found.of_serial = entry,
            }
        }
        Ok(found)
    }

    /// What the token says comes before what the serial number says.
    fn judge(&self, intent: &Intent, found: Found, now: Timestamp) -> Verdict {
        let Found { of_token, of_serial } = found;
        let mut gives_way = None;
        match (of_token, intent.token()) {
            // A token without its intent: somebody else's serial number came first.
            (Some((id, None)), _) => gives_way = Some(Verdict::GiveWay { id, seen: None, has_ended: true }),
            (Some((id, Some(entry))), Some(token)) => {
                let has_ended = !matches!(entry.record.state, State::InFlight { .. });
                if self.is_over(&entry, now) {
                    gives_way = Some(Verdict::GiveWay { id, seen: entry.lease_until, has_ended });
                } else if entry.record.intent.token().is_some_and(|recorded| recorded.fingerprint != token.fingerprint)
                {
                    return Verdict::Answer(Reserved::Mismatch);
                } else {
                    return self.answer(intent, id, entry, now);
                }
            }
            (_, _) => {}
        }
        match (of_serial, gives_way) {
            (Some(entry), _) if entry.record.intent.is_same(intent) => self.answer(intent, Id::of(intent), entry, now),
            (_, Some(gives_way)) => gives_way,
            (Some(_), None) => Verdict::Answer(Reserved::SerialTaken),
            (None, None) => Verdict::Again,
        }
    }

    /// The answer to an intent by what is recorded in its place.
    fn answer(&self, intent: &Intent, id: Id, entry: Entry, now: Timestamp) -> Verdict {
        let (seen, recorded) = (entry.lease_until, entry.record.intent);
        match entry.record.state {
            State::Issued { certificate, .. } => Verdict::Answer(Reserved::Issued(certificate)),
            State::Abandoned(abandonment) => Verdict::Answer(Reserved::Refused(abandonment)),
            State::InFlight { .. } if recorded.is_same(intent) => Verdict::Lease { id, seen, then: Reserved::Sign },
            State::InFlight { lease_until } if self.is_held(seen, now) => {
                Verdict::Answer(Reserved::Busy { until: lease_until })
            }
            State::InFlight { .. } => Verdict::Lease { id, seen, then: Reserved::TakeUp(recorded) },
        }
    }

    /// When a lease ends that begins now.
    pub(super) fn lease_from(&self, now: Timestamp) -> i64 {
        now.unix().saturating_add(i64::from(self.lease_seconds)).min(Timestamp::MAX.unix())
    }

    /// The last moment that a lease can end at which somebody has now. One that ends later was given by a clock that was ahead, and must
    /// not count for as long as it was.
    pub(super) fn longest_lease(&self, now: Timestamp) -> i64 {
        now.unix().saturating_add(i64::from(self.lease_seconds.max(self.window_seconds)))
    }

    fn is_held(&self, lease_until: Option<i64>, now: Timestamp) -> bool {
        lease_until.is_some_and(|until| now.unix() < until && until <= self.longest_lease(now))
    }

    /// Whether the window of a token is over.
    pub(super) fn is_over(&self, entry: &Entry, now: Timestamp) -> bool {
        let since = match &entry.record.state {
            State::Issued { at, .. } => Some(at.unix()),
            State::Abandoned(abandonment) => Some(abandonment.at.unix()),
            State::InFlight { .. } if self.is_held(entry.lease_until, now) => None,
            // A ceremony may take weeks.
            State::InFlight { .. } if entry.record.intent.is_offline() => None,
            State::InFlight { .. } => entry.free_since.or(entry.lease_until),
        };
        since.is_some_and(|since| now.unix().abs_diff(since) >= u64::from(self.window_seconds))
    }

    /// The records of the authorities of rows, from the database where they are not known.
    pub(super) async fn authorities(&self, rows: &[Stored<'_>]) -> Result<HashMap<[u8; 32], AuthorityRecord>, Failure> {
        let (mut found, mut missing) = (HashMap::new(), BTreeSet::new());
        for row in rows {
            if row.is_missing()? {
                continue;
            }
            let sha256 = row.authority_sha256()?;
            match self.known.authority(&sha256) {
                Some(record) => drop(found.insert(sha256, record)),
                None => drop(missing.insert(sha256)),
            }
        }
        if missing.is_empty() {
            return Ok(found);
        }
        let missing: Vec<&[u8]> = missing.iter().map(|sha256| &sha256[..]).collect();
        for row in self.rows("reading authorities", &self.statements.authorities, &[&missing]).await? {
            let record = AuthorityRecord::from_bytes(value(&row, 1, "an authority's record")?);
            let record = record.map_err(|error| super::row::undecodable("the record of an authority", &error))?;
            if value::<&[u8]>(&row, 0, "sha256")? != record.sha256() {
                let why = "it does not have the digest that it stands under";
                return Err(super::row::undecodable("the record of an authority", &why));
            }
            self.known.add_authority(record.clone());
            found.insert(*record.sha256(), record);
        }
        Ok(found)
    }
}

/// The next intents without an answer, none of which has its token or its serial number from another.
fn next_group(offers: &[Offer<'_>], answers: &[Option<Reserved>]) -> Vec<usize> {
    let (mut ids, mut keys) = (HashSet::new(), HashSet::new());
    let open = offers.iter().zip(answers).enumerate().filter(|(_, (_, answer))| answer.is_none());
    let apart = open.filter(|(_, (offer, _))| {
        let has_new_token = offer.key.is_none_or(|key| keys.insert(key));
        ids.insert(offer.id) && has_new_token
    });
    apart.map(|(n, _)| n).take(MAX_GROUP).collect()
}
