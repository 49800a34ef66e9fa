//! The revocation lists of an authority: made when they are asked for, at most one a second for each scope, and renewed in good time.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use issuance::crl::{Crl, CrlError, CrlPreparation, CrlScope, RevokedEntry};
use issuance::ledger::{Ledger, LedgerError};
use issuance::{CertificateAuthority, Signer, SigningAlgorithm, Timestamp};

use crate::kept::lists::KeptLists;
use crate::keys::verifier;
use crate::store::Stored;

/// What was published last of each scope.
pub(crate) struct Lists(Mutex<Place>);

enum Place {
    Memory(State),
    Kept(KeptLists),
}

#[derive(Default)]
struct State {
    /// Counts the revocations.
    revision: u64,
    published: std::collections::HashMap<String, Published>,
}

#[derive(Clone)]
pub(crate) struct Published {
    pub(crate) der: Arc<[u8]>,
    pub(crate) times: Times,
}

/// What says whether a list is still good.
#[derive(Clone, Copy, serde::Serialize, serde::Deserialize)]
pub(crate) struct Times {
    /// How many revocations had been counted when it was begun.
    pub(crate) revision: u64,
    /// In seconds since the Unix epoch, as the other.
    made_at: i64,
    next_update: i64,
}

impl Times {
    fn of(der: &[u8], revision: u64) -> Result<Times, CrlError> {
        let list = Crl::from_der(der)?;
        let made_at = list.this_update().unix();
        Ok(Times { revision, made_at, next_update: list.next_update().map_or(made_at, Timestamp::unix) })
    }

    /// Whether nobody has to make the next one at this time: nothing was revoked, or the last one is of this second, and half of its time
    /// is still to come.
    pub(crate) fn will_do(&self, revision: u64, now: Timestamp) -> bool {
        let lasts = self.next_update - self.made_at;
        now.unix() <= self.made_at || self.revision == revision && now.unix() - self.made_at < lasts / 2
    }
}

impl Default for Lists {
    fn default() -> Lists {
        Lists(Mutex::new(Place::Memory(State::default())))
    }
}

impl Lists {
    pub(crate) fn kept(lists: KeptLists) -> Lists {
        Lists(Mutex::new(Place::Kept(lists)))
    }

    fn lock(&self) -> MutexGuard<'_, Place> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A certificate was revoked: from the next second on lists have it.
    pub(crate) fn outdate(&self) -> Stored<()> {
        match &mut *self.lock() {
            Place::Memory(state) => {
                state.revision += 1;
                Ok(())
            }
            Place::Kept(lists) => lists.outdate(),
        }
    }

    /// The list of this scope. Lists of one authority are made one after another, so that each follows the last.
    pub(crate) fn current(
        &self,
        scope: CrlScope,
        now: Timestamp,
        mut make: impl FnMut(Option<&Crl<'_>>) -> Result<Vec<u8>, CrlError>,
    ) -> Result<Arc<[u8]>, CrlError> {
        let name = match scope {
            CrlScope::Partition(partition) => partition.to_string(),
            _ => String::new(),
        };
        let mut make = |last: Option<&Published>, revision| {
            let last = last.map(|last| Crl::from_der(&last.der)).transpose()?;
            let der: Arc<[u8]> = make(last.as_ref())?.into();
            let times = Times::of(&der, revision)?;
            Ok(Published { der, times })
        };
        match &mut *self.lock() {
            Place::Memory(state) => {
                let last = state.published.get(&name);
                if let Some(last) = last.filter(|last| last.times.will_do(state.revision, now)) {
                    return Ok(Arc::clone(&last.der));
                }
                let list = make(last, state.revision)?;
                state.published.insert(name, list.clone());
                Ok(list.der)
            }
            Place::Kept(lists) => lists.current(&name, now, &mut make),
        }
    }
}

/// What a list says of an authority, and what signs it.
pub(crate) struct Making<'a> {
    pub(crate) authority: &'a CertificateAuthority,
    pub(crate) key: &'a dyn Signer,
    pub(crate) algorithm: SigningAlgorithm,
    pub(crate) scope: CrlScope,
    pub(crate) now: Timestamp,
}

impl Making<'_> {
    fn preparation<'l>(&'l self, last: Option<&'l Crl<'_>>) -> CrlPreparation<'l> {
        let list = CrlPreparation::new(self.authority, self.now).scope(self.scope).signing_algorithm(self.algorithm);
        match last {
            Some(last) => list.last(last),
            None => list,
        }
    }

    /// Writes and signs a list of these.
    pub(crate) fn of(&self, revoked: Vec<RevokedEntry>, last: Option<&Crl<'_>>) -> Result<Vec<u8>, CrlError> {
        let prepared = self.preparation(last).prepare(revoked, &verifier())?;
        Ok(prepared.sign(self.key, &verifier())?.into_der())
    }

    /// Writes and signs a list of what a ledger has, under its next number.
    pub(crate) fn from(&self, ledger: &dyn Ledger, last: Option<&Crl<'_>>) -> Result<Vec<u8>, CrlError> {
        let prepared = self.preparation(last).prepare_from(ledger, &verifier())?;
        Ok(prepared.sign(self.key, &verifier())?.into_der())
    }
}

/// Another process publishes so fast that no list of this one comes to be the next.
pub(crate) fn outrun() -> LedgerError {
    LedgerError::new("another process has published a list each time that one was made here").retryable()
}
