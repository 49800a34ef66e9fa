//! Reads the parts of a list: constant work for each entry, nothing nested deeper than RFC 5280 has it.

use super::entry::CrlEntry;
use super::error::CrlReadError;
use super::number::CrlNumber;
use crate::x509::asn1::reader::{Asn1Error, Reader, Tlv};
use crate::x509::asn1::tag;
use crate::x509::oid::Oid;
use crate::x509::public_key::positive_integer;
use crate::x509::serial::SerialNumber;
use crate::x509::timestamp::Timestamp;

/// The most extensions of a list or an entry (our decision): what is quadratic in them stays small.
const MAX_EXTENSIONS: usize = 32;

/// id-ce-certificateIssuer (RFC 5280 section 5.3.3).
const CERTIFICATE_ISSUER: [u8; 3] = [0x55, 0x1d, 0x1d];

/// id-ce-deltaCRLIndicator (RFC 5280 section 5.2.4).
const DELTA_CRL_INDICATOR: [u8; 3] = [0x55, 0x1d, 0x1b];

pub(super) fn time(reader: &mut Reader<'_>) -> Result<Timestamp, Asn1Error> {
    let time = reader.any()?;
    time.timestamp_of_either_type().ok_or_else(|| time.content_error("time that is not of RFC 5280 section 5.1.2.4"))
}

pub(super) fn in_element(element: &'static str) -> impl Fn(Asn1Error) -> CrlReadError {
    move |error| CrlReadError::Malformed { element, error }
}

/// `SEQUENCE { userCertificate, revocationDate, crlEntryExtensions OPTIONAL }`.
pub(super) fn entry(reader: &mut Reader<'_>) -> Result<CrlEntry, CrlReadError> {
    let malformed = in_element("revokedCertificates");
    let mut parts = reader.read(tag::SEQUENCE).map_err(&malformed)?.reader();
    let number = parts.read(tag::INTEGER).map_err(&malformed)?;
    let serial = positive_integer(&number).map_err(&malformed)?;
    let serial = SerialNumber::from_be_bytes(serial)
        .map_err(|_| malformed(number.content_error("serial number that is not of RFC 5280 section 4.1.2.2")))?;
    let revoked_at = time(&mut parts).map_err(&malformed)?;
    let mut code = 0;
    if let Some(list) = parts.optional(tag::SEQUENCE).map_err(&malformed)? {
        extensions(&list, &malformed, |oid, critical, value| {
            if oid.content == Oid::REASON_CODE.as_der_content() {
                code = reason_code(value).map_err(&malformed)?;
            } else if oid.content == CERTIFICATE_ISSUER {
                return Err(CrlReadError::Unsupported("is an indirect one: an entry has a certificateIssuer"));
            } else if critical {
                return Err(malformed(oid.content_error("critical extension of an entry that is not known")));
            }
            Ok(())
        })?;
    }
    parts.finish().map_err(malformed)?;
    Ok(CrlEntry { serial, revoked_at, code })
}

fn reason_code(value: &Tlv<'_>) -> Result<u8, Asn1Error> {
    let reason = inner(value, tag::ENUMERATED)?;
    match reason.content {
        [code @ (0..=6 | 8..=10)] => Ok(*code),
        _ => Err(reason.content_error("reasonCode that is not of RFC 5280 section 5.3.1")),
    }
}

/// The one element inside an extension's value.
pub(super) fn inner<'a>(value: &Tlv<'a>, tag: u8) -> Result<Tlv<'a>, Asn1Error> {
    let mut reader = value.reader();
    let element = reader.read(tag)?;
    reader.finish()?;
    Ok(element)
}

/// Each extension of a list, none twice: its identifier, whether it is critical, its value.
pub(super) fn extensions<'a>(
    list: &Tlv<'a>,
    malformed: &impl Fn(Asn1Error) -> CrlReadError,
    mut visit: impl FnMut(&Tlv<'a>, bool, &Tlv<'a>) -> Result<(), CrlReadError>,
) -> Result<(), CrlReadError> {
    let mut reader = list.reader();
    let mut met: [&[u8]; MAX_EXTENSIONS] = [&[]; MAX_EXTENSIONS];
    for place in 0.. {
        if reader.is_empty() {
            break;
        }
        let mut parts = reader.read(tag::SEQUENCE).map_err(malformed)?.reader();
        let oid = parts.read(tag::OID).map_err(malformed)?;
        let Some(slot) = met.get_mut(place) else {
            return Err(malformed(oid.content_error("more than 32 extensions")));
        };
        *slot = oid.content;
        if met[..place].contains(&oid.content) {
            return Err(malformed(oid.content_error("extension that stands twice")));
        }
        let critical = match parts.optional(tag::BOOLEAN).map_err(malformed)? {
            None => false,
            Some(boolean) if boolean.content == [0xff] => true,
            Some(boolean) => return Err(malformed(boolean.content_error("critical that is not DER"))),
        };
        let value = parts.read(tag::OCTET_STRING).map_err(malformed)?;
        parts.finish().map_err(malformed)?;
        visit(&oid, critical, &value)?;
    }
    Ok(())
}

/// What the extensions of a list say.
#[derive(Debug, Default, Clone)]
pub(super) struct ListExtensions<'a> {
    pub(super) number: Option<CrlNumber>,
    /// keyIdentifier of the authorityKeyIdentifier.
    pub(super) key_identifier: Option<&'a [u8]>,
    /// The content of the issuingDistributionPoint.
    pub(super) issuing_distribution_point: Option<&'a [u8]>,
}

pub(super) fn list_extensions<'a>(list: &Tlv<'a>) -> Result<ListExtensions<'a>, CrlReadError> {
    let mut found = ListExtensions::default();
    let malformed = in_element("crlExtensions");
    extensions(list, &malformed, |oid, critical, value| {
        if oid.content == Oid::CRL_NUMBER.as_der_content() {
            let number = inner(value, tag::INTEGER).and_then(|integer| CrlNumber::read(&integer));
            found.number = Some(number.map_err(&malformed)?);
        } else if oid.content == Oid::AUTHORITY_KEY_IDENTIFIER.as_der_content() {
            let identifier = inner(value, tag::SEQUENCE).and_then(|list| list.reader().optional(tag::context(0)));
            found.key_identifier = identifier.map_err(&malformed)?.map(|identifier| identifier.content);
        } else if oid.content == Oid::ISSUING_DISTRIBUTION_POINT.as_der_content() {
            found.issuing_distribution_point = Some(inner(value, tag::SEQUENCE).map_err(&malformed)?.full);
        } else if oid.content == DELTA_CRL_INDICATOR {
            return Err(CrlReadError::Unsupported("is a delta CRL: it has a deltaCRLIndicator"));
        } else if critical {
            return Err(malformed(oid.content_error("critical extension that is not known")));
        }
        Ok(())
    })?;
    Ok(found)
}
