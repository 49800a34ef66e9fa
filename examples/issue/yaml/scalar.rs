//! The scalars of the core schema of YAML 1.2 (section 10.3.2).

use saphyr_parser::{ScalarStyle, Tag};
use serde_json::Value;

/// The value of a scalar: by its tag, else by its form if it is plain, else a text.
pub(crate) fn value(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Result<Value, String> {
    let Some(tag) = tag else {
        return Ok(if style == ScalarStyle::Plain { plain(text) } else { text.into() });
    };
    let expected = match (tag.is_yaml_core_schema(), tag.suffix.as_str()) {
        (true, "str") => return Ok(text.into()),
        (true, "null") => Value::is_null,
        (true, "bool") => Value::is_boolean,
        (true, "int") => is_integer,
        (true, "float") => Value::is_number,
        // The non-specific tag: not plain.
        (false, "") if tag.handle == "!" => return Ok(text.into()),
        _ => return Err(unsupported(tag)),
    };
    let value = plain(text);
    if expected(&value) { Ok(value) } else { Err(format!("'{text}' is not a value of !!{}", tag.suffix)) }
}

pub(crate) fn unsupported(tag: &Tag) -> String {
    let handle = if tag.is_yaml_core_schema() { "!!" } else { &tag.handle };
    format!("the tag {handle}{} is unsupported here", tag.suffix)
}

fn is_integer(value: &Value) -> bool {
    value.is_i64() || value.is_u64()
}

fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => true.into(),
        "false" | "False" | "FALSE" => false.into(),
        // JSON lacks infinities: they stay text.
        text => integer(text).or_else(|| float(text)).unwrap_or_else(|| text.into()),
    }
}

fn integer(text: &str) -> Option<Value> {
    let radix = |prefix, radix| {
        let digits = text.strip_prefix(prefix)?;
        u64::from_str_radix(digits, radix).ok().filter(|_| !digits.starts_with('+')).map(Value::from)
    };
    let decimal = || text.parse::<i64>().ok().map(Value::from).or_else(|| text.parse::<u64>().ok().map(Value::from));
    radix("0x", 16).or_else(|| radix("0o", 8)).or_else(decimal)
}

fn float(text: &str) -> Option<Value> {
    let may_be =
        text.contains(|c: char| c.is_ascii_digit()) && text.bytes().all(|byte| b"+-.0123456789eE".contains(&byte));
    let number: f64 = may_be.then(|| text.parse().ok()).flatten()?;
    serde_json::Number::from_f64(number).map(Value::Number)
}
