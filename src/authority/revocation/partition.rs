//! The parts that a partitioned CRL has, and which of them a certificate is in (R-MRG-5).

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use sha2::{Digest, Sha256};

use crate::request::arn::CertificateAuthorityArn;
use crate::x509::serial::SerialNumber;

/// How many characters the name of a partition has, as in the certificates of the service.
const LENGTH: usize = 11;

const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// The partitions that take turns where nobody sets others (our decision: the service says nothing of their number).
pub(crate) const DEFAULT_COUNT: u64 = 16;

/// How many certificates a partition takes at most: as many as a list of 1,000,000 bytes holds (R-REV-2).
pub(crate) const MAX_CERTIFICATES: u32 = 20_000;

/// A partition of an authority's CRL: eleven letters and digits, the name of its list in the CRL distribution point.
///
/// ```
/// let partition: issuance::authority::CrlPartition = "EoNIZbjA9td".parse()?;
/// assert_eq!(partition.as_str(), "EoNIZbjA9td");
/// # Ok::<(), issuance::authority::CrlPartitionError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CrlPartition([u8; LENGTH]);

/// Why a text is not the name of a partition. [`CrlPartition`] has an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the name of a CRL partition must be 11 characters of A-Z, a-z and 0-9")]
#[non_exhaustive]
pub struct CrlPartitionError;

impl CrlPartition {
    /// The partition of an authority with this number: always the same, and another one for another number or authority. The
    /// names are base62 of eight octets, in the form of the service's; which they are is our decision.
    pub fn numbered(authority: &CertificateAuthorityArn, number: u64) -> CrlPartition {
        let digest = Sha256::new().chain_update(authority.as_str()).chain_update(number.to_be_bytes()).finalize();
        let mut rest = digest.iter().take(8).fold(0u64, |value, octet| value << 8 | u64::from(*octet));
        let mut name = [b'0'; LENGTH];
        for place in name.iter_mut().rev() {
            *place = BASE62[(rest % 62) as usize];
            rest /= 62;
        }
        CrlPartition(name)
    }

    /// The partition of the certificate with this place among all of its authority's, where a partition takes so many. Sixteen
    /// places in a row are in sixteen partitions, and when these are full the next sixteen open. An issuer with another number of
    /// certificates has other partitions, so that a change of it fills none twice; and none is one of the first sixteen, which
    /// nobody has counted.
    pub(crate) fn of_place(authority: &CertificateAuthorityArn, place: u64, takes: u32) -> CrlPartition {
        let (round, turn) = (place / DEFAULT_COUNT, place % DEFAULT_COUNT);
        let opened = round / u64::from(takes.max(1)) * DEFAULT_COUNT + turn;
        CrlPartition::numbered(authority, u64::from(takes) << 40 | opened)
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        // Letters and digits alone are let in.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    pub(crate) fn as_octets(&self) -> &[u8; LENGTH] {
        &self.0
    }
}

impl FromStr for CrlPartition {
    type Err = CrlPartitionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match <[u8; LENGTH]>::try_from(text.as_bytes()) {
            Ok(name) if name.iter().all(u8::is_ascii_alphanumeric) => Ok(CrlPartition(name)),
            _ => Err(CrlPartitionError),
        }
    }
}

impl fmt::Display for CrlPartition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for CrlPartition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CrlPartition({self})")
    }
}

/// The content of the CRL distribution points extension, encoded once for all certificates.
#[derive(Debug, Clone)]
pub(crate) struct DistributionPoints {
    der: Vec<u8>,
    /// Where the name of the partition stands, which differs between certificates.
    partition_at: Option<usize>,
}

impl DistributionPoints {
    /// Those of all certificates alike.
    pub(crate) fn of_all(der: Vec<u8>) -> DistributionPoints {
        DistributionPoints { der, partition_at: None }
    }

    /// Those of a partitioned CRL: `der` is that of this partition, whose name and `.crl` are its last octets.
    pub(crate) fn of_partition(der: Vec<u8>, partition: CrlPartition) -> DistributionPoints {
        let before_suffix = der.strip_suffix(b".crl").and_then(|before| before.strip_suffix(partition.as_octets()));
        let partition_at = before_suffix.map(<[u8]>::len);
        DistributionPoints { der, partition_at }
    }

