//! A certificate for each of many devices: all cores, a progress bar, and memory that does not grow with the number.
//!
//! ```sh
//! cargo run --release -p bulk
//! cargo run --release -p bulk -- --count 10000 --assume-proven
//! ```
//!
//! Each device has a P-256 key and a certification request of its own, as it would come out of a factory. They are made
//! before, on all cores, timed apart, and kept: some 300 octets a device, the only memory that grows with their number. What
//! a device's certificate says beside its key comes from the enrolment: the serial number as subject, its name as SAN.
//!
//! With `--assume-proven`, a registration authority has seen to it that the devices hold their keys, and nothing is verified.
//! `RAYON_NUM_THREADS` sets the number of threads.

use std::error::Error as StdError;
use std::sync::Arc;
use std::time::{Duration, Instant};

use der::asn1::{BitString, SetOfVec};
use der::oid::db::rfc5912::ECDSA_WITH_SHA_256;
use der::{Decode, Encode};
use indicatif::{ProgressBar, ProgressStyle};
use issuance::issue::BatchItem;
use issuance::x509::KeyPolicy;
use issuance::{
    AwsLcSigner, AwsLcVerifier, CertificateAuthority, Csr, Error, GeneralName, IssueCertificateRequest, Issuer,
    KeyAlgorithm, Signer, SigningAlgorithm, Subject, Template, Validity,
};
use rayon::prelude::*;
use spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};
use x509_cert::name::Name;
use x509_cert::request::{CertReq, CertReqInfo, Version};

const ALGORITHM: SigningAlgorithm = SigningAlgorithm::Sha256WithEcdsa;

type Failure = Box<dyn StdError + Send + Sync>;

/// What the enrolment knows of a device.
struct Device {
    number: usize,
    /// In DER.
    csr: Vec<u8>,
    assume_proven: bool,
    issuer: Arc<Issuer>,
}

impl Device {
    /// The part of the device: a key, and a request that proves that it has it.
    fn make(number: usize, assume_proven: bool, issuer: &Arc<Issuer>) -> Result<Device, Failure> {
        let key = AwsLcSigner::generate(KeyAlgorithm::EcPrime256v1)?;
        let info = CertReqInfo {
            version: Version::V1,
            subject: Name::default(),
            public_key: SubjectPublicKeyInfoOwned::from_der(key.public_key_der())?,
            attributes: SetOfVec::new(),
        };
        let signature = BitString::from_bytes(key.sign(ALGORITHM, &info.to_der()?)?.as_bytes())?;
        let algorithm = AlgorithmIdentifierOwned { oid: ECDSA_WITH_SHA_256, parameters: None };
        let csr = CertReq { info, algorithm, signature }.to_der()?;
        Ok(Device { number, csr, assume_proven, issuer: Arc::clone(issuer) })
    }

    fn request(&self) -> Result<IssueCertificateRequest, Error> {
        let name = format!("device-{:06}.devices.example.com", self.number);
        let subject = Subject::builder().organization("Example Corp").serial_number(format!("{:06}", self.number));
        Ok(self
            .issuer
            .request(&self.csr)
            .template(Template::END_ENTITY_CERTIFICATE_API_PASSTHROUGH)
            .validity(Validity::days(365))
            .subject(subject.common_name(&name))
            .subject_alternative_name(GeneralName::dns_name(name))
            .build()?)
    }
}

/// Runs on the threads that issue.
impl TryFrom<Device> for BatchItem {
    type Error = Error;

    fn try_from(device: Device) -> Result<BatchItem, Error> {
        let request = device.request()?;
        if !device.assume_proven {
            return Ok(request.into());
        }
        let csr = Csr::decode(&device.csr)?.assume_proven(&KeyPolicy::default())?.into_owned();
        Ok(BatchItem::proven(request, csr))
    }
}

/// An issuer with a root of its own.
fn issuer(key: Arc<AwsLcSigner>) -> Result<Issuer, Failure> {
    let name = Subject::builder().organization("Example Corp").common_name("Example Device Root").build()?;
    let root = CertificateAuthority::self_signed_root_with(&name, &key, Validity::years(10), &AwsLcVerifier)?;
    Ok(Issuer::builder_with_verifier(root, key, AwsLcVerifier).build()?)
}

