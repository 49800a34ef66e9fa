//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use issuance::authority::RevocationConfiguration;
use issuance::request::SerialFormat;
use issuance::{CertificateAuthorityArn, IssuanceOptions, Template};
use tokio_rustls::TlsAcceptor;
use uuid::Uuid;

use crate::access::{self, Access};
use crate::connections::Times;
use crate::host::Names;
use crate::policy::Limits;
use crate::scope::Scope;
use crate::service::Preloaded;
use crate::storage::Storage;
use crate::templates;
use crate::tls;
use crate::trials::{OffsetClock, Trials};

const MIB: usize = 1024 * 1024;

/// What the service is started with.
pub(crate) struct Options {
    pub(crate) listen: SocketAddr,
    /// Where lists, OCSP and health are answered, and nothing else, without TLS.
    pub(crate) public_listen: Option<SocketAddr>,
    /// Who may call; everybody if `None`.
    pub(crate) access: Option<Access>,
    pub(crate) tls: Option<TlsAcceptor>,
    /// What the operator should know before the service starts.
    pub(crate) warnings: Vec<String>,
    /// The names in `Host` that are answered, beside loopback names and the address of the connection.
    pub(crate) names: Names,
    /// Host and port of `--public-url`, which certificates name for lists and OCSP.
    pub(crate) publishes_at: Option<String>,
    /// Region and account of callers that tell none.
    pub(crate) scope: Scope,
    /// How ARNs of certificates print serial numbers.
    pub(crate) serial_format: SerialFormat,
    /// Whether requests for certificates are taken in every form that the library reads, not only in the service's.
    pub(crate) lenient: bool,
    /// What limits the certificates of every caller.
    pub(crate) limits: Option<Limits>,
    /// The custom templates that requests may ask for.
    pub(crate) templates: Vec<Template>,
    /// How long creating an authority waits for an RSA key; until it is made if `None`.
    pub(crate) wait_for_rsa_keys: Option<Duration>,
    /// What stands in place of the buckets: each is a directory below. A fresh one if `None`.
    pub(crate) audit_reports: Option<PathBuf>,
    /// Where things are kept.
    pub(crate) storage: Storage,
    pub(crate) max_connections: usize,
    /// How long clients may take.
    pub(crate) times: Times,
    /// How many bytes the bodies of requests may have together.
    pub(crate) body_memory: usize,
    /// Whether each request is a line on standard error.
    pub(crate) log: bool,
    /// The authorities that are there from the start.
    pub(crate) authorities: Vec<Preloaded>,
    /// Whether `POST /_reset` leads back to the start.
    pub(crate) allow_reset: bool,
    /// What calls meet on purpose.
    pub(crate) trials: Trials,
    /// By how many seconds the service's clock is off.
    pub(crate) clock_offset: i64,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            listen: SocketAddr::from(([127, 0, 0, 1], 8443)),
            public_listen: None,
            access: None,
            tls: None,
            warnings: Vec::new(),
            names: Names::default(),
            publishes_at: None,
            scope: Scope { region: "us-east-1".to_owned(), account: "123456789012".to_owned() },
            serial_format: SerialFormat::Hex,
            lenient: false,
            limits: None,
            templates: Vec::new(),
            // Shorter than clients wait for an answer.
            wait_for_rsa_keys: Some(Duration::from_secs(20)),
            audit_reports: None,
            storage: Storage::default(),
            max_connections: 512,
            times: Times {
                read: Duration::from_secs(30),
                write: Duration::from_secs(30),
                idle: Duration::from_secs(30),
            },
            body_memory: 64 * MIB,
            log: true,
            authorities: Vec::new(),
            allow_reset: false,
            trials: Trials::default(),
            clock_offset: 0,
        }
    }
}

impl Options {
    /// How certificates are issued.
    pub(crate) fn issuance(&self) -> IssuanceOptions {
        let options = IssuanceOptions::default().serial_format(self.serial_format).nine_bit_key_usage(true);
        let options = self.templates.iter().cloned().fold(options, IssuanceOptions::template);
        match &self.limits {
            Some(limits) => limits.add_to(options),
            None => options,
        }
    }
}

