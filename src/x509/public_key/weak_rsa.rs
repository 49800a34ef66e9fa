//! RSA keys that others can factor: what an operator may want refused beyond size and exponent.

use super::natural::Natural;

/// Why an RSA modulus is not safe, though it is long enough. [`IssuanceOptions`](crate::IssuanceOptions) has an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RsaWeakness {
    /// A small prime divides the modulus.
    #[error("the RSA modulus is divisible by {0}; a safe modulus has no factor below 752")]
    SmallFactor(u16),
    /// The modulus has the form that Infineon's RSALib gave it (CVE-2017-15361).
    #[error(
        "the RSA modulus has the ROCA form (CVE-2017-15361), which can be factored; make the key with other software"
    )]
    Roca,
    /// Fermat's method finds the factors.
    #[error("the prime factors of the RSA modulus are too close to each other; make the key with other software")]
    CloseFactors,
}

/// How many steps of Fermat's method must fail, as CAs count them that follow the Baseline Requirements.
const FERMAT_STEPS: usize = 100;

/// What is wrong with a modulus, in bytes without leading zeros; the cheapest search goes first.
pub(super) fn find(modulus: &[u8]) -> Option<RsaWeakness> {
    let modulus = Natural::from_be_bytes(modulus);
    let residues = residues(&modulus);
    if let Some((prime, _)) = residues.iter().find(|(_, residue)| *residue == 0) {
        return Some(RsaWeakness::SmallFactor(*prime));
    }
    if has_roca_form(&residues) {
        return Some(RsaWeakness::Roca);
    }
    has_close_factors(&modulus).then_some(RsaWeakness::CloseFactors)
}

/// The primes below 752 (Baseline Requirements for TLS server certificates, section 6.1.6).
const PRIMES: [u16; 133] = {
    let (mut primes, mut count, mut candidate) = ([0; 133], 0, 2);
    while count < primes.len() {
        let mut i = 0;
        while i < count && candidate % primes[i] != 0 {
            i += 1;
        }
        if i == count {
            primes[count] = candidate;
            count += 1;
        }
        candidate += 1;
    }
    primes
};

/// The remainder by each of [`PRIMES`]. The modulus is divided by products of primes, as long as they fit 32 bits.
fn residues(modulus: &Natural) -> Vec<(u16, u16)> {
    let mut residues = Vec::with_capacity(PRIMES.len());
    let mut rest = &PRIMES[..];
    while !rest.is_empty() {
        let (mut product, mut count) = (1, 0);
        while let Some(next) = rest.get(count).and_then(|prime| u32::checked_mul(product, u32::from(*prime))) {
            (product, count) = (next, count + 1);
        }
        let remainder = modulus.rem(product);
        let (group, after) = rest.split_at(count);
        residues.extend(group.iter().map(|prime| (*prime, (remainder % u32::from(*prime)) as u16)));
        rest = after;
    }
    residues
}

/// The largest of the primes that every modulus of the ROCA form shows itself by, whatever its size.
const LARGEST_ROCA_PRIME: u16 = 167;

/// Whether the modulus is a power of 65537 modulo the product of the primes up to 167.
///
/// RSALib's factors are `k * M + 65537^a mod M`, with a product M of the first 39 primes or more (Nemec and others, "The Return
/// of Coppersmith's Attack", CCS 2017), so the modulus is a power of 65537 modulo M. The powers are few: its discrete logarithm
/// modulo each prime exists, and all of them are one number, for one modulus in 2^150 that was made otherwise.
fn has_roca_form(residues: &[(u16, u16)]) -> bool {
    // The logarithm is `logarithm` modulo `order`, of which the order of 65537 modulo M is a multiple: below 2^62.
    let (mut logarithm, mut order) = (0u64, 1u64);
    for &(prime, residue) in residues.iter().take_while(|(prime, _)| *prime <= LARGEST_ROCA_PRIME) {
        let Some((next, next_order)) = discrete_logarithm(prime.into(), residue.into()) else { return false };
        let common = order * next_order / greatest_common_divisor(order, next_order);
        let candidates = (logarithm..common).step_by(order as usize);
        match candidates.into_iter().find(|candidate| candidate % next_order == next) {
            Some(both) => (logarithm, order) = (both, common),
            None => return false,
        }
    }
    true
}

/// The power of 65537 that is `residue` modulo `prime`, where there is one, and how many powers there are.
fn discrete_logarithm(prime: u64, residue: u64) -> Option<(u64, u64)> {
    let (mut power, mut exponent, mut found) = (1, 0, None);
    loop {
        if power == residue {
            found = Some(exponent);
        }
        power = power * 65537 % prime;
        exponent += 1;
        // Back at the first; never later than this, should the prime divide 65537.
        if power == 1 % prime || exponent >= prime {
            return found.map(|found| (found, exponent));
        }
    }
}

