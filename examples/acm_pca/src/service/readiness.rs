//! Whether the service can do what it is asked for: its store answers, and so do the signers that did not when they were asked last.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use issuance::CertificateAuthorityArn;

use super::Service;
use crate::store::Making;

/// What a signer is asked to sign to see whether it answers.
const PROBE: &[u8] = b"a message, not a TBSCertificate";

/// The authorities whose signer failed when it was asked last.
#[derive(Default)]
pub(crate) struct Away(Mutex<HashSet<CertificateAuthorityArn>>);

impl Away {
    fn lock(&self) -> MutexGuard<'_, HashSet<CertificateAuthorityArn>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn add(&self, arn: &CertificateAuthorityArn) {
        self.lock().insert(arn.clone());
    }
}

impl Service {
    /// Asks the store, and each signer that failed. Who may ask is anybody, so that the error does not say more than what is away;
    /// the log does.
    pub(crate) fn ready(&self) -> Result<(), &'static str> {
        self.store.ready().map_err(|problem| {
            self.entry().remark(format!("the store does not answer: {problem}"));
            "the store does not answer"
        })?;
        let away: Vec<_> = self.away.lock().iter().cloned().collect();
        for arn in away {
            if let Err(problem) = self.signer_answers(&arn) {
                self.entry().authority = Some(arn.to_string());
                self.entry().remark(format!("the signer does not answer: {problem}"));
                return Err("a signer does not answer");
            }
            self.away.lock().remove(&arn);
        }
        Ok(())
    }

    /// An authority that is gone needs no signer.
    fn signer_answers(&self, arn: &CertificateAuthorityArn) -> Result<(), String> {
        let Some(record) = self.store.record(arn).map_err(|error| error.to_string())? else { return Ok(()) };
        let Making::Made(made) = &record.making else { return Ok(()) };
        let algorithm = record.request.certificate_authority_configuration.signing_algorithm;
        made.kept.key.sign(algorithm, PROBE).map(drop).map_err(|error| error.to_string())
    }
}
