//! How a map in memory finds idempotency keys.

use std::hash::{BuildHasher, Hasher, RandomState};

/// Hashes keys that are SHA-256 digests with one multiplication. A digest is as good as random already; but a caller
/// can try tokens until their digests begin alike, so two secret numbers decide where a key goes.
#[derive(Debug, Clone)]
pub(super) struct DigestHash {
    secrets: [u64; 2],
}

impl Default for DigestHash {
    fn default() -> Self {
        // The standard library's only source of random numbers.
        let random = RandomState::new();
        DigestHash { secrets: [0, 1].map(|number: u8| random.hash_one(number)) }
    }
}

impl BuildHasher for DigestHash {
    type Hasher = DigestHasher;

    fn build_hasher(&self) -> DigestHasher {
        DigestHasher { secrets: self.secrets, hash: 0 }
    }
}

/// The hash of one digest.
pub(super) struct DigestHasher {
    secrets: [u64; 2],
    hash: u64,
}

impl Hasher for DigestHasher {
    fn write(&mut self, bytes: &[u8]) {
        // The first sixteen bytes of a digest tell it from all others.
        if let ([first, second, ..], _) = bytes.as_chunks::<8>() {
            let factor = |bytes: &[u8; 8], secret: u64| u128::from(u64::from_le_bytes(*bytes) ^ secret);
            let product = factor(first, self.secrets[0]) * factor(second, self.secrets[1]);
            self.hash ^= product as u64 ^ (product >> 64) as u64;
        }
    }

    fn write_usize(&mut self, _: usize) {
        // The length, which all digests have in common.
    }

    fn finish(&self) -> u64 {
        self.hash
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::ledger::key::IdempotencyKey;

    #[test]
    fn keys_are_spread_and_each_map_spreads_them_otherwise() {
        let key = |number: u64| {
            let mut digest = [0; 32];
            digest[8..16].copy_from_slice(&number.to_le_bytes());
            IdempotencyKey::from_bytes(digest)
        };
        let (one, other) = (DigestHash::default(), DigestHash::default());
        // Where a map of 4096 places looks first.
        let places = |hash: &DigestHash| -> HashSet<u64> { (0..4096).map(|i| hash.hash_one(key(i)) & 0xfff).collect() };
        // Random places are 2,589 of them, and even ones no more than 4,096.
        assert!(places(&one).len() > 1024 && places(&other).len() > 1024);
        assert!((0..64).any(|i| one.hash_one(key(i)) != other.hash_one(key(i))));
        assert_eq!(one.hash_one(key(7)), one.clone().hash_one(key(7)));
    }
}
