//! What a ledger that keeps everything says of intents: their serial numbers, their records, and what recovery finds.

use super::{Bench, Broken, Checked, Promise, at, der_of, hold, name, state};
use crate::issue::sample_intents::{Sample, Samples};
use crate::ledger::answer::{Abandon, Ended, Reserved};
use crate::ledger::intent::Intent;
use crate::ledger::record::State;

pub(super) const PROMISES: &[Promise] = &[
    ("an intent comes back whole", whole),
    ("one certificate has a serial number", serial_numbers),
    ("the items of a call are answered in order, each by itself", batches),
    ("recovery finds what nobody has", taken_up),
    ("what gave way is abandoned, and may be signed", gave_way),
    ("a certificate is found by ARN, serial number and token", found),
];

/// What must be the same of a recorded intent.
pub(super) fn same(recorded: &Intent, intent: &Intent) -> Checked {
    let other = |what: &'static str| move || format!("{what} of a recorded intent is another than that of the intent");
    hold(recorded.is_same(intent), other("the identity, or the bytes to be signed"))?;
    hold(recorded.id() == intent.id(), other("the ARN"))?;
    hold(recorded.issued_at() == intent.issued_at(), other("the time of issuance"))?;
    hold(recorded.not_after() == intent.not_after(), other("notAfter"))?;
    hold(recorded.algorithm() == intent.algorithm(), other("the algorithm"))?;
    hold(recorded.token() == intent.token(), other("the token"))?;
    hold(recorded.caller() == intent.caller(), other("the caller"))?;
    hold(recorded.is_offline() == intent.is_offline(), other("the way to the signature"))?;
    hold(recorded.crl_partition() == intent.crl_partition(), other("the partition"))?;
    hold(recorded.plan() == intent.plan(), other("the plan"))?;
    hold(recorded.authority_record() == intent.authority_record(), other("the authority or the chain"))
}

fn whole(bench: &Bench<'_>) -> Checked {
    let samples = [
        Sample::new(1, at(0)),
        Sample::new(2, at(0)).token(2, 9),
        Sample { is_offline: true, ..Sample::new(3, at(0)) },
        Sample { partition: Some(bench.samples.partition()), ..Sample::new(u64::MAX, at(0)) },
    ];
    for sample in samples {
        let intent = bench.samples.intent(sample)?;
        bench.sign(&intent, 0)?;
        let record = bench.record(&intent)?;
        same(&record.intent, &intent)?;
        hold(matches!(record.state, State::InFlight { lease_until: Some(_) }), || {
            format!("what was reserved is {}, or nobody has its lease", state(&record))
        })?;
        let der = der_of(bench.commit(&intent, 3, 1)?)?;
        let record = bench.record(&intent)?;
        let State::Issued { certificate, at: committed } = &record.state else {
            return Err(Broken(format!("what was committed is {}", state(&record))));
        };
        hold(certificate.der() == der && *committed == at(1), || "the certificate or its time changed".to_owned())?;
        hold(**certificate == intent.with_recorded_signature(&[3; 64]), || "the certificate is not whole".to_owned())?;
    }
    Ok(())
}

fn serial_numbers(bench: &Bench<'_>) -> Checked {
    let taken = |bench: &Bench<'_>, intent: &Intent| {
        let answer = bench.reserve(intent, 5)?;
        hold(matches!(answer, Reserved::SerialTaken), || {
            format!("a serial number that is taken is answered with {}", name(&answer))
        })
    };
    bench.issue(&bench.plain(1, 0)?, 0)?;
    taken(bench, &bench.tokened(1, 5, 7)?)?;
    // The token of what was refused is free.
    bench.sign(&bench.tokened(2, 5, 7)?, 5)?;
    // Another authority has its own serial numbers.
    bench.sign(&bench.others.intent(Sample::new(1, at(0)))?, 0)?;
    // What was abandoned keeps its serial number: it may be signed.
    let given_up = bench.plain(3, 0)?;
    bench.sign(&given_up, 0)?;
    bench.ledger.abandon(&[Abandon::new(given_up, "why", true)], at(0))?;
    taken(bench, &bench.plain(3, 5)?)
}

