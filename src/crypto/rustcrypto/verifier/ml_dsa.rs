//! ML-DSA signatures (FIPS 204, RFC 9881).

use ::ml_dsa::{EncodedVerifyingKey, MlDsaParams, Signature, VerifyingKey};
use der::asn1::AnyRef;
use pkcs8::spki::AssociatedAlgorithmIdentifier;
use signature::Verifier;

use super::{VerifyError, key_without_parameters};

pub(super) fn verify<P>(spki: &[u8], message: &[u8], signature: &[u8]) -> Result<(), VerifyError>
where
    P: MlDsaParams + AssociatedAlgorithmIdentifier<Params = AnyRef<'static>>,
{
    let key = key_without_parameters(spki, P::ALGORITHM_IDENTIFIER.oid)?;
    // Of the right length, every string of octets is a key.
    let key = EncodedVerifyingKey::<P>::try_from(key).map_err(|_| VerifyError::InvalidKey)?;
    // The signature before the key, which takes longer to decode; its length and the form of its hints are checked.
    let signature = Signature::<P>::try_from(signature).map_err(|_| VerifyError::InvalidSignature)?;
    VerifyingKey::<P>::decode(&key).verify(message, &signature).map_err(|_| VerifyError::InvalidSignature)
}
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::crypto::rustcrypto::signer::RustCryptoSigner;
    use crate::crypto::rustcrypto::verifier::tests::{MESSAGE, key, spki, verify};
    use crate::crypto::signer::Signer;
    use crate::x509::algorithm::SigningAlgorithm;

    const KEYS: [(&str, SigningAlgorithm); 3] = [
        (key!("ml-dsa-44"), SigningAlgorithm::MlDsa44),
        (key!("ml-dsa-65"), SigningAlgorithm::MlDsa65),
        (key!("ml-dsa-87"), SigningAlgorithm::MlDsa87),
    ];

    #[test]
    fn keys_have_one_form() {
        for (pem, algorithm) in KEYS {
            let signer = RustCryptoSigner::from_pem(pem).unwrap();
            let good = signer.public_key_der();
            let signature = signer.sign(algorithm, MESSAGE).unwrap().into_bytes();
            let check = |key: &[u8]| verify(algorithm, key, MESSAGE, &signature);
            let oid = &algorithm.algorithm_identifier()[2..];
            let key = crate::x509::public_key::subject_public_key(good).unwrap();
            assert_eq!(spki(oid, key), good);
            assert_eq!(check(good), Ok(()));

            let null = spki(&[oid, &[0x05, 0x00]].concat(), key);
            let long = spki(oid, &[key, &[0]].concat());
            let trailing = [good, &[0]].concat();
            for malformed in [&null, &long, &spki(oid, &key[1..]), &spki(oid, &[]), &trailing, &vec![]] {
                assert_eq!(check(malformed), Err(VerifyError::InvalidKey));
            }
            // HashML-DSA, with the same key (FIPS 204 section 5.4).
            let mut prehashed = oid.to_vec();
            *prehashed.last_mut().unwrap() += 0x0f;
            assert_eq!(check(&spki(&prehashed, key)), Err(VerifyError::KeyMismatch));
            // Any other octets are a key, but not this one.
            assert_eq!(check(&spki(oid, &vec![0xff; key.len()])), Err(VerifyError::InvalidSignature));
        }
    }

    #[test]
    fn keys_of_another_parameter_set_do_not_fit() {
        for (pem, _) in KEYS {
            let signer = RustCryptoSigner::from_pem(pem).unwrap();
            for (_, algorithm) in KEYS {
                let fits = signer.key_algorithm().supports(algorithm);
                let error = if fits { VerifyError::InvalidSignature } else { VerifyError::KeyMismatch };
                assert_eq!(verify(algorithm, signer.public_key_der(), MESSAGE, &[]), Err(error));
            }
        }
    }

    #[test]
    fn hints_have_one_form() {
        // The last octets count the hints (FIPS 204 algorithm 21); with fewer than omega, zeros stand before them.
        let signer = RustCryptoSigner::from_pem(KEYS[0].0).unwrap();
        let (omega, k) = (80, 4);
        let signature = signer.sign(SigningAlgorithm::MlDsa44, MESSAGE).unwrap().into_bytes();
        let hints = signature.len() - omega - k;
        let count = usize::from(*signature.last().unwrap());
        assert!(count < omega && signature[hints + count..hints + omega].iter().all(|octet| *octet == 0));
        let check = |position: usize, octet: u8| {
            let mut signature = signature.clone();
            signature[position] = octet;
            verify(SigningAlgorithm::MlDsa44, signer.public_key_der(), MESSAGE, &signature)
        };
        assert_eq!(check(hints, signature[hints]), Ok(()));
        // Padding that is not zero, more hints than there can be, and hints that do not ascend.
        for (position, octet) in
            [(hints + omega - 1, 1), (signature.len() - 1, 81), (hints + 1, signature[hints]), (hints + omega, 0xff)]
        {
            assert_eq!(check(position, octet), Err(VerifyError::InvalidSignature));
        }
    }
}
