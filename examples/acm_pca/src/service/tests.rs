//! What a client cannot see to: time that passes, and what happens between two steps of a call.

use std::sync::{Mutex, mpsc};
use std::thread;
use std::time::Duration;

use super::*;
use crate::memory::MemoryStore;
use crate::policy::Limits;
use crate::store::{Making, Record};
use base64::prelude::{BASE64_STANDARD, Engine};
use issuance::api::FailureReason;
use issuance::{AwsException, CertificateAuthorityArn, Timestamp};
use serde_json::{Value, json};
use uuid::Uuid;

/// A clock that is set.
struct SetClock(Mutex<i64>);

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix(*self.0.lock().unwrap()).unwrap()
    }
}

pub(super) fn call_of(service: &Service, operation: Operation, body: Value) -> Result<Value, Fault> {
    let answer = service.serve(operation, Format::Json, body.to_string().as_bytes())?;
    Ok(if answer.is_empty() { Value::Null } else { serde_json::from_slice(&answer).unwrap() })
}

pub(super) struct Bench {
    pub(super) service: Service,
    clock: Arc<SetClock>,
}

impl Bench {
    pub(super) fn new() -> Bench {
        Bench::with(Options::default())
    }

    fn with(options: Options) -> Bench {
        let clock = Arc::new(SetClock(Mutex::new(1_800_000_000)));
        let store = Box::new(MemoryStore::default());
        let reports = std::env::temp_dir().join(format!("acm-pca-test-{}", Uuid::new_v4()));
        let service = Service::new(store, clock.clone(), options, reports);
        Bench { service, clock }
    }

    pub(super) fn pass(&self, seconds: i64) {
        *self.clock.0.lock().unwrap() += seconds;
    }

    pub(super) fn call(&self, operation: Operation, body: Value) -> Result<Value, AwsException> {
        call_of(&self.service, operation, body).map_err(|fault| fault.exception)
    }

    pub(super) fn create(&self, token: &str) -> Value {
        self.call(Operation::CreateCertificateAuthority, creation(token)).unwrap()
    }

    fn status(&self, authority: &Value) -> Result<Value, AwsException> {
        let described = self.call(Operation::DescribeCertificateAuthority, authority.clone())?;
        Ok(described["CertificateAuthority"]["Status"].clone())
    }
}

fn creation(token: &str) -> Value {
    json!({
        "CertificateAuthorityType": "ROOT",
        "IdempotencyToken": token,
        "CertificateAuthorityConfiguration": {
            "KeyAlgorithm": "EC_prime256v1", "SigningAlgorithm": "SHA256WITHECDSA", "Subject": { "CommonName": "Root" },
        },
    })
}

const DAY: i64 = 86400;

/// R-SVC-3.
#[test]
fn what_is_kept_is_apart_per_account_and_region() {
    let bench = Bench::new();
    let scope = |region: &str, account: &str| Scope { region: region.to_owned(), account: account.to_owned() };
    let scopes =
        [scope("us-east-1", "123456789012"), scope("cn-north-1", "123456789012"), scope("us-east-1", "210987654321")];
    let services = scopes.clone().map(|scope| bench.service.in_scope(scope));
    let created = services.each_ref().map(|service| {
        // One token for all of them.
        let created = call_of(service, Operation::CreateCertificateAuthority, creation("1")).unwrap();
        let arn: CertificateAuthorityArn = created["CertificateAuthorityArn"].as_str().unwrap().parse().unwrap();
        assert_eq!(Scope { region: arn.region().to_owned(), account: arn.account().to_owned() }, service.scope);
        created
    });
    let partition =
        |created: &Value| created["CertificateAuthorityArn"].as_str().unwrap().split(':').nth(1).map(str::to_owned);
    assert_eq!(created.each_ref().map(partition), ["aws", "aws-cn", "aws"].map(|text| Some(text.to_owned())));
    for (of, service) in services.iter().enumerate() {
        let listed = call_of(service, Operation::ListCertificateAuthorities, json!({})).unwrap();
        let listed = listed["CertificateAuthorities"].as_array().unwrap();
        assert_eq!(
            listed.iter().map(|described| &described["Arn"]).collect::<Vec<_>>(),
            [&created[of]["CertificateAuthorityArn"]]
        );
        for (position, authority) in created.iter().enumerate() {
            let described = call_of(service, Operation::DescribeCertificateAuthority, authority.clone());
            match position == of {
                true => assert!(described.is_ok()),
                false => assert_eq!(described.unwrap_err().exception, AwsException::ResourceNotFound),
            }
        }
    }
}

