//! IAM policy documents for `acm-pca:IssueCertificate`, over the finished certificate (R-POL-7).
//!
//! The condition keys that are known are a table, [`KEYS`]. Whatever a document says that is not understood is an error when it is
//! read, and never passed over: another key, another operator, a policy variable, `NotAction`, `NotResource` or a principal.

mod condition;
mod document;
mod facts;

pub use self::document::{IamDocument, IamError};
pub(crate) use self::facts::Facts;
