//! The protocols of the API over HTTP: which operation, in which format, and how answers look.

use std::sync::Arc;
use std::time::{Duration, Instant, UNIX_EPOCH};

use axum::body::Body;
use axum::extract::{ConnectInfo, State};
use axum::http::header::{CONTENT_TYPE, DATE, HeaderMap, HeaderName, HeaderValue};
use axum::http::request::Parts;
use axum::http::{Method, Request, Response, StatusCode};
use issuance::AwsException;
use issuance::api::{Fault, Format, Operation, Response as _};
use uuid::Uuid;

use crate::access::{Access, Claimed, Refusal};
use crate::body::{Received, Room};
use crate::connections::{Peer, Reach};
use crate::log::{Entry, Log};
use crate::page::recent::Seen;
use crate::page::{self, Page};
use crate::published::{self, Asked};
use crate::scope::Scope;
use crate::service::Service;
use crate::trials::Trials;
use crate::{host, log, sts};

const TARGET: HeaderName = HeaderName::from_static("x-amz-target");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");
const SMITHY_PROTOCOL: HeaderName = HeaderName::from_static("smithy-protocol");
const RPC_V2_CBOR: &str = "rpc-v2-cbor";

/// What answers requests.
pub(crate) struct Endpoint {
    pub(crate) service: Service,
    /// Where each request is logged.
    pub(crate) log: Option<Log>,
    /// What people are shown.
    pub(crate) page: Page,
    /// Who may call; everybody if `None`.
    pub(crate) access: Option<Access>,
    /// The memory for bodies.
    pub(crate) room: Room,
    /// What calls meet on purpose.
    pub(crate) trials: Trials,
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
    /// Whose request it was, if that is certain.
    account: Option<String>,
}

enum Answered {
    /// A response of the API.
    Api(Vec<u8>),
    /// A response of the AWS query protocol.
    Xml(StatusCode, String),
}

impl Outcome {
    fn refused(operation: &'static str, fault: Fault) -> Outcome {
        Outcome::of(operation, Entry::default(), Err(fault))
    }

    fn of(operation: &'static str, entry: Entry, answered: Result<Answered, Fault>) -> Outcome {
        Outcome { operation, entry, answered, account: None }
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
    let body = endpoint.room.read(body, peer.patience);
    if let Some(asked) = Asked::of(&head) {
        let (operation, is_probe) = (asked.name(), asked.is_probe());
        let (response, entry) = match body.await {
            Ok(body) => published::answer(service.in_scope(service.options().scope.clone()), asked, body.bytes).await,
            Err(_) => (response(StatusCode::BAD_REQUEST, format, Vec::new()), Entry::default()),
        };
        service.metrics().answered(operation, begin, None);
        let status = response.status();
        if !(is_probe && status.is_success()) {
            endpoint.note(Seen { at: service.now(), operation, status, fault: None, entry, begin }, None);
        }
        return identified(response, &request_id);
    }
    if peer.reach == Reach::Public {
        return identified(published::nothing_else(), &request_id);
    }
    if let Some(asked) = page::Asked::of(&head) {
        let (response, entry) = page::answer(&endpoint, &peer, &head, asked, body).await;
        if let Some(log) = &endpoint.log {
            log.write(log::line(service.now(), "Page", response.status(), None, &entry));
        }
        return identified(response, &request_id);
    }
    let admitted = endpoint.admit(&peer, &head);
    // A client that is refused is to read the answer, so the body is read in any case.
    let received = body.await;
    let outcome = match admitted {
        Err(refused) => endpoint.refused(&head, refused, &request_id),
        Ok(admitted) => endpoint.carry_out(admitted, &head, format, received, &request_id).await,
    };
    let Outcome { operation, entry, answered, account } = outcome;
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
    identified(dated(response, service), &request_id)
}

/// A clock that is off shows in the answer, where clients look for it.
fn dated(mut response: Response<Body>, service: &Service) -> Response<Body> {
    let now = u64::try_from(service.now().unix()).ok().filter(|_| service.options().clock_offset != 0);
    let date = now.and_then(|now| UNIX_EPOCH.checked_add(Duration::from_secs(now)));
    if let Some(date) = date.and_then(|date| HeaderValue::from_str(&httpdate::fmt_http_date(date)).ok()) {
        response.headers_mut().insert(DATE, date);
    }
    response
}

/// Whose request it is.
enum Admitted {
    /// Nobody's who was authenticated.
    Anyone(Scope),
    Caller(Scope, Box<Claimed>),
}

/// Why a request is not answered.
enum Refused {
    Fault(Fault),
    Signature(Refusal),
}

impl Endpoint {
    /// Whose request it is, as far as its head shows it, if it may be answered at all.
    fn admit(&self, peer: &Peer, head: &Parts) -> Result<Admitted, Refused> {
        let options = self.service.options();
        host::check(&options.names, peer.local, &head.uri, &head.headers)
            .map_err(|problem| Refused::Fault(Fault::new(AwsException::AccessDenied, problem)))?;
        let Some(access) = &self.access else {
            return Scope::of(&head.headers, &head.uri, &options.scope).map(Admitted::Anyone).map_err(Refused::Fault);
        };
        let service = if is_query(head) { "sts" } else { "acm-pca" };
        let claimed = access.claim(head, service, self.service.now()).map_err(Refused::Signature)?;
        // Never from the identifier of the key (R-SVC-3).
        let scope = Scope::new(claimed.region(), &claimed.caller().account);
        let scope = scope.map_err(|problem| Refused::Signature(Refusal::Signature(problem)))?;
        Ok(Admitted::Caller(scope, Box::new(claimed)))
    }

