//! Documents and code agree. Each rule that is cited is in `docs/rules.md`; each rule there names places, tests and messages that
//! exist; and so do paths and items in the other documents. With `UPDATE_RULES=1`, paths of what has moved are written anew.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

const DOCUMENT: &str = "docs/rules.md";
/// Where rules are cited, beside the documents at the root.
const FOLDERS: [&str; 6] = ["src", "tests", "examples", "fuzz", "benches", "docs"];
/// What builds and long runs leave behind.
const MADE: [&str; 6] = ["target", "corpus", "artifacts", "coverage", "node_modules", "__pycache__"];
const PLACES: &str = "- **Enforced**:";
const TESTS: &str = "- **Tests**:";
const WIDTH: usize = 120;

/// The texts of the project, by path from its root.
struct Project(BTreeMap<String, String>);

impl Project {
    fn read() -> Project {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut texts = BTreeMap::new();
        for entry in fs::read_dir(root).unwrap().map(Result::unwrap) {
            let name = entry.file_name().into_string().unwrap();
            if FOLDERS.contains(&name.as_str()) {
                collect(&entry.path(), &name, &mut texts);
            } else if name.ends_with(".md") {
                texts.insert(name, fs::read_to_string(entry.path()).unwrap());
            }
        }
        Project(texts)
    }

    fn text(&self, path: &str) -> &str {
        self.0.get(path).map_or("", String::as_str)
    }

    /// The files that have an item; rules are enforced in the library and in the examples alone.
    fn homes(&self, rule: &str, item: &Item) -> Vec<&str> {
        let may_have = |path: &str| item.is_test || path.starts_with("src/") || path.starts_with("examples/");
        let is_code = |path: &str| path.ends_with(".rs") || path.ends_with(".py");
        let files = self.0.iter().filter(|(path, _)| is_code(path) && may_have(path));
        files.filter(|(_, text)| item.is_in(rule, text)).map(|(path, _)| path.as_str()).collect()
    }
}

fn collect(folder: &Path, name: &str, texts: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let Ok(last) = entry.file_name().into_string() else { continue };
        let path = format!("{name}/{last}");
        if entry.file_type().unwrap().is_dir() {
            if !MADE.contains(&last.as_str()) {
                collect(&entry.path(), &path, texts);
            }
        } else if let Ok(text) = fs::read_to_string(entry.path()) {
            texts.insert(path, text);
        }
    }
}

/// The rules that a text cites; `R-VAL-3 to R-VAL-5` are three.
fn cited(text: &str) -> BTreeSet<String> {
    let mut rules = BTreeSet::new();
    let mut before: Option<(&str, u32, usize)> = None;
    for (at, _) in text.match_indices("R-") {
        if text[..at].ends_with(|c: char| c.is_ascii_alphanumeric() || c == '-') {
            continue;
        }
        let rest = &text[at + 2..];
        let family = &rest[..rest.find(|c: char| !c.is_ascii_uppercase()).unwrap_or(rest.len())];
        let Some(number) = rest[family.len()..].strip_prefix('-') else { continue };
        let digits = &number[..number.find(|c: char| !c.is_ascii_digit()).unwrap_or(number.len())];
        let Ok(last) = digits.parse() else { continue };
        if family.is_empty() {
            continue;
        }
        let first = match before {
            Some((same, first, end)) if same == family && text[end..at] == *" to " => first,
            _ => last,
        };
        rules.extend((first..=last).map(|number| format!("R-{family}-{number}")));
        before = Some((family, last, at + 3 + family.len() + digits.len()));
    }
    rules
}

/// A function, type or constant that a rule names.
#[derive(Clone, Copy)]
struct Item<'d> {
    name: &'d str,
    is_test: bool,
}

impl Item<'_> {
    /// Whether a text has the item: a test by its attribute or as pytest finds it, anything else if the text cites the rule, too.
    fn is_in(&self, rule: &str, text: &str) -> bool {
        if self.is_test {
            let is_python = self.name.starts_with("test_") && definitions(text, "def", self.name).next().is_some();
            return is_python || definitions(text, "fn", self.name).any(|at| is_test(&text[..at]));
        }
        defines(text, self.name) && cited(text).contains(rule)
    }
}

