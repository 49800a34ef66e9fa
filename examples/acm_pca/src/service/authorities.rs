//! Making, describing, listing, updating, deleting and restoring authorities.

use std::sync::{Arc, mpsc};
use std::thread;

use issuance::api::{
    CertificateAuthorityDescription, CreateCertificateAuthorityRequest, CreateCertificateAuthorityResponse,
    DeleteCertificateAuthorityRequest, DescribeCertificateAuthorityRequest, DescribeCertificateAuthorityResponse,
    FailureReason, Fault, KeyStorageSecurityStandard, ListCertificateAuthoritiesRequest,
    ListCertificateAuthoritiesResponse, Operation, ResourceOwner, RestoreCertificateAuthorityRequest,
    UpdateCertificateAuthorityRequest,
};
use issuance::authority::{
    AuthorityError, CertificateAuthorityStatus as Status, CertificateAuthorityUsageMode, RevocationConfiguration,
};
use issuance::issue::AlgorithmMismatch;
use issuance::ledger::DEFAULT_WINDOW_SECONDS;
use issuance::{AwsException, CertificateAuthority, CertificateAuthorityArn, Error, KeyAlgorithm, Timestamp};
use uuid::Uuid;

use super::ceremony::made;
use super::pages::page;
use super::tags;
use super::{Service, wrong_state};
use crate::store::{Kept, Making, Record, Store};

/// The most authorities of one page, whatever is asked for (API reference).
const MOST_OF_A_PAGE: i64 = 100;

const SECONDS_A_DAY: i64 = 86400;

impl Service {
    pub(crate) fn create(
        &self,
        request: CreateCertificateAuthorityRequest,
    ) -> Result<CreateCertificateAuthorityResponse, Fault> {
        let configuration = &request.certificate_authority_configuration;
        AlgorithmMismatch::check(configuration.key_algorithm, configuration.signing_algorithm).map_err(Error::from)?;
        if configuration.subject.is_empty() {
            return Err(Error::from(issuance::authority::AuthorityError::EmptySubject).into());
        }
        let tags = tags::with(Vec::new(), request.tags.clone())?;
        let now = self.clock.now();
        let request = Arc::new(request);
        let record = self.told(self.store.add(
            Record {
                arn: self.new_arn()?,
                request: Arc::clone(&request),
                created_at: now,
                last_state_change_at: now,
                making: Making::Creating,
                restorable_until: None,
                tags,
                permissions: Vec::new(),
                policy: None,
                reports: Vec::new(),
            },
            // One token and one request make one authority; a token that others use too does not.
            &|other| {
                let age = now.unix() - other.created_at.unix();
                request.idempotency_token.is_some()
                    && age < i64::from(DEFAULT_WINDOW_SECONDS)
                    && self.scope.has(&other.arn)
                    && *other.request == *request
            },
        ))?;
        self.entry().authority = Some(record.arn.to_string());
        if Arc::ptr_eq(&record.request, &request) {
            self.make(&record);
        }
        Ok(CreateCertificateAuthorityResponse { certificate_authority_arn: Some(record.arn.clone()) })
    }

    fn new_arn(&self) -> Result<CertificateAuthorityArn, Fault> {
        let arn = CertificateAuthorityArn::new(
            &self.scope.region,
            &self.scope.account,
            Uuid::new_v4().hyphenated().encode_lower(&mut [0; 36]),
        );
        arn.map_err(|error| Fault::new(AwsException::InternalFailure, error))
    }

    /// Makes the key on a thread of its own, and waits for it for a while.
    fn make(&self, new: &Arc<Record>) {
        let is_done = self.begin_to_make(new);
        // Other keys take no time to speak of: however busy the machine is, they are waited for.
        let takes_long = matches!(
            new.request.certificate_authority_configuration.key_algorithm,
            KeyAlgorithm::Rsa2048 | KeyAlgorithm::Rsa3072 | KeyAlgorithm::Rsa4096
        );
        let _ = match self.options.wait_for_rsa_keys.filter(|_| takes_long) {
            // The authority is CREATING when the time is over.
            Some(time) => is_done.recv_timeout(time).is_ok(),
            None => is_done.recv().is_ok(),
        };
    }

