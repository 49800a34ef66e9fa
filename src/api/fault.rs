//! Errors on the wire.

use std::fmt;

use super::message::{Format, Response};
use crate::error::{AwsException, Error};
use crate::request::violation::RequestError;
use crate::wire::document::Document;

/// An exception with its message: the answer to a request that could not be served.
///
/// On the wire it is `__type` and `message`. `rpc-v2-cbor` wants the name of the exception in full, with the namespace of the
/// API's shapes. [`Request`](crate::api::Request) has an example.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fault {
    /// Which exception.
    pub exception: AwsException,
    /// What was wrong, where, and what would be right.
    pub message: String,
}

impl Fault {
    /// An exception with a message.
    pub fn new(exception: AwsException, message: impl fmt::Display) -> Fault {
        Fault { exception, message: message.to_string() }
    }

    /// The status code of HTTP that goes with the exception: 403 for what is not allowed, 400 for other faults of
    /// the caller's, 500 for the service's own.
    pub fn http_status(&self) -> u16 {
        match self.exception {
            AwsException::AccessDenied => 403,
            AwsException::InternalFailure => 500,
            _ => 400,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.exception, self.message)
    }
}

impl std::error::Error for Fault {}

/// The service's own failures keep their reason to themselves: it is for the operator, not for the caller.
impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        let exception = error.aws_exception();
        match exception {
            AwsException::InternalFailure => {
                Fault::new(exception, "the service failed; the request may be tried again")
            }
            _ => Fault::new(exception, error),
        }
    }
}

impl From<RequestError> for Fault {
    fn from(error: RequestError) -> Self {
        Error::from(error).into()
    }
}

impl Response for Fault {
    fn encode(&self, format: Format) -> Vec<u8> {
        let name = match format {
            Format::Json => self.exception.as_str().to_owned(),
            Format::Cbor => format!("com.amazonaws.acmpca#{}", self.exception),
        };
        format.write(&Document::structure([
            ("__type", Some(Document::Text(name.into()))),
            ("message", Some(Document::Text(self.message.as_str().into()))),
        ]))
    }
}
