//! A hierarchy of two authorities at a fixed time, made by the crate itself.

use std::sync::Arc;

use issuance::authority::CertificateAuthorityType;
use issuance::issue::{FixedClock, FixedSerial};
use issuance::{
    CertificateAuthority, IssueCertificateRequest, Issuer, RustCryptoSigner, RustCryptoVerifier, SerialNumber,
    SigningAlgorithm, Subject, Timestamp, Validity,
};

use crate::keys;

/// An authority with its key.
#[derive(Clone)]
pub struct Authority {
    pub ca: CertificateAuthority,
    pub signer: Arc<RustCryptoSigner>,
    pub algorithm: SigningAlgorithm,
}

/// The time of issuance of everything: 2026-01-02T03:04:05Z.
pub fn now() -> Timestamp {
    Timestamp::from_utc(2026, 1, 2, 3, 4, 5).unwrap()
}

pub fn serial() -> SerialNumber {
    SerialNumber::from_hex("d790a9cf2db26a24c7b97fb672b7aedd").unwrap()
}

impl Authority {
    fn new(
        id: char,
        authority_type: CertificateAuthorityType,
        name: &str,
        key: &str,
        algorithm: SigningAlgorithm,
    ) -> Authority {
        let id: String = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx".replace('x', &id.to_string());
        let arn = format!("arn:aws:acm-pca:us-west-2:123456789012:certificate-authority/{id}");
        let signer = Arc::new(keys::signer(key));
        let subject = Subject::builder().country("US").organization("Example Corp").common_name(name).build().unwrap();
        let ca = CertificateAuthority::builder(arn.parse().unwrap(), authority_type)
            .build(&subject, issuance::Signer::public_key_der(&*signer))
            .unwrap();
        Authority { ca, signer, algorithm }
    }

    /// A root with a P-384 key that waits for its certificate.
    pub fn pending_root() -> Authority {
        Authority::pending_root_with("ec-p384", SigningAlgorithm::Sha384WithEcdsa)
    }

    /// A root with another key that waits for its certificate.
    pub fn pending_root_with(key: &str, algorithm: SigningAlgorithm) -> Authority {
        Authority::new('1', CertificateAuthorityType::Root, "Test Root", key, algorithm)
    }

    /// The same root with its certificate.
    pub fn root() -> Authority {
        Authority::pending_root().with_own_certificate()
    }

    /// This root, active.
    pub fn with_own_certificate(&self) -> Authority {
        let mut root = self.clone();
        let certificate = root.issue("RootCACertificate", root.own_request(), Validity::years(20).build().unwrap());
        root.ca.import_certificate(&certificate, &[], &RustCryptoVerifier).unwrap();
        root
    }

    /// An authority with a P-256 key under the root, which issues to end entities.
    pub fn subordinate(root: &Authority) -> Authority {
        Authority::subordinate_with(root, "ec-p256", SigningAlgorithm::Sha256WithEcdsa)
    }

    /// An authority with another key under the root, which issues to end entities.
    pub fn subordinate_with(root: &Authority, key: &str, algorithm: SigningAlgorithm) -> Authority {
        let mut own = Authority::new('2', CertificateAuthorityType::Subordinate, "Test Issuing CA", key, algorithm);
        let validity = Validity::years(10).build().unwrap();
        let certificate = root.issue("SubordinateCACertificate_PathLen0", own.own_request(), validity);
        let chain = certificate_pem(root.ca.certificate_der().unwrap());
        own.ca.import_certificate(&certificate, chain.as_bytes(), &RustCryptoVerifier).unwrap();
        own
    }

    /// The request for its own certificate.
    pub fn own_request(&self) -> String {
        self.ca.certificate_signing_request(&*self.signer, self.algorithm).unwrap()
    }

    /// A certificate in DER, through the issuer.
    pub fn issue(&self, template: &str, csr: impl AsRef<[u8]>, validity: Validity) -> Vec<u8> {
        let issuer = Issuer::builder(self.ca.clone(), Arc::clone(&self.signer))
            .clock(FixedClock(now()))
            .serial_source(FixedSerial(serial()))
            .build()
            .unwrap();
        let request = IssueCertificateRequest::builder()
            .certificate_authority_arn(self.ca.arn().clone())
            .csr(csr.as_ref())
            .signing_algorithm(self.algorithm)
            .validity(validity)
            .template_arn(format!("arn:aws:acm-pca:::template/{template}/V1"))
            .build()
            .unwrap();
        issuer.issue(&request).unwrap().der().to_vec()
    }
}

/// A certificate in PEM.
pub fn certificate_pem(der: &[u8]) -> String {
    use base64::prelude::{BASE64_STANDARD, Engine};
    let text = BASE64_STANDARD.encode(der);
    let lines: Vec<&str> = text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
}
