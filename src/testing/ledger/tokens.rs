//! Idempotency tokens: one intent at a time under a key, for its window (R-IDM, R-LED-2).

use super::{Bench, Broken, Checked, Promise, at, der_of, hold, name};
use crate::issue::sample_intents::Sample;
use crate::ledger::answer::{Abandon, Ended, Reserved};
use crate::ledger::intent::Intent;

pub(super) const PROMISES: &[Promise] = &[
    ("one intent is in flight under a token", one_at_a_time),
    ("who takes an intent up gets the recorded bytes", taken_up),
    ("the first end counts", first_end),
    ("a token counts for its window", window),
    ("an intent that nobody took up gives way after the window", gives_way),
    ("a token belongs to one fingerprint", fingerprints),
    ("an abandoned intent refuses its token for the window", refused),
    ("an intent that is reserved again is the same", again),
    ("what was not reserved does not end", unknown),
];

fn one_at_a_time(bench: &Bench<'_>) -> Checked {
    let (first, second) = (bench.tokened(1, 0, 7)?, bench.tokened(2, 1, 7)?);
    bench.sign(&first, 0)?;
    let answer = bench.reserve(&second, 1)?;
    hold(matches!(answer, Reserved::Busy { .. }), || format!("a second caller is answered with {}", name(&answer)))?;
    // Another token is another matter.
    bench.sign(&bench.tokened(3, 1, 8)?, 1)?;
    let der = der_of(bench.commit(&first, 1, 1)?)?;
    match bench.reserve(&second, 1)? {
        Reserved::Issued(certificate) => {
            hold(certificate.der() == der, || "a retry gets another certificate than the first caller".to_owned())
        }
        answer => Err(Broken(format!("after the commit, a second caller is answered with {}", name(&answer)))),
    }
}

fn taken_up(bench: &Bench<'_>) -> Checked {
    let first = bench.tokened(1, 0, 7)?;
    bench.sign(&first, 0)?;
    bench.free(&first, 1)?;
    match bench.reserve(&bench.tokened(2, 1, 7)?, 1)? {
        Reserved::TakeUp(recorded) => {
            hold(recorded.tbs_der() == first.tbs_der(), || "other bytes are taken up than were recorded".to_owned())?;
            hold(recorded.issued_at() == first.issued_at(), || "the time of issuance changed".to_owned())?;
        }
        answer => return Err(Broken(format!("after its lease, an intent is answered with {}", name(&answer)))),
    }
    let answer = bench.reserve(&bench.tokened(3, 1, 7)?, 1)?;
    hold(matches!(answer, Reserved::Busy { .. }), || format!("who comes after it is answered with {}", name(&answer)))?;
    // Both sign the same bytes, and the first commit wins.
    let winner = der_of(bench.commit(&first, 1, 2)?)?;
    let loser = der_of(bench.commit(&first, 2, 2)?)?;
    hold(winner == loser, || "two callers that sign one intent get two certificates".to_owned())
}

fn abandon(bench: &Bench<'_>, intent: &Intent, seconds: i64) -> Result<Ended, Broken> {
    let ended = bench.ledger.abandon(&[Abandon::new(intent.clone(), "why", false)], at(seconds))?.pop();
    ended.ok_or_else(|| Broken("abandon gave no answer".to_owned()))
}

fn first_end(bench: &Bench<'_>) -> Checked {
    let issued = bench.tokened(1, 0, 1)?;
    let der = bench.issue(&issued, 0)?;
    hold(der_of(abandon(bench, &issued, 1)?)? == der, || "an issued intent was abandoned".to_owned())?;
    let given_up = bench.tokened(2, 0, 2)?;
    bench.sign(&given_up, 0)?;
    let ended = abandon(bench, &given_up, 1)?;
    let is_as_asked =
        matches!(&ended, Ended::Abandoned(why) if why.reason == "why" && !why.may_be_signed && why.at == at(1));
    hold(is_as_asked, || format!("an intent that is abandoned is answered with {ended:?}"))?;
    let late = bench.commit(&given_up, 1, 2)?;
    hold(matches!(late, Ended::Abandoned(_)), || "an abandoned intent was issued".to_owned())
}

