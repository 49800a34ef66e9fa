//! A strict, zero-copy DER reader.

use super::der_value::is_one_der_value;
use super::tag;
use crate::x509::oid::{Oid, OidError, OidRef};

/// Why bytes are not the DER that was expected, and where.
///
/// ```
/// use issuance::x509::{Asn1Error, Asn1ErrorKind, DistinguishedName};
/// let truncated = DistinguishedName::from_der(&[0x30, 0x05, 0x31]).unwrap_err();
/// assert_eq!((truncated.offset, truncated.kind), (0, Asn1ErrorKind::Truncated));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{kind} at byte {offset}")]
#[non_exhaustive]
pub struct Asn1Error {
    /// Where the offending element starts, counted from the first byte of the input.
    pub offset: usize,
    /// What was wrong there.
    pub kind: Asn1ErrorKind,
}

/// What was wrong with an element. [`Asn1Error`](crate::x509::Asn1Error) has an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Asn1ErrorKind {
    /// The input ends inside the element.
    #[error("truncated element")]
    Truncated,
    /// The length is indefinite or not in its shortest form (X.690 section 10.1).
    #[error("length that is not DER (indefinite, or not in its shortest form)")]
    Length,
    /// The tag is in the high-tag-number form, which nothing here uses.
    #[error("unexpected high tag number")]
    HighTagNumber,
    /// Another element stands where this one was expected.
    #[error("tag {found:#04x} where {expected:#04x} was expected")]
    Tag {
        /// The tag byte that was expected.
        expected: u8,
        /// The tag byte that is there.
        found: u8,
    },
    /// There are bytes after the last element.
    #[error("trailing bytes")]
    Trailing,
    /// The content does not fit the type.
    #[error("{0}")]
    Content(&'static str),
}

/// One element: tag, whole encoding, content.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tlv<'a> {
    pub(crate) tag: u8,
    /// Tag, length and content.
    pub(crate) full: &'a [u8],
    pub(crate) content: &'a [u8],
    /// Where the element starts in the outermost input.
    pub(crate) offset: usize,
}

impl Asn1Error {
    /// The error, for an input that starts this many bytes into a larger one.
    pub(crate) fn within(self, start: usize) -> Asn1Error {
        Asn1Error { offset: self.offset + start, ..self }
    }
}

impl<'a> Tlv<'a> {
    pub(crate) fn error(&self, kind: Asn1ErrorKind) -> Asn1Error {
        Asn1Error { offset: self.offset, kind }
    }

    pub(crate) fn content_error(&self, what: &'static str) -> Asn1Error {
        self.error(Asn1ErrorKind::Content(what))
    }

    /// The element itself, which must have this tag.
    pub(crate) fn with_tag(&self, expected: u8) -> Result<&Self, Asn1Error> {
        if self.tag == expected { Ok(self) } else { Err(self.error(Asn1ErrorKind::Tag { expected, found: self.tag })) }
    }

    /// A reader over the content.
    pub(crate) fn reader(&self) -> Reader<'a> {
        let header = self.full.len() - self.content.len();
        Reader { rest: self.content, offset: self.offset + header }
    }

    /// The content as an object identifier.
    pub(crate) fn oid(&self) -> Result<Oid, Asn1Error> {
        self.oid_ref().map(OidRef::to_oid)
    }

    /// The content as an object identifier, not copied.
    #[inline]
    pub(crate) fn oid_ref(&self) -> Result<OidRef<'a>, Asn1Error> {
        OidRef::from_der_content(self.with_tag(tag::OID)?.content).map_err(|error| self.not_an_oid(error))
    }

    #[cold]
    fn not_an_oid(&self, error: OidError) -> Asn1Error {
        self.content_error(match error {
            OidError::TooLong => "object identifier of more than 63 bytes",
            _ => "object identifier that is not DER (empty, truncated, or an arc with leading zeros)",
        })
    }

    /// The bytes of a BIT STRING without unused bits.
    pub(crate) fn octet_aligned_bits(&self) -> Result<&'a [u8], Asn1Error> {
        match self.content.split_first() {
            Some((0, octets)) => Ok(octets),
            Some(_) => Err(self.content_error("BIT STRING with unused bits where whole bytes belong")),
            None => Err(self.content_error("empty BIT STRING content")),
        }
    }
}

/// Checks that an element of a type that is not known is DER all the way down.
pub(crate) fn whole(tlv: &Tlv<'_>) -> Result<(), Asn1Error> {
    if is_one_der_value(tlv.full) {
        Ok(())
    } else {
        Err(tlv.content_error("value with something inside that is not DER"))
    }
}

