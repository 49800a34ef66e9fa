//! The lease of an intent, which ends with its caller's work, whatever ends that.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;

use super::clock::Clock;
use crate::ledger::intent::Intent;
use crate::ledger::unwind::discard;
use crate::x509::timestamp::Timestamp;

/// Dropped without [`Lease::end`], on an error or a panic, it frees the intent.
pub(super) struct Lease<'i, F: Fn(&Intent, Timestamp)> {
    intent: Option<Intent>,
    clock: &'i dyn Clock,
    free: F,
}

impl<'i, F: Fn(&Intent, Timestamp)> Lease<'i, F> {
    /// No lease yet.
    pub(super) fn new(clock: &'i dyn Clock, free: F) -> Self {
        Lease { intent: None, clock, free }
    }

    /// That of this intent, if there is one.
    pub(super) fn of(&mut self, intent: Option<&Intent>) {
        self.intent = intent.cloned();
    }

    /// The lease has ended with its intent.
    pub(super) fn end(&mut self) {
        self.intent = None;
    }
}

impl<F: Fn(&Intent, Timestamp)> Drop for Lease<'_, F> {
    fn drop(&mut self) {
        self.free_now();
    }
}

impl<F: Fn(&Intent, Timestamp)> Lease<'_, F> {
    /// Frees the intent, if there is one.
    pub(super) fn free_now(&mut self) {
        let Some(intent) = self.intent.take() else { return };
        let free = || (self.free)(&intent, self.clock.now());
        if thread::panicking() {
            // A ledger that panics as well must not end the process: the panic that is under way is the one to report.
            if let Err(payload) = catch_unwind(AssertUnwindSafe(free)) {
                discard(payload);
            }
        } else {
            free();
        }
    }
}
