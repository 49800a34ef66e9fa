//! Private keys leave nothing behind: neither in the memory of this process once their signer is dropped, nor in what `Debug` prints.
//!
//! The memory is read through `/proc/self/mem`, every writable part of it but the stack: a key that is moved while its signer is
//! made leaves copies there, until other calls overwrite them. What is looked for is kept masked, so as not to be found itself.
//! Each test has a process to itself, since others hold the same keys.

use std::fmt::Debug;
use std::fs::File;
use std::os::unix::fs::FileExt;

use base64::prelude::{BASE64_STANDARD, Engine};
use issuance::{Signer, SigningAlgorithm};
use issuance_test_support::{files, process};

const MASK: u8 = 0xa5;

/// Octets of a private key, masked.
struct Secret(Vec<u8>);

impl Secret {
    fn read(key: &Key) -> Secret {
        let pem = files::text(&format!("keys/{}.pem", key.name));
        let base64: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
        let mut der = BASE64_STANDARD.decode(&base64).unwrap();
        der.iter_mut().for_each(|octet| *octet ^= MASK);
        let before: Vec<u8> = key.before.iter().map(|octet| octet ^ MASK).collect();
        let at = der.windows(before.len()).position(|window| window == before).unwrap() + before.len();
        Secret(der[at..at + key.length].to_vec())
    }

    /// As numbers stand in memory: the lowest octet first.
    fn reversed(&self) -> Secret {
        Secret(self.0.iter().rev().copied().collect())
    }

    fn is_at(&self, octets: &[u8]) -> bool {
        octets.iter().zip(&self.0).all(|(octet, masked)| octet ^ MASK == *masked)
    }

    /// Without its first 16 octets, which an allocator may overwrite in what it was given back.
    fn rest(&self) -> Secret {
        Secret(self.0[16..].to_vec())
    }

    /// Whether it is within, in either order of octets, the first 16 excepted.
    fn is_in(&self, octets: &[u8]) -> bool {
        let (forward, reversed) = (self.rest(), self.reversed().rest());
        let starts = [forward.0[0] ^ MASK, reversed.0[0] ^ MASK];
        let at = |(at, octet): (usize, &u8)| {
            starts.contains(octet) && (forward.is_at(&octets[at..]) || reversed.is_at(&octets[at..]))
        };
        octets[..octets.len() + 1 - forward.0.len()].iter().enumerate().any(at)
    }

    /// Whether it stands anywhere in the writable memory of this process but the stacks.
    fn is_in_memory(&self) -> bool {
        const CHUNK: usize = 1 << 20;
        let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
        let memory = File::open("/proc/self/mem").unwrap();
        let mut buffer = vec![0; CHUNK];
        let on_the_stack = 0u8;
        let address = &raw const on_the_stack as usize;
        for line in maps.lines() {
            let parts: Vec<&str> = line.split_whitespace().collect();
            let (start, end) = parts[0].split_once('-').unwrap();
            let [start, end] = [start, end].map(|text| usize::from_str_radix(text, 16).unwrap());
            let is_stack = (start..end).contains(&address) || line.ends_with("[stack]");
            if !parts[1].starts_with("rw") || is_stack {
                continue;
            }
            for at in (start..end).step_by(CHUNK) {
                let part = &mut buffer[..CHUNK.min(end - at)];
                let found = memory.read_exact_at(part, at as u64).is_ok() && self.is_in(part);
                // Not to be found itself.
                part.fill(0);
                if found {
                    return true;
                }
            }
        }
        false
    }
}

/// Reads a key, signs with it and drops it. Its secret stands in memory meanwhile, or the search is in vain, and never after.
fn leaves_nothing<S: Signer + Debug>(key: &Key, read: impl FnOnce(&str) -> S) {
    let secret = Secret::read(key);
    let mut pem = files::text(&format!("keys/{}.pem", key.name));
    let signer = read(&pem);
    // Base64 is not what is looked for, but does not stay either.
    pem.clear();
    signer.sign(key.algorithm, b"message").unwrap();
    let printed = format!("{signer:?}");
    assert!(printed.len() < 40 && printed.contains("Signer("), "{printed}");
    assert!(secret.is_in_memory(), "{printed} is not found while there is one");
    drop(signer);
    assert!(!secret.is_in_memory(), "{printed} leaves its key in memory");
}

/// A key, and where the octets stand that are looked for: after these in the DER, and so many. The keys of the other curves
/// are held in a form of their own (Montgomery's), which this does not know.
struct Key {
    name: &'static str,
    before: &'static [u8],
    length: usize,
    algorithm: SigningAlgorithm,
}

const P256: Key = Key {
    name: "ec-p256",
    before: &[0x02, 0x01, 0x01, 0x04, 0x20],
    length: 32,
    algorithm: SigningAlgorithm::Sha256WithEcdsa,
};
/// The seed.
const ML_DSA: Key =
    Key { name: "ml-dsa-65", before: &[0x04, 0x22, 0x80, 0x20], length: 32, algorithm: SigningAlgorithm::MlDsa65 };
/// The first prime factor.
#[cfg(feature = "aws-lc-rs")]
const RSA: Key = Key {
    name: "rsa-2048",
    before: &[0x02, 0x81, 0x81, 0x00],
    length: 128,
    algorithm: SigningAlgorithm::Sha256WithRsa,
};

#[test]
fn rustcrypto_keys_leave_nothing_in_memory() {
    // Not RSA: the `rsa` crate frees copies of the prime factors without overwriting them (`SECURITY.md`).
    process::alone("secrets::rustcrypto_keys_leave_nothing_in_memory", || {
        for key in [P256, ML_DSA] {
            leaves_nothing(&key, |pem| issuance::RustCryptoSigner::from_pem(pem).unwrap());
        }
    });
}

#[cfg(feature = "aws-lc-rs")]
#[test]
fn aws_lc_keys_leave_nothing_in_memory() {
    process::alone("secrets::aws_lc_keys_leave_nothing_in_memory", || {
        for key in [P256, ML_DSA, RSA] {
            leaves_nothing(&key, |pem| issuance::AwsLcSigner::from_pem(pem).unwrap());
        }
    });
}
