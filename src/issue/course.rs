//! The one order in which certificates come about: judge, reserve, sign, commit (R-LED-1). It does no I/O: it says what is to be done next, and
//! the issuers do it and say what came of it.

use std::sync::Arc;

use super::attempt::{Asked, Presented};
use super::core::Core;
use super::places::{Next, Order, Place};
use super::prepare;
use super::prepared::Prepared;
use super::serial_source::SerialSourceError;
use super::trace::{Stage, Trace};
use crate::crypto::signer::{SignError, Signature};
use crate::error::Error;
use crate::issued::IssuedCertificate;
use crate::ledger::answer::{Abandon, Ended, Reserved, Signed};
use crate::ledger::blocking::Keeps;
use crate::ledger::error::LedgerError;
use crate::ledger::intent::{Intent, Token};
use crate::ledger::key::IdempotencyKey;
use crate::ledger::record::{Record, State};
use crate::x509::algorithm::SigningAlgorithm;
use crate::x509::timestamp::Timestamp;

/// How many serial numbers are drawn for one certificate (R-LED-7, our decision). Of random ones none is ever taken; a source that repeats itself is
/// found out.
pub(super) const MAX_DRAWS: u32 = 8;

pub(super) type Outcome = Result<Arc<IssuedCertificate>, Error>;

/// What is to be done next.
pub(super) enum Step {
    /// Ask what is recorded under a token; then [`Course::found`].
    Find(IdempotencyKey),
    /// Ask for places in partitions; then [`Course::placed`].
    Order(Order),
    /// Reserve; then [`Course::reserved`].
    Reserve(Intent),
    /// Wait until a token is free; then [`Course::is_free`].
    Wait(Busy),
    /// Prepare the request again, for the present time and with another serial number: [`Course::again`].
    Again,
    /// Nothing is to be asked any more.
    Settle(Settle),
}

/// What is to be done next, once the ledger has said that it may be.
pub(super) enum Settle {
    /// Sign what [`Course::to_sign`] has; then [`Course::signed`]. From here on a lease is held, if there is an intent.
    Sign,
    /// Commit; then [`Course::committed`].
    Commit(Signed),
    /// Abandon; then [`Course::abandoned`].
    Abandon(Abandon),
    /// End a lease, whether that succeeds or not; then [`Course::freed`].
    Free(Intent),
    /// Nothing: this is the outcome.
    Done(Outcome),
}

/// A token that another caller has.
pub(super) struct Busy {
    pub(super) key: IdempotencyKey,
    pub(super) until: Option<Timestamp>,
    /// How often this caller has waited before.
    pub(super) waits: u32,
}

/// What is to be signed.
#[allow(clippy::large_enum_variant)]
pub(super) enum ToSign {
    /// Without a record: there is no ledger, or one that keeps tokens alone.
    Alone(Prepared),
    /// As it was recorded.
    Recorded(Intent),
}

impl ToSign {
    pub(super) fn algorithm(&self) -> SigningAlgorithm {
        match self {
            ToSign::Alone(prepared) => prepared.algorithm(),
            ToSign::Recorded(intent) => intent.algorithm(),
        }
    }

    pub(super) fn tbs_der(&self) -> &[u8] {
        match self {
            ToSign::Alone(prepared) => prepared.tbs_der(),
            ToSign::Recorded(intent) => intent.tbs_der(),
        }
    }

    pub(super) fn intent(&self) -> Option<&Intent> {
        match self {
            ToSign::Alone(_) => None,
            ToSign::Recorded(intent) => Some(intent),
        }
    }

    /// The certificate, with a signature that is verified unless the signer is trusted.
    fn finish(self, core: &Core, signature: &[u8]) -> Result<IssuedCertificate, Error> {
        let prepared = match self {
            ToSign::Alone(prepared) => prepared,
            ToSign::Recorded(intent) => Prepared { unsigned: intent.unsigned().clone() },
        };
        core.finish(prepared, signature)
    }
}

/// One issuance on its way.
#[derive(Default)]
pub(super) struct Course {
    token: Option<Token>,
    /// What was reserved, or is to be.
    intent: Option<Intent>,
    /// It stays here, because it is large and a step is handed on several times.
    to_sign: Option<ToSign>,
    /// Where the certificate is listed, if that is counted; in a box, so that a course without one stays small.
    place: Option<Box<Place>>,
    draws: u32,
    waits: u32,
    /// Why the request is refused at this moment: a certificate that was issued within the window stands against it.
    refusal: Option<Error>,
    /// What a caller gets once its lease has ended.
    failure: Option<Error>,
    trace: Trace,
}

