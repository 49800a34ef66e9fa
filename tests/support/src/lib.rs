//! What the tests, benches, fuzz targets and judges share: authorities, requests and files, and DER that the library has not written.
// Names and signatures say most of it, and only tests read them. What goes wrong here is a failed test.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(clippy::exhaustive_enums, clippy::exhaustive_structs, reason = "it is not published")]

pub mod asn1;
pub mod authorities;
pub mod ca;
pub mod calendar;
pub mod chance;
pub mod der;
pub mod facts;
pub mod faulty;
pub mod files;
pub mod golden_cases;
pub mod imports;
pub mod inputs;
pub mod keys;
pub mod ledgers;
pub mod openssl;
pub mod postgres;
pub mod process;
pub mod requests;
pub mod revocation;
pub mod verifiers;
