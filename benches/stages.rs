//! What the stages of issuance cost: a table of times and allocations, whole issuance beside its two public-key operations,
//! and then the same stages under criterion.
//!
//! The table is made by this run's own stopwatch, so that its ratios compare like with like. The allocations are those of
//! one call, its result dropped again; the allocator counts a reallocation as one allocation.
#![allow(clippy::unwrap_used)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use allocation_counter::{measure, opt_out};
use criterion::Criterion;
use der::{Decode, Encode};
use issuance::authority::RevocationConfiguration;
use issuance::csr::Proven;
use issuance::issue::{Preparation, SystemClock};
use issuance::request::Extensions;
use issuance::x509::KeyPolicy;
use issuance::{
    ApiPassthrough, CertificateAuthority, Clock, Csr, GeneralName, IssuanceOptions, IssueCertificateRequest, Issuer,
    RustCryptoSigner, RustCryptoVerifier, SerialNumber, SignatureVerifier, Signer, SigningAlgorithm, Validity,
};
use issuance_benches::passthrough::full_passthrough;
use issuance_benches::root::active_root;
use issuance_test_support::policies::ten_parts;
use x509_cert::request::CertReq;

const ARN: &str = "arn:aws:acm-pca:eu-west-1:123456789012:certificate-authority/12345678-1234-1234-1234-123456789012";
const P256_CSR: &[u8] = include_bytes!("data/p256.csr.der");
const P256_CSR_PEM: &[u8] = include_bytes!("data/p256.csr.pem");
const RSA_CSR: &[u8] = include_bytes!("data/rsa2048.csr.der");
const P256_KEY: &str = include_str!("../tests/data/keys/ec-p256.pem");
const RSA_KEY: &str = include_str!("../tests/data/keys/rsa-2048.pem");
const ECDSA: SigningAlgorithm = SigningAlgorithm::Sha256WithEcdsa;
const RSA: SigningAlgorithm = SigningAlgorithm::Sha256WithRsa;

/// An active root CA with this key.
fn authority(key: &str, algorithm: SigningAlgorithm) -> CertificateAuthority {
    let signer = RustCryptoSigner::from_pem(key).unwrap();
    active_root(ARN, signer, RustCryptoVerifier, algorithm, RevocationConfiguration::none()).0
}

fn issuer(key: &str, algorithm: SigningAlgorithm) -> Issuer {
    Issuer::builder(authority(key, algorithm), RustCryptoSigner::from_pem(key).unwrap()).build().unwrap()
}

fn request(
    csr: &[u8],
    algorithm: SigningAlgorithm,
    template: &str,
    passthrough: Option<ApiPassthrough>,
) -> IssueCertificateRequest {
    let request = IssueCertificateRequest::builder()
        .certificate_authority_arn(ARN)
        .csr(csr)
        .signing_algorithm(algorithm)
        .template_arn(format!("arn:aws:acm-pca:::template/{template}/V1"))
        .validity(Validity::days(365));
    match passthrough {
        Some(passthrough) => request.api_passthrough(passthrough).build().unwrap(),
        None => request.build().unwrap(),
    }
}

fn many_names() -> ApiPassthrough {
    let extensions = (0..150).fold(Extensions::builder(), |extensions, i| {
        extensions.subject_alternative_name(GeneralName::dns_name(format!("host-{i}.example.com")))
    });
    ApiPassthrough::builder().extensions(extensions.build().unwrap()).build().unwrap()
}

/// The median time of one call in nanoseconds, over batches of at least a millisecond.
fn nanoseconds(run: &mut dyn FnMut()) -> f64 {
    let start = Instant::now();
    let mut calls = 0u32;
    while start.elapsed() < Duration::from_millis(5) {
        run();
        calls += 1;
    }
    let batch = (calls / 5).max(1);
    median((0..31).map(|_| time(batch, run)).collect())
}

