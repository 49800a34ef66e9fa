//! rcgen, which verifies CSRs itself.

use ::rcgen::{
    CertificateSigningRequestParams, CrlDistributionPoint, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyIdMethod, KeyPair,
    KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, PKCS_RSA_SHA256, PublicKeyData, SerialNumber,
};
use issuance::SigningAlgorithm;
use issuance_benches::work::{CRL_URL, Contender, Work};
use sha1::{Digest, Sha1};
use time::OffsetDateTime;

use super::serial;

#[cfg(feature = "aws-lc-rs")]
pub const BACKEND: &str = issuance_benches::work::AWS_LC;
#[cfg(not(feature = "aws-lc-rs"))]
pub const BACKEND: &str = "ring";

pub fn contender(work: &Work) -> Contender {
    let algorithm = match work.algorithm {
        SigningAlgorithm::Sha256WithEcdsa => &PKCS_ECDSA_P256_SHA256,
        _ => &PKCS_RSA_SHA256,
    };
    let key = KeyPair::from_pkcs8_pem_and_sign_algo(work.key, algorithm).unwrap();
    let issuer = Issuer::from_ca_cert_der(&work.ca_der.as_slice().into(), key).unwrap();
    let not_before = OffsetDateTime::from_unix_timestamp(work.not_before).unwrap();
    let not_after = OffsetDateTime::from_unix_timestamp(work.not_after).unwrap();
    Contender {
        library: "rcgen",
        backend: BACKEND,
        issue: Box::new(move |input, take| {
            let csr = CertificateSigningRequestParams::from_der(&input.csr.as_slice().into());
            let mut csr = csr.map_err(|error| error.to_string())?;
            let key_identifier = Sha1::digest(csr.public_key.der_bytes()).to_vec();
            let params = &mut csr.params;
            params.serial_number = Some(SerialNumber::from_slice(&serial()));
            (params.not_before, params.not_after) = (not_before, not_after);
            params.is_ca = IsCa::ExplicitNoCa;
            params.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyEncipherment];
            params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
            params.crl_distribution_points = vec![CrlDistributionPoint { uris: vec![CRL_URL.to_owned()] }];
            params.use_authority_key_identifier_extension = true;
            params.key_identifier_method = KeyIdMethod::PreSpecified(key_identifier);
            take(csr.signed_by(&issuer).map_err(|error| error.to_string())?.der());
            Ok(())
        }),
    }
}
