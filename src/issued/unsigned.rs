//! All of a certificate but its signature.

use std::sync::Arc;

use super::IssuedCertificate;
use crate::authority::ca::IssuedBy;
use crate::authority::revocation::partition::CrlPartition;
use crate::plan::certificate_plan::CertificatePlan;
use crate::request::arn::CertificateArn;
use crate::x509::algorithm::SigningAlgorithm;
use crate::x509::serial::SerialNumber;
use crate::x509::signed::signed;

/// All of a certificate but its signature: what a preparation makes and an intent records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unsigned {
    pub(crate) plan: CertificatePlan,
    pub(crate) algorithm: SigningAlgorithm,
    pub(crate) algorithm_identifier: &'static [u8],
    pub(crate) serial: SerialNumber,
    pub(crate) partition: Option<CrlPartition>,
    pub(crate) arn: CertificateArn,
    pub(crate) authority: Arc<IssuedBy>,
}

impl Unsigned {
    /// The certificate. The signature is not verified.
    pub(crate) fn assemble(self, signature: &[u8]) -> IssuedCertificate {
        IssuedCertificate {
            der: signed(self.plan.tbs_der(), self.algorithm_identifier, signature),
            arn: self.arn,
            serial: self.serial,
            partition: self.partition,
            plan: self.plan,
            chain: Arc::clone(&self.authority.chain),
        }
    }

    /// How many bytes it holds, about; those of the authority are shared.
    pub(crate) fn bytes_in_memory(&self) -> usize {
        size_of::<Self>() + self.arn.as_str().len() + self.plan.bytes_in_memory()
    }
}
