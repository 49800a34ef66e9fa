//! PEM (RFC 7468), as lenient as the field writes it and as strict as the rules ask.

use base64::prelude::{BASE64_STANDARD, Engine};

/// Why a text is not the PEM that was expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PemError {
    /// There is no line `-----BEGIN …-----`.
    #[error("there is no line '-----BEGIN {expected}-----'")]
    NoBlock {
        /// The label that was expected.
        expected: &'static str,
    },
    /// The block has another label.
    #[error("the PEM block is labelled '{found}', not '{expected}'")]
    Label {
        /// The label that was expected.
        expected: &'static str,
        /// The label that is there.
        found: String,
    },
    /// The block does not end with the line that its first line asks for.
    #[error("the PEM block has no line '-----END {label}-----'")]
    NoEnd {
        /// The label of the block.
        label: String,
    },
    /// What stands between the two lines is not base64.
    #[error("the PEM block's content is not base64")]
    Base64,
    /// Something other than white space follows the block; in a chain, a block that does not start a line.
    #[error("something other than white space follows the PEM block")]
    Trailing,
}

/// One block, and what follows it.
struct Block<'a> {
    der: Vec<u8>,
    rest: &'a [u8],
}

const BEGIN: &[u8] = b"-----BEGIN ";
const DASHES: &[u8] = b"-----";

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    let (first, rest) = needle.split_first()?;
    let mut from = 0;
    loop {
        from += haystack[from..].iter().position(|octet| octet == first)? + 1;
        if haystack[from..].starts_with(rest) {
            return Some(from - 1);
        }
    }
}

/// Where the first line starts that starts with `-----BEGIN `.
fn find_begin(input: &[u8]) -> Option<usize> {
    let mut from = 0;
    while let Some(found) = find(&input[from..], BEGIN) {
        let start = from + found;
        if start == 0 || matches!(input[start - 1], b'\n' | b'\r') {
            return Some(start);
        }
        from = start + BEGIN.len();
    }
    None
}

fn lossy(label: &[u8]) -> String {
    let text = String::from_utf8_lossy(&label[..label.len().min(64)]);
    text.escape_debug().collect()
}

