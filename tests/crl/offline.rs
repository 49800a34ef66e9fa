//! A list whose key is on another machine (R-REV-3).

use issuance::crl::{Crl, CrlError, CrlPreparation, PreparedCrlFile, PreparedCrlFileError};
use issuance::{RustCryptoVerifier, Signer};
use issuance_test_support::authorities::{Authority, now};

use crate::setup::{DAY, after, revoked, signed};

#[test]
fn r_rev_3_a_file_goes_to_the_key_and_back() {
    let root = Authority::root();
    let first = signed(&root, CrlPreparation::new(&root.ca, now()), &[]);
    let last = Crl::from_der(first.der()).unwrap();
    let preparation = CrlPreparation::new(&root.ca, after(60)).last(&last);
    let prepared = preparation.prepare([revoked(7)], &RustCryptoVerifier).unwrap();
    let file = PreparedCrlFile::of(&prepared);
    let (json, digest) = (file.to_json(), file.tbs_sha256());

    let received = PreparedCrlFile::from_json(json.as_bytes()).unwrap();
    assert_eq!(received, file);
    let text = received.tbs_text();
    for part in [&digest[..], "CN=Test Root", "0x02", "07 2026-01-02T03:04:05Z reason 0", "entries     1"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let signature = root.signer.sign(received.algorithm(), received.tbs_der()).unwrap();

    let back = PreparedCrlFile::from_json(json.as_bytes()).unwrap();
    let again = CrlPreparation::new(&root.ca, after(DAY)).last(&last);
    let resumed = back.resume(&again, &digest, &RustCryptoVerifier).unwrap();
    let list = resumed.finish(signature.as_bytes(), &RustCryptoVerifier).unwrap();
    let whole = Crl::from_der(list.der()).unwrap();
    whole.verify(root.ca.public_key_der(), &RustCryptoVerifier).unwrap();
    assert_eq!(whole.entries().count(), 1);

    // Once it is published, it is the last list, and the file makes no other.
    let error = back.resume(&again.last(&whole), &digest, &RustCryptoVerifier).unwrap_err();
    assert!(matches!(error, CrlError::Number { .. }), "{error}");
    let error = back.resume(&again, &"0".repeat(64), &RustCryptoVerifier).unwrap_err();
    assert!(matches!(error, CrlError::PreparationChanged { .. }), "{error}");
    let late = CrlPreparation::new(&root.ca, after(30 * DAY)).last(&last);
    let error = back.resume(&late, &digest, &RustCryptoVerifier).unwrap_err();
    assert!(matches!(&error, CrlError::Judged(difference) if difference.field == "nextUpdate"), "{error}");
    let sub = Authority::subordinate(&root);
    let error = back.resume(&CrlPreparation::new(&sub.ca, after(DAY)), &digest, &RustCryptoVerifier).unwrap_err();
    assert!(matches!(&error, CrlError::Judged(difference) if difference.field == "issuer"), "{error}");
}

#[test]
fn other_files_are_refused() {
    let root = Authority::root();
    let file = PreparedCrlFile::of(&CrlPreparation::new(&root.ca, now()).prepare([], &RustCryptoVerifier).unwrap());
    let json = file.to_json();
    let refused = |json: String| PreparedCrlFile::from_json(json.as_bytes()).unwrap_err();
    assert!(matches!(refused(json.replace("\"version\": 1", "\"version\": 2")), PreparedCrlFileError::Version { .. }));
    assert!(matches!(refused(json.replace(&file.tbs_sha256(), &"0".repeat(64))), PreparedCrlFileError::Digest));
    assert!(matches!(refused("{}".to_owned()), PreparedCrlFileError::Form(_)));
    let other = json.replace("SHA384WITHECDSA", "SHA256WITHECDSA");
    assert_ne!(other, json);
    assert!(matches!(refused(other), PreparedCrlFileError::Form(_)));
}
