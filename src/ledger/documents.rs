//! What a service keeps beside its ledger, in the same store.

use super::error::LedgerError;

/// A document, and how often it was replaced.
///
/// For an example see [`Documents`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Document {
    /// Its name among those of its kind.
    pub key: String,
    /// 1 when it is new, and one more with each change.
    pub version: u64,
    /// What it says; the store does not read it.
    pub body: Vec<u8>,
}

impl Document {
    /// A document.
    pub fn new(key: impl Into<String>, version: u64, body: impl Into<Vec<u8>>) -> Document {
        Document { key: key.into(), version, body: body.into() }
    }
}

/// One change of a document that has the version that its caller has seen.
///
/// For an example see [`Documents`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Change {
    /// The kind of the document, such as `authority`: at most 64 bytes, none of them zero.
    pub kind: String,
    /// Its name among those of its kind: at most 512 bytes, none of them zero.
    pub key: String,
    /// The version that it must have; 0 if it must not be there.
    pub expected: u64,
    /// What becomes of it.
    pub to: Becomes,
}

/// What becomes of a document.
///
/// For an example see [`Documents`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Becomes {
    /// It says this, and its version is one more.
    Body(Vec<u8>),
    /// It is no longer there.
    Gone,
    /// It stays as it is: other changes of the same step rest on it.
    Same,
}

/// The longest kind, in bytes.
const MAX_KIND: usize = 64;
/// The longest key, in bytes.
const MAX_KEY: usize = 512;

impl Change {
    /// A document that is to say this from now on.
    pub fn to(kind: impl Into<String>, key: impl Into<String>, expected: u64, body: impl Into<Vec<u8>>) -> Change {
        Change { kind: kind.into(), key: key.into(), expected, to: Becomes::Body(body.into()) }
    }

    /// A document that is to be removed.
    pub fn remove(kind: impl Into<String>, key: impl Into<String>, expected: u64) -> Change {
        Change { kind: kind.into(), key: key.into(), expected, to: Becomes::Gone }
    }

    /// A document that must not have changed.
    pub fn expect(kind: impl Into<String>, key: impl Into<String>, expected: u64) -> Change {
        Change { kind: kind.into(), key: key.into(), expected, to: Becomes::Same }
    }

    /// Whether a store can have a document of this name.
    ///
    /// # Errors
    /// When kind or key is empty, too long, or has a zero byte.
    pub fn check(&self) -> Result<(), LedgerError> {
        for (what, text, most) in [("kind", &self.kind, MAX_KIND), ("key", &self.key, MAX_KEY)] {
            if text.is_empty() || text.len() > most || text.bytes().any(|byte| byte == 0) {
                let text = text.escape_debug();
                let reason =
                    format!("the {what} '{text}' of a document must have 1 to {most} bytes, none of them zero");
                return Err(LedgerError::new(reason));
            }
        }
        Ok(())
    }
}

/// What a service keeps beside its ledger, in the same store: small documents that are replaced whole, each with a version that tells
/// of changes by others.
///
/// `RedbLedger` has them by this trait, `PostgresLedger` by methods of the same names that are awaited and, in a
/// [`Parked`](super::parked::Parked), by this trait too.
///
/// ```
/// # #[cfg(feature = "redb")] {
/// use issuance::ledger::{Change, Documents, RedbLedger};
/// # let path = std::env::temp_dir().join(format!("issuance-documents-{}.redb", std::process::id()));
/// let ledger = RedbLedger::open(&path)?;
/// assert!(ledger.change(&[Change::to("authority", "root", 0, "{}")])?);
/// let document = ledger.document("authority", "root")?.ok_or("not there")?;
/// assert_eq!((document.version, document.body.as_slice()), (1, &b"{}"[..]));
/// // Somebody else was faster: nothing changes.
/// assert!(!ledger.change(&[Change::to("authority", "root", 0, "[]")])?);
/// # std::fs::remove_file(path)?;
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Documents: Send + Sync {
    /// A document; `None` if there is none.
    ///
    /// # Errors
    /// When the store cannot be reached or used.
    fn document(&self, kind: &str, key: &str) -> Result<Option<Document>, LedgerError>;

    /// All documents of a kind, in the order of their keys.
    ///
    /// # Errors
    /// When the store cannot be reached or used.
    fn documents(&self, kind: &str) -> Result<Vec<Document>, LedgerError>;

    /// The keys and versions of all documents of a kind, in the order of the keys.
    ///
    /// # Errors
    /// When the store cannot be reached or used.
    fn versions(&self, kind: &str) -> Result<Vec<(String, u64)>, LedgerError>;

    /// Makes all of the changes in one step, durably, or none of them: `false` if a document does not have the expected version. A document is
    /// named at most once.
    ///
    /// # Errors
    /// When the store cannot be reached or used, or a name cannot be one. The changes may have been made then, all or none.
    fn change(&self, changes: &[Change]) -> Result<bool, LedgerError>;
}
