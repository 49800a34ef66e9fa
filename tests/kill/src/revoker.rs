//! Revokes certificates and publishes lists, and writes down what was acknowledged before each list was begun.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use issuance::crl::{CrlError, CrlPreparation, CrlScope, SignedCrl};
use issuance::ledger::{AsyncLedger, Revocation, Revoked};
use issuance::x509::RevocationReason;
use issuance::{CertificateAuthority, IssuedCertificate, RustCryptoVerifier, SerialNumber, Timestamp};
use issuance_test_support::ca::CA_KEY;
use tokio::time::sleep;

use crate::ledger::Pointed;
use crate::point::{Fuse, Point};
use crate::worker::Work;

/// How often a list is tried for, with the server away.
const ATTEMPTS: u32 = 40;

/// A revocation that was acknowledged.
#[derive(Debug, Clone)]
pub(crate) struct Acknowledged {
    pub(crate) serial: SerialNumber,
    /// The partition of the certificate.
    pub(crate) partition: String,
}

/// A list that was published.
#[derive(Debug)]
pub(crate) struct Published {
    pub(crate) scope: String,
    pub(crate) number: u64,
    /// How many revocations were acknowledged when it was begun.
    pub(crate) acknowledged: usize,
    /// The highest number that was published when it was begun.
    pub(crate) highest: u64,
    pub(crate) file: PathBuf,
}

pub(crate) const COMPLETE: &str = "complete";

/// In the order in which they were acknowledged. A line without its end was being written when its worker was killed.
pub(crate) fn acknowledged(folder: &Path) -> Vec<Acknowledged> {
    let text = std::fs::read_to_string(folder.join("revocations")).unwrap_or_default();
    let whole = text.split_inclusive('\n').filter(|line| line.ends_with('\n'));
    let parts = whole.filter_map(|line| line.trim_end().split_once(' '));
    let all = parts.map(|(serial, partition)| Acknowledged {
        serial: SerialNumber::from_hex(serial).unwrap(),
        partition: partition.to_owned(),
    });
    all.collect()
}

/// `SCOPE-NUMBER-ACKNOWLEDGED-HIGHEST.crl`, in no order.
pub(crate) fn published(folder: &Path) -> io::Result<Vec<Published>> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(lists(folder))? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let Some(name) = name.strip_suffix(".crl") else { continue };
        let [scope, numbers @ ..] = &name.split('-').collect::<Vec<_>>()[..] else { continue };
        let number = |place: usize| numbers[place].parse::<u64>().map_err(io::Error::other);
        let (number, acknowledged, highest) = (number(0)?, number(1)? as usize, number(2)?);
        all.push(Published { scope: (*scope).to_owned(), number, acknowledged, highest, file: path.clone() });
    }
    Ok(all)
}

fn lists(folder: &Path) -> PathBuf {
    folder.join("lists")
}

fn now() -> Timestamp {
    Timestamp::from(SystemTime::now())
}

pub(crate) struct Revoker {
    folder: PathBuf,
    name: String,
    authority: CertificateAuthority,
    ledger: Arc<Pointed>,
    fuse: Arc<Fuse>,
    revocations: Mutex<File>,
    drafts: AtomicU32,
}

impl Revoker {
    pub(crate) fn new(
        work: &Work,
        authority: CertificateAuthority,
        ledger: Arc<Pointed>,
        fuse: Arc<Fuse>,
    ) -> io::Result<Revoker> {
        let revocations = OpenOptions::new().append(true).create(true).open(work.folder.join("revocations"))?;
        std::fs::create_dir_all(lists(&work.folder))?;
        Ok(Revoker {
            folder: work.folder.clone(),
            name: work.name.clone(),
            authority,
            ledger,
            fuse,
            revocations: Mutex::new(revocations),
            drafts: AtomicU32::new(0),
        })
    }

    /// Where the ledger fails nothing is acknowledged; the certificate may be revoked all the same.
    pub(crate) async fn revoke(&self, certificate: &IssuedCertificate) {
        let revocation = Revocation::new(RevocationReason::Superseded, now());
        let revoked = self.ledger.revoke(self.authority.arn(), certificate.serial(), revocation).await;
        if let Ok(Revoked::Now | Revoked::Before(_)) = revoked {
            let partition = certificate.crl_partition().unwrap();
            let line = format!("{} {partition}\n", certificate.serial().to_hex());
            let mut file = self.revocations.lock().unwrap();
            file.write_all(line.as_bytes()).unwrap();
            file.sync_data().unwrap();
        }
    }

    /// Makes the complete list (0) or that of a partition; not, where the ledger fails for good.
    pub(crate) async fn publish(&self, scope: u64) {
        let place = usize::try_from(scope).unwrap().checked_sub(1);
        let partition = place.map(|place| self.authority.crl_partitions()[place]);
        let name = partition.map_or(COMPLETE.to_owned(), |partition| partition.to_string());
        for _ in 0..ATTEMPTS {
            let begun = acknowledged(&self.folder).len();
            let lists = published(&self.folder).unwrap();
            let highest = lists.iter().filter(|list| list.scope == name).map(|list| list.number).max().unwrap_or(0);
            match self.make(partition.map_or(CrlScope::Complete, CrlScope::Partition)).await {
                Ok(list) => {
                    self.fuse.at(Point::BeforePublication);
                    let number =
                        list.number().as_be_bytes().iter().fold(0, |number, byte| number << 8 | u64::from(*byte));
                    return self.keep(&list, &format!("{name}-{number}-{begun}-{highest}.crl")).unwrap();
                }
                Err(CrlError::Ledger(error)) if error.retryable => sleep(Duration::from_millis(50)).await,
                Err(CrlError::Ledger(_)) => return,
                Err(error) => panic!("{error}"),
            }
        }
    }

    async fn make(&self, scope: CrlScope) -> Result<SignedCrl, CrlError> {
        let list = CrlPreparation::new(&self.authority, now()).scope(scope);
        list.prepare_from_async(&self.ledger, &RustCryptoVerifier).await?.sign(&*CA_KEY, &RustCryptoVerifier)
    }

    /// Whole, or not at all.
    fn keep(&self, list: &SignedCrl, name: &str) -> io::Result<()> {
        let draft = format!("{}-{}.draft", self.name, self.drafts.fetch_add(1, Ordering::Relaxed));
        let draft = lists(&self.folder).join(draft);
        let mut file = File::create(&draft)?;
        file.write_all(list.der())?;
        file.sync_data()?;
        std::fs::rename(draft, lists(&self.folder).join(name))
    }
}
