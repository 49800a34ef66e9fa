//! The key policy (R-CSR-4) beyond sizes: RSA keys that others can factor, and small exponents.

use issuance::csr::CsrError;
use issuance::issue::FixedClock;
use issuance::x509::{KeyPolicy, PublicKeyError, RsaWeakness};
use issuance::{AwsException, Csr, IssuanceOptions, Issuer, RustCryptoVerifier};
use issuance_test_support::ca;
use issuance_test_support::ca::{CA_KEY, Ca, now};
use issuance_test_support::files;

fn csr(name: &str) -> String {
    files::text(&format!("weak-rsa/{name}.pem"))
}

fn prove(name: &str, policy: &KeyPolicy) -> Option<CsrError> {
    Csr::decode(csr(name).as_bytes()).unwrap().prove(policy, &RustCryptoVerifier).err()
}

#[test]
fn weak_rsa_keys_are_refused_if_the_policy_says_so() {
    let strict = KeyPolicy::default().refuse_weak_rsa(true);
    for (name, weakness) in [
        ("roca-2048", Some(RsaWeakness::Roca)),
        ("roca-4096", Some(RsaWeakness::Roca)),
        ("close", Some(RsaWeakness::CloseFactors)),
        ("close-later", Some(RsaWeakness::CloseFactors)),
        ("factor-3", Some(RsaWeakness::SmallFactor(3))),
        ("factor-751", Some(RsaWeakness::SmallFactor(751))),
        ("apart", None),
        ("factor-757", None),
        ("exponent-3", None),
    ] {
        assert_eq!(prove(name, &KeyPolicy::default()), None, "{name}");
        let expected = weakness.map(|weakness| CsrError::Key(PublicKeyError::WeakRsa(weakness)));
        assert_eq!(prove(name, &strict), expected, "{name}");
    }
}

#[test]
fn sound_rsa_keys_pass_the_search_for_weak_ones() {
    let strict = KeyPolicy::default().refuse_weak_rsa(true).min_rsa_exponent(65537);
    for hash in ["sha256", "pss-sha512"] {
        let text = files::text(&format!("csr-proof/rsa-2048-{hash}.pem"));
        assert!(Csr::decode(text.as_bytes()).unwrap().prove(&strict, &RustCryptoVerifier).is_ok(), "{hash}");
    }
    for size in ["2048", "3072", "4096"] {
        let signer = issuance::RustCryptoSigner::from_pem(&files::text(&format!("keys/rsa-{size}.pem"))).unwrap();
        assert_eq!(strict.check_key(issuance::Signer::public_key_der(&signer)), Ok(()), "{size}");
    }
}

#[test]
fn the_smallest_exponent_is_the_policys() {
    let strict = KeyPolicy::default().min_rsa_exponent(65537);
    for (name, exponent) in [("exponent-3", 3), ("exponent-65535", 65535)] {
        assert_eq!(prove(name, &KeyPolicy::default()), None, "{name}");
        let error = PublicKeyError::SmallRsaExponent { exponent, min: 65537 };
        assert_eq!(prove(name, &strict), Some(CsrError::Key(error)), "{name}");
    }
    for name in ["exponent-65539", "apart"] {
        assert_eq!(prove(name, &strict), None, "{name}");
    }
    // What R-CSR-4 demands holds, whatever the policy says.
    let lax = KeyPolicy::default().min_rsa_exponent(0);
    assert_eq!(prove("exponent-3", &lax), None);
}

#[test]
fn r_csr_4_a_weak_key_is_the_fault_of_the_csr() {
    let options = IssuanceOptions::default().key_policy(KeyPolicy::default().refuse_weak_rsa(true));
    let issuer =
        Issuer::builder(Ca::default().build(), &*CA_KEY).clock(FixedClock(now())).options(options).build().unwrap();
    let request = ca::request(csr("roca-2048").as_bytes(), "EndEntityCertificate").build().unwrap();
    let error = issuer.issue(&request).unwrap_err();
    assert_eq!(error.aws_exception(), AwsException::MalformedCsr);
    assert!(error.to_string().contains("CVE-2017-15361"), "{error}");
    // A proof that was given elsewhere does not make the key better.
    let text = csr("roca-2048");
    let proven = Csr::decode(text.as_bytes()).unwrap().assume_proven(&KeyPolicy::default()).unwrap();
    let error = issuer.issue_proven(&request, &proven).unwrap_err();
    assert!(error.to_string().contains("CVE-2017-15361"), "{error}");
}
