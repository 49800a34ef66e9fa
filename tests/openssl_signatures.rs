//! The signer and the verifier judged by OpenSSL, in both directions. Without an `openssl` program there is nothing to
//! judge with, and the tests say so and pass.
#![cfg(feature = "rustcrypto")]
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "common/openssl.rs"]
mod openssl;

use std::process::Command;

use issuance::{
    Csr, CsrError, KeyPolicy, Oid, RustCryptoSigner, RustCryptoVerifier, SignatureAlgorithm, SignatureVerifier, Signer,
    SigningAlgorithm, VerifyError,
};

use openssl::{SM2_ID, Scratch, key_path, openssl_is_there, options};

const MESSAGE: &[u8] = b"the bytes of a certificate, say";
const KEYS: [&str; 7] = ["ec-p256", "ec-p384", "ec-p521", "rsa-2048", "rsa-3072", "rsa-4096", "sm2"];

fn signer(name: &str) -> RustCryptoSigner {
    RustCryptoSigner::from_pem(&std::fs::read_to_string(key_path(name)).unwrap()).unwrap()
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

/// A request of `openssl req` in DER, signed with these options.
fn request(key: &str, options: &[&str]) -> Vec<u8> {
    let output = Command::new("openssl")
        .args(["req", "-new", "-outform", "DER", "-subj", "/CN=device-1", "-config", "/dev/null", "-key"])
        .arg(key_path(key))
        .args(options)
        .output()
        .unwrap();
    assert!(output.status.success(), "{key}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

fn prove(request: &[u8]) -> Result<SignatureAlgorithm, CsrError> {
    let csr = Csr::decode(request)?;
    let algorithm = csr.signature_algorithm()?;
    csr.prove(&KeyPolicy::default(), &RustCryptoVerifier).map(|_| algorithm)
}

#[test]
fn requests_of_openssl_prove_possession() {
    if !openssl_is_there() {
        return;
    }
    let pss = ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:-1"];
    for key in KEYS {
        for &algorithm in signer(key).key_algorithm().signing_algorithms() {
            let mut options = vec![
                ["-sha256", "-sha384", "-sha512", "-sm3"]
                    .into_iter()
                    .find(|hash| algorithm.as_str().starts_with(&hash[1..].to_uppercase()))
                    .unwrap(),
            ];
            options.extend(if algorithm.as_str().ends_with("_PSS") { &pss[..] } else { &[] });
            options.extend(if algorithm == SigningAlgorithm::Sm3WithSm2 { &["-sigopt", SM2_ID][..] } else { &[] });
            let mut request = request(key, &options);
            assert_eq!(prove(&request), Ok(algorithm.into()), "{key}");
            *request.last_mut().unwrap() ^= 1;
            assert_eq!(prove(&request), Err(CsrError::Proof(VerifyError::InvalidSignature)), "{key} {algorithm}");
        }
    }
    assert_eq!(prove(&request("ed25519", &[])), Ok(SignatureAlgorithm::Ed25519));
}

#[test]
fn pss_requests_with_another_salt_are_refused() {
    if !openssl_is_there() {
        return;
    }
    let algorithm: Oid = "1.2.840.113549.1.1.10".parse().unwrap();
    // The greatest salt (222 octets here), which OpenSSL 3.0 takes where nothing is said, and the default of RFC 4055.
    for options in [["-sigopt", "rsa_pss_saltlen:max"], ["-sigopt", "rsa_pss_saltlen:20"]] {
        let request =
            request("rsa-2048", &[["-sha256", "-sigopt", "rsa_padding_mode:pss"].as_slice(), &options].concat());
        assert_eq!(prove(&request), Err(CsrError::UnsupportedSignatureAlgorithm { algorithm }), "{options:?}");
    }
    // MGF1 of another hash.
    let options = [
        "-sha256",
        "-sigopt",
        "rsa_padding_mode:pss",
        "-sigopt",
        "rsa_pss_saltlen:32",
        "-sigopt",
        "rsa_mgf1_md:sha384",
    ];
    let request = request("rsa-2048", &options);
    assert_eq!(prove(&request), Err(CsrError::UnsupportedSignatureAlgorithm { algorithm }));
}
