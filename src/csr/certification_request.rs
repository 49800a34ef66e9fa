//! Certification requests (PKCS#10, RFC 2986): a bounded, zero-copy view, and possession of the key as a type.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use crate::crypto::verifier::{SignatureVerifier, verify};
use crate::csr::contents::{CsrAttribute, CsrExtension};
use crate::csr::decode::{ExtensionRequest, Parts};
use crate::csr::error::CsrError;
use crate::csr::policy::CsrPolicy;
use crate::csr::view::{Attribute, Extension};
use crate::request::bounded::CsrBlob;
use crate::request::given::given;
use crate::x509::algorithm::identifier::SignatureAlgorithm;
use crate::x509::asn1::reader::{Asn1Error, Reader, Tlv};
use crate::x509::asn1::span::Span;
use crate::x509::asn1::tag;
use crate::x509::name::general::Bounds;
use crate::x509::oid::Oid;
use crate::x509::public_key::KeyPolicy;

/// How much a SAN of a request may hold.
pub(crate) const SAN_BOUNDS: Bounds = Bounds { names: Csr::MAX_GENERAL_NAMES, attributes: Csr::MAX_NAME_ATTRIBUTES };

/// Possession of the private key has not been shown. [`Csr`](crate::Csr) has an example.
#[derive(Debug, Clone, Copy)]
#[allow(clippy::exhaustive_enums, reason = "a mark without values")]
pub enum Unproven {}

/// Possession of the private key has been shown, or vouched for. [`Csr`](crate::Csr) has an example.
#[derive(Debug, Clone, Copy)]
#[allow(clippy::exhaustive_enums, reason = "a mark without values")]
pub enum Proven {}

/// A certification request whose frame has been checked, over the octets as they came.
///
/// The frame is strict DER. What stands inside the subject, the attributes and the extensions is read when it is asked for, and
/// judged if it would reach a certificate (R-CSR-2); [`CsrPolicy::Strict`] judges everything at once.
///
/// Nothing is decoded into owned values and nothing is ever encoded again: subject and public key reach the certificate
/// byte for byte (R-CSR-5), and the proof of possession covers the octets that were received (R-CSR-3).
///
/// [`Csr::subject`], [`Csr::subject_alternative_names`] and [`Csr::extensions`] are typed views, read by the readers that the engine
/// itself uses: what is checked there is what a certificate gets, and no second parser is needed.
///
/// ```
/// use issuance::Csr;
/// let csr = Csr::decode(include_bytes!("../../examples/data/www.example.com.csr"))?;
/// assert_eq!(csr.subject()?.to_string(), "C=US, O=Example Corp, CN=www.example.com");
/// assert_eq!(csr.subject_alternative_names()?.to_string(), "DNS:www.example.com, DNS:example.com");
/// assert_eq!(csr.public_key()?.to_string(), "EC_prime256v1");
/// # Ok::<(), issuance::csr::CsrError>(())
/// ```
///
/// # Budgets
/// A request is bounded before any public-key operation (R-ERR-2, our decision): 32,768 bytes, [`Csr::MAX_ATTRIBUTES`] attributes,
/// [`Csr::MAX_EXTENSIONS`] requested extensions, object identifiers of 63 bytes, RSA keys of the sizes and exponents of the
/// [`KeyPolicy`]. What reaches a certificate has at most [`Csr::MAX_NAME_ATTRIBUTES`] attributes in the subject and in each
/// directory name, and [`Csr::MAX_GENERAL_NAMES`] subject alternative names. Nothing in the decoder recurses, so nesting has
/// no bound of its own.
#[derive(Clone)]
pub struct Csr<'a, S = Unproven> {
    pub(super) der: Cow<'a, [u8]>,
    pub(super) parts: Parts,
    pub(super) state: PhantomData<fn() -> S>,
}

impl<'a> Csr<'a, Unproven> {
    /// The longest request, in bytes of PEM or DER (documented).
    pub const MAX_BYTES: usize = 32_768;
    /// The most attributes.
    pub const MAX_ATTRIBUTES: usize = 64;
    /// The most requested extensions.
    pub const MAX_EXTENSIONS: usize = 256;
    /// The most attributes in the subject, or in one directory name.
    pub const MAX_NAME_ATTRIBUTES: usize = 256;
    /// The most subject alternative names.
    pub const MAX_GENERAL_NAMES: usize = 2_048;

    /// Decodes one PEM block labelled `CERTIFICATE REQUEST` or `NEW CERTIFICATE REQUEST`, with explanatory text before it and
    /// white space around it, or bare DER (R-CSR-1). Any white space stands where line feeds belong. DER is borrowed, PEM is
    /// decoded into one buffer. The frame is judged, and nothing else: see [`CsrPolicy::Lenient`].
    ///
    /// # Errors
    /// [`CsrError`], whose exception is `MalformedCSRException`, for everything else (R-CSR-2, R-CSR-6).
    pub fn decode(input: &'a [u8]) -> Result<Self, CsrError> {
        Csr::decode_with(input, CsrPolicy::Lenient)
    }

