//! What a template fixes cannot be said again under another identifier (R-MRG-9, our decision).

use super::definition::Template;
use crate::x509::extension::Known;
use crate::x509::extension::usage::netscape_type_has_ca_bit;

/// When an alias does not pass, whatever source gives it.
enum Bar {
    /// Every template fixes what it says.
    Always,
    /// If the template fixes keyUsage or extendedKeyUsage.
    IfUsageIsFixed,
    /// If it says that the certificate is a CA's, and the template does not.
    IfItMakesACa,
}

/// Identifiers that verifiers take for another extension.
///
/// Microsoft's application policies are preferred to extendedKeyUsage by Windows and .NET (CVE-2024-49019); NSS takes a Netscape
/// certificate type for basicConstraints and extendedKeyUsage; Windows reads keyUsageRestriction and keyAttributes as keyUsage.
const ALIASES: &[(Known, Bar)] = &[
    (Known::BasicConstraints1994, Bar::Always),
    (Known::KeyIdentifiers1994, Bar::Always),
    (Known::NetscapeCertificateType, Bar::IfItMakesACa),
    (Known::NetscapeCertificateType, Bar::IfUsageIsFixed),
    (Known::MicrosoftApplicationPolicies, Bar::IfUsageIsFixed),
    (Known::KeyUsageRestriction, Bar::IfUsageIsFixed),
    (Known::KeyAttributes1994, Bar::IfUsageIsFixed),
];

/// Aliases that pass only if the certificate does not have the extension of today.
const DOUBLES: &[(Known, Known)] =
    &[(Known::CertificatePolicies1994, Known::CertificatePolicies), (Known::SubjectAltName1994, Known::SubjectAltName)];

impl Template {
    /// Whether an extension would say again what the template fixes.
    pub(crate) fn fixes_alias(&self, known: Known, value: &[u8]) -> bool {
        let usage_is_fixed = self.key_usage().is_some() || self.extended_key_usage().is_some();
        ALIASES.iter().filter(|(alias, _)| *alias == known).any(|(_, bar)| match bar {
            Bar::Always => true,
            Bar::IfUsageIsFixed => usage_is_fixed,
            Bar::IfItMakesACa => !self.basic_constraints().ca && netscape_type_has_ca_bit(value),
        })
    }
}

/// The extension beside which an alias does not pass.
pub(crate) fn double_of(known: Known) -> Option<Known> {
    DOUBLES.iter().find(|(alias, _)| *alias == known).map(|(_, of)| *of)
}
