//! Subjects and directory names of every kind that policies and name constraints can tell apart.
//!
//! A name passes a list of directories if it starts with one of them, and an excluded one by being anything else; what attributes
//! it has is judged one by one. So it is enough to try, from each directory on, the attributes that are asked for, behind one that
//! leads out of what is excluded. If nothing natural does, a relative distinguished name that says one attribute in three string
//! types does: no directory of a policy has several attributes in one.

use crate::policy::pattern::name_der;
use crate::policy::rules::{Rules, SubjectRules};
use crate::policy::text::Identifier;
use crate::x509::asn1::reader::Reader;
use crate::x509::asn1::tag;
use crate::x509::asn1::writer::Writer;
use crate::x509::name::attributes;
use crate::x509::name::matching::text_matches;
use crate::x509::name::string::Text;
use crate::x509::oid::Oid;

/// One attribute: its type and text.
pub(crate) type Item = (Oid, String);

/// What subjects are made of.
#[derive(Debug, Clone, Default)]
pub(crate) struct Alphabet {
    /// The directories that names may have to start with, or must not.
    pub(crate) directories: Vec<Vec<u8>>,
    /// Texts that a commonName may have to have.
    pub(crate) common_names: Vec<String>,
    /// Addresses that an emailAddress may have.
    pub(crate) mailboxes: Vec<String>,
}

/// The rules of the subject alone.
fn rules_of(rules: &[Rules]) -> impl Iterator<Item = &SubjectRules> + Clone {
    rules.iter().filter_map(|rules| rules.subject.as_ref())
}

/// The elements of a Name: its relative distinguished names.
pub(crate) fn rdns(name: &[u8]) -> Vec<u8> {
    Reader::single(name, tag::SEQUENCE).map(|name| name.content.to_vec()).unwrap_or_default()
}

pub(crate) fn name(parts: &[&[u8]]) -> Vec<u8> {
    let mut w = Writer::with_capacity(128);
    w.sequence(|w| parts.iter().for_each(|part| w.raw(part)));
    w.into_vec()
}

pub(crate) fn rdn((oid, text): &Item) -> Vec<u8> {
    rdns(&name_der(&[(*oid, text.clone())]))
}

/// One attribute in three string types, as one relative distinguished name; in DER order.
fn tripled((oid, text): &Item) -> Vec<u8> {
    let attribute = |tag: u8, content: &[u8]| {
        let mut w = Writer::with_capacity(content.len() + 32);
        w.sequence(|w| {
            w.oid(oid);
            w.primitive(tag, content);
        });
        w.into_vec()
    };
    let wide: Vec<u8> = text.chars().flat_map(|character| u32::from(character).to_be_bytes()).collect();
    let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let mut members = [
        attribute(tag::UTF8_STRING, text.as_bytes()),
        attribute(tag::BMP_STRING, &utf16),
        attribute(tag::UNIVERSAL_STRING, &wide),
    ];
    members.sort();
    let mut w = Writer::with_capacity(128);
    w.nested(tag::SET, |w| members.iter().for_each(|member| w.raw(member)));
    w.into_vec()
}

fn types_in(name: &[u8]) -> Vec<Oid> {
    attributes(name).flatten().map(|attribute| attribute.oid.to_oid()).collect()
}

/// The attributes that could stand in a subject under these rules, at most a few texts of each type.
pub(crate) fn items(rules: &[Rules], others: &[Rules], alphabet: &Alphabet) -> Vec<Item> {
    let mut types = vec![Oid::COMMON_NAME, Oid::ORGANIZATION];
    let mut texts: Vec<Item> = Vec::new();
    for subject in rules_of(rules).chain(rules_of(others)) {
        types.extend(subject.required.iter().map(|attribute| attribute.0));
        types.extend(subject.allowed.iter().flatten().map(|attribute| attribute.0));
        for (Identifier(of, ..), values) in &subject.values {
            types.push(*of);
            texts.extend(values.iter().map(|value| (*of, value.clone())));
        }
    }
    for directory in &alphabet.directories {
        for attribute in attributes(directory).flatten() {
            types.push(attribute.oid.to_oid());
            if let Some(text) = Text::of(&attribute.value) {
                texts.push((attribute.oid.to_oid(), text.into_cow().into_owned()));
            }
        }
    }
    // A type that nobody names.
    types.extend(Oid::from_der_content(&[0x2a, 0x7f, 0x7f]));
    let mut items: Vec<Item> = Vec::new();
    for oid in types {
        let of_type = texts.iter().filter(|(of, _)| *of == oid).map(|(_, text)| text.clone());
        let special: &[String] = match oid {
            Oid::COMMON_NAME => &alphabet.common_names,
            Oid::EMAIL_ADDRESS => &alphabet.mailboxes,
            _ => &[],
        };
        let plain = if oid == Oid::COUNTRY { "XX" } else { "w" };
        for text in special.iter().cloned().chain(of_type).chain([plain.to_owned()]) {
            let item = (oid, text);
            if !items.contains(&item) {
                items.push(item);
            }
        }
    }
    items
}

