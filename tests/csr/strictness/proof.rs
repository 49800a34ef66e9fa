//! What proves possession, with which keys.

use std::sync::Mutex;

use issuance::Signer;
use issuance::crypto::VerifyError;
use issuance::csr::CsrError;
use issuance::x509::{KeyPolicy, PublicKeyError, SignatureAlgorithm};
use issuance::{Csr, RustCryptoVerifier, SignatureVerifier, SigningAlgorithm};
use issuance_test_support::ca::{LEAF_KEY, proven_csr};
use issuance_test_support::der::{CsrParts, bits, common_name, extension, name_attribute, oid, seq, tlv, utf8};
use issuance_test_support::verifiers::NeverCalled;
use issuance_test_support::{ca, keys};

use super::{parts, prove};

// --- R-CSR-3, R-CSR-4: proof

/// Refused by policy or form, before any public-key operation.
fn refused_before_verification(der: &[u8]) -> CsrError {
    Csr::decode(der).unwrap().prove(&KeyPolicy::default(), &NeverCalled).unwrap_err()
}

#[test]
fn r_csr_3_signatures() {
    assert_eq!(prove(&proven_csr("leaf")), Ok(()));
    let invalid = Err(CsrError::Proof(VerifyError::InvalidSignature));
    assert_eq!(prove(&parts().signed_by(&*ca::CA_KEY)), invalid, "another key");
    let mut parts = parts();
    let over_another = LEAF_KEY.sign(SigningAlgorithm::Sha256WithEcdsa, b"another").unwrap();
    parts.signature = bits(over_another.as_bytes());
    assert_eq!(prove(&parts.der()), invalid, "another message");
    parts.signature = bits(&[]);
    parts.subject = common_name(&"x".repeat(60));
    assert_eq!(prove(&parts.der()), invalid, "none");
    // The right digest under the wrong name: SHA-384 where SHA-256 was signed.
    let good = self::parts();
    let signature = LEAF_KEY.sign(SigningAlgorithm::Sha256WithEcdsa, &good.info()).unwrap();
    let renamed =
        CsrParts { algorithm: seq(&[&oid("1.2.840.10045.4.3.3")]), signature: bits(signature.as_bytes()), ..good };
    assert_eq!(prove(&renamed.der()), invalid, "another algorithm");
}

#[test]
fn r_csr_3_algorithms_and_keys_must_fit() {
    let rsa = CsrParts { algorithm: seq(&[&oid("1.2.840.113549.1.1.11"), &[5, 0]]), ..parts() };
    assert_eq!(prove(&rsa.der()), Err(CsrError::Proof(VerifyError::KeyMismatch)));
    let ec = CsrParts::new(keys::signer("rsa-2048").public_key_der());
    assert_eq!(prove(&ec.der()), Err(CsrError::Proof(VerifyError::KeyMismatch)));
}

#[test]
fn r_csr_3_unknown_algorithms_are_named() {
    let null: &[u8] = &[5, 0];
    for (algorithm, parameters) in [
        ("1.2.840.10045.4.3.1", &[][..]), // ecdsa-with-SHA224
        ("1.2.840.10045.4.3.2", null),    // with parameters that it does not have
        ("1.2.840.113549.1.1.4", null),   // md5WithRSAEncryption
        ("1.2.840.113549.1.1.10", null),  // RSASSA-PSS without its parameters
        ("1.2.840.113549.1.1.10", &[0x30, 0]),
        ("1.2.3.4", &[]),
    ] {
        let parts = CsrParts { algorithm: seq(&[&oid(algorithm), parameters]), ..parts() };
        let error = refused_before_verification(&parts.der());
        assert_eq!(error, CsrError::UnsupportedSignatureAlgorithm { algorithm: algorithm.parse().unwrap() });
        assert!(error.to_string().contains(algorithm), "{error}");
    }
}

#[test]
fn r_csr_4_keys() {
    let with = |public_key: &[u8]| refused_before_verification(&CsrParts::new(public_key).der());
    let key = |error: CsrError| match error {
        CsrError::Key(error) => error,
        other => panic!("{other}"),
    };
    let ec = |curve: &[u8], point: &[u8]| seq(&[&seq(&[&oid("1.2.840.10045.2.1"), curve]), &bits(point)]);
    let p256 = oid("1.2.840.10045.3.1.7");
    let k1 = oid("1.3.132.0.10");
    assert!(matches!(key(with(&ec(&k1, &[4; 65]))), PublicKeyError::UnknownCurve(_)));
    assert_eq!(key(with(&ec(&seq(&[&[2, 1, 1]]), &[4; 65]))), PublicKeyError::ExplicitCurve);
    for point in [&[0u8][..], &[2; 33], &[3; 33], &[4; 64], &[4; 66], &[6; 65]] {
        assert_eq!(key(with(&ec(&p256, point))), PublicKeyError::Point);
    }
    // Not on its curve: for the verifier to find.
    let off = CsrParts::new(&ec(&p256, &[4; 65])).der();
    assert_eq!(prove(&off), Err(CsrError::Proof(VerifyError::InvalidKey)));
    let rsa = |modulus: &[u8], exponent: &[u8]| {
        let key = seq(&[&tlv(2, modulus), &tlv(2, exponent)]);
        let algorithm = seq(&[&oid("1.2.840.113549.1.1.11"), &[5, 0]]);
        let parts = CsrParts::new(&seq(&[&seq(&[&oid("1.2.840.113549.1.1.1"), &[5, 0]]), &bits(&key)]));
        CsrParts { algorithm, ..parts }.der()
    };
    let modulus = |octets: usize| [&[0, 0xc5][..], &vec![0xaa; octets - 2], &[1]].concat();
    let refused = |modulus: &[u8], exponent: &[u8]| key(refused_before_verification(&rsa(modulus, exponent)));
    for octets in [128, 255, 1025] {
        assert!(
            matches!(refused(&modulus(octets), &[3]), PublicKeyError::RsaBits { min: 2048, max: 8192, .. }),
            "{octets}"
        );
    }
    for exponent in [&[1u8][..], &[2], &[4], &[1, 0, 0], &[1, 0, 0, 0, 1]] {
        assert_eq!(refused(&modulus(256), exponent), PublicKeyError::RsaExponent, "{exponent:x?}");
    }
    // The greatest exponent below 2^32 goes on to the verifier.
    for exponent in [&[3u8][..], &[1, 0, 1], &[0, 0xff, 0xff, 0xff, 0xff]] {
        assert!(matches!(prove(&rsa(&modulus(256), exponent)), Err(CsrError::Proof(_))), "{exponent:x?}");
    }
}