    /// As [`Csr::decode`], with a choice of what is judged.
    ///
    /// ```
    /// use issuance::Csr;
    /// use issuance::csr::CsrPolicy;
    /// let pem = include_bytes!("../../examples/data/www.example.com.csr");
    /// let csr = Csr::decode_with(pem, CsrPolicy::Strict)?;
    /// assert!(!csr.has_empty_subject());
    /// # Ok::<(), issuance::csr::CsrError>(())
    /// ```
    ///
    /// # Errors
    /// As [`Csr::decode`], and for what the policy asks for.
    pub fn decode_with(input: &'a [u8], policy: CsrPolicy) -> Result<Self, CsrError> {
        if input.is_empty() || input.len() > Self::MAX_BYTES {
            return Err(CsrError::Size { octets: input.len(), max: Self::MAX_BYTES });
        }
        // The length octet that follows the tag of a request in DER is no printable character.
        let der = match input {
            [tag::SEQUENCE, 0x7f..=0xff, ..] => Cow::Borrowed(input),
            _ => Cow::Owned(crate::x509::pem::decode_one(input, &["CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"])?),
        };
        let parts = Parts::decode(&der, policy).map_err(|error| error.or_other_content(&der))?;
        Ok(Csr { der, parts, state: PhantomData })
    }

    /// Checks the key against `policy`, and the request's signature under the key: proof of possession (R-CSR-3, R-CSR-4).
    /// The signature is verified over the octets that were received.
    ///
    /// # Errors
    /// When the policy refuses the key or the algorithm, before any public-key operation; when the signature does not
    /// verify; [`CsrError::Unverifiable`] when `verifier` does not support the algorithm.
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
    /// The caller vouches that the requester holds the private key. The key policy still applies, but for one part of
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
    pub(super) fn assert_state<T>(self) -> Csr<'a, T> {
        Csr { der: self.der, parts: self.parts, state: PhantomData }
    }

    /// The whole request in DER, as [`AsRef`] has it.
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

    /// The attributes, in the order of the request, up to the first that cannot be read.
    pub fn attributes(&self) -> impl Iterator<Item = CsrAttribute<'_>> {
        attributes(self.parts.attributes.of(&self.der))
            .map(|Attribute { oid, values, .. }| CsrAttribute { oid: oid.to_oid(), values })
    }

    /// The attributes that the extensions do not come from.
    pub(crate) fn other_attribute_parts(&self) -> impl Iterator<Item = Attribute<'_>> {
        let used = self.extension_attribute();
        attributes(self.parts.other_attributes.of(&self.der))
            .filter(move |attribute| used.is_none_or(|used| attribute.oid != used))
    }

    /// The requested extensions, in the order of the request: those of the `extensionRequest` attribute, or of
    /// Microsoft's older attribute if that is absent (R-CSR-6). One that cannot be read is an error, and so is a request for
    /// extensions that cannot be read as a whole; it asks for nothing.
    pub fn extensions(&self) -> impl Iterator<Item = Result<CsrExtension<'_>, CsrError>> {
        let unreadable =
            self.unreadable_request().map(|error| Err(CsrError::Malformed { element: EXTENSION_REQUEST, error }));
        self.extension_parts().map(CsrExtension::read).chain(unreadable)
    }

    /// Those of [`Csr::extensions`] that can be told apart, which are all or none.
    pub(crate) fn extension_parts(&self) -> impl Iterator<Item = Extension<'_>> {
        let list = match self.parts.request {
            ExtensionRequest::Readable(_, list) => list,
            ExtensionRequest::Absent | ExtensionRequest::Unreadable(..) => Span::default(),
        };
        elements_at(list.of(&self.der), list.start as usize).filter_map(|tlv| Extension::from_tlv(&tlv).ok())
    }

    /// Why the request for extensions cannot be read as a whole, if so.
    pub(crate) fn unreadable_request(&self) -> Option<Asn1Error> {
        match self.parts.request {
            ExtensionRequest::Unreadable(_, error) => Some(error),
            ExtensionRequest::Absent | ExtensionRequest::Readable(..) => None,
        }
    }

    /// The content of the attributes element, as it came.
    pub(crate) fn attributes_content(&self) -> &[u8] {
        self.parts.attributes.of(&self.der)
    }

    /// Where the subject starts in the request.
    pub(crate) fn subject_offset(&self) -> usize {
        self.parts.subject.start as usize
    }

    /// The type of the attribute that [`Csr::extensions`] come from, if there is one.
    pub fn extension_attribute(&self) -> Option<Oid> {
        match self.parts.request {
            ExtensionRequest::Absent => None,
            ExtensionRequest::Readable(oid, _) => Some(*oid),
            ExtensionRequest::Unreadable(oid, _) => oid.copied(),
        }
    }

    /// Copies what is borrowed.
    pub fn into_owned(self) -> Csr<'static, S> {
        Csr { der: Cow::Owned(self.der.into_owned()), parts: self.parts, state: PhantomData }
    }
}

/// The attributes in some content, up to the first that cannot be read.
pub(super) fn attributes(content: &[u8]) -> impl Iterator<Item = Attribute<'_>> {
    elements_at(content, 0).map_while(|tlv| Attribute::from_tlv(&tlv).ok())
}

/// The elements of some content that starts at `offset`, up to the first that cannot be read.
pub(super) fn elements_at(content: &[u8], offset: usize) -> impl Iterator<Item = Tlv<'_>> {
    let mut reader = Reader::at(content, offset);
    std::iter::from_fn(move || reader.any().ok())
}

/// What messages call the list of requested extensions.
pub(crate) const EXTENSION_REQUEST: &str = "extensionRequest";

impl<S> AsRef<[u8]> for Csr<'_, S> {
    /// The whole request in DER.
    fn as_ref(&self) -> &[u8] {
        &self.der
    }
}

given! {
    ['a, S] &Csr<'a, S> => CsrBlob, |csr| csr.as_der().into_draft();
}

impl<S> fmt::Debug for Csr<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Csr")
            .field("subject", &format_args!("{}", crate::x509::name::NameText(self.subject_der())))
            .field("bytes", &self.der.len())
            .finish_non_exhaustive()
    }
}
