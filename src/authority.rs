//! The certificate authority that issues.

pub(crate) mod name_constraints;
