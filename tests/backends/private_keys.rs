//! Private keys: generated, read in each form that they come in, written, and refused.

use der::pem;

use super::*;

const BEGIN: &str = "-----BEGIN ";

#[test]
fn every_key_round_trips_and_names_its_algorithm() {
    for backend in backends() {
        for (pem, algorithm) in KEYS {
            let signer = (backend.from_pkcs8_pem)(pem).unwrap();
            assert_eq!(signer.key_algorithm(), algorithm);
            assert_eq!(KeyAlgorithm::from_public_key_der(signer.public_key_der()), Some(algorithm));
            // Byte for byte what OpenSSL wrote.
            assert_eq!(signer.to_pkcs8_pem(), pem, "{}", backend.name);
            let again = (backend.from_pkcs8_der)(&pem_der(pem)).unwrap();
            assert_eq!(again.public_key_der(), signer.public_key_der());
        }
    }
}

#[test]
fn generated_keys_differ_and_are_read_by_the_others() {
    for backend in backends() {
        for &algorithm in KeyAlgorithm::ALL {
            // One size of RSA is enough for the time it takes.
            if matches!(algorithm, KeyAlgorithm::Rsa3072 | KeyAlgorithm::Rsa4096) {
                continue;
            }
            let signer = match (backend.generate)(algorithm) {
                Ok(signer) => signer,
                Err(error) => {
                    assert_eq!(error, PrivateKeyError::Unsupported { algorithm: algorithm.to_string() });
                    assert!(backend.is_aws_lc() && algorithm == KeyAlgorithm::Sm2, "{} {algorithm}", backend.name);
                    continue;
                }
            };
            assert_eq!(signer.key_algorithm(), algorithm);
            assert_eq!(KeyAlgorithm::from_public_key_der(signer.public_key_der()), Some(algorithm));
            let pem = signer.to_pkcs8_pem();
            for (other, again) in each_signer(&backends(), &pem_der(&pem)) {
                assert_eq!(again.public_key_der(), signer.public_key_der(), "{} {algorithm}", other.name);
                assert_eq!(again.to_pkcs8_pem(), pem, "{} {algorithm}", other.name);
            }
            if algorithm != KeyAlgorithm::Rsa2048 {
                let other = (backend.generate)(algorithm).unwrap();
                assert_ne!(other.public_key_der(), signer.public_key_der());
            }
        }
    }
}

#[test]
fn older_pem_forms_give_the_same_key() {
    for backend in backends() {
        for (older, pkcs8) in [
            (key!("ec-p256.sec1"), key!("ec-p256")),
            (key!("ec-p384.sec1"), key!("ec-p384")),
            (key!("ec-p521.sec1"), key!("ec-p521")),
            (key!("rsa-2048.pkcs1"), key!("rsa-2048")),
        ] {
            let error = (backend.from_pkcs8_pem)(older).unwrap_err();
            assert_eq!(error, PrivateKeyError::Pem("the block is not a PRIVATE KEY"));
            let without_parameters = &older[older.rfind(BEGIN).unwrap()..];
            let with_text = format!("Key of a test\r\n\r\n{}\r\n", older.trim_end().replace('\n', "\r\n"));
            for text in [older, without_parameters, &with_text] {
                assert_eq!((backend.from_pem)(text).unwrap().to_pkcs8_pem(), pkcs8, "{}", backend.name);
            }
        }
    }
}

