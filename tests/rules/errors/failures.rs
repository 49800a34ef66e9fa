//! What is not the fault of the caller, and requests that are made to do harm.

use std::sync::Arc;

use issuance::Signer;
use issuance::issue::{FixedClock, SerialSource, SerialSourceError};
use issuance::ledger::MemoryLedger;
use issuance::request::CustomExtension;
use issuance::{AwsException, Error, GeneralName, IssuanceOptions, IssueCertificateRequest, Issuer, SerialNumber};
use issuance_test_support::ca;
use issuance_test_support::ca::{CA_KEY, LEAF_KEY, now, proven_csr, request};
use issuance_test_support::der::{CsrParts, extension, octets, tlv};
use issuance_test_support::faulty::{Fault, Faulty};

use super::{csr, end_entity, refusal, refused_with, root};

// --- R-ERR-1: what is not the caller's fault

#[test]
fn faulty_signers_yield_no_certificate_and_poison_nothing() {
    let signer = Arc::new(Faulty::new(Fault::None));
    let store = Arc::new(MemoryLedger::default());
    let issuer = Issuer::builder(root(), Arc::clone(&signer))
        .clock(FixedClock(now()))
        .ledger(Arc::clone(&store))
        .build()
        .unwrap();
    let csr = proven_csr("leaf");
    let faults = [
        Fault::WrongKey,
        Fault::WrongMessage,
        Fault::Truncated,
        Fault::Empty,
        Fault::Raw,
        Fault::Trailing,
        Fault::Refuses,
        Fault::Busy,
        Fault::Panics,
    ];
    for (index, fault) in faults.into_iter().enumerate() {
        for token in [false, true] {
            let mut request = request(&csr, "EndEntityCertificate");
            if token {
                request = request.idempotency_token(format!("token-{index}"));
            }
            let request = request.build().unwrap();
            signer.set(fault);
            let issued = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| issuer.issue(&request)));
            match (fault, issued) {
                (Fault::Panics, issued) => assert!(issued.is_err()),
                (_, issued) => {
                    let error = issued.unwrap().unwrap_err();
                    refused_with(&error, AwsException::InternalFailure);
                    assert_eq!(error.is_retryable(), matches!(fault, Fault::Busy), "{error}");
                }
            }
            // With a token the intent stays, free for a retry.
            assert_eq!(store.len(), index + usize::from(token), "{index}");
            signer.set(Fault::None);
            let issued = issuer.issue(&request).unwrap();
            assert!(!issued.der().is_empty());
        }
    }
    assert_eq!(signer.calls(), 4 * faults.len());
}

#[test]
fn a_signer_with_another_key_is_refused_at_build() {
    let error = Issuer::builder(root(), &*LEAF_KEY).build().unwrap_err();
    assert!(matches!(error, Error::SignerKey));
    refused_with(&error, AwsException::InternalFailure);
}

struct NoSerials;

impl SerialSource for NoSerials {
    fn next_serial(&self) -> Result<SerialNumber, SerialSourceError> {
        Err(SerialSourceError { reason: "the pool is dry".to_owned() })
    }
}

#[test]
fn failures_of_serials_are_ours() {
    let issuer = Issuer::builder(root(), &*CA_KEY).clock(FixedClock(now())).serial_source(NoSerials).build().unwrap();
    let error = issuer.issue(&request(&proven_csr("leaf"), "EndEntityCertificate").build().unwrap()).unwrap_err();
    refused_with(&error, AwsException::InternalFailure);
    assert!(error.is_retryable());
}

/// R-ERR-1: which exceptions the library gives. LimitExceeded and Throttling are for services around it.
#[test]
fn r_err_1_exception_names() {
    for (exception, name) in [
        (AwsException::LimitExceeded, "LimitExceededException"),
        (AwsException::ResourceNotFound, "ResourceNotFoundException"),
        (AwsException::InvalidState, "InvalidStateException"),
        (AwsException::InvalidArn, "InvalidArnException"),
        (AwsException::InvalidArgs, "InvalidArgsException"),
        (AwsException::MalformedCsr, "MalformedCSRException"),
        (AwsException::Validation, "ValidationException"),
        (AwsException::Throttling, "ThrottlingException"),
        (AwsException::InternalFailure, "InternalFailure"),
    ] {
        assert_eq!(exception.as_str(), name);
    }
}

