//! The rules by their numbers, what holds for every request, and what is promised about the crate itself.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod aliases;
mod bypasses;
mod errors;
mod examples;
mod layout;
mod properties;
mod public_api;
mod rules_cited;
mod words;
