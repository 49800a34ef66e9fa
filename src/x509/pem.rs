//! PEM (RFC 7468), as lenient as the field writes it and as strict as the rules ask.

pub(crate) mod found;
mod marker;

use ::base64::prelude::{BASE64_STANDARD, Engine};

use self::found::PemContent;
use self::found::explain;
use self::marker::{DASHES, Marker, find};
use crate::x509::base64;

/// Why a text is not the PEM that was expected.
///
/// ```
/// use issuance::Csr;
/// use issuance::csr::CsrError;
/// let block = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n";
/// let error = Csr::decode(block.as_bytes()).unwrap_err();
/// assert!(matches!(error, CsrError::Pem(_)));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PemError {
    /// There is no line `-----BEGIN …-----`.
    #[error("there is no line '-----BEGIN {expected}-----'")]
    NoBlock {
        /// The label that was expected.
        expected: &'static str,
    },
    /// There is nothing but white space.
    #[error("it is empty but for white space")]
    Blank,
    /// The text is UTF-16, as some editors and shells of Windows write it.
    #[error("it is a text in UTF-16, which must be saved as ASCII or UTF-8")]
    Utf16,
    /// Line feeds are spelled out, as in a JSON string that was not read as JSON.
    #[error("it has \\n spelled out, a backslash and a letter, where line feeds belong")]
    EscapedLineFeeds,
    /// The first line of the block does not start a line.
    #[error("'-----BEGIN {label}-----' does not start a line: something other than white space is before it")]
    NoLineStart {
        /// The label of the block.
        label: String,
    },
    /// Line feeds are missing.
    #[error("no line feed, nor any other white space, follows '-----BEGIN {label}-----'")]
    NoLineFeed {
        /// The label of the block.
        label: String,
    },
    /// The text is base64 of PEM, which some interfaces want and others have undone already.
    #[error("it is the base64 of a PEM text, which must be decoded first")]
    Base64OfPem,
    /// The text is base64 of DER, and the lines around it are missing.
    #[error(
        "it is the base64 of {found} without the lines '-----BEGIN {expected}-----' and '-----END {expected}-----'"
    )]
    NoLines {
        /// What the base64 holds.
        found: PemContent,
        /// The label that was expected.
        expected: &'static str,
    },
    /// The block has another label.
    #[error("the PEM block is labelled '{found}'{}, not '{expected}'", kind(found))]
    Label {
        /// The label that was expected.
        expected: &'static str,
        /// The label that is there.
        found: String,
    },
    /// The content is something else, whatever the label says.
    #[error("the content is {found}, not {expected}")]
    Content {
        /// What the content is.
        found: PemContent,
        /// What was expected.
        expected: PemContent,
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

/// What a label stands for, for a message that has the label.
fn kind(label: &str) -> String {
    PemContent::by_label(label.as_bytes()).map(|found| format!(" ({found})")).unwrap_or_default()
}

impl<'a> Marker<'a> {
    /// The line that ends the block.
    fn end_line(&self) -> Vec<u8> {
        [b"-----END ", self.label, DASHES].concat()
    }

    /// What follows the block, which is not looked into.
    fn skip(&self) -> Result<&'a [u8], PemError> {
        let end_line = self.end_line();
        let no_end = || PemError::NoEnd { label: String::from_utf8_lossy(self.label).into_owned() };
        let end = find(self.rest, &end_line).ok_or_else(no_end)?;
        Ok(&self.rest[end + end_line.len()..])
    }
}

/// The bytes of the whole lines of 64 characters that a block starts with, and what follows these lines. Most blocks are little else.
fn whole_lines(body: &[u8]) -> (Vec<u8>, &[u8]) {
    let mut lines = body.trim_ascii_start();
    // As long as the block of a short text; what follows the block may be long.
    let mut der = Vec::with_capacity((lines.len() / 4 * 3).min(2048));
    while let Some((line, rest)) = lines.split_first_chunk::<64>()
        && let Some(rest) = rest.strip_prefix(b"\n").or_else(|| rest.strip_prefix(b"\r\n"))
    {
        let before = der.len();
        if !base64::append(line, &mut der) {
            der.truncate(before);
            break;
        }
        lines = rest;
    }
    (der, lines)
}