#[test]
fn ec_keys_come_with_and_without_the_public_key() {
    for backend in backends() {
        let block = &key!("ec-p256.sec1")[key!("ec-p256.sec1").rfind(BEGIN).unwrap()..];
        let full = pem_der(block);
        // SEQUENCE { version, OCTET STRING of 32, [0] curve, [1] public key }
        let (version_and_scalar, curve) = (&full[2..39], &full[39..51]);
        let scalar = &version_and_scalar[5..];
        let signer = (backend.from_pem)(key!("ec-p256")).unwrap();
        let public_key = [&[0][..], &signer.public_key_der()[26..]].concat();
        let explicit = |key: &[u8]| tlv(0xa1, &tlv(0x03, key));
        let wrap = |parts: &[&[u8]]| {
            let text = pem::encode_string("EC PRIVATE KEY", pem::LineEnding::LF, &tlv(0x30, &parts.concat())).unwrap();
            (backend.from_pem)(&text).map(|key| key.public_key_der().to_vec())
        };
        let own = Ok(signer.public_key_der().to_vec());
        assert_eq!(wrap(&[version_and_scalar, curve, &explicit(&public_key)]), own);
        assert_eq!(wrap(&[version_and_scalar, curve]), own);

        let mut other_key = public_key.clone();
        other_key[64] ^= 1;
        let p384_key = (backend.from_pem)(key!("ec-p384")).unwrap();
        let p384_key = [&[0][..], &p384_key.public_key_der()[23..]].concat();
        for wrong in [&other_key, &p384_key] {
            let error = wrap(&[version_and_scalar, curve, &explicit(wrong)]).unwrap_err();
            assert_eq!(error, PrivateKeyError::Inconsistent, "{}", backend.name);
        }
        // Zero, the order of the curve, and beyond.
        let order = hex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
        for scalar in [vec![0; 32], order, vec![0xff; 32]] {
            let error = wrap(&[&[2, 1, 1], &tlv(0x04, &scalar), curve]).unwrap_err();
            assert_eq!(error, PrivateKeyError::Inconsistent, "{} {scalar:02x?}", backend.name);
        }
        for scalar in [&[&[0], scalar].concat()[..], &[]] {
            let error = wrap(&[&[2, 1, 1], &tlv(0x04, scalar), curve]).unwrap_err();
            assert_eq!(error, PrivateKeyError::Inconsistent, "{} {scalar:02x?}", backend.name);
        }
        // Old versions of OpenSSL left out leading zeros.
        let (short, full) = ([7; 31], [&[0][..], &[7; 31]].concat());
        let short = wrap(&[&[2, 1, 1], &tlv(0x04, &short), curve]).unwrap();
        assert_eq!(short, wrap(&[&[2, 1, 1], &tlv(0x04, &full), curve]).unwrap(), "{}", backend.name);
        let named_curve = PrivateKeyError::Malformed("ECPrivateKey with a named curve");
        assert_eq!(wrap(&[version_and_scalar]).unwrap_err(), named_curve);
        assert_eq!(wrap(&[&[2, 1, 2], &version_and_scalar[3..], curve]).unwrap_err(), named_curve);
        assert_eq!(wrap(&[version_and_scalar, curve, &[5, 0]]).unwrap_err(), named_curve);
    }
}

#[test]
fn texts_that_are_not_one_private_key_are_refused() {
    let two = format!("{}{}", key!("ec-p256"), key!("ec-p384"));
    let block = key!("ec-p256");
    let swapped = block.replace("BEGIN PRIVATE", "BEGIN EC PRIVATE").replace("END PRIVATE", "END EC PRIVATE");
    for backend in backends() {
        for (text, error) in [
            ("", PrivateKeyError::Pem("there is no block")),
            ("-----BEGIN PRIVATE KEY", PrivateKeyError::Pem("the first boundary is malformed")),
            (&block[..block.len() - 10], PrivateKeyError::Pem("the last boundary is missing")),
            (&block.replace("MIG", "M*G"), PrivateKeyError::Pem("the block is malformed")),
            (&two, PrivateKeyError::Pem("there is more than one block")),
            (&key!("ec-p256.sec1")[..75], PrivateKeyError::Pem("there is no block")),
            (&swapped, PrivateKeyError::Malformed("ECPrivateKey with a named curve")),
            (key!("ec-p256.encrypted"), PrivateKeyError::Encrypted),
            (key!("rsa-2048.pkcs1-encrypted"), PrivateKeyError::Encrypted),
        ] {
            assert_eq!((backend.from_pem)(text).unwrap_err(), error, "{} {text}", backend.name);
        }
        let certificate = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n";
        assert!(matches!((backend.from_pem)(certificate), Err(PrivateKeyError::Pem(_))));
        let encrypted = pem_der(key!("ec-p256.encrypted"));
        assert_eq!((backend.from_pkcs8_der)(&encrypted).unwrap_err(), PrivateKeyError::Encrypted);
    }
}

