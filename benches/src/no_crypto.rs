//! An issuer whose signatures cost nothing, so that what is measured is everything else.

use issuance::crypto::{SignError, Signature, VerifyError};
use issuance::policy::Policy;
use issuance::x509::SignatureAlgorithm;
use issuance::{Clock, IssuanceOptions, Issuer, SignatureVerifier, Signer, SigningAlgorithm};

use crate::work;

struct Nothing {
    public_key: Vec<u8>,
}

impl Signer for Nothing {
    fn public_key_der(&self) -> &[u8] {
        &self.public_key
    }

    fn signing_algorithms(&self) -> &[SigningAlgorithm] {
        &[SigningAlgorithm::Sha256WithEcdsa]
    }

    fn sign(&self, _: SigningAlgorithm, _: &[u8]) -> Result<Signature, SignError> {
        Ok(Signature::new(vec![0; 71]))
    }
}

impl SignatureVerifier for Nothing {
    fn supports(&self, _: SignatureAlgorithm, _: &[u8]) -> bool {
        true
    }

    fn verify(&self, _: SignatureAlgorithm, _: &[u8], _: &[u8], _: &[u8]) -> Result<(), VerifyError> {
        Ok(())
    }
}

pub fn issuer(clock: impl Clock + 'static) -> Issuer {
    issuer_under(Policy::default(), clock)
}

pub fn issuer_under(policy: Policy, clock: impl Clock + 'static) -> Issuer {
    let authority = work::p256().authority;
    let public_key = authority.public_key_der().to_vec();
    let verifier = Nothing { public_key: Vec::new() };
    Issuer::builder_with_verifier(authority, Nothing { public_key }, verifier)
        .clock(clock)
        .options(IssuanceOptions::default().policy(policy))
        .build()
        .unwrap()
}