/// The first block of `input`, after any explanatory text (RFC 7468 section 5.2), whose label must be among `labels`; `None`
/// if there is no block.
fn next_block<'a>(input: &'a [u8], labels: &[&'static str]) -> Result<Option<Block<'a>>, PemError> {
    let Some(begin) = find_begin(input) else { return Ok(None) };
    let after_begin = &input[begin + BEGIN.len()..];
    let line_end = after_begin.iter().position(|b| *b == b'\n' || *b == b'\r').unwrap_or(after_begin.len());
    let label = after_begin[..line_end].trim_ascii_end();
    let Some(label) = label.strip_suffix(DASHES) else {
        return Err(PemError::NoEnd { label: lossy(label) });
    };
    // Before the last line is looked for: one that repeats itself over half of the input is found in quadratic time.
    if !labels.iter().any(|expected| expected.as_bytes() == label) {
        let expected = labels.first().copied().unwrap_or_default();
        return Err(PemError::Label { expected, found: lossy(label) });
    }
    let body = &after_begin[line_end..];
    let end_line = [b"-----END ", label, DASHES].concat();
    let Some(end) = find(body, &end_line) else {
        return Err(PemError::NoEnd { label: lossy(label) });
    };
    let mut base64 = Vec::with_capacity(end);
    for line in body[..end].split(u8::is_ascii_whitespace) {
        base64.extend_from_slice(line);
    }
    let der = BASE64_STANDARD.decode(base64).map_err(|_| PemError::Base64)?;
    Ok(Some(Block { der, rest: &body[end + end_line.len()..] }))
}

/// The DER of the one block of `input`, whose label must be among `labels`. Explanatory text may stand before it, white
/// space after it.
pub(crate) fn decode_one(input: &[u8], labels: &[&'static str]) -> Result<Vec<u8>, PemError> {
    let expected = labels.first().copied().unwrap_or_default();
    let block = next_block(input, labels)?.ok_or(PemError::NoBlock { expected })?;
    if !block.rest.trim_ascii().is_empty() {
        return Err(PemError::Trailing);
    }
    Ok(block.der)
}

/// The DER of every block of `input`, all with this label, explanatory text before each allowed. Behind the first, that text
/// must not look like a block: one that is indented, say, would be left out without a word.
pub(crate) fn decode_all(input: &[u8], expected: &'static str) -> Result<Vec<Vec<u8>>, PemError> {
    let mut ders = Vec::new();
    let mut rest = input;
    while let Some(block) = next_block(rest, &[expected])? {
        ders.push(block.der);
        rest = block.rest;
        if find(rest, BEGIN) != find_begin(rest) {
            return Err(PemError::Trailing);
        }
    }
    if ders.is_empty() { Err(PemError::NoBlock { expected }) } else { Ok(ders) }
}

/// One block with lines of 64 characters.
pub(crate) fn encode(label: &str, der: &[u8]) -> String {
    let base64 = BASE64_STANDARD.encode(der);
    let mut text = String::with_capacity(base64.len() + base64.len() / 64 + 2 * label.len() + 36);
    text.push_str("-----BEGIN ");
    text.push_str(label);
    text.push_str("-----\n");
    let mut rest = base64.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at(rest.len().min(64));
        text.push_str(line);
        text.push('\n');
        rest = after;
    }
    text.push_str("-----END ");
    text.push_str(label);
    text.push_str("-----\n");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const LABELS: &[&str] = &["CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"];

    #[test]
    fn accepted_forms() {
        // R-CSR-1: text before, CRLF, trailing white space, either label.
        for text in [
            encode("CERTIFICATE REQUEST", &[7; 100]),
            encode("NEW CERTIFICATE REQUEST", &[7; 100]),
            format!("Certificate Request:\n  Data: -----BEGIN x\n{}", encode("CERTIFICATE REQUEST", &[7; 100])),
            encode("CERTIFICATE REQUEST", &[7; 100]).replace('\n', "\r\n") + " \t\r\n\n",
            encode("CERTIFICATE REQUEST", &[7; 100]).trim_end().to_owned(),
        ] {
            assert_eq!(decode_one(text.as_bytes(), LABELS), Ok(vec![7; 100]), "{text}");
        }
    }

    #[test]
    fn refused_forms() {
        let good = encode("CERTIFICATE REQUEST", &[7; 100]);
        let expected = "CERTIFICATE REQUEST";
        assert_eq!(decode_one(b"", LABELS), Err(PemError::NoBlock { expected }));
        assert_eq!(decode_one(b"x -----BEGIN CERTIFICATE REQUEST-----", LABELS), Err(PemError::NoBlock { expected }));
        assert_eq!(
            decode_one(encode("CERTIFICATE", &[7]).as_bytes(), LABELS),
            Err(PemError::Label { expected, found: "CERTIFICATE".to_owned() })
        );
        // The label is judged before the last line is looked for.
        assert_eq!(
            decode_one(b"-----BEGIN -----END -----\n", LABELS),
            Err(PemError::Label { expected, found: "-----END ".to_owned() })
        );
        assert_eq!(decode_one(format!("{good}{good}").as_bytes(), LABELS), Err(PemError::Trailing));
        assert_eq!(decode_one(format!("{good}x").as_bytes(), LABELS), Err(PemError::Trailing));
        let no_end = PemError::NoEnd { label: expected.to_owned() };
        assert_eq!(decode_one(good.replace("-----END", "---END").as_bytes(), LABELS), Err(no_end));
        assert_eq!(decode_one(good.replace("Bw", "B!").as_bytes(), LABELS), Err(PemError::Base64));
    }

    #[test]
    fn chains() {
        let text = format!("a\n{}b\n{}", encode("CERTIFICATE", &[1]), encode("CERTIFICATE", &[2]));
        assert_eq!(decode_all(text.as_bytes(), "CERTIFICATE"), Ok(vec![vec![1], vec![2]]));
        for before in [" ", "x", "\u{feff}"] {
            let text = format!("{}{before}{}", encode("CERTIFICATE", &[1]), encode("CERTIFICATE", &[2]));
            for text in [text.clone(), text + &encode("CERTIFICATE", &[3])] {
                assert_eq!(decode_all(text.as_bytes(), "CERTIFICATE"), Err(PemError::Trailing), "{text}");
            }
        }
    }
}
