//! Which certificate answers for a token: the one of this authority, and only to a request that is valid (R-IDM-2, R-CA-1, R-VAL).

use std::sync::Arc;

use issuance::authority::{CertificateAuthorityStatus, CertificateAuthorityType, CertificateAuthorityUsageMode};
use issuance::issue::{FixedClock, FixedSerial};
use issuance::ledger::MemoryLedger;
use issuance::request::IssueCertificateRequestBuilder;
use issuance::x509::KeyPolicy;
use issuance::{
    AwsException, CertificateAuthority, Error, IssuanceOptions, IssuedCertificate, Issuer, KeyUsage,
    RustCryptoVerifier, SerialNumber, Signer, SigningAlgorithm, Validity,
};
use issuance_test_support::ca;
use issuance_test_support::ca::{CA_ARN, CA_KEY, Ca, DAY, NOW, P384_KEY, after_now, proven_csr, request};
use issuance_test_support::der::CsrParts;
use issuance_test_support::files;

/// An issuer at a time, as a service builds one for each state of its authority. Issuers share the store.
fn issuer(authority: CertificateAuthority, store: &Arc<MemoryLedger>, seconds: i64) -> Issuer {
    Issuer::builder(authority, &*CA_KEY)
        .clock(FixedClock(after_now(seconds)))
        .ledger(Arc::clone(store))
        .build()
        .unwrap()
}

struct Bench {
    store: Arc<MemoryLedger>,
    authority: CertificateAuthority,
    csr: Vec<u8>,
}

impl Bench {
    fn new(authority: CertificateAuthority) -> Bench {
        Bench { store: Arc::new(MemoryLedger::default()), authority, csr: proven_csr("leaf") }
    }

    fn ask(&self) -> IssueCertificateRequestBuilder {
        request(&self.csr, "EndEntityCertificate").idempotency_token("t")
    }

    fn issue(&self, request: IssueCertificateRequestBuilder, seconds: i64) -> Result<Arc<IssuedCertificate>, Error> {
        issuer(self.authority.clone(), &self.store, seconds).issue(&request.build().unwrap())
    }

    /// The exception of a retry, and that the certificate is still there for those who may have it.
    #[track_caller]
    fn refuses(&self, retry: IssueCertificateRequestBuilder, seconds: i64, exception: AwsException) {
        let error = self.issue(retry, seconds).unwrap_err();
        assert_eq!(error.aws_exception(), exception, "{error}");
        assert_eq!(self.store.len(), 1);
    }
}

fn seconds(end: i64) -> Validity {
    Validity::absolute(NOW + end).build().unwrap()
}

/// A root with this key under the ARN of all authorities here.
fn root_with(key: &dyn Signer, algorithm: SigningAlgorithm) -> CertificateAuthority {
    let mut root = CertificateAuthority::builder(CA_ARN.parse().unwrap(), CertificateAuthorityType::Root)
        .build(&ca::subject("Root"), key.public_key_der())
        .unwrap();
    let csr = CsrParts::new(key.public_key_der()).subject(root.subject_der().to_vec()).der();
    let request = request(&csr, "RootCACertificate").validity(Validity::years(10)).signing_algorithm(algorithm);
    let prepared = ca::prepare(&root, &request.build().unwrap(), &IssuanceOptions::default()).unwrap();
    let signature = key.sign(algorithm, prepared.tbs_der()).unwrap();
    let certificate = prepared.finish(signature.as_bytes(), &RustCryptoVerifier).unwrap();
    root.import_certificate(certificate.der(), b"", &RustCryptoVerifier).unwrap();
    root
}

