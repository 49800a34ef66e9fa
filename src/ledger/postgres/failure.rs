//! What went wrong between the ledger and its database, and whether another attempt may help.

use std::error::Error;
use std::time::Duration;

use deadpool_postgres::{PoolError, TimeoutType};
use tokio_postgres::error::SqlState;

use super::waiting::jittered;
use crate::ledger::error::LedgerError;

/// How often a step that may be repeated is tried.
const ATTEMPTS: u32 = 4;

/// The first pause between attempts; each that follows is twice as long.
const PAUSE: Duration = Duration::from_millis(25);

/// A failure, and whether the ledger tries again by itself.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) error: LedgerError,
    is_transient: bool,
}

impl From<LedgerError> for Failure {
    fn from(error: LedgerError) -> Failure {
        Failure { error, is_transient: false }
    }
}

impl From<Failure> for LedgerError {
    fn from(failure: Failure) -> LedgerError {
        failure.error
    }
}

impl Failure {
    /// A failure that the next attempt may not meet.
    pub(super) fn transient(error: LedgerError) -> Failure {
        Failure { error: error.retryable(), is_transient: true }
    }

    /// The time that a step may take is over. The next attempt would take as long.
    pub(super) fn too_slow(what: &str, limit: Duration) -> Failure {
        let seconds = limit.as_secs_f64();
        LedgerError::new(format!("{what} took longer than the limit of {seconds} s")).retryable().into()
    }

    pub(super) fn of_pool(error: PoolError, wait: Duration, connect: Duration) -> Failure {
        match error {
            PoolError::Timeout(TimeoutType::Wait) => {
                Failure::too_slow("waiting for a free connection of the pool", wait)
            }
            PoolError::Timeout(_) => Failure::too_slow("connecting to the database", connect),
            PoolError::Backend(error) => Failure::of_database("it cannot connect to the database", error),
            other => LedgerError::new("it cannot get a connection to the database").caused_by(other).into(),
        }
    }

    pub(super) fn of_database(what: &str, error: tokio_postgres::Error) -> Failure {
        let (reason, class) = match error.as_db_error() {
            Some(said) => (format!("{what}: {} ({})", said.message(), said.code().code()), class_of(said.code())),
            // The connection broke, or there was none.
            None if error.is_closed() || is_io(&error) => (format!("{what}: the connection failed"), Class::Transient),
            None => (what.to_owned(), Class::Lasting),
        };
        let error = LedgerError::new(reason).caused_by(error);
        match class {
            Class::Transient => Failure::transient(error),
            Class::Busy => error.retryable().into(),
            Class::Lasting => error.into(),
        }
    }
}

/// Whether the cause is the network and not what was said over it.
fn is_io(error: &tokio_postgres::Error) -> bool {
    let mut cause = error.source();
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<std::io::Error>() {
            // A certificate that is not accepted will not be the next time.
            return !error.get_ref().is_some_and(|inner| inner.is::<rustls::Error>());
        }
        cause = error.source();
    }
    // Every host of several was tried.
    error.to_string().starts_with("error connecting")
}

enum Class {
    /// The next attempt may succeed at once.
    Transient,
    /// A retry may help, but not at once.
    Busy,
    /// A retry does not help.
    Lasting,
}

/// What the code of an error says of the next attempt (PostgreSQL, appendix A).
fn class_of(code: &SqlState) -> Class {
    match code.code() {
        // A statement that took too long, and a database that is a standby or is being restored.
        "57014" | "25006" => Class::Busy,
        // The server goes down, or comes up; a deadlock, or a conflict of serializable transactions.
        code if ["08", "40", "57"].iter().any(|class| code.starts_with(class)) => Class::Transient,
        // Resources are used up, such as connections and disks; a lock was not to be had; the system failed.
        code if ["53", "55", "58"].iter().any(|class| code.starts_with(class)) => Class::Busy,
        _ => Class::Lasting,
    }
}

/// Runs a step that may be repeated, until it succeeds, fails for good, or was tried often enough.
pub(super) async fn repeated<T, F: Future<Output = Result<T, Failure>>>(
    mut attempt: impl FnMut() -> F,
) -> Result<T, LedgerError> {
    let mut pause = PAUSE;
    for _ in 1..ATTEMPTS {
        match attempt().await {
            Err(failure) if failure.is_transient => tokio::time::sleep(jittered(pause)).await,
            outcome => return outcome.map_err(LedgerError::from),
        }
        pause *= 2;
    }
    attempt().await.map_err(LedgerError::from)
}
