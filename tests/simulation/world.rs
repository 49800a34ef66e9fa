//! What replicas share: a database behind a network that loses, repeats and delays, a signer, and time. What is wrong is noted here.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::future::Future;
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard};
use std::task::{Context, Poll};

use issuance::ledger::Record;
use issuance::{IssuedCertificate, SerialNumber, Timestamp};
use issuance_test_support::ca::NOW;
use issuance_test_support::chance::Chance;

use crate::database::{APART, Answer, Call, Database, Plant, Row, WINDOW};

pub(crate) const REPLICAS: usize = 3;
/// How many certificates a partition takes.
pub(crate) const TAKES: u32 = 1;

/// How often something came to pass.
#[derive(Debug, Default, Clone)]
pub(crate) struct Counts {
    pub(crate) tokens: u64,
    pub(crate) certificates: u64,
    pub(crate) abandoned: u64,
    pub(crate) kills: u64,
    pub(crate) cancelled: u64,
    pub(crate) frozen: u64,
    pub(crate) lost: u64,
    pub(crate) ambiguous: u64,
    pub(crate) late: u64,
    pub(crate) repeated: u64,
    pub(crate) signer_failures: u64,
    pub(crate) signatures: u64,
    pub(crate) second_signatures: u64,
    pub(crate) taken_up: u64,
    pub(crate) serials_taken: u64,
    pub(crate) batches: u64,
    pub(crate) files: u64,
    pub(crate) jumps: u64,
    pub(crate) pruned: u64,
    pub(crate) revoked: u64,
    pub(crate) lists: u64,
    pub(crate) partitions: u64,
}

/// Who signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum By {
    Replica,
    /// The people at the key that is offline.
    Ceremony,
}

/// A list of revoked certificates that was made.
pub(crate) struct List {
    pub(crate) number: u64,
    /// What was known to be revoked when it was begun.
    pub(crate) begun: Vec<SerialNumber>,
    pub(crate) entries: BTreeSet<SerialNumber>,
}

/// The state of one schedule.
pub(crate) struct State {
    pub(crate) chance: Chance,
    pub(crate) database: Database,
    /// Calls that are still on their way, with the time that they say.
    pub(crate) on_the_way: Vec<(Call, Timestamp)>,
    pub(crate) time: i64,
    /// By how much the clock of each replica is ahead.
    pub(crate) ahead: [i64; REPLICAS],
    /// No more faults.
    pub(crate) is_calm: bool,
    /// What is dropped now dies, and does not tidy up.
    pub(crate) is_killing: bool,
    /// After so many calls that block, who makes them dies.
    pub(crate) calls_left: Option<u32>,
    /// What was signed for a serial number, or for a token by what was recorded after so many jumps.
    signed_for: HashMap<(Vec<u8>, u32), Vec<u8>>,
    /// What was answered under a token: a certificate that was recorded after so many jumps, or a refusal.
    answers: HashMap<(usize, u32), Option<Vec<u8>>>,
    /// What callers hold and nobody may forget: the end of the certificate, and the end of its signature, which no other has.
    acknowledged: BTreeMap<SerialNumber, (Timestamp, [u8; 2])>,
    /// What was acknowledged as revoked.
    pub(crate) revoked: BTreeSet<SerialNumber>,
    pub(crate) lists: Vec<List>,
    signatures: u16,
    pub(crate) violations: Vec<String>,
    pub(crate) counts: Counts,
}

pub(crate) struct World(Mutex<State>);

/// The common name of who asks under a token.
pub(crate) fn token(number: usize) -> String {
    format!("token-{number:02}")
}

/// The serial number in a TBSCertificate, and the token in its subject, if there is one.
fn names(tbs: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    let serial = Some(serial_in(tbs).to_vec());
    let token = tbs.windows(6).position(|window| window == b"token-").map(|at| tbs[at..at + 8].to_vec());
    serial.into_iter().chain(token)
}

/// The end of the signature, which is another one for each.
fn mark(certificate: &IssuedCertificate) -> [u8; 2] {
    certificate.der().last_chunk().copied().unwrap()
}

/// Whether a certificate is the one that was asked for under a token, or without.
#[cfg(feature = "rayon")]
pub(crate) fn is_of(certificate: &IssuedCertificate, number: Option<usize>) -> bool {
    names(certificate.plan().tbs_der()).nth(1) == number.map(|number| token(number).into_bytes())
}

fn serial_in(tbs: &[u8]) -> &[u8] {
    const VERSION_3: [u8; 6] = [0xa0, 3, 2, 1, 2, 2];
    let at = tbs.windows(6).position(|window| window == VERSION_3);
    let at = at.expect("every TBSCertificate has a version and a serial number");
    &tbs[at + 7..][..usize::from(tbs[at + 6])]
}

pub(crate) fn serial_of(tbs: &[u8]) -> SerialNumber {
    SerialNumber::from_be_bytes(serial_in(tbs)).unwrap()
}

