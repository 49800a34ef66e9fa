//! Random numbers.

use issuance_test_support::chance::Chance;

/// The same cases from the same seed on every machine.
pub(crate) struct Random(Chance);

impl Random {
    pub(crate) fn new(seed: u64) -> Random {
        Random(Chance::new(seed))
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0.draw()
    }

    /// Below `bound`.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    pub(crate) fn between(&mut self, low: i64, high: i64) -> i64 {
        low + (self.next() % (high - low) as u64) as i64
    }

    pub(crate) fn chance(&mut self, percent: u64) -> bool {
        self.next() % 100 < percent
    }

    pub(crate) fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.below(list.len())]
    }

    /// Up to `most` of a list, in its order.
    pub(crate) fn some<'a, T>(&mut self, list: &'a [T], most: usize) -> Vec<&'a T> {
        let wanted = 1 + self.below(most);
        let mut left = list.len();
        let mut taken = 0;
        list.iter()
            .filter(|_| {
                let take = self.below(left) < wanted - taken;
                left -= 1;
                taken += usize::from(take);
                take
            })
            .collect()
    }

    /// A text that no other input has.
    pub(crate) fn marker(&mut self) -> String {
        format!("{:08x}", self.next() as u32)
    }
}
