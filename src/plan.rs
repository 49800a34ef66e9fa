//! What a certificate will say, where each part came from, and what did not reach it.

pub(crate) mod certificate_plan;
#[cfg(feature = "serde")]
pub(crate) mod json;
pub(crate) mod not_used;
pub(crate) mod table;
#[cfg(feature = "serde")]
pub(crate) mod tbs_text;
pub(crate) mod warning;

pub use self::certificate_plan::{Input, PlannedExtension, PlannedField, Reason, SuppressedInput};
pub use self::warning::Warning;
