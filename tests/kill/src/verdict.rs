//! What must hold after everything that was killed has come back:
//!
//! - I1: all who asked under one token hold the same certificate.
//! - I2: one TBSCertificate was signed under a token, and one under a serial number.
//! - I3: nothing was signed without an intent.
//! - I4: nothing that was acknowledged is missing.
//! - I5: every token ends with a certificate or a definite refusal.
//! - I6: a list has every revocation that was acknowledged before it was begun, and the last list all of them; a list has nothing that
//!   is not revoked. No number is used twice, and none is below one that was published before the list was begun.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use der::Decode;
use issuance::crl::Crl;
use issuance::ledger::{AsyncLedger, Record, State};
use issuance::{RustCryptoVerifier, SerialNumber, Signer, Timestamp};
use issuance_test_support::ca::{CA_ARN, CA_KEY};
use sha2::{Digest, Sha256};
use x509_cert::TbsCertificate;

use crate::revoker::{Acknowledged, COMPLETE, Published, acknowledged, published};
use crate::signer::signed;
use crate::worker::{answers, token};

#[derive(Debug, Default)]
pub(crate) struct Verdict {
    pub(crate) certificates: usize,
    /// Those under a token.
    pub(crate) of_tokens: usize,
    /// Certificates whose revocation was acknowledged.
    pub(crate) revocations: usize,
    /// Lists that were published.
    pub(crate) lists: usize,
    pub(crate) violations: Vec<String>,
}

/// The serial number in the form of the answers, and the token in the subject, if there is one.
fn names(tbs: &[u8]) -> (String, Option<String>) {
    let certificate = TbsCertificate::from_der(tbs).unwrap();
    let serial = SerialNumber::from_be_bytes(certificate.serial_number().as_bytes()).unwrap();
    let at = tbs.windows(6).position(|window| window == b"token-");
    let token = at.map(|at| String::from_utf8_lossy(&tbs[at..at + token(0).len()]).into_owned());
    (serial.to_string(), token)
}

