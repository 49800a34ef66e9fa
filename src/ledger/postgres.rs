//! A ledger on PostgreSQL, for issuers on many machines.

mod answers;
mod documents;
mod end;
mod failure;
mod gather;
mod known;
mod questions;
mod reserve;
mod row;
pub(crate) mod schema;
mod session;
pub(crate) mod settings;
mod statements;
mod tls;
mod waiting;

use std::sync::Arc;

use tokio_postgres::Row;

use self::failure::{Failure, repeated};
use self::gather::Queue;
use self::known::Known;
use self::schema::Migration;
use self::session::{Parameters, Sessions};
use self::settings::PostgresSettings;
use self::statements::Statements;
use self::waiting::Waiting;
use super::answer::Signed;
use super::error::LedgerError;
use super::intent::Intent;

/// A ledger in a PostgreSQL database, or in one that speaks its language: for issuers on many machines, which share it. It is an
/// [`AsyncLedger`](super::awaited::AsyncLedger) and needs tokio. Clones share one pool of connections.
///
/// Each call is one statement, or one for each 256 items, and a second where something stands against an item. Callers that come at
/// the same time share statements. A statement is a
/// transaction by itself: nothing rests on locks, notifications or sessions. What is asked twice has the answer of the first
/// time, so a call whose connection breaks is repeated up to three times, unless that could give a number or a lease twice.
/// `docs/ledger.md` says how to run it: settings of the server, roles, backups, sizes, and what each kind of crash leaves behind.
///
/// ```no_run
/// use std::sync::Arc;
///
/// use issuance::ledger::{PostgresLedger, PostgresSettings};
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let settings = PostgresSettings::new("postgresql://issuer@/ca?host=/run/postgresql")?;
/// // Once for each release, by a role that may create tables.
/// PostgresLedger::migrate(&settings).await?;
/// let ledger = Arc::new(PostgresLedger::connect(&settings).await?);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct PostgresLedger(Arc<Inner>);

/// What clones share.
struct Inner {
    sessions: Sessions,
    statements: Statements,
    known: Known,
    waiting: Waiting,
    reserving: Queue<Intent>,
    committing: Queue<Signed>,
    window_seconds: u32,
    lease_seconds: u32,
}

impl PostgresLedger {
    /// Connects to a database whose tables are those that this release knows.
    ///
    /// # Errors
    /// When the settings are wrong, the database cannot be reached ([retryable](LedgerError::retryable)), its schema is missing, older or
    /// newer, or the server has `fsync` or `full_page_writes` off.
    pub async fn connect(settings: &PostgresSettings) -> Result<PostgresLedger, LedgerError> {
        let sessions = Sessions::new(settings)?;
        let schema = settings.schema.as_str();
        repeated(|| schema::check(&sessions, schema)).await?;
        if !settings.takes_unsafe {
            repeated(|| schema::check_server(&sessions)).await?;
        }
        let PostgresSettings { window_seconds, lease_seconds, .. } = *settings;
        let statements = Statements::new(schema);
        Ok(PostgresLedger(Arc::new(Inner {
            sessions,
            statements,
            known: Known::default(),
            waiting: Waiting::default(),
            reserving: Queue::default(),
            committing: Queue::default(),
            window_seconds,
            lease_seconds,
        })))
    }

    /// Creates the tables, or brings those of an earlier release to the version that this one knows. Several may try at once. Issuers of
    /// the earlier release may go on meanwhile and afterwards, until they connect anew.
    ///
    /// # Errors
    /// When the database cannot be reached, the role may not create tables, or the schema was made by a later release.
    pub async fn migrate(settings: &PostgresSettings) -> Result<Migration, LedgerError> {
        Ok(schema::migrate(settings).await?)
    }
}

impl std::fmt::Debug for PostgresLedger {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PostgresLedger").field("sessions", &self.0.sessions).finish_non_exhaustive()
    }
}

impl Inner {
    async fn rows(&self, what: &str, text: &str, parameters: Parameters<'_>) -> Result<Vec<Row>, Failure> {
        let rows = self.sessions.rows(what, text, parameters).await;
        rows.inspect_err(|_| self.known.doubt())
    }

    async fn change(&self, what: &str, text: &str, parameters: Parameters<'_>) -> Result<u64, Failure> {
        let changed = self.sessions.change(what, text, parameters).await;
        changed.inspect_err(|_| self.known.doubt())
    }
}
