//! What a request has and no rule uses (R-REQ-10).

use std::fmt;
use std::hash::{Hash, Hasher};

/// Why a member of a request is not used (R-REQ-10). [`UnusedMember`](crate::request::UnusedMember) has an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum UnusedReason {
    /// The API model has no such member: it is ignored, as the service's protocols ask for.
    NotKnown,
    /// The structure has no members, and counts as absent (our decision).
    EmptyStructure,
}

impl fmt::Display for UnusedReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            UnusedReason::NotKnown => "member not known",
            UnusedReason::EmptyStructure => "empty structure",
        })
    }
}

/// A member that a request has and that is not used.
///
/// ```
/// use issuance::IssueCertificateRequest;
/// use issuance::request::UnusedReason;
/// let json = r#"{
///     "CertificateAuthorityArn": "arn:aws:acm-pca:us-west-2:123456789012:certificate-authority/12345678-1234-1234-1234-123456789012",
///     "Csr": "TUFBPQ==", "SigningAlgorithm": "SHA256WITHECDSA", "Validity": {"Type": "DAYS", "Value": 90}, "Colour": "blue"
/// }"#;
/// let request: IssueCertificateRequest = serde_json::from_str(json)?;
/// let unused = &request.unused_members()[0];
/// assert_eq!((unused.path(), unused.reason()), ("Colour", UnusedReason::NotKnown));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct UnusedMember {
    path: Box<str>,
    reason: UnusedReason,
}

impl UnusedMember {
    /// Where it is: as in [`Violation::path`](super::Violation::path), an unknown name as it was given, cut where it is long.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Why it is not used.
    pub fn reason(&self) -> UnusedReason {
        self.reason
    }
}

/// The members of one request that are not used. They are no part of what it asks for: requests that differ in them alone are
/// equal.
#[derive(Debug, Clone, Default)]
pub(crate) struct Unused {
    listed: Vec<UnusedMember>,
    count: usize,
}

impl Unused {
    /// The most that are listed: a hostile request must not make a long plan.
    const MOST_LISTED: usize = 100;

    pub(crate) fn add(&mut self, path: impl Into<Box<str>>, reason: UnusedReason) {
        self.count += 1;
        if self.listed.len() < Unused::MOST_LISTED {
            self.listed.push(UnusedMember { path: path.into(), reason });
        }
    }

    /// Appends what `later` has.
    #[cfg(feature = "serde")]
    pub(crate) fn append(&mut self, later: Unused) {
        self.count += later.count;
        let room = Unused::MOST_LISTED - self.listed.len();
        self.listed.extend(later.listed.into_iter().take(room));
    }

    /// The first of them.
    pub(crate) fn listed(&self) -> &[UnusedMember] {
        &self.listed
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.count
    }
}

impl PartialEq for Unused {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Unused {}

impl Hash for Unused {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}
