//! PostgreSQL without the service: the ledger alone, as `benches/ledger.rs` measures it with intents and signatures that are made
//! beforehand, and the library that issues over it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use issuance::authority::RevocationConfiguration;
use issuance::crypto::Immediate;
use issuance::ledger::{AsyncLedger, Ended, PostgresLedger, PostgresSettings, Reserved, Signed};
use issuance::{
    AsyncIssuer, AwsLcSigner, AwsLcVerifier, IssueCertificateRequest, KeyAlgorithm, SigningAlgorithm, Timestamp,
};
use issuance_benches::root::active_root;
use issuance_benches::signed::samples;
use issuance_test_support::postgres::{PASSWORD, Server};
use tokio::runtime::{Builder, Runtime};

use crate::requests::{ARN, P256, leaf};

/// How many certificates a round has.
const ROUND: usize = 6_000;

pub(crate) struct Alone {
    runtime: Runtime,
    ledger: PostgresLedger,
    items: Arc<Vec<Signed>>,
    issuer: AsyncIssuer,
}

fn now() -> Timestamp {
    Timestamp::from(std::time::SystemTime::now())
}

impl Alone {
    /// Beside what else the server has, with the pool that the service has.
    pub(crate) fn new(server: &Server) -> Alone {
        let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let settings = PostgresSettings::new(&server.url()).unwrap().password(PASSWORD).schema("alone");
        runtime.block_on(PostgresLedger::migrate(&settings)).unwrap();
        let ledger = runtime.block_on(PostgresLedger::connect(&settings)).unwrap();
        let key = Arc::new(AwsLcSigner::generate(KeyAlgorithm::EcPrime256v1).unwrap());
        let (algorithm, revocation) = (SigningAlgorithm::Sha256WithEcdsa, RevocationConfiguration::none());
        let (root, _) = active_root(ARN, Arc::clone(&key), AwsLcVerifier, algorithm, revocation);
        let issuer = AsyncIssuer::builder_with_verifier(root, Immediate(key), AwsLcVerifier).ledger(ledger.clone());
        Alone { runtime, ledger, items: Arc::new(samples(ROUND, false)), issuer: issuer.build().unwrap() }
    }

    fn empty(server: &Server) {
        server.sql("TRUNCATE alone.intent, alone.state, alone.token; CHECKPOINT");
    }

    /// Certificates a second that the library issues from JSON, by so many callers.
    pub(crate) fn issuing(&self, server: &Server, callers: usize) -> f64 {
        Alone::empty(server);
        let next = Arc::new(AtomicUsize::new(0));
        let body = Arc::new(leaf(ARN, P256).to_string());
        let begun = Instant::now();
        let tasks: Vec<_> = (0..callers)
            .map(|_| {
                let (next, body, issuer) = (Arc::clone(&next), Arc::clone(&body), self.issuer.clone());
                self.runtime.spawn(async move {
                    while next.fetch_add(1, Ordering::Relaxed) < ROUND {
                        let request = IssueCertificateRequest::from_json(body.as_bytes()).unwrap();
                        issuer.issue(&request).await.unwrap();
                    }
                })
            })
            .collect();
        tasks.into_iter().for_each(|task| self.runtime.block_on(task).unwrap());
        ROUND as f64 / begun.elapsed().as_secs_f64()
    }

    /// Certificates a second that are reserved and committed, by so many callers.
    pub(crate) fn round(&self, server: &Server, callers: usize) -> f64 {
        Alone::empty(server);
        let next = Arc::new(AtomicUsize::new(0));
        let begun = Instant::now();
        let tasks: Vec<_> = (0..callers)
            .map(|_| {
                let (next, items, ledger) = (Arc::clone(&next), Arc::clone(&self.items), self.ledger.clone());
                self.runtime.spawn(async move {
                    while let Some(signed) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
                        let reserved = ledger.reserve(std::slice::from_ref(&signed.intent), now()).await.unwrap();
                        assert!(matches!(reserved[..], [Reserved::Sign]), "{reserved:?}");
                        let ended = ledger.commit(std::slice::from_ref(signed), now()).await.unwrap();
                        assert!(matches!(ended[..], [Ended::Issued(_)]), "{ended:?}");
                    }
                })
            })
            .collect();
        tasks.into_iter().for_each(|task| self.runtime.block_on(task).unwrap());
        self.items.len() as f64 / begun.elapsed().as_secs_f64()
    }
}
