//! A prepared file makes one certificate, and only while its authority may issue (R-CA-1, R-VAL-4, R-VAL-5).

use std::sync::{Arc, Barrier, LazyLock};

use issuance::authority::{CertificateAuthorityStatus, CertificateAuthorityUsageMode};
use issuance::issue::{FixedClock, PreparedFile, ValidityError};
use issuance::ledger::MemoryLedger;
use issuance::{
    AwsException, CertificateAuthority, Error, IssuanceOptions, OfflineIssuer, RustCryptoSigner, RustCryptoVerifier,
    Signer, SigningAlgorithm, Validity,
};
use issuance_test_support::ca::{CA_KEY, Ca, DAY, after_now, proven_csr, request, subordinate};
use issuance_test_support::der;
use issuance_test_support::keys;

static RSA_KEY: LazyLock<RustCryptoSigner> = LazyLock::new(|| keys::signer("rsa-2048"));
const PSS: SigningAlgorithm = SigningAlgorithm::Sha256WithRsaPss;

/// A machine without the key, at a time.
fn issuer(authority: &CertificateAuthority, seconds: i64, store: Arc<MemoryLedger>) -> OfflineIssuer {
    OfflineIssuer::builder_with_verifier(authority.clone(), RustCryptoVerifier)
        .clock(FixedClock(after_now(seconds)))
        .ledger(store)
        .build()
}

fn at(authority: &CertificateAuthority, seconds: i64) -> OfflineIssuer {
    issuer(authority, seconds, Arc::default())
}

/// An authority with an RSA key, whose signatures with PSS are each another.
fn rsa_authority() -> CertificateAuthority {
    let options = IssuanceOptions::default();
    subordinate(&Ca::default().build(), &*RSA_KEY, "sub", "SubordinateCACertificate_PathLen0", &options, None)
}

fn prepare(authority: &CertificateAuthority, algorithm: SigningAlgorithm, validity: Validity) -> PreparedFile {
    let request = request(&proven_csr("leaf"), "EndEntityCertificate").signing_algorithm(algorithm).validity(validity);
    at(authority, 0).prepare_file(&request.build().unwrap()).unwrap()
}

fn days(days: i64) -> Validity {
    Validity::days(days).build().unwrap()
}

fn sign(key: &dyn Signer, file: &PreparedFile) -> Vec<u8> {
    key.sign(file.algorithm(), file.tbs_der()).unwrap().into_bytes()
}

#[test]
fn a_file_that_is_finished_twice_makes_one_certificate() {
    let authority = rsa_authority();
    let file = prepare(&authority, PSS, days(30));
    let (one, other) = (sign(&*RSA_KEY, &file), sign(&*RSA_KEY, &file));
    assert_ne!(one, other);
    let issuer = at(&authority, 60);
    let certificate = issuer.finish_file(&file, &one).unwrap();
    assert!(der::holds(certificate.der(), &one));
    for signature in [&other, &one, &vec![]] {
        assert_eq!(issuer.finish_file(&file, signature).unwrap().der(), certificate.der());
    }
    // Nor can the second be finished by the other way.
    let error = issuer.resume(&file).unwrap_err();
    assert!(matches!(&error, Error::PreparationFinished { certificate_sha256 } if certificate_sha256.len() == 64));
    assert_eq!(error.aws_exception(), AwsException::InvalidState);
    // Another file is another certificate, and none of a token's.
    let another = prepare(&authority, PSS, days(31));
    let signature = sign(&*RSA_KEY, &another);
    assert_ne!(issuer.finish_file(&another, &signature).unwrap().serial(), certificate.serial());
}

