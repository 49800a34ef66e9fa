//! What a ledger costs beside the bare statements or commits of its store, in one run on one machine.
//!
//! ```sh
//! cargo bench -p issuance-benches --bench ledger --features ledger
//! ```
//!
//! It starts Debian's PostgreSQL on loopback in a folder of its own; the folder of temporary files (`TMPDIR`) should be on the disk
//! that is to be measured. Bare is: one INSERT of the bytes of an intent and one UPDATE of its state and signature, by primary key, prepared,
//! over a pool of the same size. Rounds of bare and of the ledger take turns, and the medians are printed. Intents and
//! signatures are made beforehand: what is measured is the ledger alone.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use deadpool_postgres::tokio_postgres::{Config, NoTls};
use deadpool_postgres::{Manager, Pool};
use issuance::Timestamp;
use issuance::ledger::{
    AsyncLedger, Ended, Intent, Ledger, MemoryLedger, PostgresLedger, PostgresSettings, RedbLedger, Reserved, Signed,
};
use issuance_benches::signed::samples;
use issuance_test_support::postgres::{PASSWORD, Server};
use tokio::runtime::Runtime;

const POOL: usize = 16;
const GROUP: usize = 64;

fn now() -> Timestamp {
    Timestamp::from(std::time::SystemTime::now())
}

/// Certificates a second.
fn rate(count: usize, run: impl FnOnce()) -> f64 {
    let begun = Instant::now();
    run();
    count as f64 / begun.elapsed().as_secs_f64()
}

fn median(mut rates: Vec<f64>) -> f64 {
    rates.sort_by(f64::total_cmp);
    rates[rates.len() / 2]
}

/// Runs `call` for each item on so many tasks.
fn in_tasks<F: Future<Output = ()> + Send + 'static>(
    runtime: &Runtime,
    callers: usize,
    items: &Arc<Vec<Signed>>,
    count: usize,
    call: impl Fn(Signed) -> F + Clone + Send + 'static,
) -> f64 {
    let next = Arc::new(AtomicUsize::new(0));
    rate(count, || {
        let tasks: Vec<_> = (0..callers)
            .map(|_| {
                let (next, items, call) = (Arc::clone(&next), Arc::clone(items), call.clone());
                runtime.spawn(async move {
                    loop {
                        let place = next.fetch_add(1, Ordering::Relaxed);
                        if place >= count {
                            return;
                        }
                        call(items[place].clone()).await;
                    }
                })
            })
            .collect();
        tasks.into_iter().for_each(|task| runtime.block_on(task).unwrap());
    })
}

/// The bare statements.
struct Bare {
    pool: Pool,
}

impl Bare {
    fn new(server: &Server, runtime: &Runtime) -> Bare {
        let mut config: Config = server.url().parse().unwrap();
        config.password(PASSWORD);
        let _inside = runtime.enter();
        let pool = Pool::builder(Manager::new(config, NoTls)).max_size(POOL).build().unwrap();
        server.sql(
            "CREATE TABLE bare (authority bytea, serial bytea, record bytea NOT NULL, state smallint NOT NULL DEFAULT 0, \
             signature bytea, PRIMARY KEY (authority, serial))",
        );
        Bare { pool }
    }

    fn run(&self, runtime: &Runtime, callers: usize, items: &Arc<Vec<Signed>>, count: usize) -> f64 {
        let pool = self.pool.clone();
        in_tasks(runtime, callers, items, count, move |signed| {
            let pool = pool.clone();
            async move {
                let authority = &[7u8; 16][..];
                let intent = &signed.intent;
                let (serial, record) = (intent.serial().as_be_bytes().to_vec(), intent.to_bytes());
                {
                    let session = pool.get().await.unwrap();
                    let text = "INSERT INTO bare (authority, serial, record) VALUES ($1, $2, $3)";
                    let statement = session.prepare_cached(text).await.unwrap();
                    session.execute(&statement, &[&authority, &serial, &record]).await.unwrap();
                }
                let session = pool.get().await.unwrap();
                let text =
                    "UPDATE bare SET state = 1, signature = $3 WHERE authority = $1 AND serial = $2 AND state = 0";
                let statement = session.prepare_cached(text).await.unwrap();
                let changed = session.execute(&statement, &[&authority, &serial, &signed.signature()]).await.unwrap();
                assert_eq!(changed, 1);
            }
        })
    }
}