fn time(calls: u32, run: &mut dyn FnMut()) -> f64 {
    let start = Instant::now();
    for _ in 0..calls {
        run();
    }
    start.elapsed().as_nanos() as f64 / f64::from(calls)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// A name, and what is done once.
type Stage<'a> = (&'a str, Box<dyn FnMut() + 'a>);

/// Runs every stage: once for its allocations, then against the clock.
struct Bench {
    criterion: Criterion,
    /// Whether this is only to see that everything runs.
    smoke: bool,
}

impl Bench {
    fn header(&self) {
        println!("{:<58} {:>12} {:>11} {:>8}", "stage", "ns", "allocations", "bytes");
    }

    fn row(&self, stage: &str, nanoseconds: f64, run: &mut dyn FnMut()) {
        let allocated = measure(run);
        println!("{stage:<58} {nanoseconds:>12.0} {:>11} {:>8}", allocated.count_total, allocated.bytes_total);
    }

    fn stages(&mut self, stages: &mut [Stage<'_>]) {
        self.header();
        for (stage, run) in &mut *stages {
            let mut nanos = 0.0;
            opt_out(|| nanos = if self.smoke { time(1, run) } else { nanoseconds(run) });
            self.row(stage, nanos, run);
        }
        println!();
    }

    /// Whole issuance, and the public-key operations in it by themselves, in turns so that a change of the machine's speed
    /// meets all of them alike.
    fn whole(&mut self, name: &str, mut operations: [Stage<'_>; 3]) {
        println!("{name}");
        self.header();
        let rounds = if self.smoke { 1 } else { 301 };
        let mut times = [const { Vec::new() }; 3];
        opt_out(|| {
            for _ in 0..rounds {
                for ((_, run), times) in operations.iter_mut().zip(&mut times) {
                    times.push(time(1, run));
                }
            }
        });
        let times = times.map(median);
        for ((stage, run), nanos) in operations.iter_mut().zip(times) {
            self.row(stage, nanos, run);
        }
        let [verify, sign, whole] = times;
        let bare = verify + sign;
        println!("issue / (verify + sign) = {:.4}, {:+.0} ns\n", whole / bare, whole - bare);
        opt_out(|| {
            for (stage, run) in &mut operations {
                self.criterion.bench_function(&format!("{name}/{stage}"), |b| b.iter(&mut *run));
            }
        });
    }
}

/// A verification and a signature as issuance makes them, and issuance.
fn whole(bench: &mut Bench, name: &str, key: &str, algorithm: SigningAlgorithm, csr_der: &[u8]) {
    let issuer = issuer(key, algorithm);
    let signer = RustCryptoSigner::from_pem(key).unwrap();
    let request = request(csr_der, algorithm, "EndEntityCertificate", None);
    let csr = CertReq::from_der(csr_der).unwrap();
    let (info, spki) = (csr.info.to_der().unwrap(), csr.info.public_key.to_der().unwrap());
    let prepared = issuer.prepare(&request).unwrap();
    let verify = || {
        let signature = csr.signature.raw_bytes();
        RustCryptoVerifier.verify(algorithm.into(), black_box(&spki), &info, signature).unwrap();
    };
    let sign = || drop(black_box(signer.sign(algorithm, black_box(prepared.tbs_der())).unwrap()));
    let issue = || drop(black_box(issuer.issue(black_box(&request)).unwrap()));
    bench.whole(name, [("verify", Box::new(verify)), ("sign", Box::new(sign)), ("issue", Box::new(issue))]);
}

fn proven(der: &'static [u8]) -> Csr<'static, Proven> {
    Csr::decode(der).unwrap().assume_proven(&KeyPolicy::default()).unwrap()
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let given = |argument: &str| arguments.iter().any(|given| given == argument);
    let criterion = Criterion::default()
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
        .sample_size(40)
        .configure_from_args();
    let mut bench = Bench { criterion, smoke: given("--test") || !given("--bench") };
    if given("--list") {
        return;
    }

    let policy = KeyPolicy::default();
    let authority = authority(P256_KEY, ECDSA);
    let options = IssuanceOptions::default();
    let now = SystemClock.now();
    let serial = SerialNumber::from_hex("d790a9cf2db26a24c7b97fb672b7aedd").unwrap();
    let preparation = Preparation {
        authority: &authority,
        now,
        serial,
        partition: None,
        verifier: &RustCryptoVerifier,
        options: &options,
    };
    let limited = IssuanceOptions::default().policy(ten_parts());
    let under_policy = Preparation { options: &limited, ..preparation };
    let (p256, rsa) = (Csr::decode(P256_CSR).unwrap(), Csr::decode(RSA_CSR).unwrap());
    let proven_p256 = proven(P256_CSR);

    let leaf = request(P256_CSR, ECDSA, "EndEntityCertificate", None);
    let api_csr = request(P256_CSR, ECDSA, "BlankEndEntityCertificate_APICSRPassthrough", Some(full_passthrough()));
    let names = request(P256_CSR, ECDSA, "EndEntityCertificate_APIPassthrough", Some(many_names()));
    let (leaf_json, api_csr_json) = (leaf.to_json(), api_csr.to_json());
    let prepare = |request| preparation.prepare_proven(black_box(request), black_box(&proven_p256)).unwrap();
    let plan = prepare(&leaf);
    let full_plan = prepare(&api_csr);

    let mut stages: Vec<Stage<'_>> = vec![
        ("CSR decode, DER, P-256", Box::new(|| drop(black_box(Csr::decode(black_box(P256_CSR)).unwrap())))),
        ("CSR decode, DER, RSA-2048", Box::new(|| drop(black_box(Csr::decode(black_box(RSA_CSR)).unwrap())))),
        ("CSR decode, PEM, P-256", Box::new(|| drop(black_box(Csr::decode(black_box(P256_CSR_PEM)).unwrap())))),
        (
            "proof of possession, P-256",
            Box::new(|| drop(black_box(p256.clone().prove(&policy, &RustCryptoVerifier).unwrap()))),
        ),
        (
            "proof of possession, RSA-2048",
            Box::new(|| drop(black_box(rsa.clone().prove(&policy, &RustCryptoVerifier).unwrap()))),
        ),
        ("prepare, EndEntityCertificate, 2 DNS names", Box::new(|| drop(black_box(prepare(&leaf))))),
        (
            // At most a microsecond more than the stage above (R-POL-9).
            "prepare, EndEntityCertificate, policy of ten parts",
            Box::new(|| {
                drop(black_box(under_policy.prepare_proven(black_box(&leaf), black_box(&proven_p256)).unwrap()));
            }),
        ),
        ("prepare, APICSRPassthrough, everything given", Box::new(|| drop(black_box(prepare(&api_csr))))),
        ("prepare, APIPassthrough, 150 names", Box::new(|| drop(black_box(prepare(&names))))),
        (
            "decode and prepare, EndEntityCertificate, 2 DNS names",
            Box::new(|| {
                let csr = Csr::decode(black_box(P256_CSR)).unwrap().assume_proven(&policy).unwrap();
                drop(black_box(preparation.prepare_proven(black_box(&leaf), &csr).unwrap()));
            }),
        ),
        (
            "request from JSON, EndEntityCertificate",
            Box::new(|| {
                drop(black_box(IssueCertificateRequest::from_json(black_box(leaf_json.as_bytes())).unwrap()));
            }),
        ),
        (
            "request from JSON, everything given",
            Box::new(|| {
                drop(black_box(IssueCertificateRequest::from_json(black_box(api_csr_json.as_bytes())).unwrap()));
            }),
        ),
        ("plan as text, EndEntityCertificate", Box::new(|| drop(black_box(plan.plan().to_string())))),
        ("plan as text, everything given", Box::new(|| drop(black_box(full_plan.plan().to_string())))),
    ];
    bench.stages(&mut stages);
    whole(&mut bench, "P-256", P256_KEY, ECDSA, P256_CSR);
    whole(&mut bench, "RSA-2048", RSA_KEY, RSA, RSA_CSR);
    opt_out(|| {
        for (stage, run) in &mut stages {
            bench.criterion.bench_function(stage, |b| b.iter(&mut *run));
        }
    });
    bench.criterion.final_summary();
}
