//! Issuance with a signer that is awaited: no runtime in the crate, no thread blocked, nothing left behind.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};

use issuance::authority::CertificateAuthorityType;
use issuance::crypto::{SignError, SignFuture, Signature};
use issuance::ledger::MemoryLedger;
use issuance::x509::{Field, KeyPolicy};
use issuance::{
    AsyncIssuer, AsyncSigner, AwsException, CertificateAuthority, Csr, Error, IssueCertificateRequest,
    IssuedCertificate, Issuer, RustCryptoSigner, RustCryptoVerifier, Signer, SigningAlgorithm, Subject, Validity,
};

const ARN: &str = "arn:aws:acm-pca:us-west-2:123456789012:certificate-authority/12345678-1234-1234-1234-123456789012";
const ALGORITHM: SigningAlgorithm = SigningAlgorithm::Sha256WithEcdsa;

/// A key that is far away: each signature takes three polls.
struct Remote {
    key: RustCryptoSigner,
    calls: Arc<AtomicUsize>,
    answer: fn(&RustCryptoSigner, &[u8]) -> Result<Signature, SignError>,
}

impl AsyncSigner for Remote {
    fn public_key_der(&self) -> &[u8] {
        Signer::public_key_der(&self.key)
    }

    fn signing_algorithms(&self) -> &[SigningAlgorithm] {
        Signer::signing_algorithms(&self.key)
    }

    fn sign<'a>(&'a self, _: SigningAlgorithm, message: &'a [u8]) -> SignFuture<'a> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        Box::pin(async move {
            for _ in 0..3 {
                yield_once().await;
            }
            (self.answer)(&self.key, message)
        })
    }
}

fn yield_once() -> impl Future<Output = ()> {
    let mut yielded = false;
    std::future::poll_fn(move |context| {
        if std::mem::replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
}

/// Says whether a task was woken.
#[derive(Default)]
struct Flag(Mutex<bool>);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        *self.0.lock().unwrap() = true;
    }
}

