//! What goes wrong with a token.

use std::path::PathBuf;

use super::pool::Busy;
use crate::x509::public_key::PublicKeyError;

/// Why a PKCS#11 token cannot be used, or did not sign.
///
/// Says nothing of the PIN or the key's value. It is the source of the [`SignError::Backend`](crate::crypto::signer::SignError::Backend)
/// of a [`Pkcs11Signer`](crate::crypto::pkcs11::Pkcs11Signer). [`Pkcs11Signer`](crate::Pkcs11Signer) has an example.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Pkcs11Error {
    /// The builder was not told enough.
    #[error("the signer cannot be built: {0}")]
    Incomplete(&'static str),
    /// The module cannot be loaded.
    #[error("the PKCS#11 module {} cannot be loaded: {reason}", .path.display())]
    Module {
        /// The path that was given.
        path: PathBuf,
        /// What the loader said.
        reason: String,
    },
    /// There is no such token.
    #[error("there is no token {wanted}; the module has {}", list(.found))]
    NoToken {
        /// The label or slot that was asked for.
        wanted: String,
        /// The labels of the tokens that are there.
        found: Vec<String>,
    },
    /// More than one token has the label.
    #[error("{count} tokens have the label '{label}'; choose one by its slot")]
    TokenAmbiguous {
        /// The label.
        label: String,
        /// How many tokens have it.
        count: usize,
    },
    /// The token asks for a PIN, and the builder was given none.
    #[error("the token asks for a PIN and has no PIN pad; give the builder a PIN")]
    NoPin,
    /// The callback gave no PIN. Its own error is the source, and not in this text.
    #[error("the PIN callback failed")]
    PinCallback(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The token refused the PIN. This signer does not offer one again, so that it locks no token.
    #[error("the token refused the PIN: {code}")]
    PinRefused {
        /// The return value of `C_Login`, by its name.
        code: String,
    },
    /// There is no such key.
    #[error("the token has no private key with {key}")]
    NoPrivateKey {
        /// The label and identifier that were asked for.
        key: String,
    },
    /// More than one object fits.
    #[error("the token has more than one {object} with {key}; name the key by both label and identifier")]
    KeyAmbiguous {
        /// `private key` or `public key`.
        object: &'static str,
        /// The label and identifier that were asked for.
        key: String,
    },
    /// A new key was to get the identifier of one that is there.
    #[error("the token has a private key with {key} already; a new one needs another identifier")]
    KeyExists {
        /// The identifier that was asked for.
        key: String,
    },
    /// The private key must not sign (`CKA_SIGN` is false).
    #[error("the private key with {key} must not sign: its CKA_SIGN is false")]
    NotForSigning {
        /// The label and identifier of the key.
        key: String,
    },
    /// The private key wants the PIN for each signature (`CKA_ALWAYS_AUTHENTICATE`), which this signer does not support.
    #[error(
        "the private key with {key} wants the PIN for each signature (CKA_ALWAYS_AUTHENTICATE), which is not supported"
    )]
    AlwaysAuthenticate {
        /// The label and identifier of the key.
        key: String,
    },
    /// An attribute that the public key is made of is not there, neither in a public key object nor in the private key.
    #[error("the {object} with {key} has no {attribute}, which the public key is made of")]
    MissingAttribute {
        /// `public key`, or `private key` where there is no public key object.
        object: &'static str,
        /// The label and identifier of the key.
        key: String,
        /// The name of the attribute.
        attribute: &'static str,
    },
    /// The public key on the token is malformed, or on a curve that the crate does not know.
    #[error("the public key on the token cannot be used: {0}")]
    PublicKey(PublicKeyError),
    /// The key is of a kind that this signer does not use.
    #[error(
        "keys of this kind are not supported by this signer: {0}; RSA of 2048, 3072 and 4096 bits and EC on P-256, P-384 and P-521 are"
    )]
    UnsupportedKey(String),
    /// Every session was in use for as long as a caller waits.
    #[error("all sessions of the signer were in use for too long")]
    Busy,
    /// The token returned a signature of a length that no signature of its key has.
    #[error("the token returned a signature of {octets} bytes, which is not the length of one by its key")]
    SignatureLength {
        /// The length.
        octets: usize,
    },
    /// A function of the module failed.
    #[error("{function} returned {code}")]
    Call {
        /// The name of the function, like `C_OpenSession`.
        function: String,
        /// The name of the return value, like `CKR_DEVICE_REMOVED`.
        code: String,
    },
    /// The module does not behave as PKCS#11 says.
    #[error("the PKCS#11 module does not behave: {0}")]
    Misbehaved(String),
}

