//! Key algorithms, the signing algorithms of the API, and which of them belong together.

use std::fmt;

/// A name that is not among the values of an enumeration of the API.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{given}' is not one of [{}]", .values.join(", "))]
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
            type Err = $crate::UnknownName;

            fn from_str(text: &str) -> Result<Self, $crate::UnknownName> {
                match text {
                    $($wire => Ok($name::$variant),)+
                    _ => Err($crate::UnknownName { given: text.to_owned(), values: $name::NAMES }),
                }
            }
        }
    };
}
pub(crate) use api_enum;

api_enum! {
    /// The algorithm and size of a certificate authority's key: `KeyAlgorithm` of the API.
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
        /// RSASSA-PSS with SHA-256, MGF1 of the same hash, 32 octets of salt.
        Sha256WithRsaPss = "SHA256WITHRSA_PSS",
        /// RSASSA-PSS with SHA-384, MGF1 of the same hash, 48 octets of salt.
        Sha384WithRsaPss = "SHA384WITHRSA_PSS",
        /// RSASSA-PSS with SHA-512, MGF1 of the same hash, 64 octets of salt.
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

    /// Whether a key of this algorithm can be used with `signing_algorithm` (R-CA-4).
    pub fn supports(self, signing_algorithm: SigningAlgorithm) -> bool {
        self.signing_algorithms().contains(&signing_algorithm)
    }
}

/// A signature algorithm as it stands in the `signatureAlgorithm` field of a certification request or certificate:
/// those of the API, and those that only a certification request may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SignatureAlgorithm {
    /// One that the API can also sign with.
    Api(SigningAlgorithm),
    /// Ed25519 (RFC 8410).
    Ed25519,
    /// RSASSA-PKCS1-v1_5 with SHA-1: broken, and refused unless the key policy allows it (R-CSR-3).
    Sha1WithRsa,
    /// ECDSA with SHA-1: broken, and refused unless the key policy allows it (R-CSR-3).
    Sha1WithEcdsa,
}

impl SignatureAlgorithm {
    /// Whether the algorithm rests on SHA-1.
    pub const fn uses_sha1(self) -> bool {
        matches!(self, SignatureAlgorithm::Sha1WithRsa | SignatureAlgorithm::Sha1WithEcdsa)
    }

    /// Reads a DER `AlgorithmIdentifier`, tag and length included. The parameters must be exactly those that R-ENC-1
    /// and RFC 4055, RFC 5758, RFC 8410 and RFC 9881 ask for; absent parameters are also taken for RSASSA-PKCS1-v1_5,
    /// as RFC 4055 section 5 asks of readers.
    ///
    /// Returns `None` for everything else.
    pub fn from_der(algorithm_identifier: &[u8]) -> Option<SignatureAlgorithm> {
        let api = SigningAlgorithm::ALL.iter().find(|algorithm| {
            algorithm_identifier == algorithm.algorithm_identifier()
                || Some(algorithm_identifier) == algorithm.algorithm_identifier_without_null()
        });
        match (api, algorithm_identifier) {
            (Some(algorithm), _) => Some(SignatureAlgorithm::Api(*algorithm)),
            (None, ED25519) => Some(SignatureAlgorithm::Ed25519),
            (None, SHA1_WITH_RSA | SHA1_WITH_RSA_WITHOUT_NULL) => Some(SignatureAlgorithm::Sha1WithRsa),
            (None, SHA1_WITH_ECDSA) => Some(SignatureAlgorithm::Sha1WithEcdsa),
            _ => None,
        }
    }
}

impl From<SigningAlgorithm> for SignatureAlgorithm {
    fn from(algorithm: SigningAlgorithm) -> Self {
        SignatureAlgorithm::Api(algorithm)
    }
}

impl fmt::Display for SignatureAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            SignatureAlgorithm::Api(algorithm) => algorithm.as_str(),
            SignatureAlgorithm::Ed25519 => "Ed25519",
            SignatureAlgorithm::Sha1WithRsa => "SHA1WITHRSA",
            SignatureAlgorithm::Sha1WithEcdsa => "SHA1WITHECDSA",
        })
    }
}

const ED25519: &[u8] = &[0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70];
const SHA1_WITH_RSA: &[u8] =
    &[0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x05, 0x05, 0x00];
const SHA1_WITH_RSA_WITHOUT_NULL: &[u8] =
    &[0x30, 0x0b, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x05];
const SHA1_WITH_ECDSA: &[u8] = &[0x30, 0x09, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x01];

