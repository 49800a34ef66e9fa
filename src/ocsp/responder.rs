//! Who answers: the authority, or a responder that it has certified (R-REV-4).

use super::error::OcspError;
use super::request::{OcspHash, OcspRequest};
use super::response::{Answer, CertificateStatus, PreparedOcspResponse, ResponderFacts};
use crate::authority::ca::CertificateAuthority;
use crate::crypto::verifier::{SignatureVerifier, verify};
use crate::x509::algorithm::identifier::SignatureAlgorithm;
use crate::x509::algorithm::{KeyAlgorithm, SigningAlgorithm};
use crate::x509::asn1::reader::Reader;
use crate::x509::asn1::tag;
use crate::x509::oid::Oid;
use crate::x509::public_key::{key_identifier, subject_public_key};
use crate::x509::serial::SerialNumber;
use crate::x509::tbs_view::TbsView;
use crate::x509::timestamp::Timestamp;

/// Answers for an authority. The [module](crate::ocsp) has an example.
#[derive(Debug, Clone)]
pub struct OcspResponder<'a> {
    authority: &'a CertificateAuthority,
    facts: ResponderFacts,
    key: KeyAlgorithm,
    not_before: Timestamp,
    not_after: Timestamp,
    seconds: i64,
}

impl<'a> OcspResponder<'a> {
    /// For how many seconds an answer counts if nothing else is set: an hour (our decision).
    pub const DEFAULT_SECONDS: u32 = 3600;

    /// The authority answers itself.
    ///
    /// # Errors
    /// [`OcspError::NoCertificate`].
    pub fn of_authority(authority: &'a CertificateAuthority) -> Result<OcspResponder<'a>, OcspError> {
        let (Some(not_before), Some(not_after)) = (authority.not_before(), authority.not_after()) else {
            return Err(OcspError::NoCertificate);
        };
        OcspResponder::new(authority, authority.public_key_der(), None, (not_before, not_after))
    }

    /// A delegated responder answers, with a certificate that the authority issued under `OCSPSigningCertificate/V1`. The certificate is
    /// judged here, so that no answer is signed that verifiers refuse.
    ///
    /// # Errors
    /// [`OcspError::NotEntitled`] for a certificate of another issuer, without id-kp-OCSPSigning, with a keyUsage without digitalSignature,
    /// or of a CA; [`OcspError::CertificateSignature`] when the authority did not sign it.
    pub fn delegated(
        authority: &'a CertificateAuthority,
        certificate_der: &[u8],
        verifier: &dyn SignatureVerifier,
    ) -> Result<OcspResponder<'a>, OcspError> {
        if authority.certificate_der().is_none() {
            return Err(OcspError::NoCertificate);
        }
        let mut parts = Reader::single(certificate_der, tag::SEQUENCE)?.reader();
        let tbs = parts.read(tag::SEQUENCE)?;
        let algorithm = parts.read(tag::SEQUENCE)?;
        let signature = parts.read(tag::BIT_STRING)?.octet_aligned_bits()?;
        parts.finish()?;
        let view = TbsView::parse_in(certificate_der, &tbs)?;
        if view.issuer.full != authority.subject_der() {
            return Err(OcspError::NotEntitled("was issued by another"));
        }
        check_entitled(&view)?;
        let algorithm = SignatureAlgorithm::from_der(algorithm.full)
            .ok_or(OcspError::NotEntitled("is signed with an algorithm that is not known"))?;
        verify(verifier, algorithm, authority.public_key_der(), tbs.full, signature)
            .map_err(OcspError::CertificateSignature)?;
        let time = |time: Option<Timestamp>| time.ok_or(OcspError::NotEntitled("has a malformed validity"));
        let period =
            (time(view.not_before.timestamp_of_either_type())?, time(view.not_after.timestamp_of_either_type())?);
        OcspResponder::new(authority, view.public_key.full, Some(certificate_der.to_vec()), period)
    }

