//! Two processes on one PostgreSQL.

use issuance_test_support::postgres::{PASSWORD, Server};
use serde_json::json;

use crate::client::{Client, Service, authority, certificate, issue, serial, with};

#[test]
fn two_processes_on_one_database_serve_one_set_of_authorities() {
    let Some(server) = Server::start(&[]) else { return };
    let url = format!("postgresql://postgres:{}@127.0.0.1:{}/postgres", PASSWORD.replace(' ', "%20"), server.port());
    let arguments = ["--database".to_owned(), url];
    let (here, there) = (Client::default(), Client::default());
    let mut one = Service::start(&arguments, &here);
    let _other = Service::start(&arguments, &there);
    let (authority, csr) = authority(&here, "Root");
    let issued = issue(&there, &authority, &csr, "EndEntityCertificate", "a");
    // One token, whoever is asked.
    assert_eq!(issue(&here, &authority, &csr, "EndEntityCertificate", "a"), issued);
    assert_eq!(certificate(&here, &authority, &issued), certificate(&there, &authority, &issued));
    let created = here.call("CreateCertificateAuthority", &crate::client::creation("Other")).unwrap();
    assert_eq!(there.call("CreateCertificateAuthority", &crate::client::creation("Other")).unwrap(), created);

    // What one has disabled, the other does not issue for.
    here.call("UpdateCertificateAuthority", &with(&authority, json!({ "Status": "DISABLED" }))).unwrap();
    let request = crate::client::issuance(&authority, &csr, "EndEntityCertificate", "b");
    assert_eq!(there.call("IssueCertificate", &request).unwrap_err(), "InvalidStateException");
    there.call("UpdateCertificateAuthority", &with(&authority, json!({ "Status": "ACTIVE" }))).unwrap();
    here.call("IssueCertificate", &request).unwrap();

    let members = json!({ "CertificateSerial": serial(&issued), "RevocationReason": "SUPERSEDED" });
    here.call("RevokeCertificate", &with(&authority, members.clone())).unwrap();
    let again = there.call("RevokeCertificate", &with(&authority, members));
    assert_eq!(again.unwrap_err(), "RequestAlreadyProcessedException");
    let path = format!("GET /crl/{}.crl", serial(&authority["CertificateAuthorityArn"]));
    let lists = [&there, &here].map(|client| client.send(&path, "", "").unwrap());
    assert_eq!(lists[0], lists[1], "two lists at a time");
    let list = issuance::crl::Crl::from_der(&lists[0].1).unwrap();
    assert_eq!(list.entries().count(), 1);

    // Of the one that dies nothing is lost.
    one.kill(&here);
    assert_eq!(issue(&there, &authority, &csr, "EndEntityCertificate", "a"), issued);
    let list = there.call("ListCertificateAuthorities", &json!({})).unwrap();
    assert_eq!(list["CertificateAuthorities"].as_array().unwrap().len(), 2);
}
