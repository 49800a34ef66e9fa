//! Templates: what a certificate authority puts into a certificate, and what it lets others put there.

use std::borrow::Cow;

use crate::policy::rules::Policy;
use crate::request::arn::{TemplateArn, is_template_name};
use crate::request::certificate_policy::PolicyInformation;
use crate::request::extensions::CustomExtension;
use crate::request::key_usage::KeyUsage;
use crate::request::near::Name;
use crate::request::template_reference::TemplateReference;
use crate::request::validity::Validity;
use crate::x509::asn1::reader::Asn1Error;
use crate::x509::extension::{Known, Terms, label};
use crate::x509::oid::{Oid, OidRef, OidSet};

/// From where a template takes what it does not define itself (R-MRG-1, documented).
///
/// ```
/// use issuance::template::{TemplateError, TemplateKind};
/// use issuance::{KeyUsage, Template};
/// let template = Template::end_entity("DeviceIdentity", TemplateKind::ApiPassthrough)?
///     .with_key_usage(true, KeyUsage::DIGITAL_SIGNATURE)?;
/// assert!(template.kind().takes_api() && !template.kind().takes_csr());
/// let refused = Template::end_entity("two words", TemplateKind::Base);
/// assert_eq!(refused, Err(TemplateError::Name("two words".to_owned())));
/// # Ok::<(), TemplateError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(clippy::exhaustive_enums, reason = "two sources are taken or not")]
pub enum TemplateKind {
    /// Subject and SAN from the certification request; nothing else from outside.
    Base,
    /// Also the request's extensions (`CSRPassthrough`).
    CsrPassthrough,
    /// Also subject and extensions of `ApiPassthrough` (`APIPassthrough`).
    ApiPassthrough,
    /// Both, `ApiPassthrough` first (`APICSRPassthrough`).
    ApiCsrPassthrough,
}

impl TemplateKind {
    /// Whether `ApiPassthrough` is taken.
    pub const fn takes_api(self) -> bool {
        matches!(self, TemplateKind::ApiPassthrough | TemplateKind::ApiCsrPassthrough)
    }

    /// Whether the extensions of the certification request, beside its SAN, are taken.
    pub const fn takes_csr(self) -> bool {
        matches!(self, TemplateKind::CsrPassthrough | TemplateKind::ApiCsrPassthrough)
    }
}

/// Where a field or an extension of a certificate can come from. [`Template`](crate::Template) has an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Source {
    /// The template's definition.
    Template,
    /// `ApiPassthrough` of the request.
    Api,
    /// The certification request.
    Csr,
    /// The configuration of the certificate authority.
    CaConfiguration,
    /// The certificate authority's own certificate or key.
    CaCertificate,
    /// Computed by the engine.
    Derived,
    /// Another member of the request.
    Request,
}

/// The basicConstraints extension of a template (RFC 5280 section 4.2.1.9). [`Template`](crate::Template) has an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct BasicConstraints {
    /// Whether the extension is critical.
    pub critical: bool,
    /// `cA`.
    pub ca: bool,
    /// `pathLenConstraint`; only with `ca`.
    pub path_len: Option<u8>,
}

/// A value that a template fixes, with the criticality of its extension. [`Template`](crate::Template) has an example.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Fixed<T> {
    /// Whether the extension is critical.
    pub critical: bool,
    /// The value.
    pub value: T,
}

/// Who may give the CRL distribution points (R-MRG-4). [`Template`](crate::Template) has an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(clippy::exhaustive_enums, reason = "all that R-MRG-4 knows")]
pub enum CrlDistributionPoints {
    /// The CA's configuration, else the passthrough sources of the template's kind.
    ConfigurationThenPassthrough,
    /// The passthrough sources of the template's kind alone.
    Passthrough,
    /// Nobody: the certificate has none.
    Never,
}

/// A certificate template, as data: one of the 61 that the service documents, which are constants, or a custom template.
///
/// ```
/// use issuance::Template;
/// use issuance::template::TemplateKind;
/// let template = Template::find("EndEntityCertificate").expect("a documented template");
/// assert_eq!(template, Template::END_ENTITY_CERTIFICATE);
/// assert_eq!(template.kind(), TemplateKind::Base);
/// assert_eq!(Template::all().len(), 61);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Template {
    pub(super) name: Cow<'static, str>,
    pub(super) kind: TemplateKind,
    pub(super) self_signed: bool,
    pub(super) basic_constraints: BasicConstraints,
    pub(super) key_usage: Option<Fixed<KeyUsage>>,
    pub(super) extended_key_usage: Option<Fixed<Cow<'static, [Oid]>>>,
    pub(super) crl_distribution_points: CrlDistributionPoints,
    pub(super) certificate_policies: Option<Fixed<Vec<PolicyInformation>>>,
    /// Further extensions, none of which has a member above.
    pub(super) extensions: Vec<CustomExtension>,
    pub(super) default_validity: Option<Validity>,
    pub(super) policy: Policy,
}

