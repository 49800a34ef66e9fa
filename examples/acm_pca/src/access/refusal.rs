//! Why a signature is not accepted, under the names that AWS uses.

use axum::http::StatusCode;
use issuance::AwsException;
use issuance::api::Fault;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// There is no signature.
    Missing,
    /// A part of it is missing or cannot be read.
    Incomplete(String),
    UnknownKey,
    /// It is not that of the request, or of another time or scope.
    Signature(String),
}

impl Refusal {
    fn message(&self) -> &str {
        match self {
            Refusal::Missing => "Missing Authentication Token",
            Refusal::UnknownKey => "The security token included in the request is invalid.",
            Refusal::Incomplete(problem) | Refusal::Signature(problem) => problem,
        }
    }

    /// As the API names it.
    pub(crate) fn fault(&self) -> Fault {
        let exception = match self {
            Refusal::Missing => AwsException::MissingAuthenticationToken,
            Refusal::Incomplete(_) => AwsException::IncompleteSignature,
            Refusal::UnknownKey => AwsException::UnrecognizedClient,
            Refusal::Signature(_) => AwsException::InvalidSignature,
        };
        Fault::new(exception, self.message())
    }

    /// As services of the AWS query protocol name it: status, code and message.
    pub(crate) fn of_query(&self) -> (StatusCode, &'static str, &str) {
        let (status, code) = match self {
            Refusal::Missing => (StatusCode::FORBIDDEN, "MissingAuthenticationToken"),
            Refusal::Incomplete(_) => (StatusCode::BAD_REQUEST, "IncompleteSignature"),
            Refusal::UnknownKey => (StatusCode::FORBIDDEN, "InvalidClientTokenId"),
            Refusal::Signature(_) => (StatusCode::FORBIDDEN, "SignatureDoesNotMatch"),
        };
        (status, code, self.message())
    }
}
