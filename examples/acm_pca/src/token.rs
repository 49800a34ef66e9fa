//! Keys that stay on a PKCS#11 token: what the command line says of it, and how records refer to keys that are on it.

#[cfg(feature = "pkcs11")]
mod keys;

use std::path::PathBuf;

use uuid::Uuid;

use crate::percent;

#[cfg(feature = "pkcs11")]
pub(crate) use keys::KeyToken;

/// What a reference begins with (RFC 7512).
const SCHEME: &str = "pkcs11:";

/// Which token keys are made on; none if there is no module.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct TokenOptions {
    module: Option<PathBuf>,
    label: Option<String>,
    pin_file: Option<PathBuf>,
}

impl TokenOptions {
    /// The option of an argument, if it is one of these.
    pub(crate) fn take(
        &mut self,
        argument: &str,
        value: impl FnOnce() -> Result<String, String>,
    ) -> Result<bool, String> {
        match argument {
            "--pkcs11-module" => self.module = Some(value()?.into()),
            "--pkcs11-token" => self.label = Some(value()?),
            "--pkcs11-pin-file" => self.pin_file = Some(value()?.into()),
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Whether the arguments go together.
    pub(crate) fn check(&self) -> Result<(), String> {
        let others = [("--pkcs11-token", self.label.is_some()), ("--pkcs11-pin-file", self.pin_file.is_some())];
        match others.iter().find(|(_, given)| *given && self.module.is_none()) {
            Some((name, _)) => Err(format!("{name} goes with --pkcs11-module, the library that reaches the token")),
            None => Ok(()),
        }
    }

    pub(crate) fn is_given(&self) -> bool {
        self.module.is_some()
    }

    pub(crate) fn pin_file(&self) -> Option<&PathBuf> {
        self.pin_file.as_ref()
    }

    #[cfg(not(feature = "pkcs11"))]
    pub(crate) fn open(&self) -> Result<Option<KeyToken>, String> {
        match self.is_given() {
            true => Err("this build does not support --pkcs11-module: build it with the feature pkcs11".to_owned()),
            false => Ok(None),
        }
    }
}

/// A build without the feature has none.
#[cfg(not(feature = "pkcs11"))]
pub(crate) enum KeyToken {}

#[cfg(not(feature = "pkcs11"))]
impl KeyToken {
    pub(crate) fn generate(
        &self,
        _: &issuance::CertificateAuthorityArn,
        _: issuance::KeyAlgorithm,
    ) -> Result<crate::keys::NewKey, issuance::api::FailureReason> {
        match *self {}
    }

    pub(crate) fn find(&self, _: &Reference) -> Result<std::sync::Arc<dyn issuance::Signer>, String> {
        match *self {}
    }
}

/// A key on a token, as records keep it: a URI of RFC 7512 with the token's label and the key's identifier (`CKA_ID`).
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Reference {
    pub(crate) token: String,
    pub(crate) id: Vec<u8>,
}

impl Reference {
    /// A key that no other one is taken for: its identifier begins with that of its authority. Two processes may make a key for
    /// one authority, of which one is kept.
    #[cfg_attr(not(feature = "pkcs11"), allow(dead_code))]
    fn new(token: &str, authority: &str) -> Reference {
        let authority =
            authority.parse::<Uuid>().map_or_else(|_| authority.as_bytes().to_vec(), |id| id.as_bytes().to_vec());
        let own = Uuid::new_v4();
        let id = authority.into_iter().chain(own.as_bytes().iter().copied().take(8)).collect();
        Reference { token: token.to_owned(), id }
    }

    /// Whether a key that is kept is on a token.
    pub(crate) fn recognizes(kept_as: &str) -> bool {
        kept_as.starts_with(SCHEME)
    }

    pub(crate) fn parse(text: &str) -> Option<Reference> {
        let (mut token, mut id) = (None, None);
        for attribute in text.strip_prefix(SCHEME)?.split(';') {
            match attribute.split_once('=')? {
                ("token", value) => token = Some(String::from_utf8(percent::decode(value)).ok()?),
                ("id", value) => id = Some(percent::decode(value)),
                _ => {}
            }
        }
        Some(Reference { token: token?, id: id? })
    }
}

impl std::fmt::Display for Reference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{SCHEME}token={};id=", percent::encode(self.token.as_bytes()))?;
        // Whatever the bytes are, as the RFC recommends.
        self.id.iter().try_for_each(|byte| write!(f, "%{byte:02X}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_reads_back() {
        let authority = "0123abcd-4567-89ab-cdef-0123456789ab";
        let reference = Reference::new("Zur Prüfung; 100 %", authority);
        let text = reference.to_string();
        assert!(text.starts_with("pkcs11:token=Zur%20Pr%C3%BCfung%3B%20100%20%25;id=%01%23%AB%CD%45%67"), "{text}");
        assert!(Reference::recognizes(&text));
        assert_eq!(Reference::parse(&text), Some(reference));
        assert_ne!(Reference::new("t", authority), Reference::new("t", authority));
        assert_eq!(Reference::new("t", "x").id.len(), 9);
        let typed = Reference::parse("pkcs11:token=ca;type=private;id=%01a").unwrap();
        assert_eq!((typed.token.as_str(), &typed.id[..]), ("ca", &[1, b'a'][..]));
        for wrong in ["", "pkcs11:", "pkcs11:token=ca", "pkcs11:id=%01", "pkcs11:token=%FF;id=%01"] {
            assert_eq!(Reference::parse(wrong), None, "{wrong}");
        }
        assert!(!Reference::recognizes("-----BEGIN ENCRYPTED PRIVATE KEY-----"));
    }

    #[test]
    fn options_go_with_a_module() {
        let given = |arguments: &[&str]| {
            let mut options = TokenOptions::default();
            assert!(arguments.iter().all(|argument| options.take(argument, || Ok("x".to_owned())) == Ok(true)));
            options
        };
        assert!(given(&[]).check().is_ok() && !given(&[]).is_given());
        assert!(given(&["--pkcs11-module", "--pkcs11-token", "--pkcs11-pin-file"]).check().is_ok());
        for alone in ["--pkcs11-token", "--pkcs11-pin-file"] {
            assert!(given(&[alone]).check().unwrap_err().starts_with(alone));
        }
        assert_eq!(TokenOptions::default().take("--pkcs11-pin", || Ok(String::new())), Ok(false));
    }
}
