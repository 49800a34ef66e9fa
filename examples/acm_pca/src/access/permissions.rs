//! Which operations a caller's policy document allows, on which authorities. What it says of certificates (R-POL-7) the library
//! judges; this is about the request itself.

use serde_json::Value;

use issuance::api::Operation;
use issuance::policy::Denial;

const ISSUE: &str = "acm-pca:issuecertificate";

/// The statements of a document about actions and resources. If there is an `Allow`, one must match; a document without one only
/// narrows.
pub(crate) struct Permissions(Vec<Statement>);

struct Statement {
    allows: bool,
    /// Patterns in lower case.
    actions: Vec<String>,
    resources: Vec<String>,
    /// Whether it is also about the certificate.
    has_condition: bool,
}

impl Permissions {
    /// Reads a document that the library's reader has accepted.
    pub(super) fn from_json(text: &str) -> Result<Permissions, String> {
        let document: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let statements = match document.get("Statement") {
            Some(Value::Array(statements)) => statements.clone(),
            Some(statement) => vec![statement.clone()],
            None => Vec::new(),
        };
        let read = statements.iter().enumerate().map(|(position, statement)| {
            Statement::read(statement).map_err(|problem| format!("Statement {}: {problem}", position + 1))
        });
        read.collect::<Result<_, _>>().map(Permissions)
    }

    /// Whether the operation is allowed on an authority, or on all if there is none yet.
    pub(crate) fn check(&self, operation: Operation, resource: &str) -> Result<(), Denial> {
        let action = format!("acm-pca:{operation}").to_ascii_lowercase();
        let about = |statement: &&Statement| {
            let of_action = statement.actions.iter().any(|pattern| like(&action, pattern));
            of_action && statement.resources.iter().any(|pattern| like(resource, pattern))
        };
        // A Deny with a condition is about the certificate that there will be.
        if self.0.iter().filter(about).any(|statement| !statement.allows && !statement.has_condition) {
            return Err(Denial::Explicit);
        }
        let mut allows = self.0.iter().filter(|statement| statement.allows).peekable();
        if allows.peek().is_some() && !allows.any(|statement| about(&statement)) {
            return Err(Denial::Implicit);
        }
        Ok(())
    }
}

impl Statement {
    fn read(statement: &Value) -> Result<Statement, String> {
        for member in ["NotAction", "NotResource", "Principal", "NotPrincipal"] {
            if statement.get(member).is_some() {
                return Err(format!("{member} is not supported; give Action and Resource"));
            }
        }
        let allows = match statement.get("Effect").and_then(Value::as_str) {
            Some("Allow") => true,
            Some("Deny") => false,
            _ => return Err("Effect must be Allow or Deny".to_owned()),
        };
        let actions: Vec<String> =
            texts(statement, "Action")?.iter().map(|action| action.to_ascii_lowercase()).collect();
        let has_condition = statement.get("Condition").is_some();
        let others = |pattern: &&String| {
            Operation::ALL.iter().any(|operation| {
                let action = format!("acm-pca:{operation}").to_ascii_lowercase();
                action != ISSUE && like(&action, pattern)
            })
        };
        if let Some(pattern) = actions.iter().find(others).filter(|_| has_condition) {
            return Err(format!(
                "conditions are supported for acm-pca:IssueCertificate alone, not for '{}'; give it a statement of its own",
                pattern.escape_default()
            ));
        }
        Ok(Statement { allows, actions, resources: texts(statement, "Resource")?, has_condition })
    }
}

/// One text or a list of them.
fn texts(statement: &Value, member: &str) -> Result<Vec<String>, String> {
    let wrong = || format!("{member} must be a text or a list of texts");
    match statement.get(member) {
        Some(Value::String(text)) => Ok(vec![text.clone()]),
        Some(Value::Array(values)) => {
            values.iter().map(|value| value.as_str().map(str::to_owned).ok_or_else(wrong)).collect()
        }
        _ => Err(wrong()),
    }
}

