//! What requests and responses have in common.

use crate::request::arn::CertificateAuthorityArn;
use crate::request::issue_certificate::{IssueCertificateRequest, IssueCertificateResponse};
use crate::request::violation::RequestError;
use crate::wire::document::Document;
use crate::wire::from_member::Read;
use crate::wire::reading::Reading;
use crate::wire::to_member::Write;
use crate::wire::{cbor, json};
use crate::x509::algorithm::api_enum;

api_enum! {
    /// The operations of the API, by the names that they have in its protocols.
    /// [`Request`](crate::api::Request) has an example.
    #[allow(clippy::exhaustive_enums, reason = "a service answers every operation")]
    pub enum Operation {
        /// Makes an authority with a key of its own.
        CreateCertificateAuthority = "CreateCertificateAuthority",
        /// Lists what an authority has issued.
        CreateCertificateAuthorityAuditReport = "CreateCertificateAuthorityAuditReport",
        /// Lets a principal use an authority.
        CreatePermission = "CreatePermission",
        /// Deletes an authority; it can be restored for a while.
        DeleteCertificateAuthority = "DeleteCertificateAuthority",
        /// Takes a permission back.
        DeletePermission = "DeletePermission",
        /// Removes the policy of an authority.
        DeletePolicy = "DeletePolicy",
        /// Describes an authority.
        DescribeCertificateAuthority = "DescribeCertificateAuthority",
        /// Says how far an audit report is.
        DescribeCertificateAuthorityAuditReport = "DescribeCertificateAuthorityAuditReport",
        /// Returns a certificate that was issued, and its chain.
        GetCertificate = "GetCertificate",
        /// Returns the certificate of an authority, and its chain.
        GetCertificateAuthorityCertificate = "GetCertificateAuthorityCertificate",
        /// Returns an authority's own certification request.
        GetCertificateAuthorityCsr = "GetCertificateAuthorityCsr",
        /// Returns the policy of an authority.
        GetPolicy = "GetPolicy",
        /// Gives an authority its certificate.
        ImportCertificateAuthorityCertificate = "ImportCertificateAuthorityCertificate",
        /// Issues a certificate.
        IssueCertificate = "IssueCertificate",
        /// Lists the authorities.
        ListCertificateAuthorities = "ListCertificateAuthorities",
        /// Lists the permissions of an authority.
        ListPermissions = "ListPermissions",
        /// Lists the tags of an authority.
        ListTags = "ListTags",
        /// Sets the policy of an authority.
        PutPolicy = "PutPolicy",
        /// Takes the deletion of an authority back.
        RestoreCertificateAuthority = "RestoreCertificateAuthority",
        /// Revokes a certificate.
        RevokeCertificate = "RevokeCertificate",
        /// Adds tags to an authority.
        TagCertificateAuthority = "TagCertificateAuthority",
        /// Removes tags from an authority.
        UntagCertificateAuthority = "UntagCertificateAuthority",
        /// Changes the state or the revocation configuration of an authority.
        UpdateCertificateAuthority = "UpdateCertificateAuthority",
    }
}

/// How a message is written. [`Request`](crate::api::Request) has an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(clippy::exhaustive_enums, reason = "a service speaks both")]
pub enum Format {
    /// AWS JSON 1.1: blobs are base64, timestamps seconds since the Unix epoch.
    Json,
    /// Smithy's `rpc-v2-cbor`: blobs are byte strings, timestamps have tag 1.
    Cbor,
}

impl Format {
    /// The longest message that is read, in bytes (our decision).
    pub const MAX_LEN: usize = crate::wire::MAX_MESSAGE_LEN;

    pub(super) fn write(self, document: &Document<'_>) -> Vec<u8> {
        match self {
            Format::Json => document.to_json().into_bytes(),
            Format::Cbor => cbor::encode(document),
        }
    }
}

/// A request of the API.
///
/// ```
/// use issuance::api::{Format, GetCertificateAuthorityCsrRequest, GetCertificateAuthorityCsrResponse, Request, Response};
/// let body = br#"{"CertificateAuthorityArn": "arn:aws:acm-pca:us-west-2:123456789012:certificate-authority/12345678-1234-1234-1234-123456789012"}"#;
/// let request = GetCertificateAuthorityCsrRequest::decode(Format::Json, body)?;
/// assert_eq!(request.certificate_authority_arn.region(), "us-west-2");
/// let response = GetCertificateAuthorityCsrResponse { csr: Some("-----BEGIN".to_owned()) };
/// assert_eq!(response.encode(Format::Json), br#"{"Csr":"-----BEGIN"}"#);
/// # Ok::<(), issuance::request::RequestError>(())
/// ```
pub trait Request: Sized {
    /// The operation that it asks for.
    const OPERATION: Operation;
    /// What answers it.
    type Response: Response;

    /// Reads the request. No bytes at all are a request without members; a member that is null is absent, and one that the
    /// API does not have is ignored, as the protocols ask for (R-REQ-10).
    ///
    /// # Errors
    /// Everything that is wrong with the request. When `body` is longer than [`Format::MAX_LEN`], not of the format, nested
    /// deeper than 32 levels, of more than 262144 values, or gives a name twice, that alone.
    fn decode(format: Format, body: &[u8]) -> Result<Self, RequestError>;

