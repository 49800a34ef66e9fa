//! Revocation lists of what the ledger knows.

use issuance::RustCryptoVerifier;
use issuance::testing::Polled;
use issuance_test_support::revocation::check_lists;

use crate::place::{place, run};

#[test]
fn r_rev_3_lists_from_postgresql_have_what_was_revoked() {
    let Some(place) = place() else { return };
    check_lists(
        || Polled::new(place.ledger(), |future| run(future)),
        |ledger, preparation| preparation.prepare_from(ledger, &RustCryptoVerifier).unwrap(),
    );
}

/// An issuer on many machines awaits the ledger itself.
#[test]
fn r_rev_3_a_list_is_made_from_postgresql_without_blocking() {
    let Some(place) = place() else { return };
    let root = issuance_test_support::authorities::Authority::root();
    let now = issuance_test_support::authorities::now();
    let ledger = std::sync::Arc::new(place.ledger());
    let numbers: Vec<_> = (0..3)
        .map(|_| {
            let (ca, ledger) = (root.ca.clone(), std::sync::Arc::clone(&ledger));
            let list = run(async move {
                let task = async move {
                    let list = issuance::crl::CrlPreparation::new(&ca, now);
                    list.prepare_from_async(&ledger, &RustCryptoVerifier).await.unwrap().number().to_string()
                };
                // The future moves between threads.
                tokio::spawn(task).await.unwrap()
            });
            list
        })
        .collect();
    assert_eq!(numbers, ["0x01", "0x02", "0x03"]);
}
