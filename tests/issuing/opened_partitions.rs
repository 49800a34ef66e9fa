//! Partitions of a CRL that open by themselves, with a ledger that keeps everything (R-REV-2).

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};

use issuance::authority::{CrlConfiguration, CrlPartition, CrlType, RevocationConfiguration};
use issuance::crl::{Crl, CrlPreparation, CrlScope};
use issuance::crypto::Immediate;
use issuance::issue::FixedClock;
use issuance::ledger::{Intent, Ledger, LedgerError, MemoryLedger, Reserved, Revocation};
use issuance::x509::RevocationReason;
use issuance::{
    AsyncIssuer, AwsException, CertificateAuthority, CertificateAuthorityArn, Error, IssuanceOptions,
    IssueCertificateRequest, IssuedCertificate, Issuer, OfflineIssuer, RustCryptoVerifier, Signer, SigningAlgorithm,
    Timestamp, Validity,
};
use issuance_test_support::ca;
use issuance_test_support::ca::{CA_KEY, Ca, proven_csr};
use issuance_test_support::{der, forward_to_ledger};

/// Sixteen partitions of three certificates.
const TAKES: u32 = 3;
const ROUND: usize = 16 * TAKES as usize;

fn authority() -> CertificateAuthority {
    let crl = CrlConfiguration::builder("bucket").custom_cname("crl.example.com").crl_type(CrlType::Partitioned);
    let revocation = RevocationConfiguration::none().with_crl(crl.build().unwrap());
    Ca { revocation, ..Ca::default() }.build()
}

fn options(takes: u32) -> IssuanceOptions {
    IssuanceOptions::default().certificates_per_partition(takes)
}

fn everything() -> Arc<MemoryLedger> {
    Arc::new(MemoryLedger::default().keep_everything())
}

fn issuer_of(ledger: impl Ledger + 'static, takes: u32) -> Issuer {
    let builder = Issuer::builder(authority(), &*CA_KEY).clock(FixedClock(ca::now())).options(options(takes));
    builder.ledger(ledger).build().unwrap()
}

fn request() -> IssueCertificateRequest {
    ca::request(&proven_csr("leaf"), "EndEntityCertificate").build().unwrap()
}

/// How many certificates each partition has, by what the ledger has recorded; each has the URL of its own.
fn filled(ledger: &dyn Ledger) -> BTreeMap<CrlPartition, u32> {
    let (mut counts, mut after) = (BTreeMap::new(), None);
    let authority = authority();
    loop {
        let page = ledger.page(authority.arn(), Timestamp::MIN, Timestamp::MAX, after, 1000).unwrap();
        for record in page.records {
            let partition = record.intent.crl_partition().unwrap();
            let url = format!("http://crl.example.com/crl/{}/{partition}.crl", authority.arn().id());
            assert!(der::holds(record.intent.tbs_der(), url.as_bytes()));
            *counts.entry(partition).or_insert(0) += 1;
        }
        after = page.next;
        if after.is_none() {
            assert_eq!(ledger.crl_partitions(authority.arn()).unwrap(), counts.keys().copied().collect::<Vec<_>>());
            return counts;
        }
    }
}

fn check_turns(partitions: &[CrlPartition]) {
    for row in partitions.windows(16) {
        assert_eq!(row.iter().collect::<BTreeSet<_>>().len(), 16, "{row:?}");
    }
}

fn partition_of(certificate: &IssuedCertificate) -> CrlPartition {
    certificate.crl_partition().unwrap()
}

#[test]
fn r_rev_2_full_partitions_take_no_more_and_others_open() {
    let ledger = everything();
    let issuer = issuer_of(Arc::clone(&ledger), TAKES);
    let request = request();
    let issued: Vec<_> = (0..3 * ROUND).map(|_| partition_of(&issuer.issue(&request).unwrap())).collect();
    check_turns(&issued);
    let filled = filled(&ledger);
    assert_eq!(filled.len(), 48);
    assert!(filled.values().all(|count| *count == TAKES));
    // None of them is one that issuers without a count use.
    assert!(authority().crl_partitions().iter().all(|partition| !filled.contains_key(partition)));
}

