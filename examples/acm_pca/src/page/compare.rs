//! Two templates, and the requests that they answer differently.

use issuance::Template;
use issuance::analysis::{Difference, Example, diff};
use maud::{Markup, html};

use super::View;
use super::frame::Shown;
use super::query::Query;
use super::table::table;
use super::templates::with_authority;
use super::text::{Foreign, identifier};

pub(super) fn show(view: &View, query: &Query) -> Shown {
    let named = |member: &str| {
        let name = query.get(member)?;
        view.service().templates().find(|template| template.name() == name)
    };
    let chosen = [named("first"), named("second")];
    let content = html! {
        form.row method="get" action="/compare" {
            (choice(view, "first", "First template", chosen[0]))
            (choice(view, "second", "Second template", chosen[1]))
            button type="submit" { "Compare" }
        }
        @match chosen {
            [Some(first), Some(second)] => (comparison(view, first, second)),
            _ => p { "Two templates are compared by the requests that they answer differently." },
        }
    };
    Shown::new("Compare templates", "/compare", content)
}

fn choice(view: &View, name: &str, label: &str, chosen: Option<&Template>) -> Markup {
    let chosen = chosen.map(Template::name);
    html! {
        div.field {
            label for=(name) { (label) }
            select id=(name) name=(name) required {
                @for template in view.service().templates() {
                    option value=(template.name()) selected[Some(template.name()) == chosen] { (template.name()) }
                }
            }
        }
    }
}

fn comparison(view: &View, first: &Template, second: &Template) -> Markup {
    with_authority(view, |authority, with| {
        let found = diff(first, second, authority, view.now);
        let rows = found.differences().iter().map(|difference| row(difference, [first, second])).collect();
        html! {
            h2 { "From " (identifier(first.name())) " to " (identifier(second.name())) }
            @if found.is_empty() {
                p.notice.taken { "Both answer every request alike, " (Foreign(&with)) "." }
            } @else {
                p { "The second template beside the first, " (Foreign(&with)) ". Each difference has requests that the two answer differently." }
                (table(
                    &format!("Differences ({})", found.differences().len()),
                    &["In", "The second is", "For example"],
                    rows,
                ))
            }
            @if !found.equal().is_empty() {
                p { "Equal: " (found.equal().join(", ")) "." }
            }
        }
    })
}

fn row(difference: &Difference, templates: [&Template; 2]) -> Vec<Markup> {
    let examples = [difference.only_first(), difference.only_second()];
    vec![
        html! { (Foreign(difference.dimension())) },
        html! { (difference.relation()) },
        html! { @for example in examples.into_iter().flatten() { (shown(example, templates)) } },
    ]
}

fn shown(example: &Example, [first, second]: [&Template; 2]) -> Markup {
    html! {
        pre { (example.request()) }
        dl.answers {
            dt { (identifier(first.name())) } dd { (Foreign(example.first())) }
            dt { (identifier(second.name())) } dd { (Foreign(example.second())) }
        }
    }
}
