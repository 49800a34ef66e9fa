//! The revocation lists of an authority: made when they are asked for, at most one a second for each scope, and renewed in good time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use issuance::crl::{Crl, CrlError, CrlPreparation, CrlScope, RevokedEntry};
use issuance::{CertificateAuthority, Signer, SigningAlgorithm, Timestamp};

use crate::keys::verifier;

/// What was published last of each scope.
#[derive(Default)]
pub(crate) struct Lists(Mutex<State>);

#[derive(Default)]
struct State {
    /// Counts the revocations.
    revision: u64,
    /// By partition; the complete list has none.
    published: HashMap<Option<String>, Published>,
}

#[derive(Clone)]
struct Published {
    der: Arc<[u8]>,
    revision: u64,
    made_at: Timestamp,
    next_update: Timestamp,
}

impl Published {
    /// Whether nobody has to make the next one at this time: nothing was revoked, or the last one is of this second, and half of its time
    /// is still to come.
    fn will_do(&self, revision: u64, now: Timestamp) -> bool {
        let lasts = self.next_update.unix() - self.made_at.unix();
        now <= self.made_at || self.revision == revision && now.unix() - self.made_at.unix() < lasts / 2
    }
}

impl Lists {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A certificate was revoked: from the next second on lists have it.
    pub(crate) fn outdate(&self) {
        self.lock().revision += 1;
    }

    /// The list of this scope. Lists of one authority are made one after another, so that each follows the last.
    pub(crate) fn current(
        &self,
        scope: CrlScope,
        now: Timestamp,
        make: impl FnOnce(Option<&Crl<'_>>) -> Result<Vec<u8>, CrlError>,
    ) -> Result<Arc<[u8]>, CrlError> {
        let mut state = self.lock();
        let revision = state.revision;
        let name = match scope {
            CrlScope::Partition(partition) => Some(partition.to_string()),
            _ => None,
        };
        let last = state.published.get(&name).cloned();
        if let Some(last) = last.as_ref().filter(|last| last.will_do(revision, now)) {
            return Ok(Arc::clone(&last.der));
        }
        let last = last.as_ref().map(|last| Crl::from_der(&last.der)).transpose()?;
        let der: Arc<[u8]> = make(last.as_ref())?.into();
        let list = Crl::from_der(&der)?;
        let (made_at, next_update) = (list.this_update(), list.next_update().unwrap_or(list.this_update()));
        state.published.insert(name, Published { der: Arc::clone(&der), revision, made_at, next_update });
        Ok(der)
    }
}

/// Writes and signs a list.
pub(crate) fn make(
    authority: &CertificateAuthority,
    (key, algorithm): (&dyn Signer, SigningAlgorithm),
    (scope, now): (CrlScope, Timestamp),
    last: Option<&Crl<'_>>,
    revoked: Vec<RevokedEntry>,
) -> Result<Vec<u8>, CrlError> {
    let mut list = CrlPreparation::new(authority, now).scope(scope).signing_algorithm(algorithm);
    if let Some(last) = last {
        list = list.last(last);
    }
    let prepared = list.prepare(revoked, &verifier())?;
    Ok(prepared.sign(key, &verifier())?.into_der())
}
