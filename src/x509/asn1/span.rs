//! Where an element lies, for who keeps the bytes themselves elsewhere.

use super::reader::Tlv;

/// A range of bytes. Nothing that is read here has more than 4 GiB.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Span {
    pub(crate) start: u32,
    pub(crate) end: u32,
}

impl Span {
    pub(crate) fn of<'a>(&self, octets: &'a [u8]) -> &'a [u8] {
        octets.get(self.start as usize..self.end as usize).unwrap_or_default()
    }
}

impl Tlv<'_> {
    /// Where the element lies in the outermost input.
    pub(crate) fn span(&self) -> Span {
        self.span_of_last(self.full.len())
    }

    /// Where its content lies.
    pub(crate) fn content_span(&self) -> Span {
        self.span_of_last(self.content.len())
    }

    /// Where its last bytes lie.
    pub(crate) fn span_of_last(&self, octets: usize) -> Span {
        let end = self.offset + self.full.len();
        Span { start: (end - octets) as u32, end: end as u32 }
    }
}
