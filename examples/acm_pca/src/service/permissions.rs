//! Permissions: kept, and not evaluated.

use issuance::api::{
    CreatePermissionRequest, DeletePermissionRequest, Fault, ListPermissionsRequest, ListPermissionsResponse,
    Permission,
};
use issuance::{AwsException, CertificateAuthorityArn};

use super::Service;
use super::pages::page;
use crate::store::Granted;

impl Service {
    pub(crate) fn create_permission(&self, request: CreatePermissionRequest) -> Result<(), Fault> {
        let created_at = self.clock.now();
        self.change_present(&request.certificate_authority_arn, |record| {
            let CreatePermissionRequest { principal, source_account, actions, .. } = request.clone();
            // Without an account, that of the owner is meant.
            let source_account = source_account.or_else(|| record.arn.account().parse().ok());
            let granted = Granted { principal, source_account, actions, created_at };
            if record.permissions.iter().any(|other| name(other) == name(&granted)) {
                return Err(Fault::new(
                    AwsException::PermissionAlreadyExists,
                    format_args!("{} has a permission for {} already", record.arn, granted.principal),
                ));
            }
            record.permissions.push(granted);
            Ok(())
        })
    }

    pub(crate) fn delete_permission(&self, request: DeletePermissionRequest) -> Result<(), Fault> {
        self.change_present(&request.certificate_authority_arn, |record| {
            let account = request.source_account.clone().or_else(|| record.arn.account().parse().ok());
            let meant = |granted: &Granted| granted.principal == request.principal && granted.source_account == account;
            let position = record.permissions.iter().position(meant).ok_or_else(|| {
                let problem = format_args!("{} has no permission for {}", record.arn, request.principal);
                Fault::new(AwsException::ResourceNotFound, problem)
            })?;
            record.permissions.remove(position);
            Ok(())
        })
    }

    pub(crate) fn list_permissions(&self, request: ListPermissionsRequest) -> Result<ListPermissionsResponse, Fault> {
        let record = self.present(&request.certificate_authority_arn)?;
        let most = request.max_results.map_or(i64::MAX, |max| max.get());
        let (granted, next_token) = page(record.permissions.clone(), name, request.next_token.as_ref(), most)?;
        let describe = |granted: Granted| Permission {
            policy: Some(policy(&record.arn, &granted)),
            certificate_authority_arn: Some(record.arn.clone()),
            created_at: Some(granted.created_at),
            principal: Some(granted.principal),
            source_account: granted.source_account,
            actions: granted.actions,
        };
        Ok(ListPermissionsResponse { next_token, permissions: granted.into_iter().map(describe).collect() })
    }
}

/// The policy that says what the permission says.
fn policy(arn: &CertificateAuthorityArn, granted: &Granted) -> String {
    let actions: Vec<String> = granted.actions.iter().map(|action| format!("acm-pca:{action}")).collect();
    let account = granted.source_account.as_ref().map(ToString::to_string);
    serde_json::json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": { "Service": granted.principal.to_string() },
            "Action": actions,
            "Resource": arn.as_str(),
            "Condition": { "StringEquals": { "aws:SourceAccount": account } },
        }],
    })
    .to_string()
}

/// What tells permissions apart.
fn name(granted: &Granted) -> String {
    let account = granted.source_account.as_ref().map(ToString::to_string);
    format!("{} {}", account.unwrap_or_default(), granted.principal)
}
