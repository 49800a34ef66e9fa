//! What a request would give, without a certificate.

use issuance::api::Fault;
use issuance::{Error, IssueCertificateRequest};

use super::{Service, csr_form};
use crate::plan::KeptPlan;
use crate::store::Making;

/// Why a request would not be answered with a certificate.
pub(crate) enum Refused {
    /// By the library, which knows rule and place.
    Error(Box<Error>),
    /// By the service itself.
    Fault(Fault),
}

impl From<Error> for Refused {
    fn from(error: Error) -> Refused {
        Refused::Error(Box::new(error))
    }
}

impl Service {
    /// Prepares a certificate as [`Service::issue`] does, and neither signs nor keeps it.
    pub(crate) fn dry_run(&self, request: &IssueCertificateRequest) -> Result<KeptPlan, Refused> {
        let lent = self.admit(request).map_err(Refused::Fault)?;
        csr_form::check(request.csr(), self.options.lenient).map_err(Refused::Fault)?;
        let arn = request.certificate_authority_arn();
        let record = self.record_seen(arn).ok_or_else(|| Error::NotThisAuthority(arn.clone()))?;
        match &record.making {
            Making::Made(made) if record.restorable_until.is_none() => {
                Ok(KeptPlan::of(lent.as_ref().unwrap_or(self).issuer_for_caller(made).prepare(request)?.plan()))
            }
            _ => Err(Error::AuthorityState { arn: arn.clone(), status: record.status(self.clock.now()) }.into()),
        }
    }
}
