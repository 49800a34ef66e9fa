//! Issuance in two phases without I/O, and the issuer that drives them.

#[cfg(feature = "rayon")]
mod batch;
mod issuer;
mod prepare;
#[cfg(feature = "serde")]
mod prepared_file;
#[cfg(feature = "serde")]
mod stored;
mod turns;

use std::sync::Arc;

use crate::authority::{CrlPartition, IssuedBy};
use crate::verify::verify;
use crate::{
    CertificateArn, CertificatePlan, Error, PublicKeyError, SerialNumber, SignatureVerifier, SigningAlgorithm,
    Timestamp, pem, signing_digest, tbs,
};

#[cfg(feature = "rayon")]
pub use batch::{Batch, BatchItem, BatchProgress};
pub use issuer::{Issuer, IssuerBuilder};
pub use prepare::{IssuanceOptions, Preparation};
#[cfg(feature = "serde")]
pub use prepared_file::{PreparedFile, PreparedFileError};

/// A certificate that is planned, checked and ready to be signed.
///
/// The octets of [`Prepared::tbs_der`] are what the signature must cover. A dry run looks at [`Prepared::plan`] and drops the
/// rest; an offline ceremony carries the octets to the key and the signature back. [`Prepared::finish`] takes the value, so
/// one preparation makes at most one certificate.
#[derive(Debug)]
pub struct Prepared {
    plan: CertificatePlan,
    algorithm: SigningAlgorithm,
    algorithm_identifier: &'static [u8],
    serial: SerialNumber,
    partition: Option<CrlPartition>,
    arn: CertificateArn,
    authority: Arc<IssuedBy>,
}

impl Prepared {
    /// The octets that are to be signed.
    pub fn tbs_der(&self) -> &[u8] {
        self.plan.tbs_der()
    }

    /// The algorithm that they are to be signed with.
    pub fn algorithm(&self) -> SigningAlgorithm {
        self.algorithm
    }

    /// The digest of the octets that are to be signed, for services and tokens that take digests; see
    /// [`signing_digest`](crate::signing_digest).
    ///
    /// # Errors
    /// None for an authority whose key is sound, as every authority's is.
    pub fn digest(&self) -> Result<Vec<u8>, PublicKeyError> {
        signing_digest(self.algorithm, &self.authority.public_key, self.tbs_der())
    }

    /// What the certificate will say, and why.
    pub fn plan(&self) -> &CertificatePlan {
        &self.plan
    }

    /// The serial number.
    pub fn serial(&self) -> SerialNumber {
        self.serial
    }

    /// The partition of the authority's CRL that lists the certificate once it is revoked (R-MRG-5); `None` where there is one
    /// list of all, and for a root's own certificate.
    pub fn crl_partition(&self) -> Option<CrlPartition> {
        self.partition
    }

    /// Completes the certificate with a signature over [`Prepared::tbs_der`], as it stands in a BIT STRING: DER for ECDSA and SM2,
    /// raw octets for the others. The signature is verified under the authority's key first.
    ///
    /// # Errors
    /// [`Error::Signature`] when it does not verify, [`Error::Unverifiable`] when `verifier` does not do the algorithm; there is
    /// no certificate then.
    pub fn finish(self, signature: &[u8], verifier: &dyn SignatureVerifier) -> Result<IssuedCertificate, Error> {
        verify(verifier, self.algorithm.into(), &self.authority.public_key, self.tbs_der(), signature)
            .map_err(Error::of_signature)?;
        Ok(self.assemble(signature))
    }

    fn assemble(self, signature: &[u8]) -> IssuedCertificate {
        IssuedCertificate {
            der: tbs::certificate(self.plan.tbs_der(), self.algorithm_identifier, signature),
            arn: self.arn,
            serial: self.serial,
            partition: self.partition,
            plan: self.plan,
            chain: Arc::clone(&self.authority.chain),
        }
    }
}

/// A certificate that was issued.
///
/// With the feature `serde` it is written and read as a whole, for stores outside the process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuedCertificate {
    der: Vec<u8>,
    arn: CertificateArn,
    serial: SerialNumber,
    partition: Option<CrlPartition>,
    plan: CertificatePlan,
    /// In DER, from the issuer's up to the root.
    chain: Arc<[Vec<u8>]>,
}

impl IssuedCertificate {
    /// The certificate in DER.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// How many bytes this value holds, about. The chain is shared with the issuer's authority and does not count.
    pub(crate) fn bytes_in_memory(&self) -> usize {
        size_of::<Self>() + self.der.capacity() + self.arn.as_str().len() + self.plan.bytes_in_memory()
    }

    /// The certificate in PEM.
    pub fn pem(&self) -> String {
        pem::encode("CERTIFICATE", &self.der)
    }

    /// `CertificateArn` of the response.
    pub fn arn(&self) -> &CertificateArn {
        &self.arn
    }

    /// The serial number.
    pub fn serial(&self) -> SerialNumber {
        self.serial
    }

    /// The partition of the authority's CRL that lists the certificate once it is revoked (R-MRG-5); `None` where there is one
    /// list of all, and for a root's own certificate.
    pub fn crl_partition(&self) -> Option<CrlPartition> {
        self.partition
    }

    /// notBefore.
    pub fn not_before(&self) -> Timestamp {
        self.plan.not_before()
    }

    /// notAfter.
    pub fn not_after(&self) -> Timestamp {
        self.plan.not_after()
    }

    /// What the certificate says, and why.
    pub fn plan(&self) -> &CertificatePlan {
        &self.plan
    }

    /// The certificates above this one in DER, from its issuer's up to the root; empty for a root's own.
    pub fn chain_der(&self) -> impl Iterator<Item = &[u8]> {
        self.chain.iter().map(Vec::as_slice)
    }

    /// The certificates above this one in PEM, `CertificateChain` of the API.
    pub fn chain_pem(&self) -> String {
        self.chain_der().map(|der| pem::encode("CERTIFICATE", der)).collect()
    }
}
