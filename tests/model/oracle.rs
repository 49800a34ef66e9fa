//! The rules written out once more, slowly and without the engine.

pub(crate) mod aliases;
pub(crate) mod csr;
pub(crate) mod names;
pub(crate) mod read;
pub(crate) mod rules;
pub(crate) mod types;
pub(crate) mod unused;
pub(crate) mod warnings;
pub(crate) mod whole;
