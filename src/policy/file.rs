//! Policies and templates as files (R-POL-1): TOML and JSON, with the place of every fault.

use serde::de::DeserializeOwned;

use super::rules::Policy;

/// Why a file of a template or a policy cannot be read, and where.
///
/// ```
/// use issuance::policy::Policy;
/// let error = Policy::from_json("{\n  \"ca\": false,\n  \"kyes\": []\n}").unwrap_err();
/// assert_eq!((error.line(), error.column()), (3, 8));
/// assert!(error.to_string().starts_with("line 3, column 8: unknown field `kyes`"), "{error}");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {problem}")]
pub struct FileError {
    line: usize,
    column: usize,
    problem: String,
}

impl FileError {
    /// The line, counted from 1.
    pub fn line(&self) -> usize {
        self.line
    }

    /// The column, counted from 1 in characters for TOML and in bytes for JSON.
    pub fn column(&self) -> usize {
        self.column
    }

    /// What is wrong there.
    pub fn problem(&self) -> &str {
        &self.problem
    }

    /// What is wrong with a member at the top of the file: where its name stands as a key.
    pub(crate) fn of_member(text: &str, member: &str, problem: String) -> FileError {
        let found = text.lines().enumerate().find_map(|(number, line)| Some((number, line, as_key(line, member)?)));
        match found {
            Some((number, line, bare)) => FileError { line: number + 1, column: line.len() - bare.len() + 1, problem },
            None => FileError { line: 1, column: 1, problem },
        }
    }
}

/// A line from a key on, if it starts with it: `member =`, `[member]`, `"member":` and the like.
fn as_key<'t>(line: &'t str, member: &str) -> Option<&'t str> {
    let bare = line.trim_start_matches(['{', '[', '"', ' ', '\t']);
    let after = bare.strip_prefix(member)?;
    after.trim_start_matches(['"', ' ', '\t']).starts_with(['=', ':', ']', '.']).then_some(bare)
}

/// Reads a whole JSON text.
pub(crate) fn from_json<T: DeserializeOwned>(text: &str) -> Result<T, FileError> {
    serde_json::from_str(text).map_err(|error| {
        let shown = error.to_string();
        let place = format!(" at line {} column {}", error.line(), error.column());
        let problem = shown.strip_suffix(&place).unwrap_or(&shown).to_owned();
        FileError { line: error.line().max(1), column: error.column().max(1), problem }
    })
}

/// Reads a whole TOML text.
#[cfg(feature = "toml")]
pub(crate) fn from_toml<T: DeserializeOwned>(text: &str) -> Result<T, FileError> {
    toml::from_str(text).map_err(|error| {
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        FileError { line, column, problem: error.message().replace('\n', "; ") }
    })
}

/// Writes a JSON text, with a line feed at the end.
pub(crate) fn to_json(value: &impl serde::Serialize) -> String {
    // The forms have nothing that JSON cannot say: no map with other keys than texts.
    serde_json::to_string_pretty(value).map(|text| text + "\n").unwrap_or_default()
}

/// Writes a TOML text.
#[cfg(feature = "toml")]
pub(crate) fn to_toml(value: &impl serde::Serialize) -> String {
    toml::to_string_pretty(value).unwrap_or_default()
}

impl Policy {
    /// Reads a policy from JSON.
    ///
    /// # Errors
    /// [`FileError`] with line and column, also for unknown members.
    pub fn from_json(text: &str) -> Result<Policy, FileError> {
        from_json(text)
    }

    /// Reads a policy from TOML.
    ///
    /// ```
    /// use issuance::policy::Policy;
    /// let policy = Policy::from_toml(r#"
    ///     ca = false
    ///     common_name = "among_names"
    ///     keys = ["EC_prime256v1", "RSA_3072-8192"]
    ///
    ///     [names]
    ///     permitted = ["DNS:shop.example.com", "IP:10.0.0.0/8"]
    ///     wildcards = false
    ///
    ///     [validity]
    ///     longest = { days = 90, hours = 1 }
    ///
    ///     [extended_key_usage]
    ///     allowed = ["serverAuth"]
    /// "#)?;
    /// assert_eq!(Policy::from_toml(&policy.to_toml())?, policy);
    /// # Ok::<(), issuance::policy::FileError>(())
    /// ```
    ///
    /// # Errors
    /// [`FileError`] with line and column, also for unknown keys.
    #[cfg(feature = "toml")]
    pub fn from_toml(text: &str) -> Result<Policy, FileError> {
        from_toml(text)
    }

    /// The policy as JSON, which [`Policy::from_json`] reads as the same policy.
    pub fn to_json(&self) -> String {
        to_json(self)
    }

    /// The policy as TOML, which [`Policy::from_toml`] reads as the same policy.
    #[cfg(feature = "toml")]
    pub fn to_toml(&self) -> String {
        to_toml(self)
    }
}
