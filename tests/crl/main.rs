//! Revocation lists and OCSP (R-REV): made, judged, signed, read, and put before foreign judges.
#![cfg(all(feature = "rustcrypto", feature = "serde"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod judges;
mod ledgers;
mod lists;
mod ocsp;
mod offline;
mod reading;
mod setup;