fn sign_all(reserved: Vec<Reserved>) {
    assert!(reserved.iter().all(|answer| matches!(answer, Reserved::Sign)), "{reserved:?}");
}

fn issued_all(ended: Vec<Ended>) {
    assert!(ended.iter().all(|end| matches!(end, Ended::Issued(_))), "{ended:?}");
}

fn ledger_run(
    ledger: &PostgresLedger,
    runtime: &Runtime,
    callers: usize,
    items: &Arc<Vec<Signed>>,
    count: usize,
) -> f64 {
    let ledger = ledger.clone();
    in_tasks(runtime, callers, items, count, move |signed| {
        let ledger = ledger.clone();
        async move {
            sign_all(ledger.reserve(std::slice::from_ref(&signed.intent), now()).await.unwrap());
            issued_all(ledger.commit(std::slice::from_ref(&signed), now()).await.unwrap());
        }
    })
}

fn on_postgres(items: &Arc<Vec<Signed>>, tokened: &Arc<Vec<Signed>>, is_test: bool) {
    let Some(server) = Server::start(&["shared_buffers = 256MB", "max_wal_size = 4GB"]) else { return };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let settings = PostgresSettings::new(&server.url()).unwrap().password(PASSWORD).pool_size(POOL);
    runtime.block_on(PostgresLedger::migrate(&settings)).unwrap();
    let ledger = runtime.block_on(PostgresLedger::connect(&settings)).unwrap();
    let bare = Bare::new(&server, &runtime);
    let empty = || server.sql("TRUNCATE bare, issuance.intent, issuance.state, issuance.token; CHECKPOINT");
    let (rounds, scale) = if is_test { (1, 100) } else { (5, 1) };
    println!("PostgreSQL {}, a pool of {POOL}; certificates a second", server.sql("SHOW server_version"));
    println!("{:>8} {:>10} {:>10} {:>7} {:>12} {:>7}", "callers", "bare", "ledger", "ratio", "with tokens", "ratio");
    let mut alone = 0.0;
    for (callers, count) in [(1, 500), (16, 3_000), (64, 6_000)] {
        let count = (count / scale).max(callers);
        let mut rates = [Vec::new(), Vec::new(), Vec::new()];
        for _ in 0..rounds {
            empty();
            rates[0].push(bare.run(&runtime, callers, items, count));
            empty();
            rates[1].push(ledger_run(&ledger, &runtime, callers, items, count));
            empty();
            rates[2].push(ledger_run(&ledger, &runtime, callers, tokened, count));
        }
        let [bare, ledger, tokens] = rates.map(median);
        if callers == 1 {
            alone = ledger;
        }
        println!(
            "{callers:>8} {bare:>10.0} {ledger:>10.0} {:>6.0}% {tokens:>12.0} {:>6.0}%",
            100.0 * ledger / bare,
            100.0 * tokens / bare
        );
    }
    let count = 6_000 / scale.min(20) / GROUP * GROUP;
    let mut rates = Vec::new();
    for _ in 0..rounds {
        empty();
        rates.push(rate(count, || {
            for group in items[..count].chunks(GROUP) {
                let intents: Vec<Intent> = group.iter().map(|signed| signed.intent.clone()).collect();
                sign_all(runtime.block_on(ledger.reserve(&intents, now())).unwrap());
                issued_all(runtime.block_on(ledger.commit(group, now())).unwrap());
            }
        }));
    }
    let batches = median(rates);
    println!("batches of {GROUP}, one caller: {batches:.0}, {:.1} times the rate of one caller", batches / alone);
    empty();
    let count = tokened.len().min(6_000 / scale);
    ledger_run(&ledger, &runtime, 16, tokened, count);
    println!(
        "bytes a certificate after {count} under tokens: {} of the intent alone",
        tokened[0].intent.to_bytes().len()
    );
    println!(
        "{}",
        server.sql(&format!(
            "SELECT format('%s: table %s, indexes %s', c.relname, pg_table_size(c.oid) / {count}, \
             pg_indexes_size(c.oid) / {count}) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
             WHERE n.nspname = 'issuance' AND c.relname IN ('intent', 'state', 'token') ORDER BY 1"
        ))
    );
}

