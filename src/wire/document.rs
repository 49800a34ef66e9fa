//! A tree of what JSON and CBOR have in common, of bounded depth.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::fmt;
use std::sync::LazyLock;

use base64::prelude::{BASE64_STANDARD, Engine};
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Unexpected, Visitor};
use serde::ser::{Serialize, Serializer};

use crate::request::violation::{printed, printed_list};
use crate::x509::timestamp::Timestamp;

/// Any value of the wire. Boxes in place of vectors: a hostile message is all small values, so the size of one counts. Text without an
/// escape stays in the message.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Document<'a> {
    Null,
    Bool(bool),
    Integer(i64),
    /// Only written: no request has one.
    #[cfg_attr(not(feature = "api"), allow(dead_code))]
    Timestamp(Timestamp),
    /// A number that is not an integer of 64 bits, as printed.
    OtherNumber(Box<str>),
    Text(Cow<'a, str>),
    Bytes(Box<[u8]>),
    List(Box<[Document<'a>]>),
    Map(Map<'a>),
}

/// Members in the order of their names, none of which is there twice.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Map<'a>(Box<[Named<'a>]>);

/// A member.
type Named<'a> = (Cow<'a, str>, Document<'a>);

/// The most members among which one is looked for from the first on: to compare lengths is faster than to halve a list.
const FEW: usize = 16;

impl<'a> Map<'a> {
    /// Sorts members by their names; one that is given twice is the error.
    fn sort<'m>(members: &'m mut [Named<'a>]) -> Result<(), &'m str> {
        members.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        match members.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            Some(pair) => Err(&pair[0].0),
            None => Ok(()),
        }
    }

    /// Takes a member; null stays in its place. Null is what an absent member is, too.
    pub(crate) fn take(&mut self, name: &str) -> Document<'a> {
        let place = match self.0.len() {
            0..=FEW => self.0.iter().position(|(other, _)| other == name),
            _ => self.0.binary_search_by(|(other, _)| other.as_ref().cmp(name)).ok(),
        };
        place.map_or(Document::Null, |place| std::mem::replace(&mut self.0[place].1, Document::Null))
    }

    /// The members, in the order of their names.
    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Document<'a>)> {
        self.0.iter().map(|(name, value)| (name.as_ref(), value))
    }
}

impl<'a> Document<'a> {
    /// A structure of the members that are present.
    pub(crate) fn structure(members: impl IntoIterator<Item = (&'static str, Option<Document<'a>>)>) -> Document<'a> {
        let present = members.into_iter().filter_map(|(name, value)| Some((Cow::Borrowed(name), value?)));
        let mut present: Box<[_]> = present.collect();
        // Names of the API model are not there twice.
        let sorted = Map::sort(&mut present).is_ok();
        debug_assert!(sorted, "a name is there twice");
        Document::Map(Map(present))
    }

    /// The value as it stands in messages.
    pub(crate) fn printed(&self) -> String {
        match self {
            Document::Null => "null".to_owned(),
            Document::Bool(value) => value.to_string(),
            Document::Integer(value) => value.to_string(),
            Document::Timestamp(time) => time.to_string(),
            Document::OtherNumber(text) => printed(text),
            Document::Text(text) => printed(text),
            Document::Bytes(bytes) => format!("<{} bytes>", bytes.len()),
            Document::List(members) => printed_list(members.len()),
            Document::Map(members) => match members.iter().len() {
                0 => "{}".to_owned(),
                count => format!("{{<{count} members>}}"),
            },
        }
    }

    pub(crate) fn to_json(&self) -> String {
        let mut out = String::new();
        self.write_json(&mut out);
        out
    }

    /// The same, with nothing left in the message.
    #[cfg(feature = "api")]
    pub(crate) fn into_owned(self) -> Document<'static> {
        match self {
            Document::Null => Document::Null,
            Document::Bool(value) => Document::Bool(value),
            Document::Integer(value) => Document::Integer(value),
            Document::Timestamp(time) => Document::Timestamp(time),
            Document::OtherNumber(text) => Document::OtherNumber(text),
            Document::Text(text) => Document::Text(Cow::Owned(text.into_owned())),
            Document::Bytes(bytes) => Document::Bytes(bytes),
            Document::List(members) => Document::List(members.into_iter().map(Document::into_owned).collect()),
            Document::Map(Map(members)) => {
                let owned = |(name, value): Named<'a>| (Cow::Owned(name.into_owned()), value.into_owned());
                Document::Map(Map(members.into_iter().map(owned).collect()))
            }
        }
    }

    /// Unlike `serde_json`'s writer, cannot fail.
    fn write_json(&self, out: &mut String) {
        let text = |text: &str| serde_json::Value::from(text).to_string();
        match self {
            Document::Null => out.push_str("null"),
            Document::Bool(value) => out.push_str(&value.to_string()),
            Document::Integer(value) => out.push_str(&value.to_string()),
            Document::Timestamp(time) => out.push_str(&time.unix().to_string()),
            Document::OtherNumber(value) => out.push_str(&text(value)),
            Document::Text(value) => out.push_str(&text(value)),
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
                out.push_str(if members.iter().len() == 0 { "{}" } else { "}" });
            }
        }
    }
}

