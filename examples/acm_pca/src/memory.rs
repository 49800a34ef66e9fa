//! A store in memory.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use issuance::api::{FailureReason, Fault};
use issuance::ledger::MemoryLedger;
use issuance::x509::RevocationReason;
use issuance::{CertificateAuthorityArn, KeyAlgorithm, SerialNumber, Timestamp};

use crate::keys::{KeyRing, NewKey};
use crate::store::{Certificate, Kept, Only, Part, Record, Store, Stored};

/// Authorities are behind one lock, which is held to find a record and to put another in its place, never while something is
/// verified or signed; the certificates of each are behind one of its own.
#[derive(Default)]
pub(crate) struct MemoryStore {
    keys: KeyRing,
    entries: RwLock<Entries>,
}

#[derive(Default)]
struct Entries {
    by_arn: HashMap<CertificateAuthorityArn, Entry>,
    next: u64,
}

struct Entry {
    /// Counts up with each record.
    position: u64,
    record: Arc<Record>,
    certificates: Certificates,
}

type Certificates = Arc<Mutex<HashMap<SerialNumber, (usize, Certificate)>>>;

impl MemoryStore {
    pub(crate) fn new(keys: KeyRing) -> MemoryStore {
        MemoryStore { keys, entries: RwLock::default() }
    }

    // Every change under a lock is whole, so that a panic elsewhere does no harm.
    fn read(&self) -> RwLockReadGuard<'_, Entries> {
        self.entries.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Entries> {
        self.entries.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn present(&self, arn: &CertificateAuthorityArn) -> Option<Arc<Record>> {
        self.read().by_arn.get(arn).map(|entry| Arc::clone(&entry.record))
    }

    fn certificates_of(&self, arn: &CertificateAuthorityArn) -> Option<Certificates> {
        self.read().by_arn.get(arn).map(|entry| Arc::clone(&entry.certificates))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Store for MemoryStore {
    fn add(&self, record: Record, same: &dyn Fn(&Record) -> bool) -> Stored<Arc<Record>> {
        let mut entries = self.write();
        if let Some(entry) = entries.by_arn.values().find(|entry| same(&entry.record)) {
            return Ok(Arc::clone(&entry.record));
        }
        let record = Arc::new(record);
        let entry = Entry { position: entries.next, record: Arc::clone(&record), certificates: Arc::default() };
        entries.next += 1;
        entries.by_arn.insert(record.arn.clone(), entry);
        Ok(record)
    }

    fn record(&self, arn: &CertificateAuthorityArn) -> Stored<Option<Arc<Record>>> {
        Ok(self.present(arn))
    }

    fn records(&self) -> Stored<Vec<Arc<Record>>> {
        let entries = self.read();
        let mut in_order: Vec<&Entry> = entries.by_arn.values().collect();
        in_order.sort_by_key(|entry| entry.position);
        Ok(in_order.into_iter().map(|entry| Arc::clone(&entry.record)).collect())
    }

    fn change(
        &self,
        arn: &CertificateAuthorityArn,
        change: &mut dyn FnMut(&mut Record) -> Result<(), Fault>,
    ) -> Stored<Option<Result<(), Fault>>> {
        loop {
            let Some(before) = self.present(arn) else { return Ok(None) };
            let mut changed = Record::clone(&before);
            if let Err(fault) = change(&mut changed) {
                return Ok(Some(Err(fault)));
            }
            let changed = Arc::new(changed);
            let mut entries = self.write();
            let Some(entry) = entries.by_arn.get_mut(arn) else { return Ok(None) };
            // Somebody else was faster: the change is to follow theirs.
            if Arc::ptr_eq(&entry.record, &before) {
                entry.record = changed;
                return Ok(Some(Ok(())));
            }
        }
    }

    fn remove(&self, arn: &CertificateAuthorityArn) -> Stored<()> {
        self.write().by_arn.remove(arn);
        Ok(())
    }

    fn kept(&self, _: &CertificateAuthorityArn, key: NewKey, csr: String) -> Kept {
        let tokens = Arc::new(MemoryLedger::default());
        Kept { key: key.signer, kept_as: key.kept_as, csr, ledger: tokens, lists: Arc::default() }
    }

    fn new_key(&self, arn: &CertificateAuthorityArn, algorithm: KeyAlgorithm) -> Result<NewKey, FailureReason> {
        self.keys.generate(arn, algorithm)
    }

    /// A token may take its time.
    fn blocks(&self) -> bool {
        self.keys.token.is_some()
    }

    fn add_certificate(
        &self,
        arn: &CertificateAuthorityArn,
        serial: SerialNumber,
        certificate: &dyn Fn() -> Certificate,
    ) -> Stored<()> {
        if let Some(certificates) = self.certificates_of(arn) {
            let certificate = certificate();
            let mut certificates = lock(&certificates);
            let position = certificates.len();
            // A retry under one token brings the same certificate again.
            certificates.entry(serial).or_insert((position, certificate));
        }
        Ok(())
    }

    fn certificate(&self, arn: &CertificateAuthorityArn, serial: &SerialNumber) -> Stored<Option<Certificate>> {
        let Some(certificates) = self.certificates_of(arn) else { return Ok(None) };
        let certificates = lock(&certificates);
        Ok(certificates.get(serial).map(|(_, certificate)| certificate.clone()))
    }

    fn certificates(&self, arn: &CertificateAuthorityArn) -> Stored<Vec<(SerialNumber, Certificate)>> {
        let Some(certificates) = self.certificates_of(arn) else { return Ok(Vec::new()) };
        let certificates = lock(&certificates);
        let mut in_order: Vec<_> = certificates.iter().collect();
        in_order.sort_by_key(|(_, (position, _))| *position);
        Ok(in_order.into_iter().map(|(serial, (_, certificate))| (*serial, certificate.clone())).collect())
    }

    /// Without a copy of those that are not asked for.
    fn part(&self, arn: &CertificateAuthorityArn, only: Only, skip: usize, most: usize) -> Stored<Part> {
        let Some(certificates) = self.certificates_of(arn) else {
            return Ok(Part { count: 0, certificates: Vec::new() });
        };
        let certificates = lock(&certificates);
        let mut in_order: Vec<_> =
            certificates.iter().filter(|(_, (_, certificate))| only.takes(certificate)).collect();
        in_order.sort_unstable_by_key(|(_, (position, _))| std::cmp::Reverse(*position));
        let part = in_order.iter().skip(skip).take(most);
        let copy = part.map(|(serial, (_, certificate))| (**serial, certificate.clone())).collect();
        Ok(Part { count: in_order.len(), certificates: copy })
    }

    fn revoke(
        &self,
        arn: &CertificateAuthorityArn,
        serial: &SerialNumber,
        at: Timestamp,
        reason: RevocationReason,
    ) -> Stored<Option<bool>> {
        let Some(certificates) = self.certificates_of(arn) else { return Ok(None) };
        let mut certificates = lock(&certificates);
        let Some((_, certificate)) = certificates.get_mut(serial) else { return Ok(None) };
        let before = certificate.revoked.is_some();
        certificate.revoked.get_or_insert((at, reason));
        Ok(Some(before))
    }
}
