//! Names of algorithms and curves, for messages about those that the crate does not support.

use std::fmt;

use crate::x509::oid::Oid;

/// An identifier with the name that its standard gives it, where the crate knows one.
pub(crate) struct Named<'a>(pub(crate) &'a Oid);

impl fmt::Display for Named<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.to_string();
        match NAMES.iter().find(|(oid, _)| *oid == text) {
            Some((_, name)) => write!(f, "{text} ({name})"),
            None => f.write_str(&text),
        }
    }
}

/// What people send: RFC 3279, 4055, 5480, 5758, 5912, 8410, 9215, 9688, 9814, 9881, and the standards of NIST, SEC, Brainpool and GB/T.
#[rustfmt::skip]
const NAMES: &[(&str, &str)] = &[
    ("1.2.840.113549.1.1.1", "rsaEncryption"),
    ("1.2.840.113549.1.1.2", "md2WithRSAEncryption"),
    ("1.2.840.113549.1.1.3", "md4WithRSAEncryption"),
    ("1.2.840.113549.1.1.4", "md5WithRSAEncryption"),
    ("1.2.840.113549.1.1.5", "sha1WithRSAEncryption"),
    ("1.2.840.113549.1.1.7", "id-RSAES-OAEP"),
    ("1.2.840.113549.1.1.10", "id-RSASSA-PSS"),
    ("1.2.840.113549.1.1.11", "sha256WithRSAEncryption"),
    ("1.2.840.113549.1.1.12", "sha384WithRSAEncryption"),
    ("1.2.840.113549.1.1.13", "sha512WithRSAEncryption"),
    ("1.2.840.113549.1.1.14", "sha224WithRSAEncryption"),
    ("1.2.840.113549.1.1.15", "sha512-224WithRSAEncryption"),
    ("1.2.840.113549.1.1.16", "sha512-256WithRSAEncryption"),
    ("1.3.14.3.2.27", "dsaWithSHA1"),
    ("1.3.14.3.2.29", "sha1WithRSASignature"),
    ("1.2.840.113549.1.3.1", "dhKeyAgreement"),
    ("1.2.840.10040.4.1", "id-dsa"),
    ("1.2.840.10040.4.3", "id-dsa-with-sha1"),
    ("2.16.840.1.101.3.4.3.1", "id-dsa-with-sha224"),
    ("2.16.840.1.101.3.4.3.2", "id-dsa-with-sha256"),
    ("2.16.840.1.101.3.4.3.3", "id-dsa-with-sha384"),
    ("2.16.840.1.101.3.4.3.4", "id-dsa-with-sha512"),
    ("1.2.840.10046.2.1", "dhpublicnumber"),
    ("1.2.840.10045.2.1", "id-ecPublicKey"),
    ("1.3.132.1.12", "id-ecDH"),
    ("1.2.840.10045.4.1", "ecdsa-with-SHA1"),
    ("1.2.840.10045.4.3.1", "ecdsa-with-SHA224"),
    ("1.2.840.10045.4.3.2", "ecdsa-with-SHA256"),
    ("1.2.840.10045.4.3.3", "ecdsa-with-SHA384"),
    ("1.2.840.10045.4.3.4", "ecdsa-with-SHA512"),
    ("2.16.840.1.101.3.4.3.9", "id-ecdsa-with-sha3-224"),
    ("2.16.840.1.101.3.4.3.10", "id-ecdsa-with-sha3-256"),
    ("2.16.840.1.101.3.4.3.11", "id-ecdsa-with-sha3-384"),
    ("2.16.840.1.101.3.4.3.12", "id-ecdsa-with-sha3-512"),
    ("2.16.840.1.101.3.4.3.13", "id-rsassa-pkcs1-v1-5-with-sha3-224"),
    ("2.16.840.1.101.3.4.3.14", "id-rsassa-pkcs1-v1-5-with-sha3-256"),
    ("2.16.840.1.101.3.4.3.15", "id-rsassa-pkcs1-v1-5-with-sha3-384"),
    ("2.16.840.1.101.3.4.3.16", "id-rsassa-pkcs1-v1-5-with-sha3-512"),
    ("2.16.840.1.101.3.4.3.17", "id-ml-dsa-44"),
    ("2.16.840.1.101.3.4.3.18", "id-ml-dsa-65"),
    ("2.16.840.1.101.3.4.3.19", "id-ml-dsa-87"),
    ("2.16.840.1.101.3.4.3.20", "id-slh-dsa-sha2-128s"),
    ("2.16.840.1.101.3.4.3.21", "id-slh-dsa-sha2-128f"),
    ("2.16.840.1.101.3.4.3.22", "id-slh-dsa-sha2-192s"),
    ("2.16.840.1.101.3.4.3.23", "id-slh-dsa-sha2-192f"),
    ("2.16.840.1.101.3.4.3.24", "id-slh-dsa-sha2-256s"),
    ("2.16.840.1.101.3.4.3.25", "id-slh-dsa-sha2-256f"),
    ("2.16.840.1.101.3.4.3.26", "id-slh-dsa-shake-128s"),
    ("2.16.840.1.101.3.4.3.27", "id-slh-dsa-shake-128f"),
    ("2.16.840.1.101.3.4.3.28", "id-slh-dsa-shake-192s"),
    ("2.16.840.1.101.3.4.3.29", "id-slh-dsa-shake-192f"),
    ("2.16.840.1.101.3.4.3.30", "id-slh-dsa-shake-256s"),
    ("2.16.840.1.101.3.4.3.31", "id-slh-dsa-shake-256f"),
    ("2.16.840.1.101.3.4.3.32", "id-hash-ml-dsa-44-with-sha512"),
    ("2.16.840.1.101.3.4.3.33", "id-hash-ml-dsa-65-with-sha512"),
    ("2.16.840.1.101.3.4.3.34", "id-hash-ml-dsa-87-with-sha512"),
    ("2.16.840.1.101.3.4.4.1", "id-alg-ml-kem-512"),
    ("2.16.840.1.101.3.4.4.2", "id-alg-ml-kem-768"),
    ("2.16.840.1.101.3.4.4.3", "id-alg-ml-kem-1024"),
    ("1.3.6.1.5.5.7.6.30", "id-RSASSA-PSS-SHAKE128"),
    ("1.3.6.1.5.5.7.6.31", "id-RSASSA-PSS-SHAKE256"),
    ("1.3.6.1.5.5.7.6.32", "id-ecdsa-with-shake128"),
    ("1.3.6.1.5.5.7.6.33", "id-ecdsa-with-shake256"),
    ("1.3.101.110", "id-X25519"),
    ("1.3.101.111", "id-X448"),
    ("1.3.101.112", "id-Ed25519"),
    ("1.3.101.113", "id-Ed448"),
    ("1.2.156.10197.1.501", "sm2-with-SM3"),
    ("1.2.643.2.2.3", "id-GostR3411-94-with-GostR3410-2001"),
    ("1.2.643.2.2.19", "id-GostR3410-2001"),
    ("1.2.643.7.1.1.1.1", "id-tc26-gost3410-12-256"),
    ("1.2.643.7.1.1.1.2", "id-tc26-gost3410-12-512"),
    ("1.2.643.7.1.1.3.2", "id-tc26-signwithdigest-gost3410-12-256"),
    ("1.2.643.7.1.1.3.3", "id-tc26-signwithdigest-gost3410-12-512"),
    ("1.2.840.10045.3.1.1", "prime192v1"),
    ("1.2.840.10045.3.1.7", "prime256v1"),
    ("1.3.132.0.10", "secp256k1"),
    ("1.3.132.0.32", "secp224k1"),
    ("1.3.132.0.33", "secp224r1"),
    ("1.3.132.0.34", "secp384r1"),
    ("1.3.132.0.35", "secp521r1"),
    ("1.3.36.3.3.2.8.1.1.1", "brainpoolP160r1"),
    ("1.3.36.3.3.2.8.1.1.3", "brainpoolP192r1"),
    ("1.3.36.3.3.2.8.1.1.5", "brainpoolP224r1"),
    ("1.3.36.3.3.2.8.1.1.7", "brainpoolP256r1"),
    ("1.3.36.3.3.2.8.1.1.8", "brainpoolP256t1"),
    ("1.3.36.3.3.2.8.1.1.9", "brainpoolP320r1"),
    ("1.3.36.3.3.2.8.1.1.11", "brainpoolP384r1"),
    ("1.3.36.3.3.2.8.1.1.12", "brainpoolP384t1"),
    ("1.3.36.3.3.2.8.1.1.13", "brainpoolP512r1"),
    ("1.3.36.3.3.2.8.1.1.14", "brainpoolP512t1"),
    ("1.2.156.10197.1.301", "curveSM2"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_beside_numbers() {
        for (oid, name) in NAMES {
            let oid: Oid = oid.parse().unwrap();
            assert_eq!(Named(&oid).to_string(), format!("{oid} ({name})"));
        }
        assert_eq!(Named(&"1.2.3".parse().unwrap()).to_string(), "1.2.3");
        let mut oids: Vec<_> = NAMES.iter().map(|(oid, _)| oid).collect();
        oids.sort();
        oids.dedup();
        assert_eq!(oids.len(), NAMES.len());
    }
}
