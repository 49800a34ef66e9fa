//! Public keys that verifiers take, and those that they do not.

use issuance::SigningAlgorithm as S;
use issuance::crypto::VerifyError;

use super::*;

const RSA: &[u8] = &[0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00];
const ID_EC: &[u8] = &[0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];

/// A SubjectPublicKeyInfo of a key of the test data, and a signature of [`MESSAGE`].
fn signed(pem: &str, algorithm: S) -> (Vec<u8>, Vec<u8>) {
    let signer = (backends()[0].from_pem)(pem).unwrap();
    (signer.public_key_der().to_vec(), signer.sign(algorithm, MESSAGE).unwrap().into_bytes())
}

#[test]
fn ec_keys_are_uncompressed_points_on_named_curves() {
    let curves: [(_, _, &[u8], usize); 3] = [
        (key!("ec-p256"), S::Sha256WithEcdsa, &[0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07], 32),
        (key!("ec-p384"), S::Sha384WithEcdsa, &[0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22], 48),
        (key!("ec-p521"), S::Sha512WithEcdsa, &[0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x23], 66),
    ];
    for (pem, algorithm, curve, field) in curves {
        let (good, signature) = signed(pem, algorithm);
        let check = |key: &[u8]| verdict(algorithm, key, MESSAGE, &signature);
        let identifier = [ID_EC, curve].concat();
        let point = &good[good.len() - 1 - 2 * field..];
        assert_eq!(spki(&identifier, point), good);
        assert_eq!(check(&good), Ok(()));

        let mut off_curve = point.to_vec();
        *off_curve.last_mut().unwrap() ^= 1;
        // (0, 0), and coordinates beyond the field.
        let zero = [vec![4], vec![0; 2 * field]].concat();
        let beyond = [vec![4], vec![0xff; 2 * field]].concat();
        let odd = point.last().unwrap() & 1;
        let compressed = [&[2 + odd], &point[1..=field]].concat();
        let hybrid = [&[6 + odd], &point[1..]].concat();
        let long = [point, &[0]].concat();
        for point in [&off_curve, &zero, &beyond, &compressed, &hybrid, &long, &vec![0], &vec![4], &vec![]] {
            assert_eq!(check(&spki(&identifier, point)), Err(VerifyError::InvalidKey), "{point:02x?}");
        }

        let secp256k1 = [ID_EC, &[0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x0a]].concat();
        let explicit = [ID_EC, &tlv(0x30, &[0x02, 0x01, 0x01])].concat();
        let null = [ID_EC, &[0x05, 0x00]].concat();
        let more = [&identifier[..], &[0x05, 0x00]].concat();
        for identifier in [&secp256k1[..], ID_EC, &null, &explicit, &more] {
            assert_eq!(check(&spki(identifier, point)), Err(VerifyError::InvalidKey), "{identifier:02x?}");
        }
        // On the curve of SM2, a key is none of ECDSA.
        let sm2 = [ID_EC, &[0x06, 0x08, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x82, 0x2d]].concat();
        for point in [point, &compressed, &[]] {
            assert_eq!(check(&spki(&sm2, point)), Err(VerifyError::KeyMismatch));
        }
        // The label of one curve on a point of another.
        for (_, _, other, _) in curves.iter().filter(|(_, _, other, _)| *other != curve) {
            assert_eq!(check(&spki(&[ID_EC, other].concat(), point)), Err(VerifyError::InvalidKey));
        }

        let mut unused_bits = good.clone();
        unused_bits[good.len() - 2 - 2 * field] = 1;
        let trailing = [&good[..], &[0]].concat();
        let inner = [tlv(0x30, &identifier), tlv(0x03, &[&[0], point].concat()), vec![0x05, 0x00]].concat();
        let third_field = tlv(0x30, &inner);
        let mut ber = vec![0x30, 0x80];
        ber.extend(&good[if good[1] == 0x81 { 3 } else { 2 }..]);
        ber.extend([0, 0]);
        // The length in one byte more than it needs.
        let length = if good[1] == 0x81 { vec![0x30, 0x82, 0] } else { vec![0x30, 0x81] };
        let long_form = [&length, &good[length.len() - 1..]].concat();
        for malformed in [
            &unused_bits[..],
            &trailing,
            &third_field,
            &ber,
            &long_form,
            &good[..good.len() - 1],
            &good[1..],
            point,
            &[],
        ] {
            assert_eq!(check(malformed), Err(VerifyError::InvalidKey), "{malformed:02x?}");
        }
    }
}

