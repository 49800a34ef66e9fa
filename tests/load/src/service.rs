//! The service in a process of its own.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::connection::{Connection, message};
use crate::requests::{Kind, creation, issuance};

/// A program that says where it listens, until it is dropped.
pub(crate) struct Service {
    pub(crate) process: Child,
    pub(crate) address: SocketAddr,
    /// Kept open, so that it can go on printing.
    _said: BufReader<ChildStdout>,
}

impl Service {
    /// The service with these options beside the address; held to one core if there is one.
    pub(crate) fn start(listen: &str, options: &[&str], core: Option<usize>) -> Service {
        let program: PathBuf = std::env::var_os("ACM_PCA").unwrap().into();
        let mut command = match core {
            None => Command::new(program),
            Some(core) => {
                let mut command = Command::new("taskset");
                command.args(["-c", &core.to_string()]).arg(program);
                command
            }
        };
        command.args(["--listen", listen]).args(options);
        command.env("ACM_PCA_PASSPHRASE", "correct horse battery staple");
        Service::of(command)
    }

    pub(crate) fn of(mut command: Command) -> Service {
        let mut process = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        let mut said = BufReader::new(process.stdout.take().unwrap());
        said.read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on http://");
        let address = address.unwrap_or_else(|| panic!("{command:?} does not start: {:?}", process.wait()));
        Service { address: address.parse().unwrap(), process, _said: said }
    }

    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    pub(crate) fn kill(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }

    /// One call that must succeed.
    pub(crate) fn call(&self, operation: &str, body: &Value) -> Value {
        self.try_call(operation, body).unwrap_or_else(|problem| panic!("{operation}: {problem}"))
    }

    fn try_call(&self, operation: &str, body: &Value) -> Result<Value, String> {
        let mut connection = Connection::open(self.address).unwrap();
        let (status, answer) = connection.ask(&message(operation, &body.to_string())).unwrap();
        match status {
            200 if answer.is_empty() => Ok(Value::Null),
            200 => Ok(serde_json::from_slice(answer).unwrap()),
            _ => Err(String::from_utf8_lossy(answer).into_owned()),
        }
    }

    /// A root that issues.
    pub(crate) fn root(&self, kind: Kind) -> String {
        let created = self.call("CreateCertificateAuthority", &creation(kind, kind.key));
        let arn = created["CertificateAuthorityArn"].as_str().unwrap().to_owned();
        let here = json!({ "CertificateAuthorityArn": arn });
        let begin = Instant::now();
        let csr = loop {
            match self.try_call("GetCertificateAuthorityCsr", &here) {
                Ok(csr) => break csr,
                Err(problem) => assert!(begin.elapsed() < Duration::from_secs(300), "{problem}"),
            }
            sleep(Duration::from_millis(50));
        };
        let own = issuance(&arn, csr["Csr"].as_str().unwrap().as_bytes(), kind, "RootCACertificate", 10);
        let issued = self.call("IssueCertificate", &own);
        let get = json!({ "CertificateAuthorityArn": arn, "CertificateArn": issued["CertificateArn"] });
        let certificate = self.call("GetCertificate", &get);
        let certificate = crate::requests::base64(certificate["Certificate"].as_str().unwrap());
        let import = json!({ "CertificateAuthorityArn": arn, "Certificate": certificate });
        self.call("ImportCertificateAuthorityCertificate", &import);
        arn
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.kill();
    }
}
