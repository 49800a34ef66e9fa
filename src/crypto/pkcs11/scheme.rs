//! Which mechanism of the token makes which signature, from which octets, and what of the result goes into a certificate.

use std::borrow::Cow;

use cryptoki::mechanism::rsa::{PkcsMgfType, PkcsPssParams};
use cryptoki::mechanism::{Mechanism, MechanismType};
use sha2::digest::Digest;
use sha2::{Sha256, Sha384, Sha512};

use crate::x509::algorithm::{KeyAlgorithm, SigningAlgorithm};
use crate::x509::asn1::writer::Writer;

/// What the token is asked to do.
pub(super) struct TokenOperation<'m> {
    pub(super) mechanism: Mechanism<'static>,
    pub(super) input: Cow<'m, [u8]>,
}

#[derive(Clone, Copy)]
enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

#[derive(Clone, Copy)]
enum Scheme {
    Ecdsa,
    Pkcs1,
    Pss,
}

/// The first mechanism that is `offered`: over a digest that is computed here, which every token does fast, else the one
/// that hashes the message itself. `None` if this signer or its token cannot do `algorithm` with a key of `key`.
pub(super) fn operation(
    key: KeyAlgorithm,
    algorithm: SigningAlgorithm,
    message: &[u8],
    offered: impl Fn(MechanismType) -> bool,
) -> Option<TokenOperation<'_>> {
    use SigningAlgorithm as S;
    let (hash, scheme) = match algorithm {
        S::Sha256WithEcdsa => (Hash::Sha256, Scheme::Ecdsa),
        S::Sha384WithEcdsa => (Hash::Sha384, Scheme::Ecdsa),
        S::Sha512WithEcdsa => (Hash::Sha512, Scheme::Ecdsa),
        S::Sha256WithRsa => (Hash::Sha256, Scheme::Pkcs1),
        S::Sha384WithRsa => (Hash::Sha384, Scheme::Pkcs1),
        S::Sha512WithRsa => (Hash::Sha512, Scheme::Pkcs1),
        S::Sha256WithRsaPss => (Hash::Sha256, Scheme::Pss),
        S::Sha384WithRsaPss => (Hash::Sha384, Scheme::Pss),
        S::Sha512WithRsaPss => (Hash::Sha512, Scheme::Pss),
        _ => return None,
    };
    if !key.supports(algorithm) {
        return None;
    }
    let (over_digest, hashing) = match scheme {
        Scheme::Ecdsa => (Mechanism::Ecdsa, None),
        Scheme::Pkcs1 => (Mechanism::RsaPkcs, Some(hash.pkcs1())),
        Scheme::Pss => (Mechanism::RsaPkcsPss(hash.pss_params()), Some(hash.pss())),
    };
    if offered(over_digest.mechanism_type()) {
        let input = match scheme {
            // The leftmost bits of the digest, as many as the order of the curve has (FIPS 186-5 section 6.4.1). Not every
            // token does that itself.
            Scheme::Ecdsa => hash.digest(message).into_iter().take(key.coordinate_bytes()?).collect(),
            Scheme::Pkcs1 => [hash.digest_info(), &hash.digest(message)].concat(),
            Scheme::Pss => hash.digest(message),
        };
        return Some(TokenOperation { mechanism: over_digest, input: Cow::Owned(input) });
    }
    let mechanism = hashing.filter(|mechanism| offered(mechanism.mechanism_type()))?;
    Some(TokenOperation { mechanism, input: Cow::Borrowed(message) })
}

/// The algorithms of a key of `key` that a token with these mechanisms signs with.
pub(super) fn algorithms(key: KeyAlgorithm, mechanisms: &[MechanismType]) -> Vec<SigningAlgorithm> {
    let offered = |mechanism| mechanisms.contains(&mechanism);
    let algorithms = key.signing_algorithms().iter().copied();
    algorithms.filter(|algorithm| operation(key, *algorithm, &[], offered).is_some()).collect()
}