/// R-SVC-4: the subject of a certificate may have any string type.
#[test]
fn an_audit_report_says_what_the_certificate_says() {
    let bench = Bench::new();
    let authority = bench.create("1");
    let issue = |csr: &str, template: &str| {
        let mut request = authority.clone();
        request["Csr"] = json!(BASE64_STANDARD.encode(csr));
        request["SigningAlgorithm"] = json!("SHA256WITHECDSA");
        request["TemplateArn"] = json!(format!("arn:aws:acm-pca:::template/{template}/V1"));
        request["Validity"] = json!({ "Type": "DAYS", "Value": 30 });
        bench.call(Operation::IssueCertificate, request).unwrap()["CertificateArn"].clone()
    };
    let csr = bench.call(Operation::GetCertificateAuthorityCsr, authority.clone()).unwrap();
    let mut get = authority.clone();
    get["CertificateArn"] = issue(csr["Csr"].as_str().unwrap(), "RootCACertificate");
    let own = bench.call(Operation::GetCertificate, get).unwrap();
    let mut import = authority.clone();
    import["Certificate"] = json!(BASE64_STANDARD.encode(own["Certificate"].as_str().unwrap()));
    bench.call(Operation::ImportCertificateAuthorityCertificate, import).unwrap();
    let subjects = [
        (&include_bytes!("../../../../tests/data/csr/accepted/subject-universal.der")[..], "CN=\u{9375}\u{1f511}"),
        (
            include_bytes!("../../../../tests/data/csr/accepted/subject-universal-beyond-unicode.der"),
            "CN=#1C0400110000",
        ),
    ];
    for (der, _) in subjects {
        issue(
            &der::pem::encode_string("CERTIFICATE REQUEST", Default::default(), der).unwrap(),
            "EndEntityCertificate",
        );
    }

    let mut create = authority.clone();
    create["S3BucketName"] = json!("bucket");
    create["AuditReportResponseFormat"] = json!("JSON");
    let created = bench.call(Operation::CreateCertificateAuthorityAuditReport, create).unwrap();
    let path = bench.service.audit_reports.join("bucket").join(created["S3Key"].as_str().unwrap());
    let rows: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    std::fs::remove_dir_all(bench.service.audit_reports.as_path()).unwrap();
    let told = |at: usize| [&rows[at]["subject"], &rows[at]["notBefore"], &rows[at]["notAfter"]];
    for (at, subject) in ["CN=Root", subjects[0].1, subjects[1].1].into_iter().enumerate() {
        // An hour before the clock, and 30 days after it.
        assert_eq!(told(at), [subject, "2027-01-15T07:00:00+0000", "2027-02-14T08:00:00+0000"]);
    }
}

