//! Every pairing of key and algorithm, signed by one backend and verified by each; and signatures that are none.

use issuance::crypto::{SignError, VerifyError};
use issuance::x509::{RsaPssHash, SignatureAlgorithm as A};
use issuance::{KeyAlgorithm, SigningAlgorithm as S};

use super::*;

macro_rules! signature {
    ($name:literal) => {
        include_bytes!(concat!("../data/signatures/", $name)).as_slice()
    };
}

#[test]
fn every_pairing_signs_and_verifies() {
    let backends = backends();
    let mut pairings = vec![0; backends.len()];
    for (pkcs8, key) in pkcs8_keys() {
        for (backend, signer) in each_signer(&backends, &pkcs8) {
            for &algorithm in key.signing_algorithms() {
                let context = format!("{} {signer:?} {algorithm}", backend.name);
                let signature = match signer.sign(algorithm, MESSAGE) {
                    Ok(signature) => signature.into_bytes(),
                    Err(error) => {
                        assert!(matches!(error, SignError::UnsupportedAlgorithm { .. }), "{context}: {error}");
                        assert!(!backend.signs(key, algorithm), "{context}");
                        continue;
                    }
                };
                pairings[backends.iter().position(|other| other.name == backend.name).unwrap()] += 1;
                let spki = signer.public_key_der();
                assert_eq!(verdict(algorithm, spki, MESSAGE, &signature), Ok(()), "{context}");

                let mut message = MESSAGE.to_vec();
                message[3] ^= 0x10;
                let invalid = Err(VerifyError::InvalidSignature);
                assert_eq!(verdict(algorithm, spki, &message, &signature), invalid, "{context}");
                assert_eq!(verdict(algorithm, spki, &[], &signature), invalid, "{context}");
                for position in [0, 1, 6, signature.len() / 2, signature.len() - 1] {
                    let mut signature = signature.clone();
                    signature[position] ^= 0x01;
                    assert_eq!(verdict(algorithm, spki, MESSAGE, &signature), invalid, "{context} {position}");
                }
                let long = [&signature[..], &[0]].concat();
                let padded = [&[0], &signature[..]].concat();
                for wrong in [&signature[1..], &signature[..signature.len() - 1], &long, &padded, &[], &[0; 9000]] {
                    assert_eq!(verdict(algorithm, spki, MESSAGE, wrong), invalid, "{context}");
                }
            }
        }
    }
    for (backend, pairings) in backends.iter().zip(pairings) {
        // 3 * 3 of ECDSA (1 + 1 + 3 of AWS-LC), 3 * 6 of RSA, 3 of ML-DSA, one of SM2 (none of AWS-LC).
        assert_eq!(pairings, if backend.is_aws_lc() { 26 } else { 31 }, "{}", backend.name);
    }
}

#[test]
fn an_empty_message_is_a_message() {
    for (pkcs8, key) in pkcs8_keys() {
        for (_, signer) in each_signer(&backends(), &pkcs8) {
            for &algorithm in key.signing_algorithms() {
                let Ok(signature) = signer.sign(algorithm, &[]) else { continue };
                assert_eq!(verdict(algorithm, signer.public_key_der(), &[], signature.as_bytes()), Ok(()));
            }
        }
    }
}

#[test]
fn the_same_private_key_has_the_same_public_key() {
    for (pkcs8, key) in pkcs8_keys() {
        let backends = backends();
        let signers = each_signer(&backends, &pkcs8);
        for (backend, signer) in &signers {
            assert_eq!(signer.key_algorithm(), key, "{}", backend.name);
            assert_eq!(signer.public_key_der(), signers[0].1.public_key_der(), "{} {key}", backend.name);
            assert_eq!(KeyAlgorithm::from_public_key_der(signer.public_key_der()), Some(key));
        }
    }
}

#[test]
fn unsupported_algorithms_are_named() {
    for (pkcs8, key) in pkcs8_keys() {
        for (backend, signer) in each_signer(&backends(), &pkcs8) {
            for &algorithm in S::ALL {
                let declared = signer.signing_algorithms().contains(&algorithm);
                assert_eq!(declared, key.supports(algorithm) && backend.signs(key, algorithm), "{}", backend.name);
                if backend.signs(key, algorithm) {
                    continue;
                }
                let error = signer.sign(algorithm, MESSAGE).unwrap_err();
                assert!(!error.is_retryable());
                let hint =
                    if key.supports(algorithm) { "; RustCryptoSigner supports every hash on every curve" } else { "" };
                let expected = format!("this signer does not support {algorithm} with its {key} key{hint}");
                assert_eq!(error.to_string(), expected, "{}", backend.name);
            }
        }
    }
}

