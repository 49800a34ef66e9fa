//! Idempotency over several processes: issued certificates go through a store outside, and come back whole.

use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Duration;

use issuance::ledger::{
    Claim, Fingerprint, IdempotencyKey, IdempotencyStore, LedgerError, Waiter,
};
use issuance::issue::{ErrorSource, FixedClock};
use issuance::request::CustomExtension;
use issuance::{IssuanceOptions, IssuedCertificate, Issuer, KeyUsage, Signer, Timestamp};
use issuance_test_support::ca;
use issuance_test_support::ca::{CA_KEY, Ca, LEAF_KEY, now, proven_csr, request, subordinate};
use issuance_test_support::der;
use issuance_test_support::der::{
    CHALLENGE_PASSWORD, CsrParts, attribute, common_name, dns, extension, extension_request, octets, utf8,
};
use issuance_test_support::verifiers::AnySignature;

/// A directory that several processes can share: an empty file is a claim. It has no window.
struct Directory(PathBuf);

impl Directory {
    fn file(&self, key: &IdempotencyKey) -> PathBuf {
        self.0.join(key.as_bytes().map(|octet| format!("{octet:02x}")).concat())
    }
}

fn failed(error: impl Into<ErrorSource>) -> LedgerError {
    LedgerError::new("the directory cannot be used").retryable().caused_by(error)
}

impl IdempotencyStore for Directory {
    fn claim(&self, key: &IdempotencyKey, fingerprint: Fingerprint, _: Timestamp) -> Result<Claim, LedgerError> {
        assert_eq!(fingerprint.as_bytes(), &[0; 32]);
        let file = self.file(key);
        if OpenOptions::new().write(true).create_new(true).open(&file).is_ok() {
            return Ok(Claim::Issue);
        }
        let content = fs::read(&file).map_err(failed)?;
        if content.is_empty() {
            return Ok(Claim::Busy);
        }
        Ok(Claim::Issued(Arc::new(serde_json::from_slice(&content).map_err(failed)?)))
    }

    fn complete(
        &self,
        key: &IdempotencyKey,
        certificate: Arc<IssuedCertificate>,
        _: Timestamp,
    ) -> Result<(), LedgerError> {
        let written = self.file(key).with_extension("written");
        fs::write(&written, serde_json::to_vec(&*certificate).map_err(failed)?).map_err(failed)?;
        fs::rename(written, self.file(key)).map_err(failed)
    }

    fn when_free(&self, key: &IdempotencyKey, waiter: Waiter) {
        let file = self.file(key);
        thread::spawn(move || {
            while fs::metadata(&file).is_ok_and(|metadata| metadata.len() == 0) && !waiter.is_gone() {
                thread::sleep(Duration::from_millis(1));
            }
            waiter.wake();
        });
    }

    fn release(&self, key: &IdempotencyKey) {
        fs::remove_file(self.file(key)).unwrap();
    }

    fn window_seconds(&self) -> u32 {
        300
    }
}

/// An issuer that shares nothing with another one but the directory.
fn issuer(directory: &Path) -> Issuer {
    Issuer::builder(Ca::default().build(), &*CA_KEY)
        .clock(FixedClock(now()))
        .ledger(Directory(directory.to_owned()))
        .build()
        .unwrap()
}

#[test]
fn issuers_that_share_a_directory_make_one_certificate() {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("shared-store-{}", std::process::id()));
    fs::create_dir_all(&directory).unwrap();
    let request = request(&proven_csr("leaf"), "EndEntityCertificate").idempotency_token("t").build().unwrap();
    let issuers: Vec<Issuer> = (0..4).map(|_| issuer(&directory)).collect();
    let barrier = Barrier::new(issuers.len());
    let issue = |issuer: &Issuer| {
        barrier.wait();
        issuer.issue(&request).unwrap()
    };
    let issued: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = issuers.iter().map(|issuer| scope.spawn(|| issue(issuer))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(issued.iter().all(|certificate| certificate == &issued[0]));
    // The next process finds it, too.
    assert_eq!(issuer(&directory).issue(&request).unwrap(), issued[0]);
    fs::remove_dir_all(directory).unwrap();
}

