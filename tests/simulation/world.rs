//! What replicas share: a database behind a network that loses, repeats and delays, a signer, and time. What is wrong is noted here.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard};
use std::task::{Context, Poll};

use issuance::ledger::Record;
use issuance::{IssuedCertificate, SerialNumber, Timestamp};
use issuance_test_support::ca::NOW;
use issuance_test_support::chance::Chance;

use crate::database::{Answer, Call, Database, Plant, Row};

pub(crate) const REPLICAS: usize = 3;

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
    /// What was signed for a token or a serial number.
    signed_for: HashMap<Vec<u8>, Vec<u8>>,
    /// What was answered under a token: a certificate, or a refusal.
    answers: HashMap<usize, Option<Vec<u8>>>,
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
    const VERSION_3: [u8; 6] = [0xa0, 3, 2, 1, 2, 2];
    let serial = tbs.windows(6).position(|window| window == VERSION_3).map(|at| {
        let length = usize::from(tbs[at + 6]);
        tbs[at + 7..at + 7 + length].to_vec()
    });
    let token = tbs.windows(6).position(|window| window == b"token-").map(|at| tbs[at..at + 8].to_vec());
    assert!(serial.is_some(), "every TBSCertificate has a serial number");
    serial.into_iter().chain(token)
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
            signed_for: HashMap::new(),
            answers: HashMap::new(),
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

    /// The signature, each of which is another one.
    pub(crate) fn sign(&mut self, tbs: &[u8]) -> Vec<u8> {
        if !self.database.rows.values().any(|row| row.intent.tbs_der() == tbs) {
            self.bad("I3: something was signed without an intent".to_owned());
        }
        for name in names(tbs) {
            let shown = String::from_utf8_lossy(&name).escape_debug().to_string();
            match self.signed_for.get(&name) {
                None => drop(self.signed_for.insert(name, tbs.to_vec())),
                Some(before) if before == tbs => self.counts.second_signatures += u64::from(name.len() < 8),
                Some(_) => self.bad(format!("I2: two TBSCertificates were signed for {shown}")),
            }
        }
        self.signatures += 1;
        self.counts.signatures += 1;
        let [high, low] = (0x100 + self.signatures).to_be_bytes();
        vec![0x30, 7, 2, 1, 1, 2, 2, high, low]
    }

    /// A caller holds a certificate now.
    pub(crate) fn issued(&mut self, token: Option<usize>, certificate: &IssuedCertificate) {
        let recorded = self.database.rows.get(&certificate.serial()).and_then(Row::certificate);
        if recorded.is_none_or(|recorded| recorded.der() != certificate.der()) {
            self.bad(format!("I4: {} was acknowledged and is not recorded", certificate.serial()));
        }
        if let Some(number) = token {
            self.answered(number, Some(certificate.der().to_vec()));
        }
    }

    /// The answer to a token: a certificate, or a refusal for good.
    pub(crate) fn answered(&mut self, number: usize, answer: Option<Vec<u8>>) {
        if *self.answers.entry(number).or_insert_with(|| answer.clone()) != answer {
            self.bad(format!("I1: {} has two answers", token(number)));
        }
    }

    /// After the end: nothing is in flight, and what was acknowledged is still there.
    pub(crate) fn check_end(&mut self, tokens: usize) {
        let mut bad = Vec::new();
        for row in self.database.rows.values() {
            if row.is_in_flight() {
                bad.push(format!("I5: {} has not ended", row.intent.serial()));
            }
            match row.certificate() {
                Some(_) => self.counts.certificates += 1,
                None => self.counts.abandoned += 1,
            }
        }
        for number in 0..tokens {
            match self.answers.get(&number) {
                None => bad.push(format!("I5: {} has no answer", token(number))),
                Some(Some(der)) => {
                    let mut kept = self.database.rows.values().filter_map(Row::certificate);
                    if !kept.any(|certificate| certificate.der() == *der) {
                        bad.push(format!("I4: the certificate of {} is gone", token(number)));
                    }
                }
                Some(None) => {}
            }
        }
        self.counts.tokens += tokens as u64;
        self.violations.append(&mut bad);
    }

    pub(crate) fn found(&self, serial: SerialNumber) -> Option<Record> {
        self.database.by_serial(serial)
    }
}
