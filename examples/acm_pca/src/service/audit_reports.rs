//! Audit reports, written below a directory in place of a bucket.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use issuance::api::{
    AuditReportResponseFormat, AuditReportStatus, CreateCertificateAuthorityAuditReportRequest,
    CreateCertificateAuthorityAuditReportResponse, DescribeCertificateAuthorityAuditReportRequest,
    DescribeCertificateAuthorityAuditReportResponse, Fault,
};
use issuance::{AwsException, CertificateArn, SerialNumber, Timestamp};
use serde::Serialize;
use uuid::Uuid;

use super::{Service, wrong_state};
use crate::storage::make_directory;
use crate::store::{Certificate, Record, Report};

/// One certificate, with the names that the service's reports have.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    aws_account_id: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    requested_by_service_principal: String,
    certificate_arn: String,
    serial: String,
    subject: String,
    not_before: String,
    not_after: String,
    issued_at: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    revoked_at: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    revocation_reason: String,
    template_arn: String,
}

const COLUMNS: &str = "awsAccountId,requestedByServicePrincipal,certificateArn,serial,subject,notBefore,notAfter,issuedAt,revokedAt,\
                       revocationReason,templateArn";

impl Service {
    pub(crate) fn create_audit_report(
        &self,
        request: CreateCertificateAuthorityAuditReportRequest,
    ) -> Result<CreateCertificateAuthorityAuditReportResponse, Fault> {
        let record = self.present(&request.certificate_authority_arn)?;
        if record.made()?.authority.certificate_der().is_none() {
            let status = record.status(self.clock.now());
            return Err(wrong_state(&record, status, "it has nothing to report before it is ACTIVE"));
        }
        let bucket = request.s3_bucket_name.as_str();
        if !is_bucket_name(bucket) {
            let problem = format_args!(
                "'{bucket}' at 's3BucketName' must be the name of a bucket: lower-case letters, digits, '.' and '-'"
            );
            return Err(Fault::new(AwsException::InvalidArgs, problem));
        }
        let id = Uuid::new_v4().to_string();
        let (extension, text) = match request.audit_report_response_format {
            AuditReportResponseFormat::Json => ("json", json(&self.rows(&record)?)?),
            AuditReportResponseFormat::Csv => ("csv", csv(&self.rows(&record)?)),
        };
        let key = format!("audit-report/{}/{id}.{extension}", record.arn.id());
        let path = self.audit_reports.join(bucket).join(&key);
        let written = write(&path, &text);
        if let Err(error) = &written {
            self.entry().remark(format!("{} cannot be written: {error}", path.display()));
        }
        let report = Report {
            id: id.parse().map_err(internal)?,
            bucket: request.s3_bucket_name.clone(),
            key,
            created_at: self.clock.now(),
            path: written.ok().map(|()| path),
        };
        self.change_present(&record.arn, |record| {
            record.reports.push(report.clone());
            Ok(())
        })?;
        Ok(CreateCertificateAuthorityAuditReportResponse { audit_report_id: Some(report.id), s3_key: Some(report.key) })
    }

    pub(crate) fn describe_audit_report(
        &self,
        request: DescribeCertificateAuthorityAuditReportRequest,
    ) -> Result<DescribeCertificateAuthorityAuditReportResponse, Fault> {
        let record = self.record(&request.certificate_authority_arn)?;
        let report = record.reports.iter().find(|report| report.id == request.audit_report_id).ok_or_else(|| {
            let problem = format_args!("{} has no audit report {}", record.arn, request.audit_report_id);
            Fault::new(AwsException::ResourceNotFound, problem)
        })?;
        let status = if report.path.is_some() { AuditReportStatus::Success } else { AuditReportStatus::Failed };
        Ok(DescribeCertificateAuthorityAuditReportResponse {
            audit_report_status: Some(status),
            s3_bucket_name: Some(report.bucket.clone()),
            s3_key: Some(report.key.clone()),
            created_at: Some(report.created_at),
        })
    }

    fn rows(&self, record: &Record) -> Result<Vec<Row>, Fault> {
        let certificates = self.told(self.store.certificates(&record.arn))?;
        certificates.iter().map(|(serial, certificate)| self.row(record, serial, certificate)).collect()
    }

    /// What the certificate says (R-SVC-4); nothing stands for what could not be told.
    fn row(&self, record: &Record, serial: &SerialNumber, certificate: &Certificate) -> Result<Row, Fault> {
        let arn = CertificateArn::new(&record.arn, serial, self.options.serial_format).map_err(internal)?;
        let (revoked_at, reason) = certificate.revoked.unzip();
        let template = certificate.template.as_ref().map(ToString::to_string);
        Ok(Row {
            aws_account_id: record.arn.account().to_owned(),
            requested_by_service_principal: String::new(),
            certificate_arn: arn.to_string(),
            serial: serial.to_string(),
            subject: certificate.subject.to_string(),
            not_before: printed(certificate.not_before),
            not_after: printed(certificate.not_after),
            issued_at: printed(certificate.issued_at),
            revoked_at: revoked_at.map(printed).unwrap_or_default(),
            revocation_reason: reason.map(|reason| reason.to_string()).unwrap_or_default(),
            // A request without a template asks for this one (R-REQ-5).
            template_arn: template.unwrap_or_else(|| {
                format!("arn:{}:acm-pca:::template/EndEntityCertificate/V1", record.arn.partition())
            }),
        })
    }
}

fn internal(error: impl std::fmt::Display) -> Fault {
    Fault::new(AwsException::InternalFailure, error)
}

/// A name that stays below the directory of the reports.
fn is_bucket_name(name: &str) -> bool {
    name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'.' || b == b'-')
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && !name.contains("..")
}

/// `2026-11-21T09:30:00+0000`.
fn printed(time: Timestamp) -> String {
    time.to_string().replace('Z', "+0000")
}

fn json(rows: &[Row]) -> Result<String, Fault> {
    serde_json::to_string_pretty(rows).map_err(internal)
}

fn csv(rows: &[Row]) -> String {
    let line = |row: &Row| {
        let columns = [
            &row.aws_account_id,
            &row.requested_by_service_principal,
            &row.certificate_arn,
            &row.serial,
            &row.subject,
            &row.not_before,
            &row.not_after,
            &row.issued_at,
            &row.revoked_at,
            &row.revocation_reason,
            &row.template_arn,
        ];
        columns.map(|text| format!("\"{}\"", text.replace('"', "\"\""))).join(",")
    };
    std::iter::once(COLUMNS.to_owned()).chain(rows.iter().map(line)).map(|line| line + "\n").collect()
}

/// Who sees the file sees all of it.
fn write(path: &Path, text: &str) -> io::Result<()> {
    if let Some(directory) = path.parent() {
        make_directory(directory)?;
    }
    let mut temporary = PathBuf::from(path);
    temporary.set_extension("part");
    let mut file = fs::File::create(&temporary)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(temporary, path)
}
