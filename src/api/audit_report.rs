//! Audit reports: lists of what an authority has issued.

use super::message::{operations, readable, responses, writable};
use super::text::{AuditReportId, S3BucketName};
use crate::request::arn::CertificateAuthorityArn;
use crate::request::bounded::enum_shapes;
use crate::x509::algorithm::api_enum;
use crate::x509::timestamp::Timestamp;

api_enum! {
    /// `AuditReportResponseFormat` of the API. [`Request`](crate::api::Request) has an example.
    #[allow(clippy::exhaustive_enums, reason = "a service writes both")]
    pub enum AuditReportResponseFormat {
        /// JSON.
        Json = "JSON",
        /// Comma-separated values.
        Csv = "CSV",
    }
}

api_enum! {
    /// `AuditReportStatus` of the API. [`Request`](crate::api::Request) has an example.
    #[non_exhaustive]
    pub enum AuditReportStatus {
        /// It is being made.
        Creating = "CREATING",
        /// It is there.
        Success = "SUCCESS",
        /// It could not be made.
        Failed = "FAILED",
    }
}
enum_shapes!(AuditReportResponseFormat AuditReportStatus);

readable! {
    /// `CreateCertificateAuthorityAuditReportRequest` of the API. [`Request`](crate::api::Request) has an example.
    CreateCertificateAuthorityAuditReportRequest {
        /// The authority.
        certificate_authority_arn: required CertificateAuthorityArn = "CertificateAuthorityArn",
        /// Where the report goes.
        s3_bucket_name: required S3BucketName = "S3BucketName",
        /// Its form.
        audit_report_response_format: required AuditReportResponseFormat = "AuditReportResponseFormat",
    }

    /// `DescribeCertificateAuthorityAuditReportRequest` of the API. [`Request`](crate::api::Request) has an example.
    DescribeCertificateAuthorityAuditReportRequest {
        /// The authority.
        certificate_authority_arn: required CertificateAuthorityArn = "CertificateAuthorityArn",
        /// The report.
        audit_report_id: required AuditReportId = "AuditReportId",
    }
}

writable! {
    /// `CreateCertificateAuthorityAuditReportResponse` of the API. [`Request`](crate::api::Request) has an example.
    CreateCertificateAuthorityAuditReportResponse {
        /// The report.
        audit_report_id: Option<AuditReportId> = "AuditReportId",
        /// Its name in the bucket.
        s3_key: Option<String> = "S3Key",
    }

    /// `DescribeCertificateAuthorityAuditReportResponse` of the API. [`Request`](crate::api::Request) has an example.
    DescribeCertificateAuthorityAuditReportResponse {
        /// How far it is.
        audit_report_status: Option<AuditReportStatus> = "AuditReportStatus",
        /// Where it goes.
        s3_bucket_name: Option<S3BucketName> = "S3BucketName",
        /// Its name in the bucket.
        s3_key: Option<String> = "S3Key",
        /// When it was asked for.
        created_at: Option<Timestamp> = "CreatedAt",
    }
}

operations! {
    CreateCertificateAuthorityAuditReportRequest(certificate_authority_arn): CreateCertificateAuthorityAuditReport
        => CreateCertificateAuthorityAuditReportResponse;
    DescribeCertificateAuthorityAuditReportRequest(certificate_authority_arn): DescribeCertificateAuthorityAuditReport
        => DescribeCertificateAuthorityAuditReportResponse;
}
responses! { CreateCertificateAuthorityAuditReportResponse DescribeCertificateAuthorityAuditReportResponse }
