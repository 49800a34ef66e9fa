//! A certificate issuance engine.
#![forbid(unsafe_code)]

mod algorithm;
mod oid;
mod serial;
mod sign;
mod verify;

pub use algorithm::{KeyAlgorithm, SignatureAlgorithm, SigningAlgorithm, UnknownName};
pub use oid::{Oid, OidError};
pub use serial::{FixedSerial, RandomSerial, SerialNumber, SerialNumberError, SerialSource, SerialSourceError};
#[cfg(feature = "rustcrypto")]
pub use sign::{KeyError, RustCryptoSigner};
pub use sign::{SignError, Signature, Signer};
#[cfg(feature = "rustcrypto")]
pub use verify::RustCryptoVerifier;
pub use verify::{SignatureVerifier, VerifyError};
