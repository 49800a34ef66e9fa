//! The signer on a token, with SoftHSM (Debian: `softhsm2`) as the token.
//!
//! Without SoftHSM there is nothing to test, and the tests say so and pass; where `CI` is `true` they fail. Each test runs its
//! body in a child process, which has a token directory of its own: the module reads its configuration once per process, and
//! logins and sessions belong to the process.

mod softhsm;

use std::collections::HashSet;
use std::error::Error as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::mechanism::MechanismType;
use cryptoki::object::{Attribute, AttributeType, ObjectClass};
use issuance::authority::CertificateAuthorityType;
use issuance::crypto::{Pkcs11Error, Pkcs11SignerBuilder, Pkcs11Token, SignError, TokenPin};
use issuance::request::IssueCertificateRequestBuilder;
use issuance::{
    CertificateAuthority, IssueCertificateRequest, Issuer, KeyAlgorithm, Pkcs11Signer, RustCryptoSigner,
    RustCryptoVerifier, SignatureVerifier, Signer, SigningAlgorithm, Subject, Validity,
};
use issuance_test_support::keys::key_path;

use self::softhsm::{P256, P384, P521, PIN, generate, import, init_token, module_and_slot, operator, with_softhsm};

fn builder(module: &Path) -> Pkcs11SignerBuilder {
    Pkcs11Signer::builder(module).token_label("ca").pin(|| Ok(TokenPin::new(PIN)))
}

fn signs_and_verifies(signer: &Pkcs11Signer, algorithm: SigningAlgorithm) {
    for message in [&b""[..], b"a message", &[0x5a; 10_000]] {
        let signature = signer.sign(algorithm, message).unwrap();
        let verified =
            RustCryptoVerifier.verify(algorithm.into(), signer.public_key_der(), message, signature.as_bytes());
        assert_eq!(verified, Ok(()), "{signer:?} {algorithm}");
    }
}

const ARN: &str = "arn:aws:acm-pca:us-west-2:123456789012:certificate-authority/12345678-1234-1234-1234-123456789012";

fn request(csr: &str, template: &str, algorithm: SigningAlgorithm) -> IssueCertificateRequestBuilder {
    IssueCertificateRequest::builder()
        .certificate_authority_arn(ARN)
        .csr(csr)
        .signing_algorithm(algorithm)
        .template_arn(format!("arn:aws:acm-pca:::template/{template}/V1"))
}

/// A root whose key is on the token, from its own request to its own certificate.
fn root(signer: Arc<Pkcs11Signer>, algorithm: SigningAlgorithm) -> Issuer {
    let name = Subject::builder().common_name("Root on a token").build().unwrap();
    let mut root = CertificateAuthority::builder(ARN.parse().unwrap(), CertificateAuthorityType::Root)
        .build(&name, signer.public_key_der())
        .unwrap();
    let csr = root.certificate_signing_request(&signer, algorithm).unwrap();
    let request = request(&csr, "RootCACertificate", algorithm).validity(Validity::years(10)).build().unwrap();
    let own = Issuer::builder(root.clone(), Arc::clone(&signer)).build().unwrap().issue(&request).unwrap();
    root.import_certificate(own.der(), b"", &RustCryptoVerifier).unwrap();
    Issuer::builder(root, signer).build().unwrap()
}

/// A request for an end entity, signed by a key in this process.
fn end_entity_csr() -> String {
    let key = RustCryptoSigner::from_pem(&std::fs::read_to_string(key_path("ec-p256")).unwrap()).unwrap();
    let name = Subject::builder().common_name("www.example.com").build().unwrap();
    CertificateAuthority::builder(ARN.parse().unwrap(), CertificateAuthorityType::Root)
        .build(&name, key.public_key_der())
        .unwrap()
        .certificate_signing_request(&key, SigningAlgorithm::Sha256WithEcdsa)
        .unwrap()
}

