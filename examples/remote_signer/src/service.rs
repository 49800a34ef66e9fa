//! The service that has the key: a small KMS, HTTP on the loopback interface, in threads of its own.
//!
//! It does what such services do to their callers: it takes its time, it takes so many requests a second, it takes a message
//! of 4,096 octets at most, and at times it is away.

use std::error::Error;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use base64::prelude::{BASE64_STANDARD, Engine};
use getrandom::SysRng;
use p256::ecdsa::signature::hazmat::PrehashSigner;
use p256::ecdsa::{Signature, SigningKey};
use p256::elliptic_curve::Generate;
use p256::pkcs8::EncodePublicKey;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

const LATENCY: Duration = Duration::from_millis(10);
/// So many signatures at once, and so many more each second.
const REQUESTS_PER_SECOND: f64 = 40.0;
const RAW_MESSAGE_OCTETS: usize = 4_096;
const REQUEST_OCTETS: u64 = 64 * 1024;

/// How the service feels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mood {
    /// It works.
    Well,
    /// It answers 503.
    Away,
    /// It accepts connections and does not answer.
    Silent,
}

/// A service that runs.
pub(crate) struct Service {
    address: SocketAddr,
    state: Arc<State>,
}

struct State {
    key: SigningKey,
    mood: Mutex<Mood>,
    bucket: Mutex<Bucket>,
    signed: AtomicUsize,
    throttled: AtomicUsize,
}

/// Requests that may still come, and when that was true.
struct Bucket {
    left: f64,
    at: Instant,
}

impl Service {
    /// Makes a P-256 key and listens on a free port.
    pub(crate) fn start() -> Result<Service, Box<dyn Error + Send + Sync>> {
        let state = Arc::new(State {
            key: SigningKey::try_generate_from_rng(&mut SysRng)?,
            mood: Mutex::new(Mood::Well),
            bucket: Mutex::new(Bucket { left: REQUESTS_PER_SECOND, at: Instant::now() }),
            signed: AtomicUsize::new(0),
            throttled: AtomicUsize::new(0),
        });
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let service = Service { address: listener.local_addr()?, state: Arc::clone(&state) };
        thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let state = Arc::clone(&state);
                // A caller that has gone away is no matter.
                thread::spawn(move || drop(state.serve(connection)));
            }
        });
        Ok(service)
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn set_mood(&self, mood: Mood) {
        *self.state.mood.lock().unwrap_or_else(PoisonError::into_inner) = mood;
    }

    /// How many signatures it has made.
    pub(crate) fn signed(&self) -> usize {
        self.state.signed.load(Ordering::SeqCst)
    }

    /// How many requests it has answered with 429.
    pub(crate) fn throttled(&self) -> usize {
        self.state.throttled.load(Ordering::SeqCst)
    }
}

/// Status and body.
type Answer = (&'static str, Value);

impl State {
    /// One request, one answer, and the connection is closed.
    fn serve(&self, connection: TcpStream) -> io::Result<()> {
        connection.set_read_timeout(Some(Duration::from_secs(5)))?;
        let mut reader = BufReader::new(Read::take(&connection, REQUEST_OCTETS));
        let mut request_line = String::new();
        reader.read_line(&mut request_line)?;
        let mut length = 0;
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line)? == 0 || line == "\r\n" {
                break;
            }
            if let Some((_, value)) =
                line.split_once(':').filter(|(name, _)| name.eq_ignore_ascii_case("content-length"))
            {
                length = value.trim().parse().unwrap_or(0);
            }
        }
        let mut body = Vec::new();
        reader.take(length).read_to_end(&mut body)?;

        let mood = *self.mood.lock().unwrap_or_else(PoisonError::into_inner);
        let (status, body) = match mood {
            Mood::Well => self.answer(&request_line, &body),
            Mood::Away => ("503 Service Unavailable", error("the key store is being replaced")),
            Mood::Silent => {
                // Longer than anybody waits.
                thread::sleep(Duration::from_secs(30));
                return Ok(());
            }
        };
        let body = body.to_string();
        let retry = if status.starts_with("429") { "Retry-After: 1\r\n" } else { "" };
        write!(
            &connection,
            "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n{retry}Connection: close\r\n\r\n{body}",
            body.len()
        )
    }

    fn answer(&self, request_line: &str, body: &[u8]) -> Answer {
        match request_line.trim_end() {
            "GET /public-key HTTP/1.1" => match self.key.verifying_key().to_public_key_der() {
                Ok(der) => ("200 OK", json!({ "PublicKey": BASE64_STANDARD.encode(der.as_bytes()) })),
                Err(_) => ("500 Internal Server Error", error("the public key cannot be encoded")),
            },
            "POST /sign HTTP/1.1" => self.sign(body),
            _ => ("404 Not Found", error("GET /public-key and POST /sign are what there is")),
        }
    }

    fn sign(&self, body: &[u8]) -> Answer {
        if !self.admit() {
            self.throttled.fetch_add(1, Ordering::SeqCst);
            return ("429 Too Many Requests", error("rate exceeded"));
        }
        thread::sleep(LATENCY);
        let refused = |why| ("400 Bad Request", error(why));
        let request: Value = serde_json::from_slice(body).unwrap_or_default();
        if request["SigningAlgorithm"] != "ECDSA_SHA_256" {
            return refused("SigningAlgorithm: this key does ECDSA_SHA_256");
        }
        let Some(message) = request["Message"].as_str().and_then(|text| BASE64_STANDARD.decode(text).ok()) else {
            return refused("Message: not base64");
        };
        let digest = match request["MessageType"].as_str() {
            Some("RAW") if message.len() > RAW_MESSAGE_OCTETS => {
                return refused("Message: longer than 4096 bytes; send its digest");
            }
            Some("RAW") => Sha256::digest(message).to_vec(),
            Some("DIGEST") if message.len() == 32 => message,
            Some("DIGEST") => return refused("Message: a digest of SHA-256 has 32 bytes"),
            _ => return refused("MessageType: neither RAW nor DIGEST"),
        };
        match PrehashSigner::<Signature>::sign_prehash(&self.key, &digest) {
            Ok(signature) => {
                self.signed.fetch_add(1, Ordering::SeqCst);
                ("200 OK", json!({ "Signature": BASE64_STANDARD.encode(signature.to_der().as_bytes()) }))
            }
            Err(_) => ("500 Internal Server Error", error("the key does not sign")),
        }
    }

    fn admit(&self) -> bool {
        let mut bucket = self.bucket.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let more = now.duration_since(bucket.at).as_secs_f64() * REQUESTS_PER_SECOND;
        *bucket = Bucket { left: (bucket.left + more).min(REQUESTS_PER_SECOND), at: now };
        let admitted = bucket.left >= 1.0;
        if admitted {
            bucket.left -= 1.0;
        }
        admitted
    }
}

fn error(why: &str) -> Value {
    json!({ "Error": why })
}
