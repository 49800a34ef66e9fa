//! One intent in memory.

use std::sync::Arc;

use crate::issued::IssuedCertificate;
use crate::ledger::answer::Ended;
use crate::ledger::intent::Intent;
use crate::ledger::record::{Abandonment, Record, State};
use crate::ledger::revocation::Revocation;
use crate::ledger::waiter::Waiters;
use crate::x509::timestamp::Timestamp;

/// What an intent costs by itself: its row, its place in the map of tokens, which is at most seven eighths full and grows twofold, and
/// in the queue.
pub(super) const ROW_BYTES: usize = 768;

/// An intent and how far it is.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) intent: Intent,
    pub(super) progress: Progress,
    pub(super) revocation: Option<Revocation>,
}

#[derive(Debug)]
pub(super) enum Progress {
    InFlight {
        /// Whether a caller has the lease.
        is_held: bool,
        /// When the lease was freed for the first time, where the window begins, in seconds.
        freed_at: Option<i64>,
        waiting: Waiters,
    },
    Issued {
        certificate: Arc<IssuedCertificate>,
        at: Timestamp,
    },
    Abandoned(Abandonment),
}

impl Row {
    pub(super) fn new(intent: Intent) -> Row {
        let progress = Progress::InFlight { is_held: true, freed_at: None, waiting: Waiters::default() };
        Row { intent, progress, revocation: None }
    }

    /// How many bytes it holds, about.
    pub(super) fn bytes(&self) -> usize {
        let certificate = match &self.progress {
            Progress::Issued { certificate, .. } => certificate.der().len() + size_of::<IssuedCertificate>(),
            Progress::Abandoned(abandonment) => abandonment.reason.len(),
            Progress::InFlight { .. } => 0,
        };
        bytes_of(&self.intent) + certificate
    }

    /// Since when the window of its token runs, in seconds; `None` if it does not run yet.
    pub(super) fn window_since(&self) -> Option<i64> {
        match &self.progress {
            Progress::InFlight { is_held: true, .. } => None,
            // A ceremony may take weeks.
            Progress::InFlight { .. } if self.intent.is_offline() => None,
            Progress::InFlight { freed_at, .. } => *freed_at,
            Progress::Issued { at, .. } => Some(at.unix()),
            Progress::Abandoned(abandonment) => Some(abandonment.at.unix()),
        }
    }

    pub(super) fn is_in_flight(&self) -> bool {
        matches!(self.progress, Progress::InFlight { .. })
    }

    /// How it has ended, if it has.
    pub(super) fn ended(&self) -> Option<Ended> {
        match &self.progress {
            Progress::InFlight { .. } => None,
            Progress::Issued { certificate, .. } => Some(Ended::Issued(Arc::clone(certificate))),
            Progress::Abandoned(abandonment) => Some(Ended::Abandoned(abandonment.clone())),
        }
    }

    pub(super) fn record(&self) -> Record {
        let state = match &self.progress {
            // A lease in memory ends with the work of its caller and not by itself.
            Progress::InFlight { is_held, .. } => State::InFlight { lease_until: is_held.then_some(Timestamp::MAX) },
            Progress::Issued { certificate, at } => State::Issued { certificate: Arc::clone(certificate), at: *at },
            Progress::Abandoned(abandonment) => State::Abandoned(abandonment.clone()),
        };
        Record::new(self.intent.clone(), state, self.revocation)
    }
}

/// How many bytes an intent takes in memory, about.
pub(super) fn bytes_of(intent: &Intent) -> usize {
    ROW_BYTES + intent.bytes_in_memory()
}
