//! The templates: what each fixes, what it takes from where, and a request that it issues.

use issuance::analysis::{Answer, DocumentAnswer, analyse_documents};
use issuance::authority::CertificateAuthorityStatus as Status;
use issuance::policy::Policy;
use issuance::template::{CrlDistributionPoints, Source};
use issuance::{CertificateAuthority, KeyAlgorithm, RustCryptoSigner, Subject, Template, Validity};
use maud::{Markup, html};

use super::View;
use super::authorities::{made, subject};
use super::frame::Shown;
use super::query::{Query, link};
use super::table::{facts, table};
use super::text::{Foreign, beginning, identifier};
use crate::policy::Limits;

pub(super) fn list(view: &View) -> Shown {
    let templates: Vec<&Template> = view.service().templates().collect();
    let custom = templates.len() - Template::all().len();
    let caption = format!("Templates ({}), custom ones first ({custom})", templates.len());
    let rows = templates.into_iter().map(row).collect();
    let content = html! {
        p { "What a certificate authority puts into a certificate, and what it lets a request put there. Two of them can be " a href="/compare" { "compared" } "." }
        (table(&caption, &["Name", "Takes", "Makes", "Key usage", "Purposes"], rows))
    };
    Shown::new("Templates", "/templates", content)
}

fn row(template: &Template) -> Vec<Markup> {
    vec![
        html! { a href=(link("/template", &[("name", &template.name())])) { (identifier(template.name())) } },
        html! { (passed(template).unwrap_or("subject and names of the CSR")) },
        html! { (is_ca(template)) },
        html! { (key_usage(template).unwrap_or_default()) },
        html! { (purposes(template).unwrap_or_default()) },
    ]
}

pub(super) fn show(view: &View, query: &Query) -> Shown {
    let named = |name: &str| view.service().templates().find(|template| template.name() == name);
    let Some(template) = query.get("name").and_then(named) else {
        return super::not_found("/templates", "There is no such template.");
    };
    let content = html! {
        (says(template))
        p { a href=(link("/compare", &[("first", &template.name())])) { "Compare it with another" } }
        h2 { "Can it issue?" }
        (analysis(view, template))
        h2 { "As a file" }
        pre { (template.to_toml()) }
    };
    Shown::new(format!("Template {}", template.name()), "/templates", content)
}

