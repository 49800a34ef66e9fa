//! Every template with every kind of request and passthrough: the outcomes held constant, judged by the rules written out
//! once more without the engine, and by OpenSSL.
//!
//! `UPDATE_GOLDEN=1` rewrites `tests/data/golden`.

mod chains;
mod openssl;

use std::collections::HashMap;
use std::fmt::Write;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};

use der::{Decode, Encode};
use issuance::authority::{CrlConfiguration, OcspConfiguration, RevocationConfiguration};
use issuance::csr::Proven;
use issuance::issue::Preparation;
use issuance::x509::{Field, KeyPolicy};
use issuance::{
    ApiPassthrough, CertificatePlan, Csr, Error, IssuanceOptions, IssueCertificateRequest, RustCryptoVerifier, Signer,
    SigningAlgorithm, Validity,
};
use issuance_test_support::asn1::{BIT_STRING, INTEGER, children, content, oid, sequence, tlv};
use issuance_test_support::authorities::{Authority, certificate_pem, now, serial};
use issuance_test_support::facts::{Row, rows};
use issuance_test_support::files;
use issuance_test_support::golden_cases::{CSRS, PASSTHROUGHS};
use issuance_test_support::inputs::Passthrough;
use sha1::{Digest, Sha1};
use sha2::Sha256;
use x509_cert::certificate::Version;

use self::chains::{Chains, Place};
use crate::oracle::csr::Request;
use crate::oracle::rules::{self, Contribution, Rules, Suppressed};
use crate::oracle::warnings::Warning;

const DAYS: i64 = 30;

fn csr_file(name: &str) -> Vec<u8> {
    let text = files::text(&format!("csr/{name}.pem"));
    der::Document::from_pem(&text).unwrap().1.as_bytes().to_vec()
}

/// A request with the subject and the attributes of another, for the key of the signer and signed by it: root templates sign
/// the CA's own key alone (R-CA-2).
fn for_key(other: &[u8], signer: &dyn Signer) -> Vec<u8> {
    let info = children(children(other)[0]);
    let info = sequence(&[&tlv(INTEGER, &[[0]]), info[1], signer.public_key_der(), info[3]]);
    let signature = signer.sign(SigningAlgorithm::Sha384WithEcdsa, &info).unwrap();
    let ecdsa_with_sha384 = sequence(&[oid("1.2.840.10045.4.3.3")]);
    sequence(&[info, ecdsa_with_sha384, tlv(BIT_STRING, &[&[0][..], signature.as_bytes()])])
}

/// A request, possession of whose key has been shown.
struct ProvenRequest {
    request: Request,
    csr: Csr<'static, Proven>,
}

impl ProvenRequest {
    fn new(der: &[u8]) -> ProvenRequest {
        let csr = Csr::decode(der).unwrap().prove(&KeyPolicy::default(), &RustCryptoVerifier).unwrap();
        ProvenRequest { request: Request::read(der).unwrap(), csr: csr.into_owned() }
    }
}

/// An authority, without and with a configuration of CRLs and OCSP, and what it contributes.
struct Issuing {
    authority: Authority,
    contribution: Contribution,
}

impl Issuing {
    fn both(authority: Authority) -> [Issuing; 2] {
        let (subject, public_key) = (authority.ca.subject_der().to_vec(), authority.ca.public_key_der());
        let key_identifier = key_identifier(public_key);
        let contribution = |configured: bool| Contribution {
            subject: subject.clone(),
            key_identifier: key_identifier.clone(),
            // R-MRG-5.
            crl: configured
                .then(|| format!("http://bucket.s3.us-west-2.amazonaws.com/crl/{}.crl", authority.ca.arn().id())),
            ocsp: configured.then(|| "http://ocsp.acm-pca.us-west-2.amazonaws.com".to_owned()),
            ca_issuers: None,
        };
        let contributions = [contribution(false), contribution(true)];
        let mut configured = authority.clone();
        let crl = CrlConfiguration::builder("bucket").build().unwrap();
        configured.ca.set_revocation_configuration(
            RevocationConfiguration::none().with_crl(crl).with_ocsp(OcspConfiguration::new()),
        );
        let [without, with] = contributions;
        [Issuing { authority, contribution: without }, Issuing { authority: configured, contribution: with }]
    }
}

/// R-MRG-2: SHA-1 of the bits of the key.
fn key_identifier(public_key: &[u8]) -> Vec<u8> {
    Sha1::digest(&content(children(public_key)[1])[1..]).to_vec()
}

/// Root templates make a root; CA templates are the root's to issue, the others the subordinate's.
fn place(row: &Row) -> Place {
    match (row.is_root(), row.basic_constraints.ca) {
        (true, _) => Place::Root,
        (false, true) => Place::UnderRoot,
        (false, false) => Place::UnderSubordinate,
    }
}

