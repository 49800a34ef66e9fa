//! Verifiers that do not verify.

use issuance::SignatureVerifier;
use issuance::crypto::VerifyError;
use issuance::x509::SignatureAlgorithm;

/// Takes every signature as good: for tests that are not about signatures.
#[derive(Debug, Clone, Copy)]
pub struct AnySignature;

impl SignatureVerifier for AnySignature {
    fn supports(&self, _: SignatureAlgorithm, _: &[u8]) -> bool {
        true
    }

    fn verify(&self, _: SignatureAlgorithm, _: &[u8], _: &[u8], _: &[u8]) -> Result<(), VerifyError> {
        Ok(())
    }
}

/// Panics: for tests in which no public-key operation may take place.
#[derive(Debug, Clone, Copy)]
pub struct NeverCalled;

impl SignatureVerifier for NeverCalled {
    fn supports(&self, _: SignatureAlgorithm, _: &[u8]) -> bool {
        true
    }

    fn verify(&self, _: SignatureAlgorithm, _: &[u8], _: &[u8], _: &[u8]) -> Result<(), VerifyError> {
        panic!("a public-key operation took place")
    }
}
