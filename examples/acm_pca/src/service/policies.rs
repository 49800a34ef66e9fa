//! Resource policies: kept, and not evaluated.

use issuance::AwsException;
use issuance::api::{DeletePolicyRequest, Fault, GetPolicyRequest, GetPolicyResponse, PutPolicyRequest};

use super::Service;

impl Service {
    pub(crate) fn put_policy(&self, request: PutPolicyRequest) -> Result<(), Fault> {
        self.present(&request.resource_arn)?;
        let parsed: Result<serde_json::Map<String, serde_json::Value>, _> =
            serde_json::from_str(request.policy.as_str());
        parsed.map_err(|error| {
            Fault::new(AwsException::InvalidPolicy, format_args!("the policy must be one JSON object: {error}"))
        })?;
        self.change_present(&request.resource_arn, |record| {
            record.policy = Some(request.policy.clone());
            Ok(())
        })
    }

    pub(crate) fn get_policy(&self, request: GetPolicyRequest) -> Result<GetPolicyResponse, Fault> {
        let record = self.present(&request.resource_arn)?;
        match &record.policy {
            Some(policy) => Ok(GetPolicyResponse { policy: Some(policy.clone()) }),
            None => Err(Fault::new(AwsException::ResourceNotFound, format_args!("{} has no policy", record.arn))),
        }
    }

    /// Succeeds where there is none (API reference).
    pub(crate) fn delete_policy(&self, request: DeletePolicyRequest) -> Result<(), Fault> {
        self.change_present(&request.resource_arn, |record| {
            record.policy = None;
            Ok(())
        })
    }
}
