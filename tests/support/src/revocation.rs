//! What the lists of every ledger must hold (R-REV-1 to R-REV-3).

use std::sync::Arc;

use issuance::authority::{CrlConfiguration, CrlPartition, CrlType, RevocationConfiguration};
use issuance::crl::{Crl, CrlNumber, CrlPreparation, CrlScope, PreparedCrl, SignedCrl};
use issuance::issue::FixedClock;
use issuance::ledger::{Ledger, Revocation, Revoked};
use issuance::ocsp::CertificateStatus;
use issuance::x509::RevocationReason;
use issuance::{
    CertificateAuthority, IssuedCertificate, Issuer, RustCryptoVerifier, SerialNumber, Timestamp, Validity,
};

use crate::authorities::{Authority, now};
use crate::ca;

const PARTITIONS: usize = 3;

/// The authority with partitioned lists in its certificates, three of them.
pub fn partitioned(mut ca: CertificateAuthority) -> CertificateAuthority {
    let crl = CrlConfiguration::builder("bucket").expiration_in_days(3).crl_type(CrlType::Partitioned);
    ca.set_revocation_configuration(RevocationConfiguration::none().with_crl(crl.build().unwrap()));
    let partitions = ca.crl_partitions()[..PARTITIONS].to_vec();
    ca.set_crl_partitions(partitions).unwrap();
    ca
}

fn after(seconds: i64) -> Timestamp {
    now().checked_add_seconds(seconds).unwrap()
}

/// Lists over one store: what was revoked is in the next list of its partition and in the complete one, also when everything died
/// between the revocation and the list, and numbers rise. `open` opens the store anew; `prepare` makes a list from it.
pub fn check_lists<L: Ledger + 'static>(
    mut open: impl FnMut() -> L,
    prepare: impl Fn(&L, CrlPreparation<'_>) -> PreparedCrl,
) {
    let root = Authority::root();
    let authority = partitioned(root.ca.clone());
    let arn = authority.arn().clone();
    let ledger = Arc::new(open());
    let issuer = Issuer::builder(authority.clone(), Arc::clone(&root.signer))
        .clock(FixedClock(now()))
        .ledger(Arc::clone(&ledger))
        .build()
        .unwrap();
    let csr = ca::proven_csr("www.example.com");
    let issue = |_| -> Arc<IssuedCertificate> {
        let request =
            issuer.request(&csr).template("EndEntityCertificate").validity(Validity::days(1)).build().unwrap();
        issuer.issue(&request).unwrap()
    };
    let certificates: Vec<_> = (0..12).map(issue).collect();
    let partition = |number: usize| certificates[number].crl_partition().unwrap();
    let partitions = ledger.crl_partitions(&arn).unwrap();
    assert!(partitions.len() > 1 && certificates.iter().all(|one| partitions.contains(&one.crl_partition().unwrap())));

    let revoke = |ledger: &L, number: usize, at: Timestamp| {
        let revocation = Revocation::new(RevocationReason::KeyCompromise, at);
        assert_eq!(ledger.revoke(&arn, certificates[number].serial(), revocation).unwrap(), Revoked::Now);
    };
    let expected = |numbers: &[usize], wanted: Option<CrlPartition>| -> Vec<SerialNumber> {
        let here = numbers.iter().filter(|number| wanted.is_none_or(|wanted| partition(**number) == wanted));
        let mut serials: Vec<_> = here.map(|number| certificates[*number].serial()).collect();
        serials.sort();
        serials
    };
    let scopes = || std::iter::once(None).chain(partitions.iter().copied().map(Some));
    let round = |ledger: &L, seconds: i64, last: &[SignedCrl], number: u64, revoked: &[usize]| -> Vec<SignedCrl> {
        let lists = scopes().enumerate().map(|(place, wanted)| {
            let scope = wanted.map_or(CrlScope::Complete, CrlScope::Partition);
            let last = last.get(place).map(|last| Crl::from_der(last.der()).unwrap());
            let mut preparation = CrlPreparation::new(&authority, after(seconds)).scope(scope);
            if let Some(last) = &last {
                preparation = preparation.last(last);
            }
            let list = prepare(ledger, preparation).sign(&root.signer, &RustCryptoVerifier).unwrap();
            let read = Crl::from_der(list.der()).unwrap();
            assert_eq!(read.number(), Some(CrlNumber::from(number)), "{scope:?}");
            assert_eq!(read.entries().map(|entry| entry.serial()).collect::<Vec<_>>(), expected(revoked, wanted));
            assert!(read.entries().all(|entry| entry.revoked_at() <= after(seconds)));
            list
        });
        lists.collect()
    };

    for number in 0..5 {
        revoke(&ledger, number, after(1));
    }
    let first = round(&ledger, 1, &[], 1, &[0, 1, 2, 3, 4]);
    // By the clock of a machine that is ahead.
    revoke(&ledger, 5, after(60));
    revoke(&ledger, 6, after(2));
    // A list was begun, and everything dies before it is published; its number is gone.
    for wanted in scopes() {
        let scope = wanted.map_or(CrlScope::Complete, CrlScope::Partition);
        drop(prepare(&ledger, CrlPreparation::new(&authority, after(2)).scope(scope)));
    }
    drop(issuer);
    drop(Arc::into_inner(ledger).expect("nobody else has it"));
    let ledger = open();
    let second = round(&ledger, 3, &first, 3, &[0, 1, 2, 3, 4, 5, 6]);

    let status =
        |number: usize| CertificateStatus::of(ledger.by_serial(&arn, certificates[number].serial()).unwrap().as_ref());
    assert_eq!(status(11), CertificateStatus::Good);
    assert_eq!(status(6), CertificateStatus::Revoked { at: after(2), reason: RevocationReason::KeyCompromise });
    assert_eq!(
        CertificateStatus::of(ledger.by_serial(&arn, ca::serial()).unwrap().as_ref()),
        CertificateStatus::Unknown
    );

    // After their end (a day, and the hour that notAfter may be rounded by) entries stay for one list, then the ledger may forget them.
    let past = 2 * 86_400;
    let third = round(&ledger, past, &second, 4, &[0, 1, 2, 3, 4, 5, 6]);
    let fourth = round(&ledger, past + 1, &third, 5, &[]);
    assert!(ledger.prune(after(past), 100).unwrap() >= 7);
    round(&ledger, past + 2, &fourth, 6, &[]);
}
