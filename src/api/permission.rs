//! Permissions of principals.

use super::message::{operations, readable, responses, writable};
use super::text::{AccountId, NextToken, Principal};
use crate::request::arn::CertificateAuthorityArn;
use crate::request::bounded::{Integer, enum_shapes};
use crate::x509::algorithm::api_enum;
use crate::x509::timestamp::Timestamp;

api_enum! {
    /// What a principal may do: `ActionType` of the API. [`Request`](crate::api::Request) has an example.
    #[non_exhaustive]
    pub enum ActionType {
        /// Issue certificates.
        IssueCertificate = "IssueCertificate",
        /// Get certificates.
        GetCertificate = "GetCertificate",
        /// List permissions.
        ListPermissions = "ListPermissions",
    }
}
enum_shapes!(ActionType);

readable! {
    /// `CreatePermissionRequest` of the API. [`Request`](crate::api::Request) has an example.
    CreatePermissionRequest {
        /// The authority.
        certificate_authority_arn: required CertificateAuthorityArn = "CertificateAuthorityArn",
        /// Who.
        principal: required Principal = "Principal",
        /// The account that calls for the principal.
        source_account: optional AccountId = "SourceAccount",
        /// What: 1 to 3 actions.
        actions: required_list 1 to 3 ActionType = "Actions",
    }

    /// `DeletePermissionRequest` of the API. [`Request`](crate::api::Request) has an example.
    DeletePermissionRequest {
        /// The authority.
        certificate_authority_arn: required CertificateAuthorityArn = "CertificateAuthorityArn",
        /// Who.
        principal: required Principal = "Principal",
        /// The account that calls for the principal.
        source_account: optional AccountId = "SourceAccount",
    }

    /// `ListPermissionsRequest` of the API. [`Request`](crate::api::Request) has an example.
    ListPermissionsRequest {
        /// The most permissions of one page.
        max_results: optional Integer<1, 1000> = "MaxResults",
        /// Where the page begins.
        next_token: optional NextToken = "NextToken",
        /// The authority.
        certificate_authority_arn: required CertificateAuthorityArn = "CertificateAuthorityArn",
    }
}

writable! {
    /// `Permission` of the API. [`Request`](crate::api::Request) has an example.
    Permission {
        /// The authority.
        certificate_authority_arn: Option<CertificateAuthorityArn> = "CertificateAuthorityArn",
        /// Since when.
        created_at: Option<Timestamp> = "CreatedAt",
        /// Who.
        principal: Option<Principal> = "Principal",
        /// The account that calls for the principal.
        source_account: Option<AccountId> = "SourceAccount",
        /// What.
        actions: Vec<ActionType> = "Actions",
        /// The policy that goes with it.
        policy: Option<String> = "Policy",
    }

    /// `ListPermissionsResponse` of the API. [`Request`](crate::api::Request) has an example.
    ListPermissionsResponse {
        /// Where the next page begins; absent on the last.
        next_token: Option<NextToken> = "NextToken",
        /// This page.
        permissions: Vec<Permission> = "Permissions",
    }
}

operations! {
    CreatePermissionRequest(certificate_authority_arn): CreatePermission => ();
    DeletePermissionRequest(certificate_authority_arn): DeletePermission => ();
    ListPermissionsRequest(certificate_authority_arn): ListPermissions => ListPermissionsResponse;
}
responses! { ListPermissionsResponse }
