//! Custom templates and policies from files.

use std::fs;

use issuance::policy::{FileError, IamDocument, Policy};
use issuance::{IssuanceOptions, Template};

use crate::command_line::Given;
use crate::failure::Failure;

/// What the files of the command line say.
#[derive(Default)]
pub(crate) struct Files {
    pub(crate) template: Option<Template>,
    pub(crate) policy: Option<Policy>,
    /// A policy document of IAM, in place of a policy.
    pub(crate) document: Option<IamDocument>,
}

impl Files {
    pub(crate) fn read(given: &Given) -> Result<Files, Failure> {
        let template = given.get("--template-file").map(|path| template("--template-file", path)).transpose()?;
        let Some(path) = given.get("--policy") else { return Ok(Files { template, ..Files::default() }) };
        let text = text("--policy", path)?;
        if IamDocument::recognizes(&text) {
            let document = IamDocument::from_json(&text)
                .map_err(|error| Failure::parameter("--policy", format!("{path}: {error}")))?;
            return Ok(Files { template, policy: None, document: Some(document) });
        }
        let policy = parse("--policy", path, &text, Policy::from_json, Policy::from_toml)?;
        Ok(Files { template, policy: Some(policy), document: None })
    }

    /// The options of issuance with them.
    pub(crate) fn options(&self) -> IssuanceOptions {
        let mut options = IssuanceOptions::default();
        if let Some(template) = &self.template {
            options = options.template(template.clone());
        }
        if let Some(policy) = &self.policy {
            options = options.policy(policy.clone());
        }
        if let Some(document) = &self.document {
            options = options.iam_document(document.clone());
        }
        options
    }

    /// A template by its name or ARN, or by its file.
    pub(crate) fn find(&self, option: &str, name: &str) -> Result<Template, Failure> {
        if name.ends_with(".toml") || name.ends_with(".json") {
            return template(option, name);
        }
        let bare = name.rsplit_once("template/").map_or(name, |(_, name)| name);
        let bare = bare.strip_suffix("/V1").unwrap_or(bare);
        match &self.template {
            Some(own) if own.name() == bare => Ok(own.clone()),
            _ => Template::find(bare).cloned().map_err(|error| Failure::parameter(option, error)),
        }
    }
}

fn template(option: &str, path: &str) -> Result<Template, Failure> {
    let text = text(option, path)?;
    parse(option, path, &text, |text| Template::from_json(text, &[]), |text| Template::from_toml(text, &[]))
}

type Reader<T> = fn(&str) -> Result<T, FileError>;

fn text(option: &str, path: &str) -> Result<String, Failure> {
    fs::read_to_string(path)
        .map_err(|error| Failure::parameter(option, format!("Unable to load paramfile {path}: {error}")))
}

/// JSON starts with a brace, which no TOML does.
fn parse<T>(option: &str, path: &str, text: &str, json: Reader<T>, toml: Reader<T>) -> Result<T, Failure> {
    let reader = if text.trim_start().starts_with('{') { json } else { toml };
    reader(text).map_err(|error| Failure::parameter(option, format!("{path}: {error}")))
}