/// R-ERR-3 and R-SVC-5.
#[test]
fn an_update_before_there_is_a_certificate_is_of_the_revocation_configuration_alone() {
    let bench = Bench::new();
    let authority = bench.create("1");
    let update = |members: Value| {
        let mut request = authority.clone();
        request.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        call_of(&bench.service, Operation::UpdateCertificateAuthority, request)
    };
    let revocation = || {
        let described = bench.call(Operation::DescribeCertificateAuthority, authority.clone()).unwrap();
        described["CertificateAuthority"]["RevocationConfiguration"].clone()
    };
    let disabled = json!({ "Enabled": false });
    assert_eq!(revocation(), json!({ "CrlConfiguration": disabled, "OcspConfiguration": disabled }));
    let crl = json!({ "Enabled": true, "ExpirationInDays": 7, "S3BucketName": "bucket" });
    update(json!({ "RevocationConfiguration": { "CrlConfiguration": crl } })).unwrap();
    let mut shown = crl.clone();
    shown["S3ObjectAcl"] = json!("PUBLIC_READ");
    assert_eq!(revocation(), json!({ "CrlConfiguration": shown, "OcspConfiguration": disabled }));

    for members in [json!({ "Status": "DISABLED" }), json!({ "Status": "ACTIVE", "RevocationConfiguration": {} })] {
        let fault = update(members).unwrap_err();
        assert_eq!(fault.exception, AwsException::InvalidState);
        assert_eq!(fault.message, "The certificate authority must be in the ACTIVE or DISABLED state to be updated");
    }
    bench.call(Operation::DeleteCertificateAuthority, authority.clone()).unwrap();
    let fault = update(json!({ "RevocationConfiguration": { "OcspConfiguration": disabled } })).unwrap_err();
    assert_eq!(fault.message, "The certificate authority must be in the ACTIVE or DISABLED state to be updated");
}

/// R-ERR-3.
#[test]
fn clients_find_the_words_that_they_match() {
    let bench = Bench::new();
    let authority = bench.create("1");
    let arn = authority["CertificateAuthorityArn"].as_str().unwrap();
    let with = |members: Value| {
        let mut request = authority.clone();
        request.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        request
    };
    let refused = |operation, members| {
        let fault = call_of(&bench.service, operation, with(members)).unwrap_err();
        (fault.exception, fault.message)
    };
    let wrong_state = |lacks: &str| {
        let words = format!("The certificate authority {arn} is not in the correct state to have {lacks}.");
        (AwsException::InvalidState, words)
    };
    let answer = refused(Operation::GetCertificateAuthorityCertificate, json!({}));
    assert_eq!(answer, wrong_state("a certificate signing request"));
    let answer = refused(Operation::GetCertificate, json!({ "CertificateArn": format!("{arn}/certificate/1234") }));
    assert_eq!(answer, wrong_state("issued certificates"));

    let csr = bench.call(Operation::GetCertificateAuthorityCsr, authority.clone()).unwrap();
    let issued = bench.call(
        Operation::IssueCertificate,
        with(json!({
            "Csr": BASE64_STANDARD.encode(csr["Csr"].as_str().unwrap()),
            "SigningAlgorithm": "SHA256WITHECDSA",
            "TemplateArn": "arn:aws:acm-pca:::template/RootCACertificate/V1",
            "Validity": { "Type": "DAYS", "Value": 30 },
        })),
    );
    let issued = issued.unwrap();
    let root = bench.call(Operation::GetCertificate, with(issued.clone())).unwrap();
    let certificate = BASE64_STANDARD.encode(root["Certificate"].as_str().unwrap());
    bench.call(Operation::ImportCertificateAuthorityCertificate, with(json!({ "Certificate": certificate }))).unwrap();
    let (_, serial) = issued["CertificateArn"].as_str().unwrap().rsplit_once('/').unwrap();
    let members = json!({ "CertificateSerial": serial, "RevocationReason": "SUPERSEDED" });
    let words = "Self-signed certificate can not be revoked".to_owned();
    assert_eq!(refused(Operation::RevokeCertificate, members), (AwsException::InvalidRequest, words));
}

