//! Random numbers.

/// SplitMix64: the same cases from the same seed on every machine.
pub(crate) struct Random(pub u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
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
