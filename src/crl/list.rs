//! A list that is read.

use super::entry::CrlEntry;
use super::error::{CrlDifference, CrlReadError};
use super::number::CrlNumber;
use super::reading::{ListExtensions, entry, in_element, list_extensions, time};
use crate::crypto::verifier::{SignatureVerifier, VerifyError, verify};
use crate::x509::algorithm::identifier::SignatureAlgorithm;
use crate::x509::asn1::reader::{Reader, Tlv};
use crate::x509::asn1::tag;
use crate::x509::name::distinguished::DistinguishedName;
use crate::x509::serial::SerialNumber;
use crate::x509::timestamp::Timestamp;

/// A certificate revocation list over its own bytes, checked from end to end in one pass. Nothing is copied, so a list of millions
/// of entries costs no memory beside its bytes.
///
/// ```
/// # #[cfg(feature = "rustcrypto")] {
/// use issuance::crl::{Crl, CrlPreparation, CrlReadError};
/// # use issuance::{CertificateAuthority, KeyAlgorithm, RustCryptoSigner, RustCryptoVerifier, Subject, Timestamp, Validity};
/// # let key = RustCryptoSigner::generate(KeyAlgorithm::EcPrime256v1)?;
/// # let name = Subject::builder().common_name("Example Root").build()?;
/// # let root = CertificateAuthority::self_signed_root(&name, &key, Validity::years(10))?;
/// # let now = Timestamp::from(std::time::SystemTime::now());
/// # let signed = CrlPreparation::new(&root, now).prepare([], &RustCryptoVerifier)?.sign(&key, &RustCryptoVerifier)?;
/// let list = Crl::from_der(signed.der())?;
/// list.verify(root.public_key_der(), &RustCryptoVerifier)?;
/// assert_eq!((list.this_update(), list.entries().count()), (now, 0));
/// assert!(matches!(Crl::from_der(b"not a list"), Err(CrlReadError::Malformed { .. })));
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Crl<'a> {
    tbs: &'a [u8],
    algorithm: &'a [u8],
    signature: &'a [u8],
    parts: TbsParts<'a>,
}

/// What a TBSCertList says.
#[derive(Debug, Clone)]
pub(super) struct TbsParts<'a> {
    pub(super) algorithm: &'a [u8],
    pub(super) issuer: &'a [u8],
    pub(super) this_update: Timestamp,
    pub(super) next_update: Option<Timestamp>,
    entries: Option<Tlv<'a>>,
    pub(super) ascending: bool,
    pub(super) extensions: ListExtensions<'a>,
}

impl<'a> TbsParts<'a> {
    /// Reads every byte, in one pass.
    pub(super) fn read(tbs: &Tlv<'a>) -> Result<TbsParts<'a>, CrlReadError> {
        let malformed = in_element("tbsCertList");
        let mut fields = tbs.reader();
        let version = fields.optional(tag::INTEGER).map_err(&malformed)?;
        if version.is_some_and(|version| version.content != [1]) {
            return Err(CrlReadError::Unsupported("is not of version 2"));
        }
        let algorithm = fields.read(tag::SEQUENCE).map_err(&malformed)?.full;
        let issuer = fields.read(tag::SEQUENCE).map_err(in_element("issuer"))?;
        DistinguishedName::from_der(issuer.full).map_err(|error| in_element("issuer")(error.within(issuer.offset)))?;
        let this_update = time(&mut fields).map_err(in_element("thisUpdate"))?;
        let next_update = match fields.peek() {
            Some(tag::UTC_TIME | tag::GENERALIZED_TIME) => Some(time(&mut fields).map_err(in_element("nextUpdate"))?),
            _ => None,
        };
        let entries = fields.optional(tag::SEQUENCE).map_err(in_element("revokedCertificates"))?;
        let extensions = match fields.optional(tag::context_constructed(0)).map_err(in_element("crlExtensions"))? {
            Some(_) if version.is_none() => {
                return Err(CrlReadError::Unsupported("has extensions and is of version 1"));
            }
            Some(explicit) => {
                let list = super::reading::inner(&explicit, tag::SEQUENCE).map_err(in_element("crlExtensions"))?;
                list_extensions(&list)?
            }
            None => ListExtensions::default(),
        };
        fields.finish().map_err(malformed)?;
        let (mut ascending, mut last) = (true, None);
        let mut reader = reader_of(&entries);
        while !reader.is_empty() {
            let serial = Some(entry(&mut reader)?.serial());
            ascending &= last < serial;
            last = serial;
        }
        Ok(TbsParts { algorithm, issuer: issuer.full, this_update, next_update, entries, ascending, extensions })
    }

    pub(super) fn entries(&self) -> CrlEntries<'a> {
        CrlEntries { reader: reader_of(&self.entries) }
    }
}

fn reader_of<'a>(entries: &Option<Tlv<'a>>) -> Reader<'a> {
    entries.as_ref().map_or_else(|| Reader::new(&[]), Tlv::reader)
}

