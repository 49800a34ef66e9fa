//! What is said of signatures that signers and requesters bring, and which of them are verified.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use issuance::crypto::{SignError, Signature, VerifyError};
use issuance::csr::CsrError;
use issuance::issue::FixedClock;
use issuance::x509::{KeyPolicy, SignatureAlgorithm};
use issuance::{
    CertificateAuthority, Csr, Error, IssuanceOptions, Issuer, RustCryptoSigner, RustCryptoVerifier, SignatureVerifier,
    Signer, SigningAlgorithm,
};
use issuance_test_support::asn1;
use issuance_test_support::ca::{CA_KEY, Ca, LEAF_KEY, P384_KEY, now, proven_csr, request, subordinate};
use issuance_test_support::der;
use issuance_test_support::der::{CsrParts, common_name};
use issuance_test_support::keys;

/// r and s of a DER ECDSA-Sig-Value, side by side.
fn without_der(signature: &[u8], coordinate: usize) -> Vec<u8> {
    let number = |number: &[u8]| {
        let significant = &number[number.iter().take_while(|octet| **octet == 0).count()..];
        [&vec![0; coordinate - significant.len()][..], significant].concat()
    };
    let numbers = asn1::children(signature);
    assert_eq!(numbers.len(), 2);
    numbers.into_iter().flat_map(|part| number(asn1::content(part))).collect()
}

/// A token that returns r and s, as PKCS#11 has them.
struct Token {
    key: &'static RustCryptoSigner,
    coordinate: usize,
}

impl Signer for Token {
    fn public_key_der(&self) -> &[u8] {
        self.key.public_key_der()
    }

    fn signing_algorithms(&self) -> &[SigningAlgorithm] {
        self.key.signing_algorithms()
    }

    fn sign(&self, algorithm: SigningAlgorithm, message: &[u8]) -> Result<Signature, SignError> {
        let signature = self.key.sign(algorithm, message)?;
        Ok(Signature::new(without_der(signature.as_bytes(), self.coordinate)))
    }
}

fn authority(key: &RustCryptoSigner) -> CertificateAuthority {
    subordinate(
        &Ca::default().build(),
        key,
        "sub",
        "SubordinateCACertificate_PathLen0",
        &IssuanceOptions::default(),
        None,
    )
}

fn leaked(name: &str) -> &'static RustCryptoSigner {
    Box::leak(Box::new(keys::signer(name)))
}

#[test]
fn a_signature_of_r_and_s_without_der_says_so() {
    use SigningAlgorithm as S;
    for (name, coordinate, algorithm) in [
        ("ec-p256", 32, S::Sha512WithEcdsa),
        ("ec-p384", 48, S::Sha384WithEcdsa),
        ("ec-p521", 66, S::Sha256WithEcdsa),
        ("sm2", 32, S::Sm3WithSm2),
    ] {
        let key = leaked(name);
        let issuer =
            Issuer::builder(authority(key), Token { key, coordinate }).clock(FixedClock(now())).build().unwrap();
        let request =
            request(&proven_csr("leaf"), "EndEntityCertificate").signing_algorithm(algorithm).build().unwrap();
        let error = issuer.issue(&request).unwrap_err();
        let bytes = 2 * coordinate;
        assert!(
            matches!(error, Error::Signature(VerifyError::SignatureWithoutDer { bytes: found }) if found == bytes),
            "{name}: {error}"
        );
        let text = format!("its {bytes} bytes are r and s without DER; encode them as an ECDSA-Sig-Value");
        assert!(error.to_string().contains(&text), "{error}");
        // The same of a signature that comes back from a ceremony.
        let prepared = issuer.prepare(&request).unwrap();
        let signature = issuer_signature(key, coordinate, algorithm, prepared.tbs_der());
        assert_eq!(prepared.finish(&signature, &RustCryptoVerifier).unwrap_err().to_string(), error.to_string());
    }
}

fn issuer_signature(
    key: &'static RustCryptoSigner,
    coordinate: usize,
    algorithm: SigningAlgorithm,
    tbs: &[u8],
) -> Vec<u8> {
    Token { key, coordinate }.sign(algorithm, tbs).unwrap().into_bytes()
}

