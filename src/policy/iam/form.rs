//! How documents are written: JSON with statements, as IAM has them (R-POL-7, R-POL-10).

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, Visitor};

use super::condition::{Condition, like};

/// Why a document cannot be used. [`IamDocument`](crate::policy::IamDocument) has an example.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {problem}")]
pub struct IamError {
    pub(super) place: String,
    pub(super) problem: String,
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

/// One text or a list of them; numbers and truth values count as their texts.
pub(super) struct OneOrMany(pub(super) Vec<String>);

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
pub(super) struct StatementForm {
    sid: Option<String>,
    effect: String,
    action: Option<OneOrMany>,
    resource: Option<OneOrMany>,
    condition: Option<Once<Once<OneOrMany>>>,
    pub(super) not_action: Option<serde_json::Value>,
    pub(super) not_resource: Option<serde_json::Value>,
    pub(super) principal: Option<serde_json::Value>,
    pub(super) not_principal: Option<serde_json::Value>,
}

/// What a statement says of certificates, whoever asks for them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Statement {
    /// `Statement 2 (DenySmallKeys)`.
    pub(super) name: String,
    pub(super) allows: bool,
    pub(super) resources: Vec<String>,
    pub(super) conditions: Vec<Condition>,
}

impl Statement {
    pub(super) fn is_about(&self, resource: &str) -> bool {
        self.resources.iter().any(|pattern| like(resource, pattern))
    }
}

impl StatementForm {
    pub(super) fn allows(&self) -> Result<bool, String> {
        match self.effect.as_str() {
            "Allow" => Ok(true),
            "Deny" => Ok(false),
            other => Err(format!("Effect is '{}', which is neither Allow nor Deny", other.escape_debug())),
        }
    }

    /// The patterns of its actions, whose names have no case.
    pub(super) fn actions(&self) -> Result<&[String], String> {
        match &self.action {
            Some(OneOrMany(actions)) => Ok(actions),
            None => Err("Action is missing".to_owned()),
        }
    }

    /// # Errors
    /// Resources or conditions that are not understood.
    pub(super) fn statement(self, name: String, allows: bool) -> Result<Statement, String> {
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
        Ok(Statement { name, allows, resources, conditions })
    }
}

/// Reads the statements of a document, each with its name.
///
/// # Errors
/// What is not a document, and where `read` does not understand a statement.
pub(super) fn statements<T>(
    text: &str,
    read: impl Fn(StatementForm, String) -> Result<Option<T>, String>,
) -> Result<Vec<T>, IamError> {
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
        statements.extend(read(statement, name).map_err(|problem| IamError { place, problem })?);
    }
    Ok(statements)
}
