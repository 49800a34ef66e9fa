//! What redb reports, as errors of the ledger.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use super::places::Place;
use crate::ledger::error::LedgerError;
use crate::ledger::form::FormError;
use crate::ledger::unwind::text_of;

/// An error of redb. What the disk refuses may be taken later; a damaged file is damaged for good.
pub(super) fn failed(doing: &str, error: impl Into<redb::Error>) -> LedgerError {
    let error = error.into();
    let retryable = matches!(error, redb::Error::Io(_) | redb::Error::DatabaseAlreadyOpen);
    let failure = LedgerError::new(format!("{doing}: {error}")).caused_by(error);
    if retryable { failure.retryable() } else { failure }
}

/// A row that does not decode.
pub(super) fn undecodable(table: &str, place: &Place, error: FormError) -> LedgerError {
    let serial = place.serial().map_or_else(|| "of no serial number".to_owned(), |serial| serial.to_string());
    LedgerError::new(format!("table {table}, row {serial}: {error}")).caused_by(error)
}

/// A row that another row speaks of and that is not there, or has another form.
pub(super) fn missing(table: &str, what: &str) -> LedgerError {
    LedgerError::new(format!("table {table}: {what}"))
}

/// Runs what uses the file. On a damaged page redb may panic.
pub(super) fn caught<T>(run: impl FnOnce() -> Result<T, LedgerError>) -> Result<T, LedgerError> {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|payload: Box<dyn Any + Send>| {
        Err(LedgerError::new(format!("the file is damaged: {}", text_of(payload))))
    })
}

/// Says which file.
pub(super) fn in_file(path: &Path, error: LedgerError) -> LedgerError {
    LedgerError { reason: format!("{}: {}", path.display(), error.reason), ..error }
}
