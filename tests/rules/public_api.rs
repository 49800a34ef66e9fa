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