    /// The authority that it is for; none for those that make one or list all.
    fn authority_arn(&self) -> Option<&CertificateAuthorityArn>;
}

/// A response of the API. [`Request`](crate::api::Request) has an example.
pub trait Response {
    /// Writes the response. Members that are absent are left out; an operation without a response has no bytes.
    fn encode(&self, format: Format) -> Vec<u8>;
}

impl Response for () {
    fn encode(&self, _: Format) -> Vec<u8> {
        Vec::new()
    }
}

fn document(format: Format, body: &[u8]) -> Result<Document<'_>, RequestError> {
    match format {
        _ if body.is_empty() => Ok(Document::Map(Default::default())),
        Format::Json => json::decode(body),
        Format::Cbor => cbor::decode(body),
    }
}

/// Reads any request.
pub(super) fn decode<T: Read>(format: Format, body: &[u8]) -> Result<T, RequestError> {
    T::read(document(format, body)?, &mut Reading::request()).build()
}

impl Request for IssueCertificateRequest {
    const OPERATION: Operation = Operation::IssueCertificate;
    type Response = IssueCertificateResponse;

    fn decode(format: Format, body: &[u8]) -> Result<Self, RequestError> {
        IssueCertificateRequest::from_document(document(format, body)?)
    }

    fn authority_arn(&self) -> Option<&CertificateAuthorityArn> {
        Some(self.certificate_authority_arn())
    }
}

/// Says which operation a request is for, which member names the authority, and what answers it.
macro_rules! operations {
    ($($request:ident($($arn:ident)?): $operation:ident => $response:ty;)+) => {$(
        impl $crate::api::message::Request for $request {
            const OPERATION: $crate::api::message::Operation = $crate::api::message::Operation::$operation;
            type Response = $response;

            fn decode(
                format: $crate::api::message::Format,
                body: &[u8],
            ) -> Result<Self, $crate::request::violation::RequestError> {
                $crate::api::message::decode(format, body)
            }

            fn authority_arn(&self) -> Option<&$crate::request::arn::CertificateAuthorityArn> {
                [$(&self.$arn)?].into_iter().next()
            }
        }
    )+};
}
pub(super) use operations;

/// Says which messages are responses.
macro_rules! responses {
    ($($response:ty)+) => {$(
        impl $crate::api::message::Response for $response {
            fn encode(&self, format: $crate::api::message::Format) -> Vec<u8> {
                format.write(&$crate::wire::to_member::Write::write(self))
            }
        }
    )+};
}
pub(super) use responses;

responses! { IssueCertificateResponse }

/// Declares structures that are read, with their members in the order of the API model: `required`, `optional`, or lists
/// with the bounds of their length.
macro_rules! readable {
    ($($(#[$doc:meta])* $name:ident {
        $($(#[$member_doc:meta])* $field:ident: $how:ident $($min:literal to $max:literal)? $type:ty = $wire:literal,)*
    })+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq)]
        #[non_exhaustive]
        pub struct $name { $($(#[$member_doc])* pub $field: $crate::api::message::member_type!($how $type),)* }

        impl $crate::request::given::Shape for $name {}

        impl $crate::wire::from_member::Read for $name {
            fn read(
                document: $crate::wire::document::Document<'_>,
                reading: &mut $crate::wire::reading::Reading,
            ) -> $crate::request::draft::Draft<Self> {
                $crate::wire::from_member::structure(document, reading, &[$($wire),*], |members| {
                    let mut findings = $crate::request::draft::Findings::default();
                    $(let $field = findings.$how($wire, $($min..=$max,)? members.take($wire));)*
                    findings.finish(|| Some($name {
                        $($field: $crate::api::message::member_value!($how $field),)*
                    }))
                })
            }
        }
    )+};
}
pub(super) use readable;

macro_rules! member_type {
    (required $type:ty) => { $type };
    (optional $type:ty) => { Option<$type> };
    (list $type:ty) => { Vec<$type> };
    (required_list $type:ty) => { Vec<$type> };
}
pub(super) use member_type;

macro_rules! member_value {
    (required $field:ident) => {
        $field?
    };
    ($how:ident $field:ident) => {
        $field
    };
}
pub(super) use member_value;

/// Declares structures that are written. Lists are written even where they are empty.
macro_rules! writable {
    ($($(#[$doc:meta])* $name:ident {
        $($(#[$member_doc:meta])* $field:ident: $type:ty = $wire:literal,)*
    })+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Default)]
        #[allow(clippy::exhaustive_structs, reason = "services give every member of an answer")]
        pub struct $name { $($(#[$member_doc])* pub $field: $type,)* }

        impl $crate::wire::to_member::Write for $name {
            fn write(&self) -> $crate::wire::document::Document<'_> {
                $crate::wire::document::Document::structure([
                    $(($wire, $crate::api::message::Written::written(&self.$field))),*
                ])
            }
        }
    )+};
}
pub(super) use writable;

/// A member of a structure that is written.
pub(super) trait Written {
    fn written(&self) -> Option<Document<'_>>;
}

impl<T: Write> Written for Option<T> {
    fn written(&self) -> Option<Document<'_>> {
        self.as_ref().map(T::write)
    }
}

impl<T: Write> Written for Vec<T> {
    fn written(&self) -> Option<Document<'_>> {
        Some(Document::List(self.iter().map(T::write).collect()))
    }
}
