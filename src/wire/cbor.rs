//! CBOR, as Smithy's protocol `rpc-v2-cbor` has it: blobs are byte strings, timestamps have the tag 1.

use ciborium::Value;
use serde::de::{Deserialize, DeserializeSeed, Deserializer};

use super::document::{Document, DocumentSeed, MAX_DEPTH, Nodes};
use super::{check_len, refused};
use crate::request::violation::{Constraint, RequestError};

/// Seconds since the epoch (RFC 8949 section 3.4.2).
const EPOCH_TAG: u64 = 1;

/// A document, as `ciborium` takes no seed.
struct Whole(Document<'static>);

impl<'de> Deserialize<'de> for Whole {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Its texts were copied on the way already.
        DocumentSeed::new(&Nodes::default()).deserialize(deserializer).map(|document| Whole(document.into_owned()))
    }
}

/// Reads one CBOR data item.
pub(crate) fn decode(cbor: &[u8]) -> Result<Document<'static>, RequestError> {
    check_len(cbor)?;
    let syntax = |reason| refused(cbor, Constraint::Syntax(reason));
    let mut rest = cbor;
    // One level more than documents have, so that too deep a document is refused in our words.
    match ciborium::de::from_reader_with_recursion_limit::<Whole, _>(&mut rest, MAX_DEPTH + 1) {
        Ok(Whole(document)) if rest.is_empty() => Ok(document),
        Ok(_) => Err(syntax(format!("{} bytes follow the data item", rest.len()))),
        Err(ciborium::de::Error::Io(_)) => Err(syntax("it ends early".to_owned())),
        Err(ciborium::de::Error::Syntax(offset)) => Err(syntax(format!("no CBOR at byte {offset}"))),
        Err(ciborium::de::Error::Semantic(_, reason)) => Err(syntax(reason)),
        Err(ciborium::de::Error::RecursionLimitExceeded) => {
            Err(syntax(format!("nested deeper than {MAX_DEPTH} levels")))
        }
    }
}

/// Writes one CBOR data item.
pub(crate) fn encode(document: &Document<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    let written = ciborium::into_writer(&value(document), &mut out);
    debug_assert!(written.is_ok(), "a vector takes everything");
    out
}

fn value(document: &Document<'_>) -> Value {
    match document {
        Document::Null => Value::Null,
        Document::Bool(value) => Value::Bool(*value),
        Document::Integer(value) => Value::Integer((*value).into()),
        Document::Timestamp(time) => Value::Tag(EPOCH_TAG, Box::new(Value::Integer(time.unix().into()))),
        Document::OtherNumber(text) => Value::Text(text.to_string()),
        Document::Text(text) => Value::Text(text.to_string()),
        Document::Bytes(bytes) => Value::Bytes(bytes.to_vec()),
        Document::List(members) => Value::Array(members.iter().map(value).collect()),
        Document::Map(members) => {
            Value::Map(members.iter().map(|(name, member)| (Value::Text(name.to_string()), value(member))).collect())
        }
    }
}
