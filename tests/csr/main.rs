//! Certification requests: what is read, what is refused, and what proves possession.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod contents;
mod corpus;
mod forms;
mod key_policy;
mod strictness;
mod views;
