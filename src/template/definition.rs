//! Templates: what a certificate authority puts into a certificate, and what it lets others put there.

use std::borrow::Cow;

use crate::policy::rules::Policy;
use crate::request::arn::TemplateArn;
use crate::request::certificate_policy::PolicyInformation;
use crate::request::extensions::CustomExtension;
use crate::request::key_usage::KeyUsage;
use crate::request::near::Name;
use crate::request::template_reference::TemplateReference;
use crate::request::validity::Validity;
use crate::x509::extension::Known;
use crate::x509::oid::{Oid, OidRef};

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
}