/// Whether a text defines a function, type or constant.
fn defines(text: &str, name: &str) -> bool {
    let kinds = ["fn", "struct", "enum", "trait", "const", "static", "type"];
    kinds.iter().any(|kind| definitions(text, kind, name).next().is_some())
}

/// Where a text defines an item of a kind.
fn definitions<'t>(text: &'t str, kind: &str, name: &str) -> impl Iterator<Item = usize> + use<'t> {
    let definition = format!("{kind} {name}");
    let is_longer = |rest: &str| rest.starts_with(|c: char| c.is_alphanumeric() || c == '_');
    let found: Vec<usize> = text.match_indices(&definition).map(|(at, _)| at).collect();
    found.into_iter().filter(move |at| !is_longer(&text[at + definition.len()..]))
}

/// Whether what comes before a function ends with the attributes of a test.
fn is_test(before: &str) -> bool {
    let mut above = before.rsplit('\n').skip(1).map(str::trim_start).take_while(|line| line.starts_with("#["));
    above.any(|line| line.starts_with("#[test]") || line.starts_with("#[tokio::test"))
}

/// A heading and what is below it.
struct Rule {
    name: String,
    lines: Vec<String>,
}

impl Rule {
    /// The list that begins with a label: each file with its items.
    fn list(&self, label: &str) -> Vec<(&str, Vec<&str>)> {
        let Some(start) = self.lines.iter().position(|line| line.starts_with(label)) else { return Vec::new() };
        let mut files: Vec<(&str, Vec<&str>)> = Vec::new();
        for line in &self.lines[start..start + self.length(start)] {
            for word in line.split('`').skip(1).step_by(2) {
                match files.last_mut() {
                    Some((_, items)) if !word.contains('/') => items.push(word),
                    _ => files.push((word, Vec::new())),
                }
            }
        }
        files
    }

    /// How many lines the point of a list has that begins at one.
    fn length(&self, start: usize) -> usize {
        1 + self.lines[start + 1..].iter().take_while(|line| line.starts_with("  ")).count()
    }

    /// Writes a list anew, each item under the file that has it.
    fn move_items(&mut self, label: &str, project: &Project) {
        let mut files: Vec<(String, Vec<String>)> = Vec::new();
        let present = self.list(label);
        let listed: Vec<&str> = present.iter().map(|(path, _)| *path).collect();
        for (path, items) in present {
            if items.is_empty() {
                files.push((path.to_owned(), Vec::new()));
            }
            for name in items {
                let item = Item { name, is_test: label == TESTS };
                let homes = project.homes(&self.name, &item);
                // Items of one name are in several files: those that the list names already have their own.
                let news: Vec<&str> = homes.iter().copied().filter(|home| !listed.contains(home)).collect();
                let home = match (&homes[..], &news[..]) {
                    _ if item.is_in(&self.name, project.text(path)) => path,
                    ([only], _) | (_, [only]) => only,
                    _ => path,
                };
                match files.iter_mut().find(|(path, _)| path == home) {
                    Some((_, items)) => items.push(name.to_owned()),
                    None => files.push((home.to_owned(), vec![name.to_owned()])),
                }
            }
        }
        let written = files.iter().map(|(path, items)| match items[..] {
            [] => format!("`{path}`"),
            _ => format!("`{path}` (`{}`)", items.join("`, `")),
        });
        let mut lines = vec![label.to_owned()];
        for word in written.collect::<Vec<_>>().join(", ").split(' ') {
            match lines.last_mut() {
                Some(line) if line.len() + 1 + word.len() <= WIDTH => *line += &format!(" {word}"),
                _ => lines.push(format!("  {word}")),
            }
        }
        let Some(start) = self.lines.iter().position(|line| line.starts_with(label)) else { return };
        let end = start + self.length(start);
        self.lines.splice(start..end, lines);
    }
}

