//! Key algorithms, the signing algorithms of the API, and which of them belong together.

pub(crate) mod facts;
pub(crate) mod identifier;
pub(crate) mod named;
pub(crate) mod rsa_pss;

use crate::x509::public_key::{PublicKey, modulus_bits};

/// A name that is not among the values of an enumeration of the API. [`KeyAlgorithm`](crate::KeyAlgorithm) has an example.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{given}' is not one of [{}]", .values.join(", "))]
#[non_exhaustive]
pub struct UnknownName {
    /// What was given.
    pub given: String,
    /// What would have been right.
    pub values: &'static [&'static str],
}

/// Declares an enumeration of the API together with its wire names.
macro_rules! api_enum {
    ($(#[$meta:meta])* $vis:vis enum $name:ident { $($(#[$doc:meta])* $variant:ident = $wire:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[allow(clippy::upper_case_acronyms)]
        $vis enum $name { $($(#[$doc])* $variant,)+ }

        impl $name {
            /// Every value, in the order of the API model.
            pub const ALL: &'static [$name] = &[$($name::$variant,)+];
            /// The wire names of every value, in the order of the API model.
            pub const NAMES: &'static [&'static str] = &[$($wire,)+];

            /// The name of this value on the wire.
            pub const fn as_str(self) -> &'static str {
                match self { $($name::$variant => $wire,)+ }
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = $crate::x509::algorithm::UnknownName;

            fn from_str(text: &str) -> Result<Self, $crate::x509::algorithm::UnknownName> {
                match text {
                    $($wire => Ok($name::$variant),)+
                    _ => Err($crate::x509::algorithm::UnknownName { given: text.to_owned(), values: $name::NAMES }),
                }
            }
        }
    };
}
pub(crate) use api_enum;

api_enum! {
    /// The algorithm and size of a certificate authority's key: `KeyAlgorithm` of the API.
    ///
    /// ```
    /// use issuance::{KeyAlgorithm, SigningAlgorithm};
    /// let key: KeyAlgorithm = "EC_prime256v1".parse()?;
    /// assert_eq!(key.default_signing_algorithm(), SigningAlgorithm::Sha256WithEcdsa);
    /// assert!(key.supports(SigningAlgorithm::Sha512WithEcdsa) && !key.supports(SigningAlgorithm::Sha256WithRsa));
    /// assert!("P-256".parse::<KeyAlgorithm>().is_err());
    /// # Ok::<(), issuance::x509::UnknownName>(())
    /// ```
    #[non_exhaustive]
    pub enum KeyAlgorithm {
        /// RSA with a modulus of 2048 bits.
        Rsa2048 = "RSA_2048",
        /// RSA with a modulus of 3072 bits.
        Rsa3072 = "RSA_3072",
        /// RSA with a modulus of 4096 bits.
        Rsa4096 = "RSA_4096",
        /// NIST P-256.
        EcPrime256v1 = "EC_prime256v1",
        /// NIST P-384.
        EcSecp384r1 = "EC_secp384r1",
        /// NIST P-521.
        EcSecp521r1 = "EC_secp521r1",
        /// ML-DSA-44 (FIPS 204).
        MlDsa44 = "ML_DSA_44",
        /// ML-DSA-65 (FIPS 204).
        MlDsa65 = "ML_DSA_65",
        /// ML-DSA-87 (FIPS 204).
        MlDsa87 = "ML_DSA_87",
        /// SM2 (GB/T 32918).
        Sm2 = "SM2",
    }
}

api_enum! {
    /// The algorithm that signs a certificate: `SigningAlgorithm` of the API.
    /// [`KeyAlgorithm`](crate::KeyAlgorithm) has an example.
    #[non_exhaustive]
    pub enum SigningAlgorithm {
        /// ECDSA with SHA-256.
        Sha256WithEcdsa = "SHA256WITHECDSA",
        /// ECDSA with SHA-384.
        Sha384WithEcdsa = "SHA384WITHECDSA",
        /// ECDSA with SHA-512.
        Sha512WithEcdsa = "SHA512WITHECDSA",
        /// RSASSA-PKCS1-v1_5 with SHA-256.
        Sha256WithRsa = "SHA256WITHRSA",
        /// RSASSA-PKCS1-v1_5 with SHA-384.
        Sha384WithRsa = "SHA384WITHRSA",
        /// RSASSA-PKCS1-v1_5 with SHA-512.
        Sha512WithRsa = "SHA512WITHRSA",
        /// RSASSA-PSS with SHA-256, MGF1 of the same hash, 32 bytes of salt.
        Sha256WithRsaPss = "SHA256WITHRSA_PSS",
        /// RSASSA-PSS with SHA-384, MGF1 of the same hash, 48 bytes of salt.
        Sha384WithRsaPss = "SHA384WITHRSA_PSS",
        /// RSASSA-PSS with SHA-512, MGF1 of the same hash, 64 bytes of salt.
        Sha512WithRsaPss = "SHA512WITHRSA_PSS",
        /// SM2 with SM3.
        Sm3WithSm2 = "SM3WITHSM2",
        /// ML-DSA-44.
        MlDsa44 = "ML_DSA_44",
        /// ML-DSA-65.
        MlDsa65 = "ML_DSA_65",
        /// ML-DSA-87.
        MlDsa87 = "ML_DSA_87",
    }
}

impl KeyAlgorithm {
    /// The signing algorithms that a key of this algorithm can be used with (R-CA-4, documented), in the order of the
    /// API model.
    pub const fn signing_algorithms(self) -> &'static [SigningAlgorithm] {
        use SigningAlgorithm as S;
        match self {
            KeyAlgorithm::Rsa2048 | KeyAlgorithm::Rsa3072 | KeyAlgorithm::Rsa4096 => &[
                S::Sha256WithRsa,
                S::Sha384WithRsa,
                S::Sha512WithRsa,
                S::Sha256WithRsaPss,
                S::Sha384WithRsaPss,
                S::Sha512WithRsaPss,
            ],
            KeyAlgorithm::EcPrime256v1 | KeyAlgorithm::EcSecp384r1 | KeyAlgorithm::EcSecp521r1 => {
                &[S::Sha256WithEcdsa, S::Sha384WithEcdsa, S::Sha512WithEcdsa]
            }
            KeyAlgorithm::MlDsa44 => &[S::MlDsa44],
            KeyAlgorithm::MlDsa65 => &[S::MlDsa65],
            KeyAlgorithm::MlDsa87 => &[S::MlDsa87],
            KeyAlgorithm::Sm2 => &[S::Sm3WithSm2],
        }
    }

    /// The signing algorithm to take if nobody chose one: for an elliptic curve the hash as long as its coordinates, for RSA
    /// PKCS #1 v1.5 with SHA-256, which every verifier knows (our decision; the API has no default).
    ///
    /// ```
    /// # use issuance::{KeyAlgorithm, SigningAlgorithm};
    /// assert_eq!(KeyAlgorithm::EcSecp384r1.default_signing_algorithm(), SigningAlgorithm::Sha384WithEcdsa);
    /// ```
    pub const fn default_signing_algorithm(self) -> SigningAlgorithm {
        match self {
            KeyAlgorithm::Rsa2048 | KeyAlgorithm::Rsa3072 | KeyAlgorithm::Rsa4096 => SigningAlgorithm::Sha256WithRsa,
            KeyAlgorithm::EcPrime256v1 => SigningAlgorithm::Sha256WithEcdsa,
            KeyAlgorithm::EcSecp384r1 => SigningAlgorithm::Sha384WithEcdsa,
            KeyAlgorithm::EcSecp521r1 => SigningAlgorithm::Sha512WithEcdsa,
            KeyAlgorithm::MlDsa44 => SigningAlgorithm::MlDsa44,
            KeyAlgorithm::MlDsa65 => SigningAlgorithm::MlDsa65,
            KeyAlgorithm::MlDsa87 => SigningAlgorithm::MlDsa87,
            KeyAlgorithm::Sm2 => SigningAlgorithm::Sm3WithSm2,
        }
    }

    /// Whether a key of this algorithm can be used with `signing_algorithm` (R-CA-4).
    pub fn supports(self, signing_algorithm: SigningAlgorithm) -> bool {
        self.signing_algorithms().contains(&signing_algorithm)
    }

    /// The algorithm of the key in a DER `SubjectPublicKeyInfo` (RFC 5280 section 4.1.2.7).
    ///
    /// RSA is rsaEncryption with NULL and a modulus of 2048, 3072 or 4096 bits exactly (RFC 3279 section 2.3.1); elliptic
    /// curves are named and the point is uncompressed (RFC 5480 section 2); ML-DSA is without parameters and of the length
    /// that FIPS 204 gives the key (RFC 9881 section 4). `None` for everything else, malformed keys included. Whether a
    /// point is on its curve is not looked at: that is for who uses the key.
    pub fn from_public_key_der(spki: &[u8]) -> Option<KeyAlgorithm> {
        match PublicKey::from_der(spki).ok()? {
            PublicKey::Rsa { modulus, .. } => KeyAlgorithm::of_rsa(modulus_bits(modulus)),
            PublicKey::Ec(algorithm) | PublicKey::MlDsa(algorithm) => Some(algorithm),
            PublicKey::Ed25519 => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::str::FromStr;

    use super::*;

    #[test]
    fn the_default_of_every_key_is_one_of_its_algorithms() {
        for key in KeyAlgorithm::ALL {
            assert!(key.supports(key.default_signing_algorithm()), "{key}");
        }
    }

    #[test]
    fn every_signing_algorithm_has_a_key_and_names_parse_back() {
        for algorithm in SigningAlgorithm::ALL {
            assert!(KeyAlgorithm::ALL.iter().any(|key| key.supports(*algorithm)));
            assert_eq!(algorithm.as_str().parse(), Ok(*algorithm));
        }
        let error = SigningAlgorithm::from_str("SHA1WITHRSA").unwrap_err();
        assert!(error.to_string().starts_with("'SHA1WITHRSA' is not one of [SHA256WITHECDSA, "));
    }

    fn spki(oid: &str, parameters: &[u8], key: &[u8]) -> Vec<u8> {
        let oid: crate::x509::oid::Oid = oid.parse().unwrap();
        let algorithm = [&tlv(0x06, oid.as_der_content()), parameters].concat();
        tlv(0x30, &[tlv(0x30, &algorithm), tlv(0x03, &[&[0], key].concat())].concat())
    }

    fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
        let header = match content.len() {
            len @ 0..0x80 => vec![tag, len as u8],
            len @ 0x80..0x100 => vec![tag, 0x81, len as u8],
            len => vec![tag, 0x82, (len >> 8) as u8, len as u8],
        };
        [header, content.to_vec()].concat()
    }

    fn oid(text: &str) -> Vec<u8> {
        tlv(0x06, text.parse::<crate::x509::oid::Oid>().unwrap().as_der_content())
    }

    fn rsa_key(first: u8, octets: usize) -> Vec<u8> {
        let mut modulus = vec![0xff; octets];
        modulus[0] = first;
        if first & 0x80 != 0 {
            modulus.insert(0, 0);
        }
        tlv(0x30, &[tlv(0x02, &modulus), tlv(0x02, &[1, 0, 1])].concat())
    }

    const RSA: &str = "1.2.840.113549.1.1.1";
    const EC: &str = "1.2.840.10045.2.1";

    #[test]
    fn public_keys_have_algorithms() {
        let point = |octets: usize| [vec![4], vec![0x11; 2 * octets]].concat();
        for (key, algorithm) in [
            (spki(RSA, &[5, 0], &rsa_key(0x80, 256)), "RSA_2048"),
            (spki(RSA, &[5, 0], &rsa_key(0xff, 384)), "RSA_3072"),
            (spki(RSA, &[5, 0], &rsa_key(0xc0, 512)), "RSA_4096"),
            (spki(EC, &oid("1.2.840.10045.3.1.7"), &point(32)), "EC_prime256v1"),
            (spki(EC, &oid("1.3.132.0.34"), &point(48)), "EC_secp384r1"),
            (spki(EC, &oid("1.3.132.0.35"), &point(66)), "EC_secp521r1"),
            (spki(EC, &oid("1.2.156.10197.1.301"), &point(32)), "SM2"),
            (spki("2.16.840.1.101.3.4.3.17", &[], &[7; 1312]), "ML_DSA_44"),
            (spki("2.16.840.1.101.3.4.3.18", &[], &[7; 1952]), "ML_DSA_65"),
            (spki("2.16.840.1.101.3.4.3.19", &[], &[7; 2592]), "ML_DSA_87"),
        ] {
            assert_eq!(KeyAlgorithm::from_public_key_der(&key).map(KeyAlgorithm::as_str), Some(algorithm));
            let trailing = [&key[..], &[0]].concat();
            assert_eq!(KeyAlgorithm::from_public_key_der(&trailing), None);
            assert_eq!(KeyAlgorithm::from_public_key_der(&key[..key.len() - 1]), None);
        }
    }

    #[test]
    fn other_public_keys_have_none() {
        let p256 = oid("1.2.840.10045.3.1.7");
        let point = [vec![4], vec![0x11; 64]].concat();
        let mut unused_bits = spki(EC, &p256, &point);
        unused_bits[25] = 1;
        for key in [
            vec![],
            vec![0x30, 0x00],
            unused_bits,
            // One bit less, one more, and another size.
            spki(RSA, &[5, 0], &rsa_key(0x7f, 256)),
            spki(RSA, &[5, 0], &rsa_key(0x01, 257)),
            spki(RSA, &[5, 0], &rsa_key(0x80, 128)),
            spki(RSA, &[], &rsa_key(0x80, 256)),
            spki(RSA, &[5, 0], &[rsa_key(0x80, 256), vec![0]].concat()),
            spki(RSA, &[5, 0], &tlv(0x30, &[tlv(0x02, &[0x80; 256]), tlv(0x02, &[3])].concat())),
            spki(RSA, &[5, 0], &tlv(0x30, &[tlv(0x02, &[&[0], &[0x80; 256][..]].concat()), tlv(0x02, &[0])].concat())),
            spki("1.2.840.113549.1.1.10", &[], &rsa_key(0x80, 256)),
            spki(EC, &p256, &point[..33]),
            spki(EC, &p256, &[&[2], &point[1..33]].concat()),
            spki(EC, &p256, &[0]),
            spki(EC, &p256, &[]),
            spki(EC, &oid("1.3.132.0.10"), &point),
            spki(EC, &tlv(0x30, &[2, 1, 1]), &point),
            spki(EC, &[], &point),
            spki("2.16.840.1.101.3.4.3.17", &[5, 0], &[7; 1312]),
            spki("2.16.840.1.101.3.4.3.17", &[], &[7; 1952]),
            spki("1.3.101.112", &[], &[7; 32]),
        ] {
            assert_eq!(KeyAlgorithm::from_public_key_der(&key), None, "{key:02x?}");
        }
    }
}
