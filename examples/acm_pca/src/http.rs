//! The protocols of the API over HTTP: which operation, in which format, and how answers look.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::HttpBody;
use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, State};
use axum::http::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use axum::http::request::Parts;
use axum::http::{Method, Request, Response, StatusCode};
use http_body_util::BodyExt;
use issuance::AwsException;
use issuance::api::{Fault, Format, Operation, Response as _};
use uuid::Uuid;

use crate::connections::Peer;
use crate::log::{Entry, Log};
use crate::page::recent::Seen;
use crate::page::{self, Page};
use crate::published::{self, Asked};
use crate::scope::Scope;
use crate::service::Service;
use crate::{host, log, sts};

const TARGET: HeaderName = HeaderName::from_static("x-amz-target");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");
const SMITHY_PROTOCOL: HeaderName = HeaderName::from_static("smithy-protocol");
const RPC_V2_CBOR: &str = "rpc-v2-cbor";

/// How much of a body that is too long is read and thrown away, so that its sender gets to read the answer.
const MOST_DRAINED: usize = 16 * Format::MAX_LEN;

/// What answers requests.
pub(crate) struct Endpoint {
    pub(crate) service: Service,
    /// Where each request is logged.
    pub(crate) log: Option<Log>,
    /// What people are shown.
    pub(crate) page: Page,
}

impl Endpoint {
    /// Logs a request, and shows it on the page with who asked.
    fn note(&self, seen: Seen<'_>, account: Option<String>) {
        if let Some(log) = &self.log {
            log.write(log::line(seen.at, seen.operation, seen.status, seen.fault, &seen.entry));
        }
        self.page.recent.add(seen, account);
    }
}

/// What came of one request.
struct Outcome {
    operation: &'static str,
    entry: Entry,
    answered: Result<Answered, Fault>,
}

enum Answered {
    /// A response of the API.
    Api(Vec<u8>),
    /// A response of the AWS query protocol.
    Xml(StatusCode, String),
}

impl Outcome {
    fn refused(operation: &'static str, fault: Fault) -> Outcome {
        Outcome { operation, entry: Entry::default(), answered: Err(fault) }
    }
}

