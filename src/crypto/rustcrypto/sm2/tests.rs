//! Known answers, and what is refused.
#![allow(clippy::unwrap_used)]

mod signing {
    use ::sm2::elliptic_curve::Curve;

    use super::super::*;

    #[test]
    fn the_scalar_that_cannot_sign_is_refused() {
        // n - 1 and n - 2.
        let order = ::sm2::Sm2::ORDER.to_be_bytes();
        for (scalar, error) in [(1, Some(PrivateKeyError::Inconsistent)), (2, None)] {
            let mut octets: [u8; 32] = order.as_ref().try_into().unwrap();
            octets[31] -= scalar;
            let key = Sm2Key::new(&SecretKey::from_slice(&octets).unwrap());
            assert_eq!(key.as_ref().err(), error.as_ref());
            assert!(key.is_err() || key.unwrap().sign(SigningAlgorithm::Sm3WithSm2, b"message").is_ok());
        }
        assert!(SecretKey::from_slice(order.as_ref()).is_err());
    }
}

mod verifying {
    use super::super::*;
    use crate::crypto::rustcrypto::signer::RustCryptoSigner;
    use crate::crypto::rustcrypto::verifier::tests::{MESSAGE, hex, key, spki, tlv};
    use crate::crypto::signer::Signer;
    use crate::x509::algorithm::SigningAlgorithm;

    const SM2_PARAMETERS: &[u8] = SM2.split_at(4).1.split_at(19).0;

    fn pair(r: &[u8], s: &[u8]) -> Vec<u8> {
        tlv(0x30, &[tlv(0x02, r), tlv(0x02, s)].concat())
    }

    /// GB/T 32918.5 appendix A.2, on the recommended curve and with the default identifier.
    #[test]
    fn known_answer() {
        let point = hex("0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020
                     ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13");
        let signature = pair(
            &hex("00f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3"),
            &hex("00b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa"),
        );
        let key = spki(SM2_PARAMETERS, &point);
        assert_eq!(verify(&key, b"message digest", &signature), Ok(()));
        assert_eq!(verify(&key, b"message digests", &signature), Err(VerifyError::InvalidSignature));
    }

    #[test]
    fn signatures_are_strict_der_in_range() {
        let signer = RustCryptoSigner::from_pem(key!("sm2")).unwrap();
        let key = signer.public_key_der();
        // Both integers without a padding octet, so that the variants below are what they say.
        let (message, good) = (0u32..)
            .map(|n| {
                (n.to_be_bytes(), signer.sign(SigningAlgorithm::Sm3WithSm2, &n.to_be_bytes()).unwrap().into_bytes())
            })
            .find(|(_, signature)| signature.len() == 70)
            .unwrap();
        let check = |signature: &[u8]| verify(key, &message, signature);
        assert_eq!(check(&good), Ok(()));
        let (r, s) = (&good[4..36], &good[38..70]);
        assert_eq!(pair(r, s), good);

        let padded = pair(&[&[0], r].concat(), s);
        let three = tlv(0x30, &[tlv(0x02, r), tlv(0x02, s), tlv(0x02, &[1])].concat());
        let long_sequence = [&[0x30, 0x81, 68], &good[2..]].concat();
        let indefinite = [&[0x30, 0x80], &good[2..], &[0, 0]].concat();
        let trailing = [&good[..], &[0]].concat();
        let raw = [r, s].concat();
        for malformed in [&padded, &three, &long_sequence, &indefinite, &trailing, &raw, &vec![]] {
            assert_eq!(check(malformed), Err(VerifyError::InvalidSignature), "{malformed:02x?}");
        }
        let order = hex("00fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123");
        for wrong in [&[0][..], &[], &[0xff], &order, &[&[1][..], &[0; 70]].concat()] {
            for signature in [pair(wrong, s), pair(r, wrong), pair(wrong, wrong)] {
                assert_eq!(check(&signature), Err(VerifyError::InvalidSignature));
            }
        }
        // r + s = n.
        let mut less = order.clone();
        *less.last_mut().unwrap() -= 1;
        assert_eq!(check(&pair(&[1], &less)), Err(VerifyError::InvalidSignature));
    }

    #[test]
    fn keys_are_uncompressed_points_on_the_named_curve() {
        let signer = RustCryptoSigner::from_pem(key!("sm2")).unwrap();
        let good = signer.public_key_der();
        let signature = signer.sign(SigningAlgorithm::Sm3WithSm2, MESSAGE).unwrap().into_bytes();
        let check = |key: &[u8]| verify(key, MESSAGE, &signature);
        let point = &good[26..];
        assert_eq!(spki(SM2_PARAMETERS, point), good);
        assert_eq!(check(good), Ok(()));

        let mut off_curve = point.to_vec();
        off_curve[64] ^= 1;
        let zero = [&[4][..], &[0; 64]].concat();
        let beyond = [&[4][..], &[0xff; 64]].concat();
        let compressed = [&[2 + (point[64] & 1)], &point[1..33]].concat();
        let hybrid = [&[6 + (point[64] & 1)], &point[1..]].concat();
        let long = [point, &[0]].concat();
        for point in [&off_curve, &zero, &beyond, &compressed, &hybrid, &long, &vec![0], &vec![]] {
            assert_eq!(check(&spki(SM2_PARAMETERS, point)), Err(VerifyError::InvalidKey), "{point:02x?}");
        }

        let (ec, sm2) = SM2_PARAMETERS.split_at(9);
        let explicit = [ec, &tlv(0x30, &[0x02, 0x01, 0x01])].concat();
        // The curve as the algorithm, as some software has it.
        assert_eq!(check(&spki(sm2, point)), Err(VerifyError::KeyMismatch));
        for algorithm in [ec, &[ec, &[0x05, 0x00]].concat(), &explicit] {
            assert_eq!(check(&spki(algorithm, point)), Err(VerifyError::InvalidKey), "{algorithm:02x?}");
        }
        let mut unused_bits = good.to_vec();
        unused_bits[25] = 1;
        let trailing = [good, &[0]].concat();
        for malformed in [&unused_bits[..], &trailing, &good[..90], &good[1..], &[]] {
            assert_eq!(check(malformed), Err(VerifyError::InvalidKey), "{malformed:02x?}");
        }
    }
}
