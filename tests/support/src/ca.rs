//! Certificate authorities, signers and verifiers for tests.

use std::sync::LazyLock;

use issuance::authority::{CertificateAuthorityType, CertificateAuthorityUsageMode, RevocationConfiguration};
use issuance::issue::{FixedClock, Preparation, Prepared};
use issuance::request::IssueCertificateRequestBuilder;
use issuance::{
    CertificateAuthority, IssuanceOptions, IssueCertificateRequest, Issuer, RustCryptoSigner, SerialNumber, Signer,
    SigningAlgorithm, Subject, Timestamp, Validity,
};

use crate::der::CsrParts;
use crate::keys;
use crate::verifiers::AnySignature;

pub const CA_ARN: &str =
    "arn:aws:acm-pca:us-west-2:123456789012:certificate-authority/12345678-1234-1234-1234-123456789012";
pub const OTHER_CA_ARN: &str =
    "arn:aws:acm-pca:us-west-2:123456789012:certificate-authority/87654321-1234-1234-1234-123456789012";

/// 2026-11-21T09:30:15Z, at which all tests take place.
pub const NOW: i64 = 1_795_253_415;
pub const DAY: i64 = 86_400;

pub fn now() -> Timestamp {
    Timestamp::from_unix(NOW).unwrap()
}

pub fn after_now(seconds: i64) -> Timestamp {
    Timestamp::from_unix(NOW + seconds).unwrap()
}

/// The key of the authorities here.
pub static CA_KEY: LazyLock<RustCryptoSigner> = LazyLock::new(|| keys::signer("ec-p256"));
/// A key of somebody else, of another curve.
pub static P384_KEY: LazyLock<RustCryptoSigner> = LazyLock::new(|| keys::signer("ec-p384"));
/// A P-256 key of somebody else, new in each run.
pub static LEAF_KEY: LazyLock<RustCryptoSigner> =
    LazyLock::new(|| RustCryptoSigner::generate(issuance::KeyAlgorithm::EcPrime256v1).unwrap());

pub fn subject(common_name: &str) -> Subject {
    Subject::builder().common_name(common_name).build().unwrap()
}

/// An authority of this type that has the CA key and waits for its certificate.
pub fn pending(authority_type: CertificateAuthorityType, common_name: &str) -> CertificateAuthority {
    CertificateAuthority::builder(CA_ARN.parse().unwrap(), authority_type)
        .build(&subject(common_name), CA_KEY.public_key_der())
        .unwrap()
}

pub fn template_arn(name: &str) -> String {
    format!("arn:aws:acm-pca:::template/{name}/V1")
}

/// A request for a year with this CSR, to the authority here.
pub fn request(csr: &[u8], template: &str) -> IssueCertificateRequestBuilder {
    IssueCertificateRequest::builder()
        .certificate_authority_arn(CA_ARN)
        .csr(csr)
        .signing_algorithm(SigningAlgorithm::Sha256WithEcdsa)
        .validity(Validity::days(365))
        .template_arn(template_arn(template))
}

pub fn serial() -> SerialNumber {
    SerialNumber::from_be_bytes(&[0x80, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]).unwrap()
}

/// Prepares without proof of possession.
pub fn prepare(
    authority: &CertificateAuthority,
    request: &IssueCertificateRequest,
    options: &IssuanceOptions,
) -> Result<Prepared, issuance::Error> {
    let preparation =
        Preparation { authority, now: now(), serial: serial(), partition: None, verifier: &AnySignature, options };
    preparation.prepare(request)
}

/// The DER of a certificate whose signature nobody has verified.
pub fn unsigned(authority: &CertificateAuthority, request: &IssueCertificateRequest) -> Vec<u8> {
    let prepared = prepare(authority, request, &IssuanceOptions::default()).unwrap();
    prepared.finish(&[0], &AnySignature).unwrap().der().to_vec()
}

