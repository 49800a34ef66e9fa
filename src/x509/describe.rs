//! Extension values as text for people (R-MRG-7), much as `openssl x509 -text` words them.
//!
//! Any bytes are accepted: what is not the DER of its extension is shown as a string or as hexadecimal digits. Control
//! characters never get through.

mod standard;

use crate::x509::asn1::reader::Reader;
use crate::x509::name::string::{Escape, Hex, Text};
use crate::x509::oid::Oid;

/// The value of an extension, for people to read.
pub(crate) fn describe_extension(oid: &Oid, value: &[u8]) -> String {
    standard::describe(oid, value).unwrap_or_else(|| describe_value(value))
}

/// Bytes of unknown meaning: the quoted text of one DER string, else hexadecimal digits.
pub(crate) fn describe_value(value: &[u8]) -> String {
    let mut reader = Reader::new(value);
    let text = reader.any().ok().filter(|_| reader.is_empty()).and_then(|tlv| Text::of(&tlv));
    match text {
        Some(text) => format!("\"{}\"", text.escaped(Escape::Quoted)),
        None => Hex(value).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_extensions_show_strings_or_hexadecimal_digits() {
        let unknown: Oid = "1.2.3.4".parse().unwrap();
        for (value, expected) in [
            (&b"\x0c\x02hi"[..], "\"hi\""),
            (b"\x16\x05a\"\x1b[b", "\"a\\\"\\1B[b\""),
            (b"\x1e\x02\x20\xac", "\"\u{20ac}\""),
            (b"\x0c\x01\xff", "#0C01FF"),
            (b"\x0c\x02hi\x05\x00", "#0C0268690500"),
            (b"\x05\x00", "#0500"),
            (b"", "#"),
            (b"hello", "#68656C6C6F"),
        ] {
            assert_eq!(describe_extension(&unknown, value), expected, "{value:02x?}");
        }
        let long = describe_value(&[0xab; 70]);
        assert!(long.starts_with(&format!("#{}… (70 bytes, SHA-256 ", "AB".repeat(64))), "{long}");
    }
}
