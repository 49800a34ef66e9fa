//! The file of `--policy`: a policy of the library's, or a policy document of IAM.

use std::path::Path;

use issuance::IssuanceOptions;
use issuance::policy::{IamDocument, Policy};

/// What limits the certificates of every caller.
#[derive(Clone)]
pub(crate) enum Limits {
    Policy(Policy),
    Document(IamDocument),
}

impl Limits {
    pub(crate) fn from_file(path: &Path) -> Result<Limits, String> {
        let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
        Limits::from_text(&text).map_err(|problem| format!("{}: {problem}", path.display()))
    }

    /// JSON starts with a brace, which no TOML does.
    pub(crate) fn from_text(text: &str) -> Result<Limits, String> {
        if IamDocument::recognizes(text) {
            IamDocument::from_json(text).map(Limits::Document).map_err(|error| error.to_string())
        } else if text.trim_start().starts_with('{') {
            Policy::from_json(text).map(Limits::Policy).map_err(|error| error.to_string())
        } else {
            Policy::from_toml(text).map(Limits::Policy).map_err(|error| error.to_string())
        }
    }

    pub(crate) fn add_to(&self, options: IssuanceOptions) -> IssuanceOptions {
        match self {
            Limits::Policy(policy) => options.policy(policy.clone()),
            Limits::Document(document) => options.iam_document(document.clone()),
        }
    }
}
