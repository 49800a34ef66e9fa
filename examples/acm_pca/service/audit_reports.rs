//! Audit reports, written below a directory in place of a bucket.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use der::Decode;
use issuance::api::{
    AuditReportResponseFormat, AuditReportStatus, CreateCertificateAuthorityAuditReportRequest,
    CreateCertificateAuthorityAuditReportResponse, DescribeCertificateAuthorityAuditReportRequest,
    DescribeCertificateAuthorityAuditReportResponse, Fault,
};
use issuance::{AwsException, CertificateArn, SerialNumber, Timestamp};
use serde::Serialize;
use uuid::Uuid;

use super::{Service, wrong_state};
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
    pub fn create_audit_report(
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
            AuditReportResponseFormat::Json => ("json", json(&self.rows(&record))),
            AuditReportResponseFormat::Csv => ("csv", csv(&self.rows(&record))),
        };
        let key = format!("audit-report/{}/{id}.{extension}", record.arn.id());
        let path = self.options.audit_reports.join(bucket).join(&key);
        let internal = |error: &dyn std::fmt::Display| Fault::new(AwsException::InternalFailure, error);
        let report = Report {
            id: id.parse().map_err(|error| internal(&error))?,
            bucket: request.s3_bucket_name.clone(),
            key,
            created_at: self.clock.now(),
            path: write(&path, &text).ok().map(|()| path),
        };
        self.change_present(&record.arn, |record| {
            record.reports.push(report.clone());
            Ok(())
        })?;
        Ok(CreateCertificateAuthorityAuditReportResponse { audit_report_id: Some(report.id), s3_key: Some(report.key) })
    }

    pub fn describe_audit_report(
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

    fn rows(&self, record: &Record) -> Vec<Row> {
        let certificates = self.store.certificates(&record.arn);
        certificates.iter().map(|(serial, certificate)| self.row(record, serial, certificate)).collect()
    }

    fn row(&self, record: &Record, serial: &SerialNumber, certificate: &Certificate) -> Row {
        let arn = CertificateArn::new(&record.arn, serial, self.options.serial_format);
        let decoded = x509_cert::Certificate::from_der(&certificate.der).ok();
        let tbs = decoded.as_ref().map(|certificate| certificate.tbs_certificate());
        let time = |time: x509_cert::time::Time| {
            let seconds = i64::try_from(time.to_unix_duration().as_secs()).unwrap_or(i64::MAX);
            Timestamp::from_unix(seconds).map(printed).unwrap_or_default()
        };
        let (revoked_at, reason) = certificate.revoked.unzip();
        let template = certificate.template.as_ref().map(ToString::to_string);
        Row {
            aws_account_id: record.arn.account().to_owned(),
            requested_by_service_principal: String::new(),
            certificate_arn: arn.map(|arn| arn.to_string()).unwrap_or_default(),
            serial: serial.to_string(),
            subject: tbs.map(|tbs| tbs.subject().to_string()).unwrap_or_default(),
            not_before: tbs.map(|tbs| time(tbs.validity().not_before)).unwrap_or_default(),
            not_after: tbs.map(|tbs| time(tbs.validity().not_after)).unwrap_or_default(),
            issued_at: printed(certificate.issued_at),
            revoked_at: revoked_at.map(printed).unwrap_or_default(),
            revocation_reason: reason.map(|reason| reason.to_string()).unwrap_or_default(),
            template_arn: template.unwrap_or_else(|| {
                format!("arn:{}:acm-pca:::template/EndEntityCertificate/V1", record.arn.partition())
            }),
        }
    }
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

fn json(rows: &[Row]) -> String {
    // Fails only for keys that are no text.
    serde_json::to_string_pretty(rows).unwrap_or_default()
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

/// Whoever sees the file sees all of it.
fn write(path: &Path, text: &str) -> io::Result<()> {
    if let Some(directory) = path.parent() {
        fs::create_dir_all(directory)?;
    }
    let mut temporary = PathBuf::from(path);
    temporary.set_extension("part");
    fs::write(&temporary, text)?;
    fs::rename(temporary, path)
}
