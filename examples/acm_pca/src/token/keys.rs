//! The token that keys are made on and found on.

use std::sync::Arc;

use issuance::api::FailureReason;
use issuance::crypto::{Pkcs11Error, Pkcs11Token, TokenPin};
use issuance::{CertificateAuthorityArn, KeyAlgorithm, Pkcs11Signer, Signer};

use super::{Reference, TokenOptions};
use crate::keys::NewKey;
use crate::log::with_causes;
use crate::passphrase::Passphrase;

const PIN: &str = "ACM_PCA_PKCS11_PIN";

/// A token that is logged in to.
#[derive(Clone)]
pub(crate) struct KeyToken {
    label: String,
    token: Pkcs11Token,
}

impl TokenOptions {
    /// Logs in to the token, if there is to be one.
    pub(crate) fn open(&self) -> Result<Option<KeyToken>, String> {
        let Some(module) = &self.module else { return Ok(None) };
        let label = match &self.label {
            Some(label) => label.clone(),
            None => {
                let labels = Pkcs11Token::labels(module).map_err(|error| with_causes(&error))?;
                let [only] = &labels[..] else {
                    let problem = format!("the PKCS#11 module {} has the tokens {labels:?}", module.display());
                    return Err(format!("{problem}; --pkcs11-token LABEL chooses one"));
                };
                only.clone()
            }
        };
        let mut builder = Pkcs11Signer::builder(module).token_label(&label);
        if self.pin_file.is_some() || std::env::var_os(PIN).is_some() {
            let options = self.clone();
            builder = builder.pin(move || Ok(options.pin()?));
        }
        let token = builder.open_token().map_err(|error| match error {
            Pkcs11Error::NoPin => {
                format!("the token '{label}' asks for a PIN: give --pkcs11-pin-file FILE, or set {PIN}")
            }
            error => format!("the token '{label}': {}", with_causes(&error)),
        })?;
        Ok(Some(KeyToken { label, token }))
    }

    /// Read at each login, so that a PIN that was changed is the one that is offered.
    fn pin(&self) -> Result<TokenPin, String> {
        let pin = match &self.pin_file {
            Some(file) => Some(Passphrase::from_file("PIN", file)?),
            None => Passphrase::from_environment(PIN),
        };
        let pin = pin.ok_or_else(|| format!("{PIN} is empty"))?;
        let text = std::str::from_utf8(pin.as_ref()).map_err(|_| "the PIN is not UTF-8".to_owned())?;
        Ok(TokenPin::new(text))
    }
}

impl KeyToken {
    /// A new key pair for an authority, whose identifier is its label.
    pub(crate) fn generate(
        &self,
        authority: &CertificateAuthorityArn,
        algorithm: KeyAlgorithm,
    ) -> Result<NewKey, FailureReason> {
        let reference = Reference::new(&self.label, authority.id());
        let made = self.token.generate(algorithm, authority.id(), reference.id.as_slice());
        let signer = made.map_err(|error| match error {
            Pkcs11Error::UnsupportedKey(_) => FailureReason::UnsupportedAlgorithm,
            error => {
                eprintln!("acm_pca: no key of {authority} is on the token '{}': {}", self.label, with_causes(&error));
                FailureReason::Other
            }
        })?;
        Ok(NewKey { signer: Arc::new(signer), kept_as: Some(reference.to_string().into()) })
    }

    /// A key that was made before.
    pub(crate) fn find(&self, reference: &Reference) -> Result<Arc<dyn Signer>, String> {
        if reference.token != self.label {
            return Err(format!(
                "it is on the token '{}', and the one that is open is '{}'",
                reference.token, self.label
            ));
        }
        let found = self.token.key_with_id(reference.id.as_slice());
        Ok(Arc::new(found.map_err(|error| format!("the token '{}': {}", self.label, with_causes(&error)))?))
    }
}
