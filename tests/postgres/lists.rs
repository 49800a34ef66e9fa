//! Revocation lists of what the ledger knows.

use std::sync::Arc;

use issuance::RustCryptoVerifier;
use issuance::crl::{CrlNumber, CrlPreparation};
use issuance_test_support::authorities::{Authority, now};
use issuance_test_support::revocation::check_lists;

use crate::place::{parked, place, run};

#[test]
fn r_rev_3_lists_from_postgresql_have_what_was_revoked() {
    let Some(place) = place() else { return };
    check_lists(
        || parked(place.ledger()),
        |ledger, preparation| preparation.prepare_from(ledger, &RustCryptoVerifier).unwrap(),
    );
}

/// An issuer on many machines awaits the ledger itself, and its futures move between threads.
#[test]
fn r_rev_3_a_list_is_made_from_postgresql_without_blocking() {
    let Some(place) = place() else { return };
    let root = Authority::root();
    let ledger = Arc::new(place.ledger());
    let number = |_| {
        let (ca, ledger) = (root.ca.clone(), Arc::clone(&ledger));
        let list = async move {
            let list = CrlPreparation::new(&ca, now()).prepare_from_async(&ledger, &RustCryptoVerifier);
            list.await.unwrap().number()
        };
        run(async { tokio::spawn(list).await.unwrap() })
    };
    assert_eq!((0..3).map(number).collect::<Vec<_>>(), [1, 2, 3].map(CrlNumber::from));
}