/// How a certificate of an authority differs from the usual.
#[derive(Default)]
pub struct Ca<'a> {
    /// A root template; `RootCACertificate` if empty.
    pub template: &'a str,
    /// A custom extension.
    pub extension: Option<(&'a str, bool, &'a [u8])>,
    /// Years of validity; 30 if 0.
    pub years: i64,
    pub usage_mode: Option<CertificateAuthorityUsageMode>,
    pub revocation: RevocationConfiguration,
}

impl Ca<'_> {
    /// The DER of a root certificate for the CA key. No signature is made, and the extension may be one that would not be issued.
    pub fn certificate(&self) -> Vec<u8> {
        let template = if self.template.is_empty() { "RootCACertificate" } else { self.template };
        let root = pending(CertificateAuthorityType::Root, "Root");
        let csr = CsrParts::new(CA_KEY.public_key_der()).subject(root.subject_der().to_vec()).der();
        let mut request =
            request(&csr, template).validity(Validity::years(if self.years == 0 { 30 } else { self.years }));
        let Some((oid, critical, value)) = self.extension else { return unsigned(&root, &request.build().unwrap()) };
        // Under an identifier of the same length that nobody knows, to be put right afterwards.
        let wanted = crate::der::oid(oid);
        let (last, start) = wanted.split_last().unwrap();
        let unknown = [start, &[last ^ 0x40]].concat();
        let text = issuance::Oid::from_der_content(&unknown[2..]).unwrap().to_string();
        request = request.custom_extension(issuance::request::CustomExtension::new(text, value.to_vec(), critical));
        let mut certificate = unsigned(&root, &request.build().unwrap());
        let at = certificate.windows(unknown.len()).position(|window| window == unknown).unwrap();
        certificate[at..at + wanted.len()].copy_from_slice(&wanted);
        certificate
    }

    /// An active root with the CA key.
    pub fn build(&self) -> CertificateAuthority {
        let mode = self.usage_mode.unwrap_or(CertificateAuthorityUsageMode::GeneralPurpose);
        CertificateAuthority::builder(CA_ARN.parse().unwrap(), CertificateAuthorityType::Root)
            .usage_mode(mode)
            .revocation_configuration(self.revocation.clone())
            .build_from_certificate(&self.certificate(), b"", &AnySignature)
            .unwrap()
    }
}

/// An issuer of an active root with the CA key, at [`NOW`], and this signer.
pub fn issuer_with(signer: impl Signer + 'static) -> Issuer {
    Issuer::builder(Ca::default().build(), signer).clock(FixedClock(now())).build().unwrap()
}

pub fn issuer() -> Issuer {
    issuer_with(&*CA_KEY)
}

/// A certification request with a true proof of possession by [`LEAF_KEY`].
pub fn proven_csr(common_name: &str) -> Vec<u8> {
    let subject = crate::der::common_name(common_name);
    CsrParts::new(LEAF_KEY.public_key_der()).subject(subject).signed_by(&*LEAF_KEY)
}

/// A certificate authority under `upper` with this key. No signature is made or looked at.
pub fn subordinate(
    upper: &CertificateAuthority,
    key: &dyn Signer,
    common_name: &str,
    template: &str,
    options: &IssuanceOptions,
    extension: Option<(&str, bool, &[u8])>,
) -> CertificateAuthority {
    let csr = CsrParts::new(key.public_key_der()).subject(crate::der::common_name(common_name)).der();
    let mut request = request(&csr, template).validity(Validity::years(10));
    if let Some((oid, critical, value)) = extension {
        request = request.custom_extension(issuance::request::CustomExtension::new(oid, value.to_vec(), critical));
    }
    let prepared = prepare(upper, &request.build().unwrap(), options).unwrap();
    let certificate = prepared.finish(&[0], &AnySignature).unwrap();
    CertificateAuthority::builder(CA_ARN.parse().unwrap(), CertificateAuthorityType::Subordinate)
        .build_from_certificate(certificate.der(), certificate.chain_pem().as_bytes(), &AnySignature)
        .unwrap()
}