struct Options {
    count: usize,
    assume_proven: bool,
}

impl Options {
    fn from_arguments() -> Result<Options, Failure> {
        let mut options = Options { count: 100_000, assume_proven: false };
        let mut arguments = std::env::args().skip(1);
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--count" => options.count = arguments.next().ok_or("--count wants a number")?.parse()?,
                "--assume-proven" => options.assume_proven = true,
                _ => return Err(format!("{argument}? The options are --count NUMBER and --assume-proven").into()),
            }
        }
        Ok(options)
    }
}

fn main() -> Result<(), Failure> {
    let Options { count, assume_proven } = Options::from_arguments()?;
    let key = Arc::new(AwsLcSigner::generate(KeyAlgorithm::EcPrime256v1)?);
    let issuer = Arc::new(issuer(Arc::clone(&key))?);
    println!("{count} devices, {} threads", rayon::current_num_threads());

    let start = Instant::now();
    let devices: Vec<Device> = (0..count)
        .into_par_iter()
        .map(|number| Device::make(number, assume_proven, &issuer))
        .collect::<Result<_, _>>()?;
    println!("their keys and requests   {}", rate(count, start.elapsed()));
    let resident_before = peak_memory();

    let start = Instant::now();
    (0..LONE).into_par_iter().try_for_each(|_| key.sign(ALGORITHM, &[0; 500]).map(drop))?;
    println!("signatures alone          {}", rate(LONE, start.elapsed()));
    let lone = lone_issuances(&issuer, &devices[..count.min(LONE)])?;

    let bar = ProgressBar::new(count as u64)
        .with_style(ProgressStyle::with_template("{wide_bar} {pos}/{len} {per_sec}, {eta} left {msg}")?);
    let (mut issued, mut failed) = (0, 0);
    let start = Instant::now();
    let batch = issuer.issue_batch(devices).progress(|progress| bar.set_position(progress.finished() as u64));
    for (number, outcome) in batch.enumerate() {
        match outcome {
            // A service would write the certificate to its database here.
            Ok(_certificate) => issued += 1,
            Err(error) => {
                failed += 1;
                bar.suspend(|| eprintln!("device {number}: {error}"));
            }
        }
    }
    let elapsed = start.elapsed();
    bar.finish_and_clear();

    println!("certificates              {}", rate(issued, elapsed));
    println!("failed                    {failed:>10}");
    let at = |share: usize| lone.get(lone.len() * share / 100).copied().unwrap_or_default().as_secs_f64() * 1e6;
    println!("one issuance              {:>10.1} us p50, {:.1} us p99, of {}", at(50), at(99), lone.len());
    if let (Some(before), Some(after)) = (resident_before, peak_memory()) {
        println!("peak memory               {after:>10} KiB, of which {before} KiB before the first certificate");
    }
    if failed == 0 { Ok(()) } else { Err(format!("{failed} devices have no certificate").into()) }
}

/// How many operations are timed one by one, or without the rest.
const LONE: usize = 10_000;

/// How long single issuances take, the shortest first, with all threads at it as in the batch.
fn lone_issuances(issuer: &Issuer, devices: &[Device]) -> Result<Vec<Duration>, Failure> {
    let timed = devices.par_iter().map(|device| {
        let request = device.request()?;
        let start = Instant::now();
        if device.assume_proven {
            let csr = Csr::decode(&device.csr)?.assume_proven(&KeyPolicy::default())?;
            issuer.issue_proven(&request, &csr)?;
        } else {
            issuer.issue(&request)?;
        }
        Ok(start.elapsed())
    });
    let mut times = timed.collect::<Result<Vec<Duration>, Error>>()?;
    times.sort_unstable();
    Ok(times)
}

fn rate(count: usize, elapsed: Duration) -> String {
    let seconds = elapsed.as_secs_f64();
    format!("{:>10.0} a second, {count} in {seconds:.2} s", count as f64 / seconds)
}

/// The most memory that the process has had so far, in KiB, where the system says so.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?.split_whitespace().next()?.parse().ok()
}