/// Runs `call` for each item on so many threads.
fn in_threads(callers: usize, items: &[Signed], call: impl Fn(&Signed) + Sync) -> f64 {
    let next = AtomicUsize::new(0);
    rate(items.len(), || {
        thread::scope(|scope| {
            for _ in 0..callers {
                scope.spawn(|| {
                    while let Some(signed) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
                        call(signed);
                    }
                });
            }
        });
    })
}

fn blocking_run(ledger: &impl Ledger, callers: usize, items: &[Signed]) -> f64 {
    in_threads(callers, items, |signed| {
        sign_all(ledger.reserve(std::slice::from_ref(&signed.intent), now()).unwrap());
        issued_all(ledger.commit(std::slice::from_ref(signed), now()).unwrap());
    })
}

const TABLE: redb::TableDefinition<'_, &[u8], &[u8]> = redb::TableDefinition::new("bare");

/// Two durable commits of redb, with as many bytes.
fn bare_redb(file: &Path, callers: usize, items: &[Signed]) -> f64 {
    let database = redb::Database::create(file).unwrap();
    in_threads(callers, items, |signed| {
        let serial = signed.intent.serial();
        for (kind, bytes) in [(0u8, &signed.intent.to_bytes()[..]), (1, signed.signature())] {
            let key = [&[kind][..], serial.as_be_bytes()].concat();
            let transaction = database.begin_write().unwrap();
            transaction.open_table(TABLE).unwrap().insert(&key[..], bytes).unwrap();
            transaction.commit().unwrap();
        }
    })
}

fn in_process(items: &[Signed], is_test: bool) {
    let folder = std::env::temp_dir().join(format!("issuance-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    println!("redb and memory; certificates a second");
    println!("{:>8} {:>10} {:>10} {:>7} {:>12}", "callers", "bare redb", "redb", "ratio", "memory");
    for (callers, count) in [(1, 300), (16, 1_000), (64, 2_000)] {
        let items = &items[..if is_test { callers } else { count }];
        let mut rates = [Vec::new(), Vec::new(), Vec::new()];
        for round in 0..if is_test { 1 } else { 3 } {
            let file = |name: &str| folder.join(format!("{name}-{callers}-{round}"));
            rates[0].push(bare_redb(&file("bare"), callers, items));
            rates[1].push(blocking_run(&RedbLedger::open(file("ledger")).unwrap(), callers, items));
            rates[2].push(blocking_run(&MemoryLedger::default().keep_everything(), callers, items));
        }
        let [bare, redb, memory] = rates.map(median);
        println!("{callers:>8} {bare:>10.0} {redb:>10.0} {:>6.0}% {memory:>12.0}", 100.0 * redb / bare);
    }
    std::fs::remove_dir_all(folder).unwrap();
}

fn main() {
    let is_test = std::env::args().any(|argument| argument == "--test");
    let count = if is_test { 320 } else { 6_000 };
    let (items, tokened) = (Arc::new(samples(count, false)), Arc::new(samples(count, true)));
    on_postgres(&items, &tokened, is_test);
    in_process(&items, is_test);
}
