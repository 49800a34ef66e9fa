//! Writes answers (RFC 6960 section 4.2.1).

use super::error::OcspError;
use super::request::NONCE;
use crate::crl::entry::code_of;
use crate::crypto::async_signer::AsyncSigner;
use crate::crypto::signer::Signer;
use crate::crypto::verifier::{SignatureVerifier, verify};
use crate::ledger::record::Record;
use crate::x509::algorithm::SigningAlgorithm;
use crate::x509::asn1::tag;
use crate::x509::asn1::writer::Writer;
use crate::x509::oid::OidRef;
use crate::x509::revocation_reason::RevocationReason;
use crate::x509::timestamp::Timestamp;

/// id-pkix-ocsp-basic.
const BASIC: [u8; 9] = [0x2b, 6, 1, 5, 5, 7, 0x30, 1, 1];

/// What is known of a certificate. The [module](crate::ocsp) has an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum CertificateStatus {
    /// It was issued and is not revoked.
    Good,
    /// It is revoked.
    Revoked {
        /// When.
        at: Timestamp,
        /// Why; unspecified is left out.
        reason: RevocationReason,
    },
    /// The authority never issued it.
    Unknown,
}

impl CertificateStatus {
    /// What a ledger's record says ([`Ledger::by_serial`](crate::ledger::blocking::Ledger::by_serial)). What may have been signed counts as
    /// issued (R-LED-3); without a record the authority never issued the certificate.
    ///
    /// ```
    /// use issuance::ocsp::CertificateStatus;
    /// assert_eq!(CertificateStatus::of(None), CertificateStatus::Unknown);
    /// ```
    pub fn of(record: Option<&Record>) -> CertificateStatus {
        match record {
            Some(Record { revocation: Some(revocation), .. }) => {
                CertificateStatus::Revoked { at: revocation.at, reason: revocation.reason }
            }
            Some(record) if record.counts_as_issued() => CertificateStatus::Good,
            _ => CertificateStatus::Unknown,
        }
    }
}

/// An answer that says nothing of certificates and is not signed. The [module](crate::ocsp) has an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum OcspErrorStatus {
    /// The request cannot be read.
    MalformedRequest,
    /// The responder failed.
    InternalError,
    /// The responder is busy.
    TryLater,
    /// The responder does not answer for this authority.
    Unauthorized,
}

impl OcspErrorStatus {
    /// The OCSPResponse in DER.
    pub fn response_der(self) -> Vec<u8> {
        let status = match self {
            OcspErrorStatus::MalformedRequest => 1,
            OcspErrorStatus::InternalError => 2,
            OcspErrorStatus::TryLater => 3,
            OcspErrorStatus::Unauthorized => 6,
        };
        let mut w = Writer::with_capacity(5);
        w.sequence(|w| w.primitive(tag::ENUMERATED, &[status]));
        w.into_vec()
    }
}

/// Who answers.
#[derive(Debug, Clone)]
pub(super) struct ResponderFacts {
    pub(super) key_hash: [u8; 20],
    pub(super) public_key: Vec<u8>,
    /// That of a delegated responder.
    pub(super) certificate: Option<Vec<u8>>,
    pub(super) algorithm: SigningAlgorithm,
}

/// What is said of one certificate.
pub(super) struct Answer<'a> {
    pub(super) cert_id: &'a [u8],
    pub(super) status: CertificateStatus,
}

/// An answer that is ready to be signed. The [module](crate::ocsp) has an example.
#[derive(Debug, Clone)]
pub struct PreparedOcspResponse {
    tbs: Vec<u8>,
    facts: ResponderFacts,
}

/// GeneralizedTime for every year, which RFC 6960 asks for.
fn time(w: &mut Writer, timestamp: Timestamp) {
    let text = timestamp.to_string();
    let digits: Vec<u8> = text.bytes().filter(|byte| byte.is_ascii_digit()).chain([b'Z']).collect();
    w.primitive(tag::GENERALIZED_TIME, &digits);
}