impl Course {
    /// The first step.
    pub(super) fn begin(&mut self, asked: Asked<'_>) -> Step {
        self.trace.begin(asked.core);
        let next = self.try_begin(asked);
        self.trace.lap(Stage::Prepare);
        self.step(next)
    }

    fn try_begin(&mut self, asked: Asked<'_>) -> Result<Step, Error> {
        prepare::check_addressee(&asked.core.authority, asked.request)?;
        let presented = asked.present()?;
        self.token = asked.core.token_of(asked.request, presented.as_der());
        self.prepare(asked, presented)
    }

    /// A prepared file has its signature already, and is an intent like any other.
    #[cfg(feature = "serde")]
    pub(super) fn of_file(core: &Core, intent: Intent, place: Option<Place>) -> Course {
        let mut course = Course { token: intent.token(), place: place.map(Box::new), ..Course::default() };
        course.take_place(&intent);
        course.intent = Some(intent);
        course.trace.begin(core);
        course
    }

    /// Why a prepared file cannot go this way.
    #[cfg(feature = "serde")]
    pub(super) fn refusal(self, step: Step) -> Error {
        match step {
            Step::Again => {
                let reason = "that of the prepared file belongs to another certificate".to_owned();
                SerialSourceError { reason }.into()
            }
            Step::Settle(Settle::Done(Err(error))) => error,
            _ => self.failure.unwrap_or_else(unexpected),
        }
    }

    /// The first step once more.
    pub(super) fn again(&mut self, asked: Asked<'_>) -> Step {
        self.trace.mark();
        let next = asked.present().and_then(|presented| self.prepare(asked, presented));
        self.trace.lap(Stage::Prepare);
        self.step(next)
    }

    /// Prepares the request for the present time, to be reserved or to be signed without a record.
    fn prepare(&mut self, asked: Asked<'_>, presented: Presented<'_>) -> Result<Step, Error> {
        let core = asked.core;
        if self.place.is_none() {
            match core.next_place() {
                None => {}
                Some(Next::Place(place)) => self.place = Some(Box::new(place)),
                Some(Next::Order(order)) => return Ok(Step::Order(order)),
            }
        }
        let now = core.clock.now();
        let outcome = core.prepare_presented(asked.request, presented, now, self.place.as_deref());
        let Some(token) = self.token else {
            let prepared = outcome?;
            return Ok(match core.ledger {
                Some(ledger) if ledger.keeps == Keeps::Everything => self.reserve(core, prepared, now),
                _ => {
                    core.note_turn(prepared.crl_partition());
                    Step::Settle(self.sign(ToSign::Alone(prepared)))
                }
            });
        };
        match outcome {
            Ok(prepared) => Ok(self.reserve(core, prepared, now)),
            // Before the ledger is asked, which would answer an invalid request with an earlier certificate.
            Err(error @ (Error::AuthorityState { .. } | Error::Validity(_))) if core.was_valid(asked, now)? => {
                self.refusal = Some(error);
                Ok(Step::Find(token.key))
            }
            Err(error) => Err(error),
        }
    }

    fn reserve(&mut self, core: &Core, prepared: Prepared, now: Timestamp) -> Step {
        let intent = Intent::new(prepared.unsigned, now, self.token, core.caller.clone(), false);
        self.take_place(&intent);
        self.intent = Some(intent.clone());
        Step::Reserve(intent)
    }

    /// The intent is about to be recorded in its place. A root's own certificate is in no list.
    fn take_place(&mut self, intent: &Intent) {
        match &mut self.place {
            Some(place) if intent.crl_partition().is_some() => place.take(),
            _ => self.place = None,
        }
    }

    /// What came of an order of places.
    pub(super) fn placed(&mut self, asked: Asked<'_>, order: Order, first: Result<u64, LedgerError>) -> Step {
        self.trace.lap(Stage::Reserve);
        match first.and_then(|first| order.given(first)) {
            Ok(place) => {
                self.place = Some(Box::new(place));
                self.again(asked)
            }
            Err(error) => self.step(Err(error.into())),
        }
    }

    /// What is recorded under the token.
    pub(super) fn found(&mut self, core: &Core, found: Result<Option<Record>, LedgerError>) -> Step {
        self.trace.lap(Stage::Reserve);
        let next = self.try_found(core, found);
        self.step(next)
    }