/// Takes a certificate apart by its octets and verifies it.
fn verify_certificate(der: &[u8], algorithm: SigningAlgorithm, public_key_der: &[u8]) {
    let (certificate, rest) = element(der);
    assert!(rest.is_empty());
    let content = &certificate[certificate.len() - length(certificate).1..];
    let (tbs, rest) = element(content);
    let (identifier, rest) = element(rest);
    assert_eq!(identifier, algorithm.algorithm_identifier());
    let (signature, rest) = element(rest);
    assert!(rest.is_empty());
    let signature = &signature[signature.len() - length(signature).1 + 1..];
    assert_eq!(RustCryptoVerifier.verify(algorithm.into(), public_key_der, tbs, signature), Ok(()));
}

fn element(der: &[u8]) -> (&[u8], &[u8]) {
    let (header, content) = length(der);
    der.split_at(header + content)
}

fn length(der: &[u8]) -> (usize, usize) {
    match der[1] {
        short @ 0..0x80 => (2, short.into()),
        long => {
            let octets = usize::from(long & 0x7f);
            (2 + octets, der[2..2 + octets].iter().fold(0, |length, octet| length << 8 | usize::from(*octet)))
        }
    }
}

#[test]
fn every_legal_pair_signs_and_issues() {
    with_softhsm("every_legal_pair_signs_and_issues", |module| {
        init_token("ca");
        for (id, (curve, label)) in
            [(Some(P256), "p256"), (Some(P384), "p384"), (Some(P521), "p521"), (None, "rsa")].into_iter().enumerate()
        {
            generate(&operator(module), curve, label, &[0x10 + id as u8], &[]);
        }
        let imported = ["ec-p256", "ec-p384", "ec-p521", "rsa-2048", "rsa-3072", "rsa-4096"];
        for (id, name) in imported.iter().enumerate() {
            import(name, &format!("{:02x}", 0x20 + id));
        }
        let csr = end_entity_csr();
        for name in ["p256", "p384", "p521", "rsa"].iter().chain(&imported) {
            let signer = Arc::new(builder(module).key_label(*name).build().unwrap());
            if imported.contains(name) {
                // The SubjectPublicKeyInfo that another implementation makes of the same key.
                let pem = std::fs::read_to_string(key_path(name)).unwrap();
                let same = RustCryptoSigner::from_pem(&pem).unwrap();
                assert_eq!(signer.public_key_der(), same.public_key_der(), "{name}");
            }
            for &algorithm in SigningAlgorithm::ALL {
                if !signer.key_algorithm().supports(algorithm) {
                    let error = signer.sign(algorithm, b"message").unwrap_err();
                    assert!(matches!(error, SignError::UnsupportedAlgorithm { .. }), "{error}");
                    continue;
                }
                signs_and_verifies(&signer, algorithm);
                let issuer = root(Arc::clone(&signer), algorithm);
                let request = request(&csr, "EndEntityCertificate", algorithm).validity(Validity::days(90));
                let certificate = issuer.issue(&request.build().unwrap()).unwrap();
                verify_certificate(certificate.der(), algorithm, signer.public_key_der());
                println!("{signer:?}: {algorithm}");
            }
        }
    });
}

#[test]
fn keys_are_found_by_label_and_identifier() {
    with_softhsm("keys_are_found_by_label_and_identifier", |module| {
        init_token("ca");
        let operator = operator(module);
        generate(&operator, Some(P256), "one", &[1], &[]);
        generate(&operator, Some(P256), "one", &[2], &[]);
        generate(&operator, Some(P384), "two", &[2], &[]);
        generate(&operator, Some(P384), "unnumbered", &[], &[]);
        let key = |builder: Pkcs11SignerBuilder| builder.build().unwrap().public_key_der().to_vec();
        let first = key(builder(module).key_id([1]));
        assert_eq!(key(builder(module).key_label("one").key_id([1])), first);
        // One identifier, two key pairs: the label decides about the public key too.
        let second = key(builder(module).key_label("one").key_id([2]));
        assert_ne!(first, second);
        assert_eq!(KeyAlgorithm::from_public_key_der(&second), Some(KeyAlgorithm::EcPrime256v1));
        assert_eq!(builder(module).key_label("two").build().unwrap().key_algorithm(), KeyAlgorithm::EcSecp384r1);
        let unnumbered = builder(module).key_label("unnumbered").build().unwrap();
        signs_and_verifies(&unnumbered, SigningAlgorithm::Sha384WithEcdsa);
        let (_, slot) = module_and_slot(module);
        assert_eq!(key(builder(module).slot(slot.id()).key_id([1])), first);

        let error = builder(module).key_label("one").build().unwrap_err();
        assert_eq!(
            error.to_string(),
            "the token has more than one private key with label 'one'; name the key by both label and identifier"
        );
    });
}

