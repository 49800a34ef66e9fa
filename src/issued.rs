//! An issued certificate.

#[cfg(feature = "serde")]
pub(crate) mod origins;
#[cfg(feature = "serde")]
mod stored;
pub(crate) mod unsigned;

use self::unsigned::Content;
use crate::authority::revocation::partition::CrlPartition;
use crate::plan::certificate_plan::CertificatePlan;
use crate::request::arn::CertificateArn;
use crate::x509::pem;
use crate::x509::serial::SerialNumber;
use crate::x509::timestamp::Timestamp;

/// A certificate that was issued.
///
/// With the feature `serde` it is written and read as a whole, for stores outside the process.
///
/// ```
/// # #[cfg(feature = "rustcrypto")] {
/// use issuance::{CertificateAuthority, IssuanceOptions, IssueCertificateRequest, KeyAlgorithm, RustCryptoSigner, RustCryptoVerifier, SerialNumber, Signer, SigningAlgorithm, Subject, Validity};
/// use issuance::authority::CertificateAuthorityType;
/// use issuance::issue::Preparation;
/// use issuance::template::Source;
/// use issuance::x509::Field;
///
/// let arn = "arn:aws:acm-pca:us-west-2:123456789012:certificate-authority/12345678-1234-1234-1234-123456789012";
/// let key = RustCryptoSigner::generate(KeyAlgorithm::EcPrime256v1)?;
/// let root = CertificateAuthority::builder(arn.parse()?, CertificateAuthorityType::Root)
///     .build(&Subject::builder().common_name("Example Root").build()?, key.public_key_der())?;
/// let csr = root.certificate_signing_request(&key, SigningAlgorithm::Sha256WithEcdsa)?;
/// let request = IssueCertificateRequest::builder()
///     .certificate_authority_arn(root.arn())
///     .csr(csr)
///     .signing_algorithm(SigningAlgorithm::Sha256WithEcdsa)
///     .template_arn("arn:aws:acm-pca:::template/RootCACertificate/V1")
///     .validity(Validity::years(10))
///     .build()?;
///
/// // In two phases, as for a key elsewhere; an `Issuer` does both.
/// let options = IssuanceOptions::default();
/// let preparation = Preparation {
///     authority: &root,
///     now: "2026-11-21T09:30:00Z".parse()?,
///     serial: SerialNumber::from_hex("075bcd15")?,
///     partition: None,
///     verifier: &RustCryptoVerifier,
///     options: &options,
/// };
/// let prepared = preparation.prepare(&request)?;
/// let signature = key.sign(prepared.algorithm(), prepared.tbs_der())?;
/// let certificate = prepared.finish(signature.as_bytes(), &RustCryptoVerifier)?;
///
/// assert!(certificate.fullchain_pem().starts_with("-----BEGIN CERTIFICATE-----"));
/// assert_eq!(certificate.serial().to_string(), "07:5b:cd:15");
/// assert_eq!(certificate.not_after().to_string(), "2036-11-21T09:30:00Z");
///
/// // The plan says what the certificate has, and where each part came from.
/// let plan = certificate.plan();
/// assert_eq!(plan.field_text(Field::Subject), "CN=Example Root");
/// let constraints = plan.extensions().next().ok_or("no extension")?;
/// assert_eq!((constraints.value_text().as_str(), constraints.source()), ("CA:TRUE", Source::Template));
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuedCertificate {
    pub(crate) der: Vec<u8>,
    pub(crate) content: Content,
}

impl IssuedCertificate {
    /// The certificate in DER, as [`AsRef`] has it.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The certificate in PEM, and after it [`IssuedCertificate::chain_pem`]: what servers such as nginx take as the file of their
    /// certificate. The root's is the last; verifiers have it already and ignore it.
    pub fn fullchain_pem(&self) -> String {
        self.pem() + &self.chain_pem()
    }

    /// The certificate in PEM.
    pub fn pem(&self) -> String {
        pem::encode("CERTIFICATE", &self.der)
    }

    /// `CertificateArn` of the response.
    pub fn arn(&self) -> &CertificateArn {
        &self.content.arn
    }

    /// The serial number.
    pub fn serial(&self) -> SerialNumber {
        self.content.serial
    }

    /// The partition of the authority's CRL that lists the certificate once it is revoked (R-MRG-5); `None` where there is one
    /// list of all, and for a root's own certificate.
    pub fn crl_partition(&self) -> Option<CrlPartition> {
        self.content.partition
    }

    /// notBefore.
    pub fn not_before(&self) -> Timestamp {
        self.content.plan.not_before()
    }

    /// notAfter.
    pub fn not_after(&self) -> Timestamp {
        self.content.plan.not_after()
    }

    /// What the certificate says, and why.
    pub fn plan(&self) -> &CertificatePlan {
        &self.content.plan
    }

    /// The certificates above this one in DER, from its issuer's up to the root; empty for a root's own.
    pub fn chain_der(&self) -> impl Iterator<Item = &[u8]> {
        self.content.chain.iter().map(Vec::as_slice)
    }

    /// The certificates above this one in PEM, `CertificateChain` of the API.
    pub fn chain_pem(&self) -> String {
        self.chain_der().map(|der| pem::encode("CERTIFICATE", der)).collect()
    }
}

impl AsRef<[u8]> for IssuedCertificate {
    /// The certificate in DER.
    fn as_ref(&self) -> &[u8] {
        &self.der
    }
}
