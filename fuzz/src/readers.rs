//! What other decoders read of a certificate: the same, or nothing where they know less.

use ::der::asn1::ObjectIdentifier;
use ::der::oid::AssociatedOid;
use ::der::{Decode, Encode, ErrorKind};
use issuance::x509::Field;
use issuance::{CertificatePlan, IssuedCertificate, Oid, Template};
use rustls_pki_types::CertificateDer;
use webpki::EndEntityCert;
use x509_cert::Certificate;
use x509_cert::ext::pkix::{
    AuthorityInfoAccessSyntax, AuthorityKeyIdentifier, BasicConstraints, CertificatePolicies, CrlDistributionPoints,
    ExtendedKeyUsage, FreshestCrl, InhibitAnyPolicy, IssuerAltName, KeyUsage, NameConstraints, PolicyConstraints,
    PolicyMappings, PrivateKeyUsagePeriod, SubjectAltName, SubjectDirectoryAttributes, SubjectInfoAccessSyntax,
    SubjectKeyIdentifier,
};
use x509_parser::prelude::{FromDer, ParsedExtension, X509Certificate};

use crate::der::elements;

/// `x509-cert` knows neither UniversalString nor object identifiers of more than 39 octets. Both can only come from the
/// request's own octets.
pub fn x509_cert(certificate: &IssuedCertificate, plan: &CertificatePlan, template: &Template) {
    let decoded = match Certificate::from_der(certificate.der()) {
        Ok(decoded) => decoded,
        Err(error) => match error.kind() {
            ErrorKind::TagUnknown { .. } | ErrorKind::OidMalformed | ErrorKind::OidUnknown { .. } => return,
            kind => panic!("x509-cert cannot read the certificate: {kind:?}"),
        },
    };
    assert_eq!(decoded.to_der().expect("encodable"), certificate.der());
    let tbs = decoded.tbs_certificate();
    assert_eq!(tbs.validity().not_before.to_unix_duration().as_secs() as i64, plan.not_before().unix());
    assert_eq!(tbs.validity().not_after.to_unix_duration().as_secs() as i64, plan.not_after().unix());
    let extensions = tbs.extensions().expect("extensions");
    assert_eq!(extensions.len(), plan.extensions().len());
    for (i, (decoded, planned)) in extensions.iter().zip(plan.extensions()).enumerate() {
        assert_eq!(decoded.extn_id.as_bytes(), planned.oid().as_der_content());
        assert_eq!(decoded.critical, planned.critical());
        assert_eq!(decoded.extn_value.as_bytes(), planned.value_der());
        assert!(plan.extensions().take(i).all(|earlier| earlier.oid() != planned.oid()), "{planned:?} twice");
    }
    let (critical, constraints) = tbs.get_extension::<BasicConstraints>().expect("readable").expect("present");
    let expected = template.basic_constraints();
    assert_eq!((critical, constraints.ca), (expected.critical, expected.ca));
    assert_eq!(constraints.path_len_constraint, expected.path_len);
    macro_rules! readable {
        ($($extension:ident)+) => {
            $(readable(plan, tbs.get_extension::<$extension>().map(|found| found.is_some()), $extension::OID);)+
        };
    }
    readable! {
        AuthorityInfoAccessSyntax AuthorityKeyIdentifier CertificatePolicies CrlDistributionPoints ExtendedKeyUsage
        FreshestCrl InhibitAnyPolicy IssuerAltName KeyUsage NameConstraints PolicyConstraints PolicyMappings
        PrivateKeyUsagePeriod SubjectAltName SubjectDirectoryAttributes SubjectInfoAccessSyntax SubjectKeyIdentifier
    }
}

