//! What a signature says of itself, in the header or in the query: whose it is, when, for what, and over which headers.

use std::collections::HashMap;
use std::time::{SystemTime, UNIX_EPOCH};

use axum::http::HeaderMap;
use axum::http::header::{AUTHORIZATION, DATE};
use axum::http::request::Parts;
use issuance::Timestamp;

use super::TOLERANCE;
use super::canonical::from_hex;
use super::refusal::Refusal;
use crate::percent;
use crate::scope::Credential;

pub(super) const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// The longest that a signed URL may be good for, in seconds: 7 days.
const LONGEST: i64 = 7 * 86400;

#[derive(Debug)]
pub(super) struct Claim {
    pub(super) key_id: String,
    /// The day of the scope: `20261128`.
    pub(super) date: String,
    pub(super) region: String,
    pub(super) service: String,
    /// In order.
    pub(super) signed_headers: Vec<String>,
    pub(super) signature: [u8; 32],
    /// The time of the signature: `20261128T120000Z`.
    pub(super) stamp: String,
    signed_at: Timestamp,
    /// For how many seconds a signed URL is good.
    lasts: Option<i64>,
    /// Whether it stands in the query.
    pub(super) presigned: bool,
}

impl Claim {
    pub(super) fn of(head: &Parts) -> Result<Claim, Refusal> {
        let mut in_header = head.headers.get_all(AUTHORIZATION).iter();
        let claim = match (in_header.next(), in_header.next()) {
            (Some(header), None) => {
                let text = header.to_str().map_err(|_| incomplete("The Authorization header is not ASCII text."))?;
                Claim::in_header(text, &head.headers)?
            }
            (Some(_), Some(_)) => return Err(incomplete("The Authorization header must stand once.")),
            (None, _) => Claim::in_query(head.uri.query().unwrap_or_default())?,
        };
        claim.check_headers(&head.headers)?;
        Ok(claim)
    }

    fn in_header(text: &str, headers: &HeaderMap) -> Result<Claim, Refusal> {
        let (algorithm, rest) = text.split_once(' ').unwrap_or((text, ""));
        check_algorithm(algorithm)?;
        let mut parts = HashMap::new();
        for part in rest.split(',') {
            let (name, value) = part.trim().split_once('=').unwrap_or((part.trim(), ""));
            if parts.insert(name, value).is_some() {
                return Err(incomplete(format!("Authorization header has '{}' twice.", name.escape_default())));
            }
        }
        let part = |name: &str| {
            let value = parts.get(name).filter(|value| !value.is_empty());
            value.copied().ok_or_else(|| incomplete(format!("Authorization header requires '{name}' parameter.")))
        };
        let (stamp, signed_at) = date(headers)?;
        Claim::new(part("Credential")?, part("SignedHeaders")?, part("Signature")?, stamp, signed_at)
    }

    fn in_query(query: &str) -> Result<Claim, Refusal> {
        let mut parts = HashMap::new();
        for (name, value) in query.split('&').filter_map(|parameter| parameter.split_once('=')) {
            let name = String::from_utf8_lossy(&percent::decode(name)).into_owned();
            if !name.starts_with("X-Amz-") {
                continue;
            }
            let value = String::from_utf8_lossy(&percent::decode(value)).into_owned();
            if parts.insert(name, value).is_some() {
                return Err(incomplete("AWS query-string parameters must stand once each."));
            }
        }
        if !parts.contains_key("X-Amz-Signature") && !parts.contains_key("X-Amz-Algorithm") {
            return Err(Refusal::Missing);
        }
        let part = |name: &str| {
            let value = parts.get(name).filter(|value| !value.is_empty());
            value.ok_or_else(|| incomplete(format!("AWS query-string parameters must include '{name}'.")))
        };
        check_algorithm(part("X-Amz-Algorithm")?)?;
        let stamp = part("X-Amz-Date")?;
        let signed_at = time(stamp).ok_or_else(|| wrong_date("X-Amz-Date"))?;
        let lasts = part("X-Amz-Expires")?.parse().ok().filter(|seconds| (1..=LONGEST).contains(seconds));
        let problem = format!("X-Amz-Expires must be a number of seconds from 1 to {LONGEST}.");
        let lasts = lasts.ok_or_else(|| incomplete(problem))?;
        let (credential, signed_headers) = (part("X-Amz-Credential")?, part("X-Amz-SignedHeaders")?);
        let claim = Claim::new(credential, signed_headers, part("X-Amz-Signature")?, stamp.clone(), signed_at)?;
        Ok(Claim { lasts: Some(lasts), presigned: true, ..claim })
    }

    fn new(
        credential: &str,
        signed_headers: &str,
        signature: &str,
        stamp: String,
        signed_at: Timestamp,
    ) -> Result<Claim, Refusal> {
        let form = "Credential must have the form <access key id>/<date>/<region>/<service>/aws4_request.";
        let credential = Credential::parse(credential, "/").ok_or_else(|| incomplete(form))?;
        let region = credential.region.filter(|region| !region.is_empty()).ok_or_else(|| incomplete(form))?;
        let signed_headers: Vec<String> = signed_headers.split(';').map(str::to_owned).collect();
        let in_order = signed_headers.iter().zip(signed_headers.iter().skip(1)).all(|(one, next)| one < next);
        if !in_order
            || signed_headers.iter().any(|name| name.is_empty() || name.bytes().any(|b| b.is_ascii_uppercase()))
        {
            return Err(incomplete(
                "SignedHeaders must be names in lower case, in order, with semicolons between them.",
            ));
        }
        let mut bytes = [0; 32];
        let (digits, rest) = signature.as_bytes().as_chunks::<2>();
        if digits.len() != bytes.len() || !rest.is_empty() {
            return Err(incomplete("Signature must be 64 hexadecimal digits."));
        }
        for (byte, digits) in bytes.iter_mut().zip(digits) {
            *byte = from_hex(digits).ok_or_else(|| incomplete("Signature must be 64 hexadecimal digits."))?;
        }
        Ok(Claim {
            key_id: credential.key.to_owned(),
            date: credential.date.to_owned(),
            region: region.to_owned(),
            service: credential.service.to_owned(),
            signed_headers,
            signature: bytes,
            stamp,
            signed_at,
            lasts: None,
            presigned: false,
        })
    }

