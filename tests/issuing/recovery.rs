//! What is recorded before a signature, and what becomes of it when something dies (R-LED-1 to R-LED-3, R-LED-7).

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU8, Ordering};
use std::sync::{Arc, Mutex};

use issuance::authority::CertificateAuthorityStatus;
use issuance::crypto::{SignError, Signature};
use issuance::issue::{FixedSerial, Judge, SerialSource, SerialSourceError};
use issuance::ledger::{Abandon, Keeps, Ledger, MemoryLedger, Record, State};
use issuance::policy::{Policy, PolicyRefusal, PolicyViolation};
use issuance::{
    AwsException, CertificateAuthority, CertificatePlan, Clock, Error, IssuanceOptions, IssueCertificateRequest,
    Issuer, OfflineIssuer, SerialNumber, Signer, SigningAlgorithm, Timestamp, Validity,
};
use issuance_test_support::ca;
use issuance_test_support::ca::{CA_KEY, Ca, DAY, NOW, proven_csr};
use issuance_test_support::signers::sign_by;

#[cfg(feature = "redb")]
mod in_a_file;
#[cfg(all(feature = "redb", feature = "testing"))]
mod on_a_bad_disk;

/// A clock that the test sets.
struct Hand(AtomicI64);

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix(NOW + self.0.load(Ordering::SeqCst)).unwrap()
    }
}

/// A key that is away at times, and remembers what it was asked to sign.
#[derive(Default)]
struct Remote {
    is_away: AtomicBool,
    signed: Mutex<Vec<Vec<u8>>>,
}

impl Remote {
    fn calls(&self) -> usize {
        self.signed.lock().unwrap().len()
    }

    /// What it was asked to sign, each once.
    fn signed(&self) -> BTreeSet<Vec<u8>> {
        self.signed.lock().unwrap().iter().cloned().collect()
    }
}

impl Signer for Remote {
    fn public_key_der(&self) -> &[u8] {
        CA_KEY.public_key_der()
    }

    fn signing_algorithms(&self) -> &[SigningAlgorithm] {
        CA_KEY.signing_algorithms()
    }

    fn sign(&self, algorithm: SigningAlgorithm, message: &[u8]) -> Result<Signature, SignError> {
        self.signed.lock().unwrap().push(message.to_vec());
        if self.is_away.load(Ordering::SeqCst) {
            return Err(SignError::backend("away").retryable());
        }
        CA_KEY.sign(algorithm, message)
    }
}

struct Bench {
    issuer: Issuer,
    signer: Arc<Remote>,
    ledger: Arc<MemoryLedger>,
    clock: Arc<Hand>,
}

fn bench_of(authority: CertificateAuthority, ledger: Arc<MemoryLedger>, options: IssuanceOptions) -> Bench {
    let (signer, clock) = (Arc::new(Remote::default()), Arc::new(Hand(AtomicI64::new(0))));
    let issuer = Issuer::builder(authority, Arc::clone(&signer))
        .options(options)
        .clock(Arc::clone(&clock))
        .ledger(Arc::clone(&ledger))
        .build()
        .unwrap();
    Bench { issuer, signer, ledger, clock }
}

fn bench() -> Bench {
    bench_of(Ca::default().build(), Arc::new(MemoryLedger::new(300).keep_everything()), IssuanceOptions::default())
}

fn request(name: &str, token: Option<&str>) -> IssueCertificateRequest {
    let request = ca::request(&proven_csr(name), "EndEntityCertificate");
    match token {
        Some(token) => request.idempotency_token(token),
        None => request,
    }
    .build()
    .unwrap()
}

impl Bench {
    fn all(&self) -> Vec<Record> {
        let authority = self.issuer.authority().arn();
        Ledger::page(&self.ledger, authority, Timestamp::MIN, Timestamp::MAX, None, 1000).unwrap().records
    }

    fn away(&self, is_away: bool) {
        self.signer.is_away.store(is_away, Ordering::SeqCst);
    }
}

