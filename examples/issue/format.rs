//! How the response is printed: `--output`, `--query` and `--color`.

mod table;
mod text;
mod yaml;

use std::io::{self, IsTerminal};

use serde_json::Value;

use crate::failure::Failure;
use crate::output;
use crate::query::Query;

/// The values of `--output`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Json,
    Text,
    Table,
    Yaml,
    YamlStream,
    /// Nothing is printed.
    Off,
}

impl Format {
    pub(crate) const NAMES: [&'static str; 6] = ["json", "text", "table", "yaml", "yaml-stream", "off"];

    pub(crate) fn from_name(name: &str) -> Option<Format> {
        use Format::{Json, Off, Table, Text, Yaml, YamlStream};
        let position = Format::NAMES.iter().position(|known| *known == name)?;
        [Json, Text, Table, Yaml, YamlStream, Off].get(position).copied()
    }
}

/// The values of `--color`, which tables alone have.
#[derive(Clone, Copy)]
pub(crate) enum Color {
    On,
    Off,
    /// On a terminal.
    Auto,
}

/// What is printed of a response, and how.
pub(crate) struct Style {
    pub(crate) format: Format,
    pub(crate) query: Option<Query>,
    pub(crate) color: Color,
}

impl Style {
    /// Whether neither a query nor a format other than JSON was asked for.
    pub(crate) fn is_plain_json(&self) -> bool {
        self.format == Format::Json && self.query.is_none()
    }

    /// The response as it is printed; nothing for an empty one.
    pub(crate) fn render(&self, response: Value) -> Result<String, Failure> {
        let value = match &self.query {
            Some(query) => query.search(&response)?,
            None => response,
        };
        let is_empty = value.as_object().is_some_and(serde_json::Map::is_empty);
        Ok(match self.format {
            Format::Json | Format::Yaml if is_empty => String::new(),
            Format::Json => output::json(&value),
            Format::Text => text::render(&value),
            Format::Table => table::render("IssueCertificate", &value, self.is_colored()),
            Format::Yaml => yaml::render(&value),
            Format::YamlStream => yaml::render(&Value::Array(vec![value])),
            Format::Off => String::new(),
        })
    }

    fn is_colored(&self) -> bool {
        match self.color {
            Color::On => true,
            Color::Off => false,
            Color::Auto => io::stdout().is_terminal(),
        }
    }
}

/// A scalar as the AWS CLI, which is Python, prints it in text and tables.
fn scalar(value: &Value) -> String {
    match value {
        Value::Null => "None".to_owned(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn is_scalar(value: &Value) -> bool {
    !value.is_array() && !value.is_object()
}
