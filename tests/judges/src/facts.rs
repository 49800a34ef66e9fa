//! What exceptions may ask about a certificate, read by a parser that is not the library's.

use std::collections::BTreeSet;

use x509_parser::asn1_rs::Tag;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::{GeneralName, ParsedExtension};
use x509_parser::public_key::PublicKey;

pub const CLIENT_AUTH: &str = "1.3.6.1.5.5.7.3.2";
const ED25519: &str = "1.3.101.112";
/// ML-DSA-44, -65 and -87 (RFC 9881): keys and signatures have the same identifiers.
const ML_DSA: [&str; 3] = ["2.16.840.1.101.3.4.3.17", "2.16.840.1.101.3.4.3.18", "2.16.840.1.101.3.4.3.19"];

/// # Panics
/// When the octets are no certificate, or not that alone: x509-parser is one of the judges.
fn parse(der: &[u8]) -> X509Certificate<'_> {
    let (rest, certificate) = x509_parser::parse_x509_certificate(der).expect("x509-parser reads it");
    assert!(rest.is_empty(), "octets after the certificate");
    certificate
}

/// The purposes of extendedKeyUsage; none where it is absent.
pub fn purposes(der: &[u8]) -> Vec<String> {
    let certificate = parse(der);
    let usage = certificate.extended_key_usage().expect("well-formed").map(|usage| usage.value);
    let Some(usage) = usage else { return Vec::new() };
    let flags = [
        (usage.server_auth, "1.3.6.1.5.5.7.3.1"),
        (usage.client_auth, CLIENT_AUTH),
        (usage.code_signing, "1.3.6.1.5.5.7.3.3"),
        (usage.email_protection, "1.3.6.1.5.5.7.3.4"),
        (usage.time_stamping, "1.3.6.1.5.5.7.3.8"),
        (usage.ocsp_signing, "1.3.6.1.5.5.7.3.9"),
    ];
    let known = flags.into_iter().filter(|(set, _)| *set).map(|(_, id)| id.to_owned());
    known.chain(usage.other.iter().map(ToString::to_string)).collect()
}

/// The facts: kind, key, signature, extensions and their criticality, what keyUsage and the names hold.
pub fn facts(der: &[u8]) -> BTreeSet<String> {
    let certificate = parse(der);
    let mut facts = BTreeSet::new();
    let mut add = |fact: &str| facts.insert(fact.to_owned());
    let key = certificate.public_key();
    match (key.parsed().expect("a key"), key.algorithm.algorithm.to_string().as_str()) {
        (PublicKey::RSA(_), _) => add("key RSA"),
        (PublicKey::EC(_), _) => add("key EC"),
        (_, ED25519) => add("key Ed25519"),
        (_, id) if ML_DSA.contains(&id) => add("key ML-DSA"),
        (_, other) => panic!("a key of the type {other}"),
    };
    let signed = certificate.signature_algorithm.algorithm.to_string();
    if ML_DSA.contains(&signed.as_str()) {
        add("signed ML-DSA");
    }
    add(&format!("signed {signed}"));
    if certificate.issuer() == certificate.subject() {
        add("self-issued");
    }
    if certificate.subject().iter().next().is_none() {
        add("empty subject");
    }
    for attribute in certificate.subject().iter_attributes() {
        add(&format!("subject {}", attribute.attr_type()));
        if attribute.as_slice().len() > 64 {
            add("attribute over 64 octets");
        }
        if [Tag::T61String, Tag::BmpString].contains(&attribute.attr_value().tag()) {
            add("old string types");
        }
    }
    if certificate.subject().iter().any(|rdn| rdn.iter().count() > 1) {
        add("several attributes in an RDN");
    }
    add(if certificate.is_ca() { "ca" } else { "end entity" });
    for extension in certificate.extensions() {
        add(&format!("has {}", extension.oid));
        if extension.critical {
            add(&format!("critical {}", extension.oid));
        }
        match extension.parsed_extension() {
            ParsedExtension::BasicConstraints(constraints) if constraints.path_len_constraint.is_some() => {
                add("path length");
            }
            ParsedExtension::KeyUsage(usage) => {
                for name in usage.to_string().split(", ") {
                    add(&format!("usage {name}"));
                }
            }
            ParsedExtension::SubjectAlternativeName(names) => {
                for name in &names.general_names {
                    let text = format!("{name:?}");
                    let form = text.split(['(', ' ']).next().unwrap_or_default();
                    add(&format!("name {form}"));
                    if text.contains('*') {
                        add("wildcard");
                    }
                    if let GeneralName::URI(uri) = name {
                        add(&format!("scheme {}", uri.split(':').next().unwrap_or_default()));
                    }
                    if form == "DNSName" && !text.contains('.') {
                        add("host of one label");
                    }
                }
            }
            _ => {}
        }
    }
    for purpose in purposes(der) {
        add(&format!("purpose {purpose}"));
    }
    facts
}
