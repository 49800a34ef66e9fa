//! What the fuzz targets have in common.

pub mod certificate;
pub mod der;
pub mod input;
pub mod message;
pub mod model;
pub mod setup;
