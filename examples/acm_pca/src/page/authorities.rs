//! The authorities, each below the one that issued its certificate.

use std::collections::HashMap;
use std::sync::Arc;

use issuance::authority::CertificateAuthorityStatus as Status;
use issuance::{CertificateAuthority, Timestamp};
use maud::{Markup, html};

use super::frame::{Shown, authority_link, pages};
use super::query::{Query, link};
use super::table::table;
use super::text::{Foreign, beginning, time};
use crate::store::{Making, Record};

/// How many authorities stand on a page.
const EACH: usize = 100;

pub(super) fn show(records: &[Arc<Record>], query: &Query, now: Timestamp) -> Shown {
    let count = records.len();
    let in_order = below_their_issuers(records);
    let page = query.page();
    let part = in_order.iter().skip((page - 1) * EACH).take(EACH);
    let rows: Vec<_> = part.map(|(depth, record)| row(*depth, record, now)).collect();
    let content = html! {
        @if count == 0 {
            p { "There are no authorities yet. " code { "aws acm-pca create-certificate-authority" } " makes one." }
        } @else {
            (table(
                &format!("Certificate authorities ({count}), each below the one that issued its certificate"),
                &["Subject", "State", "Type", "Key", "Valid until", "Account and region"],
                rows,
            ))
            (pages(count, EACH, page, &|page| link("/", &[("page", &page)])))
        }
    };
    Shown::new("Certificate authorities", "/", content)
}

fn row(depth: usize, record: &Record, now: Timestamp) -> Vec<Markup> {
    let configuration = &record.request.certificate_authority_configuration;
    let subject = subject(record);
    let not_after = made(record).and_then(CertificateAuthority::not_after);
    vec![
        html! {
            // What the eye sees by the arrows, a screen reader reads.
            @for _ in 0..depth.min(6) { span.quiet aria-hidden="true" { "↳ " } }
            (authority_link(record.arn.as_str(), html! { (Foreign(&beginning(&subject))) }))
            @if depth > 0 { span.quiet { " (level " (depth + 1) ")" } }
        },
        status(record.status(now)),
        html! { (record.request.certificate_authority_type) },
        html! { (configuration.key_algorithm) },
        html! { @if let Some(not_after) = not_after { (time(not_after)) } @else { span.quiet { "no certificate" } } },
        html! { (record.arn.account()) " " (record.arn.region()) },
    ]
}

pub(super) fn status(status: Status) -> Markup {
    let class = match status {
        Status::Active => "good",
        Status::Failed | Status::Expired | Status::Deleted => "bad",
        _ => "warn",
    };
    html! { span class=(class) { (status) } }
}

/// The authority, once it has a key.
pub(super) fn made(record: &Record) -> Option<&CertificateAuthority> {
    match &record.making {
        Making::Made(made) => Some(&made.authority),
        _ => None,
    }
}

/// The subject as text; that of the request until there is a key.
pub(super) fn subject(record: &Record) -> String {
    let text = made(record).map(|authority| authority.subject().to_string());
    text.filter(|text| !text.is_empty()).unwrap_or_else(|| record.arn.id().to_owned())
}

/// The authorities by their certificates.
pub(super) fn by_certificate(all: &[Arc<Record>]) -> HashMap<&[u8], &Arc<Record>> {
    all.iter().filter_map(|record| Some((made(record)?.certificate_der()?, record))).collect()
}

/// Each with its depth, below the one whose certificate is the next of its chain. The order is otherwise that in which they were made.
fn below_their_issuers(records: &[Arc<Record>]) -> Vec<(usize, &Arc<Record>)> {
    let by_certificate = by_certificate(records);
    let issuer_of = |record: &Arc<Record>| by_certificate.get(made(record)?.chain_der().next()?).copied();
    let mut below: HashMap<Option<&str>, Vec<&Arc<Record>>> = HashMap::new();
    for record in records.iter().rev() {
        let issuer = issuer_of(record).map(|issuer| issuer.arn.as_str());
        below.entry(issuer).or_default().push(record);
    }
    // A chain ends: nothing stands above itself. Each is found once, as it has one issuer.
    let mut waiting: Vec<_> = below.remove(&None).unwrap_or_default().into_iter().map(|record| (0, record)).collect();
    let mut ordered = Vec::with_capacity(records.len());
    while let Some((depth, record)) = waiting.pop() {
        ordered.push((depth, record));
        let next = below.remove(&Some(record.arn.as_str())).unwrap_or_default();
        waiting.extend(next.into_iter().map(|record| (depth + 1, record)));
    }
    ordered
}
