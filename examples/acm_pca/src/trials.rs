//! What those who write clients can have the service do to them: refuse calls, take long, be at another time.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use issuance::api::{Fault, Operation};
use issuance::issue::SystemClock;
use issuance::{AwsException, Clock, Timestamp};

/// The longest delay, and the largest offset of the clock: a hundred years.
const LONGEST_DELAY: Duration = Duration::from_secs(3600);
const LARGEST_OFFSET: Duration = Duration::from_secs(100 * 366 * 86_400);

#[derive(Default)]
pub(crate) struct Trials {
    faults: Vec<Chance>,
    delays: Vec<(Operation, Duration)>,
    in_progress: Vec<InProgress>,
}

/// A refusal that some calls of an operation get.
struct Chance {
    operation: Operation,
    exception: AwsException,
    /// From 0 to 1.
    probability: f64,
}

/// The first calls of an operation come too early.
struct InProgress {
    operation: Operation,
    count: u64,
    seen: AtomicU64,
}

impl Trials {
    pub(crate) fn is_empty(&self) -> bool {
        let Trials { faults, delays, in_progress } = self;
        faults.is_empty() && delays.is_empty() && in_progress.is_empty()
    }

    /// `issue-certificate=ThrottlingException:0.1`.
    pub(crate) fn add_fault(&mut self, text: &str) -> Result<(), String> {
        let wrong = || {
            format!("'{text}' must be OPERATION=EXCEPTION:PROBABILITY, as in issue-certificate=ThrottlingException:0.1")
        };
        let (operation, rest) = assigned(text)?;
        let (exception, probability) = rest.split_once(':').ok_or_else(wrong)?;
        let exception = exception.parse().map_err(|error| format!("{text}: {error}"))?;
        let probability = probability.parse().ok().filter(|number| (0.0..=1.0).contains(number));
        let probability = probability.ok_or_else(|| format!("{text}: the probability must be a number from 0 to 1"))?;
        self.faults.push(Chance { operation, exception, probability });
        Ok(())
    }

    /// `issue-certificate=250ms`.
    pub(crate) fn add_delay(&mut self, text: &str) -> Result<(), String> {
        let (operation, rest) = assigned(text)?;
        let delay = duration(rest).filter(|delay| *delay <= LONGEST_DELAY);
        let delay =
            delay.ok_or_else(|| format!("{text}: a delay is a number with ms, s or m, up to an hour, as in 250ms"))?;
        self.delays.push((operation, delay));
        Ok(())
    }

    /// `get-certificate=2`.
    pub(crate) fn add_in_progress(&mut self, text: &str) -> Result<(), String> {
        let (operation, rest) = assigned(text)?;
        let count = rest.parse().map_err(|_| format!("{text}: '{rest}' is not a number of calls"))?;
        self.in_progress.push(InProgress { operation, count, seen: AtomicU64::new(0) });
        Ok(())
    }

    /// What a call of the operation meets before it is carried out.
    pub(crate) async fn meet(&self, operation: Operation) -> Result<(), Fault> {
        for (_, delay) in self.delays.iter().filter(|(of, _)| *of == operation) {
            tokio::time::sleep(*delay).await;
        }
        for early in self.in_progress.iter().filter(|early| early.operation == operation) {
            if early.seen.fetch_add(1, Ordering::Relaxed) < early.count {
                let problem = "The request is still in progress; --in-progress asks for this";
                return Err(Fault::new(AwsException::RequestInProgress, problem));
            }
        }
        for chance in self.faults.iter().filter(|chance| chance.operation == operation) {
            if drawn() < chance.probability {
                return Err(Fault::new(chance.exception, "This call is refused because --fault asks for it"));
            }
        }
        Ok(())
    }

    /// Counts from the beginning.
    pub(crate) fn reset(&self) {
        for early in &self.in_progress {
            early.seen.store(0, Ordering::Relaxed);
        }
    }
}

/// The operation before the sign of equality, by its name in the API or in the AWS CLI, and what is after it.
fn assigned(text: &str) -> Result<(Operation, &str), String> {
    let (name, rest) = text.split_once('=').ok_or_else(|| format!("'{text}' must begin with an operation and '='"))?;
    let plain = |name: &str| name.replace('-', "").to_ascii_lowercase();
    let operation = Operation::ALL.iter().find(|operation| plain(operation.as_str()) == plain(name));
    operation.map(|operation| (*operation, rest)).ok_or_else(|| format!("{text}: there is no operation '{name}'"))
}

/// A number from 0 to below 1; 1, so that nothing happens, if the system has no randomness.
fn drawn() -> f64 {
    let mut bytes = [0; 4];
    match getrandom::fill(&mut bytes) {
        Ok(()) => f64::from(u32::from_le_bytes(bytes)) / 4_294_967_296.0,
        Err(_) => 1.0,
    }
}

