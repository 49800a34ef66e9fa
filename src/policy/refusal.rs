//! What a policy says of a certificate that it refuses.

use std::borrow::Cow;
use std::fmt;

/// The most violations that are kept; all are counted.
const MOST_KEPT: usize = 100;

/// One part of a policy that a certificate would violate.
///
/// ```
/// use issuance::policy::PolicyViolation;
/// let violation = PolicyViolation::new("shop.example", "subject.O", "Evil Corp", "the organization of the caller");
/// assert_eq!(violation.to_string(), "subject.O is Evil Corp; shop.example takes the organization of the caller");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PolicyViolation {
    rule: Cow<'static, str>,
    path: Cow<'static, str>,
    value: String,
    right: String,
}

impl PolicyViolation {
    /// A violation: the rule by name, the part of the certificate, what stands there, and what would be right.
    pub fn new(
        rule: impl Into<Cow<'static, str>>,
        path: impl Into<Cow<'static, str>>,
        value: impl Into<String>,
        right: impl Into<String>,
    ) -> PolicyViolation {
        PolicyViolation { rule: rule.into(), path: path.into(), value: value.into(), right: right.into() }
    }

    /// The part of the policy, as in its file: `names.permitted`.
    pub fn rule(&self) -> &str {
        &self.rule
    }

    /// The part of the certificate: `subjectAltName.2`, counted from 1.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What stands there, fit for printing.
    pub fn value(&self) -> &str {
        &self.value
    }

    /// What the policy takes.
    pub fn right(&self) -> &str {
        &self.right
    }
}

impl fmt::Display for PolicyViolation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is {}; {} takes {}", self.path, self.value, self.rule, self.right)
    }
}

/// Everything in a certificate that violates a policy: `AccessDeniedException` (R-POL-3). [`PolicyViolation`] has an example.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct PolicyRefusal {
    violations: Vec<PolicyViolation>,
    count: usize,
}

impl PolicyRefusal {
    /// The first 100 violations.
    pub fn violations(&self) -> &[PolicyViolation] {
        &self.violations
    }

    /// How many violations there are, those among them that [`PolicyRefusal::violations`] does not list.
    pub fn count(&self) -> usize {
        self.count
    }

    pub(crate) fn push(&mut self, violation: impl FnOnce() -> PolicyViolation) {
        self.count += 1;
        if self.violations.len() < MOST_KEPT {
            self.violations.push(violation());
        }
    }

    /// Takes over what another refuses. One without a violation refuses as well.
    pub(crate) fn refuse(&mut self, other: PolicyRefusal) {
        self.count += other.count.max(1);
        self.violations.extend(other.violations);
        self.violations.truncate(MOST_KEPT);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.count == 0
    }
}

impl From<PolicyViolation> for PolicyRefusal {
    fn from(violation: PolicyViolation) -> Self {
        PolicyRefusal { violations: vec![violation], count: 1 }
    }
}

impl FromIterator<PolicyViolation> for PolicyRefusal {
    fn from_iter<I: IntoIterator<Item = PolicyViolation>>(violations: I) -> Self {
        let mut refusal = PolicyRefusal::default();
        violations.into_iter().for_each(|violation| refusal.push(|| violation));
        refusal
    }
}

impl fmt::Display for PolicyRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the policy refuses the certificate: ")?;
        for (position, violation) in self.violations.iter().enumerate() {
            write!(f, "{}{violation}", if position == 0 { "" } else { "; " })?;
        }
        match self.count - self.violations.len() {
            0 => Ok(()),
            more if self.violations.is_empty() => write!(f, "{more} violations"),
            more => write!(f, "; and {more} more"),
        }
    }
}

impl std::error::Error for PolicyRefusal {}
