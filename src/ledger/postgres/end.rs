//! The ends of intents, and of their leases.

use std::collections::HashSet;

use tokio_postgres::types::ToSql;

use super::Inner;
use super::failure::Failure;
use super::reserve::MAX_GROUP;
use super::row::{Entry, Id, authority_key};
use crate::ledger::answer::{Abandon, Ended, Signed};
use crate::ledger::error::LedgerError;
use crate::ledger::intent::Intent;
use crate::ledger::record::State;
use crate::request::arn::CertificateAuthorityArn;
use crate::x509::timestamp::Timestamp;

/// How often an end is looked for that another caller may be writing.
const MAX_LOOKS: u32 = 8;

/// Intents as parameters of a statement.
struct Named {
    ids: Vec<Id>,
    tbs: Vec<Vec<u8>>,
}

impl Named {
    fn new<'i>(intents: impl Iterator<Item = &'i Intent>) -> Named {
        let (ids, tbs) = intents.map(|intent| (Id::of(intent), intent.tbs_sha256().to_vec())).unzip();
        Named { ids, tbs }
    }

    fn authorities(&self) -> Vec<&[u8]> {
        self.ids.iter().map(|id| &id.authority[..]).collect()
    }

    fn serials(&self) -> Vec<&[u8]> {
        self.ids.iter().map(|id| &id.serial[..]).collect()
    }
}

/// The first of each intent: of two ends in one call, the first counts.
fn firsts<T>(items: &[T], intent: impl Fn(&T) -> &Intent) -> Vec<usize> {
    let mut met = HashSet::new();
    items.iter().enumerate().filter(|(_, item)| met.insert(Id::of(intent(item)))).map(|(n, _)| n).collect()
}

impl Inner {
    pub(super) async fn try_commit(&self, signed: &[Signed], now: Timestamp) -> Result<Vec<Ended>, Failure> {
        let mut ended: Vec<Option<Ended>> = vec![None; signed.len()];
        for group in firsts(signed, |signed| &signed.intent).chunks(MAX_GROUP) {
            let items = || group.iter().map(|n| &signed[*n]);
            let named = Named::new(items().map(|signed| &signed.intent));
            let signatures: Vec<&[u8]> = items().map(Signed::signature).collect();
            let (authorities, serials, at) = (named.authorities(), named.serials(), now.unix());
            let parameters: [&(dyn ToSql + Sync); 5] = [&authorities, &serials, &named.tbs, &signatures, &at];
            for n in self.ended_by("committing", &self.statements.commit, &parameters, group, &named.ids).await? {
                ended[n] = Some(Ended::Issued(signed[n].certificate.clone()));
            }
        }
        let intents: Vec<&Intent> = signed.iter().map(|signed| &signed.intent).collect();
        self.ends(&intents, ended).await
    }

    pub(super) async fn try_abandon(&self, abandoned: &[Abandon], now: Timestamp) -> Result<Vec<Ended>, Failure> {
        for group in firsts(abandoned, |abandon| &abandon.intent).chunks(MAX_GROUP) {
            let items = || group.iter().map(|n| &abandoned[*n]);
            let named = Named::new(items().map(|abandon| &abandon.intent));
            // A text of PostgreSQL has every character but this one.
            let reasons: Vec<String> = items().map(|abandon| abandon.reason.replace('\0', "\u{fffd}")).collect();
            let may_be_signed: Vec<bool> = items().map(|abandon| abandon.may_be_signed).collect();
            let (authorities, serials, at) = (named.authorities(), named.serials(), now.unix());
            let parameters: [&(dyn ToSql + Sync); 6] =
                [&authorities, &serials, &named.tbs, &reasons, &may_be_signed, &at];
            // Their ends are read, as those of others are.
            self.ended_by("abandoning", &self.statements.abandon, &parameters, group, &named.ids).await?;
        }
        let intents: Vec<&Intent> = abandoned.iter().map(|abandon| &abandon.intent).collect();
        self.ends(&intents, vec![None; intents.len()]).await
    }

