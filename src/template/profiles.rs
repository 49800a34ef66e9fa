//! Profiles that ship with the crate: templates with policies, each of which cites its standard (R-POL-8).

use super::definition::Template;
use crate::policy::file::FileError;

/// The files, by name.
const FILES: [(&str, &str); 11] = [
    ("code-signing", include_str!("../../profiles/code-signing.toml")),
    ("ieee-802-1ar", include_str!("../../profiles/ieee-802-1ar.toml")),
    ("kubernetes-pod", include_str!("../../profiles/kubernetes-pod.toml")),
    ("matter-dac", include_str!("../../profiles/matter-dac.toml")),
    ("matter-paa", include_str!("../../profiles/matter-paa.toml")),
    ("matter-pai", include_str!("../../profiles/matter-pai.toml")),
    ("mdl-document-signer", include_str!("../../profiles/mdl-document-signer.toml")),
    ("mdl-iaca", include_str!("../../profiles/mdl-iaca.toml")),
    ("mtls-client", include_str!("../../profiles/mtls-client.toml")),
    ("spiffe", include_str!("../../profiles/spiffe.toml")),
    ("tls-server", include_str!("../../profiles/tls-server.toml")),
];

/// The names of the profiles, in alphabetical order: `code-signing`, `ieee-802-1ar`, `kubernetes-pod`, `matter-dac`, `matter-paa`,
/// `matter-pai`, `mdl-document-signer`, `mdl-iaca`, `mtls-client`, `spiffe` and `tls-server`.
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
