//! Typed values to DER (R-ENC-2 to R-ENC-5), appended to the buffer of the certificate.

use std::borrow::Borrow;
use std::net::IpAddr;

use crate::request::certificate_policy::PolicyInformation;
use crate::request::extended_key_usage::ExtendedKeyUsage;
use crate::request::general_name::GeneralName;
use crate::request::key_usage::KeyUsage;
use crate::request::subject::{AttributeStringType, Subject};
use crate::x509::asn1::tag;
use crate::x509::asn1::writer::Writer;
use crate::x509::oid::Oid;

fn string_tag(string_type: AttributeStringType) -> u8 {
    match string_type {
        AttributeStringType::PrintableString => tag::PRINTABLE_STRING,
        AttributeStringType::Ia5String => tag::IA5_STRING,
        AttributeStringType::Utf8String => tag::UTF8_STRING,
    }
}

/// A `Name` with one attribute per RDN, in the order of the subject's members (R-ENC-2).
pub(crate) fn name(w: &mut Writer, subject: &Subject) {
    w.sequence(|w| {
        for (oid, value, string_type) in subject.attributes() {
            w.nested(tag::SET, |w| {
                w.sequence(|w| {
                    w.oid(&oid);
                    w.primitive(string_tag(string_type), value.as_bytes());
                });
            });
        }
    });
}

/// `GeneralNames` (R-ENC-3; RFC 5280 section 4.2.1.6).
pub(crate) fn general_names(w: &mut Writer, names: &[GeneralName]) {
    w.sequence(|w| names.iter().for_each(|name| general_name(w, name)));
}

pub(crate) fn general_name(w: &mut Writer, general_name: &GeneralName) {
    match general_name {
        GeneralName::OtherName(other) => w.nested(tag::context_constructed(0), |w| {
            w.oid(&other.type_id());
            let string = string_tag(other.string_type());
            w.nested(tag::context_constructed(0), |w| w.primitive(string, other.value().as_bytes()));
        }),
        GeneralName::Rfc822Name(text) => w.primitive(tag::context(1), text.as_str().as_bytes()),
        GeneralName::DnsName(text) => w.primitive(tag::context(2), text.as_str().as_bytes()),
        // A CHOICE inside a tag is tagged explicitly (X.680 section 31.2.7).
        GeneralName::DirectoryName(subject) => w.nested(tag::context_constructed(4), |w| name(w, subject)),
        GeneralName::EdiPartyName(edi) => w.nested(tag::context_constructed(5), |w| {
            let mut part = |number, text: &str| {
                w.nested(tag::context_constructed(number), |w| w.primitive(tag::UTF8_STRING, text.as_bytes()));
            };
            if let Some(assigner) = edi.name_assigner() {
                part(0, assigner);
            }
            part(1, edi.party_name());
        }),
        GeneralName::UniformResourceIdentifier(text) => w.primitive(tag::context(6), text.as_str().as_bytes()),
        GeneralName::IpAddress(IpAddr::V4(address)) => w.primitive(tag::context(7), &address.octets()),
        GeneralName::IpAddress(IpAddr::V6(address)) => w.primitive(tag::context(7), &address.octets()),
        GeneralName::RegisteredId(oid) => w.primitive(tag::context(8), oid.as_der_content()),
    }
}

/// `BasicConstraints` (RFC 5280 section 4.2.1.9); `CA:FALSE` is an empty SEQUENCE (R-MRG-3).
pub(crate) fn basic_constraints(w: &mut Writer, ca: bool, path_len: Option<u8>) {
    w.sequence(|w| {
        if ca {
            w.primitive(tag::BOOLEAN, &[0xff]);
            if let Some(path_len) = path_len {
                w.positive_integer(&[path_len]);
            }
        }
    });
}

/// How `KeyUsage` is written (R-ENC-5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyUsageForm {
    /// A named-bit list without trailing zero bits, as DER asks (X.690 section 11.2.2).
    Der,
    /// All nine bits, as the live service writes the member of the API.
    NineBits,
}

/// `KeyUsage` (RFC 5280 section 4.2.1.3).
pub(crate) fn key_usage(w: &mut Writer, value: KeyUsage, form: KeyUsageForm) {
    // Bit 0 of the ASN.1 type is the most significant bit of the first byte.
    let [second, first] = value.bits().reverse_bits().to_le_bytes();
    let nine = form == KeyUsageForm::NineBits;
    let octets = if second == 0 && !nine { &[first][..] } else { &[first, second] };
    let unused = if nine { 7 } else { octets.last().map_or(0, |last| last.trailing_zeros()) };
    w.nested(tag::BIT_STRING, |w| {
        w.byte(unused as u8);
        w.raw(octets);
    });
}