#[test]
fn vouching_does_not_lift_the_key_policy() {
    let rsa_1024 = pem_file("rsa-1024-sha256");
    let csr = Csr::decode(&rsa_1024).unwrap();
    let error = csr.clone().assume_proven(&KeyPolicy::default()).unwrap_err();
    assert!(matches!(error, CsrError::Key(PublicKeyError::RsaBits { bits: 1024, .. })), "{error}");
    assert!(csr.assume_proven(&KeyPolicy::default().rsa_bits(1024, 8192)).is_ok());
}

/// Algorithm, key, message, signature.
type Verified = (SignatureAlgorithm, Vec<u8>, Vec<u8>, Vec<u8>);

/// Remembers what it is asked to verify.
#[derive(Default)]
struct Recorder(Mutex<Vec<Verified>>);

impl SignatureVerifier for Recorder {
    fn supports(&self, _: SignatureAlgorithm, _: &[u8]) -> bool {
        true
    }

    fn verify(&self, a: SignatureAlgorithm, key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), VerifyError> {
        self.0.lock().unwrap().push((a, key.to_vec(), message.to_vec(), signature.to_vec()));
        Ok(())
    }
}

#[test]
fn r_csr_3_the_proof_is_over_the_octets_that_came() {
    // A subject that a decoder might well write differently: T61String, a long CN, several values in one RDN.
    let rdn =
        tlv(0x31, &[name_attribute("2.5.4.3", &tlv(0x14, b"\xe9")), name_attribute("2.5.4.10", &utf8("o"))].concat());
    let parts = parts().subject(tlv(0x30, &rdn)).extensions(&[extension("1.2.3", true, b"no DER")]);
    let der = parts.clone().signed_by(&*LEAF_KEY);
    let recorder = Recorder::default();
    Csr::decode(&der).unwrap().prove(&KeyPolicy::default(), &recorder).unwrap();
    let seen = recorder.0.into_inner().unwrap();
    let [(algorithm, key, message, signature)] = &seen[..] else { panic!("verified {} times", seen.len()) };
    assert_eq!(*algorithm, SignatureAlgorithm::Api(SigningAlgorithm::Sha256WithEcdsa));
    assert_eq!((key, message), (&parts.public_key, &parts.info()));
    assert!(der.ends_with(&[&[0], &signature[..]].concat()));
    assert_eq!(prove(&der), Ok(()));
}

fn pem_file(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/tests/data/csr-proof/{name}.pem", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

#[test]
fn r_csr_3_requests_of_openssl() {
    for key in ["ec-p256", "ec-p384", "ec-p521", "rsa-2048", "rsa-2048-pss"] {
        for hash in ["sha256", "sha384", "sha512"] {
            let csr = pem_file(&format!("{key}-{hash}"));
            assert_eq!(prove(&csr), Ok(()), "{key} {hash}");
        }
    }
    assert_eq!(prove(&pem_file("ed25519")), Ok(()));
    assert_eq!(prove(&pem_file("rsa-2048-pss-salt20")), Ok(()));
    let error = refused_before_verification(&pem_file("ec-p256-sha224"));
    let algorithm = "1.2.840.10045.4.3.1".parse().unwrap();
    assert_eq!(error, CsrError::UnsupportedSignatureAlgorithm { algorithm });
    let error = refused_before_verification(&pem_file("rsa-1024-sha256"));
    assert!(matches!(error, CsrError::Key(PublicKeyError::RsaBits { bits: 1024, .. })), "{error}");
    let error = refused_before_verification(&pem_file("ec-secp256k1-sha256"));
    assert!(matches!(error, CsrError::Key(PublicKeyError::UnknownCurve(_))), "{error}");
}

#[test]
fn r_csr_3_sha_1_only_where_the_policy_allows_it() {
    for name in ["ec-p256-sha1", "rsa-2048-sha1"] {
        let csr = pem_file(name);
        let error = refused_before_verification(&csr);
        assert!(matches!(error, CsrError::Key(PublicKeyError::Sha1(_))), "{error}");
        let policy = KeyPolicy::default().allow_sha1(true);
        assert!(Csr::decode(&csr).unwrap().prove(&policy, &RustCryptoVerifier).is_ok(), "{name}");
    }
}
