//! The plan of a certificate: each field and extension with where it came from, and each input that did not reach it.

use std::borrow::Cow;
use std::fmt;

use crate::plan::warning::Warning;
use crate::template::definition::{Source, TemplateKind};
use crate::x509::asn1::reader::{Asn1Error, Reader};
use crate::x509::asn1::span::Span;
use crate::x509::describe::describe_extension;
use crate::x509::extension::{Known, Terms};
use crate::x509::name::general::Arcs;
use crate::x509::name::{NameText, check_name};
use crate::x509::oid::{Oid, OidRef};
use crate::x509::tbs_view::{ExtensionSpans, Field};
use crate::x509::timestamp::Timestamp;

/// What will be signed, and why it is as it is (R-MRG-7, our decision).
///
/// The plan holds the bytes of the TBSCertificate; its texts are made from them when asked for. `Display` prints a table.
///
/// [`Prepared::plan`](crate::issue::prepared::Prepared::plan) has it before the signature, [`IssuedCertificate::plan`](crate::issued::IssuedCertificate::plan)
/// after it. For an example see [`IssuedCertificate`](crate::issued::IssuedCertificate).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificatePlan {
    pub(crate) tbs: Vec<u8>,
    pub(crate) template: Cow<'static, str>,
    pub(crate) kind: TemplateKind,
    pub(crate) not_before: Timestamp,
    pub(crate) not_after: Timestamp,
    pub(crate) fields: [PlannedField; 7],
    pub(crate) extensions: Vec<(ExtensionSpans, Source)>,
    pub(crate) suppressed: Vec<SuppressedInput>,
    pub(crate) warnings: Vec<Warning>,
}

/// A field with its origin. [`IssuedCertificate`](crate::IssuedCertificate) has an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlannedField {
    pub(crate) field: Field,
    pub(crate) source: Source,
    pub(crate) span: Span,
}

impl PlannedField {
    /// The field.
    pub fn field(&self) -> Field {
        self.field
    }

    /// Where its value came from.
    pub fn source(&self) -> Source {
        self.source
    }
}

/// An extension with its origin. [`IssuedCertificate`](crate::IssuedCertificate) has an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlannedExtension<'p> {
    pub(super) oid: OidRef<'p>,
    pub(super) critical: bool,
    pub(super) source: Source,
    pub(super) value: &'p [u8],
}

impl<'p> PlannedExtension<'p> {
    /// `extnID`.
    pub fn oid(&self) -> Oid {
        self.oid.to_oid()
    }

    /// `critical`.
    pub fn critical(&self) -> bool {
        self.critical
    }

    /// Where its value came from.
    pub fn source(&self) -> Source {
        self.source
    }

    /// The content of `extnValue`.
    pub fn value_der(&self) -> &'p [u8] {
        self.value
    }

    /// The value as text.
    pub fn value_text(&self) -> String {
        describe_extension(&self.oid(), self.value)
    }
}

/// An input of the request or of its CSR, as the plan names it. [`IssuedCertificate`](crate::IssuedCertificate) has an example.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Input {
    /// `apiPassthrough.subject`.
    ApiSubject,
    /// `apiPassthrough.extensions.certificatePolicies`.
    ApiCertificatePolicies,
    /// `apiPassthrough.extensions.extendedKeyUsage`.
    ApiExtendedKeyUsage,
    /// `apiPassthrough.extensions.keyUsage`.
    ApiKeyUsage,
    /// `apiPassthrough.extensions.subjectAlternativeNames`.
    ApiSubjectAlternativeNames,
    /// A member of `apiPassthrough.extensions.customExtensions`.
    ApiCustomExtension {
        /// Its position, counted from 1.
        position: usize,
        /// Its `objectIdentifier`.
        oid: Oid,
    },
    /// The subject of the CSR.
    CsrSubject,
    /// An extension that the CSR requests.
    CsrExtension(Oid),
    /// Another attribute of the CSR.
    CsrAttribute(Oid),
    /// The attributes of the CSR, which cannot be told apart.
    CsrAttributes,
    /// A member of the request that no rule uses, by its path (R-REQ-10).
    RequestMember(Box<str>),
    /// So many more members of the request that no rule uses.
    FurtherMembers(usize),
}

impl Input {
    /// `ApiPassthrough`, the CSR, or another member of the request.
    pub fn source(&self) -> Source {
        match self {
            Input::CsrSubject | Input::CsrExtension(_) | Input::CsrAttribute(_) | Input::CsrAttributes => Source::Csr,
            Input::RequestMember(path) if !path.starts_with("apiPassthrough") => Source::Request,
            Input::FurtherMembers(_) => Source::Request,
            _ => Source::Api,
        }
    }

    /// The extension or attribute that the input is about; `None` for a subject or a member that is not used.
    pub fn oid(&self) -> Option<Oid> {
        match self {
            Input::ApiSubject
            | Input::CsrSubject
            | Input::CsrAttributes
            | Input::RequestMember(_)
            | Input::FurtherMembers(_) => None,
            Input::ApiCertificatePolicies => Some(Oid::CERTIFICATE_POLICIES),
            Input::ApiExtendedKeyUsage => Some(Oid::EXTENDED_KEY_USAGE),
            Input::ApiKeyUsage => Some(Oid::KEY_USAGE),
            Input::ApiSubjectAlternativeNames => Some(Oid::SUBJECT_ALT_NAME),
            Input::ApiCustomExtension { oid, .. } | Input::CsrExtension(oid) | Input::CsrAttribute(oid) => Some(*oid),
        }
    }
}