fn batches(bench: &Bench<'_>) -> Checked {
    let taken = bench.plain(1, 0)?;
    bench.issue(&taken, 0)?;
    let intents = [
        bench.tokened(2, 1, 2)?,
        bench.plain(1, 1)?,
        bench.tokened(3, 1, 2)?,
        bench.plain(4, 1)?,
        taken,
        bench.plain(5, 1)?,
    ];
    let answers = bench.ledger.reserve(&intents, at(1))?;
    let names: Vec<_> = answers.iter().map(name).collect();
    hold(names == ["Sign", "SerialTaken", "Busy", "Sign", "Issued", "Sign"], || format!("the answers are {names:?}"))?;
    let [first, _, never, second, _, third] = &intents;
    let signed = [first, never, second, third].map(|intent| Samples::signed(intent, 1));
    let ended = bench.ledger.commit(&signed, at(2))?;
    let ends: Vec<_> = ended.iter().map(|ended| matches!(ended, Ended::Issued(_))).collect();
    hold(ends == [true, false, true, true], || format!("of four commits, those with a certificate are {ends:?}"))?;
    for (signed, ended) in signed.iter().zip(ended) {
        if let Ended::Issued(certificate) = ended {
            hold(certificate == signed.certificate, || "an item got the certificate of another".to_owned())?;
        }
    }
    let answers = bench.ledger.reserve(&[], at(3))?.len() + bench.ledger.commit(&[], at(3))?.len();
    hold(answers == 0, || "no items are answered".to_owned())
}

fn taken_up(bench: &Bench<'_>) -> Checked {
    let offline = bench.samples.intent(Sample { is_offline: true, ..Sample::new(9, at(0)) })?;
    let elsewhere = bench.others.intent(Sample::new(1, at(0)))?;
    let held = bench.plain(1, 0)?;
    for intent in [&offline, &elsewhere, &held] {
        bench.sign(intent, 0)?;
    }
    bench.issue(&bench.plain(2, 0)?, 0)?;
    bench.ledger.free(&[offline, elsewhere], at(0))?;
    let take_up = |limit| bench.ledger.take_up(bench.samples.arn(), at(1), limit);
    hold(take_up(10)?.is_empty(), || "recovery takes up what somebody has, or another's".to_owned())?;
    let free = [bench.plain(4, 0)?, bench.tokened(5, 0, 5)?, bench.plain(6, 0)?];
    for intent in &free {
        bench.sign(intent, 0)?;
    }
    bench.ledger.free(&free, at(1))?;
    let (some, others) = (take_up(2)?, take_up(2)?);
    hold((some.len(), others.len()) == (2, 1), || {
        format!("of three, {} and {} are taken up, two at a time", some.len(), others.len())
    })?;
    for intent in some.iter().chain(&others) {
        let recorded = free.iter().find(|recorded| recorded.serial() == intent.serial());
        same(intent, recorded.ok_or_else(|| Broken("something else is taken up".to_owned()))?)?;
    }
    hold(take_up(10)?.is_empty(), || "what was taken up is taken up twice".to_owned())?;
    let answer = bench.reserve(&bench.tokened(7, 1, 5)?, 1)?;
    hold(matches!(answer, Reserved::Busy { .. }), || format!("what recovery has is answered with {}", name(&answer)))?;
    // Given back, it can be taken up once more, and a lease that is renewed is somebody's again.
    bench.ledger.free(&free, at(1))?;
    bench.ledger.renew(&free[..1], at(1))?;
    hold(take_up(10)?.len() == 2, || "what was given back and not renewed is not taken up".to_owned())
}

fn gave_way(bench: &Bench<'_>) -> Checked {
    let first = bench.tokened(1, 0, 7)?;
    bench.sign(&first, 0)?;
    bench.free(&first, 0)?;
    let end = bench.after_lease_and_window();
    bench.sign(&bench.tokened(2, end, 7)?, end)?;
    match bench.record(&first)?.state {
        State::Abandoned(why) => {
            hold(why.may_be_signed, || "it says that it was not signed, which nobody knows".to_owned())
        }
        _ => Err(Broken("what gave way to another intent is not abandoned".to_owned())),
    }
}

fn found(bench: &Bench<'_>) -> Checked {
    let intent = bench.tokened(1, 0, 7)?;
    let der = bench.issue(&intent, 0)?;
    let records = [
        bench.ledger.by_arn(intent.id())?,
        bench.ledger.by_serial(intent.authority(), intent.serial())?,
        bench.ledger.by_token(&Bench::key(7), at(1))?,
    ];
    for (record, way) in records.into_iter().zip(["ARN", "serial number", "token"]) {
        let certificate = record.as_ref().and_then(|record| record.certificate());
        hold(certificate.is_some_and(|certificate| certificate.der() == der), || format!("it is not found by {way}"))?;
    }
    let other = bench.plain(2, 0)?;
    let nothing = bench.ledger.by_arn(other.id())?.is_none()
        && bench.ledger.by_serial(other.authority(), other.serial())?.is_none()
        && bench.ledger.by_serial(bench.others.arn(), intent.serial())?.is_none()
        && bench.ledger.by_token(&Bench::key(8), at(1))?.is_none();
    hold(nothing, || "something is found that was not recorded".to_owned())
}
