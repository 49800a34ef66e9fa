//! The ARN of an authority that has none from AWS.

use sha1::{Digest, Sha1};

use super::CertificateAuthorityArn;
use crate::x509::hex;
use crate::x509::public_key::{PublicKeyError, key_identifier, subject_public_key};

/// The UUID of version 5 of the name `https://crates.io/crates/issuance` among URLs (RFC 9562 section 6.6).
const NAMESPACE: [u8; 16] = 0xd8cc_0d16_faad_56b7_8dc4_55f5_54e1_fa49_u128.to_be_bytes();

impl CertificateAuthorityArn {
    /// The region of the ARNs that [`CertificateAuthorityArn::of_key`] makes. AWS has none of this name, so the host of a URL that
    /// follows from it, because the revocation configuration names no host, does not exist.
    pub const LOCAL_REGION: &str = "local";
    /// The account of the ARNs that [`CertificateAuthorityArn::of_key`] makes.
    pub const LOCAL_ACCOUNT: &str = "000000000000";

    /// The ARN of an authority outside of AWS: one key always has the same, whichever certificate it has (our decision).
    ///
    /// It is `arn:aws:acm-pca:local:000000000000:certificate-authority/<uuid>`: partition `aws`, region
    /// [`LOCAL_REGION`](CertificateAuthorityArn::LOCAL_REGION), account
    /// [`LOCAL_ACCOUNT`](CertificateAuthorityArn::LOCAL_ACCOUNT), and the UUID of version 5 (RFC 9562 section 5.5) of the key
    /// identifier: SHA-1 of the public key (RFC 5280 section 4.2.1.2, method 1) in 40 lower-case hexadecimal digits. The
    /// namespace is `d8cc0d16-faad-56b7-8dc4-55f554e1fa49`. `public_key_der` is a SubjectPublicKeyInfo.
    ///
    /// Authorities that share a key share this ARN. Where they live side by side, give them ARNs of
    /// [`CertificateAuthorityArn::new`].
    ///
    /// ```
    /// # #[cfg(feature = "rustcrypto")] {
    /// use issuance::{CertificateAuthorityArn, KeyAlgorithm, RustCryptoSigner, Signer};
    /// let key = RustCryptoSigner::generate(KeyAlgorithm::EcPrime256v1)?;
    /// let arn = CertificateAuthorityArn::of_key(key.public_key_der())?;
    /// assert_eq!((arn.region(), arn.account()), ("local", "000000000000"));
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`PublicKeyError::Malformed`] if the key is not a SubjectPublicKeyInfo.
    pub fn of_key(public_key_der: &[u8]) -> Result<CertificateAuthorityArn, PublicKeyError> {
        let identifier = key_identifier(subject_public_key(public_key_der)?);
        let id = uuid(&hex::lower(&identifier).to_string());
        let (region, account) = (CertificateAuthorityArn::LOCAL_REGION, CertificateAuthorityArn::LOCAL_ACCOUNT);
        Ok(CertificateAuthorityArn(format!("arn:aws:acm-pca:{region}:{account}:certificate-authority/{id}")))
    }
}

/// The UUID of version 5 of a name (RFC 9562 section 5.5). SHA-1 only spreads the names here; nothing rests on its strength.
fn uuid(name: &str) -> String {
    let digest: [u8; 20] = Sha1::new().chain_update(NAMESPACE).chain_update(name).finalize().into();
    let first = digest.iter().take(16).fold(0u128, |value, byte| value << 8 | u128::from(*byte));
    let (version, variant) = (0xf << 76, 0b11 << 62);
    let uuid = first & !version & !variant | 5 << 76 | 0b10 << 62;
    let group = |from: u32, digits: u32| uuid >> (128 - 4 * (from + digits)) & ((1 << (4 * digits)) - 1);
    format!("{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", group(0, 8), group(8, 4), group(12, 4), group(16, 4), group(20, 12))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Python's `uuid.uuid5` says the same.
    #[test]
    fn the_identifier_is_a_uuid_of_version_5() {
        assert_eq!(uuid("0123456789abcdef0123456789abcdef01234567"), "833c4b56-5488-5d56-8e99-6d61e5945dff");
        assert_eq!(uuid("ffffffffffffffffffffffffffffffffffffffff"), "6a589c4c-4647-5d77-a3f7-07c2e1b311cb");
    }

    #[test]
    fn the_arn_of_a_key_is_well_formed() {
        let key = crate::request::encode::to_vec(|w| {
            w.sequence(|w| {
                w.sequence(|_| ());
                w.bit_string(b"a key");
            });
        });
        let arn = CertificateAuthorityArn::of_key(&key).unwrap();
        assert_eq!(arn.as_str().parse(), Ok(arn.clone()));
        assert_eq!(arn.check_uuid(), Ok(()));
        let of_another = [&key[..key.len() - 1], b"z"].concat();
        assert_ne!(CertificateAuthorityArn::of_key(&of_another), Ok(arn));
        assert!(CertificateAuthorityArn::of_key(&key[1..]).is_err());
    }
}
