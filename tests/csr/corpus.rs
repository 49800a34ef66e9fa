//! The corpus of `tests/data/csr`: under the strict policy the library does with each file what `index.json` says, under the
//! lenient one the same but for the files in `lenient.json`, and other programs say of it what the index says.

use std::collections::BTreeSet;
use std::io::Write;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use issuance::crypto::VerifyError;
use issuance::csr::{CsrError, CsrPolicy};
use issuance::issue::Preparation;
use issuance::x509::{KeyPolicy, SignatureAlgorithm};
use issuance::{
    AwsException, Csr, Error, IssuanceOptions, IssueCertificateRequest, Oid, RustCryptoVerifier, SignatureVerifier,
    Signer,
};
use issuance_test_support::asn1;
use issuance_test_support::asn1::children;
use issuance_test_support::ca;
use issuance_test_support::files;
use serde_json::Value;

const POLICIES: [CsrPolicy; 2] = [CsrPolicy::Strict, CsrPolicy::Lenient];

/// What the index says of a file.
struct Entry {
    file: String,
    fields: Value,
    /// What is expected under the lenient policy, if it is something else.
    lenient: Option<Value>,
}

impl Entry {
    fn text(&self, field: &str) -> &str {
        self.fields[field].as_str().unwrap_or_else(|| panic!("{}: no {field}", self.file))
    }

    /// As [`Entry::text`], of what is expected under a policy.
    fn expected(&self, policy: CsrPolicy, field: &str) -> &str {
        match &self.lenient {
            Some(lenient) if policy == CsrPolicy::Lenient => {
                lenient[field].as_str().unwrap_or_else(|| panic!("{}: no {field} in lenient.json", self.file))
            }
            _ => self.text(field),
        }
    }

    fn is_accepted(&self, policy: CsrPolicy) -> bool {
        match self.expected(policy, "outcome") {
            "accepted" => true,
            "refused" => false,
            other => panic!("{}: {other}", self.file),
        }
    }

    fn octets(&self) -> Vec<u8> {
        std::fs::read(files::path("csr").join(&self.file)).unwrap()
    }
}

fn index() -> (Value, Vec<Entry>) {
    let mut index: Value = serde_json::from_str(&files::text("csr/index.json")).unwrap();
    let entries = index["files"].take();
    let mut lenient: serde_json::Map<String, Value> = serde_json::from_str(&files::text("csr/lenient.json")).unwrap();
    let mut entry = |fields: &Value| {
        let file = fields["file"].as_str().unwrap().to_owned();
        Entry { lenient: lenient.remove(&file), file, fields: fields.clone() }
    };
    let entries = entries.as_array().unwrap().iter().map(&mut entry).collect();
    assert!(lenient.is_empty(), "in lenient.json and not in the index: {:?}", lenient.keys());
    (index["tools"].take(), entries)
}

fn entries() -> Vec<Entry> {
    index().1
}

/// Verifies, and counts how often it is asked.
#[derive(Default)]
struct Counting(AtomicUsize);

impl Counting {
    fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

impl SignatureVerifier for Counting {
    fn supports(&self, _: SignatureAlgorithm, _: &[u8]) -> bool {
        true
    }