#[test]
fn callers_that_finish_a_file_at_once_get_one_certificate() {
    let authority = rsa_authority();
    let file = prepare(&authority, PSS, days(30));
    let issuer = at(&authority, 60);
    let barrier = Barrier::new(8);
    let certificates: Vec<_> = std::thread::scope(|scope| {
        let finish = || {
            let signature = sign(&*RSA_KEY, &file);
            barrier.wait();
            issuer.finish_file(&file, &signature).unwrap().der().to_vec()
        };
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(finish)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(certificates.iter().all(|certificate| *certificate == certificates[0]));
}

#[test]
fn a_signature_that_is_wrong_ends_nothing() {
    let authority = rsa_authority();
    let (file, store) = (prepare(&authority, PSS, days(30)), Arc::new(MemoryLedger::default()));
    let issuer = issuer(&authority, 60, Arc::clone(&store));
    let wrong = RSA_KEY.sign(PSS, b"another file").unwrap();
    assert!(issuer.resume(&file).is_ok());
    assert!(store.is_empty());
    assert!(matches!(issuer.finish_file(&file, wrong.as_bytes()), Err(Error::Signature(_))));
    assert!(issuer.resume(&file).is_ok());
    issuer.finish_file(&file, &sign(&*RSA_KEY, &file)).unwrap();
    assert_eq!(store.len(), 1);
}

#[test]
fn a_mark_ends_a_file_for_every_store_and_time() {
    let authority = rsa_authority();
    let mut file = prepare(&authority, PSS, days(30));
    let signature = sign(&*RSA_KEY, &file);
    let certificate = at(&authority, 60).finish_file(&file, &signature).unwrap();
    // Another store does not know: this is what a mark is for.
    assert!(at(&authority, 60).resume(&file).is_ok());

    let other = prepare(&authority, PSS, days(31));
    let other = at(&authority, 60).finish_file(&other, &sign(&*RSA_KEY, &other)).unwrap();
    assert!(matches!(file.mark_finished(&other), Err(Error::PreparationChanged)));
    assert_eq!(file.finished_certificate_sha256(), None);

    file.mark_finished(&certificate).unwrap();
    let marked = PreparedFile::from_json(file.to_json().as_bytes()).unwrap();
    assert_eq!(marked, file);
    let digest = marked.finished_certificate_sha256().unwrap().to_owned();
    let is_finished = |error: Error| {
        matches!(&error, Error::PreparationFinished { certificate_sha256 } if *certificate_sha256 == digest)
            && error.to_string().contains(&digest)
    };
    assert!(is_finished(at(&authority, 60).resume(&marked).unwrap_err()));
    assert!(is_finished(at(&authority, 60).finish_file(&marked, &signature).unwrap_err()));
    // A mark that is none is not passed over.
    for wrong in ["", "00", &"g".repeat(64)] {
        let json = file.to_json().replace(&digest, wrong);
        assert!(PreparedFile::from_json(json.as_bytes()).is_err(), "{wrong}");
    }
}

#[test]
fn r_ca_1_a_file_is_finished_while_its_authority_may_issue() {
    let authority = Ca { years: 1, ..Ca::default() }.build();
    let file = prepare(&authority, SigningAlgorithm::Sha256WithEcdsa, days(30));
    let signature = sign(&*CA_KEY, &file);
    for (seconds, refused) in [(0, false), (30 * DAY - 1, false), (30 * DAY, true), (366 * DAY, true)] {
        for outcome in
            [at(&authority, seconds).resume(&file).err(), at(&authority, seconds).finish_file(&file, &signature).err()]
        {
            assert_eq!(outcome.is_some(), refused, "{seconds}: {outcome:?}");
            match outcome {
                // The certificate would be over when it is made.
                Some(Error::Validity(ValidityError::Past { .. })) => assert!(seconds < 365 * DAY),
                Some(error) => assert!(matches!(error, Error::AuthorityState { .. }), "{error}"),
                None => {}
            }
        }
    }
    let mut disabled = authority.clone();
    disabled.set_status(CertificateAuthorityStatus::Disabled).unwrap();
    for error in [at(&disabled, 1).resume(&file).err(), at(&disabled, 1).finish_file(&file, &signature).err()] {
        assert_eq!(error.unwrap().aws_exception(), AwsException::InvalidState);
    }
    // What was finished before is given all the same: that is not to issue.
    let store = Arc::new(MemoryLedger::default());
    let certificate = issuer(&authority, 0, Arc::clone(&store)).finish_file(&file, &signature).unwrap();
    assert_eq!(issuer(&disabled, 1, store).finish_file(&file, &signature).unwrap().der(), certificate.der());
}

#[test]
fn r_val_5_a_file_of_a_later_time_does_not_outlive_the_ceiling() {
    let mode = Some(CertificateAuthorityUsageMode::ShortLivedCertificate);
    let authority = Ca { usage_mode: mode, ..Ca::default() }.build();
    let request = request(&proven_csr("leaf"), "EndEntityCertificate").validity(Validity::days(7)).build().unwrap();
    // The time in a file is chosen by who writes it.
    let file = at(&authority, 30 * DAY).prepare_file(&request).unwrap();
    let signature = sign(&*CA_KEY, &file);
    let error = at(&authority, 0).finish_file(&file, &signature).unwrap_err();
    assert!(matches!(error, Error::Validity(ValidityError::TooLongForShortLived { .. })), "{error}");
    assert!(at(&authority, 30 * DAY).finish_file(&file, &signature).is_ok());
}
