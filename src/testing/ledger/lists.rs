//! Pages, revocations, numbers and partitions of CRLs, what is pruned, and what a restart finds.

use super::answers::same;
use super::{Bench, Broken, Checked, Promise, at, der_of, hold, name};
use crate::issue::sample_intents::Sample;
use crate::ledger::answer::{Abandon, Reserved};
use crate::ledger::intent::Intent;
use crate::ledger::record::State;
use crate::ledger::revocation::{Revocation, Revoked};
use crate::x509::revocation_reason::RevocationReason;
use crate::x509::timestamp::Timestamp;

pub(super) const PROMISES: &[Promise] = &[
    ("pages have everything once, in the order of time", pages),
    ("a certificate is revoked once", revocations),
    ("lists of the revoked are those of their partitions", lists),
    ("no CRL number is given twice", numbers),
    ("no place in a partition is given twice", places),
    ("what has ended and is over can be pruned", pruning),
];

const REASON: RevocationReason = RevocationReason::KeyCompromise;

fn pages(bench: &Bench<'_>) -> Checked {
    // Several in one second, and not in the order in which they come.
    let mut recorded: Vec<Intent> = Vec::new();
    for serial in 0..17 {
        let intent = bench.plain(100 - serial, (serial as i64 * 7) % 5)?;
        bench.issue(&intent, 10)?;
        recorded.push(intent);
    }
    bench.sign(&bench.others.intent(Sample::new(50, at(2)))?, 2)?;
    recorded.sort_by_key(|intent| (intent.issued_at(), intent.serial()));
    for (from, until) in [(0, 5), (1, 4), (2, 3), (3, 3), (5, 10), (-5, 0)] {
        let within = |intent: &&Intent| intent.issued_at() >= at(from) && intent.issued_at() < at(until);
        let expected: Vec<_> = recorded.iter().filter(within).collect();
        for limit in [1, 3, 17, 100] {
            let (mut found, mut after) = (Vec::new(), None);
            loop {
                let page = bench.ledger.page(bench.samples.arn(), at(from), at(until), after, limit)?;
                hold(page.records.len() <= limit, || format!("a page of {limit} has {}", page.records.len()))?;
                found.extend(page.records.into_iter().map(|record| record.intent));
                after = page.next;
                if after.is_none() || found.len() > 100 {
                    break;
                }
            }
            let is_right =
                found.len() == expected.len() && found.iter().zip(&expected).all(|(one, other)| one.is_same(other));
            hold(is_right, || {
                let (found, expected) = (found.len(), expected.len());
                format!("pages of {limit} from second {from} until {until} have {found} records for {expected}")
            })?;
        }
    }
    Ok(())
}

fn revocations(bench: &Bench<'_>) -> Checked {
    let intent = bench.plain(1, 0)?;
    let revoke = |reason, seconds| {
        bench.ledger.revoke(intent.authority(), intent.serial(), Revocation::new(reason, at(seconds)))
    };
    hold(revoke(REASON, 0)? == Revoked::Unknown, || "what is not recorded is revoked".to_owned())?;
    bench.issue(&intent, 0)?;
    hold(revoke(REASON, 1)? == Revoked::Now, || "what was issued cannot be revoked".to_owned())?;
    let first = Revocation::new(REASON, at(1));
    let again = revoke(RevocationReason::Superseded, 2)?;
    hold(again == Revoked::Before(first), || format!("a second revocation is answered with {again:?}"))?;
    let record = bench.record(&intent)?;
    hold(record.revocation == Some(first), || format!("the record has {:?}", record.revocation))?;
    hold(record.certificate().is_some(), || "a revoked certificate is lost".to_owned())?;
    // R-LED-3: what may have been signed can be revoked.
    let given_up = bench.plain(2, 0)?;
    bench.sign(&given_up, 0)?;
    bench.ledger.abandon(&[Abandon::new(given_up.clone(), "why", true)], at(0))?;
    let revoked = bench.ledger.revoke(given_up.authority(), given_up.serial(), first)?;
    hold(revoked == Revoked::Now, || "what was abandoned cannot be revoked".to_owned())
}

fn lists(bench: &Bench<'_>) -> Checked {
    let partition = bench.samples.partition();
    let mut revoked = Vec::new();
    for serial in 0..12 {
        let own = (serial % 3 == 0).then_some(partition);
        let intent = bench.samples.intent(Sample { partition: own, ..Sample::new(40 - serial, at(0)) })?;
        bench.issue(&intent, 0)?;
        if serial % 2 == 0 {
            let revocation = Revocation::new(REASON, at(serial as i64));
            bench.ledger.revoke(intent.authority(), intent.serial(), revocation)?;
            revoked.push((intent.serial(), intent.crl_partition(), revocation, intent.not_after()));
        }
    }
    revoked.sort_by_key(|entry| entry.0);
    for (asked, limit) in [(None, 1), (None, 100), (Some(partition), 1), (Some(partition), 2)] {
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let page = bench.ledger.revoked(bench.samples.arn(), asked, after, limit)?;
            let entries = page.certificates.into_iter();
            found.extend(entries.map(|one| (one.serial, one.partition, one.revocation, one.not_after)));
            after = page.next;
            if after.is_none() || found.len() > 100 {
                break;
            }
        }
        let listed = |entry: &&(_, Option<_>, _, _)| asked.is_none() || entry.1 == asked;
        let expected: Vec<_> = revoked.iter().filter(listed).copied().collect();
        hold(found == expected, || format!("the list of {asked:?} by {limit} has {found:?} for {expected:?}"))?;
    }
    let partitions = bench.ledger.crl_partitions(bench.samples.arn())?;
    let is_sorted = partitions.windows(2).all(|pair| pair[0] < pair[1]);
    hold(is_sorted && partitions.contains(&partition), || format!("the partitions are {partitions:?}"))
}

