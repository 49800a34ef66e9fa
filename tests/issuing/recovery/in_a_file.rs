//! In a file of redb: what a restart finds, callers that share transactions, and an executor that is not blocked.

use std::sync::atomic::AtomicUsize;

use issuance::ledger::{Offloaded, RedbLedger};
use issuance::{AsyncIssuer, IssuedCertificate, RustCryptoVerifier};

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

/// A file has its name when it is whole; whatever was left beside it does not matter.
#[test]
fn of_many_that_make_a_file_at_once_one_has_it() {
    let file = file("made");
    let beside = |name: &str| file.with_file_name(format!("{}.new-{name}", file.file_name().unwrap().display()));
    // As redb leaves a file whose making was cut off.
    std::fs::write(beside("1-0"), vec![0; 1 << 16]).unwrap();
    let opened: Vec<_> = std::thread::scope(|scope| {
        let makers: Vec<_> = (0..8).map(|_| scope.spawn(|| RedbLedger::open(&file))).collect();
        makers.into_iter().map(|maker| maker.join().unwrap()).collect()
    });
    assert_eq!(opened.iter().filter(|opened| opened.is_ok()).count(), 1);
    for error in opened.iter().filter_map(|opened| opened.as_ref().err()) {
        assert!(error.to_string().contains("open"), "{error}");
    }
    drop(opened);
    RedbLedger::open(&file).unwrap();
    std::fs::remove_file(beside("1-0")).unwrap();
    let prefix = format!("{}.new-", file.file_name().unwrap().display());
    let mut names = std::fs::read_dir(file.parent().unwrap()).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(!names.any(|name| name.to_string_lossy().starts_with(&prefix)));
    std::fs::remove_file(&file).unwrap();
}

/// A commit of redb changes its file, even one of nothing.
#[test]
fn a_token_that_is_used_again_writes_nothing() {
    let (file, signer) = (file("again"), Arc::new(Remote::default()));
    let issuer = issuer(RedbLedger::open(&file).unwrap(), &signer);
    let first = issuer.issue(&request("first", Some("first"))).unwrap();
    let written = std::fs::read(&file).unwrap();
    assert_eq!(issuer.issue(&request("first", Some("first"))).unwrap(), first);
    assert!(std::fs::read(&file).unwrap() == written, "the file has changed");
    issuer.issue(&request("second", Some("second"))).unwrap();
    assert!(std::fs::read(&file).unwrap() != written);
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
    let remote = Arc::clone(&signer);
    let awaited = sign_by(move |algorithm, message| remote.sign(algorithm, message));
    let builder = AsyncIssuer::builder_with_verifier(Ca::default().build(), awaited, RustCryptoVerifier);
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