/// R-POL-3, R-POL-7: `--policy` takes a policy in either format and a document of IAM, and refuses as the service does.
#[test]
fn a_policy_refuses_as_the_service_does() {
    let toml = "[validity]\nlongest = { days = 31 }\n";
    let json = r#"{"validity": {"longest": {"days": 31}}}"#;
    let document = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "acm-pca:IssueCertificate",
        "Resource": "*", "Condition": {"StringNotEquals": {"acm-pca:TemplateArn":
        "arn:aws:acm-pca:::template/RootCACertificate/V1"}}}}"#;
    for (text, allowed, denied, words) in [
        (toml, ("RootCACertificate", 30), ("RootCACertificate", 32), "validity.longest takes at most 31d"),
        (json, ("RootCACertificate", 30), ("RootCACertificate", 32), "validity.longest takes at most 31d"),
        (document, ("RootCACertificate", 32), ("RootCACertificate_APIPassthrough", 30), "acm-pca:TemplateArn"),
    ] {
        let bench = Bench::with(Options { limits: Some(Limits::from_text(text).unwrap()), ..Options::default() });
        let authority = bench.create("1");
        let csr = bench.call(Operation::GetCertificateAuthorityCsr, authority.clone()).unwrap();
        let issue = |(template, days): (&str, i64)| {
            let mut request = authority.clone();
            request["Csr"] = json!(BASE64_STANDARD.encode(csr["Csr"].as_str().unwrap()));
            request["SigningAlgorithm"] = json!("SHA256WITHECDSA");
            request["TemplateArn"] = json!(format!("arn:aws:acm-pca:::template/{template}/V1"));
            request["Validity"] = json!({ "Type": "DAYS", "Value": days });
            call_of(&bench.service, Operation::IssueCertificate, request)
        };
        let fault = issue(denied).unwrap_err();
        assert_eq!(fault.exception, AwsException::AccessDenied, "{}", fault.message);
        assert!(fault.message.contains(words), "{}", fault.message);
        // The policy holds for the authority as it is after its import, too.
        let issued = issue(allowed).unwrap();
        let with = |members: Value| {
            let mut request = authority.clone();
            request.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
            request
        };
        let root = bench.call(Operation::GetCertificate, with(issued)).unwrap();
        let certificate = BASE64_STANDARD.encode(root["Certificate"].as_str().unwrap());
        let import = with(json!({ "Certificate": certificate }));
        bench.call(Operation::ImportCertificateAuthorityCertificate, import).unwrap();
        assert_eq!(issue(denied).unwrap_err().exception, AwsException::AccessDenied);
    }
    for (wrong, words) in [
        ("[validity]\nlongst = { days = 1 }\n", "line 2, column 1"),
        ("{\"key\": []}", "unknown field `key`"),
        (r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Maybe"}]}"#, "Effect"),
    ] {
        let problem = Limits::from_text(wrong).map(drop).unwrap_err();
        assert!(problem.contains(words), "{problem}");
    }
}

/// The operator reads what callers are not told.
#[test]
fn the_log_has_the_authority_and_what_was_not_used() {
    let bench = Bench::new();
    let authority = bench.create("1");
    let csr = bench.call(Operation::GetCertificateAuthorityCsr, authority.clone()).unwrap();
    let mut request = authority.clone();
    request["Csr"] = json!(BASE64_STANDARD.encode(csr["Csr"].as_str().unwrap()));
    request["SigningAlgorithm"] = json!("SHA256WITHECDSA");
    request["TemplateArn"] = json!("arn:aws:acm-pca:::template/RootCACertificate/V1");
    request["Validity"] = json!({ "Type": "DAYS", "Value": 30 });
    request["ApiPassthrough"] = json!({ "Subject": { "CommonName": "Other" } });
    request["NewMember"] = json!(1);
    let service = bench.service.in_scope(bench.service.scope.clone());
    let issued = call_of(&service, Operation::IssueCertificate, request).unwrap();
    let entry = service.into_entry();
    assert_eq!(entry.authority.as_deref(), authority["CertificateAuthorityArn"].as_str());
    let serial = entry.remarks[0].strip_prefix("certificate ").unwrap();
    assert!(issued["CertificateArn"].as_str().unwrap().ends_with(&format!("/certificate/{serial}")));
    for unused in [
        "apiPassthrough.subject, because base templates do not take this source",
        "NewMember, because member not known",
    ] {
        let found = entry.remarks.iter().any(|remark| remark.starts_with(&format!("not used: {unused}")));
        assert!(found, "{unused}: {:?}", entry.remarks);
    }
}

