//! A verifier on AWS-LC.

use aws_lc_rs::signature::{self, ParsedPublicKey, RsaParameters, RsaPssSaltLength, VerificationAlgorithm};

use crate::crypto::ed25519::is_canonical;
use crate::crypto::verifier::{SignatureVerifier, VerifyError, misfit};
use crate::x509::algorithm::identifier::SignatureAlgorithm;
use crate::x509::algorithm::rsa_pss::{RsaPssHash, RsaPssOtherSalt};
use crate::x509::algorithm::{KeyAlgorithm, SigningAlgorithm};
use crate::x509::public_key::{KeyKind, PublicKey, modulus_bits, subject_public_key};

/// Verifies signatures with AWS-LC, by way of the `aws-lc-rs` crate.
///
/// * ECDSA on P-256, P-384 and P-521, each with SHA-256, SHA-384 and SHA-512; on P-256 and P-521 with SHA-1 too. The
///   public key must be an uncompressed point on a named curve (RFC 5480 section 2), the signature strict DER with
///   0 < r, s < n.
/// * RSASSA-PKCS1-v1_5 with SHA-1, SHA-256, SHA-384 and SHA-512; RSASSA-PSS with SHA-256, SHA-384 and SHA-512, MGF1 of
///   the same hash and a salt of the length that the algorithm says. The public key must be rsaEncryption with NULL (RFC
///   3279 section 2.3.1), with a modulus of 2048 to 8192 bits, or from 1024 bits with RSASSA-PKCS1-v1_5 and SHA-1, SHA-256 or
///   SHA-512, and an odd exponent of 3 to 2^33 - 1. Keys of type id-RSASSA-PSS are a [`VerifyError::KeyMismatch`].
/// * ML-DSA-44, ML-DSA-65 and ML-DSA-87, pure and with an empty context (RFC 9881 section 3).
/// * Ed25519 (RFC 8032 section 5.1.7, without the cofactor), but for keys and commitments of small order. A key that is not
///   on the curve is not told from a bad signature.
///
/// Everything else is [`VerifyError::UnsupportedAlgorithm`], whatever other features are enabled: SM2, and ECDSA on P-384
/// with SHA-1. A [`FallbackVerifier`](crate::crypto::fallback::FallbackVerifier) can send these to another verifier. SHA-1 is the key
/// policy's decision (R-CSR-3), not this type's. [`SignatureVerifier`](crate::SignatureVerifier) has an example.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[allow(clippy::exhaustive_structs, reason = "a value is its name")]
pub struct AwsLcVerifier;

impl SignatureVerifier for AwsLcVerifier {
    fn supports(&self, algorithm: SignatureAlgorithm, public_key_der: &[u8]) -> bool {
        match algorithm {
            SignatureAlgorithm::Api(SigningAlgorithm::Sm3WithSm2) => false,
            SignatureAlgorithm::Sha1WithEcdsa => {
                !matches!(PublicKey::from_der(public_key_der), Ok(PublicKey::Ec(KeyAlgorithm::EcSecp384r1)))
            }
            _ => true,
        }
    }

