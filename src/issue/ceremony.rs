//! The two ends of an offline ceremony: a prepared file, and the signature that comes back for it.

use std::slice;
use std::sync::Arc;

use super::course::{Course, MAX_DRAWS, Outcome, Settle, Step, all_taken, only};
use super::driver::Driver;
use super::offline_issuer::OfflineIssuer;
#[cfg(doc)]
use super::offline_issuer::OfflineIssuerBuilder;
use super::places::{Next, Place};
use super::prepare::Preparation;
use super::prepared::Prepared;
use super::prepared_file::{PreparedFile, sha256_hex};
use crate::crypto::signer::Signature;
use crate::error::Error;
use crate::issued::IssuedCertificate;
use crate::ledger::answer::{Abandon, Ended};
use crate::ledger::blocking::Keeps;
use crate::ledger::error::LedgerError;
use crate::ledger::intent::{Intent, Token};
use crate::ledger::record::{Record, State};
use crate::request::issue_certificate::IssueCertificateRequest;
use crate::x509::timestamp::Timestamp;

impl OfflineIssuer {
    /// Prepares a certificate for a key on another machine. An idempotency token has no part in it.
    ///
    /// A [ledger](OfflineIssuerBuilder::ledger) that keeps everything has its intent from now on: the file ends with it, by
    /// [`OfflineIssuer::finish_file`] or [`OfflineIssuer::abandon_file`].
    ///
    /// # Errors
    /// As [`OfflineIssuer::prepare`], and [`Error::Ledger`] and [`Error::LedgerFull`].
    pub fn prepare_file(&self, request: &IssueCertificateRequest) -> Result<PreparedFile, Error> {
        for _ in 0..MAX_DRAWS {
            let place = self.next_place()?;
            let preparation = self.core.preparation(place.as_ref())?;
            let Preparation { now, serial, .. } = preparation;
            let prepared = preparation.prepare(request)?;
            let (plan_text, tbs) = (prepared.plan().to_string().trim_end().to_owned(), prepared.tbs_der().to_vec());
            let partition = prepared.crl_partition();
            if !self.records_everything() || self.is_recorded(self.intent_of(prepared, now), place)? {
                self.core.note_turn(partition);
                let request = request.clone();
                return Ok(PreparedFile { request, now, serial, partition, tbs, plan_text, finished: None });
            }
        }
        Err(all_taken())
    }

    /// Where the certificate will be listed, if that is counted.
    fn next_place(&self) -> Result<Option<Place>, Error> {
        match self.core.next_place() {
            None => Ok(None),
            Some(Next::Place(place)) => Ok(Some(place)),
            Some(Next::Order(order)) => {
                let first = self.driver().take_places(&order)?;
                Ok(Some(order.given(first)?))
            }
        }
    }

    /// Records the intent of a new file, whose lease nobody needs until its signature comes; not if its serial number is taken.
    fn is_recorded(&self, intent: Intent, place: Option<Place>) -> Result<bool, Error> {
        let driver = self.driver();
        let mut course = Course::of_file(&self.core, intent.clone(), place);
        let reserved = only(driver.reserve(slice::from_ref(&intent)));
        match course.reserved(&self.core, reserved) {
            Step::Settle(Settle::Sign) => {
                driver.ledger()?.free(slice::from_ref(&intent), self.core.now())?;
                Ok(true)
            }
            Step::Again => Ok(false),
            step => Err(course.refusal(step)),
        }
    }

    /// Finishes a preparation with the signature that was made elsewhere, over [`PreparedFile::tbs_der`], as it stands in a BIT STRING:
    /// DER for ECDSA and SM2, raw bytes for the others. Everything is checked as in [`OfflineIssuer::resume`], and the signature is verified.
    ///
    /// A file makes one certificate: as long as the issuer's [ledger](OfflineIssuerBuilder::ledger) keeps the
    /// first, every further call with the same bytes gives that one, whatever signature comes. See [`PreparedFile`] on what this
    /// cannot stop.
    ///
    /// # Errors
    /// As [`OfflineIssuer::resume`], and [`Error::Signature`], [`Error::Unverifiable`], [`Error::Ledger`], [`Error::LedgerFull`] and
    /// [`Error::Abandoned`].
    pub fn finish_file(&self, file: &PreparedFile, signature: &[u8]) -> Result<Arc<IssuedCertificate>, Error> {
        file.check_unfinished()?;
        if let Some(certificate) = self.finished(file)? {
            return Ok(certificate);
        }
        let prepared = self.take_up(file)?;
        let driver = self.driver();
        if driver.ledger.is_none() {
            return Ok(Arc::new(prepared.finish(signature, self.core.verifier())?));
        }
        self.settle(driver, self.intent_of(prepared, file.now), signature)
    }