#[test]
fn keys_are_made_on_the_token_and_stay_there() {
    with_softhsm("keys_are_made_on_the_token_and_stay_there", |module| {
        assert_eq!(Pkcs11Token::labels(module).unwrap(), [""; 0]);
        init_token("ca");
        // SoftHSM looks for tokens when it is initialised.
        Pkcs11::new(module).unwrap().finalize().unwrap();
        assert_eq!(Pkcs11Token::labels(module).unwrap(), ["ca"]);
        let token = builder(module).open_token().unwrap();
        assert_eq!(format!("{token:?}"), "Pkcs11Token(labelled 'ca')");
        use KeyAlgorithm as K;
        let algorithms =
            [K::EcPrime256v1, K::EcSecp384r1, K::EcSecp521r1, K::Rsa2048, K::Rsa3072, K::Rsa4096].into_iter().zip(1..);
        for (algorithm, id) in algorithms {
            let made = token.generate(algorithm, format!("key {id}"), [id, 0]).unwrap();
            assert_eq!(made.key_algorithm(), algorithm);
            assert_eq!(made.signing_algorithms(), algorithm.signing_algorithms());
            let signing = algorithm.default_signing_algorithm();
            signs_and_verifies(&made, signing);
            let found = token.key_with_id([id, 0]).unwrap();
            assert_eq!(found.public_key_der(), made.public_key_der());
            let named = builder(module).key_label(format!("key {id}")).build().unwrap();
            assert_eq!(named.public_key_der(), made.public_key_der());
            signs_and_verifies(&found, signing);
            // Nobody gets it out.
            let operator = operator(module);
            let private = [Attribute::Class(ObjectClass::PRIVATE_KEY), Attribute::Id(vec![id, 0])];
            let [private] = operator.find_objects(&private).unwrap()[..] else { panic!("not one private key") };
            let asked = [AttributeType::Sensitive, AttributeType::Extractable, AttributeType::NeverExtractable];
            let said = operator.get_attributes(private, &asked).unwrap();
            assert!(
                said.contains(&Attribute::Sensitive(true)) && said.contains(&Attribute::Extractable(false)),
                "{said:?}"
            );
            assert!(said.contains(&Attribute::NeverExtractable(true)), "{said:?}");
            let value = [AttributeType::Value, AttributeType::PrivateExponent];
            assert!(
                value.iter().all(|value| operator.get_attributes(private, &[*value]).is_ok_and(|got| got.is_empty()))
            );
        }

        let said = |error: Pkcs11Error| error.to_string();
        let again = said(token.generate(K::EcPrime256v1, "another", [1, 0]).unwrap_err());
        assert_eq!(
            again,
            "the token has a private key with identifier 0100 already; a new one needs another identifier"
        );
        assert!(matches!(token.generate(K::MlDsa44, "ml-dsa", [9]), Err(Pkcs11Error::UnsupportedKey(_))));
        assert!(matches!(token.generate(K::Sm2, "sm2", [9]), Err(Pkcs11Error::UnsupportedKey(_))));
        assert_eq!(said(token.key_with_id([9]).unwrap_err()), "the token has no private key with identifier 09");
        assert!(
            said(builder(module).key_id([1]).open_token().unwrap_err()).contains("the token is asked for each key")
        );
        assert!(
            said(Pkcs11Signer::builder(module).open_token().unwrap_err()).contains("name the token by token_label")
        );
        assert_eq!(
            said(builder(module).token_label("cb").open_token().unwrap_err()),
            "there is no token labelled 'cb'; the module has 'ca'"
        );
    });
}

