//! The ledgers of this crate keep their contract, and the contract finds faults.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use issuance::ledger::{Documents, IdempotencyKey, Offloaded, Parked, RedbLedger, RedbLedgerOptions};
use issuance::ledger::{Ended, Intent, Ledger, LedgerError, MemoryLedger, Reserved, Signed, Waiter};
use issuance::testing::{check_ledger, check_reopened_ledger};
use issuance::{CertificateAuthorityArn, Timestamp};
use issuance_test_support::documents::check_documents;
use issuance_test_support::forward_to_ledger;

fn everything() -> MemoryLedger {
    MemoryLedger::new(300).keep_everything()
}

#[test]
fn the_ledger_in_memory_keeps_its_contract() {
    check_ledger(|| MemoryLedger::new(300)).unwrap();
    check_ledger(|| MemoryLedger::new(7)).unwrap();
    check_ledger(everything).unwrap();
}

#[test]
fn the_ledger_in_memory_keeps_its_contract_when_it_is_awaited() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    check_ledger(|| {
        let handle = runtime.handle().clone();
        Parked::new(everything(), move |task| drop(handle.spawn(task)))
    })
    .unwrap();
}

/// There and back again.
#[test]
fn an_awaited_ledger_keeps_its_contract_when_threads_wait_for_it() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    check_ledger(|| {
        let (there, back) = (runtime.handle().clone(), runtime.handle().clone());
        let awaited = Offloaded::new(everything(), move |work| drop(there.spawn_blocking(work)));
        Parked::new(awaited, move |task| drop(back.spawn(task)))
    })
    .unwrap();
    let dropped = Parked::new(Offloaded::new(everything(), |_| ()), drop);
    let authority: CertificateAuthorityArn =
        "arn:aws:acm-pca:us-west-2:123456789012:certificate-authority/12345678-1234-1234-1234-123456789012"
            .parse()
            .unwrap();
    let error = dropped.next_crl_number(&authority, None).unwrap_err();
    assert!(error.retryable && error.to_string().contains("dropped"), "{error}");
}

#[test]
fn documents_lie_beside_the_ledger_in_a_file() {
    let folder = Folder::new();
    let ledger = RedbLedger::open(folder.file()).unwrap();
    check_documents(&ledger);
    let before = ledger.documents("a").unwrap();
    drop(ledger);
    assert_eq!(RedbLedger::open(folder.file()).unwrap().documents("a").unwrap(), before);
}

