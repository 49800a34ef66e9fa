//! Certification requests of any make, among them those of the makers that the rules name (R-CSR-2).

use arbitrary::Arbitrary;

use crate::csr::{EXTENSION_REQUEST, MICROSOFT_EXTENSIONS};
use crate::der::element;
use crate::extension_input::ExtensionInput;
use crate::setup::setup;

const CHALLENGE_PASSWORD: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 7];

/// A certification request.
#[derive(Debug, Arbitrary)]
pub enum CsrInput {
    /// As it comes, in DER or PEM.
    Octets(Vec<u8>),
    /// A plain name and these extensions.
    Plain(bool, Vec<ExtensionInput>),
    /// The same with an attribute for the extensions that is of any form.
    Formed(bool, RequestInput),
    /// A subject, and nothing to ask for.
    Named(bool, Vec<Vec<AttributeInput>>),
    /// Well formed, if the parts are.
    Made {
        /// Whether the key is the authority's.
        own_key: bool,
        /// Relative distinguished names.
        subject: Vec<Vec<AttributeInput>>,
        /// Whether the members of SETs stand as they come, and not in the order of DER.
        unsorted: bool,
        /// The `extensionRequest` attribute.
        extensions: Option<RequestInput>,
        /// Microsoft's older attribute.
        microsoft: Option<RequestInput>,
        /// The challenge password.
        challenge: Option<Vec<u8>>,
        /// Octets among the attributes.
        other: Option<Vec<u8>>,
    },
}

/// An attribute of the subject.
#[derive(Debug, Arbitrary)]
pub enum AttributeInput {
    /// Type, tag and octets.
    Octets(u8, u8, Vec<u8>),
    /// Type, string type and text.
    Text(u8, u8, String),
    /// A commonName that looks like a host.
    Host(u8),
    /// A commonName.
    Plain,
}

/// An attribute that asks for extensions.
#[derive(Debug, Arbitrary)]
pub struct RequestInput {
    extensions: Vec<ExtensionInput>,
    form: Form,
}

/// The form of the attribute.
#[derive(Debug, Arbitrary)]
enum Form {
    /// A SET of one SEQUENCE.
    Usual,
    /// The same twice.
    UsualTwice,
    /// The SEQUENCE inside a T61String, as Cisco IOS writes it.
    InText,
    /// An empty SET, as telephone exchanges write it.
    EmptySet,
    /// Other values.
    Octets(Vec<u8>),
}

impl RequestInput {
    fn attribute(&self, attribute_type: &[u8]) -> Vec<u8> {
        attribute(attribute_type, &self.extensions, &self.form)
    }
}

fn attribute(attribute_type: &[u8], extensions: &[ExtensionInput], form: &Form) -> Vec<u8> {
    let list: Vec<Vec<u8>> = extensions.iter().map(ExtensionInput::der).collect();
    let list = element(0x30, &[&list.concat()]);
    let values = match form {
        Form::Usual => element(0x31, &[&list]),
        Form::UsualTwice => element(0x31, &[&list, &list]),
        Form::InText => element(0x31, &[&element(0x14, &[&list])]),
        Form::EmptySet => element(0x31, &[]),
        Form::Octets(octets) => octets.clone(),
    };
    element(0x30, &[&element(6, &[attribute_type]), &values])
}

