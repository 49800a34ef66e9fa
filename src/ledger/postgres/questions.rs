//! What is recorded of certificates, revocations and CRLs.

use std::collections::HashMap;

use tokio_postgres::types::ToSql;

use super::Inner;
use super::failure::Failure;
use super::row::{Entry, Id, Stored, authority_key, revocation, serial_key, timestamp, undecodable, value};
use crate::authority::revocation::partition::CrlPartition;
use crate::ledger::key::IdempotencyKey;
use crate::ledger::record::{Cursor, Page, Record};
use crate::ledger::revocation::{Revocation, Revoked, RevokedCertificate, RevokedPage};
use crate::request::arn::{CertificateArn, CertificateAuthorityArn, SerialFormat};
use crate::x509::serial::SerialNumber;
use crate::x509::timestamp::Timestamp;

/// One more than a page has, to see whether there is another.
fn one_more(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1)
}

fn partition(name: &str) -> Result<CrlPartition, Failure> {
    name.parse().map_err(|error| undecodable("the name of a partition", &error))
}

impl Inner {
    /// What is recorded under identities, in their order.
    pub(super) async fn entries(&self, ids: &[Id]) -> Result<Vec<Option<Entry>>, Failure> {
        let places: Vec<i64> = (0..).zip(ids).map(|(place, _)| place).collect();
        let authorities: Vec<&[u8]> = ids.iter().map(|id| &id.authority[..]).collect();
        let serials: Vec<&[u8]> = ids.iter().map(|id| &id.serial[..]).collect();
        let text = &self.statements.by_ids;
        let rows = self.rows("reading certificates", text, &[&places, &authorities, &serials]).await?;
        let stored: Vec<Stored<'_>> = rows.iter().map(|row| Stored::new(row, 2)).collect();
        let authorities = self.authorities(&stored).await?;
        let mut found: HashMap<i64, Entry> = HashMap::with_capacity(rows.len());
        for (row, stored) in rows.iter().zip(&stored) {
            let entry = stored.entry(authorities.get(&stored.authority_sha256()?))?;
            found.insert(value(row, 0, "a place")?, entry);
        }
        Ok(places.iter().map(|place| found.remove(place)).collect())
    }

    pub(super) async fn try_by_token(&self, key: &IdempotencyKey, now: Timestamp) -> Result<Option<Record>, Failure> {
        let key = &key.as_bytes()[..];
        let rows = self.rows("reading a token", &self.statements.by_token, &[&key]).await?;
        let entry = self.listed(&rows).await?.into_iter().next();
        Ok(entry.filter(|entry| !self.is_over(entry, now)).map(|entry| entry.record))
    }

    /// The records of rows that begin with an authority.
    async fn listed(&self, rows: &[tokio_postgres::Row]) -> Result<Vec<Entry>, Failure> {
        let stored: Vec<Stored<'_>> = rows.iter().map(|row| Stored::new(row, 1)).collect();
        let authorities = self.authorities(&stored).await?;
        stored.iter().map(|stored| stored.entry(authorities.get(&stored.authority_sha256()?))).collect()
    }

    pub(super) async fn try_by_arn(&self, arn: &CertificateArn) -> Result<Option<Record>, Failure> {
        let authority = arn.authority();
        // Some texts can be read either way.
        let serials = [SerialFormat::Hex, SerialFormat::Decimal].into_iter().filter_map(|form| arn.serial_number(form));
        let ids: Vec<Id> = serials.map(|serial| Id::new(&authority, serial)).collect();
        let entries = self.entries(&ids).await?;
        Ok(entries.into_iter().flatten().map(|entry| entry.record).find(|record| record.intent.id() == arn))
    }

    pub(super) async fn try_by_serial(
        &self,
        authority: &CertificateAuthorityArn,
        serial: SerialNumber,
    ) -> Result<Option<Record>, Failure> {
        let entries = self.entries(&[Id::new(authority, serial)]).await?;
        Ok(entries.into_iter().flatten().next().map(|entry| entry.record))
    }

    pub(super) async fn try_page(
        &self,
        authority: &CertificateAuthorityArn,
        from: Timestamp,
        until: Timestamp,
        after: Option<Cursor>,
        limit: usize,
    ) -> Result<Page, Failure> {
        // No serial number is empty: the place before all of a second.
        let first = (from.unix(), Vec::new());
        let after = after.map(|after| (after.issued_at.unix(), serial_key(after.serial).to_vec()));
        let (issued_at, serial) = after.map_or(first.clone(), |after| after.max(first));
        let key = authority_key(authority);
        let parameters: [&(dyn ToSql + Sync); 5] = [&&key[..], &issued_at, &serial, &until.unix(), &one_more(limit)];
        let rows = self.rows("reading a page", &self.statements.page, &parameters).await?;
        let records = self.listed(&rows).await?.into_iter().map(|entry| entry.record).collect();
        Ok(Page::of(records, limit))
    }

