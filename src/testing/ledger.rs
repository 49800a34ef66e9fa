//! The contract of ledgers: what [`Ledger`] promises, as checks that any implementation must pass.

mod answers;
mod callers;
mod lists;
mod tokens;

use std::fmt;

use crate::error::Error;
use crate::issue::sample_intents::{Sample, Samples, token};
use crate::ledger::answer::{Ended, Reserved, Signed};
use crate::ledger::blocking::{Keeps, Ledger};
use crate::ledger::error::LedgerError;
use crate::ledger::intent::Intent;
use crate::ledger::record::{Record, State};
use crate::x509::timestamp::Timestamp;

/// What a ledger did that it must not do.
///
/// ```
/// # #[cfg(feature = "testing")] {
/// use issuance::ledger::MemoryLedger;
/// use issuance::testing::check_ledger;
/// check_ledger(|| MemoryLedger::new(300).keep_everything())?;
/// # }
/// # Ok::<(), issuance::testing::LedgerContractError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LedgerContractError {
    /// What is promised.
    pub promise: &'static str,
    /// What was found.
    pub found: String,
}

impl fmt::Display for LedgerContractError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the ledger breaks its promise '{}': {}", self.promise, self.found)
    }
}

impl std::error::Error for LedgerContractError {}

/// Checks what every ledger promises, each promise with a new and empty ledger from `make`.
///
/// What a restart leaves is [`check_reopened_ledger`]. An [`AsyncLedger`](crate::ledger::AsyncLedger) is checked by way of
/// [`Parked`](crate::ledger::Parked):
///
/// ```
/// # fn run() -> Result<(), issuance::testing::LedgerContractError> {
/// use issuance::ledger::{MemoryLedger, Parked, Task};
/// use issuance::testing::check_ledger;
///
/// /// What an executor brings, for futures that are ready soon.
/// fn block_on(mut task: Task) {
///     let mut context = std::task::Context::from_waker(std::task::Waker::noop());
///     while task.as_mut().poll(&mut context).is_pending() {
///         std::thread::yield_now();
///     }
/// }
/// check_ledger(|| Parked::new(MemoryLedger::new(300), |task| drop(std::thread::spawn(|| block_on(task)))))
/// # }
/// # run().unwrap();
/// ```
///
/// # Errors
/// The first promise that is broken.
pub fn check_ledger<L: Ledger>(make: impl Fn() -> L) -> Result<(), LedgerContractError> {
    let everything = make().keeps() == Keeps::Everything;
    let of_everything = answers::PROMISES.iter().chain(lists::PROMISES).filter(|_| everything);
    for (promise, check) in tokens::PROMISES.iter().chain(callers::PROMISES).chain(of_everything) {
        let ledger = make();
        let broken = |found: Broken| LedgerContractError { promise, found: found.0 };
        let bench = Bench::new(&ledger).map_err(broken)?;
        check(&bench).map_err(broken)?;
    }
    Ok(())
}

/// Checks that a ledger that was closed and opened again has all that it acknowledged. `reopen` drops the ledger and opens it anew, as a
/// process does after a restart, at a time when every lease of before is over: an hour after the times of the check.
///
/// # Errors
/// What was lost or changed.
pub fn check_reopened_ledger<L: Ledger>(ledger: L, reopen: impl FnOnce(L) -> L) -> Result<(), LedgerContractError> {
    let broken = |found: Broken| LedgerContractError { promise: "what was acknowledged survives", found: found.0 };
    let written = Bench::new(&ledger).and_then(|bench| lists::write_one_of_each(&bench)).map_err(broken)?;
    let ledger = reopen(ledger);
    Bench::new(&ledger).and_then(|bench| lists::read_one_of_each(&bench, &written)).map_err(broken)
}

/// What was found, where a promise is broken.
pub(super) struct Broken(String);

impl From<LedgerError> for Broken {
    fn from(error: LedgerError) -> Self {
        Broken(error.to_string())
    }
}

impl From<Error> for Broken {
    fn from(error: Error) -> Self {
        Broken(format!("a sample cannot be made: {error}"))
    }
}

type Checked = Result<(), Broken>;
/// What is promised, and the check.
type Promise = (&'static str, fn(&Bench<'_>) -> Checked);

/// Breaks off if something is not as it should be.
fn hold(holds: bool, found: impl FnOnce() -> String) -> Checked {
    if holds { Ok(()) } else { Err(Broken(found())) }
}

/// The time of a check, in seconds.
fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix(1_800_000_000 + seconds).unwrap_or(Timestamp::MAX)
}

