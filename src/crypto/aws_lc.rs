//! Signer and verifier on AWS-LC.

#[cfg(feature = "aws-lc-rs")]
pub(crate) mod signer;
#[cfg(feature = "aws-lc-rs")]
pub(crate) mod verifier;
