//! Issuance in two phases without I/O, and the issuer that drives them.

#[cfg(feature = "rayon")]
pub(crate) mod batch;
pub(crate) mod check;
pub(crate) mod clock;
pub(crate) mod issuer;
pub(crate) mod merge;
pub(crate) mod prepare;
pub(crate) mod prepared;
#[cfg(feature = "serde")]
pub(crate) mod prepared_file;
pub(crate) mod serial_source;
pub(crate) mod tbs;
mod turns;
pub(crate) mod validity;
pub(crate) mod warn;