/// A whole number with a unit: `250ms`, `90s`, `15m`, `1h`, `2d`.
fn duration(text: &str) -> Option<Duration> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at_checked(digits)?;
    let number: u64 = number.parse().ok()?;
    let seconds = |each: u64| number.checked_mul(each).map(Duration::from_secs);
    match unit {
        "ms" => Some(Duration::from_millis(number)),
        "s" => seconds(1),
        "m" => seconds(60),
        "h" => seconds(3600),
        "d" => seconds(86_400),
        _ => None,
    }
}

/// The system's clock, or one that is off by whole seconds.
pub(crate) struct OffsetClock {
    pub(crate) seconds: i64,
}

impl OffsetClock {
    /// `+1h` or `-15m`.
    pub(crate) fn seconds_of(text: &str) -> Result<i64, String> {
        let (sign, rest) = match text.strip_prefix('-') {
            Some(rest) => (-1, rest),
            None => (1, text.strip_prefix('+').unwrap_or(text)),
        };
        let offset = duration(rest).filter(|offset| *offset <= LARGEST_OFFSET && offset.subsec_nanos() == 0);
        let seconds = offset.and_then(|offset| i64::try_from(offset.as_secs()).ok());
        let problem = || format!("'{text}' must be + or -, a number, and s, m, h or d, as in +1h");
        seconds.map(|seconds| sign * seconds).ok_or_else(problem)
    }
}

impl Clock for OffsetClock {
    fn now(&self) -> Timestamp {
        let now = SystemClock.now();
        now.checked_add_seconds(self.seconds).unwrap_or(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn refused(trials: &Trials, operation: Operation) -> Option<AwsException> {
        trials.meet(operation).await.err().map(|fault| fault.exception)
    }

    #[tokio::test]
    async fn the_first_calls_come_too_early_again_after_a_reset() {
        let mut trials = Trials::default();
        trials.add_in_progress("get-certificate=2").unwrap();
        for _ in 0..2 {
            for expected in [Some(AwsException::RequestInProgress), Some(AwsException::RequestInProgress), None, None] {
                assert_eq!(refused(&trials, Operation::GetCertificate).await, expected);
                assert_eq!(refused(&trials, Operation::IssueCertificate).await, None);
            }
            trials.reset();
        }
    }

    #[tokio::test]
    async fn some_calls_are_refused() {
        let mut trials = Trials::default();
        trials.add_fault("issue-certificate=ThrottlingException:0.5").unwrap();
        trials.add_fault("ListTags=InternalFailure:1").unwrap();
        trials.add_fault("list-permissions=InternalFailure:0").unwrap();
        let mut throttled = 0;
        for _ in 0..1000 {
            if let Some(exception) = refused(&trials, Operation::IssueCertificate).await {
                assert_eq!(exception, AwsException::Throttling);
                throttled += 1;
            }
            assert_eq!(refused(&trials, Operation::ListTags).await, Some(AwsException::InternalFailure));
            assert_eq!(refused(&trials, Operation::ListPermissions).await, None);
        }
        // 13 standard deviations.
        assert!((300..700).contains(&throttled), "{throttled}");
    }

    #[tokio::test]
    async fn a_delay_comes_before_the_answer() {
        let mut trials = Trials::default();
        trials.add_delay("issue-certificate=50ms").unwrap();
        let start = std::time::Instant::now();
        assert_eq!(refused(&trials, Operation::IssueCertificate).await, None);
        assert!(start.elapsed() >= Duration::from_millis(50));
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        let mut trials = Trials::default();
        for wrong in [
            "",
            "issue-certificate",
            "issue=ThrottlingException:1",
            "issue-certificate=ThrottlingException",
            "issue-certificate=Throttling:1",
            "issue-certificate=ThrottlingException:1.1",
            "issue-certificate=ThrottlingException:-0.1",
            "issue-certificate=ThrottlingException:NaN",
        ] {
            assert!(trials.add_fault(wrong).is_err(), "{wrong}");
        }
        for wrong in ["issue-certificate=5", "issue-certificate=2h", "issue-certificate=-1s", "x=1s"] {
            assert!(trials.add_delay(wrong).is_err(), "{wrong}");
        }
        assert!(trials.add_in_progress("get-certificate=x").is_err());
        for (text, seconds) in [("+1h", 3600), ("-15m", -900), ("2d", 172_800), ("+0s", 0)] {
            assert_eq!(OffsetClock::seconds_of(text), Ok(seconds), "{text}");
        }
        for wrong in ["", "+", "1", "+1", "1ms", "--1s", "+99999999999d", "1y"] {
            assert!(OffsetClock::seconds_of(wrong).is_err(), "{wrong}");
        }
    }
}
