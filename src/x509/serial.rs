//! Certificate serial numbers and where they come from.

use std::fmt::{self, Write};

use crate::x509::hex;

/// A certificate serial number: positive, and at most 20 bytes as DER content, the sign byte included (RFC 5280
/// section 4.1.2.2).
///
/// ```
/// use issuance::SerialNumber;
/// let serial = SerialNumber::from_hex("07:5b:cd:15")?;
/// assert_eq!(serial, SerialNumber::from_decimal("123456789")?);
/// assert_eq!(serial.to_string(), "07:5b:cd:15");
/// # Ok::<(), issuance::x509::SerialNumberError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SerialNumber {
    /// Big-endian, padded with zeros on the left.
    bytes: [u8; 20],
}

/// Why bytes or a text are not a serial number. [`SerialNumber`](crate::SerialNumber) has an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SerialNumberError {
    /// The number is zero, or there is no number.
    #[error("a serial number must be positive")]
    NotPositive,
    /// The number needs more than 20 bytes as DER content.
    #[error("a serial number must not need more than 20 bytes, the sign byte included")]
    TooLong,
    /// The text has a colon, but is not bytes of two digits separated by colons: it could be meant as another number.
    #[error("a serial number with colons must have two hexadecimal digits a byte and a colon between bytes")]
    Colons,
    /// The text has a character that is not a hexadecimal digit.
    #[error("a serial number in text form must be hexadecimal")]
    NotHexadecimal,
    /// The text has a character that is not a decimal digit.
    #[error("a serial number in decimal must have decimal digits alone")]
    NotDecimal,
}

impl SerialNumber {
    /// A serial number from its big-endian bytes; leading zeros are ignored.
    ///
    /// # Errors
    /// When the number is zero or needs more than 20 bytes as DER content.
    pub fn from_be_bytes(octets: &[u8]) -> Result<SerialNumber, SerialNumberError> {
        let significant = match octets.iter().position(|octet| *octet != 0) {
            Some(start) => &octets[start..],
            None => return Err(SerialNumberError::NotPositive),
        };
        if significant.len() > 20 || significant.len() == 20 && significant[0] >= 0x80 {
            return Err(SerialNumberError::TooLong);
        }
        let mut bytes = [0; 20];
        bytes[20 - significant.len()..].copy_from_slice(significant);
        Ok(SerialNumber { bytes })
    }

    /// Parses hexadecimal, in any case, with or without leading zeros: digits alone, in any number, or bytes of two digits
    /// with a colon between them. `1:2` is neither.
    ///
    /// # Errors
    /// When colons do not stand between bytes of two digits, a character is not a hexadecimal digit, or the number is out
    /// of range.
    pub fn from_hex(text: &str) -> Result<SerialNumber, SerialNumberError> {
        if text.contains(':') && text.split(':').any(|octet| octet.len() != 2) {
            return Err(SerialNumberError::Colons);
        }
        let mut bytes = [0u8; 20];
        let digits = text.bytes().filter(|b| *b != b':');
        for digit in digits {
            let nibble = char::from(digit).to_digit(16).ok_or(SerialNumberError::NotHexadecimal)?;
            if bytes[0] >= 0x10 {
                return Err(SerialNumberError::TooLong);
            }
            let mut carry = nibble as u8;
            for octet in bytes.iter_mut().rev() {
                let high = *octet >> 4;
                *octet = *octet << 4 | carry;
                carry = high;
            }
        }
        SerialNumber::from_be_bytes(&bytes)
    }

    /// Parses decimal digits, with or without leading zeros.
    ///
    /// # Errors
    /// When the text has another character than a digit, or the number is out of range.
    pub fn from_decimal(text: &str) -> Result<SerialNumber, SerialNumberError> {
        let mut bytes = [0u8; 20];
        for digit in text.bytes() {
            let mut carry = char::from(digit).to_digit(10).ok_or(SerialNumberError::NotDecimal)?;
            for byte in bytes.iter_mut().rev() {
                let value = u32::from(*byte) * 10 + carry;
                *byte = value as u8;
                carry = value >> 8;
            }
            if carry != 0 {
                return Err(SerialNumberError::TooLong);
            }
        }
        SerialNumber::from_be_bytes(&bytes)
    }

    /// The significant bytes, big-endian, without a sign byte.
    pub fn as_be_bytes(&self) -> &[u8] {
        let start = self.bytes.iter().position(|octet| *octet != 0).unwrap_or(19);
        &self.bytes[start..]
    }

    /// Lower-case hexadecimal without separators, two digits a byte.
    pub fn to_hex(&self) -> String {
        let mut text = String::with_capacity(40);
        self.push_hex(&mut text);
        text
    }

    pub(crate) fn push_hex(&self, text: &mut String) {
        let written = write!(text, "{}", hex::lower(self.as_be_bytes()));
        debug_assert!(written.is_ok(), "a String takes everything");
    }

    /// Decimal digits.
    pub fn to_decimal(&self) -> String {
        let mut text = String::with_capacity(48);
        self.push_decimal(&mut text);
        text
    }

