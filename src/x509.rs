//! Values of X.509 and their DER. Nothing here knows of authorities, templates or the API.

pub(crate) mod algorithm;
pub(crate) mod asn1;
pub(crate) mod describe;
pub(crate) mod extension;
pub(crate) mod name;
pub(crate) mod oid;
pub(crate) mod pem;
pub(crate) mod public_key;
pub(crate) mod serial;
pub(crate) mod signed;
pub(crate) mod tbs_view;
pub(crate) mod timestamp;
