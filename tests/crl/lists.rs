//! R-REV-1 to R-REV-3.

use issuance::crl::{Crl, CrlError, CrlNumber, CrlPreparation, CrlScope, RevokedEntry};
use issuance::x509::RevocationReason;
use issuance::{CertificateAuthority, KeyAlgorithm, RustCryptoVerifier, SigningAlgorithm, Timestamp};
use issuance_test_support::authorities::{Authority, now};
use issuance_test_support::keys;

use crate::setup::{DAY, after, revoked, serial, signed, with_lists};

fn refused(preparation: CrlPreparation<'_>, entries: &[RevokedEntry]) -> CrlError {
    preparation.prepare(entries.iter().copied(), &RustCryptoVerifier).unwrap_err()
}

#[test]
fn r_rev_1_an_empty_list_has_no_revoked_certificates() {
    let root = Authority::root();
    let list = signed(&root, CrlPreparation::new(&root.ca, now()), &[]);
    let list = Crl::from_der(list.der()).unwrap();
    assert_eq!(list.entries().count(), 0);
    assert_eq!(list.number(), Some(CrlNumber::from(1)));
    assert_eq!(list.issuer_der(), root.ca.subject_der());
    assert_eq!(list.next_update(), Some(after(7 * DAY)));
    assert_eq!(list.issuing_distribution_point_der(), None);
    list.verify(root.ca.public_key_der(), &RustCryptoVerifier).unwrap();
    let other = keys::signer("ec-p256");
    assert!(list.verify(issuance::Signer::public_key_der(&other), &RustCryptoVerifier).is_err());
}

#[test]
fn r_rev_1_reasons_are_those_of_rfc_5280_and_unspecified_is_absent() {
    let root = Authority::root();
    let entries: Vec<_> = (1..)
        .zip(RevocationReason::ALL)
        .map(|(number, reason)| RevokedEntry::new(serial(number), now(), *reason, after(DAY)))
        .collect();
    let list = signed(&root, CrlPreparation::new(&root.ca, now()), &entries);
    let read = Crl::from_der(list.der()).unwrap();
    let codes: Vec<u8> = read.entries().map(|entry| entry.reason_code()).collect();
    assert_eq!(codes, [0, 1, 2, 3, 4, 5, 9, 10]);
    let reasons: Vec<_> = read.entries().filter_map(|entry| entry.reason()).collect();
    assert_eq!(reasons, RevocationReason::ALL);
    // One reasonCode for each but the first.
    let reason_code = [0x06, 0x03, 0x55, 0x1d, 0x15];
    assert_eq!(list.der().windows(5).filter(|window| *window == reason_code).count(), 7);
}

#[test]
fn r_rev_3_next_update_follows_the_configuration_and_ends_with_the_authority() {
    let root = Authority::root();
    let ca = with_lists(&root, false);
    let next = |now, days: Option<u16>| {
        let mut preparation = CrlPreparation::new(&ca, now);
        if let Some(days) = days {
            preparation = preparation.days(days);
        }
        let list = signed(&root, preparation, &[]);
        Crl::from_der(list.der()).unwrap().next_update().unwrap()
    };
    assert_eq!(next(now(), None), after(3 * DAY));
    assert_eq!(next(now(), Some(5000)), after(5000 * DAY));
    let end = ca.not_after().unwrap();
    assert_eq!(next(end.checked_add_seconds(-DAY).unwrap(), None), end);
    assert!(matches!(refused(CrlPreparation::new(&ca, end), &[]), CrlError::Outside { .. }));
    assert!(matches!(refused(CrlPreparation::new(&ca, now()).days(0), &[]), CrlError::Days(0)));
    assert!(matches!(refused(CrlPreparation::new(&ca, now()).days(5001), &[]), CrlError::Days(5001)));
    let pending = Authority::pending_root();
    assert!(matches!(refused(CrlPreparation::new(&pending.ca, now()), &[]), CrlError::NoCertificate));
}

