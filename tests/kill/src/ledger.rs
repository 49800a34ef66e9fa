//! The ledger of a worker: with the points of an issuance around its calls, and with faults that the run must find.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use issuance::authority::CrlPartition;
use issuance::ledger::{
    Abandon, AsyncLedger, Cursor, Ended, IdempotencyKey, Intent, Keeps, LedgerError, LedgerFuture, Offloaded, Page,
    PostgresLedger, PostgresSettings, Record, RedbLedgerOptions, Reserved, Revocation, Revoked, RevokedPage, Signed,
};
use issuance::{CertificateArn, CertificateAuthorityArn, SerialNumber, Timestamp};
use issuance_test_support::postgres::PASSWORD;

use crate::disk::Disk;
use crate::point::{Fuse, Point};

/// Tokens count for a day, so that every request of a run is within the window.
const WINDOW: u32 = 86_400;
const LEASE: u32 = 1;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Store {
    /// A file.
    Redb(PathBuf),
    /// The URL of a server.
    Postgres(String),
}

pub(crate) fn settings(url: &str) -> PostgresSettings {
    PostgresSettings::new(url).unwrap().password(PASSWORD).pool_size(4).window_seconds(WINDOW).lease_seconds(LEASE)
}

impl Store {
    pub(crate) fn parse(name: &str, place: &str) -> Store {
        if name == "redb" { Store::Redb(Path::new(place).to_owned()) } else { Store::Postgres(place.to_owned()) }
    }

    pub(crate) async fn open(&self, fuse: &Arc<Fuse>, seed: u64) -> Result<Arc<dyn AsyncLedger>, LedgerError> {
        match self {
            Store::Redb(path) => {
                let disk = Disk::open(path, Arc::clone(fuse), seed)
                    .map_err(|error| LedgerError::new("the file cannot be opened").caused_by(error))?;
                let ledger = RedbLedgerOptions::default().window_seconds(WINDOW).open_backend(path, disk)?;
                Ok(Arc::new(Offloaded::new(ledger, |work| drop(tokio::task::spawn_blocking(work)))))
            }
            Store::Postgres(url) => Ok(Arc::new(PostgresLedger::connect(&settings(url)).await?)),
        }
    }
}

/// Faults of a ledger that a run must find.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Plant {
    /// The intent is written after the signature.
    CommitBeforeReserve,
    /// Who finds that the lease of an intent is over takes it for gone, and signs another under its token.
    TrustTheLease,
    /// Each process counts the numbers of lists for itself.
    CountInMemory,
}

impl Plant {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Plant::CommitBeforeReserve => "commit-before-reserve",
            Plant::TrustTheLease => "trust-the-lease",
            Plant::CountInMemory => "count-in-memory",
        }
    }
}

impl FromStr for Plant {
    type Err = String;

    fn from_str(text: &str) -> Result<Plant, String> {
        let all = [Plant::CommitBeforeReserve, Plant::TrustTheLease, Plant::CountInMemory];
        let known = all.into_iter().find(|plant| plant.name() == text);
        known.ok_or_else(|| format!("there is no fault '{text}'; there are {}", all.map(Plant::name).join(" and ")))
    }
}

static COUNT: AtomicU64 = AtomicU64::new(0);

pub(crate) struct Pointed {
    pub(crate) ledger: Arc<dyn AsyncLedger>,
    pub(crate) fuse: Arc<Fuse>,
    pub(crate) plant: Option<Plant>,
}

macro_rules! forward {
    ($($name:ident($($argument:ident: $type:ty),*) -> $result:ty;)+) => {$(
        fn $name<'a>(&'a self, $($argument: $type),*) -> LedgerFuture<'a, $result> {
            self.ledger.$name($($argument),*)
        }
    )+};
}

