//! How the ledger reaches its database.

use std::net::IpAddr;
use std::time::Duration;

use rustls::ClientConfig;
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};

use super::tls;
use crate::ledger::{DEFAULT_LEASE_SECONDS, DEFAULT_WINDOW_SECONDS};

/// How a [`PostgresLedger`](super::PostgresLedger) reaches its database, and how long tokens and leases count.
///
/// ```
/// use std::time::Duration;
///
/// use issuance::ledger::PostgresSettings;
///
/// let settings = PostgresSettings::new("postgresql://issuer@127.0.0.1:5432/ca?sslmode=disable")?
///     .password("from a file that the issuer alone can read")
///     .pool_size(32)
///     .statement_limit(Duration::from_secs(5));
/// assert!(!format!("{settings:?}").contains("from a file"));
/// # Ok::<(), issuance::ledger::PostgresSettingsError>(())
/// ```
///
/// # TLS
/// A connection over a network has TLS, and the server's certificate must be valid for the host name of the URL under
/// [`tls_roots_pem`](PostgresSettings::tls_roots_pem): what libpq calls `verify-full`. Without roots, only the same machine
/// is connected to (a socket in the file system, or a loopback address), unless the URL says `sslmode=disable`.
#[derive(Clone)]
pub struct PostgresSettings {
    pub(super) config: Config,
    pub(super) schema: String,
    pub(super) pool_size: usize,
    pub(super) wait_limit: Duration,
    pub(super) connect_limit: Duration,
    pub(super) statement_limit: Duration,
    pub(super) window_seconds: u32,
    pub(super) lease_seconds: u32,
    pub(super) takes_unsafe: bool,
    roots_pem: Option<String>,
    identity_pem: Option<(String, String)>,
}

/// Settings that cannot be used. [`PostgresSettings`] has an example.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the settings of the PostgreSQL ledger are wrong: {0}")]
pub struct PostgresSettingsError(pub(super) String);

impl PostgresSettings {
    /// Settings from a URL, `postgresql://user@host:port/database?options`, or from the key-value text of libpq. Several hosts
    /// and `target_session_attrs=read-write` find the primary after a failover.
    ///
    /// # Errors
    /// When the text is neither, or has an option that `tokio-postgres` does not know.
    pub fn new(url: &str) -> Result<PostgresSettings, PostgresSettingsError> {
        let parsed = url.parse::<Config>();
        // The cause names the option, and never a value.
        let mut config = parsed.map_err(|error| {
            let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}"));
            PostgresSettingsError(format!("{error}{}", cause.unwrap_or_default()))
        })?;
        if config.get_application_name().is_none() {
            config.application_name("issuance");
        }
        Ok(PostgresSettings {
            config,
            schema: "issuance".to_owned(),
            pool_size: 16,
            wait_limit: Duration::from_secs(10),
            connect_limit: Duration::from_secs(5),
            statement_limit: Duration::from_secs(10),
            window_seconds: DEFAULT_WINDOW_SECONDS,
            lease_seconds: DEFAULT_LEASE_SECONDS,
            takes_unsafe: false,
            roots_pem: None,
            identity_pem: None,
        })
    }

    /// The password, where it does not stand in the URL.
    #[must_use]
    pub fn password(mut self, password: impl AsRef<[u8]>) -> Self {
        self.config.password(password);
        self
    }

    /// The certificates of the authorities that may have issued the server's certificate, in PEM. With them, connections have
    /// TLS, whatever the server offers.
    #[must_use]
    pub fn tls_roots_pem(mut self, pem: impl Into<String>) -> Self {
        self.roots_pem = Some(pem.into());
        self
    }

    /// The certificate that shows the server who connects, with those above it, and its private key; both in PEM.
    #[must_use]
    pub fn tls_identity_pem(mut self, certificates: impl Into<String>, private_key: impl Into<String>) -> Self {
        self.identity_pem = Some((certificates.into(), private_key.into()));
        self
    }

    /// The schema that the tables are in: `issuance` by default. It must be of lower-case letters, digits and underscores, begin with
    /// a letter, and have at most 63 characters.
    #[must_use]
    pub fn schema(mut self, name: impl Into<String>) -> Self {
        self.schema = name.into();
        self
    }

    /// How many connections there are at most: 16 by default. Each is used for one statement at a time.
    #[must_use]
    pub fn pool_size(mut self, connections: usize) -> Self {
        self.pool_size = connections;
        self
    }

    /// How long a caller waits for a free connection of the pool: 10 seconds by default.
    #[must_use]
    pub fn wait_limit(mut self, limit: Duration) -> Self {
        self.wait_limit = limit;
        self
    }

    /// How long connecting may take: 5 seconds by default.
    #[must_use]
    pub fn connect_limit(mut self, limit: Duration) -> Self {
        self.connect_limit = limit;
        self
    }

    /// How long a statement may take, on both sides of the connection: 10 seconds by default. The connection of one that takes
    /// longer is closed. A statement that was given up may have taken effect.
    #[must_use]
    pub fn statement_limit(mut self, limit: Duration) -> Self {
        self.statement_limit = limit;
        self
    }

    /// How long a token counts, in seconds: 5 minutes by default (R-IDM-1). All issuers of one database must have the same.
    #[must_use]
    pub fn window_seconds(mut self, seconds: u32) -> Self {
        self.window_seconds = seconds;
        self
    }

    /// How long a caller has to sign what it reserved before another may take it up, in seconds: 30 by default. All issuers of one
    /// database must have the same.
    #[must_use]
    pub fn lease_seconds(mut self, seconds: u32) -> Self {
        self.lease_seconds = seconds;
        self
    }

    /// Takes a server whose settings can lose what it acknowledged (`fsync` or `full_page_writes` off): for tests alone.
    #[must_use]
    pub fn accept_unsafe_server(mut self) -> Self {
        self.takes_unsafe = true;
        self
    }

    /// Checks what no single setting can know of the others, and returns the configuration of TLS if there is to be one.
    pub(super) fn checked(&self) -> Result<(Config, Option<ClientConfig>), PostgresSettingsError> {
        let wrong = |text: String| Err(PostgresSettingsError(text));
        let is_name = |name: &str| {
            name.len() <= 63
                && name.starts_with(|c: char| c.is_ascii_lowercase())
                && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
        };
        if !is_name(&self.schema) {
            return wrong(format!(
                "the schema '{}' must be 1 to 63 lower-case letters, digits and underscores, and begin with a letter",
                self.schema.escape_debug()
            ));
        }
        if self.pool_size == 0 {
            return wrong("the pool must have at least one connection".to_owned());
        }
        let mut config = self.config.clone();
        let tls = match &self.roots_pem {
            Some(_) if config.get_ssl_mode() == SslMode::Disable => {
                return wrong("sslmode=disable contradicts the TLS roots that are given".to_owned());
            }
            Some(roots) => {
                config.ssl_mode(SslMode::Require);
                let identity = self.identity_pem.as_ref();
                let identity = identity.map(|(certificates, key)| (certificates.as_str(), key.as_str()));
                Some(tls::client_config(roots, identity)?)
            }
            None if self.identity_pem.is_some() => {
                return wrong(
                    "a TLS identity needs the TLS roots that the server's certificate is verified under".to_owned(),
                );
            }
            None if config.get_ssl_mode() == SslMode::Disable => None,
            None if config.get_ssl_mode() == SslMode::Prefer && is_local(&config) => None,
            None => {
                return wrong(
                    "a connection over a network needs TLS roots, or sslmode=disable in the URL to go without TLS"
                        .to_owned(),
                );
            }
        };
        Ok((config, tls))
    }
}

