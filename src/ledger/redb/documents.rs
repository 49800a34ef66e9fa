//! Documents beside the ledger.

use redb::{ReadOnlyTable, ReadableDatabase, TableDefinition, TableError};

use super::error::{caught, failed, missing};
use super::tables::{get, put, rows, take};
use super::{RedbLedger, commit};
use crate::ledger::documents::{Becomes, Change, Document, Documents};
use crate::ledger::error::LedgerError;

type Bytes = &'static [u8];

/// Documents by kind and key with a zero byte between them: the version in eight bytes, then the body.
const DOCUMENTS: TableDefinition<'_, Bytes, Bytes> = TableDefinition::new("documents");

fn place(kind: &str, key: &str) -> Vec<u8> {
    [kind.as_bytes(), &[0], key.as_bytes()].concat()
}

fn read(key: &str, row: &[u8]) -> Result<Document, LedgerError> {
    match row.split_first_chunk::<8>() {
        Some((version, body)) => Ok(Document::new(key, u64::from_be_bytes(*version), body)),
        None => Err(missing("documents", &format!("the document '{key}' is too short to have a version"))),
    }
}

impl RedbLedger {
    /// A file that has had no document has no such table.
    fn look<T: Default>(
        &self,
        look: impl FnOnce(&ReadOnlyTable<Bytes, Bytes>) -> Result<T, LedgerError>,
    ) -> Result<T, LedgerError> {
        let run = || {
            let begin = self.database.begin_read();
            let transaction = begin.map_err(|error| failed("the file cannot be read", error))?;
            match transaction.open_table(DOCUMENTS) {
                Ok(table) => look(&table),
                Err(TableError::TableDoesNotExist(_)) => Ok(T::default()),
                Err(error) => Err(failed("a table cannot be opened", error)),
            }
        };
        caught(run).map_err(|error| self.explain(error))
    }

    /// What `of` makes of each document of a kind.
    fn each<T>(&self, kind: &str, of: impl Fn(Document) -> T) -> Result<Vec<T>, LedgerError> {
        self.look(|table| {
            let (from, until) = ([kind.as_bytes(), &[0]].concat(), [kind.as_bytes(), &[1]].concat());
            let mut found = Vec::new();
            for row in rows(table, &from, &until)? {
                let (name, row) = row?;
                let key = name.get(from.len()..).and_then(|key| std::str::from_utf8(key).ok());
                let key = key.ok_or_else(|| missing("documents", "a key is not UTF-8"))?;
                found.push(of(read(key, &row)?));
            }
            Ok(found)
        })
    }
}

impl Documents for RedbLedger {
    fn document(&self, kind: &str, key: &str) -> Result<Option<Document>, LedgerError> {
        self.look(|table| get(table, &place(kind, key))?.map(|row| read(key, &row)).transpose())
    }

    fn documents(&self, kind: &str) -> Result<Vec<Document>, LedgerError> {
        self.each(kind, |document| document)
    }

    fn versions(&self, kind: &str) -> Result<Vec<(String, u64)>, LedgerError> {
        self.each(kind, |document| (document.key, document.version))
    }

    fn change(&self, changes: &[Change]) -> Result<bool, LedgerError> {
        changes.iter().try_for_each(Change::check)?;
        let run = || {
            let transaction = self.begin()?;
            let mut table =
                transaction.open_table(DOCUMENTS).map_err(|error| failed("a table cannot be opened", error))?;
            for change in changes {
                let place = place(&change.kind, &change.key);
                let found = get(&table, &place)?.map(|row| read(&change.key, &row)).transpose()?;
                if found.map_or(0, |document| document.version) != change.expected {
                    // The transaction ends without a commit.
                    return Ok(false);
                }
                match &change.to {
                    Becomes::Body(body) => {
                        let version = (change.expected + 1).to_be_bytes();
                        put(&mut table, &place, &[&version, body.as_slice()].concat())?;
                    }
                    Becomes::Gone => take(&mut table, &place)?,
                    Becomes::Same => {}
                }
            }
            drop(table);
            commit(transaction)?;
            Ok(true)
        };
        caught(run).map_err(|error| self.explain(error))
    }
}
