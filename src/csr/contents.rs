//! The contents of a certification request as typed values, read by what the engine itself reads them with.

use std::fmt;

use super::certification_request::{Csr, EXTENSION_REQUEST, SAN_BOUNDS};
use super::error::CsrError;
use super::view::{Content, Extension};
use crate::x509::asn1::reader::Asn1Error;
use crate::x509::describe::{describe_extension, describe_value};
use crate::x509::extension::{Known, Terms, label};
use crate::x509::name::alternative::AlternativeNames;
use crate::x509::name::distinguished::DistinguishedName;
use crate::x509::oid::Oid;
use crate::x509::public_key::info::SubjectPublicKeyInfo;

/// One extension of the `extensionRequest` attribute.
///
/// `Display` writes `keyUsage (critical): digitalSignature`, the value as OpenSSL words it and anything hostile escaped.
///
/// ```
/// use issuance::Csr;
/// use issuance::csr::CsrError;
/// let csr = Csr::decode(include_bytes!("../../examples/data/www.example.com.csr"))?;
/// let shown = csr.extensions().map(|extension| Ok(extension?.to_string())).collect::<Result<Vec<_>, CsrError>>()?;
/// assert_eq!(
///     shown,
///     ["subjectAltName: DNS:www.example.com, DNS:example.com", "keyUsage (critical): digitalSignature"]
/// );
/// # Ok::<(), CsrError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct CsrExtension<'a> {
    /// `extnID`.
    pub oid: Oid,
    /// `critical`; FALSE also if it is spelled out, which is not DER.
    pub critical: bool,
    /// The content of `extnValue`, as it came.
    pub value: &'a [u8],
    /// The whole `Extension`, as it came.
    pub der: &'a [u8],
    /// Where the value starts in the request.
    offset: usize,
}

/// One attribute of a certification request.
///
/// `Display` writes its type and its values. `Display` and `Debug` do not show a challenge password.
///
/// ```
/// use issuance::{Csr, Oid};
/// let csr = Csr::decode(include_bytes!("../../examples/data/www.example.com.csr"))?;
/// let types: Vec<Oid> = csr.attributes().map(|attribute| attribute.oid).collect();
/// assert_eq!(types, [Oid::EXTENSION_REQUEST]);
/// # Ok::<(), issuance::csr::CsrError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct CsrAttribute<'a> {
    /// The attribute's type.
    pub oid: Oid,
    /// What follows the type, as it came: the SET of values, tag and length included, if the attribute is well formed.
    pub values: &'a [u8],
}

impl<S> Csr<'_, S> {
    /// The subject.
    ///
    /// # Errors
    /// [`CsrError::Malformed`], with the offset in the request, if the engine would not put the subject into a certificate
    /// (R-CSR-2).
    pub fn subject(&self) -> Result<DistinguishedName<'_>, CsrError> {
        DistinguishedName::within(self.subject_der(), SAN_BOUNDS)
            .map_err(|error| CsrError::Malformed { element: "subject", error: error.within(self.subject_offset()) })
    }

    /// The subject alternative names; an empty list if the request asks for none.
    ///
    /// These are the names that the engine copies into the certificate, unless the API gives others. Templates that pass the
    /// extensions of the CSR through also take names in another extension, subjectAltName of 1994, if this one is absent
    /// (R-MRG-9): with such templates look at [`Csr::extensions`], too, and at their [`CsrExtension::alternative_names`].
    ///
    /// For an example see [`AlternativeNames`].
    ///
    /// # Errors
    /// [`CsrError::Malformed`], with the offset in the request, if the engine would not put the names into a certificate (R-CSR-2,
    /// R-CSR-8), or if the request for extensions cannot be read as a whole; [`CsrError::DuplicateExtension`].
    pub fn subject_alternative_names(&self) -> Result<AlternativeNames<'_>, CsrError> {
        match self.extension(&Oid::SUBJECT_ALT_NAME)? {
            Some(extension) => extension.names(),
            None => Ok(AlternativeNames::default()),
        }
    }

    /// The requested extension of a type.
    ///
    /// ```
    /// use issuance::{Csr, Oid};
    /// let csr = Csr::decode(include_bytes!("../../examples/data/www.example.com.csr"))?;
    /// assert!(csr.extension(&Oid::KEY_USAGE)?.is_some_and(|usage| usage.critical));
    /// assert_eq!(csr.extension(&Oid::EXTENDED_KEY_USAGE)?, None);
    /// # Ok::<(), issuance::csr::CsrError>(())
    /// ```
    ///
    /// # Errors
    /// [`CsrError::DuplicateExtension`] if it is requested twice; [`CsrError::Malformed`] if it, or the request for extensions as a
    /// whole, cannot be read.
    pub fn extension(&self, oid: &Oid) -> Result<Option<CsrExtension<'_>>, CsrError> {
        if let Some(error) = self.unreadable_request() {
            return Err(CsrError::Malformed { element: EXTENSION_REQUEST, error });
        }
        let mut of_type = self.extension_parts().filter(|extension| extension.oid == *oid);
        let first = of_type.next();
        match of_type.next() {
            Some(_) => Err(CsrError::DuplicateExtension(*oid)),
            None => first.map(CsrExtension::read).transpose(),
        }
    }

    /// The public key.
    ///
    /// # Errors
    /// [`CsrError::Key`] if it is not one of an algorithm that the crate knows. Whether a [`KeyPolicy`](crate::x509::public_key::KeyPolicy)
    /// allows it is not looked at: that is for [`Csr::prove`].
    pub fn public_key(&self) -> Result<SubjectPublicKeyInfo<'_>, CsrError> {
        SubjectPublicKeyInfo::from_der(self.public_key_der()).map_err(CsrError::Key)
    }
}

