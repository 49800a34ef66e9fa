//! Whether bytes are one complete DER value (X.690), of whatever type.

/// How deep constructed values may nest.
const MAX_DEPTH: usize = 32;

const CONSTRUCTED: u8 = 0x20;

/// Whether `bytes` are exactly one DER value: definite lengths and tag numbers in their shortest form, the contents of
/// constructed values complete in turn, at most 32 levels, and nothing after the value.
///
/// Of the universal types, those whose encoding DER fixes without more knowledge are checked: which of them are
/// constructed, BOOLEAN (X.690 section 11.1), INTEGER and ENUMERATED (8.3), BIT STRING (8.6, 11.2.1), NULL (8.8) and
/// OBJECT IDENTIFIER (8.19). The order of a SET OF and left-out defaults depend on the type and are not checked.
pub(crate) fn is_one_der_value(bytes: &[u8]) -> bool {
    // Where the constructed values that are open end, outermost first.
    let mut ends = [0; MAX_DEPTH + 1];
    ends[0] = bytes.len();
    let mut open = 1;
    let mut at = 0;
    let mut values_outside = 0;
    while open > 0 {
        let end = ends[open - 1];
        if at == end && (open > 1 || values_outside > 0) {
            open -= 1;
            continue;
        }
        if open == 1 {
            values_outside += 1;
        }
        if values_outside > 1 || open > MAX_DEPTH {
            return false;
        }
        let Some(header) = Header::read(&bytes[at..end]) else { return false };
        let content = at + header.length..at + header.length + header.content_length;
        if header.constructed {
            at = content.start;
            ends[open] = content.end;
            open += 1;
        } else {
            at = content.end;
        }
        if header.universal && !is_universal(header.number, header.constructed, &bytes[content]) {
            return false;
        }
    }
    true
}

/// The identifier and length bytes of a value.
struct Header {
    universal: bool,
    constructed: bool,
    number: u32,
    /// The bytes of the header itself.
    length: usize,
    content_length: usize,
}

impl Header {
    /// Reads the header at the start of `bytes`, in which the content must lie, too.
    fn read(bytes: &[u8]) -> Option<Header> {
        let mut octets = bytes.iter().copied();
        let identifier = octets.next()?;
        let mut number = u32::from(identifier & 0x1f);
        if number == 0x1f {
            number = 0;
            loop {
                let octet = octets.next()?;
                // A leading 0x80 pads; four bytes are more than any tag in use.
                if number == 0 && octet == 0x80 || number >= 1 << 21 {
                    return None;
                }
                number = number << 7 | u32::from(octet & 0x7f);
                if octet & 0x80 == 0 {
                    break;
                }
            }
            if number < 0x1f {
                return None;
            }
        }
        let content_length = match octets.next()? {
            short @ 0..=0x7f => usize::from(short),
            long => {
                let count = usize::from(long & 0x7f);
                // Zero is the indefinite form.
                if !(1..=4).contains(&count) {
                    return None;
                }
                let mut length = 0u32;
                for position in 0..count {
                    let octet = octets.next()?;
                    if position == 0 && octet == 0 {
                        return None;
                    }
                    length = length << 8 | u32::from(octet);
                }
                if length < 0x80 {
                    return None;
                }
                usize::try_from(length).ok()?
            }
        };
        let length = bytes.len() - octets.len();
        (content_length <= octets.len()).then_some(Header {
            universal: identifier & 0xc0 == 0,
            constructed: identifier & CONSTRUCTED != 0,
            number,
            length,
            content_length,
        })
    }
}