#[test]
fn r_led_1_every_certificate_has_a_record_that_says_who_asked() {
    let bench = bench();
    assert_eq!(Ledger::keeps(&bench.ledger), Keeps::Everything);
    let plain = bench.issuer.issue(&request("plain", None)).unwrap();
    bench.clock.0.store(1, Ordering::SeqCst);
    let issuer = bench.issuer.for_caller("arn:aws:iam::123456789012:user/someone");
    let tokened = issuer.issue(&request("tokened", Some("t"))).unwrap();
    let [first, second] = &bench.all()[..] else { panic!("two records") };
    for (record, certificate, caller) in
        [(first, plain, None), (second, tokened, Some("arn:aws:iam::123456789012:user/someone"))]
    {
        assert_eq!(record.certificate(), Some(&certificate));
        assert_eq!(record.intent.id(), certificate.arn());
        assert_eq!(record.intent.tbs_der(), certificate.plan().tbs_der());
        assert_eq!(record.intent.template(), "EndEntityCertificate");
        assert_eq!(record.intent.caller(), caller);
        let found = Ledger::by_arn(&bench.ledger, certificate.arn()).unwrap().unwrap();
        assert_eq!(found.certificate(), Some(&certificate));
    }
    assert_eq!(second.intent.issued_at().unix() - first.intent.issued_at().unix(), 1);
}

#[test]
fn r_led_2_an_intent_without_a_token_is_abandoned_when_its_signer_fails() {
    let bench = bench();
    bench.away(true);
    assert!(matches!(bench.issuer.issue(&request("leaf", None)), Err(Error::Signer(_))));
    let [record] = &bench.all()[..] else { panic!("one record") };
    let State::Abandoned(why) = &record.state else { panic!("{:?}", record.state) };
    assert!(why.may_be_signed && why.reason.contains("away"), "{why:?}");
    // R-LED-3: it may exist.
    assert!(record.counts_as_issued());
    assert!(bench.issuer.recover().unwrap().is_empty());
}

/// Leaves one intent with a token in flight and one without, as a process that is killed does.
fn killed(bench: &Bench) -> [Vec<u8>; 2] {
    let before = bench.signer.calls();
    let signer = Arc::clone(&bench.signer);
    let dies = sign_by(move |algorithm, message| {
        let _ = signer.sign(algorithm, message);
        std::panic::resume_unwind(Box::new("killed"))
    });
    let issuer = Issuer::builder(bench.issuer.authority().clone(), dies)
        .clock(Arc::clone(&bench.clock))
        .ledger(Arc::clone(&bench.ledger))
        .build()
        .unwrap();
    for token in [Some("t"), None] {
        let issue = std::panic::AssertUnwindSafe(|| issuer.issue(&request("leaf", token)));
        assert!(std::panic::catch_unwind(issue).is_err());
    }
    let signed = bench.signer.signed.lock().unwrap();
    [signed[before].clone(), signed[before + 1].clone()]
}

#[test]
fn r_led_2_recovery_signs_the_recorded_bytes_and_abandons_what_nobody_can_ask_for() {
    let bench = bench();
    let [with_token, without] = killed(&bench);
    assert!(bench.all().iter().all(|record| matches!(record.state, State::InFlight { lease_until: None })));
    // The restart comes a day later.
    bench.clock.0.store(DAY, Ordering::SeqCst);
    bench.away(true);
    let recovery = bench.issuer.recover().unwrap();
    assert_eq!((recovery.issued.len(), recovery.abandoned.len(), recovery.failed.len()), (0, 1, 1));
    bench.away(false);
    let recovery = bench.issuer.recover().unwrap();
    assert_eq!((recovery.issued.len(), recovery.abandoned.len(), recovery.failed.len()), (1, 0, 0));
    assert_eq!(recovery.issued[0].plan().tbs_der(), with_token);
    assert_eq!(bench.signer.signed(), BTreeSet::from([with_token.clone(), without.clone()]));
    for record in bench.all() {
        match record.state {
            State::Issued { certificate, .. } => assert_eq!(certificate.plan().tbs_der(), with_token),
            State::Abandoned(why) => {
                assert!(why.may_be_signed && record.intent.tbs_der() == without, "{why:?}");
            }
            State::InFlight { .. } => panic!("still in flight"),
            _ => unreachable!(),
        }
    }
    // The token's window runs from the certificate on.
    let retry = bench.issuer.issue(&request("leaf", Some("t"))).unwrap();
    assert_eq!(retry, recovery.issued[0]);
    assert!(bench.issuer.recover().unwrap().is_empty());
}

/// A judge that refuses everything.
struct Closed;

impl Judge for Closed {
    fn judge(&self, _: &CertificatePlan, _: &[u8]) -> Result<(), PolicyRefusal> {
        Err(PolicyViolation::new("service", "hours", "closed", "office hours").into())
    }
}

/// Gives up, as another machine could, whatever is in flight when it is asked to sign.
struct GivesUp {
    ledger: Arc<MemoryLedger>,
    is_away: AtomicBool,
}

impl Signer for GivesUp {
    fn public_key_der(&self) -> &[u8] {
        CA_KEY.public_key_der()
    }

