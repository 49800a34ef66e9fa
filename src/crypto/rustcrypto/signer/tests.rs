//! What holds for keys of every kind.
#![allow(clippy::unwrap_used)]

use der::asn1::{AnyRef, BitStringRef, ObjectIdentifier, OctetStringRef};
use der::{Decode, pem};
use pkcs8::{AssociatedOid, PrivateKeyInfoRef};

use super::*;
use crate::crypto::private_key::{BEGIN, pem_private_key};

macro_rules! key {
    ($name:literal) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/keys/", $name, ".pem"))
    };
}

fn pem_der(text: &str) -> Vec<u8> {
    pem_private_key(text).unwrap().1.to_vec()
}

const KEYS: [(&str, KeyAlgorithm); 10] = [
    (key!("ec-p256"), KeyAlgorithm::EcPrime256v1),
    (key!("ec-p384"), KeyAlgorithm::EcSecp384r1),
    (key!("ec-p521"), KeyAlgorithm::EcSecp521r1),
    (key!("rsa-2048"), KeyAlgorithm::Rsa2048),
    (key!("rsa-3072"), KeyAlgorithm::Rsa3072),
    (key!("rsa-4096"), KeyAlgorithm::Rsa4096),
    (key!("sm2"), KeyAlgorithm::Sm2),
    (key!("ml-dsa-44"), KeyAlgorithm::MlDsa44),
    (key!("ml-dsa-65"), KeyAlgorithm::MlDsa65),
    (key!("ml-dsa-87"), KeyAlgorithm::MlDsa87),
];

#[test]
fn every_key_round_trips_and_names_its_algorithm() {
    for (pem, algorithm) in KEYS {
        let signer = RustCryptoSigner::from_pkcs8_pem(pem).unwrap();
        assert_eq!(signer.key_algorithm(), algorithm);
        assert_eq!(KeyAlgorithm::from_public_key_der(signer.public_key_der()), Some(algorithm));
        assert!(signer.checked_at_construction(sealed::Sealed));
        assert_eq!(format!("{signer:?}"), format!("RustCryptoSigner({algorithm})"));

        // Byte for byte what OpenSSL wrote.
        let written = signer.to_pkcs8_pem().unwrap();
        assert_eq!(*written, pem);
        let again = RustCryptoSigner::from_pem(&written).unwrap();
        assert_eq!(again.public_key_der(), signer.public_key_der());
        let again = RustCryptoSigner::from_pkcs8_der(&pem_der(pem)).unwrap();
        assert_eq!(again.public_key_der(), signer.public_key_der());
    }
}

#[test]
fn generated_keys_differ_and_round_trip() {
    for algorithm in KeyAlgorithm::ALL {
        let signer = RustCryptoSigner::generate(*algorithm).unwrap();
        assert_eq!(signer.key_algorithm(), *algorithm);
        assert_eq!(KeyAlgorithm::from_public_key_der(signer.public_key_der()), Some(*algorithm));
        let again = RustCryptoSigner::from_pem(&signer.to_pkcs8_pem().unwrap()).unwrap();
        assert_eq!(again.public_key_der(), signer.public_key_der());
        // One key of RSA is enough for the time it takes.
        if !algorithm.as_str().starts_with("RSA") {
            let other = RustCryptoSigner::generate(*algorithm).unwrap();
            assert_ne!(other.public_key_der(), signer.public_key_der());
        }
    }
}

#[test]
fn older_pem_forms_give_the_same_key() {
    for (older, pkcs8) in [
        (key!("ec-p256.sec1"), key!("ec-p256")),
        (key!("ec-p384.sec1"), key!("ec-p384")),
        (key!("ec-p521.sec1"), key!("ec-p521")),
        (key!("sm2.sec1"), key!("sm2")),
        (key!("rsa-2048.pkcs1"), key!("rsa-2048")),
    ] {
        assert_eq!(
            RustCryptoSigner::from_pkcs8_pem(older).unwrap_err(),
            PrivateKeyError::Pem("the block is not a PRIVATE KEY")
        );
        let without_parameters = &older[older.rfind(BEGIN).unwrap()..];
        let with_text = format!("Key of a test\r\n\r\n{}\r\n", older.trim_end().replace('\n', "\r\n"));
        for text in [older, without_parameters, &with_text] {
            let signer = RustCryptoSigner::from_pem(text).unwrap();
            assert_eq!(*signer.to_pkcs8_pem().unwrap(), pkcs8);
        }
    }
}

