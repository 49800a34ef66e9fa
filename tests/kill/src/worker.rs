//! A worker: asks for certificates under tokens that other workers ask for too, and writes down what it was answered.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use issuance::{AsyncIssuer, Error, IssuedCertificate, RustCryptoVerifier, Subject};
use issuance_test_support::ca;
use issuance_test_support::ca::Ca;
use issuance_test_support::chance::Chance;
use issuance_test_support::revocation::partitioned;
use sha2::{Digest, Sha256};
use tokio::time::sleep;

use crate::ledger::{Plant, Pointed, Store};
use crate::point::{Fault, Fuse};
use crate::revoker::Revoker;
use crate::signer::Client;

/// What a worker does, as its parent says it.
#[derive(Debug, Clone)]
pub(crate) struct Work {
    pub(crate) folder: PathBuf,
    pub(crate) store: Store,
    pub(crate) name: String,
    /// The tokens that it asks for.
    pub(crate) tokens: std::ops::Range<u64>,
    pub(crate) seed: u64,
    pub(crate) fault: Option<Fault>,
    pub(crate) plant: Option<Plant>,
}

/// How many it asks for at a time.
const CALLERS: usize = 4;

/// The worker gave up on its ledger, which is to be opened again.
pub(crate) const LEDGER_FAILED: u8 = 3;

/// What was asked for, as it stands in the subject of the certificate.
pub(crate) fn token(number: u64) -> String {
    format!("token-{number:08}")
}

pub(crate) fn answers(folder: &Path) -> PathBuf {
    folder.join("answers")
}

/// The CSR that all workers send: a token counts for one CSR, and a signature over the same request is another one.
pub(crate) fn csr(folder: &Path) -> PathBuf {
    folder.join("csr")
}

/// Lines of `NAME SERIAL SHA-256`, or `NAME refused REASON`, or `NAME odd ERROR`.
struct Answers(Mutex<File>);

impl Answers {
    fn note(&self, line: &str) {
        let mut file = self.0.lock().unwrap();
        file.write_all(format!("{}\n", line.replace('\n', " ")).as_bytes()).unwrap();
        file.sync_data().unwrap();
    }

    fn issued(&self, name: &str, certificate: &IssuedCertificate) {
        let digest: String = Sha256::digest(certificate.der()).iter().map(|byte| format!("{byte:02x}")).collect();
        self.note(&format!("{name} {} {digest}", certificate.serial()));
    }
}

struct Worker {
    issuer: AsyncIssuer,
    revoker: Revoker,
    answers: Answers,
    work: Work,
    csr: Vec<u8>,
}

impl Worker {
    /// Asks until there is an answer: a certificate or none; an error if the ledger has to be opened again.
    async fn ask(&self, name: &str, has_token: bool) -> Result<Option<Arc<IssuedCertificate>>, Reopen> {
        let subject = Subject::builder().common_name(name).build().unwrap();
        let request = ca::request(&self.csr, "EndEntityCertificate_APIPassthrough").subject(subject);
        let request = if has_token { request.idempotency_token(name) } else { request }.build().unwrap();
        let mut failures = 0;
        loop {
            let error = match self.issuer.issue(&request).await {
                Ok(certificate) => {
                    self.answers.issued(name, &certificate);
                    return Ok(Some(certificate));
                }
                Err(error) => error,
            };
            match error {
                Error::Abandoned { reason } if has_token => {
                    self.answers.note(&format!("{name} refused {reason}"));
                    return Ok(None);
                }
                // Its intent is abandoned: nobody can ask for it again.
                _ if !has_token => return Ok(None),
                Error::Ledger(_) if matches!(self.work.store, Store::Redb(_)) => {
                    failures += 1;
                    if failures > 3 {
                        return Err(Reopen);
                    }
                }
                error if error.is_retryable() => {}
                error => {
                    self.answers.note(&format!("{name} odd {error}"));
                    return Ok(None);
                }
            }
            sleep(Duration::from_millis(20)).await;
        }
    }

    async fn ask_for_all(self: Arc<Self>, caller: u64) -> Result<(), Reopen> {
        let mut chance = Chance::new(self.work.seed ^ (caller << 32));
        let mut tokens: Vec<u64> = self.work.tokens.clone().collect();
        chance.shuffle(&mut tokens);
        for number in tokens {
            if chance.below(4) == 0 {
                let name = format!("plain-{}-{caller}-{number}", self.work.name);
                self.ask(&name, false).await?;
            }
            let certificate = self.ask(&token(number), true).await?;
            if chance.below(3) == 0
                && let Some(certificate) = certificate
            {
                self.revoker.revoke(&certificate).await;
            }
            if chance.below(6) == 0 {
                self.revoker.publish(chance.below(4)).await;
            }
        }
        Ok(())
    }
}

/// The ledger is to be opened again.
struct Reopen;

async fn run(work: Work) -> ExitCode {
    let fuse = Arc::new(Fuse::new(work.fault));
    let ledger = loop {
        match work.store.open(&fuse, work.seed).await {
            Ok(ledger) => break ledger,
            Err(error) if matches!(work.store, Store::Redb(_)) => {
                eprintln!("{}: {error}", work.name);
                return ExitCode::from(LEDGER_FAILED);
            }
            // The server is away for a while.
            Err(_) => sleep(Duration::from_millis(50)).await,
        }
    };
    let answers = OpenOptions::new().append(true).create(true).open(answers(&work.folder)).unwrap();
    let signer = Client { folder: work.folder.clone(), fuse: Arc::clone(&fuse) };
    let authority = partitioned(Ca::default().build());
    let builder = AsyncIssuer::builder_with_verifier(authority.clone(), signer, RustCryptoVerifier);
    let ledger = Arc::new(Pointed { ledger, fuse: Arc::clone(&fuse), plant: work.plant });
    let issuer = builder.ledger(Arc::clone(&ledger)).build().unwrap();
    let revoker = Revoker::new(&work, authority, ledger, fuse).unwrap();
    // Who comes to an intent whose lease is over is then always a caller.
    if work.plant != Some(Plant::TrustTheLease) {
        // What fails now is found by the next one.
        let _ = issuer.recover().await;
    }
    let csr = std::fs::read(csr(&work.folder)).unwrap();
    let worker = Arc::new(Worker { issuer, revoker, answers: Answers(Mutex::new(answers)), work, csr });
    let callers: Vec<_> =
        (0..CALLERS).map(|caller| tokio::spawn(Arc::clone(&worker).ask_for_all(caller as u64))).collect();
    let mut is_done = true;
    for caller in callers {
        is_done &= caller.await.unwrap().is_ok();
    }
    for scope in 0..4 {
        worker.revoker.publish(scope).await;
    }
    if is_done { ExitCode::SUCCESS } else { ExitCode::from(LEDGER_FAILED) }
}

pub(crate) fn main(work: Work) -> ExitCode {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap().block_on(run(work))
}