impl Flag {
    fn take(&self) -> bool {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

/// Drives several futures on one thread, polling only what was woken; panics where nothing can go on.
fn run<T>(futures: Vec<Pin<Box<dyn Future<Output = T> + '_>>>) -> Vec<T> {
    let mut tasks: Vec<_> =
        futures.into_iter().map(|future| (Some(future), Arc::new(Flag(Mutex::new(true))))).collect();
    let mut results: Vec<Option<T>> = tasks.iter().map(|_| None).collect();
    while results.iter().any(Option::is_none) {
        let mut progress = false;
        for ((slot, flag), result) in tasks.iter_mut().zip(&mut results) {
            let Some(future) = slot.as_mut().filter(|_| flag.take()) else { continue };
            progress = true;
            if let Poll::Ready(value) = future.as_mut().poll(&mut Context::from_waker(&Waker::from(Arc::clone(flag)))) {
                (*result, *slot) = (Some(value), None);
            }
        }
        assert!(progress, "a task waits and nothing wakes it");
    }
    results.into_iter().map(Option::unwrap).collect()
}

fn key(name: &str) -> RustCryptoSigner {
    let path = format!("{}/tests/data/keys/{name}.pem", env!("CARGO_MANIFEST_DIR"));
    RustCryptoSigner::from_pem(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn root() -> CertificateAuthority {
    let subject = Subject::builder().common_name("root").build().unwrap();
    let key = key("ec-p256");
    let mut root = CertificateAuthority::builder(ARN.parse().unwrap(), CertificateAuthorityType::Root)
        .build(&subject, Signer::public_key_der(&key))
        .unwrap();
    let csr = root.certificate_signing_request(&key, ALGORITHM).unwrap();
    let request = request(&csr).template_arn("arn:aws:acm-pca:::template/RootCACertificate/V1");
    let request = request.validity(Validity::years(10)).build().unwrap();
    let own = Issuer::builder(root.clone(), key).build().unwrap().issue(&request).unwrap();
    root.import_certificate(own.der(), b"", &RustCryptoVerifier).unwrap();
    root
}

fn request(csr: &str) -> issuance::request::IssueCertificateRequestBuilder {
    let builder = IssueCertificateRequest::builder().certificate_authority_arn(ARN).csr(csr);
    builder.signing_algorithm(ALGORITHM).validity(Validity::days(1))
}

struct Bench {
    issuer: AsyncIssuer,
    store: Arc<MemoryLedger>,
    calls: Arc<AtomicUsize>,
    csr: String,
}

fn bench(answer: fn(&RustCryptoSigner, &[u8]) -> Result<Signature, SignError>) -> Bench {
    let root = root();
    let csr = root.certificate_signing_request(&key("ec-p256"), ALGORITHM).unwrap();
    let (calls, store) = (Arc::default(), Arc::new(MemoryLedger::default()));
    let remote = Remote { key: key("ec-p256"), calls: Arc::clone(&calls), answer };
    let issuer = AsyncIssuer::builder_with_verifier(root, remote, RustCryptoVerifier)
        .ledger(Arc::clone(&store))
        .build()
        .unwrap();
    Bench { issuer, store, calls, csr }
}

fn honest(key: &RustCryptoSigner, message: &[u8]) -> Result<Signature, SignError> {
    key.sign(ALGORITHM, message)
}

impl Bench {
    fn issue_all(&self, requests: &[IssueCertificateRequest]) -> Vec<Result<Arc<IssuedCertificate>, Error>> {
        run(requests.iter().map(|request| Box::pin(self.issuer.issue(request)) as Pin<Box<_>>).collect())
    }
}

#[test]
fn futures_can_move_between_threads() {
    fn assert_send<T: Send>(_: &T) {}
    let bench = bench(honest);
    let request = request(&bench.csr).build().unwrap();
    assert_send(&bench.issuer.issue(&request));
}

#[test]
fn an_awaited_signature_makes_a_certificate() {
    let bench = bench(honest);
    let results = bench.issue_all(&[request(&bench.csr).build().unwrap(), request(&bench.csr).build().unwrap()]);
    let serials: Vec<_> = results.into_iter().map(|result| result.unwrap().serial()).collect();
    assert_ne!(serials[0], serials[1]);
}

#[test]
fn a_csr_that_was_proven_before_takes_the_place_of_the_requests_own() {
    let bench = bench(honest);
    let own = request(&bench.csr).idempotency_token("t").build().unwrap();
    let device = key("ec-p384");
    let subject = Subject::builder().common_name("device").build().unwrap();
    let other = CertificateAuthority::builder(ARN.parse().unwrap(), CertificateAuthorityType::Subordinate)
        .build(&subject, Signer::public_key_der(&device))
        .unwrap()
        .certificate_signing_request(&device, ALGORITHM)
        .unwrap();
    let decoded = Csr::decode(other.as_bytes()).unwrap();
    let proven = decoded.prove(&KeyPolicy::default(), &RustCryptoVerifier).unwrap();
    let issuance = || -> Pin<Box<dyn Future<Output = _>>> {
        Box::pin(async { bench.issuer.issue_proven(&own, &proven).await.unwrap() })
    };
    let issued: Vec<Arc<IssuedCertificate>> = run(vec![issuance(), issuance()]);
    assert_eq!(issued[0].plan().field_text(Field::Subject), "CN=device");
    // The token goes with the CSR that is given.
    assert_eq!(issued[0].serial(), issued[1].serial());
    assert_eq!(bench.issue_all(&[own])[0].as_ref().unwrap().plan().field_text(Field::Subject), "CN=root");
    assert_eq!(bench.calls.load(Ordering::SeqCst), 2);
}

#[test]
fn r_idm_3_sixty_four_tasks_on_one_thread_share_one_certificate() {
    let bench = bench(honest);
    let requests = vec![request(&bench.csr).idempotency_token("t").build().unwrap(); 64];
    let serials: Vec<_> = bench.issue_all(&requests).into_iter().map(|result| result.unwrap().serial()).collect();
    assert!(serials.iter().all(|serial| *serial == serials[0]));
    assert_eq!(bench.calls.load(Ordering::SeqCst), 1);
}

#[test]
fn r_idm_3_a_failed_attempt_hands_the_token_on() {
    let bench = bench(|_, _| Err(SignError::backend("outage").retryable()));
    let requests = vec![request(&bench.csr).idempotency_token("t").build().unwrap(); 8];
    for result in bench.issue_all(&requests) {
        let error = result.unwrap_err();
        assert_eq!(error.aws_exception(), AwsException::InternalFailure);
        assert!(error.is_retryable());
    }
    // Each waiter tried for itself, one after the other.
    assert_eq!(bench.calls.load(Ordering::SeqCst), 8);
    // The intent stays, for a retry.
    assert_eq!(bench.store.len(), 1);
}

#[test]
fn a_wrong_signature_is_no_certificate() {
    let bench = bench(|key, _| key.sign(ALGORITHM, b"something else"));
    let request = request(&bench.csr).idempotency_token("t").build().unwrap();
    let error = bench.issue_all(&[request]).remove(0).unwrap_err();
    assert!(matches!(error, Error::Signature(_)), "{error}");
    assert_eq!(bench.store.len(), 1);
}

#[test]
fn a_dropped_future_frees_the_token_and_wakes_who_waits() {
    let bench = bench(honest);
    let request = request(&bench.csr).idempotency_token("t").build().unwrap();
    let flag = Arc::new(Flag::default());
    let waker = Waker::from(Arc::clone(&flag));
    let mut first = Box::pin(bench.issuer.issue(&request));
    assert!(first.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    let mut second = pin!(bench.issuer.issue(&request));
    assert!(second.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    flag.take();
    drop(first);
    assert!(flag.take(), "the waiting task was not woken");
    while second.as_mut().poll(&mut Context::from_waker(&waker)).is_pending() {
        assert!(flag.take());
    }
    assert_eq!(bench.calls.load(Ordering::SeqCst), 2);
}

#[test]
fn a_signer_with_another_key_is_refused_when_the_issuer_is_built() {
    let remote = Remote { key: key("ec-p384"), calls: Arc::default(), answer: honest };
    let error = AsyncIssuer::builder_with_verifier(root(), remote, RustCryptoVerifier).build().unwrap_err();
    assert!(matches!(error, Error::SignerKey));
}
