//! Templates: what an authority allows, as data.

pub(crate) mod aliases;
pub(crate) mod catalog;
pub(crate) mod custom;
pub(crate) mod definition;
#[cfg(feature = "serde")]
mod file;

pub use self::custom::TemplateError;
pub use self::definition::{BasicConstraints, CrlDistributionPoints, Fixed, Source, TemplateKind, UnknownTemplate};
