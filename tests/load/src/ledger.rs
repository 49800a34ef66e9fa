//! The ledger on PostgreSQL alone, as `benches/ledger.rs` measures it: intents and signatures are made beforehand.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use issuance::Timestamp;
use issuance::ledger::{AsyncLedger, Ended, PostgresLedger, PostgresSettings, Reserved, Signed};
use issuance_benches::signed::samples;
use issuance_test_support::postgres::{PASSWORD, Server};
use tokio::runtime::{Builder, Runtime};

/// How many certificates a round has.
const ROUND: usize = 6_000;

pub(crate) struct Alone {
    runtime: Runtime,
    ledger: PostgresLedger,
    items: Arc<Vec<Signed>>,
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
        Alone { runtime, ledger, items: Arc::new(samples(ROUND, false)) }
    }

    /// Certificates a second, by so many callers.
    pub(crate) fn round(&self, server: &Server, callers: usize) -> f64 {
        server.sql("TRUNCATE alone.intent, alone.state, alone.token; CHECKPOINT");
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
