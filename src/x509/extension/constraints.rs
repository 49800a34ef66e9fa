//! Extensions that say what a CA certificate may be used for.

use super::members;
use crate::x509::asn1::reader::{Asn1Error, Reader, Tlv, whole};
use crate::x509::asn1::tag;
use crate::x509::name::check_name;
use crate::x509::name::general::{Arcs, DecodedName};

/// `BasicConstraints ::= SEQUENCE { cA BOOLEAN DEFAULT FALSE, pathLenConstraint INTEGER (0..MAX) OPTIONAL }`.
pub(super) fn basic(value: &[u8]) -> Result<(), Asn1Error> {
    let mut reader = Reader::single(value, tag::SEQUENCE)?.reader();
    let ca = reader.optional(tag::BOOLEAN)?;
    if let Some(ca) = ca.filter(|ca| ca.content != [0xff]) {
        return Err(ca.content_error("cA that is not TRUE, where DER leaves FALSE out"));
    }
    if let Some(path_len) = reader.optional(tag::INTEGER)? {
        if ca.is_none() {
            return Err(path_len.content_error("pathLenConstraint without cA"));
        }
        skip_certificates(&path_len)?;
    }
    reader.finish()
}

/// A number of certificates: an INTEGER (0..MAX), whatever its tag.
pub(super) fn skip_certificates(tlv: &Tlv<'_>) -> Result<(), Asn1Error> {
    match *tlv.content {
        [] | [0, 0..=0x7f, ..] => Err(tlv.content_error("INTEGER that is not in its shortest form")),
        [0x80..=0xff, ..] => Err(tlv.content_error("negative number of certificates")),
        _ => Ok(()),
    }
}

/// `SEQUENCE { requireExplicitPolicy [0] SkipCerts OPTIONAL, inhibitPolicyMapping [1] SkipCerts OPTIONAL }`, of which one is
/// there.
pub(super) fn policy(value: &[u8]) -> Result<(), Asn1Error> {
    let tlv = Reader::single(value, tag::SEQUENCE)?;
    if tlv.content.is_empty() {
        return Err(tlv.content_error("policy constraints without a constraint"));
    }
    let mut reader = tlv.reader();
    for number in [0, 1] {
        reader.optional(tag::context(number))?.as_ref().map_or(Ok(()), skip_certificates)?;
    }
    reader.finish()
}

/// `SEQUENCE { permittedSubtrees [0] GeneralSubtrees OPTIONAL, excludedSubtrees [1] GeneralSubtrees OPTIONAL }`, of which one is
/// there.
pub(super) fn names(value: &[u8]) -> Result<(), Asn1Error> {
    let tlv = Reader::single(value, tag::SEQUENCE)?;
    if tlv.content.is_empty() {
        return Err(tlv.content_error("name constraints without a subtree"));
    }
    let mut reader = tlv.reader();
    for number in [0, 1] {
        if let Some(subtrees) = reader.optional(tag::context_constructed(number))? {
            members(&subtrees, subtree)?;
        }
    }
    reader.finish()
}

/// `GeneralSubtree ::= SEQUENCE { base DecodedName, minimum [0] DEFAULT 0, maximum [1] OPTIONAL }`, where RFC 5280 allows no
/// distance but the default, which DER leaves out.
fn subtree(tlv: &Tlv<'_>) -> Result<(), Asn1Error> {
    let mut reader = tlv.with_tag(tag::SEQUENCE)?.reader();
    let base = reader.any()?;
    match DecodedName::from_tlv(&base)? {
        DecodedName::Ip(octets) if octets.len() != 8 && octets.len() != 32 => {
            return Err(base.content_error("address constraint of neither 8 nor 32 bytes"));
        }
        DecodedName::OtherName { .. } | DecodedName::X400(_) | DecodedName::EdiParty(_) => whole(&base)?,
        DecodedName::Directory(_) => check_name(&base.reader().any()?, usize::MAX, Arcs::AnyWidth)?,
        _ => {}
    }
    reader.finish()
}
