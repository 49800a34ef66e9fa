//! Profiles that ship with the crate: templates with policies, each of which cites its standard (R-POL-8).

use super::definition::Template;
use crate::policy::file::FileError;

/// The files, by name.
const FILES: [(&str, &str); 4] = [
    ("code-signing", include_str!("../../profiles/code-signing.toml")),
    ("ieee-802-1ar", include_str!("../../profiles/ieee-802-1ar.toml")),
    ("mtls-client", include_str!("../../profiles/mtls-client.toml")),
    ("tls-server", include_str!("../../profiles/tls-server.toml")),
];

/// The names of the profiles: `code-signing`, `ieee-802-1ar`, `mtls-client` and `tls-server`.
///
/// ```
/// use issuance::template::{profile, profile_names};
/// assert!(profile_names().any(|name| name == "tls-server"));
/// let tls_server = profile("tls-server").expect("a profile")?;
/// assert!(!tls_server.policy().is_empty());
/// # Ok::<(), issuance::policy::FileError>(())
/// ```
pub fn profile_names() -> impl Iterator<Item = &'static str> {
    FILES.iter().map(|(name, _)| *name)
}

/// The text of a profile, for who writes a template that is like it; `None` for another name.
pub fn profile_text(name: &str) -> Option<&'static str> {
    FILES.iter().find(|(own, _)| *own == name).map(|(_, text)| *text)
}

/// A profile as a template, which [`IssuanceOptions::template`](crate::issue::prepare::IssuanceOptions::template) takes and which
/// others can extend; `None` for another name.
pub fn profile(name: &str) -> Option<Result<Template, FileError>> {
    profile_text(name).map(|text| Template::from_toml(text, &[]))
}
