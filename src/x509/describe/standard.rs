//! The extensions of RFC 5280 section 4.2 that the engine writes or meets most.

use crate::x509::asn1::reader::{Asn1Error, Reader, Tlv};
use crate::x509::asn1::tag;
use crate::x509::hex;
use crate::x509::name::general::{DecodedName, GeneralNames, general_names};
use crate::x509::name::string::{Escape, Hex, Text};
use crate::x509::oid::Oid;

/// The names of the bits of a KeyUsage, in order (RFC 5280 section 4.2.1.3).
const KEY_USAGES: [&str; 9] = [
    "digitalSignature",
    "nonRepudiation",
    "keyEncipherment",
    "dataEncipherment",
    "keyAgreement",
    "keyCertSign",
    "cRLSign",
    "encipherOnly",
    "decipherOnly",
];

/// The text of a known and well-formed extension.
pub(super) fn describe(oid: &Oid, value: &[u8]) -> Option<String> {
    let describe: fn(&[u8]) -> Result<String, Asn1Error> = match *oid {
        Oid::SUBJECT_ALT_NAME | Oid::ISSUER_ALT_NAME => |value| names(general_names(value)?),
        Oid::KEY_USAGE => key_usage,
        Oid::EXTENDED_KEY_USAGE => extended_key_usage,
        Oid::BASIC_CONSTRAINTS => basic_constraints,
        Oid::CRL_DISTRIBUTION_POINTS => distribution_points,
        Oid::AUTHORITY_INFO_ACCESS => authority_info_access,
        Oid::CERTIFICATE_POLICIES => certificate_policies,
        Oid::AUTHORITY_KEY_IDENTIFIER => authority_key_identifier,
        Oid::SUBJECT_KEY_IDENTIFIER => |value| Ok(colons(Reader::single(value, tag::OCTET_STRING)?.content)),
        Oid::NAME_CONSTRAINTS => name_constraints,
        _ => return None,
    };
    describe(value).ok()
}

/// Bytes as `AB:CD`, cut like [`Hex`].
fn colons(octets: &[u8]) -> String {
    if octets.is_empty() || octets.len() > 64 {
        return Hex(octets).to_string();
    }
    hex::upper(octets).colons().to_string()
}

fn names(names: GeneralNames<'_>) -> Result<String, Asn1Error> {
    let shown: Vec<_> = names.map(|name| name.map(|name| name.to_string())).collect::<Result<_, _>>()?;
    Ok(shown.join(", "))
}

/// What `show` says of each member of a SEQUENCE OF, which must have one.
fn members<'a>(
    tlv: &Tlv<'a>,
    separator: &str,
    show: impl Fn(Tlv<'a>) -> Result<String, Asn1Error>,
) -> Result<String, Asn1Error> {
    let (mut reader, mut shown) = (tlv.reader(), Vec::new());
    if reader.is_empty() {
        return Err(tlv.content_error("empty list"));
    }
    while !reader.is_empty() {
        shown.push(show(reader.any()?)?);
    }
    Ok(shown.join(separator))
}

/// Nine bits or fewer. Trailing zeros are not DER, yet certificates of the live service have them.
fn key_usage(value: &[u8]) -> Result<String, Asn1Error> {
    let tlv = Reader::single(value, tag::BIT_STRING)?;
    let (unused, octets) = match tlv.content {
        [unused @ 0..=7, octets @ ..] if octets.len() <= 2 && (*unused == 0 || !octets.is_empty()) => (*unused, octets),
        _ => return Err(tlv.content_error("no KeyUsage")),
    };
    let mut shown = Vec::new();
    for position in 0..8 * octets.len() - usize::from(unused) {
        if octets[position / 8] & (0x80 >> (position % 8)) != 0 {
            shown.push(*KEY_USAGES.get(position).ok_or_else(|| tlv.content_error("unknown bit in a KeyUsage"))?);
        }
    }
    if shown.is_empty() { Err(tlv.content_error("KeyUsage without a bit")) } else { Ok(shown.join(", ")) }
}

fn extended_key_usage(value: &[u8]) -> Result<String, Asn1Error> {
    members(&Reader::single(value, tag::SEQUENCE)?, ", ", |usage| {
        let oid = usage.oid()?;
        Ok(oid.name().map_or_else(|| oid.to_string(), str::to_owned))
    })
}

/// `BasicConstraints ::= SEQUENCE { cA BOOLEAN DEFAULT FALSE, pathLenConstraint INTEGER (0..MAX) OPTIONAL }`.
fn basic_constraints(value: &[u8]) -> Result<String, Asn1Error> {
    let mut reader = Reader::single(value, tag::SEQUENCE)?.reader();
    let mut text = match reader.optional(tag::BOOLEAN)? {
        Some(tlv) if tlv.content == [0xff] => "CA:TRUE".to_owned(),
        Some(tlv) if tlv.content != [0] => return Err(tlv.content_error("BOOLEAN that is not DER")),
        _ => "CA:FALSE".to_owned(),
    };
    if let Some(tlv) = reader.optional(tag::INTEGER)? {
        let length = match tlv.content {
            [] | [0x80..=0xff, ..] | [0, 0..=0x7f, ..] => None,
            octets if octets.len() > 8 => None,
            octets => Some(octets.iter().fold(0u64, |length, octet| length << 8 | u64::from(*octet))),
        };
        let length = length.ok_or_else(|| tlv.content_error("path length that is negative, padded or huge"))?;
        text.push_str(&format!(", pathlen:{length}"));
    }
    reader.finish()?;
    Ok(text)
}

