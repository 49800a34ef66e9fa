//! What an operator changes about an authority.

use std::sync::Arc;

use super::ca::{CertificateAuthority, CertificateAuthorityStatus, CertificateAuthorityUsageMode, check_arn};
use super::csr_extensions::CsrExtensions;
use super::error::AuthorityError;
use super::revocation::RevocationConfiguration;
use crate::authority::revocation::partition::default_partitions;
use crate::request::arn::CertificateAuthorityArn;

/// Each takes the authority and returns it changed. Key and signer stay what they are.
impl CertificateAuthority {
    /// Gives the authority another ARN. What follows from the ARN follows from the new one: the ARNs of certificates, the URLs of
    /// revocation that are not configured, and the [partitions of the CRL](CertificateAuthority::crl_partitions), unless others
    /// were set.
    ///
    /// # Errors
    /// [`AuthorityError::Arn`] as in [`CertificateAuthorityBuilder::build`](super::CertificateAuthorityBuilder::build).
    pub fn with_arn(mut self, arn: CertificateAuthorityArn) -> Result<CertificateAuthority, AuthorityError> {
        check_arn(&arn)?;
        if !self.has_own_partitions {
            self.crl_partitions = default_partitions(&arn).into();
        }
        Arc::make_mut(&mut self.identity).arn = arn;
        let revocation = std::mem::take(&mut self.revocation);
        self.set_revocation_configuration(revocation);
        Ok(self)
    }

    /// Changes what the authority is for.
    #[must_use]
    pub fn with_usage_mode(mut self, usage_mode: CertificateAuthorityUsageMode) -> CertificateAuthority {
        Arc::make_mut(&mut self.identity).usage_mode = usage_mode;
        self
    }

    /// Changes where certificates say that revocation is published: see
    /// [`CertificateAuthority::set_revocation_configuration`].
    #[must_use]
    pub fn with_revocation_configuration(mut self, revocation: RevocationConfiguration) -> CertificateAuthority {
        self.set_revocation_configuration(revocation);
        self
    }

    /// Changes what the authority's own certification request asks for besides being a CA.
    #[must_use]
    pub fn with_csr_extensions(mut self, extensions: CsrExtensions) -> CertificateAuthority {
        Arc::make_mut(&mut self.identity).csr_extensions = extensions;
        self
    }

    /// Changes the state: see [`CertificateAuthority::set_status`].
    ///
    /// # Errors
    /// [`AuthorityError::Transition`].
    pub fn with_status(mut self, status: CertificateAuthorityStatus) -> Result<CertificateAuthority, AuthorityError> {
        self.set_status(status)?;
        Ok(self)
    }
}