#[test]
fn rsa_keys_are_rsa_encryption_of_bounded_size() {
    let (good, signature) = signed(key!("rsa-2048"), S::Sha256WithRsa);
    let check = |key: &[u8]| verdict(S::Sha256WithRsa, key, MESSAGE, &signature);
    let key = &good[24..];
    assert_eq!(spki(RSA, key), good);
    assert_eq!(check(&good), Ok(()));

    let without_null = &RSA[..11];
    let pss = [0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a];
    assert_eq!(check(&spki(without_null, key)), Err(VerifyError::InvalidKey));
    assert_eq!(check(&spki(&[without_null, &[0x30, 0x00]].concat(), key)), Err(VerifyError::InvalidKey));
    assert_eq!(check(&spki(&pss, key)), Err(VerifyError::KeyMismatch));
    assert_eq!(check(&[&good[..], &[0]].concat()), Err(VerifyError::InvalidKey));
    assert_eq!(check(&spki(RSA, &[key, &[0]].concat())), Err(VerifyError::InvalidKey));
    // A SubjectPublicKeyInfo where the RSAPublicKey belongs.
    assert_eq!(check(&spki(RSA, &good)), Err(VerifyError::InvalidKey));
    assert_eq!(check(key), Err(VerifyError::InvalidKey));
    assert_eq!(check(&good[..good.len() - 1]), Err(VerifyError::InvalidKey));

    let with =
        |modulus: &[u8], exponent: &[u8]| spki(RSA, &tlv(0x30, &[tlv(0x02, modulus), tlv(0x02, exponent)].concat()));
    // 2048 bits to 8192 bits, whatever the factors.
    let modulus = |octets: usize| [vec![0], vec![0xff; octets]].concat();
    for octets in [256, 257, 1024] {
        for exponent in [&[3][..], &[1, 0, 1], &[1, 0xff, 0xff, 0xff, 0xff]] {
            let (key, zeros) = (with(&modulus(octets), exponent), vec![0; octets]);
            assert_eq!(verdict(S::Sha256WithRsa, &key, MESSAGE, &zeros), Err(VerifyError::InvalidSignature));
            assert_eq!(verdict(S::Sha512WithRsaPss, &key, MESSAGE, &zeros), Err(VerifyError::InvalidSignature));
        }
    }
    let even = [&[0], &[0xff; 255][..], &[0xfe]].concat();
    let bits_8193 = [&[1][..], &[0xff; 1024]].concat();
    for (modulus, exponent) in [
        (&modulus(127)[..], &[1, 0, 1][..]),
        (&bits_8193, &[1, 0, 1]),
        (&modulus(4096), &[1, 0, 1]),
        (&even, &[1, 0, 1]),
        (&modulus(256)[1..], &[1, 0, 1]),
        (&[0], &[1, 0, 1]),
        (&[], &[1, 0, 1]),
        (&[&[0], &modulus(256)[..]].concat(), &[1, 0, 1]),
        (&modulus(256), &[0]),
        (&modulus(256), &[]),
        (&modulus(256), &[1]),
        (&modulus(256), &[2]),
        (&modulus(256), &[1, 0, 0]),
        (&modulus(256), &[0, 1, 0, 1]),
        (&modulus(256), &[0xff]),
        (&modulus(256), &[2, 0, 0, 0, 1]),
        (&modulus(256), &modulus(256)),
    ] {
        assert_eq!(check(&with(modulus, exponent)), Err(VerifyError::InvalidKey), "{exponent:02x?}");
    }
    let three = tlv(0x30, &[tlv(0x02, &modulus(256)), tlv(0x02, &[3]), tlv(0x02, &[3])].concat());
    assert_eq!(check(&spki(RSA, &three)), Err(VerifyError::InvalidKey));
}

