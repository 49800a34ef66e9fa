//! Tables that are read on a telephone and by a screen reader, too.

use maud::{Markup, html};

/// A table with a caption. The first cell of each row is its header; on a narrow screen each row is a list of its own, where every cell
/// has the name of its column. Roles stand beside the elements, since such a layout would take their meaning away.
pub(super) fn table(caption: &str, columns: &[&str], rows: Vec<Vec<Markup>>) -> Markup {
    html! {
        table role="table" {
            caption { (caption) }
            thead role="rowgroup" {
                tr role="row" {
                    @for column in columns {
                        th scope="col" role="columnheader" { (column) }
                    }
                }
            }
            tbody role="rowgroup" {
                @for row in rows {
                    tr role="row" {
                        @for (position, (cell, column)) in row.into_iter().zip(columns).enumerate() {
                            @if position == 0 {
                                th scope="row" role="rowheader" { div.cell { (cell) } }
                            } @else {
                                td role="cell" data-column=(column) { div.cell { (cell) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// What something is like, by name.
pub(super) fn facts(facts: Vec<(&str, Markup)>) -> Markup {
    html! {
        dl.facts {
            @for (name, value) in facts {
                div { dt { (name) } dd { (value) } }
            }
        }
    }
}
