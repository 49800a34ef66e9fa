//! The contents of a certification request, read when they are asked for: what cannot be read says why, and where.

use crate::x509::asn1::reader::{Asn1Error, Reader, Tlv};
use crate::x509::asn1::tag;
use crate::x509::oid::OidRef;

/// An attribute: `SEQUENCE { type OBJECT IDENTIFIER, values SET OF ANY }`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Attribute<'a> {
    pub(crate) oid: OidRef<'a>,
    /// What follows the type: the SET of values, if the attribute is well formed.
    pub(crate) values: &'a [u8],
    /// Where that starts in the request.
    offset: usize,
}

impl<'a> Attribute<'a> {
    /// Reads as much as tells the attribute apart.
    pub(super) fn from_tlv(tlv: &Tlv<'a>) -> Result<Attribute<'a>, Asn1Error> {
        let mut reader = tlv.with_tag(tag::SEQUENCE)?.reader();
        let oid = reader.read(tag::OID)?.oid_ref()?;
        Ok(Attribute { oid, values: reader.rest(), offset: reader.offset() })
    }

    /// The `Extensions` of an attribute that asks for some; `None` if it has no value.
    pub(super) fn extension_list(&self) -> Result<Option<Tlv<'a>>, Asn1Error> {
        let mut reader = Reader::at(self.values, self.offset);
        let values = reader.read(tag::SET)?;
        reader.finish()?;
        if values.content.is_empty() {
            return Ok(None);
        }
        let mut one = values.reader();
        let list = one.read(tag::SEQUENCE)?;
        one.finish()?;
        Ok(Some(list))
    }
}

/// An extension that a request asks for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Extension<'a> {
    pub(crate) oid: OidRef<'a>,
    /// The whole element, as it came.
    pub(crate) der: &'a [u8],
    /// What follows the identifier.
    rest: &'a [u8],
    /// Where that starts in the request.
    offset: usize,
}

/// What an extension says.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Content<'a> {
    pub(crate) critical: bool,
    pub(crate) value: &'a [u8],
    /// Where the value starts in the request.
    pub(crate) offset: usize,
}

impl<'a> Extension<'a> {
    /// Reads as much as tells the extension apart.
    pub(super) fn from_tlv(tlv: &Tlv<'a>) -> Result<Extension<'a>, Asn1Error> {
        let mut reader = tlv.reader();
        let oid = reader.read(tag::OID)?.oid_ref()?;
        Ok(Extension { oid, der: tlv.full, rest: reader.rest(), offset: reader.offset() })
    }

    /// `critical` and the octets of `extnValue`. `critical FALSE` spelled out, which is not DER, is read as not critical
    /// wherever it stands (R-CSR-2): FreeIPA writes it.
    pub(crate) fn content(&self) -> Result<Content<'a>, Asn1Error> {
        let mut rest = Reader::at(self.rest, self.offset);
        let critical = match rest.optional(tag::BOOLEAN)? {
            None => false,
            Some(boolean) => match boolean.content {
                [0xff] => true,
                [0] => false,
                _ => return Err(boolean.content_error("BOOLEAN that is not DER")),
            },
        };
        let value = rest.read(tag::OCTET_STRING)?;
        rest.finish()?;
        let offset = value.offset + value.full.len() - value.content.len();
        Ok(Content { critical, value: value.content, offset })
    }
}
