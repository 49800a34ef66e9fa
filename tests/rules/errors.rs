//! Every way to be refused, by the exception that a client sees and the words that clients in the field match.

mod authority;
mod failures;
mod request;

use issuance::Signer;
use issuance::request::RequestError;
use issuance::{AwsException, CertificateAuthority, Error, IssuanceOptions, IssueCertificateRequest};
use issuance_test_support::ca;
use issuance_test_support::ca::{Ca, LEAF_KEY, request};
use issuance_test_support::der::CsrParts;

fn refused_with(error: &Error, exception: AwsException) -> String {
    assert_eq!(error.aws_exception(), exception, "{error}");
    error.to_string()
}

fn root() -> CertificateAuthority {
    Ca::default().build()
}

/// What an authority says to a request, without proof of possession.
fn refusal(authority: &CertificateAuthority, request: &IssueCertificateRequest) -> Error {
    ca::prepare(authority, request, &IssuanceOptions::default()).unwrap_err()
}

fn csr() -> Vec<u8> {
    CsrParts::new(LEAF_KEY.public_key_der()).der()
}

fn end_entity() -> issuance::request::IssueCertificateRequestBuilder {
    request(&csr(), "EndEntityCertificate_APIPassthrough")
}

fn wire_error(json: &str) -> RequestError {
    IssueCertificateRequest::from_json(json.as_bytes()).unwrap_err()
}

/// A request on the wire that is right, with this member added or replaced.
fn wire(member: &str, value: &str) -> String {
    let mut json: serde_json::Value = serde_json::from_str(&end_entity().build().unwrap().to_json()).unwrap();
    json[member] = serde_json::from_str(value).unwrap();
    json.to_string()
}

fn of_request(error: RequestError) -> (AwsException, String) {
    let error = Error::from(error);
    (error.aws_exception(), error.to_string())
}