impl AsyncLedger for Pointed {
    forward! {
        abandon(abandoned: &'a [Abandon], now: Timestamp) -> Vec<Ended>;
        renew(intents: &'a [Intent], now: Timestamp) -> ();
        free(intents: &'a [Intent], now: Timestamp) -> ();
        by_token(key: &'a IdempotencyKey, now: Timestamp) -> Option<Record>;
        by_arn(arn: &'a CertificateArn) -> Option<Record>;
        by_serial(authority: &'a CertificateAuthorityArn, serial: SerialNumber) -> Option<Record>;
        page(authority: &'a CertificateAuthorityArn, from: Timestamp, until: Timestamp, after: Option<Cursor>, limit: usize) -> Page;
        take_up(authority: &'a CertificateAuthorityArn, now: Timestamp, limit: usize) -> Vec<Intent>;
        revoked(authority: &'a CertificateAuthorityArn, partition: Option<CrlPartition>, after: Option<SerialNumber>, limit: usize) -> RevokedPage;
        take_crl_places(authority: &'a CertificateAuthorityArn, count: u32) -> u64;
        crl_partitions(authority: &'a CertificateAuthorityArn) -> Vec<CrlPartition>;
        prune(before: Timestamp, limit: usize) -> usize;
    }

    fn keeps(&self) -> Keeps {
        self.ledger.keeps()
    }

    fn window_seconds(&self) -> u32 {
        self.ledger.window_seconds()
    }

    fn when_free<'a>(
        &'a self,
        key: &'a IdempotencyKey,
        until: Option<Timestamp>,
        waits: u32,
    ) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>> {
        self.ledger.when_free(key, until, waits)
    }

    fn forsake(&self, intent: &Intent, now: Timestamp) {
        self.ledger.forsake(intent, now);
    }

    fn reserve<'a>(&'a self, intents: &'a [Intent], now: Timestamp) -> LedgerFuture<'a, Vec<Reserved>> {
        Box::pin(async move {
            self.fuse.at(Point::BeforeReserve);
            if self.plant == Some(Plant::CommitBeforeReserve) {
                return Ok(intents.iter().map(|_| Reserved::Sign).collect());
            }
            let mut reserved = self.ledger.reserve(intents, now).await?;
            self.fuse.at(Point::AfterReserve);
            if self.plant == Some(Plant::TrustTheLease) {
                for answer in &mut reserved {
                    if let Reserved::TakeUp(_) = answer {
                        *answer = Reserved::Sign;
                    }
                }
            }
            Ok(reserved)
        })
    }

    fn commit<'a>(&'a self, signed: &'a [Signed], now: Timestamp) -> LedgerFuture<'a, Vec<Ended>> {
        Box::pin(async move {
            self.fuse.at(Point::BeforeCommit);
            if self.plant == Some(Plant::CommitBeforeReserve) {
                let intents: Vec<Intent> = signed.iter().map(|signed| signed.intent.clone()).collect();
                self.ledger.reserve(&intents, now).await?;
            }
            let ended = self.ledger.commit(signed, now).await?;
            self.fuse.at(Point::AfterCommit);
            Ok(ended)
        })
    }

    fn revoke<'a>(
        &'a self,
        authority: &'a CertificateAuthorityArn,
        serial: SerialNumber,
        revocation: Revocation,
    ) -> LedgerFuture<'a, Revoked> {
        Box::pin(async move {
            let revoked = self.ledger.revoke(authority, serial, revocation).await?;
            self.fuse.at(Point::AfterRevoke);
            Ok(revoked)
        })
    }

    fn next_crl_number<'a>(
        &'a self,
        authority: &'a CertificateAuthorityArn,
        partition: Option<CrlPartition>,
    ) -> LedgerFuture<'a, u64> {
        Box::pin(async move {
            let number = match self.plant {
                Some(Plant::CountInMemory) => COUNT.fetch_add(1, Ordering::SeqCst) + 1,
                _ => self.ledger.next_crl_number(authority, partition).await?,
            };
            self.fuse.at(Point::AfterNumber);
            Ok(number)
        })
    }
}
