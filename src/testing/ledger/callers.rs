//! Many callers at once, and who waits for another one.

use std::collections::HashSet;
use std::slice;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use super::{Bench, Broken, Checked, Promise, at, der_of, hold, name};
use crate::issue::sample_intents::Samples;
use crate::ledger::answer::{Abandon, Ended, Reserved};
use crate::ledger::waiter::Waiter;

pub(super) const PROMISES: &[Promise] = &[
    ("of many callers with one token, one signs", many_callers),
    ("of many commits, one wins", many_commits),
    ("who waits is woken when the intent ends or its lease does", woken),
    ("nobody waits for a key that nobody has", free_already),
];

const CALLERS: u64 = 16;

/// How long a waiter may take to be woken. Only a ledger that wakes nobody takes so long.
const PATIENCE: Duration = Duration::from_secs(20);

fn panicked<T>(_: T) -> Broken {
    Broken("a call panicked".to_owned())
}

fn many_callers(bench: &Bench<'_>) -> Checked {
    for round in 0..8 {
        let intents: Vec<_> =
            (0..CALLERS).map(|caller| bench.tokened(round * CALLERS + caller, 0, round)).collect::<Result<_, _>>()?;
        let reserve = |intent| bench.ledger.reserve(slice::from_ref(intent), at(0));
        let answers: Vec<_> = thread::scope(|scope| {
            let callers: Vec<_> = intents.iter().map(|intent| scope.spawn(move || reserve(intent))).collect();
            callers.into_iter().map(thread::ScopedJoinHandle::join).collect()
        });
        let mut signing = 0;
        for answer in answers {
            match answer.map_err(panicked)??.pop() {
                Some(Reserved::Sign) => signing += 1,
                Some(Reserved::Busy { .. }) => {}
                answer => {
                    let answer = answer.as_ref().map_or("nothing", name);
                    return Err(Broken(format!("one of many callers is answered with {answer}")));
                }
            }
        }
        hold(signing == 1, || format!("{signing} of {CALLERS} callers sign"))?;
    }
    Ok(())
}

fn many_commits(bench: &Bench<'_>) -> Checked {
    let intent = bench.tokened(1, 0, 1)?;
    bench.sign(&intent, 0)?;
    let commit = |mark| bench.ledger.commit(&[Samples::signed(&intent, mark)], at(0));
    let answers: Vec<_> = thread::scope(|scope| {
        let callers: Vec<_> = (1..=16).map(|mark| scope.spawn(move || commit(mark))).collect();
        callers.into_iter().map(thread::ScopedJoinHandle::join).collect()
    });
    let mut certificates = HashSet::new();
    for answer in answers {
        let ended = answer.map_err(panicked)??.pop().unwrap_or(Ended::Unknown);
        certificates.insert(der_of(ended)?);
    }
    hold(certificates.len() == 1, || format!("{} certificates over one intent were handed out", certificates.len()))
}

/// Waits for a key, and says whether it was woken.
fn wait(bench: &Bench<'_>, number: u64, meanwhile: impl FnOnce() -> Checked) -> Result<bool, Broken> {
    let woken = Arc::new((Mutex::new(false), Condvar::new()));
    let wake = Arc::clone(&woken);
    let waiter = Waiter::new(move || {
        *wake.0.lock().unwrap_or_else(PoisonError::into_inner) = true;
        wake.1.notify_all();
    });
    bench.ledger.when_free(&Bench::key(number), waiter);
    meanwhile()?;
    let is_woken = woken.0.lock().unwrap_or_else(PoisonError::into_inner);
    let waited = woken.1.wait_timeout_while(is_woken, PATIENCE, |is_woken| !*is_woken);
    Ok(*waited.unwrap_or_else(PoisonError::into_inner).0)
}

fn woken(bench: &Bench<'_>) -> Checked {
    for (number, how) in [(1, "a commit"), (2, "an abandonment"), (3, "the end of a lease")] {
        let intent = bench.tokened(number, 0, number)?;
        bench.sign(&intent, 0)?;
        let is_woken = wait(bench, number, || {
            match number {
                1 => drop(bench.commit(&intent, 1, 1)?),
                2 => drop(bench.ledger.abandon(&[Abandon::new(intent.clone(), "why", true)], at(1))?),
                _ => bench.free(&intent, 1)?,
            }
            Ok(())
        })?;
        hold(is_woken, || format!("{how} wakes nobody"))?;
    }
    Ok(())
}

fn free_already(bench: &Bench<'_>) -> Checked {
    hold(wait(bench, 1, || Ok(()))?, || "a key that nobody knows is waited for".to_owned())?;
    bench.issue(&bench.tokened(2, 0, 2)?, 0)?;
    hold(wait(bench, 2, || Ok(()))?, || "a key whose certificate was issued is waited for".to_owned())?;
    let freed = bench.tokened(3, 0, 3)?;
    bench.sign(&freed, 0)?;
    bench.free(&freed, 0)?;
    hold(wait(bench, 3, || Ok(()))?, || "a key that was freed is waited for".to_owned())
}