/// Whether a text is what a pattern describes: `*` stands for any characters, `?` for one.
fn like(text: &str, pattern: &str) -> bool {
    let (text, pattern) = (text.as_bytes(), pattern.as_bytes());
    let (mut at, mut of) = (0, 0);
    // Where the last star is, and what of the text it stands for so far.
    let mut star = None;
    while at < text.len() {
        match pattern.get(of) {
            Some(b'*') => {
                star = Some((of, at));
                of += 1;
            }
            Some(wanted) if *wanted == b'?' || text.get(at) == Some(wanted) => {
                at += 1;
                of += 1;
            }
            _ => match star {
                Some((place, until)) => {
                    star = Some((place, until + 1));
                    at = until + 1;
                    of = place + 1;
                }
                None => return false,
            },
        }
    }
    pattern.iter().skip(of).all(|rest| *rest == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const ARN: &str = "arn:aws:acm-pca:us-east-1:123456789012:certificate-authority/1";

    fn permissions(statement: Value) -> Result<Permissions, String> {
        Permissions::from_json(&json!({ "Version": "2012-10-17", "Statement": statement }).to_string())
    }

    #[test]
    fn patterns() {
        for (text, pattern, matches) in [
            ("", "", true),
            ("", "*", true),
            ("abc", "abc", true),
            ("abc", "a*", true),
            ("abc", "*c", true),
            ("abc", "a?c", true),
            ("abcabd", "*abd", true),
            ("abc", "ab", false),
            ("abc", "abcd", false),
            ("abc", "b*", false),
            ("abc", "*?d", false),
        ] {
            assert_eq!(like(text, pattern), matches, "{text} {pattern}");
        }
    }

    #[test]
    fn an_allow_is_needed_where_there_is_one() {
        let reads =
            json!({ "Effect": "Allow", "Action": ["acm-pca:Get*", "acm-pca:IssueCertificate"], "Resource": ARN });
        let reads = permissions(reads).unwrap();
        assert_eq!(reads.check(Operation::GetCertificate, ARN), Ok(()));
        assert_eq!(reads.check(Operation::IssueCertificate, ARN), Ok(()));
        assert_eq!(reads.check(Operation::GetCertificate, "arn:other"), Err(Denial::Implicit));
        assert_eq!(reads.check(Operation::DeleteCertificateAuthority, ARN), Err(Denial::Implicit));
        let narrows = json!([{ "Effect": "Deny", "Action": "ACM-PCA:delete*", "Resource": "*" }]);
        let narrows = permissions(narrows).unwrap();
        assert_eq!(narrows.check(Operation::DeleteCertificateAuthority, ARN), Err(Denial::Explicit));
        assert_eq!(narrows.check(Operation::GetCertificate, ARN), Ok(()));
    }

    #[test]
    fn a_deny_wins() {
        let both = permissions(json!([
            { "Effect": "Allow", "Action": "*", "Resource": "*" },
            { "Effect": "Deny", "Action": "acm-pca:RevokeCertificate", "Resource": ARN },
        ]))
        .unwrap();
        assert_eq!(both.check(Operation::RevokeCertificate, ARN), Err(Denial::Explicit));
        assert_eq!(both.check(Operation::RevokeCertificate, "arn:other"), Ok(()));
    }

    #[test]
    fn a_condition_is_about_certificates_alone() {
        let condition = json!({ "StringNotEquals": { "acm-pca:x509Key/algorithm": "EC" } });
        let statement =
            |action: &str| json!({ "Effect": "Deny", "Action": action, "Resource": "*", "Condition": condition });
        let denies = permissions(statement("acm-pca:IssueCertificate")).unwrap();
        assert_eq!(denies.check(Operation::IssueCertificate, ARN), Ok(()));
        assert!(permissions(statement("acm-pca:*")).is_err());
        assert!(permissions(statement("s3:*")).is_ok());
        for member in ["NotAction", "Principal"] {
            assert!(permissions(json!({ "Effect": "Allow", "Action": "*", "Resource": "*", member: "*" })).is_err());
        }
    }
}
