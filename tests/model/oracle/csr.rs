//! A certification request as R-CSR-2 and R-CSR-6 read it: the frame without mercy, its contents as far as they can be told.

use std::collections::BTreeSet;

use issuance_test_support::asn1::{BIT_STRING, BOOLEAN, INTEGER, OCTET_STRING, SEQUENCE, SET};
use issuance_test_support::inputs::Asked;

use crate::oracle::names;
use crate::oracle::read::{Value, is_wide, one};
use crate::oracle::types::{self, SUBJECT_ALT_NAME};

pub(crate) const EXTENSION_REQUEST: &str = "1.2.840.113549.1.9.14";
pub(crate) const MS_CERT_EXTENSIONS: &str = "1.3.6.1.4.1.311.2.1.14";

/// A certification request.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) der: Vec<u8>,
    pub(crate) subject: Vec<u8>,
    pub(crate) public_key: Vec<u8>,
    pub(crate) extensions: Vec<Asked>,
    /// The type and the values of the attribute for extensions, if it cannot be read as a whole.
    pub(crate) unreadable: Option<(String, Vec<u8>)>,
    /// Whether there are two such attributes.
    pub(crate) asks_twice: bool,
    /// The attributes that the extensions are not taken from: type, SET of values.
    pub(crate) other_attributes: Vec<(String, Vec<u8>)>,
    /// Whether attributes and extensions are DER in all their parts, with identifiers as everybody reads them, and each once.
    pub(crate) is_regular: bool,
}

/// An attribute: its type, and what follows it.
fn attribute(value: Value<'_>) -> Option<(String, Vec<Value<'_>>)> {
    let mut parts = value.inside(SEQUENCE)?;
    let id = (!parts.is_empty()).then(|| parts.remove(0))?;
    Some((id.oid()?, parts))
}

impl Request {
    /// `None` if the frame is not strict DER.
    pub(crate) fn read(der: &[u8]) -> Option<Request> {
        let [info, algorithm, signature] = one(der)?.inside(SEQUENCE)?[..] else { return None };
        let [version, subject, key, attributes] = info.inside(SEQUENCE)?[..] else { return None };
        algorithm.inside(SEQUENCE)?.first()?.oid()?;
        let signature_is_octets = signature.tag == BIT_STRING && signature.content.first() == Some(&0);
        let of_frame = [subject.tag, key.tag, attributes.tag] == [SEQUENCE, SEQUENCE, 0xa0];
        if version.tag != INTEGER || version.content != [0] || !signature_is_octets || !of_frame {
            return None;
        }
        let mut request = Request {
            der: der.to_vec(),
            subject: subject.whole.to_vec(),
            public_key: key.whole.to_vec(),
            extensions: Vec::new(),
            unreadable: None,
            asks_twice: false,
            other_attributes: Vec::new(),
            is_regular: names::attributes(subject.whole).is_some_and(|name| name.iter().all(|a| !a.is_wide)),
        };
        let elements = attributes.inside(0xa0)?;
        request.is_regular &= elements.is_sorted_by_key(|element| element.whole);
        request.take(elements.into_iter().map(attribute).collect::<Option<_>>()?);
        Some(request)
    }

    fn take(&mut self, attributes: Vec<(String, Vec<Value<'_>>)>) {
        let kinds: BTreeSet<&str> = attributes.iter().map(|(id, _)| id.as_str()).collect();
        // R-CSR-6: Microsoft's attribute counts only where there is no other.
        let source = [EXTENSION_REQUEST, MS_CERT_EXTENSIONS].into_iter().find(|source| kinds.contains(source));
        self.asks_twice = attributes.iter().filter(|(id, _)| Some(id.as_str()) == source).count() > 1;
        self.is_regular &= kinds.len() == attributes.len();
        for (id, values) in attributes {
            let set = match values[..] {
                [set] => set.inside(SET).filter(|values| !values.is_empty()),
                _ => None,
            };
            self.is_regular &= set.as_ref().is_some_and(|values| values.is_sorted_by_key(|value| value.whole));
            let whole: Vec<u8> = values.iter().flat_map(|value| value.whole).copied().collect();
            if Some(id.as_str()) != source {
                self.other_attributes.push((id, whole));
                continue;
            }
            // An empty request asks for nothing.
            if let [Value { tag: SET, content: [], .. }] = values[..] {
                continue;
            }
            match set.as_deref().and_then(extensions) {
                Some(extensions) => self.ask(extensions),
                None => {
                    self.is_regular = false;
                    self.unreadable = Some((id, whole));
                }
            }
        }
    }

    fn ask(&mut self, extensions: Vec<(Asked, bool)>) {
        let kinds: BTreeSet<&str> = extensions.iter().map(|(asked, _)| asked.oid.as_str()).collect();
        self.is_regular &= kinds.len() == extensions.len();
        for (asked, is_regular) in extensions {
            let is_san = asked.oid == SUBJECT_ALT_NAME;
            self.is_regular &= is_regular && (!is_san || types::reads(&asked.oid, &asked.value) == Some(true));
            self.extensions.push(asked);
        }
    }
}

/// The extensions of an attribute's values, and of each whether it is in DER.
fn extensions(values: &[Value<'_>]) -> Option<Vec<(Asked, bool)>> {
    let [list] = values else { return None };
    list.inside(SEQUENCE)?.into_iter().map(requested).collect()
}

/// `None` for an element that does not say which extension it is.
fn requested(element: Value<'_>) -> Option<(Asked, bool)> {
    let parts = element.inside(SEQUENCE)?;
    let (id, rest) = parts.split_first()?;
    let oid = id.oid()?;
    let (critical, value) = match *rest {
        [value] => (Some(None), value),
        [critical, value] => ((critical.tag == BOOLEAN).then_some(Some(critical.content)), value),
        _ => (None, element),
    };
    // `critical FALSE` spelled out is read as not critical.
    let readable = matches!(critical, Some(None | Some([0 | 0xff]))) && value.tag == OCTET_STRING;
    let is_regular = readable && critical != Some(Some(&[0])) && !is_wide(id.content);
    let asked = Asked {
        input: format!("csr.extensionRequest {oid}"),
        oid,
        critical: critical == Some(Some(&[0xff])),
        value: if readable { value.content } else { element.whole }.to_vec(),
        standard: false,
        malformed: !readable,
    };
    Some((asked, is_regular))
}