    fn verify(
        &self,
        algorithm: SignatureAlgorithm,
        public_key_der: &[u8],
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), VerifyError> {
        use KeyAlgorithm as K;
        use SignatureAlgorithm as A;
        use SigningAlgorithm as S;
        let spki = public_key_der;
        let implementation: &'static dyn VerificationAlgorithm = match algorithm {
            A::Sha1WithEcdsa | A::Api(S::Sha256WithEcdsa | S::Sha384WithEcdsa | S::Sha512WithEcdsa) => {
                let Ok(PublicKey::Ec(curve)) = PublicKey::from_der(spki) else {
                    return Err(misfit(spki, KeyKind::Ec));
                };
                match (curve, algorithm) {
                    (K::EcPrime256v1, A::Sha1WithEcdsa) => &signature::ECDSA_P256_SHA1_ASN1,
                    (K::EcPrime256v1, A::Api(S::Sha256WithEcdsa)) => &signature::ECDSA_P256_SHA256_ASN1,
                    (K::EcPrime256v1, A::Api(S::Sha384WithEcdsa)) => &signature::ECDSA_P256_SHA384_ASN1,
                    (K::EcPrime256v1, A::Api(S::Sha512WithEcdsa)) => &signature::ECDSA_P256_SHA512_ASN1,
                    (K::EcSecp384r1, A::Api(S::Sha256WithEcdsa)) => &signature::ECDSA_P384_SHA256_ASN1,
                    (K::EcSecp384r1, A::Api(S::Sha384WithEcdsa)) => &signature::ECDSA_P384_SHA384_ASN1,
                    (K::EcSecp384r1, A::Api(S::Sha512WithEcdsa)) => &signature::ECDSA_P384_SHA512_ASN1,
                    (K::EcSecp384r1, _) => return Err(VerifyError::UnsupportedAlgorithm(algorithm)),
                    (K::EcSecp521r1, A::Sha1WithEcdsa) => &signature::ECDSA_P521_SHA1_ASN1,
                    (K::EcSecp521r1, A::Api(S::Sha256WithEcdsa)) => &signature::ECDSA_P521_SHA256_ASN1,
                    (K::EcSecp521r1, A::Api(S::Sha384WithEcdsa)) => &signature::ECDSA_P521_SHA384_ASN1,
                    (K::EcSecp521r1, A::Api(S::Sha512WithEcdsa)) => &signature::ECDSA_P521_SHA512_ASN1,
                    _ => return Err(misfit(spki, KeyKind::Ec)),
                }
            }
            A::Sha1WithRsa => rsa_from_1024(spki, &signature::RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY)?,
            A::Api(S::Sha256WithRsa) => {
                rsa_from_1024(spki, &signature::RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY)?
            }
            A::Api(S::Sha384WithRsa) => rsa(spki, &signature::RSA_PKCS1_2048_8192_SHA384)?,
            A::Api(S::Sha512WithRsa) => {
                rsa_from_1024(spki, &signature::RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY)?
            }
            A::Api(S::Sha256WithRsaPss) => rsa(spki, &signature::RSA_PSS_2048_8192_SHA256)?,
            A::Api(S::Sha384WithRsaPss) => rsa(spki, &signature::RSA_PSS_2048_8192_SHA384)?,
            A::Api(S::Sha512WithRsaPss) => rsa(spki, &signature::RSA_PSS_2048_8192_SHA512)?,
            A::RsaPssOtherSalt(pss) => return rsa_pss(spki, pss, message, signature),
            A::Api(S::MlDsa44) => ml_dsa(spki, K::MlDsa44, &signature::ML_DSA_44)?,
            A::Api(S::MlDsa65) => ml_dsa(spki, K::MlDsa65, &signature::ML_DSA_65)?,
            A::Api(S::MlDsa87) => ml_dsa(spki, K::MlDsa87, &signature::ML_DSA_87)?,
            A::Ed25519 => ed25519(spki, signature)?,
            A::Api(S::Sm3WithSm2) => return Err(VerifyError::UnsupportedAlgorithm(algorithm)),
        };
        // The key as it stands in the BIT STRING. What is wrong is asked for afterwards, so that a bad key is never reported as a bad
        // signature.
        let key = subject_public_key(spki).map_err(|_| VerifyError::InvalidKey)?;
        implementation.verify_sig(key, message, signature).map_err(|_| {
            match ParsedPublicKey::new(implementation, key) {
                Ok(_) => VerifyError::InvalidSignature,
                Err(_) => VerifyError::InvalidKey,
            }
        })
    }
}

