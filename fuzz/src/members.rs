//! Members that no request has: ignored and listed, but for near misses inside `ApiPassthrough` (R-REQ-10).

use std::sync::OnceLock;

use issuance::request::UnusedReason;
use issuance::{Error, IssueCertificateRequest};
use serde_json::Value;

const MODEL: &str = include_str!("../../tests/data/api-model.json");

fn shape(name: &str) -> &'static Value {
    static PARSED: OnceLock<Value> = OnceLock::new();
    let model = PARSED.get_or_init(|| serde_json::from_str(MODEL).expect("the model is JSON"));
    &model["shapes"][name]
}

/// Where a structure stands in a document.
struct Place {
    /// A JSON pointer.
    pointer: String,
    shape: &'static str,
    /// Whether it is `ApiPassthrough` or inside.
    passthrough: bool,
}

/// The structures of a request, wherever they stand.
fn structures(document: &Value) -> Vec<Place> {
    let mut found = Vec::new();
    let mut open = vec![Place { pointer: String::new(), shape: "IssueCertificateRequest", passthrough: false }];
    while let Some(place) = open.pop() {
        let facts = shape(place.shape);
        match (facts["type"].as_str(), document.pointer(&place.pointer)) {
            (Some("structure"), Some(Value::Object(members))) => {
                for name in members.keys() {
                    let Some(shape) = facts["members"][name].as_str() else { continue };
                    let passthrough = place.passthrough || shape == "ApiPassthrough";
                    open.push(Place { pointer: format!("{}/{name}", place.pointer), shape, passthrough });
                }
                // An empty structure counts as absent, which one with an unknown member need not.
                if !members.is_empty() {
                    found.push(place);
                }
            }
            (Some("list"), Some(Value::Array(members))) => {
                let shape = facts["member"].as_str().expect("a member");
                let at = |position| format!("{}/{position}", place.pointer);
                let passthrough = place.passthrough;
                open.extend((0..members.len()).map(|position| Place { pointer: at(position), shape, passthrough }));
            }
            _ => {}
        }
    }
    found
}

fn with_member(document: &Value, place: &Place, name: &str) -> Option<Vec<u8>> {
    let mut document = document.clone();
    let members = document.pointer_mut(&place.pointer)?.as_object_mut()?;
    if members.contains_key(name) {
        return None;
    }
    members.insert(name.to_owned(), Value::from("x"));
    Some(document.to_string().into_bytes())
}

/// A name that is another but for its case, or for at most two letters.
fn near_miss(name: &str, how: u8) -> String {
    let at = usize::from(how >> 3) % name.len();
    let (before, after) = name.split_at(at);
    match how % 8 {
        0 => name.to_ascii_lowercase(),
        1 => name.to_ascii_uppercase(),
        2 => format!("{name}s"),
        3 => format!("{before}_{after}"),
        4 => format!("{before}{}", &after[1..]),
        5 => format!("_{name}_"),
        6 => format!("{before}x{}", &after[1..]),
        _ => format!("{}{}", name[..1].to_ascii_lowercase(), &name[1..]),
    }
}

/// Puts a member that no request has into a request that was read; `choice` says where and which.
pub fn check(request: &IssueCertificateRequest, json: &[u8], choice: &[u8]) {
    // A document with one member twice, or with a number that another parser reads otherwise, says something else here.
    let Ok(document) = serde_json::from_slice::<Value>(json) else { return };
    let plain = document.to_string().into_bytes();
    if IssueCertificateRequest::from_json(&plain).as_ref() != Ok(request) {
        return;
    }
    let plain = IssueCertificateRequest::from_json(&plain).expect("it was read");
    let places = structures(&document);
    let [where_to, which, how, ..] = *choice else { return };
    let Some(place) = places.get(usize::from(where_to) % places.len().max(1)) else { return };
    let known: Vec<&str> = match shape(place.shape)["members"].as_object() {
        Some(members) => members.keys().map(String::as_str).collect(),
        None => return,
    };

    let far = "Something-that-nobody-knows";
    if let Some(octets) = with_member(&document, place, far) {
        let other = IssueCertificateRequest::from_json(&octets);
        let other = other.unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&octets)));
        assert_eq!(other, plain);
        assert_eq!(other.unused_member_count(), plain.unused_member_count() + 1);
        if other.unused_member_count() <= 100 {
            let listed = |request: &IssueCertificateRequest| {
                let unused = request.unused_members().iter();
                unused.filter(|member| member.path().contains(far) && member.reason() == UnusedReason::NotKnown).count()
            };
            assert_eq!(listed(&other), listed(&plain) + 1);
        }
    }

    let meant = known[usize::from(which) % known.len()];
    let near = near_miss(meant, how);
    if known.contains(&near.as_str()) {
        return;
    }
    let Some(octets) = with_member(&document, place, &near) else { return };
    match IssueCertificateRequest::from_json(&octets) {
        Ok(other) => {
            assert!(!place.passthrough, "{near} in {}", place.shape);
            assert_eq!(other, plain);
            assert_eq!(other.unused_member_count(), plain.unused_member_count() + 1);
        }
        Err(error) => {
            assert!(place.passthrough, "{error}: {near} in {}", place.shape);
            assert_eq!(Error::from(error.clone()).aws_exception().to_string(), "InvalidArgsException");
            // Of names that are as near another one may be meant.
            assert!(known.iter().any(|known| error.to_string().contains(known)), "{error}");
        }
    }
}
