//! JSON.

use serde::de::DeserializeSeed;

use super::document::{Document, DocumentSeed, Nodes};
use super::{check_len, refused};
use crate::request::violation::{Constraint, RequestError};

/// Reads one JSON document.
pub(crate) fn decode(json: &[u8]) -> Result<Document, RequestError> {
    check_len(json)?;
    let nodes = Nodes::default();
    let mut deserializer = serde_json::Deserializer::from_slice(json);
    let document = DocumentSeed::new(&nodes).deserialize(&mut deserializer);
    document
        .and_then(|document| deserializer.end().map(|()| document))
        .map_err(|error| refused(json, Constraint::Syntax(error.to_string())))
}