#[test]
fn keys_that_no_authority_can_have_are_refused() {
    for backend in backends() {
        let error = (backend.from_pem)(key!("rsa-1024")).unwrap_err();
        assert_eq!(error, PrivateKeyError::RsaSize { bits: 1024 });
        assert_eq!(error.to_string(), "an RSA key of 1024 bits is not supported; 2048, 3072 and 4096 bits are");
        let error = (backend.from_pem)(include_str!("../data/weak-rsa/unequal-factors.key.pem")).unwrap_err();
        assert_eq!(error, PrivateKeyError::RsaFactors { longest: 1100, shortest: 948 });
        let error = (backend.from_pem)(key!("ec-secp256k1")).unwrap_err();
        assert_eq!(error, PrivateKeyError::Unsupported { algorithm: "1.3.132.0.10 (secp256k1)".into() });
        let error = (backend.from_pem)(key!("ec-p256.explicit-parameters")).unwrap_err();
        assert_eq!(error, PrivateKeyError::Malformed("PrivateKeyInfo with a named curve"));
        // Ed25519, RFC 8410 section 10.3.
        let ed25519 =
            hex("302e020100300506032b657004220420d4ee72dbf913584ad5b6d8f1f769f8ad3afe7c28cbf1d4fbe097a88f44755842");
        let error = (backend.from_pkcs8_der)(&ed25519).unwrap_err();
        assert_eq!(error, PrivateKeyError::Unsupported { algorithm: "1.3.101.112 (id-Ed25519)".into() });
    }
}

#[test]
fn damaged_keys_are_refused() {
    for backend in backends() {
        for (der, _) in pkcs8_keys() {
            let trailing = [&der[..], &[0]].concat();
            for malformed in [&der[..der.len() - 1], &trailing, &[]] {
                let error = (backend.from_pkcs8_der)(malformed).unwrap_err();
                assert_eq!(error, PrivateKeyError::Malformed("PrivateKeyInfo"));
            }
        }
        // The last octet of the public point, and one of the scalar.
        for pem in [key!("ec-p256"), key!("ec-p384"), key!("ec-p521")] {
            let der = pem_der(pem);
            for position in [der.len() - 1, 45] {
                let mut damaged = der.clone();
                damaged[position] ^= 1;
                let error = (backend.from_pkcs8_der)(&damaged).unwrap_err();
                assert_eq!(error, PrivateKeyError::Inconsistent, "{}", backend.name);
            }
        }
        // One octet of each number of an RSA key but its version, its length known from the one before.
        let der = pem_der(key!("rsa-2048"));
        for position in [100, 400, 600, 700, 850, 1000, 1150] {
            let mut damaged = der.clone();
            damaged[position] ^= 1;
            let read = (backend.from_pkcs8_der)(&damaged);
            // RustCrypto computes the last three by itself, and does not look at what is there.
            if backend.is_aws_lc() || position < 800 {
                assert_eq!(read.unwrap_err(), PrivateKeyError::Inconsistent, "{} {position}", backend.name);
            }
        }
    }
}

