//! Entries in little memory, until it is known how long the list gets.

use super::entry::CrlEntry;
use super::tbs::write_entry;
use crate::x509::serial::SerialNumber;
use crate::x509::timestamp::Timestamp;

const CHUNK: usize = 64 << 10;

/// The length of the serial number, its 20 bytes at most, the time, the code.
const LONGEST: usize = 1 + 20 + 8 + 1;

/// Entries one after another, at most three quarters as long as in DER. Chunks are freed as they are read.
#[derive(Debug, Default)]
pub(super) struct PackedEntries {
    chunks: Vec<Vec<u8>>,
    der_len: usize,
    scratch: Vec<u8>,
}

impl PackedEntries {
    pub(super) fn is_empty(&self) -> bool {
        self.chunks.is_empty()
    }

    /// How many bytes the entries have in DER.
    pub(super) fn der_len(&self) -> usize {
        self.der_len
    }

    pub(super) fn push(&mut self, entry: &CrlEntry) {
        self.scratch.clear();
        write_entry(&mut self.scratch, entry);
        self.der_len += self.scratch.len();
        let serial = entry.serial.as_be_bytes();
        let write = |chunk: &mut Vec<u8>| {
            // A serial number has at most 20 bytes.
            chunk.push(serial.len() as u8);
            chunk.extend_from_slice(serial);
            chunk.extend_from_slice(&entry.revoked_at.unix().to_be_bytes());
            chunk.push(entry.code);
        };
        match self.chunks.last_mut() {
            Some(chunk) if chunk.len() + LONGEST <= CHUNK => write(chunk),
            // The first chunk grows: most lists are short.
            Some(_) => {
                let mut chunk = Vec::with_capacity(CHUNK);
                write(&mut chunk);
                self.chunks.push(chunk);
            }
            None => {
                let mut chunk = Vec::new();
                write(&mut chunk);
                self.chunks.push(chunk);
            }
        }
    }

    /// The entries in their order.
    pub(super) fn into_entries(self) -> impl Iterator<Item = CrlEntry> {
        self.chunks.into_iter().flat_map(|chunk| {
            let mut at = 0;
            std::iter::from_fn(move || {
                let (entry, length) = read(chunk.get(at..)?)?;
                at += length;
                Some(entry)
            })
        })
    }
}

fn read(packed: &[u8]) -> Option<(CrlEntry, usize)> {
    let (length, rest) = packed.split_first()?;
    let (serial, rest) = rest.split_at_checked(usize::from(*length))?;
    let (seconds, rest) = rest.split_first_chunk::<8>()?;
    let entry = CrlEntry {
        serial: SerialNumber::from_be_bytes(serial).ok()?,
        revoked_at: Timestamp::from_unix(i64::from_be_bytes(*seconds))?,
        code: *rest.first()?,
    };
    Some((entry, usize::from(*length) + 10))
}
