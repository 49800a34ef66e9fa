//! The key usage bits of RFC 5280.

use std::fmt;
use std::ops::BitOr;

use super::given::Shape;

/// What a key may be used for: `KeyUsage` of the API and of RFC 5280 section 4.2.1.3. At least one bit is set (R-REQ-8,
/// our decision; RFC 5280 asks for it).
///
/// ```
/// use issuance::KeyUsage;
/// let usage = KeyUsage::KEY_CERT_SIGN | KeyUsage::CRL_SIGN;
/// assert!(usage.crl_sign() && !usage.digital_signature());
/// assert_eq!(usage.to_string(), "keyCertSign, cRLSign");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyUsage(u16);

impl Shape for KeyUsage {}

/// Declares the bits in the order of RFC 5280.
macro_rules! bits {
    ($($const:ident, $name:ident, $rfc:literal, $wire:literal = $bit:literal;)+) => {
        impl KeyUsage {
            $(
                #[doc = concat!("The one bit ", $rfc, ".")]
                pub const $const: KeyUsage = KeyUsage(1 << $bit);
            )+

            $(
                #[doc = concat!("Whether ", $rfc, " is set.")]
                pub const fn $name(self) -> bool {
                    self.0 & KeyUsage::$const.0 != 0
                }
            )+
        }

        /// The members of the wire form with their bits.
        pub(crate) const BITS: [(&str, &str, KeyUsage); 9] = [$(($wire, $rfc, KeyUsage::$const)),+];

        /// The members of the wire form.
        #[cfg(feature = "serde")]
        pub(crate) const NAMES: [&str; 9] = [$($wire),+];
    };
}

bits! {
    DIGITAL_SIGNATURE, digital_signature, "digitalSignature", "DigitalSignature" = 0;
    NON_REPUDIATION, non_repudiation, "nonRepudiation", "NonRepudiation" = 1;
    KEY_ENCIPHERMENT, key_encipherment, "keyEncipherment", "KeyEncipherment" = 2;
    DATA_ENCIPHERMENT, data_encipherment, "dataEncipherment", "DataEncipherment" = 3;
    KEY_AGREEMENT, key_agreement, "keyAgreement", "KeyAgreement" = 4;
    KEY_CERT_SIGN, key_cert_sign, "keyCertSign", "KeyCertSign" = 5;
    CRL_SIGN, crl_sign, "cRLSign", "CRLSign" = 6;
    ENCIPHER_ONLY, encipher_only, "encipherOnly", "EncipherOnly" = 7;
    DECIPHER_ONLY, decipher_only, "decipherOnly", "DecipherOnly" = 8;
}

impl KeyUsage {
    /// The key usage with these bits, bit 0 being digitalSignature as in RFC 5280; `None` where no bit or one above 8
    /// is set.
    pub const fn from_bits(bits: u16) -> Option<KeyUsage> {
        if bits == 0 || bits >= 1 << 9 { None } else { Some(KeyUsage(bits)) }
    }

    /// The bits, bit 0 being digitalSignature as in RFC 5280.
    pub const fn bits(self) -> u16 {
        self.0
    }

    /// The bits of both.
    pub const fn with(self, other: KeyUsage) -> KeyUsage {
        KeyUsage(self.0 | other.0)
    }

    /// Whether every bit of `other` is set.
    pub const fn contains(self, other: KeyUsage) -> bool {
        self.0 & other.0 == other.0
    }
}

impl BitOr for KeyUsage {
    type Output = KeyUsage;

    fn bitor(self, other: KeyUsage) -> KeyUsage {
        KeyUsage(self.0 | other.0)
    }
}

impl fmt::Display for KeyUsage {
    /// The names of RFC 5280 of the bits that are set.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let set: Vec<&str> = BITS.iter().filter(|(_, _, bit)| self.contains(*bit)).map(|(_, rfc, _)| *rfc).collect();
        f.write_str(&set.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_those_of_rfc_5280() {
        assert_eq!(BITS.iter().map(|(_, _, bit)| bit.bits()).collect::<Vec<_>>(), [1, 2, 4, 8, 16, 32, 64, 128, 256]);
        assert_eq!(KeyUsage::from_bits(0x20 | 0x40), Some(KeyUsage::KEY_CERT_SIGN | KeyUsage::CRL_SIGN));
        assert_eq!((KeyUsage::from_bits(0), KeyUsage::from_bits(0x200)), (None, None));
        let all = KeyUsage::from_bits(0x1ff).unwrap();
        assert!(all.contains(KeyUsage::DECIPHER_ONLY) && !KeyUsage::DECIPHER_ONLY.contains(all));
    }
}