/// What the token returned, as it stands in a BIT STRING `signatureValue`. `None` if its length is wrong.
pub(super) fn signature_value(key: KeyAlgorithm, raw: Vec<u8>) -> Option<Vec<u8>> {
    match key {
        KeyAlgorithm::EcPrime256v1 | KeyAlgorithm::EcSecp384r1 | KeyAlgorithm::EcSecp521r1 => {
            ecdsa_sig_value(&raw, key.coordinate_bytes()?)
        }
        KeyAlgorithm::Rsa2048 | KeyAlgorithm::Rsa3072 | KeyAlgorithm::Rsa4096 => {
            (key.signature_bytes() == Some(raw.len())).then_some(raw)
        }
        _ => None,
    }
}

/// `ECDSA-Sig-Value` (RFC 3279 section 2.2.3) of r and s side by side, padded to the same length, which is at most that of
/// the order (PKCS#11 v2.40 mechanisms, section 2.3.1).
fn ecdsa_sig_value(raw: &[u8], scalar_octets: usize) -> Option<Vec<u8>> {
    if raw.is_empty() || !raw.len().is_multiple_of(2) || raw.len() > 2 * scalar_octets {
        return None;
    }
    let (r, s) = raw.split_at(raw.len() / 2);
    let mut writer = Writer::with_capacity(raw.len() + 9);
    writer.sequence(|w| {
        for number in [r, s] {
            w.positive_integer(significant(number));
        }
    });
    Some(writer.into_vec())
}

/// A big-endian number without leading zeros.
pub(super) fn significant(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|octet| **octet == 0).count();
    &number[zeros..]
}

impl Hash {
    fn digest(self, message: &[u8]) -> Vec<u8> {
        match self {
            Hash::Sha256 => Sha256::digest(message).to_vec(),
            Hash::Sha384 => Sha384::digest(message).to_vec(),
            Hash::Sha512 => Sha512::digest(message).to_vec(),
        }
    }