#[test]
fn a_proof_of_r_and_s_without_der_says_so() {
    let proof = |signature: Vec<u8>| {
        let mut csr = CsrParts::new(P384_KEY.public_key_der()).subject(common_name("leaf"));
        csr.signature = der::bits(&signature);
        Csr::decode(&csr.der()).unwrap().prove(&KeyPolicy::default(), &RustCryptoVerifier).unwrap_err()
    };
    assert_eq!(proof(vec![0x11; 96]), CsrError::Proof(VerifyError::SignatureWithoutDer { bytes: 96 }));
    for other in [vec![0x11; 95], vec![0x11; 64], vec![], [vec![0x30, 94], vec![0; 94]].concat()] {
        assert_eq!(proof(other.clone()), CsrError::Proof(VerifyError::InvalidSignature), "{}", other.len());
    }
}

/// Takes proofs of possession, and counts the signatures of the authority. The second of these it calls wrong, as if the
/// processor had miscalculated.
#[derive(Default)]
struct SecondIsWrong(AtomicUsize);

impl SignatureVerifier for SecondIsWrong {
    fn supports(&self, _: SignatureAlgorithm, _: &[u8]) -> bool {
        true
    }

    fn verify(&self, _: SignatureAlgorithm, key: &[u8], _: &[u8], signature: &[u8]) -> Result<(), VerifyError> {
        if signature.is_empty() || key != CA_KEY.public_key_der() {
            return Ok(());
        }
        match self.0.fetch_add(1, Ordering::SeqCst) {
            1 => Err(VerifyError::InvalidSignature),
            _ => Ok(()),
        }
    }
}

#[test]
fn every_signature_is_verified_if_the_builder_says_so() {
    let request = request(&proven_csr("leaf"), "EndEntityCertificate").build().unwrap();
    let issue = |trust: Option<bool>| {
        let verifier = Arc::new(SecondIsWrong::default());
        let mut builder = Issuer::builder_with_verifier(Ca::default().build(), &*CA_KEY, Arc::clone(&verifier))
            .clock(FixedClock(now()));
        if let Some(trust) = trust {
            builder = builder.trust_signer(trust);
        }
        let issuer = builder.build().unwrap();
        let outcomes = [issuer.issue(&request), issuer.issue(&request)];
        (outcomes.map(|outcome| outcome.err().map(|error| error.to_string())), verifier.0.load(Ordering::SeqCst))
    };
    // The trial when the issuer is built, and nothing more.
    assert_eq!(issue(None), ([None, None], 1));
    assert_eq!(issue(Some(true)), ([None, None], 1));
    let ([first, second], verified) = issue(Some(false));
    assert!(first.unwrap().contains("not valid under the certificate authority's key"));
    assert_eq!((second, verified), (None, 3));
}

#[test]
fn a_signature_that_is_to_be_verified_needs_a_verifier_that_can() {
    /// Lacks SHA-512.
    struct Lacks;
    impl SignatureVerifier for Lacks {
        fn supports(&self, algorithm: SignatureAlgorithm, _: &[u8]) -> bool {
            algorithm != SignatureAlgorithm::Api(SigningAlgorithm::Sha512WithEcdsa)
        }

        fn verify(&self, algorithm: SignatureAlgorithm, _: &[u8], _: &[u8], _: &[u8]) -> Result<(), VerifyError> {
            match algorithm {
                SignatureAlgorithm::Api(SigningAlgorithm::Sha512WithEcdsa) => {
                    Err(VerifyError::UnsupportedAlgorithm(algorithm))
                }
                _ => Ok(()),
            }
        }
    }
    let request =
        request(&CsrParts::new(LEAF_KEY.public_key_der()).subject(common_name("leaf")).der(), "EndEntityCertificate")
            .signing_algorithm(SigningAlgorithm::Sha512WithEcdsa)
            .build()
            .unwrap();
    for (trust, refused) in [(true, false), (false, true)] {
        let issuer = Issuer::builder_with_verifier(Ca::default().build(), &*CA_KEY, Lacks)
            .clock(FixedClock(now()))
            .trust_signer(trust)
            .build()
            .unwrap();
        assert_eq!(matches!(issuer.issue(&request), Err(Error::Unverifiable(_))), refused);
    }
}
