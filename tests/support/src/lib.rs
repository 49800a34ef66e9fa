//! What the tests, benches, fuzz targets and judges share: authorities, requests and files, and DER that the library has not written.
// Names and signatures say most of it, and only tests read them. What goes wrong here is a failed test.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(clippy::exhaustive_enums, clippy::exhaustive_structs, reason = "it is not published")]

pub mod asn1;
#[cfg(feature = "keys")]
pub mod authorities;
#[cfg(feature = "keys")]
pub mod ca;
pub mod calendar;
pub mod chance;
pub mod der;
pub mod documents;
pub mod facts;
#[cfg(feature = "keys")]
pub mod faulty;
pub mod files;
pub mod golden_cases;
pub mod imports;
pub mod inputs;
#[cfg(feature = "keys")]
pub mod keys;
pub mod ledgers;
pub mod openssl;
#[cfg(feature = "keys")]
pub mod policies;
pub mod postgres;
pub mod process;
pub mod requests;
#[cfg(feature = "keys")]
pub mod revocation;
#[cfg(feature = "keys")]
pub mod signers;
pub mod verifiers;
