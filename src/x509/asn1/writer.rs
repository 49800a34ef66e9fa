//! A one-pass DER writer into one buffer.

use super::tag;
use crate::x509::oid::{Oid, OidRef};

/// Appends DER to a buffer.
///
/// A constructed element is opened with a one-byte length, which grows in place when the content turns out longer:
/// no length is computed ahead and no part is built in a buffer of its own.
#[derive(Debug)]
pub(crate) struct Writer {
    out: Vec<u8>,
}

impl Writer {
    pub(crate) fn with_capacity(octets: usize) -> Self {
        Writer { out: Vec::with_capacity(octets) }
    }

    /// A writer that goes on after these bytes.
    pub(crate) fn after(out: Vec<u8>) -> Self {
        Writer { out }
    }

    pub(crate) fn into_vec(self) -> Vec<u8> {
        self.out
    }

    /// Bytes that are DER already.
    pub(crate) fn raw(&mut self, der: &[u8]) {
        self.out.extend_from_slice(der);
    }

    pub(crate) fn byte(&mut self, octet: u8) {
        self.out.push(octet);
    }

    /// A primitive element.
    pub(crate) fn primitive(&mut self, tag: u8, content: &[u8]) {
        self.header(tag, content.len());
        self.out.extend_from_slice(content);
    }

    /// Tag and length of an element whose content is about to be appended.
    pub(crate) fn header(&mut self, tag: u8, length: usize) {
        if length < 0x80 {
            self.out.extend_from_slice(&[tag, length as u8]);
        } else {
            let (octets, significant) = length_octets(length);
            self.out.extend_from_slice(&[tag, 0x80 | significant as u8]);
            self.out.extend_from_slice(&octets[octets.len() - significant..]);
        }
    }

    /// An element whose content `write` appends.
    pub(crate) fn nested(&mut self, tag: u8, write: impl FnOnce(&mut Writer)) {
        self.out.extend_from_slice(&[tag, 0]);
        let start = self.out.len();
        write(self);
        let length = self.out.len() - start;
        if length < 0x80 {
            self.out[start - 1] = length as u8;
            return;
        }
        let (octets, significant) = length_octets(length);
        self.out[start - 1] = 0x80 | significant as u8;
        self.out.extend_from_slice(&[0; size_of::<usize>()][..significant]);
        self.out.copy_within(start..start + length, start + significant);
        self.out[start..start + significant].copy_from_slice(&octets[octets.len() - significant..]);
    }

    pub(crate) fn sequence(&mut self, write: impl FnOnce(&mut Writer)) {
        self.nested(tag::SEQUENCE, write);
    }

    pub(crate) fn oid(&mut self, oid: &Oid) {
        self.primitive(tag::OID, oid.as_der_content());
    }

    /// A positive INTEGER from its big-endian bytes without a sign byte.
    pub(crate) fn positive_integer(&mut self, octets: &[u8]) {
        let sign = octets.first().is_none_or(|first| *first >= 0x80);
        self.header(tag::INTEGER, usize::from(sign) + octets.len());
        if sign {
            self.byte(0);
        }
        self.raw(octets);
    }

    pub(crate) fn bit_string(&mut self, octets: &[u8]) {
        self.header(tag::BIT_STRING, 1 + octets.len());
        self.byte(0);
        self.raw(octets);
    }

    /// `Extension ::= SEQUENCE { extnID, critical DEFAULT FALSE, extnValue OCTET STRING }` (RFC 5280 section 4.1).
    pub(crate) fn extension(&mut self, oid: OidRef<'_>, critical: bool, value: impl FnOnce(&mut Writer)) {
        self.sequence(|w| {
            w.primitive(tag::OID, oid.as_der_content());
            if critical {
                w.primitive(tag::BOOLEAN, &[0xff]);
            }
            w.nested(tag::OCTET_STRING, value);
        });
    }
}

/// The big-endian bytes of a length, and how many of them are significant.
fn length_octets(length: usize) -> ([u8; size_of::<usize>()], usize) {
    let octets = length.to_be_bytes();
    let significant = octets.len() - (length.leading_zeros() / 8) as usize;
    (octets, significant.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::x509::asn1::reader::Reader;

    #[test]
    fn lengths_of_every_size_read_back() {
        for length in [0, 1, 0x7f, 0x80, 0xff, 0x100, 0xffff, 0x1_0000] {
            let content = vec![0xa5; length];
            let mut primitive = Writer::with_capacity(0);
            primitive.primitive(tag::OCTET_STRING, &content);
            let mut nested = Writer::with_capacity(0);
            nested.nested(tag::OCTET_STRING, |w| w.raw(&content));
            let (primitive, nested) = (primitive.into_vec(), nested.into_vec());
            assert_eq!(primitive, nested);
            assert_eq!(Reader::single(&nested, tag::OCTET_STRING).unwrap().content, content);
        }
    }

    #[test]
    fn integers_stay_positive() {
        for (octets, der) in [(&[0x7f][..], &[2, 1, 0x7f][..]), (&[0x80], &[2, 2, 0, 0x80]), (&[], &[2, 1, 0])] {
            let mut writer = Writer::with_capacity(8);
            writer.positive_integer(octets);
            assert_eq!(writer.into_vec(), der);
        }
    }
}
