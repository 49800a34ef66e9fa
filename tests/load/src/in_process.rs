//! What the library takes for the same request, read from the same JSON, on all cores.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use issuance::authority::RevocationConfiguration;
use issuance::{AwsLcSigner, AwsLcVerifier, IssueCertificateRequest, Issuer, KeyAlgorithm, SigningAlgorithm};
use issuance_benches::root::active_root;

use crate::process::cpu_micros;
use crate::requests::{ARN, P256, leaf};

/// Issues for so many seconds, and prints the CPU time of a certificate in microseconds and the certificates a second.
pub(crate) fn run(seconds: f64) {
    let key = Arc::new(AwsLcSigner::generate(KeyAlgorithm::EcPrime256v1).unwrap());
    let revocation = RevocationConfiguration::none();
    let (root, _) = active_root(ARN, key.clone(), AwsLcVerifier, SigningAlgorithm::Sha256WithEcdsa, revocation);
    let issuer = Issuer::builder_with_verifier(root, key, AwsLcVerifier).build().unwrap();
    let body = leaf(ARN, P256).to_string();
    let (over, made) = (AtomicBool::new(false), AtomicU64::new(0));
    let threads = thread::available_parallelism().unwrap().get();
    let before = cpu_micros(std::process::id());
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    let request = IssueCertificateRequest::from_json(body.as_bytes()).unwrap();
                    issuer.issue(&request).unwrap();
                    made.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        thread::sleep(Duration::from_secs_f64(seconds));
        over.store(true, Ordering::Relaxed);
    });
    let made = made.into_inner() as f64;
    println!("{} {}", (cpu_micros(std::process::id()) - before) / made, made / seconds);
}