fn list(labels: &[String]) -> String {
    let labels: Vec<String> = labels.iter().map(|label| format!("'{label}'")).collect();
    if labels.is_empty() { "none".to_owned() } else { labels.join(", ") }
}

impl Pkcs11Error {
    /// Whether the same call may well succeed a little later: the token is away or busy, a limit is reached, or a session
    /// was lost. A refusal is not retryable, nor is `CKR_GENERAL_ERROR` ("unrecoverable", PKCS#11 v2.40 section 5.1.1).
    pub fn is_retryable(&self) -> bool {
        match self {
            Pkcs11Error::Busy | Pkcs11Error::PinCallback(_) => true,
            Pkcs11Error::Call { code, .. } => {
                self.is_token_gone()
                    || matches!(
                        code.as_str(),
                        "CKR_SESSION_HANDLE_INVALID"
                            | "CKR_SESSION_CLOSED"
                            | "CKR_SESSION_COUNT"
                            | "CKR_USER_NOT_LOGGED_IN"
                            | "CKR_KEY_HANDLE_INVALID"
                            | "CKR_OBJECT_HANDLE_INVALID"
                            | "CKR_OPERATION_ACTIVE"
                            | "CKR_HOST_MEMORY"
                            | "CKR_DEVICE_MEMORY"
                            | "CKR_DEVICE_ERROR"
                            | "CKR_FUNCTION_FAILED"
                            | "CKR_FUNCTION_CANCELED"
                    )
            }
            _ => false,
        }
    }

    /// Whether the session may be to blame, so that a fresh one is worth a try at once. `CKR_GENERAL_ERROR` is what some
    /// modules say of a lost connection or login; limits and cancellations are not the session's fault.
    pub(super) fn is_stale(&self) -> bool {
        let Pkcs11Error::Call { code, .. } = self else { return false };
        match code.as_str() {
            "CKR_GENERAL_ERROR" => true,
            "CKR_SESSION_COUNT" | "CKR_HOST_MEMORY" | "CKR_DEVICE_MEMORY" | "CKR_FUNCTION_CANCELED" => false,
            _ => self.is_retryable(),
        }
    }

    /// Whether the token may since be in another slot, or the module has to be initialised again.
    pub(super) fn is_token_gone(&self) -> bool {
        let Pkcs11Error::Call { code, .. } = self else { return false };
        matches!(
            code.as_str(),
            "CKR_DEVICE_REMOVED"
                | "CKR_TOKEN_NOT_PRESENT"
                | "CKR_TOKEN_NOT_RECOGNIZED"
                | "CKR_SLOT_ID_INVALID"
                | "CKR_CRYPTOKI_NOT_INITIALIZED"
        )
    }

    /// Whether `C_Login` judged the PIN and not the circumstances.
    pub(super) fn refused_pin(&self) -> Option<&str> {
        match self {
            Pkcs11Error::Call { code, .. } if code.starts_with("CKR_PIN_") || code.starts_with("CKR_USER_PIN_") => {
                Some(code)
            }
            _ => None,
        }
    }
}

impl From<Busy> for Pkcs11Error {
    fn from(Busy: Busy) -> Self {
        Pkcs11Error::Busy
    }
}

/// An error of the wrapper crate in words of PKCS#11. Not a `From`, which would put that crate into the public API.
pub(super) fn failed(error: cryptoki::error::Error) -> Pkcs11Error {
    match error {
        cryptoki::error::Error::Pkcs11(code, function) => {
            Pkcs11Error::Call { function: format!("C_{function:?}"), code: code_name(code) }
        }
        other => Pkcs11Error::Misbehaved(other.to_string()),
    }
}

