//! Policies that an authority's owner stores for it: what callers of other accounts may do (R-POL-10).

use std::fmt;

use serde_json::Value;

use super::condition::like;
use super::document::{ISSUE, IamDocument};
use super::facts::Facts;
use super::form::{IamError, OneOrMany, Statement, StatementForm, statements};

/// The actions that callers of other accounts can be allowed.
const ACTIONS: [&str; 7] = [
    "acm-pca:DescribeCertificateAuthority",
    "acm-pca:GetCertificate",
    "acm-pca:GetCertificateAuthorityCertificate",
    "acm-pca:IssueCertificate",
    "acm-pca:ListPermissions",
    "acm-pca:ListTags",
    "acm-pca:RevokeCertificate",
];

/// Why a policy does not let a caller do something. [`ResourcePolicy`] has an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(clippy::exhaustive_enums, reason = "IAM knows these two")]
pub enum Denial {
    /// A `Deny` matches.
    Explicit,
    /// No `Allow` matches.
    Implicit,
}

impl fmt::Display for Denial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Denial::Explicit => "a Deny statement matches",
            Denial::Implicit => "no Allow statement matches",
        })
    }
}

impl std::error::Error for Denial {}

/// A policy that the owner of an authority stores for it: what callers of other accounts may do with it (R-POL-10).
///
/// It can allow them seven operations: `DescribeCertificateAuthority`, `GetCertificate`, `GetCertificateAuthorityCertificate`,
/// `IssueCertificate`, `ListPermissions`, `ListTags` and `RevokeCertificate`. A `Deny` that matches wins; without an `Allow`
/// that matches, nothing is allowed. `Principal` is `"*"` or has `AWS` with account identifiers, ARNs of `root`, which is
/// everybody of the account, and ARNs of users and roles. Condition keys are those of [`IamDocument`]; they are absent for
/// other operations than `IssueCertificate`.
///
/// ```
/// use issuance::policy::{Denial, ResourcePolicy};
/// let policy = ResourcePolicy::from_json(r#"{
///     "Version": "2012-10-17",
///     "Statement": {
///         "Effect": "Allow",
///         "Principal": {"AWS": "444455556666"},
///         "Action": ["acm-pca:IssueCertificate", "acm-pca:GetCertificate"],
///         "Resource": "*"
///     }
/// }"#)?;
/// let authority = "arn:aws:acm-pca:us-east-1:111122223333:certificate-authority/1";
/// let friend = "arn:aws:iam::444455556666:user/ci";
/// assert_eq!(policy.check(friend, "acm-pca:IssueCertificate", authority), Ok(()));
/// assert_eq!(policy.check(friend, "acm-pca:ListTags", authority), Err(Denial::Implicit));
/// // What it says of certificates is judged over the finished one: Issuer::with_iam_document takes this.
/// let document = policy.document_for(friend);
/// # let _ = document;
/// # Ok::<(), issuance::policy::IamError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourcePolicy {
    statements: Vec<ResourceStatement>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct ResourceStatement {
    principals: Vec<Principal>,
    /// Patterns in lower case.
    actions: Vec<String>,
    statement: Statement,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Principal {
    Anyone,
    Account(String),
    /// A user or a role.
    Arn(String),
}

impl Principal {
    fn read(text: &str) -> Result<Principal, String> {
        let is_account = |text: &str| text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
        if text == "*" {
            return Ok(Principal::Anyone);
        }
        if is_account(text) {
            return Ok(Principal::Account(text.to_owned()));
        }
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        match parts[..] {
            ["arn", _, "iam", "", account, "root"] if is_account(account) => Ok(Principal::Account(account.to_owned())),
            ["arn", _, "iam", "", account, name]
                if is_account(account)
                    && (name.starts_with("user/") || name.starts_with("role/"))
                    && !name.contains(['*', '?', '$']) =>
            {
                Ok(Principal::Arn(text.to_owned()))
            }
            _ => Err(format!(
                "Principal '{}' is not an account of 12 digits, the ARN of a root user, user or role, or *",
                text.escape_debug()
            )),
        }
    }

    /// A caller is known by its ARN.
    fn is(&self, caller: &str) -> bool {
        match self {
            Principal::Anyone => true,
            Principal::Account(account) => caller.split(':').nth(4) == Some(account),
            Principal::Arn(arn) => caller == arn,
        }
    }
}

/// `"*"`, or `{"AWS": …}` with one text or a list of them.
fn principals(given: &Value) -> Result<Vec<Principal>, String> {
    match given {
        Value::String(text) if text == "*" => Ok(vec![Principal::Anyone]),
        Value::Object(members) => {
            if let Some((other, _)) = members.iter().find(|(name, _)| *name != "AWS") {
                return Err(format!("Principal.{} is not supported; give AWS", other.escape_debug()));
            }
            let given = members.get("AWS").ok_or("Principal has no AWS")?;
            let OneOrMany(texts) = serde_json::from_value(given.clone()).map_err(|error| error.to_string())?;
            texts.iter().map(|text| Principal::read(text)).collect()
        }
        _ => Err("Principal is neither \"*\" nor an object with AWS".to_owned()),
    }
}

impl ResourceStatement {
    fn read(form: StatementForm, name: String) -> Result<Option<ResourceStatement>, String> {
        for (member, given) in [
            ("NotAction", &form.not_action),
            ("NotResource", &form.not_resource),
            ("NotPrincipal", &form.not_principal),
        ] {
            if given.is_some() {
                return Err(format!("{member} is not supported; give Principal, Action and Resource"));
            }
        }
        let allows = form.allows()?;
        let principals = principals(form.principal.as_ref().ok_or("Principal is missing")?)?;
        let can_match = |pattern: &&String| {
            let pattern = pattern.to_ascii_lowercase();
            ACTIONS.iter().any(|action| like(&action.to_ascii_lowercase(), &pattern))
        };
        if let Some(other) = form.actions()?.iter().find(|pattern| !can_match(pattern)) {
            return Err(format!(
                "Action '{}' is not one that callers of other accounts can be allowed; these are: {}",
                other.escape_debug(),
                ACTIONS.join(", ")
            ));
        }
        let actions = form.actions()?.iter().map(|pattern| pattern.to_ascii_lowercase()).collect();
        let statement = form.statement(format!("{name} of the resource policy"), allows)?;
        Ok(Some(ResourceStatement { principals, actions, statement }))
    }

    fn is_about(&self, caller: &str, action: &str) -> bool {
        self.principals.iter().any(|principal| principal.is(caller))
            && self.actions.iter().any(|pattern| like(action, pattern))
    }
}

impl ResourcePolicy {
    /// Reads a policy.
    ///
    /// # Errors
    /// [`IamError`] for what is not a policy, and for whatever is not understood, actions that it cannot allow among them.
    pub fn from_json(text: &str) -> Result<ResourcePolicy, IamError> {
        Ok(ResourcePolicy { statements: statements(text, ResourceStatement::read)? })
    }

    /// Whether a caller of another account, by its ARN, may do something with an authority, by its ARN. The action is written
    /// as in documents: `acm-pca:IssueCertificate`. What conditions say of a certificate is left to
    /// [`document_for`](Self::document_for).
    ///
    /// # Errors
    /// The [`Denial`], also of every action that a policy cannot allow.
    pub fn check(&self, caller: &str, action: &str, authority: &str) -> Result<(), Denial> {
        if !ACTIONS.iter().any(|known| known.eq_ignore_ascii_case(action)) {
            return Err(Denial::Implicit);
        }
        let action = action.to_ascii_lowercase();
        let absent = Facts::absent();
        let about = self.statements.iter().filter(|statement| statement.is_about(caller, &action));
        let about = about.map(|statement| &statement.statement).filter(|statement| statement.is_about(authority));
        // A condition is about the certificate that there will be, or else about none.
        let matches = |statement: &&Statement| match action.as_str() {
            ISSUE => statement.allows || statement.conditions.is_empty(),
            _ => statement.conditions.iter().all(|condition| condition.holds(&absent)),
        };
        let mut outcome = Err(Denial::Implicit);
        for statement in about.filter(matches) {
            match statement.allows {
                true => outcome = Ok(()),
                false => return Err(Denial::Explicit),
            }
        }
        outcome
    }

    /// What the policy says of the certificates of a caller, by its ARN: for
    /// [`Issuer::with_iam_document`](crate::Issuer::with_iam_document). Without an `Allow` for the caller it refuses every one.
    pub fn document_for(&self, caller: &str) -> IamDocument {
        let about = self.statements.iter().filter(|statement| statement.is_about(caller, ISSUE));
        IamDocument::of_resource(about.map(|statement| statement.statement.clone()).collect())
    }
}
