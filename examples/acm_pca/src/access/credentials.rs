//! The file of credentials.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use issuance::policy::IamDocument;
use serde::Deserialize;

use super::permissions::Permissions;

/// One of those who may call.
pub(crate) struct Caller {
    key_id: String,
    secret: String,
    /// 12 digits.
    pub(crate) account: String,
    pub(crate) name: Option<String>,
    /// What it may do; everything in its account if `None`.
    pub(crate) permissions: Option<Permissions>,
    /// What limits its certificates.
    pub(crate) document: Option<IamDocument>,
}

impl Caller {
    /// A user of an account, under a policy document if one is given.
    #[cfg(test)]
    pub(crate) fn for_tests(account: &str, name: &str, document: Option<&str>) -> Caller {
        Caller {
            key_id: "AKIATEST".to_owned(),
            secret: "secret".to_owned(),
            account: account.to_owned(),
            name: Some(name.to_owned()),
            permissions: document.map(|document| Permissions::from_json(document).unwrap()),
            document: document.map(|document| IamDocument::from_json(document).unwrap()),
        }
    }

    /// What the key of a signature is derived from.
    pub(super) fn seed(&self) -> Vec<u8> {
        [b"AWS4", self.secret.as_bytes()].concat()
    }

    /// Its ARN: of a user, or of the root user of its account if it has no name.
    pub(crate) fn arn(&self, partition: &str) -> String {
        let account = &self.account;
        match &self.name {
            Some(name) => format!("arn:{partition}:iam::{account}:user/{name}"),
            None => format!("arn:{partition}:iam::{account}:root"),
        }
    }

    /// As the log calls it.
    pub(crate) fn label(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.key_id)
    }

    /// As STS calls it.
    pub(crate) fn user_id(&self) -> &str {
        if self.name.is_some() { &self.key_id } else { &self.account }
    }
}

/// The callers by the identifiers of their keys.
pub(super) struct Credentials(HashMap<String, Arc<Caller>>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileForm {
    credentials: Vec<EntryForm>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EntryForm {
    access_key_id: String,
    secret_access_key: String,
    account: String,
    name: Option<String>,
    policy: Option<String>,
}

impl Credentials {
    pub(super) fn from_file(path: &Path) -> Result<Credentials, String> {
        let wrong = |problem: String| format!("{}: {problem}", path.display());
        let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
        let beside = path.parent().unwrap_or(Path::new(""));
        Credentials::from_toml(&text, beside).map_err(wrong)
    }

    /// Paths of policies are relative to the directory of the file.
    pub(super) fn from_toml(text: &str, beside: &Path) -> Result<Credentials, String> {
        // The reader's own message shows the line, which has a secret in it.
        let form: FileForm = toml::from_str(text).map_err(|error| {
            let line = error.span().map(|span| text.get(..span.start).unwrap_or_default().matches('\n').count() + 1);
            let place = line.map_or_else(String::new, |line| format!("line {line}: "));
            format!(
                "{place}{}; an entry is [[credentials]] with access_key_id, secret_access_key and account",
                error.message()
            )
        })?;
        let mut callers = HashMap::new();
        for (position, entry) in form.credentials.into_iter().enumerate() {
            let caller = entry.read(beside).map_err(|problem| format!("entry {}: {problem}", position + 1))?;
            if let Some(other) = callers.insert(caller.key_id.clone(), Arc::new(caller)) {
                return Err(format!("access_key_id '{}' stands twice", other.key_id));
            }
        }
        match callers.is_empty() {
            true => Err("it has no entry, so nobody could call".to_owned()),
            false => Ok(Credentials(callers)),
        }
    }

    pub(super) fn find(&self, key_id: &str) -> Option<&Arc<Caller>> {
        self.0.get(key_id)
    }
}

impl EntryForm {
    fn read(self, beside: &Path) -> Result<Caller, String> {
        let EntryForm { access_key_id: key_id, secret_access_key: secret, account, name, policy } = self;
        let is_key =
            (1..=128).contains(&key_id.len()) && key_id.bytes().all(|b| b.is_ascii_graphic() && b != b'/' && b != b',');
        if !is_key {
            return Err("access_key_id must be 1 to 128 visible ASCII characters without slash and comma".to_owned());
        }
        if secret.is_empty() {
            return Err(format!("secret_access_key of '{key_id}' is empty"));
        }
        if account.len() != 12 || !account.bytes().all(|b| b.is_ascii_digit()) {
            return Err(format!("account of '{key_id}' must be 12 digits"));
        }
        let is_name = |name: &str| {
            (1..=64).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"+=,.@-_".contains(&b))
        };
        if name.as_deref().is_some_and(|name| !is_name(name)) {
            return Err(format!("name of '{key_id}' must be 1 to 64 letters, digits or characters of '+=,.@-_'"));
        }
        let text = match policy {
            Some(inline) if inline.trim_start().starts_with('{') => Some(inline),
            Some(path) => {
                let read = std::fs::read_to_string(beside.join(&path));
                Some(read.map_err(|error| format!("policy of '{key_id}', {path}: {error}"))?)
            }
            None => None,
        };
        let wrong = |problem: String| format!("policy of '{key_id}': {problem}");
        let document = text.as_deref().map(IamDocument::from_json).transpose();
        let document = document.map_err(|error| wrong(error.to_string()))?;
        let permissions = text.as_deref().map(Permissions::from_json).transpose().map_err(wrong)?;
        Ok(Caller { key_id, secret, account, name, permissions, document })
    }
}

/// Whether others than the owner can read a file.
pub(crate) fn others_can_read(path: &Path) -> bool {
    #[cfg(unix)]
    {
        let mode = |metadata: std::fs::Metadata| std::os::unix::fs::MetadataExt::mode(&metadata);
        std::fs::metadata(path).map(mode).is_ok_and(|mode| mode & 0o044 != 0)
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENTRY: &str =
        "[[credentials]]\naccess_key_id = \"A\"\nsecret_access_key = \"hidden\"\naccount = \"123456789012\"\n";

    fn read(text: &str) -> Result<Credentials, String> {
        Credentials::from_toml(text, Path::new("."))
    }

    #[test]
    fn an_entry_says_whose_key_it_is() {
        let credentials = read(&format!("{ENTRY}name = \"ci\"\n")).unwrap();
        let caller = credentials.find("A").unwrap();
        assert_eq!(caller.arn("aws"), "arn:aws:iam::123456789012:user/ci");
        assert!(credentials.find("B").is_none());
    }

    #[test]
    fn what_cannot_be_meant_is_refused_without_the_secret() {
        for wrong in [
            "",
            "credentials = []",
            &ENTRY.replace("account", "acount"),
            &ENTRY.replace("123456789012", "12"),
            &ENTRY.replace("\"A\"", "\"a/b\""),
            &ENTRY.replace("\"hidden\"", "\"\""),
            &ENTRY.replace("\"hidden\"", "\"hidden"),
            &format!("{ENTRY}{ENTRY}"),
            &format!("{ENTRY}name = \"a b\"\n"),
            &format!("{ENTRY}policy = \"/nowhere\"\n"),
            &format!("{ENTRY}policy = '{{\"Statement\": []}}'\n"),
        ] {
            let problem = read(wrong).err().unwrap_or_else(|| panic!("{wrong}"));
            assert!(!problem.contains("hidden"), "{problem}");
        }
    }
}
