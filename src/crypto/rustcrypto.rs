//! Signer and verifier in pure Rust: one file and one feature for each family of keys.

#[cfg(feature = "_ecdsa")]
mod ecdsa;
#[cfg(feature = "ed25519")]
mod ed25519;
#[cfg(feature = "ml-dsa")]
mod ml_dsa;
mod read;
#[cfg(feature = "rsa")]
mod rsa;
pub(crate) mod signer;
#[cfg(feature = "sm2")]
mod sm2;
pub(crate) mod verifier;
