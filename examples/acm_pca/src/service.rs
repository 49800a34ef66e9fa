//! What the operations do, over a [`Store`].

mod audit_reports;
mod authorities;
pub(crate) mod ceremony;
pub(crate) mod certificates;
mod csr_form;
pub(crate) mod dry_run;
pub(crate) mod looking;
mod pages;
mod permissions;
mod policies;
mod preloaded;
mod publication;
mod readiness;
mod recovery;
mod sharing;
mod tags;
#[cfg(test)]
mod tests;

use std::fmt::Display;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use issuance::api::{
    CreateCertificateAuthorityAuditReportRequest, CreateCertificateAuthorityRequest, CreatePermissionRequest,
    DeleteCertificateAuthorityRequest, DeletePermissionRequest, DeletePolicyRequest,
    DescribeCertificateAuthorityAuditReportRequest, DescribeCertificateAuthorityRequest, Fault, Format,
    GetCertificateAuthorityCertificateRequest, GetCertificateAuthorityCsrRequest, GetCertificateRequest,
    GetPolicyRequest, ImportCertificateAuthorityCertificateRequest, ListCertificateAuthoritiesRequest,
    ListPermissionsRequest, ListTagsRequest, Operation, PutPolicyRequest, Request, Response,
    RestoreCertificateAuthorityRequest, RevokeCertificateRequest, TagCertificateAuthorityRequest,
    UntagCertificateAuthorityRequest, UpdateCertificateAuthorityRequest,
};
use issuance::authority::CertificateAuthorityStatus;
use issuance::policy::{Denial, IamDocument};
use issuance::{AwsException, CertificateAuthorityArn, Clock, Error, IssueCertificateRequest, Timestamp};

use crate::access::Caller;
use crate::log::Entry;
use crate::metrics::{Metrics, Stage};
use crate::options::Options;
use crate::scope::Scope;
use crate::store::{Made, Making, Record, Store, Stored};
use crate::sts::Identity;
use readiness::Away;

pub(crate) use authorities::authority_of;
pub(crate) use preloaded::Preloaded;

/// The service as one caller sees it.
pub(crate) struct Service {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    options: Arc<Options>,
    /// The directory that stands in place of the buckets.
    audit_reports: Arc<PathBuf>,
    /// Whose authorities there are.
    scope: Scope,
    metrics: Arc<Metrics>,
    away: Arc<Away>,
    /// Who asks, if the service knows its callers.
    caller: Option<Arc<Caller>>,
    /// What the policy of another account's authority says of certificates, if the request is for one.
    shared: Option<IamDocument>,
    /// What the log will say of the request.
    entry: Arc<Mutex<Entry>>,
}

/// Reads the request, has it carried out, and writes the response.
fn call<R: Request>(
    metrics: &Metrics,
    format: Format,
    body: &[u8],
    carry_out: impl FnOnce(R) -> Result<R::Response, Fault>,
) -> Result<Vec<u8>, Fault> {
    let request = metrics.time(Stage::Decode, || R::decode(format, body))?;
    Ok(carry_out(request)?.encode(format))
}

impl Service {
    /// The service as callers see it that tell neither region nor account.
    pub(crate) fn new(
        store: Box<dyn Store>,
        clock: Arc<dyn Clock>,
        options: impl Into<Arc<Options>>,
        audit_reports: PathBuf,
    ) -> Service {
        let options = options.into();
        Service {
            store: store.into(),
            clock,
            scope: options.scope.clone(),
            caller: None,
            options,
            audit_reports: audit_reports.into(),
            metrics: Arc::default(),
            away: Arc::default(),
            shared: None,
            entry: Arc::default(),
        }
    }

    /// The same service for one request of another caller.
    pub(crate) fn in_scope(&self, scope: Scope) -> Service {
        Service {
            store: Arc::clone(&self.store),
            clock: Arc::clone(&self.clock),
            options: Arc::clone(&self.options),
            audit_reports: Arc::clone(&self.audit_reports),
            scope,
            metrics: Arc::clone(&self.metrics),
            away: Arc::clone(&self.away),
            caller: None,
            shared: None,
            entry: Arc::default(),
        }
    }

    /// The same for a caller whose signature was right.
    pub(crate) fn for_caller(mut self, caller: Arc<Caller>) -> Service {
        self.entry().remark(format!("by {}", caller.label()));
        self.caller = Some(caller);
        self
    }

