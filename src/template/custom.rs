//! Custom templates: how they are built, and what cannot be one.

use std::borrow::Cow;

use super::definition::{BasicConstraints, CrlDistributionPoints, Fixed, Template, TemplateKind};
use crate::policy::rules::Policy;
use crate::request::arn::is_template_name;
use crate::request::certificate_policy::PolicyInformation;
use crate::request::extensions::CustomExtension;
use crate::request::key_usage::KeyUsage;
use crate::request::validity::Validity;
use crate::x509::asn1::reader::Asn1Error;
use crate::x509::extension::{Known, Terms, label};
use crate::x509::oid::{Oid, OidSet};

/// Why a custom template cannot be. [`TemplateKind`](crate::template::TemplateKind) has an example.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TemplateError {
    /// The name is empty, longer than 100 characters, or has characters that a template ARN cannot carry.
    #[error("template name '{0}' must be 1 to 100 letters, digits and characters of _+=,.@-")]
    Name(String),
    /// keyCertSign without CA.
    #[error("keyCertSign needs a CA template (RFC 5280 section 4.2.1.9)")]
    KeyCertSign,
    /// An empty list of purposes.
    #[error("an extended key usage needs at least one purpose (RFC 5280 section 4.2.1.12)")]
    NoPurpose,
    /// A purpose that stands twice.
    #[error("purpose {0} stands twice in the extended key usage; each is given once")]
    RepeatedPurpose(Oid),
    /// basicConstraints of a CA that are not critical.
    #[error("a CA template needs critical basicConstraints (RFC 5280 section 4.2.1.9)")]
    BasicConstraintsNotCritical,
    /// A path length of a template that is not for CAs.
    #[error("a path length needs a CA template (RFC 5280 section 4.2.1.9)")]
    PathLength,
    /// A template for a root's own certificate that is not for CAs.
    #[error("a self-signed template needs to be a CA template")]
    SelfSigned,
    /// An empty list of certificate policies.
    #[error("certificate policies need at least one policy (RFC 5280 section 4.2.1.4)")]
    NoCertificatePolicy,
    /// A certificate policy that stands twice.
    #[error("certificate policy {0} stands twice; each is given once (RFC 5280 section 4.2.1.4)")]
    RepeatedCertificatePolicy(Oid),
    /// A further extension that a template has another member for, or that the engine writes itself.
    #[error("the extension {} cannot be a further extension: {where}", label(.oid))]
    OwnMember {
        /// The extension.
        oid: Oid,
        /// Where its value comes from.
        r#where: &'static str,
    },
    /// A further extension that stands twice.
    #[error("the extension {} stands twice; each is given once (RFC 5280 section 4.2)", label(.0))]
    RepeatedExtension(Oid),
    /// A further extension whose value is not one of its type.
    #[error("the extension {} cannot be read: {error}", label(.oid))]
    ExtensionValue {
        /// The extension.
        oid: Oid,
        /// What is wrong with its value.
        error: Asn1Error,
    },
    /// A further extension that says again what the template fixes (R-MRG-9).
    #[error("the extension {} says again what the template fixes (R-MRG-9)", label(.0))]
    Alias(Oid),
}

/// The longest name of a custom template, in characters: its ARN has room for any partition.
const LONGEST_NAME: usize = 100;

impl Template {
    /// A custom template for end-entity certificates: basicConstraints not critical and `CA:FALSE`, key usages
    /// open, CRL distribution points from the CA's configuration first.
    ///
    /// # Errors
    /// [`TemplateError::Name`] for a name that is not 1 to 100 letters, digits and characters of `_+=,.@-`, which are those that
    /// a template ARN carries. That it is not longer is our decision.
    pub fn end_entity(name: impl Into<String>, kind: TemplateKind) -> Result<Template, TemplateError> {
        let name = name.into();
        if name.len() > LONGEST_NAME || !is_template_name(&name) {
            return Err(TemplateError::Name(name));
        }
        Ok(Template {
            name: Cow::Owned(name),
            kind,
            self_signed: false,
            basic_constraints: BasicConstraints { critical: false, ca: false, path_len: None },
            key_usage: None,
            extended_key_usage: None,
            crl_distribution_points: CrlDistributionPoints::ConfigurationThenPassthrough,
            certificate_policies: None,
            extensions: Vec::new(),
            default_validity: None,
            policy: Policy::NONE,
        })
    }

