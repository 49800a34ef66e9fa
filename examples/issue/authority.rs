//! The certificate authority that issues: one made in memory, or one of the user's own.

mod der;

use std::sync::Arc;
use std::{fmt, fs};

use issuance::authority::{CertificateAuthorityType, ImportError, ImportInput};
use issuance::{
    CertificateAuthority, CertificateAuthorityArn, Error, IssuanceOptions, IssueCertificateRequest, Issuer,
    KeyAlgorithm, RustCryptoSigner, RustCryptoVerifier, Signer, SigningAlgorithm, Subject, Validity,
};

use crate::failure::Failure;
use crate::options::AuthorityFiles;

/// The ARN of the local CA where none is given.
pub(crate) const LOCAL_ARN: &str =
    "arn:aws:acm-pca:us-west-2:123456789012:certificate-authority/12345678-1234-1234-1234-123456789012";
/// The ARN of the root above it.
const ROOT_ARN: &str =
    "arn:aws:acm-pca:us-west-2:123456789012:certificate-authority/00000000-0000-0000-0000-000000000001";

/// A certificate authority together with its key.
pub(crate) struct LocalAuthority {
    authority: CertificateAuthority,
    signer: Arc<RustCryptoSigner>,
}

impl LocalAuthority {
    /// A subordinate CA under a root of its own, with a key that signs with this algorithm. Both take the way that CAs take in
    /// the service: a key first, then a certification request for it, then the certificate, which makes the CA active.
    pub(crate) fn in_memory(
        arn: CertificateAuthorityArn,
        algorithm: SigningAlgorithm,
    ) -> Result<LocalAuthority, Failure> {
        let key_algorithm = KeyAlgorithm::ALL.iter().copied().find(|key| key.supports(algorithm));
        let key_algorithm =
            key_algorithm.ok_or_else(|| Failure::Authority(format!("no key signs with {algorithm}")))?;
        let mut root = LocalAuthority::pending(
            arn_of(ROOT_ARN)?,
            CertificateAuthorityType::Root,
            KeyAlgorithm::EcSecp384r1,
            "Example Root CA",
        )?;
        let csr = root.certificate_signing_request(SigningAlgorithm::Sha384WithEcdsa)?;
        let (certificate, _) = root.issue_ca(&csr, "RootCACertificate", Validity::years(50).build()?)?;
        root.import(&certificate, "")?;

        let mut subordinate =
            LocalAuthority::pending(arn, CertificateAuthorityType::Subordinate, key_algorithm, "Example Issuing CA")?;
        let csr = subordinate.certificate_signing_request(algorithm)?;
        let template = "SubordinateCACertificate_PathLen0";
        let (certificate, chain) = root.issue_ca(&csr, template, Validity::years(40).build()?)?;
        subordinate.import(&certificate, &chain)?;
        Ok(subordinate)
    }

    /// A CA with a new key, waiting for its certificate.
    fn pending(
        arn: CertificateAuthorityArn,
        authority_type: CertificateAuthorityType,
        key_algorithm: KeyAlgorithm,
        common_name: &str,
    ) -> Result<LocalAuthority, Failure> {
        let signer = RustCryptoSigner::generate(key_algorithm).map_err(|e| Failure::Authority(e.to_string()))?;
        let subject = Subject::builder().organization("Example Corp").common_name(common_name).build()?;
        let authority = CertificateAuthority::builder(arn, authority_type).build(&subject, signer.public_key_der())?;
        Ok(LocalAuthority { authority, signer: Arc::new(signer) })
    }

    fn certificate_signing_request(&self, algorithm: SigningAlgorithm) -> Result<String, Failure> {
        Ok(self.authority.certificate_signing_request(&self.signer, algorithm)?)
    }

    /// A CA certificate and the chain above it, in PEM.
    fn issue_ca(&self, csr: &str, template: &str, validity: Validity) -> Result<(String, String), Failure> {
        let request = IssueCertificateRequest::builder()
            .certificate_authority_arn(self.authority.arn().clone())
            .csr(csr.as_bytes())
            .signing_algorithm(SigningAlgorithm::Sha384WithEcdsa)
            .template(template)
            .validity(validity)
            .build()?;
        let certificate = self.issuer(IssuanceOptions::default())?.issue(&request)?;
        Ok((certificate.pem(), certificate.chain_pem()))
    }

    fn import(&mut self, certificate: &str, chain: &str) -> Result<(), ImportError> {
        self.authority.import_certificate(certificate.as_bytes(), chain.as_bytes(), &RustCryptoVerifier)
    }

    /// The CA of the user's own files.
    pub(crate) fn from_files(arn: CertificateAuthorityArn, files: &AuthorityFiles) -> Result<LocalAuthority, Failure> {
        let certificate = read("--ca-cert", &files.certificate)?;
        let chain = files.chain.as_ref().map_or(Ok(Vec::new()), |path| read("--ca-chain", path))?;
        let key = der::key_to_pem(read("--ca-key", &files.key)?).map_err(|problem| key_refused(&problem))?;
        let signer = RustCryptoSigner::from_pem(&key).map_err(|error| key_refused(&error))?;
        let (certificate, chain) = (der::certificates_to_pem(certificate), der::certificates_to_pem(chain));

        let refused = |error: Error| {
            let blames_chain = matches!(&error, Error::Import(error) if error.input() == Some(ImportInput::Chain));
            Failure::Authority(format!("{}: {error}", if blames_chain { "--ca-chain" } else { "--ca-cert" }))
        };
        let authority = CertificateAuthority::from_certificate(&certificate, &chain).map_err(refused)?.with_arn(arn)?;
        Ok(LocalAuthority { authority, signer: Arc::new(signer) })
    }

    /// The CA without its key.
    pub(crate) fn certificate_authority(&self) -> &CertificateAuthority {
        &self.authority
    }

    /// Its key.
    pub(crate) fn signer(&self) -> &RustCryptoSigner {
        &self.signer
    }

    /// What issues certificates of this CA.
    pub(crate) fn issuer(&self, options: IssuanceOptions) -> Result<Issuer, Failure> {
        let issuer = Issuer::builder(self.authority.clone(), Arc::clone(&self.signer)).options(options).build();
        issuer.map_err(|error| match error {
            Error::SignerKey => Failure::Authority("--ca-key is not the key of --ca-cert".to_owned()),
            other => other.into(),
        })
    }
}

/// An ARN that stands in the source.
pub(crate) fn arn_of(text: &str) -> Result<CertificateAuthorityArn, Failure> {
    text.parse().map_err(|error| Failure::Authority(format!("{text}: {error}")))
}

fn key_refused(problem: &dyn fmt::Display) -> Failure {
    Failure::Authority(format!("--ca-key: {problem}"))
}

fn read(option: &str, path: &str) -> Result<Vec<u8>, Failure> {
    let unreadable = |error| Failure::parameter(option, format!("Unable to load paramfile {path}: {error}"));
    fs::read(path).map_err(unreadable)
}
