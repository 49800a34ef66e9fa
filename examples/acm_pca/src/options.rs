//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use issuance::authority::RevocationConfiguration;
use issuance::request::SerialFormat;
use issuance::{CertificateAuthorityArn, IssuanceOptions, Template};
use uuid::Uuid;

use crate::host::Names;
use crate::policy::Limits;
use crate::scope::Scope;
use crate::storage::Storage;
use crate::templates;

/// What the service is started with.
pub(crate) struct Options {
    pub(crate) listen: SocketAddr,
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
    /// How long a client may take to begin a request, to send its head, and to send its body.
    pub(crate) read_timeout: Duration,
    /// Whether each request is a line on standard error.
    pub(crate) log: bool,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            listen: SocketAddr::from(([127, 0, 0, 1], 8443)),
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
            read_timeout: Duration::from_secs(30),
            log: true,
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

pub(crate) const HELP: &str = "\
An ACM-PCA endpoint for local development and tests.

  --listen ADDRESS       IP address and port, 127.0.0.1:8443 by default; port 0 takes a free one
  --allow-host HOST      answer requests for this host, too; may be given again. Loopback names and the address by which a
                         client comes are always answered, any other Host is refused
  --public-url URL       where clients reach the service; its host is answered. Of http://HOST:PORT, certificates say that their
                         lists and OCSP are there, unless the authority has a custom name for them
  --region REGION        the region of callers whose signature names none, us-east-1 by default; the partition follows it
  --account ID           the account of callers whose access key is not 12 digits: 12 digits, 123456789012 by default
  --hex-serials          ARNs of certificates end in hexadecimal, as the live service's; this is the default
  --decimal-serials      ARNs of certificates end in decimal
  --lenient              take requests for certificates in DER and under NEW CERTIFICATE REQUEST, which the live service refuses
  --policy FILE          refuse certificates that a policy refuses, also those of authorities: a policy in TOML or JSON
                         (docs/policies.md), or a policy document of IAM for acm-pca:IssueCertificate, told apart by content
  --template FILE        a custom template in TOML or JSON (docs/policies.md); may be given again
  --wait-for-keys        creating an authority waits for its key, however long that takes; by default 20 seconds for an RSA key
  --data DIR             keep everything in this directory, over restarts and crashes; by default in memory. Keys are encrypted under
                         a passphrase. One process at a time
  --database URL         keep everything in this PostgreSQL database (postgresql://user@host/database; the password may be in
                         PGPASSWORD), which several processes may share. Over a network it needs --database-roots
  --database-roots FILE  the certificates, in PEM, that the server's certificate is checked by
  --passphrase-file FILE the passphrase, but for a line feed at its end; without it the environment variable ACM_PCA_PASSPHRASE
  --audit-reports DIR    where audit reports go, a directory for each bucket; with --data below it, else a fresh one in the
                         temporary directory by default
  --max-connections N    how many connections there are at a time, 512 by default; more wait
  --read-timeout SECONDS how long a client may take to begin a request, to send its head, and to send its body, 30 by default
  --quiet                no request log; by default standard error has a line for each request
  --help                 this text

acm-pca change-passphrase --data DIR (or --database URL) --passphrase-file FILE --new-passphrase-file FILE encrypts the keys under another passphrase,
while no process has the directory. In place of the files, ACM_PCA_PASSPHRASE and ACM_PCA_NEW_PASSPHRASE can be set.
";

pub(crate) fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Command, String> {
    let mut options = Options::default();
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
            "--listen" => {
                let text = value()?;
                options.listen = text.parse().map_err(|_| format!("'{text}' is not an IP address and port"))?;
            }
            "--allow-host" => options.names.add(&value()?)?,
            "--public-url" => {
                let (host, publishes_at) = public(&value()?)?;
                options.names.add(&host)?;
                options.publishes_at = publishes_at;
            }
            "--region" => options.scope.region = value()?,
            "--account" => options.scope.account = value()?,
            "--audit-reports" => options.audit_reports = Some(value()?.into()),
            "--max-connections" => options.max_connections = number(&value()?, 1_000_000)?,
            "--read-timeout" => options.read_timeout = Duration::from_secs(number(&value()?, 86_400)? as u64),
            other => {
                if !options.storage.take(other, value)? {
                    return Err(format!("unknown argument '{argument}'"));
                }
            }
        }
    }
    options.storage.check()?;
    let Scope { region, account } = &options.scope;
    match CertificateAuthorityArn::new(region, account, &Uuid::nil().to_string()) {
        Ok(_) => Ok(Command::Serve(Box::new(options))),
        Err(error) => Err(error.to_string()),
    }
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
}
