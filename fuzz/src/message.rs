//! Requests of the API in both formats.

use std::fmt::{Debug, Write};

use base64::prelude::{BASE64_STANDARD, Engine};
use ciborium::Value;
use issuance::IssueCertificateRequest;
use issuance::api::*;
use issuance::request::{Constraint, RequestError};

/// The item in CBOR.
pub fn to_cbor(item: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    ciborium::into_writer(item, &mut out).expect("a vector takes everything");
    out
}

/// The item in JSON, byte strings in base64; `None` where it has something that JSON has not.
pub fn to_json(item: &Value) -> Option<String> {
    let mut out = String::new();
    write_json(item, &mut out)?;
    Some(out)
}

fn write_json(item: &Value, out: &mut String) -> Option<()> {
    let text = |text: &str| serde_json::Value::from(text).to_string();
    match item {
        Value::Null => out.push_str("null"),
        Value::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Value::Integer(value) => write!(out, "{}", i128::from(*value)).ok()?,
        Value::Float(value) => out.push_str(&serde_json::Number::from_f64(*value)?.to_string()),
        Value::Text(value) => out.push_str(&text(value)),
        Value::Bytes(value) => out.push_str(&text(&BASE64_STANDARD.encode(value))),
        Value::Array(members) => {
            out.push('[');
            for (position, member) in members.iter().enumerate() {
                out.push_str(if position == 0 { "" } else { "," });
                write_json(member, out)?;
            }
            out.push(']');
        }
        Value::Map(members) => {
            out.push('{');
            for (position, (name, member)) in members.iter().enumerate() {
                out.push_str(if position == 0 { "" } else { "," });
                out.push_str(&text(name.as_text()?));
                out.push(':');
                write_json(member, out)?;
            }
            out.push('}');
        }
        _ => return None,
    }
    Some(())
}

/// What JSON says, as a CBOR item.
pub fn from_json(json: &serde_json::Value) -> Value {
    match json {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(value) => Value::Bool(*value),
        serde_json::Value::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(value), _) => Value::Integer(value.into()),
            (_, Some(value)) => Value::Integer(value.into()),
            _ => Value::Float(number.as_f64().expect("a number")),
        },
        serde_json::Value::String(text) => Value::Text(text.clone()),
        serde_json::Value::Array(members) => Value::Array(members.iter().map(from_json).collect()),
        serde_json::Value::Object(members) => {
            Value::Map(members.iter().map(|(name, member)| (Value::Text(name.clone()), from_json(member))).collect())
        }
    }
}

/// Whether the document itself was refused, and not what it says.
pub fn is_unreadable(error: &RequestError) -> bool {
    error.violations().iter().any(|violation| matches!(violation.constraint(), Constraint::Syntax(_)))
}

/// An error has words for each of the violations that it keeps, and counts the others.
pub fn check_error(error: &RequestError) {
    assert!(!error.violations().is_empty() && !error.to_string().is_empty());
    let (kept, count) = (error.violations().len(), error.violation_count());
    assert!(kept == count || kept == 100 && count > 100 && error.to_string().ends_with(" more"), "{error}");
    for violation in error.violations() {
        assert!(!violation.to_string().is_empty() && !violation.constraint().to_string().is_empty());
        assert!(violation.to_string().chars().all(|c| !c.is_control()), "{violation:?}");
    }
}

/// What is not used is listed as far as it goes, and counted.
pub fn check_unused(request: &IssueCertificateRequest) {
    let (listed, count) = (request.unused_members(), request.unused_member_count());
    assert!(listed.len() == count || listed.len() == 100 && count > 100);
    for member in listed {
        assert!(member.path().chars().all(|c| !c.is_control()), "{member:?}");
    }
}

fn has_bytes(item: &Value) -> bool {
    match item {
        Value::Bytes(_) => true,
        Value::Array(members) => members.iter().any(has_bytes),
        Value::Map(members) => members.iter().any(|(_, member)| has_bytes(member)),
        _ => false,
    }
}

/// Both formats give one verdict of an item.
fn check_item<T: Request + PartialEq + Debug>(item: &Value) {
    let Some(json) = to_json(item) else { return };
    let from_json = T::decode(Format::Json, json.as_bytes());
    let from_cbor = T::decode(Format::Cbor, &to_cbor(item));
    match (&from_json, &from_cbor) {
        (_, Ok(_)) => assert_eq!(from_json, from_cbor, "{json}"),
        // As base64, a byte string is a text, which may be right where octets are not.
        _ if has_bytes(item) => {}
        // Each parser has its own words for what it cannot read.
        (Err(a), Err(b)) if is_unreadable(a) => assert!(is_unreadable(b), "{json}: {a}; {b}"),
        _ => assert_eq!(from_json, from_cbor, "{json}"),
    }
    if let Err(error) = &from_json {
        check_error(error);
    }
    check_unknown_member::<T>(item, &from_cbor);
}

