//! Which partition of the CRL the next certificate of an issuer is in.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use crate::authority::ca::CertificateAuthority;
use crate::authority::revocation::partition::{CrlPartition, place_of};
use crate::x509::serial::SerialNumber;

/// Lets the partitions take turns, so that two certificates that follow each other are in different ones (R-MRG-5).
#[derive(Debug, Default)]
pub(super) struct Turns {
    /// Where the first certificate is: it follows from its serial number, so that issuers that live for one certificate do not
    /// fill one partition.
    start: OnceLock<usize>,
    taken: AtomicUsize,
    /// The partition of the last certificate that was prepared, as [`number`] has it; 0 before the first.
    last: AtomicU64,
}

impl Turns {
    /// The partition of the next certificate, if the authority's CRL has any.
    pub(super) fn next(&self, authority: &CertificateAuthority, serial: SerialNumber) -> Option<CrlPartition> {
        let partitions = authority.partitions_in_turn();
        let place = place_of(serial, partitions.len())?;
        let start = *self.start.get_or_init(|| place);
        let take = || {
            let turn = self.taken.fetch_add(1, Ordering::Relaxed);
            partitions.get(start.wrapping_add(turn) % partitions.len()).copied()
        };
        // Requests that were refused in between have taken turns as well, perhaps all of them.
        take().filter(|partition| number(*partition) != self.last.load(Ordering::Relaxed)).or_else(take)
    }

    /// Notes where a certificate is.
    pub(super) fn note(&self, partition: Option<CrlPartition>) {
        if let Some(partition) = partition {
            self.last.store(number(partition), Ordering::Relaxed);
        }
    }
}

/// Tells partitions apart. Two that share a number cost a turn and nothing else.
fn number(partition: CrlPartition) -> u64 {
    partition.as_str().bytes().fold(1, |number, octet| number.wrapping_mul(131).wrapping_add(octet.into()))
}
