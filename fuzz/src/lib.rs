//! What the fuzz targets have in common.

pub mod aliases;
pub mod certificate;
pub mod csr;
pub mod csr_input;
pub mod der;
pub mod extension_input;
pub mod input;
pub mod inputs;
pub mod members;
pub mod message;
pub mod model;
pub mod names;
pub mod oids;
pub mod readers;
pub mod setup;
pub mod strict;
pub mod warnings;