async fn records(ledger: &dyn AsyncLedger) -> Vec<Record> {
    let authority = CA_ARN.parse().unwrap();
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = ledger.page(&authority, Timestamp::MIN, Timestamp::MAX, after, 500).await.unwrap();
        all.extend(page.records);
        after = page.next;
        if after.is_none() {
            return all;
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) async fn verdict(folder: &Path, ledger: &dyn AsyncLedger, tokens: u64) -> Verdict {
    let mut verdict = Verdict::default();
    let mut bad = |what: String| verdict.violations.push(what);
    let mut by_serial: BTreeMap<String, Record> = BTreeMap::new();
    let mut ended: BTreeSet<String> = BTreeSet::new();
    for record in records(ledger).await {
        let (serial, token) = names(record.intent.tbs_der());
        match &record.state {
            State::Issued { .. } => {
                verdict.certificates += 1;
                verdict.of_tokens += usize::from(token.is_some());
            }
            State::Abandoned(_) => {}
            state => bad(format!("I5: {serial} has not ended: {state:?}")),
        }
        ended.extend(token);
        by_serial.insert(serial, record);
    }

    // Tokens and serial numbers have no name in common.
    let mut signed_for: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    for tbs in signed(folder).unwrap() {
        let (serial, token) = names(&tbs);
        for name in token.into_iter().chain([serial.clone()]) {
            if *signed_for.entry(name.clone()).or_insert_with(|| tbs.clone()) != tbs {
                bad(format!("I2: two TBSCertificates were signed for {name}"));
            }
        }
        if by_serial.get(&serial).is_none_or(|record| record.intent.tbs_der() != tbs) {
            bad(format!("I3: {serial} was signed without an intent"));
        }
    }

    let mut first_answers: BTreeMap<String, String> = BTreeMap::new();
    if verdict.of_tokens as u64 > tokens {
        bad(format!("I2: {} certificates are recorded for {tokens} tokens", verdict.of_tokens));
    }
    let text = std::fs::read_to_string(answers(folder)).unwrap();
    // A line without its end was being written when its worker was killed.
    for line in text.split_inclusive('\n').filter(|line| line.ends_with('\n')) {
        let parts: Vec<&str> = line.trim_end().splitn(3, ' ').collect();
        let [name, serial, digest] = parts[..] else {
            bad(format!("not an answer: {line}"));
            continue;
        };
        if serial == "odd" {
            bad(format!("I5: {name} was answered with {digest}"));
        } else if serial != "refused" {
            let first = first_answers.entry(name.to_owned()).or_insert_with(|| digest.to_owned());
            if *first != digest {
                bad(format!("I1: {name} has two certificates"));
            }
            let certificate = by_serial.get(serial).and_then(Record::certificate);
            if certificate.is_none_or(|certificate| hex(&Sha256::digest(certificate.der())) != digest) {
                bad(format!("I4: {name} was acknowledged with {serial}, which is not recorded so"));
            }
        }
    }
    let (revocations, lists) = (acknowledged(folder), published(folder).unwrap());
    for revoked in &revocations {
        if by_serial.get(&revoked.serial.to_string()).is_none_or(|record| record.revocation.is_none()) {
            bad(format!("I4: {} was revoked, which is not recorded", revoked.serial));
        }
    }
    check_lists(&revocations, &lists, &by_serial, &mut bad);
    for number in 0..tokens {
        if !ended.contains(&token(number)) {
            bad(format!("I5: {} has neither a certificate nor a refusal", token(number)));
        }
    }
    let revoked: BTreeSet<SerialNumber> = revocations.iter().map(|revoked| revoked.serial).collect();
    (verdict.revocations, verdict.lists) = (revoked.len(), lists.len());
    verdict
}

fn check_lists(
    revocations: &[Acknowledged],
    lists: &[Published],
    by_serial: &BTreeMap<String, Record>,
    bad: &mut impl FnMut(String),
) {
    let mut scopes: BTreeMap<&str, BTreeMap<u64, &Published>> = BTreeMap::new();
    scopes.entry(COMPLETE).or_default();
    for revoked in revocations {
        scopes.entry(&revoked.partition).or_default();
    }
    for published in lists {
        let Published { scope, number, acknowledged, highest, file } = published;
        let name = format!("list {number} of {scope}");
        if scopes.entry(scope).or_default().insert(*number, published).is_some() {
            bad(format!("I6: there are two with the number of {name}"));
        }
        if number <= highest {
            bad(format!("I6: {name} was begun after {highest} was published"));
        }
        let der = std::fs::read(file).unwrap();
        let list = Crl::from_der(&der).unwrap();
        list.verify(CA_KEY.public_key_der(), &RustCryptoVerifier).unwrap();
        let listed: BTreeSet<SerialNumber> = list.entries().map(|entry| entry.serial()).collect();
        for serial in &listed {
            if by_serial.get(&serial.to_string()).is_none_or(|record| record.revocation.is_none()) {
                bad(format!("I6: {name} has {serial}, which is not revoked"));
            }
        }
        missing(&revocations[..*acknowledged], scope, &listed)
            .for_each(|serial| bad(format!("I6: {name} was begun after {serial} was revoked and does not have it")));
    }
    for (scope, lists) in scopes {
        let last = lists.last_key_value().map(|(_, list)| std::fs::read(&list.file).unwrap());
        let last = last.as_ref().map(|der| Crl::from_der(der).unwrap());
        let listed: BTreeSet<SerialNumber> = last.iter().flat_map(Crl::entries).map(|entry| entry.serial()).collect();
        missing(revocations, scope, &listed)
            .for_each(|serial| bad(format!("I6: the last list of {scope} does not have {serial}")));
    }
}

/// Of the revocations that are in this scope, those that were not listed.
fn missing<'a>(
    revocations: &'a [Acknowledged],
    scope: &'a str,
    listed: &'a BTreeSet<SerialNumber>,
) -> impl Iterator<Item = SerialNumber> + 'a {
    let here = revocations.iter().filter(move |revoked| scope == COMPLETE || revoked.partition == scope);
    here.map(|revoked| revoked.serial).filter(|serial| !listed.contains(serial))
}
