//! The passphrase that keys at rest are encrypted under, and the PIN of a token.

use std::path::Path;
use std::sync::Arc;

use zeroize::Zeroizing;

/// A passphrase, overwritten when it is dropped for the last time. It is never printed.
#[derive(Clone)]
pub(crate) struct Passphrase(Arc<Zeroizing<Vec<u8>>>);

impl AsRef<[u8]> for Passphrase {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Passphrase {
    fn new(bytes: Vec<u8>) -> Option<Passphrase> {
        (!bytes.is_empty()).then(|| Passphrase(Arc::new(Zeroizing::new(bytes))))
    }

    /// What a file has, but for one line feed at its end. Errors call it by its name.
    pub(crate) fn from_file(name: &str, path: &Path) -> Result<Passphrase, String> {
        let read = std::fs::read(path);
        let mut bytes = read.map_err(|error| format!("the {name} in {}: {error}", path.display()))?;
        if bytes.ends_with(b"\n") {
            bytes.truncate(bytes.len() - 1);
            if bytes.ends_with(b"\r") {
                bytes.truncate(bytes.len() - 1);
            }
        }
        Passphrase::new(bytes).ok_or_else(|| format!("the {name} in {} is empty", path.display()))
    }

    /// What an environment variable has; `None` if it is not set or empty.
    pub(crate) fn from_environment(name: &str) -> Option<Passphrase> {
        let value = std::env::var_os(name)?;
        Passphrase::new(value.into_encoded_bytes())
    }

    #[cfg(test)]
    pub(crate) fn of(text: &str) -> Passphrase {
        Passphrase(Arc::new(Zeroizing::new(text.as_bytes().to_vec())))
    }
}
