//! The facts of each key algorithm, in one place: object identifiers and lengths.
#![allow(dead_code)] // Each backend needs its part of them.

use spki::ObjectIdentifier;

use super::KeyAlgorithm;

pub(crate) const ID_RSA_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
pub(crate) const ID_EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
pub(crate) const ID_PRIME256V1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
pub(crate) const ID_SECP384R1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
pub(crate) const ID_SECP521R1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.35");
pub(crate) const ID_SM2: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.156.10197.1.301");
pub(crate) const ID_ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
pub(crate) const ID_ML_DSA_44: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.3.17");
pub(crate) const ID_ML_DSA_65: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.3.18");
pub(crate) const ID_ML_DSA_87: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.3.19");

/// The distinguishing identifier of a signer with SM2, where nothing else is agreed upon (GM/T 0009): X.509 has no
/// place to say another.
pub(crate) const SM2_DISTINGUISHING_ID: &str = "1234567812345678";

/// The length of an Ed25519 public key in bytes (RFC 8032 section 5.1.5).
pub(crate) const ED25519_KEY_BYTES: usize = 32;

impl KeyAlgorithm {
    /// The algorithm of keys on a curve, given by the DER content of its identifier.
    pub(crate) fn of_curve(oid: &[u8]) -> Option<KeyAlgorithm> {
        const CURVES: [(ObjectIdentifier, KeyAlgorithm); 4] = [
            (ID_PRIME256V1, KeyAlgorithm::EcPrime256v1),
            (ID_SECP384R1, KeyAlgorithm::EcSecp384r1),
            (ID_SECP521R1, KeyAlgorithm::EcSecp521r1),
            (ID_SM2, KeyAlgorithm::Sm2),
        ];
        CURVES.iter().find(|(curve, _)| curve.as_bytes() == oid).map(|&(_, key)| key)
    }

    /// The parameter set of ML-DSA, given by the DER content of its identifier.
    pub(crate) fn of_ml_dsa(oid: &[u8]) -> Option<KeyAlgorithm> {
        const SETS: [(ObjectIdentifier, KeyAlgorithm); 3] = [
            (ID_ML_DSA_44, KeyAlgorithm::MlDsa44),
            (ID_ML_DSA_65, KeyAlgorithm::MlDsa65),
            (ID_ML_DSA_87, KeyAlgorithm::MlDsa87),
        ];
        SETS.iter().find(|(set, _)| set.as_bytes() == oid).map(|&(_, key)| key)
    }

    /// RSA with a modulus of this many bits.
    pub(crate) fn of_rsa(modulus_bits: usize) -> Option<KeyAlgorithm> {
        match modulus_bits {
            2048 => Some(KeyAlgorithm::Rsa2048),
            3072 => Some(KeyAlgorithm::Rsa3072),
            4096 => Some(KeyAlgorithm::Rsa4096),
            _ => None,
        }
    }

    /// The algorithm in the AlgorithmIdentifier of a SubjectPublicKeyInfo.
    pub(crate) const fn oid(self) -> ObjectIdentifier {
        match self {
            KeyAlgorithm::Rsa2048 | KeyAlgorithm::Rsa3072 | KeyAlgorithm::Rsa4096 => ID_RSA_ENCRYPTION,
            KeyAlgorithm::EcPrime256v1 | KeyAlgorithm::EcSecp384r1 | KeyAlgorithm::EcSecp521r1 | KeyAlgorithm::Sm2 => {
                ID_EC_PUBLIC_KEY
            }
            KeyAlgorithm::MlDsa44 => ID_ML_DSA_44,
            KeyAlgorithm::MlDsa65 => ID_ML_DSA_65,
            KeyAlgorithm::MlDsa87 => ID_ML_DSA_87,
        }
    }

    /// The named curve of an elliptic curve key (RFC 5480 section 2.1.1.1).
    pub(crate) const fn curve(self) -> Option<ObjectIdentifier> {
        match self {
            KeyAlgorithm::EcPrime256v1 => Some(ID_PRIME256V1),
            KeyAlgorithm::EcSecp384r1 => Some(ID_SECP384R1),
            KeyAlgorithm::EcSecp521r1 => Some(ID_SECP521R1),
            KeyAlgorithm::Sm2 => Some(ID_SM2),
            _ => None,
        }
    }

    /// The length in bytes of a coordinate of a point, and of the order of the curve.
    pub(crate) const fn coordinate_bytes(self) -> Option<usize> {
        match self {
            KeyAlgorithm::EcPrime256v1 | KeyAlgorithm::Sm2 => Some(32),
            KeyAlgorithm::EcSecp384r1 => Some(48),
            KeyAlgorithm::EcSecp521r1 => Some(66),
            _ => None,
        }
    }

    /// The length of an RSA modulus in bits.
    pub(crate) const fn modulus_bits(self) -> Option<usize> {
        match self {
            KeyAlgorithm::Rsa2048 => Some(2048),
            KeyAlgorithm::Rsa3072 => Some(3072),
            KeyAlgorithm::Rsa4096 => Some(4096),
            _ => None,
        }
    }

    /// The length of an ML-DSA public key in bytes (FIPS 204 section 4, table 2).
    pub(crate) const fn ml_dsa_key_bytes(self) -> Option<usize> {
        match self {
            KeyAlgorithm::MlDsa44 => Some(1312),
            KeyAlgorithm::MlDsa65 => Some(1952),
            KeyAlgorithm::MlDsa87 => Some(2592),
            _ => None,
        }
    }

    /// The length of a signature in bytes where all have the same: for RSA that of the modulus, for ML-DSA that of FIPS 204
    /// (section 4, table 2).
    pub(crate) const fn signature_bytes(self) -> Option<usize> {
        match (self, self.modulus_bits()) {
            (_, Some(bits)) => Some(bits / 8),
            (KeyAlgorithm::MlDsa44, _) => Some(2420),
            (KeyAlgorithm::MlDsa65, _) => Some(3309),
            (KeyAlgorithm::MlDsa87, _) => Some(4627),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_lead_back_to_their_algorithm() {
        for &key in KeyAlgorithm::ALL {
            assert_eq!(
                key.curve().and_then(|curve| KeyAlgorithm::of_curve(curve.as_bytes())),
                key.curve().map(|_| key)
            );
            assert_eq!(key.modulus_bits().and_then(KeyAlgorithm::of_rsa), key.modulus_bits().map(|_| key));
            let ml_dsa = key.ml_dsa_key_bytes().map(|_| key);
            assert_eq!(KeyAlgorithm::of_ml_dsa(key.oid().as_bytes()), ml_dsa);
            // Either a fixed length, or two numbers of a length.
            assert_ne!(key.signature_bytes().is_some(), key.coordinate_bytes().is_some());
            assert_eq!(key.curve().is_some(), key.coordinate_bytes().is_some());
        }
        assert_eq!(KeyAlgorithm::of_curve(&[]), None);
        assert_eq!(KeyAlgorithm::of_rsa(1024), None);
    }
}
