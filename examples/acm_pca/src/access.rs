//! Who calls: signatures of AWS Signature Version 4 held against a file of credentials, and what each caller's policy allows.
//!
//! The verifier is our own: those that exist bring an HTTP client of AWS or another HTTP stack along, and it is little code.

mod canonical;
mod claim;
mod credentials;
mod permissions;
mod refusal;
#[cfg(test)]
mod vectors;

use std::path::Path;
use std::sync::Arc;

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use base64::prelude::{BASE64_STANDARD, Engine};
use hmac::{Hmac, KeyInit, Mac};
use issuance::Timestamp;
use sha2::{Digest, Sha256};

use claim::Claim;
use credentials::Credentials;
pub(crate) use credentials::{Caller, others_can_read};
pub(crate) use refusal::Refusal;

/// How far the date of a signature may be off, in seconds.
const TOLERANCE: i64 = 15 * 60;

const CONTENT_SHA256: &str = "x-amz-content-sha256";

/// Whom the service knows, and for which region it answers (R-SVC-3).
pub(crate) struct Access {
    credentials: Credentials,
    /// Every region, kept apart, if `None`.
    region: Option<String>,
}

/// A request whose signature is yet to be held against its body.
pub(crate) struct Claimed {
    claim: Claim,
    caller: Arc<Caller>,
}

impl Access {
    /// Reads a file of credentials. Answers for one region, if it is given.
    pub(crate) fn from_file(path: &Path, region: Option<String>) -> Result<Access, String> {
        Ok(Access { credentials: Credentials::from_file(path)?, region })
    }

    /// What can be refused before the body is there: all but a wrong signature.
    pub(crate) fn claim(&self, head: &Parts, service: &str, now: Timestamp) -> Result<Claimed, Refusal> {
        let claim = Claim::of(head)?;
        let caller = self.credentials.find(&claim.key_id).ok_or(Refusal::UnknownKey)?;
        claim.check_date(now)?;
        if claim.service != service {
            let problem = format!("Credential should be scoped to correct service: '{service}'.");
            return Err(Refusal::Signature(problem));
        }
        if self.region.as_ref().is_some_and(|region| *region != claim.region) {
            let problem = "Credential should be scoped to a valid region, not";
            return Err(Refusal::Signature(format!("{problem} '{}'.", claim.region.escape_default())));
        }
        Ok(Claimed { caller: Arc::clone(caller), claim })
    }
}

impl Access {
    /// Whose key a browser gives (HTTP Basic, RFC 7617): its identifier as name, its secret as password.
    pub(crate) fn basic(&self, headers: &HeaderMap) -> Option<&Arc<Caller>> {
        let given = headers.get(AUTHORIZATION)?.to_str().ok()?;
        let (scheme, encoded) = given.split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("basic") {
            return None;
        }
        let decoded = BASE64_STANDARD.decode(encoded.trim()).ok()?;
        let (key_id, secret) = std::str::from_utf8(&decoded).ok()?.split_once(':')?;
        let caller = self.credentials.find(key_id)?;
        // Codes of the two are compared, in constant time.
        let expected = keyed(&caller.seed(), key_id).finalize().into_bytes();
        let given = keyed(&[b"AWS4", secret.as_bytes()].concat(), key_id);
        given.verify_slice(&expected).is_ok().then_some(caller)
    }
}

impl Claimed {
    pub(crate) fn caller(&self) -> &Arc<Caller> {
        &self.caller
    }

    pub(crate) fn region(&self) -> &str {
        &self.claim.region
    }

    /// Whether the signature is that of this request by the caller's secret.
    pub(crate) fn verify(&self, head: &Parts, body: &[u8]) -> Result<(), Refusal> {
        let payload = hex(&Sha256::digest(body));
        for given in head.headers.get_all(CONTENT_SHA256) {
            if given.as_bytes() != payload.as_bytes() {
                let problem = "The header X-Amz-Content-Sha256 is not the SHA-256 of the body; UNSIGNED-PAYLOAD and signed \
                               chunks are unsupported.";
                return Err(Refusal::Signature(problem.to_owned()));
            }
        }
        let Claim { stamp, date, region, service, signature, .. } = &self.claim;
        let request = canonical::request(head, &self.claim.signed_headers, self.claim.presigned, &payload)
            .map_err(|missing| Refusal::Signature(format!("The signed header '{missing}' is not in the request.")))?;
        let scope = format!("{date}/{region}/{service}/aws4_request");
        let to_sign = format!("{}\n{stamp}\n{scope}\n{}", claim::ALGORITHM, hex(&Sha256::digest(&request)));
        let key = [date, region, service, "aws4_request"]
            .iter()
            .fold(self.caller.seed(), |key, part| keyed(&key, part).finalize().into_bytes().to_vec());
        // In constant time.
        keyed(&key, &to_sign).verify_slice(signature).map_err(|_| {
            Refusal::Signature(
                "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access \
                 Key and signing method. Consult the service documentation for details."
                    .to_owned(),
            )
        })
    }
}

/// HMAC-SHA-256, which takes a key of any length.
fn keyed(key: &[u8], message: &str) -> Hmac<Sha256> {
    let mut padded = [0; 64];
    match padded.get_mut(..key.len()) {
        Some(start) => start.copy_from_slice(key),
        // A longer key stands for its digest (RFC 2104 section 2).
        None => padded[..32].copy_from_slice(&Sha256::digest(key)),
    }
    let mut mac = <Hmac<Sha256> as KeyInit>::new(&padded.into());
    mac.update(message.as_bytes());
    mac
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