/// A member that no request has changes nothing (R-REQ-10).
fn check_unknown_member<T: Request + PartialEq + Debug>(item: &Value, verdict: &Result<T, RequestError>) {
    let Value::Map(members) = item else { return };
    let mut members = members.clone();
    // First, so that it is not taken for what is wrong if the document ends early.
    members.insert(0, (Value::Text("Something-that-nobody-knows".to_owned()), Value::Array(vec![Value::Null])));
    let item = Value::Map(members);
    match (T::decode(Format::Cbor, &to_cbor(&item)), verdict) {
        (Ok(other), verdict) => assert_eq!(Ok(&other), verdict.as_ref()),
        (Err(error), Ok(verdict)) => panic!("{error}: {verdict:?}"),
        (Err(_), Err(_)) => {}
    }
}

/// What a message in one format says is read the same from the other.
fn check_octets<T: Request + PartialEq + Debug>(format: Format, octets: &[u8]) {
    let decoded = T::decode(format, octets);
    let item = match format {
        Format::Json => serde_json::from_slice(octets).ok().map(|json| from_json(&json)),
        Format::Cbor => ciborium::from_reader(octets).ok(),
    };
    let other = item.as_ref().and_then(|item| match format {
        Format::Json => Some((Format::Cbor, to_cbor(item))),
        Format::Cbor => to_json(item).map(|json| (Format::Json, json.into_bytes())),
    });
    match (decoded, other) {
        (Ok(decoded), Some((format, other))) => {
            assert_eq!(T::decode(format, &other).as_ref(), Ok(&decoded), "{:?}", String::from_utf8_lossy(&other));
        }
        // A bignum, a tag, or no octets at all: what the library takes, the other format can say.
        (Ok(decoded), None) => {
            assert!(octets.is_empty() || format == Format::Cbor, "{decoded:?}");
        }
        (Err(error), other) => {
            check_error(&error);
            let texts = item.is_some_and(|item| !has_bytes(&item));
            if let Some((format, other)) = other.filter(|_| texts && !is_unreadable(&error)) {
                assert!(T::decode(format, &other).is_err(), "{error}; {:?}", String::from_utf8_lossy(&other));
            }
        }
    }
}

/// Checks the request of one operation, by its place among them.
macro_rules! requests {
    ($($request:ident)+) => {
        const ITEMS: &[(Operation, fn(&Value))] = &[$(($request::OPERATION, check_item::<$request>)),+];
        const OCTETS: &[fn(Format, &[u8])] = &[$(check_octets::<$request>),+];
    };
}
requests! {
    CreateCertificateAuthorityRequest CreateCertificateAuthorityAuditReportRequest CreatePermissionRequest
    DeleteCertificateAuthorityRequest DeletePermissionRequest DeletePolicyRequest DescribeCertificateAuthorityRequest
    DescribeCertificateAuthorityAuditReportRequest GetCertificateRequest GetCertificateAuthorityCertificateRequest
    GetCertificateAuthorityCsrRequest GetPolicyRequest ImportCertificateAuthorityCertificateRequest
    IssueCertificateRequest ListCertificateAuthoritiesRequest ListPermissionsRequest ListTagsRequest PutPolicyRequest
    RestoreCertificateAuthorityRequest RevokeCertificateRequest TagCertificateAuthorityRequest
    UntagCertificateAuthorityRequest UpdateCertificateAuthorityRequest
}

/// The operations, in the order of the API model.
pub fn operations() -> impl Iterator<Item = Operation> {
    ITEMS.iter().map(|(operation, _)| *operation)
}

/// Reads an item as the request of an operation, in both formats.
pub fn check_request(operation: usize, item: &Value) {
    let (operation, check) = ITEMS[operation % ITEMS.len()];
    check(item);
    if operation == Operation::IssueCertificate {
        check_issue(item);
    }
}

/// Reads a message as the request of an operation, and what it says from the other format.
pub fn check_message(operation: usize, format: Format, octets: &[u8]) {
    OCTETS[operation % OCTETS.len()](format, octets);
}

/// The one request that is also written.
fn check_issue(item: &Value) {
    let Ok(request) = IssueCertificateRequest::decode(Format::Cbor, &to_cbor(item)) else { return };
    check_unused(&request);
    if let Some(Ok(from_json)) = to_json(item).map(|json| IssueCertificateRequest::from_json(json.as_bytes())) {
        assert_eq!(from_json.unused_members(), request.unused_members());
    }
    let json = request.to_json();
    assert_eq!(IssueCertificateRequest::decode(Format::Json, json.as_bytes()).as_ref(), Ok(&request));
    assert_eq!(serde_json::to_string(&request).expect("serialisable"), json);
    let mut cbor = Vec::new();
    ciborium::into_writer(&request, &mut cbor).expect("serialisable");
    assert_eq!(IssueCertificateRequest::decode(Format::Cbor, &cbor).as_ref(), Ok(&request));
}
