//! Reads documents, and judges certificates by them (R-POL-7).

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, Visitor};

use super::condition::{Condition, like};
use super::facts::Facts;
use crate::policy::refusal::{PolicyRefusal, PolicyViolation};

const ACTION: &str = "acm-pca:IssueCertificate";

/// Why a document cannot be used. [`IamDocument`] has an example.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {problem}")]
pub struct IamError {
    place: String,
    problem: String,
}

impl IamError {
    /// Where: `line 3, column 5`, or `Statement 2`, counted from 1.
    pub fn place(&self) -> &str {
        &self.place
    }

    /// What is wrong there.
    pub fn problem(&self) -> &str {
        &self.problem
    }
}

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
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Statement {
    /// `Statement 2 (DenySmallKeys)`.
    name: String,
    allows: bool,
    resources: Vec<String>,
    conditions: Vec<Condition>,
}

/// One text or a list of them; numbers and truth values count as their texts.
struct OneOrMany(Vec<String>);

impl<'de> Deserialize<'de> for OneOrMany {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = |value: serde_json::Value| match value {
            serde_json::Value::String(text) => Ok(text),
            serde_json::Value::Number(number) => Ok(number.to_string()),
            serde_json::Value::Bool(truth) => Ok(truth.to_string()),
            _ => Err(D::Error::custom("a value is neither a text nor a list of texts")),
        };
        match serde_json::Value::deserialize(deserializer)? {
            serde_json::Value::Array(values) => values.into_iter().map(text).collect::<Result<_, _>>().map(OneOrMany),
            value => Ok(OneOrMany(vec![text(value)?])),
        }
    }
}

/// A map of which each key stands once.
struct Once<T>(BTreeMap<String, T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Once<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries<T>(std::marker::PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Entries<T> {
            type Value = Once<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Once<T>, M::Error> {
                let mut entries = BTreeMap::new();
                while let Some(key) = map.next_key::<String>()? {
                    let shown = key.escape_debug().to_string();
                    if entries.insert(key, map.next_value()?).is_some() {
                        return Err(M::Error::custom(format!("{shown} stands twice; each is given once")));
                    }
                }
                Ok(Once(entries))
            }
        }

        deserializer.deserialize_map(Entries(std::marker::PhantomData))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct DocumentForm {
    version: String,
    #[serde(default)]
    #[allow(dead_code)]
    id: Option<String>,
    statement: Statements,
}

struct Statements(Vec<StatementForm>);

impl<'de> Deserialize<'de> for Statements {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;

        impl<'de> Visitor<'de> for Either {
            type Value = Statements;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a statement or a list of statements")
            }

            fn visit_map<M: MapAccess<'de>>(self, map: M) -> Result<Statements, M::Error> {
                let one = StatementForm::deserialize(serde::de::value::MapAccessDeserializer::new(map))?;
                Ok(Statements(vec![one]))
            }

            fn visit_seq<S: serde::de::SeqAccess<'de>>(self, mut seq: S) -> Result<Statements, S::Error> {
                let mut statements = Vec::new();
                while let Some(statement) = seq.next_element()? {
                    statements.push(statement);
                }
                Ok(Statements(statements))
            }
        }

        deserializer.deserialize_any(Either)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct StatementForm {
    sid: Option<String>,
    effect: String,
    action: Option<OneOrMany>,
    resource: Option<OneOrMany>,
    condition: Option<Once<Once<OneOrMany>>>,
    not_action: Option<serde_json::Value>,
    not_resource: Option<serde_json::Value>,
    principal: Option<serde_json::Value>,
    not_principal: Option<serde_json::Value>,
}

impl StatementForm {
    /// `None` if its actions cannot match.
    fn read(self, name: &str) -> Result<Option<Statement>, String> {
        for (member, given) in [
            ("NotAction", &self.not_action),
            ("NotResource", &self.not_resource),
            ("Principal", &self.principal),
            ("NotPrincipal", &self.not_principal),
        ] {
            if given.is_some() {
                return Err(format!("{member} is not supported; give Action and Resource"));
            }
        }
        let allows = match self.effect.as_str() {
            "Allow" => true,
            "Deny" => false,
            other => return Err(format!("Effect is '{}', which is neither Allow nor Deny", other.escape_debug())),
        };
        let Some(OneOrMany(actions)) = self.action else { return Err("Action is missing".to_owned()) };
        let action = ACTION.to_ascii_lowercase();
        if !actions.iter().any(|pattern| like(&action, &pattern.to_ascii_lowercase())) {
            return Ok(None);
        }
        let Some(OneOrMany(resources)) = self.resource else { return Err("Resource is missing".to_owned()) };
        let mut conditions = Vec::new();
        for (operator, keys) in self.condition.map(|condition| condition.0).unwrap_or_default() {
            for (key, OneOrMany(values)) in keys.0 {
                let condition = Condition::new(&operator, &key, values);
                conditions.push(condition.map_err(|problem| format!("Condition.{operator}: {problem}"))?);
            }
        }
        let texts = resources.iter().chain(conditions.iter().flat_map(|condition| &condition.values));
        if let Some(variable) = texts.into_iter().find(|text| text.contains("${")) {
            return Err(format!("policy variables are not supported: '{}'", variable.escape_debug()));
        }
        Ok(Some(Statement { name: name.to_owned(), allows, resources, conditions }))
    }
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
        let form: DocumentForm = serde_json::from_str(text).map_err(|error| {
            let shown = error.to_string();
            let place = format!(" at line {} column {}", error.line(), error.column());
            let problem = shown.strip_suffix(&place).unwrap_or(&shown).to_owned();
            IamError { place: format!("line {}, column {}", error.line(), error.column()), problem }
        })?;
        if !["2012-10-17", "2008-10-17"].contains(&form.version.as_str()) {
            let problem = format!("'{}' is not a version; it is 2012-10-17", form.version.escape_debug());
            return Err(IamError { place: "Version".to_owned(), problem });
        }
        let mut statements = Vec::new();
        for (position, statement) in form.statement.0.into_iter().enumerate() {
            let place = format!("Statement {}", position + 1);
            let name = match &statement.sid {
                Some(sid) => format!("{place} ({})", sid.escape_debug()),
                None => place.clone(),
            };
            statements.extend(statement.read(&name).map_err(|problem| IamError { place, problem })?);
        }
        Ok(IamDocument { statements })
    }

    /// # Errors
    /// Each `Deny` that matches, or that no `Allow` does.
    pub(crate) fn judge(&self, facts: &Facts) -> Result<(), PolicyRefusal> {
        let matches = |statement: &&Statement| {
            statement.resources.iter().any(|pattern| like(&facts.resource, pattern))
                && statement.conditions.iter().all(|condition| condition.holds(facts))
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
        let mut allows = self.statements.iter().filter(|statement| statement.allows).peekable();
        if allows.peek().is_some() && !allows.any(|statement| matches(&statement)) {
            let right = "what an Allow statement matches";
            refusal.push(|| PolicyViolation::new("the policy document", "certificate", "not allowed", right));
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
