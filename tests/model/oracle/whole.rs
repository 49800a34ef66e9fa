//! The whole of issuance but the signature: what a request to an authority leads to, from its wire form and its octets alone.

use std::collections::BTreeSet;

use base64::prelude::{BASE64_STANDARD, Engine};
use issuance::request::ValidityPeriodType;
use issuance_test_support::asn1::{BIT_STRING, INTEGER, SEQUENCE, children, content, extension, oid, sequence, tlv};
use issuance_test_support::calendar::{civil, model_end};
use issuance_test_support::facts::Row;
use issuance_test_support::inputs::{ATTRIBUTES, GENERAL_NAMES, NO_STRINGS, Passthrough, SRV_NAME};
use serde_json::Value as Json;

use crate::oracle::aliases::in_32_bits;
use crate::oracle::csr::Request;
use crate::oracle::read::{Value, all, one};
use crate::oracle::rules::{
    Certificate, Contribution, Extension, INVALID_ARGS, MALFORMED_CSR, Origin, Refusal, Rules, VALIDATION,
};
use crate::oracle::types::{KEY_USAGE, OLD_SUBJECT_ALT_NAME, SUBJECT_ALT_NAME};
use crate::oracle::unused::unused;

const INVALID_STATE: &str = "InvalidStateException";
const NOT_FOUND: &str = "ResourceNotFoundException";

const HOUR: i64 = 3_600;
const DAY: i64 = 86_400;

/// What there is to know of an authority.
pub(crate) struct Authority {
    pub(crate) arn: String,
    pub(crate) is_root: bool,
    /// Its state as it was set; an ACTIVE one expires with its certificate.
    pub(crate) state: &'static str,
    /// SubjectPublicKeyInfo.
    pub(crate) public_key: Vec<u8>,
    /// `EC`, `RSA`, `SM2` or the name of an ML-DSA parameter set.
    pub(crate) key: &'static str,
    pub(crate) not_after: Option<i64>,
    pub(crate) path_length: Option<u8>,
    pub(crate) short_lived: bool,
    /// Its name constraints permit dNSNames under this domain alone, and exclude the addresses of 10.0.0.0/8.
    pub(crate) permitted_domain: Option<&'static str>,
    pub(crate) contribution: Contribution,
}

/// A request, and when it comes.
pub(crate) struct Asked<'a> {
    /// The wire form.
    pub(crate) json: &'a Json,
    pub(crate) now: i64,
    /// The octets of the number.
    pub(crate) serial: &'a [u8],
    /// Whether inputs that do not reach the certificate are refused (R-MRG-7), and what is warned of (R-MRG-10).
    pub(crate) strict: bool,
    /// Whether everything in the CSR is judged (R-CSR-2).
    pub(crate) strict_csr: bool,
    /// The option of R-ENC-5.
    pub(crate) nine_bits: bool,
}

/// The certificate, and the octets that are to be signed.
pub(crate) struct Issued {
    pub(crate) certificate: Certificate,
    pub(crate) not_before: i64,
    pub(crate) not_after: i64,
    pub(crate) not_before_from: &'static str,
    pub(crate) tbs: Vec<u8>,
}

