//! What can be wrong with a certificate authority.

use super::ca::CertificateAuthorityStatus;
use crate::authority::revocation::partition::CrlPartition;
use crate::request::arn::ArnError;
use crate::x509::algorithm::KeyAlgorithm;
use crate::x509::public_key::PublicKeyError;

/// A certificate authority that cannot be: what was wrong with its parts.
///
/// ```
/// use issuance::{CertificateAuthority, Subject};
/// use issuance::authority::{AuthorityError, CertificateAuthorityType};
/// let arn = "arn:aws:acm-pca:us-west-2:123456789012:certificate-authority/12345678-1234-1234-1234-123456789012";
/// let builder = CertificateAuthority::builder(arn.parse()?, CertificateAuthorityType::Root);
/// let error = builder.build(&Subject::default(), b"a key").unwrap_err();
/// assert_eq!(error, AuthorityError::EmptySubject);
/// # Ok::<(), issuance::request::ArnError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AuthorityError {
    /// The public key is malformed or refused.
    #[error("the public key of the certificate authority is refused: {0}")]
    Key(PublicKeyError),
    /// The public key is of none of the API's key algorithms.
    #[error("the public key of the certificate authority must be one of [{}]", KeyAlgorithm::NAMES.join(", "))]
    KeyAlgorithm,
    /// The subject is empty, which RFC 5280 section 4.1.2.6 forbids for a CA.
    #[error("the subject of a certificate authority must not be empty (RFC 5280 section 4.1.2.6)")]
    EmptySubject,
    /// The ARN leaves no room for the longest serial number in the ARNs of its certificates: it has more than 139 characters.
    #[error("the ARN of the certificate authority is too long for the ARNs of its certificates: {0}")]
    Arn(ArnError),
    /// The partitions of a CRL that are to take turns are none, or one of them is given twice.
    #[error("{}", partitions(.repeated))]
    CrlPartitions {
        /// The one that is given twice; if there is none, there was no partition at all.
        repeated: Option<CrlPartition>,
    },
    /// A state that does not follow from the present one: `InvalidStateException`.
    #[error("a certificate authority that is {from} cannot become {to}")]
    Transition {
        /// The present state.
        from: CertificateAuthorityStatus,
        /// The state that was asked for.
        to: CertificateAuthorityStatus,
    },
}

fn partitions(repeated: &Option<CrlPartition>) -> String {
    match repeated {
        Some(partition) => format!("the CRL partition {partition} is given twice; each can be in use once"),
        None => "a partitioned CRL needs at least one partition in use".to_owned(),
    }
}

// The text of the whole has that of the cause, so there is no source.
impl From<PublicKeyError> for AuthorityError {
    fn from(error: PublicKeyError) -> Self {
        AuthorityError::Key(error)
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error;

    use super::*;
    use crate::authority::import_error::{ImportError, ImportInput};
    use crate::x509::asn1::reader::{Asn1Error, Asn1ErrorKind};
    use crate::x509::name_constraints::{NameConstraintViolation, NameConstraintsError};
    use crate::x509::pem::PemError;

    /// An error printed with its sources has each text once.
    #[test]
    fn a_cause_is_in_the_text_or_the_source() {
        let malformed = Asn1Error { offset: 7, kind: Asn1ErrorKind::Truncated };
        let errors: [(Box<dyn Error>, String); 4] = [
            (Box::new(AuthorityError::from(PublicKeyError::Point)), PublicKeyError::Point.to_string()),
            (
                Box::new(ImportError::Pem { input: ImportInput::Chain, error: PemError::Base64 }),
                PemError::Base64.to_string(),
            ),
            (Box::new(NameConstraintsError::from(malformed)), malformed.to_string()),
            (Box::new(NameConstraintViolation::from(malformed)), malformed.to_string()),
        ];
        for (error, cause) in errors {
            assert!(error.to_string().ends_with(&cause), "{error}");
            assert!(error.source().is_none(), "{error}");
        }
    }
}