impl<'a> Crl<'a> {
    /// Reads a list: all of it, once.
    ///
    /// # Errors
    /// [`CrlReadError`] for what is not the DER of a CertificateList, for delta and indirect lists, and for critical extensions
    /// that this crate does not know.
    pub fn from_der(der: &'a [u8]) -> Result<Crl<'a>, CrlReadError> {
        let malformed = in_element("CertificateList");
        let mut parts = Reader::single(der, tag::SEQUENCE).map_err(&malformed)?.reader();
        let tbs = parts.read(tag::SEQUENCE).map_err(&malformed)?;
        let algorithm = parts.read(tag::SEQUENCE).map_err(&malformed)?;
        let bits = parts.read(tag::BIT_STRING).map_err(&malformed)?;
        let signature = bits.octet_aligned_bits().map_err(&malformed)?;
        parts.finish().map_err(&malformed)?;
        let parts = TbsParts::read(&tbs)?;
        if parts.algorithm != algorithm.full {
            return Err(malformed(
                algorithm.content_error("signature algorithm that differs from that of tbsCertList"),
            ));
        }
        Ok(Crl { tbs: tbs.full, algorithm: algorithm.full, signature, parts })
    }

    /// Verifies the signature under a public key, a SubjectPublicKeyInfo in DER.
    ///
    /// # Errors
    /// [`VerifyError`]; an algorithm that this crate does not know is [`VerifyError::KeyMismatch`].
    pub fn verify(&self, public_key_der: &[u8], verifier: &dyn SignatureVerifier) -> Result<(), VerifyError> {
        let algorithm = SignatureAlgorithm::from_der(self.algorithm).ok_or(VerifyError::KeyMismatch)?;
        verify(verifier, algorithm, public_key_der, self.tbs, self.signature)
    }

    /// The issuer, a `Name` in DER.
    pub fn issuer_der(&self) -> &'a [u8] {
        self.parts.issuer
    }

    /// The issuer as a typed view.
    pub fn issuer(&self) -> DistinguishedName<'a> {
        DistinguishedName::of_checked(self.parts.issuer)
    }

    /// The number of the list, if it has one.
    pub fn number(&self) -> Option<CrlNumber> {
        self.parts.extensions.number
    }

    /// When the list was made.
    pub fn this_update(&self) -> Timestamp {
        self.parts.this_update
    }

    /// When the next list is there at the latest.
    pub fn next_update(&self) -> Option<Timestamp> {
        self.parts.next_update
    }

    /// The content of the issuingDistributionPoint in DER; `None` for a list of everything.
    pub fn issuing_distribution_point_der(&self) -> Option<&'a [u8]> {
        self.parts.extensions.issuing_distribution_point
    }

    /// The entries in the order of the list.
    pub fn entries(&self) -> CrlEntries<'a> {
        self.parts.entries()
    }

    /// Whether the entries come in ascending order of their serial numbers, as this crate writes them.
    pub fn is_ascending(&self) -> bool {
        self.parts.ascending
    }

    /// The entry of a serial number. The list is walked, which takes about 20 ns for each entry before it.
    pub fn find(&self, serial: SerialNumber) -> Option<CrlEntry> {
        let ascending = self.parts.ascending;
        let mut from = self
            .entries()
            .skip_while(|entry| if ascending { entry.serial() < serial } else { entry.serial() != serial });
        from.next().filter(|entry| entry.serial() == serial)
    }

    /// How long the signed part is.
    pub(super) fn tbs_bytes(&self) -> usize {
        self.tbs.len()
    }

    /// The entries in ascending order: in memory where the list itself has another order.
    pub(super) fn ascending_entries(&self) -> Box<dyn Iterator<Item = CrlEntry> + Send + 'a> {
        if self.parts.ascending {
            return Box::new(self.entries());
        }
        let mut sorted: Vec<CrlEntry> = self.entries().collect();
        sorted.sort_by_key(|entry| (entry.serial, entry.revoked_at));
        sorted.dedup_by_key(|entry| entry.serial);
        Box::new(sorted.into_iter())
    }

    /// Whether this list says the same of issuer and scope.
    pub(super) fn check_follows(&self, issuer: &[u8], point: Option<&[u8]>) -> Result<(), CrlDifference> {
        super::judge::same("issuer", self.parts.issuer, issuer, super::judge::name_text)?;
        let point_text = |point: Option<&[u8]>| point.map_or_else(|| "absent".to_owned(), super::judge::hex_text);
        super::judge::same("issuingDistributionPoint", self.issuing_distribution_point_der(), point, point_text)
    }
}

/// The entries of a list, in its order. For an example see [`Crl`].
#[derive(Debug, Clone)]
pub struct CrlEntries<'a> {
    reader: Reader<'a>,
}

impl Iterator for CrlEntries<'_> {
    type Item = CrlEntry;

    fn next(&mut self) -> Option<CrlEntry> {
        // Every entry was read when the list was.
        if self.reader.is_empty() { None } else { entry(&mut self.reader).ok() }
    }
}
