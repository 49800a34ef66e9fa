//! What everyone may ask for over HTTP, under whatever Host and without credentials (R-SVC-1): nothing of it is secret, and nothing is
//! changed by it. Verifiers come by the names in certificates, which may lead here through a proxy.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::http::header::{CONTENT_TYPE, HeaderValue};
use axum::http::request::Parts;
use axum::http::{Method, Response, StatusCode};
use base64::prelude::{BASE64_STANDARD, Engine};
use issuance::ocsp::OcspRequest;

use crate::log::Entry;
use crate::percent;
use crate::service::Service;

const OCSP_REQUEST: &[u8] = b"application/ocsp-request";

/// In how many places of a path an OCSP request is looked for: a custom responder has a path of its own.
const MOST_PLACES: usize = 8;

/// What is asked for.
pub(crate) enum Asked {
    /// The list under this path.
    List(String),
    /// OCSP, in the path of a GET (RFC 6960 appendix A.1), or with the body that is to come.
    Ocsp(Option<Vec<u8>>),
    /// Whether the process serves requests.
    Health,
    /// Whether it can issue: the store and the signers answer.
    Readiness,
}

impl Asked {
    /// Whether it is for everyone.
    pub(crate) fn of(head: &Parts) -> Option<Asked> {
        let path = head.uri.path();
        match head.method {
            Method::GET | Method::HEAD if path == "/healthz" => Some(Asked::Health),
            Method::GET | Method::HEAD if path == "/readyz" => Some(Asked::Readiness),
            Method::GET if path.ends_with(".crl") => Some(Asked::List(path.to_owned())),
            Method::GET => in_path(path).map(|request| Asked::Ocsp(Some(request))),
            Method::POST => {
                let kind = head.headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes);
                (path == "/ocsp" || kind == Some(OCSP_REQUEST)).then_some(Asked::Ocsp(None))
            }
            _ => None,
        }
    }

    pub(crate) fn name(&self) -> &'static str {
        match self {
            Asked::List(_) => "List",
            Asked::Ocsp(_) => "Ocsp",
            Asked::Health => "Health",
            Asked::Readiness => "Readiness",
        }
    }

    /// Whether it is asked for every few seconds, so that the log has only what is not well.
    pub(crate) fn is_probe(&self) -> bool {
        matches!(self, Asked::Health | Asked::Readiness)
    }
}

/// Answers, away from the threads that serve connections: something may have to be signed.
pub(crate) async fn answer(service: Service, asked: Asked, body: Bytes) -> (Response<Body>, Entry) {
    let answered = tokio::task::spawn_blocking(move || {
        let response = match asked {
            Asked::List(path) => match service.list_at(&path) {
                Some(list) => response(StatusCode::OK, "application/pkix-crl", Bytes::from_owner(Owned(list))),
                None => response(StatusCode::NOT_FOUND, "text/plain", Bytes::from_static(b"there is no such list\n")),
            },
            Asked::Ocsp(request) => {
                let answer = service.ocsp(request.as_deref().unwrap_or(&body));
                response(StatusCode::OK, "application/ocsp-response", answer.into())
            }
            Asked::Health => response(StatusCode::OK, "text/plain", Bytes::from_static(b"ok\n")),
            Asked::Readiness => match service.ready() {
                Ok(()) => response(StatusCode::OK, "text/plain", Bytes::from_static(b"ready\n")),
                Err(problem) => {
                    let body = format!("not ready: {problem}\n");
                    response(StatusCode::SERVICE_UNAVAILABLE, "text/plain", body.into())
                }
            },
        };
        (response, service.into_entry())
    });
    answered.await.unwrap_or_else(|_| {
        let broken = Bytes::from_static(b"the answer was broken off\n");
        (response(StatusCode::INTERNAL_SERVER_ERROR, "text/plain", broken), Entry::default())
    })
}

/// The answer where there is nothing else.
pub(crate) fn nothing_else() -> Response<Body> {
    let problem = b"this listener answers for revocation lists, OCSP and health alone\n";
    response(StatusCode::NOT_FOUND, "text/plain", Bytes::from_static(problem))
}

/// A list that is shared with other answers.
struct Owned(Arc<[u8]>);

impl AsRef<[u8]> for Owned {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

fn response(status: StatusCode, kind: &'static str, body: Bytes) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

/// The request at the end of a path, in base64, which may have slashes of its own.
fn in_path(path: &str) -> Option<Vec<u8>> {
    let places = path.match_indices('/').take(MOST_PLACES);
    places.filter_map(|(at, _)| decoded(path.get(at + 1..)?)).find(|request| OcspRequest::from_der(request).is_ok())
}

/// Base64 under the percent encoding of URLs.
fn decoded(text: &str) -> Option<Vec<u8>> {
    BASE64_STANDARD.decode(percent::decode(text)).ok()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A request for one certificate, which `openssl ocsp -reqout` wrote.
    const REQUEST: &str =
        "MEIwQDA+MDwwOjAJBgUrDgMCGgUABBS3HHMrM+4bwXzP9XQk8tVq1yK1/QQUK1kxSZmd8WMHEpxGsyVh1KlYvQYCAQU=";

    pub(crate) fn request() -> Vec<u8> {
        BASE64_STANDARD.decode(REQUEST).unwrap()
    }

    #[test]
    fn requests_are_found_in_paths() {
        let expected = request();
        let escaped = REQUEST.replace('+', "%2B").replace('/', "%2F").replace('=', "%3d");
        for prefix in ["/ocsp/", "/", "/a/custom/path/"] {
            for request in [REQUEST, &escaped] {
                assert_eq!(in_path(&format!("{prefix}{request}")).as_ref(), Some(&expected), "{prefix}{request}");
            }
        }
        for wrong in ["", "/", "/ocsp/", "/ocsp/AAAA", "/%", "/%zz", "/ocsp/%4"] {
            assert_eq!(in_path(wrong), None, "{wrong}");
        }
    }
}
