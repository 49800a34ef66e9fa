//! The requests of the last minutes and what came of them.

use maud::{Markup, html};

use super::View;
use super::frame::{Shown, authority_link};
use super::recent::{Kept, SECONDS};
use super::table::table;
use super::text::{Foreign, identifier, time};

pub(super) fn show(view: &View) -> Shown {
    let recent = view.recent();
    let caption = format!("Requests of the last {} minutes, the newest first ({})", SECONDS / 60, recent.len());
    let content = html! {
        @if recent.is_empty() {
            p.quiet { "There were none in the last " (SECONDS / 60) " minutes." }
        } @else {
            (table(
                &caption,
                &["Operation", "Outcome", "Authority", "What there is to say"],
                recent.iter().map(row).collect(),
            ))
        }
    };
    Shown::new("Requests", "/requests", content)
}

fn row(request: &Kept) -> Vec<Markup> {
    let class = match request.status.as_u16() {
        200..400 => "good",
        400..500 => "warn",
        _ => "bad",
    };
    vec![
        html! {
            (identifier(if request.operation == "-" { "unknown" } else { request.operation }))
            div.quiet.plain { (time(request.at)) }
        },
        html! {
            span class=(class) {
                (request.status.as_u16())
                @if let Some(exception) = request.exception { " " (identifier(exception.as_str())) }
            }
            div.quiet { (format!("{:.1} ms", request.took.as_secs_f64() * 1000.0)) }
        },
        html! {
            @if let Some(arn) = &request.authority { (authority_link(arn, html! { (Foreign(id_of(arn))) })) }
        },
        html! {
            @for remark in &request.remarks { div.remark { (Foreign(remark)) } }
        },
    ]
}

/// The last part of an ARN, which is enough to tell authorities apart.
fn id_of(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}
