//! The signer and the verifier judged by OpenSSL, in both directions. Without an `openssl` program there is nothing to
//! judge with, and the tests say so and pass.
#![cfg(feature = "rustcrypto")]
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::{Path, PathBuf};
use std::process::Command;

use issuance::{
    RustCryptoSigner, RustCryptoVerifier, SignatureAlgorithm, SignatureVerifier, Signer, SigningAlgorithm, VerifyError,
};

const MESSAGE: &[u8] = b"the bytes of a certificate, say";
const KEYS: [&str; 7] = ["ec-p256", "ec-p384", "ec-p521", "rsa-2048", "rsa-3072", "rsa-4096", "sm2"];
const SM2_ID: &str = "distid:1234567812345678";

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

fn signer(name: &str) -> RustCryptoSigner {
    RustCryptoSigner::from_pem(&std::fs::read_to_string(key_path(name)).unwrap()).unwrap()
}

/// A directory of its own for each test, removed afterwards.
struct Scratch(PathBuf);

impl Scratch {
    fn new(test: &str) -> Scratch {
        let path = std::env::temp_dir().join(format!("issuance-{test}-{}", std::process::id()));
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
    let hash = ["-sha256", "-sha384", "-sha512", "-sha1", "-sm3"];
    let mut options = vec![*hash.iter().find(|hash| name.starts_with(&hash[1..].to_uppercase())).unwrap()];
    if name.ends_with("_PSS") {
        options.extend(["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:digest"]);
    }
    if name.ends_with("SM2") {
        options.extend(["-sigopt", SM2_ID]);
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
    let mut pairings = 0;
    for name in KEYS {
        let signer = signer(name);
        let key = scratch.write("key.der", signer.public_key_der());
        for &algorithm in signer.key_algorithm().signing_algorithms() {
            let signature = signer.sign(algorithm, MESSAGE).unwrap();
            let signature = scratch.write("signature", signature.as_bytes());
            let output = Command::new("openssl")
                .args(["dgst", "-keyform", "DER", "-verify"])
                .arg(&key)
                .args(options(algorithm.into()))
                .arg("-signature")
                .args([&signature, &message])
                .output()
                .unwrap();
            assert!(output.status.success(), "{algorithm} {name}: {}", String::from_utf8_lossy(&output.stderr));
            pairings += 1;
        }
    }
    assert_eq!(pairings, 28);
}

#[test]
fn what_openssl_signs_verifies() {
    if !openssl_is_there() {
        return;
    }
    let scratch = Scratch::new("verify");
    let message = scratch.write("message", MESSAGE);
    let mut pairings = 0;
    for name in KEYS {
        let signer = signer(name);
        let algorithms = signer.key_algorithm().signing_algorithms();
        let sha1 = match algorithms[0] {
            SigningAlgorithm::Sha256WithRsa => Some(SignatureAlgorithm::Sha1WithRsa),
            SigningAlgorithm::Sha256WithEcdsa => Some(SignatureAlgorithm::Sha1WithEcdsa),
            _ => None,
        };
        for algorithm in algorithms.iter().map(|&algorithm| SignatureAlgorithm::Api(algorithm)).chain(sha1) {
            let output = Command::new("openssl")
                .args(["dgst", "-sign"])
                .arg(key_path(name))
                .args(options(algorithm))
                .arg(&message)
                .output()
                .unwrap();
            if !output.status.success() && algorithm.uses_sha1() {
                eprintln!("SKIPPED: this openssl does not sign with SHA-1");
                continue;
            }
            assert!(output.status.success(), "{algorithm} {name}: {}", String::from_utf8_lossy(&output.stderr));
            let verify =
                |message| RustCryptoVerifier.verify(algorithm, signer.public_key_der(), message, &output.stdout);
            assert_eq!(verify(MESSAGE), Ok(()), "{algorithm} {name}");
            assert_eq!(verify(b"something else"), Err(VerifyError::InvalidSignature), "{algorithm} {name}");
            pairings += usize::from(!algorithm.uses_sha1());
        }
    }
    assert_eq!(pairings, 28);
}

#[test]
fn openssl_reads_the_public_keys_as_its_own() {
    if !openssl_is_there() {
        return;
    }
    for name in KEYS {
        let output = Command::new("openssl")
            .args(["pkey", "-pubout", "-outform", "DER", "-in"])
            .arg(key_path(name))
            .output()
            .unwrap();
        assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(output.stdout, signer(name).public_key_der(), "{name}");
    }
}
