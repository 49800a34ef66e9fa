//! The service in processes of its own: killed, started again, and several on one database.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic)]

mod client;
mod kill;
#[cfg(feature = "postgres")]
mod shared;
mod storage;
#[cfg(feature = "pkcs11")]
mod token;