impl Serialize for Document<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Document::Null => serializer.serialize_unit(),
            Document::Bool(value) => serializer.serialize_bool(*value),
            Document::Integer(value) => serializer.serialize_i64(*value),
            Document::Timestamp(time) => serializer.serialize_i64(time.unix()),
            Document::OtherNumber(text) => serializer.serialize_str(text),
            Document::Text(text) => serializer.serialize_str(text),
            Document::Bytes(bytes) if serializer.is_human_readable() => {
                serializer.serialize_str(&BASE64_STANDARD.encode(bytes))
            }
            Document::Bytes(bytes) => serializer.serialize_bytes(bytes),
            Document::List(members) => serializer.collect_seq(members.iter()),
            Document::Map(members) => serializer.collect_map(members.iter()),
        }
    }
}

/// The deepest nesting that is read (R-ERR-2); a request needs eight levels.
pub(crate) const MAX_DEPTH: usize = 32;

/// The most values of a document (R-ERR-2): more than any request within the bounds of the API model is likely to have, and few
/// enough that a hostile one costs memory in proportion to its bytes.
const MAX_NODES: usize = 1 << 18;

/// What the values of one document have in common.
pub(crate) struct Nodes<'de> {
    count: Cell<usize>,
    /// The members so far of the maps that are being read, of the innermost last.
    members: RefCell<Vec<Named<'de>>>,
    /// Whether the last text was handed over as a `String`.
    owned_text: Cell<bool>,
}

impl Default for Nodes<'_> {
    fn default() -> Self {
        // Room for what most requests have.
        Nodes { count: Cell::default(), members: RefCell::new(Vec::with_capacity(16)), owned_text: Cell::default() }
    }
}

/// The key under which `serde_json` hands out numbers when some crate of the build has turned on its feature
/// `arbitrary_precision`: a map of this one member, whose value is handed over as a `String`. The texts of a document are not, so
/// a structure that somebody made of this member stays one.
const PRECISE_NUMBER: &str = "$serde_json::private::Number";

/// Whether the feature is turned on: only then `serde_json` reads this document as a number.
static NUMBERS_ARE_MAPS: LazyLock<bool> = LazyLock::new(|| {
    let document = format!("{{\"{PRECISE_NUMBER}\":\"0\"}}");
    serde_json::from_str::<serde_json::Value>(&document).is_ok_and(|value| value.is_number())
});

/// Reads a [`Document`] of bounded depth and size.
#[derive(Clone, Copy)]
pub(crate) struct DocumentSeed<'n, 'de> {
    /// How many more levels of lists and maps may open.
    levels: usize,
    nodes: &'n Nodes<'de>,
}

