//! What a signer on a token is built from.

use std::error::Error;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use zeroize::Zeroizing;

use super::Pkcs11Signer;
use super::error::Pkcs11Error;
use super::key::KeyName;
use super::keys_on_token::Pkcs11Token;
use super::token::{PinSource, Token, TokenName};

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
    pub fn build(mut self) -> Result<Pkcs11Signer, Pkcs11Error> {
        let key = std::mem::take(&mut self.key);
        let token = self.token()?;
        if key.label.is_none() && key.id.is_none() {
            return Err(Pkcs11Error::Incomplete("name the key by key_label, key_id or both"));
        }
        token.find()?.signer(key)
    }

    /// Loads and initialises the module and logs in to the token, for a service with many keys: the token finds them, and makes
    /// new ones. Keys are named to the token then, and not here.
    ///
    /// # Errors
    /// A [`Pkcs11Error`] that says what is missing.
    pub fn open_token(self) -> Result<Pkcs11Token, Pkcs11Error> {
        if self.key.label.is_some() || self.key.id.is_some() {
            return Err(Pkcs11Error::Incomplete("key_label and key_id are for build; the token is asked for each key"));
        }
        let token = self.token()?.find()?;
        token.log_in()?;
        Ok(token)
    }

    fn token(self) -> Result<Unopened, Pkcs11Error> {
        let Pkcs11SignerBuilder { module, token, pin, max_sessions, session_wait, .. } = self;
        let token = token.ok_or(Pkcs11Error::Incomplete("name the token by token_label or slot"))?;
        Ok(Unopened { module, token, pin, max_sessions, session_wait })
    }
}

/// A token that is named and not yet looked for.
struct Unopened {
    module: PathBuf,
    token: TokenName,
    pin: Option<PinSource>,
    max_sessions: usize,
    session_wait: Duration,
}

impl Unopened {
    fn find(self) -> Result<Pkcs11Token, Pkcs11Error> {
        let token = Token::find(&self.module, self.token, self.pin)?;
        Ok(Pkcs11Token::new(token, self.max_sessions, self.session_wait))
    }
}
