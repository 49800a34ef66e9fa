//! The backends judged by OpenSSL, in both directions. Without an `openssl` program there is nothing to judge with, and the
//! tests say so and pass. Of ML-DSA, OpenSSL knows from 3.5 on.

use std::process::Command;

use issuance::crypto::VerifyError;
use issuance_test_support::keys::key_path;
use issuance_test_support::openssl::{Scratch, openssl_is_there, options};

use super::*;

const NAMES: [&str; 6] = ["ec-p256", "ec-p384", "ec-p521", "rsa-2048", "rsa-3072", "rsa-4096"];

fn signer(backend: &Backend, name: &str) -> Box<dyn Key> {
    (backend.from_pem)(&std::fs::read_to_string(key_path(name)).unwrap()).unwrap()
}

#[test]
fn openssl_verifies_every_pairing() {
    if !openssl_is_there() {
        return;
    }
    let scratch = Scratch::new("sign");
    let message = scratch.write("message", MESSAGE);
    for backend in backends() {
        for name in NAMES {
            let signer = signer(&backend, name);
            let key = scratch.write("key.der", signer.public_key_der());
            for &algorithm in signer.key_algorithm().signing_algorithms() {
                let Ok(signature) = signer.sign(algorithm, MESSAGE) else {
                    assert!(!backend.signs(signer.key_algorithm(), algorithm), "{signer:?} {algorithm}");
                    continue;
                };
                let signature = scratch.write("signature", signature.as_bytes());
                let output = Command::new("openssl")
                    .args(["dgst", "-keyform", "DER", "-verify"])
                    .arg(&key)
                    .args(options(algorithm.into()))
                    .arg("-signature")
                    .args([&signature, &message])
                    .output()
                    .unwrap();
                assert!(output.status.success(), "{signer:?} {algorithm}: {output:?}");
            }
        }
    }
}

#[test]
fn what_openssl_signs_verifies() {
    if !openssl_is_there() {
        return;
    }
    let scratch = Scratch::new("verify");
    let message = scratch.write("message", MESSAGE);
    let mut pairings = 0;
    for name in NAMES {
        let signer = signer(&backends()[0], name);
        for &algorithm in signer.key_algorithm().signing_algorithms() {
            let output = Command::new("openssl")
                .args(["dgst", "-sign"])
                .arg(key_path(name))
                .args(options(algorithm.into()))
                .arg(&message)
                .output()
                .unwrap();
            assert!(output.status.success(), "{algorithm} {name}: {output:?}");
            let verdict = |message| verdict(algorithm, signer.public_key_der(), message, &output.stdout);
            assert_eq!(verdict(MESSAGE), Ok(()), "{algorithm} {name}");
            assert_eq!(verdict(b"something else"), Err(VerifyError::InvalidSignature), "{algorithm} {name}");
            pairings += 1;
        }
    }
    assert_eq!(pairings, 27);
}

#[test]
fn openssl_reads_the_public_keys_as_its_own() {
    if !openssl_is_there() {
        return;
    }
    for backend in backends() {
        for name in NAMES {
            let output = Command::new("openssl")
                .args(["pkey", "-pubout", "-outform", "DER", "-in"])
                .arg(key_path(name))
                .output()
                .unwrap();
            assert!(output.status.success(), "{name}: {output:?}");
            assert_eq!(output.stdout, signer(&backend, name).public_key_der(), "{} {name}", backend.name);
        }
    }
}

#[test]
fn openssl_reads_the_keys_that_were_generated() {
    if !openssl_is_there() {
        return;
    }
    let scratch = Scratch::new("generate");
    for backend in backends() {
        for algorithm in
            [KeyAlgorithm::EcPrime256v1, KeyAlgorithm::EcSecp384r1, KeyAlgorithm::EcSecp521r1, KeyAlgorithm::Rsa2048]
        {
            let signer = (backend.generate)(algorithm).unwrap();
            let key = scratch.write("key.pem", signer.to_pkcs8_pem().as_bytes());
            let output = Command::new("openssl").args(["pkey", "-check", "-noout", "-in"]).arg(&key).output().unwrap();
            assert!(output.status.success(), "{signer:?}: {output:?}");
        }
    }
}
