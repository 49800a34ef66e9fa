//! What signs and what verifies: traits that speak bytes, and one folder for each backend.

pub(crate) mod async_signer;
#[cfg(feature = "aws-lc-rs")]
pub(crate) mod aws_lc;
pub(crate) mod digest;
#[cfg(any(feature = "aws-lc-rs", feature = "rustcrypto"))]
pub(crate) mod ed25519;
pub(crate) mod fallback;
#[cfg(feature = "pkcs11")]
pub(crate) mod pkcs11;
#[cfg(any(feature = "aws-lc-rs", feature = "rustcrypto"))]
pub(crate) mod private_key;
#[cfg(feature = "rustcrypto")]
pub(crate) mod rustcrypto;
pub(crate) mod signer;
pub(crate) mod verifier;
