//! Requests made along the API model: members that exist, of the type that they have, with values in and out of bounds.

use std::sync::OnceLock;

use arbitrary::{Result, Unstructured};
use ciborium::Value;
use serde_json::Value as Json;

const MODEL: &str = include_str!("../../tests/data/api-model.json");

/// Texts of the forms that members ask for.
const TEXTS: [&str; 43] = [
    "",
    "a",
    "US",
    "u",
    "Example Corp",
    "\u{e9}\u{4e2d}\u{1f600}",
    "\u{0}",
    "a\nb",
    "*",
    "*.example.com",
    "example.com",
    "someone@example.com",
    "https://example.com/cps",
    "http://[2001:db8::1]/",
    "192.0.2.1",
    "2001:db8::1",
    "2001:db8:0:0:0:0:192.0.2.1",
    "2.5.29.17",
    "1.3.6.1.4.1.32473.1",
    "2.25.329800735698586629295641978511506172918",
    "1.40",
    // Aliases (R-MRG-9), one of them where an arc wraps, and types of otherName that have their own string or none (R-ENC-3).
    "2.5.29.10",
    "2.5.29.7",
    "1.3.6.1.4.1.311.21.10",
    "2.16.840.1.113730.1.1",
    "2.5.29.4294967311",
    "1.3.6.1.5.5.7.8.7",
    "1.3.6.1.5.2.2",
    // Names that say nothing, and an address that embeds one (R-CSR-8, R-CA-5).
    " ",
    "   ",
    "::ffff:10.0.0.1",
    "AwIFog==",
    "BQA=",
    "MAA=",
    "MAA",
    "crl/path",
    "bucket",
    "123456789012",
    "acm.amazonaws.com",
    "12345678-1234-1234-1234-123456789012",
    "arn:aws:acm-pca:us-west-2:123456789012:certificate-authority/12345678-1234-1234-1234-123456789012",
    "arn:aws:acm-pca:us-west-2:123456789012:certificate-authority/12345678-1234-1234-1234-123456789012/certificate/1a2b",
    "arn:aws:acm-pca:::template/EndEntityCertificate_APIPassthrough/V1",
];

fn model() -> &'static Json {
    static PARSED: OnceLock<Json> = OnceLock::new();
    PARSED.get_or_init(|| serde_json::from_str(MODEL).expect("the model is JSON"))
}

/// Members that are not in the API model: one unknown, and known ones misspelled (R-REQ-10).
const STRANGE: [&str; 4] = ["Priority", "Subjects", "commonName", "KeyUsages"];

/// The input of an operation, most of its members as the model has them.
pub fn request(operation: &str, u: &mut Unstructured<'_>) -> Result<Value> {
    let shape = model()["operations"][operation]["input"].as_str().expect("an input");
    value(shape, u, 0)
}

/// One in sixteen, and none once the octets are used up.
fn rarely(u: &mut Unstructured<'_>) -> Result<bool> {
    Ok(!u.is_empty() && u.arbitrary::<u8>()? >= 0xf0)
}

fn value(shape: &str, u: &mut Unstructured<'_>, depth: usize) -> Result<Value> {
    if rarely(u)? {
        return wrong(u);
    }
    let facts = &model()["shapes"][shape];
    match facts["type"].as_str().expect("a type") {
        "structure" => structure(facts, u, depth),
        "list" => {
            let most = facts["max"].as_u64().unwrap_or(8) + 1;
            let count = if rarely(u)? { u.int_in_range(0..=most)? } else { u.int_in_range(1..=3)? };
            let member = facts["member"].as_str().expect("a member");
            (0..count).map(|_| value(member, u, depth + 1)).collect::<Result<_>>().map(Value::Array)
        }
        "string" => text(facts, u).map(Value::Text),
        "blob" => match u.ratio(1, 4)? {
            true => Ok(Value::Text(TEXTS[u.choose_index(TEXTS.len())?].to_owned())),
            false => u.arbitrary().map(Value::Bytes),
        },
        "boolean" => u.arbitrary().map(Value::Bool),
        "integer" | "long" => {
            let (min, max) = (facts["min"].as_i64().unwrap_or(0), facts["max"].as_i64().unwrap_or(i64::MAX));
            let number = match u.int_in_range(0..=7)? {
                0 => u.arbitrary()?,
                1 => min.wrapping_sub(1),
                2 => max.wrapping_add(1),
                3 => max,
                4 => u.int_in_range(min..=max)?,
                _ => u.int_in_range(min..=min.saturating_add(999).min(max))?,
            };
            Ok(Value::Integer(number.into()))
        }
        // No request has a timestamp.
        _ => wrong(u),
    }
}

fn structure(facts: &Json, u: &mut Unstructured<'_>, depth: usize) -> Result<Value> {
    let required: Vec<&str> = facts["required"].as_array().into_iter().flatten().filter_map(Json::as_str).collect();
    let members = facts["members"].as_object().expect("members");
    // Of structures without a required member some are unions, which want one.
    let only = match required.is_empty() && u.ratio(1, 2)? {
        true if !members.is_empty() => Some(u.choose_index(members.len())?),
        _ => None,
    };
    let mut given = Vec::new();
    for (position, (name, shape)) in members.iter().enumerate() {
        let wanted = match only {
            Some(only) => position == only,
            None if required.contains(&name.as_str()) => !rarely(u)?,
            None => depth < 6 && u.ratio(1, 3)?,
        };
        if wanted {
            given.push((Value::Text(name.clone()), value(shape.as_str().expect("a name"), u, depth + 1)?));
        }
    }
    if rarely(u)? {
        let name = if u.arbitrary()? { u.arbitrary()? } else { STRANGE[u.choose_index(STRANGE.len())?].to_owned() };
        given.push((Value::Text(name), wrong(u)?));
    }
    Ok(Value::Map(given))
}

fn text(facts: &Json, u: &mut Unstructured<'_>) -> Result<String> {
    if let Some(names) = facts["enum"].as_array() {
        return Ok(names[u.choose_index(names.len())?].as_str().expect("a name").to_owned());
    }
    let max = facts["max"].as_u64().unwrap_or(300) as usize;
    Ok(match u.int_in_range(0..=5)? {
        0 => u.arbitrary()?,
        // At most, and one more.
        1 => "x".repeat(max.min(4096)),
        2 => "x".repeat(max.min(4096) + 1),
        _ => TEXTS[u.choose_index(TEXTS.len())?].to_owned(),
    })
}

/// A value of any type.
fn wrong(u: &mut Unstructured<'_>) -> Result<Value> {
    Ok(match u.int_in_range(0..=7)? {
        0 => Value::Null,
        1 => Value::Bool(u.arbitrary()?),
        2 => Value::Integer(u.arbitrary::<i64>()?.into()),
        // Of few digits: parsers of JSON differ in the last of many.
        3 => Value::Float(f64::from(u.arbitrary::<i16>()?) / 4.0),
        4 => Value::Text(u.arbitrary()?),
        5 => Value::Bytes(u.arbitrary()?),
        6 => Value::Array(vec![Value::Null; u.int_in_range(0..=2)?]),
        _ => Value::Map(Vec::new()),
    })
}