impl<'n, 'de> DocumentSeed<'n, 'de> {
    pub(crate) fn new(nodes: &'n Nodes<'de>) -> DocumentSeed<'n, 'de> {
        DocumentSeed { levels: MAX_DEPTH, nodes }
    }

    fn inner<E: Error>(self) -> Result<DocumentSeed<'n, 'de>, E> {
        match self.levels.checked_sub(1) {
            Some(levels) => Ok(DocumentSeed { levels, ..self }),
            None => Err(E::custom(format_args!("nested deeper than {MAX_DEPTH} levels"))),
        }
    }

    fn count<E: Error>(self) -> Result<(), E> {
        let count = self.nodes.count.get() + 1;
        self.nodes.count.set(count);
        match count <= MAX_NODES {
            true => Ok(()),
            false => Err(E::custom(format_args!("more than {MAX_NODES} values"))),
        }
    }
}

impl<'de> DeserializeSeed<'de> for DocumentSeed<'_, 'de> {
    type Value = Document<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Document<'de>, D::Error> {
        self.count()?;
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for DocumentSeed<'_, 'de> {
    type Value = Document<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a null, boolean, number, text, byte string, list or map")
    }

    fn visit_unit<E>(self) -> Result<Document<'de>, E> {
        Ok(Document::Null)
    }

    fn visit_none<E>(self) -> Result<Document<'de>, E> {
        Ok(Document::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Document<'de>, D::Error> {
        self.inner()?.deserialize(deserializer)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Document<'de>, E> {
        Ok(Document::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Document<'de>, E> {
        Ok(Document::Integer(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Document<'de>, E> {
        Ok(number(value))
    }

    fn visit_i128<E>(self, value: i128) -> Result<Document<'de>, E> {
        Ok(number(value))
    }

    fn visit_u128<E>(self, value: u128) -> Result<Document<'de>, E> {
        Ok(number(value))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Document<'de>, E> {
        // Debug keeps the fraction of 365.0.
        Ok(Document::OtherNumber(format!("{value:?}").into()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Document<'de>, E> {
        self.nodes.owned_text.set(false);
        Ok(Document::Text(Cow::Owned(value.to_owned())))
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Document<'de>, E> {
        self.nodes.owned_text.set(false);
        Ok(Document::Text(Cow::Borrowed(value)))
    }

    fn visit_string<E>(self, value: String) -> Result<Document<'de>, E> {
        self.nodes.owned_text.set(true);
        Ok(Document::Text(value.into_boxed_str().into_string().into()))
    }

    fn visit_bytes<E>(self, value: &[u8]) -> Result<Document<'de>, E> {
        Ok(Document::Bytes(value.into()))
    }

    fn visit_byte_buf<E>(self, value: Vec<u8>) -> Result<Document<'de>, E> {
        Ok(Document::Bytes(value.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Document<'de>, A::Error> {
        let seed = self.inner()?;
        let mut members = Vec::new();
        while let Some(member) = access.next_element_seed(seed)? {
            members.push(member);
        }
        Ok(Document::List(members.into()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Document<'de>, A::Error> {
        let seed = self.inner()?;
        let start = self.nodes.members.borrow().len();
        while let Some(name) = access.next_key_seed(NameSeed)? {
            let member = (name, access.next_value_seed(seed)?);
            self.nodes.members.borrow_mut().push(member);
        }
        let mut all = self.nodes.members.borrow_mut();
        let members = &mut all[start..];
        if let [(name, Document::Text(number))] = &*members
            && name == PRECISE_NUMBER
            && self.nodes.owned_text.get()
            && *NUMBERS_ARE_MAPS
        {
            let integer = number.parse().map(Document::Integer);
            let number = integer.unwrap_or_else(|_| Document::OtherNumber(number.as_ref().into()));
            all.truncate(start);
            return Ok(number);
        }
        match Map::sort(members) {
            Ok(()) => Ok(Document::Map(Map(all.drain(start..).collect()))),
            Err(name) => Err(A::Error::custom(format_args!("the name '{}' is given twice", printed(name)))),
        }
    }
}

/// Reads the name of a member as a `String` would be read, but leaves it in the message where it can.
struct NameSeed;

impl<'de> DeserializeSeed<'de> for NameSeed {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Cow<'de, str>, D::Error> {
        deserializer.deserialize_string(self)
    }
}

impl<'de> Visitor<'de> for NameSeed {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E>(self, name: &str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Owned(name.to_owned()))
    }

    fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Borrowed(name))
    }

    fn visit_string<E>(self, name: String) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Owned(name))
    }

    fn visit_bytes<E: Error>(self, name: &[u8]) -> Result<Cow<'de, str>, E> {
        match std::str::from_utf8(name) {
            Ok(name) => self.visit_str(name),
            Err(_) => Err(E::invalid_value(Unexpected::Bytes(name), &self)),
        }
    }
}

