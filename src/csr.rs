//! Certification requests (PKCS#10, RFC 2986): a bounded, zero-copy view, and possession of the key as a type.

mod decode;
mod error;

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use crate::asn1::{Reader, Tlv, tag};
use crate::verify::verify;
use crate::{KeyPolicy, Oid, SignatureAlgorithm, SignatureVerifier};

use decode::Parts;
pub(crate) use decode::{Attribute, Extension};
pub use error::CsrError;

/// Possession of the private key has not been shown.
#[derive(Debug, Clone, Copy)]
pub enum Unproven {}

/// Possession of the private key has been shown, or vouched for.
#[derive(Debug, Clone, Copy)]
pub enum Proven {}

/// A certification request whose structure has been checked, over the octets as they came.
///
/// Nothing is decoded into owned values and nothing is ever encoded again: subject and public key reach the certificate
/// byte for byte (R-CSR-5), and the proof of possession covers the octets that were received (R-CSR-3).
///
/// # Budgets
/// Beside strict DER (R-CSR-2), a request is bounded before any public-key operation (our decision): 32,768 octets,
/// [`Csr::MAX_ATTRIBUTES`] attributes, [`Csr::MAX_EXTENSIONS`] requested extensions, [`Csr::MAX_NAME_ATTRIBUTES`]
/// attributes in the subject and in each directory name, [`Csr::MAX_GENERAL_NAMES`] subject alternative names, object
/// identifiers of 63 octets with arcs of 32 bits, RSA keys of the sizes and exponents of the [`KeyPolicy`]. Nothing in the
/// decoder recurses, so nesting has no bound of its own.
#[derive(Clone)]
pub struct Csr<'a, S = Unproven> {
    der: Cow<'a, [u8]>,
    parts: Parts,
    state: PhantomData<fn() -> S>,
}

/// One extension of the `extensionRequest` attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct CsrExtension<'a> {
    /// `extnID`.
    pub oid: Oid,
    /// `critical`.
    pub critical: bool,
    /// The content of `extnValue`, as it came.
    pub value: &'a [u8],
    /// The whole `Extension`, as it came.
    pub der: &'a [u8],
}

/// One attribute of a certification request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct CsrAttribute<'a> {
    /// The attribute's type.
    pub oid: Oid,
    /// The SET of values, tag and length included, as it came.
    pub values: &'a [u8],
}

impl<S> Csr<'_, S> {
    /// The longest request, in octets of PEM or DER (documented).
    pub const MAX_BYTES: usize = 32_768;
    /// The most attributes.
    pub const MAX_ATTRIBUTES: usize = 64;
    /// The most requested extensions.
    pub const MAX_EXTENSIONS: usize = 256;
    /// The most attributes in the subject, or in one directory name.
    pub const MAX_NAME_ATTRIBUTES: usize = 256;
    /// The most subject alternative names.
    pub const MAX_GENERAL_NAMES: usize = 2_048;
}

impl<'a> Csr<'a, Unproven> {
    /// Decodes one PEM block labelled `CERTIFICATE REQUEST` or `NEW CERTIFICATE REQUEST`, with explanatory text before it and
    /// white space around it, or bare DER (R-CSR-1). Where line feeds belong, any white space does. DER is borrowed, PEM is
    /// decoded into one buffer.
    ///
    /// # Errors
    /// [`CsrError`], whose exception is `MalformedCSRException`, for everything else (R-CSR-2, R-CSR-6).
    pub fn decode(input: &'a [u8]) -> Result<Self, CsrError> {
        if input.is_empty() || input.len() > Self::MAX_BYTES {
            return Err(CsrError::Size { octets: input.len(), max: Self::MAX_BYTES });
        }
        // The length octet that follows the tag of a request in DER is no printable character.
        let der = match input {
            [tag::SEQUENCE, 0x7f..=0xff, ..] => Cow::Borrowed(input),
            _ => Cow::Owned(crate::pem::decode_one(input, &["CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"])?),
        };
        let parts = Parts::decode(&der).map_err(|error| error.or_other_content(&der))?;
        Ok(Csr { der, parts, state: PhantomData })
    }

    /// Checks the key against `policy`, and the request's signature under the key: proof of possession (R-CSR-3, R-CSR-4).
    /// The signature is verified over the octets that were received.
    ///
    /// # Errors
    /// When the policy refuses the key or the algorithm, before any public-key operation; when the signature does not
    /// verify; [`CsrError::Unverifiable`] when `verifier` does not do the algorithm.
    pub fn prove(self, policy: &KeyPolicy, verifier: &dyn SignatureVerifier) -> Result<Csr<'a, Proven>, CsrError> {
        let algorithm = self.signature_algorithm()?;
        policy.check_proof(algorithm)?;
        policy.check_key(self.public_key_der())?;
        let info = self.parts.info.of(&self.der);
        verify(verifier, algorithm, self.public_key_der(), info, self.parts.signature.of(&self.der))?;
        Ok(self.assert_state())
    }

    /// Takes possession as shown without looking at the request's signature: for registration authorities that have
    /// checked it themselves, by whatever means (RFC 4211 section 4 has some).
    ///
    /// Whoever calls this vouches that the requester holds the private key. The key policy still applies, but for one part of
    /// R-CSR-4 that a verifier sees to when it verifies: that a point is on its curve. Who has verified a signature under the
    /// key has seen to it.
    ///
    /// # Errors
    /// When the policy refuses the key.
    pub fn assume_proven(self, policy: &KeyPolicy) -> Result<Csr<'a, Proven>, CsrError> {
        policy.check_key(self.public_key_der())?;
        Ok(self.assert_state())
    }
}

