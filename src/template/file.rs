//! Templates as files (R-POL-1): each writes itself out whole, and may be read as what it changes of another.

use std::fmt;

use base64::prelude::{BASE64_STANDARD, Engine};
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, DeserializeOwned, Deserializer, Error, MapAccess, Visitor};
use serde::ser::{Serialize, Serializer};

use super::custom::TemplateError;
use super::definition::{self, BasicConstraints, CrlDistributionPoints, Fixed, Template, TemplateKind};
use crate::policy::file::{self, FileError};
use crate::policy::form::{AsText, UsageForm};
use crate::policy::rules::Policy;
use crate::policy::text::Identifier;
use crate::request::certificate_policy::PolicyInformation;
use crate::request::extensions::CustomExtension;
use crate::request::key_usage::KeyUsage;
use crate::request::validity::{Validity, ValidityPeriodType};

#[derive(Clone, Copy, serde::Serialize, serde::Deserialize)]
enum KindForm {
    Base,
    CsrPassthrough,
    ApiPassthrough,
    ApiCsrPassthrough,
}

#[derive(Clone, Copy, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
enum CrlForm {
    ConfigurationThenPassthrough,
    Passthrough,
    Never,
}

#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct ConstraintsForm {
    ca: bool,
    critical: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    path_len: Option<u8>,
}

#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct FixedForm<T> {
    critical: bool,
    value: T,
}

/// What a template fixes, or `"open"` where it takes back what the one that it extends fixes.
enum OpenOr<T> {
    Open,
    Fixed(FixedForm<T>),
}

impl<T: Serialize> Serialize for OpenOr<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            OpenOr::Open => serializer.serialize_str("open"),
            OpenOr::Fixed(fixed) => fixed.serialize(serializer),
        }
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for OpenOr<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either<T>(std::marker::PhantomData<T>);

        impl<'de, T: DeserializeOwned> Visitor<'de> for Either<T> {
            type Value = OpenOr<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("\"open\", or a table with critical and value")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<OpenOr<T>, E> {
                if text == "open" {
                    return Ok(OpenOr::Open);
                }
                Err(E::custom(format!(
                    "'{}' is neither \"open\" nor a table with critical and value",
                    text.escape_debug()
                )))
            }

            fn visit_map<M: MapAccess<'de>>(self, map: M) -> Result<OpenOr<T>, M::Error> {
                FixedForm::deserialize(MapAccessDeserializer::new(map)).map(OpenOr::Fixed)
            }
        }

        deserializer.deserialize_any(Either(std::marker::PhantomData))
    }
}

#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct CertificatePolicyForm {
    id: AsText<Identifier>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    cps: Vec<String>,
}

#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct ExtensionForm {
    oid: AsText<Identifier>,
    critical: bool,
    /// One DER value, in base64.
    value: String,
}

#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct ValidityForm {
    value: i64,
    r#type: AsText<ValidityPeriodType>,
}

/// A template as a file. Members that are absent are those of the template that it extends, or the usual ones.
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct TemplateForm {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    extends: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<KindForm>,
    #[serde(skip_serializing_if = "Option::is_none")]
    self_signed: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    crl_distribution_points: Option<CrlForm>,
    #[serde(skip_serializing_if = "Option::is_none")]
    default_validity: Option<ValidityForm>,
    #[serde(skip_serializing_if = "Option::is_none")]
    basic_constraints: Option<ConstraintsForm>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key_usage: Option<OpenOr<UsageForm>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    extended_key_usage: Option<OpenOr<Vec<AsText<Identifier>>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    certificate_policies: Option<OpenOr<Vec<CertificatePolicyForm>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    extensions: Option<Vec<ExtensionForm>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    policy: Option<Policy>,
}

