//! What the feature `p256` has, and what the errors say of the rest.
#![cfg(test)]

use issuance::crypto::{PrivateKeyError, VerifyError, signing_digest};
use issuance::x509::SignatureAlgorithm;
use issuance::{KeyAlgorithm, RustCryptoSigner, RustCryptoVerifier, SignatureVerifier, Signer, SigningAlgorithm};

macro_rules! key {
    ($name:literal) => {
        include_str!(concat!("../../data/keys/", $name, ".pem"))
    };
}

#[test]
fn p256_signs_and_verifies() -> Result<(), Box<dyn std::error::Error>> {
    let signer = RustCryptoSigner::from_pem(key!("ec-p256"))?;
    for &algorithm in signer.signing_algorithms() {
        let signature = signer.sign(algorithm, b"message")?;
        let key = signer.public_key_der();
        assert!(RustCryptoVerifier.supports(algorithm.into(), key));
        RustCryptoVerifier.verify(algorithm.into(), key, b"message", signature.as_bytes())?;
    }
    assert_eq!(signer.signing_algorithms().len(), 3);
    Ok(())
}

#[test]
fn other_keys_name_the_feature_that_they_need() {
    for (pem, text) in [
        (key!("ec-p384"), "keys of algorithm EC_secp384r1 need the feature `p384`"),
        (key!("ec-p521"), "keys of algorithm EC_secp521r1 need the feature `p521`"),
        (key!("rsa-2048"), "keys of algorithm RSA_2048 need the feature `rsa`"),
        (key!("rsa-2048.pkcs1"), "keys of algorithm RSA_2048 need the feature `rsa`"),
        (key!("ml-dsa-65"), "keys of algorithm ML_DSA_65 need the feature `ml-dsa`"),
        (key!("sm2"), "keys of algorithm SM2 need the feature `sm2`"),
    ] {
        let error = RustCryptoSigner::from_pem(pem).map(drop);
        assert_eq!(error.map_err(|error| error.to_string()), Err(text.to_owned()));
    }
    for &algorithm in KeyAlgorithm::ALL {
        let made = RustCryptoSigner::generate(algorithm).map(drop);
        let missing = matches!(made, Err(PrivateKeyError::MissingFeature { .. }));
        assert_eq!(missing, algorithm != KeyAlgorithm::EcPrime256v1, "{algorithm}");
    }
}

#[test]
fn other_signatures_name_the_feature_that_they_need() {
    // A key on P-384, as far as its form goes.
    let mut p384 = vec![0x30, 0x76, 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
    p384.extend([0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22, 0x03, 0x62, 0x00, 0x04]);
    p384.extend([1; 96]);
    let sha256 = SignatureAlgorithm::Api(SigningAlgorithm::Sha256WithEcdsa);
    for (algorithm, end) in [
        (sha256, "; RustCryptoVerifier needs the features `p384` and `p521` for all of its keys"),
        (SignatureAlgorithm::Sha1WithRsa, "; RustCryptoVerifier needs the feature `rsa` for it"),
        (SignatureAlgorithm::Ed25519, "; RustCryptoVerifier needs the feature `ed25519` for it"),
        (SigningAlgorithm::Sm3WithSm2.into(), "; RustCryptoVerifier needs the feature `sm2` for it"),
        (SigningAlgorithm::MlDsa44.into(), "; RustCryptoVerifier needs the feature `ml-dsa` for it"),
    ] {
        assert!(!RustCryptoVerifier.supports(algorithm, &p384));
        let error = RustCryptoVerifier.verify(algorithm, &p384, &[], &[]);
        assert_eq!(error, Err(VerifyError::UnsupportedAlgorithm(algorithm)));
        let text = error.map_err(|error| error.to_string());
        let expected = format!("signature algorithm {algorithm} is not supported by this verifier{end}");
        assert_eq!(text, Err(expected));
    }
    // That a key is a bad one is not the limit of a build.
    assert_eq!(RustCryptoVerifier.verify(sha256, &[], &[], &[]), Err(VerifyError::InvalidKey));
}

#[test]
fn digests_name_the_feature_that_they_need() {
    for (algorithm, text) in [
        (SigningAlgorithm::Sm3WithSm2, "the digest for SM3WITHSM2 needs the feature `sm2`"),
        (SigningAlgorithm::MlDsa87, "the digest for ML_DSA_87 needs the feature `ml-dsa`"),
    ] {
        assert_eq!(signing_digest(algorithm, &[], &[]).map_err(|error| error.to_string()), Err(text.to_owned()));
    }
    assert!(signing_digest(SigningAlgorithm::Sha512WithRsa, &[], &[]).is_ok());
}
