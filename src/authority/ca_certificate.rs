//! A certificate of a CA, taken apart once.

use der::Decode;
use x509_cert::ext::pkix::{BasicConstraints, KeyUsage, SubjectKeyIdentifier};

use super::name_constraints::{NameConstraints, pieces_of_names};
use super::{CertificateAuthority, ImportError};
use crate::asn1::{Asn1Error, Reader, Span, tag};
use crate::name::attributes;
use crate::oid::OidSet;
use crate::public_key::positive_integer;
use crate::tbs::TbsView;
use crate::{Oid, SerialNumber, SignatureAlgorithm, SignatureVerifier, Timestamp, VerifyError};

/// Extensions that may be critical in a certificate that is imported (API reference of ImportCertificateAuthorityCertificate): the
/// engine acts on them, or their meaning does not bear on issuance. Any other critical one is refused (RFC 5280 section 4.2).
const KNOWN_CRITICAL: [Oid; 13] = [
    Oid::AUTHORITY_KEY_IDENTIFIER,
    Oid::BASIC_CONSTRAINTS,
    Oid::CERTIFICATE_POLICIES,
    Oid::EXTENDED_KEY_USAGE,
    Oid::INHIBIT_ANY_POLICY,
    Oid::ISSUER_ALT_NAME,
    Oid::KEY_USAGE,
    Oid::NAME_CONSTRAINTS,
    Oid::POLICY_MAPPINGS,
    Oid::SUBJECT_ALT_NAME,
    Oid::SUBJECT_DIRECTORY_ATTRIBUTES,
    Oid::SUBJECT_KEY_IDENTIFIER,
    Oid::SUBJECT_INFO_ACCESS,
];

/// A decoded CA certificate over its own octets.
#[derive(Debug)]
pub(super) struct CaCertificate {
    der: Vec<u8>,
    tbs: Span,
    issuer: Span,
    subject: Span,
    public_key: Span,
    signature_algorithm: Span,
    signature: Span,
    serial: Option<SerialNumber>,
    not_before: Timestamp,
    not_after: Timestamp,
    path_len: Option<u8>,
    subject_key_identifier: Option<Vec<u8>>,
    /// The contents of subjectAltName and of that of 1994.
    alternative_names: Vec<Span>,
    name_constraints: Option<NameConstraints>,
}

impl CaCertificate {
    /// Decodes a certificate and checks that it is one of a CA (R-CA-6).
    pub(super) fn decode(der: Vec<u8>, position: usize) -> Result<CaCertificate, ImportError> {
        let malformed = |error| ImportError::Malformed { position, error };
        let refused = |problem| ImportError::NotACa { position, problem };
        let mut parts = Reader::single(&der, tag::SEQUENCE).map_err(malformed)?.reader();
        let tbs_tlv = parts.read(tag::SEQUENCE).map_err(malformed)?;
        let algorithm = parts.read(tag::SEQUENCE).map_err(malformed)?;
        let bits = parts.read(tag::BIT_STRING).map_err(malformed)?;
        let signature = bits.octet_aligned_bits().map_err(malformed)?;
        parts.finish().map_err(malformed)?;
        let tbs = TbsView::parse_in(&der, &tbs_tlv).map_err(malformed)?;
        if tbs.signature.full != algorithm.full {
            return Err(refused("names two different signature algorithms"));
        }
        let not_after = tbs.not_after.timestamp().ok_or(refused("has a malformed notAfter"))?;
        let not_before = tbs.not_before.timestamp().ok_or(refused("has a malformed notBefore"))?;
        let (found, max) = (tbs.extensions().len(), CertificateAuthority::MAX_EXTENSIONS);
        if found > max {
            return Err(ImportError::TooManyExtensions { position, found, max });
        }
        let mut met = OidSet::expecting(found);
        if !tbs.extensions().all(|extension| met.insert(extension.oid)) {
            return Err(refused("has an extension twice"));
        }
        let value = |oid| tbs.extension(oid).map(|extension| extension.value);

        let constraints = tbs.extension(&Oid::BASIC_CONSTRAINTS).ok_or(refused("has no basicConstraints"))?;
        let decoded = BasicConstraints::from_der(constraints.value);
        let decoded = decoded.map_err(|_| refused("has malformed basicConstraints"))?;
        if !constraints.critical || !decoded.ca {
            return Err(refused("must have critical basicConstraints with CA true"));
        }
        if let Some(usage) = value(&Oid::KEY_USAGE) {
            let usage = KeyUsage::from_der(usage).map_err(|_| refused("has a malformed keyUsage"))?;
            if !usage.key_cert_sign() {
                return Err(refused("has a keyUsage without keyCertSign"));
            }
        }
        let unknown = tbs.extensions().find(|e| e.critical && !KNOWN_CRITICAL.iter().any(|known| e.oid == *known));
        if let Some(unknown) = unknown {
            return Err(ImportError::UnknownCritical { position, oid: unknown.oid.to_oid() });
        }
        let subject_key_identifier = value(&Oid::SUBJECT_KEY_IDENTIFIER)
            .map(|value| SubjectKeyIdentifier::from_der(value).map(|identifier| identifier.0.as_bytes().to_vec()))
            .transpose()
            .map_err(|_| refused("has a malformed subjectKeyIdentifier"))?;
        let name_constraints = value(&Oid::NAME_CONSTRAINTS)
            .map(NameConstraints::from_der)
            .transpose()
            .map_err(|error| ImportError::NameConstraints { position, error })?;
        if tbs.subject.content.is_empty() {
            return Err(refused("has an empty subject"));
        }
        // Each certificate below repeats the name.
        attributes(tbs.subject.full)
            .try_for_each(|attribute| attribute.map(drop))
            .map_err(|error| malformed(Asn1Error { offset: tbs.subject.offset + error.offset, ..error }))?;
        Ok(CaCertificate {
            tbs: tbs_tlv.span(),
            issuer: tbs.issuer.span(),
            subject: tbs.subject.span(),
            public_key: tbs.public_key.span(),
            signature_algorithm: algorithm.span(),
            signature: bits.span_of_last(signature.len()),
            serial: positive_integer(&tbs.serial).ok().and_then(|octets| SerialNumber::from_be_bytes(octets).ok()),
            not_before,
            not_after,
            path_len: decoded.path_len_constraint,
            subject_key_identifier,
            alternative_names: tbs.alternative_names().collect(),
            name_constraints,
            der,
        })
    }