/// Why a user's own template cannot be. [`TemplateKind`](crate::template::TemplateKind) has an example.
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

/// A template name that is not known: `InvalidArgsException` (R-REQ-5). [`Template`](crate::Template) has an example.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no template '{name}'; {}", suggestion(.near))]
#[non_exhaustive]
pub struct UnknownTemplate {
    /// The name, or the name and version, that was given.
    pub name: String,
    /// Names that are near, nearest first.
    pub near: Vec<String>,
}

pub(super) fn suggestion(near: &[String]) -> String {
    if near.is_empty() {
        return "names are such as EndEntityCertificate/V1".to_owned();
    }
    let names: Vec<String> = near.iter().map(|name| format!("{name}/V1")).collect();
    format!("did you mean {}?", names.join(", "))
}

/// The longest name of a user's own template, in characters: its ARN has room for any partition.
const LONGEST_NAME: usize = 100;

impl Template {
    /// The 61 documented templates, in the order of their names.
    pub fn all() -> &'static [Template] {
        &super::catalog::TEMPLATES
    }

    /// The documented template of this name (without the version).
    ///
    /// # Errors
    /// [`UnknownTemplate`], with near matches.
    pub fn find(name: &str) -> Result<&'static Template, UnknownTemplate> {
        lookup(&[], name)
    }

    /// The documented template that an ARN names.
    ///
    /// # Errors
    /// [`UnknownTemplate`], with near matches, also for a version other than `V1`.
    pub fn find_by_arn(arn: &TemplateArn) -> Result<&'static Template, UnknownTemplate> {
        lookup_arn(&[], arn)
    }

    /// The template of requests that name none: `EndEntityCertificate/V1` (R-REQ-5, documented).
    pub fn default_template() -> &'static Template {
        Template::END_ENTITY_CERTIFICATE
    }

    /// A template of the user's own for end-entity certificates: basicConstraints not critical and `CA:FALSE`, key usages
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

    /// A template of the user's own for subordinate CA certificates: basicConstraints critical and `CA:TRUE`.
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

    /// The certificatePolicies extension, if the template defines it.
    pub fn certificate_policies(&self) -> Option<&Fixed<Vec<PolicyInformation>>> {
        self.certificate_policies.as_ref()
    }

    /// The further extensions that the template defines, in the order of the certificate.
    pub fn extensions(&self) -> &[CustomExtension] {
        &self.extensions
    }

    /// The validity of requests that give none.
    pub fn default_validity(&self) -> Option<Validity> {
        self.default_validity
    }

    /// The policy that certificates under this template must satisfy; empty for the documented templates.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The same template without its policy.
    pub(crate) fn without_policy(&self) -> Template {
        Template { policy: Policy::NONE, ..self.clone() }
    }

    /// Whether one of the further extensions has this identifier, or one that software which holds arcs in 32 bits takes for it.
    pub(crate) fn fixes_extension(&self, oid: OidRef<'_>) -> bool {
        let is = |extension: &CustomExtension, oid: OidRef<'_>| {
            oid == extension.object_identifier
                || Known::of(oid).is_some_and(|known| Some(known) == Known::of(extension.object_identifier.by_ref()))
        };
        !self.extensions.is_empty()
            && (self.extensions.iter().any(|extension| is(extension, oid))
                || oid.wrapped().is_some_and(|wrapped| self.extensions.iter().any(|e| is(e, wrapped.by_ref()))))
    }

    /// The name, without the version.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The name without a copy, where it is one of the documented ones.
    pub(crate) fn shared_name(&self) -> Cow<'static, str> {
        self.name.clone()
    }

    /// The ARN in the partition `aws`.
    pub fn arn(&self) -> String {
        format!("arn:aws:acm-pca:::template/{}/V1", self.name)
    }

    /// From where the template takes what it does not define.
    pub fn kind(&self) -> TemplateKind {
        self.kind
    }

    /// Whether the certificate is signed with the key that it is for, by a root CA for itself.
    pub fn is_self_signed(&self) -> bool {
        self.self_signed
    }

    /// The basicConstraints extension, which every template defines.
    pub fn basic_constraints(&self) -> BasicConstraints {
        self.basic_constraints
    }

    /// The keyUsage extension, where the template defines it.
    pub fn key_usage(&self) -> Option<&Fixed<KeyUsage>> {
        self.key_usage.as_ref()
    }

    /// The extKeyUsage extension, where the template defines it.
    pub fn extended_key_usage(&self) -> Option<&Fixed<Cow<'static, [Oid]>>> {
        self.extended_key_usage.as_ref()
    }

    /// Where the subject comes from, first source first.
    pub fn subject_sources(&self) -> &'static [Source] {
        if self.kind.takes_api() { &[Source::Api, Source::Csr] } else { &[Source::Csr] }
    }

    /// Where the subject alternative name comes from, first source first.
    pub fn subject_alternative_name_sources(&self) -> &'static [Source] {
        self.subject_sources()
    }

    /// Where the authority key identifier comes from (R-MRG-2): the CA's certificate, or, in a self-signed certificate,
    /// `ApiPassthrough` as the kind allows.
    pub fn authority_key_identifier_source(&self) -> Option<Source> {
        match (self.self_signed, self.kind.takes_api()) {
            (false, _) => Some(Source::CaCertificate),
            (true, true) => Some(Source::Api),
            (true, false) => None,
        }
    }

    /// Who may give the CRL distribution points.
    pub fn crl_distribution_points(&self) -> CrlDistributionPoints {
        self.crl_distribution_points
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

impl From<&Template> for TemplateReference {
    fn from(template: &Template) -> Self {
        TemplateReference::from(template.name()).with_default_validity(template.default_validity)
    }
}

/// The template that a request asks for, one of the operator's own before a documented one of the same name;
/// `EndEntityCertificate/V1` where the request names none (R-REQ-5).
pub(crate) fn requested<'t>(own: &'t [Template], arn: Option<&TemplateArn>) -> Result<&'t Template, UnknownTemplate> {
    match arn {
        Some(arn) => lookup_arn(own, arn),
        None => lookup(own, Template::default_template().name()),
    }
}