#[test]
fn a_wrong_pin_is_offered_once_by_all_signers_of_a_token() {
    with_softhsm("a_wrong_pin_is_offered_once_by_all_signers_of_a_token", |module| {
        init_token("ca");
        let wrong = Pkcs11Signer::builder(module).token_label("ca").pin(|| Ok(TokenPin::new("not the PIN")));
        assert_eq!(wrong.open_token().unwrap_err().to_string(), "the token refused the PIN: CKR_PIN_INCORRECT");

        let asked = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&asked);
        let token = builder(module).pin(move || {
            let pin = if counted.fetch_add(1, SeqCst) < 2 { PIN } else { "not the PIN" };
            Ok(TokenPin::new(pin))
        });
        let token = token.open_token().unwrap();
        let signers = [1, 2].map(|id| token.generate(KeyAlgorithm::EcPrime256v1, "key", [id]).unwrap());
        assert_eq!(asked.load(SeqCst), 2);
        let (context, slot) = module_and_slot(module);
        context.open_ro_session(slot).unwrap().logout().unwrap();
        for signer in signers.iter().chain(&signers) {
            let error = signer.sign(SigningAlgorithm::Sha256WithEcdsa, b"message").unwrap_err();
            assert_eq!(cause(&error).to_string(), "the token refused the PIN: CKR_PIN_INCORRECT");
        }
        assert_eq!(asked.load(SeqCst), 3);
    });
}

/// What the token said.
fn cause(error: &SignError) -> &Pkcs11Error {
    error.source().and_then(|source| source.downcast_ref()).unwrap()
}

#[test]
fn what_is_missing_is_said() {
    with_softhsm("what_is_missing_is_said", |module| {
        init_token("ca");
        let keys = operator(module);
        generate(&keys, Some(P256), "key", &[1], &[]);
        let (public, _) = generate(&keys, Some(P256), "lonely", &[2], &[]);
        keys.destroy_object(public).unwrap();
        generate(&keys, Some(P256), "agreement", &[3], &[Attribute::Sign(false)]);
        generate(&keys, Some(&[0x06, 5, 0x2b, 0x81, 0x04, 0, 0x0a]), "koblitz", &[4], &[]);
        let (public, _) = generate(&keys, None, "lonely RSA", &[5], &[]);
        keys.destroy_object(public).unwrap();
        drop(keys);

        let said = |builder: Pkcs11SignerBuilder| {
            let error = builder.build().unwrap_err();
            assert!(!error.is_retryable());
            error.to_string()
        };
        let key = |label: &str| builder(module).key_label(label);
        let missing = Pkcs11Signer::builder("/nowhere/at/all.so").token_label("ca").key_label("key");
        assert!(said(missing).starts_with("the PKCS#11 module /nowhere/at/all.so cannot be loaded: "));
        assert_eq!(said(key("key").token_label("cb")), "there is no token labelled 'cb'; the module has 'ca'");
        assert_eq!(said(key("key").slot(4711)), "there is no token in slot 4711; the module has 'ca'");
        assert_eq!(said(key("kay")), "the token has no private key with label 'kay'");
        assert_eq!(said(key("key").key_id([9])), "the token has no private key with label 'key' and identifier 09");
        assert_eq!(said(builder(module)), "the signer cannot be built: name the key by key_label, key_id or both");
        let no_token = Pkcs11Signer::builder(module).key_label("key");
        assert_eq!(said(no_token), "the signer cannot be built: name the token by token_label or slot");
        assert_eq!(
            said(key("lonely")),
            "the private key with label 'lonely' has no CKA_EC_POINT, which the public key is made of"
        );
        assert_eq!(
            said(key("agreement")),
            "the private key with label 'agreement' must not sign: its CKA_SIGN is false"
        );
        assert!(said(key("koblitz")).contains("elliptic curve 1.3.132.0.10 (secp256k1) is not supported"));
        // A private RSA key says all that its public key is made of.
        signs_and_verifies(&key("lonely RSA").build().unwrap(), SigningAlgorithm::Sha256WithRsa);

        let wrong = key("key").pin(|| Ok(TokenPin::new("not the PIN")));
        assert_eq!(said(wrong), "the token refused the PIN: CKR_PIN_INCORRECT");
        assert_eq!(
            said(Pkcs11Signer::builder(module).token_label("ca").key_label("key")),
            "the token asks for a PIN and has no PIN pad; give the builder a PIN"
        );
        let sealed = key("key").pin(|| Err("the vault is sealed".into())).build().unwrap_err();
        assert_eq!(sealed.to_string(), "the PIN callback failed");
        assert_eq!(sealed.source().unwrap().to_string(), "the vault is sealed");

        init_token("twin");
        init_token("twin");
        let (context, _) = module_and_slot(module);
        context.finalize().unwrap();
        assert_eq!(said(key("key").token_label("twin")), "2 tokens have the label 'twin'; choose one by its slot");
    });
}

