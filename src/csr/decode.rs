//! Where the parts of a certification request lie: the frame and every bound are checked here.
//!
//! What stands in the attributes is only found here, and read by [`view`](super::view) when it is asked for.

use super::certification_request::Csr;
use super::error::CsrError;
use super::policy::CsrPolicy;
use super::strict;
use super::view::{Attribute, Extension};
use crate::x509::asn1::reader::{Asn1Error, Reader, Tlv};
use crate::x509::asn1::span::Span;
use crate::x509::asn1::tag;
use crate::x509::oid::Oid;

/// Where the parts lie.
#[derive(Debug, Clone, Copy)]
pub(super) struct Parts {
    pub(super) info: Span,
    pub(super) subject: Span,
    pub(super) public_key: Span,
    /// The content of the attributes element.
    pub(super) attributes: Span,
    /// Where attributes are beside the one that the extensions are in; empty if there is none.
    pub(super) other_attributes: Span,
    pub(super) request: ExtensionRequest,
    pub(super) signature_algorithm: Span,
    /// The octets of the signature.
    pub(super) signature: Span,
}

/// What the request says of extensions.
#[derive(Debug, Clone, Copy)]
pub(super) enum ExtensionRequest {
    /// There is no attribute about them.
    Absent,
    /// The attribute of this type has them; where the content of the `Extensions` sequence lies, empty if it has no value.
    Readable(&'static Oid, Span),
    /// The attribute of this type, or the attributes as a whole, cannot be read.
    Unreadable(Option<&'static Oid>, Asn1Error),
}

/// Names the element that an error of form lies in.
pub(super) fn of(element: &'static str) -> impl Fn(Asn1Error) -> CsrError {
    move |error| CsrError::Malformed { element, error }
}

impl Parts {
    pub(super) fn decode(der: &[u8], policy: CsrPolicy) -> Result<Parts, CsrError> {
        let request = of("CertificationRequest");
        let outer = Reader::single(der, tag::SEQUENCE).map_err(&request)?;
        let mut outer = outer.reader();
        let info = outer.read(tag::SEQUENCE).map_err(&request)?;
        let algorithm = outer.read(tag::SEQUENCE).map_err(of("signatureAlgorithm"))?;
        let signature = outer.read(tag::BIT_STRING).map_err(of("signature"))?;
        outer.finish().map_err(&request)?;

        let mut fields = info.reader();
        let version = fields.read(tag::INTEGER).map_err(of("version"))?;
        if version.content.is_empty() {
            return Err(of("version")(version.content_error("INTEGER without content")));
        }
        if version.content != [0] {
            return Err(CsrError::Version);
        }
        let subject = fields.read(tag::SEQUENCE).map_err(of("subject"))?;
        if policy == CsrPolicy::Strict {
            strict::check_subject(&subject)?;
        }
        let public_key = fields.read(tag::SEQUENCE).map_err(of("subjectPublicKeyInfo"))?;
        if fields.is_empty() {
            return Err(CsrError::MissingAttributes);
        }
        let attributes = fields.read(tag::context_constructed(0)).map_err(of("attributes"))?;
        fields.finish().map_err(of("CertificationRequestInfo"))?;

        algorithm.reader().read(tag::OID).and_then(|oid| oid.oid_ref()).map_err(of("signatureAlgorithm"))?;
        let octets = signature.octet_aligned_bits().map_err(of("signature"))?;
        let mut parts = Parts {
            info: info.span(),
            subject: subject.span(),
            public_key: public_key.span(),
            attributes: attributes.content_span(),
            other_attributes: attributes.content_span(),
            request: ExtensionRequest::Absent,
            signature_algorithm: algorithm.span(),
            signature: signature.span_of_last(octets.len()),
        };
        parts.find_extensions(&attributes)?;
        if policy == CsrPolicy::Strict {
            strict::check_attributes(&attributes)?;
        }
        Ok(parts)
    }

    /// R-CSR-6: the extensions are those of `extensionRequest`, or of Microsoft's older attribute if that is absent.
    fn find_extensions(&mut self, attributes: &Tlv<'_>) -> Result<(), CsrError> {
        let mut number = 0;
        let (mut standard, mut microsoft) = (None, None);
        let mut reader = attributes.reader();
        while !reader.is_empty() {
            let attribute = match reader.any().and_then(|tlv| Attribute::from_tlv(&tlv)) {
                Ok(attribute) => attribute,
                Err(error) => {
                    // It may have been the one that asks for extensions.
                    self.request = ExtensionRequest::Unreadable(None, error);
                    return Ok(());
                }
            };
            number += 1;
            if number > Csr::MAX_ATTRIBUTES {
                return Err(CsrError::TooMany { what: "attributes", max: Csr::MAX_ATTRIBUTES });
            }
            let place = if attribute.oid == Oid::EXTENSION_REQUEST {
                &mut standard
            } else if attribute.oid == Oid::MS_CERT_EXTENSIONS {
                &mut microsoft
            } else {
                continue;
            };
            if place.replace(attribute).is_some() {
                return Err(CsrError::DuplicateAttribute(attribute.oid.to_oid()));
            }
        }
        let standard = standard.map(|attribute| (&Oid::EXTENSION_REQUEST, attribute));
        let source = standard.or(microsoft.map(|attribute| (&Oid::MS_CERT_EXTENSIONS, attribute)));
        let Some((oid, attribute)) = source else { return Ok(()) };
        if number == 1 {
            self.other_attributes = Span::default();
        }
        self.request = match attribute.extension_list() {
            // Nothing is asked for, and nothing is wrong with that.
            Ok(None) => ExtensionRequest::Readable(oid, Span::default()),
            Ok(Some(list)) => match count_extensions(&list)? {
                Ok(()) => ExtensionRequest::Readable(oid, list.content_span()),
                Err(error) => ExtensionRequest::Unreadable(Some(oid), error),
            },
            Err(error) => ExtensionRequest::Unreadable(Some(oid), error),
        };
        Ok(())
    }
}

/// Whether each extension of a list can be told apart from the others, which are no more than the budget.
fn count_extensions(list: &Tlv<'_>) -> Result<Result<(), Asn1Error>, CsrError> {
    let mut reader = list.reader();
    let mut number = 0;
    while !reader.is_empty() {
        if let Err(error) = reader.read(tag::SEQUENCE).and_then(|tlv| Extension::from_tlv(&tlv)) {
            return Ok(Err(error));
        }
        number += 1;
        if number > Csr::MAX_EXTENSIONS {
            return Err(CsrError::TooMany { what: "extensions", max: Csr::MAX_EXTENSIONS });
        }
    }
    Ok(Ok(()))
}
