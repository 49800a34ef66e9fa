//! Which certificates a list is about (R-REV-2).

use std::borrow::Cow;

use super::error::CrlError;
use crate::authority::ca::CertificateAuthority;
use crate::authority::revocation::partition::CrlPartition;
use crate::x509::asn1::reader::{Asn1Error, Reader};
use crate::x509::asn1::tag;

/// Which certificates a list is about.
///
/// ```
/// use issuance::crl::CrlScope;
/// let partition = "EoNIZbjA9td".parse()?;
/// assert_ne!(CrlScope::Partition(partition), CrlScope::Complete);
/// # Ok::<(), issuance::authority::CrlPartitionError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum CrlScope {
    /// All of the authority. The list says nothing of its scope.
    #[default]
    Complete,
    /// Those of one partition. The list has a critical issuingDistributionPoint with exactly the URL of their CRL distribution
    /// points (R-MRG-5).
    Partition(CrlPartition),
}

impl CrlScope {
    /// The content of the issuingDistributionPoint extension, where the scope has one.
    pub(super) fn issuing_distribution_point(
        self,
        authority: &CertificateAuthority,
    ) -> Result<Option<Vec<u8>>, CrlError> {
        let CrlScope::Partition(partition) = self else { return Ok(None) };
        // In a list of all, the same distribution point would stand in certificates of no partition.
        if authority.partitions_in_turn().is_empty() {
            return Err(CrlError::NotPartitioned);
        }
        let points = authority.crl_distribution_points(Some(partition));
        let points: Cow<'_, [u8]> = points.ok_or(CrlError::NoDistributionPoint)?;
        let name = point_name(&points).map_err(|_| CrlError::NoDistributionPoint)?;
        let mut w = crate::x509::asn1::writer::Writer::with_capacity(name.len() + 6);
        w.sequence(|w| w.raw(name));
        Ok(Some(w.into_vec()))
    }
}

/// The distributionPoint element of the first point, as issuingDistributionPoint has it under the same tag.
fn point_name(points: &[u8]) -> Result<&[u8], Asn1Error> {
    let point = Reader::single(points, tag::SEQUENCE)?.reader().read(tag::SEQUENCE)?;
    Ok(point.reader().read(tag::context_constructed(0))?.full)
}
