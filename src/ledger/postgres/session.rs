//! Connections to the database, what is set on each, and one statement on one of them.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::{Connect, Manager, ManagerConfig, Object, Pool, RecyclingMethod, Runtime};
use rustls::ClientConfig;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tokio::time::error::Elapsed;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Config, NoTls, Row};

use super::failure::Failure;
use super::settings::{PostgresSettings, PostgresSettingsError};
use super::tls::Tls;
use crate::ledger::error::LedgerError;

pub(super) type Parameters<'p> = &'p [&'p (dyn ToSql + Sync)];

/// Connects, and then sets what statements rely on. Where a database has no such settings, none are set.
struct Connector {
    tls: Option<Arc<ClientConfig>>,
    set_up: String,
}

impl Connector {
    fn new(tls: Option<ClientConfig>, statement_limit: Duration) -> Connector {
        // Every statement is a look-up by an index, and there are no statistics that could show it while a table is new: a plan that
        // reads whole tables would be kept while they grow. One plan serves every size of a group, and making it costs more than running
        // it. A commit that is acknowledged is on the disk, whatever the
        // database's own default is.
        let set_up = format!(
            "SELECT set_config(name, CASE name WHEN 'statement_timeout' THEN '{}' WHEN 'synchronous_commit' THEN 'on' \
             WHEN 'plan_cache_mode' THEN 'force_generic_plan' ELSE 'off' END, false) FROM pg_settings \
             WHERE name IN ('enable_hashjoin', 'enable_mergejoin', 'enable_seqscan', 'plan_cache_mode', \
             'statement_timeout') \
             OR name = 'synchronous_commit' AND setting = 'off'",
            statement_limit.as_millis().clamp(1, 86_400_000)
        );
        Connector { tls: tls.map(Arc::new), set_up }
    }
}

/// A connection, and the task that drives it.
async fn connect(
    config: Config,
    tls: Option<Arc<ClientConfig>>,
) -> Result<(Client, JoinHandle<()>), tokio_postgres::Error> {
    // Why a connection ended is said by each statement that fails for it.
    match tls {
        None => {
            let (client, connection) = config.connect(NoTls).await?;
            Ok((client, tokio::spawn(async { drop(connection.await) })))
        }
        Some(tls) => {
            let (client, connection) = config.connect(Tls(tls)).await?;
            Ok((client, tokio::spawn(async { drop(connection.await) })))
        }
    }
}

impl Connect for Connector {
    fn connect(
        &self,
        config: &Config,
    ) -> Pin<Box<dyn Future<Output = Result<(Client, JoinHandle<()>), tokio_postgres::Error>> + Send + '_>> {
        let config = config.clone();
        Box::pin(async move {
            let (client, task) = connect(config, self.tls.clone()).await?;
            client.simple_query(&self.set_up).await?;
            Ok((client, task))
        })
    }
}

/// What runs the connections would panic without it.
pub(super) fn check_runtime() -> Result<(), Failure> {
    match Handle::try_current() {
        Ok(_) => Ok(()),
        Err(error) => Err(LedgerError::new("the ledger must be called on a tokio runtime").caused_by(error).into()),
    }
}

/// One connection for the migration, without a limit on its statements.
pub(super) async fn alone(settings: &PostgresSettings) -> Result<Client, Failure> {
    check_runtime()?;
    let (config, tls) = settings.checked().map_err(unusable)?;
    let connected = tokio::time::timeout(settings.connect_limit, connect(config, tls.map(Arc::new))).await;
    let connected = connected.map_err(|_| Failure::too_slow("connecting to the database", settings.connect_limit))?;
    let (client, _) = connected.map_err(|error| Failure::of_database("it cannot connect to the database", error))?;
    Ok(client)
}

pub(super) fn unusable(error: PostgresSettingsError) -> Failure {
    LedgerError::new(error.to_string()).into()
}

/// The connections of a ledger.
#[derive(Debug)]
pub(super) struct Sessions {
    pool: Pool,
    wait_limit: Duration,
    connect_limit: Duration,
    statement_limit: Duration,
}

impl Sessions {
    pub(super) fn new(settings: &PostgresSettings) -> Result<Sessions, Failure> {
        let PostgresSettings { wait_limit, connect_limit, statement_limit, .. } = *settings;
        let (config, tls) = settings.checked().map_err(unusable)?;
        let connector = Connector::new(tls, statement_limit);
        let method = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let pool = Pool::builder(Manager::from_connect(config, connector, method))
            .max_size(settings.pool_size)
            .wait_timeout(Some(wait_limit))
            .create_timeout(Some(connect_limit))
            .recycle_timeout(Some(connect_limit))
            .runtime(Runtime::Tokio1)
            .build();
        let pool = pool.map_err(|error| LedgerError::new("the pool cannot be built").caused_by(error))?;
        Ok(Sessions { pool, wait_limit, connect_limit, statement_limit })
    }

    /// How long a statement may take, or several that are one step.
    pub(super) fn statement_limit(&self) -> Duration {
        self.statement_limit
    }

    pub(super) async fn get(&self) -> Result<Object, Failure> {
        check_runtime()?;
        let got = self.pool.get().await;
        got.map_err(|error| Failure::of_pool(error, self.wait_limit, self.connect_limit))
    }

    /// The rows that a statement returns.
    pub(super) async fn rows(&self, what: &str, text: &str, parameters: Parameters<'_>) -> Result<Vec<Row>, Failure> {
        let session = self.get().await?;
        let run = async {
            let statement = session.prepare_cached(text).await?;
            session.query(&statement, parameters).await
        };
        let outcome = tokio::time::timeout(self.statement_limit, run).await;
        self.judge(what, session, outcome)
    }

    /// How many rows a statement changes.
    pub(super) async fn change(&self, what: &str, text: &str, parameters: Parameters<'_>) -> Result<u64, Failure> {
        let session = self.get().await?;
        let run = async {
            let statement = session.prepare_cached(text).await?;
            session.execute(&statement, parameters).await
        };
        let outcome = tokio::time::timeout(self.statement_limit, run).await;
        self.judge(what, session, outcome)
    }

    pub(super) fn judge<T>(
        &self,
        what: &str,
        session: Object,
        outcome: Result<Result<T, tokio_postgres::Error>, Elapsed>,
    ) -> Result<T, Failure> {
        match outcome {
            Ok(answer) => answer.map_err(|error| Failure::of_database(what, error)),
            Err(_) => {
                // Whatever comes over this connection after all belongs to nobody.
                drop(Object::take(session));
                Err(Failure::too_slow(what, self.statement_limit))
            }
        }
    }
}