#[test]
fn r_rev_2_the_limit_is_twenty_thousand_and_can_be_less() {
    // Where place 16 * 20,000 - 1 is the last of its partition.
    for (asked, takes) in [(u32::MAX, 20_000), (20_000, 20_000), (1_000, 1_000), (0, 1)] {
        let ledger = everything();
        let authority = authority();
        let of = |place: u32| {
            let taken = ledger.take_crl_places(authority.arn(), 0).unwrap();
            ledger.take_crl_places(authority.arn(), place - u32::try_from(taken).unwrap()).unwrap();
            partition_of(&issuer_of(Arc::clone(&ledger), asked).issue(&request()).unwrap())
        };
        // Of one turn: its first place, its last one, and that after it.
        let places = [Some(0), (takes > 1).then(|| 16 * (takes - 1)), Some(16 * takes)];
        let partitions: Vec<_> = places.into_iter().flatten().map(of).collect();
        let (next, full) = partitions.split_last().unwrap();
        assert!(full.iter().all(|partition| *partition == full[0] && partition != next));
    }
}

#[test]
fn r_rev_2_a_restart_and_another_issuer_go_on_where_the_count_is() {
    let ledger = everything();
    let request = request();
    // Issuers that live for one certificate leave no gaps.
    let mut issued: Vec<_> =
        (0..ROUND).map(|_| partition_of(&issuer_of(Arc::clone(&ledger), TAKES).issue(&request).unwrap())).collect();
    check_turns(&issued);
    assert!(filled(&ledger).values().all(|count| *count == TAKES));
    // Those that live side by side leave some empty, and fill none too much.
    let issuers: Vec<_> = (0..3).map(|_| issuer_of(Arc::clone(&ledger), TAKES)).collect();
    issued.extend((0..4 * ROUND).map(|n| partition_of(&issuers[n * n % 3].issue(&request).unwrap())));
    let filled = filled(&ledger);
    assert!(filled.len() >= 5 * 16 && filled.values().all(|count| *count <= TAKES), "{filled:?}");
    // Of another size are others.
    let wider = issuer_of(Arc::clone(&ledger), TAKES + 1);
    let others: BTreeSet<_> = (0..ROUND).map(|_| partition_of(&wider.issue(&request).unwrap())).collect();
    assert!(others.len() >= 16 && others.iter().all(|other| !filled.contains_key(other)));
}

#[test]
fn r_rev_2_what_is_refused_or_answered_again_takes_no_place() {
    let ledger = everything();
    let issuer = issuer_of(Arc::clone(&ledger), TAKES);
    let refused =
        ca::request(&proven_csr("leaf"), "EndEntityCertificate").validity(Validity::years(99)).build().unwrap();
    let retried = ca::request(&proven_csr("leaf"), "EndEntityCertificate").idempotency_token("t").build().unwrap();
    let first = issuer.issue(&retried).unwrap();
    let mut issued = vec![partition_of(&first)];
    for _ in 1..2 * ROUND {
        issuer.issue(&refused).unwrap_err();
        assert_eq!(issuer.issue(&retried).unwrap(), first);
        issued.push(partition_of(&issuer.issue(&request()).unwrap()));
        issuer.issue(&refused).unwrap_err();
    }
    check_turns(&issued);
    let filled = filled(&ledger);
    assert_eq!((filled.len(), filled.values().sum::<u32>()), (32, 2 * ROUND as u32));
    // A root's own certificate is in no list, and takes no place.
    let csr = authority().certificate_signing_request(&*CA_KEY, SigningAlgorithm::Sha256WithEcdsa).unwrap();
    let renewal = ca::request(csr.as_bytes(), "RootCACertificate").build().unwrap();
    let before = ledger.take_crl_places(issuer.authority().arn(), 0).unwrap();
    for _ in 0..4 * ROUND {
        assert_eq!(issuer.issue(&renewal).unwrap().crl_partition(), None);
    }
    assert!(ledger.take_crl_places(issuer.authority().arn(), 0).unwrap() <= before + 1);
}

#[test]
fn r_rev_2_an_offline_issuer_counts_what_it_prepares() {
    let ledger = everything();
    let builder = OfflineIssuer::builder(authority()).clock(FixedClock(ca::now())).options(options(TAKES));
    let issuer = builder.ledger(Arc::clone(&ledger)).build();
    let mut partitions = Vec::new();
    for _ in 0..2 * ROUND {
        let file = issuer.prepare_file(&request()).unwrap();
        let prepared = issuer.resume(&file).unwrap();
        let signature = CA_KEY.sign(prepared.algorithm(), prepared.tbs_der()).unwrap();
        let issued = issuer.finish_file(&file, signature.as_bytes()).unwrap();
        assert_eq!(issued.crl_partition(), prepared.crl_partition());
        partitions.push(partition_of(&issued));
    }
    check_turns(&partitions);
    let filled = filled(&ledger);
    assert!(filled.len() == 32 && filled.values().all(|count| *count == TAKES));
}

fn ready<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("the ledger in memory let a caller wait"),
    }
}