#[test]
fn r_rev_3_numbers_rise() {
    let root = Authority::root();
    let first = signed(&root, CrlPreparation::new(&root.ca, now()).number(CrlNumber::from(255)), &[]);
    let first = Crl::from_der(first.der()).unwrap();
    let next = CrlPreparation::new(&root.ca, after(1)).last(&first);
    assert_eq!(signed(&root, next, &[]).number(), CrlNumber::from(256));
    assert_eq!(signed(&root, next.number(CrlNumber::from(1000)), &[]).number(), CrlNumber::from(1000));
    for wrong in [0, 1, 254, 255] {
        let error = refused(next.number(CrlNumber::from(wrong)), &[]);
        assert!(matches!(error, CrlError::Number { .. }), "{error}");
        assert!(error.to_string().contains("0xff"), "{error}");
    }
}

#[test]
fn r_rev_3_the_last_list_is_one_of_this_authority_and_earlier() {
    let root = Authority::root();
    let sub = Authority::subordinate(&root);
    let list = signed(&root, CrlPreparation::new(&root.ca, after(60)), &[]);
    let last = Crl::from_der(list.der()).unwrap();
    let error = refused(CrlPreparation::new(&root.ca, now()).last(&last), &[]);
    assert!(matches!(error, CrlError::BeforeLast { .. }), "{error}");
    let error = refused(CrlPreparation::new(&sub.ca, after(60)).last(&last), &[]);
    assert!(matches!(&error, CrlError::LastDiffers(difference) if difference.field == "issuer"), "{error}");
    assert!(error.to_string().contains("Test Root") && error.to_string().contains("Test Issuing CA"), "{error}");
    // One bit of the signature, or of an entry.
    let mut forged = list.der().to_vec();
    *forged.last_mut().unwrap() ^= 1;
    let forged = Crl::from_der(&forged).unwrap();
    let error = refused(CrlPreparation::new(&root.ca, after(60)).last(&forged), &[]);
    assert!(matches!(error, CrlError::LastSignature(_)), "{error}");
}

#[test]
fn entries_come_in_order_once_and_not_from_the_future() {
    let root = Authority::root();
    let list = CrlPreparation::new(&root.ca, now());
    for wrong in [[2, 1], [2, 2]] {
        let error = refused(list, &wrong.map(revoked));
        assert!(matches!(error, CrlError::Order { .. }), "{error}");
    }
    let late = RevokedEntry::new(serial(1), after(1), RevocationReason::Superseded, after(DAY));
    assert!(matches!(refused(list, &[late]), CrlError::Future { .. }));
    let failing = [Ok(revoked(1)), Err("the database is away")];
    let error = list.try_prepare(failing, &RustCryptoVerifier).unwrap_err();
    assert_eq!(error.to_string(), "the entries could not be read: the database is away");
}

/// RFC 5280 section 3.3: an entry leaves once a list that was made after the certificate's end has had it.
#[test]
fn r_rev_1_an_entry_stays_for_one_list_past_its_end() {
    let root = Authority::root();
    let ends = after(10);
    let entry = RevokedEntry::new(serial(5), now(), RevocationReason::Superseded, ends);
    let has = |der: &[u8]| Crl::from_der(der).unwrap().find(serial(5)).is_some();
    let mut lists = vec![signed(&root, CrlPreparation::new(&root.ca, now()), &[entry])];
    for seconds in [5, 11, 20, 30] {
        let next = {
            let last = Crl::from_der(lists.last().unwrap().der()).unwrap();
            signed(&root, CrlPreparation::new(&root.ca, after(seconds)).last(&last), &[entry])
        };
        lists.push(next);
    }
    let present: Vec<bool> = lists.iter().map(|list| has(list.der())).collect();
    // At 11 the certificate has ended, and this is the one list more; it does not come back at 30.
    assert_eq!(present, [true, true, true, false, false]);
}

