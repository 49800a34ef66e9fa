//! Where the parts of a certification request lie; every bound and every rule of form is checked here.

use super::{Csr, CsrError};
use crate::Oid;
use crate::asn1::{Asn1Error, Reader, Span, Tlv, tag};
use crate::name::{check_name, general};
use crate::oid::{OidRef, OidSet};

/// Where the parts lie.
#[derive(Debug, Clone, Copy)]
pub(super) struct Parts {
    pub(super) info: Span,
    pub(super) subject: Span,
    pub(super) public_key: Span,
    /// The content of the attributes element.
    pub(super) attributes: Span,
    /// The content of the `Extensions` sequence that counts.
    pub(super) extensions: Span,
    /// Where attributes are beside the one that they are in; empty if there is none.
    pub(super) other_attributes: Span,
    /// The type of the attribute that they are in.
    pub(super) extension_attribute: Option<&'static Oid>,
    pub(super) signature_algorithm: Span,
    /// The octets of the signature.
    pub(super) signature: Span,
}

const SAN_BOUNDS: general::Bounds =
    general::Bounds { names: Csr::<()>::MAX_GENERAL_NAMES, attributes: Csr::<()>::MAX_NAME_ATTRIBUTES };

/// Names the element that an error of form lies in.
fn of(element: &'static str) -> impl Fn(Asn1Error) -> CsrError {
    move |error| CsrError::Malformed { element, error }
}

impl Parts {
    pub(super) fn decode(der: &[u8]) -> Result<Parts, CsrError> {
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
        check_name(&subject, Csr::<()>::MAX_NAME_ATTRIBUTES, false).map_err(of("subject"))?;
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
            extensions: Span::default(),
            other_attributes: attributes.content_span(),
            extension_attribute: None,
            signature_algorithm: algorithm.span(),
            signature: signature.span_of_last(octets.len()),
        };
        parts.decode_attributes(&attributes)?;
        Ok(parts)
    }

    fn decode_attributes(&mut self, attributes: &Tlv<'_>) -> Result<(), CsrError> {
        let mut number = 0;
        let mut microsoft = None;
        let mut standard = None;
        let mut order = SetOrder::default();
        let mut met = OidSet::default();
        let mut reader = attributes.reader();
        while !reader.is_empty() {
            let tlv = reader.read(tag::SEQUENCE).map_err(of("attribute"))?;
            order.next(&tlv).map_err(of("attributes"))?;
            let attribute = Attribute::from_tlv(&tlv).map_err(of("attribute"))?;
            attribute.check_values().map_err(of("attribute"))?;
            let Attribute { oid, values } = attribute;
            number += 1;
            if number > Csr::<()>::MAX_ATTRIBUTES {
                return Err(CsrError::TooMany { what: "attributes", max: Csr::<()>::MAX_ATTRIBUTES });
            }
            if !met.insert(oid) {
                return Err(CsrError::DuplicateAttribute(oid.to_oid()));
            }
            if oid == Oid::EXTENSION_REQUEST {
                standard = Some(values);
            } else if oid == Oid::MS_CERT_EXTENSIONS {
                microsoft = Some(values);
            }
        }
        let source = standard.map(|values| (&Oid::EXTENSION_REQUEST, values));
        let Some((oid, values)) = source.or(microsoft.map(|values| (&Oid::MS_CERT_EXTENSIONS, values))) else {
            return Ok(());
        };
        let mut one = values.reader();
        let list = one.read(tag::SEQUENCE).map_err(of("extensionRequest"))?;
        one.finish().map_err(of("extensionRequest"))?;
        self.extension_attribute = Some(oid);
        if number == 1 {
            self.other_attributes = Span::default();
        }
        self.extensions = list.content_span();
        check_extensions(&list)
    }
}

