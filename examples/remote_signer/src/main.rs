//! A certificate authority whose key is in a service behind a network.
//!
//! The service runs in this process, on the loopback interface: it is slow, it throttles, and at times it is away. The
//! authority asks it through an [`AsyncSigner`](issuance::AsyncSigner), and everything that this example says is asserted.
//!
//! ```sh
//! cargo run -p remote-signer
//! cargo run -p remote-signer --features testing    # puts the signer to the test first
//! ```

mod client;
mod http;
mod service;

use std::collections::BTreeSet;
use std::error::Error;
use std::sync::Arc;
use std::time::Instant;

use issuance::request::IssueCertificateRequestBuilder;
use issuance::{
    AsyncIssuer, AwsException, CertificateAuthority, GeneralName, IssuedCertificate, RustCryptoVerifier, Subject,
    Validity,
};

use client::{MessageType, RemoteKey};
use service::{Mood, Service};

const CSR: &[u8] = include_bytes!("../../data/www.example.com.csr");

type Failure = Box<dyn Error + Send + Sync>;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<(), Failure> {
    let service = Service::start()?;
    let key = Arc::new(RemoteKey::connect(service.address(), MessageType::Digest).await?);
    println!("A key service on {}: 40 signatures a second, 10 ms each, raw messages of 4096 bytes.", service.address());
    #[cfg(feature = "testing")]
    {
        let report = issuance::testing::check_async_signer(&key, &RustCryptoVerifier).await?;
        println!("Its client keeps the contract of signers: {report}");
    }

    let root = found_root(&key).await?;
    println!("\nA root with that key has made its own certificate; the key has not moved.");
    let issuer =
        Arc::new(AsyncIssuer::builder_with_verifier(root.clone(), Arc::clone(&key), RustCryptoVerifier).build()?);

    long_certificate(&service, root, &issuer).await?;
    many_certificates(&service, &issuer).await?;
    outage(&service, &issuer, Mood::Away, "503").await?;
    outage(&service, &issuer, Mood::Silent, "does not answer within 2 seconds").await?;
    println!("\nThe service has made {} signatures in all.", service.signed());
    Ok(())
}

/// Its request and its certificate are signed by the service.
async fn found_root(key: &Arc<RemoteKey>) -> Result<CertificateAuthority, Failure> {
    let subject = Subject::builder().organization("Example Corp").common_name("Example Root").build()?;
    let years = Validity::years(10);
    Ok(CertificateAuthority::self_signed_root_async(&subject, key, years, &RustCryptoVerifier).await?)
}

fn leaf(issuer: &AsyncIssuer, host: &str) -> IssueCertificateRequestBuilder {
    let request = issuer.request(CSR).template("EndEntityCertificate_APIPassthrough").validity(Validity::days(90));
    request.subject_alternative_name(GeneralName::dns_name(host))
}

/// More than the service takes as a raw message: the digest goes through, whatever it is the digest of.
async fn long_certificate(service: &Service, root: CertificateAuthority, issuer: &AsyncIssuer) -> Result<(), Failure> {
    let names = (1..150).fold(leaf(issuer, "host-000.department.example.com"), |request, index| {
        request.subject_alternative_name(GeneralName::dns_name(format!("host-{index:03}.department.example.com")))
    });
    let request = names.build()?;
    let octets = issuer.prepare(&request)?.tbs_der().len();
    assert!(octets > 4_096);
    println!("\nA certificate of 150 names: {octets} bytes are to be signed.");

    let raw = RemoteKey::connect(service.address(), MessageType::Raw).await?;
    let error =
        refusal(AsyncIssuer::builder_with_verifier(root, raw, RustCryptoVerifier).build()?.issue(&request).await)?;
    assert!(!error.is_retryable());
    println!("  as a raw message: {error}");

    let certificate = issuer.issue(&request).await?;
    assert!(certificate.plan().tbs_der().len() > 4_096);
    println!("  as a digest: serial number {}", certificate.serial());
    Ok(())
}

/// A hundred requests at once, each with its token. The service sends many of them away, and all of them end well.
async fn many_certificates(service: &Service, issuer: &Arc<AsyncIssuer>) -> Result<(), Failure> {
    let (start, signed, throttled) = (Instant::now(), service.signed(), service.throttled());
    let mut tasks = Vec::new();
    for index in 0..100 {
        let request =
            leaf(issuer, &format!("node-{index}.example.com")).idempotency_token(format!("node-{index}")).build()?;
        let issuer = Arc::clone(issuer);
        tasks.push(tokio::spawn(async move { issuer.issue(&request).await }));
    }
    let mut serials = BTreeSet::new();
    for task in tasks {
        serials.insert(task.await??.serial().to_string());
    }
    let (signed, throttled) = (service.signed() - signed, service.throttled() - throttled);
    assert_eq!((serials.len(), signed), (100, 100));
    assert!(throttled > 0);
    println!("\n100 certificates at once, in {:.1} seconds:", start.elapsed().as_secs_f64());
    println!("  {signed} signatures, {throttled} answers 429 after which the client waited and asked again");
    Ok(())
}

/// While the service is away there is an error that says so. Afterwards the same request under the same token is issued.
async fn outage(service: &Service, issuer: &AsyncIssuer, mood: Mood, says: &str) -> Result<(), Failure> {
    let token = format!("{mood:?}");
    let request = leaf(issuer, "after-the-outage.example.com").idempotency_token(token).build()?;
    service.set_mood(mood);
    let start = Instant::now();
    let error = refusal(issuer.issue(&request).await)?;
    let mood = format!("{mood:?}").to_lowercase();
    println!("\nThe service is {mood}. After {:.1} seconds:", start.elapsed().as_secs_f64());
    println!("  {error}\n  {} to a client of the API; may be tried again", error.aws_exception());
    assert!(error.to_string().contains(says) && error.is_retryable());
    assert_eq!(error.aws_exception(), AwsException::InternalFailure);

    service.set_mood(Mood::Well);
    let certificate = issuer.issue(&request).await?;
    let again = issuer.issue(&request).await?;
    assert_eq!(certificate.serial(), again.serial());
    println!("  it is back: the same request under the same token has serial number {}", certificate.serial());
    Ok(())
}

fn refusal(result: Result<Arc<IssuedCertificate>, issuance::Error>) -> Result<issuance::Error, Failure> {
    match result {
        Ok(certificate) => Err(format!("{} should not have been issued", certificate.arn()).into()),
        Err(error) => Ok(error),
    }
}
