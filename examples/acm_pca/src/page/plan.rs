//! A plan: each part of a certificate with its origin, what did not reach it, and what a verifier may misread.

use maud::{Markup, html};

use super::table::table;
use super::text::Foreign;
use crate::plan::{KeptPart, KeptPlan};

pub(super) fn show(plan: &KeptPlan) -> Markup {
    let part = |part: &KeptPart| {
        vec![
            html! {
                (part.name)
                @if let Some(oid) = &part.oid { " " span.quiet.mono { (oid) } }
                @if part.critical { " " span.warn { "critical" } }
            },
            html! { (part.source) },
            rule(&part.rule),
            html! { (Foreign(&part.value)) },
        ]
    };
    let columns = |first| [first, "From", "Rule", "Value"];
    let rows = |parts: &[KeptPart]| parts.iter().map(part).collect::<Vec<_>>();
    html! {
        h2 { "Plan" }
        p { "Where each part of the certificate came from, under the template " strong { (Foreign(&plan.template)) } ", and by which rule of " code { "docs/rules.md" } "." }
        (table("Fields, in the order of the certificate", &columns("Field"), rows(&plan.fields)))
        @if plan.extensions.is_empty() {
            p.quiet { "The certificate has no extension." }
        } @else {
            (table("Extensions, in the order of the certificate", &columns("Extension"), rows(&plan.extensions)))
        }
        h3 { "Not used" }
        @if plan.not_used.is_empty() {
            p { "Every input reached the certificate." }
        } @else {
            (table(
                "Inputs that did not reach the certificate, and why",
                &["Input", "From", "Because", "Rule", "Value"],
                plan.not_used.iter().map(|input| vec![
                    html! { (Foreign(&input.input)) },
                    html! { (input.source) },
                    html! { (Foreign(&input.reason)) },
                    rule(&input.rule),
                    html! { (Foreign(&input.value)) },
                ]).collect(),
            ))
        }
        h3 { "Warnings" }
        @if plan.warnings.is_empty() {
            p { "There is nothing that a verifier may refuse or misread." }
        } @else {
            (table(
                "What the rules allow and a verifier may refuse or misread",
                &["Warning", "Rule", "Text"],
                plan.warnings.iter().map(|warning| vec![
                    html! { span.warn { (warning.name) } },
                    rule(&warning.rule),
                    html! { (Foreign(&warning.text)) },
                ]).collect(),
            ))
        }
        @if plan.left_out > 0 {
            p.notice { (plan.left_out) " more parts are not shown." }
        }
    }
}

pub(super) fn rule(rule: &str) -> Markup {
    html! { span.mono.short[rule.starts_with("R-")] { (rule) } }
}
