//! The partitions of an authority's CRL, and which one a certificate is in.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::ca::CertificateAuthority;
use super::error::AuthorityError;
use crate::authority::revocation::partition::{CrlPartition, DistributionPoints, place_of};
use crate::x509::serial::SerialNumber;

impl CertificateAuthority {
    /// The partitions of the CRL that certificates are put into in turn, where its configuration is `PARTITIONED` and nothing counts
    /// what is in them. Where nobody set others, the first sixteen of [`CrlPartition::numbered`] (our decision).
    ///
    /// An issuer whose ledger keeps everything opens partitions by itself, unless others were set here; what it has opened is
    /// [`Ledger::crl_partitions`](crate::ledger::blocking::Ledger::crl_partitions).
    pub fn crl_partitions(&self) -> &[CrlPartition] {
        &self.crl_partitions
    }

    /// Sets the partitions that are in use from now on, also for issuers with a ledger: a list that is full leaves, a new one joins.
    /// Nothing counts the certificates in them: at 20,000 a partition is full.
    ///
    /// # Errors
    /// [`AuthorityError::CrlPartitions`] when there is none, or one stands twice.
    pub fn set_crl_partitions(
        &mut self,
        partitions: impl IntoIterator<Item = CrlPartition>,
    ) -> Result<(), AuthorityError> {
        let partitions: Vec<CrlPartition> = partitions.into_iter().collect();
        let mut met = BTreeSet::new();
        let repeated = partitions.iter().copied().find(|partition| !met.insert(*partition));
        if partitions.is_empty() || repeated.is_some() {
            return Err(AuthorityError::CrlPartitions { repeated });
        }
        self.crl_partitions = partitions.into();
        self.has_own_partitions = true;
        Ok(())
    }

    /// The partitions that certificates are put into; none where there is one list of all.
    pub(crate) fn partitions_in_turn(&self) -> &[CrlPartition] {
        if self.revocation.is_partitioned() { &self.crl_partitions } else { &[] }
    }

    /// Whether partitions may be opened for its certificates: its CRL has some, and nobody set which.
    pub(crate) fn opens_partitions(&self) -> bool {
        self.revocation.is_partitioned() && !self.has_own_partitions
    }

    /// The partition of a certificate with this serial number: the one that was chosen for it, or one that follows from the
    /// number; `None` where there is one list of all.
    pub(crate) fn partition_of(&self, serial: SerialNumber, chosen: Option<CrlPartition>) -> Option<CrlPartition> {
        let partitions = self.partitions_in_turn();
        let place = place_of(serial, partitions.len())?;
        chosen.or_else(|| partitions.get(place).copied())
    }

    /// The content of the CRL distribution points of a certificate in this partition, where the configuration gives them.
    pub(crate) fn crl_distribution_points(&self, partition: Option<CrlPartition>) -> Option<Cow<'_, [u8]>> {
        self.crl_distribution_points.as_ref().map(|points| points.naming(partition))
    }

    /// Encodes the extension of the present configuration.
    pub(super) fn encode_distribution_points(&self) -> Option<DistributionPoints> {
        let arn = self.arn();
        let any = self.partitions_in_turn().first().copied();
        let der = self.revocation.crl_distribution_points(arn, any)?;
        Some(match any {
            Some(partition) => DistributionPoints::of_partition(der, partition),
            None => DistributionPoints::of_all(der),
        })
    }
}
