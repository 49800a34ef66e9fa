//! What an issuer fills in, how it follows its authority, and whom it trusts.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};

use issuance::authority::{CertificateAuthorityStatus, CertificateAuthorityType};
use issuance::crypto::{SignError, SignFuture, Signature, VerifyError};
use issuance::issue::FixedClock;
use issuance::x509::SignatureAlgorithm;
use issuance::{
    AsyncIssuer, AsyncSigner, CertificateAuthority, Error, Issuer, RustCryptoVerifier, SignatureVerifier, Signer,
    SigningAlgorithm, Validity,
};
use issuance_test_support::ca::{self, CA_KEY, Ca, P384_KEY, now, proven_csr};

/// The key of the authority, which counts its signatures; the signature of this number is another key's.
#[derive(Default)]
struct Counting {
    made: AtomicUsize,
    wrong: Option<usize>,
}

impl Counting {
    fn made(&self) -> usize {
        self.made.load(Ordering::SeqCst)
    }
}

impl Signer for Counting {
    fn public_key_der(&self) -> &[u8] {
        CA_KEY.public_key_der()
    }

    fn signing_algorithms(&self) -> &[SigningAlgorithm] {
        CA_KEY.signing_algorithms()
    }

    fn sign(&self, algorithm: SigningAlgorithm, message: &[u8]) -> Result<Signature, SignError> {
        let number = self.made.fetch_add(1, Ordering::SeqCst);
        if self.wrong == Some(number) { P384_KEY.sign(algorithm, message) } else { CA_KEY.sign(algorithm, message) }
    }
}

impl AsyncSigner for Counting {
    fn public_key_der(&self) -> &[u8] {
        CA_KEY.public_key_der()
    }

    fn signing_algorithms(&self) -> &[SigningAlgorithm] {
        CA_KEY.signing_algorithms()
    }

    fn sign<'a>(&'a self, algorithm: SigningAlgorithm, message: &'a [u8]) -> SignFuture<'a> {
        Box::pin(async move { Signer::sign(self, algorithm, message) })
    }
}

/// The result of a future that waits for nothing.
fn ready<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("the future waits"),
    }
}

#[test]
fn an_issuer_needs_a_csr_and_a_validity() {
    let authority = Ca::default().build();
    let issuer = Issuer::builder(authority.clone(), &*CA_KEY).clock(FixedClock(now())).build().unwrap();
    let request = issuer.request(proven_csr("leaf")).validity(Validity::days(30)).build().unwrap();
    assert_eq!(request.certificate_authority_arn(), authority.arn());
    assert_eq!(request.signing_algorithm(), SigningAlgorithm::Sha256WithEcdsa);
    assert_eq!(issuer.issue(&request).unwrap().not_after(), ca::after_now(30 * ca::DAY));
}

#[test]
fn the_default_algorithm_is_one_that_the_verifier_supports() {
    /// Lacks what would be taken first.
    struct Lacks;
    impl SignatureVerifier for Lacks {
        fn supports(&self, algorithm: SignatureAlgorithm, key: &[u8]) -> bool {
            key != CA_KEY.public_key_der() || algorithm != SigningAlgorithm::Sha256WithEcdsa.into()
        }

        fn verify(
            &self,
            algorithm: SignatureAlgorithm,
            key: &[u8],
            message: &[u8],
            signature: &[u8],
        ) -> Result<(), VerifyError> {
            match algorithm {
                SignatureAlgorithm::Api(SigningAlgorithm::Sha256WithEcdsa) if key == CA_KEY.public_key_der() => {
                    Err(VerifyError::UnsupportedAlgorithm(algorithm))
                }
                _ => RustCryptoVerifier.verify(algorithm, key, message, signature),
            }
        }
    }
    let issuer = Issuer::builder_with_verifier(Ca::default().build(), Arc::new(Counting::default()), Lacks);
    let issuer = issuer.clock(FixedClock(now())).build().unwrap();
    let request = issuer.request(proven_csr("leaf")).validity(Validity::days(30)).build().unwrap();
    assert_eq!(request.signing_algorithm(), SigningAlgorithm::Sha384WithEcdsa);
    issuer.issue(&request).unwrap();
}

#[test]
fn an_issuer_follows_its_authority() {
    let signer = Arc::new(Counting::default());
    let authority = Ca::default().build();
    let issuer = Issuer::builder(authority.clone(), Arc::clone(&signer)).clock(FixedClock(now()));
    let issuer = issuer.trust_signer(true).build().unwrap();
    let request = |token: &str| {
        let request = issuer.request(proven_csr("leaf")).validity(Validity::days(30)).idempotency_token(token);
        request.build().unwrap()
    };
    let first = issuer.issue(&request("a")).unwrap();
    // The trial, and the certificate.
    assert_eq!(signer.made(), 2);

    let mut disabled = authority.clone();
    disabled.set_status(CertificateAuthorityStatus::Disabled).unwrap();
    let refusing = issuer.with_authority(disabled).unwrap();
    assert!(matches!(refusing.issue(&request("b")), Err(Error::AuthorityState { .. })));
    // What was issued under a token stays so, whatever became of the authority.
    assert_eq!(refusing.issue(&request("a")).unwrap(), first);

    let again = refusing.with_authority(authority).unwrap();
    assert_eq!(again.issue(&request("a")).unwrap(), first);
    assert_ne!(again.issue(&request("b")).unwrap().serial(), first.serial());
    assert_eq!(signer.made(), 3);

    let builder = CertificateAuthority::builder(ca::CA_ARN.parse().unwrap(), CertificateAuthorityType::Root);
    let other = builder.build(&ca::subject("other"), P384_KEY.public_key_der()).unwrap();
    assert!(matches!(issuer.with_authority(other), Err(Error::SignerKey)));
}

#[test]
fn an_awaited_signer_is_trusted_once_a_signature_was_good() {
    let outcomes = |trust, wrong| {
        let signer = Counting { wrong: Some(wrong), ..Counting::default() };
        let issuer = AsyncIssuer::builder(Ca::default().build(), signer).clock(FixedClock(now()));
        let issuer = issuer.trust_signer(trust).build().unwrap();
        let request = issuer.request(proven_csr("leaf")).validity(Validity::days(30)).build().unwrap();
        [0; 3].map(|_| ready(issuer.issue(&request)).is_ok())
    };
    assert_eq!(outcomes(false, 0), [false, true, true]);
    assert_eq!(outcomes(false, 1), [true, false, true]);
    assert_eq!(outcomes(true, 0), [false, true, true]);
    assert_eq!(outcomes(true, 1), [true, true, true]);
}
