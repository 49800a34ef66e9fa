//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use issuance::{ArnError, CertificateAuthorityArn, SerialFormat};
use uuid::Uuid;

/// What the service is started with.
pub struct Options {
    pub listen: SocketAddr,
    /// The region in ARNs.
    pub region: String,
    /// The account in ARNs: 12 digits.
    pub account: String,
    /// How ARNs of certificates print serial numbers.
    pub serial_format: SerialFormat,
    /// What stands in place of the buckets: each is a directory below.
    pub audit_reports: PathBuf,
}

impl Options {
    /// The ARN of an authority, in the partition that its region is in.
    pub fn authority_arn(&self, id: Uuid) -> Result<CertificateAuthorityArn, ArnError> {
        let Options { region, account, .. } = self;
        let partition = match region.split('-').collect::<Vec<_>>()[..] {
            ["cn", ..] => "aws-cn",
            ["us", "gov", ..] => "aws-us-gov",
            _ => "aws",
        };
        format!("arn:{partition}:acm-pca:{region}:{account}:certificate-authority/{id}").parse()
    }
}

pub enum Command {
    Serve(Options),
    Help,
}

pub const HELP: &str = "\
An ACM-PCA endpoint for local development and tests.

  --listen ADDRESS       IP address and port, 127.0.0.1:8443 if not said; port 0 takes a free one
  --region REGION        the region in ARNs, which also tells their partition, us-east-1 if not said
  --account ID           the account in ARNs, 12 digits, 123456789012 if not said
  --hex-serials          ARNs of certificates end in hexadecimal, as the live service's; decimal if not said
  --audit-reports DIR    where audit reports go, a directory for each bucket; below the system's temporary one if not said
  --help                 this text
";

pub fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Command, String> {
    let mut options = Options {
        listen: SocketAddr::from(([127, 0, 0, 1], 8443)),
        region: "us-east-1".to_owned(),
        account: "123456789012".to_owned(),
        serial_format: SerialFormat::Decimal,
        audit_reports: std::env::temp_dir().join("acm-pca-audit-reports"),
    };
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or_else(|| format!("{argument} needs a value"));
        match argument.as_str() {
            "--help" | "-h" => return Ok(Command::Help),
            "--hex-serials" => options.serial_format = SerialFormat::Hex,
            "--listen" => {
                let text = value()?;
                options.listen = text.parse().map_err(|_| format!("'{text}' is not an IP address and port"))?;
            }
            "--region" => options.region = value()?,
            "--account" => options.account = value()?,
            "--audit-reports" => options.audit_reports = value()?.into(),
            _ => return Err(format!("unknown argument '{argument}'")),
        }
    }
    match options.authority_arn(Uuid::nil()) {
        Ok(_) => Ok(Command::Serve(options)),
        Err(error) => Err(error.to_string()),
    }
}
