//! rustls-webpki as a judge.

use std::net::IpAddr;
use std::time::Duration;

use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use webpki::{
    ALL_VERIFICATION_ALGS, EndEntityCert, Error, ExtendedKeyUsageValidator, KeyPurposeIdIter, anchor_from_trusted_cert,
};

/// Reads purposes and takes any: the paths here are not of TLS alone.
struct AnyPurpose;

impl ExtendedKeyUsageValidator for AnyPurpose {
    fn validate(&self, mut purposes: KeyPurposeIdIter<'_, '_>) -> Result<(), Error> {
        purposes.try_for_each(|purpose| purpose.map(|_| ()))
    }
}

/// Its verdict over a path, from the end entity to the root, at a time in Unix seconds.
///
/// # Errors
/// What it says.
pub fn verify(path: &[Vec<u8>], at: i64) -> Result<(), Error> {
    let path: Vec<CertificateDer<'_>> = path.iter().map(|der| CertificateDer::from(der.as_slice())).collect();
    let (Some(end_entity), Some(root)) = (path.first(), path.last()) else { return Err(Error::UnknownIssuer) };
    let between = path.get(1..path.len() - 1).unwrap_or_default();
    let time = UnixTime::since_unix_epoch(Duration::from_secs(at.try_into().unwrap_or_default()));
    let anchors = [anchor_from_trusted_cert(root)?];
    EndEntityCert::try_from(end_entity)?
        .verify_for_usage(ALL_VERIFICATION_ALGS, &anchors, between, time, AnyPurpose, None, None)
        .map(|_| ())
}

/// Whether it takes the certificate for the host at an address.
///
/// # Errors
/// What it says.
pub fn is_for(certificate: &[u8], host: IpAddr) -> Result<(), Error> {
    EndEntityCert::try_from(&CertificateDer::from(certificate))?
        .verify_is_valid_for_subject_name(&ServerName::IpAddress(host.into()))
}
