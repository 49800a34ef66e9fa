//! The source tree reads from top to bottom: no import cycle, and no import through the crate root.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// May be known anywhere, and knows everything.
const GATHERS_ALL: &str = "error";

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// The files with this extension.
pub(crate) fn files_below(folder: &Path, extension: &str, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files_below(&path, extension, found);
        } else if path.extension().is_some_and(|own| own == extension) {
            found.push(path);
        }
    }
}

/// The modules of the crate root, in the order of `lib.rs`.
fn modules() -> Vec<String> {
    let root = fs::read_to_string(source().join("lib.rs")).unwrap();
    let declared = root.lines().filter_map(|line| {
        let line = line.strip_prefix("pub ").unwrap_or(line);
        line.strip_prefix("mod ")?.strip_suffix(';')
    });
    declared.map(str::to_owned).collect()
}

/// What follows each `crate::` of a text, comments and unit tests left out: a test may issue with the whole crate.
fn paths(text: &str) -> impl Iterator<Item = &str> {
    let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let code = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    code.flat_map(|line| line.match_indices("crate::").map(|(at, found)| &line[at + found.len()..]))
}

#[test]
fn a_module_knows_only_those_above_it() {
    let modules = modules();
    assert!(modules.len() > 10, "lib.rs declares {modules:?}");
    let mut files = Vec::new();
    files_below(&source(), "rs", &mut files);
    let mut wrong = BTreeSet::new();
    let mut met = 0;
    for file in files {
        let within = file.strip_prefix(source()).unwrap();
        let module = within.iter().next().unwrap().to_str().unwrap().trim_end_matches(".rs");
        if module == "lib" || module == GATHERS_ALL {
            continue;
        }
        let place = modules.iter().position(|declared| declared == module).unwrap();
        for path in paths(&fs::read_to_string(&file).unwrap()) {
            met += 1;
            let name: String = path.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            if name == GATHERS_ALL || name == module {
                continue;
            }
            match modules.iter().position(|declared| *declared == name) {
                None => wrong.insert(format!("{}: crate::{name} is not a module", within.display())),
                Some(other) if other > place => {
                    wrong.insert(format!("{}: {module} stands above {name}", within.display()))
                }
                Some(_) => continue,
            };
        }
    }
    assert!(met > 500, "only {met} paths were found");
    assert!(wrong.is_empty(), "{wrong:#?}");
}
