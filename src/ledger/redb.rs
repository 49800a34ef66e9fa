//! A ledger in one file, with redb: embedded, in pure Rust.

mod documents;
mod error;
mod forms;
mod group;
mod options;
mod places;
mod steps;
mod tables;
mod watched;

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use redb::{Database, ReadOnlyTable, ReadableDatabase, WriteTransaction};

pub use self::options::RedbLedgerOptions;

use self::error::{caught, failed, in_file, missing, undecodable};
use self::forms::{EndForm, RevocationForm};
use self::group::Group;
use self::places::{Place, behind, partition_key, sorted, time_key};
use self::tables::{Known, Tables, Writing, get, put, reading, rows, writing};
use self::watched::Failure;
use super::answer::{Abandon, Ended, Reserved, Signed};
use super::blocking::{Keeps, Ledger};
use super::error::LedgerError;
use super::intent::Intent;
use super::key::IdempotencyKey;
use super::record::{Abandonment, Cursor, Page, Record};
use super::revocation::{Revocation, Revoked, RevokedPage};
use super::waiter::{Waiter, Waiters};
use crate::authority::revocation::partition::CrlPartition;
use crate::request::arn::{CertificateArn, CertificateAuthorityArn, SerialFormat};
use crate::x509::serial::SerialNumber;
use crate::x509::timestamp::Timestamp;

/// A ledger in one file, which one process has open at a time: everything that was asked for, signed and revoked on one machine.
///
/// Each call that records something is one durable transaction, and callers that come at the same time share one. An issuance makes
/// two of them, so the disk's syncs bound its rate for a single caller, and hardly for many.
///
/// Leases end with the work of their callers or with the process: when the file is opened, whatever is in flight can be taken
/// up. An async issuer takes it by way of [`Offloaded`](super::offloaded::Offloaded).
///
/// # After an error of the disk
/// redb refuses to write on after an error of the disk, such as a full one. The ledger then answers with errors until it is opened
/// again. Nothing that was acknowledged is lost, and what was in flight is found by recovery.
///
/// ```no_run
/// # use issuance::{CertificateAuthority, Issuer, RustCryptoSigner};
/// # use issuance::ledger::RedbLedger;
/// # fn run(ca: CertificateAuthority, key: RustCryptoSigner) -> Result<(), Box<dyn std::error::Error>> {
/// let ledger = RedbLedger::open("issuance.redb")?;
/// let issuer = Issuer::builder(ca, key).ledger(ledger).build()?;
/// issuer.recover()?;
/// # Ok(())
/// # }
/// ```
pub struct RedbLedger {
    database: Database,
    path: PathBuf,
    failure: Failure,
    window_seconds: u32,
    known: Known,
    group: Group<Question, Answer>,
    /// Callers in this process who wait for a key.
    waiting: Mutex<HashMap<IdempotencyKey, Waiters>>,
}

fn commit(transaction: WriteTransaction) -> Result<(), LedgerError> {
    transaction.commit().map_err(|error| failed("a transaction cannot be committed", error))
}

/// A number of eight bytes.
fn number(row: Vec<u8>, table: &'static str) -> Result<u64, LedgerError> {
    let number = row.try_into().map_err(|_| missing(table, "a number is not of eight bytes"))?;
    Ok(u64::from_be_bytes(number))
}

/// What callers ask for at the same time.
enum Question {
    Reserve(Vec<Intent>, Timestamp),
    Commit(Vec<Signed>, Timestamp),
    Abandon(Vec<Abandon>, Timestamp),
    Lease(Vec<Intent>, bool, Timestamp),
}

enum Answer {
    Reserved(Vec<Reserved>),
    Ended(Vec<Ended>),
    Done,
}

impl Answer {
    /// Whether nothing was written for it. An error may have come after a row.
    fn is_only_read(answer: &Result<Answer, LedgerError>) -> bool {
        let is_read = |reserved: &Reserved| match reserved {
            Reserved::Sign | Reserved::TakeUp(_) => false,
            Reserved::Issued(_)
            | Reserved::Busy { .. }
            | Reserved::Mismatch
            | Reserved::Refused(_)
            | Reserved::SerialTaken
            | Reserved::Full => true,
        };
        matches!(answer, Ok(Answer::Reserved(all)) if all.iter().all(is_read))
    }

    fn reserved(self) -> Result<Vec<Reserved>, LedgerError> {
        match self {
            Answer::Reserved(reserved) => Ok(reserved),
            _ => Err(missing("intents", "a transaction gave the answer to another question")),
        }
    }

    fn ended(self) -> Result<Vec<Ended>, LedgerError> {
        match self {
            Answer::Ended(ended) => Ok(ended),
            _ => Err(missing("ends", "a transaction gave the answer to another question")),
        }
    }
}