impl PreparedOcspResponse {
    pub(super) fn new<'a>(
        facts: &ResponderFacts,
        answers: impl Iterator<Item = Answer<'a>>,
        now: Timestamp,
        next_update: Timestamp,
        nonce: Option<&[u8]>,
    ) -> PreparedOcspResponse {
        let mut w = Writer::with_capacity(512);
        w.sequence(|w| {
            w.nested(tag::context_constructed(2), |w| w.primitive(tag::OCTET_STRING, &facts.key_hash));
            time(w, now);
            w.sequence(|w| answers.for_each(|answer| single(w, &answer, now, next_update)));
            if let Some(nonce) = nonce {
                w.nested(tag::context_constructed(1), |w| {
                    w.sequence(|w| {
                        let oid = OidRef::of_checked(&NONCE);
                        w.extension(oid, false, |w| w.primitive(tag::OCTET_STRING, nonce));
                    });
                });
            }
        });
        PreparedOcspResponse { tbs: w.into_vec(), facts: facts.clone() }
    }

    /// The bytes that are to be signed, a ResponseData.
    pub fn tbs_der(&self) -> &[u8] {
        &self.tbs
    }

    /// The algorithm that they are to be signed with.
    pub fn algorithm(&self) -> SigningAlgorithm {
        self.facts.algorithm
    }

    /// Signs the answer: an OCSPResponse in DER. The signature is verified before it leaves.
    ///
    /// # Errors
    /// [`OcspError::SignerKey`] for another key than that of the certificate, [`OcspError::Signer`], [`OcspError::Signature`].
    pub fn sign(self, signer: &(impl Signer + ?Sized), verifier: &dyn SignatureVerifier) -> Result<Vec<u8>, OcspError> {
        self.check_key(signer.public_key_der())?;
        let signature = signer.sign(self.facts.algorithm, &self.tbs)?;
        self.finish(signature.as_bytes(), verifier)
    }

    /// As [`PreparedOcspResponse::sign`], with a signer that is awaited.
    ///
    /// # Errors
    /// As [`PreparedOcspResponse::sign`].
    pub async fn sign_async(
        self,
        signer: &(impl AsyncSigner + ?Sized),
        verifier: &dyn SignatureVerifier,
    ) -> Result<Vec<u8>, OcspError> {
        self.check_key(signer.public_key_der())?;
        let signature = signer.sign(self.facts.algorithm, &self.tbs).await?;
        self.finish(signature.as_bytes(), verifier)
    }

    fn check_key(&self, public_key: &[u8]) -> Result<(), OcspError> {
        if public_key == self.facts.public_key { Ok(()) } else { Err(OcspError::SignerKey) }
    }

    /// Completes the answer with a signature over [`PreparedOcspResponse::tbs_der`].
    ///
    /// # Errors
    /// [`OcspError::Signature`]; there is no answer then.
    pub fn finish(self, signature: &[u8], verifier: &dyn SignatureVerifier) -> Result<Vec<u8>, OcspError> {
        let ResponderFacts { public_key, certificate, algorithm, .. } = &self.facts;
        verify(verifier, (*algorithm).into(), public_key, &self.tbs, signature).map_err(OcspError::Signature)?;
        let mut w = Writer::with_capacity(self.tbs.len() + signature.len() + 128);
        w.sequence(|w| {
            w.primitive(tag::ENUMERATED, &[0]);
            w.nested(tag::context_constructed(0), |w| {
                w.sequence(|w| {
                    w.primitive(tag::OID, &BASIC);
                    w.nested(tag::OCTET_STRING, |w| {
                        w.sequence(|w| {
                            w.raw(&self.tbs);
                            w.raw(algorithm.algorithm_identifier());
                            w.bit_string(signature);
                            if let Some(certificate) = certificate {
                                w.nested(tag::context_constructed(0), |w| w.sequence(|w| w.raw(certificate)));
                            }
                        });
                    });
                });
            });
        });
        Ok(w.into_vec())
    }
}

fn single(w: &mut Writer, answer: &Answer<'_>, now: Timestamp, next_update: Timestamp) {
    w.sequence(|w| {
        w.raw(answer.cert_id);
        match answer.status {
            CertificateStatus::Good => w.primitive(tag::context(0), &[]),
            CertificateStatus::Unknown => w.primitive(tag::context(2), &[]),
            CertificateStatus::Revoked { at, reason } => w.nested(tag::context_constructed(1), |w| {
                time(w, at);
                if reason != RevocationReason::Unspecified {
                    w.nested(tag::context_constructed(0), |w| w.primitive(tag::ENUMERATED, &[code_of(reason)]));
                }
            }),
        }
        time(w, now);
        w.nested(tag::context_constructed(0), |w| time(w, next_update));
    });
}