/// Keys of old roots: the default key policy refuses to certify them (R-CSR-4). RustCrypto takes them with more algorithms than
/// AWS-LC does, which an import does not make use of (R-CA-6).
#[test]
fn rsa_keys_of_1024_to_2047_bits_verify_pkcs1_signatures() {
    for bits in [1023, 1024usize, 1536, 2040, 2047] {
        let mut modulus = vec![0xff; bits.div_ceil(8)];
        modulus[0] >>= 8 * modulus.len() - bits;
        let padding = if modulus[0] >= 0x80 { vec![0] } else { vec![] };
        let numbers = [tlv(0x02, &[&padding, &modulus[..]].concat()), tlv(0x02, &[1, 0, 1])].concat();
        let key = spki(RSA, &tlv(0x30, &numbers));
        for backend in backends() {
            let verdict = |algorithm| backend.verifier.verify(algorithm, &key, MESSAGE, &vec![0; modulus.len()]);
            for algorithm in [SignatureAlgorithm::Sha1WithRsa, S::Sha256WithRsa.into(), S::Sha512WithRsa.into()] {
                let expected = if bits < 1024 { VerifyError::InvalidKey } else { VerifyError::InvalidSignature };
                assert_eq!(verdict(algorithm), Err(expected), "{} {bits}", backend.name);
            }
            for algorithm in [S::Sha384WithRsa, S::Sha256WithRsaPss] {
                let takes = bits >= 1024 && !backend.is_aws_lc();
                let expected = if takes { VerifyError::InvalidSignature } else { VerifyError::InvalidKey };
                assert_eq!(verdict(algorithm.into()), Err(expected), "{} {bits}", backend.name);
            }
        }
    }
}

#[test]
fn ml_dsa_keys_have_one_form() {
    let backends = backends();
    for (algorithm, signing, octets) in
        [(ML_DSA[0], S::MlDsa44, 1312), (ML_DSA[1], S::MlDsa65, 1952), (ML_DSA[2], S::MlDsa87, 2592)]
    {
        let pkcs8 = ml_dsa_pkcs8(algorithm, &ml_dsa_seed(&[1; 32]));
        for (_, signer) in each_signer(&backends, &pkcs8) {
            let good = signer.public_key_der();
            let signature = signer.sign(signing, MESSAGE).unwrap().into_bytes();
            let check = |key: &[u8]| verdict(signing, key, MESSAGE, &signature);
            let (key, oid) = (&good[good.len() - octets..], ml_dsa_oid(algorithm));
            assert_eq!(spki(&oid, key), good);
            assert_eq!(check(good), Ok(()));

            let long = [key, &[0]].concat();
            let null = [&oid[..], &[0x05, 0x00]].concat();
            let mut unused_bits = good.to_vec();
            unused_bits[good.len() - octets - 1] = 1;
            for malformed in [
                spki(&oid, &key[1..]),
                spki(&oid, &long),
                spki(&oid, &[]),
                spki(&oid, good),
                spki(&null, key),
                [good, &[0]].concat(),
                good[..good.len() - 1].to_vec(),
                unused_bits,
                vec![],
            ] {
                assert_eq!(check(&malformed), Err(VerifyError::InvalidKey));
            }
            let mut other_key = key.to_vec();
            other_key[100] ^= 1;
            assert_eq!(check(&spki(&oid, &other_key)), Err(VerifyError::InvalidSignature));
            // The key under the name of another parameter set.
            for other in ML_DSA.iter().filter(|other| **other != algorithm) {
                assert_eq!(check(&spki(&ml_dsa_oid(*other), key)), Err(VerifyError::KeyMismatch));
            }
        }
    }
}
