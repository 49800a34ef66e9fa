//! Certification requests (PKCS #10, RFC 2986): judged before they are proven, and views of what they ask for.

pub(crate) mod certification_request;
pub(crate) mod contents;
pub(crate) mod decode;
pub(crate) mod error;
pub(crate) mod policy;
pub(crate) mod strict;
pub(crate) mod view;

pub use self::certification_request::{Proven, Unproven};
pub use self::contents::{CsrAttribute, CsrExtension};
pub use self::error::CsrError;
pub use self::policy::CsrPolicy;