impl fmt::Display for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Input::ApiSubject => f.write_str("apiPassthrough.subject"),
            Input::ApiCertificatePolicies => f.write_str("apiPassthrough.extensions.certificatePolicies"),
            Input::ApiExtendedKeyUsage => f.write_str("apiPassthrough.extensions.extendedKeyUsage"),
            Input::ApiKeyUsage => f.write_str("apiPassthrough.extensions.keyUsage"),
            Input::ApiSubjectAlternativeNames => f.write_str("apiPassthrough.extensions.subjectAlternativeNames"),
            Input::ApiCustomExtension { position, oid } => {
                write!(f, "apiPassthrough.extensions.customExtensions.{position}.member ({})", OidName(oid))
            }
            Input::CsrSubject => f.write_str("csr.subject"),
            Input::CsrExtension(oid) => write!(f, "csr.extensionRequest ({})", OidName(oid)),
            Input::CsrAttribute(oid) => write!(f, "csr.attributes ({})", OidName(oid)),
            Input::CsrAttributes => f.write_str("csr.attributes"),
            Input::RequestMember(path) => f.write_str(path),
            Input::FurtherMembers(1) => f.write_str("1 more member"),
            Input::FurtherMembers(count) => write!(f, "{count} more members"),
        }
    }
}

/// An identifier by its name, where it has one, and its digits.
pub(super) struct OidName<'a>(pub(super) &'a Oid);

impl fmt::Display for OidName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.name() {
            Some(name) => write!(f, "{name} {}", self.0),
            None => write!(f, "{}", self.0),
        }
    }
}

/// Why an input did not reach the certificate (R-MRG-7). [`IssuedCertificate`](crate::IssuedCertificate) has an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// The template defines this extension, or defines that there is none.
    TemplateDefines,
    /// A source of higher priority gave a value, and values are never mixed (R-MRG-1).
    HigherSource(Source),
    /// Templates of this kind do not take this source (R-REQ-6 for `ApiPassthrough`).
    KindDoesNotTake(TemplateKind),
    /// Nothing in a certificate corresponds to this attribute.
    AttributeNotSupported,
    /// The API model has no such member (R-REQ-10).
    MemberNotKnown,
    /// The structure has no members and counts as absent (R-REQ-10, our decision).
    EmptyStructure,
    /// There are too many unused members to list each.
    TooManyToList,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::TemplateDefines => f.write_str("the template defines it"),
            Reason::HigherSource(source) => write!(f, "a higher source gave it: {source}"),
            Reason::KindDoesNotTake(kind) => write!(f, "{kind} templates do not take this source"),
            Reason::AttributeNotSupported => f.write_str("the attribute is not supported"),
            Reason::MemberNotKnown => f.write_str("member not known"),
            Reason::EmptyStructure => f.write_str("empty structure"),
            Reason::TooManyToList => f.write_str("too many to list"),
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Source::Template => "template",
            Source::Api => "API",
            Source::Csr => "CSR",
            Source::CaConfiguration => "CA configuration",
            Source::CaCertificate => "CA certificate",
            Source::Derived => "derived",
            Source::Request => "request",
        })
    }
}

impl fmt::Display for TemplateKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            TemplateKind::Base => "base",
            TemplateKind::CsrPassthrough => "CSRPassthrough",
            TemplateKind::ApiPassthrough => "APIPassthrough",
            TemplateKind::ApiCsrPassthrough => "APICSRPassthrough",
        })
    }
}

/// An input that did not reach the certificate. [`IssuedCertificate`](crate::IssuedCertificate) has an example.
#[derive(Clone, PartialEq, Eq)]
pub struct SuppressedInput {
    pub(crate) input: Input,
    pub(crate) reason: Reason,
    pub(crate) value: Vec<u8>,
    /// Why it cannot be told apart, if so.
    pub(crate) fault: Option<Box<str>>,
}

impl SuppressedInput {
    pub(crate) fn new(input: Input, reason: Reason, value: Vec<u8>) -> SuppressedInput {
        SuppressedInput { input, reason, value, fault: None }
    }

    /// A part of the CSR, which may be one that cannot be told apart.
    pub(crate) fn of_csr(input: Input, reason: Reason, value: &[u8], error: Option<Asn1Error>) -> SuppressedInput {
        let fault = error.map(|error| error.to_string().into());
        SuppressedInput { input, reason, value: value.to_vec(), fault }
    }