/// Whether the rules of attributes let one stand in a subject.
fn passes(rules: &[Rules], item: &Item) -> bool {
    let der = rdn(item);
    let name = name(&[&der]);
    let Some(Ok(attribute)) = attributes(&name).next() else { return false };
    rules_of(rules).all(|subject| {
        let allowed = subject.allowed.as_ref().is_none_or(|allowed| allowed.iter().any(|allowed| item.0 == allowed.0));
        let mut values = subject.values.iter().filter(|(of, _)| item.0 == of.0);
        allowed && values.all(|(_, texts)| texts.iter().any(|text| text_matches(&attribute.value, text)))
    })
}

/// Subjects to try, likely ones first. `others` are rules whose types and texts occur, too; `accepts` judges attributes beyond the rules; `without` is a type that they do without, even
/// if it is required.
pub(crate) fn subjects(
    rules: &[Rules],
    others: &[Rules],
    alphabet: &Alphabet,
    accepts: &dyn Fn(&Item) -> bool,
    without: Option<Oid>,
) -> Vec<Vec<u8>> {
    let items: Vec<Item> = items(rules, others, alphabet)
        .into_iter()
        .filter(|item| Some(item.0) != without && passes(rules, item) && accepts(item))
        .collect();
    let required: Vec<Oid> = {
        let mut required: Vec<Oid> = rules_of(rules).flat_map(|subject| &subject.required).map(|of| of.0).collect();
        required.dedup();
        required.retain(|oid| Some(*oid) != without);
        required
    };
    let first = |oid: Oid| items.iter().find(|item| item.0 == oid);
    let mut found: Vec<Vec<u8>> = Vec::new();
    let mut add = |name: Vec<u8>| {
        if !found.contains(&name) {
            found.push(name);
        }
    };
    let mut bases: Vec<Vec<u8>> = vec![Vec::new()];
    bases.extend(alphabet.directories.iter().map(|directory| rdns(directory)));
    for base in &bases {
        let there = types_in(&name(&[base]));
        let mut missing: Vec<Oid> = Vec::new();
        for oid in &required {
            if !there.contains(oid) && !missing.contains(oid) {
                missing.push(*oid);
            }
        }
        let Some(tail) = missing.iter().map(|oid| first(*oid).map(rdn)).collect::<Option<Vec<_>>>() else { continue };
        let tail = tail.concat();
        if let Some(common_name) = first(Oid::COMMON_NAME).filter(|_| base.is_empty() && missing.is_empty()) {
            // What people expect.
            add(name(&[&rdn(common_name)]));
        }
        add(name(&[base, &tail]));
        // Behind each attribute, in case that what is first is excluded; a commonName has a text of its own each time.
        for item in &items {
            let others = missing.iter().filter(|oid| **oid != item.0).filter_map(|oid| first(*oid)).map(rdn);
            let others: Vec<u8> = others.collect::<Vec<_>>().concat();
            add(name(&[base, &rdn(item), &others]));
            if missing.contains(&item.0) {
                add(name(&[base, &others, &rdn(item)]));
            }
        }
        if let Some(item) = missing.first().and_then(|oid| first(*oid)).or(items.first()) {
            add(name(&[base, &tripled(item), &tail]));
        }
        for item in items.iter().filter(|item| missing.contains(&item.0)) {
            let others = missing.iter().filter(|oid| **oid != item.0).filter_map(|oid| first(*oid)).map(rdn);
            let others: Vec<u8> = others.collect::<Vec<_>>().concat();
            add(name(&[base, &tripled(item), &others]));
        }
    }
    found
}
