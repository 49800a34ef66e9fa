//! Writes a TBSCertList, and later the CertificateList around it, in one buffer (R-REV-1).
//!
//! The entries are by far the most of it and their length is known last, so they are written first, behind a margin that has room
//! for all that stands before them. Nothing is moved or copied afterwards, unless there are more entries than were expected: those are
//! kept packed until the length of the list is known, so that never more than twice the list is in memory (R-REV-6).

use std::ops::Range;

use super::entry::CrlEntry;
use super::number::CrlNumber;
use super::packed::PackedEntries;
use crate::x509::asn1::tag;
use crate::x509::asn1::writer::Writer;
use crate::x509::oid::Oid;
use crate::x509::timestamp::Timestamp;

/// Tag and length of the longest element.
const LONGEST_HEADER: usize = 6;

/// Room for the signature algorithm and a signature: ML-DSA-87 has 4,627 bytes.
const ROOM_FOR_SIGNATURE: usize = 5 << 10;

/// How much longer than the last list the next one may get before entries are packed, in bytes; a sixteenth of it comes on top.
const LEAST_GROWTH: usize = 64 << 10;

/// Serial number, GeneralizedTime and reason.
const LONGEST_ENTRY: usize = 64;

/// crlEntryExtensions with a reasonCode, whose last byte follows.
const REASON_CODE: [u8; 13] = [0x30, 0x0c, 0x30, 0x0a, 0x06, 0x03, 0x55, 0x1d, 0x15, 0x04, 0x03, tag::ENUMERATED, 1];

/// The fields of a list beside its entries.
pub(super) struct Fields<'a> {
    pub(super) algorithm: &'a [u8],
    pub(super) issuer: &'a [u8],
    pub(super) this_update: Timestamp,
    pub(super) next_update: Timestamp,
    pub(super) key_identifier: &'a [u8],
    pub(super) number: CrlNumber,
    pub(super) point: Option<&'a [u8]>,
}

/// Bytes with room before them.
pub(super) struct Buffer {
    bytes: Vec<u8>,
    /// What stands before the entries.
    head: Vec<u8>,
    tail: Vec<u8>,
    margin: usize,
    /// The entries that found no room.
    packed: PackedEntries,
}

impl Buffer {
    pub(super) fn new(fields: &Fields<'_>, expected_entries: usize, last_bytes: usize) -> Buffer {
        let mut w = Writer::with_capacity(64 + fields.issuer.len() + fields.algorithm.len());
        w.primitive(tag::INTEGER, &[1]);
        w.raw(fields.algorithm);
        w.raw(fields.issuer);
        w.time(fields.this_update);
        w.time(fields.next_update);
        let head = w.into_vec();
        let mut w = Writer::with_capacity(128);
        w.nested(tag::context_constructed(0), |w| w.sequence(|w| extensions(w, fields)));
        let tail = w.into_vec();
        let margin = head.len() + 3 * LONGEST_HEADER;
        // 16 bytes of serial number, UTCTime and a reason have 48 bytes.
        let after_last = if last_bytes == 0 { 0 } else { last_bytes + last_bytes / 16 + LEAST_GROWTH };
        let wanted = expected_entries.saturating_mul(48).max(after_last).min(1 << 30);
        let mut bytes = Vec::new();
        // A hint that is too great must not be the end.
        let beside = margin + LONGEST_ENTRY + tail.len() + ROOM_FOR_SIGNATURE;
        if bytes.try_reserve_exact(wanted + beside).is_err() {
            bytes = Vec::with_capacity(beside);
        }
        bytes.resize(margin, 0);
        Buffer { bytes, head, tail, margin, packed: PackedEntries::default() }
    }

    /// How many bytes the list has so far, about.
    pub(super) fn len(&self) -> usize {
        self.bytes.len() + self.packed.der_len() + self.tail.len()
    }

    pub(super) fn entry(&mut self, entry: &CrlEntry) {
        let room = self.bytes.capacity() - self.bytes.len();
        if room < LONGEST_ENTRY + self.tail.len() + ROOM_FOR_SIGNATURE || !self.packed.is_empty() {
            self.packed.push(entry);
        } else {
            write_entry(&mut self.bytes, entry);
        }
    }

