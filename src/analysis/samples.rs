//! A value for each extension that the crate knows, to try what a template and a policy make of it.

use super::names::element;
use crate::x509::asn1::tag;
use crate::x509::asn1::writer::Writer;
use crate::x509::oid::Oid;

fn seq(parts: &[Vec<u8>]) -> Vec<u8> {
    let mut w = Writer::with_capacity(64);
    w.sequence(|w| parts.iter().for_each(|part| w.raw(part)));
    w.into_vec()
}

fn identifier(oid: &Oid) -> Vec<u8> {
    element(tag::OID, oid.as_der_content())
}

/// An identifier that nobody names: 1.2.127.127.
pub(crate) fn unknown() -> Option<Oid> {
    Oid::from_der_content(&[0x2a, 0x7f, 0x7f]).ok()
}

/// The extensions that the crate knows, but for the names, usages and constraints of the certificate itself.
pub(crate) fn known_extensions() -> Vec<(Oid, Vec<u8>)> {
    let uri = element(tag::context(6), b"http://w");
    let access = seq(&[seq(&[identifier(&Oid::AD_OCSP), uri.clone()])]);
    let full_name = element(tag::context_constructed(0), &element(tag::context_constructed(0), &uri));
    let lists = seq(&[seq(&[full_name])]);
    let policy = unknown().map(|oid| identifier(&oid)).unwrap_or_default();
    let policies = seq(&[seq(std::slice::from_ref(&policy))]);
    let attribute = seq(&[identifier(&Oid::COMMON_NAME), element(tag::SET, &element(tag::UTF8_STRING, b"w"))]);
    let time = element(tag::context(0), b"20300101000000Z");
    let permitted = element(tag::context_constructed(0), &seq(&[element(tag::context(2), b"w")]));
    vec![
        (Oid::CERTIFICATE_POLICIES, policies.clone()),
        (Oid::CRL_DISTRIBUTION_POINTS, lists.clone()),
        (Oid::AUTHORITY_INFO_ACCESS, access.clone()),
        (Oid::AUTHORITY_KEY_IDENTIFIER, seq(&[element(tag::context(0), &[1, 2, 3, 4])])),
        (Oid::SUBJECT_DIRECTORY_ATTRIBUTES, seq(&[attribute])),
        (Oid::PRIVATE_KEY_USAGE_PERIOD, seq(&[time])),
        (Oid::ISSUER_ALT_NAME, seq(&[element(tag::context(2), b"w")])),
        (Oid::NAME_CONSTRAINTS, seq(&[permitted])),
        (Oid::FRESHEST_CRL, lists),
        (Oid::POLICY_MAPPINGS, seq(&[seq(&[policy.clone(), policy])])),
        (Oid::POLICY_CONSTRAINTS, seq(&[element(tag::context(0), &[0])])),
        (Oid::INHIBIT_ANY_POLICY, element(tag::INTEGER, &[0])),
        (Oid::SUBJECT_INFO_ACCESS, access),
        (Oid::TLS_FEATURE, seq(&[element(tag::INTEGER, &[5])])),
        (Oid::AUTHORITY_KEY_IDENTIFIER_1994, seq(&[])),
        (Oid::KEY_ATTRIBUTES_1994, seq(&[])),
        (Oid::CERTIFICATE_POLICIES_1994, policies.clone()),
        (Oid::KEY_USAGE_RESTRICTION_1994, seq(&[element(tag::BIT_STRING, &[7, 0x80])])),
        (Oid::BASIC_CONSTRAINTS_1994, seq(&[])),
        (Oid::NETSCAPE_CERTIFICATE_TYPE, element(tag::BIT_STRING, &[6, 0x40])),
        (Oid::MS_APPLICATION_POLICIES, policies),
        (Oid::MS_CERTIFICATE_TEMPLATE_NAME, element(tag::BMP_STRING, &[0, b'w'])),
        (Oid::MS_ACCOUNT_SID, seq(&[])),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::x509::extension::{Known, Terms};

    #[test]
    fn samples_are_values_of_their_types() {
        for (oid, value) in known_extensions() {
            if let Some(known) = Known::of(oid.by_ref()) {
                assert_eq!(known.check(&value, Terms::DER), Ok(()), "{oid}");
            }
        }
        assert!(unknown().is_some_and(|oid| oid.name().is_none()));
    }
}