pub(crate) enum Command {
    Serve(Box<Options>),
    Help,
}

pub(crate) fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Command, String> {
    let mut options = Options::default();
    let mut gate = Gate::default();
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or_else(|| format!("{argument} needs a value"));
        match argument.as_str() {
            "--help" | "-h" => return Ok(Command::Help),
            "--hex-serials" => options.serial_format = SerialFormat::Hex,
            "--decimal-serials" => options.serial_format = SerialFormat::Decimal,
            "--lenient" => options.lenient = true,
            "--policy" => options.limits = Some(Limits::from_file(value()?.as_ref())?),
            "--template" => {
                let template = templates::from_file(value()?.as_ref(), &options.templates)?;
                options.templates.push(template);
            }
            "--wait-for-keys" => options.wait_for_rsa_keys = None,
            "--quiet" => options.log = false,
            "--listen" => options.listen = address(&value()?)?,
            "--public-listen" => options.public_listen = Some(address(&value()?)?),
            "--credentials" => gate.credentials = Some(value()?.into()),
            "--tls-cert" => gate.certificate = Some(value()?.into()),
            "--tls-key" => gate.key = Some(value()?.into()),
            "--insecure" => gate.insecure = true,
            "--allow-host" => options.names.add(&value()?)?,
            "--public-url" => {
                let (host, publishes_at) = public(&value()?)?;
                options.names.add(&host)?;
                options.publishes_at = publishes_at;
            }
            "--region" => {
                options.scope.region = value()?;
                gate.one_region = true;
            }
            "--account" => options.scope.account = value()?,
            "--audit-reports" => options.audit_reports = Some(value()?.into()),
            "--max-connections" => options.max_connections = number(&value()?, 1_000_000)?,
            "--max-body-memory" => options.body_memory = MIB * number(&value()?, 4095)?,
            "--read-timeout" => options.times.read = seconds(&value()?)?,
            "--write-timeout" => options.times.write = seconds(&value()?)?,
            "--idle-timeout" => options.times.idle = seconds(&value()?)?,
            "--authority" => options.authorities.push(Preloaded::from_files(&value()?)?),
            "--allow-reset" => options.allow_reset = true,
            "--fault" => options.trials.add_fault(&value()?)?,
            "--delay" => options.trials.add_delay(&value()?)?,
            "--in-progress" => options.trials.add_in_progress(&value()?)?,
            "--clock-offset" => options.clock_offset = OffsetClock::seconds_of(&value()?)?,
            other => {
                if !options.storage.take(other, value)? {
                    return Err(format!("unknown argument '{argument}'"));
                }
            }
        }
    }
    options.storage.check()?;
    let Scope { region, account } = &options.scope;
    CertificateAuthorityArn::new(region, account, &Uuid::nil().to_string()).map_err(|error| error.to_string())?;
    gate.close(&mut options)?;
    check_trials(&options, options.storage.is_kept())?;
    Ok(Command::Serve(Box::new(options)))
}

/// The options that decide who gets in, which only make sense together.
#[derive(Default)]
struct Gate {
    credentials: Option<PathBuf>,
    certificate: Option<PathBuf>,
    key: Option<PathBuf>,
    insecure: bool,
    /// Whether the region was named.
    one_region: bool,
}

