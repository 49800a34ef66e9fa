//! The page as a browser gets it, over a connection.

use std::net::SocketAddr;
use std::time::Duration;

use super::*;
use crate::access::Access;
use crate::body::Room;
use crate::connections::{Connections, Reach, Times};
use crate::http;
use crate::memory::MemoryStore;
use crate::options::Options;
use crate::trials::Trials;
use axum::Router;
use axum::extract::ConnectInfo;
use axum::http::Request;
use axum::middleware::map_request;
use base64::prelude::{BASE64_STANDARD, Engine};
use issuance::api::{Format, Operation};
use issuance::issue::SystemClock;
use issuance::{KeyAlgorithm, RustCryptoSigner, Signer};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use uuid::Uuid;

/// What a certification request may have for a name.
const HOSTILE: &str = "<script>alert(1)</script>\" onload='x'\u{202e}gpj.exe & \u{5e9}\u{5dc}\u{5d5}\u{5dd}";

struct Running {
    endpoint: Arc<Endpoint>,
    address: SocketAddr,
    authority: String,
}

struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.filter(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value).next()
    }
}

impl Running {
    /// A service with one root, which has issued its own certificate and one for a hostile name.
    async fn new() -> Running {
        Running::with_access(None).await
    }

    async fn with_access(access: Option<Access>) -> Running {
        Running::over(access, |router| router).await
    }

    /// Over connections that a layer may change.
    async fn over(access: Option<Access>, layered: impl Fn(Router) -> Router) -> Running {
        let reports = std::env::temp_dir();
        let service =
            Service::new(Box::new(MemoryStore::default()), Arc::new(SystemClock), Options::default(), reports);
        let endpoint = Endpoint {
            service,
            log: None,
            page: Page::default(),
            access,
            room: Room::new(1 << 20),
            trials: Trials::default(),
        };
        let endpoint = Arc::new(endpoint);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = layered(Router::new().fallback(http::answer).with_state(Arc::clone(&endpoint)));
        let long = Duration::from_secs(60);
        let connections = Connections {
            listener,
            tls: None,
            reach: Reach::Everything,
            most: 8,
            times: Times { read: long, write: long, idle: long },
            open: endpoint.service.metrics().connections(),
        };
        tokio::spawn(connections.serve(router));
        let mut running = Running { endpoint, address, authority: String::new() };
        running.make_root();
        running
    }

    fn call(&self, operation: Operation, body: Value) -> Value {
        let service = self.endpoint.service.in_scope(self.endpoint.service.options().scope.clone());
        let answer = service.serve(operation, Format::Json, body.to_string().as_bytes()).unwrap();
        if answer.is_empty() { Value::Null } else { serde_json::from_slice(&answer).unwrap() }
    }

    fn make_root(&mut self) {
        let configuration = json!({
            "KeyAlgorithm": "EC_prime256v1", "SigningAlgorithm": "SHA256WITHECDSA", "Subject": { "CommonName": "Root" },
        });
        let created = self.call(
            Operation::CreateCertificateAuthority,
            json!({ "CertificateAuthorityType": "ROOT", "CertificateAuthorityConfiguration": configuration }),
        );
        self.authority = created["CertificateAuthorityArn"].as_str().unwrap().to_owned();
        let csr = self.call(Operation::GetCertificateAuthorityCsr, self.of_authority(json!({})));
        let own = self.issue(csr["Csr"].as_str().unwrap(), "RootCACertificate", json!({}));
        let own = self.call(Operation::GetCertificate, self.of_authority(json!({ "CertificateArn": own })));
        let certificate = BASE64_STANDARD.encode(own["Certificate"].as_str().unwrap());
        let import = self.of_authority(json!({ "Certificate": certificate }));
        self.call(Operation::ImportCertificateAuthorityCertificate, import);
    }

    fn of_authority(&self, mut members: Value) -> Value {
        members["CertificateAuthorityArn"] = json!(self.authority);
        members
    }

    fn issue(&self, csr: &str, template: &str, passthrough: Value) -> String {
        let request = self.of_authority(json!({
            "Csr": BASE64_STANDARD.encode(csr),
            "SigningAlgorithm": "SHA256WITHECDSA",
            "TemplateArn": format!("arn:aws:acm-pca:::template/{template}/V1"),
            "Validity": { "Type": "DAYS", "Value": if template.starts_with("Root") { 3650 } else { 30 } },
            "ApiPassthrough": passthrough,
        }));
        let issued = self.call(Operation::IssueCertificate, request);
        issued["CertificateArn"].as_str().unwrap().to_owned()
    }

    async fn send(&self, request: String) -> Answer {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        let answer = String::from_utf8(answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, head: head.to_owned(), body: body.to_owned() }
    }

