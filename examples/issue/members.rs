//! Refuses members that no request has, as the AWS CLI does before it calls the service (R-REQ-10).

use serde_json::{Map, Value};

use crate::failure::Failure;
use crate::near;
use crate::request::SKELETON;

/// Reports every member, at any depth, that the API does not know.
pub(crate) fn check(members: &Map<String, Value>) -> Result<(), Failure> {
    let known = serde_json::from_str(SKELETON)
        .map_err(|error| Failure::Output(format!("The skeleton of a request is not JSON: {error}")))?;
    let mut problems = Vec::new();
    let known: Map<String, Value> = known;
    structure("", members, &known, &mut problems);
    if problems.is_empty() {
        return Ok(());
    }
    Err(Failure::Refused(format!("Parameter validation failed:\n{}", problems.join("\n"))))
}

fn structure(path: &str, given: &Map<String, Value>, known: &Map<String, Value>, problems: &mut Vec<String>) {
    for (name, value) in given {
        match known.get(name) {
            Some(known) => member(&format!("{path}.{name}"), value, known, problems),
            None => problems.push(unknown(path, name, known)),
        }
    }
}

/// A value of another type than the known one is for the library to refuse.
fn member(path: &str, given: &Value, known: &Value, problems: &mut Vec<String>) {
    match (given, known) {
        (Value::Object(given), Value::Object(known)) => structure(path, given, known, problems),
        (Value::Array(given), Value::Array(known)) => {
            let Some(known) = known.first() else { return };
            for (position, item) in given.iter().enumerate() {
                member(&format!("{path}[{position}]"), item, known, problems);
            }
        }
        _ => {}
    }
}

fn unknown(path: &str, name: &str, known: &Map<String, Value>) -> String {
    let place = if path.is_empty() { "input" } else { path.trim_start_matches('.') };
    let names: Vec<&str> = known.keys().map(String::as_str).collect();
    let meant = near::nearest(name, names.iter().copied());
    let meant = meant.map_or_else(String::new, |meant| format!("; did you mean \"{meant}\"?"));
    format!("Unknown parameter in {place}: \"{name}\", must be one of: {}{meant}", names.join(", "))
}
