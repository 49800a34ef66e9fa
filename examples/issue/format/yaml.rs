//! `--output yaml`: block style, each list at the indentation of the member that it belongs to.

use serde_json::Value;

use super::is_scalar;

pub(crate) fn render(value: &Value) -> String {
    let mut page = String::new();
    if is_scalar(value) {
        let text = one_line(value);
        page.push_str(&text);
        // A plain scalar alone has no end of its own.
        page.push_str(if text.starts_with(['\'', '"']) { "\n" } else { "\n...\n" });
    } else {
        block(&mut page, value, 0);
    }
    page
}

/// The lines of a list or structure. The first is not indented: it may follow a hyphen.
fn block(page: &mut String, value: &Value, indent: usize) {
    let margin = " ".repeat(indent);
    let begin = |page: &mut String, position: usize| {
        if position > 0 {
            page.push_str(&margin);
        }
    };
    match value {
        Value::Array(items) if !items.is_empty() => {
            for (position, item) in items.iter().enumerate() {
                begin(page, position);
                page.push_str("- ");
                block(page, item, indent + 2);
            }
        }
        Value::Object(members) if !members.is_empty() => {
            for (position, (name, value)) in members.iter().enumerate() {
                begin(page, position);
                page.push_str(&quoted(name));
                page.push(':');
                inside(page, value, indent);
            }
        }
        value => {
            page.push_str(&one_line(value));
            page.push('\n');
        }
    }
}

/// What follows the colon of a member.
fn inside(page: &mut String, value: &Value, indent: usize) {
    let deeper = match value {
        Value::Array(items) if !items.is_empty() => indent,
        Value::Object(members) if !members.is_empty() => indent + 2,
        value => {
            page.push(' ');
            page.push_str(&one_line(value));
            page.push('\n');
            return;
        }
    };
    page.push('\n');
    page.push_str(&" ".repeat(deeper));
    block(page, value, deeper);
}

/// A scalar, or an empty list or structure.
fn one_line(value: &Value) -> String {
    match value {
        Value::String(text) => quoted(text),
        other => other.to_string(),
    }
}

/// A text plain if it reads back as itself, else between quotation marks.
fn quoted(text: &str) -> String {
    if text.chars().any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}')) {
        // A text of JSON is one of YAML.
        return Value::from(text).to_string();
    }
    if is_plain(text) { text.to_owned() } else { format!("'{}'", text.replace('\'', "''")) }
}

fn is_plain(text: &str) -> bool {
    const WORDS: [&str; 9] = ["null", "true", "false", "yes", "no", "on", "off", "y", "n"];
    let starts_plain = text.starts_with(|c: char| c.is_alphabetic() || matches!(c, '/' | '_' | '(' | ')' | '$'));
    starts_plain
        && !text.ends_with([' ', ':'])
        && !text.contains(": ")
        && !text.contains(" #")
        && !WORDS.iter().any(|word| text.eq_ignore_ascii_case(word))
}
