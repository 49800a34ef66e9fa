//! The parts of a policy, and its builder.

use std::time::Duration;

use super::pattern::Pattern;
use super::text::{Identifier, KeyPattern};
use crate::request::key_usage::KeyUsage;
use crate::x509::algorithm::SigningAlgorithm;
use crate::x509::name_constraints::NameConstraints;
use crate::x509::oid::Oid;
use crate::x509::timestamp::Timestamp;

/// What certificates must satisfy: a conjunction that can refuse and nothing else (R-POL-2).
///
/// A policy without parts refuses nothing. [`Policy::and`] joins two. For the parts see [the module](crate::policy).
///
/// ```
/// use std::time::Duration;
/// use issuance::policy::{CommonNameRule, Policy};
///
/// let policy = Policy::builder()
///     .permitted_name("DNS:shop.example.com")
///     .wildcards(false)
///     .common_name(CommonNameRule::AmongNames)
///     .key("EC_prime256v1")
///     .key("RSA_3072-8192")
///     .longest_validity(Duration::from_secs(90 * 86_400 + 3_600))
///     .allowed_purpose("serverAuth")
///     .ca(false)
///     .build()?;
/// assert!(!policy.is_empty());
/// # Ok::<(), issuance::policy::PolicyError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Policy {
    /// All of them hold. None is empty, and none stands twice.
    pub(crate) all: Vec<Rules>,
}

impl Policy {
    pub(crate) const NONE: Policy = Policy { all: Vec::new() };

    /// Starts a policy without parts.
    pub fn builder() -> PolicyBuilder {
        PolicyBuilder::default()
    }

    /// The policy that refuses what either refuses (R-POL-4).
    #[must_use]
    pub fn and(mut self, other: Policy) -> Policy {
        for rules in other.all {
            self.add(rules);
        }
        self
    }

    /// Whether the policy has no part and so refuses nothing.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    pub(crate) fn add(&mut self, rules: Rules) {
        // Without what says nothing.
        let rules = rules.only(|_| true);
        if rules != Rules::default() && !self.all.contains(&rules) {
            self.all.push(rules);
        }
    }
}

/// What the policy says of the commonName. [`Policy`] has an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum CommonNameRule {
    /// Each commonName is one of the alternative names: a dNSName whatever its case, an e-mail address, a URI or an address.
    AmongNames,
    /// No commonName looks like a host or an address.
    NotAHost,
}

/// One conjunction of parts. Without `..` wherever it is taken apart: a part that is added and not judged does not compile.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct Rules {
    pub(crate) names: Option<NameRules>,
    pub(crate) common_name: Option<CommonNameRule>,
    pub(crate) subject: Option<SubjectRules>,
    pub(crate) keys: Option<Vec<KeyPattern>>,
    pub(crate) signing_algorithms: Option<Vec<SigningAlgorithm>>,
    pub(crate) validity: Option<ValidityRules>,
    pub(crate) key_usage: Option<KeyUsageRules>,
    pub(crate) extended_key_usage: Option<PurposeRules>,
    pub(crate) extensions: Option<ExtensionRules>,
    pub(crate) ca: Option<bool>,
    pub(crate) longest_path: Option<u8>,
    pub(crate) max_bytes: Option<usize>,
}

/// What alternative names there may be.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct NameTexts {
    /// If there is a list, names that it does not cover are refused, whatever their form.
    pub(crate) permitted: Option<Vec<Pattern>>,
    pub(crate) excluded: Vec<Pattern>,
    pub(crate) wildcards: Option<bool>,
    pub(crate) least: Option<usize>,
    pub(crate) most: Option<usize>,
}

/// As [`NameTexts`], with the patterns in the form of name constraints.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct NameRules {
    pub(crate) texts: NameTexts,
    pub(crate) constraints: NameConstraints,
}

/// The most alternative names that a policy can ask for: those of the API model.
const MOST_NAMES: usize = 100;

/// More bytes, and names, than a certificate can have; a number that every file format can say.
const MOST_OCTETS: usize = i32::MAX as usize;

