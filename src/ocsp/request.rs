//! Reads requests: a bounded number of elements, none of them nested deeper than RFC 6960 has it (R-REV-5).

use sha1::Digest;

use super::error::OcspRequestError;
use crate::authority::ca::CertificateAuthority;
use crate::x509::asn1::reader::{Asn1Error, Reader, Tlv};
use crate::x509::asn1::tag;
use crate::x509::asn1::writer::Writer;
use crate::x509::public_key::{positive_integer, subject_public_key};
use crate::x509::serial::SerialNumber;

/// id-pkix-ocsp-nonce.
pub(super) const NONCE: [u8; 9] = [0x2b, 6, 1, 5, 5, 7, 0x30, 1, 2];

const SHA1: [u8; 5] = [0x2b, 0x0e, 0x03, 0x02, 0x1a];
const SHA256: [u8; 9] = [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01];

/// The most extensions of a request, or of one of its parts (our decision).
const MAX_EXTENSIONS: usize = 16;

/// The hash by which a request names the issuer. [`OcspResponder::prepare_ahead`](crate::ocsp::OcspResponder::prepare_ahead) takes it; the
/// [module](crate::ocsp) has an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum OcspHash {
    /// SHA-1, which nearly all requests have: nothing rests on its strength.
    Sha1,
    /// SHA-256.
    Sha256,
}

impl OcspHash {
    fn of(self, octets: &[u8]) -> Vec<u8> {
        match self {
            OcspHash::Sha1 => sha1::Sha1::digest(octets).to_vec(),
            OcspHash::Sha256 => sha2::Sha256::digest(octets).to_vec(),
        }
    }

    /// CertID of a certificate of this authority (RFC 6960 section 4.1.1).
    pub(super) fn cert_id(self, authority: &CertificateAuthority, serial: SerialNumber) -> Vec<u8> {
        let key = subject_public_key(authority.public_key_der()).unwrap_or_default();
        let mut w = Writer::with_capacity(128);
        w.sequence(|w| {
            w.sequence(|w| {
                w.primitive(tag::OID, if self == OcspHash::Sha1 { &SHA1 } else { &SHA256 });
                w.primitive(tag::NULL, &[]);
            });
            w.primitive(tag::OCTET_STRING, &self.of(authority.subject_der()));
            w.primitive(tag::OCTET_STRING, &self.of(key));
            w.positive_integer(serial.as_be_bytes());
        });
        w.into_vec()
    }
}

/// A certificate that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct CertId<'a> {
    /// As it came, for the answer.
    pub(super) full: &'a [u8],
    hash: Option<OcspHash>,
    name: &'a [u8],
    key: &'a [u8],
    serial: Option<SerialNumber>,
}

impl CertId<'_> {
    /// The serial number, if the authority is the issuer and can have issued it.
    pub(super) fn serial_of(&self, authority: &CertificateAuthority) -> Option<SerialNumber> {
        let hash = self.hash?;
        let key = subject_public_key(authority.public_key_der()).ok()?;
        (self.name == hash.of(authority.subject_der()) && self.key == hash.of(key)).then_some(self.serial)?
    }
}

/// A request over its own bytes. Its signature, if it has one, is not looked at: who asks makes no difference.
///
/// ```
/// use issuance::ocsp::{OcspRequest, OcspRequestError};
/// assert!(matches!(OcspRequest::from_der(&[0x30, 0x00]), Err(OcspRequestError::Malformed(_))));
/// assert!(matches!(OcspRequest::from_der(&[0; 70_000]), Err(OcspRequestError::TooLong(70_000))));
/// ```
#[derive(Debug, Clone)]
pub struct OcspRequest<'a> {
    pub(super) certificates: Vec<CertId<'a>>,
    pub(super) nonce: Option<&'a [u8]>,
}

impl<'a> OcspRequest<'a> {
    /// The longest request that is read, in bytes (our decision).
    pub const MAX_BYTES: usize = 64 << 10;
    /// The most certificates that a request may ask for (our decision).
    pub const MAX_CERTIFICATES: usize = 100;