    /// A custom template for subordinate CA certificates: basicConstraints critical and `CA:TRUE`.
    ///
    /// # Errors
    /// As [`Template::end_entity`].
    pub fn subordinate_ca(
        name: impl Into<String>,
        kind: TemplateKind,
        path_len: Option<u8>,
    ) -> Result<Template, TemplateError> {
        let mut template = Template::end_entity(name, kind)?;
        template.basic_constraints = BasicConstraints { critical: true, ca: true, path_len };
        Ok(template)
    }

    /// Fixes the key usage.
    ///
    /// # Errors
    /// [`TemplateError::KeyCertSign`] where an end-entity template would assert it.
    pub fn with_key_usage(mut self, critical: bool, value: KeyUsage) -> Result<Template, TemplateError> {
        if value.contains(KeyUsage::KEY_CERT_SIGN) && !self.basic_constraints.ca {
            return Err(TemplateError::KeyCertSign);
        }
        self.key_usage = Some(Fixed { critical, value });
        Ok(self)
    }

    /// Fixes the extended key usage.
    ///
    /// # Errors
    /// [`TemplateError::NoPurpose`] for an empty list, [`TemplateError::RepeatedPurpose`] for one that repeats itself.
    pub fn with_extended_key_usage(mut self, critical: bool, purposes: Vec<Oid>) -> Result<Template, TemplateError> {
        if purposes.is_empty() {
            return Err(TemplateError::NoPurpose);
        }
        let repeated = {
            let mut met = OidSet::expecting(purposes.len());
            purposes.iter().find(|purpose| !met.insert(purpose.by_ref())).copied()
        };
        if let Some(purpose) = repeated {
            return Err(TemplateError::RepeatedPurpose(purpose));
        }
        self.extended_key_usage = Some(Fixed { critical, value: Cow::Owned(purposes) });
        Ok(self)
    }

    /// Sets the criticality of basicConstraints.
    ///
    /// # Errors
    /// [`TemplateError::BasicConstraintsNotCritical`] where those of a CA template would not be critical: no import takes such a CA
    /// certificate (R-CA-6).
    pub fn with_critical_basic_constraints(mut self, critical: bool) -> Result<Template, TemplateError> {
        if self.basic_constraints.ca && !critical {
            return Err(TemplateError::BasicConstraintsNotCritical);
        }
        self.basic_constraints.critical = critical;
        Ok(self)
    }

    /// Sets who may give the CRL distribution points.
    #[must_use]
    pub fn with_crl_distribution_points(mut self, source: CrlDistributionPoints) -> Template {
        self.crl_distribution_points = source;
        self
    }

    /// Fixes the certificate policies.
    ///
    /// # Errors
    /// [`TemplateError::NoCertificatePolicy`] for an empty list, [`TemplateError::RepeatedCertificatePolicy`] for one that repeats
    /// a policy.
    pub fn with_certificate_policies(
        mut self,
        critical: bool,
        policies: Vec<PolicyInformation>,
    ) -> Result<Template, TemplateError> {
        if policies.is_empty() {
            return Err(TemplateError::NoCertificatePolicy);
        }
        for (position, policy) in policies.iter().enumerate() {
            let id = policy.cert_policy_id();
            if policies[..position].iter().any(|earlier| earlier.cert_policy_id() == id) {
                return Err(TemplateError::RepeatedCertificatePolicy(id));
            }
        }
        self.certificate_policies = Some(Fixed { critical, value: policies });
        Ok(self)
    }

