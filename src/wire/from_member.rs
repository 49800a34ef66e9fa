//! From a document to the builders.

use super::document::{Document, Map};
use super::reading::{Reading, Step};
use crate::request::bounded::{Blob, Integer};
use crate::request::draft::{Draft, Findings, Items};
use crate::request::given::{IntoDraft, Shape, TextShape};
use crate::request::violation::{Constraint, Violation, printed};
use crate::x509::base64;

/// A type that is read from a document.
pub(crate) trait Read: Shape {
    fn read(document: Document<'_>, reading: &mut Reading) -> Draft<Self>;
}

fn wrong_type<T>(document: &Document<'_>, expected: &'static str) -> Draft<T> {
    Draft::wrong(Violation::new(document.printed(), Constraint::Type(expected)))
}

impl<T: TextShape> Read for T {
    fn read(document: Document<'_>, _: &mut Reading) -> Draft<T> {
        match document {
            Document::Text(text) => (&*text).into_draft(),
            other => wrong_type(&other, "a string"),
        }
    }
}

impl Read for i64 {
    fn read(document: Document<'_>, _: &mut Reading) -> Draft<i64> {
        match document {
            Document::Integer(value) => Draft::right(value),
            other => wrong_type(&other, "an integer of 64 bits, without fraction or exponent"),
        }
    }
}

impl<const MIN: i64, const MAX: i64> Read for Integer<MIN, MAX> {
    fn read(document: Document<'_>, reading: &mut Reading) -> Draft<Self> {
        i64::read(document, reading).and_then(IntoDraft::into_draft)
    }
}

impl Read for bool {
    fn read(document: Document<'_>, _: &mut Reading) -> Draft<bool> {
        match document {
            Document::Bool(value) => Draft::right(value),
            other => wrong_type(&other, "true or false"),
        }
    }
}

impl<const MIN: usize, const MAX: usize> Read for Blob<MIN, MAX> {
    /// Bytes, or text that is their base64.
    fn read(document: Document<'_>, _: &mut Reading) -> Draft<Self> {
        match &document {
            Document::Bytes(bytes) => (&**bytes).into_draft(),
            Document::Text(text) => match base64::decode(text.as_bytes()) {
                Some(bytes) => Blob::of(bytes),
                None => wrong_type(&document, "a blob: base64 with padding and without line breaks"),
            },
            other => wrong_type(other, "a blob: base64 with padding and without line breaks"),
        }
    }
}

/// Exactly one of the options (R-REQ-3). What is wrong with any that is given is reported in any case.
pub(crate) fn one_of<T, const N: usize>(names: &'static [&'static str; N], options: [Option<Draft<T>>; N]) -> Draft<T> {
    let given: Vec<&str> =
        names.iter().zip(&options).filter(|(_, option)| option.is_some()).map(|(name, _)| *name).collect();
    let mut findings = Findings::default();
    if given.len() != 1 {
        let value = if given.is_empty() { "{}".to_owned() } else { given.join(", ") };
        findings.add(Violation::new(value, Constraint::OneOption(names)));
    }
    let mut values = options.into_iter().flatten().filter_map(|option| findings.whole(option));
    let value = values.next();
    values.for_each(drop);
    findings.finish(|| value)
}

/// The members of a structure that are still to be read.
pub(crate) struct Members<'r, 'a> {
    members: Map<'a>,
    reading: &'r mut Reading,
}

impl Members<'_, '_> {
    /// The member `name`; null counts as absent.
    pub(crate) fn take<T: FromMember>(&mut self, name: &'static str) -> T {
        let value = Some(self.members.take(name)).filter(|value| *value != Document::Null);
        self.reading.inside(Step::Member(name), |reading| T::from_member(value, reading))
    }

    /// The member `name` of a union.
    pub(crate) fn option<T: Read, U>(
        &mut self,
        name: &'static str,
        make: impl FnOnce(Draft<T>) -> Draft<U>,
    ) -> Option<Draft<U>> {
        self.take::<Option<Draft<T>>>(name).map(make)
    }
}

/// Reads a structure of the members `known`: `read` takes them. What is left is not known, unless it is null, which is
/// nothing (R-REQ-10).
pub(crate) fn structure<T>(
    document: Document<'_>,
    reading: &mut Reading,
    known: &'static [&'static str],
    read: impl FnOnce(&mut Members<'_, '_>) -> Draft<T>,
) -> Draft<T> {
    let Document::Map(members) = document else {
        return wrong_type(&document, "a structure");
    };
    let mut members = Members { members, reading };
    let mut findings = Findings::default();
    let value = findings.whole(read(&mut members));
    let Members { members, reading } = members;
    for (name, value) in members.iter().filter(|(_, value)| **value != Document::Null) {
        if let Some(constraint) = reading.unknown_member(name, known) {
            findings.add(Violation::new(value.printed(), constraint).under(printed(name)));
        }
    }
    findings.finish(|| value)
}

/// What a builder holds of a member that may be absent.
pub(crate) trait FromMember {
    fn from_member(value: Option<Document<'_>>, reading: &mut Reading) -> Self;
}

impl<T: Read> FromMember for Option<Draft<T>> {
    fn from_member(value: Option<Document<'_>>, reading: &mut Reading) -> Self {
        value.map(|value| T::read(value, reading))
    }
}

impl<T: Read> FromMember for Items<T> {
    fn from_member(value: Option<Document<'_>>, reading: &mut Reading) -> Self {
        let items = match value {
            None => return Items::Absent,
            Some(Document::List(items)) => items,
            Some(other) => return Items::Wrong(Violation::new(other.printed(), Constraint::Type("a list"))),
        };
        let mut read = Items::present();
        for (index, item) in items.into_iter().enumerate() {
            read.push(match item {
                Document::Null => Draft::wrong(Violation::new("null", Constraint::NotNull)),
                item => reading.inside(Step::Item(index + 1), |reading| T::read(item, reading)),
            });
        }
        read
    }
}
