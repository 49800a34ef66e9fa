//! The policy of an authority.

use super::message::{operations, readable, responses, writable};
use super::text::AwsPolicy;
use crate::request::arn::CertificateAuthorityArn;

readable! {
    /// `GetPolicyRequest` of the API. [`Request`](crate::api::Request) has an example.
    GetPolicyRequest {
        /// The authority.
        resource_arn: required CertificateAuthorityArn = "ResourceArn",
    }

    /// `PutPolicyRequest` of the API. [`Request`](crate::api::Request) has an example.
    PutPolicyRequest {
        /// The authority.
        resource_arn: required CertificateAuthorityArn = "ResourceArn",
        /// The policy, a JSON document.
        policy: required AwsPolicy = "Policy",
    }

    /// `DeletePolicyRequest` of the API. [`Request`](crate::api::Request) has an example.
    DeletePolicyRequest {
        /// The authority.
        resource_arn: required CertificateAuthorityArn = "ResourceArn",
    }
}

writable! {
    /// `GetPolicyResponse` of the API. [`Request`](crate::api::Request) has an example.
    GetPolicyResponse {
        /// The policy as it was put.
        policy: Option<AwsPolicy> = "Policy",
    }
}

operations! {
    GetPolicyRequest(resource_arn): GetPolicy => GetPolicyResponse;
    PutPolicyRequest(resource_arn): PutPolicy => ();
    DeletePolicyRequest(resource_arn): DeletePolicy => ();
}
responses! { GetPolicyResponse }
