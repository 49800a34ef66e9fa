//! A certification request taken apart without the library: the frame, the attributes and the extensions that it asks for.

use crate::der::{Element, Walk};
use crate::oids;

/// extensionRequest.
pub const EXTENSION_REQUEST: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 14];
/// Microsoft's older attribute.
pub const MICROSOFT_EXTENSIONS: &[u8] = &[0x2b, 6, 1, 4, 1, 0x82, 0x37, 2, 1, 14];

/// What stands in the frame of a request.
pub struct Frame<'a> {
    /// CertificationRequestInfo.
    pub info: &'a [u8],
    /// The subject, one SEQUENCE.
    pub subject: &'a [u8],
    /// SubjectPublicKeyInfo.
    pub public_key: &'a [u8],
    /// The content of the attributes element.
    pub attributes: &'a [u8],
}

/// Reads the frame; `None` where it is not DER.
pub fn frame(der: &[u8]) -> Option<Frame<'_>> {
    let mut outer = Walk::single(der, 0x30).ok()?;
    let info = outer.any().ok().filter(|info| info.tag == 0x30)?;
    let mut algorithm = Walk::new(outer.read(0x30).ok()?);
    identifier(algorithm.read(6).ok()?)?;
    outer.read(3).ok()?.strip_prefix(&[0])?;
    outer.end().ok()?;
    let mut fields = Walk::new(info.content);
    let _version = fields.read(2).ok().filter(|version| *version == [0])?;
    let subject = fields.any().ok().filter(|subject| subject.tag == 0x30)?;
    let public_key = fields.any().ok().filter(|key| key.tag == 0x30)?;
    let attributes = fields.read(0xa0).ok()?;
    fields.end().ok()?;
    Some(Frame { info: info.whole, subject: subject.whole, public_key: public_key.whole, attributes })
}

/// An identifier of at most 63 octets, which is what the library holds.
fn identifier(content: &[u8]) -> Option<&[u8]> {
    oids::arcs(content).filter(|_| content.len() <= 63).map(|_| content)
}

/// An attribute or an extension: its type, what follows that, and all of it.
pub struct Part<'a> {
    /// The content of the identifier.
    pub oid: &'a [u8],
    /// What follows.
    pub rest: &'a [u8],
    /// The whole element.
    pub whole: &'a [u8],
}

impl<'a> Part<'a> {
    fn new(element: &Element<'a>) -> Option<Part<'a>> {
        let mut walk = Walk::new(element.content);
        let oid = identifier(walk.read(6).ok()?).filter(|_| element.tag == 0x30)?;
        Some(Part { oid, rest: walk.rest(), whole: element.whole })
    }

    /// `critical` and the content of `extnValue`, if it is an extension.
    pub fn extension(&self) -> Option<(bool, &'a [u8])> {
        let mut walk = Walk::new(self.rest);
        let critical = match walk.optional(1).ok()? {
            None | Some([0]) => false,
            Some([0xff]) => true,
            Some(_) => return None,
        };
        let value = walk.read(4).ok()?;
        walk.end().ok().map(|()| (critical, value))
    }
}

/// The parts up to the first that cannot be told apart, and whether there is such a one.
fn parts(content: &[u8]) -> (Vec<Part<'_>>, bool) {
    let mut walk = Walk::new(content);
    let mut all = Vec::new();
    while !walk.is_empty() {
        match walk.any().ok().and_then(|element| Part::new(&element)) {
            Some(part) => all.push(part),
            None => return (all, true),
        }
    }
    (all, false)
}

/// What a request says beside its subject and key.
pub struct Said<'a> {
    /// The attributes up to the first that cannot be told apart.
    pub attributes: Vec<Part<'a>>,
    /// The attribute, by its position, that asks for extensions.
    pub holder: Option<usize>,
    /// The extensions, all of them or none.
    pub extensions: Vec<Part<'a>>,
    /// Whether the request for extensions cannot be read as a whole.
    pub unreadable: bool,
}

impl Said<'_> {
    /// From the content of the attributes element.
    pub fn new(content: &[u8]) -> Said<'_> {
        let (attributes, unreadable) = parts(content);
        let of_type = |oid: &[u8]| attributes.iter().position(|attribute| attribute.oid == oid);
        let asking = of_type(EXTENSION_REQUEST).or_else(|| of_type(MICROSOFT_EXTENSIONS));
        let mut said = Said { attributes, holder: None, extensions: Vec::new(), unreadable };
        let (false, Some(asking)) = (unreadable, asking) else { return said };
        match asked(said.attributes[asking].rest) {
            Some(extensions) => (said.holder, said.extensions) = (Some(asking), extensions),
            None => (said.holder, said.unreadable) = (Some(asking), true),
        }
        said
    }
}

/// The extensions in the values of an attribute, none without a value; `None` where they cannot be told apart.
fn asked(values: &[u8]) -> Option<Vec<Part<'_>>> {
    let values = Walk::single(values, 0x31).ok()?;
    if values.is_empty() {
        return Some(Vec::new());
    }
    let list = Walk::single(values.rest(), 0x30).ok()?;
    let (extensions, unreadable) = parts(list.rest());
    (!unreadable).then_some(extensions)
}
