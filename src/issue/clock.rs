//! Clocks that tell the time.

use std::sync::Arc;
use std::time::SystemTime;

use crate::x509::timestamp::Timestamp;

/// Tells the time. The engine has no clock of its own. [`FixedClock`](crate::issue::FixedClock) has an example.
pub trait Clock: Send + Sync {
    /// The present time.
    fn now(&self) -> Timestamp;
}

/// The clock of the operating system. On `wasm32-unknown-unknown` there is none, and the standard library panics when it is asked:
/// give the issuer a clock of your own. [`FixedClock`](crate::issue::FixedClock) has an example.
#[derive(Debug, Clone, Copy, Default)]
#[allow(clippy::exhaustive_structs, reason = "a value is its name")]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        SystemTime::now().into()
    }
}

/// A clock that stands still: for tests, and for rebuilding a known certificate.
///
/// ```
/// use issuance::Clock;
/// use issuance::issue::FixedClock;
/// let clock = FixedClock("2026-11-21T09:30:00Z".parse()?);
/// assert_eq!(clock.now().to_string(), "2026-11-21T09:30:00Z");
/// # Ok::<(), issuance::x509::TimestampError>(())
/// ```
#[derive(Debug, Clone, Copy)]
#[allow(clippy::exhaustive_structs, reason = "the time is all there is to it")]
pub struct FixedClock(pub Timestamp);

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        self.0
    }
}

macro_rules! forward_clock {
    ($($pointer:ty),+) => {$(
        impl<T: Clock + ?Sized> Clock for $pointer {
            fn now(&self) -> Timestamp {
                (**self).now()
            }
        }
    )+};
}
forward_clock!(&T, Box<T>, Arc<T>);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pointers_are_clocks() {
        let shared: Arc<dyn Clock> = Arc::new(FixedClock(Timestamp::MAX));
        let now = |clock: &dyn Clock| clock.now();
        assert_eq!([now(&shared.as_ref()), now(&Box::new(&shared)), now(&shared)], [Timestamp::MAX; 3]);
    }
}
