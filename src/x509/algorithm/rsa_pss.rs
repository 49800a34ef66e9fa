//! RSASSA-PSS with a salt that is not as long as the hash.

use std::fmt;

use super::SigningAlgorithm;

/// The hash of RSASSA-PSS, of the message and in MGF1.
/// [`SignatureAlgorithm`](crate::x509::SignatureAlgorithm) has an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RsaPssHash {
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

impl RsaPssHash {
    /// How long the hash is, in bytes.
    pub(super) const fn octets(self) -> u16 {
        match self {
            RsaPssHash::Sha256 => 32,
            RsaPssHash::Sha384 => 48,
            RsaPssHash::Sha512 => 64,
        }
    }

    /// The algorithm of the API with this hash, whose salt is as long as it.
    pub(super) const fn algorithm(self) -> SigningAlgorithm {
        match self {
            RsaPssHash::Sha256 => SigningAlgorithm::Sha256WithRsaPss,
            RsaPssHash::Sha384 => SigningAlgorithm::Sha384WithRsaPss,
            RsaPssHash::Sha512 => SigningAlgorithm::Sha512WithRsaPss,
        }
    }
}

/// RSASSA-PSS with MGF1 of the same hash and a salt that is not as long as the hash (RFC 4055 section 3.1): what OpenSSL
/// 3.0 makes by itself. Only requests and certificates of others have it; this crate signs with a salt as long as the hash
/// (R-ENC-1).
///
/// [`SignatureAlgorithm::rsa_pss`](crate::x509::algorithm::identifier::SignatureAlgorithm::rsa_pss) makes it.
/// [`SignatureAlgorithm`](crate::x509::SignatureAlgorithm) has an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RsaPssOtherSalt {
    hash: RsaPssHash,
    salt_octets: u16,
}

/// In bytes, of the default key policy. As long is the message that is encoded for it (emLen of RFC 8017 section 9.1.1).
const LONGEST_MODULUS: u16 = 8192 / 8;

impl RsaPssOtherSalt {
    /// `None` where the salt is as long as the hash, or longer than a key of 8192 bits has room for.
    pub(super) fn new(hash: RsaPssHash, salt_octets: u16) -> Option<RsaPssOtherSalt> {
        let fits = salt_octets <= LONGEST_MODULUS - hash.octets() - 2;
        (fits && salt_octets != hash.octets()).then_some(RsaPssOtherSalt { hash, salt_octets })
    }

    /// The hash of the message and in MGF1.
    pub const fn hash(self) -> RsaPssHash {
        self.hash
    }

    /// How long the salt is, in bytes: 0 to 990, and never as many as the hash has.
    pub const fn salt_octets(self) -> u16 {
        self.salt_octets
    }
}

impl fmt::Display for RsaPssOtherSalt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} with a salt of {} bytes", self.hash.algorithm(), self.salt_octets)
    }
}
