//! The text in ASN.1 strings, and how it is shown: a hostile request must not drive the terminal that shows it.

use std::borrow::Cow;
use std::fmt::{self, Write};

use sha2::{Digest, Sha256};

use crate::x509::asn1::reader::Tlv;
use crate::x509::asn1::tag;
use crate::x509::hex;

/// NumericString (X.680 section 41); nothing here makes one.
const NUMERIC_STRING: u8 = 0x12;
/// VisibleString (X.680 section 41); nothing here makes one.
const VISIBLE_STRING: u8 = 0x1a;

/// The characters of an ASN.1 string, decoded as they are read.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Text<'a> {
    Utf8(&'a str),
    /// TeletexString. T.61 proper is all but extinct: the field reads these bytes as ISO 8859-1, and so do we.
    Latin1(&'a [u8]),
    /// BMPString, read as UTF-16.
    Bmp(&'a [u8]),
    Universal(&'a [u8]),
}

impl<'a> Text<'a> {
    /// The text of an element, `None` for types that are no strings and for content that does not fit the type.
    pub(crate) fn of(tlv: &Tlv<'a>) -> Option<Text<'a>> {
        let content = tlv.content;
        match tlv.tag {
            tag::UTF8_STRING => std::str::from_utf8(content).ok().map(Text::Utf8),
            tag::PRINTABLE_STRING | tag::IA5_STRING | NUMERIC_STRING | VISIBLE_STRING => {
                std::str::from_utf8(content).ok().filter(|text| text.is_ascii()).map(Text::Utf8)
            }
            tag::TELETEX_STRING => Some(Text::Latin1(content)),
            tag::BMP_STRING => {
                let sound =
                    content.len().is_multiple_of(2) && char::decode_utf16(utf16(content)).all(|unit| unit.is_ok());
                sound.then_some(Text::Bmp(content))
            }
            tag::UNIVERSAL_STRING => {
                let sound = content.len().is_multiple_of(4) && utf32(content).all(|character| character.is_some());
                sound.then_some(Text::Universal(content))
            }
            _ => None,
        }
    }

    pub(crate) fn chars(self) -> impl Iterator<Item = char> + 'a {
        // One of the four is there; an enum of iterators would say the same in three times the lines.
        let (mut utf8, mut latin1, mut bmp, mut universal) = (None, None, None, None);
        match self {
            Text::Utf8(text) => utf8 = Some(text.chars()),
            Text::Latin1(content) => latin1 = Some(content.iter().map(|octet| char::from(*octet))),
            Text::Bmp(content) => bmp = Some(char::decode_utf16(utf16(content)).flatten()),
            Text::Universal(content) => universal = Some(utf32(content).flatten()),
        }
        utf8.into_iter()
            .flatten()
            .chain(latin1.into_iter().flatten())
            .chain(bmp.into_iter().flatten())
            .chain(universal.into_iter().flatten())
    }

    /// The whole text, decoded if it is not UTF-8 already.
    pub(crate) fn into_cow(self) -> Cow<'a, str> {
        match self {
            Text::Utf8(text) => Cow::Borrowed(text),
            other => Cow::Owned(other.chars().collect()),
        }
    }

    /// The text for showing.
    pub(crate) fn escaped(self, escape: Escape) -> Escaped<'a> {
        Escaped { text: self, escape }
    }
}

/// Whether each byte is one of `least..=most`, both ASCII. Eight bytes are looked at in one step: long lists of names are read
/// here.
#[inline]
pub(crate) fn is_within(octets: &[u8], least: u8, most: u8) -> bool {
    const EACH: u64 = u64::from_ne_bytes([1; 8]);
    // A byte out of the bounds sets its high bit; only then one sum reaches into the next byte.
    let below = EACH * u64::from(least);
    let above = EACH * u64::from(0x7f - most);
    let is_sound = |eight: &[u8; 8]| {
        let eight = u64::from_le_bytes(*eight);
        (eight | eight.wrapping_sub(below) | eight.wrapping_add(above)) & EACH << 7 == 0
    };
    match octets.last_chunk() {
        // The last eight may have been looked at already in part.
        Some(last) => octets.as_chunks().0.iter().all(is_sound) && is_sound(last),
        None => octets.iter().all(|octet| (least..=most).contains(octet)),
    }
}

/// Whether [`Text::of`] reads elements with this tag.
pub(crate) fn is_string(tag: u8) -> bool {
    matches!(
        tag,
        tag::UTF8_STRING
            | tag::PRINTABLE_STRING
            | tag::IA5_STRING
            | NUMERIC_STRING
            | VISIBLE_STRING
            | tag::TELETEX_STRING
            | tag::BMP_STRING
            | tag::UNIVERSAL_STRING
    )
}

fn utf16(content: &[u8]) -> impl Iterator<Item = u16> {
    content.chunks_exact(2).map(|unit| u16::from_be_bytes([unit[0], unit[1]]))
}

fn utf32(content: &[u8]) -> impl Iterator<Item = Option<char>> {
    content.chunks_exact(4).map(|unit| char::from_u32(u32::from_be_bytes([unit[0], unit[1], unit[2], unit[3]])))
}

/// What shown text must not be mistaken for, besides terminal control.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Escape {
    /// The syntax of RFC 4514 section 2.4.
    AttributeValue,
    /// The commas and semicolons of a list.
    ListItem,
    /// The quotation marks around it.
    Quoted,
}

