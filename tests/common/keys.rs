//! The keys under `tests/data/keys`.

use issuance::RustCryptoSigner;

use super::files;

pub fn signer(name: &str) -> RustCryptoSigner {
    RustCryptoSigner::from_pem(&files::text(&format!("keys/{name}.pem"))).unwrap()
}