fn window(bench: &Bench<'_>) -> Checked {
    let window = bench.window;
    let first = bench.tokened(1, 0, 7)?;
    bench.sign(&first, 0)?;
    // The window begins with the end.
    der_of(bench.commit(&first, 1, 5)?)?;
    for seconds in [5, 5 + window - 1, 5 - window + 1] {
        let answer = bench.reserve(&bench.tokened(2, seconds, 7)?, seconds)?;
        hold(matches!(answer, Reserved::Issued(_)), || {
            format!("{} seconds after the end, a retry is answered with {}", seconds - 5, name(&answer))
        })?;
    }
    let found = bench.ledger.by_token(&Bench::key(7), at(5 + window))?;
    hold(found.is_none(), || "by_token finds what has left the window".to_owned())?;
    bench.sign(&bench.tokened(3, 5 + window, 7)?, 5 + window)?;
    // A clock that was set back by more than the window.
    bench.issue(&bench.tokened(4, 0, 8)?, 0)?;
    bench.sign(&bench.tokened(5, -window, 8)?, -window)
}

fn gives_way(bench: &Bench<'_>) -> Checked {
    let first = bench.tokened(1, 0, 7)?;
    bench.sign(&first, 0)?;
    bench.free(&first, 0)?;
    let end = bench.after_lease_and_window();
    let late = bench.tokened(2, end, 7)?;
    bench.sign(&late, end)?;
    let ended = bench.commit(&first, 1, end)?;
    hold(!matches!(ended, Ended::Issued(_)), || "two intents were issued under one token".to_owned())?;
    der_of(bench.commit(&late, 2, end)?).map(drop)
}

fn fingerprints(bench: &Bench<'_>) -> Checked {
    let other = |serial| bench.samples.intent(Sample::new(serial, at(0)).token(7, 1));
    let first = bench.tokened(1, 0, 7)?;
    bench.sign(&first, 0)?;
    let in_flight = bench.reserve(&other(2)?, 0)?;
    der_of(bench.commit(&first, 1, 0)?)?;
    let issued = bench.reserve(&other(3)?, 0)?;
    for (answer, when) in [(in_flight, "in flight"), (issued, "after the commit")] {
        hold(matches!(answer, Reserved::Mismatch), || {
            format!("{when}, another fingerprint is answered with {}", name(&answer))
        })?;
    }
    Ok(())
}

fn refused(bench: &Bench<'_>) -> Checked {
    let first = bench.tokened(1, 0, 7)?;
    bench.sign(&first, 0)?;
    bench.ledger.abandon(&[Abandon::new(first, "the authority has another key", true)], at(1))?;
    match bench.reserve(&bench.tokened(2, bench.window, 7)?, bench.window)? {
        Reserved::Refused(why) => {
            hold(why.reason == "the authority has another key" && why.may_be_signed, || format!("it says {why:?}"))?;
        }
        answer => return Err(Broken(format!("within the window, a retry is answered with {}", name(&answer)))),
    }
    bench.sign(&bench.tokened(3, 1 + bench.window, 7)?, 1 + bench.window)
}

fn again(bench: &Bench<'_>) -> Checked {
    let intent = bench.tokened(1, 0, 7)?;
    // A caller that did not get the answer.
    for seconds in 0..3 {
        bench.sign(&intent, seconds)?;
    }
    let der = der_of(bench.commit(&intent, 1, 3)?)?;
    match bench.reserve(&intent, 3)? {
        Reserved::Issued(certificate) => hold(certificate.der() == der, || "it has another certificate".to_owned()),
        answer => Err(Broken(format!("an issued intent is answered with {}", name(&answer)))),
    }
}

fn unknown(bench: &Bench<'_>) -> Checked {
    let intent = bench.tokened(1, 0, 7)?;
    let ended = bench.commit(&intent, 1, 0)?;
    hold(matches!(ended, Ended::Unknown), || "what was not reserved was committed".to_owned())?;
    // Nor other bytes under what was.
    let reserved = bench.tokened(1, 10, 7)?;
    bench.sign(&reserved, 10)?;
    let ended = bench.commit(&intent, 1, 10)?;
    hold(matches!(ended, Ended::Unknown), || "other bytes were committed than were reserved".to_owned())?;
    der_of(bench.commit(&reserved, 1, 10)?).map(drop)
}
