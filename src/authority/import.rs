//! Import of a CA's certificate and chain (R-CA-6).

use std::sync::Arc;

use super::ca::{
    CertificateAuthority, CertificateAuthorityBuilder, CertificateAuthorityStatus, CertificateAuthorityType, IssuedBy,
    Issuing,
};
use super::ca_certificate::CaCertificate;
use super::error::AuthorityError;
use super::import_error::{CertificatePlace, ImportError, ImportInput};
use super::import_policy::ImportPolicy;
use crate::crypto::verifier::SignatureVerifier;
use crate::x509::asn1::tag;
use crate::x509::name::NameText;
use crate::x509::name_constraints::NameConstraints;
use crate::x509::pem;

impl CertificateAuthority {
    /// Imports the authority's certificate and the chain above it, and makes an authority that waited for its certificate active
    /// (R-CA-6). An ACTIVE or DISABLED one stays so.
    ///
    /// `certificate` is one certificate in PEM or DER; `chain` is PEM, from the issuer of the certificate up to the root. For a
    /// root it is empty; for a subordinate it may be partial, and what is left out is then not enforced. Each signature
    /// within what is given is verified, and must satisfy the path lengths and name constraints above it. Those of every
    /// certificate given count from then on. What the certificates may hold is bounded: see [`CertificateAuthority`].
    ///
    /// # Errors
    /// [`ImportError`]; the authority is then as before.
    pub fn import_certificate(
        &mut self,
        certificate: &[u8],
        chain: &[u8],
        verifier: &dyn SignatureVerifier,
    ) -> Result<(), ImportError> {
        self.import_certificate_with(certificate, chain, verifier, &ImportPolicy::default())
    }

    /// As [`CertificateAuthority::import_certificate`], with what the operator decides about certificates. The key was judged
    /// when the authority was built.
    ///
    /// # Errors
    /// As [`CertificateAuthority::import_certificate`].
    pub fn import_certificate_with(
        &mut self,
        certificate: &[u8],
        chain: &[u8],
        verifier: &dyn SignatureVerifier,
        policy: &ImportPolicy,
    ) -> Result<(), ImportError> {
        use CertificateAuthorityStatus as Status;
        if !matches!(self.status, Status::PendingCertificate | Status::Active | Status::Disabled) {
            return Err(ImportError::State(self.status));
        }
        let own = certificates(certificate, ImportInput::Certificate)?;
        if own.len() != 1 {
            return Err(ImportError::NotOne(own.len()));
        }
        self.import_path(own, chain, verifier, policy)
    }

    /// `path` starts with the authority's own certificate; `chain` is what follows it, in PEM.
    fn import_path(
        &mut self,
        mut path: Vec<Vec<u8>>,
        chain: &[u8],
        verifier: &dyn SignatureVerifier,
        policy: &ImportPolicy,
    ) -> Result<(), ImportError> {
        let first_of_chain = path.len();
        if !chain.trim_ascii().is_empty() {
            path.extend(certificates(chain, ImportInput::Chain)?);
        }
        let (found, max) = (path.len(), CertificateAuthority::MAX_PATH_CERTIFICATES);
        if found > max {
            return Err(ImportError::TooManyCertificates { found, max });
        }
        let place = |position| CertificatePlace::new(position, first_of_chain);
        let path =
            path.into_iter().enumerate().map(|(position, der)| CaCertificate::decode(der, place(position), policy));
        let path = path.collect::<Result<Vec<_>, _>>()?;
        let [own, above @ ..] = path.as_slice() else { return Err(ImportError::NotOne(0)) };
        if own.public_key() != self.public_key_der() {
            return Err(ImportError::KeyMismatch);
        }
        match self.authority_type() {
            CertificateAuthorityType::Root => check_root(own, above, verifier)?,
            CertificateAuthorityType::Subordinate => check_subordinate(own, above, verifier)?,
        }
        for pair in path.windows(2) {
            pair[0].check_issued_by(&pair[1], verifier)?;
        }
        let path_length_left = path_length_left(&path)?;
        check_names(&path)?;
        let issued_by = Arc::new(IssuedBy::new(
            self.arn().clone(),
            self.public_key_der().to_vec(),
            path.iter().map(|certificate| certificate.der().to_vec()).collect(),
        ));
        let mut path = path.into_iter();
        let Some(certificate) = path.next() else { return Err(ImportError::NotOne(0)) };
        self.issuing = Some(Arc::new(Issuing { certificate, chain: path.collect(), path_length_left, issued_by }));
        if self.status == CertificateAuthorityStatus::PendingCertificate {
            self.status = CertificateAuthorityStatus::Active;
        }
        Ok(())
    }
}

impl CertificateAuthorityBuilder {
    /// An active authority around a certificate that exists already, with subject and key taken from it. `certificate` and
    /// `chain` are as in [`CertificateAuthority::import_certificate`], but `certificate` may also hold the start of the
    /// chain, as PEM files often do, and the private key, which is passed over.
    ///
    /// [`CertificateAuthority::from_certificate`] reads the type of the authority from the certificate and needs no ARN.
    ///
    /// # Errors
    /// [`ImportError`], and [`AuthorityError`] for a key that the API has no name for.
    pub fn build_from_certificate(
        self,
        certificate: &[u8],
        chain: &[u8],
        verifier: &dyn SignatureVerifier,
    ) -> Result<CertificateAuthority, crate::error::Error> {
        let path = own_certificates(certificate)?;
        let decoded = decode_own(&path, &self.import_policy)?;
        self.build_with_path(&decoded, path, chain, verifier)
    }

