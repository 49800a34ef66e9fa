//! Revocation lists that outlive the process, and that several processes publish.

use std::collections::HashMap;
use std::sync::Arc;

use issuance::crl::CrlError;
use issuance::ledger::{Change, Documents, LedgerError};
use issuance::{CertificateAuthorityArn, Timestamp};

use crate::lists::{Published, Times, outrun};
use crate::store::Stored;

/// Its version counts the revocations of an authority.
const REVOCATIONS: &str = "revocations";
/// The list of a scope in DER, and beside it its [`Times`].
const LIST: &str = "list";
const TIMES: &str = "list-times";

/// How often a list is made anew because another process has published one meanwhile.
const ATTEMPTS: usize = 8;

/// Makes a list after the last one, with the count of revocations that it has.
type Make<'m> = dyn FnMut(Option<&Published>, u64) -> Result<Published, CrlError> + 'm;

pub(crate) struct KeptLists {
    documents: Arc<dyn Documents>,
    arn: CertificateAuthorityArn,
    /// Those that were read or made here, with their versions.
    read: HashMap<String, (u64, Published)>,
}

impl KeptLists {
    pub(crate) fn new(documents: Arc<dyn Documents>, arn: CertificateAuthorityArn) -> KeptLists {
        KeptLists { documents, arn, read: HashMap::new() }
    }

    pub(crate) fn outdate(&self) -> Stored<()> {
        outdate(&*self.documents, &self.arn)
    }

    /// The list of this scope. Of several processes that make one, the first that publishes counts: so numbers never fall.
    pub(crate) fn current(&mut self, scope: &str, now: Timestamp, make: &mut Make<'_>) -> Result<Arc<[u8]>, CrlError> {
        let key = format!("{}{}{scope}", self.arn, if scope.is_empty() { "" } else { "/" });
        for _ in 0..ATTEMPTS {
            let revision = revision(&*self.documents, &self.arn)?;
            let last = self.last(&key)?;
            if let Some((_, last)) = last.as_ref().filter(|(_, last)| last.times.will_do(revision, now)) {
                return Ok(Arc::clone(&last.der));
            }
            let version = last.as_ref().map_or(0, |(version, _)| *version);
            let list = make(last.as_ref().map(|(_, last)| last), revision)?;
            let times = serde_json::to_vec(&list.times).map_err(|error| undecodable(&key, error))?;
            let changes = [
                Change::to(TIMES, key.as_str(), version, times),
                Change::to(LIST, key.as_str(), version, list.der.to_vec()),
            ];
            if self.documents.change(&changes)? {
                let der = Arc::clone(&list.der);
                self.read.insert(key, (version + 1, list));
                return Ok(der);
            }
        }
        Err(outrun().into())
    }

    /// The list that was published last, and its version.
    fn last(&mut self, key: &str) -> Stored<Option<(u64, Published)>> {
        for _ in 0..ATTEMPTS {
            let Some(times) = self.documents.document(TIMES, key)? else { return Ok(None) };
            if let Some(read) = self.read.get(key).filter(|(version, _)| *version == times.version) {
                return Ok(Some(read.clone()));
            }
            let Some(list) = self.documents.document(LIST, key)? else { continue };
            // Between the two another one was published.
            if list.version != times.version {
                continue;
            }
            let times: Times = serde_json::from_slice(&times.body).map_err(|error| undecodable(key, error))?;
            let read = (list.version, Published { der: list.body.into(), times });
            self.read.insert(key.to_owned(), read.clone());
            return Ok(Some(read));
        }
        Err(outrun())
    }
}

fn revision(documents: &dyn Documents, arn: &CertificateAuthorityArn) -> Stored<u64> {
    Ok(documents.document(REVOCATIONS, arn.as_str())?.map_or(0, |document| document.version))
}

/// A certificate was revoked, or may have been.
pub(crate) fn outdate(documents: &dyn Documents, arn: &CertificateAuthorityArn) -> Stored<()> {
    loop {
        let revision = revision(documents, arn)?;
        // Who counts first, counts for both.
        if documents.change(&[Change::to(REVOCATIONS, arn.as_str(), revision, "")])? {
            return Ok(());
        }
    }
}

fn undecodable(key: &str, error: serde_json::Error) -> LedgerError {
    LedgerError::new(format!("document {TIMES} {key} does not decode: {error}")).caused_by(error)
}