/// With a chain, every kind of source, and inputs suppressed for every kind of reason.
fn certificate() -> IssuedCertificate {
    let root = Ca { template: "BlankRootCACertificate_PathLen3_APIPassthrough", ..Ca::default() }.build();
    let ca =
        subordinate(&root, &*CA_KEY, "sub", "SubordinateCACertificate_PathLen0", &IssuanceOptions::default(), None);
    let extensions = [
        extension("2.5.29.17", false, &dns("a.example")),
        extension("2.5.29.15", true, &[3, 2, 0, 4]),
        extension("1.2.3.4", false, &octets(b"csr")),
        extension("1.2.3.5", false, &octets(b"csr")),
    ];
    let csr = CsrParts::new(LEAF_KEY.public_key_der())
        .subject(common_name("leaf"))
        .attributes(&[extension_request(&extensions), attribute("1.2.3.6", &[utf8("unknown")])])
        .der();
    let request = request(&csr, "EndEntityCertificate_APICSRPassthrough")
        .key_usage(KeyUsage::KEY_ENCIPHERMENT)
        .custom_extension(CustomExtension::new("1.2.3.4", octets(b"api"), true));
    let prepared = ca::prepare(&ca, &request.build().unwrap(), &IssuanceOptions::default()).unwrap();
    prepared.finish(&[0], &AnySignature).unwrap()
}

#[test]
fn a_certificate_comes_back_whole() {
    let certificate = certificate();
    assert!(certificate.plan().suppressed().len() > 2 && certificate.chain_der().count() == 2);
    let json = serde_json::to_string(&certificate).unwrap();
    let back: IssuedCertificate = serde_json::from_str(&json).unwrap();
    assert_eq!(back, certificate);
    assert_eq!(back.plan().to_string(), certificate.plan().to_string());
    assert_eq!(back.chain_pem(), certificate.chain_pem());
    // The feature that brings CBOR.
    #[cfg(feature = "api")]
    {
        let mut cbor = Vec::new();
        ciborium::into_writer(&certificate, &mut cbor).unwrap();
        assert_eq!(ciborium::from_reader::<IssuedCertificate, _>(&cbor[..]).unwrap(), certificate);
    }
}

#[test]
fn a_challenge_password_does_not_go_along() {
    let csr = CsrParts::new(LEAF_KEY.public_key_der())
        .subject(common_name("leaf"))
        .attributes(&[attribute(CHALLENGE_PASSWORD, &[utf8("secret")])])
        .der();
    let request = request(&csr, "EndEntityCertificate").build().unwrap();
    let prepared = ca::prepare(&Ca::default().build(), &request, &IssuanceOptions::default()).unwrap();
    let certificate = prepared.finish(&[0], &AnySignature).unwrap();
    assert!(der::holds(certificate.plan().suppressed()[0].value_der(), b"secret"));
    let back: IssuedCertificate = serde_json::from_value(serde_json::to_value(&certificate).unwrap()).unwrap();
    assert_eq!(back.plan().suppressed()[0].value_der(), b"");
    assert_eq!(back.plan().to_string(), certificate.plan().to_string());
}

#[test]
fn what_is_no_issued_certificate_is_refused() {
    let sound = serde_json::to_value(certificate()).unwrap();
    for (member, value, expected) in [
        ("version", 2.into(), "form 2; this is 1"),
        ("certificate", "MAA=".into(), "malformed certificate"),
        ("certificate", "*".into(), "Invalid symbol"),
        ("extension_sources", serde_json::json!(["api"]), "1 sources for"),
        ("field_sources", serde_json::json!(["api"]), "invalid length 1"),
        ("certificate_arn", "arn".into(), "arn"),
        ("unknown", 1.into(), "unknown field"),
    ] {
        let mut wrong = sound.clone();
        wrong[member] = value;
        let error = serde_json::from_value::<IssuedCertificate>(wrong).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    }
}