    /// Reads a request.
    ///
    /// # Errors
    /// [`OcspRequestError`], for which
    /// [`OcspErrorStatus::MalformedRequest`](crate::ocsp::OcspErrorStatus::MalformedRequest) is the answer.
    pub fn from_der(der: &'a [u8]) -> Result<OcspRequest<'a>, OcspRequestError> {
        if der.len() > OcspRequest::MAX_BYTES {
            return Err(OcspRequestError::TooLong(der.len()));
        }
        let mut outer = Reader::single(der, tag::SEQUENCE)?.reader();
        let mut tbs = outer.read(tag::SEQUENCE)?.reader();
        outer.optional(tag::context_constructed(0))?;
        outer.finish()?;
        if let Some(version) = tbs.optional(tag::context_constructed(0))? {
            // The default, which senders may spell out in BER.
            if version.content != [2, 1, 0] {
                return Err(version.content_error("version of OCSP other than 1").into());
            }
        }
        tbs.optional(tag::context_constructed(1))?;
        let mut list = tbs.read(tag::SEQUENCE)?.reader();
        let mut certificates = Vec::new();
        while !list.is_empty() {
            if certificates.len() == OcspRequest::MAX_CERTIFICATES {
                return Err(OcspRequestError::Certificates);
            }
            let mut request = list.read(tag::SEQUENCE)?.reader();
            certificates.push(cert_id(&request.read(tag::SEQUENCE)?)?);
            if let Some(explicit) = request.optional(tag::context_constructed(0))? {
                extensions(&explicit)?;
            }
            request.finish()?;
        }
        if certificates.is_empty() {
            return Err(OcspRequestError::Certificates);
        }
        let nonce = match tbs.optional(tag::context_constructed(2))? {
            Some(explicit) => extensions(&explicit)?,
            None => None,
        };
        tbs.finish()?;
        Ok(OcspRequest { certificates, nonce })
    }

    /// Whether it asks for a certificate of this authority, for a service that has several.
    ///
    /// ```
    /// # use issuance::CertificateAuthority;
    /// # use issuance::ocsp::OcspRequest;
    /// fn whose<'a>(request: &OcspRequest<'_>, all: &'a [CertificateAuthority]) -> Option<&'a CertificateAuthority> {
    ///     all.iter().find(|authority| request.asks_for(authority))
    /// }
    /// ```
    pub fn asks_for(&self, authority: &CertificateAuthority) -> bool {
        self.certificates.iter().any(|id| id.serial_of(authority).is_some())
    }

    /// How many certificates it asks for.
    pub fn certificates(&self) -> usize {
        self.certificates.len()
    }

    /// The nonce, 1 to 128 bytes.
    pub fn nonce(&self) -> Option<&'a [u8]> {
        self.nonce
    }
}

fn cert_id<'a>(id: &Tlv<'a>) -> Result<CertId<'a>, Asn1Error> {
    let mut parts = id.reader();
    let mut algorithm = parts.read(tag::SEQUENCE)?.reader();
    let oid = algorithm.read(tag::OID)?;
    let null = algorithm.optional(tag::NULL)?;
    let bare = null.is_none_or(|null| null.content.is_empty()) && algorithm.is_empty();
    let hash = match oid.content {
        oid if oid == SHA1 && bare => Some(OcspHash::Sha1),
        oid if oid == SHA256 && bare => Some(OcspHash::Sha256),
        _ => None,
    };
    let name = parts.read(tag::OCTET_STRING)?.content;
    let key = parts.read(tag::OCTET_STRING)?.content;
    let number = parts.read(tag::INTEGER)?;
    parts.finish()?;
    let serial = positive_integer(&number).ok().and_then(|octets| SerialNumber::from_be_bytes(octets).ok());
    Ok(CertId { full: id.full, hash, name, key, serial })
}

/// The nonce among extensions, none of which may be critical and unknown.
fn extensions<'a>(explicit: &Tlv<'a>) -> Result<Option<&'a [u8]>, OcspRequestError> {
    let mut outer = explicit.reader();
    let mut list = outer.read(tag::SEQUENCE)?.reader();
    outer.finish()?;
    let mut nonce = None;
    let mut met = 0;
    while !list.is_empty() {
        let extension = list.read(tag::SEQUENCE)?;
        met += 1;
        if met > MAX_EXTENSIONS {
            return Err(extension.content_error("more than 16 extensions").into());
        }
        let mut parts = extension.reader();
        let oid = parts.read(tag::OID)?;
        let critical = parts.optional(tag::BOOLEAN)?.is_some_and(|critical| critical.content != [0]);
        let value = parts.read(tag::OCTET_STRING)?;
        parts.finish()?;
        if oid.content == NONCE {
            let mut inner = value.reader();
            let octets = inner.read(tag::OCTET_STRING)?.content;
            inner.finish()?;
            if !(1..=128).contains(&octets.len()) {
                return Err(OcspRequestError::Nonce(octets.len()));
            }
            if nonce.replace(octets).is_some() {
                return Err(oid.content_error("nonce that stands twice").into());
            }
        } else if critical {
            return Err(oid.content_error("critical extension that is not known").into());
        }
    }
    Ok(nonce)
}
