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
            return Err(SignError::Backend { reason: "away".to_owned(), retryable: true, source: None });
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
    struct Dies<'b>(&'b Bench);
    impl Signer for Dies<'_> {
        fn public_key_der(&self) -> &[u8] {
            CA_KEY.public_key_der()
        }

        fn signing_algorithms(&self) -> &[SigningAlgorithm] {
            CA_KEY.signing_algorithms()
        }

        fn sign(&self, algorithm: SigningAlgorithm, message: &[u8]) -> Result<Signature, SignError> {
            let _ = self.0.signer.sign(algorithm, message);
            std::panic::resume_unwind(Box::new("killed"));
        }
    }
    let before = bench.signer.calls();
    let dies: &'static Bench = Box::leak(Box::new(Bench {
        issuer: bench.issuer.clone(),
        signer: Arc::clone(&bench.signer),
        ledger: Arc::clone(&bench.ledger),
        clock: Arc::clone(&bench.clock),
    }));
    let issuer = Issuer::builder(bench.issuer.authority().clone(), Dies(dies))
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

#[cfg(feature = "redb")]
mod in_a_file {
    use std::sync::atomic::AtomicUsize;

    use issuance::crypto::SignFuture;
    use issuance::ledger::{Offloaded, RedbLedger};
    use issuance::{AsyncIssuer, AsyncSigner, IssuedCertificate, RustCryptoVerifier};

    use super::*;

    fn file(name: &str) -> std::path::PathBuf {
        let name = format!("recovery-{name}-{}.redb", std::process::id());
        let file = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = std::fs::remove_file(&file);
        file
    }

    fn issuer(ledger: RedbLedger, signer: &Arc<Remote>) -> Issuer {
        Issuer::builder(Ca::default().build(), Arc::clone(signer))
            .clock(Hand(AtomicI64::new(0)))
            .ledger(ledger)
            .build()
            .unwrap()
    }

    #[test]
    fn r_led_3_what_a_restart_finds_is_what_was_acknowledged() {
        let (file, signer) = (file("restart"), Arc::new(Remote::default()));
        let open = || RedbLedger::open(&file).unwrap();
        let first = issuer(open(), &signer).issue(&request("first", Some("first"))).unwrap();
        signer.is_away.store(true, Ordering::SeqCst);
        assert!(issuer(open(), &signer).issue(&request("second", Some("second"))).is_err());
        signer.is_away.store(false, Ordering::SeqCst);
        let restarted = issuer(open(), &signer);
        let recovery = restarted.recover().unwrap();
        assert_eq!(recovery.issued.len(), 1);
        assert_eq!(restarted.issue(&request("first", Some("first"))).unwrap(), first);
        assert_eq!(restarted.issue(&request("second", Some("second"))).unwrap(), recovery.issued[0]);
        assert_eq!(signer.signed().len(), 2);
        drop(restarted);
        std::fs::remove_file(&file).unwrap();
    }

    #[test]
    fn callers_at_once_share_transactions_and_certificates() {
        let (file, signer) = (file("callers"), Arc::new(Remote::default()));
        let issuer = issuer(RedbLedger::open(&file).unwrap(), &signer);
        let certificates: BTreeSet<Vec<u8>> = std::thread::scope(|scope| {
            let call = |caller: usize| {
                let token = format!("{}", caller % 4);
                let request = request(&token, Some(&token));
                issuer.issue(&request).unwrap().der().to_vec()
            };
            let callers: Vec<_> = (0..32).map(|caller| scope.spawn(move || call(caller))).collect();
            callers.into_iter().map(|caller| caller.join().unwrap()).collect()
        });
        assert_eq!((certificates.len(), signer.signed().len(), signer.calls()), (4, 4, 4));
        drop(issuer);
        std::fs::remove_file(&file).unwrap();
    }

    /// The key, awaited.
    struct Awaited(Arc<Remote>);

    impl AsyncSigner for Awaited {
        fn public_key_der(&self) -> &[u8] {
            CA_KEY.public_key_der()
        }

        fn signing_algorithms(&self) -> &[SigningAlgorithm] {
            CA_KEY.signing_algorithms()
        }

        fn sign<'a>(&'a self, algorithm: SigningAlgorithm, message: &'a [u8]) -> SignFuture<'a> {
            Box::pin(async move {
                tokio::task::yield_now().await;
                self.0.sign(algorithm, message)
            })
        }
    }

    #[test]
    fn r_led_4_a_file_does_not_block_the_only_thread_of_an_executor() {
        let (file, signer) = (file("offloaded"), Arc::new(Remote::default()));
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let polling = std::thread::current().id();
        let calls = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&calls);
        let ledger = Offloaded::new(RedbLedger::open(&file).unwrap(), move |work| {
            let counted = Arc::clone(&counted);
            drop(tokio::task::spawn_blocking(move || {
                assert_ne!(std::thread::current().id(), polling);
                counted.fetch_add(1, Ordering::SeqCst);
                work();
            }));
        });
        let builder =
            AsyncIssuer::builder_with_verifier(Ca::default().build(), Awaited(Arc::clone(&signer)), RustCryptoVerifier);
        let builder = builder.clock(Hand(AtomicI64::new(0))).ledger(ledger);
        let certificates: BTreeSet<Vec<u8>> = runtime.block_on(async {
            let (issuer, recovery) = builder.build_and_recover().await.unwrap();
            assert!(recovery.is_empty());
            let tasks: Vec<_> = (0..32)
                .map(|task| {
                    let issuer = issuer.clone();
                    tokio::spawn(async move {
                        let token = format!("{}", task % 4);
                        issuer.issue(&request(&token, Some(&token))).await.unwrap()
                    })
                })
                .collect();
            let mut certificates = BTreeSet::new();
            for task in tasks {
                let certificate: Arc<IssuedCertificate> = task.await.unwrap();
                certificates.insert(certificate.der().to_vec());
            }
            certificates
        });
        assert_eq!((certificates.len(), signer.signed().len()), (4, 4));
        assert!(calls.load(Ordering::SeqCst) >= 9);
        drop(runtime);
        std::fs::remove_file(&file).unwrap();
    }
}

