//! Whether memory grows, by samples of a process that goes on.

use std::fmt;
use std::time::Duration;

/// What may be more at the end than after the first third: what the allocator keeps after a moment with more to do than usual.
const SLACK: f64 = 8.0 * 1048576.0;
const SLACK_SHARE: f64 = 0.1;

/// A shorter time is all warm-up.
const SHORTEST: Duration = Duration::from_secs(180);

pub(super) struct Memory {
    /// How long the whole takes.
    time: Duration,
    samples: Vec<(Duration, u64)>,
}

impl Memory {
    pub(super) fn new(time: Duration) -> Memory {
        Memory { time, samples: Vec::new() }
    }

    pub(super) fn add(&mut self, at: Duration, bytes: u64) {
        self.samples.push((at, bytes));
    }

    /// The median between two shares of the time; 0 without samples.
    fn median(&self, from: f64, until: f64) -> f64 {
        let (from, until) = (self.time.mul_f64(from), self.time.mul_f64(until));
        let among = self.samples.iter().filter(|(at, _)| (from..until).contains(at));
        let mut bytes: Vec<u64> = among.map(|(_, bytes)| *bytes).collect();
        bytes.sort_unstable();
        bytes.get(bytes.len() / 2).map_or(0.0, |bytes| *bytes as f64)
    }

    /// Of the second sixth, which is after the warm-up, and of the last.
    fn ends(&self) -> (f64, f64) {
        (self.median(1.0 / 6.0, 1.0 / 3.0), self.median(5.0 / 6.0, 2.0))
    }

    pub(super) fn is_flat(&self) -> bool {
        let (first, last) = self.ends();
        self.time < SHORTEST || first > 0.0 && last <= first + SLACK.max(first * SLACK_SHARE)
    }
}

impl fmt::Display for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (first, last) = self.ends();
        let judged = if self.time < SHORTEST { ", too short to be judged" } else { "" };
        write!(f, "{:.1} MiB, at the end {:.1} MiB{judged}", first / 1048576.0, last / 1048576.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn memory(bytes: impl Fn(u64) -> u64) -> Memory {
        let mut memory = Memory::new(Duration::from_secs(600));
        for second in 0..600 {
            memory.add(Duration::from_secs(second), bytes(second));
        }
        memory
    }

    const MIB: u64 = 1048576;

    #[test]
    fn what_grows_is_seen() {
        assert!(memory(|_| 40 * MIB).is_flat());
        // A warm-up, and moments with more to do.
        assert!(memory(|second| 40 * MIB + second.min(60) * MIB / 2).is_flat());
        assert!(memory(|second| if second % 10 == 9 { 90 * MIB } else { 40 * MIB }).is_flat());
        assert!(!memory(|second| 40 * MIB + second * MIB / 40).is_flat());
        assert!(!memory(|second| 400 * MIB + second * MIB / 5).is_flat());
        assert!(!Memory::new(Duration::from_secs(600)).is_flat());
    }
}