#[test]
fn keys_under_another_label_are_refused() {
    let rsa = [0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
    let null = [0x05, 0x00];
    let id_ec = [0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
    let p384 = [0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22];
    let sec1 = pem_der(&key!("ec-p256.sec1")[key!("ec-p256.sec1").rfind(BEGIN).unwrap()..]);
    let pkcs1 = pem_der(key!("rsa-2048.pkcs1"));
    let wrap =
        |algorithm: &[u8], key: &[u8]| tlv(0x30, &[&[2, 1, 0], &tlv(0x30, algorithm)[..], &tlv(0x04, key)].concat());
    for backend in backends() {
        for (der, error) in [
            (wrap(&[&id_ec[..], &p384].concat(), &sec1), PrivateKeyError::Inconsistent),
            (wrap(&id_ec, &sec1), PrivateKeyError::Malformed("PrivateKeyInfo with a named curve")),
            (
                wrap(&[&id_ec[..], &p384].concat(), &pkcs1),
                PrivateKeyError::Malformed("ECPrivateKey with a named curve"),
            ),
            (wrap(&rsa, &pkcs1), PrivateKeyError::Malformed("PrivateKeyInfo of rsaEncryption with NULL")),
            (wrap(&[&rsa[..], &null].concat(), &sec1), PrivateKeyError::Malformed("RSAPrivateKey")),
            (
                wrap(&[&rsa[..], &null].concat(), &[&pkcs1[..], &[0]].concat()),
                PrivateKeyError::Malformed("RSAPrivateKey"),
            ),
        ] {
            assert_eq!((backend.from_pkcs8_der)(&der).unwrap_err(), error, "{}", backend.name);
        }
        assert!((backend.from_pkcs8_der)(&wrap(&[&rsa[..], &null].concat(), &pkcs1)).is_ok());
    }
}

#[test]
fn ml_dsa_keys_are_seeds() {
    let malformed = PrivateKeyError::Malformed("ML-DSA private key with a seed (RFC 9881 section 6)");
    for (algorithm, expanded) in ML_DSA.into_iter().zip([2560, 4032, 4896]) {
        let seed = [9; 32];
        let good = ml_dsa_pkcs8(algorithm, &ml_dsa_seed(&seed));
        for (backend, signer) in each_signer(&backends(), &good) {
            assert_eq!(pem_der(&signer.to_pkcs8_pem()), good, "{}", backend.name);
            let refused = |private_key: &[u8]| {
                (backend.from_pkcs8_der)(&ml_dsa_pkcs8(algorithm, private_key)).map(|_| ()).unwrap_err()
            };
            let expanded = vec![0x55; expanded];
            let both = |seed: &[u8], expanded: &[u8]| tlv(0x30, &[tlv(0x04, seed), tlv(0x04, expanded)].concat());
            for wrong in [
                ml_dsa_seed(&seed[1..]),
                ml_dsa_seed(&[9; 33]),
                ml_dsa_seed(&[]),
                [ml_dsa_seed(&seed), vec![0]].concat(),
                tlv(0x04, &seed),
                tlv(0x04, &expanded),
                tlv(0xa0, &tlv(0x04, &seed)),
                both(&seed[1..], &expanded),
                tlv(0x30, &tlv(0x04, &seed)),
                [both(&seed, &expanded), vec![0]].concat(),
                vec![],
            ] {
                assert_eq!(refused(&wrong), malformed, "{} {wrong:02x?}", backend.name);
            }
            // An expanded key that is not that of the seed.
            assert_eq!(refused(&both(&seed, &expanded)), PrivateKeyError::Inconsistent, "{}", backend.name);
            assert_eq!(refused(&both(&seed, &expanded[1..])), PrivateKeyError::Inconsistent, "{}", backend.name);

            let mut with_null = ml_dsa_oid(algorithm);
            with_null.extend([0x05, 0x00]);
            let private_key = tlv(0x04, &ml_dsa_seed(&seed));
            let with_null = tlv(0x30, &[vec![2, 1, 0], tlv(0x30, &with_null), private_key].concat());
            let error = (backend.from_pkcs8_der)(&with_null).unwrap_err();
            assert_eq!(error, PrivateKeyError::Malformed("PrivateKeyInfo of ML-DSA without parameters"));
        }
    }
}

#[test]
fn public_keys_in_one_asymmetric_key_must_be_those_of_the_private_key() {
    for (der, algorithm) in pkcs8_keys() {
        for (backend, signer) in each_signer(&backends(), &der) {
            let spki = signer.public_key_der();
            let bit_string = spki::SubjectPublicKeyInfoRef::try_from(spki).unwrap().subject_public_key;
            // Version 2 (value 1), and [1] IMPLICIT BIT STRING (RFC 5958 section 2).
            let content = &der[if der[1] == 0x82 {
                4
            } else if der[1] == 0x81 {
                3
            } else {
                2
            }..];
            let with = |key: &[u8]| tlv(0x30, &[&[2, 1, 1], &content[3..], &tlv(0x81, &[&[0], key].concat())].concat());
            let own = bit_string.raw_bytes();
            let read = (backend.from_pkcs8_der)(&with(own));
            assert_eq!(read.unwrap().public_key_der(), spki, "{} {algorithm}", backend.name);
            let mut other = own.to_vec();
            *other.last_mut().unwrap() ^= 1;
            let error = (backend.from_pkcs8_der)(&with(&other)).unwrap_err();
            assert_eq!(error, PrivateKeyError::Inconsistent, "{} {algorithm}", backend.name);
        }
    }
}

#[test]
fn debug_and_errors_show_no_secret() {
    for backend in backends() {
        let signer = (backend.from_pem)(key!("ec-p256")).unwrap();
        let expected = format!("{}(EC_prime256v1)", backend.name);
        assert_eq!(format!("{signer:?}"), expected);
        assert_eq!(format!("{signer:#?}"), expected);
    }
}
