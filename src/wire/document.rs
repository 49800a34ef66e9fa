//! A tree of what JSON and CBOR have in common, of bounded depth.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;

use base64::prelude::{BASE64_STANDARD, Engine};
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, Serializer};

use crate::Timestamp;
use crate::request::violation::{printed, printed_list};

/// Any value of the wire.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Document {
    Null,
    Bool(bool),
    Integer(i128),
    /// Only written: no request has one.
    #[cfg_attr(not(feature = "api"), allow(dead_code))]
    Timestamp(Timestamp),
    /// A number that is not an integer, as printed.
    Fraction(String),
    Text(String),
    Bytes(Vec<u8>),
    List(Vec<Document>),
    Map(BTreeMap<Cow<'static, str>, Document>),
}

impl Document {
    /// A structure of the members that are present.
    pub(crate) fn structure<const N: usize>(members: [(&'static str, Option<Document>); N]) -> Document {
        let present = members.into_iter().filter_map(|(name, value)| Some((Cow::Borrowed(name), value?)));
        Document::Map(present.collect())
    }

    /// The value as it stands in messages.
    pub(crate) fn printed(&self) -> String {
        match self {
            Document::Null => "null".to_owned(),
            Document::Bool(value) => value.to_string(),
            Document::Integer(value) => value.to_string(),
            Document::Timestamp(time) => time.to_string(),
            Document::Fraction(text) | Document::Text(text) => printed(text),
            Document::Bytes(bytes) => format!("<{} bytes>", bytes.len()),
            Document::List(members) => printed_list(members.len()),
            Document::Map(members) if members.is_empty() => "{}".to_owned(),
            Document::Map(members) => format!("{{<{} members>}}", members.len()),
        }
    }

    pub(crate) fn to_json(&self) -> String {
        let mut out = String::new();
        self.write_json(&mut out);
        out
    }

    /// Unlike `serde_json`'s writer, cannot fail.
    fn write_json(&self, out: &mut String) {
        let text = |text: &str| serde_json::Value::from(text).to_string();
        match self {
            Document::Null => out.push_str("null"),
            Document::Bool(value) => out.push_str(&value.to_string()),
            Document::Integer(value) => out.push_str(&value.to_string()),
            Document::Timestamp(time) => out.push_str(&time.unix().to_string()),
            Document::Fraction(value) | Document::Text(value) => out.push_str(&text(value)),
            Document::Bytes(bytes) => out.push_str(&text(&BASE64_STANDARD.encode(bytes))),
            Document::List(members) => {
                for (position, value) in members.iter().enumerate() {
                    out.push(if position == 0 { '[' } else { ',' });
                    value.write_json(out);
                }
                out.push_str(if members.is_empty() { "[]" } else { "]" });
            }
            Document::Map(members) => {
                for (position, (name, value)) in members.iter().enumerate() {
                    out.push(if position == 0 { '{' } else { ',' });
                    out.push_str(&text(name));
                    out.push(':');
                    value.write_json(out);
                }
                out.push_str(if members.is_empty() { "{}" } else { "}" });
            }
        }
    }
}

impl Serialize for Document {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Document::Null => serializer.serialize_unit(),
            Document::Bool(value) => serializer.serialize_bool(*value),
            // All integers of a request are of 64 bits; some formats have no wider ones.
            Document::Integer(value) => match i64::try_from(*value) {
                Ok(value) => serializer.serialize_i64(value),
                Err(_) => serializer.serialize_i128(*value),
            },
            Document::Timestamp(time) => serializer.serialize_i64(time.unix()),
            Document::Fraction(text) | Document::Text(text) => serializer.serialize_str(text),
            Document::Bytes(bytes) if serializer.is_human_readable() => {
                serializer.serialize_str(&BASE64_STANDARD.encode(bytes))
            }
            Document::Bytes(bytes) => serializer.serialize_bytes(bytes),
            Document::List(members) => serializer.collect_seq(members),
            Document::Map(members) => serializer.collect_map(members),
        }
    }
}

/// The deepest nesting that is read; a request needs eight levels.
pub(crate) const MAX_DEPTH: usize = 32;

/// The most values of a document: more than any request within the bounds of the API model is likely to have, and few
/// enough that a hostile one costs memory in proportion to its octets.
const MAX_NODES: usize = 1 << 18;

/// Counts the values of one document.
#[derive(Default)]
pub(crate) struct Nodes(Cell<usize>);

/// The key under which `serde_json` hands out numbers when some other crate of the build has turned on its feature
/// `arbitrary_precision`.
const PRECISE_NUMBER: &str = "$serde_json::private::Number";

/// Reads a [`Document`] of bounded depth and size.
#[derive(Clone, Copy)]
pub(crate) struct DocumentSeed<'n> {
    /// How many more levels of lists and maps may open.
    levels: usize,
    nodes: &'n Nodes,
}