impl AttributeInput {
    fn der(&self) -> Vec<u8> {
        let kind = |kind: u8| element(6, &[&[0x55, 4, [3, 6, 10, 5, kind & 0x7f][usize::from(kind) % 5]]]);
        let (kind, value) = match self {
            AttributeInput::Octets(of, tag, value) => {
                let tag = [0x0c, 0x13, 0x16, 0x1e, 0x14, 0x1c, 0x05, *tag][usize::from(*tag) % 8];
                (kind(*of), element(tag, &[value]))
            }
            AttributeInput::Text(of, form, text) => {
                let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
                let utf32: Vec<u8> = text.chars().flat_map(|c| u32::from(c).to_be_bytes()).collect();
                let value = match form % 7 {
                    0 => element(0x1e, &[&utf16]),
                    1 => element(0x1c, &[&utf32]),
                    form => element([0, 0, 0x0c, 0x13, 0x16, 0x14, 0x1a][usize::from(form)], &[text.as_bytes()]),
                };
                (kind(*of), value)
            }
            AttributeInput::Plain => (kind(0), element(0x0c, &[b"plain"])),
            AttributeInput::Host(which) => {
                let hosts = ["a.example.com", "*.example.com", "a.example.com.", "a", "a@b.c", "-a.b", "10.0.0.1"];
                let host = hosts[usize::from(*which) % hosts.len()];
                (kind(0), element(if *which < 128 { 0x0c } else { 0x13 }, &[host.as_bytes()]))
            }
        };
        element(0x30, &[&kind, &value])
    }
}

impl CsrInput {
    /// The request.
    pub fn der(&self) -> Vec<u8> {
        let plain = [element(0x31, &[&AttributeInput::Plain.der()])];
        let usual = |extensions: &[ExtensionInput]| attribute(EXTENSION_REQUEST, extensions, &Form::Usual);
        let (own_key, subject, unsorted, extensions, microsoft, challenge, other) = match self {
            CsrInput::Octets(octets) => return octets.clone(),
            CsrInput::Plain(own_key, extensions) => return framed(*own_key, &plain, &[usual(extensions)]),
            CsrInput::Formed(own_key, request) => {
                return framed(*own_key, &plain, &[request.attribute(EXTENSION_REQUEST)]);
            }
            CsrInput::Named(own_key, subject) => return framed(*own_key, &rdns(subject, false), &[]),
            CsrInput::Made { own_key, subject, unsorted, extensions, microsoft, challenge, other } => {
                (own_key, subject, *unsorted, extensions, microsoft, challenge, other)
            }
        };
        let mut attributes = Vec::new();
        attributes.extend(extensions.as_ref().map(|request| request.attribute(EXTENSION_REQUEST)));
        attributes.extend(microsoft.as_ref().map(|request| request.attribute(MICROSOFT_EXTENSIONS)));
        if let Some(value) = challenge {
            let values = element(0x31, &[&element(0x0c, &[value])]);
            attributes.push(element(0x30, &[&element(6, &[CHALLENGE_PASSWORD]), &values]));
        }
        attributes.extend(other.clone());
        if !unsorted {
            attributes.sort();
        }
        framed(*own_key, &rdns(subject, unsorted), &attributes)
    }
}

/// The relative distinguished names, their members in the order of DER or as they come.
fn rdns(subject: &[Vec<AttributeInput>], unsorted: bool) -> Vec<Vec<u8>> {
    let rdn = |rdn: &Vec<AttributeInput>| {
        let mut attributes: Vec<Vec<u8>> = rdn.iter().map(AttributeInput::der).collect();
        if !unsorted {
            attributes.sort();
        }
        element(0x31, &[&attributes.concat()])
    };
    subject.iter().map(rdn).collect()
}

/// The request of these relative distinguished names and attributes.
fn framed(own_key: bool, rdns: &[Vec<u8>], attributes: &[Vec<u8>]) -> Vec<u8> {
    let setup = setup();
    let key = if own_key { setup.plain.public_key_der() } else { &setup.other_key };
    let (subject, attributes) = (element(0x30, &[&rdns.concat()]), element(0xa0, &[&attributes.concat()]));
    let info = element(0x30, &[&[2, 1, 0], &subject, key, &attributes]);
    let ecdsa_with_sha256 = element(0x30, &[&element(6, &[&[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2]])]);
    element(0x30, &[&info, &ecdsa_with_sha256, &element(3, &[&[0, 1, 2, 3]])])
}
