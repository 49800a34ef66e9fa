//! A store that outlives the process: records as documents beside the library's ledger, which has all else.

mod form;
pub(crate) mod lists;
#[cfg(test)]
mod tests;
mod together;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use issuance::api::{FailureReason, Fault};
use issuance::authority::CrlPartition;
use issuance::crypto::PrivateKeyError;
use issuance::ledger::{Change, DEFAULT_WINDOW_SECONDS, Documents, Ledger, LedgerError, Revocation, Revoked, State};
use issuance::ocsp::CertificateStatus;
use issuance::x509::{Field, RevocationReason};
use issuance::{CertificateAuthorityArn, Clock, KeyAlgorithm, SerialNumber, Signer, TemplateArn, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::keys::{self, KeyRing, NewKey};
use crate::lists::Lists;
use crate::options::Options;
use crate::passphrase::Passphrase;
use crate::plan::StoredPlan;
use crate::service::ceremony::{made, unterminated};
use crate::store::{Certificate, Kept, Making, Record, Store, Stored};
use crate::token::Reference;
use form::RecordForm;
use together::Together;

/// Records of authorities by their ARNs.
const AUTHORITY: &str = "authority";
/// Which authority a request with a token has made.
const CREATION: &str = "creation";
/// A key that the passphrase opens, whatever authorities there are.
const PASSPHRASE: &str = "passphrase";
const CHECK: &str = "check";

/// How many certificates are asked for at once.
const PAGE: usize = 1000;

/// Where documents and the ledger are.
#[derive(Clone)]
pub(crate) struct Place {
    pub(crate) documents: Arc<dyn Documents>,
    pub(crate) ledger: Arc<dyn Ledger>,
    /// Whether a network is between.
    pub(crate) is_far: bool,
}

pub(crate) struct KeptStore {
    place: Place,
    keys: KeyRing,
    /// The version of the passphrase's document, if there is a passphrase: keys are encrypted under no other.
    passphrase_version: Option<u64>,
    options: Arc<Options>,
    clock: Arc<dyn Clock>,
    /// Records as they were read last, with their versions. Another process may have changed them since.
    read: Mutex<HashMap<CertificateAuthorityArn, Read>>,
    /// Reads that are under way.
    together: Together<Option<Read>>,
}

type Read = (u64, Arc<Record>);

/// Which authority a request has made, and when.
#[derive(Serialize, Deserialize)]
struct Creation {
    arn: String,
    at: i64,
}

impl KeptStore {
    /// Opens a store, or begins it. Every record is read, and every key opened.
    pub(crate) fn open(
        place: Place,
        keys: KeyRing,
        options: Arc<Options>,
        clock: Arc<dyn Clock>,
    ) -> Result<KeptStore, String> {
        let check = |passphrase| check(&*place.documents, passphrase);
        let passphrase_version = keys.passphrase.as_ref().map(check).transpose()?;
        let store = KeptStore {
            place,
            keys,
            passphrase_version,
            options,
            clock,
            read: Mutex::default(),
            together: Together::default(),
        };
        let keys = store.place.documents.versions(AUTHORITY).map_err(|error| error.to_string())?;
        let threads = thread::available_parallelism().map_or(1, usize::from);
        // A passphrase takes a while to try, on purpose.
        thread::scope(|scope| {
            let part = keys.len().div_ceil(threads).max(1);
            let running: Vec<_> = keys.chunks(part).map(|keys| scope.spawn(|| store.read_all(keys))).collect();
            running.into_iter().try_for_each(|thread| match thread.join() {
                Ok(read) => read,
                Err(_) => Err("reading the authorities was broken off".to_owned()),
            })
        })?;
        Ok(store)
    }

    /// Lists may lack what was revoked just before a process died.
    fn read_all(&self, keys: &[(String, u64)]) -> Result<(), String> {
        for (key, _) in keys {
            let arn = arn(key).map_err(|error| error.to_string())?;
            self.current(&arn).map_err(|error| error.to_string())?;
            lists::outdate(&*self.place.documents, &arn).map_err(|error| error.to_string())?;
        }
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<CertificateAuthorityArn, Read>> {
        self.read.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The record as it is now, with its version. Those who ask for one at the same time share an answer of a database.
    fn current(&self, arn: &CertificateAuthorityArn) -> Stored<Option<Read>> {
        match self.place.is_far {
            true => self.together.ask(arn, || self.look(arn)),
            false => self.look(arn),
        }
    }

    fn look(&self, arn: &CertificateAuthorityArn) -> Stored<Option<Read>> {
        let Some(document) = self.place.documents.document(AUTHORITY, arn.as_str())? else {
            self.lock().remove(arn);
            return Ok(None);
        };
        let before = self.lock().get(arn).cloned();
        if let Some(before) = before.as_ref().filter(|(version, _)| *version == document.version) {
            return Ok(Some(before.clone()));
        }
        let record = self.decode(arn, &document.body, before.as_ref().map(|(_, record)| &**record));
        let record = record.map_err(|problem| {
            let version = document.version;
            LedgerError::new(format!("the record of {arn} (document {AUTHORITY}, version {version}): {problem}"))
        })?;
        let read = (document.version, Arc::new(record));
        self.remember(arn, &read);
        Ok(Some(read))
    }

    /// Unless a later one is known.
    fn remember(&self, arn: &CertificateAuthorityArn, read: &Read) {
        let mut known = self.lock();
        if known.get(arn).is_none_or(|(version, _)| *version < read.0) {
            known.insert(arn.clone(), read.clone());
        }
    }

    fn decode(&self, arn: &CertificateAuthorityArn, body: &[u8], before: Option<&Record>) -> Result<Record, String> {
        let form = RecordForm::from_json(body)?;
        let mut record = form.record(arn)?;
        if let Some(form) = form.made() {
            let before = match before.map(|before| &before.making) {
                Some(Making::Made(before)) if before.kept.kept_as.as_deref() == Some(&form.key) => Some(&before.kept),
                _ => None,
            };
            let kept = match before {
                Some(kept) => kept.clone(),
                None => {
                    let signer = self.keys.open(&form.key).map_err(|problem| format!("its key: {problem}"))?;
                    let key = NewKey { signer, kept_as: Some(form.key.as_str().into()) };
                    self.kept(arn, key, form.csr.clone())
                }
            };
            let authority = form.authority(&record, kept.key.public_key_der())?;
            let made = made(authority, kept, &self.options, &self.clock).map_err(|error| error.to_string())?;
            record.making = Making::Made(Arc::new(made));
        }
        Ok(record)
    }

    /// The document that a record becomes. A key must be under the passphrase of now.
    fn changes(&self, record: &Record, version: u64) -> Stored<Vec<Change>> {
        let encoded = RecordForm::of(record).and_then(|form| form.to_json());
        let encoded =
            encoded.map_err(|problem| LedgerError::new(format!("the record of {}: {problem}", record.arn)))?;
        let unchanged = self.passphrase_version.map(|version| Change::expect(PASSPHRASE, CHECK, version));
        let record = Change::to(AUTHORITY, record.arn.as_str(), version, encoded);
        Ok(std::iter::once(record).chain(unchanged).collect())
    }

    /// Why a change was not made, if it was not for the record.
    fn check_passphrase(&self) -> Stored<()> {
        let Some(version) = self.passphrase_version else { return Ok(()) };
        let document = self.place.documents.document(PASSPHRASE, CHECK)?;
        match document.map_or(0, |document| document.version) == version {
            true => Ok(()),
            false => Err(LedgerError::new("the passphrase was changed: start this process again with the new one")),
        }
    }

    /// The authority that the same request has made within the window, and the version of what says so.
    fn created(&self, key: &str, now: Timestamp) -> Stored<(u64, Option<Arc<Record>>)> {
        let Some(document) = self.place.documents.document(CREATION, key)? else { return Ok((0, None)) };
        let creation: Creation = serde_json::from_slice(&document.body)
            .map_err(|error| LedgerError::new(format!("document {CREATION} {key} does not decode: {error}")))?;
        let is_recent = now.unix().abs_diff(creation.at) < u64::from(DEFAULT_WINDOW_SECONDS);
        let record = if is_recent { self.record(&arn(&creation.arn)?)? } else { None };
        Ok((document.version, record))
    }
}

fn arn(text: &str) -> Stored<CertificateAuthorityArn> {
    text.parse().map_err(|error| LedgerError::new(format!("the document {AUTHORITY} '{text}': {error}")))
}

/// The version of the passphrase, if it is the right one.
fn check(documents: &dyn Documents, passphrase: &Passphrase) -> Result<u64, String> {
    let failed = |error: LedgerError| error.to_string();
    if documents.document(PASSPHRASE, CHECK).map_err(failed)?.is_none() {
        let sealed = keys::sealed(passphrase).map_err(|error| error.to_string())?;
        // Of several processes that begin, one is the first.
        documents.change(&[Change::to(PASSPHRASE, CHECK, 0, sealed.as_bytes())]).map_err(failed)?;
    }
    let document = documents.document(PASSPHRASE, CHECK).map_err(failed)?;
    let document = document.ok_or("there is no document that the passphrase opens")?;
    let sealed = String::from_utf8_lossy(&document.body);
    match keys::open(&sealed, passphrase) {
        Ok(_) => Ok(document.version),
        Err(PrivateKeyError::Passphrase) => {
            Err("the passphrase is wrong: it does not open the keys that are kept here".to_owned())
        }
        Err(error) => Err(error.to_string()),
    }
}

/// Encrypts every key under another passphrase, in one step: whatever dies, one of the two opens all of them. Says how many.
pub(crate) fn change_passphrase(
    documents: &dyn Documents,
    from: &Passphrase,
    to: &Passphrase,
) -> Result<usize, String> {
    let failed = |error: LedgerError| error.to_string();
    let version = check(documents, from)?;
    let check = keys::sealed(to).map_err(|error| error.to_string())?;
    let mut changes = vec![Change::to(PASSPHRASE, CHECK, version, check.as_bytes())];
    let mut count = 0;
    for document in documents.documents(AUTHORITY).map_err(failed)? {
        let problem = |problem: String| format!("the record of {}: {problem}", document.key);
        let mut form = RecordForm::from_json(&document.body).map_err(problem)?;
        // A key on a token has no passphrase.
        if let Some(made) = form.made_mut().filter(|made| !Reference::recognizes(&made.key)) {
            made.key = keys::reseal(&made.key, from, to).map_err(|error| problem(error.to_string()))?;
            count += 1;
        }
        // Also those without a key: they get one under the passphrase of now.
        changes.push(Change::to(AUTHORITY, &document.key, document.version, form.to_json().map_err(problem)?));
    }
    match documents.change(&changes).map_err(failed)? {
        true => Ok(count),
        false => Err("authorities were changed meanwhile: nothing is changed, try again".to_owned()),
    }
}

/// What tells requests for authorities apart; `None` for one without a token.
fn request_key(record: &Record) -> Option<String> {
    let token = record.request.idempotency_token.as_ref()?;
    let mut digest = Sha256::new();
    let request = form::request(&record.request).to_string();
    let tags = format!("{:?}", record.request.tags);
    for part in [record.arn.region(), record.arn.account(), token.as_ref(), &request, &tags] {
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part);
    }
    Some(digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

/// What the ledger has of a certificate; `None` for one that was not issued.
fn certificate(
    arn: &CertificateAuthorityArn,
    record: &issuance::ledger::Record,
    with_plan: bool,
) -> Option<Certificate> {
    let State::Issued { certificate, .. } = &record.state else { return None };
    let template = format!("arn:{}:acm-pca:::template/{}", arn.partition(), record.intent.template());
    let plan = if with_plan { StoredPlan::of(record.intent.plan()) } else { StoredPlan::Absent };
    Some(Certificate {
        der: certificate.der().into(),
        chain: unterminated(&certificate.chain_pem()).into(),
        subject: certificate.plan().field_text(Field::Subject).into(),
        not_before: certificate.not_before(),
        not_after: certificate.not_after(),
        issued_at: record.intent.issued_at(),
        template: template.parse::<TemplateArn>().ok(),
        partition: record.intent.crl_partition(),
        revoked: record.revocation.map(|revocation| (revocation.at, revocation.reason)),
        plan,
    })
}

impl Store for KeptStore {
    fn add(&self, record: Record, _: &dyn Fn(&Record) -> bool) -> Stored<Arc<Record>> {
        let (key, record) = (request_key(&record), Arc::new(record));
        loop {
            let mut changes = self.changes(&record, 0)?;
            if let Some(key) = &key {
                let (version, created) = self.created(key, record.created_at)?;
                if let Some(created) = created {
                    return Ok(created);
                }
                let creation = Creation { arn: record.arn.to_string(), at: record.created_at.unix() };
                let creation = serde_json::to_vec(&creation)
                    .map_err(|error| LedgerError::new(format!("document {CREATION}: {error}")))?;
                changes.push(Change::to(CREATION, key, version, creation));
            }
            if self.place.documents.change(&changes)? {
                self.remember(&record.arn, &(1, Arc::clone(&record)));
                return Ok(record);
            }
            self.check_passphrase()?;
        }
    }

    fn record(&self, arn: &CertificateAuthorityArn) -> Stored<Option<Arc<Record>>> {
        Ok(self.current(arn)?.map(|(_, record)| record))
    }

    fn records(&self) -> Stored<Vec<Arc<Record>>> {
        let mut records = Vec::new();
        for (key, version) in self.place.documents.versions(AUTHORITY)? {
            let arn = arn(&key)?;
            let known =
                self.lock().get(&arn).filter(|(known, _)| *known == version).map(|(_, known)| Arc::clone(known));
            records.extend(match known {
                Some(known) => Some(known),
                None => self.record(&arn)?,
            });
        }
        records.sort_by(|one, other| (one.created_at, one.arn.id()).cmp(&(other.created_at, other.arn.id())));
        Ok(records)
    }

    fn change(
        &self,
        arn: &CertificateAuthorityArn,
        change: &mut dyn FnMut(&mut Record) -> Result<(), Fault>,
    ) -> Stored<Option<Result<(), Fault>>> {
        loop {
            let Some((version, before)) = self.current(arn)? else { return Ok(None) };
            let mut changed = Record::clone(&before);
            if let Err(fault) = change(&mut changed) {
                return Ok(Some(Err(fault)));
            }
            if self.place.documents.change(&self.changes(&changed, version)?)? {
                self.remember(arn, &(version + 1, Arc::new(changed)));
                return Ok(Some(Ok(())));
            }
            self.check_passphrase()?;
        }
    }

    /// Its certificates stay in the ledger, which forgets what has ended (`Ledger::prune`).
    fn remove(&self, arn: &CertificateAuthorityArn) -> Stored<()> {
        while let Some((version, _)) = self.current(arn)? {
            self.place.documents.change(&[Change::remove(AUTHORITY, arn.as_str(), version)])?;
        }
        Ok(())
    }

    fn kept(&self, arn: &CertificateAuthorityArn, key: NewKey, csr: String) -> Kept {
        let lists = lists::KeptLists::new(Arc::clone(&self.place.documents), arn.clone());
        let ledger = Arc::clone(&self.place.ledger);
        Kept { key: key.signer, kept_as: key.kept_as, csr, ledger, lists: Arc::new(Lists::kept(lists)) }
    }

    fn new_key(&self, arn: &CertificateAuthorityArn, algorithm: KeyAlgorithm) -> Result<NewKey, FailureReason> {
        self.keys.generate(arn, algorithm)
    }

    /// The ledger has it already.
    fn add_certificate(&self, _: &CertificateAuthorityArn, _: SerialNumber, _: &dyn Fn() -> Certificate) -> Stored<()> {
        Ok(())
    }

    fn certificate(&self, arn: &CertificateAuthorityArn, serial: &SerialNumber) -> Stored<Option<Certificate>> {
        let record = self.place.ledger.by_serial(arn, *serial)?;
        Ok(record.and_then(|record| certificate(arn, &record, true)))
    }

    fn certificates(&self, arn: &CertificateAuthorityArn) -> Stored<Vec<(SerialNumber, Certificate)>> {
        let (mut after, mut certificates) = (None, Vec::new());
        loop {
            let page = self.place.ledger.page(arn, Timestamp::MIN, Timestamp::MAX, after, PAGE)?;
            let issued = page.records.iter();
            certificates
                .extend(issued.filter_map(|record| Some((record.intent.serial(), certificate(arn, record, false)?))));
            after = page.next;
            if after.is_none() {
                return Ok(certificates);
            }
        }
    }

    fn status(&self, arn: &CertificateAuthorityArn, serial: SerialNumber) -> Stored<CertificateStatus> {
        Ok(CertificateStatus::of(self.place.ledger.by_serial(arn, serial)?.as_ref()))
    }

    fn has_partition(&self, arn: &CertificateAuthorityArn, partition: CrlPartition) -> Stored<bool> {
        Ok(self.place.ledger.crl_partitions(arn)?.contains(&partition))
    }

    fn revoke(
        &self,
        arn: &CertificateAuthorityArn,
        serial: &SerialNumber,
        at: Timestamp,
        reason: RevocationReason,
    ) -> Stored<Option<bool>> {
        Ok(match self.place.ledger.revoke(arn, *serial, Revocation::new(reason, at))? {
            Revoked::Now => Some(false),
            Revoked::Before(_) => Some(true),
            _ => None,
        })
    }

    fn ready(&self) -> Result<(), String> {
        let asked = self.place.documents.document(PASSPHRASE, CHECK);
        asked.map(drop).map_err(|error| error.to_string())
    }

    fn blocks(&self) -> bool {
        true
    }
}
