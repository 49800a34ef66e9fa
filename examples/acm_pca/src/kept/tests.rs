//! What a restart finds.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use base64::prelude::{BASE64_STANDARD, Engine};
use issuance::api::{Format, Operation};
use issuance::crl::Crl;
use issuance::ledger::RedbLedger;
use issuance::{AwsException, Clock, Timestamp};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{AUTHORITY, KeptStore, Place, change_passphrase};
use crate::keys::KeyRing;
use crate::options::Options;
use crate::passphrase::Passphrase;
use crate::service::Service;

const POLICY: &str = r#"{ "Version": "2012-10-17", "Statement": [] }"#;
const PASSPHRASE: &str = "correct horse battery staple";

struct SetClock(Mutex<i64>);

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix(*self.0.lock().unwrap()).unwrap()
    }
}

struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn place(folder: &Path) -> Place {
    let ledger = Arc::new(RedbLedger::open(folder.join("ledger")).unwrap());
    Place { documents: ledger.clone(), ledger, is_far: true }
}

fn open(folder: &Path, clock: &Arc<SetClock>, passphrase: &str) -> Result<Service, String> {
    let keys = KeyRing { passphrase: Some(Passphrase::of(passphrase)), token: None };
    let (clock, options): (Arc<dyn Clock>, _) = (clock.clone(), Arc::new(Options::default()));
    let store = KeptStore::open(place(folder), keys, options.clone(), clock.clone())?;
    let service = Service::new(Box::new(store), clock, options, folder.join("reports"));
    service.recover()?;
    Ok(service)
}

fn call(service: &Service, operation: Operation, body: &Value) -> Result<Value, AwsException> {
    let answer = service.serve(operation, Format::Json, body.to_string().as_bytes());
    let answer = answer.map_err(|fault| fault.exception)?;
    Ok(if answer.is_empty() { Value::Null } else { serde_json::from_slice(&answer).unwrap() })
}

fn with(of: &Value, members: Value) -> Value {
    let mut request = of.clone();
    request.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    request
}

fn creation() -> Value {
    json!({
        "CertificateAuthorityType": "ROOT",
        "IdempotencyToken": "1",
        "UsageMode": "GENERAL_PURPOSE",
        "Tags": [{ "Key": "team", "Value": "a" }],
        "RevocationConfiguration": {
            "CrlConfiguration": { "Enabled": true, "ExpirationInDays": 4, "S3BucketName": "bucket" },
        },
        "CertificateAuthorityConfiguration": {
            "KeyAlgorithm": "EC_prime256v1", "SigningAlgorithm": "SHA256WITHECDSA",
            "Subject": { "CommonName": "Root" },
            "CsrExtensions": { "KeyUsage": { "CRLSign": true } },
        },
    })
}

fn issue(service: &Service, authority: &Value, csr: &str, template: &str, token: &str) -> Result<Value, AwsException> {
    let request = json!({
        "Csr": BASE64_STANDARD.encode(csr), "SigningAlgorithm": "SHA256WITHECDSA", "IdempotencyToken": token,
        "TemplateArn": format!("arn:aws:acm-pca:::template/{template}/V1"),
        "Validity": { "Type": "DAYS", "Value": if template == "RootCACertificate" { 300 } else { 30 } },
    });
    Ok(call(service, Operation::IssueCertificate, &with(authority, request))?["CertificateArn"].take())
}

