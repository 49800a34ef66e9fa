//! Issuing, getting and revoking certificates.

use std::borrow::Cow;
use std::sync::Arc;

use issuance::api::{Fault, GetCertificateRequest, GetCertificateResponse, RevokeCertificateRequest};
use issuance::authority::CertificateAuthorityStatus as Status;
use issuance::request::IssueCertificateResponse;
use issuance::x509::Field;
use issuance::{AwsException, CertificateArn, Error, IssueCertificateRequest, IssuedCertificate, Issuer, SerialNumber};

use super::{Service, csr_form, wrong_state};
use crate::log::with_causes;
use crate::metrics::Stage;
use crate::plan::StoredPlan;
use crate::store::{Certificate, Made, Making, Record};

impl Service {
    pub(crate) fn issue(&self, request: IssueCertificateRequest) -> Result<IssueCertificateResponse, Fault> {
        let arn = request.certificate_authority_arn();
        self.entry().authority = Some(arn.to_string());
        csr_form::check(request.csr(), self.options.lenient)?;
        let record = self.record(arn)?;
        let made = match &record.making {
            Making::Made(made) if record.restorable_until.is_none() => made,
            _ => {
                let status = record.status(self.clock.now());
                return Err(Error::AuthorityState { arn: arn.clone(), status }.into());
            }
        };
        let issuer = self.issuer_for_caller(made);
        let issued = self.metrics.time(Stage::Issue, || issuer.issue(&request)).inspect_err(|error| {
            self.metrics.failed(error);
            if matches!(error, Error::Signer(_)) {
                self.away.add(arn);
            }
            // Who calls is not told why the service failed; who runs it is.
            if error.aws_exception() == AwsException::InternalFailure {
                self.entry().remark(with_causes(error));
            }
        })?;
        self.remark(&issued);
        self.metrics.issued(issued.plan().template());
        let self_signed = issued.chain_der().next().is_none();
        let certificate = || Certificate {
            der: issued.der().into(),
            chain: if self_signed { Arc::default() } else { Arc::clone(&made.chain) },
            subject: issued.plan().field_text(Field::Subject).into(),
            not_before: issued.not_before(),
            not_after: issued.not_after(),
            issued_at: self.clock.now(),
            template: request.template_arn().cloned(),
            partition: issued.crl_partition(),
            revoked: None,
            plan: StoredPlan::of(issued.plan()),
        };
        self.told(self.metrics.time(Stage::Store, || self.store.add_certificate(arn, issued.serial(), &certificate)))?;
        Ok(IssueCertificateResponse::new(issued.arn().clone()))
    }

    /// What issues for the caller: what its policy says of certificates counts beside what limits everybody, and so does that of
    /// an authority of another account.
    pub(super) fn issuer_for_caller<'m>(&self, made: &'m Made) -> Cow<'m, Issuer> {
        let documents =
            self.caller.as_ref().and_then(|caller| caller.document.as_ref()).into_iter().chain(&self.shared);
        documents.fold(Cow::Borrowed(&made.issuer), |issuer, document| {
            Cow::Owned(issuer.with_iam_document(document.clone()))
        })
    }

    /// What the operator's log says of a certificate: what a verifier may misread, what of the request is not in it, and why.
    fn remark(&self, issued: &IssuedCertificate) {
        let mut entry = self.entry();
        entry.remark(format!("certificate {}", issued.arn().serial()));
        for warning in issued.plan().warnings() {
            entry.remark(format!("warning: {warning}"));
        }
        for input in issued.plan().suppressed() {
            entry.remark(format!("not used: {}, because {}", input.input(), input.reason()));
        }
    }

    pub(crate) fn get_certificate(&self, request: GetCertificateRequest) -> Result<GetCertificateResponse, Fault> {
        let record = self.record(&request.certificate_authority_arn)?;
        let status = record.status(self.clock.now());
        let found = match status {
            Status::Deleted => None,
            _ => self.find(&record, &request.certificate_arn)?,
        };
        match found {
            Some(certificate) => Ok(GetCertificateResponse {
                certificate: Some(pem(&certificate.der)),
                certificate_chain: Some(certificate.chain.to_string()).filter(|chain| !chain.is_empty()),
            }),
            // The words are those of the service (R-ERR-3).
            None if !matches!(status, Status::Active | Status::Disabled | Status::Expired) => Err(Fault::new(
                AwsException::InvalidState,
                format_args!(
                    "The certificate authority {} is not in the correct state to have issued certificates.",
                    record.arn
                ),
            )),
            None => Err(Fault::new(
                AwsException::ResourceNotFound,
                format_args!("There is no certificate {}", request.certificate_arn),
            )),
        }
    }

    fn find(&self, record: &Record, arn: &CertificateArn) -> Result<Option<Certificate>, Fault> {
        let of_this = arn.authority() == record.arn;
        match arn.serial_number(self.options.serial_format).filter(|_| of_this) {
            Some(serial) => self.told(self.store.certificate(&record.arn, &serial)),
            None => Ok(None),
        }
    }

    pub(crate) fn revoke(&self, request: RevokeCertificateRequest) -> Result<(), Fault> {
        let record = self.present(&request.certificate_authority_arn)?;
        let now = self.clock.now();
        let status = record.status(now);
        if !matches!(status, Status::Active | Status::Disabled | Status::Expired) {
            return Err(wrong_state(&record, status, "it has nothing to revoke before it is ACTIVE"));
        }
        let text = request.certificate_serial.as_str();
        let serial = SerialNumber::from_hex(text).map_err(|error| {
            Fault::new(AwsException::InvalidRequest, format_args!("'{text}' at 'certificateSerial': {error}"))
        })?;
        let certificate = self.told(self.store.certificate(&record.arn, &serial))?;
        if certificate.is_some_and(|certificate| certificate.chain.is_empty()) {
            // The words are those of the service (R-ERR-3).
            return Err(Fault::new(AwsException::InvalidRequest, "Self-signed certificate can not be revoked"));
        }
        let revoked = self.told(self.store.revoke(&record.arn, &serial, now, request.revocation_reason))?;
        if revoked.is_some() {
            // Also by a retry: whoever revoked it may have died before this.
            self.told(record.made()?.kept.lists.outdate())?;
        }
        match revoked {
            Some(false) => Ok(()),
            Some(true) => Err(Fault::new(
                AwsException::RequestAlreadyProcessed,
                format_args!("The certificate with the serial number {serial} is revoked already"),
            )),
            None => Err(Fault::new(
                AwsException::ResourceNotFound,
                format_args!("{} has issued no certificate with the serial number {serial}", record.arn),
            )),
        }
    }
}

pub(crate) fn pem(der: &[u8]) -> String {
    use der::pem::LineEnding;
    // Fails only for labels that are none.
    let pem = der::pem::encode_string("CERTIFICATE", LineEnding::LF, der).unwrap_or_default();
    pem.trim_end().to_owned()
}
