//! The file of `--template`: a custom template, in TOML or JSON (docs/policies.md).

use std::path::Path;

use issuance::Template;

/// The template of a file, which may extend one of those that were read before.
pub(crate) fn from_file(path: &Path, before: &[Template]) -> Result<Template, String> {
    let named = |problem: &dyn std::fmt::Display| format!("{}: {problem}", path.display());
    let text = std::fs::read_to_string(path).map_err(|error| named(&error))?;
    // JSON starts with a brace, which no TOML does.
    let template = match text.trim_start().starts_with('{') {
        true => Template::from_json(&text, before),
        false => Template::from_toml(&text, before),
    };
    template.map_err(|error| named(&error))
}