fn numbers(bench: &Bench<'_>) -> Checked {
    let partition = Some(bench.samples.partition());
    let lists = [(bench.samples.arn(), None), (bench.samples.arn(), partition), (bench.others.arn(), None)];
    for expected in 1..4 {
        for (authority, partition) in lists {
            let number = bench.ledger.next_crl_number(authority, partition)?;
            hold(number == expected, || format!("the number after {} is {number}", expected - 1))?;
        }
    }
    Ok(())
}

fn places(bench: &Bench<'_>) -> Checked {
    for authority in [bench.samples.arn(), bench.others.arn()] {
        let mut expected = 0;
        for count in [1, 1, 5, 1024, 3] {
            let first = bench.ledger.take_crl_places(authority, count)?;
            hold(first == expected, || format!("after {expected} places were given, the next is {first}"))?;
            expected += u64::from(count);
        }
    }
    Ok(())
}

fn pruning(bench: &Bench<'_>) -> Checked {
    let (issued, in_flight) = (bench.tokened(1, 0, 1)?, bench.plain(2, 0)?);
    bench.issue(&issued, 0)?;
    bench.ledger.revoke(issued.authority(), issued.serial(), Revocation::new(REASON, at(0)))?;
    bench.sign(&in_flight, 0)?;
    let later = bench.plain(3, 86_400)?;
    bench.issue(&later, 86_400)?;
    let pruned = bench.ledger.prune(issued.not_after(), 100)?;
    hold(pruned == 0, || "what is not over is pruned".to_owned())?;
    let after = issued.not_after().checked_add_seconds(1).unwrap_or(Timestamp::MAX);
    let pruned = [bench.ledger.prune(after, 100)?, bench.ledger.prune(after, 100)?];
    hold(pruned == [1, 0], || format!("of one that is over, {pruned:?} are pruned"))?;
    hold(bench.ledger.by_arn(issued.id())?.is_none(), || "what was pruned is found".to_owned())?;
    hold(bench.ledger.by_token(&Bench::key(1), at(1))?.is_none(), || "its token is found".to_owned())?;
    let list = bench.ledger.revoked(issued.authority(), None, None, 10)?;
    hold(list.certificates.is_empty(), || "its revocation is still listed".to_owned())?;
    for intent in [&in_flight, &later] {
        bench.record(intent)?;
    }
    bench.sign(&issued, 1)
}

/// What a ledger must find again.
pub(super) struct Written {
    issued: Intent,
    der: Vec<u8>,
    in_flight: Intent,
    given_up: Intent,
}

pub(super) fn write_one_of_each(bench: &Bench<'_>) -> Result<Written, Broken> {
    let (issued, in_flight, given_up) = (bench.tokened(1, 0, 1)?, bench.tokened(2, 0, 2)?, bench.tokened(3, 0, 3)?);
    let der = bench.issue(&issued, 0)?;
    bench.ledger.revoke(issued.authority(), issued.serial(), Revocation::new(REASON, at(1)))?;
    bench.sign(&in_flight, 0)?;
    bench.sign(&given_up, 0)?;
    bench.ledger.abandon(&[Abandon::new(given_up.clone(), "why", true)], at(1))?;
    bench.ledger.next_crl_number(bench.samples.arn(), None)?;
    bench.ledger.take_crl_places(bench.samples.arn(), 7)?;
    Ok(Written { issued, der, in_flight, given_up })
}

pub(super) fn read_one_of_each(bench: &Bench<'_>, written: &Written) -> Checked {
    let record = bench.record(&written.issued)?;
    same(&record.intent, &written.issued)?;
    let certificate = record.certificate().map(|certificate| certificate.der());
    hold(certificate == Some(&written.der), || "the certificate is lost or another".to_owned())?;
    hold(record.revocation == Some(Revocation::new(REASON, at(1))), || "the revocation is lost".to_owned())?;
    let record = bench.record(&written.given_up)?;
    let is_given_up = matches!(&record.state, State::Abandoned(why) if why.reason == "why" && why.at == at(1));
    hold(is_given_up, || "the abandonment is lost".to_owned())?;
    same(&bench.record(&written.in_flight)?.intent, &written.in_flight)?;
    hold(bench.ledger.next_crl_number(bench.samples.arn(), None)? == 2, || "a CRL number was lost".to_owned())?;
    let place = bench.ledger.take_crl_places(bench.samples.arn(), 1)?;
    hold(place == 7, || format!("a place in a partition was lost: after 7, the next is {place}"))?;
    let taken = bench.ledger.take_up(bench.samples.arn(), at(3_600), 10)?;
    let [found] = &taken[..] else {
        return Err(Broken(format!("recovery takes {} intents up where one is in flight", taken.len())));
    };
    same(found, &written.in_flight)?;
    let der = der_of(bench.commit(found, 9, 3_600)?)?;
    match bench.reserve(&bench.tokened(4, 3_601, 2)?, 3_601)? {
        Reserved::Issued(certificate) => hold(certificate.der() == der, || "its token gives another one".to_owned()),
        answer => Err(Broken(format!("its token is answered with {}", name(&answer)))),
    }
}
