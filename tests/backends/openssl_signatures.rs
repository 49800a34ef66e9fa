//! What `tests/backends` leaves to OpenSSL: SM2, which one backend alone does, and the requests that `openssl req` makes.
//! Without an `openssl` program there is nothing to judge with, and the tests say so and pass.

use std::process::Command;

use issuance::crypto::VerifyError;
use issuance::csr::CsrError;
use issuance::x509::{KeyPolicy, RsaPssHash, SignatureAlgorithm};
use issuance::{Csr, Oid, RustCryptoSigner, RustCryptoVerifier, SignatureVerifier, Signer, SigningAlgorithm};
use issuance_test_support::keys::key_path;
use issuance_test_support::openssl::{SM2_ID, Scratch, openssl_is_there, options};

const MESSAGE: &[u8] = b"the bytes of a certificate, say";
const KEYS: [&str; 7] = ["ec-p256", "ec-p384", "ec-p521", "rsa-2048", "rsa-3072", "rsa-4096", "sm2"];

fn signer(name: &str) -> RustCryptoSigner {
    RustCryptoSigner::from_pem(&std::fs::read_to_string(key_path(name)).unwrap()).unwrap()
}

#[test]
fn openssl_verifies_sm2() {
    if !openssl_is_there() {
        return;
    }
    let scratch = Scratch::new("sign-sm2");
    let message = scratch.write("message", MESSAGE);
    let signer = signer("sm2");
    let key = scratch.write("key.der", signer.public_key_der());
    let signature = signer.sign(SigningAlgorithm::Sm3WithSm2, MESSAGE).unwrap();
    let signature = scratch.write("signature", signature.as_bytes());
    let mut verify = Command::new("openssl");
    verify.args(["dgst", "-keyform", "DER", "-verify"]).arg(&key).args(options(SigningAlgorithm::Sm3WithSm2.into()));
    let output = verify.arg("-signature").args([&signature, &message]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn sm2_of_openssl_verifies() {
    if !openssl_is_there() {
        return;
    }
    let scratch = Scratch::new("verify-sm2");
    let message = scratch.write("message", MESSAGE);
    let algorithm = SignatureAlgorithm::Api(SigningAlgorithm::Sm3WithSm2);
    let mut sign = Command::new("openssl");
    sign.args(["dgst", "-sign"]).arg(key_path("sm2")).args(options(algorithm)).arg(&message);
    let output = sign.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let signer = signer("sm2");
    let verify = |message| RustCryptoVerifier.verify(algorithm, signer.public_key_der(), message, &output.stdout);
    assert_eq!(verify(MESSAGE), Ok(()));
    assert_eq!(verify(b"something else"), Err(VerifyError::InvalidSignature));
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
fn pss_requests_prove_possession_with_any_salt() {
    if !openssl_is_there() {
        return;
    }
    let pss = ["-sigopt", "rsa_padding_mode:pss"];
    for (option, hash) in
        [("-sha256", RsaPssHash::Sha256), ("-sha384", RsaPssHash::Sha384), ("-sha512", RsaPssHash::Sha512)]
    {
        // 2048 bits have room for 256 octets less those of the hash and two. The default salt length of RFC 4055 is left out.
        let (own, longest) = match hash {
            RsaPssHash::Sha256 => (32, 222),
            RsaPssHash::Sha384 => (48, 206),
            _ => (64, 190),
        };
        for (salt, octets) in
            [("digest", own), ("max", longest), ("0", 0), ("1", 1), ("20", 20), ("32", 32), ("127", 127), ("128", 128)]
        {
            let length = format!("rsa_pss_saltlen:{salt}");
            let mut request = request("rsa-2048", &[&[option], &pss[..], &["-sigopt", &length]].concat());
            assert_eq!(prove(&request), Ok(SignatureAlgorithm::rsa_pss(hash, octets).unwrap()), "{option} {salt}");
            *request.last_mut().unwrap() ^= 1;
            assert_eq!(prove(&request), Err(CsrError::Proof(VerifyError::InvalidSignature)), "{option} {salt}");
        }
        // Where nothing is said, the longest salt up to OpenSSL 3.0, and no longer than the hash from 3.1 on.
        let request = request("rsa-2048", &[&[option], &pss[..]].concat());
        let of = |octets| Ok(SignatureAlgorithm::rsa_pss(hash, octets).unwrap());
        let proven = prove(&request);
        assert!(proven == of(longest) || proven == of(own), "{option}: {proven:?}");
    }
}

#[test]
fn pss_requests_with_mgf1_of_another_hash_are_refused() {
    if !openssl_is_there() {
        return;
    }
    let algorithm: Oid = "1.2.840.113549.1.1.10".parse().unwrap();
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
