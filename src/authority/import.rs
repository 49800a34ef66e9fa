//! Import of a CA's certificate and chain (R-CA-6).

use std::sync::Arc;

use super::ca_certificate::CaCertificate;
use super::{
    AuthorityError, CertificateAuthority, CertificateAuthorityBuilder, CertificateAuthorityStatus,
    CertificateAuthorityType, ImportError, Issuing,
};
use crate::SignatureVerifier;
use crate::asn1::tag;
use crate::issue::IssuedBy;
use crate::pem::{self, PemError};

impl CertificateAuthority {
    /// Imports the authority's certificate and the chain above it, and makes the authority active (R-CA-6).
    ///
    /// `certificate` is one certificate in PEM or DER; `chain` is PEM, from the issuer of the certificate up to the root. For a
    /// root it is empty; for a subordinate it may be partial, and what is left out is then not enforced. Each signature
    /// within what is given is verified. Path lengths and name constraints of every certificate given count from then on.
    ///
    /// # Errors
    /// [`ImportError`]; the authority is then as before.
    pub fn import_certificate(
        &mut self,
        certificate: &[u8],
        chain: &[u8],
        verifier: &dyn SignatureVerifier,
    ) -> Result<(), ImportError> {
        use CertificateAuthorityStatus as Status;
        if !matches!(self.status, Status::PendingCertificate | Status::Active | Status::Disabled) {
            return Err(ImportError::State(self.status));
        }
        let mut own = certificates(certificate)?;
        let number = own.len();
        let (Some(own), 1) = (own.pop(), number) else { return Err(ImportError::NotOne(number)) };
        let chain = if chain.trim_ascii().is_empty() { Vec::new() } else { certificates(chain)? };
        let path = decode_path(own, chain)?;
        let [own, above @ ..] = path.as_slice() else { return Err(ImportError::NotOne(0)) };
        if own.public_key() != self.public_key_der() {
            return Err(ImportError::KeyMismatch);
        }
        if self.authority_type() == CertificateAuthorityType::Root {
            if !own.verify_under(own, verifier) {
                return Err(ImportError::NotSelfSigned);
            }
            if !above.is_empty() {
                return Err(ImportError::ChainOfRoot);
            }
        }
        for (position, pair) in path.windows(2).enumerate() {
            if !pair[0].verify_under(&pair[1], verifier) {
                return Err(ImportError::Chain { position });
            }
        }
        let path_length_left = path_length_left(&path)?;
        let issued_by = Arc::new(IssuedBy {
            public_key: self.public_key_der().to_vec(),
            chain: path.iter().map(|certificate| certificate.der().to_vec()).collect(),
        });
        let mut path = path.into_iter();
        let Some(certificate) = path.next() else { return Err(ImportError::NotOne(0)) };
        self.issuing = Some(Arc::new(Issuing { certificate, chain: path.collect(), path_length_left, issued_by }));
        if self.status == Status::PendingCertificate {
            self.status = Status::Active;
        }
        Ok(())
    }
}

impl CertificateAuthorityBuilder {
    /// An active authority around a certificate that exists already: `certificate` as in
    /// [`CertificateAuthority::import_certificate`], with subject and key taken from it.
    ///
    /// # Errors
    /// [`ImportError`], and [`AuthorityError`] for a key that the API has no name for.
    pub fn build_from_certificate(
        self,
        certificate: &[u8],
        chain: &[u8],
        verifier: &dyn SignatureVerifier,
    ) -> Result<CertificateAuthority, crate::Error> {
        let first =
            certificates(certificate).map_err(ImportError::from)?.into_iter().next().ok_or(ImportError::NotOne(0))?;
        let decoded = CaCertificate::decode(first, 0)?;
        let built: Result<_, AuthorityError> = self.build_with_name(decoded.subject().to_vec(), decoded.public_key());
        let mut authority = built?;
        authority.import_certificate(certificate, chain, verifier)?;
        Ok(authority)
    }
}

/// Certificates in PEM, or one in DER.
fn certificates(input: &[u8]) -> Result<Vec<Vec<u8>>, PemError> {
    match input {
        [tag::SEQUENCE, 0x7f..=0xff, ..] => Ok(vec![input.to_vec()]),
        _ => pem::decode_all(input, "CERTIFICATE"),
    }
}

fn decode_path(own: Vec<u8>, chain: Vec<Vec<u8>>) -> Result<Vec<CaCertificate>, ImportError> {
    let ders = std::iter::once(own).chain(chain).enumerate();
    ders.map(|(position, der)| CaCertificate::decode(der, position)).collect()
}

/// How many CA certificates may follow the first certificate of the path (RFC 5280 section 6.1.4: self-issued ones do not
/// count).
fn path_length_left(path: &[CaCertificate]) -> Result<Option<u32>, ImportError> {
    let mut left: Option<u32> = None;
    let mut below = 0;
    for (position, certificate) in path.iter().enumerate() {
        if let Some(limit) = certificate.path_len() {
            let rest = u32::from(limit).checked_sub(below).ok_or(ImportError::PathLength { position })?;
            left = Some(left.map_or(rest, |left| left.min(rest)));
        }
        below += u32::from(!certificate.is_self_issued());
    }
    Ok(left)
}
