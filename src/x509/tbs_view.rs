//! Reads a finished TBSCertificate back: what the checks judge and the plan shows are the bytes to be signed, not the
//! values that they were made from.

use crate::x509::asn1::reader::{Asn1Error, Reader, Tlv};
use crate::x509::asn1::span::Span;
use crate::x509::asn1::tag;
use crate::x509::extension::Known;
use crate::x509::oid::{Oid, OidRef};

/// A field of TBSCertificate (RFC 5280 section 4.1.2). [`IssuedCertificate`](crate::IssuedCertificate) has an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Field {
    /// serialNumber.
    SerialNumber,
    /// signature: the algorithm that the CA signs with.
    Signature,
    /// issuer.
    Issuer,
    /// validity, notBefore.
    NotBefore,
    /// validity, notAfter.
    NotAfter,
    /// subject.
    Subject,
    /// subjectPublicKeyInfo.
    SubjectPublicKeyInfo,
}

impl Field {
    /// The name in RFC 5280.
    pub const fn as_str(self) -> &'static str {
        match self {
            Field::SerialNumber => "serialNumber",
            Field::Signature => "signature",
            Field::Issuer => "issuer",
            Field::NotBefore => "notBefore",
            Field::NotAfter => "notAfter",
            Field::Subject => "subject",
            Field::SubjectPublicKeyInfo => "subjectPublicKeyInfo",
        }
    }
}

/// A TBSCertificate, taken apart.
#[derive(Debug)]
pub(crate) struct TbsView<'a> {
    /// What the spans count from.
    outer: &'a [u8],
    pub(crate) version: &'a [u8],
    pub(crate) serial: Tlv<'a>,
    pub(crate) signature: Tlv<'a>,
    pub(crate) issuer: Tlv<'a>,
    pub(crate) not_before: Tlv<'a>,
    pub(crate) not_after: Tlv<'a>,
    pub(crate) subject: Tlv<'a>,
    pub(crate) public_key: Tlv<'a>,
    extensions: Vec<(ExtensionSpans, Option<Known>)>,
}

/// Where the parts of an extension lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ExtensionSpans {
    pub(crate) oid: Span,
    pub(crate) critical: bool,
    pub(crate) value: Span,
}

/// One extension.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ViewedExtension<'a> {
    pub(crate) oid: OidRef<'a>,
    /// What the identifier names.
    pub(crate) known: Option<Known>,
    pub(crate) critical: bool,
    pub(crate) value: &'a [u8],
}

impl<'a> TbsView<'a> {
    pub(crate) fn parse(tbs: &'a [u8]) -> Result<Self, Asn1Error> {
        TbsView::parse_in(tbs, &Reader::single(tbs, tag::SEQUENCE)?)
    }

    /// A TBSCertificate that is an element of `outer`, a certificate.
    pub(crate) fn parse_in(outer: &'a [u8], tbs: &Tlv<'a>) -> Result<Self, Asn1Error> {
        let mut fields = tbs.reader();
        let version = fields.read(tag::context_constructed(0))?.content;
        let serial = fields.read(tag::INTEGER)?;
        let signature = fields.read(tag::SEQUENCE)?;
        let issuer = fields.read(tag::SEQUENCE)?;
        let mut validity = fields.read(tag::SEQUENCE)?.reader();
        let (not_before, not_after) = (validity.any()?, validity.any()?);
        validity.finish()?;
        let subject = fields.read(tag::SEQUENCE)?;
        let public_key = fields.read(tag::SEQUENCE)?;
        let list = fields.read(tag::context_constructed(3))?;
        fields.finish()?;
        let mut extensions = Vec::with_capacity(12);
        let mut list = list.reader();
        let mut reader = list.read(tag::SEQUENCE)?.reader();
        list.finish()?;
        while !reader.is_empty() {
            let mut parts = reader.read(tag::SEQUENCE)?.reader();
            let oid = parts.read(tag::OID)?;
            let critical = match parts.optional(tag::BOOLEAN)? {
                None => false,
                Some(boolean) if boolean.content == [0xff] => true,
                // FALSE is the default, which DER leaves out (X.690 section 11.5).
                Some(boolean) => return Err(boolean.content_error("critical that is not DER")),
            };
            let value = parts.read(tag::OCTET_STRING)?;
            parts.finish()?;
            let known = Known::of(oid.oid_ref()?);
            let spans = ExtensionSpans { oid: oid.content_span(), critical, value: value.content_span() };
            extensions.push((spans, known));
        }
        Ok(TbsView {
            outer,
            version,
            serial,
            signature,
            issuer,
            not_before,
            not_after,
            subject,
            public_key,
            extensions,
        })
    }

    /// The fields, in the order of the certificate.
    pub(crate) fn fields(&self) -> [(Field, &Tlv<'a>); 7] {
        [
            (Field::SerialNumber, &self.serial),
            (Field::Signature, &self.signature),
            (Field::Issuer, &self.issuer),
            (Field::NotBefore, &self.not_before),
            (Field::NotAfter, &self.not_after),
            (Field::Subject, &self.subject),
            (Field::SubjectPublicKeyInfo, &self.public_key),
        ]
    }

    pub(crate) fn extensions(&self) -> impl ExactSizeIterator<Item = ViewedExtension<'a>> {
        self.extensions.iter().map(|(extension, known)| self.viewed(extension, *known))
    }

    fn viewed(&self, extension: &ExtensionSpans, known: Option<Known>) -> ViewedExtension<'a> {
        ViewedExtension {
            oid: OidRef::of_checked(extension.oid.of(self.outer)),
            known,
            critical: extension.critical,
            value: extension.value.of(self.outer),
        }
    }

    pub(crate) fn extension(&self, oid: &Oid) -> Option<ViewedExtension<'a>> {
        let mut all = self.extensions.iter();
        let (extension, known) = all.find(|(extension, _)| extension.oid.of(self.outer) == oid.as_der_content())?;
        Some(self.viewed(extension, *known))
    }

    /// Where the contents of the extensions lie that verifiers read alternative names in: subjectAltName, and that of 1994.
    pub(crate) fn alternative_names(&self) -> impl Iterator<Item = Span> {
        let holds_names = |known: &Option<Known>| known.is_some_and(Known::holds_subject_names);
        self.extensions.iter().filter(move |(_, known)| holds_names(known)).map(|(extension, _)| extension.value)
    }

    /// Where the extensions lie.
    pub(crate) fn into_extensions(self) -> impl Iterator<Item = ExtensionSpans> {
        self.extensions.into_iter().map(|(extension, _)| extension)
    }
}