#[test]
fn algorithms_and_keys_that_do_not_belong_together() {
    let backends = backends();
    for (pkcs8, key) in pkcs8_keys() {
        let Some((_, signer)) = each_signer(&backends, &pkcs8).pop() else { continue };
        let all = S::ALL.iter().map(|&algorithm| A::Api(algorithm));
        let no_salt = A::rsa_pss(RsaPssHash::Sha256, 0).unwrap();
        for algorithm in all.chain([no_salt, A::Sha1WithRsa, A::Sha1WithEcdsa, A::Ed25519]) {
            let other_fits = match algorithm {
                A::RsaPssOtherSalt(_) => key.supports(S::Sha256WithRsaPss),
                A::Sha1WithRsa => key.supports(S::Sha256WithRsa),
                A::Sha1WithEcdsa => key.supports(S::Sha256WithEcdsa),
                _ => false,
            };
            let fits = other_fits || matches!(algorithm, A::Api(algorithm) if key.supports(algorithm));
            let expected = if fits { VerifyError::InvalidSignature } else { VerifyError::KeyMismatch };
            let verdict = verdict(algorithm, signer.public_key_der(), MESSAGE, &[0; 70]);
            let unsupported = Err(VerifyError::UnsupportedAlgorithm(algorithm));
            assert!(verdict == Err(expected) || verdict == unsupported, "{key} {algorithm}: {verdict:?}");
            for Backend { verifier, name, .. } in &backends {
                let spki = signer.public_key_der();
                let verdict = verifier.verify(algorithm, spki, MESSAGE, &[0; 70]);
                assert_eq!(verifier.supports(algorithm, spki), verdict != unsupported, "{name} {key} {algorithm}");
            }
        }
    }
}

fn public_key(pem: &str) -> Vec<u8> {
    (backends()[0].from_pem)(pem).unwrap().public_key_der().to_vec()
}

#[test]
fn sha1_is_computed() {
    for (pem, algorithm, signature) in [
        (key!("ec-p256"), A::Sha1WithEcdsa, signature!("ec-p256.sha1")),
        (key!("ec-p384"), A::Sha1WithEcdsa, signature!("ec-p384.sha1")),
        (key!("ec-p521"), A::Sha1WithEcdsa, signature!("ec-p521.sha1")),
        (key!("rsa-2048"), A::Sha1WithRsa, signature!("rsa-2048.sha1")),
    ] {
        let spki = public_key(pem);
        let with_sha256 = if algorithm == A::Sha1WithRsa { S::Sha256WithRsa } else { S::Sha256WithEcdsa };
        assert_eq!(verdict(with_sha256, &spki, MESSAGE, signature), Err(VerifyError::InvalidSignature));
        for backend in backends() {
            let verify = |message| backend.verifier.verify(algorithm, &spki, message, signature);
            if backend.verifies(KeyAlgorithm::from_public_key_der(&spki), algorithm) {
                assert_eq!(verify(MESSAGE), Ok(()), "{}", backend.name);
                assert_eq!(verify(b"other"), Err(VerifyError::InvalidSignature), "{}", backend.name);
            } else {
                assert_eq!(verify(MESSAGE), Err(VerifyError::UnsupportedAlgorithm(algorithm)), "{}", backend.name);
            }
        }
    }
}

#[cfg(feature = "aws-lc-rs")]
#[test]
fn fallback_joins_what_both_do() {
    use issuance::crypto::FallbackVerifier;
    use issuance::{AwsLcVerifier, RustCryptoVerifier};
    let both = FallbackVerifier::new(AwsLcVerifier, RustCryptoVerifier);
    // Which AWS-LC does not support.
    let (spki, signature) = (public_key(key!("ec-p384")), signature!("ec-p384.sha1"));
    assert_eq!(both.verify(A::Sha1WithEcdsa, &spki, MESSAGE, signature), Ok(()));
    assert_eq!(both.verify(A::Sha1WithEcdsa, &spki, b"other", signature), Err(VerifyError::InvalidSignature));
    let spki = public_key(key!("rsa-2048"));
    assert_eq!(both.verify(A::Sha1WithRsa, &spki, MESSAGE, signature!("rsa-2048.sha1")), Ok(()));
}

