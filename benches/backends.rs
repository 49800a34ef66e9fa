//! What issuance costs with each backend: a table of whole issuance beside its two public-key operations, by algorithm, and
//! then the same under criterion.
//!
//! The table is made by this run's own stopwatch, in turns, so that its ratios compare like with like.
#![allow(clippy::unwrap_used)]

use std::cell::RefCell;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use criterion::Criterion;
use der::{Decode, Encode};
use issuance::authority::{CertificateAuthorityType, RevocationConfiguration};
use issuance::{
    AwsLcSigner, AwsLcVerifier, CertificateAuthority, IssueCertificateRequest, Issuer, RustCryptoSigner,
    RustCryptoVerifier, SignatureVerifier, Signer, SigningAlgorithm, Subject, Validity,
};
use x509_cert::request::CertReq;

const ARN: &str = "arn:aws:acm-pca:eu-west-1:123456789012:certificate-authority/12345678-1234-1234-1234-123456789012";

macro_rules! key {
    ($name:literal) => {
        include_str!(concat!("../tests/data/keys/", $name, ".pem"))
    };
}

/// The name, the key of authority and requester alike, and the algorithm that both sign with.
const PAIRINGS: [(&str, &str, SigningAlgorithm); 11] = [
    ("P-256 SHA-256", key!("ec-p256"), SigningAlgorithm::Sha256WithEcdsa),
    ("P-384 SHA-384", key!("ec-p384"), SigningAlgorithm::Sha384WithEcdsa),
    ("P-521 SHA-512", key!("ec-p521"), SigningAlgorithm::Sha512WithEcdsa),
    ("RSA-2048 SHA-256", key!("rsa-2048"), SigningAlgorithm::Sha256WithRsa),
    ("RSA-2048 PSS SHA-256", key!("rsa-2048"), SigningAlgorithm::Sha256WithRsaPss),
    ("RSA-3072 SHA-256", key!("rsa-3072"), SigningAlgorithm::Sha256WithRsa),
    ("RSA-4096 SHA-256", key!("rsa-4096"), SigningAlgorithm::Sha256WithRsa),
    ("ML-DSA-44", key!("ml-dsa-44"), SigningAlgorithm::MlDsa44),
    ("ML-DSA-65", key!("ml-dsa-65"), SigningAlgorithm::MlDsa65),
    ("ML-DSA-87", key!("ml-dsa-87"), SigningAlgorithm::MlDsa87),
    ("SM2 SM3", key!("sm2"), SigningAlgorithm::Sm3WithSm2),
];

struct Backend {
    name: &'static str,
    /// `None` where the backend does not have keys of the kind.
    signer: fn(&str) -> Option<Arc<dyn Signer>>,
    verifier: &'static dyn SignatureVerifier,
}

const BACKENDS: [Backend; 2] = [
    Backend {
        name: "RustCrypto",
        signer: |pem| Some(Arc::new(RustCryptoSigner::from_pem(pem).ok()?)),
        verifier: &RustCryptoVerifier,
    },
    Backend {
        name: "AWS-LC",
        signer: |pem| Some(Arc::new(AwsLcSigner::from_pem(pem).ok()?)),
        verifier: &AwsLcVerifier,
    },
];

fn authority(common_name: &str, signer: &Arc<dyn Signer>) -> CertificateAuthority {
    let subject = Subject::builder().country("US").organization("Example Company").common_name(common_name);
    CertificateAuthority::builder(ARN.parse().unwrap(), CertificateAuthorityType::Root)
        .revocation_configuration(RevocationConfiguration::none())
        .build(&subject.build().unwrap(), signer.public_key_der())
        .unwrap()
}

fn request(csr: &[u8], algorithm: SigningAlgorithm, template: &str, years: i64) -> IssueCertificateRequest {
    IssueCertificateRequest::builder()
        .certificate_authority_arn(ARN)
        .csr(csr)
        .signing_algorithm(algorithm)
        .template_arn(format!("arn:aws:acm-pca:::template/{template}/V1"))
        .validity(Validity::years(years))
        .build()
        .unwrap()
}

/// Verification and signature as issuance makes them, and issuance: what to run.
struct Operations {
    issuer: Issuer,
    signer: Arc<dyn Signer>,
    verifier: &'static dyn SignatureVerifier,
    algorithm: SigningAlgorithm,
    /// With the CSR in DER, and in PEM.
    request: IssueCertificateRequest,
    request_pem: IssueCertificateRequest,
    spki: Vec<u8>,
    info: Vec<u8>,
    proof: Vec<u8>,
    /// Another at each call, as in issuance: what an ML-DSA signature costs depends on the message.
    tbs: RefCell<Vec<u8>>,
}

