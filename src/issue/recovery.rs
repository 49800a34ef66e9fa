//! What a restart finds in flight: taken up and signed, or abandoned (R-LED-2).

use std::slice;
use std::sync::Arc;

use super::async_issuer::{AsyncIssuer, AsyncIssuerBuilder};
use super::core::Core;
use super::course::{Course, Settle, only};
use super::issuer::{Issuer, IssuerBuilder};
use crate::error::Error;
use crate::issued::IssuedCertificate;
use crate::ledger::answer::{Abandon, Ended};
use crate::ledger::intent::Intent;
use crate::request::arn::CertificateArn;

/// How many intents are taken up at a time.
const PAGE: usize = 64;

/// Why an intent is abandoned that nobody can ask for.
const WITHOUT_TOKEN: &str = "it was found in flight without an idempotency token, so nobody can ask for it again";

/// What became of the intents that were in flight and that nobody had.
///
/// ```
/// # use issuance::{Error, Issuer};
/// # fn run(issuer: &Issuer) -> Result<(), Error> {
/// let recovery = issuer.recover()?;
/// for (arn, reason) in &recovery.abandoned {
///     eprintln!("{arn} was given up: {reason}");
/// }
/// for (arn, error) in &recovery.failed {
///     eprintln!("{arn} is still in flight: {error}");
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Recovery {
    /// Certificates that were signed now, over the recorded bytes, or that another caller has finished meanwhile. A retry under its token
    /// gets each.
    pub issued: Vec<Arc<IssuedCertificate>>,
    /// What was given up, and why. The signer may have been asked for it before, so it counts as issued for revocation.
    pub abandoned: Vec<(CertificateArn, String)>,
    /// What could not be signed, because the signer failed, say. It stays in flight, for a retry or another recovery.
    pub failed: Vec<(CertificateArn, Error)>,
}

impl Recovery {
    /// Whether nothing was in flight.
    pub fn is_empty(&self) -> bool {
        self.issued.is_empty() && self.abandoned.is_empty() && self.failed.is_empty()
    }

    fn note_abandoned(&mut self, abandon: &Abandon, ended: Ended) {
        match ended {
            Ended::Issued(certificate) => self.issued.push(certificate),
            Ended::Abandoned(abandonment) => self.abandoned.push((abandon.intent.id().clone(), abandonment.reason)),
            // Somebody has pruned it.
            Ended::Unknown => {}
        }
    }

    fn note(&mut self, arn: CertificateArn, outcome: Result<Arc<IssuedCertificate>, Error>) {
        match outcome {
            Ok(certificate) => self.issued.push(certificate),
            // Somebody else has given it up while it was signed here: the first end counts.
            Err(Error::Abandoned { reason }) => self.abandoned.push((arn, reason)),
            Err(error) => self.failed.push((arn, error)),
        }
    }
}

/// What is to be done with an intent that was found in flight.
fn judge(core: &Core, course: &mut Course, intent: Intent) -> Settle {
    if intent.token().is_some() {
        course.take_up(core, intent)
    } else {
        Settle::Abandon(Abandon::new(intent, WITHOUT_TOKEN, true))
    }
}

impl Issuer {
    /// Finishes what is in flight in the ledger and what nobody has: to be called after a restart, and now and then where other machines
    /// share the ledger.
    ///
    /// The recorded bytes of each intent are judged by the authority as it is now. With an idempotency token they are signed and committed, if
    /// the authority is active, has the same key and certificate, and the certificate has not ended; else they are abandoned. Without
    /// a token they are abandoned. Intents of prepared files are left alone.
    ///
    /// # Errors
    /// [`Error::Ledger`] if the ledger fails. What was not finished by then stays in flight.
    pub fn recover(&self) -> Result<Recovery, Error> {
        let (driver, mut recovery) = (self.driver(), Recovery::default());
        let ledger = driver.ledger()?;
        let mut found = Vec::new();
        // All of them first: what the signer fails to sign is free again.
        loop {
            let taken = ledger.take_up(driver.core.authority.arn(), driver.core.clock.now(), PAGE)?;
            let is_last = taken.len() < PAGE;
            found.extend(taken);
            if is_last {
                break;
            }
        }
        for intent in found {
            let (mut course, arn) = (Course::default(), intent.id().clone());
            match judge(driver.core, &mut course, intent) {
                Settle::Abandon(abandon) => {
                    let ended = ledger.abandon(slice::from_ref(&abandon), driver.core.clock.now());
                    recovery.note_abandoned(&abandon, only(ended)?);
                }
                settle => recovery.note(arn, self.settle(&mut course, settle)),
            }
        }
        Ok(recovery)
    }
}

impl IssuerBuilder {
    /// The issuer, and what it [recovered](Issuer::recover) before its first certificate.
    ///
    /// # Errors
    /// As [`IssuerBuilder::build`] and [`Issuer::recover`].
    pub fn build_and_recover(self) -> Result<(Issuer, Recovery), Error> {
        let issuer = self.build()?;
        let recovery = issuer.recover()?;
        Ok((issuer, recovery))
    }
}

impl AsyncIssuer {
    /// As [`Issuer::recover`].
    ///
    /// # Errors
    /// As [`Issuer::recover`].
    pub async fn recover(&self) -> Result<Recovery, Error> {
        let mut recovery = Recovery::default();
        let (ledger, core) = (self.ledger()?, self.core());
        let mut found = Vec::new();
        loop {
            let taken = ledger.take_up(core.authority.arn(), core.clock.now(), PAGE).await?;
            let is_last = taken.len() < PAGE;
            found.extend(taken);
            if is_last {
                break;
            }
        }
        for intent in found {
            let (mut course, arn) = (Course::default(), intent.id().clone());
            match judge(core, &mut course, intent) {
                Settle::Abandon(abandon) => {
                    let ended = ledger.abandon(slice::from_ref(&abandon), core.clock.now()).await;
                    recovery.note_abandoned(&abandon, only(ended)?);
                }
                settle => recovery.note(arn, self.settle(&mut course, settle).await),
            }
        }
        Ok(recovery)
    }
}

impl AsyncIssuerBuilder {
    /// The issuer, and what it [recovered](AsyncIssuer::recover) before its first certificate.
    ///
    /// # Errors
    /// As [`AsyncIssuerBuilder::build`] and [`AsyncIssuer::recover`].
    pub async fn build_and_recover(self) -> Result<(AsyncIssuer, Recovery), Error> {
        let issuer = self.build()?;
        let recovery = issuer.recover().await?;
        Ok((issuer, recovery))
    }
}
