//! What the rules allow and a verifier may refuse or misread (R-MRG-10).

use std::fmt;

use super::certificate_plan::OidName;
use crate::x509::oid::Oid;

/// Something in a certificate that the rules allow, and that a verifier may refuse or misread (R-MRG-10, our decision).
///
/// A warning keeps no certificate from being issued, but in strict mode.
///
/// ```
/// use issuance::Oid;
/// use issuance::plan::Warning;
/// let warning = Warning::UnknownCriticalExtension(Oid::OCSP_SIGNING);
/// assert_eq!(warning.citation(), "RFC 5280 section 4.2");
/// assert!(warning.to_string().contains("critical"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Warning {
    /// keyUsage asserts keyCertSign in an end-entity certificate. The service documents that the blank templates take it.
    KeyCertSign,
    /// nameConstraints, policyConstraints or inhibitAnyPolicy in an end-entity certificate.
    CaExtension(Oid),
    /// A critical extension whose type the crate does not know.
    UnknownCriticalExtension(Oid),
    /// An extension of the CSR by which Windows finds an account or a certificate template.
    WindowsExtension(Oid),
    /// The CSR asks for extensions in a form that cannot be read, and so for nothing.
    UnreadableExtensionRequest,
    /// A commonName that looks like the name of a host, in an end-entity certificate without a dNSName (R-CA-5).
    HostInCommonName(String),
    /// An attribute of empty text in the subject, by its type.
    EmptyAttribute(Oid),
    /// A PrintableString of the CSR's subject with a character outside its set, by the attribute's type.
    NotPrintable(Oid, char),
}

impl Warning {
    /// A short name for programs, in kebab case.
    pub const fn name(&self) -> &'static str {
        match self {
            Warning::KeyCertSign => "key-cert-sign",
            Warning::CaExtension(_) => "ca-extension",
            Warning::UnknownCriticalExtension(_) => "unknown-critical-extension",
            Warning::WindowsExtension(_) => "windows-extension",
            Warning::UnreadableExtensionRequest => "unreadable-extension-request",
            Warning::HostInCommonName(_) => "host-in-common-name",
            Warning::EmptyAttribute(_) => "empty-attribute",
            Warning::NotPrintable(..) => "not-printable",
        }
    }

    /// Where it is written why a verifier may refuse or misread it.
    pub fn citation(&self) -> &'static str {
        match self {
            Warning::KeyCertSign => "RFC 5280 section 4.2.1.9",
            Warning::CaExtension(Oid::NAME_CONSTRAINTS) => "RFC 5280 section 4.2.1.10",
            Warning::CaExtension(Oid::POLICY_CONSTRAINTS) => "RFC 5280 section 4.2.1.11",
            Warning::CaExtension(_) => "RFC 5280 section 4.2.1.14",
            Warning::UnknownCriticalExtension(_) => "RFC 5280 section 4.2",
            Warning::WindowsExtension(Oid::MS_ACCOUNT_SID) => "MS-WCCE section 2.2.2.7.7.4, RFC 5280 section 4.2",
            Warning::WindowsExtension(_) => "MS-WCCE section 2.2.2.7.7, RFC 5280 section 4.2",
            Warning::UnreadableExtensionRequest => "RFC 2985 section 5.4.2",
            Warning::HostInCommonName(_) => "RFC 9525 section 2, RFC 5280 section 4.2.1.6",
            Warning::EmptyAttribute(_) => "RFC 5280 appendix A.1",
            Warning::NotPrintable(..) => "RFC 5280 section 4.1.2.4, ITU-T X.680 section 41.4",
        }
    }

    /// The extension or the type of the attribute that the warning is about, if it is about one.
    pub fn oid(&self) -> Option<Oid> {
        match self {
            Warning::KeyCertSign => Some(Oid::KEY_USAGE),
            Warning::CaExtension(oid)
            | Warning::UnknownCriticalExtension(oid)
            | Warning::WindowsExtension(oid)
            | Warning::EmptyAttribute(oid)
            | Warning::NotPrintable(oid, _) => Some(*oid),
            Warning::HostInCommonName(_) => Some(Oid::COMMON_NAME),
            Warning::UnreadableExtensionRequest => None,
        }
    }
}

impl Warning {
    /// What is unusual, without the citation.
    pub(crate) fn sentence(&self) -> String {
        match self {
            Warning::KeyCertSign => "keyUsage asserts keyCertSign, but the certificate is not a CA's".to_owned(),
            Warning::CaExtension(oid) => format!("{} belongs in CA certificates only", OidName(oid)),
            Warning::UnknownCriticalExtension(oid) => {
                format!("extension {} is critical; verifiers that do not know it refuse the certificate", OidName(oid))
            }
            Warning::WindowsExtension(oid) => {
                format!("{} comes from the CSR; Windows finds an account or a template by it", OidName(oid))
            }
            Warning::UnreadableExtensionRequest => {
                "the CSR asks for extensions in a form that cannot be read; it got none of them".to_owned()
            }
            Warning::HostInCommonName(name) => {
                format!(
                    "commonName '{name}' looks like a host name, and there is no dNSName; some verifiers take it for one"
                )
            }
            Warning::EmptyAttribute(oid) => format!("attribute {} of the subject is empty", OidName(oid)),
            Warning::NotPrintable(oid, character) => format!(
                "attribute {} of the subject is a PrintableString with '{}', which that type does not have",
                OidName(oid),
                character.escape_default()
            ),
        }
    }
}

impl fmt::Display for Warning {
    /// A sentence that ends with the citation.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.sentence(), self.citation())
    }
}