    async fn get(&self, path: &str) -> Answer {
        self.get_with(path, "Host: localhost\r\nAccept: text/html,*/*;q=0.8\r\n").await
    }

    async fn get_with(&self, path: &str, headers: &str) -> Answer {
        self.send(format!("GET {path} HTTP/1.1\r\n{headers}Connection: close\r\n\r\n")).await
    }

    async fn post(&self, members: &[(&str, &str)]) -> Answer {
        let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(members).finish();
        let length = form.len();
        self.send(format!(
            "POST /dry-run HTTP/1.1\r\nHost: localhost\r\nAccept: text/html\r\nOrigin: http://localhost\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{form}"
        ))
        .await
    }
}

/// A certification request in PEM.
fn csr_of(common_name: &str) -> String {
    let key = RustCryptoSigner::generate(KeyAlgorithm::EcPrime256v1).unwrap();
    let subject = issuance::Subject::builder().common_name(common_name).build().unwrap();
    let arn = "arn:aws:acm-pca:us-east-1:123456789012:certificate-authority/12345678-1234-1234-1234-123456789012";
    let kind = issuance::authority::CertificateAuthorityType::Subordinate;
    let applicant = CertificateAuthority::builder(arn.parse().unwrap(), kind).build(&subject, key.public_key_der());
    applicant.unwrap().certificate_signing_request(&key, issuance::SigningAlgorithm::Sha256WithEcdsa).unwrap()
}

#[tokio::test]
async fn every_page_is_shown_under_a_strict_policy() {
    let running = Running::new().await;
    let certificate = running.issue(&csr_of(HOSTILE), "EndEntityCertificate", json!({}));
    let paths = [
        "/".to_owned(),
        query::link("/authority", &[("arn", &running.authority)]),
        query::link("/authority", &[("arn", &running.authority), ("only", &"revoked")]),
        query::link("/certificate", &[("arn", &certificate)]),
        "/requests".to_owned(),
        "/templates".to_owned(),
        "/template?name=EndEntityCertificate".to_owned(),
        "/template?name=RootCACertificate".to_owned(),
        "/compare".to_owned(),
        "/compare?first=EndEntityCertificate&second=EndEntityServerAuthCertificate".to_owned(),
        "/dry-run".to_owned(),
    ];
    for path in &paths {
        let answer = running.get(path).await;
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(answer.header("content-type"), Some("text/html; charset=utf-8"), "{path}");
        let policy = answer.header("content-security-policy").unwrap();
        for part in ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"] {
            assert!(policy.contains(part), "{policy}");
        }
        assert!(!policy.contains("unsafe") && !policy.contains("script"), "{policy}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        let referrer = if path == "/dry-run" { "same-origin" } else { "no-referrer" };
        assert_eq!(answer.header("referrer-policy"), Some(referrer), "{path}");
        assert!(answer.body.matches("<h1>").count() == 1 && answer.body.contains("lang=\"en\""), "{path}");
        assert!(!answer.body.contains("<script") && !answer.body.contains(" style="), "{path}");
        assert!(!answer.body.contains('\u{202e}'), "{path}");
    }
}

#[tokio::test]
async fn a_certificate_says_where_each_part_came_from() {
    let running = Running::new().await;
    let dropped = json!({ "Extensions": { "KeyUsage": { "KeyCertSign": true } }, "Subject": { "CommonName": "api" } });
    let arn = running.issue(&csr_of(HOSTILE), "EndEntityCertificate_APIPassthrough", dropped);
    let answer = running.get(&query::link("/certificate", &[("arn", &arn)])).await;
    // As the library writes names (RFC 4514).
    for text in ["CN=\\&lt;script\\&gt;alert(1)\\&lt;/script\\&gt;\\&quot; onload", "\\E2\\80\\AEgpj.exe"] {
        assert!(answer.body.contains(text), "{text}: {}", answer.body);
    }
    for (part, origin) in [("subjectPublicKeyInfo", "CSR"), ("notAfter", "request"), ("subject", "API")] {
        let row = format!(
            "<th scope=\"row\" role=\"rowheader\"><div class=\"cell\">{part}</div></th><td role=\"cell\" data-column=\"From\"><div class=\"cell\">{origin}</div>"
        );
        assert!(answer.body.contains(&row), "{part}: {}", answer.body);
    }
    for text in
        ["apiPassthrough.extensions.keyUsage", "the template defines it", "R-MRG-3", "a higher source gave it: API"]
    {
        assert!(answer.body.contains(text), "{text}: {}", answer.body);
    }
}