/// What a request to an authority leads to, or everything that speaks against it.
pub(crate) fn outcome(rows: &[Row], authority: &Authority, asked: &Asked<'_>) -> Result<Issued, BTreeSet<Refusal>> {
    let mut refusals = Refusals::default();
    let json = asked.json;
    check_request(json, &mut refusals);
    let (unused, is_misspelt) = unused(json);
    if is_misspelt {
        refusals.add("R-REQ-10", INVALID_ARGS);
    }
    // Such a request never comes to the authority.
    refusals.end()?;

    if text(&json["CertificateAuthorityArn"]) != authority.arn {
        refusals.add("R-ARN-3", NOT_FOUND);
    }
    let name = json["TemplateArn"].as_str().map_or("EndEntityCertificate", |arn| arn.split('/').nth(1).unwrap());
    let row = rows.iter().find(|row| row.name == name);
    if row.is_none() {
        refusals.add("R-REQ-5", INVALID_ARGS);
    }
    let algorithm = text(&json["SigningAlgorithm"]);
    if !algorithms(authority.key).contains(&algorithm) {
        refusals.add("R-CA-4", INVALID_ARGS);
    }
    let validity = validity(json, asked.now, &mut refusals);
    let csr = BASE64_STANDARD.decode(text(&json["Csr"])).unwrap();
    let request = Request::read(&csr);
    match &request {
        None => refusals.add("R-CSR-2 frame", MALFORMED_CSR),
        Some(request) => {
            check_key(&request.public_key, &mut refusals);
            if request.asks_twice {
                refusals.add("R-CSR-6", MALFORMED_CSR);
            }
            if asked.strict_csr && !request.is_regular {
                refusals.add("R-CSR-2 strict", MALFORMED_CSR);
                refusals.add("R-CSR-6 strict", MALFORMED_CSR);
            }
        }
    }
    let Some(row) = row else { return Err(refusals.0) };
    check_authority(authority, row, asked.now, &mut refusals);
    if let Some((_, not_after)) = validity {
        check_ceilings(authority, row, asked.now, not_after, &mut refusals);
    }
    let Some(request) = request else { return Err(refusals.0) };
    if row.is_root() && request.public_key != authority.public_key {
        refusals.add("R-CA-2", INVALID_ARGS);
    }
    let passthrough = Passthrough::of(&json["ApiPassthrough"]);
    let key_identifier = key_identifier(&request.public_key);
    let rules = Rules {
        row,
        passthrough: &passthrough,
        request: &request,
        authority: &authority.contribution,
        key_identifier: &key_identifier,
        nine_bits: asked.nine_bits,
    };
    // A renewal keeps the subject of the root.
    if row.is_root() && authority.state == "ACTIVE" && rules.subject().0 != authority.contribution.subject {
        refusals.add("R-CA-2", INVALID_ARGS);
    }
    if asked.strict && !(rules.suppressed().is_empty() && unused.is_empty()) {
        refusals.add("R-MRG-7", INVALID_ARGS);
    }
    if asked.strict && !rules.all_warnings().is_empty() {
        refusals.add("R-MRG-10", INVALID_ARGS);
    }
    if let Some(domain) = authority.permitted_domain.filter(|_| !row.is_root()) {
        for extension in rules.extensions() {
            violations(&extension, domain)
                .into_iter()
                .for_each(|form| refusals.add(&format!("R-CA-5 {form}"), VALIDATION));
        }
    }
    let mut certificate = rules.outcome().map_err(|reasons| {
        refusals.0.extend(reasons);
        std::mem::take(&mut refusals.0)
    })?;
    certificate.suppressed.extend(unused);
    certificate.suppressed.sort();
    refusals.end()?;

    let (not_before, not_after) = validity.unwrap();
    let not_before_from = if json["ValidityNotBefore"].is_null() { Origin::Derived.text() } else { "request" };
    let algorithm = algorithm_identifier(algorithm);
    let extensions: Vec<_> = certificate.extensions.iter().map(|e| extension(&e.oid, e.critical, &e.value)).collect();
    let tbs = tbs_certificate(
        asked.serial,
        &algorithm,
        &certificate.issuer,
        [not_before, not_after],
        &certificate.subject,
        &request.public_key,
        &extensions,
    );
    Ok(Issued { certificate, not_before, not_after, not_before_from, tbs })
}

#[derive(Default)]
struct Refusals(BTreeSet<Refusal>);

impl Refusals {
    fn add(&mut self, rule: &str, exception: &'static str) {
        self.0.insert(Refusal { rule: rule.to_owned(), exception });
    }

    fn end(&mut self) -> Result<(), BTreeSet<Refusal>> {
        if self.0.is_empty() { Ok(()) } else { Err(std::mem::take(&mut self.0)) }
    }
}

fn text(value: &Json) -> &str {
    value.as_str().unwrap()
}

