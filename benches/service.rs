//! How much of the library's rate the example service keeps: issuance in process, then the same requests over HTTP from 64
//! keep-alive connections on the same cores, and the memory that each stored certificate takes. The service writes its request log,
//! to nowhere.
//!
//! Run by `benches/service.sh`, which builds the service first.
#![allow(clippy::unwrap_used)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use base64::prelude::{BASE64_STANDARD, Engine};
use issuance::authority::RevocationConfiguration;
use issuance::{AwsLcSigner, AwsLcVerifier, IssueCertificateRequest, Issuer, KeyAlgorithm, SigningAlgorithm};
use issuance_benches::root::active_root;
use serde_json::{Value, json};

const ARN: &str = "arn:aws:acm-pca:us-east-1:123456789012:certificate-authority/12345678-1234-1234-1234-123456789012";
const CSR: &[u8] = include_bytes!("../examples/data/www.example.com.csr");
const CONNECTIONS: usize = 64;
const ROUNDS: usize = 3;
const ROUND: Duration = Duration::from_secs(4);

fn request(arn: &str, csr: &[u8], template: &str, years: i64) -> Value {
    json!({
        "CertificateAuthorityArn": arn,
        "Csr": BASE64_STANDARD.encode(csr),
        "SigningAlgorithm": "SHA256WITHECDSA",
        "TemplateArn": format!("arn:aws:acm-pca:::template/{template}/V1"),
        "Validity": { "Value": years, "Type": "YEARS" },
    })
}

fn issuer() -> Issuer {
    let key = Arc::new(AwsLcSigner::generate(KeyAlgorithm::EcPrime256v1).unwrap());
    let revocation = RevocationConfiguration::none();
    let (root, _) = active_root(ARN, key.clone(), AwsLcVerifier, SigningAlgorithm::Sha256WithEcdsa, revocation);
    Issuer::builder_with_verifier(root, key, AwsLcVerifier).build().unwrap()
}

/// Certificates a second, with `work` on every core until the time is over; it says how many it made.
fn rate(threads: usize, work: impl Fn(usize, &AtomicBool, &AtomicU64) + Sync) -> f64 {
    let (over, made) = (AtomicBool::new(false), AtomicU64::new(0));
    let start = Instant::now();
    thread::scope(|scope| {
        for thread in 0..threads {
            let (work, over, made) = (&work, &over, &made);
            scope.spawn(move || work(thread, over, made));
        }
        thread::sleep(ROUND);
        over.store(true, Ordering::Relaxed);
    });
    made.load(Ordering::Relaxed) as f64 / start.elapsed().as_secs_f64()
}

/// The service, until it is dropped.
struct Service {
    process: Child,
    address: SocketAddr,
}

