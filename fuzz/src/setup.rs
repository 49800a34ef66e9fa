//! The authorities that issue in the targets.

use std::sync::OnceLock;

use issuance::authority::{CertificateAuthorityType, ExplicitUrls, RevocationConfiguration};
use issuance::issue::FixedClock;
use issuance::request::{CustomExtension, Extensions, IssueCertificateRequestBuilder};
use issuance::{
    ApiPassthrough, CertificateAuthority, CertificateAuthorityArn, IssueCertificateRequest, Issuer, RustCryptoVerifier,
    Signer, SigningAlgorithm, Subject, Timestamp, Validity,
};
use issuance_test_support::keys;

use crate::der::element;

const ARN: &str = "arn:aws:acm-pca:eu-west-1:123456789012:certificate-authority/12345678-1234-1234-1234-123456789012";

/// The one subtree of DNS names that is permitted.
pub const PERMITTED_DNS: &str = "example.com";
/// The first octet of the range of addresses that is excluded.
pub const EXCLUDED_IP: u8 = 10;

/// Authorities with one key.
pub struct Setup {
    /// A root without a revocation configuration.
    pub plain: CertificateAuthority,
    /// A root with one.
    pub revoking: CertificateAuthority,
    /// A root with the name constraints of [`PERMITTED_DNS`] and [`EXCLUDED_IP`].
    pub constrained: CertificateAuthority,
    /// A root that waits for its certificate.
    pub pending: CertificateAuthority,
    /// The request of the authorities for their own certificate, in PEM.
    pub own_request: Vec<u8>,
    /// A SubjectPublicKeyInfo other than the authorities'.
    pub other_key: Vec<u8>,
    /// The time of issuance.
    pub now: Timestamp,
}

/// A request to either authority.
pub fn request(csr: &[u8], template: &str) -> IssueCertificateRequestBuilder {
    IssueCertificateRequest::builder()
        .certificate_authority_arn(ARN)
        .csr(csr)
        .signing_algorithm(SigningAlgorithm::Sha256WithEcdsa)
        .template_arn(format!("arn:aws:acm-pca:::template/{template}/V1"))
}

fn name_constraints() -> Vec<u8> {
    let permitted = element(0xa0, &[&element(0x30, &[&element(0x82, &[PERMITTED_DNS.as_bytes()])])]);
    let excluded = element(0xa1, &[&element(0x30, &[&element(0x87, &[&[EXCLUDED_IP, 0, 0, 0, 0xff, 0, 0, 0]])])]);
    element(0x30, &[&permitted, &excluded])
}

/// Made once.
pub fn setup() -> &'static Setup {
    static SETUP: OnceLock<Setup> = OnceLock::new();
    SETUP.get_or_init(|| {
        let now = Timestamp::from_utc(2026, 1, 2, 3, 4, 5).expect("a time");
        let signer = keys::signer("ec-p256");
        let arn: CertificateAuthorityArn = ARN.parse().expect("an ARN");
        let subject = Subject::builder().common_name("Fuzzed Root").build().expect("a name");
        let pending = CertificateAuthority::builder(arn, CertificateAuthorityType::Root)
            .build(&subject, signer.public_key_der())
            .expect("an authority");
        let csr = pending.certificate_signing_request(&signer, SigningAlgorithm::Sha256WithEcdsa).expect("a request");
        let issuer = Issuer::builder(pending.clone(), signer).clock(FixedClock(now)).build().expect("an issuer");
        let certified = |template: &str, passthrough: Option<ApiPassthrough>| {
            let mut builder = request(csr.as_bytes(), template).validity(Validity::years(20));
            if let Some(passthrough) = passthrough {
                builder = builder.api_passthrough(passthrough);
            }
            let certificate = issuer.issue(&builder.build().expect("a request")).expect("a certificate");
            let mut authority = pending.clone();
            authority.import_certificate(certificate.der(), b"", &RustCryptoVerifier).expect("an import");
            authority
        };
        let plain = certified("RootCACertificate", None);
        let constraints = CustomExtension::new("2.5.29.30", &name_constraints(), true);
        let extensions = Extensions::builder().custom_extension(constraints);
        let constrained = ApiPassthrough::builder().extensions(extensions).build().expect("a passthrough");
        let constrained = certified("RootCACertificate_APIPassthrough", Some(constrained));
        let urls = ExplicitUrls::new(["http://crl.example/1"], ["http://ocsp.example"], ["http://ca.example"]);
        let mut revoking = plain.clone();
        let revocation = RevocationConfiguration::none().with_explicit_urls(urls.expect("URLs"));
        revoking.set_revocation_configuration(revocation);
        let mut other_key = plain.public_key_der().to_vec();
        // Nobody looks whether the point is on the curve before a signature is verified under it.
        *other_key.last_mut().expect("a key") ^= 1;
        Setup { plain, revoking, constrained, pending, own_request: csr.into_bytes(), other_key, now }
    })
}
