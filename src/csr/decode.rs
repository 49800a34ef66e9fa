//! Where the parts of a certification request lie; every bound and every rule of form is checked here.

use super::{Csr, CsrAttribute, CsrError, CsrExtension, elements};
use crate::Oid;
use crate::asn1::{Asn1Error, Reader, Tlv, tag};
use crate::name::{check_name, general};

/// A range of octets of the request.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Span {
    start: u32,
    end: u32,
}

impl Span {
    fn new(start: usize, length: usize) -> Span {
        // A request has at most `Csr::MAX_BYTES` octets.
        Span { start: start as u32, end: (start + length) as u32 }
    }

    fn whole(tlv: &Tlv<'_>) -> Span {
        Span::new(tlv.offset, tlv.full.len())
    }

    fn content(tlv: &Tlv<'_>) -> Span {
        Span::new(tlv.offset + tlv.full.len() - tlv.content.len(), tlv.content.len())
    }

    pub(super) fn of<'a>(&self, der: &'a [u8]) -> &'a [u8] {
        der.get(self.start as usize..self.end as usize).unwrap_or_default()
    }
}

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
    pub(super) extension_attribute: Option<Oid>,
    pub(super) signature_algorithm: Span,
    pub(super) signature_algorithm_oid: Oid,
    /// The octets of the signature.
    pub(super) signature: Span,
}

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
        if version.content != [0] {
            return Err(CsrError::Version);
        }
        let subject = fields.read(tag::SEQUENCE).map_err(of("subject"))?;
        check_name(&subject, Csr::<()>::MAX_NAME_ATTRIBUTES).map_err(of("subject"))?;
        let public_key = fields.read(tag::SEQUENCE).map_err(of("subjectPublicKeyInfo"))?;
        if fields.is_empty() {
            return Err(CsrError::MissingAttributes);
        }
        let attributes = fields.read(tag::context_constructed(0)).map_err(of("attributes"))?;
        fields.finish().map_err(of("CertificationRequestInfo"))?;

        let identifier = algorithm.reader().read(tag::OID).and_then(|oid| oid.oid());
        let octets = signature.octet_aligned_bits().map_err(of("signature"))?;
        let mut parts = Parts {
            info: Span::whole(&info),
            subject: Span::whole(&subject),
            public_key: Span::whole(&public_key),
            attributes: Span::content(&attributes),
            extensions: Span::default(),
            extension_attribute: None,
            signature_algorithm: Span::whole(&algorithm),
            signature_algorithm_oid: identifier.map_err(of("signatureAlgorithm"))?,
            signature: Span::new(signature.offset + signature.full.len() - octets.len(), octets.len()),
        };
        parts.decode_attributes(&attributes)?;
        Ok(parts)
    }

    fn decode_attributes(&mut self, attributes: &Tlv<'_>) -> Result<(), CsrError> {
        let mut number = 0;
        let mut microsoft = None;
        let mut standard = None;
        let mut order = SetOrder::default();
        let mut reader = attributes.reader();
        while !reader.is_empty() {
            let tlv = reader.read(tag::SEQUENCE).map_err(of("attribute"))?;
            order.next(&tlv).map_err(of("attributes"))?;
            let (oid, values) = attribute_parts(&tlv).map_err(of("attribute"))?;
            number += 1;
            if number > Csr::<()>::MAX_ATTRIBUTES {
                return Err(CsrError::TooMany { what: "attributes", max: Csr::<()>::MAX_ATTRIBUTES });
            }
            if is_repeated(attributes, &tlv, oid.content) {
                return Err(CsrError::DuplicateAttribute(oid.oid().map_err(of("attribute"))?));
            }
            if oid.content == Oid::EXTENSION_REQUEST.as_der_content() {
                standard = Some(values);
            } else if oid.content == Oid::MS_CERT_EXTENSIONS.as_der_content() {
                microsoft = Some(values);
            }
        }
        let source = standard.map(|values| (Oid::EXTENSION_REQUEST, values));
        let Some((oid, values)) = source.or(microsoft.map(|values| (Oid::MS_CERT_EXTENSIONS, values))) else {
            return Ok(());
        };
        let mut one = values.reader();
        let list = one.read(tag::SEQUENCE).map_err(of("extensionRequest"))?;
        one.finish().map_err(of("extensionRequest"))?;
        self.extension_attribute = Some(oid);
        self.extensions = Span::content(&list);
        check_extensions(&list)
    }
}

/// Checks form, number and distinctness of the requested extensions, and the form of the subject alternative name, which
/// every template takes.
fn check_extensions(list: &Tlv<'_>) -> Result<(), CsrError> {
    let mut number = 0;
    let mut reader = list.reader();
    while !reader.is_empty() {
        let tlv = reader.read(tag::SEQUENCE).map_err(of("extension"))?;
        let extension = extension(&tlv).map_err(of("extension"))?;
        number += 1;
        if number > Csr::<()>::MAX_EXTENSIONS {
            return Err(CsrError::TooMany { what: "extensions", max: Csr::<()>::MAX_EXTENSIONS });
        }
        if is_repeated(list, &tlv, extension.oid.as_der_content()) {
            return Err(CsrError::DuplicateExtension(extension.oid));
        }
        if extension.oid == Oid::SUBJECT_ALT_NAME {
            general::check_general_names(extension.value, Csr::<()>::MAX_GENERAL_NAMES)
                .map_err(of("subjectAltName"))?;
        }
    }
    Ok(())
}

/// `Attribute ::= SEQUENCE { type, values SET SIZE(1..MAX) OF ANY }`: type and values.
fn attribute_parts<'a>(tlv: &Tlv<'a>) -> Result<(Tlv<'a>, Tlv<'a>), Asn1Error> {
    let mut reader = tlv.reader();
    let oid = reader.read(tag::OID)?;
    let values = reader.read(tag::SET)?;
    reader.finish()?;
    check_oid(&oid)?;
    let mut order = SetOrder::default();
    let mut elements = values.reader();
    if elements.is_empty() {
        return Err(values.content_error("attribute without a value"));
    }
    while !elements.is_empty() {
        order.next(&elements.any()?)?;
    }
    Ok((oid, values))
}

fn check_oid(tlv: &Tlv<'_>) -> Result<Oid, Asn1Error> {
    let oid = tlv.oid()?;
    if oid.arcs_fit_32_bits() {
        Ok(oid)
    } else {
        // Software that holds arcs in 32 bits would read another identifier.
        Err(tlv.content_error("object identifier with an arc of more than 32 bits"))
    }
}

pub(super) fn attribute(tlv: Tlv<'_>) -> Option<CsrAttribute<'_>> {
    let (oid, values) = attribute_parts(&tlv).ok()?;
    Some(CsrAttribute { oid: oid.oid().ok()?, values: values.full })
}

pub(super) fn extension<'a>(tlv: &Tlv<'a>) -> Result<CsrExtension<'a>, Asn1Error> {
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
    Ok(CsrExtension { oid, critical, value, der: tlv.full })
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

/// Whether an element of `list` before `element` starts with this object identifier, too. Reading them again costs less than
/// to remember them: there are few, and at most [`Csr::MAX_EXTENSIONS`].
fn is_repeated(list: &Tlv<'_>, element: &Tlv<'_>, oid: &[u8]) -> bool {
    let before = element.offset - list.reader().offset();
    elements(&list.content[..before]).any(|earlier| earlier.reader().any().is_ok_and(|tlv| tlv.content == oid))
}
