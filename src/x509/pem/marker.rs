//! Where the lines of PEM are. A line feed may be any white space: shells that expand `$(cat f)` unquoted make blanks of them
//! (R-CSR-1).

pub(super) const BEGIN: &[u8] = b"-----BEGIN ";
pub(super) const DASHES: &[u8] = b"-----";

/// The longest label that is read, in bytes; those in use have half of it.
const LONGEST_LABEL: usize = 64;

/// Where `needle` stands first.
pub(super) fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    let (first, rest) = needle.split_first()?;
    let mut from = 0;
    loop {
        from += haystack[from..].iter().position(|octet| octet == first)? + 1;
        if haystack[from..].starts_with(rest) {
            return Some(from - 1);
        }
    }
}

/// The first line of a block.
#[derive(Clone, Copy)]
pub(super) struct Marker<'a> {
    pub(super) label: &'a [u8],
    /// Where it starts in the input.
    start: usize,
    /// What follows it.
    pub(super) rest: &'a [u8],
}

impl<'a> Marker<'a> {
    /// The marker that starts at `start`. White space or the end follows it.
    fn at(input: &'a [u8], start: usize) -> Option<Marker<'a>> {
        let (label, rest) = label(&input[start..])?;
        starts_with_space(rest).then_some(Marker { label, start, rest })
    }

    /// The first block of a text, which may have explanatory text before it (RFC 7468 section 5.2): one that starts a line, unless
    /// another one is whole before it.
    pub(super) fn first(input: &'a [u8]) -> Option<Marker<'a>> {
        let mut markers = Marker::all(input);
        let first = markers.next()?;
        if first.starts_line(input) {
            return Some(first);
        }
        let end = first.start + find(&input[first.start..], b"-----END ").unwrap_or(input.len());
        let later = markers.take_while(|marker| marker.start < end).find(|marker| marker.starts_line(input));
        Some(later.unwrap_or(first))
    }

    /// The next block of a text that follows one, if there is one; `None` where something looks like a block and does not start
    /// a line.
    pub(super) fn next(input: &'a [u8]) -> Option<Option<Marker<'a>>> {
        let Some(start) = find(input, BEGIN) else { return Some(None) };
        Marker::at(input, start).filter(|marker| marker.starts_line(input)).map(Some)
    }

    /// Every marker behind white space.
    fn all(input: &'a [u8]) -> impl Iterator<Item = Marker<'a>> {
        let mut from = 0;
        let starts = std::iter::from_fn(move || {
            let start = from + find(&input[from..], BEGIN)?;
            from = start + BEGIN.len();
            Some(start)
        });
        starts
            .filter(|&start| start == 0 || input[start - 1].is_ascii_whitespace())
            .filter_map(|start| Marker::at(input, start))
    }

    /// Whether nothing but blanks is before it on its line.
    fn starts_line(&self, input: &[u8]) -> bool {
        let line_end = |octet: &&u8| matches!(octet, b'\n' | b'\r');
        let before = input[..self.start].iter().rev().find(|octet| line_end(octet) || !octet.is_ascii_whitespace());
        before.is_none_or(|octet| line_end(&octet))
    }
}

/// Whether white space, or nothing at all, is next.
pub(super) fn starts_with_space(text: &[u8]) -> bool {
    text.first().is_none_or(u8::is_ascii_whitespace)
}

/// The label of a text that starts with `-----BEGIN `, and what follows the dashes after it.
pub(super) fn label(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let text = &text[BEGIN.len()..];
    let end = find(&text[..text.len().min(LONGEST_LABEL + DASHES.len())], DASHES)?;
    let (label, rest) = (&text[..end], &text[end + DASHES.len()..]);
    label.iter().all(|octet| matches!(octet, b' '..=b'~')).then_some((label, rest))
}
