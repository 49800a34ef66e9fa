//! Holds what the clients were told against what is there when nothing dies any more.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::thread;
use std::time::Duration;

use issuance::SerialNumber;
use issuance::crl::Crl;
use issuance_test_support::postgres::Server;

use super::client::Services;
use super::journal::{Got, Told};
use crate::connection::Connection;
use crate::service::Service;

const THREADS: usize = 8;

#[derive(Default)]
pub(super) struct Verdict {
    pub(super) certificates: usize,
    pub(super) asked_again: usize,
    pub(super) revoked: usize,
    pub(super) lost: usize,
    pub(super) duplicates: usize,
    pub(super) problems: Vec<String>,
}

pub(super) fn judge(folder: &Path, server: &Server, service: &Service, authority: &str) -> Verdict {
    let mut verdict = Verdict::default();
    let (mut got, mut revoking, mut revoked) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
    for entry in fs::read_dir(folder).unwrap().flatten().filter(|entry| entry.file_name() != "stop") {
        let told = Told::read(&entry.path());
        verdict.asked_again += told.asked_again;
        verdict.duplicates += told.duplicates.len();
        verdict
            .problems
            .extend(told.duplicates.iter().map(|token| format!("two certificates under the token {token}")));
        verdict.problems.extend(told.problems);
        for (token, certificate) in told.tokens {
            match certificate {
                Some(certificate) => got.push(certificate),
                None => verdict.problems.push(format!("the token {token} got no certificate")),
            }
        }
        revoking.extend(told.revoking.iter().map(|serial| number(serial)));
        revoked.extend(told.revoked.iter().map(|serial| number(serial)));
    }
    (verdict.certificates, verdict.revoked) = (got.len(), revoked.len());
    if got.is_empty() || verdict.asked_again == 0 {
        verdict.problems.push("the clients did nothing that could be lost".to_owned());
    }
    lost(&mut verdict, &got, service, authority);
    // Also those that nobody was told of. The authority's own is one more.
    let issued: usize = server.sql("SELECT count(*) FROM issuance.state WHERE state = 1").parse().unwrap();
    if issued > got.len() + 1 {
        let more = issued - got.len() - 1;
        verdict.duplicates += more;
        verdict.problems.push(format!("{more} certificates that nobody has a token of"));
    }
    // Lists are made once a second.
    thread::sleep(Duration::from_millis(1_200));
    let listed = list(service, authority);
    let missing = revoked.difference(&listed).count();
    verdict.lost += missing;
    if missing > 0 {
        verdict.problems.push(format!("{missing} revocations are not in the list"));
    }
    let more = listed.difference(&revoking).count();
    if more > 0 {
        verdict.problems.push(format!("{more} certificates in the list that nobody revoked"));
    }
    verdict
}

/// Asks for every certificate once more.
fn lost(verdict: &mut Verdict, got: &[Got], service: &Service, authority: &str) {
    let check = |part: &[Got]| -> Vec<String> {
        let mut services = Services::new(vec![service.address], 0);
        let mut problems = Vec::new();
        for certificate in part {
            match services.digest(authority, &certificate.arn) {
                Ok(digest) if digest == certificate.digest => {}
                Ok(_) => problems.push(format!("{} is another certificate now", certificate.arn)),
                Err(exception) => problems.push(format!("{} is lost: {exception}", certificate.arn)),
            }
        }
        problems
    };
    let problems: Vec<String> = thread::scope(|scope| {
        let parts = got.chunks(got.len().div_ceil(THREADS).max(1));
        let running: Vec<_> = parts.map(|part| scope.spawn(|| check(part))).collect();
        running.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    verdict.lost += problems.len();
    verdict.problems.extend(problems);
}

fn number(serial: &str) -> SerialNumber {
    SerialNumber::from_hex(serial).unwrap()
}

/// The serial numbers in the revocation list.
fn list(service: &Service, authority: &str) -> BTreeSet<SerialNumber> {
    let path = authority.rsplit('/').next().unwrap();
    let request = format!("GET /crl/{path}.crl HTTP/1.1\r\nHost: localhost\r\n\r\n");
    let mut connection = Connection::open(service.address).unwrap();
    let (status, der) = connection.ask(request.as_bytes()).unwrap();
    assert_eq!(status, 200, "{}", String::from_utf8_lossy(der));
    let list = Crl::from_der(der).unwrap();
    list.entries().map(|entry| entry.serial()).collect()
}