/// What stands before the first rule, and the rules.
fn rules(document: &str) -> (Vec<String>, Vec<Rule>) {
    let (mut preface, mut rules) = (Vec::new(), Vec::<Rule>::new());
    for line in document.lines() {
        if let Some(name) = line.strip_prefix("### ") {
            rules.push(Rule { name: name.to_owned(), lines: Vec::new() });
        }
        rules.last_mut().map_or(&mut preface, |rule| &mut rule.lines).push(line.to_owned());
    }
    (preface, rules)
}

/// A text in which a literal that goes over several lines is one.
fn joined(text: &str) -> String {
    let lines: Vec<&str> = text.split("\\\n").collect();
    lines.iter().enumerate().map(|(at, line)| if at == 0 { line } else { line.trim_start() }).collect()
}

/// The parts of a message that do not vary.
fn fixed_parts(message: &str) -> impl Iterator<Item = &str> {
    message.split('<').enumerate().map(|(at, part)| match part.split_once('>') {
        Some((_, after)) if at > 0 => after,
        _ => part,
    })
}

#[test]
fn each_rule_that_is_cited_is_written_down_once() {
    let project = Project::read();
    let (_, rules) = rules(project.text(DOCUMENT));
    let written: BTreeSet<&str> = rules.iter().map(|rule| rule.name.as_str()).collect();
    assert_eq!(written.len(), rules.len(), "{DOCUMENT} has a heading twice");
    let mut unwritten = Vec::new();
    for (path, text) in &project.0 {
        let missing = cited(text).into_iter().filter(|rule| !written.contains(rule.as_str()));
        unwritten.extend(missing.map(|rule| format!("{path} cites {rule}")));
    }
    assert!(unwritten.is_empty(), "{DOCUMENT} has no heading for rules that are cited:\n{}", unwritten.join("\n"));
}

#[test]
fn each_rule_names_places_tests_and_messages_that_exist() {
    let project = Project::read();
    let (preface, mut rules) = rules(project.text(DOCUMENT));
    if std::env::var_os("UPDATE_RULES").is_some() {
        for rule in &mut rules {
            [PLACES, TESTS].into_iter().for_each(|label| rule.move_items(label, &project));
        }
        let lines = preface.iter().chain(rules.iter().flat_map(|rule| &rule.lines));
        let document: String = lines.flat_map(|line| [line, "\n"]).collect();
        fs::write(Path::new(env!("CARGO_MANIFEST_DIR")).join(DOCUMENT), document).unwrap();
    }

    let mut wrong = Vec::new();
    for rule in &rules {
        let name = &rule.name;
        if !rule.lines.iter().any(|line| line.starts_with("- **Source**: ")) {
            wrong.push(format!("{name} has no source"));
        }
        for label in [PLACES, TESTS] {
            let files = rule.list(label);
            if files.is_empty() {
                wrong.push(format!("{name} has no list '{label}'"));
            }
            for (path, items) in files {
                if !cited(project.text(path)).contains(name) && label == PLACES {
                    wrong.push(format!("{name}: {path} does not exist or does not cite the rule"));
                }
                for item in items.into_iter().map(|item| Item { name: item, is_test: label == TESTS }) {
                    if !item.is_in(name, project.text(path)) {
                        let homes = project.homes(name, &item);
                        wrong.push(format!("{name}: {path} does not have '{}'; found in {homes:?}", item.name));
                    }
                }
            }
        }
        let files: Vec<&str> =
            [PLACES, TESTS].iter().flat_map(|label| rule.list(label)).map(|(path, _)| path).collect();
        let texts: String = files.iter().map(|path| joined(project.text(path))).collect();
        for message in rule.lines.iter().filter_map(|line| line.strip_prefix("> ")) {
            if let Some(part) = fixed_parts(message).find(|part| !texts.contains(part)) {
                wrong.push(format!("{name}: none of its files has '{part}' of the message '{message}'"));
            }
        }
    }
    assert!(wrong.is_empty(), "{DOCUMENT} is out of date; UPDATE_RULES=1 writes new paths:\n{}", wrong.join("\n"));
}

/// The documents at the root and in `docs`, but for the rules and for what tells of the past.
fn documents(project: &Project) -> impl Iterator<Item = (&String, &String)> {
    let is_document = |path: &str| path.ends_with(".md") && (!path.contains('/') || path.starts_with("docs/"));
    project.0.iter().filter(move |(path, _)| is_document(path) && ![DOCUMENT, "CHANGELOG.md"].contains(&path.as_str()))
}

