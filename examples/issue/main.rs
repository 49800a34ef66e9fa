//! Issues a certificate, with the options of `aws acm-pca issue-certificate`.
//!
//! Without arguments it shows the whole way: two certificate authorities come to life in memory, and the lower one issues a
//! certificate for the CSR in `examples/data`. With arguments it is a certificate authority for the command line:
//!
//! ```sh
//! cargo run --example issue
//! cargo run --example issue -- --csr fileb://www.csr --signing-algorithm SHA256WITHECDSA --validity Value=90,Type=DAYS
//! cargo run --example issue -- --can-issue --policy policy.toml
//! cargo run --example issue -- --help
//! ```

mod authority;
mod command_line;
mod failure;
mod files;
mod format;
mod members;
mod near;
mod network;
mod options;
mod output;
mod parameter;
mod query;
mod question;
mod request;
mod yaml;

use std::env;
use std::process::ExitCode;

use issuance::request::RequestError;
use issuance::{IssuanceOptions, IssueCertificateRequest, Issuer, SigningAlgorithm, Validity};
use serde_json::json;

use authority::LocalAuthority;
use failure::Failure;
use options::{Command, Invocation};

fn main() -> ExitCode {
    run().unwrap_or_else(|failure| failure.report())
}

fn run() -> Result<ExitCode, Failure> {
    let done = match options::parse(env::args_os().skip(1))? {
        Command::Answer(question) => return question::answer(&question),
        Command::Demonstrate => demonstrate(),
        Command::Issue(invocation) => issue(&invocation),
        Command::PrintSampleResponse(request, style) => {
            IssueCertificateRequest::from_json(&request)?;
            output::print(&style.render(json!({"CertificateArn": "CertificateArn"}))?)
        }
        Command::Print(text) => output::print(text),
    };
    done.map(|()| ExitCode::SUCCESS)
}

/// No arguments: the request is put together with the typed builder.
fn demonstrate() -> Result<(), Failure> {
    let arn = authority::arn_of(authority::LOCAL_ARN)?;
    let authority = LocalAuthority::in_memory(arn, SigningAlgorithm::Sha256WithEcdsa)?;
    let issuer = authority.issuer(IssuanceOptions::default())?;
    let certificate = issuer.issue(&example_request(&issuer)?)?;
    output::print(&output::page(&certificate)?)
}

fn example_request(issuer: &Issuer) -> Result<IssueCertificateRequest, RequestError> {
    IssueCertificateRequest::builder()
        .certificate_authority_arn(issuer.authority().arn().clone())
        .csr(include_bytes!("../data/www.example.com.csr"))
        .signing_algorithm(SigningAlgorithm::Sha256WithEcdsa)
        .validity(Validity::days(365))
        .build()
}

/// With arguments: the request comes in the wire form, so that all that is wrong with it is reported together.
fn issue(invocation: &Invocation) -> Result<(), Failure> {
    let request = IssueCertificateRequest::from_json(&invocation.request)?;
    let arn = request.certificate_authority_arn().clone();
    let authority = match &invocation.authority {
        Some(files) => LocalAuthority::from_files(arn, files)?,
        None => LocalAuthority::in_memory(arn, request.signing_algorithm())?,
    };
    let issuer = authority.issuer(invocation.files.options().strict(invocation.strict))?;
    let certificate = issuer.issue(&request)?;
    // The files first: a query that fails must not cost the certificate.
    if let Some(directory) = &invocation.out {
        output::write_files(&certificate, directory)?;
    } else if invocation.style.is_plain_json() {
        return output::print(&output::page(&certificate)?);
    }
    output::print(&invocation.style.render(output::response(&certificate)?)?)
}