    /// Those of a certificate in this partition.
    pub(crate) fn naming(&self, partition: Option<CrlPartition>) -> Cow<'_, [u8]> {
        let (Some(at), Some(partition)) = (self.partition_at, partition) else { return Cow::Borrowed(&self.der) };
        let mut der = self.der.clone();
        der[at..at + LENGTH].copy_from_slice(partition.as_octets());
        Cow::Owned(der)
    }
}

/// The partitions of an authority that are in use.
pub(crate) fn default_partitions(authority: &CertificateAuthorityArn) -> Vec<CrlPartition> {
    (0..DEFAULT_COUNT).map(|number| CrlPartition::numbered(authority, number)).collect()
}

/// The place of the partition, among so many, of a certificate that nobody has put into one.
pub(crate) fn place_of(serial: SerialNumber, count: usize) -> Option<usize> {
    let low = serial.as_be_bytes().iter().rev().take(8).rev();
    let low = low.fold(0u64, |value, octet| value << 8 | u64::from(*octet));
    // Below `count`, so it fits.
    low.checked_rem(count as u64).map(|place| place as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arn(last: char) -> CertificateAuthorityArn {
        let id = format!("46e8fcd0-d615-42a1-9894-4dc45944d55{last}");
        format!("arn:aws:acm-pca:us-west-2:123456789012:certificate-authority/{id}").parse().unwrap()
    }

    #[test]
    fn names_are_eleven_characters_of_base62() {
        // One of the service (tests/data/service).
        assert_eq!("EoNIZbjA9td".parse::<CrlPartition>().unwrap().to_string(), "EoNIZbjA9td");
        for wrong in ["", "EoNIZbjA9t", "EoNIZbjA9tdd", "EoNIZbjA9t-", "EoNIZbjA9t/", "EoNIZbjA9ü", "..........."] {
            assert_eq!(wrong.parse::<CrlPartition>(), Err(CrlPartitionError), "{wrong}");
        }
    }

    #[test]
    fn numbered_partitions_are_apart_and_stay_the_same() {
        let mut names: Vec<_> = ['4', '5'].iter().flat_map(|last| default_partitions(&arn(*last))).collect();
        assert!(names.iter().all(|name| name.as_str().parse() == Ok(*name)));
        assert_eq!(names[3], CrlPartition::numbered(&arn('4'), 3));
        names.sort();
        names.dedup();
        assert_eq!(names.len(), 32);
        // All of base62 is in use.
        let used: std::collections::BTreeSet<u8> =
            (0..1000).flat_map(|number| *CrlPartition::numbered(&arn('4'), number).as_octets()).collect();
        assert_eq!(used.len(), 62);
    }

    #[test]
    fn r_rev_2_places_fill_partitions_and_open_others() {
        use std::collections::BTreeMap;
        for takes in [1, 3, 250] {
            let mut filled = BTreeMap::new();
            let places = 5 * DEFAULT_COUNT * u64::from(takes);
            let of: Vec<_> = (0..places).map(|place| CrlPartition::of_place(&arn('4'), place, takes)).collect();
            of.iter().for_each(|partition| *filled.entry(*partition).or_insert(0) += 1);
            assert_eq!(filled.len(), 80);
            assert!(filled.values().all(|count| *count == takes), "{filled:?}");
            for row in of.windows(16) {
                assert_eq!(row.iter().collect::<std::collections::BTreeSet<_>>().len(), 16);
            }
            // What takes another number, another authority, and nobody's count have partitions of their own.
            let others = (0..80).map(|place| CrlPartition::of_place(&arn('4'), place, takes + 1));
            let elsewhere = (0..80).map(|place| CrlPartition::of_place(&arn('5'), place, takes));
            assert!(
                others.chain(elsewhere).chain(default_partitions(&arn('4'))).all(|other| !filled.contains_key(&other))
            );
        }
        let last = CrlPartition::of_place(&arn('4'), 100_000_000 - 1, MAX_CERTIFICATES);
        assert_ne!(last, CrlPartition::of_place(&arn('4'), 0, MAX_CERTIFICATES));
    }

    #[test]
    fn serial_numbers_spread_over_the_partitions() {
        let place = |number: u128, count| place_of(SerialNumber::from_be_bytes(&number.to_be_bytes()).unwrap(), count);
        for number in 1..64 {
            assert_eq!(place(number, 16), Some(number as usize % 16));
            assert_eq!(place(number << 64 | 5, 16), Some(5));
        }
        assert_eq!(place(7, 1), Some(0));
        assert_eq!(place(7, 0), None);
    }
}