#[test]
fn the_log_has_the_warnings_of_a_certificate() {
    let bench = Bench::new();
    let authority = bench.create("1");
    let csr = bench.call(Operation::GetCertificateAuthorityCsr, authority.clone()).unwrap();
    let mut request = authority;
    request["Csr"] = json!(BASE64_STANDARD.encode(csr["Csr"].as_str().unwrap()));
    request["SigningAlgorithm"] = json!("SHA256WITHECDSA");
    request["TemplateArn"] = json!("arn:aws:acm-pca:::template/BlankRootCACertificate_APIPassthrough/V1");
    request["Validity"] = json!({ "Type": "DAYS", "Value": 30 });
    let custom = json!([{ "ObjectIdentifier": "1.2.3.4", "Value": "BQA=", "Critical": true }]);
    request["ApiPassthrough"] = json!({ "Extensions": { "CustomExtensions": custom } });
    let service = bench.service.in_scope(bench.service.scope.clone());
    call_of(&service, Operation::IssueCertificate, request).unwrap();
    let remarks = service.into_entry().remarks;
    assert!(remarks.iter().any(|remark| remark.starts_with("warning: extension 1.2.3.4 is critical")), "{remarks:?}");
}

#[test]
fn only_a_key_that_takes_long_leaves_an_authority_in_the_making() {
    for (wait, algorithm, signing, status) in [
        (Some(Duration::ZERO), "RSA_2048", "SHA256WITHRSA", "CREATING"),
        (Some(Duration::ZERO), "EC_secp521r1", "SHA512WITHECDSA", "PENDING_CERTIFICATE"),
        (Some(Duration::ZERO), "ML_DSA_87", "ML_DSA_87", "PENDING_CERTIFICATE"),
        (None, "RSA_2048", "SHA256WITHRSA", "PENDING_CERTIFICATE"),
    ] {
        let bench = Bench::with(Options { wait_for_rsa_keys: wait, ..Options::default() });
        let mut request = creation("1");
        request["CertificateAuthorityConfiguration"]["KeyAlgorithm"] = json!(algorithm);
        request["CertificateAuthorityConfiguration"]["SigningAlgorithm"] = json!(signing);
        let authority = bench.call(Operation::CreateCertificateAuthority, request).unwrap();
        assert_eq!(bench.status(&authority).unwrap(), status, "{algorithm}");
    }
}

#[test]
fn what_is_deleted_comes_back_within_its_window_alone() {
    let bench = Bench::new();
    let authority = bench.create("1");
    let mut delete = authority.clone();
    delete["PermanentDeletionTimeInDays"] = json!(7);
    bench.call(Operation::DeleteCertificateAuthority, delete.clone()).unwrap();
    assert_eq!(bench.status(&authority).unwrap(), "DELETED");
    assert_eq!(bench.call(Operation::GetCertificateAuthorityCsr, authority.clone()), Err(AwsException::InvalidState));

    bench.pass(7 * DAY);
    bench.call(Operation::RestoreCertificateAuthority, authority.clone()).unwrap();
    assert_eq!(bench.status(&authority).unwrap(), "PENDING_CERTIFICATE");

    bench.call(Operation::DeleteCertificateAuthority, delete).unwrap();
    bench.pass(7 * DAY + 1);
    let gone = Err(AwsException::ResourceNotFound);
    assert_eq!(bench.call(Operation::RestoreCertificateAuthority, authority.clone()), gone);
    assert_eq!(bench.status(&authority), gone);
    let listed = bench.call(Operation::ListCertificateAuthorities, json!({})).unwrap();
    assert_eq!(listed["CertificateAuthorities"], json!([]));
}

#[test]
fn a_token_makes_one_authority_for_five_minutes() {
    let bench = Bench::new();
    let first = bench.create("1");
    assert_ne!(bench.create("2"), first);
    bench.pass(299);
    assert_eq!(bench.create("1"), first);
    bench.pass(1);
    assert_ne!(bench.create("1"), first);
}

