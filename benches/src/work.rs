//! The work that every library does, from one CSR to one certificate, and how this library does it.

use std::hint::black_box;

use der::{Decode, Encode};
use issuance::authority::{ExplicitUrls, RevocationConfiguration};
use issuance::issue::SystemClock;
use issuance::{
    AwsLcSigner, AwsLcVerifier, CertificateAuthority, Clock, IssueCertificateRequest, Issuer, RustCryptoSigner,
    RustCryptoVerifier, SigningAlgorithm, Validity,
};
use x509_cert::request::CertReq;

use crate::root::active_root;

pub const ARN: &str =
    "arn:aws:acm-pca:eu-west-1:123456789012:certificate-authority/12345678-1234-1234-1234-123456789012";
pub const CRL_URL: &str = "http://crl.example.com/root.crl";
pub const AWS_LC: &str = "aws-lc-rs";
pub const RUST_CRYPTO: &str = "RustCrypto";

/// What there is to do: decode the CSR, verify its signature, and sign a certificate for its subject, key and two DNS names
/// with basicConstraints, keyUsage, extendedKeyUsage, both key identifiers and the CRL distribution point, between two times.
pub struct Work {
    pub name: &'static str,
    pub algorithm: SigningAlgorithm,
    /// The CA's private key, PKCS#8 in PEM.
    pub key: &'static str,
    pub csr: &'static [u8],
    pub authority: CertificateAuthority,
    /// The CA's certificate.
    pub ca_der: Vec<u8>,
    /// Seconds since the Unix epoch.
    pub not_before: i64,
    pub not_after: i64,
}

/// A CSR as each library takes it.
pub struct Input {
    pub csr: Vec<u8>,
    pub request: IssueCertificateRequest,
}

/// What a signature of a CSR is verified with.
pub struct Proof {
    /// The content of the BIT STRING `subjectPublicKey`.
    pub key: Vec<u8>,
    pub info: Vec<u8>,
    pub signature: Vec<u8>,
}

/// Takes the certificate's octets, so that no library has to copy them.
pub type Take<'a> = &'a mut dyn FnMut(&[u8]);

pub type Issue = dyn Fn(&Input, Take<'_>) -> Result<(), String>;

/// A library with one of its backends, ready to do the work.
pub struct Contender {
    pub library: &'static str,
    pub backend: &'static str,
    pub issue: Box<Issue>,
}

impl Contender {
    pub fn run(&self, input: &Input) {
        let take = &mut |der: &[u8]| {
            black_box(der);
        };
        (self.issue)(input, take).unwrap();
    }
}

pub fn p256() -> Work {
    let csr = include_bytes!("../data/p256-339.csr.der");
    let key = include_str!("../../tests/data/keys/ec-p256.pem");
    Work::new("P-256", SigningAlgorithm::Sha256WithEcdsa, key, csr)
}

pub fn rsa2048() -> Work {
    let csr = include_bytes!("../data/rsa2048.csr.der");
    let key = include_str!("../../tests/data/keys/rsa-2048.pem");
    Work::new("RSA-2048", SigningAlgorithm::Sha256WithRsa, key, csr)
}

impl Work {
    fn new(name: &'static str, algorithm: SigningAlgorithm, key: &'static str, csr: &'static [u8]) -> Work {
        let signer = AwsLcSigner::from_pem(key).unwrap();
        let crl = ExplicitUrls::default().with_crl([CRL_URL]).unwrap();
        let revocation = RevocationConfiguration::none().with_explicit_urls(crl);
        let (authority, ca_der) = active_root(ARN, signer, AwsLcVerifier, algorithm, revocation);
        let now = SystemClock.now().unix();
        Work { name, algorithm, key, csr, authority, ca_der, not_before: now - 3600, not_after: now + 365 * 86400 }
    }

    pub fn input(&self, csr: &[u8]) -> Input {
        Input { csr: csr.to_vec(), request: self.request(csr) }
    }

    pub fn request(&self, csr: &[u8]) -> IssueCertificateRequest {
        IssueCertificateRequest::builder()
            .certificate_authority_arn(ARN)
            .csr(csr)
            .signing_algorithm(self.algorithm)
            .template_arn("arn:aws:acm-pca:::template/EndEntityCertificate/V1")
            .validity_not_before(Validity::absolute(self.not_before))
            .validity(Validity::absolute(self.not_after))
            .build()
            .unwrap()
    }

    pub fn proof(&self) -> Proof {
        let csr = CertReq::from_der(self.csr).unwrap();
        Proof {
            key: csr.info.public_key.subject_public_key.raw_bytes().to_vec(),
            info: csr.info.to_der().unwrap(),
            signature: csr.signature.raw_bytes().to_vec(),
        }
    }

    /// What is signed.
    pub fn tbs(&self) -> Vec<u8> {
        self.aws_lc_issuer().prepare(&self.request(self.csr)).unwrap().tbs_der().to_vec()
    }

    pub fn aws_lc_issuer(&self) -> Issuer {
        let signer = AwsLcSigner::from_pem(self.key).unwrap();
        Issuer::builder_with_verifier(self.authority.clone(), signer, AwsLcVerifier).build().unwrap()
    }

    fn rust_crypto_issuer(&self) -> Issuer {
        let signer = RustCryptoSigner::from_pem(self.key).unwrap();
        Issuer::builder_with_verifier(self.authority.clone(), signer, RustCryptoVerifier).build().unwrap()
    }

    /// This library with each of its backends.
    pub fn issuance(&self) -> [Contender; 2] {
        [(AWS_LC, self.aws_lc_issuer()), (RUST_CRYPTO, self.rust_crypto_issuer())].map(|(backend, issuer)| Contender {
            library: "issuance",
            backend,
            issue: Box::new(move |input, take| {
                take(issuer.issue(&input.request).map_err(|error| error.to_string())?.der());
                Ok(())
            }),
        })
    }
}