/// What all cases have in common.
struct World {
    root: [Issuing; 2],
    pending_root: [Issuing; 2],
    subordinate: [Issuing; 2],
    requests: Vec<ProvenRequest>,
    /// The same requests for the key of the root.
    root_requests: Vec<ProvenRequest>,
    passthroughs: Vec<Passthrough>,
}

impl World {
    fn new() -> World {
        let root = Authority::root();
        let subordinate = Authority::subordinate(&root);
        let ders: Vec<Vec<u8>> = CSRS.into_iter().map(csr_file).collect();
        let passthrough = |name: &&str| match *name {
            "none" => Passthrough::default(),
            name => Passthrough::read(&files::text(&format!("passthrough/{name}.json"))),
        };
        World {
            requests: ders.iter().map(|der| ProvenRequest::new(der)).collect(),
            root_requests: ders.iter().map(|der| ProvenRequest::new(&for_key(der, &*root.signer))).collect(),
            passthroughs: PASSTHROUGHS.iter().map(passthrough).collect(),
            pending_root: Issuing::both(Authority::pending_root()),
            subordinate: Issuing::both(subordinate),
            root: Issuing::both(root),
        }
    }

    fn authorities(&self, row: &Row) -> &[Issuing; 2] {
        match place(row) {
            Place::Root => &self.pending_root,
            Place::UnderRoot => &self.root,
            Place::UnderSubordinate => &self.subordinate,
        }
    }

    fn cases<'a>(&'a self, row: &'a Row) -> impl Iterator<Item = Case<'a>> {
        let requests = if row.is_root() { &self.root_requests } else { &self.requests };
        let of_request = move |(csr_name, request): (&'static str, &'a ProvenRequest)| {
            PASSTHROUGHS.into_iter().zip(&self.passthroughs).flat_map(move |(passthrough_name, passthrough)| {
                self.authorities(row).iter().zip(["", "+"]).map(move |(issuing, configured)| Case {
                    row,
                    request,
                    passthrough,
                    issuing,
                    csr: csr_name,
                    label: format!("{passthrough_name}{configured}"),
                })
            })
        };
        CSRS.into_iter().zip(requests).flat_map(of_request)
    }
}

/// A certificate and how it came about.
struct Issued {
    plan: CertificatePlan,
    der: Vec<u8>,
}

/// One request of one authority.
struct Case<'a> {
    row: &'a Row,
    request: &'a ProvenRequest,
    passthrough: &'a Passthrough,
    issuing: &'a Issuing,
    csr: &'static str,
    /// The passthrough, and a plus sign where the authority is configured for CRLs and OCSP.
    label: String,
}

