//! What can go wrong, worded and numbered as the AWS CLI does.

use std::fmt;
use std::io::{self, Write};
use std::process::ExitCode;

/// Why there is no certificate.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The command line cannot be understood: exit code 252.
    Usage(String),
    /// The value of an option cannot be read: exit code 252.
    Parameter { option: String, problem: String },
    /// Refused before the engine is asked, as the AWS CLI does before it calls the service: exit code 252.
    Refused(String),
    /// The files of the certificate authority do not make one: exit code 253.
    Authority(String),
    /// The engine refuses, as the service would: exit code 254.
    Service(Box<issuance::Error>),
    /// The result cannot be written: exit code 255.
    Output(String),
}

impl Failure {
    /// A [`Failure::Parameter`].
    pub(crate) fn parameter(option: &str, problem: impl fmt::Display) -> Failure {
        Failure::Parameter { option: option.to_owned(), problem: problem.to_string() }
    }

    /// Prints the failure and turns it into the exit code.
    pub(crate) fn report(&self) -> ExitCode {
        // Nothing is left to be done where standard error is closed.
        let _ = writeln!(io::stderr(), "\n{self}");
        ExitCode::from(match self {
            Failure::Usage(_) | Failure::Parameter { .. } | Failure::Refused(_) => 252,
            Failure::Authority(_) => 253,
            Failure::Service(_) => 254,
            Failure::Output(_) => 255,
        })
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Usage(problem) => {
                write!(f, "usage: issue [issue-certificate] [options]; --help lists them\n\nissue: error: {problem}")
            }
            Failure::Parameter { option, problem } => write!(f, "Error parsing parameter '{option}': {problem}"),
            Failure::Authority(problem) => write!(f, "The certificate authority cannot be used: {problem}"),
            Failure::Service(error) => {
                let exception = error.aws_exception();
                write!(f, "An error occurred ({exception}) when calling the IssueCertificate operation: {error}")
            }
            Failure::Refused(problem) | Failure::Output(problem) => f.write_str(problem),
        }
    }
}

/// Errors of the library, by `?`.
macro_rules! from_library {
    ($($error:ty),+) => {$(
        impl From<$error> for Failure {
            fn from(error: $error) -> Failure {
                Failure::Service(Box::new(error.into()))
            }
        }
    )+};
}
from_library!(
    issuance::Error,
    issuance::request::RequestError,
    issuance::authority::AuthorityError,
    issuance::authority::ImportError
);
