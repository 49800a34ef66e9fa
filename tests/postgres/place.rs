//! A schema on the server of these tests, and issuers over it.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use std::sync::{Arc, LazyLock, Mutex};

use issuance::crypto::SignFuture;
use issuance::issue::AsyncIssuerBuilder;
use issuance::ledger::{Parked, PostgresLedger, PostgresSettings};
use issuance::{
    AsyncIssuer, AsyncSigner, CertificateAuthority, Clock, Error, IssueCertificateRequest, IssuedCertificate,
    RustCryptoVerifier, Signer, SigningAlgorithm, Timestamp, Validity,
};
use issuance_test_support::ca::{self, CA_KEY, Ca};
use issuance_test_support::postgres::{PASSWORD, Server};

static SERVER: LazyLock<Option<Server>> = LazyLock::new(|| Server::start(&[]));

/// What the connections of all tests run on that do not have a runtime of their own.
static RUNTIME: LazyLock<tokio::runtime::Runtime> =
    LazyLock::new(|| tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap());

pub(crate) fn run<T>(future: impl Future<Output = T>) -> T {
    RUNTIME.block_on(future)
}

/// The same for callers that block.
pub(crate) fn parked(ledger: PostgresLedger) -> Parked<PostgresLedger> {
    Parked::new(ledger, |task| drop(RUNTIME.spawn(task)))
}

/// A schema of its own, with the tables of this release.
pub(crate) struct Place<'s> {
    pub(crate) server: &'s Server,
    pub(crate) schema: String,
}

/// None where there is no PostgreSQL, which was said then.
pub(crate) fn place() -> Option<Place<'static>> {
    SERVER.as_ref().map(place_on)
}

pub(crate) fn place_on(server: &Server) -> Place<'_> {
    let place = empty_place_on(server);
    run(PostgresLedger::migrate(&place.settings())).unwrap();
    place
}

/// A schema that is not there yet.
pub(crate) fn empty_place() -> Option<Place<'static>> {
    SERVER.as_ref().map(empty_place_on)
}

fn empty_place_on(server: &Server) -> Place<'_> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    Place { server, schema: format!("test_{}", COUNT.fetch_add(1, Ordering::Relaxed)) }
}

impl Place<'_> {
    pub(crate) fn settings(&self) -> PostgresSettings {
        self.settings_by(self.server.port())
    }

    /// Settings for another port, behind which the server is. Connections have the name of the schema.
    pub(crate) fn settings_by(&self, port: u16) -> PostgresSettings {
        let url = format!("postgresql://postgres@127.0.0.1:{port}/postgres?application_name={}", self.schema);
        PostgresSettings::new(&url).unwrap().password(PASSWORD).schema(&*self.schema).pool_size(4)
    }

    pub(crate) fn ledger(&self) -> PostgresLedger {
        run(PostgresLedger::connect(&self.settings())).unwrap()
    }

    /// Rows of a query, in which `{s}` is the schema.
    pub(crate) fn sql(&self, text: &str) -> String {
        self.server.sql(&text.replace("{s}", &self.schema))
    }

    pub(crate) fn count(&self, what: &str) -> u32 {
        self.sql(&format!("SELECT count(*) FROM {{s}}.{what}")).parse().unwrap()
    }
}

/// What a signer does before it signs.
pub(crate) type Hook = Arc<dyn Fn() -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

/// Does something first, signs, and keeps what it has signed.
#[derive(Clone)]
pub(crate) struct HookedSigner {
    hook: Hook,
    pub(crate) signed: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl HookedSigner {
    pub(crate) fn new<F: Future<Output = ()> + Send + 'static>(
        hook: impl Fn() -> F + Send + Sync + 'static,
    ) -> HookedSigner {
        HookedSigner { hook: Arc::new(move || Box::pin(hook())), signed: Arc::default() }
    }

    pub(crate) fn plain() -> HookedSigner {
        HookedSigner::new(|| async {})
    }

    /// How many signatures were made.
    pub(crate) fn count(&self) -> usize {
        self.signed.lock().unwrap().len()
    }
}

impl AsyncSigner for HookedSigner {
    fn public_key_der(&self) -> &[u8] {
        CA_KEY.public_key_der()
    }

    fn signing_algorithms(&self) -> &[SigningAlgorithm] {
        CA_KEY.signing_algorithms()
    }

    fn sign<'a>(&'a self, algorithm: SigningAlgorithm, message: &'a [u8]) -> SignFuture<'a> {
        Box::pin(async move {
            (self.hook)().await;
            self.signed.lock().unwrap().push(message.to_vec());
            CA_KEY.sign(algorithm, message)
        })
    }
}

/// A clock that tests set.
#[derive(Clone, Debug)]
pub(crate) struct TestClock(pub(crate) Arc<AtomicI64>);

impl Default for TestClock {
    fn default() -> Self {
        TestClock(Arc::new(AtomicI64::new(ca::NOW)))
    }
}

impl TestClock {
    pub(crate) fn advance(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix(self.0.load(Ordering::SeqCst)).unwrap()
    }
}

pub(crate) fn authority() -> CertificateAuthority {
    static ROOT: LazyLock<CertificateAuthority> = LazyLock::new(|| Ca::default().build());
    ROOT.clone()
}

/// An issuer over a ledger, to be finished.
pub(crate) fn builder(ledger: &PostgresLedger, signer: &HookedSigner) -> AsyncIssuerBuilder {
    AsyncIssuer::builder_with_verifier(authority(), signer.clone(), RustCryptoVerifier)
        .clock(TestClock::default())
        .ledger(ledger.clone())
}

pub(crate) fn issuer(ledger: &PostgresLedger, signer: &HookedSigner) -> AsyncIssuer {
    builder(ledger, signer).build().unwrap()
}

/// A request for a device, with a token unless it is empty.
pub(crate) fn request(token: &str) -> IssueCertificateRequest {
    request_for(365, token)
}

pub(crate) fn request_for(days: i64, token: &str) -> IssueCertificateRequest {
    static CSR: LazyLock<Vec<u8>> = LazyLock::new(|| ca::proven_csr("device"));
    let request = ca::request(&CSR, "EndEntityCertificate").validity(Validity::days(days));
    let request = if token.is_empty() { request } else { request.idempotency_token(token) };
    request.build().unwrap()
}

pub(crate) type Outcome = Result<Arc<IssuedCertificate>, Error>;

/// Issues in a task of its own.
pub(crate) fn spawn(issuer: &AsyncIssuer, request: IssueCertificateRequest) -> tokio::task::JoinHandle<Outcome> {
    let issuer = issuer.clone();
    RUNTIME.spawn(async move { issuer.issue(&request).await })
}
