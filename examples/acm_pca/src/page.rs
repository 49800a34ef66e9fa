//! The page: what the service did and why, for people. It is made here, runs nothing in the browser, and changes nothing.

mod authorities;
mod authority;
mod certificate;
mod compare;
mod dry_run;
mod frame;
mod guard;
mod plan;
mod query;
pub(crate) mod recent;
mod refusal;
mod requests;
mod table;
mod templates;
#[cfg(test)]
mod tests;
mod text;

use std::future::Future;
use std::sync::{Arc, OnceLock};

use axum::body::{Body, Bytes};
use axum::http::header::{ACCEPT, HeaderValue};
use axum::http::request::Parts;
use axum::http::{Method, Response, StatusCode};
use issuance::api::Fault;
use issuance::{CertificateArn, CertificateAuthority, CertificateAuthorityArn, Timestamp};
use uuid::Uuid;

use crate::body::Received;
use crate::connections::Peer;
use crate::http::Endpoint;
use crate::log::Entry;
use crate::metrics;
use crate::service::Service;
use crate::store::Record;
use crate::sts;
use frame::Shown;
use guard::{Refusal, Sight};
use query::Query;
use recent::{Kept, Recent};

/// The longest form that is read, in bytes: a certification request and an `ApiPassthrough`.
const MOST_FORM: usize = 256 * 1024;

/// What the page keeps.
pub(crate) struct Page {
    pub(crate) recent: Recent,
    /// Stands in each form and nowhere else, so that what comes with it was sent from a form.
    token: String,
    /// Analyses need an authority, and there may be none yet.
    stand_in: OnceLock<Option<CertificateAuthority>>,
}

impl Default for Page {
    fn default() -> Page {
        let token = format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
        Page { recent: Recent::default(), token, stand_in: OnceLock::new() }
    }
}

/// What is asked for.
pub(crate) struct Asked {
    what: What,
    query: Query,
}

#[derive(Clone, Copy)]
enum What {
    Authorities,
    Authority,
    Certificate,
    Requests,
    Templates,
    Template,
    Compare,
    DryRun,
    /// The form of [`What::DryRun`], filled in.
    DryRunSent,
    Style,
    Icon,
    Metrics,
}

impl Asked {
    /// Whether it is for the page: what clients of the API send is not.
    pub(crate) fn of(head: &Parts) -> Option<Asked> {
        let of_browser = || {
            let accepted = head.headers.get_all(ACCEPT).iter();
            accepted.filter_map(|value: &HeaderValue| value.to_str().ok()).any(|kinds| kinds.contains("text/html"))
        };
        let reads = head.method == Method::GET || head.method == Method::HEAD;
        let what = match head.uri.path() {
            "/metrics" if reads => What::Metrics,
            "/style.css" if reads => What::Style,
            "/icon.svg" if reads => What::Icon,
            "/dry-run" if head.method == Method::POST => What::DryRunSent,
            _ if !reads || !of_browser() => return None,
            "/" if head.uri.query().and_then(sts::action).is_none() => What::Authorities,
            "/authority" => What::Authority,
            "/certificate" => What::Certificate,
            "/requests" => What::Requests,
            "/templates" => What::Templates,
            "/template" => What::Template,
            "/compare" => What::Compare,
            "/dry-run" => What::DryRun,
            _ => return None,
        };
        Some(Asked { what, query: Query::parse(head.uri.query().unwrap_or_default().as_bytes()) })
    }
}

/// What somebody sees at one moment.
struct View {
    endpoint: Arc<Endpoint>,
    sight: Sight,
    now: Timestamp,
}

impl View {
    fn service(&self) -> &Service {
        &self.endpoint.service
    }

    /// The service as it answers the caller, where callers are known.
    fn service_for_caller(&self) -> Service {
        let service = self.service();
        match self.sight.caller() {
            Some(caller) => service.in_scope(service.options().scope.clone()).for_caller(Arc::clone(caller)),
            None => service.in_scope(service.options().scope.clone()),
        }
    }

    fn token(&self) -> &str {
        &self.endpoint.page.token
    }

