//! The number of a list.

use std::fmt;

use crate::x509::asn1::reader::{Asn1Error, Tlv};
use crate::x509::asn1::writer::Writer;
use crate::x509::hex;

/// The number of a CRL: zero or more, at most 20 bytes as DER content, the sign byte included (RFC 5280 section 5.2.3). It rises with
/// every list of an authority.
///
/// ```
/// use issuance::crl::CrlNumber;
/// let number = CrlNumber::from(255);
/// assert_eq!(number.next().map(|next| next.to_string()).as_deref(), Some("0x0100"));
/// assert_eq!(CrlNumber::from_be_bytes(&[0xff])?, number);
/// # Ok::<(), issuance::crl::CrlNumberError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CrlNumber([u8; 20]);

/// A number that needs more than 20 bytes. [`CrlNumber`] has an example of one that does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a CRL number must not need more than 20 bytes, the sign byte included (RFC 5280 section 5.2.3)")]
#[non_exhaustive]
pub struct CrlNumberError;

impl CrlNumber {
    /// A number from its big-endian bytes; leading zeros are ignored.
    ///
    /// # Errors
    /// When it needs more than 20 bytes as DER content.
    pub fn from_be_bytes(bytes: &[u8]) -> Result<CrlNumber, CrlNumberError> {
        let start = bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len());
        let significant = &bytes[start..];
        if significant.len() > 20 || significant.len() == 20 && significant[0] >= 0x80 {
            return Err(CrlNumberError);
        }
        let mut number = [0; 20];
        number[20 - significant.len()..].copy_from_slice(significant);
        Ok(CrlNumber(number))
    }

    /// The significant bytes, big-endian; one byte for zero.
    pub fn as_be_bytes(&self) -> &[u8] {
        &self.0[self.0.iter().position(|byte| *byte != 0).unwrap_or(19)..]
    }

    /// The number after this one; `None` after the greatest.
    pub fn next(self) -> Option<CrlNumber> {
        let mut number = self.0;
        for byte in number.iter_mut().rev() {
            *byte = byte.wrapping_add(1);
            if *byte != 0 {
                break;
            }
        }
        (number[0] < 0x80).then_some(CrlNumber(number))
    }

    /// This number and so many more; `None` beyond the greatest.
    pub(super) fn plus(self, more: u64) -> Option<CrlNumber> {
        let (mut number, mut carry) = (self.0, u128::from(more));
        for byte in number.iter_mut().rev() {
            carry += u128::from(*byte);
            *byte = carry as u8;
            carry >>= 8;
        }
        (number[0] < 0x80).then_some(CrlNumber(number))
    }

    pub(super) fn write(&self, w: &mut Writer) {
        w.positive_integer(self.as_be_bytes());
    }

    pub(super) fn read(integer: &Tlv<'_>) -> Result<CrlNumber, Asn1Error> {
        let shortest = match integer.content {
            [] => false,
            [0, second, ..] => *second >= 0x80,
            [first, ..] => *first < 0x80,
        };
        if !shortest && integer.content != [0] {
            return Err(integer.content_error("CRL number that is negative or not in its shortest form"));
        }
        CrlNumber::from_be_bytes(integer.content).map_err(|_| integer.content_error("CRL number of more than 20 bytes"))
    }
}

impl From<u64> for CrlNumber {
    fn from(number: u64) -> CrlNumber {
        let mut bytes = [0; 20];
        bytes[12..].copy_from_slice(&number.to_be_bytes());
        CrlNumber(bytes)
    }
}

impl fmt::Display for CrlNumber {
    /// `0x` and hexadecimal, two digits a byte.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{}", hex::lower(self.as_be_bytes()))
    }
}

impl fmt::Debug for CrlNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CrlNumber({self})")
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn numbers_rise_to_twenty_bytes() {
        let mut greatest = [0xff; 20];
        greatest[0] = 0x7f;
        let greatest = CrlNumber::from_be_bytes(&greatest).unwrap();
        assert_eq!(greatest.next(), None);
        assert_eq!(greatest.plus(1), None);
        let number = CrlNumber::from(u64::MAX);
        assert_eq!(number.plus(0), Some(number));
        assert_eq!(number.plus(1), number.next());
        assert_eq!(number.plus(u64::MAX).map(|sum| sum.to_string()).as_deref(), Some("0x01fffffffffffffffe"));
        assert!(CrlNumber::from(u64::MAX).next().unwrap() > CrlNumber::from(u64::MAX));
        assert!(greatest > CrlNumber::from(u64::MAX));
        assert_eq!(CrlNumber::from_be_bytes(&[0x80; 20]), Err(CrlNumberError));
        assert_eq!(CrlNumber::from_be_bytes(&[]), Ok(CrlNumber::from(0)));
    }
}