    pub(super) async fn try_revoke(
        &self,
        authority: &CertificateAuthorityArn,
        serial: SerialNumber,
        asked: Revocation,
    ) -> Result<Revoked, Failure> {
        let Id { authority, serial } = Id::new(authority, serial);
        let (authority, serial) = (&authority[..], &serial[..]);
        let (reason, at) = (asked.reason.as_str(), asked.at.unix());
        let parameters: [&(dyn ToSql + Sync); 4] = [&authority, &serial, &reason, &at];
        if self.change("revoking", &self.statements.revoke, &parameters).await? > 0 {
            return Ok(Revoked::Now);
        }
        let rows = self.rows("reading a revocation", &self.statements.revocation, &[&authority, &serial]).await?;
        let Some(row) = rows.first() else { return Ok(Revoked::Unknown) };
        let before = revocation(value(row, 0, "reason")?, value(row, 1, "revoked_at")?);
        Ok(Revoked::Before(before.map_err(|why| undecodable("a revocation", &why))?))
    }

    pub(super) async fn try_revoked(
        &self,
        authority: &CertificateAuthorityArn,
        of: Option<CrlPartition>,
        after: Option<SerialNumber>,
        limit: usize,
    ) -> Result<RevokedPage, Failure> {
        let (authority, after) =
            (authority_key(authority), after.map_or(Vec::new(), |after| serial_key(after).to_vec()));
        let (authority, limit_and_one) = (&authority[..], one_more(limit));
        let all: [&(dyn ToSql + Sync); 3] = [&authority, &after, &limit_and_one];
        let what = "reading revocations";
        let rows = match &of {
            None => self.rows(what, &self.statements.revoked, &all).await?,
            Some(of) => {
                let parameters: [&(dyn ToSql + Sync); 4] = [&authority, &after, &limit_and_one, &of.as_str()];
                self.rows(what, &self.statements.revoked_of_partition, &parameters).await?
            }
        };
        let entry = |row| {
            let serial = SerialNumber::from_be_bytes(value(row, 0, "serial")?);
            let serial = serial.map_err(|error| undecodable("a serial number", &error))?;
            let wrong = |why: String| undecodable(&format!("the revocation of serial number {serial}"), &why);
            let revocation = revocation(value(row, 1, "reason")?, value(row, 2, "revoked_at")?).map_err(wrong)?;
            let name: Option<&str> = value(row, 4, "crl_partition")?;
            let not_after = timestamp(value(row, 3, "not_after")?).map_err(wrong)?;
            Ok(RevokedCertificate::new(serial, revocation, not_after, name.map(partition).transpose()?))
        };
        let entries: Result<Vec<_>, Failure> = rows.iter().map(entry).collect();
        Ok(RevokedPage::of(entries?, limit))
    }

    pub(super) async fn try_next_crl_number(
        &self,
        authority: &CertificateAuthorityArn,
        of: Option<CrlPartition>,
    ) -> Result<u64, Failure> {
        let name = of.as_ref().map_or("", CrlPartition::as_str);
        let key = authority_key(authority);
        let rows = self.rows("the next CRL number", &self.statements.next_crl_number, &[&&key[..], &name]).await?;
        let number: Option<i64> = rows.first().map(|row| value(row, 0, "the CRL number")).transpose()?;
        let number = number.and_then(|number| u64::try_from(number).ok());
        number.ok_or_else(|| undecodable("the CRL number", &"it must be a number that is not negative"))
    }

    pub(super) async fn try_take_crl_places(
        &self,
        authority: &CertificateAuthorityArn,
        count: u32,
    ) -> Result<u64, Failure> {
        let key = authority_key(authority);
        let parameters: [&(dyn ToSql + Sync); 2] = [&&key[..], &i64::from(count)];
        let rows = self.rows("places in partitions", &self.statements.take_crl_places, &parameters).await?;
        let first: Option<i64> = rows.first().map(|row| value(row, 0, "the place in a partition")).transpose()?;
        let first = first.and_then(|first| u64::try_from(first).ok());
        first.ok_or_else(|| undecodable("the place in a partition", &"it must be a number that is not negative"))
    }

    pub(super) async fn try_crl_partitions(
        &self,
        authority: &CertificateAuthorityArn,
    ) -> Result<Vec<CrlPartition>, Failure> {
        let key = authority_key(authority);
        let rows = self.rows("reading partitions", &self.statements.crl_partitions, &[&&key[..]]).await?;
        let mut partitions: Vec<CrlPartition> =
            rows.iter().map(|row| partition(value(row, 0, "crl_partition")?)).collect::<Result<_, _>>()?;
        // By their bytes, and not as the database's language sorts them.
        partitions.sort_unstable();
        Ok(partitions)
    }

    pub(super) async fn try_prune(&self, before: Timestamp, limit: usize) -> Result<usize, Failure> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let pruned = self.change("pruning", &self.statements.prune, &[&before.unix(), &limit]).await?;
        Ok(usize::try_from(pruned).unwrap_or(usize::MAX))
    }
}
