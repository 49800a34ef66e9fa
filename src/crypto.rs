//! What signs and what verifies: traits that speak bytes, and one folder for each backend.

pub(crate) mod async_signer;
#[cfg(feature = "aws-lc-rs")]
pub(crate) mod aws_lc;
pub(crate) mod digest;
#[cfg(any(feature = "aws-lc-rs", feature = "ed25519"))]
pub(crate) mod ed25519;
#[cfg(all(feature = "encrypted-keys", any(feature = "aws-lc-rs", feature = "_rustcrypto")))]
mod encrypted_key;
pub(crate) mod fallback;
pub(crate) mod feature;
#[cfg(feature = "pkcs11")]
pub(crate) mod pkcs11;
#[cfg(any(feature = "aws-lc-rs", feature = "_rustcrypto"))]
pub(crate) mod private_key;
#[cfg(feature = "_rustcrypto")]
pub(crate) mod rustcrypto;
pub(crate) mod signer;
pub(crate) mod verifier;

pub use self::async_signer::{Immediate, SignFuture};
pub use self::digest::signing_digest;
pub use self::fallback::{DifferentKeys, FallbackSigner, FallbackVerifier};
#[cfg(feature = "pkcs11")]
pub use self::pkcs11::builder::{Pkcs11SignerBuilder, TokenPin};
#[cfg(feature = "pkcs11")]
pub use self::pkcs11::error::Pkcs11Error;
#[cfg(feature = "pkcs11")]
pub use self::pkcs11::keys_on_token::Pkcs11Token;
#[cfg(any(feature = "aws-lc-rs", feature = "_rustcrypto"))]
pub use self::private_key::PrivateKeyError;
pub use self::signer::{SignError, Signature};
pub use self::verifier::VerifyError;
