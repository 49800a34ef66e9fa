//! Templates and policies as data: their files, what policies refuse, and the answers to questions about them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod bypasses;
mod differences;
mod files;
mod generate;
mod iam;
mod judging;
mod never_or_witness;
mod predictions;
#[cfg(feature = "profiles")]
mod profiles;
mod resource;
