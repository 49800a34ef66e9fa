//! Natural numbers of any length: the little that the search for weak RSA keys needs.

use std::cmp::Ordering;

/// A natural number: its 64-bit digits, the lowest first. Upper digits may be zero.
#[derive(Debug, Clone)]
pub(super) struct Natural(Vec<u64>);

impl Natural {
    /// From its bytes, the highest first.
    pub(super) fn from_be_bytes(bytes: &[u8]) -> Natural {
        let digit = |chunk: &[u8]| chunk.iter().fold(0, |digit, byte| digit << 8 | u64::from(*byte));
        Natural(bytes.rchunks(8).map(digit).collect())
    }

    pub(super) fn is_zero(&self) -> bool {
        self.0.iter().all(|digit| *digit == 0)
    }

    pub(super) fn lowest_digit(&self) -> u64 {
        self.0.first().copied().unwrap_or(0)
    }

    /// The remainder of a division by `divisor`, which is not zero.
    pub(super) fn rem(&self, divisor: u32) -> u32 {
        let divisor = u64::from(divisor.max(1));
        let remainder = self.0.iter().rev().fold(0, |remainder, digit| {
            let upper = (remainder << 32 | digit >> 32) % divisor;
            (upper << 32 | digit & 0xffff_ffff) % divisor
        });
        remainder as u32
    }

    /// The sum.
    pub(super) fn add(&mut self, other: &Natural) {
        self.0.resize(self.0.len().max(other.0.len()) + 1, 0);
        let others = other.0.iter().copied().chain(std::iter::repeat(0));
        let mut carry = false;
        for (digit, other) in self.0.iter_mut().zip(others) {
            let (sum, first) = digit.overflowing_add(other);
            let (sum, second) = sum.overflowing_add(u64::from(carry));
            (*digit, carry) = (sum, first | second);
        }
        self.shorten();
    }

    /// The difference to a number that is not greater.
    pub(super) fn sub(&mut self, other: &Natural) {
        self.0.resize(self.0.len().max(other.0.len()), 0);
        subtract(&mut self.0, &other.0);
        self.shorten();
    }

    /// The largest number whose square is not greater, and what is left: `self = root * root + left`.
    ///
    /// One binary digit a step, which takes no division. The steps are half as many as the number has bits, and each passes
    /// over the digits that it can change.
    pub(super) fn square_root(&self) -> (Natural, Natural) {
        let mut left = self.0.clone();
        let mut root = vec![0; left.len()];
        for step in (0..left.len() * 32).rev() {
            // So far, `root` is a multiple of 4 to the power of `step + 1`.
            let (digit, bit) = (step / 32, 1 << (step % 32 * 2));
            let (root, left) = (&mut root[digit..], &mut left[digit..]);
            root[0] |= bit;
            let fits = compare(left, root) != Ordering::Less;
            if fits {
                subtract(left, root);
            }
            root[0] ^= bit;
            halve(root);
            if fits {
                root[0] |= bit;
            }
        }
        let (mut root, mut left) = (Natural(root), Natural(left));
        root.shorten();
        left.shorten();
        (root, left)
    }

    fn shorten(&mut self) {
        let length = self.0.iter().rposition(|digit| *digit != 0).map_or(0, |highest| highest + 1);
        self.0.truncate(length);
    }
}

impl From<u64> for Natural {
    fn from(digit: u64) -> Natural {
        Natural(vec![digit])
    }
}

/// Of numbers of as many digits.
fn compare(one: &[u64], other: &[u64]) -> Ordering {
    one.iter().rev().cmp(other.iter().rev())
}

/// From a number of at least as many digits, which is not smaller.
fn subtract(from: &mut [u64], other: &[u64]) {
    let others = other.iter().copied().chain(std::iter::repeat(0));
    let mut borrow = false;
    for (digit, other) in from.iter_mut().zip(others) {
        let (difference, first) = digit.overflowing_sub(other);
        let (difference, second) = difference.overflowing_sub(u64::from(borrow));
        (*digit, borrow) = (difference, first | second);
    }
}

fn halve(number: &mut [u64]) {
    let mut above = 0;
    for digit in number.iter_mut().rev() {
        let lowest = *digit << 63;
        *digit = *digit >> 1 | above;
        above = lowest;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn natural(bytes: &[u8]) -> Natural {
        Natural::from_be_bytes(bytes)
    }

    fn product(one: &Natural, other: &Natural) -> Natural {
        let mut product = Natural::from(0);
        for (i, one) in one.0.iter().enumerate() {
            for (k, other) in other.0.iter().enumerate() {
                let part = u128::from(*one) * u128::from(*other);
                let mut digits = vec![0; i + k];
                digits.extend([part as u64, (part >> 64) as u64]);
                product.add(&Natural(digits));
            }
        }
        product
    }

    fn is_equal(one: &Natural, other: &Natural) -> bool {
        let (mut one, mut other) = (one.clone(), other.clone());
        one.shorten();
        other.shorten();
        one.0 == other.0
    }

    #[test]
    fn small_numbers() {
        for number in (0..2_000).chain([u64::MAX, u64::MAX - 1, (1 << 32) - 1, 1 << 32, (1 << 63) + 5]) {
            let natural = Natural::from(number);
            assert_eq!(natural.is_zero(), number == 0);
            assert_eq!(natural.lowest_digit(), number);
            for divisor in [1, 2, 3, 97, u32::MAX] {
                assert_eq!(u64::from(natural.rem(divisor)), number % u64::from(divisor));
            }
            let (root, left) = natural.square_root();
            let root_expected = number.isqrt();
            assert!(is_equal(&root, &Natural::from(root_expected)), "{number}");
            assert!(is_equal(&left, &Natural::from(number - root_expected * root_expected)), "{number}");
        }
    }

    proptest! {
        #[test]
        fn a_root_squared_and_what_is_left_are_the_number(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let number = natural(&bytes);
            let (root, left) = number.square_root();
            // left <= 2 * root, or the root would be greater.
            let mut limit = root.clone();
            limit.add(&root);
            limit.sub(&left);
            let mut sum = product(&root, &root);
            sum.add(&left);
            prop_assert!(is_equal(&sum, &number));
            let mut twice = root.clone();
            twice.add(&root);
            let width = twice.0.len().max(left.0.len());
            let (mut twice, mut left) = (twice.0, left.0);
            twice.resize(width, 0);
            left.resize(width, 0);
            prop_assert_ne!(compare(&left, &twice), Ordering::Greater);
        }

        #[test]
        fn sums_differences_and_remainders(one in any::<[u8; 33]>(), other in any::<[u8; 20]>(), divisor in 1u32..) {
            let mut sum = natural(&one);
            sum.add(&natural(&other));
            let expected = (u64::from(natural(&one).rem(divisor)) + u64::from(natural(&other).rem(divisor)))
                % u64::from(divisor);
            prop_assert_eq!(u64::from(sum.rem(divisor)), expected);
            sum.sub(&natural(&other));
            prop_assert!(is_equal(&sum, &natural(&one)));
        }
    }
}
