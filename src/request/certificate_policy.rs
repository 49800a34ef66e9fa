//! Certificate policies.

use super::bounded::{Ia5Name, enum_shapes};
use super::draft::{Draft, Findings, Items, appenders};
use super::given::{Given, IntoDraft, Shape, given};
use super::violation::RequestError;
use crate::x509::algorithm::api_enum;
use crate::x509::oid::Oid;

api_enum! {
    /// The kind of a policy qualifier: `PolicyQualifierId` of the API.
    /// [`PolicyInformation`](crate::request::PolicyInformation) has an example.
    #[non_exhaustive]
    pub enum PolicyQualifierId {
        /// A pointer to a certification practice statement: id-qt-cps of RFC 5280 section 4.2.1.4.
        Cps = "CPS",
    }
}
enum_shapes!(PolicyQualifierId);

/// What a policy qualifier says: `Qualifier` of the API.
/// [`PolicyInformation`](crate::request::PolicyInformation) has an example.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Qualifier {
    pub(crate) cps_uri: Ia5Name<256>,
}

impl Shape for Qualifier {}

impl Qualifier {
    pub(crate) fn assemble(cps_uri: Option<Draft<Ia5Name<256>>>) -> Draft<Qualifier> {
        let mut findings = Findings::default();
        let cps_uri = findings.required("CpsUri", cps_uri);
        findings.finish(|| Some(Qualifier { cps_uri: cps_uri? }))
    }

    /// The URI of a certification practice statement.
    pub fn cps_uri(&self) -> &str {
        self.cps_uri.as_str()
    }
}

/// A qualifier of a certificate policy: `PolicyQualifierInfo` of the API.
/// [`PolicyInformation`](crate::request::PolicyInformation) has an example.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PolicyQualifierInfo {
    pub(crate) policy_qualifier_id: PolicyQualifierId,
    pub(crate) qualifier: Qualifier,
}

impl Shape for PolicyQualifierInfo {}

impl PolicyQualifierInfo {
    /// A pointer to a certification practice statement: 1 to 256 characters of ASCII.
    pub fn cps(uri: impl IntoDraft<Ia5Name<256>>) -> Draft<PolicyQualifierInfo> {
        let qualifier = Qualifier::assemble(Some(uri.into_draft()));
        PolicyQualifierInfo::assemble(Some(PolicyQualifierId::Cps.into_draft()), Some(qualifier))
    }

    pub(crate) fn assemble(
        policy_qualifier_id: Option<Draft<PolicyQualifierId>>,
        qualifier: Option<Draft<Qualifier>>,
    ) -> Draft<PolicyQualifierInfo> {
        let mut findings = Findings::default();
        let id = findings.required("PolicyQualifierId", policy_qualifier_id);
        let qualifier = findings.required("Qualifier", qualifier);
        findings.finish(|| Some(PolicyQualifierInfo { policy_qualifier_id: id?, qualifier: qualifier? }))
    }

    /// The kind of the qualifier.
    pub fn policy_qualifier_id(&self) -> PolicyQualifierId {
        self.policy_qualifier_id
    }

    /// What the qualifier says.
    pub fn qualifier(&self) -> &Qualifier {
        &self.qualifier
    }
}

/// A certificate policy with up to 20 qualifiers: `PolicyInformation` of the API and of RFC 5280 section 4.2.1.4.
///
/// ```
/// use issuance::request::PolicyInformation;
/// let policy = PolicyInformation::builder("1.2.3.4").cps_uri("https://www.example.com/cps").build()?;
/// assert_eq!(policy.policy_qualifiers().len(), 1);
/// # Ok::<(), issuance::request::RequestError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PolicyInformation {
    pub(crate) cert_policy_id: Oid,
    pub(crate) policy_qualifiers: Vec<PolicyQualifierInfo>,
}

impl Shape for PolicyInformation {}

impl PolicyInformation {
    /// Starts a policy without qualifiers.
    pub fn builder(cert_policy_id: impl IntoDraft<Oid>) -> PolicyInformationBuilder {
        PolicyInformationBuilder {
            cert_policy_id: Some(cert_policy_id.into_draft()),
            policy_qualifiers: Items::default(),
        }
    }

    /// The identifier of the policy.
    pub fn cert_policy_id(&self) -> Oid {
        self.cert_policy_id
    }

    /// The qualifiers in the order given; empty where there are none.
    pub fn policy_qualifiers(&self) -> &[PolicyQualifierInfo] {
        &self.policy_qualifiers
    }
}

/// Builds a [`PolicyInformation`]. [`PolicyInformation`](crate::request::PolicyInformation) has an example.
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct PolicyInformationBuilder {
    pub(crate) cert_policy_id: Option<Draft<Oid>>,
    pub(crate) policy_qualifiers: Items<PolicyQualifierInfo>,
}

impl PolicyInformationBuilder {
    appenders! {
        /// Appends a qualifier, of which a policy has at most 20.
        policy_qualifier: PolicyQualifierInfo => policy_qualifiers,
    }

    /// Appends a pointer to a certification practice statement.
    pub fn cps_uri(self, uri: impl Given<Ia5Name<256>>) -> Self {
        self.policy_qualifier(uri.given().map(PolicyQualifierInfo::cps))
    }

    /// The policy.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn build(self) -> Result<PolicyInformation, RequestError> {
        self.into_draft().build()
    }
}

given! { [] PolicyInformationBuilder => PolicyInformation, |builder| builder.draft(); }

impl PolicyInformationBuilder {
    fn draft(self) -> Draft<PolicyInformation> {
        let builder = self;
        let mut findings = Findings::default();
        let cert_policy_id = findings.required("CertPolicyId", builder.cert_policy_id);
        let policy_qualifiers = findings.list("PolicyQualifiers", 1..=20, builder.policy_qualifiers);
        findings.finish(|| Some(PolicyInformation { cert_policy_id: cert_policy_id?, policy_qualifiers }))
    }
}