    /// Fixes a further extension: its identifier, value and criticality. It stands after the certificate policies.
    ///
    /// # Errors
    /// [`TemplateError::OwnMember`] for an extension that a template has another member for or that the engine writes,
    /// [`TemplateError::RepeatedExtension`], [`TemplateError::ExtensionValue`] for a known extension whose value is not of its type
    /// (R-CSR-8), [`TemplateError::Alias`] for one that says again what the template fixes (R-MRG-9).
    pub fn with_extension(mut self, extension: CustomExtension) -> Result<Template, TemplateError> {
        let oid = extension.object_identifier();
        let known = Known::of(oid.by_ref());
        if let Some(r#where) = known.and_then(own_member) {
            return Err(TemplateError::OwnMember { oid, r#where });
        }
        if self.fixes_extension(oid.by_ref()) {
            return Err(TemplateError::RepeatedExtension(oid));
        }
        if let Some(known) = known {
            known.check(extension.value(), Terms::DER).map_err(|error| TemplateError::ExtensionValue { oid, error })?;
        }
        self.extensions.push(extension);
        self.check_aliases()?;
        Ok(self)
    }

    /// R-MRG-9: none of the further extensions says again what another member fixes.
    pub(super) fn check_aliases(&self) -> Result<(), TemplateError> {
        let repeats = |extension: &&CustomExtension| {
            let known = Known::of(extension.object_identifier.by_ref());
            known.is_some_and(|known| self.fixes_alias(known, extension.value()))
        };
        match self.extensions.iter().find(repeats) {
            Some(extension) => Err(TemplateError::Alias(extension.object_identifier())),
            None => Ok(()),
        }
    }

    /// Sets the validity of requests that are built for this template and give none. The API requires one on the wire, so this
    /// is for [`IssueCertificateRequestBuilder::template`](crate::request::issue_certificate::IssueCertificateRequestBuilder::template)
    /// and for programs that read the template.
    #[must_use]
    pub fn with_default_validity(mut self, validity: Validity) -> Template {
        self.default_validity = Some(validity);
        self
    }

    /// Adds a policy that every certificate under this template must satisfy, beside those that it has already (R-POL-4).
    #[must_use]
    pub fn with_policy(mut self, policy: Policy) -> Template {
        self.policy = self.policy.and(policy);
        self
    }
}

/// Where the value of an extension comes from that cannot be a further extension of a template.
fn own_member(known: Known) -> Option<&'static str> {
    Some(match known {
        Known::BasicConstraints => "the template has basicConstraints of its own",
        Known::KeyUsage => "the template has a key usage of its own",
        Known::ExtendedKeyUsage => "the template has an extended key usage of its own",
        Known::CertificatePolicies => "the template has certificate policies of its own",
        Known::SubjectKeyIdentifier | Known::AuthorityKeyIdentifier => "the engine computes it",
        Known::SubjectAltName | Known::SubjectAltName1994 => "names come from the request",
        Known::CrlDistributionPoints | Known::AuthorityInfoAccess => "it comes from the authority's configuration",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::definition::lookup_arn;

    #[test]
    fn own_templates_are_checked() {
        let longest = "x".repeat(LONGEST_NAME);
        for name in ["", "a b", "a/b", "a:b", "ä", &format!("{longest}x")] {
            assert!(matches!(Template::end_entity(name, TemplateKind::Base), Err(TemplateError::Name(_))), "{name}");
        }
        for name in ["Device", "device-2.example+a=b,c@d_e", &longest] {
            let own = Template::end_entity(name, TemplateKind::Base).unwrap();
            let found = lookup_arn(std::slice::from_ref(&own), &own.arn().parse().unwrap());
            assert_eq!(found, Ok(&own));
        }
        let leaf = Template::end_entity("Device", TemplateKind::ApiPassthrough).unwrap();
        let refused = leaf.clone().with_key_usage(true, KeyUsage::KEY_CERT_SIGN);
        assert_eq!(refused, Err(TemplateError::KeyCertSign));
        assert_eq!(leaf.clone().with_extended_key_usage(false, vec![]), Err(TemplateError::NoPurpose));
        let repeated = vec![Oid::COMMON_NAME, Oid::COUNTRY, Oid::COMMON_NAME];
        let refused = leaf.with_extended_key_usage(false, repeated);
        assert_eq!(refused, Err(TemplateError::RepeatedPurpose(Oid::COMMON_NAME)));
    }
}
