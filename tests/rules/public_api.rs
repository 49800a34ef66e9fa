//! The listing of the public API names no crate but those that it may. `.ci/public-api` holds the listing against the code.

use std::collections::BTreeSet;

/// The standard library and primitive types; dates, overwritten buffers and serialisation; the store of a ledger that bears its name,
/// for a storage backend of the caller's. No crate of cryptography, ASN.1 or tokens.
const ALLOWED: [&str; 11] =
    ["issuance", "alloc", "bool", "core", "i64", "redb", "std", "str", "serde_core", "time", "zeroize"];

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

/// A line without what stands in angle brackets.
fn without_generics(line: &str) -> String {
    let mut depth = 0_usize;
    let outside = |c: &char| {
        let inside = depth > 0;
        match c {
            '<' => depth += 1,
            '>' => depth = depth.saturating_sub(1),
            _ => return !inside,
        }
        false
    };
    line.chars().filter(outside).collect()
}

/// The path of an item of a module, which a line of the listing declares.
fn declared(line: &str) -> Option<Vec<String>> {
    let line = without_generics(line.split(" -> ").next().unwrap_or_default());
    let mut words = line.split(' ').skip_while(|word| matches!(*word, "pub" | "async" | "unsafe"));
    if !matches!(words.next()?, "struct" | "enum" | "trait" | "fn" | "type" | "const" | "static" | "macro") {
        return None;
    }
    let path = words.find(|word| *word != "fn")?;
    let path = path.split('(').next().unwrap_or(path).trim_end_matches(':');
    let segments: Vec<String> = path.split("::").map(str::to_owned).collect();
    let (_, modules) = segments.split_last()?;
    // What belongs to a type, ours or a primitive one, is not an item of a module.
    let in_module = modules.first()? == "issuance"
        && modules.iter().all(|module| module.starts_with(|c: char| c.is_ascii_lowercase()));
    in_module.then_some(segments)
}

#[test]
fn few_names_stand_at_the_root_and_each_name_has_one_path() {
    let path = |segments: &[&str]| Some(segments.iter().map(|segment| segment.to_string()).collect::<Vec<_>>());
    assert_eq!(declared("pub struct issuance::csr::Csr<'a, S>"), path(&["issuance", "csr", "Csr"]));
    assert_eq!(declared("pub const issuance::issue::SKEW: i64"), path(&["issuance", "issue", "SKEW"]));
    assert_eq!(declared("pub fn issuance::csr::Csr<'a, S>::decode(der: &[u8])"), None);
    assert_eq!(declared("pub fn i64::checked(self)"), None);
    let paths: BTreeSet<Vec<String>> = include_str!("../public-api.txt").lines().filter_map(declared).collect();
    assert!(paths.len() > 150, "{}", paths.len());
    let root: Vec<_> = paths.iter().filter(|path| path.len() == 2).collect();
    assert!((20..=35).contains(&root.len()), "{}: {root:?}", root.len());
    let mut seen = BTreeSet::new();
    let twice: Vec<_> = paths.iter().filter(|path| !seen.insert(path.last())).collect();
    assert!(twice.is_empty(), "{twice:?}");
}
