//! A list between its judgement and its signature, and the signed list.

use super::error::CrlError;
use super::merge::CrlCounts;
use super::number::CrlNumber;
use super::tbs::Tbs;
use crate::crypto::async_signer::AsyncSigner;
use crate::crypto::digest::signing_digest;
use crate::crypto::signer::Signer;
use crate::crypto::verifier::{SignatureVerifier, verify};
use crate::x509::algorithm::SigningAlgorithm;
use crate::x509::pem;

/// A list that is judged and ready to be signed. The [module](crate::crl) has an example.
#[derive(Debug)]
pub struct PreparedCrl {
    pub(super) tbs: Tbs,
    pub(super) algorithm: SigningAlgorithm,
    pub(super) public_key: Vec<u8>,
    pub(super) number: CrlNumber,
    pub(super) counts: CrlCounts,
}

impl PreparedCrl {
    /// The bytes that are to be signed, a TBSCertList.
    pub fn tbs_der(&self) -> &[u8] {
        self.tbs.der()
    }

    /// The algorithm that they are to be signed with.
    pub fn algorithm(&self) -> SigningAlgorithm {
        self.algorithm
    }

    /// The number of the list.
    pub fn number(&self) -> CrlNumber {
        self.number
    }

    /// What became of the entries.
    pub fn counts(&self) -> CrlCounts {
        self.counts
    }

    /// The digest of the bytes that are to be signed, for services and tokens that take digests; see
    /// [`signing_digest`](crate::crypto::digest::signing_digest).
    ///
    /// # Errors
    /// None for an authority whose key is sound, as every authority's is.
    pub fn digest(&self) -> Result<Vec<u8>, CrlError> {
        Ok(signing_digest(self.algorithm, &self.public_key, self.tbs_der())?)
    }

    /// Signs the list. The signature is verified before the list leaves.
    ///
    /// # Errors
    /// [`CrlError::SignerKey`], [`CrlError::Signer`] and [`CrlError::Signature`].
    pub fn sign(
        self,
        signer: &(impl Signer + ?Sized),
        verifier: &dyn SignatureVerifier,
    ) -> Result<SignedCrl, CrlError> {
        self.check_key(signer.public_key_der())?;
        let signature = signer.sign(self.algorithm, self.tbs_der())?;
        self.finish(signature.as_bytes(), verifier)
    }

    /// As [`PreparedCrl::sign`], with a signer that is awaited.
    ///
    /// # Errors
    /// As [`PreparedCrl::sign`].
    pub async fn sign_async(
        self,
        signer: &(impl AsyncSigner + ?Sized),
        verifier: &dyn SignatureVerifier,
    ) -> Result<SignedCrl, CrlError> {
        self.check_key(signer.public_key_der())?;
        let signature = signer.sign(self.algorithm, self.tbs_der()).await?;
        self.finish(signature.as_bytes(), verifier)
    }

    fn check_key(&self, public_key: &[u8]) -> Result<(), CrlError> {
        if public_key == self.public_key { Ok(()) } else { Err(CrlError::SignerKey) }
    }

    /// Completes the list with a signature over [`PreparedCrl::tbs_der`], as it stands in a BIT STRING: DER for ECDSA and SM2, raw bytes
    /// for the others. The signature is verified under the authority's key first.
    ///
    /// # Errors
    /// [`CrlError::Signature`]; there is no list then.
    pub fn finish(self, signature: &[u8], verifier: &dyn SignatureVerifier) -> Result<SignedCrl, CrlError> {
        verify(verifier, self.algorithm.into(), &self.public_key, self.tbs_der(), signature)
            .map_err(CrlError::Signature)?;
        let (bytes, start) = self.tbs.signed(self.algorithm.algorithm_identifier(), signature);
        Ok(SignedCrl { bytes, start, number: self.number })
    }
}

/// A signed list. The [module](crate::crl) has an example.
#[derive(Debug, Clone)]
pub struct SignedCrl {
    bytes: Vec<u8>,
    start: usize,
    number: CrlNumber,
}

impl SignedCrl {
    /// The CertificateList in DER, as it is published over HTTP (RFC 5280 section 4.2.1.13).
    pub fn der(&self) -> &[u8] {
        &self.bytes[self.start..]
    }

    /// The same, owned.
    pub fn into_der(mut self) -> Vec<u8> {
        self.bytes.drain(..self.start);
        self.bytes
    }

    /// The list in PEM, labelled `X509 CRL` (RFC 7468 section 6).
    pub fn pem(&self) -> String {
        pem::encode("X509 CRL", self.der())
    }

    /// The number of the list.
    pub fn number(&self) -> CrlNumber {
        self.number
    }
}
