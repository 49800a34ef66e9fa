//! Authorities of other accounts: what their policies let a caller do (R-POL-10, R-SVC-6).

#[cfg(test)]
mod tests;

use std::sync::Arc;

use issuance::api::{Fault, Operation, Request};
use issuance::policy::{Denial, ResourcePolicy};

use super::Service;
use crate::access::Caller;
use crate::scope::Scope;
use crate::store::Record;

impl Service {
    /// Whether the caller may have the request carried out. If it is for an authority of another account, the answer is the
    /// service as that account has it, for this request.
    ///
    /// # Errors
    /// `AccessDeniedException`, whether there is such an authority of another account or not.
    pub(super) fn admit<R: Request>(&self, request: &R) -> Result<Option<Service>, Fault> {
        self.check_allowed(request)?;
        let Some(caller) = &self.caller else { return Ok(None) };
        let Some(arn) = request.authority_arn().filter(|arn| arn.account() != caller.account) else { return Ok(None) };
        let denied = |denial| self.denied(caller, R::OPERATION, arn.as_str(), "a resource-based", denial);
        self.entry().authority = Some(arn.to_string());
        let record = self.told(self.store.record(arn))?.filter(|record| !record.is_gone(self.clock.now()));
        let policy = record.and_then(|record| self.policy_of(&record)).ok_or_else(|| denied(Denial::Implicit))?;
        let user = caller.arn(arn.partition());
        policy.check(&user, &format!("acm-pca:{}", R::OPERATION), arn.as_str()).map_err(denied)?;
        let scope = Scope { region: self.scope.region.clone(), account: arn.account().to_owned() };
        Ok(Some(Service {
            caller: Some(Arc::clone(caller)),
            shared: Some(policy.document_for(&user)),
            entry: Arc::clone(&self.entry),
            ..self.in_scope(scope)
        }))
    }

    /// Whether the policy of another account's authority lets a caller do all of this.
    pub(crate) fn is_shared(&self, record: &Record, caller: &Caller, operations: &[Operation]) -> bool {
        let arn = &record.arn;
        let user = caller.arn(arn.partition());
        arn.account() != caller.account
            && self.policy_of(record).is_some_and(|policy| {
                let mut actions = operations.iter().map(|operation| format!("acm-pca:{operation}"));
                actions.all(|action| policy.check(&user, &action, arn.as_str()).is_ok())
            })
    }

    /// One that an earlier release has taken, and that cannot be read, allows nothing.
    fn policy_of(&self, record: &Record) -> Option<ResourcePolicy> {
        let read = ResourcePolicy::from_json(record.policy.as_ref()?.as_str());
        read.inspect_err(|error| {
            self.entry().remark(format!("the policy of {} cannot be used: {error}", record.arn));
        })
        .ok()
    }
}