    fn settle(&self, driver: Driver<'_>, intent: Intent, signature: &[u8]) -> Outcome {
        let reserved = only(driver.reserve(slice::from_ref(&intent)));
        let mut course = Course::of_file(&self.core, intent, None);
        match course.reserved(&self.core, reserved) {
            Step::Settle(settle) => driver.settle(&mut course, settle, |_, _| Ok(Signature::new(signature.to_vec()))),
            // Its serial number belongs to another certificate.
            step => Err(course.refusal(step)),
        }
    }

    /// Gives a file up: it can never be finished with this ledger. Says what became of it, which may be a certificate, if it was finished
    /// before.
    ///
    /// # Errors
    /// [`Error::Ledger`] if the issuer's ledger fails, or does not have the file.
    pub fn abandon_file(&self, file: &PreparedFile, reason: &str) -> Result<Option<Arc<IssuedCertificate>>, Error> {
        let ledger = self.driver().ledger()?;
        let Some(record) = self.recorded(file)? else {
            return Err(LedgerError::new("it does not have the prepared file").into());
        };
        let abandon = Abandon::new(record.intent, reason, true);
        match only(ledger.abandon(slice::from_ref(&abandon), self.core.clock.now()))? {
            Ended::Issued(certificate) => Ok(Some(certificate)),
            _ => Ok(None),
        }
    }

    /// Takes a preparation up again, to be looked at, or finished by other means than [`OfflineIssuer::finish_file`]. Everything is checked
    /// once more: the request for the time at which it was prepared; the state of the authority and its ceilings of validity
    /// (R-CA-1, R-VAL-3 to R-VAL-5) for the present time as well. Time, serial number and partition of the CRL are the file's: whoever can
    /// change the file before it is signed chooses them.
    ///
    /// # Errors
    /// As [`OfflineIssuer::prepare`]; [`Error::PreparationChanged`] when other bytes come out than the file has;
    /// [`Error::PreparationFinished`] when the file is marked as finished, or the issuer's ledger has its certificate;
    /// [`Error::Abandoned`] when it was given up.
    pub fn resume(&self, file: &PreparedFile) -> Result<Prepared, Error> {
        file.check_unfinished()?;
        match self.finished(file)? {
            Some(certificate) => Err(Error::PreparationFinished { certificate_sha256: sha256_hex(certificate.der()) }),
            None => self.take_up(file),
        }
    }

    fn take_up(&self, file: &PreparedFile) -> Result<Prepared, Error> {
        let preparation = self.core.preparation_at(file.now, file.serial, file.partition);
        let prepared = preparation.prepare(&file.request)?;
        if prepared.tbs_der() != file.tbs {
            return Err(Error::PreparationChanged);
        }
        let is_self_signed = prepared.unsigned.authority.chain.is_empty();
        Preparation { now: self.core.now(), ..preparation }.check_standing(is_self_signed, prepared.plan())?;
        Ok(prepared)
    }

    fn driver(&self) -> Driver<'_> {
        Driver { core: &self.core, ledger: self.ledger.as_deref() }
    }

    fn records_everything(&self) -> bool {
        self.core.ledger.is_some_and(|ledger| ledger.keeps == Keeps::Everything)
    }

    fn intent_of(&self, prepared: Prepared, now: Timestamp) -> Intent {
        let (key, fingerprint) = self.core.keys().of_prepared(prepared.tbs_der());
        let token = Some(Token::new(key, fingerprint));
        Intent::new(prepared.unsigned, now, token, self.core.caller.clone(), true)
    }

    /// What the ledger has of a file.
    fn recorded(&self, file: &PreparedFile) -> Result<Option<Record>, Error> {
        let driver = self.driver();
        let Some(ledger) = driver.ledger else { return Ok(None) };
        let of_token = driver.find(&self.core.keys().of_prepared(&file.tbs).0)?;
        if of_token.is_some() || !self.records_everything() {
            return Ok(of_token);
        }
        let of_serial = ledger.by_serial(self.core.authority.arn(), file.serial)?;
        Ok(of_serial.filter(|record| record.intent.tbs_der() == file.tbs))
    }

    /// The certificate that a file made before.
    fn finished(&self, file: &PreparedFile) -> Result<Option<Arc<IssuedCertificate>>, Error> {
        match self.recorded(file)?.map(|record| record.state) {
            Some(State::Issued { certificate, .. }) => Ok(Some(certificate)),
            Some(State::Abandoned(abandonment)) => Err(Error::Abandoned { reason: abandonment.reason }),
            _ => Ok(None),
        }
    }
}
