//! A ledger that failed.

use crate::error::source::ErrorSource;

/// The ledger failed.
///
/// ```
/// use std::error::Error;
/// use std::io;
///
/// use issuance::ledger::LedgerError;
///
/// let away = io::Error::from(io::ErrorKind::ConnectionRefused);
/// let error = LedgerError::new("the database cannot be reached").retryable().caused_by(away);
/// assert_eq!(error.to_string(), "the ledger failed: the database cannot be reached");
/// assert!(error.source().is_some_and(|cause| cause.is::<io::Error>()));
/// ```
#[derive(Debug, Clone, thiserror::Error)]
#[error("the ledger failed: {reason}")]
#[non_exhaustive]
pub struct LedgerError {
    /// What failed, for an operator to read; what `source` says need not be said again.
    pub reason: String,
    /// Whether a retry may help: false, unless [`LedgerError::retryable`] says so.
    pub retryable: bool,
    /// The error of the store's library or service.
    pub source: Option<ErrorSource>,
}

impl LedgerError {
    /// A failure that a retry does not mend, without a cause.
    pub fn new(reason: impl Into<String>) -> LedgerError {
        LedgerError { reason: reason.into(), retryable: false, source: None }
    }

    /// A retry may help: the store was busy or away.
    #[must_use]
    pub fn retryable(self) -> LedgerError {
        LedgerError { retryable: true, ..self }
    }

    /// The error of the store's library or service.
    #[must_use]
    pub fn caused_by(self, cause: impl Into<ErrorSource>) -> LedgerError {
        LedgerError { source: Some(cause.into()), ..self }
    }
}
