//! The two ends of an offline ceremony: a prepared file, and the signature that comes back for it.

use std::sync::Arc;

use super::attempt::Claimed;
use super::offline_issuer::OfflineIssuer;
#[cfg(doc)]
use super::offline_issuer::OfflineIssuerBuilder;
use super::prepare::Preparation;
use super::prepared::Prepared;
use super::prepared_file::{PreparedFile, sha256_hex};
use crate::error::Error;
use crate::idempotency::Held;
use crate::issued::IssuedCertificate;
use crate::request::issue_certificate::IssueCertificateRequest;

impl OfflineIssuer {
    /// Prepares a certificate for a key on another machine. An idempotency token has no part in it.
    ///
    /// # Errors
    /// As [`OfflineIssuer::prepare`].
    pub fn prepare_file(&self, request: &IssueCertificateRequest) -> Result<PreparedFile, Error> {
        let preparation = self.core.preparation()?;
        let Preparation { now, serial, .. } = preparation;
        let prepared = self.core.in_turn(preparation.prepare(request)?);
        let partition = prepared.crl_partition();
        let plan_text = prepared.plan().to_string().trim_end().to_owned();
        let tbs = prepared.tbs_der().to_vec();
        Ok(PreparedFile { request: request.clone(), now, serial, partition, tbs, plan_text, finished: None })
    }

    /// Finishes a preparation with the signature that was made elsewhere, over [`PreparedFile::tbs_der`], as it stands in a BIT STRING:
    /// DER for ECDSA and SM2, raw bytes for the others. Everything is checked as in [`OfflineIssuer::resume`], and the signature is verified.
    ///
    /// A file makes one certificate: as long as the issuer's [store of idempotency tokens](OfflineIssuerBuilder::idempotency) keeps the
    /// first, every further call with the same bytes gives that one, whatever signature comes. See [`PreparedFile`] on what this
    /// cannot stop.
    ///
    /// # Errors
    /// As [`OfflineIssuer::resume`], and [`Error::Signature`], [`Error::Unverifiable`], [`Error::Store`] and [`Error::TooManyTokens`].
    pub fn finish_file(&self, file: &PreparedFile, signature: &[u8]) -> Result<Arc<IssuedCertificate>, Error> {
        file.check_unfinished()?;
        match self.claim_file(file)? {
            FileClaim::Finished(certificate) => Ok(certificate),
            FileClaim::Held(held) => {
                let certificate = Arc::new(self.take_up(file)?.finish(signature, self.core.verifier())?);
                self.core.complete(held, &certificate)?;
                Ok(certificate)
            }
        }
    }

    /// Takes a preparation up again, to be looked at, or finished by other means than [`OfflineIssuer::finish_file`]. Everything is checked
    /// once more: the request for the time at which it was prepared; the state of the authority and its ceilings of validity
    /// (R-CA-1, R-VAL-3 to R-VAL-5) for the present time as well. Time, serial number and partition of the CRL are the file's: whoever can
    /// change the file before it is signed chooses them.
    ///
    /// # Errors
    /// As [`OfflineIssuer::prepare`]; [`Error::PreparationChanged`] when other bytes come out than the file has;
    /// [`Error::PreparationFinished`] when the file is marked as finished, or the issuer's store has its certificate.
    pub fn resume(&self, file: &PreparedFile) -> Result<Prepared, Error> {
        file.check_unfinished()?;
        match self.claim_file(file)? {
            FileClaim::Finished(certificate) => {
                Err(Error::PreparationFinished { certificate_sha256: sha256_hex(certificate.der()) })
            }
            // The claim ends here: this only asks.
            FileClaim::Held(_) => self.take_up(file),
        }
    }

    fn take_up(&self, file: &PreparedFile) -> Result<Prepared, Error> {
        let preparation = self.core.preparation_at(file.now, file.serial, file.partition);
        let prepared = preparation.prepare(&file.request)?;
        if prepared.tbs_der() != file.tbs {
            return Err(Error::PreparationChanged);
        }
        Preparation { now: self.core.now(), ..preparation }.check_standing(&file.request, &prepared)?;
        Ok(prepared)
    }

    /// Claims the bytes of a file in the store, and waits while another caller has them, which is as long as a signature takes to verify.
    fn claim_file(&self, file: &PreparedFile) -> Result<FileClaim<'_>, Error> {
        loop {
            match self.core.claim(self.core.keys().of_prepared(&file.tbs), self.core.now())? {
                Claimed::Issued(certificate) => return Ok(FileClaim::Finished(certificate)),
                Claimed::Held(held) => return Ok(FileClaim::Held(held)),
                Claimed::Busy(key) => self.core.freed(&key).block(),
            }
        }
    }
}

/// What the store says to a file.
enum FileClaim<'i> {
    /// Its certificate was made before.
    Finished(Arc<IssuedCertificate>),
    /// Nobody else finishes it meanwhile.
    Held(Held<'i>),
}
