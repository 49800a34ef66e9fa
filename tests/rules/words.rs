//! What the code and its documents say in fewer words: phrases that must not come back, and bytes that are called bytes.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::layout::files_below;

/// A phrase, and what to write.
const PHRASES: [(&str, &str); 9] = [
    ("is told", "publishes, says, learns"),
    ("not said", "by default"),
    ("does not do", "does not support"),
    ("one's own", "custom, your own"),
    ("Whoever", "the one that"),
    ("own ones", "custom ones"),
    ("where one belongs", "one is allowed"),
    ("the seeds", "the documentation"),
    ("The seeds", "The documentation"),
];

const DOCUMENTS: [&str; 5] = ["README.md", "CONTRIBUTING.md", "DESIGN.md", "CHANGELOG.md", "SECURITY.md"];

/// The text on one line, without the marks of comments, so that a phrase is found across the end of a line.
fn joined(text: &str) -> String {
    let words = text.lines().map(|line| line.trim_start().trim_start_matches(['/', '!', '#', '*']));
    words.flat_map(str::split_whitespace).collect::<Vec<_>>().join(" ")
}

/// Places such as "it is no CA": what a thing is not, said as if it had none. A rule's name may follow.
fn is_no(text: &str) -> Option<&str> {
    let follows_pronoun =
        |at: usize| ["it", "that", "this", "which"].iter().any(|word| ends_with_word(&text[..at], word));
    let found = text.match_indices(" is no ").find(|(at, phrase)| {
        let after = &text[at + phrase.len()..];
        follows_pronoun(*at) && after.starts_with(|c: char| c.is_ascii_uppercase()) && !after.starts_with("R-")
    });
    found.map(|(at, _)| around(text, at))
}

fn ends_with_word(text: &str, word: &str) -> bool {
    let before = text.strip_suffix(word);
    before.is_some_and(|before| !before.ends_with(|c: char| c.is_alphanumeric()))
}

/// A few words around a place.
fn around(text: &str, at: usize) -> &str {
    let start = text[..at].rmatch_indices(' ').nth(3).map_or(0, |(space, _)| space);
    let end = text[at..].match_indices(' ').nth(6).map_or(text.len(), |(space, _)| at + space);
    text[start..end].trim()
}

fn wrong(text: &str) -> Vec<String> {
    let text = joined(text);
    let phrase = |&(phrase, right): &(&str, &str)| {
        let at = text.find(phrase)?;
        Some(format!("'{phrase}' in '{}': write {right}", around(&text, at)))
    };
    let mut wrong: Vec<String> = PHRASES.iter().filter_map(phrase).collect();
    wrong.extend(is_no(&text).map(|place| format!("'{place}': write 'is not a'")));
    wrong
}

/// The files that people read: code, examples and documents.
fn texts() -> BTreeSet<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files: Vec<_> = DOCUMENTS.iter().map(|name| root.join(name)).collect();
    for (folder, extension) in [("src", "rs"), ("examples", "rs"), ("docs", "md")] {
        files_below(&root.join(folder), extension, &mut files);
    }
    let read = |file| (file, fs::read_to_string(file).unwrap());
    let name = |file: &Path| file.strip_prefix(root).unwrap().display().to_string();
    files.iter().map(read).map(|(file, text)| (name(file), text)).collect()
}

#[test]
fn phrases_are_found_where_they_stand() {
    assert_eq!(wrong("/// Whoever\n"), ["'Whoever' in 'Whoever': write the one that"]);
    assert_eq!(wrong("// a signer that does\n    // not do this").len(), 1);
    assert_eq!(wrong("keyUsage, but it is no CA certificate").len(), 1);
    for right in ["it is no R-CA-1", "it is no longer so", "this merit is no CA", "whoever signs", "not a CA"] {
        assert_eq!(wrong(right), [""; 0], "{right}");
    }
}

#[test]
fn no_text_has_a_phrase_that_is_to_be_another() {
    let texts = texts();
    assert!(texts.len() > 200, "only {} files were found", texts.len());
    let found: Vec<_> =
        texts.iter().flat_map(|(file, text)| wrong(text).into_iter().map(move |w| format!("{file}: {w}"))).collect();
    assert!(found.is_empty(), "{found:#?}");
}

/// The string literals of a file, up to its unit tests.
fn literals(text: &str) -> impl Iterator<Item = &str> {
    let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.flat_map(|line| line.split('"').skip(1).step_by(2))
}

#[test]
fn messages_count_bytes() {
    // OCTET STRING is a type of ASN.1; names of arguments in a format are those of the code.
    let says_octet = |literal: &str| {
        literal.split(|c: char| !c.is_alphanumeric() && c != '{').any(|word| matches!(word, "octet" | "octets"))
    };
    assert!(says_octet("a salt of {} octets") && !says_octet("{octets} bytes in the OCTET STRING"));
    let texts = texts();
    let code = texts.iter().filter(|(file, _)| file.starts_with("src/") && !file.ends_with("tests.rs"));
    let found: Vec<_> =
        code.flat_map(|(file, text)| literals(text).filter(|l| says_octet(l)).map(move |l| (file, l))).collect();
    assert!(found.is_empty(), "{found:#?}");
}
