//! What the benches share: the work that is measured, who does it, and how times are taken.
// Only benches read it, and a failure ends them.
#![allow(missing_docs, clippy::unwrap_used)]
#![allow(clippy::exhaustive_enums, clippy::exhaustive_structs, reason = "it is not published")]

#[cfg(feature = "aws-lc-rs")]
pub mod bare;
#[cfg(feature = "aws-lc-rs")]
pub mod compare;
#[cfg(feature = "aws-lc-rs")]
pub mod growth;
#[cfg(feature = "aws-lc-rs")]
pub mod no_crypto;
pub mod passthrough;
pub mod root;
#[cfg(feature = "ledger")]
pub mod signed;
pub mod turns;
#[cfg(feature = "aws-lc-rs")]
pub mod work;
