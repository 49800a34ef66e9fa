//! Policies: what of a certificate is refused, as data (R-POL).
//!
//! A [`Policy`] is a conjunction of parts, each of which is optional and can only refuse. It judges the finished bytes of a
//! certificate, whatever input gave them, and never changes one. Templates carry policies
//! ([`Template::with_policy`](crate::template::definition::Template::with_policy)), and so do the options of issuance
//! ([`IssuanceOptions::policy`](crate::issue::prepare::IssuanceOptions::policy)); all of them must be satisfied.
//!
//! # The parts
//!
//! | part | what it holds | if it is absent |
//! |---|---|---|
//! | `names` | the alternative names: `permitted`, `excluded`, `wildcards`, `least`, `most` | any names |
//! | `common_name` | `"among_names"`: each is an alternative name; `"not_a_host"`: none looks like a host | free |
//! | `subject` | attributes that are `required`, `allowed`, and their `values` | any subject |
//! | `keys` | kinds and sizes of keys | any that the key policy takes |
//! | `signing_algorithms` | the algorithms that the certificate may be signed with | any |
//! | `validity` | `longest` period, earliest `not_before`, latest `not_after` | any |
//! | `key_usage` | bits that are `required` and `allowed` | any, also none |
//! | `extended_key_usage` | purposes that are `required` and `allowed` | any, also none |
//! | `extensions` | identifiers that are `allowed`, `forbidden`, `critical`, `not_critical` | any |
//! | `ca` | whether the certificate is a CA's | either |
//! | `longest_path` | the longest pathLenConstraint of a CA | any |
//! | `max_bytes` | the longest TBSCertificate, in bytes | any |
//! | `all` | further conjunctions of parts, all of which hold | none |

#[cfg(feature = "serde")]
pub(crate) mod file;
#[cfg(feature = "serde")]
pub(crate) mod form;
#[cfg(feature = "serde")]
pub(crate) mod iam;
pub(crate) mod judge;
pub(crate) mod part;
pub(crate) mod pattern;
pub(crate) mod refusal;
pub(crate) mod rules;
pub(crate) mod text;

#[cfg(feature = "serde")]
pub use self::file::FileError;
#[cfg(feature = "serde")]
pub use self::iam::{Denial, IamDocument, IamError, ResourcePolicy};
pub use self::refusal::{PolicyRefusal, PolicyViolation};
pub use self::rules::{CommonNameRule, Policy, PolicyBuilder, PolicyError};
