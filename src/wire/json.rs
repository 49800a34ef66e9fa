//! JSON.

use serde::de::DeserializeSeed;

use super::document::{Document, DocumentSeed, Nodes};
use super::{check_len, refused};
use crate::request::violation::{Constraint, RequestError};

/// Reads one JSON document.
pub(crate) fn decode(json: &[u8]) -> Result<Document<'_>, RequestError> {
    check_len(json)?;
    let document = match std::str::from_utf8(json) {
        // Its texts need no second look.
        Ok(text) => read(serde_json::Deserializer::from_str(text)),
        // The error says where.
        Err(_) => read(serde_json::Deserializer::from_slice(json)),
    };
    document.map_err(|error| refused(json, Constraint::Syntax(error.to_string())))
}

fn read<'de, R: serde_json::de::Read<'de>>(
    mut deserializer: serde_json::Deserializer<R>,
) -> Result<Document<'de>, serde_json::Error> {
    let document = DocumentSeed::new(&Nodes::default()).deserialize(&mut deserializer)?;
    deserializer.end().map(|()| document)
}
