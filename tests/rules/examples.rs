//! Every public type has an example, or says which page has one.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::layout::files_below;

/// The types and traits of the listing, by their last names, which are unique.
fn public() -> BTreeSet<&'static str> {
    let listing = include_str!("../public-api.txt").lines();
    let declared = listing.filter_map(|line| {
        let line = line.strip_prefix("#[non_exhaustive] ").unwrap_or(line);
        let path = ["pub struct ", "pub enum ", "pub trait "].iter().find_map(|kind| line.strip_prefix(kind))?;
        path.split(['<', ':', '(', ' ']).find(|word| word.starts_with(|c: char| c.is_ascii_uppercase()))
    });
    declared.collect()
}

/// The name that a line declares, if it is that of a type or trait.
fn declared(line: &str) -> Option<&str> {
    let line = line.trim_start().strip_prefix("pub ")?;
    let rest = ["struct ", "enum ", "trait "].iter().find_map(|kind| line.strip_prefix(kind))?;
    rest.split(|c: char| !c.is_alphanumeric()).next()
}

/// The documentation right above a line, attributes passed over.
fn documentation(above: &[&str]) -> String {
    let is_part = |line: &&&str| !line.trim().is_empty() && !line.starts_with('}');
    let lines = above.iter().rev().take_while(is_part).map(|line| line.trim_start());
    lines.filter(|line| line.starts_with("///")).collect()
}

#[test]
fn every_public_type_has_an_example_or_a_link_to_one() {
    let public = public();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    files_below(&root, "rs", &mut files);
    let (mut met, mut without) = (BTreeSet::new(), BTreeSet::new());
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        for (at, line) in lines.iter().enumerate() {
            let Some(name) = declared(line).and_then(|name| public.get(name)) else { continue };
            let documentation = documentation(&lines[..at]);
            // Without documentation it is one of the same name that is not public.
            if documentation.is_empty() {
                continue;
            }
            met.insert(name);
            let shows = ["```", "has an example", "example see [`"];
            if !shows.iter().any(|mark| documentation.contains(mark)) {
                without.insert(format!("{}:{}: {name}", file.display(), at + 1));
            }
        }
    }
    assert!(met.len() > 120, "only {} were found: {met:?}", met.len());
    assert!(without.is_empty(), "{without:#?}");
}