fn answer(tables: &mut Writing<'_, '_>, question: Question, window_seconds: u32) -> Result<Answer, LedgerError> {
    match question {
        Question::Reserve(intents, now) => {
            let reserve = |intent| tables.reserve(intent, now, window_seconds);
            intents.iter().map(reserve).collect::<Result<_, _>>().map(Answer::Reserved)
        }
        Question::Commit(signed, now) => {
            let end = |signed: &Signed| {
                let end = EndForm::issued(signed.signature(), now);
                tables.end_first(&signed.intent, &end, || steps::issued(&signed.certificate))
            };
            signed.iter().map(end).collect::<Result<_, _>>().map(Answer::Ended)
        }
        Question::Abandon(abandoned, now) => {
            let end = |abandon: &Abandon| {
                let abandonment = Abandonment::new(abandon.reason.as_str(), abandon.may_be_signed, now);
                let end = EndForm::abandoned(&abandonment);
                tables.end_first(&abandon.intent, &end, || Ended::Abandoned(abandonment.clone()))
            };
            abandoned.iter().map(end).collect::<Result<_, _>>().map(Answer::Ended)
        }
        Question::Lease(intents, is_held, now) => {
            intents.iter().try_for_each(|intent| tables.set_lease(intent, is_held, now)).map(|()| Answer::Done)
        }
    }
}

impl RedbLedger {
    /// Opens a file, or makes it, with default [options](RedbLedgerOptions).
    ///
    /// # Errors
    /// As [`RedbLedgerOptions::open`].
    pub fn open(path: impl AsRef<Path>) -> Result<RedbLedger, LedgerError> {
        RedbLedgerOptions::default().open(path)
    }

    fn new(database: Database, path: &Path, window_seconds: u32, failure: Failure) -> RedbLedger {
        RedbLedger {
            database,
            path: path.to_owned(),
            failure,
            window_seconds,
            known: Known::default(),
            group: Group::default(),
            waiting: Mutex::default(),
        }
    }

    /// Ends the leases of callers that died with another process.
    fn free_all(&self, transaction: &WriteTransaction) -> Result<(), LedgerError> {
        writing(&self.known, transaction)?.free_all()
    }

    fn begin(&self) -> Result<WriteTransaction, LedgerError> {
        self.database.begin_write().map_err(|error| failed("a transaction cannot begin", error))
    }

    /// An error, with the file and with what its disk has said.
    fn explain(&self, error: LedgerError) -> LedgerError {
        in_file(&self.path, self.failure.explain(error))
    }

    /// Asks, in one transaction with all who ask now.
    fn ask(&self, question: Question) -> Result<Answer, LedgerError> {
        let run = |questions: Vec<Question>| {
            caught(|| {
                let transaction = self.begin()?;
                let mut tables = writing(&self.known, &transaction)?;
                let mut answers = Vec::with_capacity(questions.len());
                for question in questions {
                    answers.push(answer(&mut tables, question, self.window_seconds));
                }
                drop(tables);
                // A token that is used again costs no sync.
                if !answers.iter().all(Answer::is_only_read) {
                    commit(transaction)?;
                }
                Ok(answers)
            })
        };
        self.group.ask(question, run).map_err(|error| self.explain(error))
    }

    /// One transaction for one caller.
    fn write<T>(&self, write: impl FnOnce(&mut Writing<'_, '_>) -> Result<T, LedgerError>) -> Result<T, LedgerError> {
        let run = || {
            let transaction = self.begin()?;
            let mut tables = writing(&self.known, &transaction)?;
            let written = write(&mut tables)?;
            drop(tables);
            commit(transaction)?;
            Ok(written)
        };
        caught(run).map_err(|error| self.explain(error))
    }

    fn read<T>(
        &self,
        read: impl FnOnce(&Tables<'_, ReadOnlyTable<&'static [u8], &'static [u8]>>) -> Result<T, LedgerError>,
    ) -> Result<T, LedgerError> {
        let run = || {
            let begin = self.database.begin_read();
            let transaction = begin.map_err(|error| failed("the file cannot be read", error))?;
            read(&reading(&self.known, &transaction)?)
        };
        caught(run).map_err(|error| self.explain(error))
    }

    /// Wakes who waits for one of these.
    fn wake<'i>(&self, intents: impl Iterator<Item = &'i Intent>) {
        for intent in intents {
            let Some(token) = intent.token() else { continue };
            let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(&token.key);
            // Not under the lock: what those do who are woken is theirs.
            if let Some(waiting) = waiting {
                waiting.wake();
            }
        }
    }
}

