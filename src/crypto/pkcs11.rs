//! A signer whose private key is on a PKCS#11 token.

pub(crate) mod builder;
pub(crate) mod error;
mod generate;
mod key;
pub(crate) mod keys_on_token;
mod pool;
mod scheme;
mod token;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use cryptoki::mechanism::MechanismType;
use cryptoki::object::ObjectHandle;
use cryptoki::session::Session;

use self::builder::Pkcs11SignerBuilder;
use self::error::Pkcs11Error;
use self::error::failed;
use self::key::KeyName;
use self::pool::Pool;
use self::token::Token;
use super::signer::{SignError, Signature, Signer};
use crate::x509::algorithm::{KeyAlgorithm, SigningAlgorithm};

/// Signs with a private key on a PKCS#11 token (v2.40): an HSM, a smart card, or software like SoftHSM.
///
/// * ECDSA on P-256, P-384 and P-521, each with SHA-256, SHA-384 and SHA-512, if the token has `CKM_ECDSA`.
/// * RSASSA-PKCS1-v1_5 and RSASSA-PSS with 2048, 3072 and 4096 bits, each with SHA-256, SHA-384 and SHA-512, if the token
///   has `CKM_RSA_PKCS` or `CKM_RSA_PKCS_PSS`, or those of the mechanisms that hash (`CKM_SHA256_RSA_PKCS` and so on).
///
/// Messages are hashed here where the token takes a digest. Everything else is [`SignError::UnsupportedAlgorithm`], and so is
/// what the token or `CKA_ALLOWED_MECHANISMS` of the key leaves out.
///
/// The signer is for threads: it opens sessions as they are needed, up to a bound, uses them again, and holds no lock while
/// the token signs. A session that fails is closed. If that may have been the session's fault (closed, logged out, token away
/// and back, device error), the signature is tried once more in a fresh one, logged in again with the PIN of the callback. A PIN that the token refuses is
/// refused for good: this signer offers none again, so that it locks no token.
///
/// [`SignError::Backend`] names the token, and has a [`Pkcs11Error`] as its source, which says what went wrong. The issuer verifies every signature of this signer, so a
/// public key object that does not belong to the private key shows there.
///
/// Two properties of PKCS#11 to know. A module is native code that runs in this process with all its rights; it is loaded
/// and initialised once per process and stays loaded. And login is by process and token: while one part of a process is
/// logged in, all of it is, and no further PIN is asked for or checked.
///
/// ```no_run
/// use issuance::Pkcs11Signer;
/// use issuance::crypto::TokenPin;
///
/// let signer = Pkcs11Signer::builder("/usr/lib/softhsm/libsofthsm2.so")
///     .token_label("ca")
///     .key_label("root")
///     .pin(|| Ok(TokenPin::new(std::fs::read_to_string("/run/secrets/ca-pin")?)))
///     .build()?;
/// # Ok::<(), issuance::crypto::Pkcs11Error>(())
/// ```
pub struct Pkcs11Signer {
    // Sessions are closed first.
    sessions: Pool<OpenKey>,
    token: Arc<Token>,
    key: KeyName,
    algorithm: KeyAlgorithm,
    public_key_der: Vec<u8>,
    /// Those of the token that the key may be used with.
    mechanisms: Vec<MechanismType>,
    /// What they sign with the key.
    algorithms: Vec<SigningAlgorithm>,
}

/// How often a key that is not there is looked for once more.
const MORE_LOOKS: usize = 4;

/// A session, and what the private key is called in it.
struct OpenKey {
    session: Session,
    private: ObjectHandle,
}

impl Pkcs11Signer {
    /// Starts with the path of the module, the shared library of the token's vendor. A path without a separator is searched
    /// for as the operating system does it.
    ///
    /// A token ([`token_label`](Pkcs11SignerBuilder::token_label) or [`slot`](Pkcs11SignerBuilder::slot)) and a key
    /// ([`key_label`](Pkcs11SignerBuilder::key_label), [`key_id`](Pkcs11SignerBuilder::key_id) or both) must follow.
    pub fn builder(module: impl Into<PathBuf>) -> Pkcs11SignerBuilder {
        Pkcs11SignerBuilder::new(module.into())
    }

    /// The algorithm and size of the key.
    pub fn key_algorithm(&self) -> KeyAlgorithm {
        self.algorithm
    }

    fn open(&self) -> Result<OpenKey, Pkcs11Error> {
        let session = self.token.open()?;
        let mut found = key::find_private(&session, &self.key);
        // Another part of the process may have logged out while the key was looked for, and another thread in again since.
        for _ in 0..MORE_LOOKS {
            if !matches!(found, Err(Pkcs11Error::NoPrivateKey { .. })) {
                break;
            }
            if self.token.is_logged_out(&session)? {
                return Err(Pkcs11Error::Call {
                    function: "C_FindObjects".to_owned(),
                    code: "CKR_USER_NOT_LOGGED_IN".to_owned(),
                });
            }
            found = key::find_private(&session, &self.key);
        }
        Ok(OpenKey { session, private: found? })
    }

    fn backend(&self, error: Pkcs11Error) -> SignError {
        SignError::Backend {
            reason: format!("the PKCS#11 token {} made no signature", self.token.name()),
            retryable: error.is_retryable(),
            source: Some(error.into()),
        }
    }
}

impl Signer for Pkcs11Signer {
    fn public_key_der(&self) -> &[u8] {
        &self.public_key_der
    }

    fn signing_algorithms(&self) -> &[SigningAlgorithm] {
        &self.algorithms
    }

    fn sign(&self, algorithm: SigningAlgorithm, message: &[u8]) -> Result<Signature, SignError> {
        let key = self.algorithm;
        let operation = scheme::operation(key, algorithm, message, |mechanism| self.mechanisms.contains(&mechanism))
            .ok_or(SignError::UnsupportedAlgorithm { algorithm, key })?;
        let sign =
            |open: &OpenKey| open.session.sign(&operation.mechanism, open.private, &operation.input).map_err(failed);
        let raw =
            self.sessions.run(|| self.open(), Pkcs11Error::is_stale, sign).map_err(|error| self.backend(error))?;
        let octets = raw.len();
        let value = scheme::signature_value(key, raw);
        value.map(Signature::new).ok_or_else(|| self.backend(Pkcs11Error::SignatureLength { octets }))
    }
}

impl fmt::Debug for Pkcs11Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pkcs11Signer({}, token {}, key with {})", self.algorithm, self.token.name(), self.key)
    }
}