#[test]
fn r_rev_2_an_async_issuer_opens_partitions() {
    let ledger = everything();
    let builder =
        AsyncIssuer::builder(authority(), Immediate(&*CA_KEY)).clock(FixedClock(ca::now())).options(options(TAKES));
    let issuer = builder.ledger(Arc::clone(&ledger)).build().unwrap();
    let request = request();
    let issued: Vec<_> = (0..2 * ROUND).map(|_| partition_of(&ready(issuer.issue(&request)).unwrap())).collect();
    check_turns(&issued);
    assert!(filled(&ledger).values().all(|count| *count == TAKES));
}

#[cfg(feature = "rayon")]
#[test]
fn r_rev_2_a_batch_goes_on_across_the_limit() {
    let ledger = everything();
    let issuer = Arc::new(issuer_of(Arc::clone(&ledger), TAKES));
    let requests: Vec<_> = (0..5 * ROUND + 7).map(|_| request()).collect();
    let count = requests.len();
    let issued: Vec<_> = issuer.issue_batch(requests).map(|outcome| outcome.unwrap()).collect();
    assert_eq!(issued.len(), count);
    let filled = filled(&ledger);
    assert_eq!(filled.values().sum::<u32>() as usize, count);
    assert!(filled.len() >= 5 * 16 && filled.values().all(|count| *count <= TAKES), "{filled:?}");
}

#[test]
fn r_rev_2_every_partition_in_use_gets_its_list() {
    let ledger = everything();
    let issuer = issuer_of(Arc::clone(&ledger), TAKES);
    let issued: Vec<_> = (0..ROUND + 5).map(|_| issuer.issue(&request()).unwrap()).collect();
    let arn = issuer.authority().arn();
    for certificate in &issued {
        let revocation = Revocation::new(RevocationReason::Superseded, ca::now());
        ledger.revoke(arn, certificate.serial(), revocation).unwrap();
    }
    let mut listed = BTreeSet::new();
    for partition in ledger.crl_partitions(arn).unwrap() {
        let list = CrlPreparation::new(issuer.authority(), ca::now()).scope(CrlScope::Partition(partition));
        let list = list.prepare_from(&ledger, &RustCryptoVerifier).unwrap().sign(&*CA_KEY, &RustCryptoVerifier);
        let list = list.unwrap();
        for entry in Crl::from_der(list.der()).unwrap().entries() {
            let certificate = issued.iter().find(|certificate| certificate.serial() == entry.serial()).unwrap();
            assert_eq!(partition_of(certificate), partition);
            assert!(listed.insert(entry.serial()));
        }
    }
    assert_eq!(listed.len(), issued.len());
}

#[test]
fn partitions_that_were_set_stay_and_a_ledger_of_tokens_counts_nothing() {
    let mut by_hand = authority();
    let own = by_hand.crl_partitions()[..2].to_vec();
    by_hand.set_crl_partitions(own.clone()).unwrap();
    let options = || options(1);
    let ledger = everything();
    let set = Issuer::builder(by_hand, &*CA_KEY).clock(FixedClock(ca::now())).options(options());
    let set = set.ledger(Arc::clone(&ledger)).build().unwrap();
    let tokens = Issuer::builder(authority(), &*CA_KEY).clock(FixedClock(ca::now())).options(options());
    let tokens = tokens.build().unwrap();
    for _ in 0..8 {
        assert!(own.contains(&partition_of(&set.issue(&request()).unwrap())));
        let partition = partition_of(&tokens.issue(&request()).unwrap());
        assert!(authority().crl_partitions().contains(&partition));
    }
    assert_eq!(ledger.take_crl_places(authority().arn(), 0).unwrap(), 0);
    // An authority with one list of all needs no places.
    let complete = Issuer::builder(Ca::default().build(), &*CA_KEY).clock(FixedClock(ca::now()));
    let complete = complete.ledger(Arc::clone(&ledger)).build().unwrap();
    assert_eq!(complete.issue(&request()).unwrap().crl_partition(), None);
    assert_eq!(ledger.take_crl_places(authority().arn(), 0).unwrap(), 0);
}

/// A ledger whose places begin later, which may fail, and which counts how often it is asked.
#[derive(Default)]
struct Placed {
    ledger: Arc<MemoryLedger>,
    from: u64,
    is_away: AtomicBool,
    loses_answers: AtomicBool,
    orders: AtomicUsize,
}

impl Placed {
    fn new(from: u64) -> Arc<Placed> {
        Arc::new(Placed { ledger: everything(), from, ..Placed::default() })
    }
}

