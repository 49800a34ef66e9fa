//! Certificate policies, and what else is a list of identifiers with something to each.

use super::members;
use crate::x509::asn1::reader::{Asn1Error, Reader, Tlv, whole};
use crate::x509::asn1::tag;
use crate::x509::name::string::Text;
use crate::x509::oid::{Oid, OidSet};

/// `SEQUENCE SIZE (1..MAX) OF PolicyInformation`, each policy once.
pub(super) fn policies(value: &[u8]) -> Result<(), Asn1Error> {
    let mut met = OidSet::default();
    members(&Reader::single(value, tag::SEQUENCE)?, |policy| {
        let mut reader = policy.with_tag(tag::SEQUENCE)?.reader();
        if !met.insert(reader.any()?.oid_ref()?) {
            return Err(policy.content_error("policy that stands twice"));
        }
        if let Some(qualifiers) = reader.optional(tag::SEQUENCE)? {
            members(&qualifiers, qualifier)?;
        }
        reader.finish()
    })
}

/// `PolicyQualifierInfo ::= SEQUENCE { policyQualifierId OBJECT IDENTIFIER, qualifier ANY }`.
fn qualifier(tlv: &Tlv<'_>) -> Result<(), Asn1Error> {
    let mut reader = tlv.with_tag(tag::SEQUENCE)?.reader();
    let id = reader.any()?.oid_ref()?;
    let value = reader.any()?;
    reader.finish()?;
    if id == Oid::QT_CPS {
        text(value.with_tag(tag::IA5_STRING)?)
    } else if id == Oid::QT_UNOTICE {
        user_notice(&value)
    } else {
        whole(&value)
    }
}

/// `UserNotice ::= SEQUENCE { noticeRef SEQUENCE { organization DisplayText, noticeNumbers SEQUENCE OF INTEGER } OPTIONAL,
/// explicitText DisplayText OPTIONAL }`.
fn user_notice(tlv: &Tlv<'_>) -> Result<(), Asn1Error> {
    let mut reader = tlv.with_tag(tag::SEQUENCE)?.reader();
    if let Some(reference) = reader.optional(tag::SEQUENCE)? {
        let mut reference = reference.reader();
        text(&reference.any()?)?;
        let mut numbers = reference.read(tag::SEQUENCE)?.reader();
        while !numbers.is_empty() {
            whole(&numbers.read(tag::INTEGER)?)?;
        }
        reference.finish()?;
    }
    if !reader.is_empty() {
        text(&reader.any()?)?;
    }
    reader.finish()
}

fn text(tlv: &Tlv<'_>) -> Result<(), Asn1Error> {
    Text::of(tlv).map(drop).ok_or_else(|| tlv.content_error("value that is not a string of its type"))
}

/// `SEQUENCE SIZE (1..MAX) OF SEQUENCE { issuerDomainPolicy OBJECT IDENTIFIER, subjectDomainPolicy OBJECT IDENTIFIER }`.
pub(super) fn mappings(value: &[u8]) -> Result<(), Asn1Error> {
    members(&Reader::single(value, tag::SEQUENCE)?, |mapping| {
        let mut reader = mapping.with_tag(tag::SEQUENCE)?.reader();
        reader.any()?.oid_ref()?;
        reader.any()?.oid_ref()?;
        reader.finish()
    })
}

/// `SEQUENCE SIZE (1..MAX) OF Attribute`.
pub(super) fn directory_attributes(value: &[u8]) -> Result<(), Asn1Error> {
    members(&Reader::single(value, tag::SEQUENCE)?, |attribute| {
        let mut reader = attribute.with_tag(tag::SEQUENCE)?.reader();
        reader.any()?.oid_ref()?;
        members(&reader.read(tag::SET)?, whole)?;
        reader.finish()
    })
}
