//! `--output text`: values between tabs, each structure on a line of its own, the names of nested ones before it.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{is_scalar, scalar};

pub(crate) fn render(value: &Value) -> String {
    let mut page = String::new();
    item(&mut page, value, None, None);
    page
}

/// `name` is the member that the value belongs to; `columns` are the scalars that the structures of one list have.
fn item(page: &mut String, value: &Value, name: Option<&str>, columns: Option<&BTreeSet<&str>>) {
    match value {
        Value::Object(members) => structure(page, members, name, columns),
        Value::Array(items) => list(page, items, name),
        value => line(page, [scalar(value)]),
    }
}

fn list(page: &mut String, items: &[Value], name: Option<&str>) {
    if items.is_empty() {
        return;
    }
    if items.iter().any(Value::is_object) {
        let members = items.iter().filter_map(Value::as_object).flatten();
        let columns = members.filter(|(_, value)| is_scalar(value)).map(|(name, _)| name.as_str()).collect();
        items.iter().for_each(|element| item(page, element, name, Some(&columns)));
        return;
    }
    let (scalars, others): (Vec<&Value>, Vec<&Value>) = items.iter().partition(|element| is_scalar(element));
    match name {
        Some(name) => scalars.iter().for_each(|element| line(page, [name.to_uppercase(), scalar(element)])),
        None if !scalars.is_empty() => line(page, scalars.into_iter().map(scalar)),
        None => {}
    }
    others.into_iter().for_each(|element| item(page, element, name, None));
}

fn structure(page: &mut String, members: &Map<String, Value>, name: Option<&str>, columns: Option<&BTreeSet<&str>>) {
    let own = || members.iter().filter(|(_, value)| is_scalar(value)).map(|(name, _)| name.as_str()).collect();
    let own: BTreeSet<&str> = columns.cloned().unwrap_or_else(own);
    if !own.is_empty() {
        let values = own
            .iter()
            .map(|column| members.get(*column).filter(|value| is_scalar(value)).map_or_else(String::new, scalar));
        line(page, name.map(str::to_uppercase).into_iter().chain(values));
    }
    for (name, value) in members.iter().filter(|(_, value)| !is_scalar(value)) {
        item(page, value, Some(name), None);
    }
}

fn line(page: &mut String, fields: impl IntoIterator<Item = String>) {
    let fields: Vec<String> = fields.into_iter().collect();
    page.push_str(&fields.join("\t"));
    page.push('\n');
}
