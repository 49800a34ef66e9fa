//! Private keys as they come, before any backend reads them.

use der::pem;
use zeroize::Zeroizing;

/// Why a private key cannot be used.
///
/// Says nothing of the key's value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PrivateKeyError {
    /// The signer has no keys of this algorithm.
    #[error("keys of algorithm {algorithm} are not supported by this signer")]
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

/// The only PEM block that matters in `text`, decoded: its label and its content.
pub(super) fn pem_private_key(text: &str) -> Result<(&str, Zeroizing<Vec<u8>>), PrivateKeyError> {
    let mut rest = text;
    loop {
        let (label, block, after) = pem_block(rest)?;
        match label {
            // Repeats what the key says, and does not tell more.
            "EC PARAMETERS" | "SM2 PARAMETERS" => rest = after,
            "ENCRYPTED PRIVATE KEY" => return Err(PrivateKeyError::Encrypted),
            _ if block.contains("Proc-Type:") && block.contains("ENCRYPTED") => return Err(PrivateKeyError::Encrypted),
            _ if after.contains(BEGIN) => return Err(PrivateKeyError::Pem("there is more than one block")),
            _ => {
                let mut buffer = Zeroizing::new(vec![0; block.len()]);
                let len = match pem::decode(block.as_bytes(), &mut buffer) {
                    Ok((_, der)) => der.len(),
                    Err(_) => return Err(PrivateKeyError::Pem("the block is malformed")),
                };
                buffer.truncate(len);
                return Ok((label, buffer));
            }
        }
    }
}

pub(super) const BEGIN: &str = "-----BEGIN ";

/// Splits off the first block: its label, the block with its boundaries, and what follows.
fn pem_block(text: &str) -> Result<(&str, &str, &str), PrivateKeyError> {
    let start = text.find(BEGIN).ok_or(PrivateKeyError::Pem("there is no block"))?;
    let block = &text[start..];
    let (label, content) =
        block[BEGIN.len()..].split_once("-----").ok_or(PrivateKeyError::Pem("the first boundary is malformed"))?;
    let end = format!("-----END {label}-----");
    let (_, after) = content.split_once(&end).ok_or(PrivateKeyError::Pem("the last boundary is missing"))?;
    Ok((label, &block[..block.len() - after.len()], after))
}