/// Whether a universal type may be encoded so.
fn is_universal(number: u32, constructed: bool, content: &[u8]) -> bool {
    match number {
        // End-of-contents belongs to BER's indefinite form; 15 is reserved.
        0 | 15 => false,
        // EXTERNAL, EMBEDDED PDV, SEQUENCE, SET, CHARACTER STRING.
        8 | 11 | 16 | 17 | 29 => constructed,
        // DER has no constructed strings.
        _ if constructed => false,
        1 => matches!(content, [0x00 | 0xff]),
        2 | 10 => match content {
            [] => false,
            [_] => true,
            [first, second, ..] => !(*first == 0x00 && *second < 0x80 || *first == 0xff && *second >= 0x80),
        },
        3 => match content {
            [] => false,
            [unused] => *unused == 0,
            [unused, .., last] => *unused < 8 && u32::from(*unused) <= last.trailing_zeros(),
        },
        5 => content.is_empty(),
        6 => {
            let padded = content.split_inclusive(|octet| octet & 0x80 == 0).any(|arc| arc[0] == 0x80);
            content.last().is_some_and(|last| last & 0x80 == 0) && !padded
        }
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nested(depth: usize) -> Vec<u8> {
        (0..depth).fold(Vec::new(), |inner, _| {
            let length = u8::try_from(inner.len()).unwrap();
            [&[0x30, length][..], &inner].concat()
        })
    }

    #[test]
    fn complete_values_pass() {
        let long = [&[0x04, 0x81, 0x80][..], &[7; 128]].concat();
        for value in [
            &[0x05, 0x00][..],
            &[0x30, 0x00],
            &[0x03, 0x02, 0x01, 0x06],
            // The nine bits that the live service writes for a key usage.
            &[0x03, 0x03, 0x07, 0x06, 0x00],
            &[0x01, 0x01, 0xff],
            &[0x02, 0x02, 0x00, 0x80],
            &[0x02, 0x02, 0xff, 0x7f],
            &[0x30, 0x06, 0x02, 0x01, 0x00, 0x01, 0x01, 0x00],
            &[0x06, 0x03, 0x55, 0x1d, 0x11],
            &[0x80, 0x00],
            &[0xa0, 0x02, 0x05, 0x00],
            &[0x9f, 0x1f, 0x00],
            &[0x9f, 0x81, 0x00, 0x00],
            &long,
            &nested(32),
        ] {
            assert!(is_one_der_value(value), "{value:02x?}");
        }
    }

    #[test]
    fn everything_else_fails() {
        for value in [
            &[][..],
            &[0x05],
            &[0x05, 0x00, 0x00],
            &[0x05, 0x00, 0x05, 0x00],
            &[0x05, 0x01, 0x00],
            &[0x00, 0x00],
            // Lengths: indefinite, not minimal, too long, past the end.
            &[0x30, 0x80, 0x00, 0x00],
            &[0x04, 0x81, 0x01, 0x00],
            &[0x04, 0x82, 0x00, 0x80],
            &[0x04, 0x85, 0x01, 0x00, 0x00, 0x00, 0x00],
            &[0x04, 0xff],
            &[0x04, 0x84, 0xff, 0xff, 0xff, 0xff],
            &[0x04, 0x02, 0x00],
            // Contents that end early or late.
            &[0x30, 0x01, 0x05],
            &[0x30, 0x03, 0x05, 0x00, 0x05],
            &[0x30, 0x03, 0x04, 0x02, 0x00, 0x00],
            // Tag numbers: padded, below 31, endless.
            &[0x9f, 0x80, 0x1f, 0x00],
            &[0x9f, 0x1e, 0x00],
            &[0x9f, 0xff, 0xff, 0xff, 0xff, 0x7f, 0x00],
            // Forms.
            &[0x10, 0x00],
            &[0x24, 0x00],
            &[0x21, 0x03, 0x01, 0x01, 0xff],
            // Contents of universal types.
            &[0x01, 0x01, 0x01],
            &[0x01, 0x00],
            &[0x02, 0x00],
            &[0x02, 0x02, 0x00, 0x7f],
            &[0x02, 0x02, 0xff, 0x80],
            &[0x0a, 0x02, 0x00, 0x01],
            &[0x03, 0x00],
            &[0x03, 0x01, 0x01],
            &[0x03, 0x02, 0x08, 0x00],
            &[0x03, 0x02, 0x01, 0x01],
            &[0x06, 0x00],
            &[0x06, 0x02, 0x2a, 0x86],
            &[0x06, 0x03, 0x2a, 0x80, 0x01],
            &nested(33),
        ] {
            assert!(!is_one_der_value(value), "{value:02x?}");
        }
    }
}