fn list(value: &Json) -> &[Json] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// R-REQ, as far as the requests of the tests go wrong.
fn check_request(json: &Json, refusals: &mut Refusals) {
    for member in ["Validity", "ValidityNotBefore"] {
        if json[member]["Value"].as_i64().is_some_and(|value| value < 1) {
            refusals.add("R-REQ-2", VALIDATION);
        }
    }
    if json["ValidityNotBefore"]["Type"].as_str().is_some_and(|period| period != "ABSOLUTE") {
        refusals.add("R-VAL-1", VALIDATION);
    }
    let (subject, extensions) = (&json["ApiPassthrough"]["Subject"], &json["ApiPassthrough"]["Extensions"]);
    let names = list(&extensions["SubjectAlternativeNames"]);
    for name in names.iter().map(|name| &name["DirectoryName"]).chain([subject]) {
        let has_standard = ATTRIBUTES.iter().any(|(member, _)| !name[*member].is_null());
        if !name["CustomAttributes"].is_null() && has_standard {
            refusals.add("R-REQ-4", INVALID_ARGS);
        }
    }
    let has_one = |union: &Json, known: &[&str]| known.iter().filter(|option| !union[**option].is_null()).count() == 1;
    let purposes = list(&extensions["ExtendedKeyUsage"]);
    let of_purposes = ["ExtendedKeyUsageType", "ExtendedKeyUsageObjectIdentifier"];
    if !names.iter().all(|name| has_one(name, &GENERAL_NAMES))
        || !purposes.iter().all(|purpose| has_one(purpose, &of_purposes))
    {
        refusals.add("R-REQ-3", INVALID_ARGS);
    }
    if extensions["KeyUsage"].as_object().is_some_and(|usage| usage.values().all(|set| *set == Json::Bool(false))) {
        refusals.add("R-REQ-8", INVALID_ARGS);
    }
    let ascii = |name: &Json| {
        let forms = ["Rfc822Name", "DnsName", "UniformResourceIdentifier"];
        forms.iter().filter_map(|form| name[form].as_str()).all(str::is_ascii)
    };
    let has_form = |name: &Json| match name["OtherName"]["TypeId"].as_str() {
        Some(SRV_NAME) => text(&name["OtherName"]["Value"]).is_ascii(),
        Some(id) => !NO_STRINGS.contains(&id),
        None => true,
    };
    // What cannot stand in any certificate (R-CSR-8) is refused where it is given.
    let says = |name: &Json| {
        let forms = ["Rfc822Name", "DnsName", "UniformResourceIdentifier"];
        let mut texts = forms.iter().filter_map(|form| name[form].as_str());
        texts.all(|text| !text.is_empty() && !text.contains(char::is_control))
    };
    if !names.iter().all(says) {
        refusals.add("R-CSR-8", INVALID_ARGS);
    }
    if !names.iter().all(|name| ascii(name) && has_form(name)) {
        refusals.add("R-ENC-3", INVALID_ARGS);
    }
    let custom = list(&extensions["CustomExtensions"]);
    if !custom.iter().all(|custom| is_one_value(&BASE64_STANDARD.decode(text(&custom["Value"])).unwrap())) {
        refusals.add("R-REQ-7", INVALID_ARGS);
    }
    // RFC 5280 section 4.2.1.4: two entries with one identifier are refused.
    let policies: Vec<&str> =
        list(&extensions["CertificatePolicies"]).iter().map(|p| text(&p["CertPolicyId"])).collect();
    if policies.iter().collect::<BTreeSet<_>>().len() < policies.len() {
        refusals.add("RFC 5280 section 4.2.1.4", INVALID_ARGS);
    }
    let standard = [
        ("CertificatePolicies", "2.5.29.32"),
        ("ExtendedKeyUsage", "2.5.29.37"),
        ("KeyUsage", KEY_USAGE),
        ("SubjectAlternativeNames", SUBJECT_ALT_NAME),
    ];
    let standard = standard.iter().filter(|(member, _)| !extensions[*member].is_null()).map(|(_, oid)| *oid);
    let all: Vec<&str> = custom.iter().map(|custom| text(&custom["ObjectIdentifier"])).chain(standard).collect();
    if all.iter().collect::<BTreeSet<_>>().len() < all.len() {
        refusals.add("R-REQ-9", INVALID_ARGS);
    }
}

/// R-REQ-7: whole, and so in all its parts.
fn is_one_value(der: &[u8]) -> bool {
    let is_whole = |value: Value<'_>| {
        let parts = if value.tag & 0x20 != 0 { all(value.content) } else { Some(Vec::new()) };
        parts.is_some_and(|parts| parts.into_iter().all(|part| is_one_value(part.whole)))
    };
    // X.690 sections 8.6.2.2 and 11.2.1: up to seven bits are not used, and zero.
    let is_bits = |value: &Value<'_>| match *value.content {
        [unused @ 0..=7, .., last] => last.trailing_zeros() >= u32::from(unused),
        [0] => true,
        _ => false,
    };
    one(der).is_some_and(|value| is_whole(value) && (value.tag != BIT_STRING || is_bits(&value)))
}