    fn try_found(&mut self, core: &Core, found: Result<Option<Record>, LedgerError>) -> Result<Step, Error> {
        let refusal = self.refusal.take();
        let Some((record, token)) = found?.zip(self.token) else {
            return refusal.map_or(Ok(Step::Again), Err);
        };
        if record.intent.token().is_some_and(|recorded| recorded.fingerprint != token.fingerprint) {
            return Err(core.mismatch());
        }
        match (record.state, refusal) {
            (State::Issued { certificate, .. }, _) => Ok(done(certificate)),
            (State::InFlight { lease_until: Some(until) }, Some(_)) if until > core.clock.now() => {
                Ok(self.wait(token, Some(until).filter(|until| *until != Timestamp::MAX)))
            }
            (_, Some(refusal)) => Err(refusal),
            (State::Abandoned(abandonment), None) => Err(Error::Abandoned { reason: abandonment.reason }),
            (State::InFlight { .. }, None) => Ok(Step::Again),
        }
    }

    fn wait(&mut self, token: Token, until: Option<Timestamp>) -> Step {
        let waits = self.waits;
        self.waits = waits.saturating_add(1);
        Step::Wait(Busy { key: token.key, until, waits })
    }

    /// The token that this caller waited for may be free.
    pub(super) fn is_free(&mut self) -> Step {
        match self.token {
            Some(token) => self.step(Ok(Step::Find(token.key))),
            None => self.step(Err(unexpected())),
        }
    }

    /// What the ledger said to the intent.
    pub(super) fn reserved(&mut self, core: &Core, reserved: Result<Reserved, LedgerError>) -> Step {
        let Some(intent) = self.intent.clone() else { return self.step(Err(unexpected())) };
        self.trace.lap(Stage::Reserve);
        match reserved {
            Ok(reserved) => {
                let next = self.try_reserved(core, intent, reserved);
                self.step(next)
            }
            // It may be recorded, and then has a lease that nobody uses.
            Err(error) => {
                self.failure = Some(error.into());
                Step::Settle(Settle::Free(intent))
            }
        }
    }

    /// What comes next, as it is noted.
    fn step(&mut self, next: Result<Step, Error>) -> Step {
        match next {
            Ok(Step::Settle(settle)) => Step::Settle(self.noted(settle)),
            Ok(step) => {
                self.trace.mark();
                step
            }
            Err(error) => Step::Settle(self.noted(Settle::Done(Err(error)))),
        }
    }

    fn noted(&mut self, settle: Settle) -> Settle {
        match &settle {
            Settle::Done(outcome) => self.trace.end(outcome, self.intent.as_ref()),
            _ => self.trace.mark(),
        }
        settle
    }

    fn try_reserved(&mut self, core: &Core, intent: Intent, reserved: Reserved) -> Result<Step, Error> {
        if let Some(place) = self.place.take() {
            place.settle(may_be_recorded(&intent, &reserved));
        }
        match (reserved, self.token) {
            (Reserved::Sign, _) => {
                core.note_turn(intent.crl_partition());
                Ok(Step::Settle(self.sign(ToSign::Recorded(intent))))
            }
            (Reserved::Issued(certificate), _) => Ok(done(certificate)),
            (Reserved::TakeUp(recorded), _) => Ok(Step::Settle(self.take_up(core, recorded))),
            (Reserved::Busy { until }, Some(token)) => Ok(self.wait(token, until)),
            // Somebody finishes this very intent.
            (Reserved::Busy { .. }, None) => Err(unexpected()),
            (Reserved::Mismatch, _) => Err(core.mismatch()),
            (Reserved::Refused(abandonment), _) => Err(Error::Abandoned { reason: abandonment.reason }),
            (Reserved::SerialTaken, _) => {
                self.draws += 1;
                if self.draws >= MAX_DRAWS {
                    return Err(all_taken());
                }
                Ok(Step::Again)
            }
            (Reserved::Full, _) => Err(Error::LedgerFull { window_seconds: core.window_seconds() }),
        }
    }

    /// An intent that was recorded by another caller, or before a restart, and whose lease is now this caller's: judged by the authority
    /// as it is now, then signed or abandoned.
    pub(super) fn take_up(&mut self, core: &Core, recorded: Intent) -> Settle {
        self.trace.begin(core);
        self.intent = Some(recorded.clone());
        match core.check_standing(&recorded) {
            Ok(()) => self.sign(ToSign::Recorded(recorded)),
            Err(error) => {
                let reason = format!("it was taken up and refused: {error}");
                self.failure = Some(error);
                Settle::Abandon(Abandon::new(recorded, reason, true))
            }
        }
    }

