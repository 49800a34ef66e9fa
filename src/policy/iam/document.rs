//! Reads documents, and judges certificates by them (R-POL-7).

use super::condition::{Condition, like};
use super::facts::Facts;
use super::form::{IamError, Statement, StatementForm, statements};
use crate::policy::refusal::{PolicyRefusal, PolicyViolation};

/// The action that documents are about, in lower case.
pub(super) const ISSUE: &str = "acm-pca:issuecertificate";

/// An IAM policy document, as far as it is about `acm-pca:IssueCertificate` (R-POL-7).
///
/// A `Deny` that matches refuses. If the document has an `Allow` for the action, one must match; a document without one only
/// narrows. An absent key makes negated operators true, which is what the service documents.
///
/// ```
/// use issuance::policy::IamDocument;
/// let document = IamDocument::from_json(r#"{
///     "Version": "2012-10-17",
///     "Statement": {
///         "Effect": "Deny",
///         "Action": "acm-pca:IssueCertificate",
///         "Resource": "*",
///         "Condition": {"StringNotEquals": {"acm-pca:x509Key/algorithm": ["RSA", "EC"]}}
///     }
/// }"#)?;
/// let options = issuance::IssuanceOptions::default().iam_document(document);
/// # let _ = options;
/// # Ok::<(), issuance::policy::IamError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IamDocument {
    statements: Vec<Statement>,
    /// Whether nothing is allowed without an `Allow` that matches.
    needs_allow: bool,
    /// As refusals call it.
    name: &'static str,
}

/// `None` if its actions cannot match.
fn read(form: StatementForm, name: String) -> Result<Option<Statement>, String> {
    for (member, given) in [
        ("NotAction", &form.not_action),
        ("NotResource", &form.not_resource),
        ("Principal", &form.principal),
        ("NotPrincipal", &form.not_principal),
    ] {
        if given.is_some() {
            return Err(format!("{member} is not supported; give Action and Resource"));
        }
    }
    let allows = form.allows()?;
    if !form.actions()?.iter().any(|pattern| like(ISSUE, &pattern.to_ascii_lowercase())) {
        return Ok(None);
    }
    form.statement(name, allows).map(Some)
}

impl IamDocument {
    /// Whether a text is meant as a document of IAM, and not as a [`Policy`](crate::policy::Policy): JSON with statements. For programs that
    /// take a file of either kind.
    ///
    /// ```
    /// use issuance::policy::IamDocument;
    /// assert!(IamDocument::recognizes(r#"{"Version": "2012-10-17", "Statement": []}"#));
    /// assert!(!IamDocument::recognizes(r#"{"ca": false}"#));
    /// ```
    pub fn recognizes(text: &str) -> bool {
        serde_json::from_str::<serde_json::Value>(text).is_ok_and(|document| document.get("Statement").is_some())
    }

    /// Reads a document.
    ///
    /// # Errors
    /// [`IamError`] for what is not a document, and for whatever in a statement about the action is not understood.
    pub fn from_json(text: &str) -> Result<IamDocument, IamError> {
        let statements = statements(text, read)?;
        let needs_allow = statements.iter().any(|statement| statement.allows);
        Ok(IamDocument { statements, needs_allow, name: "the policy document" })
    }

    /// What a resource policy says to one caller, who is allowed nothing without an `Allow`.
    pub(super) fn of_resource(statements: Vec<Statement>) -> IamDocument {
        IamDocument { statements, needs_allow: true, name: "the resource policy" }
    }

    /// # Errors
    /// Each `Deny` that matches, or that no `Allow` does.
    pub(crate) fn judge(&self, facts: &Facts) -> Result<(), PolicyRefusal> {
        let matches = |statement: &&Statement| {
            statement.is_about(&facts.resource) && statement.conditions.iter().all(|condition| condition.holds(facts))
        };
        let mut refusal = PolicyRefusal::default();
        for denies in self.statements.iter().filter(|statement| !statement.allows).filter(matches) {
            let keys: Vec<&str> = denies.conditions.iter().map(Condition::key).collect();
            let right = match keys.as_slice() {
                [] => "no request".to_owned(),
                keys => format!("other values of {}", keys.join(", ")),
            };
            refusal.push(|| PolicyViolation::new(denies.name.clone(), "certificate", "what it denies", right));
        }
        let mut allows = self.statements.iter().filter(|statement| statement.allows);
        if self.needs_allow && !allows.any(|statement| matches(&statement)) {
            let right = "what an Allow statement matches";
            refusal.push(|| PolicyViolation::new(self.name, "certificate", "not allowed", right));
        }
        if refusal.is_empty() { Ok(()) } else { Err(refusal) }
    }

    /// The values that conditions compare a key with, or `None` if some stand for more than themselves.
    pub(crate) fn values_of(&self, key: &str) -> Option<Vec<&str>> {
        let conditions = self.statements.iter().flat_map(|statement| &statement.conditions);
        let of_key: Vec<&Condition> = conditions.filter(|condition| condition.key() == key).collect();
        if !of_key.iter().all(|condition| condition.is_plain()) {
            return None;
        }
        Some(of_key.into_iter().flat_map(|condition| &condition.values).map(String::as_str).collect())
    }
}