/// The paths that a text has in backticks, each with the items in parentheses after it, as in `path` (`item`, `item`).
fn paths(text: &str) -> Vec<(&str, Vec<&str>)> {
    let pieces: Vec<&str> = text.split('`').collect();
    let mut found: Vec<(&str, Vec<&str>)> = Vec::new();
    let mut are_items = false;
    for pair in pieces.windows(2).skip(1).step_by(2) {
        let (quoted, after) = (pair[0], pair[1].trim_start());
        if are_items {
            found.last_mut().into_iter().for_each(|(_, items)| items.push(quoted));
            are_items = !after.starts_with(')');
        } else if FOLDERS.iter().any(|folder| quoted.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))) {
            // A pattern of paths, or a command with options, is none.
            let path = quoted.split(' ').next().unwrap_or_default();
            if !path.contains(['*', '<', '{']) {
                found.push((path, Vec::new()));
                are_items = after.starts_with('(') && after.trim_end() == "(";
            }
        }
    }
    found
}

impl Project {
    /// Whether there is such a file or folder, and the file has the items.
    fn has(&self, path: &str, items: &[&str]) -> bool {
        let folder = format!("{}/", path.trim_end_matches('/'));
        let mut below = self.0.range(folder.clone()..).take_while(|(path, _)| path.starts_with(&folder));
        match self.0.get(path) {
            Some(text) => items.iter().all(|item| defines(text, item)),
            None => items.is_empty() && below.next().is_some(),
        }
    }

    /// Where a file may be now: one with the items, or with the name if none are given.
    fn moved(&self, path: &str, items: &[&str]) -> Vec<&str> {
        let name = path.rsplit('/').next().unwrap_or_default();
        let is_it = |other: &str, text: &str| match items {
            [] => other.ends_with(&format!("/{name}")),
            _ => other.ends_with(".rs") && other.starts_with("src/") && items.iter().all(|item| defines(text, item)),
        };
        self.0.iter().filter(|(path, text)| is_it(path, text)).map(|(path, _)| path.as_str()).collect()
    }
}

#[test]
fn each_path_in_a_document_exists() {
    let project = Project::read();
    let mut wrong = Vec::new();
    for (document, text) in documents(&project) {
        let mut mended = text.clone();
        for (path, items) in paths(text) {
            if project.has(path, &items) {
                continue;
            }
            let moved = project.moved(path, &items);
            wrong.push(format!("{document}: {path} does not exist, or does not have {items:?}; found in {moved:?}"));
            if let [only] = moved[..] {
                let list = |path| match items[..] {
                    [] => format!("`{path}`"),
                    _ => format!("`{path}` (`{}`)", items.join("`, `")),
                };
                mended = mended.replace(&list(path), &list(only));
            }
        }
        if mended != *text && std::env::var_os("UPDATE_RULES").is_some() {
            fs::write(Path::new(env!("CARGO_MANIFEST_DIR")).join(document), mended).unwrap();
        }
    }
    assert!(wrong.is_empty(), "paths are out of date; UPDATE_RULES=1 writes new ones:\n{}", wrong.join("\n"));
}

#[test]
fn citations_and_paths_are_found() {
    let found = |text| cited(text).into_iter().collect::<Vec<_>>();
    assert_eq!(found("(R-MRG-10, R-CA-5; R-VAL)"), ["R-CA-5", "R-MRG-10"]);
    assert_eq!(found("R-VAL-3 to R-VAL-5"), ["R-VAL-3", "R-VAL-4", "R-VAL-5"]);
    assert_eq!(found("R-VAL-3 and R-VAL-5, OR-X-1, FOR-2"), ["R-VAL-3", "R-VAL-5"]);
    let text = "`x`, `src/a.rs` (`b`, `c`), `docs/d.md` (with `e`), `tests/f --g`";
    assert_eq!(paths(text), [("src/a.rs", vec!["b", "c"]), ("docs/d.md", vec![]), ("tests/f", vec![])]);
}