impl fmt::Debug for RedbLedger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedbLedger")
            .field("path", &self.path)
            .field("window_seconds", &self.window_seconds)
            .finish_non_exhaustive()
    }
}

impl Ledger for RedbLedger {
    fn keeps(&self) -> Keeps {
        Keeps::Everything
    }

    fn window_seconds(&self) -> u32 {
        self.window_seconds
    }

    fn reserve(&self, intents: &[Intent], now: Timestamp) -> Result<Vec<Reserved>, LedgerError> {
        self.ask(Question::Reserve(intents.to_vec(), now))?.reserved()
    }

    fn commit(&self, signed: &[Signed], now: Timestamp) -> Result<Vec<Ended>, LedgerError> {
        let ended = self.ask(Question::Commit(signed.to_vec(), now))?.ended()?;
        self.wake(signed.iter().map(|signed| &signed.intent));
        Ok(ended)
    }

    fn abandon(&self, abandoned: &[Abandon], now: Timestamp) -> Result<Vec<Ended>, LedgerError> {
        let ended = self.ask(Question::Abandon(abandoned.to_vec(), now))?.ended()?;
        self.wake(abandoned.iter().map(|abandon| &abandon.intent));
        Ok(ended)
    }

    fn renew(&self, intents: &[Intent], now: Timestamp) -> Result<(), LedgerError> {
        self.ask(Question::Lease(intents.to_vec(), true, now)).map(|_| ())
    }

    fn free(&self, intents: &[Intent], now: Timestamp) -> Result<(), LedgerError> {
        let freed = self.ask(Question::Lease(intents.to_vec(), false, now)).map(|_| ());
        // Whatever came of it: who waits asks again.
        self.wake(intents.iter());
        freed
    }

    fn when_free(&self, key: &IdempotencyKey, waiter: Waiter) {
        let waiting = || self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        // First it waits, and then it looks: so nobody ends the intent in between without waking it.
        drop(waiting().entry(*key).or_default().push(waiter));
        let is_held = self.read(|tables| {
            let Some(place) = tables.place_of_token(key.as_bytes())? else { return Ok(false) };
            Ok(tables.lease(&place)?.is_some_and(|lease| lease.is_held))
        });
        if !is_held.unwrap_or(false) {
            let free = waiting().remove(key);
            if let Some(free) = free {
                free.wake();
            }
        }
    }

    fn by_token(&self, key: &IdempotencyKey, now: Timestamp) -> Result<Option<Record>, LedgerError> {
        self.read(|tables| {
            let Some(place) = tables.place_of_token(key.as_bytes())? else { return Ok(None) };
            let since = tables.window_since(&place)?;
            if since.is_some_and(|since| now.unix().abs_diff(since) >= u64::from(self.window_seconds)) {
                return Ok(None);
            }
            tables.record(&place)
        })
    }

    fn by_arn(&self, arn: &CertificateArn) -> Result<Option<Record>, LedgerError> {
        for format in [SerialFormat::Hex, SerialFormat::Decimal] {
            let Some(serial) = arn.serial_number(format) else { continue };
            let record = self.by_serial(&arn.authority(), serial)?;
            if record.as_ref().is_some_and(|record| record.intent.id() == arn) {
                return Ok(record);
            }
        }
        Ok(None)
    }

    fn by_serial(
        &self,
        authority: &CertificateAuthorityArn,
        serial: SerialNumber,
    ) -> Result<Option<Record>, LedgerError> {
        self.read(|tables| match tables.number(authority)? {
            Some(number) => tables.record(&Place::new(number, serial)),
            None => Ok(None),
        })
    }

    fn page(
        &self,
        authority: &CertificateAuthorityArn,
        from: Timestamp,
        until: Timestamp,
        after: Option<Cursor>,
        limit: usize,
    ) -> Result<Page, LedgerError> {
        self.read(|tables| {
            let Some(number) = tables.number(authority)? else { return Ok(Page::of(Vec::new(), limit)) };
            let first = time_key(number, from).to_vec();
            let first = after.map_or(first.clone(), |cursor| behind(number, cursor).to_vec().max(first));
            let last = time_key(number, until);
            let mut records = Vec::new();
            if first.as_slice() < &last[..] {
                for row in rows(&tables.times, &first, &last)?.take(limit.saturating_add(1)) {
                    let place = Place::of_time(&row?.0).ok_or_else(|| missing("times", "a key is too short"))?;
                    records.extend(tables.record(&place)?);
                }
            }
            Ok(Page::of(records, limit))
        })
    }