const ARN: &str = "arn:aws:acm-pca:us-west-2:123456789012:certificate-authority/12345678-1234-1234-1234-123456789012";
const OTHER_ARN: &str =
    "arn:aws:acm-pca:us-west-2:123456789012:certificate-authority/87654321-4321-4321-4321-210987654321";

/// A ledger and what is put into it.
struct Bench<'l> {
    ledger: &'l dyn Ledger,
    samples: Samples,
    /// Another authority with the same key.
    others: Samples,
    window: i64,
}

impl<'l> Bench<'l> {
    fn new(ledger: &'l dyn Ledger) -> Result<Bench<'l>, Broken> {
        let samples = |arn: &str| Samples::new(arn.parse().map_err(Error::from)?, at(-1_000_000));
        Ok(Bench {
            ledger,
            samples: samples(ARN)?,
            others: samples(OTHER_ARN)?,
            window: i64::from(ledger.window_seconds()),
        })
    }

    /// An intent without a token.
    fn plain(&self, serial: u64, seconds: i64) -> Result<Intent, Broken> {
        Ok(self.samples.intent(Sample::new(serial, at(seconds)))?)
    }

    fn tokened(&self, serial: u64, seconds: i64, number: u64) -> Result<Intent, Broken> {
        Ok(self.samples.intent(Sample::new(serial, at(seconds)).token(number, 0))?)
    }

    fn reserve(&self, intent: &Intent, seconds: i64) -> Result<Reserved, Broken> {
        let mut answers = self.ledger.reserve(std::slice::from_ref(intent), at(seconds))?;
        match (answers.pop(), answers.is_empty()) {
            (Some(answer), true) => Ok(answer),
            _ => Err(Broken("reserve gave another number of answers than one for one intent".to_owned())),
        }
    }

    /// Reserves what must be answered with [`Reserved::Sign`].
    fn sign(&self, intent: &Intent, seconds: i64) -> Checked {
        let answer = self.reserve(intent, seconds)?;
        hold(matches!(answer, Reserved::Sign), || format!("a new intent is answered with {}", name(&answer)))
    }

    fn commit(&self, intent: &Intent, mark: u8, seconds: i64) -> Result<Ended, Broken> {
        let signed: [Signed; 1] = [Samples::signed(intent, mark)];
        let answer = self.ledger.commit(&signed, at(seconds))?.pop();
        answer.ok_or_else(|| Broken("commit gave no answer".to_owned()))
    }

    /// Reserves and commits. Gives the bytes of the certificate.
    fn issue(&self, intent: &Intent, seconds: i64) -> Result<Vec<u8>, Broken> {
        self.sign(intent, seconds)?;
        der_of(self.commit(intent, 1, seconds)?)
    }

    fn free(&self, intent: &Intent, seconds: i64) -> Checked {
        Ok(self.ledger.free(std::slice::from_ref(intent), at(seconds))?)
    }

    fn record(&self, intent: &Intent) -> Result<Record, Broken> {
        let record = self.ledger.by_arn(intent.id())?;
        record.ok_or_else(|| Broken("by_arn does not find what was reserved".to_owned()))
    }

    /// When the lease of what was reserved at second 0 and its window are over, whether or not it was freed.
    fn after_lease_and_window(&self) -> i64 {
        3_600 + self.window
    }

    fn key(number: u64) -> crate::ledger::key::IdempotencyKey {
        token(number, 0).key
    }
}

/// The bytes of a certificate that must have been issued.
fn der_of(ended: Ended) -> Result<Vec<u8>, Broken> {
    match ended {
        Ended::Issued(certificate) => Ok(certificate.der().to_vec()),
        Ended::Abandoned(_) => Err(Broken("an intent in flight counts as abandoned".to_owned())),
        Ended::Unknown => Err(Broken("an intent that was reserved is unknown".to_owned())),
    }
}

fn name(reserved: &Reserved) -> &'static str {
    match reserved {
        Reserved::Sign => "Sign",
        Reserved::Issued(_) => "Issued",
        Reserved::TakeUp(_) => "TakeUp",
        Reserved::Busy { .. } => "Busy",
        Reserved::Mismatch => "Mismatch",
        Reserved::Refused(_) => "Refused",
        Reserved::SerialTaken => "SerialTaken",
        Reserved::Full => "Full",
    }
}

fn state(record: &Record) -> &'static str {
    match &record.state {
        State::InFlight { .. } => "in flight",
        State::Issued { .. } => "issued",
        State::Abandoned(_) => "abandoned",
    }
}
