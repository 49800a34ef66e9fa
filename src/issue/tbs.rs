//! Writes TBSCertificate (RFC 5280 section 4.1) in one pass into one buffer.

use crate::issue::merge::{Merged, MergedExtension};
use crate::issue::validity::ValidityPeriod;
use crate::x509::asn1::tag;
use crate::x509::asn1::writer::Writer;
use crate::x509::serial::SerialNumber;

/// What a TBSCertificate is made of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TbsInput<'a> {
    pub(crate) serial: SerialNumber,
    /// The AlgorithmIdentifier in DER.
    pub(crate) algorithm_identifier: &'a [u8],
    /// The issuer's name in DER; `None` where the certificate is its own issuer.
    pub(crate) issuer: Option<&'a [u8]>,
    pub(crate) validity: ValidityPeriod,
    /// The SubjectPublicKeyInfo in DER.
    pub(crate) public_key: &'a [u8],
    pub(crate) subject_key_identifier: &'a [u8],
    pub(crate) merged: &'a Merged<'a>,
}

/// The certificate's fields in their order, the extensions in the order of the merge.
pub(crate) fn write(input: &TbsInput<'_>) -> Vec<u8> {
    let TbsInput { serial, algorithm_identifier, issuer, validity, public_key, subject_key_identifier, merged } =
        *input;
    // What does not fit grows the buffer.
    let extensions: usize = merged.extensions.iter().map(MergedExtension::estimated_len).sum();
    let names = issuer.map_or(merged.subject.estimated_len(), <[u8]>::len) + merged.subject.estimated_len();
    let mut w = Writer::with_capacity(160 + names + public_key.len() + extensions);
    w.sequence(|w| {
        w.nested(tag::context_constructed(0), |w| w.primitive(tag::INTEGER, &[2]));
        w.positive_integer(serial.as_be_bytes());
        w.raw(algorithm_identifier);
        match issuer {
            Some(name) => w.raw(name),
            None => merged.subject.write(w),
        }
        w.sequence(|w| {
            w.time(validity.not_before);
            w.time(validity.not_after);
        });
        merged.subject.write(w);
        w.raw(public_key);
        w.nested(tag::context_constructed(3), |w| {
            w.sequence(|w| {
                for extension in merged.extensions.iter() {
                    w.extension(extension.oid, extension.critical, |w| {
                        extension.value.write(w, subject_key_identifier)
                    });
                }
            });
        });
    });
    w.into_vec()
}
