//! Documents beside the ledger.

use deadpool_postgres::Transaction;
use tokio_postgres::Row;

use super::failure::{Failure, repeated};
use super::row::{undecodable, value};
use super::{Inner, PostgresLedger};
use crate::ledger::documents::{Becomes, Change, Document, Documents};
use crate::ledger::error::LedgerError;
use crate::ledger::parked::Parked;

fn version(row: &Row, at: usize) -> Result<u64, Failure> {
    let version: i64 = value(row, at, "the version of a document")?;
    u64::try_from(version).map_err(|error| undecodable("the version of a document", &error))
}

fn document(row: &Row) -> Result<Document, Failure> {
    let key: &str = value(row, 0, "the key of a document")?;
    Ok(Document::new(key, version(row, 1)?, value::<&[u8]>(row, 2, "a document")?))
}

impl PostgresLedger {
    /// As [`Documents::document`].
    ///
    /// # Errors
    /// As [`Documents::document`].
    pub async fn document(&self, kind: &str, key: &str) -> Result<Option<Document>, LedgerError> {
        repeated(|| async {
            let rows = self.0.rows("reading a document", &self.0.statements.document, &[&kind, &key]).await?;
            rows.first().map(document).transpose()
        })
        .await
    }

    /// As [`Documents::documents`].
    ///
    /// # Errors
    /// As [`Documents::documents`].
    pub async fn documents(&self, kind: &str) -> Result<Vec<Document>, LedgerError> {
        repeated(|| async {
            let rows = self.0.rows("reading documents", &self.0.statements.documents, &[&kind]).await?;
            rows.iter().map(document).collect()
        })
        .await
    }

    /// As [`Documents::versions`].
    ///
    /// # Errors
    /// As [`Documents::versions`].
    pub async fn versions(&self, kind: &str) -> Result<Vec<(String, u64)>, LedgerError> {
        repeated(|| async {
            let rows = self.0.rows("reading versions", &self.0.statements.document_versions, &[&kind]).await?;
            rows.iter().map(|row| Ok((value(row, 0, "the key of a document")?, version(row, 1)?))).collect()
        })
        .await
    }

    /// As [`Documents::change`]. An error of the connection at the end of the step leaves open whether it was made.
    ///
    /// # Errors
    /// As [`Documents::change`].
    pub async fn change(&self, changes: &[Change]) -> Result<bool, LedgerError> {
        changes.iter().try_for_each(Change::check)?;
        // Steps that meet wait for each other, and not in a circle.
        let mut in_order: Vec<&Change> = changes.iter().collect();
        in_order.sort_by_key(|change| (&change.kind, &change.key));
        repeated(|| self.0.try_change(&in_order)).await
    }
}

impl Inner {
    async fn try_change(&self, changes: &[&Change]) -> Result<bool, Failure> {
        let what = "changing documents";
        let mut session = self.sessions.get().await?;
        let mut is_committing = false;
        let run = async {
            let transaction = session.transaction().await?;
            for change in changes {
                if !self.is_made(&transaction, change).await? {
                    transaction.rollback().await?;
                    return Ok(false);
                }
            }
            is_committing = true;
            transaction.commit().await?;
            Ok(true)
        };
        let outcome = tokio::time::timeout(self.sessions.statement_limit(), run).await;
        let changed = self.sessions.judge(what, session, outcome);
        // Once more, it would find the versions that it has made itself.
        changed.map_err(|failure| if is_committing { failure.error.into() } else { failure })
    }

    async fn is_made(&self, transaction: &Transaction<'_>, change: &Change) -> Result<bool, tokio_postgres::Error> {
        let Change { kind, key, expected, to } = change;
        // No document has been changed so often.
        let expected = i64::try_from(*expected).unwrap_or(i64::MAX);
        let statements = &self.statements;
        let count = match to {
            Becomes::Body(body) if expected == 0 => {
                let insert = transaction.prepare_cached(&statements.insert_document).await?;
                transaction.execute(&insert, &[kind, key, body]).await?
            }
            Becomes::Body(body) => {
                let replace = transaction.prepare_cached(&statements.replace_document).await?;
                transaction.execute(&replace, &[kind, key, &expected, body]).await?
            }
            Becomes::Gone if expected > 0 => {
                let remove = transaction.prepare_cached(&statements.remove_document).await?;
                transaction.execute(&remove, &[kind, key, &expected]).await?
            }
            // What is not there is gone.
            Becomes::Gone | Becomes::Same => {
                let expect = transaction.prepare_cached(&statements.expect_document).await?;
                let found = transaction.query_opt(&expect, &[kind, key]).await?;
                let version: i64 = found.map(|row| row.try_get(0)).transpose()?.unwrap_or_default();
                u64::from(version == expected)
            }
        };
        Ok(count == 1)
    }
}

impl Documents for Parked<PostgresLedger> {
    fn document(&self, kind: &str, key: &str) -> Result<Option<Document>, LedgerError> {
        let (kind, key) = (kind.to_owned(), key.to_owned());
        self.call(|ledger| async move { ledger.document(&kind, &key).await })
    }

    fn documents(&self, kind: &str) -> Result<Vec<Document>, LedgerError> {
        let kind = kind.to_owned();
        self.call(|ledger| async move { ledger.documents(&kind).await })
    }

    fn versions(&self, kind: &str) -> Result<Vec<(String, u64)>, LedgerError> {
        let kind = kind.to_owned();
        self.call(|ledger| async move { ledger.versions(&kind).await })
    }

    fn change(&self, changes: &[Change]) -> Result<bool, LedgerError> {
        let changes = changes.to_vec();
        self.call(|ledger| async move { ledger.change(&changes).await })
    }
}