    /// Why the value cannot be read, if it is a name or of a type that the crate knows and cannot be read: nothing was lost but
    /// what no verifier could have read (R-CSR-2). Offsets count from the start of the CSR if the part could not even be told
    /// apart, else from the start of the value.
    pub fn fault(&self) -> Option<String> {
        if let Some(fault) = &self.fault {
            return Some(fault.to_string());
        }
        let checked = match &self.input {
            Input::CsrSubject => {
                let name = Reader::new(&self.value).any();
                name.and_then(|name| check_name(&name, usize::MAX, Arcs::AnyWidth))
            }
            Input::CsrExtension(oid) | Input::ApiCustomExtension { oid, .. } => {
                Known::of(oid.by_ref())?.check(&self.value, Terms::DER)
            }
            _ => return None,
        };
        checked.err().map(|error| error.to_string())
    }

    /// Why it was not used, and why it cannot be read, if so.
    pub(crate) fn explanation(&self) -> String {
        match self.fault() {
            Some(fault) => format!("{}; it cannot be read: {fault}", self.reason),
            None => self.reason.to_string(),
        }
    }

    /// What was given.
    pub fn input(&self) -> Input {
        self.input.clone()
    }

    /// Why it was not used.
    pub fn reason(&self) -> Reason {
        self.reason
    }

    /// The value, in DER as it would have stood in the certificate: a `Name` for a subject, the content of `extnValue` for
    /// an extension, the SET of values for an attribute. Empty for a member of the request that is not used.
    pub fn value_der(&self) -> &[u8] {
        &self.value
    }

    /// Whether it is, or may hold, a challenge password, which neither texts nor `Debug` show.
    pub(crate) fn is_secret(&self) -> bool {
        matches!(self.input, Input::CsrAttribute(Oid::CHALLENGE_PASSWORD) | Input::CsrAttributes)
    }

    /// The value as text. A challenge password is not shown.
    pub fn value_text(&self) -> String {
        match self.input {
            Input::ApiSubject | Input::CsrSubject => NameText(&self.value).to_string(),
            _ if self.is_secret() => NOT_SHOWN.to_owned(),
            _ => self.input.oid().map_or_else(String::new, |oid| describe_extension(&oid, &self.value)),
        }
    }
}

/// What was given and why it was not used, in one line: `csr.subject: the template defines it`.
impl fmt::Display for SuppressedInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.input, self.explanation())
    }
}

/// What stands in the place of a secret.
const NOT_SHOWN: &str = "(not shown)";

impl fmt::Debug for SuppressedInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value: &dyn fmt::Debug = if self.is_secret() { &format_args!("{NOT_SHOWN}") } else { &self.value };
        f.debug_struct("SuppressedInput")
            .field("input", &self.input)
            .field("reason", &self.reason)
            .field("value", value)
            .finish()
    }
}

impl CertificatePlan {
    /// How many bytes it holds beside itself, about.
    pub(crate) fn bytes_in_memory(&self) -> usize {
        let of_input = |suppressed: &SuppressedInput| match &suppressed.input {
            Input::RequestMember(path) => path.len(),
            _ => 0,
        };
        let suppressed = self.suppressed.iter().map(|suppressed| suppressed.value.capacity() + of_input(suppressed));
        self.tbs.capacity()
            + size_of_val(&*self.extensions)
            + size_of_val(&*self.suppressed)
            + suppressed.sum::<usize>()
    }

    /// The TBSCertificate in DER: exactly the bytes that are signed.
    pub fn tbs_der(&self) -> &[u8] {
        &self.tbs
    }

    /// The name of the template.
    pub fn template(&self) -> &str {
        &self.template
    }

    /// notBefore.
    pub fn not_before(&self) -> Timestamp {
        self.not_before
    }

    /// notAfter.
    pub fn not_after(&self) -> Timestamp {
        self.not_after
    }

    /// The fields, in the order of the certificate.
    pub fn fields(&self) -> &[PlannedField] {
        &self.fields
    }

    /// Where the value of a field came from: for the subject, who decided on the name.
    pub fn source_of(&self, field: Field) -> Option<Source> {
        self.fields.iter().find(|planned| planned.field == field).map(|planned| planned.source)
    }

    /// An extension of the certificate, with its source.
    pub fn extension(&self, oid: &Oid) -> Option<PlannedExtension<'_>> {
        self.extensions().find(|extension| extension.oid == *oid)
    }

    /// The extensions, in the order of the certificate.
    pub fn extensions(&self) -> impl ExactSizeIterator<Item = PlannedExtension<'_>> + Clone {
        self.extensions.iter().map(|(spans, source)| PlannedExtension {
            oid: OidRef::of_checked(spans.oid.of(&self.tbs)),
            critical: spans.critical,
            source: *source,
            value: spans.value.of(&self.tbs),
        })
    }

    /// The inputs that did not reach the certificate.
    pub fn suppressed(&self) -> &[SuppressedInput] {
        &self.suppressed
    }

    /// What the rules allow and a verifier may refuse or misread.
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// The value of a field in DER, tag and length included.
    pub fn field_der(&self, field: Field) -> &[u8] {
        let span = self.fields.iter().find(|planned| planned.field == field).map(|planned| planned.span);
        span.unwrap_or_default().of(&self.tbs)
    }

    /// The value of a field as text.
    pub fn field_text(&self, field: Field) -> String {
        super::table::field_text(field, self.field_der(field))
    }
}
