//! Reads a finished TBSCertificate back: what the checks judge and the plan shows are the octets to be signed, not the
//! values that they were made from.

use crate::Oid;
use crate::asn1::{Asn1Error, Reader, Tlv, tag};
use crate::oid::OidRef;
use crate::plan::Span;

/// A TBSCertificate, taken apart.
#[derive(Debug)]
pub(crate) struct TbsView<'a> {
    pub(crate) version: &'a [u8],
    pub(crate) serial: Tlv<'a>,
    pub(crate) signature: Tlv<'a>,
    pub(crate) issuer: Tlv<'a>,
    pub(crate) not_before: Tlv<'a>,
    pub(crate) not_after: Tlv<'a>,
    pub(crate) subject: Tlv<'a>,
    pub(crate) public_key: Tlv<'a>,
    pub(crate) extensions: Vec<ViewedExtension<'a>>,
}

/// One extension.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ViewedExtension<'a> {
    pub(crate) oid: OidRef<'a>,
    pub(crate) critical: bool,
    pub(crate) value: &'a [u8],
    pub(crate) span: Span,
}

impl<'a> TbsView<'a> {
    pub(crate) fn parse(tbs: &'a [u8]) -> Result<Self, Asn1Error> {
        TbsView::parse_at(tbs, 0)
    }

    /// A TBSCertificate that starts at `offset` of a certificate; offsets and spans count from the start of that.
    pub(crate) fn parse_at(tbs: &'a [u8], offset: usize) -> Result<Self, Asn1Error> {
        let mut outer = Reader::at(tbs, offset);
        let mut fields = outer.read(tag::SEQUENCE)?.reader();
        outer.finish()?;
        let version = fields.read(tag::context_constructed(0))?.content;
        let serial = fields.read(tag::INTEGER)?;
        let signature = fields.read(tag::SEQUENCE)?;
        let issuer = fields.read(tag::SEQUENCE)?;
        let mut validity = fields.read(tag::SEQUENCE)?.reader();
        let (not_before, not_after) = (validity.any()?, validity.any()?);
        validity.finish()?;
        let subject = fields.read(tag::SEQUENCE)?;
        let public_key = fields.read(tag::SEQUENCE)?;
        let list = fields.read(tag::context_constructed(3))?;
        fields.finish()?;
        let mut extensions = Vec::with_capacity(12);
        let mut outer = list.reader();
        let mut reader = outer.read(tag::SEQUENCE)?.reader();
        outer.finish()?;
        while !reader.is_empty() {
            let mut parts = reader.read(tag::SEQUENCE)?.reader();
            let oid = parts.read(tag::OID)?.oid_ref()?;
            let critical = parts.optional(tag::BOOLEAN)?.is_some();
            let octets = parts.read(tag::OCTET_STRING)?;
            parts.finish()?;
            let start = octets.reader().offset();
            let span = Span { start, end: start + octets.content.len() };
            extensions.push(ViewedExtension { oid, critical, value: octets.content, span });
        }
        Ok(TbsView { version, serial, signature, issuer, not_before, not_after, subject, public_key, extensions })
    }

    pub(crate) fn extension(&self, oid: Oid) -> Option<&ViewedExtension<'a>> {
        self.extensions.iter().find(|extension| extension.oid == oid)
    }
}

/// The octets that an element takes.
pub(crate) fn span(tlv: &Tlv<'_>) -> Span {
    Span { start: tlv.offset, end: tlv.offset + tlv.full.len() }
}