impl Operations {
    fn new(backend: &Backend, pem: &str, algorithm: SigningAlgorithm) -> Option<Operations> {
        let signer = (backend.signer)(pem)?;
        let verifier = backend.verifier;
        let mut root = authority("Example Root", &signer);
        let own = root.certificate_signing_request(&signer, algorithm).unwrap();
        let issuer = |root: &CertificateAuthority| {
            Issuer::builder_with_verifier(root.clone(), Arc::clone(&signer), verifier).build().unwrap()
        };
        let certificate = issuer(&root).issue(&request(own.as_bytes(), algorithm, "RootCACertificate", 10)).unwrap();
        root.import_certificate(certificate.der(), b"", verifier).unwrap();

        let csr = authority("www.example.com", &signer).certificate_signing_request(&signer, algorithm).unwrap();
        let csr_der = der::pem::decode_vec(csr.as_bytes()).unwrap().1;
        let parsed = CertReq::from_der(&csr_der).unwrap();
        let request_pem = request(csr.as_bytes(), algorithm, "EndEntityCertificate", 1);
        let request = request(&csr_der, algorithm, "EndEntityCertificate", 1);
        let issuer = issuer(&root);
        let tbs = issuer.prepare(&request).unwrap().tbs_der().to_vec();
        Some(Operations {
            issuer,
            verifier,
            algorithm,
            request,
            request_pem,
            spki: parsed.info.public_key.to_der().unwrap(),
            info: parsed.info.to_der().unwrap(),
            proof: parsed.signature.raw_bytes().to_vec(),
            tbs: RefCell::new(tbs),
            signer,
        })
    }

    fn verify(&self) {
        self.verifier.verify(self.algorithm.into(), black_box(&self.spki), &self.info, &self.proof).unwrap();
    }

    fn sign(&self) {
        let mut tbs = self.tbs.borrow_mut();
        let counter = u32::from_le_bytes(*tbs.last_chunk().unwrap()).wrapping_add(1);
        *tbs.last_chunk_mut().unwrap() = counter.to_le_bytes();
        drop(black_box(self.signer.sign(self.algorithm, black_box(&tbs)).unwrap()));
    }

    fn issue(&self) {
        drop(black_box(self.issuer.issue(black_box(&self.request)).unwrap()));
    }

    fn issue_from_pem(&self) {
        drop(black_box(self.issuer.issue(black_box(&self.request_pem)).unwrap()));
    }
}

type Operation = (&'static str, fn(&Operations));

const OPERATIONS: [Operation; 4] = [
    ("verify", Operations::verify),
    ("sign", Operations::sign),
    ("issue", Operations::issue),
    ("issue from PEM", Operations::issue_from_pem),
];

/// The median time of each operation in nanoseconds; they take turns, so that a change of the machine's speed meets all of
/// them alike.
fn medians(operations: &Operations, rounds: usize) -> [f64; 4] {
    let mut times = [const { Vec::new() }; 4];
    for _ in 0..rounds {
        for ((_, run), times) in OPERATIONS.iter().zip(&mut times) {
            let start = Instant::now();
            run(operations);
            times.push(start.elapsed().as_nanos() as f64);
        }
    }
    times.map(|mut times| {
        times.sort_by(f64::total_cmp);
        times[times.len() / 2]
    })
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let given = |argument: &str| arguments.iter().any(|given| given == argument);
    if given("--list") {
        return;
    }
    let smoke = given("--test") || !given("--bench");
    let mut criterion = Criterion::default()
        .warm_up_time(std::time::Duration::from_millis(200))
        .measurement_time(std::time::Duration::from_millis(700))
        .sample_size(20)
        .configure_from_args();

    let measured: Vec<(String, Operations)> = PAIRINGS
        .iter()
        .flat_map(|(name, pem, algorithm)| {
            BACKENDS.iter().filter_map(move |backend| {
                Some((format!("{name:<21} {}", backend.name), Operations::new(backend, pem, *algorithm)?))
            })
        })
        .collect();
    println!(
        "{:<33} {:>10} {:>10} {:>10} {:>22} {:>10} {:>10}",
        "ns", "verify", "sign", "issue", "issue/(verify + sign)", "difference", "from PEM"
    );
    for (name, operations) in &measured {
        let [verify, sign, issue, from_pem] = medians(operations, if smoke { 1 } else { 501 });
        let bare = verify + sign;
        println!(
            "{name:<33} {verify:>10.0} {sign:>10.0} {issue:>10.0} {:>22.4} {:>+10.0} {from_pem:>10.0}",
            issue / bare,
            issue - bare
        );
    }
    println!();
    for (name, operations) in &measured {
        for (operation, run) in OPERATIONS {
            criterion.bench_function(&format!("{name}/{operation}"), |b| b.iter(|| run(operations)));
        }
    }
    criterion.final_summary();
}
