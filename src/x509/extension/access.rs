//! Extensions that say where something about the certificate or its issuer is.

use super::usage::named_bits;
use super::{Terms, members};
use crate::x509::asn1::reader::{Asn1Error, Reader, Tlv};
use crate::x509::asn1::tag;
use crate::x509::name::check_rdn;
use crate::x509::name::general::{Arcs, Bounds, check_general_name, check_names_of};

/// `CRLDistributionPoints ::= SEQUENCE SIZE (1..MAX) OF DistributionPoint`.
pub(super) fn distribution_points(value: &[u8], terms: Terms) -> Result<(), Asn1Error> {
    members(&Reader::single(value, tag::SEQUENCE)?, |point| distribution_point(point, terms.bounds))
}

/// `SEQUENCE { distributionPoint [0] CHOICE { fullName [0], nameRelativeToCRLIssuer [1] } OPTIONAL, reasons [1] OPTIONAL,
/// cRLIssuer [2] OPTIONAL }`, where not all is left out, nor all but the reasons.
fn distribution_point(point: &Tlv<'_>, bounds: Bounds) -> Result<(), Asn1Error> {
    let mut reader = point.with_tag(tag::SEQUENCE)?.reader();
    let location = reader.optional(tag::context_constructed(0))?;
    if let Some(location) = &location {
        let mut reader = location.reader();
        let name = reader.any()?;
        reader.finish()?;
        match name.tag {
            0xa0 => check_names_of(&name, bounds, Arcs::AnyWidth)?,
            0xa1 => check_rdn(&name)?,
            _ => return Err(name.content_error("distribution point whose name is neither full nor relative")),
        }
    }
    let reasons = reader.optional(tag::context(1))?;
    reasons.as_ref().map_or(Ok(()), |reasons| named_bits(reasons, 9).map(drop))?;
    let issuer = reader.optional(tag::context_constructed(2))?;
    issuer.as_ref().map_or(Ok(()), |issuer| check_names_of(issuer, bounds, Arcs::AnyWidth))?;
    reader.finish()?;
    if location.is_none() && issuer.is_none() {
        return Err(point.content_error("distribution point without a name and without an issuer"));
    }
    Ok(())
}

/// `SEQUENCE SIZE (1..MAX) OF AccessDescription`.
pub(super) fn info_access(value: &[u8], terms: Terms) -> Result<(), Asn1Error> {
    members(&Reader::single(value, tag::SEQUENCE)?, |access| {
        let mut reader = access.with_tag(tag::SEQUENCE)?.reader();
        reader.any()?.oid_ref()?;
        check_general_name(&reader.any()?, terms.bounds, Arcs::AnyWidth)?;
        reader.finish()
    })
}

/// `SEQUENCE { keyIdentifier [0] OPTIONAL, authorityCertIssuer [1] OPTIONAL, authorityCertSerialNumber [2] OPTIONAL }`, the last
/// two together.
pub(super) fn authority_key_identifier(value: &[u8], terms: Terms) -> Result<(), Asn1Error> {
    let tlv = Reader::single(value, tag::SEQUENCE)?;
    let mut reader = tlv.reader();
    reader.optional(tag::context(0))?;
    let issuer = reader.optional(tag::context_constructed(1))?;
    issuer.as_ref().map_or(Ok(()), |issuer| check_names_of(issuer, terms.bounds, Arcs::AnyWidth))?;
    let serial = reader.optional(tag::context(2))?;
    reader.finish()?;
    match serial {
        Some(serial) if matches!(*serial.content, [] | [0, 0..=0x7f, ..] | [0xff, 0x80..=0xff, ..]) => {
            Err(serial.content_error("serial number that is not in its shortest form"))
        }
        serial if serial.is_some() != issuer.is_some() => {
            Err(tlv.content_error("authorityCertIssuer and authorityCertSerialNumber, of which one is left out"))
        }
        _ => Ok(()),
    }
}