/// Answers one request.
pub(crate) async fn answer(
    State(endpoint): State<Arc<Endpoint>>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    request: Request<Body>,
) -> Response<Body> {
    let _serving = peer.serving();
    let begin = Instant::now();
    let service = &endpoint.service;
    let (head, body) = request.into_parts();
    let format = format_of(head.uri.path());
    let request_id = Uuid::new_v4().to_string();
    let body = read(body, peer.patience);
    if let Some(asked) = Asked::of(&head) {
        let (operation, is_probe) = (asked.name(), asked.is_probe());
        let (response, entry) = match body.await {
            Ok(body) => published::answer(service.in_scope(service.options().scope.clone()), asked, body).await,
            Err(_) => (response(StatusCode::BAD_REQUEST, format, Vec::new()), Entry::default()),
        };
        service.metrics().answered(operation, begin, None);
        let status = response.status();
        if !(is_probe && status.is_success()) {
            endpoint.note(Seen { at: service.now(), operation, status, fault: None, entry, begin }, None);
        }
        return identified(response, &request_id);
    }
    if let Some(asked) = page::Asked::of(&head) {
        let (response, entry) = page::answer(&endpoint, &peer, &head, asked, body).await;
        if let Some(log) = &endpoint.log {
            log.write(log::line(service.now(), "Page", response.status(), None, &entry));
        }
        return identified(response, &request_id);
    }
    let admitted = admit(service, &peer, &head);
    let account = admitted.as_ref().ok().map(|scope| scope.account.clone());
    let outcome = match admitted {
        Ok(scope) if is_query(&head) => query(&head, &scope, &request_id, body).await,
        Ok(scope) => api(service.in_scope(scope), &head, format, body).await,
        Err(fault) => {
            // Its sender is to read the answer.
            let _ = body.await;
            Outcome::refused("-", fault)
        }
    };
    let Outcome { operation, entry, answered } = outcome;
    let (response, fault) = match answered {
        Ok(Answered::Api(body)) => (response(StatusCode::OK, format, body), None),
        Ok(Answered::Xml(status, body)) => (xml(status, body), None),
        Err(fault) => {
            let status = StatusCode::from_u16(fault.http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            (response(status, format, fault.encode(format)), Some(fault))
        }
    };
    service.metrics().answered(operation, begin, fault.as_ref().map(|fault| fault.exception));
    let (at, status) = (service.now(), response.status());
    endpoint.note(Seen { at, operation, status, fault: fault.as_ref(), entry, begin }, account);
    identified(response, &request_id)
}

/// Whose request it is, if it may be answered at all.
fn admit(service: &Service, peer: &Peer, head: &Parts) -> Result<Scope, Fault> {
    let options = service.options();
    host::check(&options.names, peer.local, &head.uri, &head.headers)
        .map_err(|problem| Fault::new(AwsException::AccessDenied, problem))?;
    Scope::of(&head.headers, &head.uri, &options.scope)
}

/// Carries an operation of the API out.
async fn api(
    service: Service,
    head: &Parts,
    format: Format,
    body: impl Future<Output = Result<Bytes, Fault>>,
) -> Outcome {
    let operation = match operation(&head.method, head.uri.path(), &head.headers, format) {
        Ok(operation) => operation,
        Err(fault) => return Outcome::refused("-", body.await.err().unwrap_or(fault)),
    };
    match body.await {
        Ok(body) => {
            let (answered, entry) = serve(service, operation, format, body).await;
            Outcome { operation: operation.as_str(), entry, answered: answered.map(Answered::Api) }
        }
        Err(fault) => Outcome::refused(operation.as_str(), fault),
    }
}

/// Whether it is the AWS query protocol that a request speaks: a form, or a URL with an action.
fn is_query(head: &Parts) -> bool {
    let form = || {
        let kind = head.headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
        kind.starts_with(b"application/x-www-form-urlencoded") && !head.headers.contains_key(TARGET)
    };
    match head.method {
        Method::POST => head.uri.path() == "/" && form(),
        Method::GET => head.uri.path() == "/" && head.uri.query().and_then(sts::action).is_some(),
        _ => false,
    }
}

async fn query(
    head: &Parts,
    scope: &Scope,
    request_id: &str,
    body: impl Future<Output = Result<Bytes, Fault>>,
) -> Outcome {
    let body = match body.await {
        Ok(body) => body,
        Err(fault) => return Outcome::refused("-", fault),
    };
    let form = std::str::from_utf8(&body).ok();
    let Some(action) = head.uri.query().and_then(sts::action).or_else(|| form.and_then(sts::action)) else {
        let problem = "a form must have an Action, and AWS JSON the header X-Amz-Target: ACMPrivateCA.<Operation>";
        return Outcome::refused("-", Fault::new(AwsException::UnknownOperation, problem));
    };
    let (status, body) = sts::answer(action, scope, request_id);
    let operation = if status.is_success() { "GetCallerIdentity" } else { "-" };
    Outcome { operation, entry: Entry::default(), answered: Ok(Answered::Xml(status, body)) }
}

fn format_of(path: &str) -> Format {
    if path.starts_with("/service/") { Format::Cbor } else { Format::Json }
}

/// The operation that is asked for.
fn operation(method: &Method, path: &str, headers: &HeaderMap, format: Format) -> Result<Operation, Fault> {
    let unknown = |problem: String| Fault::new(AwsException::UnknownOperation, problem);
    let header = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    if method != Method::POST {
        return Err(unknown(format!("the method is POST, not {method}")));
    }
    let name = match format {
        Format::Json if path == "/" => header(TARGET)
            .and_then(|target| target.strip_prefix("ACMPrivateCA."))
            .ok_or_else(|| unknown("the header X-Amz-Target must be ACMPrivateCA.<Operation>".to_owned()))?,
        Format::Json => return Err(unknown(format!("there is nothing at {path}; AWS JSON is at /"))),
        Format::Cbor => {
            if header(SMITHY_PROTOCOL) != Some(RPC_V2_CBOR) {
                return Err(unknown(format!("the header {SMITHY_PROTOCOL} must be {RPC_V2_CBOR}")));
            }
            path.strip_prefix("/service/ACMPrivateCA/operation/")
                .ok_or_else(|| unknown("the path must be /service/ACMPrivateCA/operation/<Operation>".to_owned()))?
        }
    };
    name.parse().map_err(|error| unknown(format!("there is no such operation: {error}")))
}

/// The body, which may be as long as a message can be, and take its time, but not more.
async fn read(body: Body, patience: Duration) -> Result<Bytes, Fault> {
    tokio::time::timeout(patience, read_all(body)).await.unwrap_or_else(|_| {
        let problem = format_args!("the body must arrive within {} seconds", patience.as_secs());
        Err(Fault::new(AwsException::Validation, problem))
    })
}

async fn read_all(mut body: Body) -> Result<Bytes, Fault> {
    let mut read = Vec::new();
    let mut length = 0;
    while let Some(frame) = body.frame().await {
        let broken = |error| Fault::new(AwsException::Validation, format_args!("the body cannot be read: {error}"));
        let Ok(data) = frame.map_err(broken)?.into_data() else { continue };
        length += data.len();
        match length {
            // The usual case: one piece, which is not copied.
            fits if fits == data.len() && fits <= Format::MAX_LEN && body.is_end_stream() => return Ok(data),
            fits if fits <= Format::MAX_LEN => read.extend_from_slice(&data),
            drained if drained <= MOST_DRAINED => read = Vec::new(),
            _ => break,
        }
    }
    match length <= Format::MAX_LEN {
        true => Ok(read.into()),
        false => Err(Fault::new(
            AwsException::Validation,
            format_args!("the body must have at most {} bytes", Format::MAX_LEN),
        )),
    }
}

/// Operations that take long leave the threads that serve connections alone.
async fn serve(service: Service, operation: Operation, format: Format, body: Bytes) -> (Result<Vec<u8>, Fault>, Entry) {
    let takes_long = service.blocks()
        || matches!(
            operation,
            Operation::CreateCertificateAuthority
                | Operation::CreateCertificateAuthorityAuditReport
                | Operation::ImportCertificateAuthorityCertificate
        );
    let serve = move || {
        let answered = service.serve(operation, format, &body);
        (answered, service.into_entry())
    };
    if !takes_long {
        return serve();
    }
    tokio::task::spawn_blocking(serve).await.unwrap_or_else(|_| {
        (Err(Fault::new(AwsException::InternalFailure, "the operation was broken off")), Entry::default())
    })
}

fn identified(mut response: Response<Body>, request_id: &str) -> Response<Body> {
    // A UUID is visible ASCII.
    if let Ok(id) = HeaderValue::from_str(request_id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

fn xml(status: StatusCode, body: String) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/xml"));
    response
}

fn response(status: StatusCode, format: Format, body: Vec<u8>) -> Response<Body> {
    let empty = body.is_empty();
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    match format {
        Format::Json => {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-amz-json-1.1"));
        }
        Format::Cbor => {
            headers.insert(SMITHY_PROTOCOL, HeaderValue::from_static(RPC_V2_CBOR));
            if !empty {
                headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/cbor"));
            }
        }
    }
    response
}
