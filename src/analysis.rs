//! Answers before anyone asks: can a template ever issue under a policy, and what changes from one template to another (R-POL-6).
//!
//! [`analyse`] finds a request that issues, or the parts of the policy that exclude each other. [`diff`] compares two templates,
//! each with its policy, and gives for each difference a request that they answer differently. Both are exact for the closed
//! structs [`Template`](crate::template::definition::Template) and [`Policy`](crate::policy::rules::Policy): for each aspect of a
//! certificate they try a set of values that has one of every kind that a policy can tell apart, and what decides about each is
//! the engine itself. [Judges](crate::issue::judge::Judge) of the service's own are not asked.

pub(crate) mod analyse;
pub(crate) mod choices;
pub(crate) mod diff;
pub(crate) mod difference;
#[cfg(feature = "serde")]
pub(crate) mod documents;
#[cfg(feature = "serde")]
mod json;
pub(crate) mod names;
pub(crate) mod proposal;
pub(crate) mod question;
pub(crate) mod samples;
pub(crate) mod search;
pub(crate) mod subjects;

pub use self::analyse::{Answer, Never, analyse};
pub use self::diff::diff;
pub use self::difference::{Diff, Difference, Example, Relation};
#[cfg(feature = "serde")]
pub use self::documents::{DocumentAnswer, analyse_documents};
pub use self::proposal::{Witness, WitnessError};
