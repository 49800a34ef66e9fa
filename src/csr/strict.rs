//! What [`CsrPolicy::Strict`](super::CsrPolicy::Strict) asks of subject, attributes and extensions, needed or not.

use super::certification_request::{Csr, SAN_BOUNDS};
use super::decode::of;
use super::error::CsrError;
use super::view::{Attribute, Extension};
use crate::x509::asn1::reader::{Asn1Error, Tlv};
use crate::x509::asn1::tag;
use crate::x509::name::check_name;
use crate::x509::name::general::{Arcs, check_general_names};
use crate::x509::oid::{Oid, OidRef, OidSet};

pub(super) fn check_subject(subject: &Tlv<'_>) -> Result<(), CsrError> {
    check_name(subject, Csr::MAX_NAME_ATTRIBUTES, Arcs::Of32Bits).map_err(of("subject"))
}

/// Checks order, form and distinctness of the attributes, and the extensions of the one that counts. The frame has counted them.
pub(super) fn check_attributes(attributes: &Tlv<'_>) -> Result<(), CsrError> {
    let (mut standard, mut microsoft) = (None, None);
    let mut order = SetOrder::default();
    let mut met = OidSet::default();
    let mut reader = attributes.reader();
    while !reader.is_empty() {
        let tlv = reader.read(tag::SEQUENCE).map_err(of("attribute"))?;
        order.next(&tlv).map_err(of("attributes"))?;
        let attribute = Attribute::from_tlv(&tlv).map_err(of("attribute"))?;
        check_oid(&tlv, attribute.oid).map_err(of("attribute"))?;
        check_values(&tlv).map_err(of("attribute"))?;
        if !met.insert(attribute.oid) {
            return Err(CsrError::DuplicateAttribute(attribute.oid.to_oid()));
        }
        if attribute.oid == Oid::EXTENSION_REQUEST {
            standard = Some(attribute);
        } else if attribute.oid == Oid::MS_CERT_EXTENSIONS {
            microsoft = Some(attribute);
        }
    }
    let Some(attribute) = standard.or(microsoft) else { return Ok(()) };
    match attribute.extension_list().map_err(of("extensionRequest"))? {
        Some(list) => check_extensions(&list),
        None => Ok(()),
    }
}

fn check_values(attribute: &Tlv<'_>) -> Result<(), Asn1Error> {
    let mut reader = attribute.reader();
    reader.any()?;
    let values = reader.read(tag::SET)?;
    reader.finish()?;
    let mut order = SetOrder::default();
    let mut elements = values.reader();
    if elements.is_empty() {
        return Err(values.content_error("attribute without a value"));
    }
    while !elements.is_empty() {
        order.next(&elements.any()?)?;
    }
    Ok(())
}

fn check_extensions(list: &Tlv<'_>) -> Result<(), CsrError> {
    let mut met = OidSet::default();
    let mut reader = list.reader();
    while !reader.is_empty() {
        let tlv = reader.read(tag::SEQUENCE).map_err(of("extension"))?;
        let extension = Extension::from_tlv(&tlv).map_err(of("extension"))?;
        check_oid(&tlv, extension.oid).map_err(of("extension"))?;
        let content = extension.content().map_err(of("extension"))?;
        check_default(&tlv).map_err(of("extension"))?;
        if !met.insert(extension.oid) {
            return Err(CsrError::DuplicateExtension(extension.oid.to_oid()));
        }
        if extension.oid == Oid::SUBJECT_ALT_NAME {
            check_general_names(content.value, SAN_BOUNDS, Arcs::Of32Bits)
                .map_err(|error| of("subjectAltName")(error.within(content.offset)))?;
        }
    }
    Ok(())
}

/// X.690 section 11.5: a component with its default value is left out.
fn check_default(extension: &Tlv<'_>) -> Result<(), Asn1Error> {
    let mut parts = extension.reader();
    parts.any()?;
    match parts.optional(tag::BOOLEAN)? {
        Some(boolean) if boolean.content == [0] => Err(boolean.content_error("critical FALSE spelled out")),
        _ => Ok(()),
    }
}

/// Software that holds arcs in 32 bits would read another identifier.
fn check_oid(element: &Tlv<'_>, oid: OidRef<'_>) -> Result<(), Asn1Error> {
    let identifier = element.reader().any()?;
    Arcs::Of32Bits.check(oid).map_err(|fault| identifier.content_error(fault))
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
