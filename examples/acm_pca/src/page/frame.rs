//! What every page has: head, navigation, and the headers of its response.

use axum::body::{Body, Bytes};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, HeaderValue, REFERRER_POLICY, WWW_AUTHENTICATE,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{Response, StatusCode};
use maud::{DOCTYPE, Markup, html};

use super::query::link;
use super::text::Foreign;

/// Nothing is loaded but the style sheet and the icon, nothing is run, and nobody else may frame a page or be sent its forms.
const SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; \
                               frame-ancestors 'none'; base-uri 'none'";
const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

const STYLE: &str = include_str!("style.css");
const ICON: &str = include_str!("icon.svg");

const AREAS: [(&str, &str); 5] = [
    ("/", "Authorities"),
    ("/requests", "Requests"),
    ("/templates", "Templates"),
    ("/compare", "Compare"),
    ("/dry-run", "Dry run"),
];

/// A page: its title, where in the navigation it belongs, and what stands on it.
pub(super) struct Shown {
    pub(super) status: StatusCode,
    pub(super) title: String,
    pub(super) area: &'static str,
    pub(super) content: Markup,
}

impl Shown {
    pub(super) fn new(title: impl Into<String>, area: &'static str, content: Markup) -> Shown {
        Shown { status: StatusCode::OK, title: title.into(), area, content }
    }

    /// A page that says what is wrong.
    pub(super) fn problem(status: StatusCode, area: &'static str, problem: &str) -> Shown {
        let title = status.canonical_reason().unwrap_or("Not found");
        Shown { status, ..Shown::new(title, area, html! { p { (Foreign(problem)) } }) }
    }

    pub(super) fn respond(self) -> Response<Body> {
        let area = self.area;
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    title { (self.title) " – acm-pca" }
                    link rel="stylesheet" href="/style.css";
                    link rel="icon" type="image/svg+xml" href="/icon.svg";
                }
                body {
                    a.skip href="#main" { "Skip to the content" }
                    header {
                        p.brand { "acm-pca" }
                        nav aria-label="Areas" {
                            ul {
                                @for (path, name) in AREAS {
                                    li { a href=(path) aria-current=[(path == area).then_some("page")] { (name) } }
                                }
                            }
                        }
                    }
                    main id="main" tabindex="-1" {
                        h1 { (Foreign(&self.title)) }
                        (self.content)
                    }
                    footer {
                        p { "acm-pca " (env!("CARGO_PKG_VERSION")) ". This page changes nothing; see also " a href="/metrics" { "the metrics" } "." }
                    }
                }
            }
        };
        let mut response = respond(self.status, "text/html; charset=utf-8", page.into_string());
        // Under `no-referrer`, browsers send the form without its origin, which is checked.
        let referrer = if area == "/dry-run" { "same-origin" } else { "no-referrer" };
        response.headers_mut().insert(REFERRER_POLICY, HeaderValue::from_static(referrer));
        response
    }
}

pub(super) fn style() -> Response<Body> {
    respond(StatusCode::OK, "text/css; charset=utf-8", STYLE)
}

pub(super) fn icon() -> Response<Body> {
    respond(StatusCode::OK, "image/svg+xml", ICON)
}

/// An answer that no cache keeps and no other page can use.
pub(super) fn respond(status: StatusCode, kind: &'static str, body: impl Into<Bytes>) -> Response<Body> {
    let mut response = Response::new(Body::from(body.into()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    for (name, value) in [
        (CONTENT_TYPE, kind),
        (CONTENT_SECURITY_POLICY, SECURITY_POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
        (REFERRER_POLICY, "no-referrer"),
        (OPENER_POLICY, "same-origin"),
        (RESOURCE_POLICY, "same-origin"),
        (CACHE_CONTROL, "no-store"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// Asks a browser for the identifier of an access key and its secret (RFC 7617).
pub(super) fn challenge() -> Response<Body> {
    let body =
        "the page asks for an access key of the credentials file: its identifier as name, its secret as password\n";
    let mut response = respond(StatusCode::UNAUTHORIZED, "text/plain; charset=utf-8", body);
    let asked = HeaderValue::from_static("Basic realm=\"acm-pca\", charset=\"UTF-8\"");
    response.headers_mut().insert(WWW_AUTHENTICATE, asked);
    response
}

/// Links to the pages of a list, where it has more than one.
pub(super) fn pages(count: usize, each: usize, page: usize, at: &dyn Fn(usize) -> String) -> Markup {
    let last = count.div_ceil(each).max(1);
    html! {
        @if last > 1 {
            nav.pages aria-label="Pages" {
                @if page > 1 { a rel="prev" href=(at(page - 1)) { "Newer" } }
                span { "Page " (page) " of " (last) }
                @if page < last { a rel="next" href=(at(page + 1)) { "Older" } }
            }
        }
    }
}

/// A link to an authority's page.
pub(super) fn authority_link(arn: &str, text: Markup) -> Markup {
    html! { a href=(link("/authority", &[("arn", &arn)])) { (text) } }
}
