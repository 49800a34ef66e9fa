//! Signer and verifier in pure Rust.

#[cfg(feature = "rustcrypto")]
pub(crate) mod signer;
#[cfg(feature = "rustcrypto")]
pub(crate) mod verifier;
