//! One span for each issuance (R-LED-9), with the feature `tracing`; without it, nothing.

#[cfg(feature = "tracing")]
pub(super) use self::spans::Trace;

#[cfg(not(feature = "tracing"))]
pub(super) use self::nothing::Trace;

/// What a caller waits for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Stage {
    Prepare,
    Reserve,
    Sign,
    Commit,
}

#[cfg(feature = "tracing")]
mod spans {
    use std::time::{Duration, Instant};

    use tracing::Span;
    use tracing::field::{Empty, display};

    use super::Stage;
    use crate::issue::core::Core;
    use crate::issue::course::Outcome;
    use crate::ledger::intent::Intent;

    /// The span of an issuance, and how long its stages take. It says who issues what by its serial number and template, and never what the
    /// request or the certificate says.
    #[derive(Default)]
    pub(in crate::issue) struct Trace {
        span: Option<Span>,
        since: Option<Instant>,
        /// By [`Stage`].
        took: [Duration; 4],
        is_over: bool,
    }

    impl Trace {
        pub(in crate::issue) fn begin(&mut self, core: &Core) {
            self.since = Some(Instant::now());
            self.span.get_or_insert_with(|| {
                tracing::info_span!(
                    "issuance",
                    authority = %core.authority.arn(),
                    serial = Empty,
                    template = Empty,
                    outcome = Empty,
                    prepare_us = Empty,
                    reserve_us = Empty,
                    sign_us = Empty,
                    commit_us = Empty,
                )
            });
        }

        /// Something begins.
        pub(in crate::issue) fn mark(&mut self) {
            self.since = Some(Instant::now());
        }

        /// A stage has ended that began at the last mark. A stage can come again.
        pub(in crate::issue) fn lap(&mut self, stage: Stage) {
            if let (Some(since), Some(took)) = (self.since.take(), self.took.get_mut(stage as usize)) {
                *took += since.elapsed();
            }
        }

        pub(in crate::issue) fn end(&mut self, outcome: &Outcome, intent: Option<&Intent>) {
            let Some(span) = &self.span else { return };
            match (outcome, intent) {
                (Ok(certificate), _) => {
                    span.record("serial", display(certificate.serial()));
                    span.record("template", certificate.plan().template());
                    span.record("outcome", "issued");
                }
                (Err(error), intent) => {
                    if let Some(intent) = intent {
                        span.record("serial", display(intent.serial()));
                        span.record("template", intent.template());
                    }
                    span.record("outcome", error.aws_exception().as_str());
                }
            }
            self.is_over = true;
            let names = ["prepare_us", "reserve_us", "sign_us", "commit_us"];
            for (name, took) in names.into_iter().zip(self.took) {
                span.record(name, u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
            }
        }
    }

    impl Drop for Trace {
        fn drop(&mut self) {
            if let (Some(span), false) = (&self.span, self.is_over) {
                // A future that was dropped, or a panic.
                span.record("outcome", "broken off");
            }
        }
    }
}

#[cfg(not(feature = "tracing"))]
mod nothing {
    use super::Stage;
    use crate::issue::core::Core;
    use crate::issue::course::Outcome;
    use crate::ledger::intent::Intent;

    #[derive(Default)]
    pub(in crate::issue) struct Trace;

    impl Trace {
        pub(in crate::issue) fn begin(&mut self, _: &Core) {}

        pub(in crate::issue) fn mark(&mut self) {}

        pub(in crate::issue) fn lap(&mut self, _: Stage) {}

        pub(in crate::issue) fn end(&mut self, _: &Outcome, _: Option<&Intent>) {}
    }
}
