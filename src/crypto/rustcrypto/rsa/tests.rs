//! Known answers, and what is refused.
#![allow(clippy::unwrap_used)]

mod signing {
    use ::rsa::BoxedUint;
    use ::rsa::pkcs1::EncodeRsaPrivateKey;
    use ::rsa::traits::PrivateKeyParts;
    use pkcs8::DecodePrivateKey;

    use super::super::*;
    use crate::crypto::private_key::rsa_private_key;

    #[test]
    fn factors_that_are_not_prime_are_refused() {
        let pem = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/keys/rsa-2048.pem"));
        let good = RsaPrivateKey::from_pkcs8_pem(pem).unwrap();
        let (p, q) = (good.primes()[0].as_ref(), good.primes()[1].as_ref());
        let step = BoxedUint::from(2u8);
        let mut not_prime = p.wrapping_sub(&step);
        // The next one for which the exponents work out.
        let bad = loop {
            not_prime = not_prime.wrapping_sub(&step);
            if let Ok(key) = RsaPrivateKey::from_p_q(not_prime.clone(), q.clone(), BoxedUint::from(65537u32)) {
                break key;
            }
        };
        let der = bad.to_pkcs1_der().unwrap();
        let read = |der| rsa_private_key(der).and_then(|(key, algorithm)| RsaKey::from_parts(key, algorithm));
        assert_eq!(read(der.as_bytes()).err(), Some(PrivateKeyError::Inconsistent));
    }
}

mod verifying {
    use SigningAlgorithm as S;
    use pkcs8::{DecodePrivateKey, EncodePublicKey};
    use sha2::{Sha256, Sha384, Sha512};

    use super::super::*;
    use crate::crypto::rustcrypto::signer::RustCryptoSigner;
    use crate::crypto::rustcrypto::verifier::tests::{MESSAGE, key, verify};
    use crate::crypto::signer::Signer;
    use crate::x509::algorithm::SigningAlgorithm;
    use crate::x509::algorithm::identifier::SignatureAlgorithm;
    use crate::x509::algorithm::rsa_pss::RsaPssHash;

    #[test]
    fn pss_takes_a_salt_as_long_as_the_algorithm_says_only() {
        let key = ::rsa::PrivateKey::from_pkcs8_pem(key!("rsa-2048")).unwrap();
        let spki = key.as_public_key().to_public_key_der().unwrap();
        fn signed<D: Digest + FixedOutputReset>(key: &::rsa::PrivateKey, salt: usize) -> Vec<u8> {
            key.sign(Pss::<D>::new_with_salt(salt), &D::digest(MESSAGE)).unwrap()
        }
        let pss = |hash, octets| SignatureAlgorithm::rsa_pss(hash, octets).unwrap();
        for (algorithm, salt, other_salt) in [
            (S::Sha256WithRsaPss.into(), signed::<Sha256>(&key, 32), signed::<Sha256>(&key, 20)),
            (S::Sha384WithRsaPss.into(), signed::<Sha384>(&key, 48), signed::<Sha384>(&key, 0)),
            (S::Sha512WithRsaPss.into(), signed::<Sha512>(&key, 64), signed::<Sha512>(&key, 65)),
            (pss(RsaPssHash::Sha256, 222), signed::<Sha256>(&key, 222), signed::<Sha256>(&key, 32)),
            (pss(RsaPssHash::Sha384, 0), signed::<Sha384>(&key, 0), signed::<Sha384>(&key, 1)),
            (pss(RsaPssHash::Sha512, 190), signed::<Sha512>(&key, 190), signed::<Sha512>(&key, 189)),
        ] {
            assert_eq!(verify(algorithm, spki.as_bytes(), MESSAGE, &salt), Ok(()));
            assert_eq!(verify(algorithm, spki.as_bytes(), b"other", &salt), Err(VerifyError::InvalidSignature));
            assert_eq!(verify(algorithm, spki.as_bytes(), MESSAGE, &other_salt), Err(VerifyError::InvalidSignature));
            assert_eq!(verify(S::Sha256WithRsa, spki.as_bytes(), MESSAGE, &salt), Err(VerifyError::InvalidSignature));
        }
    }

    #[test]
    fn rsa_signatures_beyond_the_modulus_are_refused() {
        let signer = RustCryptoSigner::from_pem(key!("rsa-2048")).unwrap();
        let key = signer.public_key_der();
        for signature in [vec![0xff; 256], vec![0; 256], vec![0xff; 255], vec![0xff; 257], vec![0; 4096]] {
            for algorithm in [S::Sha256WithRsa, S::Sha256WithRsaPss] {
                assert_eq!(verify(algorithm, key, MESSAGE, &signature), Err(VerifyError::InvalidSignature));
            }
        }
        // The same number in one octet more.
        let signature = signer.sign(S::Sha256WithRsa, MESSAGE).unwrap().into_bytes();
        let padded = [&[0], &signature[..]].concat();
        assert_eq!(verify(S::Sha256WithRsa, key, MESSAGE, &padded), Err(VerifyError::InvalidSignature));
    }
}