/// With a salt length that is known only now: a [`ParsedPublicKey`] wants parameters that live forever. A salt that the
/// key has no room for is a bad signature (RFC 8017 section 9.1.2, step 3).
fn rsa_pss(spki: &[u8], pss: RsaPssOtherSalt, message: &[u8], signature: &[u8]) -> Result<(), VerifyError> {
    let parameters = match pss.hash() {
        RsaPssHash::Sha256 => signature::RSA_PSS_2048_8192_SHA256,
        RsaPssHash::Sha384 => signature::RSA_PSS_2048_8192_SHA384,
        RsaPssHash::Sha512 => signature::RSA_PSS_2048_8192_SHA512,
    };
    rsa(spki, &parameters)?;
    let key = subject_public_key(spki).map_err(|_| VerifyError::InvalidKey)?;
    RsaParameters::public_modulus_len(key).map_err(|_| VerifyError::InvalidKey)?;
    let parameters = parameters.with_pss_salt_length(RsaPssSaltLength::Custom(pss.salt_octets()));
    parameters.verify_sig(key, message, signature).map_err(|_| VerifyError::InvalidSignature)
}

/// Bounds the modulus before anything costly. AWS-LC bounds the exponent when it reads the key, and that an RSA signature
/// is as long as the modulus (RFC 8017 sections 8.1.2 and 8.2.2) when it verifies.
fn rsa<'p>(spki: &[u8], implementation: &'p RsaParameters) -> Result<&'p dyn VerificationAlgorithm, VerifyError> {
    rsa_of(2048, spki, implementation)
}

/// The same where AWS-LC takes short keys, which old roots have; whether one is good enough is not decided here.
fn rsa_from_1024<'p>(
    spki: &[u8],
    implementation: &'p RsaParameters,
) -> Result<&'p dyn VerificationAlgorithm, VerifyError> {
    rsa_of(1024, spki, implementation)
}

fn rsa_of<'p>(
    min: usize,
    spki: &[u8],
    implementation: &'p RsaParameters,
) -> Result<&'p dyn VerificationAlgorithm, VerifyError> {
    match PublicKey::from_der(spki) {
        Ok(PublicKey::Rsa { modulus, .. }) if (min..=8192).contains(&modulus_bits(modulus)) => Ok(implementation),
        _ => Err(misfit(spki, KeyKind::Rsa)),
    }
}

fn ml_dsa(
    spki: &[u8],
    parameters: KeyAlgorithm,
    implementation: &'static signature::PqdsaVerificationAlgorithm,
) -> Result<&'static dyn VerificationAlgorithm, VerifyError> {
    match PublicKey::from_der(spki) {
        Ok(PublicKey::MlDsa(algorithm)) if algorithm == parameters => Ok(implementation),
        _ => Err(misfit(spki, KeyKind::MlDsa(parameters))),
    }
}

/// The y coordinates, in canonical form, of the eight points whose order divides the cofactor.
const SMALL_ORDER: [[u8; 32]; 5] = {
    let (mut one, mut minus_one) = ([0; 32], [0xff; 32]);
    one[0] = 1;
    (minus_one[0], minus_one[31]) = (0xec, 0x7f);
    [
        [0; 32],
        one,
        minus_one,
        [
            0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf,
            0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05,
        ],
        [
            0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20,
            0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a,
        ],
    ]
};

/// Refuses what AWS-LC does not: keys and commitments of small order, with which a signature proves nothing, and keys whose
/// y coordinate is not below 2^255 - 19 (RFC 8032 section 5.1.3, step 1).
fn ed25519(spki: &[u8], signature: &[u8]) -> Result<&'static dyn VerificationAlgorithm, VerifyError> {
    let (Ok(PublicKey::Ed25519), Ok(key)) = (PublicKey::from_der(spki), subject_public_key(spki)) else {
        return Err(misfit(spki, KeyKind::Ed25519));
    };
    let key = y_coordinate(key).ok_or(VerifyError::InvalidKey)?;
    if !is_canonical(&key) || SMALL_ORDER.contains(&key) {
        return Err(VerifyError::InvalidKey);
    }
    match y_coordinate(signature) {
        Some(commitment) if !SMALL_ORDER.contains(&commitment) => Ok(&signature::ED25519),
        _ => Err(VerifyError::InvalidSignature),
    }
}

/// The first 32 octets without the bit that is the sign of x.
fn y_coordinate(point: &[u8]) -> Option<[u8; 32]> {
    let mut y = *point.first_chunk()?;
    y[31] &= 0x7f;
    Some(y)
}
