//! The files of a CA in DER, brought into the PEM that the library reads.

use std::string::FromUtf8Error;

use base64::prelude::{BASE64_STANDARD, Engine};

const INTEGER: u8 = 0x02;
const OCTET_STRING: u8 = 0x04;
const SEQUENCE: u8 = 0x30;

/// Certificates in PEM; each of those that follow each other in DER becomes a block. What is neither stays as it is, for the
/// library to refuse.
pub(crate) fn certificates_to_pem(content: Vec<u8>) -> Vec<u8> {
    let (mut blocks, mut rest) = (String::new(), content.as_slice());
    while let Some(element) = Element::first(rest).filter(|element| element.tag == SEQUENCE) {
        blocks.push_str(&pem("CERTIFICATE", element.whole));
        rest = element.rest;
    }
    if rest.is_empty() { blocks.into_bytes() } else { content }
}

/// A private key in PEM. One in DER gets the label of its form: PKCS#8, SEC 1 or PKCS#1.
pub(crate) fn key_to_pem(content: Vec<u8>) -> Result<String, String> {
    let Some(key) = Element::first(&content).filter(|key| key.tag == SEQUENCE && key.rest.is_empty()) else {
        let neither = |_: FromUtf8Error| "neither PEM, which is text, nor DER, which is one SEQUENCE".to_owned();
        return String::from_utf8(content).map_err(neither);
    };
    let elements = Element::first(key.content).and_then(|first| Some((first.tag, Element::first(first.rest)?.tag)));
    match elements {
        Some((INTEGER, SEQUENCE)) => Ok(pem("PRIVATE KEY", &content)),
        Some((INTEGER, OCTET_STRING)) => Ok(pem("EC PRIVATE KEY", &content)),
        Some((INTEGER, INTEGER)) => Ok(pem("RSA PRIVATE KEY", &content)),
        Some((SEQUENCE, OCTET_STRING)) => Ok(pem("ENCRYPTED PRIVATE KEY", &content)),
        _ => Err("not a private key in DER: PKCS#8, SEC 1 or PKCS#1 is right".to_owned()),
    }
}

/// An element in DER, and what follows it.
struct Element<'a> {
    tag: u8,
    content: &'a [u8],
    whole: &'a [u8],
    rest: &'a [u8],
}

impl<'a> Element<'a> {
    fn first(input: &'a [u8]) -> Option<Element<'a>> {
        let (&tag, after) = input.split_first()?;
        let (&length, after) = after.split_first()?;
        let (length, after) = match length {
            0..=0x7f => (usize::from(length), after),
            0x81..=0x84 => {
                let (bytes, after) = after.split_at_checked(usize::from(length & 0x7f))?;
                (bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)), after)
            }
            _ => return None,
        };
        let (content, rest) = after.split_at_checked(length)?;
        Some(Element { tag, content, whole: &input[..input.len() - rest.len()], rest })
    }
}

fn pem(label: &str, der: &[u8]) -> String {
    let base64 = BASE64_STANDARD.encode(der);
    let lines: Vec<&str> = base64.as_bytes().chunks(64).filter_map(|line| std::str::from_utf8(line).ok()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}
