//! Issuance in two phases without I/O, and the issuer that drives them.

mod algorithm_choice;
pub(crate) mod async_issuer;
mod attempt;
#[cfg(feature = "rayon")]
pub(crate) mod batch;
#[cfg(feature = "serde")]
mod ceremony;
pub(crate) mod check;
pub(crate) mod clock;
mod core;
mod course;
mod driver;
pub(crate) mod issuer;
pub(crate) mod judge;
mod lease;
pub(crate) mod merge;
pub(crate) mod offline_issuer;
mod places;
pub(crate) mod prepare;
pub(crate) mod prepared;
#[cfg(feature = "serde")]
pub(crate) mod prepared_file;
pub(crate) mod recovery;
#[cfg(any(test, feature = "testing"))]
pub(crate) mod sample_intents;
mod self_signed_root;
pub(crate) mod serial_source;
pub(crate) mod tbs;
mod trace;
mod turns;
pub(crate) mod validity;
pub(crate) mod warn;

pub use self::async_issuer::AsyncIssuerBuilder;
#[cfg(feature = "rayon")]
pub use self::batch::{Batch, BatchItem, BatchProgress};
pub use self::check::CheckError;
pub use self::clock::{FixedClock, SystemClock};
pub use self::issuer::IssuerBuilder;
pub use self::judge::Judge;
pub use self::offline_issuer::OfflineIssuerBuilder;
pub use self::prepare::Preparation;
pub use self::prepared::Prepared;
#[cfg(feature = "serde")]
pub use self::prepared_file::{PreparedFile, PreparedFileError};
pub use self::recovery::Recovery;
#[cfg(feature = "aws-lc-rs")]
pub use self::serial_source::AwsLcSerial;
pub use self::serial_source::{FixedSerial, RandomSerial, SerialSource, SerialSourceError};
pub use self::validity::{NOT_BEFORE_SKEW_SECONDS, SHORT_LIVED_MAX_SECONDS, ValidityError};
pub use crate::error::source::ErrorSource;
pub use crate::error::{AlgorithmMismatch, TemplateMisuse};
