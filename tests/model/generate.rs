//! Random requests in the wire form, and the authorities that they go to.

pub(crate) mod authorities;
pub(crate) mod csr;
pub(crate) mod passthrough;
pub(crate) mod random;
pub(crate) mod values;
