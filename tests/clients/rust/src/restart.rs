//! The AWS SDK for Rust at work while the service is killed: run by `../restart.py`.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;

use aws_sdk_acmpca::Client;
use aws_sdk_acmpca::operation::create_certificate_authority::builders::CreateCertificateAuthorityFluentBuilder;
use aws_sdk_acmpca::types::{CertificateAuthorityStatus, CertificateAuthorityType, RevocationReason, Tag};

use crate::{Anything, Steps, install, issue, request, subject};

/// Kills the service, and returns while it is away.
fn kill() -> Result<(), String> {
    let ask = || -> Result<String, Anything> {
        let url = std::env::var("ACM_PCA_KILL")?;
        let address = url.strip_prefix("http://").and_then(|rest| rest.strip_suffix('/')).ok_or("ACM_PCA_KILL")?;
        let mut stream = TcpStream::connect(address)?;
        stream.write_all(format!("POST / HTTP/1.1\r\nHost: {address}\r\nContent-Length: 0\r\n\r\n").as_bytes())?;
        let mut status = [0; 12];
        stream.read_exact(&mut status)?;
        Ok(String::from_utf8_lossy(&status).into_owned())
    };
    match ask() {
        Ok(status) if status.ends_with(" 200") => Ok(()),
        other => Err(format!("the service is not killed: {other:?}")),
    }
}

fn creation(client: &Client) -> Result<CreateCertificateAuthorityFluentBuilder, Anything> {
    let tag = Tag::builder().key("client").value("rust").build()?;
    Ok(client
        .create_certificate_authority()
        .certificate_authority_type(CertificateAuthorityType::Root)
        .certificate_authority_configuration(subject("Restarted Rust"))
        .idempotency_token("root")
        .tags(tag))
}

/// Whether it was revoked before.
async fn revoke(client: &Client, authority: &str, arn: &str) -> Result<bool, Anything> {
    let call = client
        .revoke_certificate()
        .certificate_authority_arn(authority)
        .certificate_serial(arn.rsplit('/').next().unwrap_or_default())
        .revocation_reason(RevocationReason::Superseded);
    match call.send().await.map_err(|error| error.into_service_error()) {
        Ok(_) => Ok(false),
        Err(error) if error.is_request_already_processed_exception() => Ok(true),
        Err(error) => Err(error.into()),
    }
}

pub(crate) async fn run(client: &Client, steps: &mut Steps) -> Result<(), Anything> {
    let made = creation(client)?.send().await?;
    let arn = made.certificate_authority_arn().unwrap_or_default();
    let get = client.get_certificate().certificate_authority_arn(arn);
    let csr = loop {
        let csr = client.get_certificate_authority_csr().certificate_authority_arn(arn).send().await;
        match csr.map_err(|error| error.into_service_error()) {
            Ok(csr) => break csr,
            // Another client may have killed the service while the key was made.
            Err(error) if error.is_request_in_progress_exception() => {
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            }
            Err(error) => return Err(error.into()),
        }
    };
    install(client, arn, csr.csr().unwrap_or_default()).await?;
    let csr = request()?;
    let leaf = |token: String| {
        let csr = &csr;
        async move { issue(client, arn, csr, "EndEntityCertificate", &token).await }
    };
    let first = leaf("before".to_owned()).await?;
    let text = get.clone().certificate_arn(&first).send().await?;
    let revoked = leaf("revoked".to_owned()).await?;
    // A retry may be told that it is done.
    revoke(client, arn, &revoked).await?;
    let mut issued = 3;
    steps.check(true, "an authority, two certificates and a revocation");

    kill()?;
    let again = get.clone().certificate_arn(&first).send().await?;
    steps.check(again.certificate() == text.certificate(), "a certificate after the kill");

    let killing = thread::spawn(kill);
    let mut number = 0;
    while !killing.is_finished() || number < 10 {
        number += 1;
        let arn = leaf(format!("while {number}")).await?;
        if leaf(format!("while {number}")).await? != arn {
            steps.check(false, "one token, one certificate, whenever the service dies");
        }
        issued += 1;
    }
    killing.join().map_err(|_| "the thread that kills")??;
    steps.check(true, "certificates while the service is killed");

    steps.check(leaf("before".to_owned()).await? == first, "a token from before both kills");
    let again = get.certificate_arn(&first).send().await?;
    steps.check(again.certificate() == text.certificate(), "its certificate");
    let made_again = creation(client)?.send().await?;
    steps.check(made_again.certificate_authority_arn() == Some(arn), "the token of the authority");
    let described = client.describe_certificate_authority().certificate_authority_arn(arn).send().await?;
    let status = described.certificate_authority().and_then(|authority| authority.status());
    steps.check(status == Some(&CertificateAuthorityStatus::Active), "the authority");
    let tags = client.list_tags().certificate_authority_arn(arn).send().await?;
    let tags: Vec<_> = tags.tags().iter().map(|tag| (tag.key(), tag.value())).collect();
    steps.check(tags == [("client", Some("rust"))], "its tags");
    steps.check(revoke(client, arn, &revoked).await?, "the revocation");
    println!("# certificates {arn} {issued} 1");
    Ok(())
}
