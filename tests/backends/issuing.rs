//! Whole issuance, with an authority of each kind of key and the signer and the verifier of each backend.

use std::sync::Arc;

use issuance::authority::{CertificateAuthorityStatus, CertificateAuthorityType, RevocationConfiguration};
use issuance::crypto::SignError;
use issuance::csr::CsrError;
use issuance::issue::SystemClock;
use issuance::{CertificateAuthority, Clock, IssueCertificateRequest, Issuer, Subject, Validity};

use super::*;

const ARN: &str = "arn:aws:acm-pca:eu-west-1:123456789012:certificate-authority/12345678-1234-1234-1234-123456789012";

/// A root that certifies itself with `algorithm`.
fn root(
    signer: &Arc<dyn Key>,
    verifier: &'static dyn SignatureVerifier,
    algorithm: SigningAlgorithm,
) -> Result<CertificateAuthority, issuance::Error> {
    let subject = Subject::builder().common_name("Example Root").build().unwrap();
    let mut authority = CertificateAuthority::builder(ARN.parse().unwrap(), CertificateAuthorityType::Root)
        .revocation_configuration(RevocationConfiguration::none())
        .build(&subject, signer.public_key_der())
        .unwrap();
    let request = IssueCertificateRequest::builder()
        .certificate_authority_arn(ARN)
        .csr(authority.certificate_signing_request(signer, algorithm)?)
        .signing_algorithm(algorithm)
        .template_arn("arn:aws:acm-pca:::template/RootCACertificate/V1")
        .validity(Validity::years(10))
        .build()
        .unwrap();
    let issuer = Issuer::builder_with_verifier(authority.clone(), Arc::clone(signer), verifier).build()?;
    let certificate = issuer.issue(&request)?;
    authority.import_certificate(certificate.der(), b"", verifier).unwrap();
    Ok(authority)
}

#[test]
fn every_signer_issues_with_every_verifier() {
    let backends = backends();
    for (pkcs8, key) in pkcs8_keys() {
        for (backend, signer) in each_signer(&backends, &pkcs8) {
            let signer: Arc<dyn Key> = Arc::from(signer);
            for &algorithm in key.signing_algorithms() {
                for judge in &backends {
                    let context = format!("{signer:?} {algorithm} {}", judge.name);
                    match root(&signer, judge.verifier, algorithm) {
                        Ok(authority) => {
                            assert_eq!(authority.status(SystemClock.now()), CertificateAuthorityStatus::Active);
                        }
                        Err(issuance::Error::Signer(SignError::UnsupportedAlgorithm { .. })) => {
                            assert!(!backend.signs(key, algorithm), "{context}");
                        }
                        Err(issuance::Error::Unverifiable(_) | issuance::Error::Csr(CsrError::Unverifiable(_))) => {
                            assert!(!judge.verifies(Some(key), algorithm.into()), "{context}");
                        }
                        Err(error) => panic!("{context}: {error}"),
                    }
                }
            }
        }
    }
}

/// What a verifier does not support is neither the signer's fault nor the caller's (R-CSR-3 names SM2).
#[cfg(feature = "aws-lc-rs")]
#[test]
fn what_the_verifier_lacks_is_the_limit_of_the_service() {
    use issuance::crypto::FallbackVerifier;
    use issuance::{AwsException, AwsLcVerifier, Error, RustCryptoSigner, RustCryptoVerifier};

    let sm2: Arc<dyn Key> = Arc::new(RustCryptoSigner::from_pem(key!("sm2")).unwrap());
    let root_of_sm2 = root(&sm2, &RustCryptoVerifier, SigningAlgorithm::Sm3WithSm2).unwrap();
    let built = Issuer::builder_with_verifier(root_of_sm2.clone(), Arc::clone(&sm2), AwsLcVerifier).build();
    let error = built.unwrap_err();
    assert!(matches!(error, Error::Unverifiable(SignatureAlgorithm::Api(SigningAlgorithm::Sm3WithSm2))));
    assert_eq!((error.aws_exception(), error.is_retryable()), (AwsException::InternalFailure, false));
    assert_eq!(
        error.to_string(),
        "the certificate authority is to sign with SM3WITHSM2, which the signature verifier of this service does not \
         support; RustCryptoVerifier supports it"
    );

    let certificate = root_of_sm2.certificate_pem().unwrap();
    let imported = CertificateAuthority::builder(ARN.parse().unwrap(), CertificateAuthorityType::Root)
        .build_from_certificate(certificate.as_bytes(), b"", &AwsLcVerifier);
    let error = imported.unwrap_err();
    assert!(matches!(error, Error::Import(issuance::authority::ImportError::Unverifiable { .. })), "{error}");
    assert_eq!(error.aws_exception(), AwsException::InternalFailure);

    let p256: Arc<dyn Key> = Arc::new(RustCryptoSigner::from_pem(key!("ec-p256")).unwrap());
    let authority = root(&p256, &RustCryptoVerifier, SigningAlgorithm::Sha256WithEcdsa).unwrap();
    let request = IssueCertificateRequest::builder()
        .certificate_authority_arn(ARN)
        .csr(root_of_sm2.certificate_signing_request(&sm2, SigningAlgorithm::Sm3WithSm2).unwrap())
        .signing_algorithm(SigningAlgorithm::Sha256WithEcdsa)
        .validity(Validity::days(30))
        .build()
        .unwrap();
    let issuer = Issuer::builder_with_verifier(authority.clone(), Arc::clone(&p256), AwsLcVerifier).build().unwrap();
    let error = issuer.issue(&request).unwrap_err();
    assert!(matches!(error, Error::Csr(CsrError::Unverifiable(_))), "{error}");
    assert_eq!(error.aws_exception(), AwsException::InternalFailure);
    assert_eq!(
        error.to_string(),
        "the CSR is signed with SM3WITHSM2, which the signature verifier of this service does not support"
    );
    let both = FallbackVerifier::new(AwsLcVerifier, RustCryptoVerifier);
    Issuer::builder_with_verifier(authority, p256, both).build().unwrap().issue(&request).unwrap();
}

/// The first algorithm of a P-384 key is one that AWS-LC does not support: the trial of the signer takes the next.
#[cfg(feature = "aws-lc-rs")]
#[test]
fn issuers_are_built_for_signers_that_do_not_support_every_algorithm() {
    let signer: Arc<dyn Key> = Arc::new(issuance::AwsLcSigner::generate(KeyAlgorithm::EcSecp384r1).unwrap());
    assert_eq!(signer.key_algorithm().signing_algorithms()[0], SigningAlgorithm::Sha256WithEcdsa);
    root(&signer, &issuance::AwsLcVerifier, SigningAlgorithm::Sha384WithEcdsa).unwrap();
}