#[test]
fn keys_that_allow_only_some_mechanisms() {
    with_softhsm("keys_that_allow_only_some_mechanisms", |module| {
        use MechanismType as M;
        use SigningAlgorithm as S;
        init_token("ca");
        let operator = operator(module);
        let hashing = vec![M::SHA256_RSA_PKCS, M::SHA384_RSA_PKCS, M::SHA512_RSA_PKCS].into_iter().chain([
            M::SHA256_RSA_PKCS_PSS,
            M::SHA384_RSA_PKCS_PSS,
            M::SHA512_RSA_PKCS_PSS,
        ]);
        let allowed = Attribute::AllowedMechanisms(hashing.collect());
        generate(&operator, None, "hashing", &[1], &[allowed]);
        generate(&operator, None, "one", &[2], &[Attribute::AllowedMechanisms(vec![M::SHA384_RSA_PKCS])]);
        let hashing = builder(module).key_label("hashing").build().unwrap();
        for algorithm in hashing.key_algorithm().signing_algorithms() {
            signs_and_verifies(&hashing, *algorithm);
        }
        let one = builder(module).key_label("one").build().unwrap();
        signs_and_verifies(&one, S::Sha384WithRsa);
        for algorithm in [S::Sha256WithRsa, S::Sha512WithRsa, S::Sha384WithRsaPss] {
            let error = one.sign(algorithm, b"message").unwrap_err();
            assert!(matches!(error, SignError::UnsupportedAlgorithm { .. }), "{error}");
        }
    });
}

#[test]
fn lost_sessions_are_replaced() {
    with_softhsm("lost_sessions_are_replaced", |module| {
        init_token("ca");
        generate(&operator(module), Some(P256), "key", &[1], &[]);
        let asked = Arc::new(AtomicUsize::new(0));
        let wrong = Arc::new(AtomicBool::new(false));
        let pin = {
            let (asked, wrong) = (Arc::clone(&asked), Arc::clone(&wrong));
            move || {
                asked.fetch_add(1, SeqCst);
                Ok(TokenPin::new(if wrong.load(SeqCst) { "not the PIN" } else { PIN }))
            }
        };
        let signer = builder(module).key_label("key").pin(pin).build().unwrap();
        let algorithm = SigningAlgorithm::Sha256WithEcdsa;
        signs_and_verifies(&signer, algorithm);
        assert_eq!(asked.load(SeqCst), 1);

        // Another part of the process logs out.
        let (context, slot) = module_and_slot(module);
        let other = context.open_ro_session(slot).unwrap();
        other.logout().unwrap();
        signs_and_verifies(&signer, algorithm);
        assert_eq!(asked.load(SeqCst), 2);

        // The module is finalised, and so every session gone; then the same, and initialised again by somebody else.
        context.clone().finalize().unwrap();
        signs_and_verifies(&signer, algorithm);
        assert_eq!(asked.load(SeqCst), 3);
        context.clone().finalize().unwrap();
        context.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)).unwrap();
        signs_and_verifies(&signer, algorithm);
        assert_eq!(asked.load(SeqCst), 4);

        // A PIN that is refused is offered once.
        wrong.store(true, SeqCst);
        context.open_ro_session(slot).unwrap().logout().unwrap();
        for _ in 0..3 {
            let error = signer.sign(algorithm, b"message").unwrap_err();
            assert!(!error.is_retryable());
            assert_eq!(error.to_string(), "the signer failed: the PKCS#11 token labelled 'ca' made no signature");
            assert_eq!(cause(&error).to_string(), "the token refused the PIN: CKR_PIN_INCORRECT");
        }
        assert_eq!(asked.load(SeqCst), 5);
    });
}