/// Reads one element after another.
#[derive(Debug, Clone)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
    offset: usize,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(input: &'a [u8]) -> Self {
        Reader { rest: input, offset: 0 }
    }

    /// A reader whose error offsets count from `offset`.
    pub(crate) fn at(input: &'a [u8], offset: usize) -> Self {
        Reader { rest: input, offset }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    #[cold]
    fn fail<T>(&self, kind: Asn1ErrorKind) -> Result<T, Asn1Error> {
        Err(Asn1Error { offset: self.offset, kind })
    }

    /// What has not been read.
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Where that starts in the outermost input.
    pub(crate) fn offset(&self) -> usize {
        self.offset
    }

    /// The tag byte of the next element, if there is one.
    pub(crate) fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    /// The next element, whatever it is.
    #[inline(always)]
    pub(crate) fn any(&mut self) -> Result<Tlv<'a>, Asn1Error> {
        let [tag, first, ..] = *self.rest else { return self.fail(Asn1ErrorKind::Truncated) };
        if tag & 0x1f == 0x1f {
            return self.fail(Asn1ErrorKind::HighTagNumber);
        }
        let (header, length) = if first < 0x80 { (2, usize::from(first)) } else { self.long_length(first)? };
        let Some((full, rest)) = self.rest.split_at_checked(header + length) else {
            return self.fail(Asn1ErrorKind::Truncated);
        };
        let tlv = Tlv { tag, full, content: &full[header..], offset: self.offset };
        self.rest = rest;
        self.offset += full.len();
        Ok(tlv)
    }

    /// The bytes of the header and of the content, where the first byte of the length does not say the latter.
    fn long_length(&self, first: u8) -> Result<(usize, usize), Asn1Error> {
        if !(0x81..=0x84).contains(&first) {
            return self.fail(Asn1ErrorKind::Length);
        }
        let octets = usize::from(first & 0x7f);
        let Some(digits) = self.rest.get(2..2 + octets) else {
            return self.fail(Asn1ErrorKind::Truncated);
        };
        let length = digits.iter().fold(0u64, |length, digit| length << 8 | u64::from(*digit));
        if digits[0] == 0 || length < 0x80 {
            return self.fail(Asn1ErrorKind::Length);
        }
        // So that the sum of both is no more than a machine integer holds.
        if length > self.rest.len() as u64 {
            return self.fail(Asn1ErrorKind::Truncated);
        }
        Ok((2 + octets, length as usize))
    }

    /// The next element, which must have this tag.
    #[inline(always)]
    pub(crate) fn read(&mut self, expected: u8) -> Result<Tlv<'a>, Asn1Error> {
        match self.peek() {
            Some(found) if found != expected => self.fail(Asn1ErrorKind::Tag { expected, found }),
            _ => self.any(),
        }
    }

    /// The next element if it has this tag.
    #[inline(always)]
    pub(crate) fn optional(&mut self, tag: u8) -> Result<Option<Tlv<'a>>, Asn1Error> {
        if self.peek() == Some(tag) { self.any().map(Some) } else { Ok(None) }
    }

    /// Nothing may be left.
    pub(crate) fn finish(self) -> Result<(), Asn1Error> {
        if self.rest.is_empty() { Ok(()) } else { self.fail(Asn1ErrorKind::Trailing) }
    }

    /// The input as one element with this tag and nothing after it.
    pub(crate) fn single(input: &'a [u8], tag: u8) -> Result<Tlv<'a>, Asn1Error> {
        let mut reader = Reader::new(input);
        let tlv = reader.read(tag)?;
        reader.finish()?;
        Ok(tlv)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(input: &[u8]) -> Asn1ErrorKind {
        Reader::single(input, tag::SEQUENCE).unwrap_err().kind
    }

    #[test]
    fn lengths_must_be_der() {
        let mut long = vec![0x30, 0x81, 0x80];
        long.extend([0; 0x80]);
        assert_eq!(Reader::single(&long, tag::SEQUENCE).unwrap().content.len(), 0x80);
        assert_eq!(kind(&[0x30, 0x80, 0, 0]), Asn1ErrorKind::Length);
        assert_eq!(kind(&[0x30, 0x81, 0x01, 0]), Asn1ErrorKind::Length);
        assert_eq!(kind(&[0x30, 0x82, 0x00, 0x80]), Asn1ErrorKind::Length);
        assert_eq!(kind(&[0x30, 0x85, 1, 0, 0, 0, 0]), Asn1ErrorKind::Length);
        assert_eq!(kind(&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff]), Asn1ErrorKind::Truncated);
        assert_eq!(kind(&[0x30, 0x82, 0x01]), Asn1ErrorKind::Truncated);
        assert_eq!(kind(&[0x30]), Asn1ErrorKind::Truncated);
        assert_eq!(kind(&[]), Asn1ErrorKind::Truncated);
        assert_eq!(kind(&[0x30, 0x00, 0x00]), Asn1ErrorKind::Trailing);
        assert_eq!(kind(&[0x31, 0x00]), Asn1ErrorKind::Tag { expected: 0x30, found: 0x31 });
        assert_eq!(Reader::new(&[0x3f, 0x81, 0x00]).any().unwrap_err().kind, Asn1ErrorKind::HighTagNumber);
    }

    #[test]
    fn offsets_count_from_the_outermost_input() {
        let outer = Reader::single(&[0x30, 0x04, 0x05, 0x00, 0x02, 0x05], tag::SEQUENCE).unwrap();
        let mut reader = outer.reader();
        reader.read(tag::NULL).unwrap();
        assert_eq!(reader.any().unwrap_err(), Asn1Error { offset: 4, kind: Asn1ErrorKind::Truncated });
    }
}