#[cfg(all(feature = "redb", feature = "testing"))]
mod on_a_bad_disk {
    use std::io;

    use issuance::ledger::{RedbLedger, RedbLedgerOptions};

    use super::*;

    /// A disk that can be full, and loses what was not synced when the power fails.
    #[derive(Debug, Clone, Default)]
    struct Disk(Arc<Mutex<Content>>);

    #[derive(Debug, Default)]
    struct Content {
        now: Vec<u8>,
        synced: Vec<u8>,
        is_full: bool,
    }

    impl Disk {
        fn full(&self, is_full: bool) {
            self.0.lock().unwrap().is_full = is_full;
        }

        /// What is there after the power has failed.
        fn after_a_power_cut(&self) -> Disk {
            let synced = self.0.lock().unwrap().synced.clone();
            Disk(Arc::new(Mutex::new(Content { now: synced.clone(), synced, is_full: false })))
        }

        fn open(&self) -> RedbLedger {
            RedbLedgerOptions::default().open_backend("the disk", self.clone()).unwrap()
        }
    }

    impl redb::StorageBackend for Disk {
        fn len(&self) -> io::Result<u64> {
            Ok(self.0.lock().unwrap().now.len() as u64)
        }

        fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
            let content = self.0.lock().unwrap();
            let bytes = content.now.get(offset as usize..offset as usize + out.len());
            out.copy_from_slice(bytes.ok_or(io::ErrorKind::UnexpectedEof)?);
            Ok(())
        }

        fn set_len(&self, len: u64) -> io::Result<()> {
            let mut content = self.0.lock().unwrap();
            if content.is_full && len as usize > content.now.len() {
                return Err(io::ErrorKind::StorageFull.into());
            }
            content.now.resize(len as usize, 0);
            Ok(())
        }

        fn sync_data(&self) -> io::Result<()> {
            let mut content = self.0.lock().unwrap();
            content.synced = content.now.clone();
            Ok(())
        }

        fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
            let mut content = self.0.lock().unwrap();
            if content.is_full {
                return Err(io::ErrorKind::StorageFull.into());
            }
            content.now[offset as usize..offset as usize + data.len()].copy_from_slice(data);
            Ok(())
        }
    }

    fn issuer(ledger: RedbLedger, signer: &Arc<Remote>) -> Issuer {
        let builder = Issuer::builder(Ca::default().build(), Arc::clone(signer)).clock(Hand(AtomicI64::new(0)));
        builder.ledger(ledger).build().unwrap()
    }

    #[test]
    fn r_led_3_a_power_cut_keeps_what_was_acknowledged() {
        let (disk, signer) = (Disk::default(), Arc::new(Remote::default()));
        let before = issuer(disk.open(), &signer);
        for number in 0..20 {
            let token = format!("token {number}");
            let certificate = before.issue(&request(&token, Some(&token))).unwrap();
            let after = issuer(disk.after_a_power_cut().open(), &signer);
            assert!(after.recover().unwrap().is_empty());
            assert_eq!(after.issue(&request(&token, Some(&token))).unwrap(), certificate);
        }
        // In the middle of an issuance: the intent is there, and the signer is never asked for other bytes.
        signer.is_away.store(true, Ordering::SeqCst);
        assert!(before.issue(&request("last", Some("last"))).is_err());
        signer.is_away.store(false, Ordering::SeqCst);
        let after = issuer(disk.after_a_power_cut().open(), &signer);
        let recovered = after.recover().unwrap().issued;
        assert_eq!(after.issue(&request("last", Some("last"))).unwrap(), recovered[0]);
        assert_eq!(signer.signed().len(), 21);
    }

    #[test]
    fn a_full_disk_is_an_error_that_says_so_and_loses_nothing() {
        let (disk, signer) = (Disk::default(), Arc::new(Remote::default()));
        let full = issuer(disk.open(), &signer);
        let first = full.issue(&request("first", Some("first"))).unwrap();
        disk.full(true);
        let error = full.issue(&request("second", Some("second"))).unwrap_err();
        assert!(matches!(&error, Error::Ledger(_)) && error.is_retryable(), "{error}");
        assert!(
            error.to_string().contains("the disk: the disk failed") && error.to_string().contains("space"),
            "{error}"
        );
        assert_eq!(signer.calls(), 1, "nothing is signed that is not recorded");
        drop(full);
        disk.full(false);
        let roomy = issuer(disk.open(), &signer);
        assert!(roomy.recover().unwrap().is_empty());
        assert_eq!(roomy.issue(&request("first", Some("first"))).unwrap(), first);
        assert!(roomy.issue(&request("second", Some("second"))).is_ok());
    }
}

#[test]
fn a_validity_that_is_over_at_once_is_refused_before_the_ledger() {
    let bench = bench();
    let asked =
        ca::request(&proven_csr("leaf"), "EndEntityCertificate").validity(Validity::years(100)).build().unwrap();
    assert!(matches!(bench.issuer.issue(&asked), Err(Error::Validity(_))));
    assert!(bench.all().is_empty());
}