/// `DistributionPoint ::= SEQUENCE { distributionPoint [0] CHOICE { fullName [0], nameRelativeToCRLIssuer [1] }
/// OPTIONAL, reasons [1] OPTIONAL, cRLIssuer [2] OPTIONAL }` (RFC 5280 section 4.2.1.13).
fn distribution_points(value: &[u8]) -> Result<String, Asn1Error> {
    members(&Reader::single(value, tag::SEQUENCE)?, ", ", |point| {
        let mut reader = Reader::single(point.full, tag::SEQUENCE)?.reader();
        let mut shown = Vec::new();
        if let Some(location) = reader.optional(tag::context_constructed(0))? {
            let mut location = location.reader();
            let name = location.any()?;
            location.finish()?;
            shown.push(match name.tag {
                0xa0 => names(GeneralNames::from_content_of(&name)?)?,
                0xa1 => format!("relative name:{}", Hex(name.full)),
                _ => return Err(name.content_error("no name of a distribution point")),
            });
        }
        if let Some(reasons) = reader.optional(tag::context(1))? {
            shown.push(format!("reasons:{}", Hex(reasons.content)));
        }
        if let Some(issuer) = reader.optional(tag::context_constructed(2))? {
            shown.push(format!("CRL issuer:{}", names(GeneralNames::from_content_of(&issuer)?)?));
        }
        reader.finish()?;
        if shown.is_empty() { Err(point.content_error("empty distribution point")) } else { Ok(shown.join(" ")) }
    })
}

/// `SEQUENCE OF SEQUENCE { accessMethod OBJECT IDENTIFIER, accessLocation GeneralName }`.
fn authority_info_access(value: &[u8]) -> Result<String, Asn1Error> {
    members(&Reader::single(value, tag::SEQUENCE)?, ", ", |access| {
        let mut reader = Reader::single(access.full, tag::SEQUENCE)?.reader();
        let method = match reader.any()?.oid()? {
            Oid::AD_OCSP => "OCSP".to_owned(),
            Oid::AD_CA_ISSUERS => "CA Issuers".to_owned(),
            other => other.to_string(),
        };
        let location = DecodedName::from_tlv(&reader.any()?)?;
        reader.finish()?;
        Ok(format!("{method} - {location}"))
    })
}

/// `SEQUENCE OF SEQUENCE { policyIdentifier, policyQualifiers SEQUENCE OF SEQUENCE { id, qualifier } OPTIONAL }`.
fn certificate_policies(value: &[u8]) -> Result<String, Asn1Error> {
    members(&Reader::single(value, tag::SEQUENCE)?, ", ", |policy| {
        let mut reader = Reader::single(policy.full, tag::SEQUENCE)?.reader();
        let policy = reader.any()?.oid()?;
        let qualifiers = reader.optional(tag::SEQUENCE)?;
        reader.finish()?;
        let Some(qualifiers) = qualifiers else { return Ok(policy.to_string()) };
        let shown = members(&qualifiers, "; ", |qualifier| {
            let mut reader = Reader::single(qualifier.full, tag::SEQUENCE)?.reader();
            let id = reader.any()?.oid()?;
            let value = reader.any()?;
            reader.finish()?;
            Ok(match Text::of(&value) {
                Some(text) if id == Oid::QT_CPS => format!("CPS: {}", text.escaped(Escape::ListItem)),
                _ => format!("{id}: {}", Hex(value.full)),
            })
        })?;
        Ok(format!("{policy} ({shown})"))
    })
}

/// `SEQUENCE { keyIdentifier [0] OPTIONAL, authorityCertIssuer [1] OPTIONAL, authorityCertSerialNumber [2] OPTIONAL }`.
fn authority_key_identifier(value: &[u8]) -> Result<String, Asn1Error> {
    let tlv = Reader::single(value, tag::SEQUENCE)?;
    let (mut reader, mut shown) = (tlv.reader(), Vec::new());
    if let Some(key) = reader.optional(tag::context(0))? {
        shown.push(colons(key.content));
    }
    if let Some(issuer) = reader.optional(tag::context_constructed(1))? {
        shown.push(format!("issuer:{}", names(GeneralNames::from_content_of(&issuer)?)?));
    }
    if let Some(serial) = reader.optional(tag::context(2))? {
        shown.push(format!("serial:{}", colons(serial.content)));
    }
    reader.finish()?;
    if shown.is_empty() { Err(tlv.content_error("empty authority key identifier")) } else { Ok(shown.join(", ")) }
}

/// Unlike the engine's own reading, which refuses what it cannot enforce, this one shows every form and distance.
fn name_constraints(value: &[u8]) -> Result<String, Asn1Error> {
    let tlv = Reader::single(value, tag::SEQUENCE)?;
    let (mut reader, mut shown) = (tlv.reader(), Vec::new());
    for (number, label) in [(0, "permitted"), (1, "excluded")] {
        let Some(subtrees) = reader.optional(tag::context_constructed(number))? else { continue };
        let bases = members(&subtrees, ", ", |subtree| {
            let mut reader = Reader::single(subtree.full, tag::SEQUENCE)?.reader();
            let mut text = DecodedName::from_tlv(&reader.any()?)?.to_string();
            for (number, label) in [(0, "minimum"), (1, "maximum")] {
                if let Some(distance) = reader.optional(tag::context(number))? {
                    text.push_str(&format!(" {label}:{}", Hex(distance.content)));
                }
            }
            reader.finish()?;
            Ok(text)
        })?;
        shown.push(format!("{label}: {bases}"));
    }
    reader.finish()?;
    if shown.is_empty() { Err(tlv.content_error("empty name constraints")) } else { Ok(shown.join("; ")) }
}

#[cfg(test)]
mod tests;
