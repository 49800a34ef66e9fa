//! The extensions that a request may ask for.

use super::bounded::DerValue;
use super::certificate_policy::PolicyInformation;
use super::draft::{Draft, Findings, Items, appenders, setters};
use super::extended_key_usage::ExtendedKeyUsage;
use super::general_name::GeneralName;
use super::given::{IntoDraft, Shape, given};
use super::key_usage::KeyUsage;
use super::violation::{Constraint, RequestError, Violation, Violations};
use crate::x509::oid::{Oid, OidSet};

/// Any extension by its object identifier and DER value: `CustomExtension` of the API.
/// [`Extensions`](crate::request::Extensions) has an example.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CustomExtension {
    pub(crate) object_identifier: Oid,
    pub(crate) value: DerValue,
    pub(crate) critical: bool,
}

impl Shape for CustomExtension {}

impl CustomExtension {
    /// An extension whose value is given as bytes, which are the DER value, or as text, which is its base64.
    ///
    /// ```
    /// use issuance::request::CustomExtension;
    /// let bytes = CustomExtension::new("2.5.29.15", &[0x03, 0x02, 0x01, 0x06], true).build()?;
    /// let base64 = CustomExtension::new("2.5.29.15", "AwIBBg==", true).build()?;
    /// assert_eq!(bytes, base64);
    /// # Ok::<(), issuance::request::RequestError>(())
    /// ```
    pub fn new(
        object_identifier: impl IntoDraft<Oid>,
        value: impl IntoDraft<DerValue>,
        critical: bool,
    ) -> Draft<CustomExtension> {
        CustomExtension::assemble(
            Some(object_identifier.into_draft()),
            Some(value.into_draft()),
            Some(critical.into_draft()),
        )
    }

    /// An extension that does not say whether it is critical is not (R-MRG-6).
    pub(crate) fn assemble(
        object_identifier: Option<Draft<Oid>>,
        value: Option<Draft<DerValue>>,
        critical: Option<Draft<bool>>,
    ) -> Draft<CustomExtension> {
        let mut findings = Findings::default();
        let object_identifier = findings.required("ObjectIdentifier", object_identifier);
        let value = findings.required("Value", value);
        let critical = findings.optional("Critical", critical).unwrap_or(false);
        findings.finish(|| Some(CustomExtension { object_identifier: object_identifier?, value: value?, critical }))
    }

    /// The object identifier of the extension.
    pub fn object_identifier(&self) -> Oid {
        self.object_identifier
    }

    /// The value of the extension: one complete DER value (R-REQ-7).
    pub fn value(&self) -> &[u8] {
        self.value.as_bytes()
    }

    /// Whether the extension is critical.
    pub fn critical(&self) -> bool {
        self.critical
    }
}

/// The extensions that a request asks for: `Extensions` of the API. No extension is given twice (R-REQ-9, our
/// decision), and no certificate policy (RFC 5280 section 4.2.1.4; our decision to refuse).
///
/// ```
/// use issuance::request::{CustomExtension, Extensions};
/// use issuance::{ExtendedKeyUsage, GeneralName, KeyUsage, Oid};
/// let extensions = Extensions::builder()
///     .key_usage(KeyUsage::DIGITAL_SIGNATURE)
///     .extended_key_usage(ExtendedKeyUsage::Oid(Oid::CLIENT_AUTH))
///     .subject_alternative_name(GeneralName::dns_name("www.example.com"))
///     .build()?;
/// assert_eq!(extensions.subject_alternative_names().len(), 1);
/// assert!(CustomExtension::new("1.2.3.4", vec![0x05, 0x00], false).build().is_ok());
/// # Ok::<(), issuance::request::RequestError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Extensions {
    pub(crate) certificate_policies: Vec<PolicyInformation>,
    pub(crate) extended_key_usage: Vec<ExtendedKeyUsage>,
    pub(crate) key_usage: Option<KeyUsage>,
    pub(crate) subject_alternative_names: Vec<GeneralName>,
    pub(crate) custom_extensions: Vec<CustomExtension>,
}

impl Shape for Extensions {}

impl Extensions {
    /// Starts without extensions.
    pub fn builder() -> ExtensionsBuilder {
        ExtensionsBuilder::default()
    }

    /// The certificate policies; empty where they are not given.
    pub fn certificate_policies(&self) -> &[PolicyInformation] {
        &self.certificate_policies
    }

    /// The extended key usages; empty where they are not given.
    pub fn extended_key_usage(&self) -> &[ExtendedKeyUsage] {
        &self.extended_key_usage
    }

    /// The key usage.
    pub fn key_usage(&self) -> Option<KeyUsage> {
        self.key_usage
    }

    /// The alternative names of the subject; empty where they are not given.
    pub fn subject_alternative_names(&self) -> &[GeneralName] {
        &self.subject_alternative_names
    }

    /// The custom extensions in the order given; empty where there are none.
    pub fn custom_extensions(&self) -> &[CustomExtension] {
        &self.custom_extensions
    }
}

