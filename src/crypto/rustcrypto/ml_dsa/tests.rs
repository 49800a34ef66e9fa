//! Known answers, and what is refused.
#![allow(clippy::unwrap_used)]

mod signing {
    use sha2::{Digest, Sha256};

    use super::super::*;

    fn hex(text: &str) -> Vec<u8> {
        let digits: Vec<u8> = text.chars().filter_map(|c| c.to_digit(16)).map(|digit| digit as u8).collect();
        digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
    }

    /// The seed of the examples of RFC 9881 appendix C: 00, 01, up to 1f.
    fn example<P: Parameters>() -> SigningKey<P> {
        from_seed(&std::array::from_fn(|n| n as u8))
    }

    #[test]
    fn rfc_9881_public_keys() {
        fn check<P: Parameters>(sha256: &str) {
            let der = example::<P>().public_key_der().unwrap();
            assert_eq!(KeyAlgorithm::from_public_key_der(der.as_bytes()), Some(P::KEY));
            assert_eq!(Sha256::digest(der.as_bytes()).as_slice(), hex(sha256));
        }
        // SHA-256 of the SubjectPublicKeyInfo of appendix C.2.
        check::<MlDsa44>("837832708c5236d951581f1fddf2b79991b3424a0486d16da1ddad0fd69701be");
        check::<MlDsa65>("b8b62131bfbe84433efb2273d7f5b87f7a22854a2cfd366fc2aead86d837c52d");
        check::<MlDsa87>("07e57c4f14dbad1267f621ec3777b4e2e6c4fbc4c22fbb87510ff8e0b3c6a642");
    }

    /// The ML-DSA-44 certificate of RFC 9881 appendix C.3 was signed deterministically: its signature is ours.
    #[test]
    fn rfc_9881_certificate() {
        let key = example::<MlDsa44>();
        let mut tbs = hex("3082060aa0030201020214159ffe6f22fd5cc42c524df6fd5e28d0de38f34e300b0609608648016503040311
         3022310d300b060355040a1304494554463111300f060355040313084c414d5053205747
         301e170d3230303230333034333231305a170d3430303132393034333231305a
         3022310d300b060355040a1304494554463111300f060355040313084c414d5053205747");
        tbs.extend(key.public_key_der().unwrap().as_bytes());
        tbs.extend(hex("a3423040300e0603551d0f0101ff040403020106300f0603551d130101ff040530030101ff
         301d0603551d0e04160414329a07b1fabb48f52a309f11a1898f848e2322ff"));
        let signature = PrivateKey::sign(&key, SigningAlgorithm::MlDsa44, &tbs).unwrap().into_bytes();
        assert_eq!(signature.len(), 2420);
        // The beginning is a hash of message, key and commitment (FIPS 204 algorithm 7, step 15); the end, the hints.
        assert!(signature.starts_with(&hex(
            "fcb12defc1319cfe2c6acd0cc2fff9b8e27051a34da717dd2c9e01bd0b76a1c6eb606ff86782bbe71eca6cff70da5cd4
         9e44de8a193586b3d32bea2441f1bf2a73800e3f92295c8646f41e712ba7bfe65eefb526fd425163e22b32c6f02a1b46"
        )));
        assert!(signature.ends_with(&hex(
            "1a1b2d76798e9ec2d8f0fe050710192932454654868a97a2a6bdc71a272c313a4d67778aa9b2b8c2c4d1ddf0
         000000000000000000000000000013213142"
        )));
    }

    fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
        let [high, low] = u16::try_from(content.len()).unwrap().to_be_bytes();
        match content.len() {
            0..0x80 => [&[tag, low], content].concat(),
            0x80..0x100 => [&[tag, 0x81, low], content].concat(),
            _ => [&[tag, 0x82, high, low], content].concat(),
        }
    }

    #[test]
    fn seeds_come_alone_or_with_what_follows_from_them() {
        fn check<P: Parameters>() {
            let key = example::<P>();
            let seed = key.to_seed();
            #[allow(deprecated)]
            let expanded = key.expanded_key().to_expanded();
            let both = |seed: &[u8], expanded: &[u8]| tlv(0x30, &[tlv(0x04, seed), tlv(0x04, expanded)].concat());
            for good in [tlv(0x80, &seed), both(&seed, &expanded)] {
                assert!(from_private_key::<P>(&good).unwrap() == key);
            }

            let mut other_seed = seed;
            other_seed[7] ^= 1;
            let mut other_expanded = expanded.clone();
            *other_expanded.last_mut().unwrap() ^= 1;
            let short = &expanded[..expanded.len() - 1];
            for (seed, expanded) in [(&other_seed[..], &expanded[..]), (&seed, &other_expanded), (&seed, short)] {
                let read = from_private_key::<P>(&both(seed, expanded));
                assert_eq!(read.err(), Some(PrivateKeyError::Inconsistent));
            }
            for malformed in [
                vec![],
                seed.to_vec(),
                tlv(0x80, &seed[1..]),
                tlv(0x80, &[&seed[..], &[0]].concat()),
                [tlv(0x80, &seed), vec![0]].concat(),
                // The expanded key alone, and a seed in an OCTET STRING as of older drafts.
                tlv(0x04, &expanded),
                tlv(0x04, &seed),
                tlv(0xa0, &tlv(0x04, &seed)),
                tlv(0x30, &tlv(0x04, &seed)),
                both(&seed[1..], &expanded),
                tlv(0x30, &[tlv(0x04, &seed), tlv(0x04, &expanded), vec![5, 0]].concat()),
            ] {
                let error = PrivateKeyError::Malformed("ML-DSA private key with a seed (RFC 9881 section 6)");
                assert_eq!(from_private_key::<P>(&malformed).err(), Some(error));
            }
        }
        check::<MlDsa44>();
        check::<MlDsa65>();
        check::<MlDsa87>();
    }
}

mod verifying {
    use super::super::*;
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
