//! The operations of the API, for services that speak it: requests as they are read, responses as they are written.
//!
//! [`IssueCertificateRequest`](crate::IssueCertificateRequest) is one of the requests; the others are about the authorities
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
mod authority;
mod certificate;
mod configuration;
mod fault;
mod message;
mod permission;
mod policy;
mod tag;
mod text;

pub use audit_report::{
    AuditReportResponseFormat, AuditReportStatus, CreateCertificateAuthorityAuditReportRequest,
    CreateCertificateAuthorityAuditReportResponse, DescribeCertificateAuthorityAuditReportRequest,
    DescribeCertificateAuthorityAuditReportResponse,
};
pub use authority::{
    CertificateAuthorityConfiguration, CertificateAuthorityDescription, CreateCertificateAuthorityRequest,
    CreateCertificateAuthorityResponse, DeleteCertificateAuthorityRequest, DescribeCertificateAuthorityRequest,
    DescribeCertificateAuthorityResponse, FailureReason, KeyStorageSecurityStandard, ListCertificateAuthoritiesRequest,
    ListCertificateAuthoritiesResponse, ResourceOwner, RestoreCertificateAuthorityRequest,
    RevocationConfigurationMembers, UpdateCertificateAuthorityRequest,
};
pub use certificate::{
    GetCertificateAuthorityCertificateRequest, GetCertificateAuthorityCsrRequest, GetCertificateAuthorityCsrResponse,
    GetCertificateRequest, GetCertificateResponse, ImportCertificateAuthorityCertificateRequest, RevocationReason,
    RevokeCertificateRequest,
};
pub use fault::Fault;
pub use message::{Format, Operation, Request, Response};
pub use permission::{
    ActionType, CreatePermissionRequest, DeletePermissionRequest, ListPermissionsRequest, ListPermissionsResponse,
    Permission,
};
pub use policy::{DeletePolicyRequest, GetPolicyRequest, GetPolicyResponse, PutPolicyRequest};
pub use tag::{
    ListTagsRequest, ListTagsResponse, Tag, TagCertificateAuthorityRequest, UntagCertificateAuthorityRequest,
};
pub use text::{AccountId, AuditReportId, AwsPolicy, NextToken, Principal, S3BucketName, TagKey, TagValue};