impl<'n> DocumentSeed<'n> {
    pub(crate) fn new(nodes: &'n Nodes) -> DocumentSeed<'n> {
        DocumentSeed { levels: MAX_DEPTH, nodes }
    }

    fn inner<E: Error>(self) -> Result<DocumentSeed<'n>, E> {
        match self.levels.checked_sub(1) {
            Some(levels) => Ok(DocumentSeed { levels, ..self }),
            None => Err(E::custom(format_args!("nested deeper than {MAX_DEPTH} levels"))),
        }
    }

    fn count<E: Error>(self) -> Result<(), E> {
        let count = self.nodes.0.get() + 1;
        self.nodes.0.set(count);
        match count <= MAX_NODES {
            true => Ok(()),
            false => Err(E::custom(format_args!("more than {MAX_NODES} values"))),
        }
    }
}

impl<'de> DeserializeSeed<'de> for DocumentSeed<'_> {
    type Value = Document;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Document, D::Error> {
        self.count()?;
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for DocumentSeed<'_> {
    type Value = Document;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a null, boolean, number, text, byte string, list or map")
    }

    fn visit_unit<E>(self) -> Result<Document, E> {
        Ok(Document::Null)
    }

    fn visit_none<E>(self) -> Result<Document, E> {
        Ok(Document::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Document, D::Error> {
        self.inner()?.deserialize(deserializer)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Document, E> {
        Ok(Document::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Document, E> {
        Ok(Document::Integer(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Document, E> {
        Ok(Document::Integer(value.into()))
    }

    fn visit_i128<E>(self, value: i128) -> Result<Document, E> {
        Ok(Document::Integer(value))
    }

    fn visit_u128<E>(self, value: u128) -> Result<Document, E> {
        Ok(i128::try_from(value).map_or_else(|_| Document::Fraction(value.to_string()), Document::Integer))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Document, E> {
        // Debug keeps the fraction of 365.0.
        Ok(Document::Fraction(format!("{value:?}")))
    }

    fn visit_str<E>(self, value: &str) -> Result<Document, E> {
        Ok(Document::Text(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Document, E> {
        Ok(Document::Text(value))
    }

    fn visit_bytes<E>(self, value: &[u8]) -> Result<Document, E> {
        Ok(Document::Bytes(value.to_owned()))
    }

    fn visit_byte_buf<E>(self, value: Vec<u8>) -> Result<Document, E> {
        Ok(Document::Bytes(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Document, A::Error> {
        let seed = self.inner()?;
        let mut members = Vec::new();
        while let Some(member) = access.next_element_seed(seed)? {
            members.push(member);
        }
        Ok(Document::List(members))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Document, A::Error> {
        let seed = self.inner()?;
        let mut members = BTreeMap::new();
        while let Some(name) = access.next_key::<String>()? {
            match members.entry(Cow::Owned(name)) {
                Entry::Vacant(entry) => {
                    entry.insert(access.next_value_seed(seed)?);
                }
                Entry::Occupied(entry) => {
                    let name = printed(entry.key());
                    return Err(A::Error::custom(format_args!("the name '{name}' is given twice")));
                }
            }
        }
        match (members.len(), members.get(PRECISE_NUMBER)) {
            (1, Some(Document::Text(number))) => {
                Ok(number.parse().map_or_else(|_| Document::Fraction(number.clone()), Document::Integer))
            }
            _ => Ok(Document::Map(members)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<Document, serde_json::Error> {
        DocumentSeed::new(&Nodes::default()).deserialize(&mut serde_json::Deserializer::from_str(json))
    }

    #[test]
    fn numbers_of_any_precision_are_numbers() {
        let precise = |number: &str| read(&format!("{{\"{PRECISE_NUMBER}\": \"{number}\"}}")).unwrap();
        assert_eq!(precise("365"), Document::Integer(365));
        assert_eq!(precise("365.0"), Document::Fraction("365.0".into()));
        assert_eq!(read("18446744073709551615").unwrap(), Document::Integer(u64::MAX.into()));
        assert_eq!(read("365.0").unwrap(), Document::Fraction("365.0".into()));
    }

    #[test]
    fn text_and_serializer_agree() {
        let text = r#"{"a":[null,true,-1,"\"\u0000é"],"b":{}}"#;
        let document = read(text).unwrap();
        assert_eq!(document.to_json(), text);
        assert_eq!(serde_json::to_string(&document).unwrap(), text);
        assert_eq!(Document::Bytes(vec![0xff; 4]).to_json(), "\"/////w==\"");
    }

    #[test]
    fn depth_is_bounded() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(read(&nested(MAX_DEPTH)).is_ok());
        assert!(read(&nested(MAX_DEPTH + 1)).unwrap_err().to_string().contains("deeper than 32"));
    }

    #[test]
    fn size_is_bounded() {
        let list = |members: usize| format!("[{}0]", "0,".repeat(members - 1));
        assert!(read(&list(MAX_NODES - 1)).is_ok());
        assert!(read(&list(MAX_NODES)).unwrap_err().to_string().contains("more than 262144 values"));
    }
}