    /// The account that it is for.
    pub(crate) fn account(&self) -> &str {
        &self.scope.account
    }

    /// Whether a policy limits the caller.
    pub(crate) fn is_limited(&self) -> bool {
        self.caller.as_ref().is_some_and(|caller| caller.permissions.is_some())
    }

    /// Whom STS says that the caller is: if nobody is authenticated, the root user of the account.
    pub(crate) fn identity(&self) -> Identity {
        let (partition, account) = (CertificateAuthorityArn::partition_of(&self.scope.region), &self.scope.account);
        match &self.caller {
            Some(caller) => {
                Identity { arn: caller.arn(partition), user_id: caller.user_id().to_owned(), account: account.clone() }
            }
            None => Identity {
                arn: format!("arn:{partition}:iam::{account}:root"),
                user_id: account.clone(),
                account: account.clone(),
            },
        }
    }

    pub(crate) fn options(&self) -> &Options {
        &self.options
    }

    pub(crate) fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// What there is to say of the request that was served.
    pub(crate) fn into_entry(self) -> Entry {
        std::mem::take(&mut *self.entry())
    }

    fn entry(&self) -> MutexGuard<'_, Entry> {
        self.entry.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the caller's policy allows the operation on what the request is for.
    fn check_allowed<R: Request>(&self, request: &R) -> Result<(), Fault> {
        let permissions = self.caller.as_ref().and_then(|caller| Some((caller, caller.permissions.as_ref()?)));
        let Some((caller, permissions)) = permissions else { return Ok(()) };
        let resource = request.authority_arn().map_or_else(|| "*".to_owned(), ToString::to_string);
        permissions
            .check(R::OPERATION, &resource)
            .map_err(|denial| self.denied(caller, R::OPERATION, &resource, "an identity-based", denial))
    }

    /// That a caller may not do something, in the words of the service.
    fn denied(&self, caller: &Caller, operation: Operation, resource: &str, kind: &str, denial: Denial) -> Fault {
        let user = caller.arn(CertificateAuthorityArn::partition_of(&self.scope.region));
        // The article is the service's, too.
        let bare = kind.split_once(' ').map_or(kind, |(_, bare)| bare);
        let because = match denial {
            Denial::Explicit => format!("with an explicit deny in {kind} policy"),
            Denial::Implicit => format!("because no {bare} policy allows the acm-pca:{operation} action"),
        };
        let problem = format_args!(
            "User: {user} is not authorized to perform: acm-pca:{operation} on resource: {resource} {because}"
        );
        Fault::new(AwsException::AccessDenied, problem)
    }

    /// Serves one request of any operation.
    pub(crate) fn serve(&self, operation: Operation, format: Format, body: &[u8]) -> Result<Vec<u8>, Fault> {
        macro_rules! calls {
            ($($operation:ident($request:ty) => $method:ident,)+) => {
                match operation {
                    $(Operation::$operation => call(&self.metrics, format, body, |request: $request| {
                        let lent = self.admit(&request)?;
                        lent.as_ref().unwrap_or(self).$method(request)
                    }),)+
                }
            };
        }
        calls! {
            CreateCertificateAuthority(CreateCertificateAuthorityRequest) => create,
            CreateCertificateAuthorityAuditReport(CreateCertificateAuthorityAuditReportRequest) => create_audit_report,
            CreatePermission(CreatePermissionRequest) => create_permission,
            DeleteCertificateAuthority(DeleteCertificateAuthorityRequest) => delete,
            DeletePermission(DeletePermissionRequest) => delete_permission,
            DeletePolicy(DeletePolicyRequest) => delete_policy,
            DescribeCertificateAuthority(DescribeCertificateAuthorityRequest) => describe,
            DescribeCertificateAuthorityAuditReport(DescribeCertificateAuthorityAuditReportRequest)
                => describe_audit_report,
            GetCertificate(GetCertificateRequest) => get_certificate,
            GetCertificateAuthorityCertificate(GetCertificateAuthorityCertificateRequest) => get_authority_certificate,
            GetCertificateAuthorityCsr(GetCertificateAuthorityCsrRequest) => get_csr,
            GetPolicy(GetPolicyRequest) => get_policy,
            ImportCertificateAuthorityCertificate(ImportCertificateAuthorityCertificateRequest) => import,
            IssueCertificate(IssueCertificateRequest) => issue,
            ListCertificateAuthorities(ListCertificateAuthoritiesRequest) => list,
            ListPermissions(ListPermissionsRequest) => list_permissions,
            ListTags(ListTagsRequest) => list_tags,
            PutPolicy(PutPolicyRequest) => put_policy,
            RestoreCertificateAuthority(RestoreCertificateAuthorityRequest) => restore,
            RevokeCertificate(RevokeCertificateRequest) => revoke,
            TagCertificateAuthority(TagCertificateAuthorityRequest) => tag,
            UntagCertificateAuthority(UntagCertificateAuthorityRequest) => untag,
            UpdateCertificateAuthority(UpdateCertificateAuthorityRequest) => update,
        }
    }

