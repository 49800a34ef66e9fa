//! Many callers with few tokens and serial numbers, over two pools.

use std::collections::{BTreeMap, HashSet};
use std::sync::atomic::{AtomicU32, Ordering};

use issuance::SerialNumber;
use issuance::issue::{SerialSource, SerialSourceError};

use crate::place::{HookedSigner, builder, issuer, place, request, request_for, run, spawn};

const TOKENS: u32 = 64;

#[test]
fn r_led_2_two_pools_that_race_over_sixty_four_tokens_issue_sixty_four_certificates() {
    let Some(place) = place() else { return };
    // Slow enough that the others meet an intent in flight.
    let signer = HookedSigner::new(|| tokio::time::sleep(std::time::Duration::from_millis(5)));
    let ledgers = [place.ledger(), place.ledger()];
    let issuers: Vec<_> = ledgers.iter().map(|ledger| issuer(ledger, &signer)).collect();
    let callers = (0..TOKENS).flat_map(|token| (0..4).map(move |caller| (token, caller)));
    let tasks: Vec<_> = callers
        .map(|(token, caller)| (token, spawn(&issuers[caller % 2], request(&format!("token-{token}")))))
        .collect();
    let mut issued: BTreeMap<u32, HashSet<Vec<u8>>> = BTreeMap::new();
    for (token, task) in tasks {
        issued.entry(token).or_default().insert(run(task).unwrap().unwrap().der().to_vec());
    }
    assert_eq!(issued.len(), TOKENS as usize);
    assert!(issued.values().all(|certificates| certificates.len() == 1));
    let signed: HashSet<Vec<u8>> = signer.signed.lock().unwrap().iter().cloned().collect();
    assert_eq!((signed.len(), signer.count()), (64, 64));
    let rows = ["intent", "state WHERE state = 1", "token"].map(|table| place.count(table));
    assert_eq!(rows, [64, 64, 64]);
}

/// Counts from one: every issuer begins with the same numbers.
#[derive(Default)]
struct Counting(AtomicU32);

impl SerialSource for Counting {
    fn next_serial(&self) -> Result<SerialNumber, SerialSourceError> {
        let next = self.0.fetch_add(1, Ordering::SeqCst) + 1;
        SerialNumber::from_be_bytes(&next.to_be_bytes())
            .map_err(|error| SerialSourceError { reason: error.to_string() })
    }
}

#[test]
fn r_led_7_serial_numbers_that_are_taken_are_drawn_again_and_never_signed() {
    let Some(place) = place() else { return };
    let signer = HookedSigner::plain();
    let ledgers = [place.ledger(), place.ledger()];
    let tasks: Vec<_> = (0..8)
        .map(|n| {
            let issuer = builder(&ledgers[n % 2], &signer).serial_source(Counting::default()).build().unwrap();
            // Half of them have a token, which must not be lost with the number.
            let token = if n < 4 { format!("token-{n}") } else { String::new() };
            // Of one CSR, one second and one number, the bytes would be the same, and so the certificate.
            spawn(&issuer, request_for(100 + n as i64, &token))
        })
        .collect();
    let certificates: Vec<_> = tasks.into_iter().map(|task| run(task).unwrap().unwrap()).collect();
    let serials: HashSet<_> = certificates.iter().map(|certificate| certificate.serial()).collect();
    assert_eq!(serials.len(), 8);
    assert_eq!(signer.count(), 8);
    assert_eq!([place.count("intent"), place.count("token")], [8, 4]);
    // One whose numbers are all taken says so, and signs nothing.
    let issuer = builder(&ledgers[0], &signer).serial_source(Counting::default()).build().unwrap();
    let error = run(issuer.issue(&request("late"))).unwrap_err();
    assert!(error.to_string().contains("serial"), "{error}");
    assert_eq!([place.count("intent"), place.count("token")], [8, 4]);
    assert_eq!(signer.count(), 8);
}
