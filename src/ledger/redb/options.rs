//! How the file is opened.

use std::fs::{self, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};

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
    /// A file is made under another name, with `.new-` and a number behind its own, and gets its own when it is whole. If the process dies
    /// in between, that name is left and can be deleted.
    ///
    /// # Errors
    /// [`LedgerError`] if the file cannot be opened or made, is open elsewhere, is damaged, or has a schema that this version of the crate
    /// does not know.
    pub fn open(&self, path: impl AsRef<Path>) -> Result<RedbLedger, LedgerError> {
        let path = path.as_ref();
        if !path.exists() {
            self.make(path)?;
        }
        self.open_file(path)
    }

    /// Makes a file. What opens it is either whole or not there: redb cannot open one whose making was cut off.
    fn make(&self, path: &Path) -> Result<(), LedgerError> {
        let new = name_of_new(path);
        let made = self.open_file(&new).and_then(|ledger| {
            drop(ledger);
            publish(&new, path).map_err(|error| in_file(path, failed("the file cannot be made", error)))
        });
        // After an error it may not be there.
        let _ = fs::remove_file(&new);
        made
    }

    fn open_file(&self, path: &Path) -> Result<RedbLedger, LedgerError> {
        let unopened = |error: io::Error| in_file(path, failed("the file cannot be opened", error));
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

/// A name that nothing else in this process or another one makes.
fn name_of_new(path: &Path) -> PathBuf {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".new-{}-{}", process::id(), COUNT.fetch_add(1, Ordering::Relaxed)));
    name.into()
}

/// Gives a file its name, unless another one has it: then that one stays, as it may be open.
fn publish(new: &Path, path: &Path) -> io::Result<()> {
    match fs::hard_link(new, path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(()),
        // Some file systems have no second name for a file.
        Err(_) if !path.exists() => fs::rename(new, path)?,
        linked => linked?,
    }
    // The name must outlast a loss of power, too.
    #[cfg(unix)]
    fs::File::open(path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new(".")))?
        .sync_all()?;
    Ok(())
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
