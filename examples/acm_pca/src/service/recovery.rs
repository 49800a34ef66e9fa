//! What a process that died has left behind.

use super::Service;
use crate::store::{Making, Record};

/// How long the key of an authority is left to another process to make: an RSA key may take minutes.
const MAKING_SECONDS: i64 = 600;

impl Service {
    /// Finishes what was in flight, and begins again to make the keys of authorities that are CREATING. What it finds is for
    /// who runs the service.
    ///
    /// # Errors
    /// When the store or the ledger fails.
    pub(crate) fn recover(&self) -> Result<(), String> {
        for record in self.store.records().map_err(|error| error.to_string())? {
            match &record.making {
                Making::Creating if self.is_left(&record) => drop(self.begin_to_make(&record)),
                Making::Creating => {}
                Making::Failed(_) => {}
                Making::Made(made) => {
                    let recovery = made.issuer.recover().map_err(|error| format!("{}: {error}", record.arn))?;
                    for certificate in &recovery.issued {
                        eprintln!("acm_pca: {} was in flight and is issued", certificate.arn());
                    }
                    for (arn, reason) in &recovery.abandoned {
                        eprintln!("acm_pca: {arn} was in flight and is given up: {reason}");
                    }
                    for (arn, error) in &recovery.failed {
                        eprintln!("acm_pca: {arn} is still in flight: {error}");
                    }
                }
            }
        }
        Ok(())
    }

    /// Whether nobody is making its key.
    fn is_left(&self, record: &Record) -> bool {
        !self.options.storage.is_shared() || self.clock.now().unix() - record.created_at.unix() > MAKING_SECONDS
    }
}