    /// Runs a statement that ends intents, and says which of a group it has ended.
    async fn ended_by(
        &self,
        what: &str,
        text: &str,
        parameters: &[&(dyn ToSql + Sync)],
        group: &[usize],
        ids: &[Id],
    ) -> Result<Vec<usize>, Failure> {
        let rows = self.rows(what, text, parameters).await?;
        let ended: HashSet<Id> = rows.iter().map(|row| Id::read(row, 0)).collect::<Result<_, _>>()?;
        Ok(group.iter().zip(ids).filter(|(_, id)| ended.contains(id)).map(|(n, _)| *n).collect())
    }

    /// The ends of intents that are not known yet, as they are recorded.
    async fn ends(&self, intents: &[&Intent], mut ended: Vec<Option<Ended>>) -> Result<Vec<Ended>, Failure> {
        for _ in 0..MAX_LOOKS {
            let open: Vec<usize> = (0..intents.len()).filter(|n| matches!(ended.get(*n), Some(None))).collect();
            if open.is_empty() {
                return Ok(ended.into_iter().flatten().collect());
            }
            let ids: Vec<Id> = open.iter().map(|n| Id::of(intents[*n])).collect();
            for (&n, entry) in open.iter().zip(self.entries(&ids).await?) {
                ended[n] = end_of(intents[n], entry);
            }
        }
        let reason = "an intent is in flight that should have ended";
        Err(Failure::transient(LedgerError::new(reason)))
    }

    pub(super) async fn try_renew(&self, intents: &[Intent], now: Timestamp) -> Result<(), Failure> {
        for group in intents.chunks(MAX_GROUP) {
            let named = Named::new(group.iter());
            let (authorities, serials, until) = (named.authorities(), named.serials(), self.lease_from(now));
            self.change("renewing leases", &self.statements.renew, &[&authorities, &serials, &named.tbs, &until])
                .await?;
        }
        Ok(())
    }

    pub(super) async fn try_free(&self, intents: &[Intent], now: Timestamp) -> Result<(), Failure> {
        for group in intents.chunks(MAX_GROUP) {
            let named = Named::new(group.iter());
            let (authorities, serials, now) = (named.authorities(), named.serials(), now.unix());
            self.change("freeing leases", &self.statements.free, &[&authorities, &serials, &named.tbs, &now]).await?;
        }
        Ok(())
    }

    /// Takes the leases of intents that nobody works on.
    pub(super) async fn take_up(
        &self,
        authority: &CertificateAuthorityArn,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<Intent>, Failure> {
        let key = authority_key(authority);
        let (until, longest) = (self.lease_from(now), self.longest_lease(now));
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let parameters: [&(dyn ToSql + Sync); 5] = [&&key[..], &now.unix(), &longest, &until, &limit];
        let rows = self.rows("taking up intents", &self.statements.take_up, &parameters).await?;
        let ids: Vec<Id> = rows.iter().map(|row| Id::read(row, 0)).collect::<Result<_, _>>()?;
        let mut intents = Vec::with_capacity(ids.len());
        let mut failure = None;
        match self.entries(&ids).await {
            Ok(entries) => intents.extend(entries.into_iter().flatten().map(|entry| entry.record.intent)),
            // One that does not decode must not keep the others from being finished.
            Err(_) => {
                for id in ids {
                    match self.entries(&[id]).await {
                        Ok(entries) => intents.extend(entries.into_iter().flatten().map(|entry| entry.record.intent)),
                        Err(error) => failure = Some(error),
                    }
                }
            }
        }
        match failure {
            Some(failure) if intents.is_empty() => Err(failure),
            _ => Ok(intents),
        }
    }
}

/// How an intent has ended by what is recorded, unless it is in flight.
fn end_of(intent: &Intent, entry: Option<Entry>) -> Option<Ended> {
    let Some(record) = entry.map(|entry| entry.record).filter(|record| record.intent.is_same(intent)) else {
        return Some(Ended::Unknown);
    };
    match record.state {
        State::Issued { certificate, .. } => Some(Ended::Issued(certificate)),
        State::Abandoned(abandonment) => Some(Ended::Abandoned(abandonment)),
        State::InFlight { .. } => None,
    }
}
