//! Resource policies: kept, once they can be read. `sharing` judges by them.

use issuance::AwsException;
use issuance::api::{DeletePolicyRequest, Fault, GetPolicyRequest, GetPolicyResponse, PutPolicyRequest};
use issuance::policy::ResourcePolicy;

use super::Service;

impl Service {
    pub(crate) fn put_policy(&self, request: PutPolicyRequest) -> Result<(), Fault> {
        self.present(&request.resource_arn)?;
        ResourcePolicy::from_json(request.policy.as_str()).map_err(|error| {
            Fault::new(AwsException::InvalidPolicy, format_args!("the policy cannot be used: {error}"))
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