    fn sign(&mut self, to_sign: ToSign) -> Settle {
        self.to_sign = Some(to_sign);
        Settle::Sign
    }

    /// What is to be signed, while that is next.
    pub(super) fn to_sign(&self) -> Option<&ToSign> {
        self.to_sign.as_ref()
    }

    /// The signature, or why there is none.
    pub(super) fn signed(&mut self, core: &Core, signature: Option<Result<Signature, SignError>>) -> Settle {
        self.trace.lap(Stage::Sign);
        let Some(signature) = signature else { return self.noted(Settle::Done(Err(unexpected()))) };
        let Some(to_sign) = self.to_sign.take() else { return self.noted(Settle::Done(Err(unexpected()))) };
        let intent = to_sign.intent().cloned();
        let finished = signature.map_err(Error::from).and_then(|made| to_sign.finish(core, made.as_bytes()));
        match (finished.map(Arc::new), intent) {
            (Ok(certificate), Some(intent)) => {
                self.trace.mark();
                Settle::Commit(Signed::new(intent, certificate))
            }
            (outcome, None) => self.noted(Settle::Done(outcome)),
            (Err(error), Some(intent)) if intent.token().is_some() => {
                self.failure = Some(error);
                Settle::Free(intent)
            }
            // Nobody can ask for it again.
            (Err(error), Some(intent)) => {
                let reason = error.to_string();
                self.failure = Some(error);
                Settle::Abandon(Abandon::new(intent, reason, true))
            }
        }
    }

    /// What the ledger said to the certificate.
    pub(super) fn committed(&mut self, committed: Result<Ended, LedgerError>) -> Settle {
        self.trace.lap(Stage::Commit);
        match (committed, self.intent.clone()) {
            (Ok(ended), _) => self.noted(Settle::Done(outcome_of(ended))),
            (Err(error), Some(intent)) => {
                self.failure = Some(error.into());
                Settle::Free(intent)
            }
            (Err(error), None) => self.noted(Settle::Done(Err(error.into()))),
        }
    }

    /// What the ledger said to an intent that was given up. A failure of it changes nothing: recovery will abandon the intent.
    pub(super) fn abandoned(&mut self, abandoned: Result<Ended, LedgerError>) -> Settle {
        match abandoned {
            // Somebody else has finished it meanwhile.
            Ok(Ended::Issued(certificate)) => self.noted(Settle::Done(Ok(certificate))),
            _ => self.freed(),
        }
    }

    /// The lease has ended.
    pub(super) fn freed(&mut self) -> Settle {
        let failure = self.failure.take().unwrap_or_else(unexpected);
        self.noted(Settle::Done(Err(failure)))
    }
}

/// Whether the ledger may have the intent itself, after this answer to it.
fn may_be_recorded(intent: &Intent, reserved: &Reserved) -> bool {
    match reserved {
        // Of another one of the token, or of this one: it does not say.
        Reserved::Sign | Reserved::Refused(_) => true,
        Reserved::Issued(certificate) => certificate.serial() == intent.serial(),
        Reserved::TakeUp(recorded) => recorded.is_same(intent),
        Reserved::Busy { .. } | Reserved::Mismatch | Reserved::SerialTaken | Reserved::Full => false,
    }
}

fn done(certificate: Arc<IssuedCertificate>) -> Step {
    Step::Settle(Settle::Done(Ok(certificate)))
}

/// The outcome of an intent that was committed.
pub(super) fn outcome_of(ended: Ended) -> Outcome {
    match ended {
        Ended::Issued(certificate) => Ok(certificate),
        Ended::Abandoned(abandonment) => Err(Error::Abandoned { reason: abandonment.reason }),
        Ended::Unknown => Err(LedgerError::new("it does not have the intent that was signed").into()),
    }
}

/// The first of the answers to one item.
pub(super) fn only<T>(answers: Result<Vec<T>, LedgerError>) -> Result<T, LedgerError> {
    answers?.pop().ok_or_else(|| LedgerError::new("it gave no answer to an item"))
}

fn unexpected() -> Error {
    LedgerError::new("it gave an answer that does not belong to the question").into()
}

pub(super) fn all_taken() -> Error {
    let reason = format!("each of {MAX_DRAWS} serial numbers in a row belongs to another certificate");
    SerialSourceError { reason }.into()
}
