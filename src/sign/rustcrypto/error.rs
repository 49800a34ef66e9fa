//! Why a private key cannot be used.

/// Why a private key cannot be used.
///
/// Says nothing of the key's value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PrivateKeyError {
    /// The signer has no keys of this algorithm.
    #[error(
        "keys of algorithm {algorithm} are not supported by this signer; RSA, ML-DSA and EC on P-256, P-384, P-521 and SM2 are"
    )]
    Unsupported {
        /// The name of the algorithm, or its object identifier in dotted decimal.
        algorithm: String,
    },
    /// An RSA key of a size that no certificate authority can have.
    #[error("an RSA key of {bits} bits is not supported; 2048, 3072 and 4096 bits are")]
    RsaSize {
        /// The length of the modulus in bits.
        bits: usize,
    },
    /// The private key is encrypted.
    #[error("the private key is encrypted; decrypt it first")]
    Encrypted,
    /// The text is not one PEM block (RFC 7468) with a private key.
    #[error("not a PEM private key: {0}")]
    Pem(&'static str),
    /// The private key is not the DER structure that it should be.
    #[error("malformed private key: not a DER {0}")]
    Malformed(&'static str),
    /// The parts of the private key do not belong together, or are out of range.
    #[error("the parts of the private key do not belong together")]
    Inconsistent,
    /// The operating system gave no randomness.
    #[error("the operating system gave no randomness")]
    Randomness,
}
