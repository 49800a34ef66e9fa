//! The two protocols of the API over HTTP: which operation, in which format, and how answers look.

use std::sync::Arc;

use axum::body::HttpBody;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use axum::http::{Method, Request, Response, StatusCode};
use http_body_util::BodyExt;
use issuance::AwsException;
use issuance::api::{Fault, Format, Operation, Response as _};

use crate::service::Service;

const TARGET: HeaderName = HeaderName::from_static("x-amz-target");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");
const SMITHY_PROTOCOL: HeaderName = HeaderName::from_static("smithy-protocol");
const RPC_V2_CBOR: &str = "rpc-v2-cbor";

/// How much of a body that is too long is read and thrown away, so that its sender gets to read the answer.
const MOST_DRAINED: usize = 16 * Format::MAX_LEN;

/// Answers one request.
pub async fn answer(State(service): State<Arc<Service>>, request: Request<Body>) -> Response<Body> {
    let (head, body) = request.into_parts();
    let format = format_of(head.uri.path());
    let answered = match operation(&head.method, head.uri.path(), &head.headers, format) {
        Ok(operation) => match read(body).await {
            Ok(body) => serve(service, operation, format, body).await,
            Err(fault) => Err(fault),
        },
        Err(fault) => read(body).await.and(Err(fault)),
    };
    match answered {
        Ok(body) => response(StatusCode::OK, format, body),
        Err(fault) => {
            let status = StatusCode::from_u16(fault.http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            response(status, format, fault.encode(format))
        }
    }
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

/// The body, which may be as long as a message can be.
async fn read(mut body: Body) -> Result<Bytes, Fault> {
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
            format_args!("the body must have at most {} octets", Format::MAX_LEN),
        )),
    }
}

/// Operations that take long leave the threads that serve connections alone.
async fn serve(service: Arc<Service>, operation: Operation, format: Format, body: Bytes) -> Result<Vec<u8>, Fault> {
    match operation {
        Operation::CreateCertificateAuthority
        | Operation::CreateCertificateAuthorityAuditReport
        | Operation::ImportCertificateAuthorityCertificate => {
            let served = tokio::task::spawn_blocking(move || service.serve(operation, format, &body));
            served
                .await
                .unwrap_or_else(|_| Err(Fault::new(AwsException::InternalFailure, "the operation was broken off")))
        }
        _ => service.serve(operation, format, &body),
    }
}

fn response(status: StatusCode, format: Format, body: Vec<u8>) -> Response<Body> {
    let empty = body.is_empty();
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    // A UUID is visible ASCII.
    if let Ok(id) = HeaderValue::from_str(uuid::Uuid::new_v4().hyphenated().encode_lower(&mut [0; 36])) {
        headers.insert(REQUEST_ID, id);
    }
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
