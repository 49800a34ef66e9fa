//! Certificate authorities: key, state, certificate and chain, and what they put into every certificate.

pub(crate) mod ca;
pub(crate) mod ca_certificate;
pub(crate) mod change;
pub(crate) mod csr_extensions;
pub(crate) mod error;
pub(crate) mod existing;
pub(crate) mod foreign_form;
pub(crate) mod import;
pub(crate) mod import_error;
pub(crate) mod import_policy;
pub(crate) mod own_csr;
pub(crate) mod partitions;
pub(crate) mod revocation;

pub use self::ca::{
    CertificateAuthorityBuilder, CertificateAuthorityStatus, CertificateAuthorityType, CertificateAuthorityUsageMode,
};
pub use self::csr_extensions::{AccessDescription, AccessMethod, AccessMethodType, CsrExtensions};
pub use self::error::AuthorityError;
pub use self::import_error::{CertificatePlace, ImportError, ImportInput};
pub use self::import_policy::ImportPolicy;
pub use self::revocation::location::{CnameString, CrlPathString, S3BucketName3To255};
pub use self::revocation::partition::{CrlPartition, CrlPartitionError};
pub use self::revocation::{
    CrlConfiguration, CrlConfigurationBuilder, CrlDistributionPointExtensionConfiguration, CrlType, ExplicitUrls,
    OcspConfiguration, RevocationConfiguration, S3ObjectAcl,
};
pub use crate::x509::name_constraints::{NameConstraintViolation, NameConstraintsError};
