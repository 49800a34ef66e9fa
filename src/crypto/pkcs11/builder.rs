//! What a signer on a token is built from.

use std::error::Error;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use zeroize::Zeroizing;

use super::error::Pkcs11Error;
use super::key::KeyName;
use super::pool::Pool;
use super::token::{PinSource, Token, TokenName};
use super::{OpenKey, Pkcs11Signer, key, scheme};

/// The PIN of a token. Overwritten when dropped, and never shown. [`Pkcs11Signer`](crate::Pkcs11Signer) has an example.
pub struct TokenPin(pub(super) Zeroizing<String>);

impl TokenPin {
    /// Takes the PIN as it is: a line end at its end belongs to it.
    pub fn new(pin: impl Into<String>) -> TokenPin {
        TokenPin(Zeroizing::new(pin.into()))
    }
}

impl From<String> for TokenPin {
    fn from(pin: String) -> Self {
        TokenPin::new(pin)
    }
}

impl fmt::Debug for TokenPin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenPin")
    }
}

/// Builds a [`Pkcs11Signer`]: see [`Pkcs11Signer::builder`]. [`Pkcs11Signer`](crate::Pkcs11Signer) has an example.
#[must_use]
pub struct Pkcs11SignerBuilder {
    module: PathBuf,
    token: Option<TokenName>,
    key: KeyName,
    pin: Option<PinSource>,
    max_sessions: usize,
    session_wait: Duration,
}

impl fmt::Debug for Pkcs11SignerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pkcs11SignerBuilder").field("module", &self.module).finish_non_exhaustive()
    }
}

impl Pkcs11SignerBuilder {
    pub(super) fn new(module: PathBuf) -> Self {
        Pkcs11SignerBuilder {
            module,
            token: None,
            key: KeyName::default(),
            pin: None,
            max_sessions: 8,
            session_wait: Duration::from_secs(30),
        }
    }

    /// Chooses the token by its label, of at most 32 octets. It is found again if it moves to another slot. Replaces
    /// [`slot`](Self::slot).
    pub fn token_label(mut self, label: impl Into<String>) -> Self {
        self.token = Some(TokenName::Label(label.into()));
        self
    }

    /// Chooses the token in the slot with this identifier. Replaces [`token_label`](Self::token_label).
    pub fn slot(mut self, id: u64) -> Self {
        self.token = Some(TokenName::Slot(id));
        self
    }

    /// Chooses the private key by its label (`CKA_LABEL`); with [`key_id`](Self::key_id) by both.
    pub fn key_label(mut self, label: impl Into<String>) -> Self {
        self.key.label = Some(label.into().into_bytes());
        self
    }

    /// Chooses the private key by its identifier (`CKA_ID`); with [`key_label`](Self::key_label) by both.
    pub fn key_id(mut self, id: impl Into<Vec<u8>>) -> Self {
        self.key.id = Some(id.into());
        self
    }

    /// Sets where the PIN comes from. It is asked for at each login, which is at building and after the token was away or
    /// was logged out of; the PIN is overwritten right after. The callback must not use the signer.
    ///
    /// Without it, a token with a PIN pad of its own asks there, and a token that wants no login gets none.
    pub fn pin(
        mut self,
        pin: impl Fn() -> Result<TokenPin, Box<dyn Error + Send + Sync>> + Send + Sync + 'static,
    ) -> Self {
        self.pin = Some(Box::new(pin));
        self
    }

    /// Sets how many sessions the signer opens at most, and so how many signatures it makes at once: 8 by default, at least
    /// 1, and at most what the token says that it allows.
    pub fn max_sessions(mut self, sessions: usize) -> Self {
        self.max_sessions = sessions;
        self
    }

    /// Sets how long [`sign`](crate::crypto::signer::Signer::sign) waits while every session is in use: 30 seconds by default.
    pub fn session_wait(mut self, wait: Duration) -> Self {
        self.session_wait = wait;
        self
    }

    /// Loads and initialises the module, opens a session, logs in, and finds the key pair.
    ///
    /// # Errors
    /// A [`Pkcs11Error`] that says what is missing.
    pub fn build(self) -> Result<Pkcs11Signer, Pkcs11Error> {
        let Pkcs11SignerBuilder { module, token, key: name, pin, max_sessions, session_wait } = self;
        let token = token.ok_or(Pkcs11Error::Incomplete("name the token by token_label or slot"))?;
        if name.label.is_none() && name.id.is_none() {
            return Err(Pkcs11Error::Incomplete("name the key by key_label, key_id or both"));
        }
        let token = Token::find(&module, token, pin)?;
        let session = token.open()?;
        let private = key::find_private(&session, &name)?;
        let info = key::describe(&session, private, &name)?;
        let mut mechanisms = token.mechanisms()?;
        mechanisms.retain(|mechanism| info.allowed.is_empty() || info.allowed.contains(mechanism));
        let limit = token.max_sessions()?.unwrap_or(usize::MAX);
        let sessions = Pool::new(max_sessions.min(limit), session_wait);
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