    /// What stands before the digest in a DER `DigestInfo` (RFC 8017 section 9.2, note 1).
    fn digest_info(self) -> &'static [u8] {
        match self {
            Hash::Sha256 => b"\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20",
            Hash::Sha384 => b"\x30\x41\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x02\x05\x00\x04\x30",
            Hash::Sha512 => b"\x30\x51\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x03\x05\x00\x04\x40",
        }
    }

    fn pkcs1(self) -> Mechanism<'static> {
        match self {
            Hash::Sha256 => Mechanism::Sha256RsaPkcs,
            Hash::Sha384 => Mechanism::Sha384RsaPkcs,
            Hash::Sha512 => Mechanism::Sha512RsaPkcs,
        }
    }

    fn pss(self) -> Mechanism<'static> {
        match self {
            Hash::Sha256 => Mechanism::Sha256RsaPkcsPss(self.pss_params()),
            Hash::Sha384 => Mechanism::Sha384RsaPkcsPss(self.pss_params()),
            Hash::Sha512 => Mechanism::Sha512RsaPkcsPss(self.pss_params()),
        }
    }

    /// R-ENC-1: MGF1 of the same hash, salt as long as the hash.
    fn pss_params(self) -> PkcsPssParams {
        match self {
            Hash::Sha256 => {
                PkcsPssParams { hash_alg: MechanismType::SHA256, mgf: PkcsMgfType::MGF1_SHA256, s_len: 32.into() }
            }
            Hash::Sha384 => {
                PkcsPssParams { hash_alg: MechanismType::SHA384, mgf: PkcsMgfType::MGF1_SHA384, s_len: 48.into() }
            }
            Hash::Sha512 => {
                PkcsPssParams { hash_alg: MechanismType::SHA512, mgf: PkcsMgfType::MGF1_SHA512, s_len: 64.into() }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use KeyAlgorithm as K;
    use SigningAlgorithm as S;

    use super::*;

    #[test]
    fn every_legal_pair_has_an_operation_and_no_other() {
        for &key in K::ALL {
            for &algorithm in S::ALL {
                let known = matches!(key.as_str(), "SM2" | "ML_DSA_44" | "ML_DSA_65" | "ML_DSA_87");
                let expected = key.supports(algorithm) && !known;
                let operation = operation(key, algorithm, b"message", |_| true);
                assert_eq!(operation.is_some(), expected, "{key} {algorithm}");
                assert!(super::operation(key, algorithm, b"message", |_| false).is_none());
            }
        }
    }

    #[test]
    fn a_token_signs_what_it_has_mechanisms_for() {
        assert_eq!(algorithms(K::EcSecp384r1, &[MechanismType::ECDSA]), K::EcSecp384r1.signing_algorithms());
        assert_eq!(algorithms(K::EcSecp384r1, &[MechanismType::RSA_PKCS]), []);
        let some = [MechanismType::SHA256_RSA_PKCS, MechanismType::SHA512_RSA_PKCS_PSS];
        assert_eq!(algorithms(K::Rsa2048, &some), [S::Sha256WithRsa, S::Sha512WithRsaPss]);
    }

    #[test]
    fn what_the_token_sees() {
        let input = |key, algorithm| operation(key, algorithm, b"message", |_| true).unwrap().input.into_owned();
        let sha512 = Sha512::digest(b"message");
        assert_eq!(input(K::EcPrime256v1, S::Sha512WithEcdsa), sha512[..32]);
        assert_eq!(input(K::EcSecp384r1, S::Sha512WithEcdsa), sha512[..48]);
        assert_eq!(input(K::EcSecp521r1, S::Sha512WithEcdsa), sha512[..]);
        assert_eq!(input(K::EcSecp384r1, S::Sha256WithEcdsa), Sha256::digest(b"message")[..]);
        assert_eq!(input(K::Rsa2048, S::Sha512WithRsaPss), sha512[..]);
        let info = input(K::Rsa2048, S::Sha512WithRsa);
        assert!(info.ends_with(&sha512));
        assert_eq!((info[0], usize::from(info[1])), (0x30, info.len() - 2));
        assert_eq!(usize::from(info[3]), info.len() - 4 - 2 - 64);
    }

    #[test]
    fn tokens_that_only_hash_themselves() {
        let over_digest = [MechanismType::RSA_PKCS, MechanismType::RSA_PKCS_PSS];
        for (algorithm, mechanism) in [
            (S::Sha256WithRsa, MechanismType::SHA256_RSA_PKCS),
            (S::Sha384WithRsa, MechanismType::SHA384_RSA_PKCS),
            (S::Sha512WithRsa, MechanismType::SHA512_RSA_PKCS),
            (S::Sha256WithRsaPss, MechanismType::SHA256_RSA_PKCS_PSS),
            (S::Sha384WithRsaPss, MechanismType::SHA384_RSA_PKCS_PSS),
            (S::Sha512WithRsaPss, MechanismType::SHA512_RSA_PKCS_PSS),
        ] {
            let operation =
                operation(K::Rsa3072, algorithm, b"message", |offered| !over_digest.contains(&offered)).unwrap();
            assert_eq!(operation.mechanism.mechanism_type(), mechanism);
            assert_eq!(&*operation.input, b"message");
        }
    }

    #[test]
    fn numbers_are_minimal_and_positive() {
        let mut raw = [0; 64];
        (raw[31], raw[32]) = (0x7f, 0x80);
        let der = signature_value(K::EcPrime256v1, raw.to_vec()).unwrap();
        assert_eq!(der[..7], [0x30, 3 + 35, 0x02, 1, 0x7f, 0x02, 33]);
        assert_eq!(der[7..9], [0, 0x80]);
        // The longest there is: a two-octet length.
        let der = signature_value(K::EcSecp521r1, [[1; 66], [0xff; 66]].concat()).unwrap();
        assert_eq!(der[..3], [0x30, 0x81, 2 + 66 + 2 + 67]);
    }

    #[test]
    fn wrong_lengths_are_not_signatures() {
        for (key, octets, good) in [
            (K::EcPrime256v1, 64, true),
            (K::EcPrime256v1, 62, true),
            (K::EcPrime256v1, 63, false),
            (K::EcPrime256v1, 66, false),
            (K::EcPrime256v1, 0, false),
            (K::EcSecp384r1, 96, true),
            (K::EcSecp521r1, 132, true),
            (K::EcSecp521r1, 134, false),
            (K::Rsa2048, 256, true),
            (K::Rsa2048, 255, false),
            (K::Rsa3072, 384, true),
            (K::Rsa4096, 512, true),
            (K::Rsa4096, 513, false),
            (K::MlDsa44, 2420, false),
        ] {
            assert_eq!(signature_value(key, vec![1; octets]).is_some(), good, "{key} {octets}");
        }
    }
}
