//! The operations of the API, for services that speak it: requests as they are read, responses as they are written.
//!
//! [`IssueCertificateRequest`](crate::request::issue_certificate::IssueCertificateRequest) is one of the requests; the others are about the authorities
//! and what has been issued. The crate reads, checks and writes them in both protocols of the API ([`Format`]); what they do is
//! the service's. Bounds, patterns and enumerations are those of the API model, and everything that is wrong with a request
//! is reported together, as for the request for a certificate (R-REQ-2).
//!
//! ```
//! use issuance::api::{Format, GetCertificateRequest, Request};
//!
//! let error = GetCertificateRequest::decode(Format::Json, br#"{"CertificateArn": 7}"#).unwrap_err();
//! assert_eq!(error.violations().len(), 2);
//! ```

mod audit_report;
mod certificate;
pub(crate) mod certificate_authority;
mod configuration;
mod fault;
mod message;
mod permission;
pub(crate) mod resource_policy;
mod tag;
mod text;

pub use self::audit_report::{
    AuditReportResponseFormat, AuditReportStatus, CreateCertificateAuthorityAuditReportRequest,
    CreateCertificateAuthorityAuditReportResponse, DescribeCertificateAuthorityAuditReportRequest,
    DescribeCertificateAuthorityAuditReportResponse,
};
pub use self::certificate::{
    GetCertificateAuthorityCertificateRequest, GetCertificateAuthorityCsrRequest, GetCertificateAuthorityCsrResponse,
    GetCertificateRequest, GetCertificateResponse, ImportCertificateAuthorityCertificateRequest,
    RevokeCertificateRequest,
};
pub use self::certificate_authority::{
    CertificateAuthorityConfiguration, CertificateAuthorityDescription, CreateCertificateAuthorityRequest,
    CreateCertificateAuthorityResponse, DeleteCertificateAuthorityRequest, DescribeCertificateAuthorityRequest,
    DescribeCertificateAuthorityResponse, FailureReason, KeyStorageSecurityStandard, ListCertificateAuthoritiesRequest,
    ListCertificateAuthoritiesResponse, ResourceOwner, RestoreCertificateAuthorityRequest,
    RevocationConfigurationMembers, UpdateCertificateAuthorityRequest,
};
pub use self::fault::Fault;
pub use self::message::{Format, Operation, Request, Response};
pub use self::permission::{
    ActionType, CreatePermissionRequest, DeletePermissionRequest, ListPermissionsRequest, ListPermissionsResponse,
    Permission,
};
pub use self::resource_policy::{DeletePolicyRequest, GetPolicyRequest, GetPolicyResponse, PutPolicyRequest};
pub use self::tag::{
    ListTagsRequest, ListTagsResponse, Tag, TagCertificateAuthorityRequest, UntagCertificateAuthorityRequest,
};
pub use self::text::{AccountId, AuditReportId, AwsPolicy, NextToken, Principal, S3BucketName, TagKey, TagValue};