/// notBefore and notAfter by R-VAL-1 to R-VAL-3 and R-VAL-6.
fn validity(json: &Json, now: i64, refusals: &mut Refusals) -> Option<(i64, i64)> {
    let period: ValidityPeriodType = text(&json["Validity"]["Type"]).parse().unwrap();
    let not_after = model_end(json["Validity"]["Value"].as_i64().unwrap(), period, now);
    let not_before = match json["ValidityNotBefore"]["Value"].as_i64() {
        None => Some(now - HOUR),
        Some(value) => model_end(value, ValidityPeriodType::Absolute, now),
    };
    let Some(period) = not_before.zip(not_after) else {
        refusals.add("R-VAL-2", VALIDATION);
        return None;
    };
    if period.1 <= now || period.1 <= period.0 {
        refusals.add("R-VAL-3", VALIDATION);
    }
    Some(period)
}

/// R-CA-1 to R-CA-3.
fn check_authority(authority: &Authority, row: &Row, now: i64, refusals: &mut Refusals) {
    if row.is_root() && !authority.is_root {
        refusals.add("R-CA-2", INVALID_ARGS);
    }
    let expired = authority.not_after.is_some_and(|not_after| now > not_after);
    let ready = match authority.state {
        "ACTIVE" => !expired,
        "PENDING_CERTIFICATE" => row.is_root(),
        _ => false,
    };
    if !ready {
        refusals.add("R-CA-1", INVALID_STATE);
    }
    let subordinate = row.basic_constraints.ca && !row.is_root();
    let own = row.basic_constraints.path_len.unwrap_or(0);
    if subordinate && authority.path_length.is_some_and(|left| own >= left) {
        refusals.add("R-CA-3", VALIDATION);
    }
}

/// R-VAL-4, R-VAL-5.
fn check_ceilings(authority: &Authority, row: &Row, now: i64, not_after: i64, refusals: &mut Refusals) {
    if row.is_root() {
        return;
    }
    if authority.not_after.is_some_and(|end| not_after > end) {
        refusals.add("R-VAL-4", VALIDATION);
    }
    if authority.short_lived && not_after > now + 7 * DAY {
        refusals.add("R-VAL-5", VALIDATION);
    }
}

/// R-CSR-4, R-CSR-8: keys that are long enough, on a curve that has a name.
fn check_key(public_key: &[u8], refusals: &mut Refusals) {
    let key = children(public_key);
    let algorithm = children(key[0]);
    if algorithm[0] == oid("1.2.840.113549.1.1.1") {
        // A BIT STRING without unused bits around an RSAPublicKey.
        let modulus = children(&content(key[1])[1..])[0];
        if content(modulus).len() < 2048 / 8 {
            refusals.add("R-CSR-4", MALFORMED_CSR);
        }
    }
    if algorithm[0] == oid("1.2.840.10045.2.1") {
        let named = ["1.2.840.10045.3.1.7", "1.3.132.0.34", "1.3.132.0.35", "1.2.156.10197.1.301"].map(oid);
        if !algorithm.get(1).is_some_and(|curve| named.iter().any(|named| named == curve)) {
            refusals.add("R-CSR-4", MALFORMED_CSR);
        }
    }
}

/// R-CA-5: what is wrong with a subjectAltName of any year under the constraints that [`Authority::permitted_domain`] tells. One
/// that nobody can read does not pass.
fn violations(extension: &Extension, domain: &str) -> BTreeSet<&'static str> {
    let read = in_32_bits(&extension.oid);
    if ![SUBJECT_ALT_NAME, OLD_SUBJECT_ALT_NAME].contains(&read.as_str()) {
        return BTreeSet::new();
    }
    let Some(names) = one(&extension.value).and_then(|names| names.inside(SEQUENCE)) else {
        return BTreeSet::from(["unreadable"]);
    };
    let wrong: BTreeSet<_> = names.iter().filter_map(|name| violation(name.tag, name.content, domain)).collect();
    if read == SUBJECT_ALT_NAME || wrong.is_empty() { wrong } else { BTreeSet::from(["of 1994"]) }
}

fn violation(tag: u8, name: &[u8], domain: &str) -> Option<&'static str> {
    match (tag, name) {
        (0x82, host) => {
            let host = std::str::from_utf8(host).unwrap_or_default();
            let is_below = host == domain || host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'));
            (!is_below).then_some("host")
        }
        (0x87, [10, _, _, _]) => Some("address"),
        // An IPv4 address that an IPv6 address embeds is judged as well.
        (0x87, [prefix @ .., 10, _, _, _]) if prefix.len() == 12 => {
            let compatible = [0; 12];
            let mut mapped = [0; 12];
            mapped[10..].fill(0xff);
            let mut translated = [0; 12];
            translated[..4].copy_from_slice(&[0, 0x64, 0xff, 0x9b]);
            [compatible, mapped, translated].iter().any(|form| form == prefix).then_some("embedded address")
        }
        _ => None,
    }
}