#[test]
fn texts_that_are_not_one_private_key_are_refused() {
    let two = format!("{}{}", key!("ec-p256"), key!("ec-p384"));
    let block = key!("ec-p256");
    let swapped = block.replace("BEGIN PRIVATE", "BEGIN EC PRIVATE").replace("END PRIVATE", "END EC PRIVATE");
    for (text, error) in [
        ("", PrivateKeyError::Pem("there is no block")),
        ("-----BEGIN PRIVATE KEY", PrivateKeyError::Pem("the first boundary is malformed")),
        (&block[..block.len() - 10], PrivateKeyError::Pem("the last boundary is missing")),
        (&block.replace("MIG", "M*G"), PrivateKeyError::Pem("the block is malformed")),
        (&two, PrivateKeyError::Pem("there is more than one block")),
        (&key!("ec-p256.sec1")[..75], PrivateKeyError::Pem("there is no block")),
        (
            "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n",
            PrivateKeyError::Pem("the block is not a PRIVATE KEY, EC PRIVATE KEY, SM2 PRIVATE KEY or RSA PRIVATE KEY"),
        ),
        (&swapped, PrivateKeyError::Malformed("ECPrivateKey with a named curve")),
        (key!("ec-p256.encrypted"), PrivateKeyError::Encrypted),
        (key!("rsa-2048.pkcs1-encrypted"), PrivateKeyError::Encrypted),
    ] {
        assert_eq!(RustCryptoSigner::from_pem(text).unwrap_err(), error, "{text}");
    }
    let encrypted = pem::decode_vec(key!("ec-p256.encrypted").as_bytes()).unwrap().1;
    assert_eq!(RustCryptoSigner::from_pkcs8_der(&encrypted).unwrap_err(), PrivateKeyError::Encrypted);
}

#[test]
fn keys_that_no_authority_can_have_are_refused() {
    let error = RustCryptoSigner::from_pem(key!("rsa-1024")).unwrap_err();
    assert_eq!(error, PrivateKeyError::RsaSize { bits: 1024 });
    assert_eq!(error.to_string(), "an RSA key of 1024 bits is not supported; 2048, 3072 and 4096 bits are");
    let error = RustCryptoSigner::from_pem(key!("ec-secp256k1")).unwrap_err();
    assert_eq!(error, PrivateKeyError::Unsupported { algorithm: "1.3.132.0.10 (secp256k1)".into() });
    let error = RustCryptoSigner::from_pem(key!("ec-p256.explicit-parameters")).unwrap_err();
    assert_eq!(error, PrivateKeyError::Malformed("PrivateKeyInfo with a named curve"));
    let ed25519 = pem_der(key!("ed25519"));
    let error = RustCryptoSigner::from_pkcs8_der(&ed25519).unwrap_err();
    assert_eq!(error, PrivateKeyError::Unsupported { algorithm: "1.3.101.112 (id-Ed25519)".into() });
}

#[test]
fn damaged_keys_are_refused() {
    for (pem, _) in KEYS {
        let der = pem_der(pem);
        let trailing = [&der[..], &[0]].concat();
        for malformed in [&der[..der.len() - 1], &trailing, &[]] {
            let error = RustCryptoSigner::from_pkcs8_der(malformed).unwrap_err();
            assert_eq!(error, PrivateKeyError::Malformed("PrivateKeyInfo"));
        }
    }
    // The last octet of the public point, and one of the scalar.
    for pem in [key!("ec-p256"), key!("sm2")] {
        let der = pem_der(pem);
        for position in [der.len() - 1, 40] {
            let mut damaged = der.clone();
            damaged[position] ^= 1;
            assert_eq!(RustCryptoSigner::from_pkcs8_der(&damaged).unwrap_err(), PrivateKeyError::Inconsistent);
        }
    }
    // One octet of the modulus, and one of the private exponent.
    let der = pem_der(key!("rsa-2048"));
    for position in [100, 400] {
        let mut damaged = der.clone();
        damaged[position] ^= 1;
        assert_eq!(RustCryptoSigner::from_pkcs8_der(&damaged).unwrap_err(), PrivateKeyError::Inconsistent);
    }
    // The label of another curve around a P-256 key, which itself says its curve.
    let inner = pem_der(&key!("ec-p256.sec1")[70..]);
    for curve in [<p384::NistP384 as AssociatedOid>::OID, <::sm2::Sm2 as AssociatedOid>::OID] {
        let relabelled = with_algorithm(elliptic_curve::ALGORITHM_OID, Some(AnyRef::from(&curve)), &inner);
        assert_eq!(RustCryptoSigner::from_pkcs8_der(&relabelled).unwrap_err(), PrivateKeyError::Inconsistent);
    }
}