    fn signing_algorithms(&self) -> &[SigningAlgorithm] {
        CA_KEY.signing_algorithms()
    }

    fn sign(&self, algorithm: SigningAlgorithm, message: &[u8]) -> Result<Signature, SignError> {
        if self.is_away.swap(false, Ordering::SeqCst) {
            return Err(SignError::backend("away").retryable());
        }
        let authority = ca::CA_ARN.parse().unwrap();
        let page = Ledger::page(&self.ledger, &authority, Timestamp::MIN, Timestamp::MAX, None, 10).unwrap();
        let given_up: Vec<_> =
            page.records.into_iter().map(|row| Abandon::new(row.intent, "elsewhere", true)).collect();
        Ledger::abandon(&self.ledger, &given_up, ca::now()).unwrap();
        CA_KEY.sign(algorithm, message)
    }
}

#[test]
fn recovery_counts_what_others_gave_up_among_the_abandoned() {
    let ledger = Arc::new(MemoryLedger::new(300).keep_everything());
    let signer = GivesUp { ledger: Arc::clone(&ledger), is_away: AtomicBool::new(true) };
    let builder = Issuer::builder(Ca::default().build(), signer).clock(Hand(AtomicI64::new(0))).ledger(ledger);
    let issuer = builder.build().unwrap();
    assert!(issuer.issue(&request("late", Some("t"))).unwrap_err().is_retryable());
    let recovery = issuer.recover().unwrap();
    assert!(recovery.issued.is_empty() && recovery.failed.is_empty(), "{recovery:?}");
    let [(_, reason)] = &recovery.abandoned[..] else { panic!("one was given up: {recovery:?}") };
    assert_eq!(reason, "elsewhere");
    assert!(issuer.recover().unwrap().is_empty());
}

#[test]
fn r_led_2_recovery_judges_by_the_authority_as_it_is_now() {
    let end = |authority: CertificateAuthority, seconds: i64, options: IssuanceOptions| {
        let bench = bench();
        let [with_token, _] = killed(&bench);
        let now = bench_of(authority, Arc::clone(&bench.ledger), options);
        now.clock.0.store(seconds, Ordering::SeqCst);
        let recovery = now.issuer.recover().unwrap();
        assert_eq!((now.signer.calls(), recovery.issued.len(), recovery.abandoned.len()), (0, 0, 2), "{recovery:?}");
        let reasons: Vec<String> = recovery.abandoned.into_iter().map(|(_, reason)| reason).collect();
        let record = bench.all().into_iter().find(|record| record.intent.tbs_der() == with_token).unwrap();
        assert!(matches!(record.state, State::Abandoned(_)));
        // The refusal is definite, for the window.
        bench.clock.0.store(seconds + 1, Ordering::SeqCst);
        if seconds == 0 {
            let error = bench.issuer.issue(&request("leaf", Some("t"))).unwrap_err();
            assert_eq!((error.aws_exception(), error.is_retryable()), (AwsException::RequestFailed, false), "{error}");
        }
        reasons.join("; ")
    };
    let mut disabled = Ca::default().build();
    disabled.set_status(CertificateAuthorityStatus::Disabled).unwrap();
    let usual = IssuanceOptions::default;
    assert!(end(disabled, 0, usual()).contains("not in a valid state"));
    assert!(end(Ca { years: 20, ..Ca::default() }.build(), 0, usual()).contains("another key or certificate"));
    // Leaves of the test support end after a year.
    assert!(end(Ca::default().build(), 366 * DAY, usual()).contains("at least one second after"));
    // A policy and a judge that came after the intent.
    let servers = Policy::builder().allowed_purpose("serverAuth").build().unwrap();
    assert!(end(Ca::default().build(), 0, usual().policy(servers)).contains("extKeyUsage is clientAuth"));
    assert!(end(Ca::default().build(), 0, usual().judge(Closed)).contains("closed"));
}

/// Gives one serial number several times, then others.
struct Repeats(AtomicU8, u8);

impl SerialSource for Repeats {
    fn next_serial(&self) -> Result<SerialNumber, SerialSourceError> {
        let draw = self.0.fetch_add(1, Ordering::SeqCst);
        Ok(SerialNumber::from_be_bytes(&[if draw < self.1 { 7 } else { 8 + draw }]).unwrap())
    }
}

