//! A certificate of a CA, taken apart once.

use der::Decode;
use x509_cert::ext::pkix::{BasicConstraints, KeyUsage, SubjectKeyIdentifier};

use super::ca::CertificateAuthority;
use super::foreign_form::other_than_v3;
use super::import_error::{CertificatePlace, ImportError};
use super::import_policy::ImportPolicy;
use crate::crypto::verifier::{SignatureVerifier, VerifyError};
use crate::x509::algorithm::SigningAlgorithm;
use crate::x509::algorithm::identifier::SignatureAlgorithm;
use crate::x509::asn1::reader::{Asn1Error, Reader};
use crate::x509::asn1::span::Span;
use crate::x509::asn1::tag;
use crate::x509::name::matching::{Likeness, name_is_within};
use crate::x509::name::{NameText, attributes};
use crate::x509::name_constraints::{NameConstraints, pieces_of_names};
use crate::x509::oid::{Oid, OidSet};
use crate::x509::public_key::{PublicKey, modulus_bits, positive_integer};
use crate::x509::serial::SerialNumber;
use crate::x509::tbs_view::TbsView;
use crate::x509::timestamp::Timestamp;

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
    at: CertificatePlace,
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
    pub(super) fn decode(
        der: Vec<u8>,
        at: CertificatePlace,
        policy: &ImportPolicy,
    ) -> Result<CaCertificate, ImportError> {
        let malformed = |error| ImportError::Malformed { at, error };
        let refused = |problem| ImportError::NotACa { at, problem };
        if let Some(found) = other_than_v3(&der) {
            return Err(ImportError::NotV3 { at, found });
        }
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
        let not_after = tbs.not_after.timestamp_of_either_type().ok_or(refused("has a malformed notAfter"))?;
        let not_before = tbs.not_before.timestamp_of_either_type().ok_or(refused("has a malformed notBefore"))?;
        let (found, max) = (tbs.extensions().len(), CertificateAuthority::MAX_EXTENSIONS);
        if found > max {
            return Err(ImportError::TooManyExtensions { at, found, max });
        }
        let mut met = OidSet::expecting(found);
        if !tbs.extensions().all(|extension| met.insert(extension.oid)) {
            return Err(refused("has an extension twice"));
        }
        let value = |oid| tbs.extension(oid).map(|extension| extension.value);

        let constraints = tbs
            .extension(&Oid::BASIC_CONSTRAINTS)
            .ok_or(refused("is not a CA certificate: it has no basicConstraints"))?;
        let decoded = BasicConstraints::from_der(constraints.value);
        let decoded = decoded.map_err(|_| refused("has malformed basicConstraints"))?;
        if !decoded.ca {
            return Err(refused("is not a CA certificate: its basicConstraints have CA false"));
        }
        if !constraints.critical && !policy.accepts_non_critical_basic_constraints() {
            return Err(refused(
                "has basicConstraints that are not critical; those of a CA certificate must be critical \
                 (RFC 5280 section 4.2.1.9)",
            ));
        }
        if let Some(usage) = value(&Oid::KEY_USAGE) {
            let usage = KeyUsage::from_der(usage).map_err(|_| refused("has a malformed keyUsage"))?;
            if !usage.key_cert_sign() {
                return Err(refused("has a keyUsage without keyCertSign"));
            }
        }
        let unknown = tbs.extensions().find(|e| e.critical && !KNOWN_CRITICAL.iter().any(|known| e.oid == *known));
        if let Some(unknown) = unknown {
            return Err(ImportError::UnknownCritical { at, oid: unknown.oid.to_oid() });
        }
        let subject_key_identifier = value(&Oid::SUBJECT_KEY_IDENTIFIER)
            .map(|value| SubjectKeyIdentifier::from_der(value).map(|identifier| identifier.0.as_bytes().to_vec()))
            .transpose()
            .map_err(|_| refused("has a malformed subjectKeyIdentifier"))?;
        let name_constraints = value(&Oid::NAME_CONSTRAINTS)
            .map(NameConstraints::from_der)
            .transpose()
            .map_err(|error| ImportError::NameConstraints { at, error })?;
        if tbs.subject.content.is_empty() {
            return Err(refused("has an empty subject"));
        }
        // Each certificate below repeats the name.
        attributes(tbs.subject.full)
            .try_for_each(|attribute| attribute.map(drop))
            .map_err(|error| malformed(Asn1Error { offset: tbs.subject.offset + error.offset, ..error }))?;
        Ok(CaCertificate {
            at,
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

    /// Where it was given.
    pub(super) fn at(&self) -> CertificatePlace {
        self.at
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

    /// Whether it is of the same authority, by name and key.
    pub(super) fn is_of_same_authority(&self, other: &CaCertificate) -> bool {
        self.subject() == other.subject() && self.public_key() == other.public_key()
    }

    /// Checks that `above` is the issuer, and signed this certificate.
    ///
    /// # Errors
    /// What is wrong; [`ImportError::Unverifiable`] when the verifier does not support the algorithm.
    pub(super) fn check_issued_by(
        &self,
        above: &CaCertificate,
        verifier: &dyn SignatureVerifier,
    ) -> Result<(), ImportError> {
        if self.issuer() != above.subject() {
            return Err(self.wrong_issuer(above));
        }
        self.check_signed_by(above, verifier)
    }

    fn wrong_issuer(&self, above: &CaCertificate) -> ImportError {
        let (issuer, subject) = (self.issuer(), above.subject());
        let alike = |a: &[u8], b: &[u8]| name_is_within(a, b) == Ok(Likeness::Alike);
        let (at, above) = (self.at, above.at);
        match alike(issuer, subject) && alike(subject, issuer) {
            true => ImportError::IssuerNameForm { at, above, difference: difference_in_form(subject, issuer) },
            false => ImportError::IssuerName {
                at,
                above,
                issuer: NameText(issuer).to_string(),
                subject: NameText(subject).to_string(),
            },
        }
    }

    /// Checks that the key of `above` made the signature.
    ///
    /// # Errors
    /// As [`CaCertificate::check_issued_by`].
    pub(super) fn check_signed_by(
        &self,
        above: &CaCertificate,
        verifier: &dyn SignatureVerifier,
    ) -> Result<(), ImportError> {
        let (at, identifier) = (self.at, self.octets(self.signature_algorithm));
        let Some(algorithm) = SignatureAlgorithm::from_der(identifier) else {
            let oid = Reader::single(identifier, tag::SEQUENCE).and_then(|tlv| tlv.reader().read(tag::OID)?.oid_ref());
            let algorithm = oid.map_err(|error| ImportError::Malformed { at, error })?.to_oid();
            return Err(ImportError::SignatureAlgorithm { at, algorithm });
        };
        if let Some(bits) = short_rsa(above.public_key()).filter(|_| !every_verifier_takes_short_rsa(algorithm)) {
            return Err(ImportError::ShortRsaKey { at, above: above.at, algorithm, bits });
        }
        let (tbs, signature) = (self.octets(self.tbs), self.octets(self.signature));
        verifier.verify(algorithm, above.public_key(), tbs, signature).map_err(|error| match error {
            VerifyError::UnsupportedAlgorithm(algorithm) => ImportError::Unverifiable { at, algorithm },
            error => ImportError::Signature { at, above: above.at, error },
        })
    }
}

/// The length of an RSA modulus of fewer than 2048 bits.
fn short_rsa(public_key: &[u8]) -> Option<usize> {
    match PublicKey::from_der(public_key) {
        Ok(PublicKey::Rsa { modulus, .. }) => Some(modulus_bits(modulus)).filter(|bits| *bits < 2048),
        _ => None,
    }
}

/// Whether signatures of short RSA keys with this algorithm are verified by AWS-LC as well.
fn every_verifier_takes_short_rsa(algorithm: SignatureAlgorithm) -> bool {
    use SigningAlgorithm::{Sha256WithRsa, Sha512WithRsa};
    matches!(algorithm, SignatureAlgorithm::Sha1WithRsa | SignatureAlgorithm::Api(Sha256WithRsa | Sha512WithRsa))
}

/// How two names differ that are alike.
fn difference_in_form(subject: &[u8], issuer: &[u8]) -> String {
    let pairs = attributes(subject).flatten().zip(attributes(issuer).flatten());
    let mut other_type = pairs.filter(|(a, b)| a.oid == b.oid && a.value.tag != b.value.tag);
    match other_type.next() {
        Some((a, b)) => {
            let attribute = a.oid.to_oid();
            let attribute = attribute.name().map_or_else(|| attribute.to_string(), str::to_owned);
            let [of_subject, of_issuer] = [a, b].map(|attribute| string_type(attribute.value.tag));
            format!("{attribute} is {of_subject} as the subject and {of_issuer} as the issuer")
        }
        None => format!(
            "they differ in case, white space or order: '{}' as the subject, '{}' as the issuer",
            NameText(subject),
            NameText(issuer)
        ),
    }
}

fn string_type(tag: u8) -> String {
    let name = match tag {
        tag::UTF8_STRING => "UTF8String",
        tag::PRINTABLE_STRING => "PrintableString",
        tag::TELETEX_STRING => "TeletexString",
        tag::IA5_STRING => "IA5String",
        tag::BMP_STRING => "BMPString",
        tag::UNIVERSAL_STRING => "UniversalString",
        tag => return format!("a value of type 0x{tag:02x}"),
    };
    name.to_owned()
}