impl Gate {
    fn close(self, options: &mut Options) -> Result<(), String> {
        if let Some(file) = &self.credentials {
            let region = self.one_region.then(|| options.scope.region.clone());
            options.access = Some(Access::from_file(file, region)?);
        }
        options.tls = match (&self.certificate, &self.key) {
            (Some(certificate), Some(key)) => Some(tls::acceptor(certificate, key)?),
            (None, None) => None,
            (Some(_), None) => return Err("--tls-cert needs --tls-key, the certificate's private key".to_owned()),
            (None, Some(_)) => return Err("--tls-key needs --tls-cert, the certificate for the key".to_owned()),
        };
        let secrets = self.credentials.iter().chain(&self.key).chain(options.storage.secrets());
        for file in secrets.filter(|file| access::others_can_read(file)) {
            let problem = "others than its owner can read the secrets in it; chmod 600 keeps them out";
            options.warnings.push(format!("{}: {problem}", file.display()));
        }
        let lacks = match (&options.access, &options.tls) {
            (Some(_), Some(_)) => return Ok(()),
            (None, Some(_)) => "--credentials FILE",
            (Some(_), None) => "--tls-cert FILE and --tls-key FILE",
            (None, None) => "--credentials FILE, --tls-cert FILE and --tls-key FILE",
        };
        if options.listen.ip().to_canonical().is_loopback() || self.insecure {
            return Ok(());
        }
        Err(format!(
            "{} is not a loopback address, so other machines could call: give {lacks}, or --insecure to let everybody in",
            options.listen
        ))
    }
}

/// What is for tests alone stays away from what is kept and from other machines.
fn check_trials(options: &Options, keeps: bool) -> Result<(), String> {
    let given = [
        ("--allow-reset", options.allow_reset),
        ("--fault, --delay or --in-progress", !options.trials.is_empty()),
        ("--clock-offset", options.clock_offset != 0),
    ];
    let for_tests = given.iter().find(|(_, given)| *given).map(|(name, _)| *name);
    if let Some(name) = for_tests.filter(|_| !options.listen.ip().to_canonical().is_loopback()) {
        let address = options.listen;
        return Err(format!("{name} is for tests on this machine, and {address} is not a loopback address"));
    }
    let for_tests = for_tests.or((!options.authorities.is_empty()).then_some("--authority"));
    match for_tests.filter(|_| keeps) {
        Some(name) => {
            Err(format!("{name} is for tests, whose authorities end with the process: leave out --data and --database"))
        }
        None => Ok(()),
    }
}

fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| format!("'{text}' is not an IP address and port"))
}

/// A number of seconds, up to a day.
fn seconds(text: &str) -> Result<Duration, String> {
    number(text, 86_400).map(|seconds| Duration::from_secs(seconds as u64))
}

/// The host, and with its port, if verifiers can come to it: they do not over TLS, whose certificate they would have to check first.
fn public(url: &str) -> Result<(String, Option<String>), String> {
    let wrong = || format!("'{url}' is not a URL that begins with http:// or https:// and a host");
    let uri: axum::http::Uri = url.parse().map_err(|_| wrong())?;
    match (uri.scheme_str(), uri.authority()) {
        (Some("https"), Some(authority)) => Ok((authority.host().to_owned(), None)),
        (Some("http"), Some(authority)) => {
            let port = authority.port().map_or_else(String::new, |port| format!(":{port}"));
            let publishes_at = format!("{}{port}", authority.host());
            // Custom names have no brackets, and so no IPv6 addresses.
            let fits = RevocationConfiguration::none().with_default_hosts(&publishes_at, &publishes_at).is_ok();
            Ok((authority.host().to_owned(), Some(publishes_at).filter(|_| fits)))
        }
        _ => Err(wrong()),
    }
}