impl Ledger for Placed {
    fn take_crl_places(&self, authority: &CertificateAuthorityArn, count: u32) -> Result<u64, LedgerError> {
        self.orders.fetch_add(1, Ordering::SeqCst);
        if self.is_away.load(Ordering::SeqCst) {
            return Err(LedgerError::new("away").retryable());
        }
        Ok(self.from.saturating_add(self.ledger.take_crl_places(authority, count)?))
    }

    fn reserve(&self, intents: &[Intent], now: Timestamp) -> Result<Vec<Reserved>, LedgerError> {
        let answers = self.ledger.reserve(intents, now);
        if self.loses_answers.load(Ordering::SeqCst) { Err(LedgerError::new("broken").retryable()) } else { answers }
    }

    forward_to_ledger!(ledger: keeps window_seconds commit abandon renew free when_free by_token by_arn by_serial page
        take_up revoke revoked next_crl_number crl_partitions prune);
}

#[test]
fn r_rev_2_a_hundred_million_certificates_are_all() {
    let ledger = Placed::new(100_000_000 - 2);
    let issuer = issuer_of(Arc::clone(&ledger), 20_000);
    let [one, other] = [0, 1].map(|_| partition_of(&issuer.issue(&request()).unwrap()));
    assert_ne!(one, other);
    for _ in 0..3 {
        let error = issuer.issue(&request()).unwrap_err();
        assert!(matches!(error, Error::CrlFull { limit: 100_000_000 }), "{error}");
        assert!(!error.is_retryable() && error.aws_exception() == AwsException::LimitExceeded);
    }
    // What there is no end of is an error, and not a panic.
    let error = issuer_of(Placed::new(u64::MAX), 1).issue(&request()).unwrap_err();
    assert!(error.to_string().contains(&u64::MAX.to_string()), "{error}");
}

#[test]
fn r_rev_2_a_place_whose_answer_was_lost_stays_empty_and_few_are_asked_for() {
    let ledger = Placed::new(0);
    let issuer = issuer_of(Arc::clone(&ledger), 1);
    issuer.issue(&request()).unwrap();
    ledger.is_away.store(true, Ordering::SeqCst);
    let error = issuer.issue(&request()).unwrap_err();
    assert!(matches!(&error, Error::Ledger(why) if why.retryable), "{error}");
    ledger.is_away.store(false, Ordering::SeqCst);
    // It is recorded, and the issuer does not know.
    ledger.loses_answers.store(true, Ordering::SeqCst);
    (0..40).for_each(|_| drop(issuer.issue(&request()).unwrap_err()));
    ledger.loses_answers.store(false, Ordering::SeqCst);
    (0..3000).for_each(|_| drop(issuer.issue(&request()).unwrap()));
    let filled = filled(&ledger.ledger);
    assert!(filled.len() == 3041 && filled.values().all(|count| *count == 1));
    let orders = ledger.orders.load(Ordering::SeqCst);
    assert!(orders < 20, "{orders} orders for 3041 certificates");
}

#[cfg(feature = "redb")]
#[test]
fn r_rev_2_a_file_of_before_counts_from_now_on() {
    use issuance::ledger::RedbLedger;
    let name = format!("partitions-{}.redb", std::process::id());
    let path = std::path::PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_file(&path);
    let open = || Arc::new(RedbLedger::open(&path).unwrap());
    // An issuer that does not count, and then a file without the table, as releases of before have left it.
    let mut uncounted = authority();
    uncounted.set_crl_partitions(uncounted.crl_partitions().to_vec()).unwrap();
    let before = Issuer::builder(uncounted, &*CA_KEY).clock(FixedClock(ca::now())).ledger(open()).build().unwrap();
    let old: BTreeSet<_> = (0..40).map(|_| partition_of(&before.issue(&request()).unwrap())).collect();
    drop(before);
    let file = redb::Database::open(&path).unwrap();
    let transaction = file.begin_write().unwrap();
    let places: redb::TableDefinition<'_, &[u8], &[u8]> = redb::TableDefinition::new("crl_places");
    assert!(transaction.delete_table(places).unwrap());
    transaction.commit().unwrap();
    drop(file);
    for round in 1..=3 {
        let ledger = open();
        let issuer = issuer_of(Arc::clone(&ledger), TAKES);
        (0..ROUND).for_each(|_| drop(issuer.issue(&request()).unwrap()));
        let filled = filled(&ledger);
        let new: Vec<_> = filled.iter().filter(|(partition, _)| !old.contains(partition)).collect();
        assert!(new.len() >= 16 * round && new.iter().all(|(_, count)| **count <= TAKES), "{new:?}");
    }
    std::fs::remove_file(path).unwrap();
}