#[test]
fn everything_outlives_the_process() {
    let folder = Folder(std::env::temp_dir().join(format!("acm-pca-kept-{}", Uuid::new_v4())));
    std::fs::create_dir(&folder.0).unwrap();
    let clock = Arc::new(SetClock(Mutex::new(1_800_000_000)));
    let service = open(&folder.0, &clock, PASSPHRASE).unwrap();
    let authority = call(&service, Operation::CreateCertificateAuthority, &creation()).unwrap();
    let csr = call(&service, Operation::GetCertificateAuthorityCsr, &authority).unwrap();
    let csr = csr["Csr"].as_str().unwrap();
    let import = |service: &Service, token: &str| {
        let own = issue(service, &authority, csr, "RootCACertificate", token).unwrap();
        let own =
            call(service, Operation::GetCertificate, &with(&authority, json!({ "CertificateArn": own }))).unwrap();
        assert_eq!(own["CertificateChain"], Value::Null);
        let certificate = BASE64_STANDARD.encode(own["Certificate"].as_str().unwrap());
        let import = with(&authority, json!({ "Certificate": certificate }));
        call(service, Operation::ImportCertificateAuthorityCertificate, &import).unwrap();
    };
    import(&service, "own");
    let issued = issue(&service, &authority, csr, "EndEntityCertificate", "a").unwrap();
    let revoked = issue(&service, &authority, csr, "EndEntityCertificate", "b").unwrap();
    let serial = revoked.as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    let revocation = with(&authority, json!({ "CertificateSerial": serial, "RevocationReason": "SUPERSEDED" }));
    call(&service, Operation::RevokeCertificate, &revocation).unwrap();
    let permission = json!({ "Principal": "acm.amazonaws.com", "Actions": ["IssueCertificate", "GetCertificate"] });
    call(&service, Operation::CreatePermission, &with(&authority, permission)).unwrap();
    let policy = json!({ "ResourceArn": authority["CertificateAuthorityArn"], "Policy": POLICY });
    call(&service, Operation::PutPolicy, &policy).unwrap();
    let report = json!({ "S3BucketName": "bucket", "AuditReportResponseFormat": "JSON" });
    let report = call(&service, Operation::CreateCertificateAuthorityAuditReport, &with(&authority, report)).unwrap();

    let get = with(&authority, json!({ "CertificateArn": issued }));
    let report = with(&authority, json!({ "AuditReportId": report["AuditReportId"] }));
    let of_resource = json!({ "ResourceArn": authority["CertificateAuthorityArn"] });
    let seen = |service: &Service| {
        [
            (Operation::DescribeCertificateAuthority, &authority),
            (Operation::GetCertificateAuthorityCertificate, &authority),
            (Operation::GetCertificateAuthorityCsr, &authority),
            (Operation::ListCertificateAuthorities, &json!({})),
            (Operation::ListTags, &authority),
            (Operation::ListPermissions, &authority),
            (Operation::GetPolicy, &of_resource),
            (Operation::GetCertificate, &get),
            (Operation::DescribeCertificateAuthorityAuditReport, &report),
        ]
        .map(|(operation, body)| call(service, operation, body).unwrap())
    };
    let path =
        format!("/crl/{}.crl", authority["CertificateAuthorityArn"].as_str().unwrap().rsplit('/').next().unwrap());
    let list = |service: &Service| {
        let der = service.list_at(&path).unwrap();
        let list = Crl::from_der(&der).unwrap();
        (list.number().unwrap(), list.entries().count())
    };
    let before = seen(&service);
    let (number, entries) = list(&service);
    assert_eq!(entries, 1);
    drop(service);

    let problem = open(&folder.0, &clock, "wrong").err().unwrap();
    assert_eq!(problem, "the passphrase is wrong: it does not open the keys that are kept here");
    *clock.0.lock().unwrap() += 60;
    let service = open(&folder.0, &clock, PASSPHRASE).unwrap();
    assert_eq!(seen(&service), before);
    let numbered = list(&service);
    assert!(numbered.0 > number && numbered.1 == 1, "{numbered:?} after {number}");
    // Tokens count as before.
    assert_eq!(call(&service, Operation::CreateCertificateAuthority, &creation()).unwrap(), authority);
    assert_eq!(issue(&service, &authority, csr, "EndEntityCertificate", "a").unwrap(), issued);
    assert_eq!(call(&service, Operation::RevokeCertificate, &revocation), Err(AwsException::RequestAlreadyProcessed));

    // A renewal keeps what was issued before, and its list.
    import(&service, "renewed");
    call(&service, Operation::UpdateCertificateAuthority, &with(&authority, json!({ "Status": "DISABLED" }))).unwrap();
    drop(service);
    let (from, to) = (Passphrase::of(PASSPHRASE), Passphrase::of("another"));
    assert!(change_passphrase(&*place(&folder.0).documents, &to, &from).is_err());
    assert_eq!(change_passphrase(&*place(&folder.0).documents, &from, &to), Ok(1));
    assert!(open(&folder.0, &clock, PASSPHRASE).is_err());
    *clock.0.lock().unwrap() += 60;
    let service = open(&folder.0, &clock, "another").unwrap();
    assert_eq!(issue(&service, &authority, csr, "EndEntityCertificate", "c"), Err(AwsException::InvalidState));
    call(&service, Operation::UpdateCertificateAuthority, &with(&authority, json!({ "Status": "ACTIVE" }))).unwrap();
    issue(&service, &authority, csr, "EndEntityCertificate", "c").unwrap();
    assert_eq!(call(&service, Operation::GetCertificate, &get).unwrap(), before[7]);
    assert!(list(&service) > numbered);
    drop(service);

    // The key is nowhere in the clear, and a record that does not decode is named.
    let documents = place(&folder.0).documents;
    let record = documents.documents(AUTHORITY).unwrap().remove(0);
    let text = String::from_utf8(record.body).unwrap();
    assert!(text.contains("ENCRYPTED PRIVATE KEY") && !text.contains("BEGIN PRIVATE KEY"));
    let later = text.replace("\"version\":1", "\"version\":2");
    let change = issuance::ledger::Change::to(AUTHORITY, &record.key, record.version, later);
    assert!(documents.change(&[change]).unwrap());
    drop(documents);
    let problem = open(&folder.0, &clock, "another").err().unwrap();
    assert!(problem.contains(&record.key) && problem.contains("it has version 2"), "{problem}");
}

/// The process that died while making a key has left an authority that is CREATING.
#[test]
fn a_creation_that_was_cut_off_goes_on() {
    let folder = Folder(std::env::temp_dir().join(format!("acm-pca-kept-{}", Uuid::new_v4())));
    std::fs::create_dir(&folder.0).unwrap();
    let clock = Arc::new(SetClock(Mutex::new(1_800_000_000)));
    let service = open(&folder.0, &clock, PASSPHRASE).unwrap();
    let authority = call(&service, Operation::CreateCertificateAuthority, &creation()).unwrap();
    drop(service);
    let documents = place(&folder.0).documents;
    let record = documents.documents(AUTHORITY).unwrap().remove(0);
    let mut body: Value = serde_json::from_slice(&record.body).unwrap();
    body["making"] = json!("creating");
    let change = issuance::ledger::Change::to(AUTHORITY, &record.key, record.version, body.to_string());
    assert!(documents.change(&[change]).unwrap());
    drop(documents);

    let service = open(&folder.0, &clock, PASSPHRASE).unwrap();
    let begun = std::time::Instant::now();
    while call(&service, Operation::GetCertificateAuthorityCsr, &authority).is_err() {
        assert!(begun.elapsed().as_secs() < 60, "it stays CREATING");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    assert_eq!(call(&service, Operation::CreateCertificateAuthority, &creation()).unwrap(), authority);
}
