//! From the command line to what is to be done.
//!
//! Only the form of the command line is judged here. Every value of the request, however wrong, is handed on as it was
//! given: what is wrong with it is for the library to say.

use std::ffi::OsString;
use std::path::PathBuf;

use crate::command_line::{self, Given, Known, Takes};
use crate::failure::Failure;
use crate::files::Files;
use crate::format::{Color, Format, Style};
use crate::network;
use crate::query::Query;
use crate::request;

/// What is to be done.
pub(crate) enum Command {
    /// No arguments were given.
    Demonstrate,
    /// A certificate is asked for.
    Issue(Invocation),
    /// `--generate-cli-skeleton output`: the request is judged, but not carried out.
    PrintSampleResponse(Vec<u8>, Style),
    /// `--generate-cli-skeleton`, `--help`, `--version`.
    Print(&'static str),
    /// `--explain-template`, `--diff-templates`, `--can-issue`.
    Answer(Question),
}

/// A question about templates and policies.
pub(crate) struct Question {
    pub(crate) asked: Asked,
    /// None for a CA made in memory.
    pub(crate) authority: Option<AuthorityFiles>,
    pub(crate) files: Files,
    /// Whether `--output json` was given.
    pub(crate) json: bool,
}

/// What is asked.
pub(crate) enum Asked {
    /// What a template does.
    Explain(String),
    /// What changes from one to another.
    Diff(String, String),
    /// Whether a template, by name or ARN, can ever issue.
    CanIssue(Option<String>),
}

/// A request, and what it is carried out with.
pub(crate) struct Invocation {
    /// The request in the wire form, not checked.
    pub(crate) request: Vec<u8>,
    /// None for a CA made in memory.
    pub(crate) authority: Option<AuthorityFiles>,
    /// Where the files go.
    pub(crate) out: Option<PathBuf>,
    /// The custom template and the policy.
    pub(crate) files: Files,
    /// Whether inputs that would not reach the certificate are refused.
    pub(crate) strict: bool,
    /// How the response is printed.
    pub(crate) style: Style,
}

/// The paths of a CA of the user's own.
pub(crate) struct AuthorityFiles {
    pub(crate) certificate: String,
    pub(crate) key: String,
    pub(crate) chain: Option<String>,
}

/// The text that `--help` prints.
const HELP: &str = include_str!("help.txt");

/// The text that `--version` prints.
const VERSION: &str = concat!("issue/", env!("CARGO_PKG_VERSION"), "\n");

/// The input that `--generate-cli-skeleton` prints.
const SKELETON_YAML: &str = include_str!("skeleton.yaml");

const fn with_value(name: &'static str) -> Known {
    Known { name, takes: Takes::Value }
}

const fn flag(name: &'static str) -> Known {
    Known { name, takes: Takes::Nothing }
}

/// All options: those of the operation, those that every command of the AWS CLI has, and those of this program.
static KNOWN: [Known; 40] = [
    with_value("--api-passthrough"),
    with_value("--certificate-authority-arn"),
    with_value("--csr"),
    with_value("--signing-algorithm"),
    with_value("--template-arn"),
    with_value("--validity"),
    with_value("--validity-not-before"),
    with_value("--idempotency-token"),
    with_value("--cli-input-json"),
    with_value("--cli-input-yaml"),
    Known { name: "--generate-cli-skeleton", takes: Takes::OptionalChoice(&["input", "output", "yaml-input"]) },
    flag("--debug"),
    with_value("--endpoint-url"),
    flag("--no-verify-ssl"),
    flag("--no-paginate"),
    Known { name: "--output", takes: Takes::Choice(&Format::NAMES) },
    with_value("--query"),
    with_value("--profile"),
    with_value("--region"),
    flag("--version"),
    Known { name: "--color", takes: Takes::Choice(&["on", "off", "auto"]) },
    flag("--no-sign-request"),
    with_value("--ca-bundle"),
    with_value("--cli-read-timeout"),
    with_value("--cli-connect-timeout"),
    Known { name: "--cli-binary-format", takes: Takes::Choice(&["base64", request::RAW]) },
    flag("--no-cli-pager"),
    flag("--cli-auto-prompt"),
    flag("--no-cli-auto-prompt"),
    with_value("--ca-cert"),
    with_value("--ca-chain"),
    with_value("--ca-key"),
    with_value("--out"),
    flag("--strict"),
    with_value("--policy"),
    with_value("--template-file"),
    with_value("--explain-template"),
    Known { name: "--diff-templates", takes: Takes::TwoValues },
    flag("--can-issue"),
    flag("--help"),
];

/// Understands the command line.
pub(crate) fn parse(arguments: impl Iterator<Item = OsString>) -> Result<Command, Failure> {
    let not_unicode = |argument: OsString| Failure::Usage(format!("not Unicode: {}", argument.to_string_lossy()));
    let arguments: Result<Vec<String>, _> = arguments.map(|argument| argument.into_string()).collect();
    let arguments = arguments.map_err(not_unicode)?;
    if arguments.is_empty() {
        return Ok(Command::Demonstrate);
    }
    let given = command_line::split(&arguments, &KNOWN)?;
    if given.has("--help") {
        return Ok(Command::Print(HELP));
    }
    if given.has("--version") {
        return Ok(Command::Print(VERSION));
    }
    network::check(&given)?;
    let style = style(&given)?;
    let files = Files::read(&given)?;
    if let Some(asked) = asked(&given)? {
        let json = given.get("--output") == Some("json");
        return Ok(Command::Answer(Question { asked, authority: authority_files(&given)?, files, json }));
    }
    let template = files.template.as_ref();
    match given.get("--generate-cli-skeleton") {
        Some("output") => return Ok(Command::PrintSampleResponse(request::read(&given, template)?, style)),
        Some("yaml-input") => return Ok(Command::Print(SKELETON_YAML)),
        Some(_) => return Ok(Command::Print(request::SKELETON)),
        None => {}
    }
    Ok(Command::Issue(Invocation {
        request: request::read(&given, template)?,
        authority: authority_files(&given)?,
        out: given.get("--out").map(PathBuf::from),
        strict: given.has("--strict"),
        files,
        style,
    }))
}

/// The question that is asked, if one is.
fn asked(given: &Given) -> Result<Option<Asked>, Failure> {
    let mut asked = Vec::new();
    if let Some(name) = given.get("--explain-template") {
        asked.push(Asked::Explain(name.to_owned()));
    }
    if let Some((first, second)) = given.get("--diff-templates").and_then(|both| both.split_once('\n')) {
        asked.push(Asked::Diff(first.to_owned(), second.to_owned()));
    }
    if given.has("--can-issue") {
        asked.push(Asked::CanIssue(given.get("--template-arn").map(str::to_owned)));
    }
    if asked.len() > 1 {
        let problem =
            "--explain-template, --diff-templates and --can-issue are questions, of which one is asked at a time";
        return Err(Failure::Usage(problem.to_owned()));
    }
    Ok(asked.pop())
}

fn style(given: &Given) -> Result<Style, Failure> {
    let color = match given.get("--color") {
        Some("on") => Color::On,
        Some("off") => Color::Off,
        _ => Color::Auto,
    };
    Ok(Style {
        format: given.get("--output").and_then(Format::from_name).unwrap_or(Format::Json),
        query: given.get("--query").map(Query::compile).transpose()?,
        color,
    })
}

fn authority_files(given: &Given) -> Result<Option<AuthorityFiles>, Failure> {
    let path = |name| given.get(name).map(str::to_owned);
    match (path("--ca-cert"), path("--ca-key"), path("--ca-chain")) {
        (Some(certificate), Some(key), chain) => Ok(Some(AuthorityFiles { certificate, key, chain })),
        (None, None, None) => Ok(None),
        _ => Err(Failure::Usage("--ca-cert and --ca-key belong together, --ca-chain only goes with them".to_owned())),
    }
}