/// What a template fixes, and what it takes from where.
fn says(template: &Template) -> Markup {
    let text = |text: String| html! { (Foreign(&text)) };
    let otherwise = || passed(template).map_or("none".to_owned(), |passed| format!("from {passed}"));
    let policies = template.certificate_policies().map(|fixed| {
        let names: Vec<String> = fixed.value.iter().map(|policy| policy.cert_policy_id().to_string()).collect();
        format!("{}{}", names.join(", "), critical(fixed.critical))
    });
    let lists = match template.crl_distribution_points() {
        CrlDistributionPoints::ConfigurationThenPassthrough => "from the authority's configuration",
        CrlDistributionPoints::Passthrough => "never from the authority's configuration",
        CrlDistributionPoints::Never => "none",
    };
    let mut shown = vec![
        ("subject", text(format!("from {}", sources(template.subject_sources())))),
        ("subjectAltName", text(format!("from {}", sources(template.subject_alternative_name_sources())))),
        ("basicConstraints", text(is_ca(template))),
        ("keyUsage", text(key_usage(template).unwrap_or_else(otherwise))),
        ("extKeyUsage", text(purposes(template).unwrap_or_else(otherwise))),
        ("certificatePolicies", text(policies.unwrap_or_else(otherwise))),
        ("cRLDistributionPoints", text(lists.to_owned())),
    ];
    let fixed: Vec<String> = template
        .extensions()
        .iter()
        .map(|extension| format!("{}{}", extension.object_identifier(), critical(extension.critical())))
        .collect();
    if !fixed.is_empty() {
        shown.push(("Fixed extensions", text(fixed.join(", "))));
    }
    shown.push(("Other extensions", text(otherwise())));
    if let Some(validity) = template.default_validity() {
        shown.push(("Validity", text(format!("{} {} by default", validity.value(), validity.r#type()))));
    }
    let policy = if template.policy().is_empty() { "none" } else { "as in the file below" };
    shown.push(("Policy", text(policy.to_owned())));
    facts(shown)
}

/// From where a template takes what it does not define.
fn passed(template: &Template) -> Option<&'static str> {
    match (template.kind().takes_api(), template.kind().takes_csr()) {
        (false, false) => None,
        (true, false) => Some("ApiPassthrough"),
        (false, true) => Some("the CSR"),
        (true, true) => Some("ApiPassthrough, else the CSR"),
    }
}

fn sources(sources: &[Source]) -> String {
    let names = sources.iter().map(|source| if *source == Source::Api { "ApiPassthrough" } else { "the CSR" });
    names.collect::<Vec<_>>().join(", else ")
}

fn critical(critical: bool) -> &'static str {
    if critical { ", critical" } else { "" }
}

fn is_ca(template: &Template) -> String {
    let constraints = template.basic_constraints();
    let is_ca = match (constraints.ca, constraints.path_len) {
        (false, _) => "not a CA".to_owned(),
        (true, None) => "a CA".to_owned(),
        (true, Some(length)) => format!("a CA of path length {length}"),
    };
    format!("{is_ca}{}", critical(constraints.critical))
}

fn key_usage(template: &Template) -> Option<String> {
    template.key_usage().map(|fixed| format!("{}{}", fixed.value, critical(fixed.critical)))
}

fn purposes(template: &Template) -> Option<String> {
    template.extended_key_usage().map(|fixed| {
        let names = fixed.value.iter().map(|oid| oid.name().map_or_else(|| oid.to_string(), str::to_owned));
        format!("{}{}", names.collect::<Vec<_>>().join(", "), critical(fixed.critical))
    })
}

/// The authority that templates are analysed with: one that is ACTIVE, else a root that is made for it and issues nothing.
pub(super) fn with_authority(view: &View, answer: impl FnOnce(&CertificateAuthority, String) -> Markup) -> Markup {
    let records = view.records();
    let active = records.iter().find(|record| record.status(view.now) == Status::Active);
    if let Some((record, authority)) = active.and_then(|record| Some((record, made(record)?))) {
        return answer(authority, format!("with the authority {}", beginning(&subject(record))));
    }
    match view.endpoint.page.stand_in.get_or_init(stand_in) {
        Some(root) => answer(root, "with a root that was made for this answer, as no authority is ACTIVE".to_owned()),
        None => html! { p.notice { "This cannot be told: no root could be made for it." } },
    }
}

fn stand_in() -> Option<CertificateAuthority> {
    let key = RustCryptoSigner::generate(KeyAlgorithm::EcPrime256v1).ok()?;
    let subject = Subject::builder().common_name("Example Root").build().ok()?;
    CertificateAuthority::self_signed_root(&subject, &key, Validity::years(10)).ok()
}

/// A request that the template issues, or why there is none.
fn analysis(view: &View, template: &Template) -> Markup {
    with_authority(view, |authority, with| {
        let (mut policy, mut documents) = (Policy::default(), Vec::new());
        match &view.service().options().limits {
            Some(Limits::Policy(limits)) => policy = limits.clone(),
            Some(Limits::Document(document)) => documents.push(document.clone()),
            None => {}
        }
        let under = if view.service().options().limits.is_some() { " and the policy of this service" } else { "" };
        let answer = analyse_documents(template, &policy, &documents, authority, view.now);
        html! {
            @match answer {
                DocumentAnswer::Decided(Answer::Witness(witness)) => {
                    p.notice.taken { "Yes, " (Foreign(&with)) (under) ". For example to this request:" }
                    pre { (witness) }
                }
                DocumentAnswer::Decided(Answer::Never(never)) => {
                    p.notice.refused { "No, " (Foreign(&with)) (under) ":" }
                    pre { (never) }
                }
                DocumentAnswer::Undecided { because } => p.notice { "That cannot be decided: " (because) "." },
            }
        }
    })
}
