//! Does what a course says, with a ledger whose calls block for a moment.

use std::slice;

use super::attempt::Asked;
use super::core::Core;
use super::course::{Course, Outcome, Settle, Step, only};
use super::lease::Lease;
use super::places::Order;
use crate::crypto::signer::{SignError, Signature};
use crate::ledger::answer::Reserved;
#[cfg(feature = "rayon")]
use crate::ledger::answer::{Ended, Signed};
use crate::ledger::blocking::Ledger;
use crate::ledger::error::LedgerError;
use crate::ledger::intent::Intent;
use crate::ledger::key::IdempotencyKey;
use crate::ledger::record::Record;
use crate::ledger::wait::Event;
use crate::ledger::waiter::Waiter;
use crate::x509::algorithm::SigningAlgorithm;
use crate::x509::timestamp::Timestamp;

/// An issuer and its ledger.
#[derive(Clone, Copy)]
pub(super) struct Driver<'i> {
    pub(super) core: &'i Core,
    pub(super) ledger: Option<&'i dyn Ledger>,
}

impl<'i> Driver<'i> {
    /// From a request to its outcome.
    pub(super) fn issue(
        self,
        asked: Asked<'_>,
        sign: impl Fn(SigningAlgorithm, &[u8]) -> Result<Signature, SignError>,
    ) -> Outcome {
        let mut course = Course::default();
        let mut step = course.begin(asked);
        loop {
            step = match step {
                Step::Find(key) => course.found(self.core, self.find(&key)),
                Step::Order(order) => {
                    let first = self.take_places(&order);
                    course.placed(asked, order, first)
                }
                Step::Reserve(intent) => course.reserved(self.core, only(self.reserve(slice::from_ref(&intent)))),
                Step::Wait(busy) => {
                    let free = Event::default();
                    self.when_free(&busy.key, free.waiter());
                    free.block();
                    course.is_free()
                }
                Step::Again => course.again(asked),
                Step::Settle(settle) => return self.settle(&mut course, settle, sign),
            };
        }
    }

    pub(super) fn ledger(&self) -> Result<&'i dyn Ledger, LedgerError> {
        self.ledger.ok_or_else(|| LedgerError::new("the issuer has none"))
    }

    pub(super) fn find(&self, key: &IdempotencyKey) -> Result<Option<Record>, LedgerError> {
        self.ledger()?.by_token(key, self.core.clock.now())
    }

    pub(super) fn take_places(&self, order: &Order) -> Result<u64, LedgerError> {
        self.ledger()?.take_crl_places(self.core.authority.arn(), order.count())
    }

    pub(super) fn reserve(&self, intents: &[Intent]) -> Result<Vec<Reserved>, LedgerError> {
        self.ledger()?.reserve(intents, self.core.clock.now())
    }

    pub(super) fn when_free(&self, key: &IdempotencyKey, waiter: Waiter) {
        match self.ledger {
            Some(ledger) => ledger.when_free(key, waiter),
            None => waiter.wake(),
        }
    }

    #[cfg(feature = "rayon")]
    pub(super) fn commit(&self, signed: &[Signed]) -> Result<Vec<Ended>, LedgerError> {
        self.ledger()?.commit(signed, self.core.clock.now())
    }

    /// The lease of an intent, to be freed by this thread.
    fn lease(self) -> Lease<'i, impl Fn(&Intent, Timestamp)> {
        Lease::new(&*self.core.clock, move |intent, now| {
            // Where this fails, the lease ends by itself.
            let _ = self.ledger().and_then(|ledger| ledger.free(slice::from_ref(intent), now));
        })
    }

    /// Signs, if that is next. The lease goes on with what is next then, but after a panic.
    pub(super) fn sign(
        self,
        course: &mut Course,
        settle: Settle,
        sign: impl Fn(SigningAlgorithm, &[u8]) -> Result<Signature, SignError>,
    ) -> Settle {
        let Settle::Sign = settle else { return settle };
        let mut lease = self.lease();
        let signature = course.to_sign().map(|to_sign| {
            lease.of(to_sign.intent());
            sign(to_sign.algorithm(), to_sign.tbs_der())
        });
        let next = course.signed(self.core, signature);
        lease.end();
        next
    }

    /// From the signature to the outcome.
    pub(super) fn settle(
        self,
        course: &mut Course,
        first: Settle,
        sign: impl Fn(SigningAlgorithm, &[u8]) -> Result<Signature, SignError>,
    ) -> Outcome {
        let mut lease = self.lease();
        let mut settle = first;
        loop {
            settle = match settle {
                Settle::Done(outcome) => {
                    lease.end();
                    return outcome;
                }
                Settle::Sign => self.sign(course, Settle::Sign, &sign),
                Settle::Commit(signed) => {
                    // A ledger that panics leaves the lease to be freed.
                    lease.of(Some(&signed.intent));
                    let now = self.core.clock.now();
                    let committed = self.ledger().and_then(|ledger| ledger.commit(slice::from_ref(&signed), now));
                    course.committed(only(committed))
                }
                Settle::Abandon(abandon) => {
                    let now = self.core.clock.now();
                    let abandoned = self.ledger().and_then(|ledger| ledger.abandon(slice::from_ref(&abandon), now));
                    course.abandoned(only(abandoned))
                }
                Settle::Free(intent) => {
                    lease.of(Some(&intent));
                    lease.free_now();
                    course.freed()
                }
            };
        }
    }
}