pub(super) fn lookup_arn<'t>(own: &'t [Template], arn: &TemplateArn) -> Result<&'t Template, UnknownTemplate> {
    let (name, version) = arn.name_and_version();
    if version == "V1" {
        return lookup(own, name);
    }
    let near = lookup(own, name).map(|template| vec![template.name().to_owned()]);
    Err(UnknownTemplate { name: format!("{name}/{version}"), near: near.unwrap_or_else(|unknown| unknown.near) })
}

pub(super) fn lookup<'t>(own: &'t [Template], name: &str) -> Result<&'t Template, UnknownTemplate> {
    let mut templates = own.iter().chain(Template::all());
    templates
        .find(|template| template.name == name)
        .ok_or_else(|| UnknownTemplate { name: name.to_owned(), near: near(own, name) })
}

/// Up to three names, nearest first, of those that differ in at most a third of their letters, or that the name is a part of.
pub(super) fn near(own: &[Template], given: &str) -> Vec<String> {
    let Some(name) = Name::new(given) else { return Vec::new() };
    let part = Some(given.to_ascii_lowercase()).filter(|part| part.len() >= SHORTEST_PART);
    let mut by_distance: Vec<(usize, &str)> = Vec::new();
    for template in own.iter().chain(Template::all()) {
        let candidate = template.name();
        let is_part = || {
            let within = candidate.to_ascii_lowercase().contains(part.as_deref()?);
            within.then(|| candidate.len() - given.len())
        };
        if let Some(distance) = name.distance(candidate, candidate.len() / 3).or_else(is_part) {
            by_distance.push((distance, candidate));
        }
    }
    by_distance.sort();
    by_distance.dedup();
    by_distance.into_iter().take(3).map(|(_, name)| name.to_owned()).collect()
}

/// How long a part of a name is at least, in bytes, that says which one may be meant.
const SHORTEST_PART: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_names_get_near_matches() {
        let unknown = Template::find("EndEntityCertficate").unwrap_err();
        assert_eq!(unknown.near[0], "EndEntityCertificate");
        assert!(unknown.to_string().contains("did you mean EndEntityCertificate/V1"), "{unknown}");
        assert!(Template::find("Nothing").unwrap_err().near.is_empty());
        let arn = "arn:aws:acm-pca:::template/RootCACertificate/V2".parse().unwrap();
        let unknown = Template::find_by_arn(&arn).unwrap_err();
        assert_eq!((unknown.name.as_str(), unknown.near[0].as_str()), ("RootCACertificate/V2", "RootCACertificate"));
    }

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
