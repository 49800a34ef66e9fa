//! `--output table`: a section for each structure and list, with those inside it indented below.

mod layout;

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{is_scalar, scalar};
use layout::Section;

/// Nothing for what is empty.
pub(crate) fn render(title: &str, value: &Value, colored: bool) -> String {
    let mut sections = Sections(Vec::new());
    sections.add(title, value, 0);
    layout::render(sections.0, colored)
}

struct Sections(Vec<Section>);

impl Sections {
    /// A section with this title, unless the value is empty.
    fn add(&mut self, title: &str, value: &Value, indent: usize) {
        if is_empty(value) {
            return;
        }
        self.begin(title, indent);
        match value {
            Value::Object(members) => self.structure(members, indent),
            Value::Array(items) if items.first().is_some_and(Value::is_object) => self.structures(title, items, indent),
            Value::Array(items) => self.list(title, items, indent),
            // The AWS CLI prints the title alone here.
            value => self.row(vec![scalar(value)]),
        }
    }

    fn begin(&mut self, title: &str, indent: usize) {
        self.0.push(Section::new(title, indent));
    }

    fn row(&mut self, row: Vec<String>) {
        if let Some(section) = self.0.last_mut() {
            section.rows.push(row);
        }
    }

    fn header(&mut self, columns: &BTreeSet<&str>) {
        if let Some(section) = self.0.last_mut() {
            section.header = columns.iter().map(|name| (*name).to_owned()).collect();
        }
    }

    /// One row: a name and its value, or the values of several members under their names.
    fn structure(&mut self, members: &Map<String, Value>, indent: usize) {
        let scalars: Vec<(&String, &Value)> = members.iter().filter(|(_, value)| is_scalar(value)).collect();
        match scalars.as_slice() {
            [] => {}
            [(name, value)] => self.row(vec![(*name).clone(), scalar(value)]),
            several => {
                self.header(&several.iter().map(|(name, _)| name.as_str()).collect());
                self.row(several.iter().map(|(_, value)| scalar(value)).collect());
            }
        }
        self.nested(members, indent);
    }

    fn nested(&mut self, members: &Map<String, Value>, indent: usize) {
        for (name, value) in members.iter().filter(|(_, value)| !is_scalar(value)) {
            self.add(name, value, indent + 1);
        }
    }

    /// A row for each structure. If one holds others, each has a section of its own, so that these stand below it.
    fn structures(&mut self, title: &str, items: &[Value], indent: usize) {
        let members = || items.iter().filter_map(Value::as_object).flatten();
        let columns = members().filter(|(_, value)| is_scalar(value)).map(|(name, _)| name.as_str()).collect();
        let apart = members().any(|(_, value)| !is_scalar(value));
        self.header(&columns);
        for (position, item) in items.iter().enumerate() {
            if position > 0 && apart {
                self.begin(title, indent);
                self.header(&columns);
            }
            let Some(members) = item.as_object() else {
                self.row(vec![scalar(item)]);
                continue;
            };
            let cell =
                |column: &&str| members.get(*column).filter(|value| is_scalar(value)).map_or_else(String::new, scalar);
            self.row(columns.iter().map(cell).collect());
            self.nested(members, indent);
        }
    }

    /// A row for each scalar and for each list of scalars.
    fn list(&mut self, title: &str, items: &[Value], indent: usize) {
        for item in items {
            match item {
                Value::Array(cells) if cells.iter().all(is_scalar) => self.row(cells.iter().map(scalar).collect()),
                Value::Array(items) => self.list(title, items, indent),
                Value::Object(_) => self.add(title, item, indent),
                item => self.row(vec![scalar(item)]),
            }
        }
    }
}

/// What Python takes for false.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(value) => !value,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
    }
}
