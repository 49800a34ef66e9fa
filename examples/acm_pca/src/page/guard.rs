//! Who may look at the page, and at what.

use std::sync::Arc;

use axum::http::request::Parts;
use issuance::CertificateAuthorityArn;
use issuance::api::Operation;

use crate::access::Caller;
use crate::connections::Peer;
use crate::host;
use crate::http::Endpoint;
use crate::service::Service;
use crate::store::Record;

/// The operations that tell what the page shows of an authority.
const SHOWN: [Operation; 2] = [Operation::DescribeCertificateAuthority, Operation::GetCertificate];

/// What somebody may see.
#[derive(Clone)]
pub(crate) struct Sight {
    /// What is of this account; everything if there is none.
    account: Option<String>,
    /// Who looks, if the service knows its callers.
    caller: Option<Arc<Caller>>,
}

impl Sight {
    /// Everything there is: for who runs the service on a machine of their own.
    pub(crate) fn everything() -> Sight {
        Sight { account: None, caller: None }
    }

    fn of_caller(caller: &Arc<Caller>) -> Sight {
        Sight { account: Some(caller.account.clone()), caller: Some(Arc::clone(caller)) }
    }

    #[cfg(test)]
    pub(crate) fn of_account(account: &str) -> Sight {
        Sight { account: Some(account.to_owned()), caller: None }
    }

    pub(super) fn caller(&self) -> Option<&Arc<Caller>> {
        self.caller.as_ref()
    }

    pub(super) fn sees_everything(&self) -> bool {
        self.account.is_none()
    }

    /// Whether all of this account is seen.
    pub(super) fn sees_account(&self, account: &str) -> bool {
        self.is_of(account) && self.caller.as_ref().is_none_or(|caller| caller.permissions.is_none())
    }

    fn is_of(&self, account: &str) -> bool {
        self.account.as_deref().is_none_or(|own| own == account)
    }

    /// Whether an authority of the account is seen, with its certificates: if the caller's policy lets the API show both.
    pub(super) fn sees(&self, arn: &CertificateAuthorityArn) -> bool {
        self.is_of(arn.account()) && self.may_see(arn)
    }

    /// Whether an authority is seen, also one of another account, whose policy must let the API show both, too (R-SVC-6).
    pub(super) fn sees_record(&self, service: &Service, record: &Record) -> bool {
        let is_shared = || self.caller.as_ref().is_some_and(|caller| service.is_shared(record, caller, &SHOWN));
        (self.is_of(record.arn.account()) || is_shared()) && self.may_see(&record.arn)
    }

    fn may_see(&self, arn: &CertificateAuthorityArn) -> bool {
        let permissions = self.caller.as_ref().and_then(|caller| caller.permissions.as_ref());
        permissions.is_none_or(|given| SHOWN.iter().all(|asked| given.check(*asked, arn.as_ref()).is_ok()))
    }
}

/// Why somebody may not look.
pub(crate) enum Refusal {
    /// The request is for another host, or of a page elsewhere (R-SVC-1).
    Foreign(String),
    /// It has no access key of the service, or another secret.
    Unknown,
    /// A secret would travel in the clear.
    Readable,
}

/// Whether the sender of a request may look at the page: the one place that decides. Where the API asks for credentials, so does the page.
pub(crate) fn may_look(endpoint: &Endpoint, peer: &Peer, head: &Parts) -> Result<Sight, Refusal> {
    let names = &endpoint.service.options().names;
    host::check(names, peer.local, &head.uri, &head.headers).map_err(Refusal::Foreign)?;
    let Some(access) = &endpoint.access else { return Ok(Sight::everything()) };
    if !peer.is_private {
        return Err(Refusal::Readable);
    }
    access.basic(&head.headers).map(Sight::of_caller).ok_or(Refusal::Unknown)
}