    /// Who sends, and what the service goes by, must be signed: otherwise a signature could be used for another operation.
    fn check_headers(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        let is_signed = |name: &str| self.signed_headers.iter().any(|signed| signed == name);
        let must_be = |name: &&str| *name == "host" || name.starts_with("x-amz-");
        let names = std::iter::once("host").chain(headers.keys().map(|name| name.as_str()));
        match names.filter(must_be).find(|name| !is_signed(name)) {
            Some(name) => Err(Refusal::Signature(format!("'{name}' must be among the SignedHeaders."))),
            None => Ok(()),
        }
    }

    /// Whether the signature is of now.
    pub(super) fn check_date(&self, now: Timestamp) -> Result<(), Refusal> {
        if self.stamp.get(..8) != Some(self.date.as_str()) {
            return Err(Refusal::Signature(format!(
                "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '{}' != '{}', \
                 from '{}'.",
                self.date.escape_default(),
                self.stamp.get(..8).unwrap_or_default(),
                self.stamp
            )));
        }
        let shifted = |seconds: i64| stamp(now.checked_add_seconds(seconds).unwrap_or(now));
        if self.signed_at.unix() - now.unix() > TOLERANCE {
            return Err(Refusal::Signature(format!(
                "Signature not yet current: {} is still later than {} ({} + 15 min.)",
                self.stamp,
                shifted(TOLERANCE),
                shifted(0)
            )));
        }
        match self.lasts {
            Some(seconds) if now.unix() - self.signed_at.unix() > seconds => Err(Refusal::Signature(format!(
                "Signature expired: {} is now later than {} ({} + {seconds} sec.)",
                shifted(0),
                stamp(self.signed_at.checked_add_seconds(seconds).unwrap_or(now)),
                self.stamp
            ))),
            None if now.unix() - self.signed_at.unix() > TOLERANCE => Err(Refusal::Signature(format!(
                "Signature expired: {} is now earlier than {} ({} - 15 min.)",
                self.stamp,
                shifted(-TOLERANCE),
                shifted(0)
            ))),
            _ => Ok(()),
        }
    }
}

fn incomplete(problem: impl Into<String>) -> Refusal {
    Refusal::Incomplete(problem.into())
}

fn wrong_date(name: &str) -> Refusal {
    incomplete(format!("{name} must be a date, as in 20261128T120000Z."))
}

fn check_algorithm(algorithm: &str) -> Result<(), Refusal> {
    match algorithm {
        ALGORITHM => Ok(()),
        other => {
            let other = other.chars().take(40).collect::<String>();
            Err(incomplete(format!(
                "Unsupported AWS 'algorithm': '{}'; it must be {ALGORITHM}.",
                other.escape_default()
            )))
        }
    }
}

/// `X-Amz-Date`, or else `Date`.
fn date(headers: &HeaderMap) -> Result<(String, Timestamp), Refusal> {
    let only = |name: &str| {
        let mut values = headers.get_all(name).iter();
        let first = values.next().map(|value| value.to_str().unwrap_or_default().to_owned());
        if values.next().is_some() { Err(incomplete(format!("{name} must stand once."))) } else { Ok(first) }
    };
    if let Some(given) = only("x-amz-date")? {
        let at = time(&given).ok_or_else(|| wrong_date("X-Amz-Date"))?;
        return Ok((given, at));
    }
    let problem = "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.";
    let given = only(DATE.as_str())?.ok_or_else(|| incomplete(problem))?;
    if let Some(at) = time(&given) {
        return Ok((given, at));
    }
    // Mail's form of the zone, which botocore writes.
    let zoned = given.strip_suffix("-0000").or_else(|| given.strip_suffix("+0000"));
    let zoned = zoned.map_or_else(|| given.clone(), |date| format!("{date}GMT"));
    let since = httpdate::parse_http_date(&zoned).ok().and_then(|at: SystemTime| at.duration_since(UNIX_EPOCH).ok());
    let at = since.and_then(|since| Timestamp::from_unix(i64::try_from(since.as_secs()).ok()?));
    at.map(|at| (stamp(at), at)).ok_or_else(|| wrong_date("Date"))
}

/// `20261128T120000Z`.
fn time(text: &str) -> Option<Timestamp> {
    let shape = text.len() == 16
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 => byte == b'T',
            15 => byte == b'Z',
            _ => byte.is_ascii_digit(),
        });
    let number = |from: usize, to: usize| text.get(from..to)?.parse::<u8>().ok();
    let year = text.get(..4).filter(|_| shape)?.parse().ok()?;
    Timestamp::from_utc(year, number(4, 6)?, number(6, 8)?, number(9, 11)?, number(11, 13)?, number(13, 15)?)
}

fn stamp(at: Timestamp) -> String {
    at.to_string().replace(['-', ':'], "")
}
