//! The command line, split as argparse splits it for the AWS CLI.

use std::collections::BTreeMap;

use crate::failure::Failure;
use crate::near;

/// What may follow the name of an option.
#[derive(Clone, Copy)]
pub(crate) enum Takes {
    Nothing,
    Value,
    /// Two values, which are kept in one text with a line feed between them.
    TwoValues,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// One of these words, or nothing, which stands for the first.
    OptionalChoice(&'static [&'static str]),
}

/// An option that the program knows.
pub(crate) struct Known {
    pub(crate) name: &'static str,
    pub(crate) takes: Takes,
}

/// The options of a command line by their full names, each with its value.
pub(crate) struct Given {
    values: BTreeMap<&'static str, String>,
}

impl Given {
    pub(crate) fn has(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }
}

/// Splits the arguments. Options may stand before, between and behind the words of the command, may be written
/// `--option=value`, and may be shortened as long as one option alone begins so.
pub(crate) fn split(arguments: &[String], known: &'static [Known]) -> Result<Given, Failure> {
    let mut given = Given { values: BTreeMap::new() };
    let mut command = Words::default();
    let mut unknown = Vec::new();
    let mut rest = arguments.iter().map(String::as_str).peekable();
    while let Some(argument) = rest.next() {
        if !is_option(argument) {
            if !command.take(argument) {
                unknown.push(argument);
            }
            continue;
        }
        let (written, joined) = argument.split_once('=').map_or((argument, None), |(name, value)| (name, Some(value)));
        let Some(option) = find(written, known)? else {
            unknown.push(argument);
            continue;
        };
        let value = match option.takes {
            Takes::Nothing => joined,
            _ => joined.or_else(|| rest.next_if(|next| !is_option(next))),
        };
        let mut value = checked(option, value)?.to_owned();
        if matches!(option.takes, Takes::TwoValues) {
            let Some(second) = rest.next_if(|next| !is_option(next)) else {
                return Err(Failure::Usage(format!("argument {}: expected two arguments", option.name)));
            };
            value = format!("{value}\n{second}");
        }
        if given.values.insert(option.name, value).is_some() {
            return Err(Failure::Usage(format!("argument {}: given more than once", option.name)));
        }
    }
    if !unknown.is_empty() {
        return Err(Failure::Usage(unknown_options(&unknown, known)));
    }
    if command.help {
        given.values.insert("--help", String::new());
    }
    if command.is_cut_short() && !given.has("--help") && !given.has("--version") {
        return Err(Failure::Usage("the following arguments are required: operation".to_owned()));
    }
    Ok(given)
}

/// Whether an argument is an option: `--` and a letter. A PEM text is not one.
fn is_option(argument: &str) -> bool {
    argument.strip_prefix("--").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_lowercase()))
}

/// The option of this name, or the only one that begins with it.
fn find(written: &str, known: &'static [Known]) -> Result<Option<&'static Known>, Failure> {
    if let Some(option) = known.iter().find(|option| option.name == written) {
        return Ok(Some(option));
    }
    let mut begin_so = known.iter().filter(|option| option.name.starts_with(written));
    let (first, second) = (begin_so.next(), begin_so.next());
    if let (Some(first), Some(second)) = (first, second) {
        let names: Vec<&str> = [first, second].into_iter().chain(begin_so).map(|option| option.name).collect();
        return Err(Failure::Usage(format!("ambiguous option: {written} could match {}", names.join(", "))));
    }
    Ok(first)
}

/// The value, if the option may have it.
fn checked<'a>(option: &Known, value: Option<&'a str>) -> Result<&'a str, Failure> {
    let refused = |problem: String| Err(Failure::Usage(format!("argument {}: {problem}", option.name)));
    match (option.takes, value) {
        (Takes::Nothing, None) => Ok(""),
        (Takes::Nothing, Some(_)) => refused("takes no value".to_owned()),
        (Takes::Value | Takes::Choice(_), None) => refused("expected one argument".to_owned()),
        (Takes::TwoValues, None) => refused("expected two arguments".to_owned()),
        (Takes::OptionalChoice(choices), None) => Ok(choices.first().copied().unwrap_or_default()),
        (Takes::Value | Takes::TwoValues, Some(value)) => Ok(value),
        (Takes::Choice(choices) | Takes::OptionalChoice(choices), Some(value)) if choices.contains(&value) => Ok(value),
        (Takes::Choice(choices) | Takes::OptionalChoice(choices), Some(value)) => {
            refused(format!("invalid choice: '{value}' (choose from {})", choices.join(", ")))
        }
    }
}

fn unknown_options(unknown: &[&str], known: &[Known]) -> String {
    let names = known.iter().map(|option| option.name);
    let meant = unknown.iter().filter_map(|written| near::nearest(written.split('=').next()?, names.clone()));
    let meant: Vec<&str> = meant.collect();
    let unknown = unknown.join(", ");
    match meant.as_slice() {
        [] => format!("Unknown options: {unknown}"),
        meant => format!("Unknown options: {unknown}; did you mean {}?", meant.join(", ")),
    }
}

/// How far the words of `acm-pca issue-certificate help` have come.
#[derive(Default)]
struct Words {
    service: bool,
    operation: bool,
    help: bool,
}

impl Words {
    /// Whether this is the next word of the command.
    fn take(&mut self, word: &str) -> bool {
        match word {
            "acm-pca" if !self.service && !self.operation => self.service = true,
            "issue-certificate" if !self.operation => self.operation = true,
            "help" if !self.help => self.help = true,
            _ => return false,
        }
        true
    }

    fn is_cut_short(&self) -> bool {
        self.service && !self.operation
    }
}
