//! Bytes as hexadecimal digits, two for each.

use std::fmt;

/// Bytes for showing.
#[derive(Clone, Copy)]
pub(crate) struct Digits<'a> {
    octets: &'a [u8],
    digits: &'static [u8; 16],
    /// Stands between two bytes.
    colons: bool,
}

/// `0a0b`.
pub(crate) fn lower(octets: &[u8]) -> Digits<'_> {
    Digits { octets, digits: b"0123456789abcdef", colons: false }
}

/// `0A0B`.
pub(crate) fn upper(octets: &[u8]) -> Digits<'_> {
    Digits { octets, digits: b"0123456789ABCDEF", colons: false }
}

impl Digits<'_> {
    /// The same with colons between the bytes.
    pub(crate) fn colons(self) -> Self {
        Digits { colons: true, ..self }
    }
}

impl fmt::Display for Digits<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Many at once: a call for each byte would cost more than its digits.
        let mut text = [b':'; 3 * 32];
        let width = 2 + usize::from(self.colons);
        for (position, octets) in self.octets.chunks(32).enumerate() {
            for (octet, place) in octets.iter().zip(text.chunks_mut(width)) {
                place[width - 2] = self.digits[usize::from(octet >> 4)];
                place[width - 1] = self.digits[usize::from(octet & 0x0f)];
            }
            // No colon before the first byte.
            let first = usize::from(self.colons && position == 0);
            f.write_str(std::str::from_utf8(&text[first..octets.len() * width]).unwrap_or_default())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_of_any_number() {
        assert_eq!(lower(&[]).to_string(), "");
        assert_eq!(lower(&[]).colons().to_string(), "");
        assert_eq!(lower(&[0x0a, 0xbc]).to_string(), "0abc");
        assert_eq!(upper(&[0x0a, 0xbc]).colons().to_string(), "0A:BC");
        let long: Vec<u8> = (0..=255).collect();
        let each: Vec<String> = long.iter().map(|octet| format!("{octet:02X}")).collect();
        for length in [1, 31, 32, 33, 64, 65, 256] {
            assert_eq!(upper(&long[..length]).to_string(), each[..length].concat());
            assert_eq!(upper(&long[..length]).colons().to_string(), each[..length].join(":"));
        }
    }
}
