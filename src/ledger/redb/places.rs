//! Keys of the tables. Numbers stand in them with the most significant byte first, so that keys sort as what they stand for.

use crate::authority::revocation::partition::CrlPartition;
use crate::ledger::record::Cursor;
use crate::x509::serial::SerialNumber;
use crate::x509::timestamp::Timestamp;

/// The place of an intent: the number of its authority, and its serial number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place([u8; 24]);

impl Place {
    pub(super) fn new(authority: u32, serial: SerialNumber) -> Place {
        let mut place = [0; 24];
        place[..4].copy_from_slice(&authority.to_be_bytes());
        let octets = serial.as_be_bytes();
        place[24 - octets.len()..].copy_from_slice(octets);
        Place(place)
    }

    pub(super) fn read(bytes: &[u8]) -> Option<Place> {
        bytes.try_into().ok().map(Place)
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    pub(super) fn authority(&self) -> u32 {
        self.0.first_chunk().copied().map_or(0, u32::from_be_bytes)
    }

    pub(super) fn serial(&self) -> Option<SerialNumber> {
        SerialNumber::from_be_bytes(&self.0[4..]).ok()
    }

    /// Before every place of an authority.
    pub(super) fn first_of(authority: u32) -> [u8; 4] {
        authority.to_be_bytes()
    }

    /// After every place of an authority.
    pub(super) fn after_last_of(authority: u32) -> [u8; 25] {
        let mut place = [0xff; 25];
        place[..4].copy_from_slice(&authority.to_be_bytes());
        place
    }

    /// Where it stands in the order of times of issuance.
    pub(super) fn in_time(&self, issued_at: Timestamp) -> [u8; 32] {
        let mut key = [0; 32];
        key[..4].copy_from_slice(&self.0[..4]);
        key[4..12].copy_from_slice(&sorted(issued_at));
        key[12..].copy_from_slice(&self.0[4..]);
        key
    }

    /// Where it stands in the order of the ends of certificates.
    pub(super) fn in_endings(&self, not_after: Timestamp) -> [u8; 32] {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&sorted(not_after));
        key[8..].copy_from_slice(&self.0);
        key
    }

    /// From a key of the order of times.
    pub(super) fn of_time(key: &[u8]) -> Option<Place> {
        let mut place = [0; 24];
        place[..4].copy_from_slice(key.get(..4)?);
        place[4..].copy_from_slice(key.get(12..32)?);
        Some(Place(place))
    }

    /// From a key of the order of ends.
    pub(super) fn of_ending(key: &[u8]) -> Option<Place> {
        Place::read(key.get(8..)?)
    }
}

/// The beginning of a time in the order of times.
pub(super) fn time_key(authority: u32, time: Timestamp) -> [u8; 12] {
    let mut key = [0; 12];
    key[..4].copy_from_slice(&authority.to_be_bytes());
    key[4..].copy_from_slice(&sorted(time));
    key
}

/// Just behind a cursor in the order of times.
pub(super) fn behind(authority: u32, cursor: Cursor) -> [u8; 33] {
    let mut key = [0; 33];
    key[..32].copy_from_slice(&Place::new(authority, cursor.serial).in_time(cursor.issued_at));
    key
}

/// Where the ends of certificates before this time end.
pub(super) fn sorted(time: Timestamp) -> [u8; 8] {
    (time.unix().cast_unsigned() ^ 1 << 63).to_be_bytes()
}

/// A partition of an authority; without one, the list of all.
pub(super) fn partition_key(authority: u32, partition: Option<CrlPartition>) -> Vec<u8> {
    let name = partition.as_ref().map_or(&[][..], |partition| partition.as_octets());
    [&authority.to_be_bytes()[..], name].concat()
}
