//! A root CA that has issued its own certificate.

use issuance::authority::{CertificateAuthorityType, RevocationConfiguration};
use issuance::{
    CertificateAuthority, IssueCertificateRequest, Issuer, SignatureVerifier, Signer, SigningAlgorithm, Subject,
    Validity,
};

/// An active root CA with the signer's key, and its certificate in DER.
pub fn active_root(
    arn: &str,
    signer: impl Signer + 'static,
    verifier: impl SignatureVerifier + Clone + 'static,
    algorithm: SigningAlgorithm,
    revocation: RevocationConfiguration,
) -> (CertificateAuthority, Vec<u8>) {
    let subject = Subject::builder().country("US").organization("Example Company").common_name("Example Root");
    let mut authority = CertificateAuthority::builder(arn.parse().unwrap(), CertificateAuthorityType::Root)
        .revocation_configuration(revocation)
        .build(&subject.build().unwrap(), signer.public_key_der())
        .unwrap();
    let own = IssueCertificateRequest::builder()
        .certificate_authority_arn(arn)
        .csr(authority.certificate_signing_request(&signer, algorithm).unwrap())
        .signing_algorithm(algorithm)
        .template_arn("arn:aws:acm-pca:::template/RootCACertificate/V1")
        .validity(Validity::years(10))
        .build()
        .unwrap();
    let issuer = Issuer::builder_with_verifier(authority.clone(), signer, verifier.clone()).build().unwrap();
    let certificate = issuer.issue(&own).unwrap().der().to_vec();
    authority.import_certificate(&certificate, b"", &verifier).unwrap();
    (authority, certificate)
}
