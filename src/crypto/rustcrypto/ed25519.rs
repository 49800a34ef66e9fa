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
    use ed25519_dalek::{Signer, SigningKey};

    use super::*;
    use crate::crypto::rustcrypto::verifier::tests::{MESSAGE, hex, key, spki, tlv};

    const ED25519: &[u8] = &[0x06, 0x03, 0x2b, 0x65, 0x70];

    fn check(key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), VerifyError> {
        verify(&spki(ED25519, key), message, signature)
    }

    fn signed() -> (Vec<u8>, Vec<u8>) {
        let der = der::pem::decode_vec(key!("ed25519").as_bytes()).unwrap().1;
        let key = SigningKey::from_bytes(der[der.len() - 32..].try_into().unwrap());
        (key.verifying_key().as_bytes().to_vec(), key.sign(MESSAGE).to_bytes().to_vec())
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

    #[test]
    fn keys_have_one_form() {
        let (key, signature) = signed();
        assert_eq!(check(&key, MESSAGE, &signature), Ok(()));
        let null = spki(&[ED25519, &[0x05, 0x00]].concat(), &key);
        let trailing = [spki(ED25519, &key), vec![0]].concat();
        let unused_bits = tlv(0x30, &[tlv(0x30, ED25519), tlv(0x03, &[&[1], &key[..]].concat())].concat());
        for malformed in [&null, &trailing, &unused_bits, &spki(ED25519, &key[1..]), &spki(ED25519, &[]), &vec![]] {
            assert_eq!(verify(malformed, MESSAGE, &signature), Err(VerifyError::InvalidKey));
        }
        // Ed448 and X25519.
        for oid in [[0x06, 0x03, 0x2b, 0x65, 0x71], [0x06, 0x03, 0x2b, 0x65, 0x6e]] {
            assert_eq!(verify(&spki(&oid, &key), MESSAGE, &signature), Err(VerifyError::KeyMismatch));
        }
    }

    #[test]
    fn keys_of_small_order_are_refused() {
        // With them, R = identity and S = 0 is a signature of everything to a verifier that is not strict.
        let anything = [&[1][..], &[0; 63]].concat();
        let p_plus = |n: u8| [&[0xed + n][..], &[0xff; 30], &[0x7f]].concat();
        let mut minus_one = p_plus(0);
        minus_one[0] -= 1;
        for key in [
            [&[1][..], &[0; 31]].concat(),
            minus_one,
            vec![0; 32],
            hex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
            hex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
            // The same not reduced.
            p_plus(0),
            p_plus(1),
        ] {
            let mut signed = key.clone();
            signed[31] |= 0x80;
            for key in [key, signed] {
                assert_eq!(check(&key, MESSAGE, &anything), Err(VerifyError::InvalidKey), "{key:02x?}");
            }
        }
        for n in 2..=18 {
            assert_eq!(check(&p_plus(n), MESSAGE, &anything), Err(VerifyError::InvalidKey));
        }
        // Not on the curve.
        assert_eq!(check(&[&[2][..], &[0; 31]].concat(), MESSAGE, &anything), Err(VerifyError::InvalidKey));
    }

    #[test]
    fn signatures_have_one_form() {
        let (key, signature) = signed();
        // S + L, the same scalar.
        let order = hex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
        let mut carry = 0;
        let beyond = signature[32..].iter().zip(order).map(|(a, b)| {
            carry += u16::from(*a) + u16::from(b);
            let octet = carry as u8;
            carry >>= 8;
            octet
        });
        let beyond: Vec<u8> = signature[..32].iter().copied().chain(beyond).collect();
        let zero_commitment = [&[1][..], &[0; 31], &signature[32..]].concat();
        let long = [&signature[..], &[0]].concat();
        for wrong in [&beyond, &zero_commitment, &long, &signature[1..].to_vec(), &vec![], &vec![0xff; 64]] {
            assert_eq!(check(&key, MESSAGE, wrong), Err(VerifyError::InvalidSignature), "{wrong:02x?}");
        }
        for position in [0, 31, 32, 63] {
            let mut wrong = signature.clone();
            wrong[position] ^= 1;
            assert_eq!(check(&key, MESSAGE, &wrong), Err(VerifyError::InvalidSignature));
        }
    }
}