impl Case<'_> {
    fn name(&self) -> String {
        format!("{} | {} | {}", self.row.name, self.csr, self.label)
    }

    /// What the engine does. `signed` has the certificates of earlier cases, by what was signed.
    fn issue(&self, signed: &mut HashMap<Vec<u8>, Vec<u8>>) -> Result<Issued, Box<Error>> {
        let authority = &self.issuing.authority;
        let mut request = IssueCertificateRequest::builder()
            .certificate_authority_arn(authority.ca.arn().clone())
            .csr(&self.request.request.der)
            .signing_algorithm(authority.algorithm)
            .validity(Validity::days(DAYS))
            .template_arn(format!("arn:aws:acm-pca:::template/{}/V1", self.row.name));
        if let Some(json) = &self.passthrough.json {
            request = request.api_passthrough(serde_json::from_str::<ApiPassthrough>(json).unwrap());
        }
        let options = IssuanceOptions::default();
        let preparation = Preparation {
            authority: &authority.ca,
            now: now(),
            serial: serial(),
            partition: None,
            verifier: &RustCryptoVerifier,
            options: &options,
        };
        let prepared = preparation.prepare_proven(&request.build().map_err(Error::from)?, &self.request.csr)?;
        let plan = prepared.plan().clone();
        if let Some(der) = signed.get(plan.tbs_der()) {
            return Ok(Issued { plan, der: Vec::clone(der) });
        }
        let signature = authority.signer.sign(prepared.algorithm(), prepared.tbs_der()).map_err(Error::from)?;
        let der = prepared.finish(signature.as_bytes(), &RustCryptoVerifier)?.der().to_vec();
        signed.insert(plan.tbs_der().to_vec(), der.clone());
        Ok(Issued { plan, der })
    }

    /// Holds what the engine did against the rules, and tells whether there is a certificate.
    fn judge(&self, outcome: &Result<Issued, Box<Error>>) {
        let name = self.name();
        let key_identifier = key_identifier(&self.request.request.public_key);
        let rules = Rules {
            row: self.row,
            passthrough: self.passthrough,
            request: &self.request.request,
            authority: &self.issuing.contribution,
            key_identifier: &key_identifier,
            nine_bits: false,
        };
        match (rules.outcome(), outcome) {
            (Ok(expected), Ok(issued)) => self.judge_certificate(&expected, issued),
            (Err(refusals), Err(error)) => {
                let exception = error.aws_exception().as_str();
                assert!(refusals.iter().any(|refusal| refusal.exception == exception), "{name}: {refusals:?}, {error}");
            }
            (Ok(_), Err(error)) => panic!("{name}: refused: {error}"),
            (Err(refusals), Ok(_)) => panic!("{name}: issued, but must be refused: {refusals:?}"),
        }
    }

    fn judge_certificate(&self, expected: &rules::Certificate, issued: &Issued) {
        let name = self.name();
        let certificate = x509_cert::Certificate::from_der(&issued.der).unwrap();
        assert_eq!(certificate.to_der().unwrap(), issued.der, "{name}");
        let tbs = certificate.tbs_certificate();
        // R-ENC-1.
        assert_eq!(tbs.version(), Version::V3, "{name}");
        assert_eq!(tbs.serial_number().as_bytes(), [&[0], serial().as_be_bytes()].concat(), "{name}");
        let ecdsa = match self.issuing.authority.algorithm {
            SigningAlgorithm::Sha256WithEcdsa => "1.2.840.10045.4.3.2",
            _ => "1.2.840.10045.4.3.3",
        };
        for algorithm in [tbs.signature(), certificate.signature_algorithm()] {
            assert_eq!((algorithm.oid.to_string().as_str(), &algorithm.parameters), (ecdsa, &None), "{name}");
        }
        // R-VAL-1, R-VAL-2.
        let unix = |time: x509_cert::time::Time| time.to_unix_duration().as_secs() as i64;
        assert_eq!(unix(tbs.validity().not_before), now().unix() - 3600, "{name}");
        assert_eq!(unix(tbs.validity().not_after), now().unix() + DAYS * 86_400, "{name}");
        // R-CSR-5: octet for octet.
        let fields = children(children(&issued.der)[0]);
        assert_eq!(fields[3], expected.issuer, "{name}");
        assert_eq!(fields[5], expected.subject, "{name}");
        assert_eq!(fields[6], self.request.request.public_key, "{name}");

        // R-MRG-1 to R-MRG-6 and R-MRG-8: which extensions, in which order, with which criticality and value.
        let extensions: Vec<(String, bool, String)> = tbs
            .extensions()
            .unwrap()
            .iter()
            .map(|extension| (extension.extn_id.to_string(), extension.critical, hex(extension.extn_value.as_bytes())))
            .collect();
        let wanted: Vec<(String, bool, String)> =
            expected.extensions.iter().map(|e| (e.oid.clone(), e.critical, hex(&e.value))).collect();
        assert_eq!(extensions, wanted, "{name}");

        // R-MRG-7: the plan says the same, and where it is from.
        let plan = &issued.plan;
        let planned: Vec<rules::Extension> = plan
            .extensions()
            .map(|extension| rules::Extension {
                oid: extension.oid().to_string(),
                critical: extension.critical(),
                value: extension.value_der().to_vec(),
                from: rules::Origin::read(&extension.source().to_string()),
            })
            .collect();
        assert_eq!(planned, expected.extensions, "{name}");
        let sources: Vec<(Field, String)> =
            plan.fields().iter().map(|planned| (planned.field(), planned.source().to_string())).collect();
        let wanted = [
            (Field::SerialNumber, "derived"),
            (Field::Signature, "request"),
            (Field::Issuer, expected.issuer_from),
            (Field::NotBefore, "derived"),
            (Field::NotAfter, "request"),
            (Field::Subject, expected.subject_from),
            (Field::SubjectPublicKeyInfo, "CSR"),
        ];
        assert_eq!(sources, wanted.map(|(field, source)| (field, source.to_owned())), "{name}");
        let mut suppressed: Vec<Suppressed> = plan.suppressed().iter().map(Suppressed::read).collect();
        suppressed.sort();
        assert_eq!(suppressed, expected.suppressed, "{name}");
        // R-MRG-10.
        let mut warnings: Vec<Warning> = plan.warnings().iter().map(Warning::read).collect();
        warnings.sort();
        assert_eq!(warnings, expected.warnings, "{name}");
    }
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

/// The outcome in one line.
fn line(outcome: &Result<Issued, Box<Error>>) -> String {
    match outcome {
        Ok(issued) => {
            format!("{} octets, sha256 {}", issued.der.len(), hex(&Sha256::digest(&issued.der)))
        }
        Err(error) => format!("{}: {error}", error.aws_exception()),
    }
}