    fn verify(&self, a: SignatureAlgorithm, key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), VerifyError> {
        self.0.fetch_add(1, Ordering::SeqCst);
        RustCryptoVerifier.verify(a, key, message, signature)
    }
}

fn request(csr: &[u8]) -> IssueCertificateRequest {
    ca::request(csr, "EndEntityCertificate").build().unwrap()
}

/// The DER of a certificate for this request, signed and verified.
fn issue(csr: &[u8], policy: CsrPolicy, verifier: &dyn SignatureVerifier) -> Result<Vec<u8>, Error> {
    let (authority, options) = (ca::Ca::default().build(), IssuanceOptions::default().csr_policy(policy));
    let preparation = Preparation {
        authority: &authority,
        now: ca::now(),
        serial: ca::serial(),
        partition: None,
        verifier,
        options: &options,
    };
    let prepared = preparation.prepare(&request(csr))?;
    let signature = ca::CA_KEY.sign(prepared.algorithm(), prepared.tbs_der()).unwrap();
    Ok(prepared.finish(signature.as_bytes(), &RustCryptoVerifier)?.der().to_vec())
}

#[test]
fn every_file_is_in_the_index_once_and_no_other_is() {
    let entries = entries();
    let indexed: BTreeSet<String> = entries.iter().map(|entry| entry.file.clone()).collect();
    assert_eq!(indexed.len(), entries.len());
    let mut there = BTreeSet::new();
    for directory in ["", "accepted/", "refused/"] {
        for file in std::fs::read_dir(files::path("csr").join(directory)).unwrap() {
            let name = format!("{directory}{}", file.unwrap().file_name().into_string().unwrap());
            if name.ends_with(".pem") || name.ends_with(".der") || !directory.is_empty() {
                there.insert(name);
            }
        }
    }
    assert_eq!(indexed.symmetric_difference(&there).collect::<Vec<_>>(), Vec::<&String>::new());
    // A file in one of the directories has the outcome that the directory is for.
    for entry in &entries {
        let outcome = entry.expected(CsrPolicy::Strict, "outcome");
        assert!(!entry.file.contains('/') || entry.file.starts_with(outcome), "{}", entry.file);
    }
}

#[test]
fn accepted_requests_get_certificates_with_their_key_and_subject() {
    for (policy, entry) in with_each_policy(&entries()).filter(|(policy, entry)| entry.is_accepted(*policy)) {
        let octets = entry.octets();
        let verifier = Counting::default();
        let certificate = issue(&octets, policy, &verifier).unwrap_or_else(|error| panic!("{}: {error}", entry.file));
        assert_eq!(verifier.count(), 1, "{}", entry.file);

        let csr = Csr::decode_with(&octets, policy).unwrap();
        let info = children(children(csr.as_der())[0]);
        let tbs = children(children(&certificate)[0]);
        assert_eq!(tbs[5], info[1], "{}: subject", entry.file);
        assert_eq!(tbs[6], info[2], "{}: public key", entry.file);
        // The one extension that every template takes; `critical FALSE` is not spelled out in the certificate.
        let asked = csr.extensions().flatten().find(|extension| extension.oid == Oid::SUBJECT_ALT_NAME);
        let id = asn1::oid("2.5.29.17");
        let issued = children(children(tbs[7])[0]).into_iter().map(children).find(|extension| extension[0] == id);
        let issued = issued.map(|extension| (extension.len() == 3, extension.last().unwrap().to_vec()));
        let asked = asked.map(|san| (san.critical, asn1::tlv(0x04, &[san.value])));
        assert_eq!(issued, asked, "{}: SAN", entry.file);
    }
}

/// The text of an error without the place of the fault.
fn without_offset(text: &str) -> &str {
    match text.rsplit_once(" at byte ") {
        Some((text, offset)) if offset.bytes().all(|octet| octet.is_ascii_digit()) => text,
        _ => text,
    }
}

fn with_each_policy(entries: &[Entry]) -> impl Iterator<Item = (CsrPolicy, &Entry)> {
    POLICIES.into_iter().flat_map(move |policy| entries.iter().map(move |entry| (policy, entry)))
}

/// The stage that refuses, its error, and how many signatures were verified; `None` where a certificate is issued.
fn refusal(octets: &[u8], policy: CsrPolicy) -> Option<(&'static str, CsrError, usize)> {
    let csr = match Csr::decode_with(octets, policy) {
        Ok(csr) => csr,
        Err(error) => return Some(("decode", error, 0)),
    };
    let verifier = Counting::default();
    match csr.prove(&KeyPolicy::default(), &verifier) {
        Err(error @ CsrError::Proof(_)) => Some(("proof", error, verifier.count())),
        Err(error) => Some(("policy", error, verifier.count())),
        Ok(_) => match issue(octets, policy, &RustCryptoVerifier) {
            Err(Error::Csr(error)) => Some(("merge", error, verifier.count())),
            Err(other) => panic!("{other}"),
            Ok(_) => None,
        },
    }
}

#[test]
fn refused_requests_are_refused_for_their_reason() {
    let mut faults = Vec::new();
    for (policy, entry) in with_each_policy(&entries()).filter(|(policy, entry)| !entry.is_accepted(*policy)) {
        let (file, octets) = (&entry.file, entry.octets());
        let Some((stage, error, operations)) = refusal(&octets, policy) else {
            faults.push(format!("{policy:?} {file}: a certificate is issued"));
            continue;
        };
        let (text, debug) = (error.to_string(), format!("{error:?}"));
        let variant = debug.split(|c: char| !c.is_alphanumeric()).next().unwrap();
        let found = (stage, variant, without_offset(&text));
        let expected = ["stage", "error", "message"].map(|field| entry.expected(policy, field));
        let expected = (expected[0], expected[1], expected[2]);
        if found != expected {
            faults.push(format!("{policy:?} {file}: {found:?}, not {expected:?}"));
        }
        // What form or policy refuses costs no public-key operation.
        assert_eq!(operations, usize::from(matches!(stage, "proof" | "merge")), "{file}");

        // A request without a CSR, or with one that is too long, is not even built.
        let is_built = !matches!(error, CsrError::Size { .. });
        assert_eq!(ca::request(&octets, "EndEntityCertificate").build().is_ok(), is_built, "{file}");
        if is_built {
            let refusal = issue(&octets, policy, &RustCryptoVerifier).unwrap_err();
            assert_eq!(refusal.aws_exception(), AwsException::MalformedCsr, "{file}");
            assert_eq!(refusal.to_string(), Error::Csr(error).to_string(), "{file}");
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// The other verifier draws the same line; what it does not support is left to the first.
#[cfg(feature = "aws-lc-rs")]
#[test]
fn aws_lc_proves_the_same() {
    let verifier = issuance::crypto::FallbackVerifier::new(issuance::AwsLcVerifier, RustCryptoVerifier);
    for (policy, entry) in with_each_policy(&entries()) {
        let octets = entry.octets();
        let Ok(csr) = Csr::decode_with(&octets, policy) else { continue };
        let proven = csr.prove(&KeyPolicy::default(), &verifier).is_ok();
        let expected = entry.is_accepted(policy) || entry.expected(policy, "stage") == "merge";
        assert_eq!(proven, expected, "{}", entry.file);
    }
}

#[test]
fn truncated_requests_are_refused_at_every_octet() {
    let mut number = 0;
    for entry in entries().iter().filter(|entry| entry.is_accepted(CsrPolicy::Lenient)) {
        let octets = entry.octets();
        // The long ones are of the same kinds.
        if octets.len() > 2_048 {
            continue;
        }
        number += 1;
        // White space at the end of PEM is no part of the request.
        let end = if entry.file.ends_with(".pem") { octets.trim_ascii_end().len() } else { octets.len() };
        for length in 0..end {
            assert!(Csr::decode(&octets[..length]).is_err(), "{}: {length} bytes", entry.file);
        }
    }
    assert!(number > 100, "{number}");
}

#[test]
fn the_table_is_in_step_with_the_index() {
    let readme = files::text("csr/README.md");
    let rows: Vec<&str> = readme.lines().filter(|line| line.starts_with("| `")).collect();
    let row = |entry: &Entry| {
        let outcome = |policy| match entry.is_accepted(policy) {
            true => "accepted".to_owned(),
            false => format!("refused ({})", entry.expected(policy, "stage")),
        };
        let strict = outcome(CsrPolicy::Strict);
        let lenient = match &entry.lenient {
            Some(_) => {
                format!("{}: {}", outcome(CsrPolicy::Lenient), entry.expected(CsrPolicy::Lenient, "reason"))
            }
            None => "the same".to_owned(),
        };
        let reason = if entry.text("differs").is_empty() { entry.text("rule") } else { entry.text("differs") };
        let (by, special) = (entry.text("made_by"), entry.text("special"));
        let (openssl, pyca) = (entry.text("openssl"), entry.text("pyca"));
        format!("| `{}` | {by} | {special} | {reason} | {strict} | {lenient} | {openssl} | {pyca} |", entry.file)
    };
    assert_eq!(rows, entries().iter().map(row).collect::<Vec<_>>());
}

/// The release line of a version: what may change an answer is not in a patch.
fn line(version: &Value) -> String {
    version.as_str().unwrap().split('.').take(2).collect::<Vec<_>>().join(".")
}

#[test]
fn the_judges_say_what_the_index_says() {
    let script = files::path("csr/generator/judges.py");
    let judges = Command::new("python3").arg(script).output();
    let said = match judges {
        Ok(output) if output.status.success() => output.stdout,
        other => {
            let reason = other.map_or_else(|e| e.to_string(), |o| String::from_utf8_lossy(&o.stderr).into_owned());
            assert!(std::env::var_os("ISSUANCE_REQUIRE_JUDGES").is_none(), "no OpenSSL or pyca: {reason}");
            let _ = writeln!(std::io::stderr(), "SKIPPED: no OpenSSL or pyca/cryptography to judge the corpus");
            return;
        }
    };
    let said: Value = serde_json::from_slice(&said).unwrap();
    let (tools, entries) = index();
    assert_eq!(said["answers"].as_object().unwrap().len(), entries.len());
    for judge in ["openssl", "pyca"] {
        let same_line = line(&said["tools"][judge]) == line(&tools[judge]);
        for entry in &entries {
            let (then, now) = (entry.text(judge), said["answers"][&entry.file][judge].as_str().unwrap());
            if same_line {
                assert_eq!(now, then, "{judge}: {}", entry.file);
            } else if entry.is_accepted(CsrPolicy::Strict) && then == "verifies" {
                // Other versions may read less or more, but no good signature becomes bad and no bad one good.
                assert_ne!(now, "bad signature", "{judge}: {}", entry.file);
            } else if !entry.is_accepted(CsrPolicy::Strict) && then == "bad signature" {
                assert!(!now.starts_with("verifies"), "{judge}: {}: {now}", entry.file);
            }
        }
    }
}
