//! The contract of every ledger.

use issuance::testing::{check_ledger, check_reopened_ledger};
use issuance_test_support::documents::check_documents;

use crate::place::{parked, place, place_on};

#[test]
fn the_ledger_on_postgresql_keeps_its_contract() {
    let Some(place) = place() else { return };
    check_ledger(|| parked(place_on(place.server).ledger())).unwrap();
}

#[test]
fn the_ledger_on_postgresql_survives_a_restart_of_its_caller() {
    let Some(place) = place() else { return };
    let open = || parked(place.ledger());
    check_reopened_ledger(open(), |ledger| {
        drop(ledger);
        open()
    })
    .unwrap();
}

#[test]
fn documents_lie_beside_the_ledger() {
    let Some(place) = place() else { return };
    check_documents(&parked(place.ledger()));
}