    fn records(&self) -> Vec<Arc<Record>> {
        let mut records = self.service().all_records();
        records.retain(|record| self.sight.sees_record(self.service(), record));
        records
    }

    fn record(&self, arn: &CertificateAuthorityArn) -> Option<Arc<Record>> {
        self.service().record_seen(arn).filter(|record| self.sight.sees_record(self.service(), record))
    }

    fn recent(&self) -> Vec<Kept> {
        self.endpoint.page.recent.list(&self.sight, self.now)
    }
}

/// Answers what is asked for, away from the threads that serve connections.
pub(crate) async fn answer(
    endpoint: &Arc<Endpoint>,
    peer: &Peer,
    head: &Parts,
    asked: Asked,
    body: impl Future<Output = Result<Received, Fault>>,
) -> (Response<Body>, Entry) {
    // Its sender is to read the answer, whatever that is.
    let body = body.await.map(|received| received.bytes);
    let service = &endpoint.service;
    let sight = match guard::may_look(endpoint, peer, head) {
        Ok(sight) => sight,
        Err(Refusal::Foreign(problem)) => {
            let body = format!("{problem}\n");
            return (frame::respond(StatusCode::FORBIDDEN, "text/plain; charset=utf-8", body), Entry::default());
        }
        Err(Refusal::Readable) => {
            let body = "the page asks for an access key, and for that only over TLS or from this machine: start with --tls-cert and \
                        --tls-key\n";
            return (frame::respond(StatusCode::FORBIDDEN, "text/plain; charset=utf-8", body), Entry::default());
        }
        Err(Refusal::Unknown) => return (frame::challenge(), Entry::default()),
    };
    let view = View { endpoint: Arc::clone(endpoint), sight, now: service.now() };
    let response = match asked.what {
        What::Style => frame::style(),
        What::Icon => frame::icon(),
        What::Metrics => frame::respond(StatusCode::OK, metrics::CONTENT_TYPE, service.metrics().text()),
        what => {
            let shown = tokio::task::spawn_blocking(move || show(&view, what, &asked.query, body).respond());
            shown.await.unwrap_or_else(|_| {
                let broken = "the page was broken off\n";
                frame::respond(StatusCode::INTERNAL_SERVER_ERROR, "text/plain; charset=utf-8", broken)
            })
        }
    };
    (response, Entry::default())
}

fn show(view: &View, what: What, query: &Query, body: Result<Bytes, Fault>) -> Shown {
    match what {
        What::Authority => match query.get("arn").and_then(|arn| view.record(&arn.parse().ok()?)) {
            Some(record) => authority::show(view, &record, query),
            None => not_found("/", "There is no such certificate authority."),
        },
        What::Certificate => {
            certificate_of(view, query).unwrap_or_else(|| not_found("/", "There is no such certificate."))
        }
        What::Requests => requests::show(view),
        What::Templates => templates::list(view),
        What::Template => templates::show(view, query),
        What::Compare => compare::show(view, query),
        What::DryRun => dry_run::form(view, query),
        What::DryRunSent => match body {
            Ok(body) if body.len() <= MOST_FORM => dry_run::show(view, &Query::parse(&body)),
            Ok(_) => {
                let problem = format!("The form must have at most {MOST_FORM} bytes.");
                Shown::problem(StatusCode::PAYLOAD_TOO_LARGE, "/dry-run", &problem)
            }
            Err(fault) => Shown::problem(StatusCode::BAD_REQUEST, "/dry-run", &fault.message),
        },
        // The others have been answered.
        What::Authorities | What::Style | What::Icon | What::Metrics => {
            authorities::show(&view.records(), query, view.now)
        }
    }
}

fn certificate_of(view: &View, query: &Query) -> Option<Shown> {
    let arn: CertificateArn = query.get("arn")?.parse().ok()?;
    let record = view.record(&arn.authority())?;
    let (serial, certificate) = view.service().certificate_seen(&arn)?;
    Some(certificate::show(view, &record, &arn, &serial, &certificate))
}

fn not_found(area: &'static str, problem: &str) -> Shown {
    Shown::problem(StatusCode::NOT_FOUND, area, problem)
}