#[tokio::test]
async fn a_dry_run_shows_the_plan_or_the_refusal_and_keeps_nothing() {
    let running = Running::new().await;
    let form = running.get("/dry-run").await.body;
    let (_, rest) = form.split_once("name=\"token\" value=\"").unwrap();
    let (token, _) = rest.split_once('"').unwrap();
    let csr = csr_of("www.example.com");
    let sent =
        [("token", token), ("authority", &running.authority), ("template", "EndEntityCertificate"), ("csr", &csr)];
    let validity = |value, unit| [&sent[..], &[("validity", value), ("unit", unit)]].concat();

    let taken = running.post(&validity("90", "DAYS")).await;
    assert_eq!(taken.status, 200);
    assert!(
        taken.body.contains("would be answered with a certificate") && taken.body.contains("R-CSR-5"),
        "{}",
        taken.body
    );
    let refused = running.post(&validity("90", "YEARS")).await;
    assert!(
        refused.body.contains("Refused: ValidationException") && refused.body.contains("R-VAL-3"),
        "{}",
        refused.body
    );
    let refused = running.post(&validity("0", "DAYS")).await;
    assert!(refused.body.contains("validity.value") && refused.body.contains("R-REQ-2"), "{}", refused.body);
    let odd = running.post(&[&validity("1", "DAYS")[..], &[("passthrough", "{")]].concat()).await;
    assert!(odd.body.contains("ApiPassthrough is not JSON"), "{}", odd.body);

    let of_this = running.authority.parse().unwrap();
    // The root's own alone.
    assert_eq!(running.endpoint.service.all_records().len(), 1);
    assert_eq!(running.endpoint.service.certificates_seen(&of_this, crate::store::Only::All, 0, 9).count, 1);
}

#[tokio::test]
async fn a_form_of_another_page_is_not_read() {
    let running = Running::new().await;
    for token in ["", "x", &"0".repeat(64)] {
        let answer = running.post(&[("token", token), ("authority", &running.authority), ("csr", "x")]).await;
        assert_eq!(answer.status, 403);
        assert!(answer.body.contains("This form is not of this page"), "{}", answer.body);
    }
    let long = "x".repeat(MOST_FORM);
    assert_eq!(running.post(&[("csr", &long)]).await.status, 413);
    let elsewhere = "POST /dry-run HTTP/1.1\r\nHost: localhost\r\nOrigin: http://evil.example\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    assert_eq!(running.send(elsewhere.to_owned()).await.status, 403);
}