    /// `own` is the first certificate of `path`, and `chain` is what follows the path.
    pub(super) fn build_with_path(
        self,
        own: &CaCertificate,
        path: Vec<Vec<u8>>,
        chain: &[u8],
        verifier: &dyn SignatureVerifier,
    ) -> Result<CertificateAuthority, crate::error::Error> {
        let policy = self.import_policy.clone();
        let built: Result<_, AuthorityError> = self.build_with_name(own.subject().to_vec(), own.public_key());
        let mut authority = built?;
        authority.import_path(path, chain, verifier, &policy)?;
        Ok(authority)
    }
}

/// The first certificate of a path.
pub(super) fn decode_own(path: &[Vec<u8>], policy: &ImportPolicy) -> Result<CaCertificate, ImportError> {
    CaCertificate::decode(path.first().cloned().unwrap_or_default(), CertificatePlace::OWN, policy)
}

impl CertificateAuthorityType {
    /// The type of the authority that a CA certificate, in PEM or DER, belongs to: a root's is issued by itself. In PEM, the
    /// first certificate counts.
    ///
    /// # Errors
    /// [`ImportError`] when it is not a CA certificate.
    pub fn of_certificate(certificate: &[u8]) -> Result<CertificateAuthorityType, ImportError> {
        let path = own_certificates(certificate)?;
        Ok(match decode_own(&path, &ImportPolicy::default())?.is_self_issued() {
            true => CertificateAuthorityType::Root,
            false => CertificateAuthorityType::Subordinate,
        })
    }
}

/// A root signs itself, and has nothing above it.
fn check_root(
    own: &CaCertificate,
    above: &[CaCertificate],
    verifier: &dyn SignatureVerifier,
) -> Result<(), ImportError> {
    if !own.is_self_issued() {
        let [subject, issuer] = [own.subject(), own.issuer()].map(|name| NameText(name).to_string());
        return Err(ImportError::NotSelfIssued { subject, issuer });
    }
    own.check_signed_by(own, verifier)?;
    if above.is_empty() { Ok(()) } else { Err(ImportError::ChainOfRoot) }
}

/// A subordinate does not sign itself, and its chain begins with its issuer. One that another key of the same
/// name issued does not sign itself.
fn check_subordinate(
    own: &CaCertificate,
    above: &[CaCertificate],
    verifier: &dyn SignatureVerifier,
) -> Result<(), ImportError> {
    if own.is_self_issued() {
        match own.check_signed_by(own, verifier) {
            Ok(()) => return Err(ImportError::SelfSigned),
            Err(error @ ImportError::Unverifiable { .. }) => return Err(error),
            Err(_) => {}
        }
    }
    match above.first() {
        Some(first) if first.at().input() == ImportInput::Chain && first.is_of_same_authority(own) => {
            Err(ImportError::OwnCertificateInChain)
        }
        _ => Ok(()),
    }
}

/// Certificates in PEM, or one in DER.
fn certificates(given: &[u8], input: ImportInput) -> Result<Vec<Vec<u8>>, ImportError> {
    certificates_by(given, input, pem::decode_all)
}

/// The authority's own certificate and what may follow it, in a file that an operator has: it may hold the key as well.
pub(super) fn own_certificates(given: &[u8]) -> Result<Vec<Vec<u8>>, ImportError> {
    certificates_by(given, ImportInput::Certificate, pem::decode_beside_key)
}

type DecodePem = fn(&[u8], &'static str) -> Result<Vec<Vec<u8>>, pem::PemError>;

fn certificates_by(given: &[u8], input: ImportInput, decode: DecodePem) -> Result<Vec<Vec<u8>>, ImportError> {
    match given {
        [tag::SEQUENCE, 0x7f..=0xff, ..] => Ok(vec![given.to_vec()]),
        _ => decode(given, "CERTIFICATE").map_err(|error| ImportError::Pem { input, error }),
    }
}

/// How many CA certificates may follow the first certificate of the path (RFC 5280 section 6.1.4: self-issued ones do not
/// count).
fn path_length_left(path: &[CaCertificate]) -> Result<Option<u32>, ImportError> {
    let mut left: Option<u32> = None;
    let mut below = 0;
    for certificate in path {
        if let Some(limit) = certificate.path_len() {
            let at = certificate.at();
            let rest = u32::from(limit).checked_sub(below).ok_or(ImportError::PathLength { at })?;
            left = Some(left.map_or(rest, |left| left.min(rest)));
        }
        below += u32::from(!certificate.is_self_issued());
    }
    Ok(left)
}

/// Every certificate of the path is within the name constraints above it, but for self-issued ones (RFC 5280 section 6.1.3):
/// no verifier takes what is issued below another one.
fn check_names(path: &[CaCertificate]) -> Result<(), ImportError> {
    let (mut found, max) = (0usize, CertificateAuthority::MAX_NAME_COMPARISONS);
    for (position, certificate) in path.iter().enumerate().filter(|(_, certificate)| !certificate.is_self_issued()) {
        let mut above = path[position + 1..].iter().filter_map(CaCertificate::name_constraints);
        let subtrees = above.clone().map(NameConstraints::pieces).sum();
        found = found.saturating_add(certificate.pieces_of_names().saturating_mul(subtrees));
        if found > max {
            return Err(ImportError::TooManyComparisons { at: certificate.at(), found, max });
        }
        let (subject, names) = (certificate.subject(), certificate.alternative_names());
        above
            .try_for_each(|constraints| constraints.check(subject, &names))
            .map_err(|error| ImportError::Names { at: certificate.at(), error })?;
    }
    Ok(())
}