impl TemplateForm {
    fn of(template: &Template) -> TemplateForm {
        let Template {
            name,
            kind,
            self_signed,
            basic_constraints,
            key_usage,
            extended_key_usage,
            crl_distribution_points,
            certificate_policies,
            extensions,
            default_validity,
            policy,
        } = template;
        TemplateForm {
            name: name.clone().into_owned(),
            extends: None,
            kind: Some(match kind {
                TemplateKind::Base => KindForm::Base,
                TemplateKind::CsrPassthrough => KindForm::CsrPassthrough,
                TemplateKind::ApiPassthrough => KindForm::ApiPassthrough,
                TemplateKind::ApiCsrPassthrough => KindForm::ApiCsrPassthrough,
            }),
            self_signed: Some(*self_signed),
            crl_distribution_points: Some(match crl_distribution_points {
                CrlDistributionPoints::ConfigurationThenPassthrough => CrlForm::ConfigurationThenPassthrough,
                CrlDistributionPoints::Passthrough => CrlForm::Passthrough,
                CrlDistributionPoints::Never => CrlForm::Never,
            }),
            default_validity: default_validity
                .map(|validity| ValidityForm { value: validity.value(), r#type: AsText(validity.r#type()) }),
            basic_constraints: Some(ConstraintsForm {
                ca: basic_constraints.ca,
                critical: basic_constraints.critical,
                path_len: basic_constraints.path_len,
            }),
            key_usage: key_usage.as_ref().map(|fixed| form(fixed, |usage| UsageForm(*usage))),
            extended_key_usage: extended_key_usage.as_ref().map(|fixed| {
                form(fixed, |purposes| purposes.iter().map(|purpose| AsText(Identifier(*purpose))).collect())
            }),
            certificate_policies: certificate_policies
                .as_ref()
                .map(|fixed| form(fixed, |policies| policies.iter().map(CertificatePolicyForm::of).collect())),
            extensions: (!extensions.is_empty()).then(|| extensions.iter().map(ExtensionForm::of).collect()),
            policy: (!policy.is_empty()).then(|| policy.clone()),
        }
    }

    fn read(self, custom: &[Template]) -> Result<Template, Fault> {
        // Judges the name, and is what a template without `extends` starts from.
        let plain = Template::end_entity(self.name, TemplateKind::Base).map_err(of("name"))?;
        let mut template = match &self.extends {
            None => plain,
            Some(name) => {
                let base =
                    definition::lookup(custom, name.strip_suffix("/V1").unwrap_or(name)).map_err(of("extends"))?;
                Template { name: plain.name, ..base.clone() }
            }
        };
        if self.extends.is_none() && self.kind.is_none() {
            let problem = "the template has no kind; it is Base, CsrPassthrough, ApiPassthrough or ApiCsrPassthrough, or that of \
                           the template that it extends";
            return Err(Fault { member: "name", problem: problem.to_owned() });
        }
        if let Some(kind) = self.kind {
            template.kind = match kind {
                KindForm::Base => TemplateKind::Base,
                KindForm::CsrPassthrough => TemplateKind::CsrPassthrough,
                KindForm::ApiPassthrough => TemplateKind::ApiPassthrough,
                KindForm::ApiCsrPassthrough => TemplateKind::ApiCsrPassthrough,
            };
        }
        if let Some(ConstraintsForm { ca, critical, path_len }) = self.basic_constraints {
            template.basic_constraints = BasicConstraints { critical, ca, path_len };
        }
        template.self_signed = self.self_signed.unwrap_or(template.self_signed);
        if let Some(source) = self.crl_distribution_points {
            template.crl_distribution_points = match source {
                CrlForm::ConfigurationThenPassthrough => CrlDistributionPoints::ConfigurationThenPassthrough,
                CrlForm::Passthrough => CrlDistributionPoints::Passthrough,
                CrlForm::Never => CrlDistributionPoints::Never,
            };
        }
        if let Some(ValidityForm { value, r#type }) = self.default_validity {
            template.default_validity = Some(Validity::new(value, r#type.0).build().map_err(of("default_validity"))?);
        }
        match self.key_usage {
            None => {}
            Some(OpenOr::Open) => template.key_usage = None,
            Some(OpenOr::Fixed(fixed)) => {
                template.key_usage = Some(Fixed { critical: fixed.critical, value: fixed.value.0 });
            }
        }
        match self.extended_key_usage {
            None => {}
            Some(OpenOr::Open) => template.extended_key_usage = None,
            Some(OpenOr::Fixed(fixed)) => {
                let purposes = fixed.value.into_iter().map(|purpose| purpose.0.0).collect();
                template =
                    template.with_extended_key_usage(fixed.critical, purposes).map_err(of("extended_key_usage"))?;
            }
        }
        match self.certificate_policies {
            None => {}
            Some(OpenOr::Open) => template.certificate_policies = None,
            Some(OpenOr::Fixed(fixed)) => {
                let policies: Result<Vec<_>, String> =
                    fixed.value.into_iter().map(CertificatePolicyForm::read).collect();
                let policies = policies.map_err(of("certificate_policies"))?;
                template =
                    template.with_certificate_policies(fixed.critical, policies).map_err(of("certificate_policies"))?;
            }
        }
        if let Some(extensions) = self.extensions {
            template.extensions.clear();
            for extension in extensions {
                let extension = extension.read().map_err(of("extensions"))?;
                template = template.with_extension(extension).map_err(of("extensions"))?;
            }
        }
        if let Some(policy) = self.policy {
            // The policy of the one that it extends holds as well.
            template = template.with_policy(policy);
        }
        consistent(&template)?;
        Ok(template)
    }
}

/// What is wrong with a member of the file.
struct Fault {
    member: &'static str,
    problem: String,
}

impl Fault {
    fn within(self, text: &str) -> FileError {
        FileError::of_member(text, self.member, format!("{}: {}", self.member, self.problem))
    }
}

fn of<E: fmt::Display>(member: &'static str) -> impl FnOnce(E) -> Fault {
    move |error| Fault { member, problem: error.to_string() }
}

/// What the builder's methods refuse one by one, for the template as a whole.
fn consistent(template: &Template) -> Result<(), Fault> {
    let BasicConstraints { critical, ca, path_len } = template.basic_constraints;
    let asserts = |bit| template.key_usage.as_ref().is_some_and(|usage| usage.value.contains(bit));
    if ca && !critical {
        Err(of("basic_constraints")(TemplateError::BasicConstraintsNotCritical))
    } else if !ca && path_len.is_some() {
        Err(of("basic_constraints")(TemplateError::PathLength))
    } else if !ca && asserts(KeyUsage::KEY_CERT_SIGN) {
        Err(of("key_usage")(TemplateError::KeyCertSign))
    } else if !ca && template.self_signed {
        Err(of("self_signed")(TemplateError::SelfSigned))
    } else {
        template.check_aliases().map_err(of("extensions"))
    }
}

fn shown(error: impl fmt::Display) -> String {
    error.to_string()
}

fn form<T, F>(fixed: &Fixed<T>, value: impl FnOnce(&T) -> F) -> OpenOr<F> {
    OpenOr::Fixed(FixedForm { critical: fixed.critical, value: value(&fixed.value) })
}

impl CertificatePolicyForm {
    fn of(policy: &PolicyInformation) -> CertificatePolicyForm {
        let cps = policy.policy_qualifiers().iter().map(|qualifier| qualifier.qualifier().cps_uri().to_owned());
        CertificatePolicyForm { id: AsText(Identifier(policy.cert_policy_id())), cps: cps.collect() }
    }

    fn read(self) -> Result<PolicyInformation, String> {
        let builder = PolicyInformation::builder(self.id.0.0);
        self.cps.iter().fold(builder, |builder, uri| builder.cps_uri(uri.as_str())).build().map_err(shown)
    }
}

impl ExtensionForm {
    fn of(extension: &CustomExtension) -> ExtensionForm {
        ExtensionForm {
            oid: AsText(Identifier(extension.object_identifier())),
            critical: extension.critical(),
            value: BASE64_STANDARD.encode(extension.value()),
        }
    }

    fn read(self) -> Result<CustomExtension, String> {
        let oid = self.oid.0;
        let value = BASE64_STANDARD.decode(&self.value).map_err(|_| format!("the value of {oid} is not base64"))?;
        CustomExtension::new(oid.0, value, self.critical).build().map_err(shown)
    }
}

impl Template {
    /// Reads a template from JSON. It may extend a documented template or one of `custom`.
    ///
    /// # Errors
    /// [`FileError`] with line and column, also for unknown members.
    pub fn from_json(text: &str, custom: &[Template]) -> Result<Template, FileError> {
        file::from_json::<TemplateForm>(text)?.read(custom).map_err(|fault| fault.within(text))
    }

    /// Reads a template from TOML. It may extend a documented template or one of `custom`.
    ///
    /// ```
    /// use issuance::Template;
    /// let device = Template::from_toml(r#"
    ///     name = "Device"
    ///     extends = "EndEntityClientAuthCertificate_APIPassthrough"
    ///     default_validity = { value = 30, type = "DAYS" }
    ///     certificate_policies = { critical = false, value = [{ id = "1.3.6.1.4.1.99999.1" }] }
    ///
    ///     [policy.names]
    ///     permitted = ["DNS:devices.example.com"]
    /// "#, &[])?;
    /// assert_eq!(Template::from_toml(&device.to_toml(), &[])?, device);
    /// # Ok::<(), issuance::policy::FileError>(())
    /// ```
    ///
    /// # Errors
    /// [`FileError`] with line and column, also for unknown keys.
    #[cfg(feature = "toml")]
    pub fn from_toml(text: &str, custom: &[Template]) -> Result<Template, FileError> {
        file::from_toml::<TemplateForm>(text)?.read(custom).map_err(|fault| fault.within(text))
    }

    /// The template as JSON, whole: [`Template::from_json`] reads it as the same template.
    pub fn to_json(&self) -> String {
        file::to_json(&TemplateForm::of(self))
    }

    /// The template as TOML, whole: [`Template::from_toml`] reads it as the same template.
    #[cfg(feature = "toml")]
    pub fn to_toml(&self) -> String {
        file::to_toml(&TemplateForm::of(self))
    }
}
