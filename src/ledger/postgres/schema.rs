//! The tables, by version. A version is made by one transaction, and is never changed once it was released.

use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

use super::failure::Failure;
use super::row::{undecodable, value};
use super::session::{Sessions, alone};
use super::settings::PostgresSettings;
use crate::ledger::error::LedgerError;

/// What makes each version of the one before it.
const VERSIONS: [&str; 4] = [
    include_str!("schema/1.sql"),
    include_str!("schema/2.sql"),
    include_str!("schema/3.sql"),
    include_str!("schema/4.sql"),
];

/// The version that this crate reads and writes.
pub(super) const VERSION: i32 = VERSIONS.len() as i32;

/// What a migration found and what it left behind. [`PostgresLedger`](super::PostgresLedger) has an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Migration {
    /// The version of the schema before; 0 where there was none.
    pub from: i32,
    /// The version now.
    pub to: i32,
}

/// What to say of another version than the one that is needed.
fn check_version(schema: &str, found: i32) -> Result<(), Failure> {
    let error = match found {
        VERSION => return Ok(()),
        0 => format!("the schema {schema} has no tables of a ledger: PostgresLedger::migrate makes them"),
        older if older < VERSION => {
            format!(
                "the schema {schema} has version {older}, and {VERSION} is needed: PostgresLedger::migrate makes it so"
            )
        }
        newer => newer_than_known(schema, newer),
    };
    Err(LedgerError::new(error).into())
}

fn newer_than_known(schema: &str, newer: i32) -> String {
    format!("the schema {schema} has version {newer}, made by a later release: this one knows versions up to {VERSION}")
}

/// Whether the tables are those that this crate knows.
pub(super) async fn check(sessions: &Sessions, schema: &str) -> Result<(), Failure> {
    let text = format!("SELECT max(version) FROM {schema}.schema_version");
    let rows = match sessions.rows("the version of the schema", &text, &[]).await {
        Err(failure) if is_missing(&failure) => return check_version(schema, 0),
        rows => rows?,
    };
    let found = rows.first().map(|row| value::<Option<i32>>(row, 0, "the version of the schema"));
    check_version(schema, found.transpose()?.flatten().unwrap_or_default())
}

/// Whether the server's own settings lose nothing that it acknowledged.
pub(super) async fn check_server(sessions: &Sessions) -> Result<(), Failure> {
    let text = "SELECT name FROM pg_settings WHERE name IN ('fsync', 'full_page_writes') AND setting = 'off'";
    let rows = sessions.rows("the settings of the server", text, &[]).await?;
    let Some(row) = rows.first() else { return Ok(()) };
    let name: &str = value(row, 0, "the settings of the server")?;
    let reason = format!("the server has {name} = off, so it can lose what it acknowledged: turn it on");
    Err(LedgerError::new(reason).into())
}

/// Whether there is no such table or schema.
fn is_missing(failure: &Failure) -> bool {
    let source = failure.error.source.as_deref();
    let code = source.and_then(|error| error.downcast_ref::<tokio_postgres::Error>()?.code());
    code.is_some_and(|code| [SqlState::UNDEFINED_TABLE, SqlState::INVALID_SCHEMA_NAME].contains(code))
}

/// How often a migration is tried that another one is in the way of.
const ATTEMPTS: u32 = 10;

/// Brings the tables to the version that this crate knows, one version a transaction.
pub(super) async fn migrate(settings: &PostgresSettings) -> Result<Migration, Failure> {
    let client = alone(settings).await?;
    let schema = &settings.schema;
    let mut from = None;
    for _ in 0..ATTEMPTS {
        match found(&client, schema).await? {
            VERSION => return Ok(Migration { from: from.unwrap_or(VERSION), to: VERSION }),
            newer if newer > VERSION => return Err(LedgerError::new(newer_than_known(schema, newer)).into()),
            version => {
                from.get_or_insert(version);
                step(&client, schema, version).await?;
            }
        }
    }
    let reason = format!("the schema {schema} is being migrated by another process");
    Err(Failure::transient(LedgerError::new(reason)))
}

async fn found(client: &Client, schema: &str) -> Result<i32, Failure> {
    let text = format!("SELECT max(version) FROM {schema}.schema_version");
    match client.query_one(&text, &[]).await {
        Ok(row) => Ok(value::<Option<i32>>(&row, 0, "the version of the schema")?.unwrap_or_default()),
        Err(error) => match Failure::of_database("the version of the schema", error) {
            failure if is_missing(&failure) => Ok(0),
            failure => Err(failure),
        },
    }
}

/// One version up. Of several that try, the row of the version lets one through; the others see it done.
async fn step(client: &Client, schema: &str, version: i32) -> Result<(), Failure> {
    let next = version + 1;
    let place = usize::try_from(version).ok();
    let text = place.and_then(|place| VERSIONS.get(place));
    let text = text.ok_or_else(|| undecodable("the version of the schema", &format_args!("it is {version}")))?;
    let tables = text.replace("{s}", schema);
    // A role that may not create a schema may still be given one.
    let there = client.query("SELECT 1 FROM pg_namespace WHERE nspname = $1", &[&schema]).await;
    let there = there.map_err(|error| Failure::of_database("the schema", error))?;
    let create = if there.is_empty() { format!("CREATE SCHEMA {schema};") } else { String::new() };
    let text = format!(
        "BEGIN; {create} \
         CREATE TABLE IF NOT EXISTS {schema}.schema_version ( \
             version integer PRIMARY KEY, migrated_at timestamptz NOT NULL DEFAULT now()); \
         INSERT INTO {schema}.schema_version (version) VALUES ({next}); \
         {tables} \
         COMMIT"
    );
    let Err(error) = client.batch_execute(&text).await else { return Ok(()) };
    if !error.is_closed() {
        let undone = client.batch_execute("ROLLBACK").await;
        undone.map_err(|error| Failure::of_database("the migration cannot be undone", error))?;
    }
    let in_the_way = [
        SqlState::UNIQUE_VIOLATION,
        SqlState::DUPLICATE_SCHEMA,
        SqlState::DUPLICATE_TABLE,
        SqlState::T_R_DEADLOCK_DETECTED,
        SqlState::T_R_SERIALIZATION_FAILURE,
    ];
    match error.code().is_some_and(|code| in_the_way.contains(code)) {
        true => Ok(()),
        false => Err(Failure::of_database(&format!("the migration to version {next} failed"), error)),
    }
}
