//! The request in the wire form, from the options and from `--cli-input-json` or `--cli-input-yaml`.

use base64::prelude::{BASE64_STANDARD, Engine};
use issuance::Template;
use serde_json::{Map, Value, json};

use crate::authority::LOCAL_ARN;
use crate::command_line::Given;
use crate::failure::Failure;
use crate::members;
use crate::parameter::{self, Blobs, Form};
use crate::yaml;

/// The input that `--generate-cli-skeleton` prints. It has every member that a request may have.
pub(crate) const SKELETON: &str = include_str!("skeleton.json");

/// The word of `--cli-binary-format` by which blobs are taken literally.
pub(crate) const RAW: &str = "raw-in-base64-out";

/// The options that are members of the request.
const MEMBERS: [(&str, &str, Form); 8] = [
    ("--api-passthrough", "ApiPassthrough", Form::Json),
    ("--certificate-authority-arn", "CertificateAuthorityArn", Form::Text),
    ("--csr", "Csr", Form::Blob),
    ("--signing-algorithm", "SigningAlgorithm", Form::Text),
    ("--template-arn", "TemplateArn", Form::Text),
    ("--validity", "Validity", Form::Shorthand),
    ("--validity-not-before", "ValidityNotBefore", Form::Shorthand),
    ("--idempotency-token", "IdempotencyToken", Form::Text),
];

/// The options that the AWS CLI asks for. The CA's ARN has a default here.
const REQUIRED: [&str; 3] = ["--csr", "--signing-algorithm", "--validity"];

/// The members of the input, and in their place those with an option of their own.
///
/// A custom template is the one that is asked for if no other is, and gives its validity if the request gives none.
pub(crate) fn read(given: &Given, template: Option<&Template>) -> Result<Vec<u8>, Failure> {
    let blobs = match given.get("--cli-binary-format") {
        Some(RAW) => Blobs::Literal,
        _ => Blobs::Base64,
    };
    let mut members = match (given.get("--cli-input-json"), given.get("--cli-input-yaml")) {
        (Some(_), Some(_)) => {
            return Err(Failure::Refused("Only one --cli-input- parameter may be specified.".to_owned()));
        }
        (Some(json), None) => input("--cli-input-json", json, blobs, parameter::json)?,
        (None, Some(text)) => input("--cli-input-yaml", text, blobs, yaml_input)?,
        (None, None) => {
            all_required(given, template)?;
            Map::new()
        }
    };
    for (option, member, form) in MEMBERS {
        if let Some(text) = given.get(option) {
            members.insert(member.to_owned(), parameter::read(option, text, form, blobs)?);
        }
    }
    members::check(&members)?;
    if let Some(template) = template {
        members.entry("TemplateArn").or_insert_with(|| template.arn().into());
        let is_own = members.get("TemplateArn").and_then(Value::as_str) == Some(template.arn().as_str());
        if let Some(validity) = template.default_validity().filter(|_| is_own && !members.contains_key("Validity")) {
            let validity = json!({"Value": validity.value(), "Type": validity.r#type().as_str()});
            members.insert("Validity".to_owned(), validity);
        }
    }
    let arn = members.entry("CertificateAuthorityArn").or_insert(Value::Null);
    if arn.is_null() {
        *arn = LOCAL_ARN.into();
    }
    Ok(Value::Object(members).to_string().into_bytes())
}

fn all_required(given: &Given, template: Option<&Template>) -> Result<(), Failure> {
    let is_given = |name: &&str| {
        given.has(name)
            || *name == "--validity" && template.is_some_and(|template| template.default_validity().is_some())
    };
    let missing: Vec<&str> = REQUIRED.into_iter().filter(|name| !is_given(name)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(Failure::Usage(format!("the following arguments are required: {}", missing.join(", "))))
}

type Reader = fn(&str, &str) -> Result<Value, Failure>;

fn input(option: &str, given: &str, blobs: Blobs, reader: Reader) -> Result<Map<String, Value>, Failure> {
    let Value::Object(mut members) = reader(option, &parameter::text(option, given)?)? else {
        let format = if option.ends_with("yaml") { "YAML" } else { "JSON" };
        return Err(Failure::parameter(option, format!("Invalid {format} received: it must be one object")));
    };
    if let Some(csr) = members.get_mut("Csr") {
        if let Some(base64) = yaml::binary(csr) {
            *csr = base64.into();
        } else if let Some(bytes) = csr.as_str().and_then(|text| blobs.bytes(text)) {
            // What is neither base64 nor PEM stays, for the library to refuse.
            *csr = BASE64_STANDARD.encode(&bytes).into();
        }
    }
    Ok(members)
}

fn yaml_input(option: &str, text: &str) -> Result<Value, Failure> {
    let value =
        yaml::read(text).map_err(|problem| Failure::parameter(option, format!("Invalid YAML received: {problem}")))?;
    if value.is_string() {
        return Err(Failure::parameter(option, format!("Invalid YAML received: {}", parameter::not_an_object(text))));
    }
    Ok(value)
}