impl Escape {
    /// The characters that have a meaning anywhere.
    fn special(self) -> &'static str {
        match self {
            Escape::AttributeValue => "\"+,;<>\\",
            Escape::ListItem => ",;\\",
            Escape::Quoted => "\"\\",
        }
    }

    /// Whether a text is shown as it is, which most are: visible ASCII of which nothing has a meaning.
    fn leaves(self, text: &str) -> bool {
        let plain = |octet: u8| matches!(octet, b' '..=b'~') && !self.special().as_bytes().contains(&octet);
        text.bytes().all(plain)
            && !(self == Escape::AttributeValue && (text.starts_with([' ', '#']) || text.ends_with(' ')))
    }
}

/// Shows text with a backslash before what its context gives a meaning, and with invisible or controlling characters
/// as `\XX` for each byte of their UTF-8 form, as RFC 4514 section 2.4 does.
pub(crate) struct Escaped<'a> {
    text: Text<'a>,
    escape: Escape,
}

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Text::Utf8(text) = self.text
            && self.escape.leaves(text)
        {
            return f.write_str(text);
        }
        let mut characters = self.text.chars().enumerate().peekable();
        while let Some((position, character)) = characters.next() {
            let special = match self.escape {
                Escape::AttributeValue => match character {
                    ' ' => position == 0 || characters.peek().is_none(),
                    '#' => position == 0,
                    _ => self.escape.special().contains(character),
                },
                _ => self.escape.special().contains(character),
            };
            if misleads(character) {
                for octet in character.encode_utf8(&mut [0; 4]).bytes() {
                    write!(f, "\\{octet:02X}")?;
                }
            } else {
                if special {
                    f.write_char('\\')?;
                }
                f.write_char(character)?;
            }
        }
        Ok(())
    }
}

/// Control, format and separator characters: they move the cursor, reorder what follows, or cannot be seen.
fn misleads(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}'
                | '\u{34f}'
                | '\u{600}'..='\u{605}'
                | '\u{61c}'
                | '\u{6dd}'
                | '\u{70f}'
                | '\u{115f}'..='\u{1160}'
                | '\u{17b4}'..='\u{17b5}'
                | '\u{180b}'..='\u{180f}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{3164}'
                | '\u{feff}'
                | '\u{ffa0}'
                | '\u{fff0}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e0fff}'
        )
}

/// The most bytes that are shown in full.
const HEX_SHOWN: usize = 64;