    fn take_up(
        &self,
        authority: &CertificateAuthorityArn,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<Intent>, LedgerError> {
        self.write(|tables| tables.take_up(authority, now, limit))
    }

    fn revoke(
        &self,
        authority: &CertificateAuthorityArn,
        serial: SerialNumber,
        revocation: Revocation,
    ) -> Result<Revoked, LedgerError> {
        self.write(|tables| {
            let Some(number) = tables.number(authority)? else { return Ok(Revoked::Unknown) };
            let place = Place::new(number, serial);
            if let Some(row) = get(&tables.revocations, place.as_bytes())? {
                let before = RevocationForm::read(&row).and_then(|form| form.revocation());
                return before.map(Revoked::Before).map_err(|error| undecodable("revocations", &place, error));
            }
            let Some(intent) = tables.intent(&place)? else { return Ok(Revoked::Unknown) };
            let form = RevocationForm::new(revocation, intent.not_after(), intent.crl_partition());
            put(&mut tables.revocations, place.as_bytes(), &form.to_bytes())?;
            Ok(Revoked::Now)
        })
    }

    fn revoked(
        &self,
        authority: &CertificateAuthorityArn,
        partition: Option<CrlPartition>,
        after: Option<SerialNumber>,
        limit: usize,
    ) -> Result<RevokedPage, LedgerError> {
        self.read(|tables| {
            let Some(number) = tables.number(authority)? else { return Ok(RevokedPage::of(Vec::new(), limit)) };
            let behind = |serial| [Place::new(number, serial).as_bytes(), &[0]].concat();
            let first = after.map_or_else(|| Place::first_of(number).to_vec(), behind);
            let mut entries = Vec::new();
            for row in rows(&tables.revocations, &first, &Place::after_last_of(number))? {
                let (key, value) = row?;
                let place = Place::read(&key).ok_or_else(|| missing("revocations", "a key is not of 24 bytes"))?;
                let undecodable = |error| undecodable("revocations", &place, error);
                let form = RevocationForm::read(&value).map_err(undecodable)?;
                if let Some(serial) = place.serial().filter(|_| partition.is_none() || partition == form.partition()) {
                    entries.push(form.entry(serial).map_err(undecodable)?);
                }
                if entries.len() > limit {
                    break;
                }
            }
            Ok(RevokedPage::of(entries, limit))
        })
    }

    fn next_crl_number(
        &self,
        authority: &CertificateAuthorityArn,
        partition: Option<CrlPartition>,
    ) -> Result<u64, LedgerError> {
        self.write(|tables| {
            let key = partition_key(tables.number_or_next(authority)?, partition);
            let last = match get(&tables.crl_numbers, &key)? {
                None => 0,
                Some(row) => number(row, "crl_numbers")?,
            };
            let next = last.checked_add(1).ok_or_else(|| missing("crl_numbers", "there is no next number"))?;
            put(&mut tables.crl_numbers, &key, &next.to_be_bytes())?;
            Ok(next)
        })
    }

    fn take_crl_places(&self, authority: &CertificateAuthorityArn, count: u32) -> Result<u64, LedgerError> {
        self.write(|tables| {
            let key = tables.number_or_next(authority)?.to_be_bytes();
            let taken = match get(&tables.crl_places, &key)? {
                None => 0,
                Some(row) => number(row, "crl_places")?,
            };
            let next = taken.checked_add(count.into());
            let next = next.ok_or_else(|| missing("crl_places", "there is no next place"))?;
            put(&mut tables.crl_places, &key, &next.to_be_bytes())?;
            Ok(taken)
        })
    }

    fn crl_partitions(&self, authority: &CertificateAuthorityArn) -> Result<Vec<CrlPartition>, LedgerError> {
        self.read(|tables| {
            let Some(number) = tables.number(authority)? else { return Ok(Vec::new()) };
            let name = |key: &[u8]| std::str::from_utf8(key.get(4..)?).ok()?.parse().ok();
            rows(&tables.partitions, &Place::first_of(number), &Place::after_last_of(number))?
                .map(|row| name(&row?.0).ok_or_else(|| missing("partitions", "a name is not that of a partition")))
                .collect()
        })
    }

    fn prune(&self, before: Timestamp, limit: usize) -> Result<usize, LedgerError> {
        self.write(|tables| {
            let mut due = Vec::new();
            for row in rows(&tables.endings, &[], &sorted(before))? {
                if due.len() >= limit {
                    break;
                }
                let (key, _) = row?;
                let place = Place::of_ending(&key).ok_or_else(|| missing("endings", "a key is too short"))?;
                // What is in flight is for recovery.
                if tables.lease(&place)?.is_none() {
                    due.push((place, key));
                }
            }
            let pruned = due.len();
            due.iter().try_for_each(|(place, key)| tables.forget(place, key))?;
            Ok(pruned)
        })
    }
}
