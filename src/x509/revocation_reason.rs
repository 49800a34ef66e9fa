//! Why a certificate is revoked.

use crate::x509::algorithm::api_enum;

api_enum! {
    /// Why a certificate is revoked: `RevocationReason` of the API.
    ///
    /// For an example see [`Ledger`](crate::ledger::blocking::Ledger).
    #[non_exhaustive]
    pub enum RevocationReason {
        /// unspecified (RFC 5280 section 5.3.1), as the others.
        Unspecified = "UNSPECIFIED",
        /// keyCompromise.
        KeyCompromise = "KEY_COMPROMISE",
        /// cACompromise.
        CertificateAuthorityCompromise = "CERTIFICATE_AUTHORITY_COMPROMISE",
        /// affiliationChanged.
        AffiliationChanged = "AFFILIATION_CHANGED",
        /// superseded.
        Superseded = "SUPERSEDED",
        /// cessationOfOperation.
        CessationOfOperation = "CESSATION_OF_OPERATION",
        /// privilegeWithdrawn.
        PrivilegeWithdrawn = "PRIVILEGE_WITHDRAWN",
        /// aACompromise.
        AaCompromise = "A_A_COMPROMISE",
    }
}