/// A place for a file, which is removed with it.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Folder {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, Ordering::SeqCst);
        let name = format!("ledgers-{}-{number}", std::process::id());
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::create_dir_all(&folder).unwrap();
        Folder(folder)
    }

    fn file(&self) -> PathBuf {
        self.0.join("ledger.redb")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A ledger in a file of its own.
struct InFolder {
    ledger: RedbLedger,
    _folder: Arc<Folder>,
}

impl InFolder {
    fn new() -> InFolder {
        let folder = Arc::new(Folder::new());
        InFolder { ledger: RedbLedger::open(folder.file()).unwrap(), _folder: folder }
    }
}

impl Ledger for InFolder {
    forward_to_ledger!(ledger: keeps window_seconds reserve commit abandon renew free when_free by_token by_arn by_serial
        page take_up revoke revoked next_crl_number take_crl_places crl_partitions prune);
}

#[test]
fn the_ledger_in_a_file_keeps_its_contract() {
    check_ledger(InFolder::new).unwrap();
}

#[test]
fn the_ledger_in_a_file_survives_a_restart() {
    let folder = Folder::new();
    let reopen = |ledger| {
        drop(ledger);
        RedbLedger::open(folder.file()).unwrap()
    };
    check_reopened_ledger(RedbLedger::open(folder.file()).unwrap(), reopen).unwrap();
}

#[test]
fn a_file_that_is_open_or_damaged_or_from_the_future_is_an_error_that_names_it() {
    let folder = Folder::new();
    let open = |check: bool| RedbLedgerOptions::default().check_integrity(check).open(folder.file());
    let ledger = open(true).unwrap();
    let error = open(true).unwrap_err();
    assert!(error.retryable && error.to_string().contains("ledger.redb"), "{error}");
    check_reopened_ledger(ledger, |ledger| {
        drop(ledger);
        open(true).unwrap()
    })
    .unwrap();

    // Every page of the file, torn.
    let sound = std::fs::read(folder.file()).unwrap();
    let mut refused = 0;
    for page in 0..sound.len() / 4096 {
        let mut torn = sound.clone();
        torn[page * 4096 + 2048..(page + 1) * 4096].fill(0xa5);
        if torn == sound {
            continue;
        }
        std::fs::write(folder.file(), &torn).unwrap();
        match open(true) {
            Ok(ledger) => drop(ledger),
            Err(error) => {
                assert!(error.to_string().contains("ledger.redb"), "{error}");
                refused += 1;
            }
        }
    }
    assert!(refused > 0);
    for content in [&b"not a database"[..], &sound[..5000]] {
        std::fs::write(folder.file(), content).unwrap();
        let error = open(true).unwrap_err();
        assert!(error.to_string().contains("ledger.redb"), "{error}");
    }

    // A later version of the crate was here.
    std::fs::write(folder.file(), &sound).unwrap();
    let file = redb::Database::open(folder.file()).unwrap();
    let transaction = file.begin_write().unwrap();
    let meta: redb::TableDefinition<'_, &str, u64> = redb::TableDefinition::new("meta");
    transaction.open_table(meta).unwrap().insert("schema", 2).unwrap();
    transaction.commit().unwrap();
    drop(file);
    let error = open(true).unwrap_err();
    assert!(error.to_string().contains("it has schema 2, and this version of the crate reads schema 1"), "{error}");
}

#[test]
fn a_row_that_does_not_decode_is_an_error_that_names_it() {
    let folder = Folder::new();
    check_reopened_ledger(RedbLedger::open(folder.file()).unwrap(), |ledger| {
        drop(ledger);
        RedbLedger::open(folder.file()).unwrap()
    })
    .unwrap();
    let table = |name| redb::TableDefinition::<'_, &[u8], &[u8]>::new(name);
    let authority: issuance::CertificateAuthorityArn =
        "arn:aws:acm-pca:us-west-2:123456789012:certificate-authority/12345678-1234-1234-1234-123456789012"
            .parse()
            .unwrap();
    let now = Timestamp::from_unix(1_800_000_000).unwrap();
    let year = |ledger: &RedbLedger| ledger.page(&authority, Timestamp::MIN, Timestamp::MAX, None, 100);
    assert_eq!(year(&RedbLedger::open(folder.file()).unwrap()).unwrap().records.len(), 3);
    for (name, expected) in [("intents", "table intents, row"), ("ends", "table ends, row")] {
        let (mut changed, mut found) = (0, 0);
        for seed in 0..40_usize {
            let file = redb::Database::open(folder.file()).unwrap();
            let transaction = file.begin_write().unwrap();
            let before = {
                let mut rows = transaction.open_table(table(name)).unwrap();
                let (key, sound) = {
                    let (key, value) = redb::ReadableTable::first(&rows).unwrap().unwrap();
                    (key.value().to_vec(), value.value().to_vec())
                };
                let mut torn = sound.clone();
                let at = seed * 7919 % torn.len();
                if seed % 2 == 0 {
                    torn.truncate(at)
                } else {
                    torn[at] ^= 0x81
                }
                rows.insert(&key[..], &torn[..]).unwrap();
                (key, sound)
            };
            transaction.commit().unwrap();
            drop(file);
            let ledger = RedbLedger::open(folder.file()).unwrap();
            changed += 1;
            if let Err(error) = year(&ledger) {
                let text = error.to_string();
                assert!(text.contains(expected) || text.contains("record of an authority"), "{text}");
                found += 1;
            }
            // Nothing panics, whatever is asked.
            let _ = ledger.take_up(&authority, now, 10);
            let _ = ledger.prune(Timestamp::MAX, 0);
            drop(ledger);
            let file = redb::Database::open(folder.file()).unwrap();
            let transaction = file.begin_write().unwrap();
            transaction.open_table(table(name)).unwrap().insert(&before.0[..], &before.1[..]).unwrap();
            transaction.commit().unwrap();
        }
        // A bit of a signature or of a name of a caller says nothing of itself.
        assert!(found > changed / 2, "{name}: {found} of {changed}");
    }
}

/// A ledger with a fault.
struct Faulty {
    ledger: MemoryLedger,
    fault: Fault,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Fault {
    SignsWhatIsBusy,
    SignsOtherBytes,
    TakesASerialNumberTwice,
    LastCommitWins,
    CommitsBeforeItReserves,
    CountsFromTheIntent,
    WakesNobody,
    FreesNothing,
    GivesAPlaceTwice,
}

impl Ledger for Faulty {
    fn reserve(&self, intents: &[Intent], now: Timestamp) -> Result<Vec<Reserved>, LedgerError> {
        let fault = |answer| match (answer, self.fault) {
            (Reserved::Busy { .. }, Fault::SignsWhatIsBusy) => Reserved::Sign,
            (Reserved::TakeUp(_), Fault::SignsOtherBytes) => Reserved::Sign,
            (Reserved::SerialTaken, Fault::TakesASerialNumberTwice) => Reserved::Sign,
            (answer, _) => answer,
        };
        Ok(self.ledger.reserve(intents, now)?.into_iter().map(fault).collect())
    }

    fn commit(&self, signed: &[Signed], now: Timestamp) -> Result<Vec<Ended>, LedgerError> {
        if self.fault == Fault::CommitsBeforeItReserves {
            let intents: Vec<_> = signed.iter().map(|signed| signed.intent.clone()).collect();
            self.ledger.reserve(&intents, now)?;
        }
        if self.fault == Fault::CountsFromTheIntent {
            return self.ledger.commit(signed, signed[0].intent.issued_at());
        }
        let ended = self.ledger.commit(signed, now)?;
        if self.fault == Fault::LastCommitWins {
            return Ok(signed.iter().map(|signed| Ended::Issued(Arc::clone(&signed.certificate))).collect());
        }
        Ok(ended)
    }

    fn when_free(&self, key: &IdempotencyKey, waiter: Waiter) {
        if self.fault != Fault::WakesNobody {
            self.ledger.when_free(key, waiter);
        } else if self.ledger.by_token(key, Timestamp::MIN).unwrap().is_none() {
            waiter.wake();
        }
    }

    fn free(&self, intents: &[Intent], now: Timestamp) -> Result<(), LedgerError> {
        if self.fault == Fault::FreesNothing { Ok(()) } else { self.ledger.free(intents, now) }
    }

    fn take_crl_places(&self, authority: &CertificateAuthorityArn, count: u32) -> Result<u64, LedgerError> {
        let counted = if self.fault == Fault::GivesAPlaceTwice { count.min(1000) } else { count };
        self.ledger.take_crl_places(authority, counted)
    }

    forward_to_ledger!(ledger: keeps window_seconds abandon renew by_token by_arn by_serial page take_up revoke revoked
        next_crl_number crl_partitions prune);
}

#[test]
fn the_contract_finds_planted_faults() {
    for (fault, promise) in [
        (Fault::SignsWhatIsBusy, "one intent is in flight under a token"),
        (Fault::SignsOtherBytes, "who takes an intent up gets the recorded bytes"),
        (Fault::TakesASerialNumberTwice, "one certificate has a serial number"),
        (Fault::LastCommitWins, "who takes an intent up gets the recorded bytes"),
        (Fault::CommitsBeforeItReserves, "what was not reserved does not end"),
        (Fault::CountsFromTheIntent, "a token counts for its window"),
        (Fault::WakesNobody, "who waits is woken when the intent ends or its lease does"),
        (Fault::GivesAPlaceTwice, "no place in a partition is given twice"),
        (Fault::FreesNothing, "who takes an intent up gets the recorded bytes"),
    ] {
        let error = check_ledger(|| Faulty { ledger: everything(), fault }).unwrap_err();
        assert_eq!(error.promise, promise, "{fault:?}: {error}");
    }
}