// --- R-ERR-2: hostile depth

/// Nesting of any depth in a custom extension and in a document is refused without recursion; the thread has a small
/// stack.
#[test]
fn r_err_2_depth_does_not_overflow_the_stack() {
    let test = || {
        let nested = |levels: usize| (0..levels).fold(vec![5u8, 0], |inner, _| tlv(0x30, &inner));
        for levels in [31, 32, 700] {
            let request = end_entity().custom_extension(CustomExtension::new("1.2.3", nested(levels), false)).build();
            assert_eq!(request.is_ok(), levels < 32, "{levels}");
        }
        for (open, close) in [("[", "]"), (r#"{"A":"#, "}")] {
            for levels in [1, 31, 33, 127, 129, 100_000] {
                let document = format!("{}1{}", open.repeat(levels), close.repeat(levels));
                assert!(IssueCertificateRequest::from_json(document.as_bytes()).is_err());
                let unclosed = open.repeat(levels);
                assert!(IssueCertificateRequest::from_json(unclosed.as_bytes()).is_err());
            }
        }
        // Deep values inside what passes through a CSR are octets to the engine, and the plan shows them all the same.
        let deep = nested(8_000);
        let parts = CsrParts::new(LEAF_KEY.public_key_der());
        let passed = parts
            .extensions(&[extension("1.2.3.4", false, &deep), extension("1.2.3.5", false, &octets(&deep[..64]))])
            .der();
        let request = request(&passed, "BlankEndEntityCertificate_CSRPassthrough").build().unwrap();
        let prepared = ca::prepare(&root(), &request, &IssuanceOptions::default()).unwrap();
        assert!(prepared.plan().to_string().contains("1.2.3.4"));
        // The same where the engine would describe the value by its type.
        for oid in ["2.5.29.31", "2.5.29.32", "2.5.29.30", "2.5.29.35", "1.3.6.1.5.5.7.1.1", "2.5.29.37"] {
            let parts = CsrParts::new(LEAF_KEY.public_key_der());
            let csr = parts.extensions(&[extension(oid, false, &deep)]).der();
            // The template defines the authority key identifier.
            if oid != "2.5.29.35" {
                let request = self::request(&csr, "BlankEndEntityCertificate_CSRPassthrough").build().unwrap();
                refused_with(&refusal(&root(), &request), AwsException::MalformedCsr);
            }
            // Not taken, and so only shown.
            let request = self::request(&csr, "EndEntityCertificate").build().unwrap();
            let prepared = ca::prepare(&root(), &request, &IssuanceOptions::default()).unwrap();
            assert!(prepared.plan().to_string().contains("it cannot be read"), "{oid}");
        }
    };
    std::thread::Builder::new().stack_size(512 * 1024).spawn(test).unwrap().join().unwrap();
}

/// R-ERR-2: a request of the greatest size that its bounds allow is prepared, and stays below the limit on certificates.
#[test]
fn r_err_2_the_largest_request_is_bounded() {
    let mut request = request(&csr(), "BlankEndEntityCertificate_APIPassthrough");
    for index in 0..150 {
        let value = octets(&[7; 3068]);
        request = request.custom_extension(CustomExtension::new(format!("1.2.3.{index}"), value, false));
        request = request.subject_alternative_name(GeneralName::dns_name("d".repeat(253)));
    }
    let request = request.build().unwrap();
    let prepared = ca::prepare(&root(), &request, &IssuanceOptions::default()).unwrap();
    assert_eq!(prepared.plan().suppressed().len(), 0);
    assert!(prepared.tbs_der().len() < 1 << 20);
    let small = IssuanceOptions::default().max_bytes(prepared.tbs_der().len() - 1);
    assert!(matches!(ca::prepare(&root(), &request, &small), Err(Error::Check { .. })));
    let exact = IssuanceOptions::default().max_bytes(prepared.tbs_der().len());
    assert!(ca::prepare(&root(), &request, &exact).is_ok());
}
