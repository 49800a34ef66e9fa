//! Where the service keeps things: what the command line says of it, and how it is opened.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use issuance::Clock;
use issuance::ledger::RedbLedger;

use crate::kept::{self, KeptStore, Place};
use crate::keys::KeyRing;
#[cfg(feature = "postgres")]
use crate::log::with_causes;
use crate::memory::MemoryStore;
use crate::options::Options;
use crate::passphrase::Passphrase;
use crate::store::Store;
use crate::token::TokenOptions;

const PASSPHRASE: &str = "ACM_PCA_PASSPHRASE";
const NEW_PASSPHRASE: &str = "ACM_PCA_NEW_PASSPHRASE";

/// The command that changes the passphrase.
pub(crate) const CHANGE_PASSPHRASE: &str = "change-passphrase";

/// A URL that may have a password.
#[derive(Clone, PartialEq, Eq)]
struct Url(String);

impl std::fmt::Debug for Url {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Url")
    }
}

/// Where the service keeps things; in memory if nothing is said.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Storage {
    data: Option<PathBuf>,
    /// It may have a password.
    database: Option<Url>,
    database_roots: Option<PathBuf>,
    passphrase_file: Option<PathBuf>,
    new_passphrase_file: Option<PathBuf>,
    /// Where new keys are made.
    pub(crate) token: TokenOptions,
}

impl Storage {
    /// Takes an argument, if it is one of these.
    pub(crate) fn take(
        &mut self,
        argument: &str,
        value: impl FnOnce() -> Result<String, String>,
    ) -> Result<bool, String> {
        match argument {
            "--data" => self.data = Some(value()?.into()),
            "--database" => self.database = Some(Url(value()?)),
            "--database-roots" => self.database_roots = Some(value()?.into()),
            "--passphrase-file" => self.passphrase_file = Some(value()?.into()),
            other => return self.token.take(other, value),
        }
        Ok(true)
    }

    /// Whether the arguments go together.
    pub(crate) fn check(&self) -> Result<(), String> {
        self.token.check()?;
        if self.passphrase_file.is_some() && !self.is_kept() {
            return Err("--passphrase-file goes with --data or --database: without them, no key outlives the process"
                .to_owned());
        }
        if self.data.is_some() && self.database.is_some() {
            return Err("--data and --database cannot be given together: each is a place for everything".to_owned());
        }
        if self.database_roots.is_some() && self.database.is_none() {
            return Err("--database-roots goes with --database".to_owned());
        }
        Ok(())
    }

    /// The files that others should not read.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = &PathBuf> {
        self.passphrase_file.iter().chain(self.token.pin_file())
    }

    /// Whether anything outlives the process.
    pub(crate) fn is_kept(&self) -> bool {
        self.data.is_some() || self.is_shared()
    }

    /// Whether other processes may have the same.
    pub(crate) fn is_shared(&self) -> bool {
        self.database.is_some()
    }

    /// What there is to say of it when the service starts.
    pub(crate) fn label(&self) -> String {
        let keys = if self.token.is_given() { ", and keys stay on the token" } else { "" };
        match &self.data {
            Some(directory) => format!("everything is kept in {}{keys}", directory.display()),
            None if self.is_shared() => format!("everything is kept in the database{keys}"),
            None if self.token.is_given() => "nothing outlives this process but the keys on the token".to_owned(),
            None => "nothing outlives this process".to_owned(),
        }
    }

    /// Where audit reports go, unless the command line says otherwise.
    pub(crate) fn audit_reports(&self) -> Option<PathBuf> {
        self.data.as_ref().map(|directory| directory.join("audit-reports"))
    }

    fn passphrase(&self) -> Result<Option<Passphrase>, String> {
        match &self.passphrase_file {
            Some(file) => Passphrase::from_file("passphrase", file).map(Some),
            None => Ok(Passphrase::from_environment(PASSPHRASE)),
        }
    }

    fn needed_passphrase(&self) -> Result<Passphrase, String> {
        self.passphrase()?.ok_or_else(|| {
            format!("keys that are kept need a passphrase: give --passphrase-file FILE, or set {PASSPHRASE}")
        })
    }

    /// Opens what is kept.
    pub(crate) fn open(&self, options: &Arc<Options>, clock: &Arc<dyn Clock>) -> Result<Box<dyn Store>, String> {
        let token = self.token.open()?;
        if !self.is_kept() {
            return Ok(Box::new(MemoryStore::new(KeyRing { passphrase: None, token })));
        }
        let passphrase = if token.is_some() { self.passphrase()? } else { Some(self.needed_passphrase()?) };
        let keys = KeyRing { passphrase, token };
        let store = KeptStore::open(self.place()?, keys, Arc::clone(options), Arc::clone(clock));
        Ok(Box::new(store.map_err(|problem| format!("{}: {problem}", self.name()))?))
    }

    fn place(&self) -> Result<Place, String> {
        match (&self.data, &self.database) {
            (Some(directory), _) => in_directory(directory),
            (None, Some(url)) => in_database(url, self.database_roots.as_deref()),
            (None, None) => Err("there is no place for anything".to_owned()),
        }
    }

    /// Without what may be secret.
    fn name(&self) -> String {
        self.data.as_ref().map_or_else(|| "the database".to_owned(), |directory| directory.display().to_string())
    }
}

