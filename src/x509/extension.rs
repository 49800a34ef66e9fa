//! The extensions that the crate knows, and what the value of each must look like in a certificate (R-CSR-8).
//!
//! One reader for each type, used on the finished certificate whatever input gave the value: what verifiers could read in two
//! ways, or not at all, is never signed. Which values a template allows is not its business.

mod access;
mod constraints;
mod policies;
pub(crate) mod usage;

use std::borrow::Cow;

use crate::x509::asn1::reader::{Asn1Error, Reader, Tlv};
use crate::x509::asn1::tag;
use crate::x509::name::general::{Arcs, Bounds, check_general_names};
use crate::x509::oid::{Oid, OidRef};

/// How much a value may hold, and in which form it may be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Terms {
    pub(crate) bounds: Bounds,
    /// Whether a keyUsage may have the nine bits of R-ENC-5.
    pub(crate) nine_bit_key_usage: bool,
}

impl Terms {
    /// Any number of names, and nothing but DER.
    pub(crate) const DER: Terms = Terms { bounds: Bounds::NONE, nine_bit_key_usage: false };
}

/// Reads a whole value.
type Read = fn(&[u8], Terms) -> Result<(), Asn1Error>;

macro_rules! known {
    ($($known:ident = $citation:literal, $read:expr;)*) => {
        /// An extension whose type the crate knows.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Known { $($known,)* }

        impl Known {
            /// Where the type is defined.
            pub(crate) const fn citation(self) -> &'static str {
                match self { $(Known::$known => $citation,)* }
            }

            /// Checks that a value is one whole DER value of the type.
            ///
            /// # Errors
            /// The first fault, with its offset in the value.
            pub(crate) fn check(self, value: &[u8], terms: Terms) -> Result<(), Asn1Error> {
                let read: Read = match self { $(Known::$known => $read,)* };
                read(value, terms)
            }
        }
    };
}

known! {
    SubjectDirectoryAttributes = "RFC 5280 section 4.2.1.8", |value, _| policies::directory_attributes(value);
    SubjectKeyIdentifier = "RFC 5280 section 4.2.1.2", |value, _| Reader::single(value, tag::OCTET_STRING).map(drop);
    KeyUsage = "RFC 5280 section 4.2.1.3", |value, terms| usage::key_usage(value, terms.nine_bit_key_usage);
    PrivateKeyUsagePeriod = "RFC 3280 section 4.2.1.4", |value, _| usage::private_key_usage_period(value);
    SubjectAltName = "RFC 5280 section 4.2.1.6", alternative_names;
    IssuerAltName = "RFC 5280 section 4.2.1.7", alternative_names;
    BasicConstraints = "RFC 5280 section 4.2.1.9", |value, _| constraints::basic(value);
    NameConstraints = "RFC 5280 section 4.2.1.10", |value, _| constraints::names(value);
    CrlDistributionPoints = "RFC 5280 section 4.2.1.13", access::distribution_points;
    FreshestCrl = "RFC 5280 section 4.2.1.15", access::distribution_points;
    CertificatePolicies = "RFC 5280 section 4.2.1.4", |value, _| policies::policies(value);
    PolicyMappings = "RFC 5280 section 4.2.1.5", |value, _| policies::mappings(value);
    AuthorityKeyIdentifier = "RFC 5280 section 4.2.1.1", access::authority_key_identifier;
    PolicyConstraints = "RFC 5280 section 4.2.1.11", |value, _| constraints::policy(value);
    ExtendedKeyUsage = "RFC 5280 section 4.2.1.12", |value, _| usage::purposes(value);
    InhibitAnyPolicy = "RFC 5280 section 4.2.1.14",
        |value, _| constraints::skip_certificates(&Reader::single(value, tag::INTEGER)?);
    AuthorityInfoAccess = "RFC 5280 section 4.2.2.1", access::info_access;
    SubjectInfoAccess = "RFC 5280 section 4.2.2.2", access::info_access;
    TlsFeature = "RFC 7633 section 4.1", |value, _| usage::tls_feature(value);
    KeyIdentifiers1994 = "ITU-T X.509 (1994 draft), 2.5.29.1", |value, _| Reader::single(value, tag::SEQUENCE).map(drop);
    KeyAttributes1994 = "ITU-T X.509 (1994 draft), 2.5.29.2", |value, _| Reader::single(value, tag::SEQUENCE).map(drop);
    CertificatePolicies1994 = "ITU-T X.509 (1994 draft), 2.5.29.3", |value, _| policies::policies(value);
    KeyUsageRestriction = "ITU-T X.509 (1994 draft), 2.5.29.4", |value, _| usage::key_usage_restriction(value);
    SubjectAltName1994 = "ITU-T X.509 (1994 draft), 2.5.29.7", alternative_names;
    BasicConstraints1994 = "ITU-T X.509 (1994 draft), 2.5.29.10", |value, _| Reader::single(value, tag::SEQUENCE).map(drop);
    NetscapeCertificateType = "Netscape Certificate Extensions", |value, _| usage::netscape_type(value).map(drop);
    MicrosoftApplicationPolicies = "MS-WCCE section 2.2.2.7.7.3", |value, _| policies::policies(value);
}

