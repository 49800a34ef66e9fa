//! The listing of the public API names no crate but those that it may. `.ci/public-api` holds the listing against the code.

use std::collections::BTreeSet;

/// The standard library and primitive types; dates, overwritten buffers and serialisation. No crate of cryptography, ASN.1 or
/// tokens.
const ALLOWED: [&str; 10] = ["issuance", "alloc", "bool", "core", "i64", "std", "str", "serde_core", "time", "zeroize"];

/// The first segment of every path in a line.
fn crates(line: &str) -> impl Iterator<Item = &str> {
    let name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    line.match_indices("::").filter_map(move |(at, _)| {
        let before = &line[..at];
        let start = before.rfind(|c| !name(c)).map_or(0, |separator| separator + 1);
        let first = !before[..start].ends_with(':') && start < at;
        first.then_some(&before[start..])
    })
}

#[test]
fn no_other_crate_is_public() {
    assert_eq!(crates("pub fn a::B::c(&d::e::F<g::H>) -> <I as j::K>::L").collect::<Vec<_>>(), ["a", "d", "g", "j"]);
    let listing = include_str!("../public-api.txt");
    let named: BTreeSet<&str> = listing.lines().flat_map(crates).collect();
    // Self and type parameters have paths, too.
    let others: Vec<_> = named.iter().filter(|name| name.starts_with(|c: char| c.is_ascii_lowercase())).collect();
    assert!(others.len() > 3, "{others:?}");
    assert!(others.iter().all(|name| ALLOWED.contains(name)), "{others:?}");
}

/// The path of an item that a line of the listing declares, without generics: modules in lower case, then its name.
fn declared(line: &str) -> Option<Vec<&str>> {
    let mut words = line.split(' ').skip_while(|word| matches!(*word, "pub" | "const" | "async" | "unsafe"));
    let is_item = |word: &&str| matches!(*word, "struct" | "enum" | "trait" | "fn" | "type" | "mod" | "macro");
    let path = match words.next().filter(|word| is_item(word) || word.starts_with("issuance::"))? {
        constant if constant.starts_with("issuance::") => constant,
        _ => words.next()?,
    };
    let path = path.split(['<', '(', ':', ' ']).next().and_then(|_| path.split(['<', '(']).next())?;
    let segments: Vec<&str> = path.trim_end_matches([':', ';']).split("::").collect();
    let (name, modules) = segments.split_last()?;
    // What stands in a type is no item of a module.
    let in_module = modules.iter().all(|module| module.starts_with(|c: char| c.is_ascii_lowercase()));
    (in_module && modules.first() == Some(&"issuance") && !name.is_empty()).then_some(segments)
}

#[test]
fn few_names_stand_at_the_root_and_each_name_has_one_path() {
    assert_eq!(declared("pub struct issuance::csr::Csr<'a, S>"), Some(vec!["issuance", "csr", "Csr"]));
    assert_eq!(declared("pub const issuance::issue::SKEW: i64"), Some(vec!["issuance", "issue", "SKEW"]));
    assert_eq!(declared("pub fn issuance::csr::Csr<'a, S>::decode(der: &[u8])"), None);
    let listing = include_str!("../public-api.txt");
    let paths: BTreeSet<Vec<&str>> = listing.lines().filter_map(declared).collect();
    assert!(paths.len() > 150, "{}", paths.len());
    let root: Vec<_> = paths.iter().filter(|path| path.len() == 2).filter(|path| !is_module(path[1])).collect();
    assert!((20..=35).contains(&root.len()), "{}: {root:?}", root.len());
    let mut seen = BTreeSet::new();
    let twice: Vec<_> = paths.iter().filter(|path| !seen.insert(path[path.len() - 1])).collect();
    assert!(twice.is_empty(), "{twice:?}");
}

fn is_module(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase()) && name != "signing_digest"
}
