//! A token that a service has many keys on.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::error::Pkcs11Error;
use super::key::KeyName;
use super::pool::Pool;
use super::token::{Token, labels};
use super::{OpenKey, Pkcs11Signer, generate, key, scheme};
use crate::x509::algorithm::KeyAlgorithm;

/// A PKCS#11 token that is logged in to, which finds keys and makes new ones.
///
/// All signers of one token share its login: a PIN that the token refused is offered by none of them again. Each has sessions of
/// its own, as many as the builder says.
///
/// ```no_run
/// use issuance::crypto::{Pkcs11Error, Pkcs11Token, TokenPin};
/// use issuance::{KeyAlgorithm, Pkcs11Signer, Signer};
///
/// let module = "/usr/lib/softhsm/libsofthsm2.so";
/// println!("tokens: {:?}", Pkcs11Token::labels(module)?);
/// let token = Pkcs11Signer::builder(module)
///     .token_label("ca")
///     .pin(|| Ok(TokenPin::new(std::fs::read_to_string("/run/secrets/ca-pin")?)))
///     .open_token()?;
/// let made = token.generate(KeyAlgorithm::EcPrime256v1, "root of 2027", [0x20, 0x27])?;
/// // The same key, also in another process.
/// let found = token.key_with_id([0x20, 0x27])?;
/// assert_eq!(found.public_key_der(), made.public_key_der());
/// # Ok::<(), Pkcs11Error>(())
/// ```
#[derive(Clone)]
pub struct Pkcs11Token {
    token: Arc<Token>,
    max_sessions: usize,
    session_wait: Duration,
}

impl Pkcs11Token {
    pub(super) fn new(token: Token, max_sessions: usize, session_wait: Duration) -> Pkcs11Token {
        Pkcs11Token { token: Arc::new(token), max_sessions, session_wait }
    }

    /// The labels of the tokens that a module has, loaded as by [`Pkcs11Signer::builder`].
    ///
    /// # Errors
    /// [`Pkcs11Error`], if the module cannot be loaded or does not answer.
    pub fn labels(module: impl AsRef<Path>) -> Result<Vec<String>, Pkcs11Error> {
        labels(module.as_ref())
    }

    /// Makes a key pair on the token, and is its signer: RSA with 2048, 3072 or 4096 bits and the public exponent 65537, or EC on
    /// P-256, P-384 or P-521. The private key is sensitive and not extractable, so it never leaves the token. Both keys get the
    /// label (`CKA_LABEL`) and the identifier (`CKA_ID`).
    ///
    /// # Errors
    /// [`Pkcs11Error::KeyExists`] if there is a private key with this identifier, [`Pkcs11Error::UnsupportedKey`] for other
    /// algorithms, and whatever the token says.
    pub fn generate(
        &self,
        algorithm: KeyAlgorithm,
        label: impl Into<String>,
        id: impl Into<Vec<u8>>,
    ) -> Result<Pkcs11Signer, Pkcs11Error> {
        let by_id = KeyName { label: None, id: Some(id.into()) };
        let name = KeyName { label: Some(label.into().into_bytes()), id: by_id.id.clone() };
        let session = self.token.open_to_write()?;
        match key::find_private(&session, &by_id) {
            Err(Pkcs11Error::NoPrivateKey { .. }) => {}
            Ok(_) | Err(Pkcs11Error::KeyAmbiguous { .. }) => {
                return Err(Pkcs11Error::KeyExists { key: by_id.to_string() });
            }
            Err(error) => return Err(error),
        }
        generate::key_pair(&session, algorithm, &name)?;
        self.signer(name)
    }

    /// The signer of the private key with an identifier (`CKA_ID`).
    ///
    /// # Errors
    /// A [`Pkcs11Error`] that says what is missing.
    pub fn key_with_id(&self, id: impl Into<Vec<u8>>) -> Result<Pkcs11Signer, Pkcs11Error> {
        self.signer(KeyName { label: None, id: Some(id.into()) })
    }

    pub(super) fn log_in(&self) -> Result<(), Pkcs11Error> {
        self.token.open().map(drop)
    }

    pub(super) fn signer(&self, name: KeyName) -> Result<Pkcs11Signer, Pkcs11Error> {
        let token = Arc::clone(&self.token);
        let session = token.open()?;
        let private = key::find_private(&session, &name)?;
        let info = key::describe(&session, private, &name)?;
        let mut mechanisms = token.mechanisms()?;
        mechanisms.retain(|mechanism| info.allowed.is_empty() || info.allowed.contains(mechanism));
        let limit = token.max_sessions()?.unwrap_or(usize::MAX);
        let sessions = Pool::new(self.max_sessions.min(limit), self.session_wait);
        sessions.seed(OpenKey { session, private });
        Ok(Pkcs11Signer {
            token,
            key: name,
            algorithm: info.algorithm,
            public_key_der: info.public_key_der,
            algorithms: scheme::algorithms(info.algorithm, &mechanisms),
            mechanisms,
            sessions,
        })
    }
}

impl fmt::Debug for Pkcs11Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pkcs11Token({})", self.token.name())
    }
}
