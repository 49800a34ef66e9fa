//! A certificate between its checks and its signature.

use crate::authority::revocation::partition::CrlPartition;
use crate::crypto::digest::signing_digest;
use crate::crypto::verifier::{SignatureVerifier, verify};
use crate::error::Error;
use crate::issued::IssuedCertificate;
use crate::issued::unsigned::Unsigned;
use crate::plan::certificate_plan::CertificatePlan;
use crate::x509::algorithm::SigningAlgorithm;
use crate::x509::public_key::PublicKeyError;
use crate::x509::serial::SerialNumber;

/// A certificate that is planned, checked and ready to be signed.
///
/// The bytes of [`Prepared::tbs_der`] are what the signature must cover. A dry run looks at [`Prepared::plan`] and drops the
/// rest; an offline ceremony carries the bytes to the key and the signature back. [`Prepared::finish`] takes the value, so
/// one preparation makes at most one certificate. For an example see [`IssuedCertificate`].
#[derive(Debug)]
pub struct Prepared {
    pub(super) unsigned: Unsigned,
}

impl Prepared {
    /// The bytes that are to be signed.
    pub fn tbs_der(&self) -> &[u8] {
        self.unsigned.content.plan.tbs_der()
    }

    /// The algorithm that they are to be signed with.
    pub fn algorithm(&self) -> SigningAlgorithm {
        self.unsigned.algorithm
    }

    /// The digest of the bytes that are to be signed, for services and tokens that take digests; see
    /// [`signing_digest`](crate::crypto::digest::signing_digest).
    ///
    /// # Errors
    /// None for an authority whose key is sound, as every authority's is.
    pub fn digest(&self) -> Result<Vec<u8>, PublicKeyError> {
        signing_digest(self.unsigned.algorithm, &self.unsigned.authority.public_key, self.tbs_der())
    }

    /// What the certificate will say, and why.
    pub fn plan(&self) -> &CertificatePlan {
        &self.unsigned.content.plan
    }

    /// The serial number.
    pub fn serial(&self) -> SerialNumber {
        self.unsigned.content.serial
    }

    /// The partition of the authority's CRL that lists the certificate once it is revoked (R-MRG-5); `None` where there is one
    /// list of all, and for a root's own certificate.
    pub fn crl_partition(&self) -> Option<CrlPartition> {
        self.unsigned.content.partition
    }

    /// Completes the certificate with a signature over [`Prepared::tbs_der`], as it stands in a BIT STRING: DER for ECDSA and SM2,
    /// raw bytes for the others. The signature is verified under the authority's key first.
    ///
    /// # Errors
    /// [`Error::Signature`] when it does not verify, [`Error::Unverifiable`] if `verifier` does not support the algorithm; there is
    /// no certificate then.
    pub fn finish(self, signature: &[u8], verifier: &dyn SignatureVerifier) -> Result<IssuedCertificate, Error> {
        let Unsigned { algorithm, authority, content, .. } = &self.unsigned;
        verify(verifier, (*algorithm).into(), &authority.public_key, content.plan.tbs_der(), signature)
            .map_err(Error::of_signature)?;
        Ok(self.unsigned.assemble(signature))
    }
}