    /// Makes the key on a thread of its own, which says when it is done.
    pub(super) fn begin_to_make(&self, new: &Arc<Record>) -> mpsc::Receiver<()> {
        let (store, clock, record) = (Arc::clone(&self.store), Arc::clone(&self.clock), Arc::clone(new));
        let options = Arc::clone(&self.options);
        let (done, is_done) = mpsc::channel();
        thread::spawn(move || {
            let authority = new_authority(&record, &*store).and_then(|(authority, kept)| {
                made(authority, kept, &options, &clock).map_err(|_| FailureReason::Other)
            });
            let making = match authority {
                Ok(made) => Making::Made(Arc::new(made)),
                Err(reason) => Making::Failed(reason),
            };
            let now = clock.now();
            // Who deletes an authority while its key is being made deletes it all the same. Of several keys the first that is kept counts.
            let kept = store.change(&record.arn, &mut |record| {
                if matches!(record.making, Making::Creating) {
                    record.making = making.clone();
                    record.last_state_change_at = now;
                }
                Ok(())
            });
            if let Err(error) = kept {
                eprintln!("acm_pca: {} stays CREATING until a restart: {error}", record.arn);
            }
            // The caller may close the store next.
            drop(store);
            // Or it has stopped waiting.
            let _ = done.send(());
        });
        is_done
    }

    pub(crate) fn describe(
        &self,
        request: DescribeCertificateAuthorityRequest,
    ) -> Result<DescribeCertificateAuthorityResponse, Fault> {
        let record = self.record(&request.certificate_authority_arn)?;
        let certificate_authority = Some(description(&record, self.clock.now()));
        Ok(DescribeCertificateAuthorityResponse { certificate_authority })
    }

    pub(crate) fn list(
        &self,
        request: ListCertificateAuthoritiesRequest,
    ) -> Result<ListCertificateAuthoritiesResponse, Fault> {
        let now = self.clock.now();
        let mut records = self.told(self.store.records())?;
        records.retain(|record| !record.is_gone(now));
        match request.resource_owner {
            // The list says of each what a description says.
            Some(ResourceOwner::OtherAccounts) => records.retain(|record| {
                let shown = |caller| self.is_shared(record, caller, &[Operation::DescribeCertificateAuthority]);
                record.arn.region() == self.scope.region && self.caller.as_deref().is_some_and(shown)
            }),
            _ => records.retain(|record| self.scope.has(&record.arn)),
        }
        let most = request.max_results.map_or(MOST_OF_A_PAGE, |max| max.get().min(MOST_OF_A_PAGE));
        let (records, next_token) =
            page(records, |record| record.arn.id().to_owned(), request.next_token.as_ref(), most)?;
        let certificate_authorities = records.iter().map(|record| description(record, now)).collect();
        Ok(ListCertificateAuthoritiesResponse { next_token, certificate_authorities })
    }

    pub(crate) fn update(&self, request: UpdateCertificateAuthorityRequest) -> Result<(), Fault> {
        self.record(&request.certificate_authority_arn)?;
        let now = self.clock.now();
        self.change(&request.certificate_authority_arn, |record| {
            let status = record.status(now);
            // Before it has a certificate, only its revocation configuration can change (R-SVC-5).
            let may_be_updated = match status {
                Status::Active | Status::Disabled => true,
                Status::PendingCertificate => request.status.is_none(),
                _ => false,
            };
            if !may_be_updated {
                // Clients that delete an authority go on at these words (R-ERR-3).
                let problem = "The certificate authority must be in the ACTIVE or DISABLED state to be updated";
                return Err(Fault::new(AwsException::InvalidState, problem));
            }
            if let Some(refused) = request.status.filter(|to| !matches!(to, Status::Active | Status::Disabled)) {
                let problem =
                    format_args!("a certificate authority cannot be set to {refused}, only to ACTIVE or DISABLED");
                return Err(Fault::new(AwsException::InvalidArgs, problem));
            }
            let present = record.made()?;
            let mut authority = present.authority.clone();
            if let Some(members) = request.revocation_configuration.clone() {
                authority.set_revocation_configuration(members.apply(authority.revocation_configuration().clone()));
            }
            if let Some(to) = request.status {
                authority.set_status(to).map_err(Error::from)?;
            }
            let made = made(authority, present.kept.clone(), &self.options, &self.clock)?;
            record.making = Making::Made(Arc::new(made));
            if record.status(now) != status {
                record.last_state_change_at = now;
            }
            Ok(())
        })
    }

