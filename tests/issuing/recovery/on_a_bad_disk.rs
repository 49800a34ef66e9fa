//! On a disk that is full, or loses what was not synced.

use std::io;

use issuance::ledger::{RedbLedger, RedbLedgerOptions};

use super::*;

/// A disk that can be full, and loses what was not synced when the power fails.
#[derive(Debug, Clone, Default)]
struct Disk(Arc<Mutex<Content>>);

#[derive(Debug, Default)]
struct Content {
    now: Vec<u8>,
    synced: Vec<u8>,
    is_full: bool,
}

impl Disk {
    fn full(&self, is_full: bool) {
        self.0.lock().unwrap().is_full = is_full;
    }

    /// What is there after the power has failed.
    fn after_a_power_cut(&self) -> Disk {
        let synced = self.0.lock().unwrap().synced.clone();
        Disk(Arc::new(Mutex::new(Content { now: synced.clone(), synced, is_full: false })))
    }

    fn open(&self) -> RedbLedger {
        RedbLedgerOptions::default().open_backend("the disk", self.clone()).unwrap()
    }
}

impl redb::StorageBackend for Disk {
    fn len(&self) -> io::Result<u64> {
        Ok(self.0.lock().unwrap().now.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let content = self.0.lock().unwrap();
        let bytes = content.now.get(offset as usize..offset as usize + out.len());
        out.copy_from_slice(bytes.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let mut content = self.0.lock().unwrap();
        if content.is_full && len as usize > content.now.len() {
            return Err(io::ErrorKind::StorageFull.into());
        }
        content.now.resize(len as usize, 0);
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut content = self.0.lock().unwrap();
        content.synced = content.now.clone();
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let mut content = self.0.lock().unwrap();
        if content.is_full {
            return Err(io::ErrorKind::StorageFull.into());
        }
        content.now[offset as usize..offset as usize + data.len()].copy_from_slice(data);
        Ok(())
    }
}

fn issuer(ledger: RedbLedger, signer: &Arc<Remote>) -> Issuer {
    let builder = Issuer::builder(Ca::default().build(), Arc::clone(signer)).clock(Hand(AtomicI64::new(0)));
    builder.ledger(ledger).build().unwrap()
}

#[test]
fn r_led_3_a_power_cut_keeps_what_was_acknowledged() {
    let (disk, signer) = (Disk::default(), Arc::new(Remote::default()));
    let before = issuer(disk.open(), &signer);
    for number in 0..20 {
        let token = format!("token {number}");
        let certificate = before.issue(&request(&token, Some(&token))).unwrap();
        let after = issuer(disk.after_a_power_cut().open(), &signer);
        assert!(after.recover().unwrap().is_empty());
        assert_eq!(after.issue(&request(&token, Some(&token))).unwrap(), certificate);
    }
    // In the middle of an issuance: the intent is there, and the signer is never asked for other bytes.
    signer.is_away.store(true, Ordering::SeqCst);
    assert!(before.issue(&request("last", Some("last"))).is_err());
    signer.is_away.store(false, Ordering::SeqCst);
    let after = issuer(disk.after_a_power_cut().open(), &signer);
    let recovered = after.recover().unwrap().issued;
    assert_eq!(after.issue(&request("last", Some("last"))).unwrap(), recovered[0]);
    assert_eq!(signer.signed().len(), 21);
}

#[test]
fn a_full_disk_is_an_error_that_says_so_and_loses_nothing() {
    let (disk, signer) = (Disk::default(), Arc::new(Remote::default()));
    let full = issuer(disk.open(), &signer);
    let first = full.issue(&request("first", Some("first"))).unwrap();
    disk.full(true);
    let error = full.issue(&request("second", Some("second"))).unwrap_err();
    assert!(matches!(&error, Error::Ledger(_)) && error.is_retryable(), "{error}");
    assert!(error.to_string().contains("the disk: the disk failed") && error.to_string().contains("space"), "{error}");
    assert_eq!(signer.calls(), 1, "nothing is signed that is not recorded");
    drop(full);
    disk.full(false);
    let roomy = issuer(disk.open(), &signer);
    assert!(roomy.recover().unwrap().is_empty());
    assert_eq!(roomy.issue(&request("first", Some("first"))).unwrap(), first);
    assert!(roomy.issue(&request("second", Some("second"))).is_ok());
}