/// ecdsa-with-SHA2 (RFC 5758 section 3.2): no parameters.
macro_rules! ecdsa {
    ($last:literal) => {
        &[0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, $last]
    };
}

/// sha2WithRSAEncryption (RFC 4055 section 5): parameters NULL.
macro_rules! rsa_pkcs1 {
    ($last:literal) => {
        &[0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, $last, 0x05, 0x00]
    };
    ($last:literal without null) => {
        &[0x30, 0x0b, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, $last]
    };
}

/// id-RSASSA-PSS (RFC 4055 section 3.1): explicit hash (with NULL), MGF1 of the same hash, salt as long as the hash,
/// default trailer.
macro_rules! rsa_pss {
    ($hash:literal, $salt:literal) => {
        &[
            0x30, 0x41, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a, 0x30, 0x34, 0xa0, 0x0f, 0x30,
            0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, $hash, 0x05, 0x00, 0xa1, 0x1c, 0x30,
            0x1a, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x08, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86,
            0x48, 0x01, 0x65, 0x03, 0x04, 0x02, $hash, 0x05, 0x00, 0xa2, 0x03, 0x02, 0x01, $salt,
        ]
    };
}

/// id-ml-dsa (RFC 9881 section 2): no parameters.
macro_rules! ml_dsa {
    ($last:literal) => {
        &[0x30, 0x0b, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, $last]
    };
}

impl SigningAlgorithm {
    /// The DER `AlgorithmIdentifier` of signatures made with this algorithm (R-ENC-1), tag and length included.
    pub const fn algorithm_identifier(self) -> &'static [u8] {
        match self {
            SigningAlgorithm::Sha256WithEcdsa => ecdsa!(0x02),
            SigningAlgorithm::Sha384WithEcdsa => ecdsa!(0x03),
            SigningAlgorithm::Sha512WithEcdsa => ecdsa!(0x04),
            SigningAlgorithm::Sha256WithRsa => rsa_pkcs1!(0x0b),
            SigningAlgorithm::Sha384WithRsa => rsa_pkcs1!(0x0c),
            SigningAlgorithm::Sha512WithRsa => rsa_pkcs1!(0x0d),
            SigningAlgorithm::Sha256WithRsaPss => rsa_pss!(0x01, 32),
            SigningAlgorithm::Sha384WithRsaPss => rsa_pss!(0x02, 48),
            SigningAlgorithm::Sha512WithRsaPss => rsa_pss!(0x03, 64),
            SigningAlgorithm::Sm3WithSm2 => &[0x30, 0x0a, 0x06, 0x08, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x83, 0x75],
            SigningAlgorithm::MlDsa44 => ml_dsa!(0x11),
            SigningAlgorithm::MlDsa65 => ml_dsa!(0x12),
            SigningAlgorithm::MlDsa87 => ml_dsa!(0x13),
        }
    }

    /// The identifier of RSASSA-PKCS1-v1_5 with its parameters left out, as certificates of 2019 have it. Readers must
    /// take it (RFC 4055 section 5); writers should not make it. `None` for the other algorithms.
    pub(crate) const fn algorithm_identifier_without_null(self) -> Option<&'static [u8]> {
        match self {
            SigningAlgorithm::Sha256WithRsa => Some(rsa_pkcs1!(0x0b without null)),
            SigningAlgorithm::Sha384WithRsa => Some(rsa_pkcs1!(0x0c without null)),
            SigningAlgorithm::Sha512WithRsa => Some(rsa_pkcs1!(0x0d without null)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use der::Decode;
    use std::str::FromStr;

    #[test]
    fn identifiers_are_der_and_distinct() {
        for algorithm in SigningAlgorithm::ALL {
            let der = algorithm.algorithm_identifier();
            spki::AlgorithmIdentifierRef::from_der(der).unwrap();
            assert_eq!(SignatureAlgorithm::from_der(der), Some(SignatureAlgorithm::Api(*algorithm)));
        }
    }

    #[test]
    fn pss_parameters_read_back() {
        // R-ENC-1: explicit hash, MGF1 of the same hash, salt as long as the hash.
        for (algorithm, salt) in [
            (SigningAlgorithm::Sha256WithRsaPss, 32),
            (SigningAlgorithm::Sha384WithRsaPss, 48),
            (SigningAlgorithm::Sha512WithRsaPss, 64),
        ] {
            let identifier = spki::AlgorithmIdentifierRef::from_der(algorithm.algorithm_identifier()).unwrap();
            let parameters: spki::der::AnyRef<'_> = identifier.parameters.unwrap();
            assert!(parameters.value().ends_with(&[0x02, 0x01, salt]));
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
}