#[test]
fn r_idm_2_an_authority_that_took_anothers_place_has_its_own_tokens() {
    let store = Arc::new(MemoryLedger::default());
    let csr = proven_csr("leaf");
    let issue = |key: &'static issuance::RustCryptoSigner, algorithm| {
        let issuer = Issuer::builder(root_with(key, algorithm), key)
            .clock(FixedClock(after_now(0)))
            .ledger(Arc::clone(&store))
            .build()
            .unwrap();
        let request = request(&csr, "EndEntityCertificate").signing_algorithm(algorithm).idempotency_token("t");
        issuer.issue(&request.build().unwrap()).unwrap()
    };
    let first = issue(&CA_KEY, SigningAlgorithm::Sha256WithEcdsa);
    let second = issue(&P384_KEY, SigningAlgorithm::Sha384WithEcdsa);
    assert_ne!(first.der(), second.der());
    assert_ne!(first.chain_pem(), second.chain_pem());
    assert_eq!(store.len(), 2);
    // Each keeps its own.
    assert_eq!(issue(&CA_KEY, SigningAlgorithm::Sha256WithEcdsa).der(), first.der());
    assert_eq!(issue(&P384_KEY, SigningAlgorithm::Sha384WithEcdsa).der(), second.der());
}

#[test]
fn r_idm_2_an_invalid_request_does_not_get_an_earlier_certificate() {
    let bench = Bench::new(Ca::default().build());
    let first = bench.issue(bench.ask(), 0).unwrap();
    let api = "EndEntityCertificate_APIPassthrough";
    for (retry, exception) in [
        (bench.ask().template_arn(ca::template_arn("NoSuchTemplate")), AwsException::InvalidArgs),
        (bench.ask().signing_algorithm(SigningAlgorithm::Sha256WithRsa), AwsException::InvalidArgs),
        (bench.ask().template_arn(ca::template_arn("RootCACertificate")), AwsException::InvalidArgs),
        (bench.ask().validity(Validity::years(100)), AwsException::Validation),
        (bench.ask().validity(seconds(-DAY)), AwsException::Validation),
        (bench.ask().validity(Validity::end_date(20_261_399_000_000)), AwsException::Validation),
        (
            bench
                .ask()
                .template_arn(ca::template_arn(api))
                .key_usage(KeyUsage::KEY_CERT_SIGN)
                .custom_extension(issuance::request::CustomExtension::new("2.5.29.17", &[0x30, 0x00], false)),
            AwsException::InvalidArgs,
        ),
    ] {
        bench.refuses(retry, 1, exception);
    }
    assert_eq!(bench.issue(bench.ask(), 1).unwrap().der(), first.der());
}

#[test]
fn r_csr_4_a_key_that_the_policy_refuses_by_now_gets_no_earlier_certificate() {
    let csr = files::text("csr-proof/rsa-2048-sha256.pem");
    let bench = Bench { csr: csr.into_bytes(), ..Bench::new(Ca::default().build()) };
    bench.issue(bench.ask(), 0).unwrap();
    let issuer = Issuer::builder(bench.authority.clone(), &*CA_KEY)
        .clock(FixedClock(after_now(1)))
        .options(IssuanceOptions::default().key_policy(KeyPolicy::default().rsa_bits(3072, 4096)))
        .ledger(Arc::clone(&bench.store))
        .build()
        .unwrap();
    let error = issuer.issue(&bench.ask().build().unwrap()).unwrap_err();
    assert_eq!(error.aws_exception(), AwsException::MalformedCsr);
    assert_eq!(bench.store.len(), 1);
}

#[test]
fn r_mrg_7_strict_mode_refuses_a_retry_too() {
    let bench = Bench::new(Ca::default().build());
    bench.issue(bench.ask().subject(ca::subject("suppressed")), 0).unwrap();
    let issuer = Issuer::builder(bench.authority.clone(), &*CA_KEY)
        .clock(FixedClock(after_now(1)))
        .options(IssuanceOptions::default().strict(true))
        .ledger(Arc::clone(&bench.store))
        .build()
        .unwrap();
    let retry = bench.ask().subject(ca::subject("suppressed")).build().unwrap();
    assert!(matches!(issuer.issue(&retry), Err(Error::Suppressed(_))));
}