impl std::fmt::Debug for PostgresSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The configuration hides its password.
        f.debug_struct("PostgresSettings")
            .field("config", &self.config)
            .field("schema", &self.schema)
            .field("pool_size", &self.pool_size)
            .finish_non_exhaustive()
    }
}

/// Whether all hosts are this machine.
fn is_local(config: &Config) -> bool {
    let host = |host: &Host| match host {
        Host::Tcp(name) => name == "localhost" || name.parse().is_ok_and(|address: IpAddr| address.is_loopback()),
        #[cfg(unix)]
        Host::Unix(_) => true,
    };
    config.get_hosts().iter().all(host) && config.get_hostaddrs().iter().all(IpAddr::is_loopback)
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::prelude::BASE64_STANDARD;

    use super::*;

    fn refusal(settings: &PostgresSettings) -> String {
        settings.checked().err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn a_network_needs_tls() {
        let settings = |url: &str| PostgresSettings::new(url).unwrap();
        for url in [
            "postgresql://a@127.0.0.1/b",
            "postgresql://a@localhost/b",
            "postgresql://a@[::1]/b",
            "host=/run/postgresql",
        ] {
            assert_eq!(refusal(&settings(url)), "", "{url}");
        }
        let far = "postgresql://a@db.example/b";
        assert!(refusal(&settings(far)).contains("needs TLS roots"));
        assert!(refusal(&settings(&format!("{far}?sslmode=require"))).contains("needs TLS roots"));
        assert!(refusal(&settings("postgresql://a@localhost,db.example/b")).contains("needs TLS roots"));
        assert_eq!(refusal(&settings(&format!("{far}?sslmode=disable"))), "");
        let pem = BASE64_STANDARD.encode(include_bytes!("../../../tests/data/pem/certificate.der"));
        let pem = format!("-----BEGIN CERTIFICATE-----\n{pem}\n-----END CERTIFICATE-----\n");
        let with_roots = settings(far).tls_roots_pem(&*pem);
        assert_eq!(with_roots.checked().unwrap().0.get_ssl_mode(), SslMode::Require);
        let contradiction = settings(&format!("{far}?sslmode=disable")).tls_roots_pem(&*pem);
        assert!(refusal(&contradiction).contains("contradicts"));
        assert!(refusal(&settings(far).tls_roots_pem("no PEM")).contains("TLS roots"));
        assert!(refusal(&settings(far).tls_identity_pem("", "")).contains("identity"));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let settings = PostgresSettings::new("host=/run/postgresql").unwrap();
        for schema in ["", "Upper", "1st", "a-b", "a\"; DROP TABLE b; --", &"a".repeat(64)] {
            assert!(refusal(&settings.clone().schema(schema)).contains("the schema"), "{schema}");
        }
        assert!(refusal(&settings.clone().pool_size(0)).contains("at least one connection"));
        let error = PostgresSettings::new("postgresql://a@b/c?sslmode=maybe").unwrap_err().to_string();
        assert!(error.contains("sslmode"), "{error}");
        let error = PostgresSettings::new("host=a password=secret colour=red").unwrap_err().to_string();
        assert!(error.contains("colour") && !error.contains("secret"), "{error}");
    }
}