/// An integer of any width.
fn number<'a, N: TryInto<i64> + Copy + ToString>(value: N) -> Document<'a> {
    value.try_into().map_or_else(|_| Document::OtherNumber(value.to_string().into()), Document::Integer)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<Document<'_>, serde_json::Error> {
        DocumentSeed::new(&Nodes::default()).deserialize(&mut serde_json::Deserializer::from_str(json))
    }

    #[test]
    fn numbers_of_any_width_are_numbers() {
        assert_eq!(read("365").unwrap(), Document::Integer(365));
        assert_eq!(read("-9223372036854775808").unwrap(), Document::Integer(i64::MIN));
        assert_eq!(read("18446744073709551615").unwrap(), Document::OtherNumber("18446744073709551615".into()));
        assert_eq!(read("365.0").unwrap(), Document::OtherNumber("365.0".into()));
    }

    #[test]
    fn a_structure_is_no_number_whatever_its_member_is_called() {
        for json in [
            format!("{{\"{PRECISE_NUMBER}\":\"365\"}}"),
            format!("{{\"{PRECISE_NUMBER}\":\"\\u0033\"}}"),
            format!("{{\"{PRECISE_NUMBER}\":\"{}\"}}", "7".repeat(10_000)),
        ] {
            assert!(matches!(read(&json).unwrap(), Document::Map(_)), "{json}");
        }
        let value = serde_json::Value::Object([(PRECISE_NUMBER.to_owned(), "365".into())].into_iter().collect());
        let read = DocumentSeed::new(&Nodes::default()).deserialize(value).unwrap();
        assert_eq!(matches!(read, Document::Map(_)), !*NUMBERS_ARE_MAPS);
    }

    #[test]
    fn a_value_is_small() {
        assert_eq!((size_of::<Document<'_>>(), size_of::<Named<'_>>()), (24, 48));
    }

    #[test]
    fn members_are_taken_once() {
        let Document::Map(mut members) = read(r#"{"b":1,"a":2,"c":null}"#).unwrap() else { panic!() };
        assert_eq!(members.take("b"), Document::Integer(1));
        assert_eq!((members.take("b"), members.take("d")), (Document::Null, Document::Null));
        let left: Vec<_> = members.iter().filter(|(_, value)| **value != Document::Null).collect();
        assert_eq!(left, [("a", &Document::Integer(2))]);
        assert!(read(r#"{"b":1,"a":2,"b":null}"#).unwrap_err().to_string().contains("the name 'b' is given twice"));
    }

    #[test]
    fn text_and_serializer_agree() {
        let text = r#"{"a":[null,true,-1,"\"\u0000é"],"b":{}}"#;
        let document = read(text).unwrap();
        assert_eq!(document.to_json(), text);
        assert_eq!(serde_json::to_string(&document).unwrap(), text);
        assert_eq!(Document::Bytes([0xff; 4].into()).to_json(), "\"/////w==\"");
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
