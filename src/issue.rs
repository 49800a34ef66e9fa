//! Issuance in two phases without I/O, and the issuer that drives them.

pub(crate) mod async_issuer;
mod attempt;
#[cfg(feature = "rayon")]
pub(crate) mod batch;
#[cfg(feature = "serde")]
mod ceremony;
pub(crate) mod check;
pub(crate) mod clock;
mod core;
pub(crate) mod issuer;
pub(crate) mod merge;
pub(crate) mod offline_issuer;
pub(crate) mod prepare;
pub(crate) mod prepared;
#[cfg(feature = "serde")]
pub(crate) mod prepared_file;
mod self_signed_root;
pub(crate) mod serial_source;
pub(crate) mod tbs;
mod turns;
pub(crate) mod validity;
pub(crate) mod warn;
