//! A signer that goes wrong in every way.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use issuance::crypto::{SignError, Signature};
use issuance::{Signer, SigningAlgorithm};

use crate::ca::{CA_KEY, LEAF_KEY};

/// What a faulty signer does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    None,
    WrongKey,
    WrongAlgorithm,
    WrongMessage,
    /// A digest of the message in the place of the message.
    HashedTwice,
    Truncated,
    Empty,
    Raw,
    Trailing,
    Refuses,
    Busy,
    Panics,
    /// Right, after a while.
    Late,
    /// Right up to 4,096 octets, as services take messages; an error beyond.
    OnlyShort,
    /// Only the first 4,096 octets are signed.
    CutsLong,
    /// It says that it does nothing.
    NoAlgorithm,
    /// It signs with its usual algorithm what it should refuse.
    AnyAlgorithm,
    /// What it should refuse is an error of the backend.
    VagueRefusal,
    /// Its error names another algorithm.
    OtherRefusal,
    /// From now on it has another key, in both its public key and its signatures.
    ChangedKey,
    /// It declares one of the algorithms that it signs with.
    DeclaresLess,
    /// It declares one that it refuses.
    DeclaresMore,
}

/// A signer with the key of the authority, whose fault a test may change.
pub struct Faulty {
    fault: Mutex<Fault>,
    calls: AtomicUsize,
}

impl Faulty {
    pub fn new(fault: Fault) -> Faulty {
        Faulty { fault: Mutex::new(fault), calls: AtomicUsize::new(0) }
    }

    pub fn set(&self, fault: Fault) {
        *self.fault.lock().unwrap() = fault;
    }

    fn fault(&self) -> Fault {
        *self.fault.lock().unwrap()
    }

    /// How many signatures it was asked for.
    pub fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }
}

impl Signer for Faulty {
    fn public_key_der(&self) -> &[u8] {
        // The first look, at a signer that nobody has used, is at the right key.
        match self.fault() {
            Fault::ChangedKey if self.calls() > 0 => LEAF_KEY.public_key_der(),
            _ => CA_KEY.public_key_der(),
        }
    }

    fn signing_algorithms(&self) -> &[SigningAlgorithm] {
        use SigningAlgorithm as S;
        match self.fault() {
            Fault::DeclaresLess => &[S::Sha256WithEcdsa],
            Fault::DeclaresMore => &[S::Sha256WithEcdsa, S::Sha384WithEcdsa, S::Sha512WithEcdsa, S::Sha256WithRsa],
            _ => CA_KEY.signing_algorithms(),
        }
    }

    fn sign(&self, algorithm: SigningAlgorithm, message: &[u8]) -> Result<Signature, SignError> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        let fault = self.fault();
        let backend = |retryable| SignError::Backend { reason: "no answer".to_owned(), retryable, source: None };
        let key = CA_KEY.key_algorithm();
        if !key.supports(algorithm) {
            return match fault {
                Fault::AnyAlgorithm => CA_KEY.sign(SigningAlgorithm::Sha256WithEcdsa, message),
                Fault::VagueRefusal => Err(backend(false)),
                Fault::OtherRefusal => {
                    Err(SignError::UnsupportedAlgorithm { algorithm: SigningAlgorithm::Sha256WithEcdsa, key })
                }
                _ => Err(SignError::UnsupportedAlgorithm { algorithm, key }),
            };
        }
        let mut good = CA_KEY.sign(algorithm, message)?.into_bytes();
        Ok(Signature::new(match fault {
            Fault::None | Fault::AnyAlgorithm | Fault::VagueRefusal | Fault::OtherRefusal => good,
            Fault::DeclaresLess | Fault::DeclaresMore => good,
            Fault::WrongKey | Fault::ChangedKey => LEAF_KEY.sign(algorithm, message)?.into_bytes(),
            Fault::WrongAlgorithm if algorithm == SigningAlgorithm::Sha384WithEcdsa => good,
            Fault::WrongAlgorithm => CA_KEY.sign(SigningAlgorithm::Sha384WithEcdsa, message)?.into_bytes(),
            Fault::WrongMessage => CA_KEY.sign(algorithm, b"another")?.into_bytes(),
            Fault::HashedTwice => {
                let digest = <sha2::Sha256 as sha2::Digest>::digest(message);
                CA_KEY.sign(algorithm, &digest)?.into_bytes()
            }
            Fault::Truncated => good[..good.len() - 1].to_vec(),
            Fault::Empty => vec![],
            Fault::Raw => {
                // r and s without their DER, as tokens return them.
                let r = good[3] as usize;
                let s = &good[4 + r + 2..];
                let padded = |number: &[u8]| {
                    let significant = &number[usize::from(number[0] == 0)..];
                    [&vec![0; 32 - significant.len()][..], significant].concat()
                };
                [padded(&good[4..4 + r]), padded(s)].concat()
            }
            Fault::Trailing => {
                good.push(0);
                good
            }
            Fault::Refuses => return Err(backend(false)),
            Fault::Busy => return Err(backend(true)),
            Fault::Panics => panic!("the signer panics"),
            Fault::Late => {
                std::thread::sleep(Duration::from_millis(5));
                good
            }
            Fault::OnlyShort if message.len() > 4_096 => return Err(backend(false)),
            Fault::CutsLong if message.len() > 4_096 => CA_KEY.sign(algorithm, &message[..4_096])?.into_bytes(),
            Fault::OnlyShort | Fault::CutsLong => good,
            Fault::NoAlgorithm => return Err(SignError::UnsupportedAlgorithm { algorithm, key }),
        }))
    }
}
