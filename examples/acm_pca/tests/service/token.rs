//! Keys on a PKCS#11 token: SoftHSM with a directory of its own. Without SoftHSM the tests say so and pass; with
//! `ISSUANCE_REQUIRE_JUDGES` they fail.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::client::{Client, Service, authority, certificate, creation, csr, issuance, issue, with};

const PIN: &str = "a PIN for tests";
const MODULES: [&str; 3] = [
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
    "/opt/homebrew/lib/softhsm/libsofthsm2.so",
];

/// A folder with tokens, data and a file with the PIN.
struct Bench {
    folder: PathBuf,
    module: PathBuf,
}

impl Drop for Bench {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

impl Bench {
    fn new(test: &str) -> Option<Bench> {
        let given = std::env::var_os("SOFTHSM2_MODULE").map(PathBuf::from);
        let Some(module) = given.into_iter().chain(MODULES.map(PathBuf::from)).find(|path| path.exists()) else {
            assert!(std::env::var_os("ISSUANCE_REQUIRE_JUDGES").is_none(), "there is no SoftHSM: install `softhsm2`");
            println!("*** SKIPPED: {test}: there is no SoftHSM ***");
            return None;
        };
        let folder = std::env::temp_dir().join(format!("acm-pca-{test}-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("tokens")).unwrap();
        let tokens = folder.join("tokens");
        let configuration =
            format!("directories.tokendir = {}\nobjectstore.backend = file\nlog.level = ERROR\n", tokens.display());
        std::fs::write(folder.join("softhsm2.conf"), configuration).unwrap();
        let pin = folder.join("pin");
        std::fs::write(&pin, format!("{PIN}\n")).unwrap();
        std::fs::set_permissions(&pin, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        let bench = Bench { folder, module };
        bench.init_token("ca");
        Some(bench)
    }

    fn path(&self, name: &str) -> String {
        self.folder.join(name).display().to_string()
    }

    fn softhsm2_util(&self, arguments: &[&str]) {
        let mut command = Command::new("softhsm2-util");
        let output = command.args(arguments).env("SOFTHSM2_CONF", self.path("softhsm2.conf")).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {output:?}");
    }

    fn init_token(&self, label: &str) {
        self.softhsm2_util(&[
            "--init-token",
            "--free",
            "--label",
            label,
            "--so-pin",
            "a PIN for officers",
            "--pin",
            PIN,
        ]);
    }

    fn arguments(&self, more: &[&str]) -> Vec<String> {
        let module = self.module.display().to_string();
        let given = ["--data", &self.path("data"), "--pkcs11-module", &module].map(str::to_owned);
        given.into_iter().chain(more.iter().map(|argument| (*argument).to_owned())).collect()
    }

    fn environment(&self) -> [(&'static str, Option<String>); 3] {
        [
            ("SOFTHSM2_CONF", Some(self.path("softhsm2.conf"))),
            ("ACM_PCA_PASSPHRASE", None),
            ("ACM_PCA_PKCS11_PIN", None),
        ]
    }

    fn start(&self, client: &Client) -> Service {
        Service::start_in(&self.arguments(&["--pkcs11-pin-file", &self.path("pin")]), &self.environment(), client)
    }

    /// What a process says that ends by itself.
    fn said(&self, arguments: &[String], pin: Option<&str>) -> String {
        let mut command = Command::new(env!("CARGO_BIN_EXE_acm-pca"));
        command.args(["--listen", "127.0.0.1:0"]).args(arguments);
        for (name, value) in self.environment() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command.envs(pin.map(|pin| ("ACM_PCA_PKCS11_PIN", pin)));
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {output:?}");
        let said = String::from_utf8(output.stderr).unwrap() + &String::from_utf8(output.stdout).unwrap();
        assert!(!said.contains("listening") && !said.contains(PIN), "{said}");
        said
    }

    /// The files of the objects on the token.
    fn objects(&self) -> BTreeSet<PathBuf> {
        let tokens = std::fs::read_dir(self.folder.join("tokens")).unwrap();
        let files = tokens.flat_map(|token| std::fs::read_dir(token.unwrap().path()).unwrap());
        let files = files.map(|file| file.unwrap().path());
        files
            .filter(|path| path.extension().is_some_and(|end| end == "object") && !path.ends_with("token.object"))
            .collect()
    }
}

fn renewed(client: &Client, root: &Value, csr: &str) {
    let own = issue(client, root, csr, "RootCACertificate", "renewal");
    let own = certificate(client, root, &own);
    let import = with(root, json!({ "Certificate": base64(own.as_bytes()) }));
    client.call("ImportCertificateAuthorityCertificate", &import).unwrap();
}

fn base64(bytes: &[u8]) -> String {
    use base64::prelude::{BASE64_STANDARD, Engine};
    BASE64_STANDARD.encode(bytes)
}

/// The bytes of every file below a folder.
fn all_bytes(folder: &Path) -> Vec<u8> {
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    files.flat_map(|path| if path.is_dir() { all_bytes(&path) } else { std::fs::read(path).unwrap() }).collect()
}

#[test]
fn keys_stay_on_the_token_and_are_found_again() {
    let Some(bench) = Bench::new("token-kept") else { return };
    let client = Client::default();
    let mut service = bench.start(&client);
    let (root, csr_of_root) = authority(&client, "Root");
    let issued = issue(&client, &root, &csr_of_root, "EndEntityCertificate", "a");
    let rsa =
        json!({ "KeyAlgorithm": "RSA_2048", "SigningAlgorithm": "SHA256WITHRSA", "Subject": { "CommonName": "RSA" } });
    let rsa = with(&creation("RSA"), json!({ "CertificateAuthorityConfiguration": rsa }));
    csr(&client, &client.call("CreateCertificateAuthority", &rsa).unwrap());
    // Two objects for each key pair.
    assert_eq!(bench.objects().len(), 4);
    let unsupported =
        json!({ "KeyAlgorithm": "ML_DSA_44", "SigningAlgorithm": "ML_DSA_44", "Subject": { "CommonName": "X" } });
    let unsupported = with(&creation("X"), json!({ "CertificateAuthorityConfiguration": unsupported }));
    let unsupported = client.call("CreateCertificateAuthority", &unsupported).unwrap();
    let described = client.call("DescribeCertificateAuthority", &unsupported).unwrap()["CertificateAuthority"].take();
    assert_eq!([&described["Status"], &described["FailureReason"]], ["FAILED", "UNSUPPORTED_ALGORITHM"]);

    service.kill(&client);
    let mut service = bench.start(&client);
    assert_eq!(issue(&client, &root, &csr_of_root, "EndEntityCertificate", "a"), issued);
    let second = issue(&client, &root, &csr_of_root, "EndEntityCertificate", "b");
    renewed(&client, &root, &csr_of_root);
    issue(&client, &root, &csr_of_root, "EndEntityCertificate", "c");
    certificate(&client, &root, &second);
    service.kill(&client);
    let mut service = bench.start(&client);
    issue(&client, &root, &csr_of_root, "EndEntityCertificate", "d");
    service.kill(&client);

    let kept = all_bytes(&bench.folder.join("data"));
    let has = |text: &[u8]| kept.windows(text.len()).any(|window| window == text);
    assert!(has(b"pkcs11:token=ca;id=%"));
    for key in [&b"PRIVATE KEY"[..], PIN.as_bytes()] {
        assert!(!has(key), "{}", String::from_utf8_lossy(key));
    }
}

#[test]
fn what_is_wrong_with_a_token_is_said_before_it_listens() {
    let Some(bench) = Bench::new("token-wrong") else { return };
    let said = |more: &[&str], pin| bench.said(&bench.arguments(more), pin);
    let problem = said(&[], None);
    assert!(
        problem.contains("the token 'ca' asks for a PIN: give --pkcs11-pin-file FILE, or set ACM_PCA_PKCS11_PIN"),
        "{problem}"
    );
    let problem = said(&[], Some("not the PIN"));
    assert!(problem.contains("the token 'ca': the token refused the PIN: CKR_PIN_INCORRECT"), "{problem}");
    let problem = said(&["--pkcs11-token", "cb"], Some(PIN));
    assert!(problem.contains("there is no token labelled 'cb'; the module has 'ca'"), "{problem}");
    let problem = said(&["--pkcs11-pin-file", "/nowhere"], None);
    assert!(problem.contains("the PIN in /nowhere"), "{problem}");
    let problem = said(&["--pkcs11-module", "/nowhere.so"], Some(PIN));
    assert!(problem.contains("the PKCS#11 module /nowhere.so cannot be loaded"), "{problem}");

    let client = Client::default();
    let mut service = bench.start(&client);
    let before = bench.objects();
    let (first, csr) = authority(&client, "First");
    let of_first = bench.objects();
    assert_eq!(of_first.len(), before.len() + 2);
    let (second, csr_of_second) = authority(&client, "Second");
    service.kill(&client);

    // Without the token, and on another one.
    let data = ["--data".to_owned(), bench.path("data")];
    let with_passphrase = [&data[..], &["--passphrase-file".to_owned(), bench.path("pin")]].concat();
    let problem = bench.said(&with_passphrase, None);
    assert!(problem.contains("its key: it is on the token 'ca': give --pkcs11-module FILE"), "{problem}");
    let problem = bench.said(&data, None);
    assert!(problem.contains("--passphrase-file FILE, or set ACM_PCA_PASSPHRASE"), "{problem}");
    bench.init_token("other");
    let problem = said(&[], Some(PIN));
    assert!(problem.contains("--pkcs11-token LABEL chooses one"), "{problem}");
    let problem = said(&["--pkcs11-token", "other"], Some(PIN));
    assert!(problem.contains("it is on the token 'ca', and the one that is open is 'other'"), "{problem}");

    // The key of the second goes missing: its calls fail, those of the first do not.
    let chosen = bench.arguments(&["--pkcs11-token", "ca", "--pkcs11-pin-file", &bench.path("pin")]);
    let mut service = Service::start_in(&chosen, &bench.environment(), &client);
    let of_second: Vec<PathBuf> = bench.objects().difference(&of_first).cloned().collect();
    let away = |path: &PathBuf| path.with_extension("away");
    let status = |token: &str| {
        let headers = "X-Amz-Target: ACMPrivateCA.IssueCertificate\r\nContent-Type: application/x-amz-json-1.1\r\n";
        let request = issuance(&second, &csr_of_second, "EndEntityCertificate", token).to_string();
        let (status, answer) = client.send("POST /", headers, &request).unwrap();
        assert_eq!(status == 500, String::from_utf8_lossy(&answer).contains("InternalFailure"));
        status
    };
    let ready = || client.send("GET /readyz", "", "").unwrap().0;
    of_second.iter().for_each(|path| std::fs::rename(path, away(path)).unwrap());
    assert_eq!([status("a"), ready()], [500, 503]);
    issue(&client, &first, &csr, "EndEntityCertificate", "a");
    service.kill(&client);
    let problem = bench.said(&chosen, None);
    assert!(problem.contains(second["CertificateAuthorityArn"].as_str().unwrap()), "{problem}");
    assert!(problem.contains("its key: the token 'ca': the token has no private key with identifier"), "{problem}");

    // SoftHSM looks for files again when it is initialised.
    of_second.iter().for_each(|path| std::fs::rename(away(path), path).unwrap());
    let _service = Service::start_in(&chosen, &bench.environment(), &client);
    assert_eq!([status("b"), ready()], [200, 200]);
}
