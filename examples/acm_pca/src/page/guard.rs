//! Who may look at the page, and at what.

use axum::http::request::Parts;
use issuance::CertificateAuthorityArn;

use crate::connections::Peer;
use crate::host;
use crate::options::Options;

/// What somebody may see.
#[derive(Clone)]
pub(crate) struct Sight {
    /// What is of this account; everything if there is none.
    account: Option<String>,
}

impl Sight {
    /// Everything there is: for who runs the service on a machine of their own.
    pub(crate) fn everything() -> Sight {
        Sight { account: None }
    }

    #[cfg(test)]
    pub(crate) fn of_account(account: &str) -> Sight {
        Sight { account: Some(account.to_owned()) }
    }

    pub(super) fn sees_everything(&self) -> bool {
        self.account.is_none()
    }

    pub(super) fn sees_account(&self, account: &str) -> bool {
        self.account.as_deref().is_none_or(|own| own == account)
    }

    pub(super) fn sees(&self, arn: &CertificateAuthorityArn) -> bool {
        self.sees_account(arn.account())
    }
}

/// Why somebody may not look.
pub(crate) enum Refusal {
    /// The request is for another host, or of a page elsewhere (R-SVC-1).
    Foreign(String),
}

/// Whether the sender of a request may look at the page: the one place that decides. The API asks for no credentials, and neither does
/// the page.
pub(crate) fn may_look(options: &Options, peer: &Peer, head: &Parts) -> Result<Sight, Refusal> {
    host::check(&options.names, peer.local, &head.uri, &head.headers).map_err(Refusal::Foreign)?;
    Ok(Sight::everything())
}
