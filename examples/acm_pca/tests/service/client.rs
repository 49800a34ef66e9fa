//! The service in a process of its own, and a client of it that outlives it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::sleep;
use std::time::{Duration, Instant};

use base64::prelude::{BASE64_STANDARD, Engine};
use serde_json::{Value, json};

/// The service as its clients see it: somewhere, or away.
#[derive(Clone, Default)]
pub(crate) struct Client {
    pub(crate) address: Arc<Mutex<Option<String>>>,
    pub(crate) ends: Arc<AtomicBool>,
    pub(crate) answered: Arc<AtomicU64>,
}

/// The name of what an operation was refused with.
pub(crate) type Exception = String;

impl Client {
    /// One request, unless the service dies before it has answered.
    pub(crate) fn send(&self, line: &str, headers: &str, body: &str) -> Option<(u16, Vec<u8>)> {
        let address = self.address.lock().unwrap().clone()?;
        let mut stream = TcpStream::connect(&address).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(60))).ok()?;
        let length = body.len();
        let head = format!("{line} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}");
        stream.write_all(format!("{head}Content-Length: {length}\r\n\r\n{body}").as_bytes()).ok()?;
        let answer = answer(&mut stream)?;
        self.answered.fetch_add(1, Ordering::Relaxed);
        Some(answer)
    }

    pub(crate) fn call_once(&self, operation: &str, body: &Value) -> Option<Result<Value, Exception>> {
        let headers = format!("X-Amz-Target: ACMPrivateCA.{operation}\r\nContent-Type: application/x-amz-json-1.1\r\n");
        let (status, answer) = self.send("POST /", &headers, &body.to_string())?;
        let value = if answer.is_empty() { Value::Null } else { serde_json::from_slice(&answer).unwrap() };
        match status {
            200 => Some(Ok(value)),
            400 => Some(Err(value["__type"].as_str().unwrap().to_owned())),
            _ => panic!("{operation} was answered with {status}: {value}"),
        }
    }

    /// Asks until there is an answer.
    pub(crate) fn call(&self, operation: &str, body: &Value) -> Result<Value, Exception> {
        let begin = Instant::now();
        loop {
            if let Some(answered) = self.call_once(operation, body) {
                return answered;
            }
            assert!(begin.elapsed() < Duration::from_secs(300), "{operation} has no answer");
            sleep(Duration::from_millis(3));
        }
    }

    pub(crate) fn is_over(&self) -> bool {
        self.ends.load(Ordering::Relaxed)
    }
}

pub(crate) fn answer(stream: &mut TcpStream) -> Option<(u16, Vec<u8>)> {
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).ok()?;
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n")?;
    let body = answer.split_off(end + 4);
    let head = String::from_utf8_lossy(&answer).to_lowercase();
    let length: usize = head.lines().find_map(|line| line.strip_prefix("content-length: "))?.trim().parse().ok()?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    // It may have died within its answer.
    (body.len() == length).then_some((status, body))
}

pub(crate) fn with(of: &Value, members: Value) -> Value {
    let mut request = of.clone();
    request.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    request
}

pub(crate) fn creation(name: &str) -> Value {
    json!({
        "CertificateAuthorityType": "ROOT",
        "IdempotencyToken": name,
        "RevocationConfiguration": {
            "CrlConfiguration": { "Enabled": true, "ExpirationInDays": 4, "S3BucketName": "bucket" },
        },
        "CertificateAuthorityConfiguration": {
            "KeyAlgorithm": "EC_prime256v1", "SigningAlgorithm": "SHA256WITHECDSA", "Subject": { "CommonName": name },
        },
    })
}

/// The certification request of an authority, once it has a key.
pub(crate) fn csr(client: &Client, authority: &Value) -> String {
    let begin = Instant::now();
    loop {
        match client.call("GetCertificateAuthorityCsr", authority) {
            Ok(csr) => return csr["Csr"].as_str().unwrap().to_owned(),
            Err(exception) => assert_eq!(exception, "RequestInProgressException"),
        }
        assert!(begin.elapsed() < Duration::from_secs(300), "{authority} stays CREATING");
        sleep(Duration::from_millis(5));
    }
}

/// An authority with a certificate, whoever dies meanwhile; and its certification request.
pub(crate) fn authority(client: &Client, name: &str) -> (Value, String) {
    let authority = client.call("CreateCertificateAuthority", &creation(name)).unwrap();
    assert_eq!(client.call("CreateCertificateAuthority", &creation(name)).unwrap(), authority, "two under a token");
    let csr = csr(client, &authority);
    let own = issue(client, &authority, &csr, "RootCACertificate", "own");
    let own = certificate(client, &authority, &own);
    let import = with(&authority, json!({ "Certificate": BASE64_STANDARD.encode(own) }));
    client.call("ImportCertificateAuthorityCertificate", &import).unwrap();
    (authority, csr)
}

pub(crate) fn issuance(authority: &Value, csr: &str, template: &str, token: &str) -> Value {
    let request = json!({
        "Csr": BASE64_STANDARD.encode(csr), "SigningAlgorithm": "SHA256WITHECDSA", "IdempotencyToken": token,
        "TemplateArn": format!("arn:aws:acm-pca:::template/{template}/V1"),
        "Validity": { "Type": "DAYS", "Value": if template == "RootCACertificate" { 300 } else { 30 } },
    });
    with(authority, request)
}

pub(crate) fn issue(client: &Client, authority: &Value, csr: &str, template: &str, token: &str) -> Value {
    let request = issuance(authority, csr, template, token);
    client.call("IssueCertificate", &request).unwrap()["CertificateArn"].take()
}

pub(crate) fn certificate(client: &Client, authority: &Value, arn: &Value) -> String {
    let got = client.call("GetCertificate", &with(authority, json!({ "CertificateArn": arn }))).unwrap();
    got["Certificate"].as_str().unwrap().to_owned()
}

pub(crate) fn serial(arn: &Value) -> &str {
    arn.as_str().unwrap().rsplit('/').next().unwrap()
}

pub(crate) struct Service {
    pub(crate) child: Child,
    /// Kept open, so that it can go on printing.
    _said: BufReader<ChildStdout>,
}

impl Service {
    /// Starts it with these arguments, and tells the client where it is.
    pub(crate) fn start(arguments: &[String], client: &Client) -> Service {
        Service::start_in(arguments, &[("ACM_PCA_PASSPHRASE", Some("correct horse battery staple".to_owned()))], client)
    }

    /// The same in an environment: variables with their values, or without.
    pub(crate) fn start_in(arguments: &[String], environment: &[(&str, Option<String>)], client: &Client) -> Service {
        let mut command = Command::new(env!("CARGO_BIN_EXE_acm-pca"));
        command.args(["--listen", "127.0.0.1:0", "--quiet"]).args(arguments);
        for (name, value) in environment {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        let mut child = command.stdout(Stdio::piped()).stdin(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        let mut said = BufReader::new(child.stdout.take().unwrap());
        said.read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on http://");
        let address = address.unwrap_or_else(|| panic!("it does not start: {:?}", child.wait())).to_owned();
        *client.address.lock().unwrap() = Some(address);
        Service { child, _said: said }
    }

    pub(crate) fn kill(&mut self, client: &Client) {
        *client.address.lock().unwrap() = None;
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
