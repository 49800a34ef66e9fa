//! A new root in one call, by the way that every certificate goes.

use super::algorithm_choice::AlgorithmChoice;
use super::clock::{Clock, SystemClock};
use super::prepare::{IssuanceOptions, Preparation};
use super::prepared::Prepared;
use super::serial_source::{RandomSerial, SerialSource};
use crate::authority::ca::{CertificateAuthority, CertificateAuthorityType};
use crate::authority::error::AuthorityError;
use crate::crypto::async_signer::AsyncSigner;
use crate::crypto::signer::Signer;
use crate::crypto::verifier::SignatureVerifier;
use crate::error::Error;
use crate::request::arn::CertificateAuthorityArn;
use crate::request::draft::Draft;
use crate::request::given::IntoDraft;
use crate::request::issue_certificate::IssueCertificateRequest;
use crate::request::subject::Subject;
use crate::request::validity::Validity;
use crate::template::definition::Template;
use crate::x509::algorithm::SigningAlgorithm;

impl CertificateAuthority {
    /// A new root, active, with a certificate of the template `RootCACertificate/V1` that is valid from an hour ago.
    ///
    /// The certificate is issued as every other: the signer makes a certification request, whose proof of possession is verified,
    /// and its signature of the certificate is verified as well, in pure Rust. It signs with
    /// [`KeyAlgorithm::default_signing_algorithm`](crate::x509::algorithm::KeyAlgorithm::default_signing_algorithm), or else with the
    /// first of the key's algorithms that the signer declares. Time and serial
    /// number are those of [`SystemClock`] and [`RandomSerial`]. The ARN is that of [`CertificateAuthorityArn::of_key`];
    /// [`CertificateAuthority::with_arn`] gives the root another.
    ///
    /// ```
    /// use issuance::{CertificateAuthority, KeyAlgorithm, RustCryptoSigner, Subject, Validity};
    /// let key = RustCryptoSigner::generate(KeyAlgorithm::EcPrime256v1)?;
    /// let name = Subject::builder().organization("Example Corp").common_name("Example Root").build()?;
    /// let root = CertificateAuthority::self_signed_root(&name, &key, Validity::years(10))?;
    /// assert!(root.certificate_pem().is_some());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Authority`] for an empty subject, or a key that the API has no name for; [`Error::Validity`] or
    /// [`Error::Request`] for the validity; [`Error::Signer`] or [`Error::Csr`] if the signer fails; [`Error::Signer`] if it declares none
    /// of the key's algorithms, [`Error::Unverifiable`] if none of those that it declares can be verified.
    #[cfg(feature = "_rustcrypto")]
    pub fn self_signed_root(
        subject: &Subject,
        signer: &dyn Signer,
        validity: impl IntoDraft<Validity>,
    ) -> Result<CertificateAuthority, Error> {
        let verifier = crate::crypto::rustcrypto::verifier::RustCryptoVerifier;
        CertificateAuthority::self_signed_root_with(subject, signer, validity, &verifier)
    }

    /// As [`CertificateAuthority::self_signed_root`], with what verifies the signer's signatures.
    ///
    /// # Errors
    /// As [`CertificateAuthority::self_signed_root`].
    pub fn self_signed_root_with(
        subject: &Subject,
        signer: &dyn Signer,
        validity: impl IntoDraft<Validity>,
        verifier: &dyn SignatureVerifier,
    ) -> Result<CertificateAuthority, Error> {
        let (key, algorithms) = (signer.public_key_der(), signer.signing_algorithms());
        let root = NewRoot::new(subject, key, algorithms, validity.into_draft(), verifier)?;
        let prepared = root.prepare(signer.sign(root.algorithm, &root.info)?.as_bytes())?;
        let signature = signer.sign(prepared.algorithm(), prepared.tbs_der())?;
        root.finish(prepared, signature.as_bytes())
    }

    /// As [`CertificateAuthority::self_signed_root_with`], with a signer that is awaited twice.
    ///
    /// # Errors
    /// As [`CertificateAuthority::self_signed_root_with`].
    pub async fn self_signed_root_async(
        subject: &Subject,
        signer: &dyn AsyncSigner,
        validity: impl IntoDraft<Validity>,
        verifier: &dyn SignatureVerifier,
    ) -> Result<CertificateAuthority, Error> {
        let (key, algorithms) = (signer.public_key_der(), signer.signing_algorithms());
        let root = NewRoot::new(subject, key, algorithms, validity.into_draft(), verifier)?;
        let prepared = root.prepare(signer.sign(root.algorithm, &root.info).await?.as_bytes())?;
        let signature = signer.sign(prepared.algorithm(), prepared.tbs_der()).await?;
        root.finish(prepared, signature.as_bytes())
    }
}

/// A root that waits for its certificate: what comes before, between and after the two signatures.
struct NewRoot<'v> {
    authority: CertificateAuthority,
    /// The part of its certification request that is signed.
    info: Vec<u8>,
    algorithm: SigningAlgorithm,
    validity: Validity,
    verifier: &'v dyn SignatureVerifier,
}

impl<'v> NewRoot<'v> {
    fn new(
        subject: &Subject,
        public_key_der: &[u8],
        declared: &[SigningAlgorithm],
        validity: Draft<Validity>,
        verifier: &'v dyn SignatureVerifier,
    ) -> Result<NewRoot<'v>, Error> {
        let arn = CertificateAuthorityArn::of_key(public_key_der).map_err(AuthorityError::from)?;
        let authority =
            CertificateAuthority::builder(arn, CertificateAuthorityType::Root).build(subject, public_key_der)?;
        let choice = AlgorithmChoice::new(authority.key_algorithm(), public_key_der, declared, verifier)?;
        let info = authority.certification_request_info();
        Ok(NewRoot { authority, info, algorithm: choice.default, validity: validity.build()?, verifier })
    }

    fn prepare(&self, signature: &[u8]) -> Result<Prepared, Error> {
        let request = IssueCertificateRequest::builder()
            .certificate_authority_arn(self.authority.arn().clone())
            .csr(self.authority.assemble_request(&self.info, self.algorithm, signature).as_bytes())
            .signing_algorithm(self.algorithm)
            .template(Template::ROOT_CA_CERTIFICATE)
            .validity(self.validity)
            .build()?;
        let preparation = Preparation {
            authority: &self.authority,
            now: SystemClock.now(),
            serial: RandomSerial.next_serial()?,
            partition: None,
            verifier: self.verifier,
            options: &IssuanceOptions::default(),
        };
        preparation.prepare(&request)
    }

    fn finish(mut self, prepared: Prepared, signature: &[u8]) -> Result<CertificateAuthority, Error> {
        let certificate = prepared.finish(signature, self.verifier)?;
        self.authority.import_certificate(certificate.der(), b"", self.verifier)?;
        Ok(self.authority)
    }
}

#[cfg(test)]
#[cfg(feature = "_rustcrypto")]
mod tests;
