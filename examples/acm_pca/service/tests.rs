//! What a client cannot see to: time that passes, and what happens between two steps of a call.

use std::sync::{Mutex, mpsc};
use std::thread;
use std::time::Duration;

use super::*;
use crate::memory::MemoryStore;
use crate::store::{Making, Record};
use issuance::api::FailureReason;
use issuance::{AwsException, CertificateAuthorityArn, SerialFormat, Timestamp};
use serde_json::{Value, json};
use uuid::Uuid;

/// A clock that is set.
struct SetClock(Mutex<i64>);

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix(*self.0.lock().unwrap()).unwrap()
    }
}

fn options(region: &str) -> Options {
    Options {
        listen: ([127, 0, 0, 1], 0).into(),
        region: region.to_owned(),
        account: "123456789012".to_owned(),
        serial_format: SerialFormat::Decimal,
        audit_reports: std::env::temp_dir(),
    }
}

struct Bench {
    service: Service,
    clock: Arc<SetClock>,
}

impl Bench {
    fn new() -> Bench {
        let clock = Arc::new(SetClock(Mutex::new(1_800_000_000)));
        let service = Service::new(Box::new(MemoryStore::default()), clock.clone(), options("us-east-1"));
        Bench { service, clock }
    }

    fn pass(&self, seconds: i64) {
        *self.clock.0.lock().unwrap() += seconds;
    }

    fn call(&self, operation: Operation, body: Value) -> Result<Value, AwsException> {
        let answer = self.service.serve(operation, Format::Json, body.to_string().as_bytes());
        let answer = answer.map_err(|fault| fault.exception)?;
        Ok(if answer.is_empty() { Value::Null } else { serde_json::from_slice(&answer).unwrap() })
    }

    fn create(&self, token: &str) -> Value {
        let request = json!({
            "CertificateAuthorityType": "ROOT",
            "IdempotencyToken": token,
            "CertificateAuthorityConfiguration": {
                "KeyAlgorithm": "EC_prime256v1", "SigningAlgorithm": "SHA256WITHECDSA", "Subject": { "CommonName": "Root" },
            },
        });
        self.call(Operation::CreateCertificateAuthority, request).unwrap()
    }

    fn status(&self, authority: &Value) -> Result<Value, AwsException> {
        let described = self.call(Operation::DescribeCertificateAuthority, authority.clone())?;
        Ok(described["CertificateAuthority"]["Status"].clone())
    }
}

const DAY: i64 = 86400;

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
fn regions_are_in_their_partitions() {
    for (region, partition) in [("eu-west-1", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")] {
        assert_eq!(options(region).authority_arn(Uuid::nil()).unwrap().partition(), partition);
    }
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
