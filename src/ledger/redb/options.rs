//! How the file is opened.

use std::fs::OpenOptions;
use std::path::Path;

use redb::backends::FileBackend;
use redb::{Database, StorageBackend, WriteTransaction};

use super::error::{caught, failed, in_file};
use super::tables::META;
use super::watched::{Failure, Watched};
use super::{RedbLedger, commit};
use crate::ledger::DEFAULT_WINDOW_SECONDS;
use crate::ledger::error::LedgerError;

/// The schema that this crate writes, and the newest that it reads.
const SCHEMA: u64 = 1;

/// How much of the file is kept in memory by default, in bytes.
const CACHE_BYTES: usize = 64 << 20;

/// How a [`RedbLedger`] is opened.
///
/// ```no_run
/// use issuance::ledger::RedbLedgerOptions;
/// let ledger = RedbLedgerOptions::default().window_seconds(3600).cache_bytes(1 << 30).open("issuance.redb")?;
/// # Ok::<(), issuance::ledger::LedgerError>(())
/// ```
#[derive(Debug, Clone)]
pub struct RedbLedgerOptions {
    window_seconds: u32,
    cache_bytes: usize,
    check_integrity: bool,
}

impl Default for RedbLedgerOptions {
    fn default() -> Self {
        RedbLedgerOptions { window_seconds: DEFAULT_WINDOW_SECONDS, cache_bytes: CACHE_BYTES, check_integrity: true }
    }
}

impl RedbLedgerOptions {
    /// Sets how long tokens count, in seconds: 5 minutes by default.
    #[must_use]
    pub fn window_seconds(mut self, seconds: u32) -> Self {
        self.window_seconds = seconds;
        self
    }

    /// Sets how much of the file is kept in memory, in bytes: 64 MiB by default.
    #[must_use]
    pub fn cache_bytes(mut self, bytes: usize) -> Self {
        self.cache_bytes = bytes;
        self
    }

    /// Whether every page of the file is read and checked when it is opened: true by default. Without it, a file that was damaged is found
    /// to be so when the damaged part is used. It takes about a second for each gigabyte.
    #[must_use]
    pub fn check_integrity(mut self, check: bool) -> Self {
        self.check_integrity = check;
        self
    }

    /// Opens a file, or makes it. Leases of callers that died with another process end.
    ///
    /// # Errors
    /// [`LedgerError`] if the file cannot be opened or made, is open elsewhere, is damaged, or has a schema that this version of the crate
    /// does not know.
    pub fn open(&self, path: impl AsRef<Path>) -> Result<RedbLedger, LedgerError> {
        let path = path.as_ref();
        let unopened = |error: std::io::Error| in_file(path, failed("the file cannot be opened", error));
        let file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path).map_err(unopened)?;
        let backend =
            FileBackend::new(file).map_err(|error| in_file(path, failed("the file cannot be opened", error)))?;
        self.of_backend(path, backend)
    }

    /// Opens a file that is somewhere else than in the file system, for tests that let its disk fail. `name` stands for it in errors.
    ///
    /// # Errors
    /// As [`RedbLedgerOptions::open`].
    #[cfg(feature = "testing")]
    pub fn open_backend(
        &self,
        name: impl AsRef<Path>,
        backend: impl redb::StorageBackend,
    ) -> Result<RedbLedger, LedgerError> {
        self.of_backend(name.as_ref(), backend)
    }

    fn of_backend(&self, path: &Path, backend: impl StorageBackend) -> Result<RedbLedger, LedgerError> {
        let failure = Failure::default();
        let backend = Watched { backend, failure: failure.clone() };
        let open = || {
            let mut builder = Database::builder();
            builder.set_cache_size(self.cache_bytes).set_check_integrity_on_open(self.check_integrity);
            let opened = builder.create_with_backend(backend);
            let database = opened.map_err(|error| failed("the file cannot be opened", error))?;
            let ledger = RedbLedger::new(database, path, self.window_seconds, failure.clone());
            let transaction = ledger.begin()?;
            migrate(&transaction)?;
            ledger.free_all(&transaction)?;
            commit(transaction)?;
            Ok(ledger)
        };
        caught(open).map_err(|error| in_file(path, failure.explain(error)))
    }
}

/// Brings the file to the schema of this crate.
fn migrate(transaction: &WriteTransaction) -> Result<(), LedgerError> {
    let mut meta = transaction.open_table(META).map_err(|error| failed("a table cannot be opened", error))?;
    let unreadable = |error| failed("the version of the schema cannot be read", error);
    let version = redb::ReadableTable::get(&meta, "schema").map_err(unreadable)?.map(|version| version.value());
    match version {
        Some(SCHEMA) => Ok(()),
        None => {
            meta.insert("schema", SCHEMA).map_err(unreadable)?;
            Ok(())
        }
        Some(version) => Err(LedgerError::new(format!(
            "it has schema {version}, and this version of the crate reads schema {SCHEMA} or older"
        ))),
    }
}
