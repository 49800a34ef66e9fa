//! The contract of every ledger.

use issuance::ledger::Parked;
use issuance::testing::{Polled, check_ledger, check_reopened_ledger};
use issuance_test_support::documents::check_documents;

use crate::place::{handle, place, place_on, run};

#[test]
fn the_ledger_on_postgresql_keeps_its_contract() {
    let Some(place) = place() else { return };
    check_ledger(|| Polled::new(place_on(place.server).ledger(), |future| run(future))).unwrap();
}

#[test]
fn the_ledger_on_postgresql_survives_a_restart_of_its_caller() {
    let Some(place) = place() else { return };
    let open = || Polled::new(place.ledger(), |future| run(future));
    check_reopened_ledger(open(), |ledger| {
        drop(ledger);
        open()
    })
    .unwrap();
}

#[test]
fn documents_lie_beside_the_ledger() {
    let Some(place) = place() else { return };
    let handle = handle();
    check_documents(&Parked::new(place.ledger(), move |task| drop(handle.spawn(task))));
}
