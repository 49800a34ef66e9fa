//! What the command line says of where things are kept.

use std::path::PathBuf;
use std::process::Command;

use crate::client::{Client, Service, authority, issue};

struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// What a process that ends by itself says, and its exit code.
fn said(arguments: &[&str], passphrase: Option<&str>) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_acm-pca"));
    command.args(arguments).env_remove("ACM_PCA_PASSPHRASE");
    command.envs(passphrase.map(|passphrase| ("ACM_PCA_PASSPHRASE", passphrase)));
    let output = command.output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap() + &String::from_utf8(output.stdout).unwrap();
    (output.status.code(), said)
}

#[test]
fn a_directory_has_a_passphrase_and_one_process() {
    let folder = Folder(std::env::temp_dir().join(format!("acm-pca-storage-{}", std::process::id())));
    std::fs::create_dir(&folder.0).unwrap();
    let data = folder.0.join("data");
    let directory = data.to_str().unwrap();
    let start = |passphrase| said(&["--listen", "127.0.0.1:0", "--data", directory], passphrase);
    let (code, problem) = start(None);
    assert_eq!(code, Some(1));
    assert!(problem.contains("--passphrase-file FILE, or set ACM_PCA_PASSPHRASE"), "{problem}");
    for wrong in [
        &["--passphrase-file", "file"][..],
        &["--data", directory, "--database", "postgresql://h/d"],
        &["--database-roots", "file"],
        &["--data", directory, "--allow-reset"],
        &["--database", "postgresql://h/d", "--clock-offset", "+1h"],
    ] {
        assert_eq!(said(wrong, None).0, Some(2), "{wrong:?}");
    }

    let client = Client::default();
    let arguments = ["--data".to_owned(), directory.to_owned()];
    let mut service = Service::start(&arguments, &client);
    let (root, csr) = authority(&client, "Root");
    let (code, problem) = start(Some("correct horse battery staple"));
    assert_eq!(code, Some(1));
    assert!(problem.contains("is in use by another process"), "{problem}");
    service.kill(&client);

    let (code, problem) = start(Some("wrong"));
    assert_eq!(code, Some(1));
    assert!(problem.contains("the passphrase is wrong") && !problem.contains("listening"), "{problem}");
    let mode = |path: PathBuf| std::os::unix::fs::MetadataExt::mode(&std::fs::metadata(path).unwrap()) & 0o777;
    assert_eq!((mode(data.clone()), mode(data.join("acm-pca.redb"))), (0o700, 0o600));

    // There and back again.
    let [old, new] = ["old", "new"].map(|name| folder.0.join(name));
    std::fs::write(&old, "correct horse battery staple\n").unwrap();
    std::fs::write(&new, "another").unwrap();
    for (from, to) in [(&old, &new), (&new, &old)] {
        let (from, to) = (from.to_str().unwrap(), to.to_str().unwrap());
        let change = ["change-passphrase", "--data", directory, "--passphrase-file", from, "--new-passphrase-file", to];
        let (code, done) = said(&change, None);
        assert_eq!(code, Some(0), "{done}");
        assert!(done.contains("keys of authorities: 1"), "{done}");
        assert_eq!(said(&change, None).0, Some(1));
    }
    let _service = Service::start(&arguments, &client);
    issue(&client, &root, &csr, "EndEntityCertificate", "a");
}

/// With the signers of AWS-LC, which makes RSA keys in no time, and with pure Rust for what it lacks.
#[cfg(feature = "aws-lc-rs")]
#[test]
fn keys_of_every_kind_outlive_the_process() {
    use base64::prelude::{BASE64_STANDARD, Engine};
    use issuance::KeyAlgorithm;
    use serde_json::json;

    use crate::client::{certificate, issuance, with};

    let folder = Folder(std::env::temp_dir().join(format!("acm-pca-kinds-{}", std::process::id())));
    std::fs::create_dir(&folder.0).unwrap();
    let client = Client::default();
    let arguments = ["--data".to_owned(), folder.0.join("data").display().to_string(), "--wait-for-keys".to_owned()];
    let mut service = Service::start(&arguments, &client);
    let mut made = Vec::new();
    for key in KeyAlgorithm::ALL {
        let signing = key.default_signing_algorithm();
        let configuration = json!({
            "KeyAlgorithm": key.as_str(), "SigningAlgorithm": signing.as_str(), "Subject": { "CommonName": key.as_str() },
        });
        let create = json!({ "CertificateAuthorityType": "ROOT", "CertificateAuthorityConfiguration": configuration });
        let authority = client.call("CreateCertificateAuthority", &create).unwrap();
        let csr = client.call("GetCertificateAuthorityCsr", &authority).unwrap()["Csr"].as_str().unwrap().to_owned();
        let own = with(
            &issuance(&authority, &csr, "RootCACertificate", "own"),
            json!({ "SigningAlgorithm": signing.as_str() }),
        );
        let own = client.call("IssueCertificate", &own).unwrap()["CertificateArn"].take();
        let own = BASE64_STANDARD.encode(certificate(&client, &authority, &own));
        client.call("ImportCertificateAuthorityCertificate", &with(&authority, json!({ "Certificate": own }))).unwrap();
        made.push((key, authority, csr));
    }
    service.kill(&client);
    let _service = Service::start(&arguments, &client);
    for (key, authority, csr) in &made {
        for signing in key.signing_algorithms() {
            let request = issuance(authority, csr, "EndEntityCertificate", signing.as_str());
            let request = with(&request, json!({ "SigningAlgorithm": signing.as_str() }));
            let issued = client.call("IssueCertificate", &request).unwrap()["CertificateArn"].take();
            certificate(&client, authority, &issued);
        }
    }
}
