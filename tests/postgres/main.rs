//! The ledger on PostgreSQL, on a server that the tests start by themselves.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod contract;
mod faults;
mod lists;
mod partitions;
mod place;
mod races;
mod roles;
mod schema;
mod sharing;
mod tls;
mod waiting;