/// The longest period of a policy in seconds: longer than there are years.
const LONGEST: u64 = i64::MAX as u64;

impl NameRules {
    pub(crate) fn new(texts: NameTexts) -> Result<NameRules, String> {
        if texts.least.is_some_and(|least| least > MOST_NAMES) {
            return Err(format!("names.least is more than {MOST_NAMES}"));
        }
        if texts.most.is_some_and(|most| most > MOST_OCTETS) {
            return Err(format!("names.most is more than {MOST_OCTETS}"));
        }
        if let (Some(least), Some(most)) = (texts.least, texts.most)
            && least > most
        {
            return Err(format!("names.least ({least}) is more than names.most ({most})"));
        }
        let subtrees = |patterns: &[Pattern]| patterns.iter().map(|pattern| pattern.0.clone()).collect();
        let permitted = subtrees(texts.permitted.as_deref().unwrap_or_default());
        let constraints = NameConstraints::of_policy(permitted, subtrees(&texts.excluded), texts.permitted.is_some());
        Ok(NameRules { texts, constraints })
    }
}

/// What attributes a subject may have.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct SubjectRules {
    pub(crate) required: Vec<Identifier>,
    pub(crate) allowed: Option<Vec<Identifier>>,
    /// The texts that an attribute may have, compared as name constraints compare them.
    pub(crate) values: Vec<(Identifier, Vec<String>)>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct ValidityRules {
    /// From notBefore to notAfter, in seconds.
    pub(crate) longest: Option<u64>,
    pub(crate) not_before: Option<Timestamp>,
    pub(crate) not_after: Option<Timestamp>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct KeyUsageRules {
    pub(crate) required: Option<KeyUsage>,
    /// If it is there, a certificate without keyUsage is refused: its key may be used for everything.
    pub(crate) allowed: Option<KeyUsage>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct PurposeRules {
    pub(crate) required: Vec<Identifier>,
    /// If it is there, a certificate without extKeyUsage is refused: it is for every purpose.
    pub(crate) allowed: Option<Vec<Identifier>>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct ExtensionRules {
    /// Beside basicConstraints and the key identifiers, which every certificate has.
    pub(crate) allowed: Option<Vec<Identifier>>,
    pub(crate) forbidden: Vec<Identifier>,
    pub(crate) critical: Vec<Identifier>,
    pub(crate) not_critical: Vec<Identifier>,
}

/// What is wrong with a policy that is being built: all of it. [`Policy`] has an example.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.join("; "))]
pub struct PolicyError(Vec<String>);

impl PolicyError {
    /// The problems, each with the part that it is in.
    pub fn problems(&self) -> &[String] {
        &self.0
    }
}

/// Builds a [`Policy`].
///
/// Names, identifiers and keys are given as texts, as in files; lists grow, other parts take the last value given.
/// [`Policy`] has an example.
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct PolicyBuilder {
    rules: Rules,
    names: Option<NameTexts>,
    problems: Vec<String>,
}

macro_rules! lists {
    ($($(#[$doc:meta])* $name:ident: $list:expr, $part:literal;)+) => {$(
        $(#[$doc])*
        pub fn $name(mut self, text: &str) -> Self {
            match text.parse() {
                Ok(value) => {
                    let list: fn(&mut PolicyBuilder) -> &mut Vec<_> = $list;
                    list(&mut self).push(value);
                }
                Err(problem) => {
                    let problem: String = problem;
                    self.problems.push(format!(concat!($part, ": {}"), problem));
                }
            }
            self
        }
    )+};
}

impl PolicyBuilder {
    lists! {
        /// Permits the alternative names of a pattern: `DNS:example.com` (the host and those below), `IP:10.0.0.0/8`,
        /// `URI:spiffe://example.org/ns`, `email:example.com`, `DirName:C=US, O=Example`, `othername:1.3.6.1.4.1.311.20.2.3`,
        /// `RID:1.2.3`. Names that no pattern permits are refused then. The subject is held against the patterns of `DirName:`, if
        /// there are any, and its emailAddress against those of `email:`.
        permitted_name: |b| b.names.get_or_insert_default().permitted.get_or_insert_default(), "names.permitted";
        /// Refuses the alternative names of a pattern, as [`PolicyBuilder::permitted_name`] takes them.
        excluded_name: |b| &mut b.names.get_or_insert_default().excluded, "names.excluded";
        /// Requires an attribute in the subject, by its name (`CN`, `O`, `C` and so on) or its identifier.
        required_attribute: |b| &mut b.rules.subject.get_or_insert_default().required, "subject.required";
        /// Allows an attribute in the subject; others are refused then.
        allowed_attribute: |b| b.rules.subject.get_or_insert_default().allowed.get_or_insert_default(), "subject.allowed";
        /// Allows a kind of key: `RSA_3072-8192` and other sizes in bits, `ED25519`, `EC_prime256v1` and other names of the API.
        /// Others are refused then.
        key: |b| b.rules.keys.get_or_insert_default(), "keys";
        /// Requires a purpose in extKeyUsage, by its name (`serverAuth`) or its identifier.
        required_purpose: |b| &mut b.rules.extended_key_usage.get_or_insert_default().required, "extended_key_usage.required";
        /// Allows a purpose in extKeyUsage; others, and certificates without extKeyUsage, are refused then.
        allowed_purpose: |b| b.rules.extended_key_usage.get_or_insert_default().allowed.get_or_insert_default(), "extended_key_usage.allowed";
        /// Allows an extension, by its name (`keyUsage`) or its identifier. Others are refused then, but for basicConstraints and the
        /// key identifiers, which every certificate has.
        allowed_extension: |b| b.rules.extensions.get_or_insert_default().allowed.get_or_insert_default(), "extensions.allowed";
        /// Refuses an extension.
        forbidden_extension: |b| &mut b.rules.extensions.get_or_insert_default().forbidden, "extensions.forbidden";
        /// Requires an extension to be critical, if there is one.
        critical_extension: |b| &mut b.rules.extensions.get_or_insert_default().critical, "extensions.critical";
        /// Requires an extension not to be critical, if there is one.
        not_critical_extension: |b| &mut b.rules.extensions.get_or_insert_default().not_critical, "extensions.not_critical";
    }

    /// Permits no alternative name but those of [`PolicyBuilder::permitted_name`]: by itself none at all.
    pub fn no_other_names(mut self) -> Self {
        self.names.get_or_insert_default().permitted.get_or_insert_default();
        self
    }

    /// Whether a dNSName may have a wildcard as its first label. By default it may.
    pub fn wildcards(mut self, allowed: bool) -> Self {
        self.names.get_or_insert_default().wildcards = Some(allowed);
        self
    }

    /// The number of alternative names: at least, at most 100.
    pub fn least_names(mut self, least: usize) -> Self {
        self.names.get_or_insert_default().least = Some(least);
        self
    }

    /// The number of alternative names: at most.
    pub fn most_names(mut self, most: usize) -> Self {
        self.names.get_or_insert_default().most = Some(most);
        self
    }

    /// What commonNames there may be.
    pub fn common_name(mut self, rule: CommonNameRule) -> Self {
        self.rules.common_name = Some(rule);
        self
    }

    /// The values that an attribute of the subject may have, wherever it stands.
    pub fn attribute_values<T: AsRef<str>>(mut self, attribute: &str, values: impl IntoIterator<Item = T>) -> Self {
        let values = values.into_iter().map(|value| value.as_ref().to_owned()).collect();
        match attribute.parse() {
            Ok(oid) => self.rules.subject.get_or_insert_default().values.push((oid, values)),
            Err(problem) => self.problems.push(format!("subject.values: {problem}")),
        }
        self
    }

    /// Allows a signing algorithm; others are refused then.
    pub fn signing_algorithm(mut self, algorithm: SigningAlgorithm) -> Self {
        self.rules.signing_algorithms.get_or_insert_default().push(algorithm);
        self
    }

    /// The longest time from notBefore to notAfter, to the second. By default notBefore is 60 minutes before issuance (R-VAL-1), so
    /// that requests of 90 days need 90 days and an hour.
    pub fn longest_validity(mut self, longest: Duration) -> Self {
        self.rules.validity.get_or_insert_default().longest = Some(longest.as_secs());
        self
    }

    /// The earliest notBefore.
    pub fn earliest_not_before(mut self, earliest: Timestamp) -> Self {
        self.rules.validity.get_or_insert_default().not_before = Some(earliest);
        self
    }

    /// The latest notAfter.
    pub fn latest_not_after(mut self, latest: Timestamp) -> Self {
        self.rules.validity.get_or_insert_default().not_after = Some(latest);
        self
    }

    /// Requires these bits of keyUsage.
    pub fn required_key_usage(mut self, bits: KeyUsage) -> Self {
        self.rules.key_usage.get_or_insert_default().required = Some(bits);
        self
    }

    /// Allows these bits of keyUsage; others, and certificates without keyUsage, are refused then.
    pub fn allowed_key_usage(mut self, bits: KeyUsage) -> Self {
        self.rules.key_usage.get_or_insert_default().allowed = Some(bits);
        self
    }

    /// Whether certificates are those of CAs.
    pub fn ca(mut self, ca: bool) -> Self {
        self.rules.ca = Some(ca);
        self
    }

    /// The longest pathLenConstraint of a CA certificate; one without it is refused.
    pub fn longest_path(mut self, longest: u8) -> Self {
        self.rules.longest_path = Some(longest);
        self
    }

    /// The longest TBSCertificate, in bytes.
    pub fn max_bytes(mut self, octets: usize) -> Self {
        self.rules.max_bytes = Some(octets);
        self
    }

    /// The policy.
    ///
    /// # Errors
    /// Every text that cannot be read, and parts that contradict themselves.
    pub fn build(self) -> Result<Policy, PolicyError> {
        let PolicyBuilder { mut rules, names, mut problems } = self;
        if let Some(texts) = names {
            match NameRules::new(texts) {
                Ok(names) => rules.names = Some(names),
                Err(problem) => problems.push(problem),
            }
        }
        problems.extend(rules.contradiction());
        if !problems.is_empty() {
            return Err(PolicyError(problems));
        }
        let mut policy = Policy::NONE;
        policy.add(rules);
        Ok(policy)
    }
}

impl Rules {
    /// What cannot be meant: lists that leave nothing, and an attribute whose values are given twice.
    pub(crate) fn contradiction(&self) -> Option<String> {
        if let Some(subject) = &self.subject {
            for (position, (attribute, values)) in subject.values.iter().enumerate() {
                if values.is_empty() {
                    return Some(format!("subject.values: {attribute} has no value; subject.allowed can leave it out"));
                }
                if subject.values[..position].iter().any(|(earlier, _)| earlier == attribute) {
                    return Some(format!("subject.values: {attribute} stands twice; each is given once"));
                }
            }
        }
        if self.max_bytes.is_some_and(|most| most > MOST_OCTETS) {
            return Some(format!("max_bytes is more than {MOST_OCTETS}"));
        }
        if self.validity.as_ref().and_then(|validity| validity.longest).is_some_and(|longest| longest > LONGEST) {
            return Some(format!("validity.longest is more than {LONGEST} seconds"));
        }
        let empty = |part: &str| Some(format!("{part} is an empty list, which refuses every certificate"));
        if self.keys.as_ref().is_some_and(Vec::is_empty) {
            return empty("keys");
        }
        if self.signing_algorithms.as_ref().is_some_and(Vec::is_empty) {
            return empty("signing_algorithms");
        }
        let purposes = self.extended_key_usage.as_ref().and_then(|purposes| purposes.allowed.as_ref());
        if purposes.is_some_and(Vec::is_empty) {
            return empty("extended_key_usage.allowed");
        }
        None
    }
}

/// The extensions that every certificate has, whatever the policy allows.
pub(crate) const ALWAYS: [Oid; 3] =
    [Oid::BASIC_CONSTRAINTS, Oid::SUBJECT_KEY_IDENTIFIER, Oid::AUTHORITY_KEY_IDENTIFIER];
