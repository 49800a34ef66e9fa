//! Kills the service with `--data` again and again while a client works, and looks for what is lost.
//!
//! `KILLS=500 SEED=7 cargo test -p acm-pca --test service kill -- --nocapture` kills it 500 times. What must hold:
//!
//! - what was acknowledged is there: authorities with their tags and states, certificates, revocations;
//! - under one token there is one authority, and one certificate, whoever died in between;
//! - an authority that was being made gets its key;
//! - numbers of lists never fall, and a list has every revocation that was acknowledged a second before.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

use issuance::SerialNumber;
use issuance::crl::Crl;
use issuance_test_support::chance::Chance;
use serde_json::{Value, json};

use crate::client::{Client, Service, authority, certificate, issue, serial, with};

/// What one client was told of one authority.
struct Told {
    authority: Value,
    csr: String,
    /// By token.
    certificates: BTreeMap<String, (Value, String)>,
    /// When each was acknowledged.
    revoked: Vec<(String, Instant)>,
    number: Option<issuance::crl::CrlNumber>,
}

impl Told {
    /// The list as it is published now; if the service dies meanwhile, there is none.
    fn look_at_list(&mut self, client: &Client) -> bool {
        let asked = Instant::now();
        let arn = self.authority["CertificateAuthorityArn"].as_str().unwrap();
        let path = format!("GET /crl/{}.crl", arn.rsplit('/').next().unwrap());
        let Some((status, der)) = client.send(&path, "", "") else { return false };
        assert_eq!(status, 200, "the list of {arn}: {}", String::from_utf8_lossy(&der));
        let list = Crl::from_der(&der).unwrap();
        assert!(self.number <= list.number(), "{:?} after {:?}", list.number(), self.number);
        self.number = list.number();
        // Lists are made once a second: that of this second may have been made before.
        let due = self.revoked.iter().filter(|(_, at)| asked.duration_since(*at) > Duration::from_millis(1_100));
        for (serial, _) in due {
            let number = SerialNumber::from_hex(serial).unwrap();
            assert!(list.find(number).is_some(), "{serial} was revoked and list {:?} lacks it", self.number);
        }
        true
    }

    fn work(&mut self, client: &Client, chance: &mut Chance) {
        let token = format!("t{}", self.certificates.len());
        let arn = issue(client, &self.authority, &self.csr, "EndEntityCertificate", &token);
        if chance.below(2) == 0 {
            let again = issue(client, &self.authority, &self.csr, "EndEntityCertificate", &token);
            assert_eq!(again, arn, "two certificates under the token {token}");
        }
        let got = certificate(client, &self.authority, &arn);
        self.certificates.insert(token, (arn.clone(), got));
        let (arn_before, got_before) =
            self.certificates.values().nth(chance.below(self.certificates.len() as u64) as usize).unwrap();
        assert_eq!(certificate(client, &self.authority, arn_before), *got_before);
        if chance.below(3) == 0 {
            let members = json!({ "CertificateSerial": serial(&arn), "RevocationReason": "SUPERSEDED" });
            let revoked = client.call("RevokeCertificate", &with(&self.authority, members));
            // The process that died had revoked it, without an answer.
            assert!(revoked.is_ok() || revoked == Err("RequestAlreadyProcessedException".to_owned()), "{revoked:?}");
            self.revoked.push((serial(&arn).to_owned(), Instant::now()));
        }
        self.look_at_list(client);
    }

    /// Nothing disturbs any more.
    fn finish(&mut self, client: &Client, audit_reports: &std::path::Path) {
        sleep(Duration::from_millis(1_200));
        assert!(self.look_at_list(client));
        for (token, (arn, got)) in &self.certificates {
            assert_eq!(certificate(client, &self.authority, arn), *got, "{token}");
        }
        let report = json!({ "S3BucketName": "bucket", "AuditReportResponseFormat": "JSON" });
        let report = client.call("CreateCertificateAuthorityAuditReport", &with(&self.authority, report)).unwrap();
        let path = audit_reports.join("bucket").join(report["S3Key"].as_str().unwrap());
        let rows: Vec<Value> = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        // One under each token, and its own.
        assert_eq!(rows.len(), self.certificates.len() + 1, "certificates that nobody got");
        let revoked = rows.iter().filter(|row| row.get("revokedAt").is_some()).count();
        assert_eq!(revoked, self.revoked.len());
    }
}

/// Makes authorities and changes them.
fn keep_house(client: &Client) -> usize {
    let mut made = Vec::new();
    let mut count = 0_u64;
    while !client.is_over() {
        // Each makes a start longer: its key has to be opened.
        if made.len() < 3 {
            let (authority, _) = authority(client, &format!("Root {}", made.len()));
            made.push(authority);
        }
        let authority = &made[count as usize % made.len()];
        count += 1;
        let value = count.to_string();
        let tag = with(authority, json!({ "Tags": [{ "Key": "count", "Value": value }] }));
        client.call("TagCertificateAuthority", &tag).unwrap();
        assert_eq!(client.call("ListTags", authority).unwrap()["Tags"], json!([{ "Key": "count", "Value": value }]));
        for status in ["DISABLED", "ACTIVE"] {
            client.call("UpdateCertificateAuthority", &with(authority, json!({ "Status": status }))).unwrap();
            let described = client.call("DescribeCertificateAuthority", authority).unwrap();
            assert_eq!(described["CertificateAuthority"]["Status"], status);
        }
    }
    made.len()
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap())
}

#[test]
fn nothing_is_lost_when_the_service_is_killed() {
    let (kills, seed) = (number("KILLS", 20), number("SEED", 1));
    let folder = std::env::temp_dir().join(format!("acm-pca-kill-{}-{seed}", std::process::id()));
    std::fs::create_dir(&folder).unwrap();
    let client = Client::default();
    let data = folder.join("data");
    let arguments = ["--data".to_owned(), data.display().to_string()];
    let mut service = Service::start(&arguments, &client);
    let issuing = thread::spawn({
        let client = client.clone();
        move || {
            let mut chance = Chance::new(seed.wrapping_mul(2));
            let (authority, csr) = authority(&client, "Root");
            let mut told = Told { authority, csr, certificates: BTreeMap::new(), revoked: Vec::new(), number: None };
            // On a busy machine the kills may be over before there is an authority.
            loop {
                told.work(&client, &mut chance);
                if client.is_over() {
                    break;
                }
            }
            told
        }
    });
    let housekeeping = thread::spawn({
        let client = client.clone();
        move || keep_house(&client)
    });
    let mut chance = Chance::new(seed);
    let begin = Instant::now();
    for _ in 0..kills {
        sleep(Duration::from_millis(chance.below(500)));
        // Who finds something stops, and is heard.
        if issuing.is_finished() || housekeeping.is_finished() {
            break;
        }
        service.kill(&client);
        service = Service::start(&arguments, &client);
    }
    client.ends.store(true, Ordering::Relaxed);
    let mut told = issuing.join().unwrap();
    let made = housekeeping.join().unwrap();
    told.finish(&client, &data.join("audit-reports"));
    service.kill(&client);
    let (certificates, revoked) = (told.certificates.len(), told.revoked.len());
    let answered = client.answered.load(Ordering::Relaxed);
    println!(
        "kills {kills}, authorities {}, certificates {certificates}, revoked {revoked}, last list {:?}, answers {answered}, {} s",
        made + 1,
        told.number,
        begin.elapsed().as_secs()
    );
    std::fs::remove_dir_all(&folder).unwrap();
}
