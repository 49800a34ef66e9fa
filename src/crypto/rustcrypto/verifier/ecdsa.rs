//! ECDSA signatures (RFC 5480, RFC 5758).

use der::Decode;
use signature::hazmat::PrehashVerifier;
use spki::{ObjectIdentifier, SubjectPublicKeyInfoRef};

use super::VerifyError;
use crate::x509::public_key::ID_SM2;

// What stands before the coordinates in the SubjectPublicKeyInfo of an uncompressed point on a named curve. DER has one
// encoding of it, so that comparing octets is the strictest decoder and the fastest: explicit parameters, compressed
// points, the point at infinity, unused bits and trailing octets all fail to match.
pub(super) const P256: &[u8] = &[
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce,
    0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04,
];
const P384: &[u8] = &[
    0x30, 0x76, 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00,
    0x22, 0x03, 0x62, 0x00, 0x04,
];
const P521: &[u8] = &[
    0x30, 0x81, 0x9b, 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b, 0x81, 0x04,
    0x00, 0x23, 0x03, 0x81, 0x86, 0x00, 0x04,
];
pub(super) const SM2: &[u8] = &[
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x81, 0x1c, 0xcf,
    0x55, 0x01, 0x82, 0x2d, 0x03, 0x42, 0x00, 0x04,
];

/// Verifies on the curve that the key names. A digest shorter or longer than the curve's order is padded or cut as
/// SEC 1 section 4.1.4 says.
pub(super) fn verify(spki: &[u8], digest: &[u8], signature: &[u8]) -> Result<(), VerifyError> {
    // The key is looked at before the signature, so that a bad key is never reported as a bad signature.
    macro_rules! verify_on {
        ($curve:ident, $prefix:ident) => {{
            let key = $curve::ecdsa::VerifyingKey::from_sec1_bytes(&spki[$prefix.len() - 1..])
                .map_err(|_| VerifyError::InvalidKey)?;
            let signature = $curve::ecdsa::Signature::from_der(signature).map_err(|_| VerifyError::InvalidSignature)?;
            key.verify_prehash(digest, &signature).map_err(|_| VerifyError::InvalidSignature)
        }};
    }
    match spki.len() {
        91 if spki.starts_with(P256) => verify_on!(p256, P256),
        120 if spki.starts_with(P384) => verify_on!(p384, P384),
        158 if spki.starts_with(P521) => verify_on!(p521, P521),
        _ => Err(refused(spki, &[ID_SM2])),
    }
}

