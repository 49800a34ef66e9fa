//! Lists of what a ledger knows: those of PostgreSQL are in `tests/postgres/lists.rs`.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use issuance::RustCryptoVerifier;
use issuance::crl::{Crl, CrlError, CrlNumber, CrlPreparation, RevokedEntry};
use issuance::ledger::{Keeps, Ledger, MemoryLedger, RevokedCertificate, RevokedPage};
use issuance::x509::RevocationReason;
use issuance_test_support::authorities::{Authority, now};
use issuance_test_support::forward_to_ledger;
use issuance_test_support::revocation::check_lists;

use crate::setup::{after, revoked, serial, signed};

/// Ledgers in this process are ready at once.
fn ready<T>(future: impl Future<Output = T> + Send) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("the ledger in memory let a caller wait"),
    }
}

#[test]
fn r_rev_3_lists_from_a_ledger_in_memory_have_what_was_revoked() {
    let ledger = Arc::new(MemoryLedger::new(300).keep_everything());
    check_lists(
        || Arc::clone(&ledger),
        |ledger, preparation| preparation.prepare_from(ledger, &RustCryptoVerifier).unwrap(),
    );
}

#[test]
fn r_rev_3_lists_from_a_ledger_that_is_awaited_have_what_was_revoked() {
    let ledger = Arc::new(MemoryLedger::new(300).keep_everything());
    check_lists(
        || Arc::clone(&ledger),
        |ledger, preparation| ready(preparation.prepare_from_async(ledger, &RustCryptoVerifier)).unwrap(),
    );
}

#[cfg(feature = "redb")]
#[test]
fn r_rev_3_lists_from_a_ledger_in_a_file_have_what_was_revoked() {
    let name = format!("lists-{}.redb", std::process::id());
    let file = std::path::PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    check_lists(
        || issuance::ledger::RedbLedger::open(&file).unwrap(),
        |ledger, preparation| preparation.prepare_from(ledger, &RustCryptoVerifier).unwrap(),
    );
    std::fs::remove_file(file).unwrap();
}

/// Serial numbers from 1 to `last`, all revoked, in pages of the size that is asked for, or smaller.
struct Many {
    last: u64,
    inner: MemoryLedger,
}

impl Ledger for Many {
    forward_to_ledger!(inner: keeps window_seconds reserve commit abandon renew free when_free by_token by_arn by_serial
        page take_up revoke next_crl_number take_crl_places crl_partitions prune);

    fn revoked(
        &self,
        _: &issuance::CertificateAuthorityArn,
        partition: Option<issuance::authority::CrlPartition>,
        after: Option<issuance::SerialNumber>,
        limit: usize,
    ) -> Result<RevokedPage, issuance::ledger::LedgerError> {
        let certificates = (1..=self.last).map(serial).filter(|serial| after.is_none_or(|after| *serial > after));
        let revocation = issuance::ledger::Revocation::new(RevocationReason::Superseded, now());
        let certificates =
            certificates.map(|serial| RevokedCertificate::new(serial, revocation, self::after(1000), partition));
        Ok(RevokedPage::of(certificates.take(limit + 1).collect(), limit))
    }
}

#[test]
fn r_rev_3_all_pages_of_a_ledger_are_listed() {
    let root = Authority::root();
    for last in [0, 1, 999, 1000, 1001, 2000, 3500] {
        let ledger = Many { last, inner: MemoryLedger::new(300).keep_everything() };
        let list = CrlPreparation::new(&root.ca, now()).prepare_from(&ledger, &RustCryptoVerifier).unwrap();
        assert_eq!(list.counts().entries, last);
    }
}

#[test]
fn a_ledger_that_keeps_tokens_alone_makes_no_list() {
    let root = Authority::root();
    let ledger = MemoryLedger::new(300);
    assert_eq!(Ledger::keeps(&ledger), Keeps::Tokens);
    let error = CrlPreparation::new(&root.ca, now()).prepare_from(&ledger, &RustCryptoVerifier).unwrap_err();
    assert!(matches!(error, CrlError::LedgerKeepsTokens), "{error}");
}

#[test]
fn r_rev_4_the_numbers_of_an_authority_that_had_lists_go_on() {
    let root = Authority::root();
    let ledger = MemoryLedger::new(300).keep_everything();
    let old = signed(&root, CrlPreparation::new(&root.ca, now()).number(CrlNumber::from(70)), &[revoked(7)]);
    let old = Crl::from_der(old.der()).unwrap();
    let next = CrlPreparation::new(&root.ca, after(1)).last(&old);
    // The ledger counts from 1.
    let error = next.prepare_from(&ledger, &RustCryptoVerifier).unwrap_err();
    assert!(matches!(error, CrlError::Number { .. }), "{error}");
    let next = next.first_number(CrlNumber::from(71));
    let number = |preparation: CrlPreparation<'_>| {
        let list = preparation.prepare_from(&ledger, &RustCryptoVerifier).unwrap();
        assert_eq!(list.counts().carried, 1);
        list.number()
    };
    // The list that failed has cost a number.
    assert_eq!(number(next), CrlNumber::from(72));
    assert_eq!(number(next), CrlNumber::from(73));
    assert_eq!(number(next.number(CrlNumber::from(1000))), CrlNumber::from(1000));
    let first = CrlPreparation::new(&root.ca, now()).first_number(CrlNumber::from(71));
    assert_eq!(first.prepare([], &RustCryptoVerifier).unwrap().number(), CrlNumber::from(71));
}

/// Entries that find no room are packed and written later: the same list either way, and never more than twice of it in memory.
#[test]
fn r_rev_6_a_list_is_the_same_with_and_without_a_hint_of_its_length() {
    let root = Authority::root();
    let entries = |count: u64| {
        (0..count).map(|number| {
            let reason = RevocationReason::ALL[number as usize % RevocationReason::ALL.len()];
            let at = if number % 5 == 0 { after(-(number as i64) * 40_000) } else { now() };
            RevokedEntry::new(serial((number + 1) << (number / 100).min(40)), at, reason, after(86_400))
        })
    };
    for count in [0, 1, 2, 100, 1700, 4000] {
        let lists = [0, 1, count as usize / 2, count as usize, 10_000].map(|expected| {
            let mut builder = CrlPreparation::new(&root.ca, now()).begin(expected, &RustCryptoVerifier).unwrap();
            entries(count).for_each(|entry| builder.push(entry).unwrap());
            builder.finish().unwrap().tbs_der().to_vec()
        });
        assert!(lists.iter().all(|list| *list == lists[0]), "{count}");
    }
}
