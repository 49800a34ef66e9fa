//! An authority: its state, its chain, its lists, and what it issued.

use std::sync::Arc;

use issuance::{CertificateArn, CertificateAuthority, SerialNumber, Timestamp};
use maud::{Markup, html};
use serde_json::Value;

use super::View;
use super::authorities::{by_certificate, made, status, subject};
use super::frame::{Shown, authority_link, pages};
use super::query::{Query, link};
use super::table::{facts, table};
use super::text::{Foreign, beginning, identifier, time};
use crate::store::{Certificate, Making, Only, Record};

/// How many certificates stand on a page.
const EACH: usize = 50;

pub(super) fn show(view: &View, record: &Record, query: &Query) -> Shown {
    let content = html! {
        (state(view, record))
        (chain(view, record))
        (revocation(view, record))
        (certificates(view, record, query))
    };
    Shown::new(format!("Authority {}", beginning(&subject(record))), "/", content)
}

fn state(view: &View, record: &Record) -> Markup {
    let configuration = &record.request.certificate_authority_configuration;
    let authority = made(record);
    let if_known =
        |at: Option<Timestamp>| html! { @if let Some(at) = at { (time(at)) } @else { span.quiet { "none" } } };
    let mut shown = vec![
        ("Subject", html! { span.long { (Foreign(&subject(record))) } }),
        ("ARN", html! { span.long.mono { (record.arn) } }),
        ("State", status(record.status(view.now))),
        ("Type", html! { (record.request.certificate_authority_type) }),
        ("Key", html! { (configuration.key_algorithm) }),
        ("Signs with", html! { (configuration.signing_algorithm) }),
        ("Valid from", if_known(authority.and_then(CertificateAuthority::not_before))),
        ("Valid until", if_known(authority.and_then(CertificateAuthority::not_after))),
        ("Created", if_known(Some(record.created_at))),
        ("State last changed", if_known(Some(record.last_state_change_at))),
    ];
    if let Making::Failed(reason) = &record.making {
        shown.push(("Failed for", html! { (reason) }));
    }
    if let Some(serial) = authority.and_then(CertificateAuthority::serial) {
        shown.push(("Serial number", html! { span.mono { (serial) } }));
    }
    if let Some(authority) = authority {
        shown.push(("Usage mode", html! { (authority.usage_mode()) }));
    }
    if record.restorable_until.is_some() {
        shown.push(("Can be restored until", if_known(record.restorable_until)));
    }
    for (name, value) in &record.tags {
        let value = value.as_ref().map(|value| value.as_str()).unwrap_or_default();
        shown.push(("Tag", html! { (Foreign(name.as_str())) " = " (Foreign(value)) }));
    }
    for granted in &record.permissions {
        shown.push(("Permission", html! { (Foreign(granted.principal.as_str())) }));
    }
    facts(shown)
}

fn chain(view: &View, record: &Record) -> Markup {
    let Some(authority) = made(record).filter(|authority| authority.certificate_der().is_some()) else {
        return html! {};
    };
    let all: Vec<Arc<Record>> = view.records();
    let by_certificate = by_certificate(&all);
    let pem = authority.certificate_pem().unwrap_or_default() + &authority.chain_pem();
    html! {
        h2 { "Chain" }
        ol {
            li { (Foreign(&subject(record))) " (this authority)" }
            @for der in authority.chain_der() {
                li {
                    @match by_certificate.get(der) {
                        Some(above) => (authority_link(above.arn.as_str(), html! { (Foreign(&subject(above))) })),
                        None => "A certificate whose authority is not here",
                    }
                }
            }
        }
        details {
            summary { "The chain in PEM" }
            pre { (pem) }
        }
    }
}