#[test]
fn pss_takes_a_salt_as_long_as_the_hash_and_mgf1_of_the_same() {
    let spki = public_key(key!("rsa-2048"));
    for (algorithm, signature) in [
        (S::Sha256WithRsaPss, signature!("rsa-2048.pss-sha256")),
        (S::Sha384WithRsaPss, signature!("rsa-2048.pss-sha384")),
        (S::Sha512WithRsaPss, signature!("rsa-2048.pss-sha512")),
    ] {
        assert_eq!(verdict(algorithm, &spki, MESSAGE, signature), Ok(()));
        assert_eq!(verdict(algorithm, &spki, b"other", signature), Err(VerifyError::InvalidSignature));
        for other in S::ALL.iter().filter(|other| **other != algorithm && other.as_str().contains("RSA")) {
            assert_eq!(verdict(*other, &spki, MESSAGE, signature), Err(VerifyError::InvalidSignature), "{other}");
        }
    }
    for (algorithm, signature) in [
        (S::Sha256WithRsaPss, signature!("rsa-2048.pss-sha256-salt-0")),
        (S::Sha256WithRsaPss, signature!("rsa-2048.pss-sha256-salt-20")),
        (S::Sha256WithRsaPss, signature!("rsa-2048.pss-sha256-salt-33")),
        (S::Sha256WithRsaPss, signature!("rsa-2048.pss-sha256-salt-max")),
        (S::Sha384WithRsaPss, signature!("rsa-2048.pss-sha384-salt-32")),
        (S::Sha512WithRsaPss, signature!("rsa-2048.pss-sha512-salt-48")),
        (S::Sha256WithRsaPss, signature!("rsa-2048.pss-sha256-mgf1-sha1")),
        (S::Sha256WithRsaPss, signature!("rsa-2048.pss-sha256-mgf1-sha512")),
    ] {
        assert_eq!(verdict(algorithm, &spki, MESSAGE, signature), Err(VerifyError::InvalidSignature), "{algorithm}");
    }
}

#[test]
fn pss_takes_the_salt_that_the_algorithm_says_and_no_other() {
    use RsaPssHash::{Sha256, Sha384, Sha512};
    let spki = public_key(key!("rsa-2048"));
    let signatures = [
        (Sha256, 0, signature!("rsa-2048.pss-sha256-salt-0")),
        (Sha256, 20, signature!("rsa-2048.pss-sha256-salt-20")),
        (Sha256, 32, signature!("rsa-2048.pss-sha256")),
        (Sha256, 33, signature!("rsa-2048.pss-sha256-salt-33")),
        (Sha256, 222, signature!("rsa-2048.pss-sha256-salt-max")),
        (Sha384, 32, signature!("rsa-2048.pss-sha384-salt-32")),
        (Sha384, 48, signature!("rsa-2048.pss-sha384")),
        (Sha512, 48, signature!("rsa-2048.pss-sha512-salt-48")),
        (Sha512, 64, signature!("rsa-2048.pss-sha512")),
    ];
    for (hash, salt, signature) in signatures {
        // Beyond 222, 206 or 190 octets this key has no room for the salt.
        let salts = [0, 1, 20, 32, 33, 48, 64, 190, 191, 206, 207, 222, 223, 256, 958];
        for (other_hash, other_salt) in [Sha256, Sha384, Sha512].into_iter().flat_map(|hash| salts.map(|n| (hash, n))) {
            let algorithm = A::rsa_pss(other_hash, other_salt).unwrap();
            let is_same = (other_hash, other_salt) == (hash, salt);
            let expected = if is_same { Ok(()) } else { Err(VerifyError::InvalidSignature) };
            assert_eq!(verdict(algorithm, &spki, MESSAGE, signature), expected, "{hash:?} {salt}: {algorithm}");
            assert_eq!(verdict(algorithm, &spki, b"other", signature), Err(VerifyError::InvalidSignature));
        }
    }
}

