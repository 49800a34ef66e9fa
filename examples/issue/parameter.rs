//! The values of options: as they are, from files, in base64, in JSON, in shorthand.

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::{env, fs};

use base64::prelude::{BASE64_STANDARD, Engine};
use serde_json::{Map, Value};

use crate::failure::Failure;

/// How the text of an option becomes a member of the request.
#[derive(Clone, Copy)]
pub(crate) enum Form {
    /// The text itself.
    Text,
    /// PEM or base64; with `file://` and `fileb://` what is in a file.
    Blob,
    /// JSON.
    Json,
    /// JSON or `Name=value,Name=value`.
    Shorthand,
}

/// What the text of a blob stands for: `--cli-binary-format`.
#[derive(Clone, Copy)]
pub(crate) enum Blobs {
    /// What it decodes to; PEM, which is not base64, stands for itself.
    Base64,
    /// Itself.
    Literal,
}

impl Blobs {
    /// None for a text that is neither base64 nor PEM.
    pub(crate) fn bytes(self, text: &str) -> Option<Vec<u8>> {
        if matches!(self, Blobs::Literal) {
            return Some(text.as_bytes().to_vec());
        }
        let dense: String = text.split_ascii_whitespace().collect();
        let decoded = BASE64_STANDARD.decode(&dense).ok();
        decoded.or_else(|| text.contains("-----BEGIN ").then(|| text.as_bytes().to_vec()))
    }
}

/// The value of an option as it stands in the request.
pub(crate) fn read(option: &str, given: &str, form: Form, blobs: Blobs) -> Result<Value, Failure> {
    if let Form::Blob = form {
        return Ok(BASE64_STANDARD.encode(blob(option, given, blobs)?).into());
    }
    let text = text(option, given)?;
    match form {
        Form::Text | Form::Blob => Ok(text.into()),
        Form::Shorthand if !text.trim_start().starts_with(['{', '[']) => shorthand(option, &text),
        Form::Json | Form::Shorthand => json(option, &text),
    }
}

/// With `file://`, bytes that are not text stand for themselves: a CSR in DER is meant as with `fileb://`.
fn blob(option: &str, given: &str, blobs: Blobs) -> Result<Vec<u8>, Failure> {
    if let Some(path) = given.strip_prefix("fileb://") {
        return load(option, given, path);
    }
    let text = match given.strip_prefix("file://") {
        Some(path) => match String::from_utf8(load(option, given, path)?) {
            Ok(text) => text,
            Err(binary) => return Ok(binary.into_bytes()),
        },
        None => given.to_owned(),
    };
    blobs.bytes(&text).ok_or_else(|| {
        let path = if given.starts_with("file://") { "" } else { file_name(given) };
        Failure::parameter(option, format!("Invalid base64; fileb://{path} reads a file as it is"))
    })
}

/// The text itself, or that of the file that it names.
pub(crate) fn text(option: &str, given: &str) -> Result<String, Failure> {
    let path = given.strip_prefix("file://").or_else(|| given.strip_prefix("fileb://"));
    let Some(path) = path else { return Ok(given.to_owned()) };
    String::from_utf8(load(option, given, path)?)
        .map_err(|_| Failure::parameter(option, format!("Unable to load paramfile {given}: it is not text")))
}

fn load(option: &str, given: &str, path: &str) -> Result<Vec<u8>, Failure> {
    fs::read(at_home(path))
        .map_err(|error| Failure::parameter(option, format!("Unable to load paramfile {given}: {error}")))
}

/// A path whose `~` is the home directory: no shell replaces one behind `file://`.
fn at_home(path: &str) -> Cow<'_, Path> {
    match (path.strip_prefix("~/"), env::var_os("HOME")) {
        (Some(below), Some(home)) => PathBuf::from(home).join(below).into(),
        _ => Path::new(path).into(),
    }
}

pub(crate) fn json(option: &str, text: &str) -> Result<Value, Failure> {
    serde_json::from_str(text).map_err(|error| {
        let hint = if looks_like_json(text) { String::new() } else { format!("; {}", not_an_object(text)) };
        Failure::parameter(option, format!("Invalid JSON: {error}{hint}"))
    })
}

fn looks_like_json(text: &str) -> bool {
    text.trim_start().starts_with(['{', '[', '"'])
}

/// What to write in place of a text that has no members, as the name of a file has none.
pub(crate) fn not_an_object(text: &str) -> String {
    format!("file://{} reads it from a file", file_name(text))
}

/// The text, if it may be the name of a file.
fn file_name(text: &str) -> &str {
    let may_be = !text.contains(['\n', '{', '[', '=', '"']) && text.len() < 4096;
    if may_be && (text.contains(['.', '/', '\\']) || Path::new(text).exists()) { text } else { "<path>" }
}

/// `Value=365,Type="DAYS"`. Integers become numbers, everything else text.
fn shorthand(option: &str, text: &str) -> Result<Value, Failure> {
    let mut members = Map::new();
    for pair in text.split(',') {
        let Some((name, value)) = pair.split_once('=') else {
            let hint = if text.contains('=') { String::new() } else { format!("; {}", not_an_object(text)) };
            return Err(Failure::parameter(option, format!("Expected: '=', received: '{}'{hint}", pair.trim())));
        };
        let value = unquoted(value.trim());
        let value = value.parse::<i64>().map_or_else(|_| value.into(), Value::from);
        if members.insert(name.trim().to_owned(), value).is_some() {
            return Err(Failure::parameter(option, format!("Second instance of key '{}'", name.trim())));
        }
    }
    Ok(Value::Object(members))
}

/// A text without the quotation marks around it.
fn unquoted(text: &str) -> &str {
    let within = |mark| text.strip_prefix(mark).and_then(|text| text.strip_suffix(mark));
    within('"').or_else(|| within('\'')).unwrap_or(text)
}
