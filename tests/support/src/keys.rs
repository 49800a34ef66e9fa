//! The keys under `tests/data/keys`.

use std::path::PathBuf;

use issuance::RustCryptoSigner;

use crate::files;

/// Where a key lies.
pub fn key_path(name: &str) -> PathBuf {
    files::path(&format!("keys/{name}.pem"))
}

pub fn signer(name: &str) -> RustCryptoSigner {
    RustCryptoSigner::from_pem(&files::text(&format!("keys/{name}.pem"))).unwrap()
}