#[test]
fn a_certificate_that_is_revoked_after_its_end_is_listed_once() {
    let root = Authority::root();
    let first = signed(&root, CrlPreparation::new(&root.ca, after(20)), &[]);
    let late = RevokedEntry::new(serial(5), after(25), RevocationReason::KeyCompromise, after(10));
    let last = Crl::from_der(first.der()).unwrap();
    let second = signed(&root, CrlPreparation::new(&root.ca, after(30)).last(&last), &[late]);
    let last = Crl::from_der(second.der()).unwrap();
    assert!(last.find(serial(5)).is_some());
    let third = signed(&root, CrlPreparation::new(&root.ca, after(40)).last(&last), &[late]);
    assert!(Crl::from_der(third.der()).unwrap().find(serial(5)).is_none());
}

#[test]
fn r_rev_3_entries_of_the_last_list_stay_and_get_no_later() {
    let root = Authority::root();
    let early = RevokedEntry::new(serial(4), now(), RevocationReason::Superseded, after(DAY));
    let first = signed(&root, CrlPreparation::new(&root.ca, now()), &[revoked(2), early, revoked(9)]);
    let last = Crl::from_der(first.der()).unwrap();
    let later = RevokedEntry::new(serial(4), after(5), RevocationReason::KeyCompromise, after(DAY));
    let prepared = CrlPreparation::new(&root.ca, after(9)).last(&last);
    let prepared = prepared.prepare([revoked(1), revoked(3), later, revoked(5)], &RustCryptoVerifier).unwrap();
    let counts = prepared.counts();
    assert_eq!((counts.entries, counts.new, counts.carried, counts.left), (6, 3, 2, 0));
    let list = prepared.sign(&root.signer, &RustCryptoVerifier).unwrap();
    let list = Crl::from_der(list.der()).unwrap();
    assert!(list.is_ascending());
    let serials: Vec<_> = list.entries().map(|entry| entry.serial()).collect();
    assert_eq!(serials, [1, 2, 3, 4, 5, 9].map(serial));
    let four = list.find(serial(4)).unwrap();
    assert_eq!((four.revoked_at(), four.reason()), (now(), Some(RevocationReason::KeyCompromise)));
    assert_eq!(list.find(serial(6)), None);
    assert_eq!(list.find(serial(10)), None);
}

fn partition_der(ca: &CertificateAuthority, place: usize) -> Vec<u8> {
    let url = ca.crl_partitions()[place].to_string();
    url.into_bytes()
}

#[test]
fn r_rev_2_a_partition_has_a_critical_scope_with_the_url_of_its_certificates() {
    let root = Authority::root();
    let ca = with_lists(&root, true);
    let [one, two] = [0, 1].map(|place| ca.crl_partitions()[place]);
    let scope = CrlScope::Partition(one);
    let list = signed(&root, CrlPreparation::new(&ca, now()).scope(scope), &[revoked(1).in_partition(one)]);
    let read = Crl::from_der(list.der()).unwrap();
    let point = read.issuing_distribution_point_der().unwrap();
    let uuid = ca.arn().as_str().rsplit('/').next().unwrap();
    let url = format!("http://bucket.s3.us-west-2.amazonaws.com/crl/{uuid}/{one}.crl");
    assert!(point.ends_with(url.as_bytes()), "{}", String::from_utf8_lossy(point));
    // SEQUENCE, distributionPoint, fullName, URI: lengths below 128.
    let length = url.len() as u8;
    assert_eq!(point[..8], [0x30, length + 6, 0xa0, length + 4, 0xa0, length + 2, 0x86, length]);
    let critical = [0x55, 0x1d, 0x1c, 0x01, 0x01, 0xff];
    assert!(list.der().windows(6).any(|window| window == critical));
    assert!(!point.windows(11).any(|window| window == partition_der(&ca, 1)));

    let other = CrlPreparation::new(&ca, now()).scope(CrlScope::Partition(two));
    let error = refused(other, &[revoked(1).in_partition(one)]);
    assert!(matches!(error, CrlError::OtherPartition { .. }), "{error}");
    let error = refused(other.last(&read), &[]);
    assert!(matches!(&error, CrlError::LastDiffers(d) if d.field == "issuingDistributionPoint"), "{error}");
    let complete = with_lists(&root, false);
    assert!(matches!(refused(CrlPreparation::new(&complete, now()).scope(scope), &[]), CrlError::NotPartitioned));
}

