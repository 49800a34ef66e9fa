//! From the command line to the wire form of the request.
//!
//! Only the form of the command line is judged here. Every value of the request, however wrong, is handed on as it was
//! given: what is wrong with it is for the library to say.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;

use base64::prelude::{BASE64_STANDARD, Engine};
use serde_json::{Map, Value};

use crate::authority::LOCAL_ARN;
use crate::failure::Failure;

/// What is to be done.
pub enum Command {
    /// No arguments were given.
    Demonstrate,
    /// A certificate is asked for.
    Issue(Invocation),
    /// `--generate-cli-skeleton`.
    PrintSkeleton,
    /// `--help`.
    PrintHelp,
}

/// A request, and what it is carried out with.
pub struct Invocation {
    /// The request in the wire form, not checked.
    pub request: Vec<u8>,
    /// None for a CA made in memory.
    pub authority: Option<AuthorityFiles>,
    /// Where the files go.
    pub out: Option<PathBuf>,
    /// Whether inputs that would not reach the certificate are refused.
    pub strict: bool,
}

/// The paths of a CA of the user's own.
pub struct AuthorityFiles {
    pub certificate: String,
    pub key: String,
    pub chain: Option<String>,
}

/// The JSON that `--generate-cli-skeleton` prints.
pub const SKELETON: &str = include_str!("skeleton.json");

/// The text that `--help` prints.
pub const HELP: &str = include_str!("help.txt");

/// How the text of an option becomes a member of the request.
#[derive(Clone, Copy)]
enum Form {
    /// The text itself.
    Text,
    /// PEM or base64; with `fileb://` the octets of a file.
    Blob,
    /// JSON.
    Json,
    /// JSON or `Name=value,Name=value`.
    Shorthand,
}

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

/// The other options that take a value. `--output` and `--region` have no effect.
const WITH_VALUE: [&str; 7] =
    ["--ca-cert", "--ca-chain", "--ca-key", "--cli-input-json", "--out", "--output", "--region"];

/// The options that take no value. `--no-cli-pager` has no effect.
const FLAGS: [&str; 3] = ["--help", "--no-cli-pager", "--strict"];

/// The only option whose value may be left out.
const SKELETON_OPTION: &str = "--generate-cli-skeleton";

/// Understands the command line.
pub fn parse(arguments: impl Iterator<Item = OsString>) -> Result<Command, Failure> {
    let not_unicode = |argument: OsString| Failure::Usage(format!("not Unicode: {}", argument.to_string_lossy()));
    let arguments: Result<Vec<String>, _> = arguments.map(|argument| argument.into_string()).collect();
    let arguments = arguments.map_err(not_unicode)?;
    if arguments.is_empty() {
        return Ok(Command::Demonstrate);
    }
    let mut options = split(without_command(&arguments))?;
    if options.contains_key("--help") {
        return Ok(Command::PrintHelp);
    }
    match options.remove(SKELETON_OPTION).as_deref() {
        Some("" | "input") => return Ok(Command::PrintSkeleton),
        Some(other) => return Err(Failure::Usage(format!("argument {SKELETON_OPTION}: invalid choice: '{other}'"))),
        None => {}
    }
    let invocation = Invocation {
        request: request(&mut options)?,
        authority: authority_files(&mut options)?,
        out: options.remove("--out").map(PathBuf::from),
        strict: options.contains_key("--strict"),
    };
    Ok(Command::Issue(invocation))
}

/// The arguments after `acm-pca issue-certificate`, or a part of it.
fn without_command(arguments: &[String]) -> &[String] {
    match arguments {
        [service, operation, rest @ ..] if service == "acm-pca" && operation == "issue-certificate" => rest,
        [operation, rest @ ..] if operation == "issue-certificate" => rest,
        all => all,
    }
}

/// Whether an argument is an option: `--` and a letter. A PEM text is none.
fn is_option(argument: &str) -> bool {
    argument.strip_prefix("--").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_lowercase()))
}

/// Every option by its name, with its value; empty where it has none.
fn split(arguments: &[String]) -> Result<BTreeMap<&str, String>, Failure> {
    let mut options = BTreeMap::new();
    let mut unknown = Vec::new();
    let mut rest = arguments.iter().map(String::as_str).peekable();
    while let Some(argument) = rest.next() {
        let (name, joined) = match argument.split_once('=') {
            Some((name, value)) if is_option(argument) => (name, Some(value)),
            _ => (argument, None),
        };
        let takes_value = WITH_VALUE.contains(&name) || MEMBERS.iter().any(|(option, ..)| *option == name);
        let value = if takes_value || name == SKELETON_OPTION {
            joined.or_else(|| rest.next_if(|next| !is_option(next)))
        } else if FLAGS.contains(&name) {
            joined.map_or(Ok(None), |_| Err(Failure::Usage(format!("argument {name}: takes no value"))))?
        } else {
            unknown.push(argument);
            continue;
        };
        if takes_value && value.is_none() {
            return Err(Failure::Usage(format!("argument {name}: expected one argument")));
        }
        if options.insert(name, value.unwrap_or_default().to_owned()).is_some() {
            return Err(Failure::Usage(format!("argument {name}: given more than once")));
        }
    }
    if unknown.is_empty() {
        Ok(options)
    } else {
        Err(Failure::Usage(format!("Unknown options: {}", unknown.join(", "))))
    }
}