/// One block, and what follows it.
struct Block<'a> {
    der: Vec<u8>,
    rest: &'a [u8],
}

impl<'a> Block<'a> {
    /// The block that a marker begins, whose label must be among `labels`.
    fn read(marker: Marker<'a>, labels: &[&'static str]) -> Result<Block<'a>, PemError> {
        let Marker { label, rest: body, .. } = marker;
        let text = || String::from_utf8_lossy(label).into_owned();
        // Before the last line is looked for: one that repeats itself over half of the input is found in quadratic time.
        if !labels.iter().any(|expected| expected.as_bytes() == label) {
            return Err(PemError::Label { expected: labels.first().copied().unwrap_or_default(), found: text() });
        }
        let escaped = |body: &[u8]| find(body, br"\n").map(|_| PemError::EscapedLineFeeds);
        // No line of base64 has the dashes of the last line.
        let (mut der, lines) = whole_lines(body);
        let end_line = marker.end_line();
        let Some(end) = find(lines, &end_line) else {
            return Err(escaped(body).unwrap_or(PemError::NoEnd { label: text() }));
        };
        let (lines, rest) = (&lines[..end], &lines[end + end_line.len()..]);
        // The last line, or lines of another length.
        let whole = der.len();
        if !base64::append_last(lines.trim_ascii(), &mut der) {
            der.truncate(whole);
            let digits: Vec<u8> = lines.iter().copied().filter(|octet| !octet.is_ascii_whitespace()).collect();
            if !base64::append_last(&digits, &mut der) {
                return Err(escaped(lines).unwrap_or(PemError::Base64));
            }
        }
        Ok(Block { der, rest })
    }
}

/// The DER of the one block of `input`, whose label must be among `labels`. Explanatory text may stand before it, white
/// space after it; where line feeds belong, any white space does (R-CSR-1).
pub(crate) fn decode_one(input: &[u8], labels: &[&'static str]) -> Result<Vec<u8>, PemError> {
    let expected = labels.first().copied().unwrap_or_default();
    let marker = Marker::first(input).ok_or_else(|| explain(input, expected))?;
    let block = Block::read(marker, labels)?;
    if !block.rest.trim_ascii().is_empty() {
        return Err(PemError::Trailing);
    }
    Ok(block.der)
}

/// The DER of every block of `input`, all with this label, explanatory text before each allowed. Behind the first, that text
/// must not look like a block: one that does not start a line, say, would be left out without a word.
pub(crate) fn decode_all(input: &[u8], expected: &'static str) -> Result<Vec<Vec<u8>>, PemError> {
    decode_but(input, expected, |_| false)
}

/// As [`decode_all`], for a file that may also have a private key, which is passed over unread, with what OpenSSL writes before it.
pub(crate) fn decode_beside_key(input: &[u8], expected: &'static str) -> Result<Vec<Vec<u8>>, PemError> {
    decode_but(input, expected, |label| label.ends_with(b"PRIVATE KEY") || label == b"EC PARAMETERS")
}

fn decode_but(
    input: &[u8],
    expected: &'static str,
    is_skipped: impl Fn(&[u8]) -> bool,
) -> Result<Vec<Vec<u8>>, PemError> {
    let mut ders = Vec::new();
    let mut skipped = None;
    let mut next = Some(Marker::first(input).ok_or_else(|| explain(input, expected))?);
    while let Some(marker) = next {
        let rest = if is_skipped(marker.label) {
            skipped = Some(marker.label);
            marker.skip()?
        } else {
            let block = Block::read(marker, &[expected])?;
            ders.push(block.der);
            block.rest
        };
        next = Marker::next(rest).ok_or(PemError::Trailing)?;
    }
    match skipped {
        Some(label) if ders.is_empty() => {
            Err(PemError::Label { expected, found: String::from_utf8_lossy(label).into_owned() })
        }
        _ => Ok(ders),
    }
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
mod tests;
