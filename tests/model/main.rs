//! The engine against an independent model of its rules (`oracle`), and against what others have recorded.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod catalog;
mod generate;
mod golden;
mod oracle;
mod random_requests;
#[cfg(feature = "api")]
mod service_certificates;