    fn octets(&self, span: Span) -> &[u8] {
        span.of(&self.der)
    }

    pub(super) fn der(&self) -> &[u8] {
        &self.der
    }

    pub(super) fn issuer(&self) -> &[u8] {
        self.octets(self.issuer)
    }

    pub(super) fn subject(&self) -> &[u8] {
        self.octets(self.subject)
    }

    pub(super) fn public_key(&self) -> &[u8] {
        self.octets(self.public_key)
    }

    pub(super) fn serial(&self) -> Option<SerialNumber> {
        self.serial
    }

    pub(super) fn not_before(&self) -> Timestamp {
        self.not_before
    }

    pub(super) fn not_after(&self) -> Timestamp {
        self.not_after
    }

    pub(super) fn path_len(&self) -> Option<u8> {
        self.path_len
    }

    pub(super) fn is_self_issued(&self) -> bool {
        self.issuer() == self.subject()
    }

    pub(super) fn subject_key_identifier(&self) -> Option<&[u8]> {
        self.subject_key_identifier.as_deref()
    }

    /// The contents of the extensions with alternative names, in DER.
    pub(super) fn alternative_names(&self) -> Vec<&[u8]> {
        self.alternative_names.iter().map(|span| self.octets(*span)).collect()
    }

    pub(super) fn name_constraints(&self) -> Option<&NameConstraints> {
        self.name_constraints.as_ref()
    }

    /// The pieces of the names that constraints above this certificate are for.
    pub(super) fn pieces_of_names(&self) -> usize {
        pieces_of_names(self.subject(), &self.alternative_names())
    }

    /// Whether `issuer` signed this certificate.
    ///
    /// # Errors
    /// [`ImportError::Unverifiable`] when the verifier does not do the algorithm.
    pub(super) fn verify_under(
        &self,
        issuer: &CaCertificate,
        verifier: &dyn SignatureVerifier,
    ) -> Result<bool, ImportError> {
        let algorithm = SignatureAlgorithm::from_der(self.octets(self.signature_algorithm));
        let Some(algorithm) = algorithm.filter(|_| self.issuer() == issuer.subject()) else { return Ok(false) };
        let (tbs, signature) = (self.octets(self.tbs), self.octets(self.signature));
        match verifier.verify(algorithm, issuer.public_key(), tbs, signature) {
            Err(VerifyError::UnsupportedAlgorithm(algorithm)) => Err(ImportError::Unverifiable(algorithm)),
            verified => Ok(verified.is_ok()),
        }
    }
}
