//! The CA that an operator has already, in one call.

use super::ca::{CertificateAuthority, CertificateAuthorityType};
use super::ca_certificate::CaCertificate;
use super::error::AuthorityError;
use super::import::{decode_own, own_certificates};
use super::import_error::ImportError;
use super::import_policy::ImportPolicy;
use crate::crypto::verifier::SignatureVerifier;
use crate::error::Error;
use crate::request::arn::CertificateAuthorityArn;

impl CertificateAuthority {
    /// The CA that an operator has already, active, from a PEM file: its certificate first, then the chain up to the root, as far
    /// as there is one. A private key in the file is passed over.
    ///
    /// All that the certificate says is taken from it: type, subject, key, validity, path length and name constraints. The
    /// certificates and their signatures are judged as in [`CertificateAuthority::import_certificate`], the signatures in pure Rust;
    /// [`CertificateAuthority::from_certificate_with`] takes another verifier.
    ///
    /// The ARN is that of [`CertificateAuthorityArn::of_key`], the usage mode GENERAL_PURPOSE, and there is no revocation
    /// configuration. [`CertificateAuthority::with_arn`], [`CertificateAuthority::with_usage_mode`] and
    /// [`CertificateAuthority::with_revocation_configuration`] change them.
    ///
    /// ```
    /// use issuance::CertificateAuthority;
    /// use issuance::authority::CertificateAuthorityType;
    /// # use issuance::{KeyAlgorithm, RustCryptoSigner, Subject, Validity};
    /// # let key = RustCryptoSigner::generate(KeyAlgorithm::EcPrime256v1)?;
    /// # let name = Subject::builder().common_name("Example Root").build()?;
    /// # let root = CertificateAuthority::self_signed_root(&name, &key, Validity::years(10))?;
    /// # let pem = root.certificate_pem().unwrap_or_default(); // std::fs::read_to_string("ca.pem")?
    /// let ca = CertificateAuthority::from_pem(&pem)?;
    /// assert_eq!(ca.authority_type(), CertificateAuthorityType::Root);
    /// assert_eq!(ca.arn().region(), "local");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Import`], and [`Error::Authority`] for a key that the API has no name for.
    #[cfg(feature = "_rustcrypto")]
    pub fn from_pem(pem: impl AsRef<[u8]>) -> Result<CertificateAuthority, Error> {
        CertificateAuthority::from_certificate(pem, b"")
    }

    /// As [`CertificateAuthority::from_pem`], with the chain in a file of its own. `certificate` is PEM or one certificate in DER;
    /// `chain` is PEM or the one certificate in DER that is above, and empty for a root. A chain may be partial: see
    /// [`CertificateAuthority::import_certificate`].
    ///
    /// # Errors
    /// As [`CertificateAuthority::from_pem`].
    #[cfg(feature = "_rustcrypto")]
    pub fn from_certificate(
        certificate: impl AsRef<[u8]>,
        chain: impl AsRef<[u8]>,
    ) -> Result<CertificateAuthority, Error> {
        let verifier = crate::crypto::rustcrypto::verifier::RustCryptoVerifier;
        CertificateAuthority::from_certificate_with(certificate, chain, &verifier, &ImportPolicy::default())
    }

    /// As [`CertificateAuthority::from_certificate`], with what verifies the signatures of the path, and with what the operator
    /// decides about key and certificates.
    ///
    /// The certificate of a root is issued and signed by itself. One that names itself as its issuer and is signed by another key is a
    /// subordinate's if there is a chain above it, and a damaged root's if not.
    ///
    /// ```
    /// # #[cfg(feature = "rustcrypto")] {
    /// # use issuance::{KeyAlgorithm, RustCryptoSigner, Subject, Validity};
    /// use issuance::{CertificateAuthority, RustCryptoVerifier};
    /// use issuance::authority::ImportPolicy;
    /// # let key = RustCryptoSigner::generate(KeyAlgorithm::EcPrime256v1)?;
    /// # let name = Subject::builder().common_name("Example Root").build()?;
    /// # let root = CertificateAuthority::self_signed_root(&name, &key, Validity::years(10))?;
    /// # let pem = root.certificate_pem().unwrap_or_default(); // std::fs::read_to_string("easy-rsa/pki/ca.crt")?
    /// let policy = ImportPolicy::default().non_critical_basic_constraints(true);
    /// let ca = CertificateAuthority::from_certificate_with(&pem, "", &RustCryptoVerifier, &policy)?;
    /// # let _ = ca;
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`CertificateAuthority::from_pem`]; with [`ImportError::Unverifiable`] if `verifier` does not support an algorithm of
    /// the path.
    pub fn from_certificate_with(
        certificate: impl AsRef<[u8]>,
        chain: impl AsRef<[u8]>,
        verifier: &dyn SignatureVerifier,
        policy: &ImportPolicy,
    ) -> Result<CertificateAuthority, Error> {
        let chain = chain.as_ref();
        let path = own_certificates(certificate.as_ref())?;
        let own = decode_own(&path, policy)?;
        let has_chain = path.len() > 1 || !chain.trim_ascii().is_empty();
        let authority_type = type_of(&own, has_chain, verifier)?;
        let arn = CertificateAuthorityArn::of_key(own.public_key()).map_err(AuthorityError::from)?;
        CertificateAuthority::builder(arn, authority_type)
            .import_policy(policy.clone())
            .build_with_path(&own, path, chain, verifier)
    }
}

fn type_of(
    own: &CaCertificate,
    has_chain: bool,
    verifier: &dyn SignatureVerifier,
) -> Result<CertificateAuthorityType, ImportError> {
    if !own.is_self_issued() {
        return Ok(CertificateAuthorityType::Subordinate);
    }
    match own.check_signed_by(own, verifier) {
        Err(ImportError::Signature { .. }) if has_chain => Ok(CertificateAuthorityType::Subordinate),
        // The import of a root refuses a signature that is not its own.
        Ok(()) | Err(ImportError::Signature { .. }) => Ok(CertificateAuthorityType::Root),
        Err(error) => Err(error),
    }
}
