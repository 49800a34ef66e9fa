//! Decodes base64 (RFC 4648 section 4) as fast as tables allow. It takes no care to be constant in time: nothing secret is read by it.

/// What a byte that is not a digit counts as: however it is shifted, it has bits above the 24 of a group.
const NONE: u32 = u32::MAX;

/// The value of each byte as the digit of a group that is `shift` bits above its end.
const fn digits(shift: u32) -> [u32; 256] {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut values = [NONE; 256];
    let mut value = 0;
    while value < alphabet.len() {
        values[alphabet[value] as usize] = (value as u32) << shift;
        value += 1;
    }
    values
}

static DIGITS: [[u32; 256]; 4] = [digits(18), digits(12), digits(6), digits(0)];

/// The 24 bits of a group, or more where a byte is not a digit.
#[inline(always)]
fn group(text: [u8; 4]) -> u32 {
    let [a, b, c, d] = text.map(usize::from);
    DIGITS[0][a] | DIGITS[1][b] | DIGITS[2][c] | DIGITS[3][d]
}

/// The bytes of four groups, and bits above the 24 of a group where a byte is not a digit.
#[inline(always)]
fn four_groups(text: &[u8; 16]) -> ([u8; 12], u32) {
    let [a, b, c, d] =
        [0, 4, 8, 12].map(|start| group([text[start], text[start + 1], text[start + 2], text[start + 3]]));
    let start = u64::from(a) << 40 | u64::from(b) << 16 | u64::from(c) >> 8;
    let end = c << 24 | d;
    let mut bytes = [0; 12];
    bytes[..8].copy_from_slice(&start.to_be_bytes());
    bytes[8..].copy_from_slice(&end.to_be_bytes());
    (bytes, a | b | c | d)
}

/// Appends the bytes of whole groups, without padding. Whether all were digits.
#[inline]
pub(crate) fn append(text: &[u8], bytes: &mut Vec<u8>) -> bool {
    let (fours, rest) = text.as_chunks::<16>();
    let mut all = 0;
    for text in fours {
        let (decoded, bits) = four_groups(text);
        all |= bits;
        bytes.extend_from_slice(&decoded);
    }
    for text in rest.as_chunks::<4>().0 {
        let bits = group(*text);
        all |= bits;
        bytes.extend_from_slice(&bits.to_be_bytes()[1..]);
    }
    all >> 24 == 0
}

/// The bytes of a text with its padding and nothing else, the unused bits of its last group zero; `None` if it is not one.
pub(crate) fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    append_last(text, &mut bytes).then_some(bytes)
}

/// Appends the bytes of a text as [`decode`] reads it. Whether it is one.
pub(crate) fn append_last(text: &[u8], bytes: &mut Vec<u8>) -> bool {
    let (groups, rest) = text.as_chunks::<4>();
    let (last, groups) = match (groups.split_last(), rest) {
        (Some(split), []) => split,
        (None, []) => return true,
        _ => return false,
    };
    let (last, padding) = match *last {
        [a, b, b'=', b'='] => ([a, b, b'A', b'A'], 2),
        [a, b, c, b'='] => ([a, b, c, b'A'], 1),
        last => (last, 0),
    };
    let right = append(groups.as_flattened(), bytes) & append(&last, bytes);
    let end = bytes.len() - padding;
    let unused = bytes[end..].iter().any(|byte| *byte != 0);
    bytes.truncate(end);
    right && !unused
}

#[cfg(test)]
mod tests {
    use base64::prelude::{BASE64_STANDARD, Engine};
    use proptest::prelude::*;

    use super::*;

    fn agrees(text: &[u8]) {
        assert_eq!(decode(text), BASE64_STANDARD.decode(text).ok(), "{}", text.escape_ascii());
    }

    #[test]
    fn every_byte_at_every_place_is_read_as_the_crate_base64_reads_it() {
        for text in ["AAAA", "AQID", "AQIDBA==", "AQIDBAU=", "AQIDBAUG", "////", "/w==", "//8="] {
            agrees(text.as_bytes());
            for place in 0..text.len() {
                for byte in 0..=u8::MAX {
                    let mut other = text.as_bytes().to_vec();
                    other[place] = byte;
                    agrees(&other);
                }
            }
        }
        for text in
            ["", "=", "==", "===", "====", "A", "AA", "AAA", "AA=", "A===", "AAAA=", "AA==AAAA", "AAA=AAAA", "AAAA\n"]
        {
            agrees(text.as_bytes());
        }
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_decoded(bytes in prop::collection::vec(any::<u8>(), 0..200), end in 0usize..270) {
            let text = BASE64_STANDARD.encode(&bytes);
            prop_assert_eq!(decode(text.as_bytes()), Some(bytes));
            agrees(&text.as_bytes()[..end.min(text.len())]);
        }
    }
}