#[test]
fn r_idm_1_what_time_alone_did_to_a_request_does_not_lose_its_certificate() {
    // An end that has passed meanwhile.
    let bench = Bench::new(Ca::default().build());
    let first = bench.issue(bench.ask().validity(seconds(60)), 0).unwrap();
    assert_eq!(bench.issue(bench.ask().validity(seconds(60)), 120).unwrap().der(), first.der());
    // One that had passed before the window began was never valid within it.
    bench.refuses(bench.ask().validity(seconds(-180)), 120, AwsException::Validation);
    // Nothing is issued for the end that has passed, once the window is over or under another token.
    bench.refuses(bench.ask().validity(seconds(60)).idempotency_token("u"), 120, AwsException::Validation);
    let over = bench.issue(bench.ask().validity(seconds(60)), 300).unwrap_err();
    assert_eq!(over.aws_exception(), AwsException::Validation);

    // Days that reached to the end of the authority's certificate at the first call, and reach beyond it now.
    let bench = Bench::new(Ca { years: 1, ..Ca::default() }.build());
    let ask = || bench.ask().validity(Validity::days(365));
    let first = bench.issue(ask(), 0).unwrap();
    assert_eq!(bench.issue(ask(), 1).unwrap().der(), first.der());
    bench.refuses(ask().idempotency_token("u"), 1, AwsException::Validation);
    bench.refuses(bench.ask().validity(Validity::days(366)), 1, AwsException::Validation);

    // An authority whose certificate has ended meanwhile.
    let end = 365 * DAY;
    let ask = || bench.ask().validity(seconds(end)).idempotency_token("at the end");
    let first = bench.issue(ask(), end - 1).unwrap();
    assert_eq!(bench.issue(ask(), end + 1).unwrap().der(), first.der());
    let error = bench.issue(ask().idempotency_token("after the end"), end + 1).unwrap_err();
    assert_eq!(error.aws_exception(), AwsException::InvalidState);
}

#[test]
fn r_ca_1_an_authority_that_is_disabled_hands_out_what_it_issued_and_issues_nothing() {
    for status in [CertificateAuthorityStatus::Disabled, CertificateAuthorityStatus::Deleted] {
        let mut bench = Bench::new(Ca::default().build());
        let first = bench.issue(bench.ask(), 0).unwrap();
        bench.authority.set_status(status).unwrap();
        assert_eq!(bench.issue(bench.ask(), 1).unwrap().der(), first.der());
        // Valid but for the state.
        bench.refuses(bench.ask().idempotency_token("u"), 1, AwsException::InvalidState);
        // Not valid in any state.
        bench.refuses(bench.ask().signing_algorithm(SigningAlgorithm::Sha256WithRsa), 1, AwsException::InvalidState);
        bench.refuses(bench.ask().validity(Validity::years(100)), 1, AwsException::InvalidState);
    }
}

#[test]
fn r_val_5_a_retry_of_the_longest_short_lived_validity_is_valid() {
    let mode = Some(CertificateAuthorityUsageMode::ShortLivedCertificate);
    let mut bench = Bench::new(Ca { usage_mode: mode, ..Ca::default() }.build());
    let first = bench.issue(bench.ask().validity(seconds(7 * DAY)), 0).unwrap();
    // As clients do, with an end that they compute anew, whatever became of the authority.
    assert_eq!(bench.issue(bench.ask().validity(seconds(7 * DAY + 10)), 10).unwrap().der(), first.der());
    bench.authority.set_status(CertificateAuthorityStatus::Disabled).unwrap();
    assert_eq!(bench.issue(bench.ask().validity(seconds(7 * DAY + 10)), 10).unwrap().der(), first.der());
    bench.refuses(bench.ask().validity(seconds(7 * DAY + 11)), 10, AwsException::InvalidState);
}

#[test]
fn a_retry_costs_no_signature_and_leaves_the_first_serial_number() {
    let store = Arc::new(MemoryLedger::default());
    let issuer = |hex: &str| {
        Issuer::builder(Ca::default().build(), &*CA_KEY)
            .clock(FixedClock(after_now(0)))
            .serial_source(FixedSerial(SerialNumber::from_hex(hex).unwrap()))
            .ledger(Arc::clone(&store))
            .build()
            .unwrap()
    };
    let ask = request(&proven_csr("leaf"), "EndEntityCertificate").idempotency_token("t").build().unwrap();
    let first = issuer("11").issue(&ask).unwrap();
    let again = issuer("22").issue(&ask).unwrap();
    assert_eq!((again.der(), again.serial().to_hex()), (first.der(), "11".to_owned()));
}
