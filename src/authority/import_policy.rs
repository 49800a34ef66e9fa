//! What an operator decides about the import of a CA.

use crate::x509::public_key::KeyPolicy;

/// How the key of a certificate authority and the certificates of its path are judged, where an operator may decide otherwise
/// than the API does. The default is what the API's ImportCertificateAuthorityCertificate accepts (R-CA-6).
///
/// ```
/// use issuance::authority::ImportPolicy;
/// use issuance::x509::KeyPolicy;
/// // A CA that Easy-RSA made, whose key must be none that is easily factored.
/// let policy = ImportPolicy::default()
///     .non_critical_basic_constraints(true)
///     .key_policy(KeyPolicy::default().refuse_weak_rsa(true));
/// # let _ = policy;
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ImportPolicy {
    key_policy: KeyPolicy,
    non_critical_basic_constraints: bool,
}

impl ImportPolicy {
    /// Sets what the authority's own key must satisfy, beside being of a [`KeyAlgorithm`](crate::x509::algorithm::KeyAlgorithm) of
    /// the API. The keys above it are as they are.
    #[must_use]
    pub fn key_policy(mut self, policy: KeyPolicy) -> Self {
        self.key_policy = policy;
        self
    }

    /// Accepts basicConstraints that are not critical, of every certificate of the path; off by default.
    ///
    /// RFC 5280 section 4.2.1.9 requires them to be critical in CA certificates, and the API refuses others. Easy-RSA and old
    /// versions of OpenSSL make roots without. Verifiers accept those, since every verifier knows the extension.
    #[must_use]
    pub fn non_critical_basic_constraints(mut self, accept: bool) -> Self {
        self.non_critical_basic_constraints = accept;
        self
    }

    pub(super) fn accepts_non_critical_basic_constraints(&self) -> bool {
        self.non_critical_basic_constraints
    }

    pub(super) fn of_key(&self) -> &KeyPolicy {
        &self.key_policy
    }
}