impl<'a, S> Csr<'a, S> {
    fn assert_state<T>(self) -> Csr<'a, T> {
        Csr { der: self.der, parts: self.parts, state: PhantomData }
    }

    /// The whole request in DER.
    pub fn as_der(&self) -> &[u8] {
        &self.der
    }

    /// The signed part, `CertificationRequestInfo`, in DER.
    pub fn info_der(&self) -> &[u8] {
        self.parts.info.of(&self.der)
    }

    /// The subject, a `Name` in DER. An empty subject is `30 00`.
    pub fn subject_der(&self) -> &[u8] {
        self.parts.subject.of(&self.der)
    }

    /// Whether the subject has no attribute.
    pub fn has_empty_subject(&self) -> bool {
        self.subject_der().len() == 2
    }

    /// The `SubjectPublicKeyInfo` in DER.
    pub fn public_key_der(&self) -> &[u8] {
        self.parts.public_key.of(&self.der)
    }

    /// The algorithm of the request's signature.
    ///
    /// # Errors
    /// [`CsrError::UnsupportedSignatureAlgorithm`], which names the identifier.
    pub fn signature_algorithm(&self) -> Result<SignatureAlgorithm, CsrError> {
        let identifier = self.parts.signature_algorithm.of(&self.der);
        if let Some(algorithm) = SignatureAlgorithm::from_der(identifier) {
            return Ok(algorithm);
        }
        let oid = Reader::single(identifier, tag::SEQUENCE).and_then(|sequence| sequence.reader().any()?.oid());
        let algorithm = oid.map_err(|error| CsrError::Malformed { element: "signatureAlgorithm", error })?;
        Err(CsrError::UnsupportedSignatureAlgorithm { algorithm })
    }

    /// The attributes, in the order of the request.
    pub fn attributes(&self) -> impl Iterator<Item = CsrAttribute<'_>> {
        attributes(self.parts.attributes.of(&self.der))
            .map(|Attribute { oid, values }| CsrAttribute { oid: oid.to_oid(), values: values.full })
    }

    /// The attributes that the extensions do not come from.
    pub(crate) fn other_attribute_parts(&self) -> impl Iterator<Item = Attribute<'_>> {
        let used = self.parts.extension_attribute;
        attributes(self.parts.other_attributes.of(&self.der))
            .filter(move |attribute| used.is_none_or(|used| attribute.oid != *used))
    }

    /// The requested extensions, in the order of the request: those of the `extensionRequest` attribute, or of
    /// Microsoft's older attribute where that is absent (R-CSR-6).
    pub fn extensions(&self) -> impl Iterator<Item = CsrExtension<'_>> {
        self.extension_parts().map(|Extension { oid, critical, value, der }| CsrExtension {
            oid: oid.to_oid(),
            critical,
            value,
            der,
        })
    }

    pub(crate) fn extension_parts(&self) -> impl Iterator<Item = Extension<'_>> {
        elements(self.parts.extensions.of(&self.der)).filter_map(|tlv| Extension::from_tlv(&tlv).ok())
    }

    /// The type of the attribute that [`Csr::extensions`] come from, if there is one.
    pub fn extension_attribute(&self) -> Option<Oid> {
        self.parts.extension_attribute.copied()
    }

    /// Copies what is borrowed.
    pub fn into_owned(self) -> Csr<'static, S> {
        Csr { der: Cow::Owned(self.der.into_owned()), parts: self.parts, state: PhantomData }
    }
}

/// The attributes in content that has been checked.
fn attributes(content: &[u8]) -> impl Iterator<Item = Attribute<'_>> {
    elements(content).filter_map(|tlv| Attribute::from_tlv(&tlv).ok())
}

/// The elements of content that has been checked.
fn elements(content: &[u8]) -> impl Iterator<Item = Tlv<'_>> {
    let mut reader = Reader::new(content);
    std::iter::from_fn(move || reader.any().ok())
}

impl<S> fmt::Debug for Csr<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Csr")
            .field("subject", &format_args!("{}", crate::name::NameText(self.subject_der())))
            .field("octets", &self.der.len())
            .finish_non_exhaustive()
    }
}