#[test]
fn rsa_signatures_beyond_the_modulus_are_refused() {
    for pem in [key!("rsa-2048"), key!("rsa-3072"), key!("rsa-4096")] {
        let spki = public_key(pem);
        for len in [0, 1, 255, 256, 257, 384, 512, 4096] {
            for octet in [0x00, 0x01, 0xff] {
                for algorithm in [S::Sha256WithRsa, S::Sha256WithRsaPss] {
                    let verdict = verdict(algorithm, &spki, MESSAGE, &vec![octet; len]);
                    assert_eq!(verdict, Err(VerifyError::InvalidSignature));
                }
            }
        }
    }
}

/// The orders of the curves, as positive INTEGERs.
fn orders() -> [(&'static str, S, Vec<u8>); 3] {
    let p256 = "00ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
    let p384 = "00ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973";
    let p521 =
        "01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5
                c9b8899c47aebb6fb71e91386409";
    [
        (key!("ec-p256"), S::Sha256WithEcdsa, hex(p256)),
        (key!("ec-p384"), S::Sha384WithEcdsa, hex(p384)),
        (key!("ec-p521"), S::Sha512WithEcdsa, hex(p521)),
    ]
}

#[test]
fn ecdsa_signatures_are_strict_der_in_range() {
    for backend in backends() {
        for (pem, algorithm, order) in orders() {
            let signer = (backend.from_pem)(pem).unwrap();
            let spki = signer.public_key_der();
            let field = order.len() & !1;
            // Both integers as long as the field and without a padding octet, so that the variants below are what they say.
            let (message, good) = (0u32..)
                .map(|n| (n.to_be_bytes(), signer.sign(algorithm, &n.to_be_bytes()).unwrap().into_bytes()))
                .find(|(_, signature)| {
                    let body = &signature[if signature[1] == 0x81 { 3 } else { 2 }..];
                    usize::from(body[1]) == field && usize::from(body[field + 3]) == field
                })
                .unwrap();
            let body = &good[if good[1] == 0x81 { 3 } else { 2 }..];
            let (r, s) = (&body[2..2 + field], &body[4 + field..]);
            let pair = |r: &[u8], s: &[u8]| tlv(0x30, &[tlv(0x02, r), tlv(0x02, s)].concat());
            assert_eq!(pair(r, s), good);
            let check = |signature: &[u8]| verdict(algorithm, spki, &message, signature);
            assert_eq!(check(&good), Ok(()));

            let length = u8::try_from(body.len()).unwrap();
            let long_sequence = match good[1] {
                0x81 => [&[0x30, 0x82, 0, length], body].concat(),
                _ => [&[0x30, 0x81, length], body].concat(),
            };
            let long_integer = tlv(0x30, &[&[0x02, 0x81, field as u8], &body[2..]].concat());
            let indefinite = [&[0x30, 0x80], body, &[0, 0]].concat();
            let padded = pair(&[&[0], r].concat(), s);
            let three = tlv(0x30, &[tlv(0x02, r), tlv(0x02, s), tlv(0x02, &[1])].concat());
            let trailing = [&good[..], &[0]].concat();
            let raw = [r, s].concat();
            let in_set = [&[0x31], &good[1..]].concat();
            let octet_string = tlv(0x30, &[tlv(0x04, r), tlv(0x02, s)].concat());
            for malformed in
                [&long_sequence, &long_integer, &indefinite, &padded, &three, &trailing, &raw, &in_set, &octet_string]
            {
                assert_eq!(check(malformed), Err(VerifyError::InvalidSignature), "{malformed:02x?}");
            }

            // Equal to r modulo the order, which a verifier without a check of the range takes.
            let mut carry = 0;
            let beyond: Vec<u8> = {
                let padded = [vec![0; order.len() - field], r.to_vec()].concat();
                let mut sum: Vec<u8> = padded
                    .iter()
                    .zip(&order)
                    .rev()
                    .map(|(a, b)| {
                        carry += u16::from(*a) + u16::from(*b);
                        let octet = carry as u8;
                        carry >>= 8;
                        octet
                    })
                    .collect();
                sum.reverse();
                sum
            };
            let negative = [&[0x80 | r[0]], &r[1..]].concat();
            let too_long = [&[1][..], &[0; 70]].concat();
            for wrong in [&[0][..], &[], &[0xff], &order, &beyond, &negative, &too_long] {
                for signature in [pair(wrong, s), pair(r, wrong), pair(wrong, wrong)] {
                    assert_eq!(check(&signature), Err(VerifyError::InvalidSignature), "{signature:02x?}");
                }
            }
        }
    }
}
