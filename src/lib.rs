//! A certificate issuance engine.
#![forbid(unsafe_code)]

mod algorithm;
mod asn1;
mod clock;
mod oid;
mod serial;
mod sign;
mod verify;

pub use algorithm::{KeyAlgorithm, SignatureAlgorithm, SigningAlgorithm, UnknownName};
pub use asn1::{Asn1Error, Asn1ErrorKind};
pub use clock::{Clock, FixedClock, SystemClock, Timestamp};
pub use oid::{Oid, OidError};
pub use serial::{FixedSerial, RandomSerial, SerialNumber, SerialNumberError, SerialSource, SerialSourceError};
#[cfg(feature = "rustcrypto")]
pub use sign::{KeyError, RustCryptoSigner};
pub use sign::{SignError, Signature, Signer};
#[cfg(feature = "rustcrypto")]
pub use verify::RustCryptoVerifier;
pub use verify::{SignatureVerifier, VerifyError};