    pub(crate) fn push_decimal(&self, text: &mut String) {
        // A u128 holds all but the longest; of those it holds what lies above 19 digits.
        const GROUP: u128 = 10u128.pow(19);
        let number = |octets: &[u8]| octets.iter().fold(0, |number, octet| number << 8 | u128::from(*octet));
        let (high, low) = (number(&self.bytes[..12]), number(&self.bytes[12..]));
        let written = if high >> 64 == 0 {
            write!(text, "{}", high << 64 | low)
        } else {
            let rest = (high % GROUP) << 64 | low;
            write!(text, "{}{:019}", ((high / GROUP) << 64) + rest / GROUP, rest % GROUP)
        };
        debug_assert!(written.is_ok(), "a String takes everything");
    }
}

impl fmt::Display for SerialNumber {
    /// Lower-case hexadecimal, bytes separated by colons.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&hex::lower(self.as_be_bytes()).colons(), f)
    }
}

impl fmt::Debug for SerialNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SerialNumber({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts() {
        // The serial number in the certificate ARN of the API reference.
        let serial = SerialNumber::from_hex("D7:90:A9:CF:2D:B2:6A:24:C7:B9:7F:B6:72:B7:AE:DD").unwrap();
        assert_eq!(serial.to_decimal(), "286535153982981100925020015808220737245");
        assert_eq!(serial.to_hex(), "d790a9cf2db26a24c7b97fb672b7aedd");
        assert_eq!(SerialNumber::from_hex("00d790a9cf2db26a24c7b97fb672b7aedd"), Ok(serial));
        assert_eq!(SerialNumber::from_hex("7").unwrap().to_decimal(), "7");
        // Groups of nine zeros in the middle, and the greatest serial number, 2^159 - 1.
        for number in [1, 999_999_999, 1_000_000_000, 10u128.pow(27), 10u128.pow(38) + 7, u128::MAX] {
            assert_eq!(SerialNumber::from_be_bytes(&number.to_be_bytes()).unwrap().to_decimal(), number.to_string());
        }
        let mut greatest = [0xff; 20];
        greatest[0] = 0x7f;
        let greatest = SerialNumber::from_be_bytes(&greatest).unwrap();
        assert_eq!(greatest.to_decimal(), "730750818665451459101842416358141509827966271487");
    }

    #[test]
    fn range() {
        assert_eq!(SerialNumber::from_be_bytes(&[]), Err(SerialNumberError::NotPositive));
        assert_eq!(SerialNumber::from_be_bytes(&[0; 30]), Err(SerialNumberError::NotPositive));
        assert!(SerialNumber::from_be_bytes(&[0x7f; 20]).is_ok());
        assert_eq!(SerialNumber::from_be_bytes(&[0x80; 20]), Err(SerialNumberError::TooLong));
        assert_eq!(SerialNumber::from_be_bytes(&[1; 21]), Err(SerialNumberError::TooLong));
        assert_eq!(SerialNumber::from_hex(&"1".repeat(41)), Err(SerialNumberError::TooLong));
        assert_eq!(SerialNumber::from_hex("0g"), Err(SerialNumberError::NotHexadecimal));
        assert_eq!(SerialNumber::from_hex(""), Err(SerialNumberError::NotPositive));
    }

    #[test]
    fn colons_stand_between_octets() {
        assert_eq!(SerialNumber::from_hex("01:02").unwrap().to_hex(), "0102");
        assert_eq!(SerialNumber::from_hex("00:00:7f").unwrap().to_hex(), "7f");
        for wrong in [":", ":::7", "1:2", "01:2", "1:02", "001:02", "0:102", "01::02", ":01", "01:", "01:02:", "é:2"] {
            assert_eq!(SerialNumber::from_hex(wrong), Err(SerialNumberError::Colons), "{wrong}");
        }
        for wrong in ["0g:01", "é:01", "01: 2", "01:+2", "01-02"] {
            assert_eq!(SerialNumber::from_hex(wrong), Err(SerialNumberError::NotHexadecimal), "{wrong}");
        }
    }

    #[test]
    fn decimal_digits_are_read_as_they_are_written() {
        for hex in ["1", "0a", "ff", "d790a9cf2db26a24c7b97fb672b7aedd", &"7f".repeat(20)] {
            let serial = SerialNumber::from_hex(hex).unwrap();
            assert_eq!(SerialNumber::from_decimal(&serial.to_decimal()), Ok(serial));
            assert_eq!(SerialNumber::from_decimal(&format!("000{}", serial.to_decimal())), Ok(serial));
        }
        for (text, error) in [
            ("", SerialNumberError::NotPositive),
            ("000", SerialNumberError::NotPositive),
            ("1a", SerialNumberError::NotDecimal),
            ("-1", SerialNumberError::NotDecimal),
            ("\u{661}", SerialNumberError::NotDecimal),
            // 2^159, and more than 20 bytes hold.
            ("730750818665451459101842416358141509827966271488", SerialNumberError::TooLong),
            (&"9".repeat(60), SerialNumberError::TooLong),
        ] {
            assert_eq!(SerialNumber::from_decimal(text), Err(error), "{text}");
        }
    }
}
