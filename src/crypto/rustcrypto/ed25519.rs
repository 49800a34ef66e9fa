//! Ed25519 signatures (RFC 8032, RFC 8410).

use ed25519_dalek::{Signature, VerifyingKey};

use crate::crypto::ed25519::is_canonical;
use crate::crypto::verifier::{VerifyError, misfit};
use crate::x509::public_key::{KeyKind, PublicKey, subject_public_key};

pub(super) fn verify(spki: &[u8], message: &[u8], signature: &[u8]) -> Result<(), VerifyError> {
    let (Ok(PublicKey::Ed25519), Ok(octets)) = (PublicKey::from_der(spki), subject_public_key(spki)) else {
        return Err(misfit(spki, KeyKind::Ed25519));
    };
    let octets = octets.try_into().map_err(|_| VerifyError::InvalidKey)?;
    let key = VerifyingKey::from_bytes(octets).map_err(|_| VerifyError::InvalidKey)?;
    if !is_canonical(octets) || key.is_weak() {
        return Err(VerifyError::InvalidKey);
    }
    let signature = Signature::from_slice(signature).map_err(|_| VerifyError::InvalidSignature)?;
    key.verify_strict(message, &signature).map_err(|_| VerifyError::InvalidSignature)
}

#[cfg(all(test, feature = "ed25519", feature = "ml-dsa", feature = "rustcrypto", feature = "sm2"))]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::crypto::rustcrypto::verifier::tests::{hex, spki};

    const ED25519: &[u8] = &[0x06, 0x03, 0x2b, 0x65, 0x70];

    fn check(key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), VerifyError> {
        verify(&spki(ED25519, key), message, signature)
    }

    #[test]
    fn rfc_8032_known_answers() {
        for (key, message, signature) in [
            (
                "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
                "",
                "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b
                 d25bf5f0595bbe24655141438e7a100b",
            ),
            (
                "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
                "72",
                "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c
                 387b2eaeb4302aeeb00d291612bb0c00",
            ),
        ] {
            assert_eq!(check(&hex(key), &hex(message), &hex(signature)), Ok(()));
            assert_eq!(check(&hex(key), b"other", &hex(signature)), Err(VerifyError::InvalidSignature));
        }
    }
}
