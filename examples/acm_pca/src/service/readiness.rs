//! Whether the service can do what it is asked for: its store answers, and so do the signers that did not when they were asked last.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use issuance::CertificateAuthorityArn;

use super::Service;
use crate::log::with_causes;
use crate::store::Making;

/// What a signer is asked to sign to see whether it answers.
const PROBE: &[u8] = b"a message, not a TBSCertificate";

const NO_SIGNER: &str = "a signer does not answer";

/// The authorities whose signer failed when it was asked last.
#[derive(Default)]
pub(crate) struct Away {
    authorities: Mutex<HashSet<CertificateAuthorityArn>>,
    /// Held while signers are asked, which may take as long as they like.
    asking: Mutex<()>,
}

impl Away {
    fn lock(&self) -> MutexGuard<'_, HashSet<CertificateAuthorityArn>> {
        self.authorities.lock().unwrap_or_else(PoisonError::into_inner)
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
        if away.is_empty() {
            return Ok(());
        }
        // One asks at a time, so that a signer that hangs holds one thread.
        let Ok(_asking) = self.away.asking.try_lock() else { return Err(NO_SIGNER) };
        for arn in away {
            if let Err(problem) = self.signer_answers(&arn) {
                self.entry().authority = Some(arn.to_string());
                self.entry().remark(format!("the signer does not answer: {problem}"));
                return Err(NO_SIGNER);
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
        made.kept.key.sign(algorithm, PROBE).map(drop).map_err(|error| with_causes(&error))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    use issuance::api::{Format, Operation};
    use issuance::crypto::{SignError, Signature};
    use issuance::issue::SystemClock;
    use issuance::{Signer, SigningAlgorithm};
    use serde_json::json;

    use super::*;
    use crate::memory::MemoryStore;
    use crate::options::Options;
    use crate::store::{Kept, Made};

    /// A signer that is away until it is back.
    struct Remote(Arc<dyn Signer>, Arc<AtomicBool>);

    impl Signer for Remote {
        fn public_key_der(&self) -> &[u8] {
            self.0.public_key_der()
        }

        fn signing_algorithms(&self) -> &[SigningAlgorithm] {
            self.0.signing_algorithms()
        }

        fn sign(&self, algorithm: SigningAlgorithm, message: &[u8]) -> Result<Signature, SignError> {
            match self.1.load(Ordering::Relaxed) {
                true => self.0.sign(algorithm, message),
                false => Err(SignError::backend("the token was taken out")),
            }
        }
    }

    #[test]
    fn a_signer_that_failed_is_asked_until_it_answers() {
        let store = Box::new(MemoryStore::default());
        let service = Service::new(store, Arc::new(SystemClock), Options::default(), std::env::temp_dir());
        let request = json!({
            "CertificateAuthorityType": "ROOT",
            "CertificateAuthorityConfiguration": {
                "KeyAlgorithm": "EC_prime256v1", "SigningAlgorithm": "SHA256WITHECDSA", "Subject": { "CommonName": "Root" },
            },
        });
        let create = Operation::CreateCertificateAuthority;
        service.serve(create, Format::Json, request.to_string().as_bytes()).unwrap();
        let arn = service.all_records()[0].arn.clone();
        let is_back = Arc::new(AtomicBool::new(false));
        let changed = service.store.change(&arn, &mut |record| {
            let Making::Made(made) = &record.making else { panic!("it has no key") };
            let key: Arc<dyn Signer> = Arc::new(Remote(Arc::clone(&made.kept.key), Arc::clone(&is_back)));
            record.making = Making::Made(Arc::new(Made {
                authority: made.authority.clone(),
                published: made.published.clone(),
                kept: Kept { key, ..made.kept.clone() },
                issuer: made.issuer.clone(),
                chain: Arc::clone(&made.chain),
            }));
            Ok(())
        });
        assert!(matches!(changed, Ok(Some(Ok(())))));

        // Nobody has missed it yet.
        assert_eq!(service.ready(), Ok(()));
        service.away.add(&arn);
        assert_eq!(service.ready(), Err(NO_SIGNER));
        assert!(service.remarks_about(&arn).contains("the token was taken out"));
        {
            let _another = service.away.asking.lock().unwrap();
            is_back.store(true, Ordering::Relaxed);
            assert_eq!(service.ready(), Err(NO_SIGNER));
        }
        assert_eq!(service.ready(), Ok(()));
        assert!(service.away.lock().is_empty());
        // One that is gone is not missed.
        service.away.add(&arn);
        service.store.remove(&arn).unwrap();
        is_back.store(false, Ordering::Relaxed);
        assert_eq!(service.ready(), Ok(()));
    }

    impl Service {
        /// What the log would say so far.
        fn remarks_about(&self, arn: &CertificateAuthorityArn) -> String {
            let entry = self.entry();
            assert_eq!(entry.authority.as_deref(), Some(arn.as_str()));
            entry.remarks.join("; ")
        }
    }
}