#[test]
fn r_rev_2_a_list_of_a_partition_has_at_most_a_megabyte() {
    let root = Authority::root();
    let ca = with_lists(&root, true);
    let list = CrlPreparation::new(&ca, now()).scope(CrlScope::Partition(ca.crl_partitions()[0]));
    let wide = |number: u64| {
        let mut octets = [0x7f; 20];
        octets[12..].copy_from_slice(&number.to_be_bytes());
        let serial = issuance::SerialNumber::from_be_bytes(&octets).unwrap();
        RevokedEntry::new(serial, now(), RevocationReason::Unspecified, Timestamp::MAX)
    };
    // As many as a partition takes (R-REV-2).
    let full = list.prepare((0..20_000).map(wide), &RustCryptoVerifier).unwrap();
    assert!(full.tbs_der().len() < 1_000_000);
    let error = list.prepare((0..40_000).map(wide), &RustCryptoVerifier).unwrap_err();
    assert!(matches!(error, CrlError::TooLong { max: 1_000_000 }), "{error}");
}

/// Every key that an authority may have, with every algorithm that it signs with.
#[test]
fn r_rev_6_lists_are_signed_by_every_algorithm() {
    let keys = [
        "rsa-2048",
        "rsa-3072",
        "rsa-4096",
        "ec-p256",
        "ec-p384",
        "ec-p521",
        "sm2",
        "ml-dsa-44",
        "ml-dsa-65",
        "ml-dsa-87",
    ];
    let mut met = Vec::new();
    for name in keys {
        let key = keys::signer(name).key_algorithm();
        let root = Authority::pending_root_with(name, key.default_signing_algorithm()).with_own_certificate();
        for algorithm in key.signing_algorithms() {
            let list = CrlPreparation::new(&root.ca, now()).signing_algorithm(*algorithm);
            let list = signed(&root, list, &[revoked(1)]);
            let read = Crl::from_der(list.der()).unwrap();
            read.verify(root.ca.public_key_der(), &RustCryptoVerifier).unwrap();
            let mut forged = list.der().to_vec();
            *forged.last_mut().unwrap() ^= 1;
            let forged = Crl::from_der(&forged).unwrap();
            assert!(forged.verify(root.ca.public_key_der(), &RustCryptoVerifier).is_err(), "{name}, {algorithm}");
            met.push(*algorithm);
        }
    }
    // None that the API has is left out.
    assert!(SigningAlgorithm::ALL.iter().all(|algorithm| met.contains(algorithm)), "{met:?}");
    assert_eq!(KeyAlgorithm::ALL.len(), keys.len());
}

#[test]
fn another_key_does_not_sign() {
    let root = Authority::root();
    let prepared = || CrlPreparation::new(&root.ca, now()).prepare([], &RustCryptoVerifier).unwrap();
    let error = prepared().sign(&keys::signer("ec-p256"), &RustCryptoVerifier).unwrap_err();
    assert!(matches!(error, CrlError::SignerKey));
    let error = prepared().finish(&[0x30, 0x00], &RustCryptoVerifier).unwrap_err();
    assert!(matches!(error, CrlError::Signature(_)));
    let rsa = CrlPreparation::new(&root.ca, now()).signing_algorithm(SigningAlgorithm::Sha256WithRsa);
    assert!(matches!(refused(rsa, &[]), CrlError::Algorithm { .. }));
}