/// Builds [`Extensions`]. [`Extensions`](crate::request::Extensions) has an example.
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct ExtensionsBuilder {
    pub(crate) certificate_policies: Items<PolicyInformation>,
    pub(crate) extended_key_usage: Items<ExtendedKeyUsage>,
    pub(crate) key_usage: Option<Draft<KeyUsage>>,
    pub(crate) subject_alternative_names: Items<GeneralName>,
    pub(crate) custom_extensions: Items<CustomExtension>,
    /// What was wrong with extensions that were given as a whole.
    pub(crate) earlier: Violations,
}

impl ExtensionsBuilder {
    appenders! {
        /// Appends a certificate policy, of which there are at most 20, and each once.
        certificate_policy: PolicyInformation => certificate_policies,
        /// Appends an extended key usage, of which there are at most 20.
        extended_key_usage: ExtendedKeyUsage => extended_key_usage,
        /// Appends an alternative name of the subject, of which there are at most 150.
        subject_alternative_name: GeneralName => subject_alternative_names,
        /// Appends a custom extension, of which there are at most 150.
        custom_extension: CustomExtension => custom_extensions,
    }

    setters! {
        /// The key usage.
        key_usage: KeyUsage,
    }

    /// The extensions.
    ///
    /// # Errors
    /// Everything that is wrong with them.
    pub fn build(self) -> Result<Extensions, RequestError> {
        self.into_draft().build()
    }

    /// Custom extensions that repeat a standard member or another custom extension (R-REQ-9).
    fn repeated(&self) -> Violations {
        let standard = [
            (self.certificate_policies.is_present(), Oid::CERTIFICATE_POLICIES, "CertificatePolicies"),
            (self.extended_key_usage.is_present(), Oid::EXTENDED_KEY_USAGE, "ExtendedKeyUsage"),
            (self.key_usage.is_some(), Oid::KEY_USAGE, "KeyUsage"),
            (self.subject_alternative_names.is_present(), Oid::SUBJECT_ALT_NAME, "SubjectAlternativeNames"),
        ];
        let by_member = |oid| standard.iter().find(|(present, member, _)| *present && *member == oid);
        let mut met = OidSet::default();
        let mut repeated = Violations::default();
        for (position, custom) in self.custom_extensions.right() {
            let oid = custom.object_identifier;
            let given_by = match met.insert(custom.object_identifier.by_ref()) {
                true => by_member(oid).map(|(.., name)| *name),
                false => Some("CustomExtensions"),
            };
            if let Some(given_by) = given_by {
                let violation = Violation::new(oid.to_string(), Constraint::UniqueExtension { oid, given_by });
                repeated.add(violation.under(format_args!("customExtensions.{position}.member.objectIdentifier")));
            }
        }
        repeated
    }

    /// Certificate policies that the list has already (RFC 5280 section 4.2.1.4).
    fn repeated_policies(&self) -> Violations {
        let mut met = OidSet::default();
        let repeated =
            self.certificate_policies.right().filter(|(_, policy)| !met.insert(policy.cert_policy_id.by_ref()));
        let violation = |(position, policy): (usize, &PolicyInformation)| {
            let violation = Violation::new(policy.cert_policy_id.to_string(), Constraint::UniquePolicy);
            violation.under(format_args!("certificatePolicies.{position}.member.certPolicyId"))
        };
        repeated.map(violation).collect()
    }
}

given! { [] ExtensionsBuilder => Extensions, |builder| builder.draft(); }

impl ExtensionsBuilder {
    fn draft(self) -> Draft<Extensions> {
        let builder = self;
        let repeated = [builder.repeated_policies(), builder.repeated()];
        let mut findings = Findings::from(builder.earlier);
        let certificate_policies = findings.list("CertificatePolicies", 1..=20, builder.certificate_policies);
        let extended_key_usage = findings.list("ExtendedKeyUsage", 1..=20, builder.extended_key_usage);
        let key_usage = findings.optional("KeyUsage", builder.key_usage);
        let subject_alternative_names =
            findings.list("SubjectAlternativeNames", 1..=150, builder.subject_alternative_names);
        let custom_extensions = findings.list("CustomExtensions", 1..=150, builder.custom_extensions);
        repeated.into_iter().for_each(|violations| findings.append(violations));
        findings.finish(|| {
            Some(Extensions {
                certificate_policies,
                extended_key_usage,
                key_usage,
                subject_alternative_names,
                custom_extensions,
            })
        })
    }
}

impl From<Draft<Extensions>> for ExtensionsBuilder {
    /// Takes extensions apart again, so that more can be appended.
    fn from(draft: Draft<Extensions>) -> Self {
        match draft.into_result() {
            Ok(extensions) => ExtensionsBuilder {
                certificate_policies: Items::of(extensions.certificate_policies),
                extended_key_usage: Items::of(extensions.extended_key_usage),
                key_usage: extensions.key_usage.map(Draft::right),
                subject_alternative_names: Items::of(extensions.subject_alternative_names),
                custom_extensions: Items::of(extensions.custom_extensions),
                earlier: Violations::default(),
            },
            Err(earlier) => ExtensionsBuilder { earlier, ..ExtensionsBuilder::default() },
        }
    }
}