/// `ExtKeyUsageSyntax` (RFC 5280 section 4.2.1.12).
pub(crate) fn purposes(w: &mut Writer, purposes: impl Iterator<Item: Borrow<Oid>>) {
    w.sequence(|w| purposes.for_each(|purpose| w.oid(purpose.borrow())));
}

/// The purposes that the API names (R-ENC-4).
pub(crate) fn extended_key_usage(w: &mut Writer, usages: &[ExtendedKeyUsage]) {
    purposes(w, usages.iter().map(ExtendedKeyUsage::oid));
}

/// `CertificatePolicies` with CPS qualifiers (RFC 5280 section 4.2.1.4).
pub(crate) fn certificate_policies(w: &mut Writer, policies: &[PolicyInformation]) {
    w.sequence(|w| {
        for policy in policies {
            w.sequence(|w| {
                w.oid(&policy.cert_policy_id());
                if !policy.policy_qualifiers().is_empty() {
                    w.sequence(|w| {
                        for qualifier in policy.policy_qualifiers() {
                            w.sequence(|w| {
                                w.oid(&Oid::QT_CPS);
                                w.primitive(tag::IA5_STRING, qualifier.qualifier().cps_uri().as_bytes());
                            });
                        }
                    });
                }
            });
        }
    });
}

/// `AuthorityKeyIdentifier` with the key identifier alone (R-MRG-2).
pub(crate) fn authority_key_identifier(w: &mut Writer, key_identifier: &[u8]) {
    w.sequence(|w| w.primitive(tag::context(0), key_identifier));
}

/// The bytes that `write` appends, on their own.
pub(crate) fn to_vec(write: impl FnOnce(&mut Writer)) -> Vec<u8> {
    let mut writer = Writer::with_capacity(64);
    write(&mut writer);
    writer.into_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_usage_is_minimal() {
        // R-ENC-5; the first two are the bytes of real certificates.
        let ca = KeyUsage::DIGITAL_SIGNATURE | KeyUsage::KEY_CERT_SIGN | KeyUsage::CRL_SIGN;
        let leaf = KeyUsage::DIGITAL_SIGNATURE | KeyUsage::KEY_ENCIPHERMENT;
        for (usage, der) in [
            (ca, &[3, 2, 1, 0x86][..]),
            (leaf, &[3, 2, 5, 0xa0]),
            (KeyUsage::ENCIPHER_ONLY, &[3, 2, 0, 0x01]),
            (KeyUsage::DECIPHER_ONLY, &[3, 3, 7, 0, 0x80]),
            (KeyUsage::DIGITAL_SIGNATURE | KeyUsage::DECIPHER_ONLY, &[3, 3, 7, 0x80, 0x80]),
        ] {
            assert_eq!(to_vec(|w| key_usage(w, usage, KeyUsageForm::Der)), der, "{usage}");
        }
    }

    #[test]
    fn key_usage_of_nine_bits() {
        // R-ENC-5; the first is the value of real certificates.
        let ca = KeyUsage::DIGITAL_SIGNATURE | KeyUsage::KEY_CERT_SIGN | KeyUsage::CRL_SIGN;
        for (usage, der) in [
            (ca, [3, 3, 7, 0x86, 0]),
            (KeyUsage::ENCIPHER_ONLY, [3, 3, 7, 0x01, 0]),
            (KeyUsage::DECIPHER_ONLY, [3, 3, 7, 0, 0x80]),
        ] {
            assert_eq!(to_vec(|w| key_usage(w, usage, KeyUsageForm::NineBits)), der, "{usage}");
        }
    }

    #[test]
    fn other_names_have_the_string_type_of_their_form() {
        // R-ENC-3; SRVName is an IA5String (RFC 4985 section 2).
        for (form, tag) in [
            ("1.3.6.1.5.5.7.8.7", tag::IA5_STRING),
            ("1.3.6.1.4.1.311.20.2.3", tag::UTF8_STRING),
            ("1.3.6.1.5.5.7.8.9", tag::UTF8_STRING),
            ("1.2.3.4", tag::UTF8_STRING),
        ] {
            let name =
                GeneralName::other_name(crate::request::general_name::OtherName::new(form, "_a.b")).build().unwrap();
            let der = to_vec(|w| general_name(w, &name));
            assert!(der.ends_with(&[&[0xa0, 6, tag, 4], &b"_a.b"[..]].concat()), "{form}: {der:02x?}");
        }
    }

    #[test]
    fn basic_constraints_forms() {
        let form = |ca, path_len| to_vec(|w| basic_constraints(w, ca, path_len));
        assert_eq!(form(false, None), [0x30, 0]);
        assert_eq!(form(true, None), [0x30, 3, 1, 1, 0xff]);
        assert_eq!(form(true, Some(0)), [0x30, 6, 1, 1, 0xff, 2, 1, 0]);
        assert_eq!(form(true, Some(200)), [0x30, 7, 1, 1, 0xff, 2, 2, 0, 200]);
    }
}
