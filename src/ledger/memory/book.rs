//! Where the rows of each authority are, for a ledger in memory that keeps everything.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Bound;

use crate::authority::revocation::partition::CrlPartition;
use crate::ledger::intent::Intent;
use crate::ledger::record::Cursor;
use crate::request::arn::CertificateAuthorityArn;
use crate::x509::serial::SerialNumber;
use crate::x509::timestamp::Timestamp;

/// The rows of every authority, by their places.
#[derive(Debug, Default)]
pub(super) struct Book(HashMap<CertificateAuthorityArn, OfAuthority>);

#[derive(Debug, Default)]
struct OfAuthority {
    by_serial: BTreeMap<SerialNumber, usize>,
    by_time: BTreeSet<Cursor>,
    crl_numbers: HashMap<Option<CrlPartition>, u64>,
    crl_places: u64,
    partitions: BTreeSet<CrlPartition>,
}

impl Book {
    pub(super) fn place(&self, authority: &CertificateAuthorityArn, serial: SerialNumber) -> Option<usize> {
        self.0.get(authority)?.by_serial.get(&serial).copied()
    }

    pub(super) fn insert(&mut self, intent: &Intent, place: usize) {
        if !self.0.contains_key(intent.authority()) {
            self.0.insert(intent.authority().clone(), OfAuthority::default());
        }
        if let Some(authority) = self.0.get_mut(intent.authority()) {
            authority.by_serial.insert(intent.serial(), place);
            authority.by_time.insert(Cursor::after(intent));
            authority.partitions.extend(intent.crl_partition());
        }
    }

    pub(super) fn remove(&mut self, intent: &Intent) {
        if let Some(authority) = self.0.get_mut(intent.authority()) {
            authority.by_serial.remove(&intent.serial());
            authority.by_time.remove(&Cursor::after(intent));
        }
    }

    /// The places of an authority's rows from one time until before another, after the cursor, in the order of their times.
    pub(super) fn in_time(
        &self,
        authority: &CertificateAuthorityArn,
        from: Timestamp,
        until: Timestamp,
        after: Option<Cursor>,
    ) -> impl Iterator<Item = usize> {
        let authority = self.0.get(authority);
        let begin = after.filter(|after| after.issued_at >= from);
        authority.into_iter().flat_map(move |authority| {
            let lower = begin.map_or(Bound::Unbounded, Bound::Excluded);
            let cursors = authority.by_time.range((lower, Bound::Unbounded));
            let within = cursors.skip_while(move |cursor| cursor.issued_at < from);
            let within = within.take_while(move |cursor| cursor.issued_at < until);
            within.filter_map(|cursor| authority.by_serial.get(&cursor.serial).copied())
        })
    }

    /// The places of an authority's rows after this serial number, in the order of serial numbers.
    pub(super) fn in_order(
        &self,
        authority: &CertificateAuthorityArn,
        after: Option<SerialNumber>,
    ) -> impl Iterator<Item = usize> {
        let lower = after.map_or(Bound::Unbounded, Bound::Excluded);
        let authority = self.0.get(authority);
        authority
            .into_iter()
            .flat_map(move |authority| authority.by_serial.range((lower, Bound::Unbounded)).map(|(_, place)| *place))
    }

    pub(super) fn next_crl_number(
        &mut self,
        authority: &CertificateAuthorityArn,
        partition: Option<CrlPartition>,
    ) -> u64 {
        let authority = self.0.entry(authority.clone()).or_default();
        let number = authority.crl_numbers.entry(partition).or_default();
        *number += 1;
        *number
    }

    pub(super) fn take_crl_places(&mut self, authority: &CertificateAuthorityArn, count: u32) -> u64 {
        let places = &mut self.0.entry(authority.clone()).or_default().crl_places;
        let first = *places;
        *places = first.saturating_add(count.into());
        first
    }

    pub(super) fn partitions(&self, authority: &CertificateAuthorityArn) -> Vec<CrlPartition> {
        self.0.get(authority).map_or_else(Vec::new, |authority| authority.partitions.iter().copied().collect())
    }
}