impl<'a> CsrExtension<'a> {
    pub(super) fn read(extension: Extension<'a>) -> Result<CsrExtension<'a>, CsrError> {
        let (oid, der) = (extension.oid.to_oid(), extension.der);
        match extension.content() {
            Ok(Content { critical, value, offset }) => Ok(CsrExtension { oid, critical, value, der, offset }),
            Err(error) => Err(CsrError::of_extension(&oid, error)),
        }
    }

    /// Whether a certificate could have the value: one whole value of its type, if the crate knows the type (R-CSR-8).
    ///
    /// Whether a template takes the extension is another question.
    ///
    /// # Errors
    /// [`CsrError::Malformed`], with the offset in the request.
    pub fn check(&self) -> Result<(), CsrError> {
        let Some(known) = Known::of(self.oid.by_ref()) else { return Ok(()) };
        let bounds = if known.holds_subject_names() { SAN_BOUNDS } else { Terms::DER.bounds };
        known.check(self.value, Terms { bounds, ..Terms::DER }).map_err(|error| self.malformed(error))
    }

    /// The names in the extension, if verifiers read names of the subject there: subjectAltName, that of 1994 (2.5.29.7), and
    /// identifiers that become one of them where arcs have 32 bits (R-MRG-9). `None` for every other extension.
    ///
    /// # Errors
    /// As [`Csr::subject_alternative_names`].
    pub fn alternative_names(&self) -> Option<Result<AlternativeNames<'a>, CsrError>> {
        let holds_names = Known::of(self.oid.by_ref()).is_some_and(Known::holds_subject_names);
        holds_names.then(|| self.names())
    }

    fn names(&self) -> Result<AlternativeNames<'a>, CsrError> {
        AlternativeNames::within(self.value, SAN_BOUNDS).map_err(|error| self.malformed(error))
    }

    fn malformed(&self, error: Asn1Error) -> CsrError {
        CsrError::of_extension(&self.oid, error.within(self.offset))
    }
}

impl fmt::Display for CsrExtension<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let critical = if self.critical { " (critical)" } else { "" };
        write!(f, "{}{critical}: {}", label(&self.oid), describe_extension(&self.oid, self.value))
    }
}

impl fmt::Display for CsrAttribute<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let values = match self.oid {
            Oid::CHALLENGE_PASSWORD => "(not shown)".to_owned(),
            _ => describe_value(self.values),
        };
        write!(f, "{}: {values}", label(&self.oid))
    }
}

impl fmt::Debug for CsrAttribute<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CsrAttribute({self})")
    }
}