    fn refused(&self, head: &Parts, refused: Refused, request_id: &str) -> Outcome {
        match refused {
            Refused::Fault(fault) => Outcome::refused("-", fault),
            Refused::Signature(refusal) if is_query(head) => {
                let mut entry = Entry::default();
                entry.remark(refusal.fault().to_string());
                let (status, body) = sts::refusal(&refusal, request_id);
                Outcome::of("-", entry, Ok(Answered::Xml(status, body)))
            }
            Refused::Signature(refusal) => Outcome::refused("-", refusal.fault()),
        }
    }

    /// Does what is asked for, once its body is there and its signature is right.
    async fn carry_out(
        &self,
        admitted: Admitted,
        head: &Parts,
        format: Format,
        received: Result<Received, Fault>,
        request_id: &str,
    ) -> Outcome {
        let operation = operation(&head.method, head.uri.path(), &head.headers, format);
        let received = match received {
            Ok(received) => received,
            Err(fault) => return Outcome::refused(operation.map_or("-", Operation::as_str), fault),
        };
        let service = match admitted {
            Admitted::Anyone(scope) => self.service.in_scope(scope),
            Admitted::Caller(scope, claimed) => {
                if let Err(refusal) = claimed.verify(head, &received.bytes) {
                    return self.refused(head, Refused::Signature(refusal), request_id);
                }
                self.service.in_scope(scope).for_caller(Arc::clone(claimed.caller()))
            }
        };
        let account = Some(service.account().to_owned());
        Outcome { account, ..self.serve(service, operation, head, (format, received), request_id).await }
    }

    /// Does what somebody asks for who may.
    async fn serve(
        &self,
        service: Service,
        operation: Result<Operation, Fault>,
        head: &Parts,
        (format, received): (Format, Received),
        request_id: &str,
    ) -> Outcome {
        if is_query(head) {
            return query(service, head, request_id, &received.bytes);
        }
        if service.options().allow_reset && head.method == Method::POST && head.uri.path() == "/_reset" {
            return self.reset(service);
        }
        match operation {
            Ok(operation) => {
                if let Err(fault) = self.trials.meet(operation).await {
                    return Outcome::of(operation.as_str(), service.into_entry(), Err(fault));
                }
                let (answered, entry) = serve(service, operation, format, received).await;
                Outcome::of(operation.as_str(), entry, answered.map(Answered::Api))
            }
            Err(fault) => Outcome::refused("-", fault),
        }
    }

    /// Leads back to the start, for who may do everything.
    fn reset(&self, service: Service) -> Outcome {
        let answered = match service.is_limited() {
            true => Err(Fault::new(AwsException::AccessDenied, "a caller with a policy cannot reset the service")),
            false => service.reset().map_err(|problem| Fault::new(AwsException::InternalFailure, problem)),
        };
        self.trials.reset();
        let answered = answered.map(|()| Answered::Api(b"{}".to_vec()));
        Outcome::of("Reset", service.into_entry(), answered)
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

fn query(service: Service, head: &Parts, request_id: &str, body: &[u8]) -> Outcome {
    let form = std::str::from_utf8(body).ok();
    let Some(action) = head.uri.query().and_then(sts::action).or_else(|| form.and_then(sts::action)) else {
        let problem = "a form must have an Action, and AWS JSON the header X-Amz-Target: ACMPrivateCA.<Operation>";
        return Outcome::refused("-", Fault::new(AwsException::UnknownOperation, problem));
    };
    let (status, body) = sts::answer(action, &service.identity(), request_id);
    let operation = if status.is_success() { "GetCallerIdentity" } else { "-" };
    Outcome::of(operation, service.into_entry(), Ok(Answered::Xml(status, body)))
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

/// Operations that take long leave the threads that serve connections alone.
async fn serve(
    service: Service,
    operation: Operation,
    format: Format,
    received: Received,
) -> (Result<Vec<u8>, Fault>, Entry) {
    let takes_long = service.blocks()
        || matches!(
            operation,
            Operation::CreateCertificateAuthority
                | Operation::CreateCertificateAuthorityAuditReport
                | Operation::ImportCertificateAuthorityCertificate
        );
    let serve = move || {
        let answered = service.serve(operation, format, &received.bytes);
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