#[test]
fn a_change_that_takes_long_makes_nobody_wait_and_loses_nothing() {
    let bench = Bench::new();
    let authority = bench.create("1");
    let arn: CertificateAuthorityArn = authority["CertificateAuthorityArn"].as_str().unwrap().parse().unwrap();
    let mut tag = authority.clone();
    tag["Tags"] = json!([{ "Key": "came", "Value": "first" }]);
    let mut attempts = 0;
    thread::scope(|scope| {
        let changed = bench.service.change(&arn, |record| {
            attempts += 1;
            if attempts == 1 {
                let (done, is_done) = mpsc::channel();
                let (bench, tag) = (&bench, tag.clone());
                scope.spawn(move || done.send(bench.call(Operation::TagCertificateAuthority, tag)));
                is_done.recv_timeout(Duration::from_secs(60)).expect("another caller waits for the change").unwrap();
            }
            record.policy = Some("{}".parse().unwrap());
            Ok(())
        });
        assert!(changed.is_ok());
    });
    assert_eq!(attempts, 2);
    let record = bench.service.record(&arn).unwrap();
    assert!(record.policy.is_some());
    assert_eq!(record.tags.len(), 1);
}

#[test]
fn what_is_deleted_meanwhile_is_not_changed() {
    let bench = Bench::new();
    let authority = bench.create("1");
    let arn: CertificateAuthorityArn = authority["CertificateAuthorityArn"].as_str().unwrap().parse().unwrap();
    let changed = bench.service.change_present(&arn, |record| {
        bench.call(Operation::DeleteCertificateAuthority, authority.clone()).unwrap();
        record.policy = Some("{}".parse().unwrap());
        Ok(())
    });
    assert_eq!(changed.unwrap_err().exception, AwsException::InvalidState);
    assert!(bench.service.record(&arn).unwrap().policy.is_none());
}

#[test]
fn while_its_key_is_being_made_an_authority_tells_what_was_asked_for() {
    let bench = Bench::new();
    let request = json!({
        "CertificateAuthorityType": "ROOT",
        "CertificateAuthorityConfiguration": {
            "KeyAlgorithm": "EC_prime256v1", "SigningAlgorithm": "SHA256WITHECDSA", "Subject": { "CommonName": "Root" },
        },
        "RevocationConfiguration": { "OcspConfiguration": { "Enabled": true } },
    });
    let authority = bench.call(Operation::CreateCertificateAuthority, request).unwrap();
    let describe = || bench.call(Operation::DescribeCertificateAuthority, authority.clone()).unwrap();
    let made = describe()["CertificateAuthority"]["RevocationConfiguration"].clone();
    assert_eq!(made["OcspConfiguration"]["Enabled"], true);
    let arn: CertificateAuthorityArn = authority["CertificateAuthorityArn"].as_str().unwrap().parse().unwrap();
    for (making, status) in [(Making::Creating, "CREATING"), (Making::Failed(FailureReason::Other), "FAILED")] {
        let change = |record: &mut Record| {
            record.making = making.clone();
            Ok(())
        };
        bench.service.change(&arn, change).unwrap();
        let described = describe()["CertificateAuthority"].clone();
        assert_eq!((&described["Status"], &described["RevocationConfiguration"]), (&json!(status), &made));
        let refused = bench.call(Operation::GetCertificateAuthorityCertificate, authority.clone());
        assert_eq!(refused, Err(AwsException::InvalidState));
    }
}

/// Behind the version, which is five bytes.
fn certificate_serial(der: &[u8]) -> String {
    let at = der.windows(5).position(|window| window == [0xa0, 3, 2, 1, 2]).unwrap() + 5;
    let length = usize::from(der[at + 1]);
    der[at + 2..at + 2 + length].iter().map(|byte| format!("{byte:02x}")).collect()
}