impl Known {
    /// What an identifier names. One with an arc over 32 bits counts as what software reads that holds arcs in 32 bits (R-MRG-9).
    pub(crate) fn of(oid: OidRef<'_>) -> Option<Known> {
        Some(match *oid.as_der_content() {
            [0x55, 0x1d, last] => return Known::of_id_ce(last),
            [0x2b, 6, 1, 5, 5, 7, 1, 1] => Known::AuthorityInfoAccess,
            [0x2b, 6, 1, 5, 5, 7, 1, 11] => Known::SubjectInfoAccess,
            [0x2b, 6, 1, 5, 5, 7, 1, 24] => Known::TlsFeature,
            [0x2b, 6, 1, 4, 1, 0x82, 0x37, 21, 10] => Known::MicrosoftApplicationPolicies,
            [0x60, 0x86, 0x48, 1, 0x86, 0xf8, 0x42, 1, 1] => Known::NetscapeCertificateType,
            _ => return Known::of(oid.wrapped()?.by_ref()),
        })
    }

    /// By the last arc under id-ce, 2.5.29.
    fn of_id_ce(last: u8) -> Option<Known> {
        Some(match last {
            1 => Known::KeyIdentifiers1994,
            2 => Known::KeyAttributes1994,
            3 => Known::CertificatePolicies1994,
            4 => Known::KeyUsageRestriction,
            7 => Known::SubjectAltName1994,
            9 => Known::SubjectDirectoryAttributes,
            10 => Known::BasicConstraints1994,
            14 => Known::SubjectKeyIdentifier,
            15 => Known::KeyUsage,
            16 => Known::PrivateKeyUsagePeriod,
            17 => Known::SubjectAltName,
            18 => Known::IssuerAltName,
            19 => Known::BasicConstraints,
            30 => Known::NameConstraints,
            31 => Known::CrlDistributionPoints,
            32 => Known::CertificatePolicies,
            33 => Known::PolicyMappings,
            35 => Known::AuthorityKeyIdentifier,
            36 => Known::PolicyConstraints,
            37 => Known::ExtendedKeyUsage,
            46 => Known::FreshestCrl,
            54 => Known::InhibitAnyPolicy,
            _ => return None,
        })
    }

    /// Whether the value holds names of the subject.
    pub(crate) fn holds_subject_names(self) -> bool {
        matches!(self, Known::SubjectAltName | Known::SubjectAltName1994)
    }
}

fn alternative_names(value: &[u8], terms: Terms) -> Result<(), Asn1Error> {
    check_general_names(value, terms.bounds, Arcs::AnyWidth)
}

/// Reads each member of a SEQUENCE OF that must have one.
fn members<'a>(list: &Tlv<'a>, mut read: impl FnMut(&Tlv<'a>) -> Result<(), Asn1Error>) -> Result<(), Asn1Error> {
    let mut reader = list.reader();
    if reader.is_empty() {
        return Err(list.content_error("list without a member"));
    }
    while !reader.is_empty() {
        read(&reader.any()?)?;
    }
    Ok(())
}

/// The name of an extension for messages; what has none goes by its digits.
pub(crate) fn label(oid: &Oid) -> Cow<'static, str> {
    oid.name().map_or_else(|| oid.to_string().into(), Into::into)
}

#[cfg(test)]
mod tests;
