//! R-REQ-10: members of a request that no rule uses, by the API model.

use std::sync::LazyLock;

use issuance_test_support::files;
use serde_json::Value;

use crate::oracle::rules::Suppressed;

static MODEL: LazyLock<Value> = LazyLock::new(|| serde_json::from_str(&files::text("api-model.json")).unwrap());

/// What is not used, and whether a name is misspelt where that is refused.
pub(crate) fn unused(request: &Value) -> (Vec<Suppressed>, bool) {
    let mut found = Found::default();
    let shape = MODEL["operations"]["IssueCertificate"]["input"].as_str().unwrap();
    found.walk(shape, request, "");
    (found.unused, found.is_misspelt)
}

#[derive(Default)]
struct Found {
    unused: Vec<Suppressed>,
    is_misspelt: bool,
}

impl Found {
    fn add(&mut self, path: &str, reason: &str) {
        self.unused.push(Suppressed { input: path.to_owned(), reason: reason.to_owned(), value: Vec::new() });
    }

    fn walk(&mut self, shape: &str, value: &Value, path: &str) {
        let facts = &MODEL["shapes"][shape];
        if let Some(elements) = value.as_array() {
            for (index, element) in elements.iter().enumerate() {
                self.walk(facts["member"].as_str().unwrap(), element, &format!("{path}.{}.member", index + 1));
            }
        }
        let Some(given) = value.as_object() else { return };
        let known = facts["members"].as_object().unwrap();
        // Not the structures that are an option of a union.
        let is_empty = known.keys().all(|name| given.get(name).is_none_or(Value::is_null));
        if is_empty && ["ApiPassthrough", "ASN1Subject", "Extensions"].contains(&shape) {
            self.add(path, "empty structure");
        }
        for (name, value) in given.iter().filter(|(_, value)| !value.is_null()) {
            let dot = if path.is_empty() { "" } else { "." };
            let Some(shape) = known.get(name) else {
                let is_near = known.keys().any(|known| known.eq_ignore_ascii_case(name) || distance(known, name) <= 2);
                self.is_misspelt |= path.starts_with("apiPassthrough") && is_near;
                self.add(&format!("{path}{dot}{name}"), "member not known");
                continue;
            };
            let name = format!("{}{}", name[..1].to_lowercase(), &name[1..]);
            self.walk(shape.as_str().unwrap(), value, &format!("{path}{dot}{name}"));
        }
    }
}

/// Letters to insert, remove or replace (Levenshtein).
fn distance(from: &str, to: &str) -> usize {
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, a) in from.bytes().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, b) in to.bytes().enumerate() {
            let least = (diagonal + usize::from(a != b)).min(row[j] + 1).min(row[j + 1] + 1);
            diagonal = std::mem::replace(&mut row[j + 1], least);
        }
    }
    row[to.len()]
}