fn greatest_common_divisor(one: u64, other: u64) -> u64 {
    if other == 0 { one } else { greatest_common_divisor(other, one % other) }
}

/// Fermat's method: the modulus is the difference of two squares, `a * a - b * b`, whose bases are near together where its factors
/// `a + b` and `a - b` are.
fn has_close_factors(modulus: &Natural) -> bool {
    let (root, left) = modulus.square_root();
    if left.is_zero() {
        return true;
    }
    // The square of `root + 1` less the modulus, and the distance to the next square, `2 * root + 3`.
    let mut step = root.clone();
    step.add(&root);
    step.add(&Natural::from(1));
    let mut difference = step.clone();
    difference.sub(&left);
    for _ in 0..FERMAT_STEPS {
        if is_square(&difference) {
            return true;
        }
        step.add(&Natural::from(2));
        difference.add(&step);
    }
    false
}

/// The products of the primes from 3 to 29 and from 31 to 47.
const FILTERS: [(u32, &[u32]); 2] =
    [(3_234_846_615, &[3, 5, 7, 11, 13, 17, 19, 23, 29]), (95_041_567, &[31, 37, 41, 43, 47])];

/// Whether a number is a square. One in 2^15 others comes past the remainders, which alone are cheap.
fn is_square(number: &Natural) -> bool {
    let is_residue = |residue: u32, modulus: u32| (0..modulus).any(|root| root * root % modulus == residue);
    is_residue((number.lowest_digit() % 64) as u32, 64)
        && FILTERS.iter().all(|(product, primes)| {
            let remainder = number.rem(*product);
            primes.iter().all(|prime| is_residue(remainder % prime, *prime))
        })
        && number.square_root().1.is_zero()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_primes_ends_where_it_should() {
        assert_eq!((PRIMES[0], PRIMES[1], PRIMES[132]), (2, 3, 751));
        assert!(PRIMES.is_sorted());
        for (product, primes) in FILTERS {
            assert_eq!(primes.iter().product::<u32>(), product);
        }
    }

    #[test]
    fn every_prime_divides_its_multiples_only() {
        for number in [2u64, 3 * 751, 9_699_690, 1_000_000_007, 751 * 751] {
            for (prime, residue) in residues(&Natural::from(number)) {
                assert_eq!(u64::from(residue), number % u64::from(prime), "{number} {prime}");
            }
        }
        assert_eq!(residues(&Natural::from(1)).len(), 133);
    }

    #[test]
    fn squares_are_known() {
        let roots: Vec<u64> = (0..3_000).chain([u64::from(u32::MAX)]).collect();
        for root in roots {
            assert!(is_square(&Natural::from(root * root)));
            assert!(root < 2 || !is_square(&Natural::from(root * root - 1)));
            assert!(root == 0 || !is_square(&Natural::from(root * root + 1)));
        }
    }

    #[test]
    fn logarithms_that_contradict_each_other_are_not_one_number() {
        // 65537 has the order 2 modulo 11 and 4 modulo 13: an even power modulo one cannot be an odd one modulo the other.
        assert_eq!(discrete_logarithm(11, 1), Some((0, 2)));
        assert_eq!(discrete_logarithm(11, 10), Some((1, 2)));
        assert_eq!(discrete_logarithm(11, 5), None);
        let power = |prime: u16, exponent: u32| {
            let residue = (0..exponent).fold(1, |power, _| power * 65537 % u64::from(prime));
            (prime, residue as u16)
        };
        let all = |exponent: fn(u16) -> u32| -> Vec<(u16, u16)> {
            PRIMES.iter().map(|prime| power(*prime, exponent(*prime))).collect()
        };
        assert!(has_roca_form(&all(|_| 123_457)));
        assert!(!has_roca_form(&all(|prime| if prime == 11 { 123_456 } else { 123_457 })));
        // Beyond 167 nothing is asked: shorter keys have shorter products.
        assert!(has_roca_form(&all(|prime| if prime > 167 { 1 } else { 123_457 })));
    }

    #[test]
    fn fermats_method_stops() {
        // Products whose factors have a mean that is so many steps above the root.
        let steps = |p: u64, q: u64| u64::midpoint(p, q) - (p * q).isqrt() - 1;
        for (p, q, expected) in
            [(1_000_003, 1_000_033, true), (1_000_003, 1_028_197, true), (1_000_003, 1_050_013, false)]
        {
            assert_eq!(steps(p, q) < FERMAT_STEPS as u64, expected, "{}", steps(p, q));
            assert_eq!(has_close_factors(&Natural::from(p * q)), expected, "{}", steps(p, q));
        }
        assert!(has_close_factors(&Natural::from(1_000_003 * 1_000_003)));
    }
}