/// R-SVC-1.
#[tokio::test]
async fn pages_and_figures_are_for_the_right_host_and_health_is_for_every_host() {
    let running = Running::new().await;
    for path in ["/", "/metrics", "/requests", "/style.css"] {
        let foreign = "Host: evil.example\r\nAccept: text/html\r\n";
        assert_eq!(running.get_with(path, foreign).await.status, 403, "{path}");
        let from_elsewhere = "Host: localhost\r\nAccept: text/html\r\nSec-Fetch-Site: cross-site\r\n";
        assert_eq!(running.get_with(path, from_elsewhere).await.status, 403, "{path}");
    }
    for (path, body) in [("/healthz", "ok\n"), ("/readyz", "ready\n")] {
        let answer = running.get_with(path, "Host: evil.example\r\n").await;
        assert_eq!((answer.status, answer.body.as_str()), (200, body));
    }
    let figures = running.get_with("/metrics", "Host: localhost\r\n").await;
    assert_eq!(figures.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    assert!(
        figures.body.contains("acm_pca_certificates_issued_total{template=\"RootCACertificate\"} 1\n"),
        "{}",
        figures.body
    );
    assert!(figures.body.contains("acm_pca_connections 1\n"), "{}", figures.body);
}

#[tokio::test]
async fn clients_of_the_api_do_not_see_the_page() {
    let running = Running::new().await;
    for (path, headers) in
        [("/", "Host: localhost\r\n"), ("/?Action=GetCallerIdentity", "Host: localhost\r\nAccept: text/html\r\n")]
    {
        let answer = running.get_with(path, headers).await;
        assert!(!answer.body.contains("<html"), "{path}: {}", answer.body);
    }
    assert_eq!(running.get_with("/", "Host: localhost\r\nAccept: */*\r\n").await.status, 400);
    let missing = running.get("/authority?arn=arn:aws:acm-pca:::x").await;
    assert!(
        missing.status == 404 && missing.body.contains("There is no such certificate authority"),
        "{}",
        missing.body
    );
}

#[tokio::test]
async fn the_requests_of_the_last_minutes_are_shown_with_their_outcome() {
    let running = Running::new().await;
    let refused = "POST / HTTP/1.1\r\nHost: localhost\r\nX-Amz-Target: ACMPrivateCA.ListTags\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}";
    assert_eq!(running.send(refused.to_owned()).await.status, 400);
    let shown = running.get("/requests").await.body;
    assert!(shown.contains("List<wbr>Tags") && shown.contains("400 <bdi>Validation<wbr>Exception"), "{shown}");
}

fn entry(key: &str, account: &str, policy: &str) -> String {
    format!(
        "[[credentials]]\naccess_key_id = \"{key}\"\nsecret_access_key = \"secret of {key}\"\naccount = \"{account}\"\n{policy}"
    )
}

fn access(entries: &[String]) -> Access {
    let file = std::env::temp_dir().join(format!("acm-pca-page-{}.toml", Uuid::new_v4()));
    std::fs::write(&file, entries.join("\n")).unwrap();
    let access = Access::from_file(&file, None).unwrap();
    std::fs::remove_file(&file).unwrap();
    access
}

/// A connection over which others read along.
async fn from_elsewhere(mut request: Request<Body>) -> Request<Body> {
    if let Some(ConnectInfo(peer)) = request.extensions_mut().get_mut::<ConnectInfo<Peer>>() {
        peer.is_private = false;
    }
    request
}

/// R-SVC-1: a secret does not travel in the clear for the page's sake.
#[tokio::test]
async fn no_access_key_is_asked_for_or_taken_in_the_clear() {
    let known = access(&[entry("OWN", "123456789012", "")]);
    let running = Running::over(Some(known), |router| router.layer(map_request(from_elsewhere))).await;
    let page = format!("/authority?arn={}", running.authority);
    let basic = BASE64_STANDARD.encode("OWN:secret of OWN");
    for given in [String::new(), format!("Authorization: Basic {basic}\r\n")] {
        for path in ["/", "/metrics", "/requests", "/dry-run", &page] {
            let answer = running.get_with(path, &format!("Host: localhost\r\nAccept: text/html\r\n{given}")).await;
            assert_eq!(answer.status, 403, "{path}");
            assert!(
                answer.body.contains("only over TLS or from this machine: start with --tls-cert"),
                "{}",
                answer.body
            );
            assert!(answer.header("www-authenticate").is_none(), "{}", answer.head);
            assert!(!answer.body.contains("certificate-authority"), "{}", answer.body);
        }
    }
    assert_eq!(running.get("/healthz").await.status, 200);
}

/// Where the API asks for credentials, so does the page; everybody sees what the API would show them.
#[tokio::test]
async fn with_credentials_the_page_asks_for_an_access_key() {
    let narrow = "policy = '''{\"Version\": \"2012-10-17\", \"Statement\": [{\"Effect\": \"Allow\", \
                  \"Action\": \"acm-pca:IssueCertificate\", \"Resource\": \"*\"}]}'''\n";
    let entries =
        [entry("OWN", "123456789012", ""), entry("OTHER", "210987654321", ""), entry("NARROW", "123456789012", narrow)];
    let running = Running::with_access(Some(access(&entries))).await;
    let page = format!("/authority?arn={}", running.authority);
    let by = |path: String, key: &'static str, secret: &'static str| {
        let basic = BASE64_STANDARD.encode(format!("{key}:{secret}"));
        let headers = format!("Host: localhost\r\nAccept: text/html\r\nAuthorization: Basic {basic}\r\n");
        let running = &running;
        async move { running.get_with(&path, &headers).await }
    };
    for path in ["/", "/metrics", "/requests", &page] {
        let answer = running.get(path).await;
        assert_eq!(answer.status, 401, "{path}");
        assert!(answer.head.to_ascii_lowercase().contains("www-authenticate: basic"), "{}", answer.head);
        assert_eq!(by(path.to_owned(), "OWN", "secret of OTHER").await.status, 401);
        assert_eq!(by(path.to_owned(), "NOBODY", "").await.status, 401);
        assert_eq!(by(path.to_owned(), "OWN", "secret of OWN").await.status, 200, "{path}");
    }
    assert_eq!(by(page.clone(), "OTHER", "secret of OTHER").await.status, 404);
    // The policy of the authority may let another account see it.
    for (actions, status) in [
        (json!(["acm-pca:DescribeCertificateAuthority"]), 404),
        (json!(["acm-pca:DescribeCertificateAuthority", "acm-pca:GetCertificate"]), 200),
    ] {
        let statement =
            json!({ "Effect": "Allow", "Principal": { "AWS": "210987654321" }, "Action": actions, "Resource": "*" });
        let policy = json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string();
        running.call(Operation::PutPolicy, json!({ "ResourceArn": running.authority, "Policy": policy }));
        assert_eq!(by(page.clone(), "OTHER", "secret of OTHER").await.status, status);
        let listed = by("/".to_owned(), "OTHER", "secret of OTHER").await.body;
        assert_eq!(listed.contains("/authority?arn="), status == 200, "{listed}");
    }
    assert_eq!(by(page, "NARROW", "secret of NARROW").await.status, 404);
    assert_eq!(running.get("/healthz").await.status, 200);
}
