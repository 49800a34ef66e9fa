//! Calls that share a statement do not share their faults.

use std::time::Duration;

use crate::place::{HookedSigner, issuer, place, request, run, spawn};

#[test]
fn r_led_8_a_row_that_does_not_decode_fails_its_own_caller_alone() {
    let Some(place) = place() else { return };
    let issuer = issuer(&place.ledger(), &HookedSigner::plain());
    run(issuer.issue(&request("bad"))).unwrap();
    place.sql("UPDATE {s}.intent SET record = '\\x'");
    let tasks: Vec<_> = (0..32)
        .map(|n| {
            let token = if n % 8 == 3 { "bad".to_owned() } else { format!("good-{n}") };
            (n % 8 == 3, spawn(&issuer, request(&token)))
        })
        .collect();
    for (is_bad, task) in tasks {
        let outcome = run(task).unwrap();
        assert_eq!(outcome.is_err(), is_bad, "{outcome:?}");
    }
    assert_eq!(place.count("state WHERE state = 1"), 29);
}

#[test]
fn r_led_8_a_caller_that_gives_up_takes_no_other_with_it() {
    let Some(place) = place() else { return };
    let ledger = place.ledger();
    let issuer = issuer(&ledger, &HookedSigner::new(|| tokio::time::sleep(Duration::from_millis(2))));
    for round in 0..8 {
        let tasks: Vec<_> = (0..32).map(|n| spawn(&issuer, request(&format!("{round}-{n}")))).collect();
        std::thread::sleep(Duration::from_millis(2 * round));
        for (n, task) in tasks.into_iter().enumerate() {
            if n % 2 == 0 {
                task.abort();
                let _ = run(task);
            } else {
                run(task).unwrap().unwrap();
            }
        }
    }
    // What was given up is free at once, or when its lease is over; nobody else was kept from it.
    run(issuer.issue(&request("after"))).unwrap();
    assert_eq!(place.sql("SELECT count(*) - count(DISTINCT token) FROM {s}.intent"), "0");
}