    pub(crate) fn delete(&self, request: DeleteCertificateAuthorityRequest) -> Result<(), Fault> {
        self.record(&request.certificate_authority_arn)?;
        let now = self.clock.now();
        let days = request.permanent_deletion_time_in_days.map_or(30, |days| days.get());
        let until = now.checked_add_seconds(days * SECONDS_A_DAY).unwrap_or(Timestamp::MAX);
        self.change(&request.certificate_authority_arn, |record| {
            match record.status(now) {
                status @ Status::Active => return Err(wrong_state(record, status, "it must be DISABLED first")),
                status @ Status::Deleted => return Err(wrong_state(record, status, "it cannot be deleted again")),
                _ => {}
            }
            record.restorable_until = Some(until);
            record.last_state_change_at = now;
            Ok(())
        })
    }

    pub(crate) fn restore(&self, request: RestoreCertificateAuthorityRequest) -> Result<(), Fault> {
        self.record(&request.certificate_authority_arn)?;
        let now = self.clock.now();
        self.change(&request.certificate_authority_arn, |record| {
            if record.restorable_until.is_none() {
                return Err(wrong_state(record, record.status(now), "only a DELETED one can be restored"));
            }
            record.restorable_until = None;
            record.last_state_change_at = now;
            Ok(())
        })
    }
}

/// The revocation configuration that an authority begins with.
fn asked_for(request: &CreateCertificateAuthorityRequest) -> RevocationConfiguration {
    let members = request.revocation_configuration.clone();
    members.map_or_else(RevocationConfiguration::none, |members| members.apply(RevocationConfiguration::none()))
}

/// A new authority, and what it keeps from now on.
fn new_authority(record: &Record, store: &dyn Store) -> Result<(CertificateAuthority, Kept), FailureReason> {
    let configuration = &record.request.certificate_authority_configuration;
    let key = store.new_key(&record.arn, configuration.key_algorithm)?;
    let authority = authority_of(record, key.signer.public_key_der()).map_err(|_| FailureReason::Other)?;
    let csr = authority.certificate_signing_request(&key.signer, configuration.signing_algorithm);
    let csr = csr.map_err(|_| FailureReason::Other)?;
    Ok((authority, store.kept(&record.arn, key, csr)))
}

/// The authority that was asked for, with this key and without a certificate.
pub(crate) fn authority_of(record: &Record, public_key_der: &[u8]) -> Result<CertificateAuthority, AuthorityError> {
    let request = &record.request;
    let configuration = &request.certificate_authority_configuration;
    CertificateAuthority::builder(record.arn.clone(), request.certificate_authority_type)
        .usage_mode(request.usage_mode.unwrap_or(CertificateAuthorityUsageMode::GeneralPurpose))
        .revocation_configuration(asked_for(request))
        .csr_extensions(configuration.csr_extensions.clone().unwrap_or_default())
        .build(&configuration.subject, public_key_der)
}

pub(super) fn description(record: &Record, now: Timestamp) -> CertificateAuthorityDescription {
    let request = &record.request;
    let (authority, failure_reason) = match &record.making {
        Making::Made(made) => (Some(&made.authority), None),
        Making::Creating => (None, None),
        Making::Failed(reason) => (None, Some(*reason)),
    };
    let status = record.status(now);
    let not_after = authority.and_then(CertificateAuthority::not_after);
    let expired_at = not_after.filter(|_| status == Status::Expired);
    CertificateAuthorityDescription {
        arn: Some(record.arn.clone()),
        owner_account: Some(record.arn.account().to_owned()),
        created_at: Some(record.created_at),
        last_state_change_at: Some(expired_at.unwrap_or(record.last_state_change_at)),
        r#type: Some(request.certificate_authority_type),
        serial: authority.and_then(CertificateAuthority::serial).map(|serial| serial.to_string()),
        status: Some(status),
        not_before: authority.and_then(CertificateAuthority::not_before),
        not_after,
        failure_reason,
        certificate_authority_configuration: Some(request.certificate_authority_configuration.clone()),
        revocation_configuration: Some(match authority {
            Some(authority) => authority.revocation_configuration().clone(),
            None => asked_for(request),
        }),
        restorable_until: record.restorable_until,
        key_storage_security_standard: Some(
            request.key_storage_security_standard.unwrap_or(KeyStorageSecurityStandard::Fips140Level3OrHigher),
        ),
        usage_mode: Some(request.usage_mode.unwrap_or(CertificateAuthorityUsageMode::GeneralPurpose)),
    }
}
