//! Requests and responses as they travel: ARNs, JSON and CBOR, and the bounds of the API.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[cfg(feature = "api")]
mod api_messages;
mod arns;
mod form;
#[cfg(feature = "api")]
mod memory;
mod properties;
#[cfg(feature = "api")]
mod request_bounds;
mod request_rules;
mod unused_members;