    fn new(
        authority: &'a CertificateAuthority,
        public_key: &[u8],
        certificate: Option<Vec<u8>>,
        (not_before, not_after): (Timestamp, Timestamp),
    ) -> Result<OcspResponder<'a>, OcspError> {
        let key = KeyAlgorithm::from_public_key_der(public_key).ok_or(OcspError::KeyAlgorithm)?;
        let facts = ResponderFacts {
            key_hash: key_identifier(subject_public_key(public_key)?),
            public_key: public_key.to_vec(),
            certificate,
            algorithm: key.default_signing_algorithm(),
        };
        let seconds = i64::from(OcspResponder::DEFAULT_SECONDS);
        Ok(OcspResponder { authority, facts, key, not_before, not_after, seconds })
    }

    /// Sets for how many seconds an answer counts; never beyond the certificate of who answers.
    #[must_use]
    pub fn seconds(mut self, seconds: u32) -> Self {
        self.seconds = i64::from(seconds);
        self
    }

    /// Sets the algorithm that answers are signed with; the default of the key if not set.
    ///
    /// # Errors
    /// [`OcspError::Algorithm`] if the key does not sign with it.
    pub fn signing_algorithm(mut self, algorithm: SigningAlgorithm) -> Result<Self, OcspError> {
        if !self.key.supports(algorithm) {
            return Err(OcspError::Algorithm { algorithm, key: self.key });
        }
        self.facts.algorithm = algorithm;
        Ok(self)
    }

    /// Prepares the answer to a request: `status` is asked for each serial number of the authority. What another issuer issued is
    /// unknown.
    ///
    /// # Errors
    /// [`OcspError::Outside`].
    pub fn prepare(
        &self,
        request: &OcspRequest<'_>,
        now: Timestamp,
        mut status: impl FnMut(SerialNumber) -> CertificateStatus,
    ) -> Result<PreparedOcspResponse, OcspError> {
        let next_update = self.next_update(now)?;
        let answers = request.certificates.iter().map(|id| Answer {
            cert_id: id.full,
            status: id.serial_of(self.authority).map_or(CertificateStatus::Unknown, &mut status),
        });
        Ok(PreparedOcspResponse::new(&self.facts, answers, now, next_update, request.nonce))
    }

    /// Prepares an answer for a cache, to everyone who asks for this certificate with this hash and without a nonce (RFC 5019).
    ///
    /// # Errors
    /// [`OcspError::Outside`].
    pub fn prepare_ahead(
        &self,
        hash: OcspHash,
        serial: SerialNumber,
        now: Timestamp,
        status: CertificateStatus,
    ) -> Result<PreparedOcspResponse, OcspError> {
        let next_update = self.next_update(now)?;
        let cert_id = hash.cert_id(self.authority, serial);
        let answers = std::iter::once(Answer { cert_id: &cert_id, status });
        Ok(PreparedOcspResponse::new(&self.facts, answers, now, next_update, None))
    }

    fn next_update(&self, now: Timestamp) -> Result<Timestamp, OcspError> {
        let (not_before, not_after) = (self.not_before, self.not_after);
        if now < not_before || now >= not_after {
            return Err(OcspError::Outside { now, not_before, not_after });
        }
        Ok(now.checked_add_seconds(self.seconds).unwrap_or(Timestamp::MAX).min(not_after))
    }
}

/// RFC 6960 section 4.2.2.2.
fn check_entitled(view: &TbsView<'_>) -> Result<(), OcspError> {
    let purposes = view.extension(&Oid::EXTENDED_KEY_USAGE);
    let purposes = purposes.ok_or(OcspError::NotEntitled("has no extKeyUsage with id-kp-OCSPSigning"))?;
    let mut purposes = Reader::single(purposes.value, tag::SEQUENCE)?.reader();
    let mut may_sign = false;
    while !purposes.is_empty() {
        may_sign |= purposes.read(tag::OID)?.content == Oid::OCSP_SIGNING.as_der_content();
    }
    if !may_sign {
        return Err(OcspError::NotEntitled("has an extKeyUsage without id-kp-OCSPSigning"));
    }
    if let Some(usage) = view.extension(&Oid::KEY_USAGE) {
        let bits = Reader::single(usage.value, tag::BIT_STRING)?;
        if bits.content.get(1).is_none_or(|bits| bits & 0x80 == 0) {
            return Err(OcspError::NotEntitled("has a keyUsage without digitalSignature"));
        }
    }
    if let Some(constraints) = view.extension(&Oid::BASIC_CONSTRAINTS) {
        let ca = Reader::single(constraints.value, tag::SEQUENCE)?.reader().optional(tag::BOOLEAN)?;
        if ca.is_some() {
            return Err(OcspError::NotEntitled("is one of a CA"));
        }
    }
    Ok(())
}
