//! Known answers, and what is refused.
#![allow(clippy::unwrap_used)]

mod signing {
    use super::super::*;

    fn hex(text: &str) -> Vec<u8> {
        let digits: Vec<u8> = text.chars().filter_map(|c| c.to_digit(16)).map(|digit| digit as u8).collect();
        // Numbers of an odd count of digits are meant, as in RFC 6979.
        let digits = if digits.len() % 2 == 1 { [&[0], &digits[..]].concat() } else { digits };
        digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
    }

    /// RFC 6979 appendix A.2.5 to A.2.7, message "sample".
    #[test]
    fn rfc_6979_known_answers() {
        let p256 = p256::ecdsa::SigningKey::from_slice(&hex(
            "C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721",
        ));
        let p256: &dyn PrivateKey = &p256.unwrap();
        let p384 = p384::ecdsa::SigningKey::from_slice(&hex(
            "6B9D3DAD2E1B8C1C05B19875B6659F4DE23C3B667BF297BA9AA47740787137D8
         96D5724E4C70A825F872C9EA60D2EDF5",
        ));
        let p384: &dyn PrivateKey = &p384.unwrap();
        let p521 = p521::ecdsa::SigningKey::from_slice(&hex(
            "0FAD06DAA62BA3B25D2FB40133DA757205DE67F5BB0018FEE8C86E1B68C7E75C
         AA896EB32F1F47C70855836A6D16FCC1466F6D8FBEC67DB89EC0C08B0E996B83
         538",
        ));
        let p521: &dyn PrivateKey = &p521.unwrap();
        use SigningAlgorithm as S;
        for (signer, algorithm, r, s) in [
            (
                p256,
                S::Sha256WithEcdsa,
                "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716",
                "F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8",
            ),
            (
                p256,
                S::Sha384WithEcdsa,
                "0EAFEA039B20E9B42309FB1D89E213057CBF973DC0CFC8F129EDDDC800EF7719",
                "4861F0491E6998B9455193E34E7B0D284DDD7149A74B95B9261F13ABDE940954",
            ),
            (
                p256,
                S::Sha512WithEcdsa,
                "8496A60B5E9B47C825488827E0495B0E3FA109EC4568FD3F8D1097678EB97F00",
                "2362AB1ADBE2B8ADF9CB9EDAB740EA6049C028114F2460F96554F61FAE3302FE",
            ),
            (
                p384,
                S::Sha256WithEcdsa,
                "21B13D1E013C7FA1392D03C5F99AF8B30C570C6F98D4EA8E354B63A21D3DAA33
             BDE1E888E63355D92FA2B3C36D8FB2CD",
                "F3AA443FB107745BF4BD77CB3891674632068A10CA67E3D45DB2266FA7D1FEEB
             EFDC63ECCD1AC42EC0CB8668A4FA0AB0",
            ),
            (
                p384,
                S::Sha384WithEcdsa,
                "94EDBB92A5ECB8AAD4736E56C691916B3F88140666CE9FA73D64C4EA95AD133C
             81A648152E44ACF96E36DD1E80FABE46",
                "99EF4AEB15F178CEA1FE40DB2603138F130E740A19624526203B6351D0A3A94F
             A329C145786E679E7B82C71A38628AC8",
            ),
            (
                p384,
                S::Sha512WithEcdsa,
                "ED0959D5880AB2D869AE7F6C2915C6D60F96507F9CB3E047C0046861DA4A799C
             FE30F35CC900056D7C99CD7882433709",
                "512C8CCEEE3890A84058CE1E22DBC2198F42323CE8ACA9135329F03C068E5112
             DC7CC3EF3446DEFCEB01A45C2667FDD5",
            ),
            (
                p521,
                S::Sha256WithEcdsa,
                "1511BB4D675114FE266FC4372B87682BAECC01D3CC62CF2303C92B3526012659
             D16876E25C7C1E57648F23B73564D67F61C6F14D527D54972810421E7D87589E
             1A7",
                "04A171143A83163D6DF460AAF61522695F207A58B95C0644D87E52AA1A347916
             E4F7A72930B1BC06DBE22CE3F58264AFD23704CBB63B29B931F7DE6C9D949A7E
             CFC",
            ),
            (
                p521,
                S::Sha384WithEcdsa,
                "1EA842A0E17D2DE4F92C15315C63DDF72685C18195C2BB95E572B9C5136CA4B4
             B576AD712A52BE9730627D16054BA40CC0B8D3FF035B12AE75168397F5D50C67
             451",
                "1F21A3CEE066E1961025FB048BD5FE2B7924D0CD797BABE0A83B66F1E35EEAF5
             FDE143FA85DC394A7DEE766523393784484BDF3E00114A1C857CDE1AA203DB65
             D61",
            ),
            (
                p521,
                S::Sha512WithEcdsa,
                "0C328FAFCBD79DD77850370C46325D987CB525569FB63C5D3BC53950E6D4C5F1
             74E25A1EE9017B5D450606ADD152B534931D7D4E8455CC91F9B15BF05EC36E37
             7FA",
                "0617CCE7CF5064806C467F678D3B4080D6F1CC50AF26CA209417308281B68AF2
             82623EAA63E5B5C0723D8B8C37FF0777B1A20F8CCB1DCCC43997F1EE0E44DA4A
             67A",
            ),
        ] {
            let signature = signer.sign(algorithm, b"sample").unwrap();
            let expected = pair_der(&hex(r), &hex(s));
            assert_eq!(signature.as_bytes(), expected, "{algorithm} {}", signer.algorithm());
        }
    }

    fn pair_der(r: &[u8], s: &[u8]) -> Vec<u8> {
        let (r, s) = (der::asn1::UintRef::new(r).unwrap(), der::asn1::UintRef::new(s).unwrap());
        der::Encode::to_der(&vec![r, s]).unwrap()
    }
}

mod verifying {
    use SigningAlgorithm as S;

    use super::super::*;
    use crate::crypto::rustcrypto::signer::RustCryptoSigner;
    use crate::crypto::rustcrypto::verifier::tests::{MESSAGE, key, tlv, verify};
    use crate::crypto::signer::Signer;
    use crate::x509::algorithm::SigningAlgorithm;

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
}
