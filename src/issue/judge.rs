//! The service's own judge of certificates (R-POL-5).

use std::fmt;
use std::sync::Arc;

use crate::plan::certificate_plan::CertificatePlan;
use crate::policy::refusal::PolicyRefusal;

/// Judges finished certificates beside the policies, and can only refuse.
///
/// It is asked last, once everything else has passed, and has no way to change what would be signed. Its answer should depend on
/// the certificate alone: a prepared file is prepared again, and what the ledger recorded before a restart is judged again.
///
/// ```
/// use issuance::issue::Judge;
/// use issuance::policy::{PolicyRefusal, PolicyViolation};
/// use issuance::{CertificatePlan, IssuanceOptions};
///
/// struct NoWeekends;
///
/// impl Judge for NoWeekends {
///     fn judge(&self, plan: &CertificatePlan, _tbs_der: &[u8]) -> Result<(), PolicyRefusal> {
///         match (plan.not_after().unix() / 86_400 + 4) % 7 {
///             0 | 6 => {
///                 let end = plan.not_after().to_string();
///                 Err(PolicyViolation::new("no_weekends", "validity.notAfter", end, "a day from Monday to Friday").into())
///             }
///             _ => Ok(()),
///         }
///     }
/// }
///
/// let options = IssuanceOptions::default().judge(NoWeekends);
/// # let _ = options;
/// ```
pub trait Judge: Send + Sync {
    /// Judges the certificate that would be signed: `tbs_der` are its finished bytes, which the plan describes.
    ///
    /// # Errors
    /// What is wrong with it. The certificate is refused with `AccessDeniedException`.
    fn judge(&self, plan: &CertificatePlan, tbs_der: &[u8]) -> Result<(), PolicyRefusal>;
}

/// The judges of an issuer, in the order in which they were added.
#[derive(Clone, Default)]
pub(super) struct Judges(Vec<Arc<dyn Judge>>);

impl Judges {
    pub(super) fn add(&mut self, judge: Arc<dyn Judge>) {
        self.0.push(judge);
    }

    pub(super) fn judge(&self, plan: &CertificatePlan) -> Result<(), PolicyRefusal> {
        let mut found = PolicyRefusal::default();
        for refusal in self.0.iter().filter_map(|judge| judge.judge(plan, plan.tbs_der()).err()) {
            found.refuse(refusal);
        }
        if found.is_empty() { Ok(()) } else { Err(found) }
    }
}

impl fmt::Debug for Judges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} judges", self.0.len())
    }
}
