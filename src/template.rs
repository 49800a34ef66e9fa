//! Templates: what an authority allows, as data.

pub(crate) mod aliases;
pub(crate) mod catalog;
pub(crate) mod custom;
pub(crate) mod definition;
#[cfg(feature = "serde")]
mod file;
#[cfg(feature = "profiles")]
mod profiles;

pub use self::custom::TemplateError;
pub use self::definition::{BasicConstraints, CrlDistributionPoints, Fixed, Source, TemplateKind, UnknownTemplate};
#[cfg(feature = "profiles")]
pub use self::profiles::{profile, profile_names, profile_text};
