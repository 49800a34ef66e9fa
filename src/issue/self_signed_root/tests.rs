use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use super::*;
use crate::authority::ca::CertificateAuthorityStatus;
use crate::crypto::async_signer::Immediate;
use crate::crypto::rustcrypto::signer::RustCryptoSigner;
use crate::crypto::rustcrypto::verifier::RustCryptoVerifier;
use crate::crypto::signer::{SignError, Signature};
use crate::x509::algorithm::KeyAlgorithm;

fn subject() -> Subject {
    Subject::builder().common_name("Root").build().unwrap()
}

fn check(root: &CertificateAuthority, key: &dyn Signer) {
    let now = SystemClock.now();
    assert_eq!(root.status(now), CertificateAuthorityStatus::Active);
    assert_eq!(root.authority_type(), CertificateAuthorityType::Root);
    assert_eq!(root.public_key_der(), key.public_key_der());
    assert!(root.not_after() > now.checked_add_seconds(9 * 365 * 86400));
    // The operator who starts again from the file has the same authority.
    let again = CertificateAuthority::from_pem(root.certificate_pem().unwrap()).unwrap();
    assert_eq!((again.arn(), again.certificate_der()), (root.arn(), root.certificate_der()));
}

#[test]
fn a_root_of_every_curve_comes_in_one_call() {
    for algorithm in [KeyAlgorithm::EcPrime256v1, KeyAlgorithm::EcSecp384r1, KeyAlgorithm::EcSecp521r1] {
        let key = RustCryptoSigner::generate(algorithm).unwrap();
        check(&CertificateAuthority::self_signed_root(&subject(), &key, Validity::years(10)).unwrap(), &key);
    }
}

#[test]
fn a_root_whose_signer_is_awaited() {
    let key = Immediate(RustCryptoSigner::generate(KeyAlgorithm::EcPrime256v1).unwrap());
    let name = subject();
    let root =
        pin!(CertificateAuthority::self_signed_root_async(&name, &key, Validity::years(10), &RustCryptoVerifier));
    let Poll::Ready(root) = root.poll(&mut Context::from_waker(Waker::noop())) else { panic!("it waits") };
    check(&root.unwrap(), &key.0);
}

/// Signs the first message as it should and the second with one bit wrong.
struct Faulty(RustCryptoSigner, std::sync::atomic::AtomicUsize);

impl Signer for Faulty {
    fn public_key_der(&self) -> &[u8] {
        self.0.public_key_der()
    }

    fn signing_algorithms(&self) -> &[SigningAlgorithm] {
        self.0.signing_algorithms()
    }

    fn sign(&self, algorithm: SigningAlgorithm, message: &[u8]) -> Result<Signature, SignError> {
        let mut signature = self.0.sign(algorithm, message)?.into_bytes();
        if self.1.fetch_sub(1, std::sync::atomic::Ordering::Relaxed) == 0 {
            *signature.last_mut().unwrap() ^= 1;
        }
        Ok(Signature::new(signature))
    }
}

#[test]
fn nothing_gets_around_the_checks() {
    let new = |good, name: &Subject, validity: Draft<Validity>| {
        let key = Faulty(RustCryptoSigner::generate(KeyAlgorithm::EcPrime256v1).unwrap(), good);
        CertificateAuthority::self_signed_root(name, &key, validity).unwrap_err()
    };
    let years = || Validity::years(10);
    assert!(matches!(new(0.into(), &subject(), years()), Error::Csr(_)));
    assert!(matches!(new(1.into(), &subject(), years()), Error::Signature(_)));
    assert!(matches!(new(9.into(), &Subject::default(), years()), Error::Authority(AuthorityError::EmptySubject)));
    assert!(matches!(new(9.into(), &subject(), Validity::years(0)), Error::Request(_)));
    assert!(matches!(new(9.into(), &subject(), Validity::end_date(20010101000000)), Error::Validity(_)));
}

/// Signs with these algorithms alone.
struct Narrow(RustCryptoSigner, &'static [SigningAlgorithm]);

impl Signer for Narrow {
    fn public_key_der(&self) -> &[u8] {
        self.0.public_key_der()
    }

    fn signing_algorithms(&self) -> &[SigningAlgorithm] {
        self.1
    }

    fn sign(&self, algorithm: SigningAlgorithm, message: &[u8]) -> Result<Signature, SignError> {
        if !self.1.contains(&algorithm) {
            return Err(SignError::UnsupportedAlgorithm { algorithm, key: self.0.key_algorithm() });
        }
        self.0.sign(algorithm, message)
    }
}

#[test]
fn a_root_is_signed_with_what_the_signer_declares() {
    let root = |declared| {
        let key = Narrow(RustCryptoSigner::generate(KeyAlgorithm::EcPrime256v1).unwrap(), declared);
        let root = CertificateAuthority::self_signed_root(&subject(), &key, Validity::years(10));
        root.inspect(|root| check(root, &key))
    };
    root(&[SigningAlgorithm::Sha512WithEcdsa]).unwrap();
    root(&[SigningAlgorithm::Sha512WithEcdsa, SigningAlgorithm::Sha256WithEcdsa]).unwrap();
    for unusable in [&[][..], &[SigningAlgorithm::Sha256WithRsa]] {
        assert!(matches!(root(unusable), Err(Error::Signer(SignError::UnsupportedAlgorithm { .. }))));
    }
}