/// Checks form, number and distinctness of the requested extensions, and the form of the subject alternative name, which
/// every template takes.
fn check_extensions(list: &Tlv<'_>) -> Result<(), CsrError> {
    let mut number = 0;
    let mut met = OidSet::default();
    let mut reader = list.reader();
    while !reader.is_empty() {
        let tlv = reader.read(tag::SEQUENCE).map_err(of("extension"))?;
        let extension = Extension::from_tlv(&tlv).map_err(of("extension"))?;
        number += 1;
        if number > Csr::<()>::MAX_EXTENSIONS {
            return Err(CsrError::TooMany { what: "extensions", max: Csr::<()>::MAX_EXTENSIONS });
        }
        if !met.insert(extension.oid) {
            return Err(CsrError::DuplicateExtension(extension.oid.to_oid()));
        }
        if extension.oid == Oid::SUBJECT_ALT_NAME {
            general::check_general_names(extension.value, SAN_BOUNDS, false).map_err(of("subjectAltName"))?;
        }
    }
    Ok(())
}

/// [`CsrAttribute`](super::CsrAttribute) without copies.
pub(crate) struct Attribute<'a> {
    pub(crate) oid: OidRef<'a>,
    /// The SET.
    pub(crate) values: Tlv<'a>,
}

impl<'a> Attribute<'a> {
    /// `Attribute ::= SEQUENCE { type, values SET SIZE(1..MAX) OF ANY }`. The values are looked at by
    /// [`Attribute::check_values`], once: there may be thousands.
    pub(super) fn from_tlv(tlv: &Tlv<'a>) -> Result<Attribute<'a>, Asn1Error> {
        let mut reader = tlv.reader();
        let oid = reader.read(tag::OID)?;
        let values = reader.read(tag::SET)?;
        reader.finish()?;
        Ok(Attribute { oid: check_oid(&oid)?, values })
    }

    fn check_values(&self) -> Result<(), Asn1Error> {
        let mut order = SetOrder::default();
        let mut elements = self.values.reader();
        if elements.is_empty() {
            return Err(self.values.content_error("attribute without a value"));
        }
        while !elements.is_empty() {
            order.next(&elements.any()?)?;
        }
        Ok(())
    }
}

fn check_oid<'a>(tlv: &Tlv<'a>) -> Result<OidRef<'a>, Asn1Error> {
    let oid = tlv.oid_ref()?;
    if oid.arcs_fit_32_bits() {
        Ok(oid)
    } else {
        // Software that holds arcs in 32 bits would read another identifier.
        Err(tlv.content_error("object identifier with an arc of more than 32 bits"))
    }
}

/// [`CsrExtension`](super::CsrExtension) without copies.
pub(crate) struct Extension<'a> {
    pub(crate) oid: OidRef<'a>,
    pub(crate) critical: bool,
    pub(crate) value: &'a [u8],
    pub(crate) der: &'a [u8],
}

impl<'a> Extension<'a> {
    pub(super) fn from_tlv(tlv: &Tlv<'a>) -> Result<Extension<'a>, Asn1Error> {
        let mut parts = tlv.reader();
        let oid = check_oid(&parts.read(tag::OID)?)?;
        let critical = match parts.optional(tag::BOOLEAN)? {
            None => false,
            Some(boolean) if boolean.content == [0xff] => true,
            // X.690 section 11.5: a component with its default value is left out.
            Some(boolean) if boolean.content == [0] => return Err(boolean.content_error("critical FALSE spelled out")),
            Some(boolean) => return Err(boolean.content_error("BOOLEAN that is not DER")),
        };
        let value = parts.read(tag::OCTET_STRING)?.content;
        parts.finish()?;
        Ok(Extension { oid, critical, value, der: tlv.full })
    }
}

/// The order that DER asks of the elements of a SET OF (X.690 section 11.6).
#[derive(Default)]
struct SetOrder<'a> {
    previous: Option<&'a [u8]>,
}

impl<'a> SetOrder<'a> {
    fn next(&mut self, tlv: &Tlv<'a>) -> Result<(), Asn1Error> {
        // The header carries the length, so no encoding is a proper prefix of another and no padding is needed.
        if self.previous.is_some_and(|previous| previous > tlv.full) {
            return Err(tlv.content_error("SET OF whose elements are not in DER order"));
        }
        self.previous = Some(tlv.full);
        Ok(())
    }
}