#[test]
fn a_key_that_is_gone_is_not_there_again_on_retry() {
    with_softhsm("a_key_that_is_gone_is_not_there_again_on_retry", |module| {
        init_token("ca");
        let operator = operator(module);
        let (_, private) = generate(&operator, Some(P256), "key", &[1], &[]);
        let signer = builder(module).key_label("key").build().unwrap();
        operator.destroy_object(private).unwrap();
        let error = signer.sign(SigningAlgorithm::Sha256WithEcdsa, b"message").unwrap_err();
        assert!(!error.is_retryable(), "{error}");
        assert_eq!(cause(&error).to_string(), "the token has no private key with label 'key'");
        let shown = format!("{signer:?} {:?} {:?}", builder(module), TokenPin::new(PIN));
        assert!(shown.starts_with("Pkcs11Signer(EC_prime256v1, token labelled 'ca', key with label 'key')"), "{shown}");
        assert!(!shown.contains(PIN), "{shown}");
    });
}

#[test]
fn a_thousand_certificates_from_eight_threads() {
    with_softhsm("a_thousand_certificates_from_eight_threads", |module| {
        init_token("ca");
        generate(&operator(module), Some(P256), "key", &[1], &[]);
        let algorithm = SigningAlgorithm::Sha256WithEcdsa;
        let csr = end_entity_csr();
        // As many sessions as threads, and fewer.
        for sessions in [8, 3] {
            let signer = Arc::new(builder(module).key_label("key").max_sessions(sessions).build().unwrap());
            let issuer = root(Arc::clone(&signer), algorithm);
            let request =
                request(&csr, "EndEntityCertificate", algorithm).validity(Validity::days(90)).build().unwrap();
            let started = std::time::Instant::now();
            let issue = || (0..125).map(|_| issuer.issue(&request).unwrap()).collect::<Vec<_>>();
            let certificates: Vec<_> = std::thread::scope(|scope| {
                let threads: Vec<_> = (0..8).map(|_| scope.spawn(issue)).collect();
                threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
            });
            println!("{} certificates with {sessions} sessions in {:?}", certificates.len(), started.elapsed());
            let serials: HashSet<_> = certificates.iter().map(|certificate| certificate.serial().to_string()).collect();
            assert_eq!((certificates.len(), serials.len()), (1000, 1000));
            for certificate in &certificates {
                verify_certificate(certificate.der(), algorithm, signer.public_key_der());
            }
        }
    });
}

#[test]
fn logouts_in_between_fail_nothing_for_good() {
    with_softhsm("logouts_in_between_fail_nothing_for_good", |module| {
        init_token("ca");
        generate(&operator(module), Some(P256), "key", &[1], &[]);
        let signer = builder(module).key_label("key").build().unwrap();
        let (context, slot) = module_and_slot(module);
        let (stop, again) = (AtomicBool::new(false), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            let signers: Vec<_> = (0..4)
                .map(|_| {
                    scope.spawn(|| {
                        for _ in 0..200 {
                            while let Err(error) = signer.sign(SigningAlgorithm::Sha256WithEcdsa, b"message") {
                                // SoftHSM says so of a key that was locked away under its hands.
                                let torn = cause(&error).to_string().ends_with("CKR_GENERAL_ERROR");
                                assert!(torn || error.is_retryable(), "{:?}", cause(&error));
                                again.fetch_add(1, SeqCst);
                            }
                        }
                    })
                })
                .collect();
            scope.spawn(|| {
                let session = context.open_ro_session(slot).unwrap();
                while !stop.load(SeqCst) {
                    let _ = session.logout();
                    std::thread::sleep(std::time::Duration::from_millis(5));
                }
            });
            let done: Vec<_> = signers.into_iter().map(|signer| signer.join()).collect();
            stop.store(true, SeqCst);
            assert!(done.iter().all(Result::is_ok));
        });
        println!("{} signatures had to be asked for again", again.load(SeqCst));
        signs_and_verifies(&signer, SigningAlgorithm::Sha256WithEcdsa);
    });
}
