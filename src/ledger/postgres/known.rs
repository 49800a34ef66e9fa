//! What this process knows to be in the database, so that it need not be written or read again.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::authority::revocation::partition::CrlPartition;
use crate::ledger::intent::AuthorityRecord;

/// How many values of a kind are kept; then all are read or written once more.
const MOST: usize = 4096;

pub(super) type Partition = ([u8; 16], CrlPartition);

#[derive(Debug, Default)]
pub(super) struct Known(Mutex<Kinds>);

#[derive(Debug, Default)]
struct Kinds {
    authorities: HashMap<[u8; 32], AuthorityRecord>,
    /// Those that were written by this process since it last lost a connection.
    written: HashSet<[u8; 32]>,
    partitions: HashSet<Partition>,
}

impl Known {
    fn lock(&self) -> MutexGuard<'_, Kinds> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn authority(&self, sha256: &[u8; 32]) -> Option<AuthorityRecord> {
        self.lock().authorities.get(sha256).cloned()
    }

    pub(super) fn add_authority(&self, record: AuthorityRecord) {
        let mut kinds = self.lock();
        if kinds.authorities.len() >= MOST {
            kinds.authorities.clear();
        }
        kinds.authorities.insert(*record.sha256(), record);
    }

    pub(super) fn is_written(&self, sha256: &[u8; 32]) -> bool {
        self.lock().written.contains(sha256)
    }

    pub(super) fn has_partition(&self, partition: &Partition) -> bool {
        self.lock().partitions.contains(partition)
    }

    /// These are in the database now.
    pub(super) fn add_written(&self, authorities: &[AuthorityRecord], partitions: &[Partition]) {
        let mut kinds = self.lock();
        if kinds.written.len() >= MOST {
            kinds.written.clear();
        }
        if kinds.partitions.len() >= MOST {
            kinds.partitions.clear();
        }
        kinds.written.extend(authorities.iter().map(|record| *record.sha256()));
        kinds.partitions.extend(partitions);
    }

    /// A connection failed: the server behind the next one may be another, which has not received everything.
    pub(super) fn doubt(&self) {
        let mut kinds = self.lock();
        kinds.written.clear();
        kinds.partitions.clear();
    }
}
