//! Ed25519, which requests may be signed with.

use issuance::crypto::VerifyError;
use issuance::x509::SignatureAlgorithm as A;

use super::*;

const ED25519: &[u8] = &[0x06, 0x03, 0x2b, 0x65, 0x70];

/// RFC 8032 section 7.1, test 2.
fn known() -> (Vec<u8>, [u8; 1], Vec<u8>) {
    let key = hex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
    let signature = hex("92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da
                         085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00");
    (key, [0x72], signature)
}

fn check(spki: &[u8], message: &[u8], signature: &[u8]) -> Result<(), VerifyError> {
    verdict(A::Ed25519, spki, message, signature)
}

#[test]
fn known_answers_and_keys_of_one_form() {
    let (key, message, signature) = known();
    assert_eq!(check(&spki(ED25519, &key), &message, &signature), Ok(()));
    assert_eq!(check(&spki(ED25519, &key), b"other", &signature), Err(VerifyError::InvalidSignature));
    let null = spki(&[ED25519, &[0x05, 0x00]].concat(), &key);
    let trailing = [spki(ED25519, &key), vec![0]].concat();
    let unused_bits = tlv(0x30, &[tlv(0x30, ED25519), tlv(0x03, &[&[1], &key[..]].concat())].concat());
    let nested = spki(ED25519, &spki(ED25519, &key));
    for malformed in [&null, &trailing, &unused_bits, &nested, &spki(ED25519, &key[1..]), &spki(ED25519, &[]), &vec![]]
    {
        assert_eq!(check(malformed, &message, &signature), Err(VerifyError::InvalidKey));
    }
    // Ed448 and X25519.
    for oid in [[0x06, 0x03, 0x2b, 0x65, 0x71], [0x06, 0x03, 0x2b, 0x65, 0x6e]] {
        assert_eq!(check(&spki(&oid, &key), &message, &signature), Err(VerifyError::KeyMismatch));
    }
}

#[test]
fn signatures_have_one_form() {
    let (key, message, signature) = known();
    // S + L, the same scalar.
    let order = hex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
    let mut carry = 0;
    let beyond = signature[32..].iter().zip(order).map(|(a, b)| {
        carry += u16::from(*a) + u16::from(b);
        let octet = carry as u8;
        carry >>= 8;
        octet
    });
    let beyond: Vec<u8> = signature[..32].iter().copied().chain(beyond).collect();
    let zero_commitment = [&[1][..], &[0; 31], &signature[32..]].concat();
    let long = [&signature[..], &[0]].concat();
    for wrong in [&beyond, &zero_commitment, &long, &signature[1..].to_vec(), &vec![], &vec![0xff; 64]] {
        let verdict = check(&spki(ED25519, &key), &message, wrong);
        assert_eq!(verdict, Err(VerifyError::InvalidSignature), "{wrong:02x?}");
    }
    for position in [0, 31, 32, 63] {
        let mut wrong = signature.clone();
        wrong[position] ^= 1;
        assert_eq!(check(&spki(ED25519, &key), &message, &wrong), Err(VerifyError::InvalidSignature));
    }
}

#[test]
fn keys_of_small_order_and_keys_not_reduced_are_refused() {
    // With them, R = identity and S = 0 is a signature of everything to a verifier that does not look.
    let anything = [&[1][..], &[0; 63]].concat();
    let p_plus = |n: u8| [&[0xed + n][..], &[0xff; 30], &[0x7f]].concat();
    let mut minus_one = p_plus(0);
    minus_one[0] -= 1;
    let small = [
        [&[1][..], &[0; 31]].concat(),
        minus_one,
        vec![0; 32],
        hex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
        hex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
    ];
    for mut key in small.into_iter().chain((0..=18).map(p_plus)) {
        for sign in [0, 0x80] {
            key[31] ^= sign;
            assert_eq!(check(&spki(ED25519, &key), MESSAGE, &anything), Err(VerifyError::InvalidKey), "{key:02x?}");
        }
    }
}

/// The one difference in what is said: AWS-LC decodes the point only when it verifies.
#[test]
fn keys_off_the_curve_are_refused() {
    let off_curve = spki(ED25519, &[&[2][..], &[0; 31]].concat());
    let (_, message, signature) = known();
    for backend in backends() {
        let expected = if backend.is_aws_lc() { VerifyError::InvalidSignature } else { VerifyError::InvalidKey };
        let verdict = backend.verifier.verify(A::Ed25519, &off_curve, &message, &signature);
        assert_eq!(verdict, Err(expected), "{}", backend.name);
    }
}