/// R-REV-1 and R-REV-4: what the URLs in a certificate lead to.
#[test]
fn lists_gather_revocations_for_a_second_and_are_renewed() {
    let bench = Bench::with(Options { publishes_at: Some("localhost:8443".to_owned()), ..Options::default() });
    let mut request = creation("1");
    request["RevocationConfiguration"] = json!({
        "CrlConfiguration": { "Enabled": true, "ExpirationInDays": 4, "S3BucketName": "bucket" },
        "OcspConfiguration": { "Enabled": true },
    });
    let authority = bench.call(Operation::CreateCertificateAuthority, request).unwrap();
    let with = |members: Value| {
        let mut request = authority.clone();
        request.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        request
    };
    let arn = authority["CertificateAuthorityArn"].as_str().unwrap();
    let path = format!("/crl/{}.crl", arn.rsplit('/').next().unwrap());
    // There is nothing to sign a list with yet.
    assert!(bench.service.list_at(&path).is_none());
    let csr = bench.call(Operation::GetCertificateAuthorityCsr, authority.clone()).unwrap();
    let csr = csr["Csr"].as_str().unwrap();
    let issue = |template: &str| {
        let issued = bench.call(
            Operation::IssueCertificate,
            with(json!({
                "Csr": BASE64_STANDARD.encode(csr),
                "SigningAlgorithm": "SHA256WITHECDSA",
                "TemplateArn": format!("arn:aws:acm-pca:::template/{template}/V1"),
                "Validity": { "Type": "DAYS", "Value": 30 },
            })),
        );
        bench.call(Operation::GetCertificate, with(issued.unwrap())).unwrap()["Certificate"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let root = issue("RootCACertificate");
    bench
        .call(
            Operation::ImportCertificateAuthorityCertificate,
            with(json!({ "Certificate": BASE64_STANDARD.encode(root) })),
        )
        .unwrap();
    let certificate = issue("EndEntityCertificate");
    let (_, der) = der::pem::decode_vec(certificate.as_bytes()).unwrap();
    let names = |text: &str| der.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(names(&format!("http://localhost:8443{path}")) && names("http://localhost:8443/ocsp"));
    let described = bench.call(Operation::DescribeCertificateAuthority, authority.clone()).unwrap();
    // What was not asked for is not shown.
    assert!(!described.to_string().contains("localhost"));

    let seen = || {
        let list = bench.service.list_at(&path).unwrap_or_else(|| panic!("{:?}", bench.service.entry().remarks));
        let list = issuance::crl::Crl::from_der(&list).unwrap();
        (list.number().unwrap().to_string(), list.entries().count())
    };
    let list = |number: &str, entries: usize| (number.to_owned(), entries);
    assert_eq!(seen(), list("0x01", 0));
    let own = issuance::crl::Crl::from_der(&bench.service.list_at(&path).unwrap()).unwrap().next_update();
    assert_eq!(own, bench.service.now().checked_add_seconds(4 * DAY));
    // What is unpublished now is published a second later, all at once.
    let serial = certificate_serial(&der);
    let revocation = with(json!({ "CertificateSerial": serial, "RevocationReason": "KEY_COMPROMISE" }));
    bench.call(Operation::RevokeCertificate, revocation).unwrap();
    assert_eq!(seen(), list("0x01", 0));
    bench.pass(1);
    assert_eq!(seen(), list("0x02", 1));
    bench.pass(60);
    assert_eq!(seen(), list("0x02", 1));
    bench.pass(2 * DAY);
    assert_eq!(seen(), list("0x03", 1));
    for wrong in ["/crl/x.crl", "/x.crl", &path[4..], "/crl/AAAAAAAAAAA.crl", ".crl", ""] {
        assert!(bench.service.list_at(wrong).is_none(), "{wrong}");
    }

    // OCSP: of this authority, of another, and nonsense.
    assert_eq!(bench.service.ocsp(b"nonsense"), [0x30, 3, 10, 1, 1]);
    let foreign = crate::published::tests::request();
    assert_eq!(bench.service.ocsp(&foreign), [0x30, 3, 10, 1, 6]);
}