/// Compares with a golden file, or writes it.
fn compare(path: &str, text: &str) {
    let file = files::path(&format!("golden/{path}"));
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, text).unwrap();
        return;
    }
    let golden = std::fs::read_to_string(&file).unwrap_or_default();
    if golden != text {
        let at = golden.lines().zip(text.lines()).position(|(a, b)| a != b);
        let at = at.unwrap_or_else(|| golden.lines().count().min(text.lines().count()));
        let (was, is) = (golden.lines().nth(at).unwrap_or("(end)"), text.lines().nth(at).unwrap_or("(end)"));
        panic!("golden/{path}, line {}: UPDATE_GOLDEN=1 if this is meant\n  was {was}\n  is  {is}", at + 1);
    }
}

const HEADER: &str = "\
# Written by UPDATE_GOLDEN=1 cargo test --test model golden.
# A block for each template and CSR; a line for each outcome, with the passthroughs that have it, and a plus sign where the
# CA is configured for CRLs and OCSP.
";

/// All cases of one template.
struct Report {
    cases: usize,
    text: String,
    sample: String,
    /// Each certificate with the case that it is of.
    certificates: Vec<(String, Vec<u8>)>,
}

fn report(world: &World, position: usize, row: &Row) -> Report {
    let mut signed = HashMap::new();
    let cases: Vec<(Case<'_>, Result<Issued, Box<Error>>)> = world
        .cases(row)
        .map(|case| {
            let outcome = case.issue(&mut signed);
            case.judge(&outcome);
            (case, outcome)
        })
        .collect();
    let mut text = String::new();
    for csr in CSRS {
        let mut outcomes: Vec<(String, Vec<&str>)> = Vec::new();
        for (case, outcome) in cases.iter().filter(|(case, _)| case.csr == csr) {
            let line = line(outcome);
            match outcomes.iter_mut().find(|(earlier, _)| *earlier == line) {
                Some((_, labels)) => labels.push(&case.label),
                None => outcomes.push((line, vec![&case.label])),
            }
        }
        write!(text, "\n{} | {csr}\n", row.name).unwrap();
        for (line, labels) in outcomes {
            writeln!(text, "  {}\n    {line}", labels.join(" ")).unwrap();
        }
    }
    let certificate = |(case, outcome): &(Case<'_>, Result<Issued, Box<Error>>)| {
        Some((case.name(), outcome.as_ref().ok()?.der.clone()))
    };
    Report {
        cases: cases.len(),
        text,
        sample: sample(position, &cases),
        certificates: cases.iter().filter_map(certificate).collect(),
    }
}

/// R-ENC-6: the same inputs, clock and serial number give the same certificate.
#[test]
fn outcomes() {
    let world = World::new();
    let rows = rows();
    // The engine and the mathematics under it are slow without optimisation, so every processor takes its share.
    let next = AtomicUsize::new(0);
    let work = || {
        let positions = std::iter::from_fn(|| Some(next.fetch_add(1, Ordering::Relaxed)).filter(|at| *at < rows.len()));
        positions.map(|position| (position, report(&world, position, &rows[position]))).collect::<Vec<_>>()
    };
    let mut reports: Vec<(usize, Report)> = std::thread::scope(|scope| {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap_or_else(|panic| resume_unwind(panic))).collect()
    });
    reports.sort_by_key(|(position, _)| *position);

    let cases: usize = reports.iter().map(|(_, report)| report.cases).sum();
    assert_eq!(cases, 61 * CSRS.len() * PASSTHROUGHS.len() * 2);
    let mut text = HEADER.to_owned();
    let mut chains = Chains::default();
    for (position, report) in reports {
        let row = &rows[position];
        text.push_str(&report.text);
        compare(&format!("samples/{}.txt", row.name), &report.sample);
        for (case, der) in report.certificates {
            chains.add(place(row), case, der);
        }
    }
    compare("outcomes.txt", &text);
    chains.verify(&world.root[0].authority, &world.subordinate[0].authority);
}

/// One certificate of each template for reviewers to look at, over all CSRs and passthroughs in turn.
fn sample(position: usize, cases: &[(Case<'_>, Result<Issued, Box<Error>>)]) -> String {
    let configured: Vec<_> = cases.iter().filter(|(case, _)| case.label.ends_with('+')).collect();
    // 11 is prime to the number of cases.
    let start = position * 11 % configured.len();
    let mut from_there = configured[start..].iter().chain(&configured[..start]);
    let (case, issued) = from_there.find_map(|(case, outcome)| Some((case, outcome.as_ref().ok()?))).unwrap();
    format!("{}\n\n{}\n{}", case.name(), issued.plan, certificate_pem(&issued.der))
}