/// Why a key is not taken. On one of the `foreign` curves, it is no key of this algorithm.
pub(super) fn refused(spki: &[u8], foreign: &[ObjectIdentifier]) -> VerifyError {
    let Ok(info) = SubjectPublicKeyInfoRef::from_der(spki) else { return VerifyError::InvalidKey };
    let curve = info.algorithm.parameters.and_then(|parameters| parameters.decode_as().ok());
    let is_ec = info.algorithm.oid == p256::elliptic_curve::ALGORITHM_OID;
    if is_ec && !curve.is_some_and(|curve| foreign.contains(&curve)) {
        VerifyError::InvalidKey
    } else {
        VerifyError::KeyMismatch
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use SigningAlgorithm as S;

    use super::*;
    use crate::crypto::rustcrypto::signer::RustCryptoSigner;
    use crate::crypto::rustcrypto::verifier::tests::{MESSAGE, key, spki, tlv, verify};
    use crate::crypto::signer::Signer;
    use crate::x509::algorithm::SigningAlgorithm;

    const EC_P256: &[u8] = P256.split_at(4).1.split_at(19).0;

    #[test]
    fn ecdsa_signatures_are_strict_der_in_range() {
        let signer = RustCryptoSigner::from_pem(key!("ec-p256")).unwrap();
        let key = signer.public_key_der();
        let check = |signature: &[u8]| verify(S::Sha256WithEcdsa, key, MESSAGE, signature);
        // Both integers without a padding octet, so that the variants below are what they say.
        let good = (0u32..)
            .map(|n| (n.to_be_bytes(), signer.sign(S::Sha256WithEcdsa, &n.to_be_bytes()).unwrap().into_bytes()))
            .find(|(_, signature)| signature.len() == 70)
            .unwrap();
        let (message, good) = (good.0, good.1);
        let check_good = |signature: &[u8]| verify(S::Sha256WithEcdsa, key, &message, signature);
        assert_eq!(check_good(&good), Ok(()));
        let (r, s) = (&good[4..36], &good[38..70]);
        let pair = |r: &[u8], s: &[u8]| tlv(0x30, &[tlv(0x02, r), tlv(0x02, s)].concat());
        assert_eq!(pair(r, s), good);

        let mut long_sequence = vec![0x30, 0x81, 68];
        long_sequence.extend(&good[2..]);
        let mut long_integer = vec![0x30, 69, 0x02, 0x81, 32];
        long_integer.extend(&good[4..]);
        let mut indefinite = vec![0x30, 0x80];
        indefinite.extend(&good[2..]);
        indefinite.extend([0, 0]);
        let padded = pair(&[&[0], r].concat(), s);
        let three = tlv(0x30, &[tlv(0x02, r), tlv(0x02, s), tlv(0x02, &[1])].concat());
        let trailing = [&good[..], &[0]].concat();
        let raw = [r, s].concat();
        for malformed in [&long_sequence, &long_integer, &indefinite, &padded, &three, &trailing, &raw] {
            assert_eq!(check_good(malformed), Err(VerifyError::InvalidSignature), "{malformed:02x?}");
        }

        let order = [
            0x00, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa,
            0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
        ];
        let too_long = [[1].as_slice(), &[0; 70]].concat();
        for wrong in [&[0][..], &[], &[0xff], &order, &too_long] {
            for signature in [pair(wrong, s), pair(r, wrong), pair(wrong, wrong)] {
                assert_eq!(check_good(&signature), Err(VerifyError::InvalidSignature));
                assert_eq!(check(&signature), Err(VerifyError::InvalidSignature));
            }
        }
    }

    #[test]
    fn ec_keys_are_uncompressed_points_on_named_curves() {
        let signer = RustCryptoSigner::from_pem(key!("ec-p256")).unwrap();
        let good = signer.public_key_der();
        let signature = signer.sign(S::Sha256WithEcdsa, MESSAGE).unwrap().into_bytes();
        let check = |key: &[u8]| verify(S::Sha256WithEcdsa, key, MESSAGE, &signature);
        let point = &good[26..];
        assert_eq!(spki(EC_P256, point), good);
        assert_eq!(check(good), Ok(()));

        let mut off_curve = point.to_vec();
        off_curve[64] ^= 1;
        // (0, 0), and coordinates beyond the field.
        let zero = [&[4][..], &[0; 64]].concat();
        let beyond = [&[4][..], &[0xff; 64]].concat();
        let compressed = [&[2 + (point[64] & 1)], &point[1..33]].concat();
        let hybrid = [&[6 + (point[64] & 1)], &point[1..]].concat();
        let long = [point, &[0]].concat();
        for point in [&off_curve, &zero, &beyond, &compressed, &hybrid, &long, &vec![0], &vec![]] {
            assert_eq!(check(&spki(EC_P256, point)), Err(VerifyError::InvalidKey), "{point:02x?}");
        }

        let (oid, secp256k1) = (&EC_P256[..9], [0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x0a]);
        let explicit = [oid, &tlv(0x30, &[0x02, 0x01, 0x01])].concat();
        for algorithm in [&[oid, &secp256k1].concat(), oid, &[oid, &[0x05, 0x00]].concat(), &explicit] {
            assert_eq!(check(&spki(algorithm, point)), Err(VerifyError::InvalidKey), "{algorithm:02x?}");
        }
        // The label of one curve on a point of another.
        let p384 = RustCryptoSigner::from_pem(key!("ec-p384")).unwrap();
        assert_eq!(check(&spki(EC_P256, &p384.public_key_der()[23..])), Err(VerifyError::InvalidKey));

        let mut unused_bits = good.to_vec();
        unused_bits[25] = 1;
        let trailing = [good, &[0]].concat();
        let mut long_form = vec![0x30, 0x81, 0x59];
        long_form.extend(&good[2..]);
        for malformed in [&unused_bits[..], &trailing, &long_form, &good[..90], &good[1..], &[]] {
            assert_eq!(check(malformed), Err(VerifyError::InvalidKey), "{malformed:02x?}");
        }
    }
}