#[test]
fn r_led_7_a_serial_number_that_is_taken_is_drawn_again_and_never_signed() {
    for token in [None, Some("t")] {
        let (ledger, signer) = (Arc::new(MemoryLedger::default().keep_everything()), Arc::new(Remote::default()));
        let issuer = |serials: Arc<dyn SerialSource>| {
            let builder = Issuer::builder(Ca::default().build(), Arc::clone(&signer)).clock(Hand(AtomicI64::new(0)));
            builder.ledger(Arc::clone(&ledger)).serial_source(serials).build().unwrap()
        };
        let seven = SerialNumber::from_be_bytes(&[7]).unwrap();
        let first = issuer(Arc::new(FixedSerial(seven))).issue(&request("first", None)).unwrap();
        assert_eq!(first.serial(), seven);
        let again = issuer(Arc::new(Repeats(AtomicU8::new(0), 3))).issue(&request("second", token)).unwrap();
        assert_eq!(again.serial(), SerialNumber::from_be_bytes(&[11]).unwrap());
        assert_eq!(signer.calls(), 2);
        // A source that gives nothing else is found out.
        let error = issuer(Arc::new(FixedSerial(seven))).issue(&request("third", Some("u"))).unwrap_err();
        assert!(matches!(error, Error::Serial(_)) && error.is_retryable(), "{error}");
        assert_eq!(signer.calls(), 2);
    }
}

#[test]
fn a_prepared_file_is_an_intent_and_ends_with_it() {
    let ledger = Arc::new(MemoryLedger::default().keep_everything());
    let clock = Arc::new(Hand(AtomicI64::new(0)));
    let authority = Ca::default().build();
    let issuer = OfflineIssuer::builder(authority.clone())
        .clock(Arc::clone(&clock))
        .ledger(Arc::clone(&ledger))
        .build()
        .for_caller("the ceremony of May");
    let prepare = |name: &str| issuer.prepare_file(&request(name, None)).unwrap();
    let (finished, given_up, open) = (prepare("finished"), prepare("given up"), prepare("open"));
    let records = || Ledger::page(&ledger, authority.arn(), Timestamp::MIN, Timestamp::MAX, None, 10).unwrap().records;
    assert!(records().iter().all(|record| record.intent.is_offline() && !matches!(record.state, State::Issued { .. })));
    assert_eq!(records()[0].intent.caller(), Some("the ceremony of May"));
    // Recovery of the issuer with the key leaves it alone, weeks later.
    clock.0.store(20 * DAY, Ordering::SeqCst);
    let online = Issuer::builder(authority.clone(), &*CA_KEY).clock(Arc::clone(&clock)).ledger(Arc::clone(&ledger));
    let (online, recovery) = online.build_and_recover().unwrap();
    assert!(recovery.is_empty());
    drop(online);

    let sign = |file: &issuance::issue::PreparedFile| CA_KEY.sign(file.algorithm(), file.tbs_der()).unwrap();
    let certificate = issuer.finish_file(&finished, sign(&finished).as_bytes()).unwrap();
    let record = Ledger::by_arn(&ledger, certificate.arn()).unwrap().unwrap();
    assert_eq!(record.certificate(), Some(&certificate));
    assert_eq!(issuer.abandon_file(&given_up, "the key was lost").unwrap(), None);
    let error = issuer.finish_file(&given_up, sign(&given_up).as_bytes()).unwrap_err();
    assert!(matches!(&error, Error::Abandoned { reason } if reason == "the key was lost"), "{error}");
    // What is finished cannot be given up, and is given again however late.
    assert_eq!(issuer.abandon_file(&finished, "too late").unwrap(), Some(Arc::clone(&certificate)));
    clock.0.store(29 * DAY, Ordering::SeqCst);
    assert_eq!(issuer.finish_file(&finished, b"whatever").unwrap(), certificate);
    assert!(matches!(issuer.resume(&finished), Err(Error::PreparationFinished { .. })));
    assert!(issuer.resume(&open).is_ok());
    // A file that the ledger does not have.
    let elsewhere = OfflineIssuer::builder(authority).clock(Arc::clone(&clock)).build();
    let unknown = elsewhere.prepare_file(&request("unknown", None)).unwrap();
    assert!(matches!(issuer.abandon_file(&unknown, "why"), Err(Error::Ledger(_))));
    assert!(issuer.finish_file(&unknown, sign(&unknown).as_bytes()).is_ok());
}

#[test]
fn a_validity_that_is_over_at_once_is_refused_before_the_ledger() {
    let bench = bench();
    let asked =
        ca::request(&proven_csr("leaf"), "EndEntityCertificate").validity(Validity::years(100)).build().unwrap();
    assert!(matches!(bench.issuer.issue(&asked), Err(Error::Validity(_))));
    assert!(bench.all().is_empty());
}
