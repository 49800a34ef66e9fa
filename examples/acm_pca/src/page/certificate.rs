//! A certificate: what it says, and why.

use issuance::{CertificateArn, SerialNumber};
use maud::html;

use super::View;
use super::authorities::subject;
use super::authority::standing;
use super::frame::{Shown, authority_link};
use super::plan;
use super::query::link;
use super::table::facts;
use super::text::{Foreign, beginning, identifier, time};
use crate::store::{Certificate, Record};

pub(super) fn show(
    view: &View,
    record: &Record,
    arn: &CertificateArn,
    serial: &SerialNumber,
    certificate: &Certificate,
) -> Shown {
    let template = certificate.template.as_ref().map_or("EndEntityCertificate", |arn| arn.name());
    let mut shown = vec![
        (
            "Subject",
            html! { span.long { (Foreign(&certificate.subject)) @if certificate.subject.is_empty() { span.quiet { "none" } } } },
        ),
        ("ARN", html! { span.long.mono { (arn) } }),
        ("Issued by", authority_link(record.arn.as_str(), html! { (Foreign(&beginning(&subject(record)))) })),
        ("State", standing(certificate, view.now)),
        ("Template", html! { a href=(link("/template", &[("name", &template)])) { (identifier(template)) } }),
        ("Serial number", html! { span.mono { (serial) } }),
        ("Issued", time(certificate.issued_at)),
        ("Valid from", time(certificate.not_before)),
        ("Valid until", time(certificate.not_after)),
    ];
    if let Some(partition) = certificate.partition {
        shown.push(("Partition of the list", html! { span.mono { (partition) } }));
    }
    let content = html! {
        (facts(shown))
        @match certificate.plan.read() {
            Some(kept) => (plan::show(&kept)),
            None => p.notice { "Of this certificate no plan was kept." },
        }
        h2 { "In PEM" }
        details {
            summary { "The certificate" }
            pre { (crate::service::certificates::pem(&certificate.der)) }
        }
        @if !certificate.chain.is_empty() {
            details {
                summary { "The certificates above it" }
                pre { (certificate.chain) }
            }
        }
    };
    let title = match certificate.subject.is_empty() {
        true => "Certificate without a subject".to_owned(),
        false => format!("Certificate of {}", beginning(&certificate.subject)),
    };
    Shown::new(title, "/", content)
}