/// Carries out `change-passphrase`, and says what was done.
pub(crate) fn change_passphrase(mut arguments: impl Iterator<Item = String>) -> Result<String, String> {
    let mut storage = Storage::default();
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or_else(|| format!("{argument} needs a value"));
        match argument.as_str() {
            "--new-passphrase-file" => storage.new_passphrase_file = Some(value()?.into()),
            other => {
                if !storage.take(other, value)? {
                    return Err(format!("unknown argument '{argument}' of {CHANGE_PASSPHRASE}"));
                }
            }
        }
    }
    storage.check()?;
    if !storage.is_kept() {
        return Err(format!("{CHANGE_PASSPHRASE} needs --data DIR or --database URL"));
    }
    if storage.token.is_given() {
        return Err(format!("--pkcs11-module is not for {CHANGE_PASSPHRASE}: keys on a token have no passphrase"));
    }
    if let Some(directory) = storage.data.as_ref().filter(|directory| !directory.join(FILE).is_file()) {
        return Err(format!("{} has no authorities: there is no file {FILE} in it", directory.display()));
    }
    let from = storage.needed_passphrase()?;
    let to = match &storage.new_passphrase_file {
        Some(file) => Some(Passphrase::from_file("passphrase", file)?),
        None => Passphrase::from_environment(NEW_PASSPHRASE),
    };
    let to = to.ok_or_else(|| {
        format!("there is no new passphrase: give --new-passphrase-file FILE, or set {NEW_PASSPHRASE}")
    })?;
    let name = storage.name();
    let count = kept::change_passphrase(&*storage.place()?.documents, &from, &to);
    let count = count.map_err(|problem| format!("{name}: {problem}"))?;
    Ok(format!("the passphrase of {name} is changed; keys of authorities: {count}"))
}

/// The file of the ledger, which has the documents too.
const FILE: &str = "acm-pca.redb";

/// One file in a directory that others cannot read.
fn in_directory(directory: &Path) -> Result<Place, String> {
    let failed = |error: std::io::Error| format!("{}: {error}", directory.display());
    if !directory.is_dir() {
        make_directory(directory).map_err(failed)?;
    }
    let file = directory.join(FILE);
    let ledger = RedbLedger::open(&file).map_err(|error| {
        // redb says only that the lock of the file is taken.
        let is_open = std::error::Error::source(&error).is_some_and(|cause| cause.to_string().contains("already open"));
        match is_open {
            true => {
                format!("{} is in use by another process: one process has a directory at a time", directory.display())
            }
            false => error.to_string(),
        }
    })?;
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        std::fs::set_permissions(&file, mode).map_err(failed)?;
    }
    let ledger = Arc::new(ledger);
    Ok(Place { documents: ledger.clone(), ledger, is_far: false })
}

/// The database, by the runtime that this is called on, from a thread that may block.
#[cfg(feature = "postgres")]
fn in_database(url: &Url, roots: Option<&Path>) -> Result<Place, String> {
    use issuance::ledger::{Parked, PostgresLedger, PostgresSettings};
    use tokio::runtime::Handle;

    let mut settings = PostgresSettings::new(&url.0).map_err(|error| error.to_string())?;
    if let Some(password) = std::env::var_os("PGPASSWORD") {
        settings = settings.password(password.into_encoded_bytes());
    }
    if let Some(roots) = roots {
        let pem = std::fs::read_to_string(roots).map_err(|error| format!("{}: {error}", roots.display()))?;
        settings = settings.tls_roots_pem(pem);
    }
    let runtime = Handle::current();
    let ledger = runtime.block_on(async {
        PostgresLedger::migrate(&settings).await?;
        PostgresLedger::connect(&settings).await
    });
    let ledger = ledger.map_err(|error| with_causes(&error))?;
    // Every call comes from a thread that may block, and is polled there: no other has to be woken for it.
    let ledger = Arc::new(Parked::new(ledger, move |task| runtime.block_on(task)));
    Ok(Place { documents: ledger.clone(), ledger, is_far: true })
}

#[cfg(not(feature = "postgres"))]
fn in_database(_: &Url, _: Option<&Path>) -> Result<Place, String> {
    Err("this build does not support --database: build it with the feature postgres".to_owned())
}

/// Makes a directory, and those above it, that nobody else can read.
pub(crate) fn make_directory(directory: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(directory)
}