fn number(text: &str, most: usize) -> Result<usize, String> {
    let number = text.parse().ok().filter(|number| (1..=most).contains(number));
    number.ok_or_else(|| format!("'{text}' is not a number from 1 to {most}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(arguments: &[&str]) -> Result<Options, String> {
        match parse(arguments.iter().map(|argument| (*argument).to_owned()))? {
            Command::Serve(options) => Ok(*options),
            Command::Help => Err("help".to_owned()),
        }
    }

    #[test]
    fn serial_numbers_are_hexadecimal_by_default() {
        assert_eq!(parsed(&[]).unwrap().serial_format, SerialFormat::Hex);
        assert_eq!(parsed(&["--hex-serials"]).unwrap().serial_format, SerialFormat::Hex);
        assert_eq!(parsed(&["--decimal-serials"]).unwrap().serial_format, SerialFormat::Decimal);
    }

    #[test]
    fn what_is_kept_has_a_place() {
        let storage = |arguments: &[&str]| parsed(arguments).map(|options| options.storage);
        assert!(!storage(&[]).unwrap().is_kept());
        assert!(storage(&["--data", "d", "--passphrase-file", "f"]).unwrap().is_kept());
        assert!(storage(&["--database", "postgresql://h/d", "--database-roots", "f"]).unwrap().is_shared());
        for wrong in [
            &["--passphrase-file", "f"][..],
            &["--data", "d", "--database", "u"],
            &["--data", "d", "--database-roots", "f"],
            &["--data", "d", "--allow-reset"],
            &["--database", "u", "--clock-offset", "+1h"],
        ] {
            assert!(storage(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        for wrong in [
            &["--region", "US"][..],
            &["--account", "12"],
            &["--allow-host", "a b"],
            &["--public-url", "pca.example.com"],
            &["--public-url", "ftp://pca.example.com"],
            &["--max-connections", "0"],
            &["--read-timeout", "x"],
            &["--read-timeout"],
            &["--policy", "/nowhere"],
            &["--template", "/nowhere"],
            &["--nothing"],
            &["--listen", "localhost:1"],
            &["--public-listen", "8080"],
            &["--credentials", "/nowhere"],
            &["--tls-cert", "/nowhere"],
            &["--tls-key", "/nowhere"],
            &["--tls-cert", "/nowhere", "--tls-key", "/nowhere"],
            &["--max-body-memory", "0"],
            &["--write-timeout", "0"],
        ] {
            assert!(parsed(wrong).is_err(), "{wrong:?}");
        }
        for right in ["https://pca.example.com/", "http://pca.example.com:8443", "http://[::1]:1"] {
            assert!(parsed(&["--public-url", right]).is_ok(), "{right}");
        }
        let publishes_at = |url| parsed(&["--public-url", url]).unwrap().publishes_at;
        assert_eq!(publishes_at("http://pca.example.com:8443/").as_deref(), Some("pca.example.com:8443"));
        assert_eq!(publishes_at("https://pca.example.com:8443"), None);
        assert_eq!(publishes_at("http://[::1]:1"), None);
    }

    #[test]
    fn other_machines_come_in_by_credentials_and_tls_alone() {
        for address in ["0.0.0.0:8443", "[::]:8443", "192.0.2.1:8443"] {
            let problem = parsed(&["--listen", address]).err().unwrap();
            assert!(problem.contains("give --credentials FILE, --tls-cert FILE and --tls-key FILE"), "{problem}");
            assert!(parsed(&["--listen", address, "--insecure"]).is_ok());
        }
        for address in ["127.0.0.1:1", "127.9.9.9:1", "[::1]:1", "[::ffff:127.0.0.1]:1"] {
            assert!(parsed(&["--listen", address]).is_ok(), "{address}");
        }
        assert!(parsed(&["--public-listen", "0.0.0.0:80"]).is_ok());
    }

    #[test]
    fn what_is_for_tests_stays_on_this_machine_and_in_memory() {
        for given in [
            &["--allow-reset"][..],
            &["--fault", "issue-certificate=ThrottlingException:0.1"],
            &["--delay", "issue-certificate=1s"],
            &["--in-progress", "get-certificate=1"],
            &["--clock-offset", "-1h"],
        ] {
            let options = parsed(given).unwrap();
            assert!(check_trials(&options, true).is_err(), "{given:?}");
            let elsewhere = [given, &["--listen", "192.0.2.1:8443", "--insecure"]].concat();
            let problem = parsed(&elsewhere).err().unwrap();
            assert!(problem.contains("192.0.2.1:8443 is not a loopback address"), "{problem}");
        }
        assert!(check_trials(&parsed(&[]).unwrap(), true).is_ok());
    }
}