/// Something between the parts of one operation: others go on meanwhile, and it may be the last that its caller sees.
pub(crate) fn elsewhere() -> impl Future<Output = ()> + Send {
    struct Elsewhere(bool);
    impl Future for Elsewhere {
        type Output = ();

        fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
            if std::mem::replace(&mut self.0, true) { Poll::Ready(()) } else { Poll::Pending }
        }
    }
    Elsewhere(false)
}

impl World {
    pub(crate) fn new() -> World {
        World(Mutex::new(State::new(0, None)))
    }

    pub(crate) fn begin(&self, seed: u64, plant: Option<Plant>) {
        *self.lock() = State::new(seed, plant);
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }
}

impl State {
    fn new(seed: u64, plant: Option<Plant>) -> State {
        State {
            chance: Chance::new(seed),
            database: Database::new(plant),
            on_the_way: Vec::new(),
            time: NOW,
            ahead: [0; REPLICAS],
            is_calm: false,
            is_killing: false,
            calls_left: None,
            signed_for: HashMap::new(),
            answers: HashMap::new(),
            acknowledged: BTreeMap::new(),
            revoked: BTreeSet::new(),
            lists: Vec::new(),
            signatures: 0,
            violations: Vec::new(),
            counts: Counts::default(),
        }
    }

    /// Once in so many times, while there are faults.
    pub(crate) fn happens(&mut self, once_in: u64) -> bool {
        !self.is_calm && self.chance.below(once_in) == 0
    }

    pub(crate) fn now(&self, replica: usize) -> Timestamp {
        Timestamp::from_unix(self.time + self.ahead[replica]).unwrap()
    }

    pub(crate) fn bad(&mut self, what: String) {
        self.violations.push(what);
    }

    pub(crate) fn apply(&mut self, call: &Call, now: Timestamp) -> Answer {
        self.database.apply(call, now)
    }

    /// Brings a call to the database that was sent before; its caller has long gone on.
    pub(crate) fn deliver_one(&mut self) -> bool {
        if self.on_the_way.is_empty() {
            return false;
        }
        let at = self.chance.below(self.on_the_way.len() as u64) as usize;
        let (call, now) = self.on_the_way.swap_remove(at);
        self.apply(&call, now);
        true
    }

    pub(crate) fn next_serial(&mut self) -> SerialNumber {
        // So few that some are taken.
        let number = 1 + self.chance.below(100) as u8;
        SerialNumber::from_be_bytes(&[number]).unwrap()
    }

    /// Lets so much time pass that all windows are over, and with them every call that is on its way.
    pub(crate) fn jump(&mut self, seconds: i64) {
        self.on_the_way.clear();
        self.time += seconds;
        self.database.jumps += 1;
        self.counts.jumps += 1;
    }

    /// Forgets what is over.
    pub(crate) fn prune(&mut self) {
        let before = Timestamp::from_unix(self.time).unwrap();
        let limit = 1 + self.chance.below(8) as usize;
        self.counts.pruned += self.database.prune(before, limit) as u64;
        for serial in &self.database.pruned {
            let is_free = !self.database.rows.contains_key(serial);
            if is_free && self.acknowledged.get(serial).is_none_or(|(not_after, _)| *not_after < before) {
                self.signed_for.remove(&(serial.as_be_bytes().to_vec(), 0));
                self.acknowledged.remove(serial);
            }
        }
    }

    /// Whether who makes a call that blocks is dead by now.
    pub(crate) fn is_dead(&mut self) -> bool {
        match &mut self.calls_left {
            Some(0) => true,
            Some(left) => {
                *left -= 1;
                false
            }
            None => false,
        }
    }

    /// The signature, each of which is another one.
    pub(crate) fn sign(&mut self, tbs: &[u8], by: By) -> Vec<u8> {
        let serial = serial_of(tbs);
        let recorded = self.database.recorded(serial, tbs);
        if recorded.is_none() {
            self.bad("I3: something was signed without an intent".to_owned());
        }
        let row = self.database.rows.get(&serial).filter(|row| row.intent.tbs_der() == tbs);
        let is_forgotten = row.is_none() && self.database.pruned.contains(&serial);
        if row.is_some_and(|row| row.intent.is_offline()) && by == By::Replica {
            self.bad("I9: a prepared file was signed without its ceremony".to_owned());
        }
        for (place, name) in names(tbs).enumerate() {
            let is_serial = place == 0;
            if is_serial && is_forgotten {
                // Its number is free again.
                continue;
            }
            let shown = String::from_utf8_lossy(&name).escape_debug().to_string();
            let name = (name, if is_serial { 0 } else { recorded.unwrap_or_default() });
            match self.signed_for.get(&name) {
                None => drop(self.signed_for.insert(name, tbs.to_vec())),
                Some(before) if before == tbs => self.counts.second_signatures += u64::from(is_serial),
                Some(_) => self.bad(format!("I2: two TBSCertificates were signed for {shown}")),
            }
        }
        self.signatures += 1;
        self.counts.signatures += 1;
        let [high, low] = (0x100 + self.signatures).to_be_bytes();
        vec![0x30, 7, 2, 1, 1, 2, 2, high, low]
    }