/// Shows bytes as `#` and hexadecimal digits (RFC 4514 section 2.4), cut after 64 bytes: then with the SHA-256 of them all.
pub(crate) struct Hex<'a>(pub(crate) &'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let octets = self.0;
        match octets.get(..HEX_SHOWN).filter(|_| octets.len() > HEX_SHOWN) {
            None => write!(f, "#{}", hex::upper(octets)),
            Some(shown) => {
                let (shown, digest) = (hex::upper(shown), Sha256::digest(octets));
                write!(f, "#{shown}… ({} bytes, SHA-256 {})", octets.len(), hex::lower(&digest))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::x509::asn1::reader::Reader;

    fn text(tag: u8, content: &[u8]) -> Option<String> {
        let mut der = vec![tag, content.len() as u8];
        der.extend(content);
        Text::of(&Reader::new(&der).any().unwrap()).map(|text| text.chars().collect())
    }

    #[test]
    fn strings_are_decoded() {
        for (tag, content, expected) in [
            (tag::UTF8_STRING, "Zoë".as_bytes(), Some("Zoë")),
            (tag::UTF8_STRING, b"Zo\xeb", None),
            (tag::PRINTABLE_STRING, b"Zoe", Some("Zoe")),
            (tag::PRINTABLE_STRING, "Zoë".as_bytes(), None),
            (tag::TELETEX_STRING, b"Zo\xeb", Some("Zoë")),
            (tag::BMP_STRING, b"\0Z\0o\0\xeb\xd8\x3d\xdd\x11", Some("Zoë\u{1f511}")),
            (tag::BMP_STRING, b"\0Z\0", None),
            (tag::BMP_STRING, b"\xd8\x3d", None),
            (tag::UNIVERSAL_STRING, b"\0\0\0Z\0\x01\xf5\x11", Some("Z\u{1f511}")),
            (tag::UNIVERSAL_STRING, b"\0\x11\0\0", None),
            (tag::UNIVERSAL_STRING, b"\0\0\0", None),
            (tag::OCTET_STRING, b"Zoe", None),
            (tag::UTF8_STRING, b"", Some("")),
        ] {
            assert_eq!(text(tag, content).as_deref(), expected, "{tag:02x} {content:02x?}");
        }
    }

    #[test]
    fn bounds_are_looked_at_in_every_place() {
        for (length, place, octet) in (1..20).flat_map(|length| {
            (0..length).flat_map(move |place| (0..=u8::MAX).map(move |octet| (length, place, octet)))
        }) {
            for usual in [b' ', b'a', b'~'] {
                let mut octets = vec![usual; length];
                octets[place] = octet;
                for (least, most) in [(b' ', b'~'), (0x01, 0x7f), (0, 0x7f)] {
                    let sound = octets.iter().all(|octet| (least..=most).contains(octet));
                    assert_eq!(is_within(&octets, least, most), sound, "{octets:02x?}");
                }
            }
        }
        assert!(is_within(&[], 0, 0));
    }

    #[test]
    fn what_misleads_is_escaped() {
        let show = |text, escape| Text::Utf8(text).escaped(escape).to_string();
        assert_eq!(show("a\r\n\u{9b}\u{200b}b", Escape::Quoted), "a\\0D\\0A\\C2\\9B\\E2\\80\\8Bb");
        assert_eq!(show("a, DNS:b\\\"", Escape::ListItem), "a\\, DNS:b\\\\\"");
        assert_eq!(show("a, \"b\"", Escape::Quoted), "a, \\\"b\\\"");
        assert_eq!(show(" ", Escape::AttributeValue), "\\ ");
        assert_eq!(show("  ", Escape::AttributeValue), "\\ \\ ");
    }

    #[test]
    fn long_octets_are_cut() {
        assert_eq!(Hex(&[]).to_string(), "#");
        assert_eq!(Hex(&[0xab; 64]).to_string(), format!("#{}", "AB".repeat(64)));
        let cut = Hex(&[0xab; 65]).to_string();
        let digest = "39cd843414d5125dd308568ace26d04e60b7fa6d2b1a901fb5184fa2eae0598b";
        assert_eq!(cut, format!("#{}… (65 bytes, SHA-256 {digest})", "AB".repeat(64)));
    }
}