fn revocation(view: &View, record: &Record) -> Markup {
    let lists = view.service().lists_seen(record);
    let configured = view.service().revocation_seen(record);
    let mut shown = Vec::new();
    for (name, title) in [("CrlConfiguration", "Lists"), ("OcspConfiguration", "OCSP")] {
        let text = members(&configured[name]);
        shown.push((title, html! { (Foreign(&text)) }));
    }
    let rows = lists.into_iter().map(|list| {
        let mut row = vec![html! { a href=(list.path) { (Foreign(&list.url)) } }];
        match list.says {
            Some(says) => row.extend([
                html! { (says.number.unwrap_or_default()) },
                time(says.this_update),
                html! { @if let Some(next) = says.next_update { (time(next)) } },
                html! { (says.entries) },
            ]),
            None => row.extend([html! { span.bad { "it cannot be made" } }, html! {}, html! {}, html! {}]),
        }
        row
    });
    let rows: Vec<_> = rows.collect();
    html! {
        h2 { "Revocation" }
        (facts(shown))
        @if rows.is_empty() {
            p.quiet { "Certificates name no list." }
        } @else {
            (table("Lists as they are published now", &["URL", "Number", "Made", "Next", "Entries"], rows))
        }
    }
}

/// The members of a structure in one line.
fn members(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let member = |(name, value): (&String, &Value)| format!("{name} {}", self::members(value));
            members.iter().map(member).collect::<Vec<_>>().join(", ")
        }
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn certificates(view: &View, record: &Record, query: &Query) -> Markup {
    let only = if query.get("only") == Some("revoked") { Only::Revoked } else { Only::All };
    let page = query.page();
    let part = view.service().certificates_seen(&record.arn, only, (page - 1) * EACH, EACH);
    let arn = record.arn.as_str();
    let rows = part.certificates.iter().map(|(serial, certificate)| row(view, record, serial, certificate)).collect();
    let (caption, at) = match only {
        Only::All => (format!("Certificates, the newest first ({})", part.count), None),
        Only::Revoked => (format!("Revoked certificates, the newest first ({})", part.count), Some("revoked")),
    };
    html! {
        h2 id="certificates" { "Certificates" }
        p {
            @match only {
                Only::All => a href=(link("/authority", &[("arn", &arn), ("only", &"revoked")])) { "Only those that are revoked" },
                Only::Revoked => a href=(link("/authority", &[("arn", &arn)])) { "All certificates" },
            }
        }
        @if part.count == 0 {
            p.quiet { "There are none." }
        } @else {
            (table(&caption, &["Subject", "Serial number", "Template", "Issued, and valid until", "State"], rows))
            (pages(part.count, EACH, page, &|page| match at {
                Some(only) => link("/authority", &[("arn", &arn), ("only", &only), ("page", &page)]),
                None => link("/authority", &[("arn", &arn), ("page", &page)]),
            }))
        }
    }
}

fn row(view: &View, record: &Record, serial: &SerialNumber, certificate: &Certificate) -> Vec<Markup> {
    let subject = html! { (Foreign(&beginning(&certificate.subject))) };
    let template = certificate.template.as_ref().map_or("EndEntityCertificate", |arn| arn.name());
    vec![
        match CertificateArn::new(&record.arn, serial, view.service().options().serial_format) {
            Ok(arn) => html! { a href=(link("/certificate", &[("arn", &arn)])) { (subject) } },
            Err(_) => subject,
        },
        html! { bdi.mono { (serial) } },
        identifier(template),
        html! { (time(certificate.issued_at)) div { (time(certificate.not_after)) } },
        standing(certificate, view.now),
    ]
}

/// Whether a certificate is valid now.
pub(super) fn standing(certificate: &Certificate, now: Timestamp) -> Markup {
    html! {
        @match certificate.revoked {
            Some((at, reason)) => { span.bad { "revoked" } " " (time(at)) ", " (reason) },
            None if certificate.not_after < now => span.warn { "expired" },
            None if certificate.not_before > now => span.warn { "not yet valid" },
            None => span.good { "good" },
        }
    }
}
