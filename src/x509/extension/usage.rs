//! Extensions that say what a key is for.

use super::members;
use crate::x509::asn1::reader::{Asn1Error, Reader, Tlv};
use crate::x509::asn1::tag;

/// The bits of a named-bit list as DER writes it: unused bits are zero, and the last used bit is one (X.690 section 11.2).
pub(super) fn named_bits<'a>(tlv: &Tlv<'a>, most: usize) -> Result<&'a [u8], Asn1Error> {
    let [unused, bits @ ..] = tlv.content else { return Err(tlv.content_error("BIT STRING without content")) };
    let Some(last) = bits.last() else { return Err(tlv.content_error("BIT STRING without a bit")) };
    if *unused > 7 || 8 * bits.len() - usize::from(*unused) > most {
        return Err(tlv.content_error("BIT STRING with more bits than its type has"));
    }
    if last & ((1 << unused) - 1) != 0 {
        return Err(tlv.content_error("BIT STRING whose unused bits are not zero"));
    }
    if last.trailing_zeros() != u32::from(*unused) {
        return Err(tlv.content_error("BIT STRING with trailing zero bits, which DER leaves out"));
    }
    Ok(bits)
}

/// `KeyUsage ::= BIT STRING`, of nine named bits.
pub(super) fn key_usage(value: &[u8], nine_bits: bool) -> Result<(), Asn1Error> {
    let tlv = Reader::single(value, tag::BIT_STRING)?;
    match *tlv.content {
        // R-ENC-5: what the live service writes.
        [7, 1..=0xff, 0] if nine_bits => Ok(()),
        _ => named_bits(&tlv, 9).map(drop),
    }
}

/// `ExtKeyUsageSyntax ::= SEQUENCE SIZE (1..MAX) OF KeyPurposeId`.
pub(super) fn purposes(value: &[u8]) -> Result<(), Asn1Error> {
    members(&Reader::single(value, tag::SEQUENCE)?, |purpose| purpose.oid_ref().map(drop))
}

/// `SEQUENCE { notBefore [0] GeneralizedTime OPTIONAL, notAfter [1] GeneralizedTime OPTIONAL }`, of which one is there.
pub(super) fn private_key_usage_period(value: &[u8]) -> Result<(), Asn1Error> {
    let tlv = Reader::single(value, tag::SEQUENCE)?;
    if tlv.content.is_empty() {
        return Err(tlv.content_error("period without a time"));
    }
    let mut reader = tlv.reader();
    for number in [0, 1] {
        if let Some(time) = reader.optional(tag::context(number))? {
            let read = Tlv { tag: tag::GENERALIZED_TIME, ..time }.timestamp_of_either_type();
            read.ok_or_else(|| time.content_error("time that is not YYYYMMDDHHMMSSZ"))?;
        }
    }
    reader.finish()
}

/// `Features ::= SEQUENCE OF INTEGER`, numbers of TLS extensions.
pub(super) fn tls_feature(value: &[u8]) -> Result<(), Asn1Error> {
    members(&Reader::single(value, tag::SEQUENCE)?, |feature| match *feature.with_tag(tag::INTEGER)?.content {
        [0..=0x7f] | [1..=0x7f, _] | [0, 0x80..=0xff] | [0, 0x80..=0xff, _] => Ok(()),
        _ => Err(feature.content_error("TLS feature that is not a number of 0 to 65535")),
    })
}

/// `KeyUsageRestriction ::= SEQUENCE { certPolicySet SEQUENCE OF CertPolicySet OPTIONAL, restrictedKeyUsage KeyUsage OPTIONAL }`.
pub(super) fn key_usage_restriction(value: &[u8]) -> Result<(), Asn1Error> {
    let tlv = Reader::single(value, tag::SEQUENCE)?;
    let mut reader = tlv.reader();
    if let Some(sets) = reader.optional(tag::SEQUENCE)? {
        members(&sets, |set| members(set.with_tag(tag::SEQUENCE)?, |policy| policy.oid_ref().map(drop)))?;
    }
    if let Some(usage) = reader.optional(tag::BIT_STRING)? {
        named_bits(&usage, 9)?;
    }
    reader.finish()
}

/// The eight bits of a Netscape certificate type.
pub(super) fn netscape_type(value: &[u8]) -> Result<u8, Asn1Error> {
    let bits = named_bits(&Reader::single(value, tag::BIT_STRING)?, 8)?;
    Ok(bits.first().copied().unwrap_or_default())
}

/// Whether a Netscape certificate type says that the certificate is a CA's, for SSL, S/MIME or object signing. A value that
/// cannot be read says nothing; it is never signed.
pub(crate) fn netscape_type_has_ca_bit(value: &[u8]) -> bool {
    netscape_type(value).is_ok_and(|bits| bits & 0x07 != 0)
}
