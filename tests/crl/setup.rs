//! An authority with lists.

use issuance::authority::{CrlConfiguration, CrlType, RevocationConfiguration};
use issuance::crl::{CrlPreparation, RevokedEntry, SignedCrl};
use issuance::x509::RevocationReason;
use issuance::{CertificateAuthority, RustCryptoVerifier, SerialNumber, Timestamp};
use issuance_test_support::authorities::{Authority, now};

pub(crate) const DAY: i64 = 86_400;

pub(crate) fn serial(number: u64) -> SerialNumber {
    SerialNumber::from_be_bytes(&number.to_be_bytes()).unwrap()
}

pub(crate) fn after(seconds: i64) -> Timestamp {
    now().checked_add_seconds(seconds).unwrap()
}

/// Revoked now, of a certificate of a year.
pub(crate) fn revoked(number: u64) -> RevokedEntry {
    RevokedEntry::new(serial(number), now(), RevocationReason::Unspecified, after(365 * DAY))
}

pub(crate) fn signed(authority: &Authority, preparation: CrlPreparation<'_>, entries: &[RevokedEntry]) -> SignedCrl {
    let prepared = preparation.prepare(entries.iter().copied(), &RustCryptoVerifier).unwrap();
    prepared.sign(&authority.signer, &RustCryptoVerifier).unwrap()
}

/// The authority with a CRL in its certificates, in partitions or not.
pub(crate) fn with_lists(authority: &Authority, partitioned: bool) -> CertificateAuthority {
    let crl = CrlConfiguration::builder("bucket").expiration_in_days(3);
    let crl = if partitioned { crl.crl_type(CrlType::Partitioned) } else { crl };
    let mut ca = authority.ca.clone();
    ca.set_revocation_configuration(RevocationConfiguration::none().with_crl(crl.build().unwrap()));
    ca
}