fn with_algorithm(oid: ObjectIdentifier, parameters: Option<AnyRef<'_>>, private_key: &[u8]) -> Vec<u8> {
    let algorithm = spki::AlgorithmIdentifier { oid, parameters };
    let info = PrivateKeyInfoRef::new(algorithm, OctetStringRef::new(private_key).unwrap());
    der::Encode::to_der(&info).unwrap()
}

#[test]
fn parameters_must_be_those_of_the_algorithm() {
    for (pem, expected) in [
        (key!("rsa-2048"), "PrivateKeyInfo of rsaEncryption with NULL"),
        (key!("sm2"), "PrivateKeyInfo with a named curve"),
    ] {
        let der = pem_der(pem);
        let info = PrivateKeyInfoRef::from_der(&der).unwrap();
        let without = with_algorithm(info.algorithm.oid, None, info.private_key.as_bytes());
        assert_eq!(RustCryptoSigner::from_pkcs8_der(&without).unwrap_err(), PrivateKeyError::Malformed(expected));
    }
    for pem in [key!("ml-dsa-44"), key!("ml-dsa-65"), key!("ml-dsa-87")] {
        let der = pem_der(pem);
        let info = PrivateKeyInfoRef::from_der(&der).unwrap();
        let null = with_algorithm(info.algorithm.oid, Some(AnyRef::NULL), info.private_key.as_bytes());
        let error = PrivateKeyError::Malformed("PrivateKeyInfo of ML-DSA without parameters");
        assert_eq!(RustCryptoSigner::from_pkcs8_der(&null).unwrap_err(), error);
    }
}

#[test]
fn a_public_key_beside_the_private_one_must_be_its_own() {
    for (pem, _) in KEYS {
        let der = pem_der(pem);
        let mut info = PrivateKeyInfoRef::from_der(&der).unwrap();
        let signer = RustCryptoSigner::from_pkcs8_der(&der).unwrap();
        let own = crate::x509::public_key::subject_public_key(signer.public_key_der()).unwrap();
        let mut other = own.to_vec();
        *other.last_mut().unwrap() ^= 1;
        for (bits, fits) in [(own, true), (&other, false), (&own[1..], false), (&[], false)] {
            info.public_key = Some(BitStringRef::from_bytes(bits).unwrap());
            let read = RustCryptoSigner::from_pkcs8_der(&der::Encode::to_der(&info).unwrap());
            assert_eq!(read.err(), (!fits).then_some(PrivateKeyError::Inconsistent));
        }
    }
}

#[test]
fn every_signing_algorithm_belongs_to_the_keys_that_it_fits() {
    for (pem, key) in KEYS {
        let signer = RustCryptoSigner::from_pem(pem).unwrap();
        for &algorithm in SigningAlgorithm::ALL {
            match signer.sign(algorithm, b"message") {
                Ok(_) => assert!(key.supports(algorithm), "{key} {algorithm}"),
                Err(error) => {
                    assert!(!key.supports(algorithm) && !error.is_retryable(), "{key} {algorithm}: {error}");
                    assert_eq!(
                        error.to_string(),
                        format!("this signer does not support {algorithm} with its {key} key")
                    );
                }
            }
        }
    }
}

#[test]
fn the_same_input_gives_the_same_signature_but_for_the_salt_of_pss() {
    for (pem, key) in KEYS {
        let (one, other) = (RustCryptoSigner::from_pem(pem).unwrap(), RustCryptoSigner::from_pem(pem).unwrap());
        for &algorithm in key.signing_algorithms() {
            let same = one.sign(algorithm, b"message").unwrap() == other.sign(algorithm, b"message").unwrap();
            assert_eq!(same, !algorithm.as_str().ends_with("_PSS"), "{key} {algorithm}");
        }
    }
}

#[test]
fn debug_and_errors_show_no_secret() {
    for (pem, key) in KEYS {
        let signer = RustCryptoSigner::from_pem(pem).unwrap();
        assert_eq!(format!("{signer:?} {signer:#?}"), format!("RustCryptoSigner({key}) RustCryptoSigner({key})"));
    }
}