    /// Whether requests wait for a disk or a network.
    pub(crate) fn blocks(&self) -> bool {
        self.store.blocks()
    }

    /// What the store answers. Why it failed is for who runs the service, not for who calls.
    fn told<T>(&self, stored: Stored<T>) -> Result<T, Fault> {
        stored.map_err(|error| {
            self.entry().remark(error.to_string());
            Error::from(error).into()
        })
    }

    /// What the store answers, where nothing stands for a failure.
    fn seen<T>(&self, stored: Stored<T>) -> Option<T> {
        stored.inspect_err(|error| self.entry().remark(error.to_string())).ok()
    }

    /// The record of an authority of the caller's, deleted or not.
    fn record(&self, arn: &CertificateAuthorityArn) -> Result<Arc<Record>, Fault> {
        self.entry().authority = Some(arn.to_string());
        let record = if self.scope.has(arn) { self.told(self.store.record(arn))? } else { None };
        let record = record.ok_or_else(|| no_authority(arn))?;
        if record.is_gone(self.clock.now()) {
            self.told(self.store.remove(arn))?;
            if matches!(&record.making, Making::Made(made) if made.kept.is_on_token()) {
                self.entry()
                    .remark(format!("it is gone for good; its key stays on the token, with the label {}", arn.id()));
            }
            return Err(no_authority(arn));
        }
        Ok(record)
    }

    /// The record of an authority that is not deleted.
    fn present(&self, arn: &CertificateAuthorityArn) -> Result<Arc<Record>, Fault> {
        let record = self.record(arn)?;
        record.check_present()?;
        Ok(record)
    }

    /// Changes the record of an authority that is not deleted, not even meanwhile.
    fn change_present(
        &self,
        arn: &CertificateAuthorityArn,
        mut change: impl FnMut(&mut Record) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        self.record(arn)?;
        self.change(arn, |record| {
            record.check_present()?;
            change(record)
        })
    }

    /// Changes a record that [`Service::record`] has found.
    fn change(
        &self,
        arn: &CertificateAuthorityArn,
        mut change: impl FnMut(&mut Record) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        self.told(self.store.change(arn, &mut change))?.unwrap_or_else(|| Err(no_authority(arn)))
    }
}

impl Record {
    fn check_present(&self) -> Result<(), Fault> {
        match self.restorable_until {
            // The beginning of the sentence is the service's.
            Some(_) => Err(Fault::new(
                AwsException::InvalidState,
                "The certificate authority is in the DELETED state; it must be restored first",
            )),
            None => Ok(()),
        }
    }

    /// The authority, once it has a key.
    fn made(&self) -> Result<&Arc<Made>, Fault> {
        match &self.making {
            Making::Made(made) => Ok(made),
            Making::Creating => Err(Fault::new(
                AwsException::RequestInProgress,
                format_args!("The certificate authority {} is still being created", self.arn),
            )),
            Making::Failed(reason) => Err(Fault::new(
                AwsException::RequestFailed,
                format_args!("The certificate authority {} could not be created: {reason}", self.arn),
            )),
        }
    }
}

fn no_authority(arn: &CertificateAuthorityArn) -> Fault {
    Fault::new(AwsException::ResourceNotFound, format_args!("There is no certificate authority {arn}"))
}

fn wrong_state(record: &Record, status: CertificateAuthorityStatus, instead: impl Display) -> Fault {
    let problem = format_args!("The certificate authority {} is {status}; {instead}", record.arn);
    Fault::new(AwsException::InvalidState, problem)
}
