//! The service as the AWS SDK for Rust sees it: a root and its ceremony, a certificate, a token, an error. With the argument `restart`:
//! while it is killed.

mod restart;

use std::error::Error;
use std::process::{Command, ExitCode};

use aws_sdk_acmpca::Client;
use aws_sdk_acmpca::config::{BehaviorVersion, Credentials, Region, retry::RetryConfig};
use aws_sdk_acmpca::error::ProvideErrorMetadata;
use aws_sdk_acmpca::primitives::Blob;
use aws_sdk_acmpca::types::{
    Asn1Subject, CertificateAuthorityConfiguration, CertificateAuthorityStatus, CertificateAuthorityType, KeyAlgorithm,
    SigningAlgorithm, Validity, ValidityPeriodType,
};

type Anything = Box<dyn Error>;

/// Asks again by itself only where `ACM_PCA_ATTEMPTS` says how often.
fn client() -> Result<Client, Anything> {
    let retries = match std::env::var("ACM_PCA_ATTEMPTS") {
        Ok(attempts) => RetryConfig::standard().with_max_attempts(attempts.parse()?),
        Err(_) => RetryConfig::disabled(),
    };
    let config = aws_sdk_acmpca::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url(std::env::var("ACM_PCA_ENDPOINT")?)
        .region(Region::new("us-west-2"))
        .credentials_provider(Credentials::new("AKIAIOSFODNN7EXAMPLE", "secret", None, None, "test"))
        .retry_config(retries)
        .http_client(aws_smithy_http_client::Builder::new().build_http());
    Ok(Client::from_conf(config.build()))
}

/// Tells each step, as TAP has it.
struct Steps {
    passed: usize,
    failed: usize,
}

impl Steps {
    fn check(&mut self, good: bool, what: &str) {
        if good {
            self.passed += 1;
            println!("ok {what}");
        } else {
            self.failed += 1;
            println!("not ok {what}");
        }
    }
}

fn subject(name: &str) -> CertificateAuthorityConfiguration {
    let subject = Asn1Subject::builder().organization("Example Corp").common_name(name).build();
    CertificateAuthorityConfiguration::builder()
        .key_algorithm(KeyAlgorithm::EcPrime256v1)
        .signing_algorithm(SigningAlgorithm::Sha256Withecdsa)
        .subject(subject)
        .build()
        .unwrap_or_else(|error| unreachable!("all required members are given: {error}"))
}

fn days(number: i64) -> Result<Validity, Anything> {
    Ok(Validity::builder().r#type(ValidityPeriodType::Days).value(number).build()?)
}

async fn issue(client: &Client, arn: &str, csr: &[u8], template: &str, token: &str) -> Result<String, Anything> {
    // Nothing may outlive its issuer.
    let validity = days(if template == "RootCACertificate" { 300 } else { 30 })?;
    let issued = client
        .issue_certificate()
        .certificate_authority_arn(arn)
        .csr(Blob::new(csr))
        .signing_algorithm(SigningAlgorithm::Sha256Withecdsa)
        .template_arn(format!("arn:aws:acm-pca:::template/{template}/V1"))
        .validity(validity)
        .idempotency_token(token)
        .send()
        .await?;
    Ok(issued.certificate_arn().unwrap_or_default().to_owned())
}

/// A certification request, and a key that is thrown away.
fn request() -> Result<Vec<u8>, Anything> {
    let request = Command::new("openssl")
        .args(["req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-batch"])
        .args(["-keyout", "/dev/null", "-subj", "/CN=www.example.com"])
        .output()?;
    Ok(request.stdout)
}

/// Issues a root's own certificate, and imports it.
async fn install(client: &Client, arn: &str, csr: &str) -> Result<(), Anything> {
    let own = issue(client, arn, csr.as_bytes(), "RootCACertificate", "own").await?;
    let own = client.get_certificate().certificate_authority_arn(arn).certificate_arn(own).send().await?;
    client
        .import_certificate_authority_certificate()
        .certificate_authority_arn(arn)
        .certificate(Blob::new(own.certificate().unwrap_or_default()))
        .send()
        .await?;
    Ok(())
}

async fn run(client: &Client, steps: &mut Steps) -> Result<(), Anything> {
    let made = client
        .create_certificate_authority()
        .certificate_authority_type(CertificateAuthorityType::Root)
        .certificate_authority_configuration(subject("Root of the SDK for Rust"))
        .send()
        .await?;
    let arn = made.certificate_authority_arn().unwrap_or_default();
    steps.check(arn.starts_with("arn:aws:acm-pca:us-west-2:"), "an authority is created");

    let csr = client.get_certificate_authority_csr().certificate_authority_arn(arn).send().await?;
    install(client, arn, csr.csr().unwrap_or_default()).await?;
    let get = client.get_certificate().certificate_authority_arn(arn);
    let described = client.describe_certificate_authority().certificate_authority_arn(arn).send().await?;
    let status = described.certificate_authority().and_then(|authority| authority.status());
    steps.check(status == Some(&CertificateAuthorityStatus::Active), "its own certificate makes it active");

    let request = request()?;
    let issued = issue(client, arn, &request, "EndEntityCertificate", "one").await?;
    let certificate = get.clone().certificate_arn(&issued).send().await?;
    let is_pem = |text: Option<&str>| text.is_some_and(|text| text.starts_with("-----BEGIN CERTIFICATE-----"));
    steps
        .check(is_pem(certificate.certificate()) && is_pem(certificate.certificate_chain()), "a certificate is issued");
    let again = issue(client, arn, &request, "EndEntityCertificate", "one").await?;
    steps.check(again == issued, "one token is one certificate");
    let other = issue(client, arn, &request, "EndEntityCertificate", "two").await?;
    steps.check(other != issued, "another token is another certificate");

    let nothing = get.certificate_arn(format!("{arn}/certificate/00")).send().await;
    let error = nothing.err().map(|error| error.into_service_error());
    steps.check(error.is_some_and(|error| error.is_resource_not_found_exception()), "an error has its type");
    let wrong = client.describe_certificate_authority().certificate_authority_arn("x").send().await;
    let code = wrong.err().and_then(|error| error.into_service_error().code().map(str::to_owned));
    steps.check(code.as_deref() == Some("ValidationException"), "an error that has no type has its code");
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let mut steps = Steps { passed: 0, failed: 0 };
    let ran = match (client(), std::env::args().nth(1).as_deref()) {
        (Ok(client), Some("restart")) => restart::run(&client, &mut steps).await,
        (Ok(client), _) => run(&client, &mut steps).await,
        (Err(error), _) => Err(error),
    };
    if let Err(error) = ran {
        steps.check(false, &format!("every call succeeds: {error:?}"));
    }
    println!("# pass {}\n# fail {}", steps.passed, steps.failed);
    if steps.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
