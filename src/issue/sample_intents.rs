//! Intents that nobody asked for, for tests of ledgers.

use std::sync::Arc;

use super::prepare::{IssuanceOptions, Preparation};
use crate::authority::ca::{CertificateAuthority, CertificateAuthorityType};
use crate::authority::revocation::partition::CrlPartition;
use crate::authority::revocation::{CrlConfiguration, CrlType, RevocationConfiguration};
use crate::crypto::verifier::{SignatureVerifier, VerifyError};
use crate::error::Error;
use crate::issued::unsigned::Unsigned;
use crate::ledger::answer::Signed;
use crate::ledger::intent::{Intent, Token};
use crate::ledger::key::{Fingerprint, IdempotencyKey};
use crate::request::arn::CertificateAuthorityArn;
use crate::request::issue_certificate::IssueCertificateRequest;
use crate::request::subject::Subject;
use crate::request::validity::Validity;
use crate::x509::algorithm::SigningAlgorithm;
use crate::x509::algorithm::identifier::SignatureAlgorithm;
use crate::x509::serial::SerialNumber;
use crate::x509::timestamp::Timestamp;

const ALGORITHM: SigningAlgorithm = SigningAlgorithm::Sha256WithEcdsa;

/// The SubjectPublicKeyInfo of the generator of P-256 (FIPS 186-4, D.1.2.3), whose private key is 1.
const KEY: [u8; 91] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce,
    0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04, 0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42, 0x47, 0xf8, 0xbc, 0xe6,
    0xe5, 0x63, 0xa4, 0x40, 0xf2, 0x77, 0x03, 0x7d, 0x81, 0x2d, 0xeb, 0x33, 0xa0, 0xf4, 0xa1, 0x39, 0x45, 0xd8, 0x98,
    0xc2, 0x96, 0x4f, 0xe3, 0x42, 0xe2, 0xfe, 0x1a, 0x7f, 0x9b, 0x8e, 0xe7, 0xeb, 0x4a, 0x7c, 0x0f, 0x9e, 0x16, 0x2b,
    0xce, 0x33, 0x57, 0x6b, 0x31, 0x5e, 0xce, 0xcb, 0xb6, 0x40, 0x68, 0x37, 0xbf, 0x51, 0xf5,
];

/// Takes every signature.
struct AnySignature;

impl SignatureVerifier for AnySignature {
    fn supports(&self, _: SignatureAlgorithm, _: &[u8]) -> bool {
        true
    }

    fn verify(&self, _: SignatureAlgorithm, _: &[u8], _: &[u8], _: &[u8]) -> Result<(), VerifyError> {
        Ok(())
    }
}

/// An authority whose key everybody has, and a request to it.
#[derive(Debug)]
pub(crate) struct Samples {
    authority: CertificateAuthority,
    request: IssueCertificateRequest,
}

/// What tells one intent from another.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sample {
    pub(crate) serial: u64,
    pub(crate) issued_at: Timestamp,
    pub(crate) token: Option<Token>,
    pub(crate) is_offline: bool,
    pub(crate) partition: Option<CrlPartition>,
}

impl Sample {
    pub(crate) fn new(serial: u64, issued_at: Timestamp) -> Sample {
        Sample { serial, issued_at, token: None, is_offline: false, partition: None }
    }

    pub(crate) fn token(self, number: u64, fingerprint: u8) -> Sample {
        Sample { token: Some(token(number, fingerprint)), ..self }
    }
}

/// A token of this number.
pub(crate) fn token(number: u64, fingerprint: u8) -> Token {
    let mut key = [0x4b; 32];
    key[..8].copy_from_slice(&number.to_be_bytes());
    Token::new(IdempotencyKey::from_bytes(key), Fingerprint::from_bytes([fingerprint; 32]))
}

impl Samples {
    /// An authority that is a root, with a certificate from this time on for ten years, and with a partitioned CRL.
    pub(crate) fn new(arn: CertificateAuthorityArn, now: Timestamp) -> Result<Samples, Error> {
        let crl = CrlConfiguration::builder("bucket").crl_type(CrlType::Partitioned).build()?;
        let mut authority = CertificateAuthority::builder(arn.clone(), CertificateAuthorityType::Root)
            .revocation_configuration(RevocationConfiguration::none().with_crl(crl))
            .build(&Subject::builder().common_name("Samples").build()?, &KEY)?;
        let csr = authority.assemble_request(&authority.certification_request_info(), ALGORITHM, &[0x30; 72]);
        let request = |template: &str, validity| {
            IssueCertificateRequest::builder()
                .certificate_authority_arn(arn.clone())
                .csr(csr.as_str())
                .signing_algorithm(ALGORITHM)
                .template_arn(format!("arn:aws:acm-pca:::template/{template}/V1"))
                .validity(validity)
                .build()
        };
        let own = request("RootCACertificate", Validity::years(10))?;
        let serial = SerialNumber::from_be_bytes(&[1]).map_err(|_| Error::SignerKey)?;
        let own = prepare(&authority, &own, serial, now, None)?.assemble(&[0x30; 72]);
        authority.import_certificate(own.der(), b"", &AnySignature)?;
        let request = request("EndEntityCertificate", Validity::days(30))?;
        Ok(Samples { authority, request })
    }

    /// One of the authority's partitions.
    #[cfg(feature = "testing")]
    pub(crate) fn partition(&self) -> CrlPartition {
        CrlPartition::numbered(self.authority.arn(), 3)
    }

    #[cfg(feature = "testing")]
    pub(crate) fn arn(&self) -> &CertificateAuthorityArn {
        self.authority.arn()
    }

    pub(crate) fn intent(&self, sample: Sample) -> Result<Intent, Error> {
        let mut serial = [1; 9];
        serial[1..].copy_from_slice(&sample.serial.to_be_bytes());
        let serial = SerialNumber::from_be_bytes(&serial).map_err(|_| Error::SignerKey)?;
        let unsigned = prepare(&self.authority, &self.request, serial, sample.issued_at, sample.partition)?;
        let caller = Some(Arc::from("the caller"));
        Ok(Intent::new(unsigned, sample.issued_at, sample.token, caller, sample.is_offline))
    }

    /// The intent with a signature of this byte, which nobody verifies.
    pub(crate) fn signed(intent: &Intent, mark: u8) -> Signed {
        Signed::new(intent.clone(), Arc::new(intent.with_recorded_signature(&[mark; 64])))
    }
}

fn prepare(
    authority: &CertificateAuthority,
    request: &IssueCertificateRequest,
    serial: SerialNumber,
    now: Timestamp,
    partition: Option<CrlPartition>,
) -> Result<Unsigned, Error> {
    let options = IssuanceOptions::default();
    let preparation = Preparation { authority, now, serial, partition, verifier: &AnySignature, options: &options };
    Ok(preparation.prepare(request)?.unsigned)
}
