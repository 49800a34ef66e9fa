//! IAM policy documents for `acm-pca:IssueCertificate`, over the finished certificate (R-POL-7).
//!
//! The condition keys that are known are a table, [`KEYS`]. Whatever a document says that is not understood is an error when it is
//! read, and never passed over: another key, another operator, a policy variable, `NotAction`, `NotResource` or a principal.
//! Documents that are stored for an authority have principals, and are about more actions (R-POL-10).

mod condition;
mod document;
mod facts;
mod form;
mod resource;

pub use self::document::IamDocument;
pub(crate) use self::facts::Facts;
pub use self::form::IamError;
pub use self::resource::{Denial, ResourcePolicy};