impl Service {
    fn start() -> Service {
        let program: PathBuf = std::env::var_os("ACM_PCA").unwrap().into();
        let mut process = Command::new(program)
            .args(["--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on http://").unwrap().parse().unwrap();
        Service { process, address }
    }

    fn call(&self, operation: &str, body: &Value) -> Value {
        let mut connection = TcpStream::connect(self.address).unwrap();
        connection.write_all(&message(operation, body)).unwrap();
        let mut buffer = Vec::new();
        let answer = receive(&mut connection, &mut buffer);
        let (status, body) = (answer.0, &buffer[answer.1..answer.2]);
        assert_eq!(status, 200, "{operation}: {}", String::from_utf8_lossy(body));
        if body.is_empty() { Value::Null } else { serde_json::from_slice(body).unwrap() }
    }

    /// A root that issues.
    fn root(&self) -> String {
        let configuration = json!({
            "KeyAlgorithm": "EC_prime256v1", "SigningAlgorithm": "SHA256WITHECDSA", "Subject": { "CommonName": "Root" },
        });
        let create = json!({
            "CertificateAuthorityType": "ROOT", "CertificateAuthorityConfiguration": configuration,
        });
        let created = self.call("CreateCertificateAuthority", &create);
        let arn = created["CertificateAuthorityArn"].as_str().unwrap().to_owned();
        let here = json!({ "CertificateAuthorityArn": arn });
        let csr = self.call("GetCertificateAuthorityCsr", &here);
        let own = request(&arn, csr["Csr"].as_str().unwrap().as_bytes(), "RootCACertificate", 10);
        let issued = self.call("IssueCertificate", &own);
        let get = json!({ "CertificateAuthorityArn": arn, "CertificateArn": issued["CertificateArn"] });
        let certificate = self.call("GetCertificate", &get);
        let certificate = BASE64_STANDARD.encode(certificate["Certificate"].as_str().unwrap().as_bytes());
        let import = json!({ "CertificateAuthorityArn": arn, "Certificate": certificate });
        self.call("ImportCertificateAuthorityCertificate", &import);
        arn
    }

    /// Resident memory in bytes.
    fn memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
        line.split_ascii_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn message(operation: &str, body: &Value) -> Vec<u8> {
    let body = body.to_string();
    format!(
        "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-amz-json-1.1\r\n\
         X-Amz-Target: ACMPrivateCA.{operation}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// One answer: its status, and where its body is in the buffer.
fn receive(connection: &mut TcpStream, buffer: &mut Vec<u8>) -> (u16, usize, usize) {
    buffer.clear();
    let mut piece = [0; 4096];
    loop {
        let read = connection.read(&mut piece).unwrap();
        assert!(read > 0, "the connection ended");
        buffer.extend_from_slice(&piece[..read]);
        let Some(head) = buffer.windows(4).position(|window| window == b"\r\n\r\n") else { continue };
        let text = std::str::from_utf8(&buffer[..head]).unwrap();
        let length = text.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap().parse::<usize>();
        let end = head + 4 + length.unwrap();
        if buffer.len() >= end {
            return (text[9..12].parse().unwrap(), head + 4, end);
        }
    }
}

/// Keeps every connection busy: all requests go out before the first answer is read.
fn drive(address: SocketAddr, message: &[u8], connections: usize, over: &AtomicBool, made: &AtomicU64) {
    let connect = |_| {
        let connection = TcpStream::connect(address).unwrap();
        connection.set_nodelay(true).unwrap();
        connection
    };
    let mut connections: Vec<TcpStream> = (0..connections).map(connect).collect();
    let mut buffer = Vec::new();
    connections.iter_mut().for_each(|connection| connection.write_all(message).unwrap());
    while !over.load(Ordering::Relaxed) {
        for connection in &mut connections {
            let (status, ..) = receive(connection, &mut buffer);
            assert_eq!(status, 200, "{}", String::from_utf8_lossy(&buffer));
            connection.write_all(message).unwrap();
            made.fetch_add(1, Ordering::Relaxed);
        }
    }
}

fn main() {
    // `cargo bench -- --test` and `cargo test --benches` only ask whether it starts.
    if std::env::var_os("ACM_PCA").is_none() {
        println!("run by benches/service.sh");
        return;
    }
    let cores = thread::available_parallelism().unwrap().get();
    let issuer = issuer();
    let leaf = |arn: &str| request(arn, CSR, "EndEntityCertificate", 1);
    let local = IssueCertificateRequest::from_json(leaf(ARN).to_string().as_bytes()).unwrap();

    let service = Service::start();
    let arn = service.root();
    let message = message("IssueCertificate", &leaf(&arn));

    println!("{cores} cores, P-256, AWS-LC, {CONNECTIONS} connections, {} s a round", ROUND.as_secs());
    println!("in process /s    service /s    ratio    bytes a stored certificate");
    for _ in 0..ROUNDS {
        let in_process = rate(cores, |_, over, made| {
            while !over.load(Ordering::Relaxed) {
                issuer.issue(&local).unwrap();
                made.fetch_add(1, Ordering::Relaxed);
            }
        });
        let before = service.memory();
        let over_http = rate(cores, |_, over, made| {
            drive(service.address, &message, CONNECTIONS / cores, over, made);
        });
        let stored = over_http * ROUND.as_secs_f64();
        let grown = service.memory().saturating_sub(before) as f64 / stored;
        println!("{in_process:12.0}  {over_http:12.0}  {:7.2}  {grown:12.0}", over_http / in_process);
    }
}
