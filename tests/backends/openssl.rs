//! The backends judged by OpenSSL, in both directions. Without an `openssl` program there is nothing to judge with, and the
//! tests say so and pass. Of ML-DSA, OpenSSL knows from 3.5 on.

use std::path::{Path, PathBuf};
use std::process::Command;

use issuance::{SignatureAlgorithm, VerifyError};

use super::*;

const NAMES: [&str; 6] = ["ec-p256", "ec-p384", "ec-p521", "rsa-2048", "rsa-3072", "rsa-4096"];

fn openssl_is_there() -> bool {
    let there = Command::new("openssl").arg("version").output().is_ok_and(|output| output.status.success());
    if !there {
        eprintln!("SKIPPED: there is no `openssl` in PATH");
    }
    there
}

fn key_path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/data/keys/{name}.pem"))
}

fn signer(backend: &Backend, name: &str) -> Box<dyn Key> {
    (backend.from_pem)(&std::fs::read_to_string(key_path(name)).unwrap()).unwrap()
}

/// A directory of its own for each test, removed afterwards.
struct Scratch(PathBuf);

impl Scratch {
    fn new(test: &str) -> Scratch {
        let path = std::env::temp_dir().join(format!("issuance-backends-{test}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Scratch(path)
    }

    fn write(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, content).unwrap();
        path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The options of `openssl dgst` for an algorithm.
fn options(algorithm: SignatureAlgorithm) -> Vec<&'static str> {
    let name = algorithm.to_string();
    let hash = ["-sha256", "-sha384", "-sha512", "-sha1"];
    let mut options = vec![*hash.iter().find(|hash| name.starts_with(&hash[1..].to_uppercase())).unwrap()];
    if name.ends_with("_PSS") {
        options.extend(["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:digest"]);
    }
    options
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