/// The name of a return value in the standard, from its name in the wrapper crate.
fn code_name(code: cryptoki::error::RvError) -> String {
    use cryptoki::error::RvError;
    match code {
        RvError::VendorDefined(value) | RvError::UnknownErrorCode(value) => format!("{value:#010x}"),
        known => {
            let mut name = String::from("CKR");
            for letter in format!("{known:?}").chars() {
                if letter.is_ascii_uppercase() {
                    name.push('_');
                }
                name.push(letter.to_ascii_uppercase());
            }
            name
        }
    }
}

#[cfg(test)]
mod tests {
    use cryptoki::context::Function;
    use cryptoki::error::{Error, RvError};

    use super::*;

    fn call(code: RvError) -> Pkcs11Error {
        failed(Error::Pkcs11(code, Function::Sign))
    }

    #[test]
    fn names_are_those_of_the_standard() {
        for (code, text) in [
            (RvError::DeviceRemoved, "C_Sign returned CKR_DEVICE_REMOVED"),
            (RvError::RandomNoRng, "C_Sign returned CKR_RANDOM_NO_RNG"),
            (RvError::VendorDefined(0x8000_0001), "C_Sign returned 0x80000001"),
        ] {
            assert_eq!(call(code).to_string(), text);
        }
        let error = failed(Error::NullFunctionPointer);
        assert_eq!(error.to_string(), "the PKCS#11 module does not behave: Calling a NULL function pointer");
    }

    #[test]
    fn what_is_retryable_and_what_is_stale() {
        use RvError as R;
        for (code, retryable, stale) in [
            (R::DeviceRemoved, true, true),
            (R::TokenNotPresent, true, true),
            (R::TokenNotRecognized, true, true),
            (R::SlotIdInvalid, true, true),
            (R::CryptokiNotInitialized, true, true),
            (R::SessionHandleInvalid, true, true),
            (R::SessionClosed, true, true),
            (R::UserNotLoggedIn, true, true),
            (R::KeyHandleInvalid, true, true),
            (R::ObjectHandleInvalid, true, true),
            (R::OperationActive, true, true),
            (R::SessionCount, true, false),
            (R::HostMemory, true, false),
            (R::DeviceMemory, true, false),
            (R::DeviceError, true, true),
            (R::FunctionFailed, true, true),
            (R::FunctionCanceled, true, false),
            (R::GeneralError, false, true),
            (R::PinIncorrect, false, false),
            (R::PinLocked, false, false),
            (R::MechanismInvalid, false, false),
            (R::KeyFunctionNotPermitted, false, false),
            (R::VendorDefined(0x8000_0001), false, false),
        ] {
            let error = call(code);
            assert_eq!((error.is_retryable(), error.is_stale()), (retryable, stale), "{error}");
        }
        assert!(Pkcs11Error::Busy.is_retryable());
        assert!(Pkcs11Error::PinCallback("the vault is sealed".into()).is_retryable());
        assert!(!Pkcs11Error::NoPin.is_retryable());
    }

    #[test]
    fn refusals_of_a_pin() {
        use RvError as R;
        for code in [R::PinIncorrect, R::PinLocked, R::PinExpired, R::PinLenRange, R::UserPinNotInitialized] {
            assert!(call(code).refused_pin().is_some());
        }
        for code in [R::FunctionCanceled, R::DeviceError, R::UserAlreadyLoggedIn] {
            assert_eq!(call(code).refused_pin(), None);
        }
    }

    #[test]
    fn labels_are_listed() {
        let error = |found: &[&str]| Pkcs11Error::NoToken {
            wanted: "labelled 'ca'".into(),
            found: found.iter().map(|label| label.to_string()).collect(),
        };
        assert_eq!(error(&[]).to_string(), "there is no token labelled 'ca'; the module has none");
        assert_eq!(error(&["a", "b"]).to_string(), "there is no token labelled 'ca'; the module has 'a', 'b'");
    }
}