/// An extension that is there is read, but for what this decoder does not know or holds in a few octets.
fn readable(plan: &CertificatePlan, read: Result<bool, ::der::Error>, oid: ObjectIdentifier) {
    let planned = plan.extensions().find(|extension| extension.oid().as_der_content() == oid.as_bytes());
    match read {
        Ok(found) => assert_eq!(found, planned.is_some(), "{oid}"),
        Err(error) => {
            let value = planned.expect("it was found").value_der();
            assert!(is_beyond(value), "x509-cert cannot read {oid}: {error}: {value:02x?}");
        }
    }
}

/// Whether there is an x400Address, an identifier of more than 39 octets or with an arc over 32 bits, a number of more than 4 octets, or a string of a
/// type that few know.
fn is_beyond(value: &[u8]) -> bool {
    let mut open = vec![value];
    while let Some(content) = open.pop() {
        for element in elements(content).expect("elements") {
            match element.tag {
                0xa3 => return true,
                6 | 0x88 if element.content.len() > 39 || has_wide_arc(element.content) => return true,
                2 | 0x80..=0x82 if element.content.len() > 4 => return true,
                0x12 | 0x14 | 0x1a | 0x1c | 0x1e => return true,
                tag if tag & 0x20 != 0 => open.push(element.content),
                _ => {}
            }
        }
    }
    false
}

/// Five octets may hold more than 32 bits.
fn has_wide_arc(oid: &[u8]) -> bool {
    oid.split_inclusive(|octet| octet & 0x80 == 0).any(|arc| arc.len() >= 5)
}

/// `x509-parser` reads the certificate, and each extension that it knows.
pub fn x509_parser(certificate: &IssuedCertificate, plan: &CertificatePlan) {
    let (rest, decoded) = match X509Certificate::from_der(certificate.der()) {
        Ok(decoded) => decoded,
        Err(error) => panic!("x509-parser cannot read the certificate: {error:?}"),
    };
    assert!(rest.is_empty());
    assert_eq!(decoded.tbs_certificate.as_ref(), plan.tbs_der());
    assert_eq!(decoded.subject().as_raw(), plan.field_der(Field::Subject));
    assert_eq!(decoded.issuer().as_raw(), plan.field_der(Field::Issuer));
    assert_eq!(decoded.public_key().raw, plan.field_der(Field::SubjectPublicKeyInfo));
    assert_eq!(decoded.validity().not_before.timestamp(), plan.not_before().unix());
    assert_eq!(decoded.validity().not_after.timestamp(), plan.not_after().unix());
    assert_eq!(decoded.extensions().len(), plan.extensions().len());
    for (decoded, planned) in decoded.extensions().iter().zip(plan.extensions()) {
        assert_eq!(decoded.oid.as_bytes(), planned.oid().as_der_content());
        assert_eq!((decoded.critical, decoded.value), (planned.critical(), planned.value_der()));
        if let ParsedExtension::ParseError { error } = decoded.parsed_extension() {
            panic!("x509-parser cannot read {}: {error:?}: {:02x?}", planned.oid(), planned.value_der());
        }
    }
}

/// What `rustls-webpki` reads of a certificate before it is asked to verify it.
const WEBPKI_READS: [Oid; 6] = [
    Oid::KEY_USAGE,
    Oid::SUBJECT_ALT_NAME,
    Oid::BASIC_CONSTRAINTS,
    Oid::NAME_CONSTRAINTS,
    Oid::CRL_DISTRIBUTION_POINTS,
    Oid::EXTENDED_KEY_USAGE,
];

/// `rustls-webpki` refuses critical extensions that it does not process, as RFC 5280 section 4.2 asks. Anything else it takes.
pub fn rustls_webpki(certificate: &IssuedCertificate, plan: &CertificatePlan) {
    let der = CertificateDer::from(certificate.der());
    match EndEntityCert::try_from(&der) {
        Ok(_) => {}
        Err(webpki::Error::UnsupportedCriticalExtension) => {
            assert!(plan.extensions().any(|e| e.critical() && !WEBPKI_READS.contains(&e.oid())));
        }
        Err(error) => panic!("rustls-webpki cannot read the certificate: {error:?}"),
    }
}
