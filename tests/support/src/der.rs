//! DER and certification requests built by hand, without any code of the crate.

use issuance::{Signer, SigningAlgorithm};

pub const EXTENSION_REQUEST: &str = "1.2.840.113549.1.9.14";
pub const MS_CERT_EXTENSIONS: &str = "1.3.6.1.4.1.311.2.1.14";
pub const CHALLENGE_PASSWORD: &str = "1.2.840.113549.1.9.7";
pub const ECDSA_SHA256: &str = "1.2.840.10045.4.3.2";

pub fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let mut out = vec![tag];
    match length {
        0..=0x7f => out.push(length as u8),
        0x80..=0xff => out.extend([0x81, length as u8]),
        0x100..=0xffff => out.extend([0x82, (length >> 8) as u8, length as u8]),
        _ => out.extend([0x83, (length >> 16) as u8, (length >> 8) as u8, length as u8]),
    }
    out.extend_from_slice(content);
    out
}

pub fn seq(parts: &[&[u8]]) -> Vec<u8> {
    tlv(0x30, &parts.concat())
}

/// A SET OF in DER order.
pub fn set(parts: &[Vec<u8>]) -> Vec<u8> {
    let mut sorted = parts.to_vec();
    sorted.sort();
    tlv(0x31, &sorted.concat())
}

/// The content octets of an object identifier.
pub fn oid_content(text: &str) -> Vec<u8> {
    let arcs: Vec<u128> = text.split('.').map(|arc| arc.parse().unwrap()).collect();
    let mut out = Vec::new();
    for arc in std::iter::once(arcs[0] * 40 + arcs[1]).chain(arcs[2..].iter().copied()) {
        let mut digits = vec![(arc & 0x7f) as u8];
        let mut rest = arc >> 7;
        while rest > 0 {
            digits.push((rest & 0x7f) as u8 | 0x80);
            rest >>= 7;
        }
        out.extend(digits.iter().rev());
    }
    out
}

pub fn oid(text: &str) -> Vec<u8> {
    tlv(0x06, &oid_content(text))
}

pub fn utf8(text: &str) -> Vec<u8> {
    tlv(0x0c, text.as_bytes())
}

pub fn octets(content: &[u8]) -> Vec<u8> {
    tlv(0x04, content)
}

/// A BIT STRING of whole octets.
pub fn bits(content: &[u8]) -> Vec<u8> {
    tlv(0x03, &[&[0], content].concat())
}

/// `AttributeTypeAndValue`.
pub fn name_attribute(attribute_type: &str, value: &[u8]) -> Vec<u8> {
    seq(&[&oid(attribute_type), value])
}

/// A Name with one attribute per RDN.
pub fn name(attributes: &[Vec<u8>]) -> Vec<u8> {
    let rdns: Vec<Vec<u8>> = attributes.iter().map(|attribute| tlv(0x31, attribute)).collect();
    tlv(0x30, &rdns.concat())
}

pub fn common_name(text: &str) -> Vec<u8> {
    name(&[name_attribute("2.5.4.3", &utf8(text))])
}

pub fn extension(id: &str, critical: bool, value: &[u8]) -> Vec<u8> {
    let critical: &[u8] = if critical { &[1, 1, 0xff] } else { &[] };
    seq(&[&oid(id), critical, &octets(value)])
}

/// A GeneralNames of one dNSName.
pub fn dns(text: &str) -> Vec<u8> {
    tlv(0x30, &tlv(0x82, text.as_bytes()))
}

/// An attribute of a certification request.
pub fn attribute(attribute_type: &str, values: &[Vec<u8>]) -> Vec<u8> {
    seq(&[&oid(attribute_type), &set(values)])
}

/// The attribute that asks for these extensions.
pub fn extension_request(extensions: &[Vec<u8>]) -> Vec<u8> {
    attribute(EXTENSION_REQUEST, &[tlv(0x30, &extensions.concat())])
}

/// The parts of a certification request, each of which a test may replace.
#[derive(Debug, Clone)]
pub struct CsrParts {
    pub version: Vec<u8>,
    pub subject: Vec<u8>,
    pub public_key: Vec<u8>,
    /// The whole `[0]` element.
    pub attributes: Vec<u8>,
    pub algorithm: Vec<u8>,
    /// The whole BIT STRING.
    pub signature: Vec<u8>,
}

impl CsrParts {
    pub fn new(public_key: &[u8]) -> CsrParts {
        CsrParts {
            version: vec![2, 1, 0],
            subject: common_name("csr.example.com"),
            public_key: public_key.to_vec(),
            attributes: tlv(0xa0, &[]),
            algorithm: seq(&[&oid(ECDSA_SHA256)]),
            // Of the length of a real one.
            signature: bits(&seq(&[&tlv(2, &[0x11; 32]), &tlv(2, &[0x22; 32])])),
        }
    }

    pub fn subject(mut self, subject: Vec<u8>) -> CsrParts {
        self.subject = subject;
        self
    }

    /// Attributes in DER order.
    pub fn attributes(self, attributes: &[Vec<u8>]) -> CsrParts {
        let mut sorted = attributes.to_vec();
        sorted.sort();
        self.attributes_as_given(&sorted)
    }

    /// In this order, whatever DER asks.
    pub fn attributes_as_given(mut self, attributes: &[Vec<u8>]) -> CsrParts {
        self.attributes = tlv(0xa0, &attributes.concat());
        self
    }

    pub fn extensions(self, extensions: &[Vec<u8>]) -> CsrParts {
        self.attributes(&[extension_request(extensions)])
    }

    pub fn info(&self) -> Vec<u8> {
        seq(&[&self.version, &self.subject, &self.public_key, &self.attributes])
    }

    pub fn der(&self) -> Vec<u8> {
        seq(&[&self.info(), &self.algorithm, &self.signature])
    }

    /// The request with a true proof of possession; `signer` has a P-256 key.
    pub fn signed_by(mut self, signer: &dyn Signer) -> Vec<u8> {
        self.algorithm = seq(&[&oid(ECDSA_SHA256)]);
        let signature = signer.sign(SigningAlgorithm::Sha256WithEcdsa, &self.info()).unwrap();
        self.signature = bits(signature.as_bytes());
        self.der()
    }
}

/// Whether `needle` stands somewhere in `haystack`.
pub fn holds(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}

/// PEM with lines of 64 characters.
pub fn pem(label: &str, der: &[u8]) -> String {
    use base64::Engine;
    let base64 = base64::prelude::BASE64_STANDARD.encode(der);
    let lines: Vec<&str> = base64.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

/// The certificate of a CA with this key and these extensions beside basicConstraints, valid from 2020 to 2049, with the serial
/// number 1 and a signature of nobody's.
pub fn ca_certificate(issuer: &[u8], subject: &[u8], public_key: &[u8], extensions: &[Vec<u8>]) -> Vec<u8> {
    let algorithm = seq(&[&oid(ECDSA_SHA256)]);
    let validity = seq(&[&tlv(0x17, b"200101000000Z"), &tlv(0x17, b"491231235959Z")]);
    let constraints = extension("2.5.29.19", true, &seq(&[&[1, 1, 0xff]]));
    let extensions = tlv(0xa3, &seq(&[&constraints, &extensions.concat()]));
    let version_and_serial = [0xa0, 3, 2, 1, 2, 2, 1, 1];
    let tbs = seq(&[&version_and_serial, &algorithm, issuer, &validity, subject, public_key, &extensions]);
    seq(&[&tbs, &algorithm, &bits(&seq(&[&tlv(2, &[0x11; 32]), &tlv(2, &[0x22; 32])]))])
}