fn authority_files(options: &mut BTreeMap<&str, String>) -> Result<Option<AuthorityFiles>, Failure> {
    let mut take = |name| options.remove(name);
    match (take("--ca-cert"), take("--ca-key"), take("--ca-chain")) {
        (Some(certificate), Some(key), chain) => Ok(Some(AuthorityFiles { certificate, key, chain })),
        (None, None, None) => Ok(None),
        _ => Err(Failure::Usage("--ca-cert and --ca-key belong together, --ca-chain only goes with them".to_owned())),
    }
}

/// The request in the wire form: the members of `--cli-input-json`, and in their place those with an option of their own.
fn request(options: &mut BTreeMap<&str, String>) -> Result<Vec<u8>, Failure> {
    let mut members = match options.remove("--cli-input-json") {
        Some(given) => input_json(&given)?,
        None => {
            let missing: Vec<&str> = REQUIRED.into_iter().filter(|name| !options.contains_key(name)).collect();
            if !missing.is_empty() {
                let missing = missing.join(", ");
                return Err(Failure::Usage(format!("the following arguments are required: {missing}")));
            }
            Map::new()
        }
    };
    for (option, member, form) in MEMBERS {
        if let Some(given) = options.remove(option) {
            members.insert(member.to_owned(), read(option, &given, form)?);
        }
    }
    let arn = members.entry("CertificateAuthorityArn").or_insert(Value::Null);
    if arn.is_null() {
        *arn = LOCAL_ARN.into();
    }
    Ok(Value::Object(members).to_string().into_bytes())
}

fn input_json(given: &str) -> Result<Map<String, Value>, Failure> {
    const OPTION: &str = "--cli-input-json";
    let Value::Object(mut members) = json(OPTION, &text(OPTION, given)?)? else {
        return Err(Failure::parameter(OPTION, "Invalid JSON received: it must be one object"));
    };
    // What is neither base64 nor PEM stays, for the library to refuse.
    let csr = members.get_mut("Csr");
    if let Some((csr, octets)) = csr.and_then(|csr| octets(csr.as_str()?).map(|octets| (csr, octets))) {
        *csr = BASE64_STANDARD.encode(&octets).into();
    }
    Ok(members)
}

/// The value of an option as it stands in the request.
fn read(option: &str, given: &str, form: Form) -> Result<Value, Failure> {
    if let (Form::Blob, Some(path)) = (form, given.strip_prefix("fileb://")) {
        return Ok(BASE64_STANDARD.encode(&load(option, given, path)?).into());
    }
    let text = text(option, given)?;
    match form {
        Form::Text => Ok(text.into()),
        Form::Blob => match octets(&text) {
            Some(octets) => Ok(BASE64_STANDARD.encode(&octets).into()),
            None => Err(Failure::parameter(option, "Invalid base64; fileb:// reads a file as it is")),
        },
        Form::Shorthand if !text.trim_start().starts_with(['{', '[']) => shorthand(option, &text),
        Form::Json | Form::Shorthand => json(option, &text),
    }
}

/// The octets that a text stands for: those of a PEM text are its own, others are decoded from base64.
fn octets(text: &str) -> Option<Vec<u8>> {
    let dense: String = text.split_ascii_whitespace().collect();
    let decoded = BASE64_STANDARD.decode(&dense).ok();
    decoded.or_else(|| text.contains("-----BEGIN ").then(|| text.as_bytes().to_vec()))
}

/// The text itself, or that of the file that it names.
fn text(option: &str, given: &str) -> Result<String, Failure> {
    let path = given.strip_prefix("file://").or_else(|| given.strip_prefix("fileb://"));
    let Some(path) = path else { return Ok(given.to_owned()) };
    String::from_utf8(load(option, given, path)?)
        .map_err(|_| Failure::parameter(option, format!("{given} is not text; fileb:// reads a file as it is")))
}

fn load(option: &str, given: &str, path: &str) -> Result<Vec<u8>, Failure> {
    fs::read(path).map_err(|error| Failure::parameter(option, format!("Unable to load paramfile {given}: {error}")))
}

fn json(option: &str, text: &str) -> Result<Value, Failure> {
    serde_json::from_str(text).map_err(|error| Failure::parameter(option, format!("Invalid JSON: {error}")))
}

/// `Value=365,Type="DAYS"`. Integers become numbers, everything else text.
fn shorthand(option: &str, text: &str) -> Result<Value, Failure> {
    let mut members = Map::new();
    for pair in text.split(',') {
        let Some((name, value)) = pair.split_once('=') else {
            return Err(Failure::parameter(option, format!("Expected: '=', received: '{}'", pair.trim())));
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
