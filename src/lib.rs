//! A certificate issuance engine.
#![forbid(unsafe_code)]

mod algorithm;
mod asn1;
#[allow(dead_code)]
mod authority;
mod clock;
#[allow(dead_code)]
mod describe;
#[allow(dead_code)]
mod name;
mod oid;
mod serial;

pub use algorithm::{KeyAlgorithm, SignatureAlgorithm, SigningAlgorithm, UnknownName};
pub use asn1::{Asn1Error, Asn1ErrorKind};
pub use clock::{Clock, FixedClock, SystemClock, Timestamp};
pub use oid::{Oid, OidError};
pub use serial::{FixedSerial, RandomSerial, SerialNumber, SerialNumberError, SerialSource, SerialSourceError};