    /// A caller holds a certificate now, which it has asked for at this time.
    pub(crate) fn issued(&mut self, token: Option<usize>, certificate: &IssuedCertificate, begun: Option<i64>) {
        let serial = certificate.serial();
        let row = self.database.rows.get(&serial);
        let ended_at = row.and_then(Row::ended_at);
        let is_kept = row.and_then(Row::certificate).is_some_and(|recorded| recorded.der() == certificate.der());
        if is_kept {
            self.acknowledged.insert(serial, (certificate.plan().not_after(), mark(certificate)));
        } else if !self.database.pruned.contains(&serial) {
            self.bad(format!("I4: {serial} was acknowledged and is not recorded"));
        }
        let Some(number) = token else { return };
        if let (Some(begun), Some(at)) = (begun, ended_at.filter(|_| is_kept))
            && at < begun - i64::from(WINDOW) - 2 * APART
        {
            self.bad(format!("I7: {} was answered with {serial}, whose window was over", self::token(number)));
        }
        let jumps = self.database.recorded(serial, certificate.plan().tbs_der()).unwrap_or_default();
        self.answered(number, jumps, Some(certificate.der().to_vec()));
    }

    /// A token is refused for good.
    pub(crate) fn refused(&mut self, number: usize) {
        if self.database.jumps == 0 {
            self.answered(number, 0, None);
        } else {
            // It does not say of which window, so nothing follows from it.
            self.answers.insert((number, u32::MAX), None);
        }
    }

    fn answered(&mut self, number: usize, jumps: u32, answer: Option<Vec<u8>>) {
        if *self.answers.entry((number, jumps)).or_insert_with(|| answer.clone()) != answer {
            self.bad(format!("I1: {} has two answers", token(number)));
        }
    }

    /// After the end: nothing is in flight, and what was acknowledged is still there.
    pub(crate) fn check_end(&mut self, tokens: usize) {
        let mut bad = Vec::new();
        let mut ends: BTreeMap<_, Vec<i64>> = BTreeMap::new();
        for row in self.database.rows.values() {
            // Those of ceremonies are seen to by themselves: one may have begun without a file.
            if row.is_in_flight() && !row.intent.is_offline() {
                bad.push(format!("I5: {} has not ended", row.intent.serial()));
            }
            match row.certificate() {
                Some(_) => self.counts.certificates += 1,
                None => self.counts.abandoned += 1,
            }
            if self.database.jumps > 0
                && let (Some(token), Some(_)) = (row.intent.token(), row.certificate())
            {
                ends.entry(token.key).or_default().extend(row.ended_at());
            }
        }
        for number in 0..tokens {
            if !self.answers.keys().any(|(answered, _)| *answered == number) {
                bad.push(format!("I5: {} has no answer", token(number)));
            }
        }
        for (serial, (_, marked)) in &self.acknowledged {
            let kept = self.database.rows.get(serial).and_then(Row::certificate);
            if kept.is_none_or(|certificate| mark(certificate) != *marked) {
                bad.push(format!("I4: {serial} was acknowledged and is gone"));
            }
        }
        for times in ends.values_mut() {
            times.sort_unstable();
            if times.windows(2).any(|pair| pair[1] - pair[0] < i64::from(WINDOW) - 2 * APART) {
                bad.push("I7: two certificates of one token are within a window".to_owned());
            }
        }
        if let Some((partition, count)) = self.database.filled.iter().find(|(_, count)| **count > TAKES) {
            bad.push(format!("I6: partition {partition} has {count} certificates"));
        }
        self.check_lists(&mut bad);
        self.counts.tokens += tokens as u64;
        self.counts.lists += self.lists.len() as u64;
        self.counts.revoked += self.revoked.len() as u64;
        self.counts.partitions += self.database.filled.len() as u64;
        self.violations.append(&mut bad);
    }

    /// A list has what was known to be revoked before it was begun, and before any with a lower number was.
    fn check_lists(&mut self, bad: &mut Vec<String>) {
        self.lists.sort_by_key(|list| list.number);
        let mut due: HashSet<SerialNumber> = HashSet::new();
        let mut last = 0;
        for list in &self.lists {
            if list.number == last {
                bad.push(format!("I8: two lists have number {last}"));
            }
            last = list.number;
            due.extend(list.begun.iter().filter(|serial| !self.database.pruned.contains(serial)));
            if let Some(missing) = due.iter().find(|serial| !list.entries.contains(serial)) {
                bad.push(format!("I8: list {last} does not have {missing}"));
            }
        }
    }

    /// One of the certificates that callers hold.
    pub(crate) fn any_acknowledged(&mut self) -> Option<SerialNumber> {
        let count = self.acknowledged.len() as u64;
        if count == 0 { None } else { self.acknowledged.keys().nth(self.chance.below(count) as usize).copied() }
    }

    pub(crate) fn found(&self, serial: SerialNumber) -> Option<Record> {
        self.database.by_serial(serial)
    }
}
