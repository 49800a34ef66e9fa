//! The key as the certificate authority sees it: an [`AsyncSigner`] that asks the service.

use std::net::SocketAddr;
use std::time::Duration;

use base64::prelude::{BASE64_STANDARD, Engine};
use issuance::crypto::{SignError, SignFuture, Signature};
use issuance::{AsyncSigner, KeyAlgorithm, SigningAlgorithm};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::time::{Instant, sleep, timeout};

use crate::http;

/// How long one exchange may take.
const EXCHANGE: Duration = Duration::from_secs(2);
/// How long one signature may take, with all that is tried again.
const SIGNATURE: Duration = Duration::from_secs(15);
/// Between the first answer 429 and the second attempt; twice as long each time, unless the service asks for more.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// How a message goes to the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MessageType {
    /// The message itself: 4,096 octets at most.
    Raw,
    /// Its digest: a message of any length, and less to send.
    Digest,
}

/// A P-256 key in the service.
pub(crate) struct RemoteKey {
    service: SocketAddr,
    message_type: MessageType,
    public_key: Vec<u8>,
    algorithm: KeyAlgorithm,
}

impl RemoteKey {
    /// Asks the service for the public key, once.
    pub(crate) async fn connect(service: SocketAddr, message_type: MessageType) -> Result<RemoteKey, SignError> {
        let answer = call(service, "GET", "/public-key", "").await?;
        let public_key = octets(&answer, "PublicKey")?;
        let algorithm = KeyAlgorithm::from_public_key_der(&public_key)
            .ok_or_else(|| SignError::backend("the service has a key of an unknown algorithm"))?;
        Ok(RemoteKey { service, message_type, public_key, algorithm })
    }
}

/// The only algorithm of this service.
const SUPPORTED: &[SigningAlgorithm] = &[SigningAlgorithm::Sha256WithEcdsa];

impl AsyncSigner for RemoteKey {
    fn public_key_der(&self) -> &[u8] {
        &self.public_key
    }

    fn signing_algorithms(&self) -> &[SigningAlgorithm] {
        SUPPORTED
    }

    fn sign<'a>(&'a self, algorithm: SigningAlgorithm, message: &'a [u8]) -> SignFuture<'a> {
        Box::pin(async move {
            // What is not known here must not be signed with something else.
            if !SUPPORTED.contains(&algorithm) {
                return Err(SignError::UnsupportedAlgorithm { algorithm, key: self.algorithm });
            }
            let (message_type, message) = match self.message_type {
                MessageType::Raw => ("RAW", BASE64_STANDARD.encode(message)),
                MessageType::Digest => ("DIGEST", BASE64_STANDARD.encode(Sha256::digest(message))),
            };
            let request = json!({
                "SigningAlgorithm": "ECDSA_SHA_256",
                "MessageType": message_type,
                "Message": message,
            });
            let answer = call(self.service, "POST", "/sign", &request.to_string()).await?;
            // DER, as a certificate has it. The issuer verifies it; nothing of it need be looked at here.
            Ok(Signature::new(octets(&answer, "Signature")?))
        })
    }
}

/// Asks until there is an answer other than "not so fast", or until it has taken too long.
///
/// Only throttling is tried again here: whoever asked for a certificate learns of an outage at once, and that the same request
/// may be made later.
async fn call(service: SocketAddr, method: &str, path: &str, body: &str) -> Result<Value, SignError> {
    let deadline = Instant::now() + SIGNATURE;
    let mut pause = FIRST_PAUSE;
    loop {
        let response = timeout(EXCHANGE, http::exchange(service, method, path, body))
            .await
            .map_err(|elapsed| {
                let seconds = EXCHANGE.as_secs();
                away(format!("the key service does not answer within {seconds} seconds")).caused_by(elapsed)
            })?
            .map_err(|error| away("the key service cannot be reached").caused_by(error))?;
        let answer: Value = serde_json::from_str(&response.body).unwrap_or_default();
        let why = answer["Error"].as_str().unwrap_or("no reason given");
        match response.status {
            200 => return Ok(answer),
            429 => {
                let wait = response.retry_after.unwrap_or_default().max(pause) + jitter();
                if Instant::now() + wait > deadline {
                    return Err(away(format!("throttled for {} seconds: {why}", SIGNATURE.as_secs())));
                }
                sleep(wait).await;
                pause *= 2;
            }
            status @ 500..=599 => return Err(away(format!("the key service is unavailable, status {status}: {why}"))),
            status => return Err(SignError::backend(format!("the key service refuses, status {status}: {why}"))),
        }
    }
}

/// Up to a quarter of a second, so that those who were sent away together do not come back together.
fn jitter() -> Duration {
    Duration::from_millis(u64::from(getrandom::u32().unwrap_or_default() % 250))
}

fn octets(answer: &Value, member: &str) -> Result<Vec<u8>, SignError> {
    answer[member]
        .as_str()
        .and_then(|text| BASE64_STANDARD.decode(text).ok())
        .ok_or_else(|| SignError::backend(format!("the key service answers without {member}")))
}

fn away(reason: impl Into<String>) -> SignError {
    SignError::backend(reason).retryable()
}
