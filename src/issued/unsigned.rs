//! All of a certificate but its signature.

use std::ops::Deref;
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
#[derive(Debug, Clone)]
pub(crate) struct Unsigned {
    pub(crate) content: Content,
    pub(crate) algorithm: SigningAlgorithm,
    pub(crate) algorithm_identifier: &'static [u8],
    pub(crate) authority: Arc<IssuedBy>,
}

/// What an issued certificate has beside its bytes. An intent and the certificate that is made of it share it; without a
/// ledger nobody does, and a place of its own would cost an allocation.
#[derive(Debug, Clone)]
#[allow(clippy::large_enum_variant)]
pub(crate) enum Content {
    Own(Body),
    Shared(Arc<Body>),
}

/// What stands in a [`Content`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Body {
    pub(crate) arn: CertificateArn,
    pub(crate) serial: SerialNumber,
    pub(crate) partition: Option<CrlPartition>,
    pub(crate) plan: CertificatePlan,
    /// In DER, from the issuer's up to the root.
    pub(crate) chain: Arc<[Vec<u8>]>,
}

impl Deref for Content {
    type Target = Body;

    fn deref(&self) -> &Body {
        match self {
            Content::Own(body) => body,
            Content::Shared(body) => body,
        }
    }
}

impl PartialEq for Content {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Content {}

impl Unsigned {
    /// The certificate. The signature is not verified.
    pub(crate) fn assemble(self, signature: &[u8]) -> IssuedCertificate {
        let der = signed(self.content.plan.tbs_der(), self.algorithm_identifier, signature);
        IssuedCertificate { der, content: self.content }
    }

    /// The same, cheap to clone from now on.
    pub(crate) fn shared(self) -> Unsigned {
        let content = match self.content {
            Content::Own(body) => Content::Shared(Arc::new(body)),
            shared => shared,
        };
        Unsigned { content, ..self }
    }

    /// How many bytes it holds, about; those of the authority are shared.
    pub(crate) fn bytes_in_memory(&self) -> usize {
        size_of::<Self>() + self.content.bytes_in_memory()
    }
}

impl Body {
    pub(crate) fn bytes_in_memory(&self) -> usize {
        size_of::<Self>() + self.arn.as_str().len() + self.plan.bytes_in_memory()
    }
}