    /// Makes room for the packed entries and writes them.
    fn unpack(&mut self) {
        let packed = std::mem::take(&mut self.packed);
        if packed.is_empty() {
            return;
        }
        let whole = self.bytes.len() + packed.der_len() + self.tail.len() + ROOM_FOR_SIGNATURE;
        let mut bytes = Vec::with_capacity(whole);
        bytes.extend_from_slice(&self.bytes);
        self.bytes = bytes;
        packed.into_entries().for_each(|entry| write_entry(&mut self.bytes, &entry));
    }

    /// The TBSCertList.
    pub(super) fn finish(mut self) -> Tbs {
        self.unpack();
        let entries = self.bytes.len() - self.margin;
        self.bytes.reserve_exact(self.tail.len() + ROOM_FOR_SIGNATURE);
        self.bytes.extend_from_slice(&self.tail);
        let mut start = self.margin;
        // An empty list must be absent (RFC 5280 section 5.1.2.6).
        if entries > 0 {
            start = put_before(&mut self.bytes, start, &header(entries));
        }
        start = put_before(&mut self.bytes, start, &self.head);
        let content = self.bytes.len() - start;
        start = put_before(&mut self.bytes, start, &header(content));
        Tbs { at: start..self.bytes.len(), bytes: self.bytes }
    }
}

/// At most [`LONGEST_ENTRY`] bytes.
pub(super) fn write_entry(bytes: &mut Vec<u8>, entry: &CrlEntry) {
    let mut w = Writer::after(std::mem::take(bytes));
    w.sequence(|w| {
        w.positive_integer(entry.serial.as_be_bytes());
        w.time(entry.revoked_at);
        // Absent for unspecified (RFC 5280 section 5.3.1).
        if entry.code != 0 {
            w.raw(&REASON_CODE);
            w.raw(&[entry.code]);
        }
    });
    *bytes = w.into_vec();
}

fn header(length: usize) -> Vec<u8> {
    let mut w = Writer::with_capacity(LONGEST_HEADER);
    w.header(tag::SEQUENCE, length);
    w.into_vec()
}

/// Writes what ends at `end`; the margin has room for it.
fn put_before(bytes: &mut [u8], end: usize, octets: &[u8]) -> usize {
    let start = end - octets.len();
    bytes[start..end].copy_from_slice(octets);
    start
}

fn extensions(w: &mut Writer, fields: &Fields<'_>) {
    w.extension(Oid::AUTHORITY_KEY_IDENTIFIER.by_ref(), false, |w| {
        w.sequence(|w| w.primitive(tag::context(0), fields.key_identifier));
    });
    w.extension(Oid::CRL_NUMBER.by_ref(), false, |w| fields.number.write(w));
    if let Some(point) = fields.point {
        w.extension(Oid::ISSUING_DISTRIBUTION_POINT.by_ref(), true, |w| w.raw(point));
    }
}

/// A TBSCertList in a buffer with room around it.
#[derive(Debug)]
pub(super) struct Tbs {
    bytes: Vec<u8>,
    at: Range<usize>,
}

impl Tbs {
    /// A TBSCertList from elsewhere.
    #[cfg(feature = "serde")]
    pub(super) fn of(tbs: &[u8]) -> Tbs {
        let mut bytes = Vec::with_capacity(LONGEST_HEADER + tbs.len() + ROOM_FOR_SIGNATURE);
        bytes.resize(LONGEST_HEADER, 0);
        bytes.extend_from_slice(tbs);
        Tbs { at: LONGEST_HEADER..bytes.len(), bytes }
    }

    pub(super) fn der(&self) -> &[u8] {
        &self.bytes[self.at.clone()]
    }

    /// The CertificateList, and where it starts in the buffer.
    pub(super) fn signed(mut self, algorithm: &[u8], signature: &[u8]) -> (Vec<u8>, usize) {
        let mut w = Writer::with_capacity(algorithm.len() + signature.len() + 8);
        w.raw(algorithm);
        w.bit_string(signature);
        self.bytes.extend_from_slice(&w.into_vec());
        let content = self.bytes.len() - self.at.start;
        let start = put_before(&mut self.bytes, self.at.start, &header(content));
        (self.bytes, start)
    }
}
