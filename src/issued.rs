//! An issued certificate.

#[cfg(feature = "serde")]
mod stored;

use std::sync::Arc;

use crate::authority::revocation::partition::CrlPartition;
use crate::plan::CertificatePlan;
use crate::request::arn::CertificateArn;
use crate::x509::pem;
use crate::x509::serial::SerialNumber;
use crate::x509::timestamp::Timestamp;

/// A certificate that was issued.
///
/// With the feature `serde` it is written and read as a whole, for stores outside the process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuedCertificate {
    pub(crate) der: Vec<u8>,
    pub(crate) arn: CertificateArn,
    pub(crate) serial: SerialNumber,
    pub(crate) partition: Option<CrlPartition>,
    pub(crate) plan: CertificatePlan,
    /// In DER, from the issuer's up to the root.
    pub(crate) chain: Arc<[Vec<u8>]>,
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