/// R-MRG-2: SHA-1 of the bits of the key.
pub(crate) fn key_identifier(public_key: &[u8]) -> Vec<u8> {
    use sha1::Digest;
    sha1::Sha1::digest(&content(children(public_key)[1])[1..]).to_vec()
}

/// R-CA-4.
pub(crate) fn algorithms(key: &str) -> &'static [&'static str] {
    match key {
        "EC" => &["SHA256WITHECDSA", "SHA384WITHECDSA", "SHA512WITHECDSA"],
        "RSA" => &[
            "SHA256WITHRSA",
            "SHA384WITHRSA",
            "SHA512WITHRSA",
            "SHA256WITHRSA_PSS",
            "SHA384WITHRSA_PSS",
            "SHA512WITHRSA_PSS",
        ],
        "SM2" => &["SM3WITHSM2"],
        "ML_DSA_44" => &["ML_DSA_44"],
        _ => panic!("an unknown key {key}"),
    }
}

/// R-ENC-1.
fn algorithm_identifier(name: &str) -> Vec<u8> {
    let null: &[u8] = &[5, 0];
    let alone = |id: &str| sequence(&[oid(id)]);
    let with_null = |id: &str| sequence(&[&oid(id), null]);
    let (hash, length) = match &name[..name.len().min(6)] {
        "SHA256" => ("2.16.840.1.101.3.4.2.1", 32),
        "SHA384" => ("2.16.840.1.101.3.4.2.2", 48),
        _ => ("2.16.840.1.101.3.4.2.3", 64),
    };
    match name {
        "SHA256WITHECDSA" => alone("1.2.840.10045.4.3.2"),
        "SHA384WITHECDSA" => alone("1.2.840.10045.4.3.3"),
        "SHA512WITHECDSA" => alone("1.2.840.10045.4.3.4"),
        "SHA256WITHRSA" => with_null("1.2.840.113549.1.1.11"),
        "SHA384WITHRSA" => with_null("1.2.840.113549.1.1.12"),
        "SHA512WITHRSA" => with_null("1.2.840.113549.1.1.13"),
        "SM3WITHSM2" => alone("1.2.156.10197.1.501"),
        "ML_DSA_44" => alone("2.16.840.1.101.3.4.3.17"),
        "ML_DSA_65" => alone("2.16.840.1.101.3.4.3.18"),
        "ML_DSA_87" => alone("2.16.840.1.101.3.4.3.19"),
        _ => {
            let mask = sequence(&[oid("1.2.840.113549.1.1.8"), with_null(hash)]);
            let salt = tlv(INTEGER, &[[length]]);
            let parameters = sequence(&[tlv(0xa0, &[with_null(hash)]), tlv(0xa1, &[mask]), tlv(0xa2, &[salt])]);
            sequence(&[oid("1.2.840.113549.1.1.10"), parameters])
        }
    }
}

/// R-VAL-6.
fn time(unix: i64) -> Vec<u8> {
    let (year, month, day, second) = civil(unix);
    let rest = format!("{month:02}{day:02}{:02}{:02}{:02}Z", second / HOUR, second / 60 % 60, second % 60);
    match year {
        ..2050 => tlv(0x17, &[format!("{:02}{rest}", year % 100)]),
        _ => tlv(0x18, &[format!("{year:04}{rest}")]),
    }
}

/// RFC 5280 section 4.1, with the octets of the serial number.
pub(crate) fn tbs_certificate(
    serial: &[u8],
    algorithm: &[u8],
    issuer: &[u8],
    validity: [i64; 2],
    subject: &[u8],
    public_key: &[u8],
    extensions: &[Vec<u8>],
) -> Vec<u8> {
    let significant = &serial[serial.iter().position(|octet| *octet != 0).unwrap()..];
    let sign: &[u8] = if significant[0] >= 0x80 { &[0] } else { &[] };
    sequence(&[
        tlv(0xa0, &[tlv(INTEGER, &[[2]])]),
        tlv(INTEGER, &[sign, significant]),
        algorithm.to_vec(),
        issuer.to_vec(),
        sequence(&validity.map(time)),
        subject.to_vec(),
        public_key.to_vec(),
        tlv(0xa3, &[tlv(SEQUENCE, extensions)]),
    ])
}

/// A certificate that nobody has signed.
pub(crate) fn certificate(tbs: &[u8], algorithm: &[u8]) -> Vec<u8> {
    sequence(&[tbs, algorithm, &tlv(BIT_STRING, &[[0, 0]])])
}
