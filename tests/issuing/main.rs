//! From the request to the certificate: in one call, in many, under a token, with the key elsewhere.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod asynchronous;
#[cfg(feature = "rayon")]
mod batch;
#[cfg(feature = "rayon")]
mod batch_ledger;
mod idempotency;
mod idempotent_requests;
mod issued;
mod issuers;
#[cfg(feature = "stored")]
mod ledger_cost;
#[cfg(all(feature = "redb", feature = "testing"))]
mod ledgers;
mod opened_partitions;
mod prepared_file;
mod prepared_file_ends;
mod recovery;
mod shared_store;
mod signature_checks;
#[cfg(feature = "tracing")]
mod spans;
mod vault;
