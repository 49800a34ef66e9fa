//! Starts signer, workers and what keeps the ledger, and lets all of them die.

use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::Arc;
use std::thread::sleep;
use std::time::{Duration, Instant};

use issuance::ledger::{PostgresLedger, RedbLedger};
use issuance_test_support::ca::proven_csr;
use issuance_test_support::chance::Chance;
use issuance_test_support::postgres::Server;
use rustix::process::{Pid, Signal, kill_process};

use crate::creation;
use crate::ledger::{Plant, Store, settings};
use crate::point::{Fault, Fuse, Point};
use crate::proxy::Proxy;
use crate::verdict::verdict;
use crate::worker::{LEDGER_FAILED, Work, csr};

/// How long a worker is frozen: longer than its lease.
const FROZEN: Duration = Duration::from_millis(1_300);
/// Tokens that a worker asks for before it ends by itself.
const TOKENS: u64 = 12;

struct Postgres {
    server: Server,
    proxy: Proxy,
}

pub(crate) struct Run {
    folder: PathBuf,
    store: Store,
    postgres: Option<Postgres>,
    chance: Chance,
    plant: Option<Plant>,
    signer: Child,
    workers: Vec<Option<Child>>,
    frozen: Vec<(Instant, Pid)>,
    started: u64,
    tokens: u64,
    kills: u64,
}

fn pid(child: &Child) -> Pid {
    Pid::from_child(child)
}

pub(crate) fn spawn(arguments: &[String]) -> io::Result<Child> {
    Command::new(std::env::current_exe()?).args(arguments).stdin(Stdio::null()).spawn()
}

impl Run {
    pub(crate) fn new(store: &str, seed: u64, plant: Option<Plant>) -> io::Result<Option<Run>> {
        let folder = std::env::temp_dir().join(format!("issuance-kill-{}-{seed}", std::process::id()));
        std::fs::create_dir_all(&folder)?;
        std::fs::write(csr(&folder), proven_csr("somebody"))?;
        let (store, postgres) = if store == "redb" {
            (Store::Redb(folder.join("ledger.redb")), None)
        } else {
            let Some(server) = Server::start(&[]) else { return Ok(None) };
            let proxy = Proxy::start(server.port())?;
            let url = format!("postgresql://postgres@127.0.0.1:{}/postgres", proxy.port);
            let migrated = tokio::runtime::Runtime::new()?.block_on(PostgresLedger::migrate(&settings(&url)));
            migrated.map_err(io::Error::other)?;
            (Store::Postgres(url), Some(Postgres { server, proxy }))
        };
        // One process at a time has a file.
        let workers = if postgres.is_some() { 4 } else { 1 };
        let signer = spawn(&["signer".to_owned(), folder.display().to_string()])?;
        Ok(Some(Run {
            folder,
            store,
            postgres,
            chance: Chance::new(seed),
            plant,
            signer,
            workers: (0..workers).map(|_| None).collect(),
            frozen: Vec::new(),
            started: 0,
            tokens: 0,
            kills: 0,
        }))
    }

    fn work(&mut self, tokens: std::ops::Range<u64>, fault: Option<Fault>) -> Work {
        self.started += 1;
        Work {
            folder: self.folder.clone(),
            store: self.store.clone(),
            name: self.started.to_string(),
            tokens,
            seed: self.chance.draw(),
            fault,
            plant: self.plant,
        }
    }

    /// Half of the workers die or stop by themselves, at a named point.
    fn fault(&mut self) -> Option<Fault> {
        if self.chance.below(2) == 0 {
            return None;
        }
        let count = self.chance.below(12) as u32 + 1;
        let of_issuance = Point::OF_ISSUANCE[self.chance.below(9) as usize];
        Some(match (&self.store, self.chance.below(8)) {
            (Store::Redb(_), 0..=2) => Fault { point: Point::InSync, count, freezes: false },
            (Store::Redb(_), 3) => Fault { point: Point::DiskFull, count: 4 * count, freezes: false },
            (Store::Postgres(_), 0) => Fault { point: of_issuance, count, freezes: true },
            _ => Fault { point: of_issuance, count, freezes: false },
        })
    }

    fn keep_workers(&mut self) -> io::Result<()> {
        for place in 0..self.workers.len() {
            if let Some(worker) = &mut self.workers[place] {
                let Some(status) = worker.try_wait()? else { continue };
                let ended = pid(worker);
                self.frozen.retain(|(_, frozen)| *frozen != ended);
                if status.signal().is_some() || status.code() == Some(LEDGER_FAILED.into()) {
                    self.kills += 1;
                } else if !status.success() {
                    return Err(io::Error::other(format!("a worker ended with {status}")));
                }
            }
            let fault = self.fault();
            let first = self.tokens.saturating_sub(TOKENS / 2);
            let tokens = first..first + TOKENS;
            self.tokens = self.tokens.max(tokens.end);
            let work = self.work(tokens, fault);
            self.workers[place] = Some(spawn(&work.arguments())?);
        }
        Ok(())
    }

    fn wake_frozen(&mut self) {
        let now = Instant::now();
        self.frozen.retain(|(until, frozen)| {
            let is_over = *until <= now;
            if is_over {
                let _ = kill_process(*frozen, Signal::CONT);
            }
            !is_over
        });
    }

    fn restart_signer(&mut self) -> io::Result<()> {
        self.signer.kill()?;
        self.signer.wait()?;
        self.signer = spawn(&["signer".to_owned(), self.folder.display().to_string()])?;
        self.kills += 1;
        Ok(())
    }

    fn strike(&mut self) -> io::Result<()> {
        let victim = self.chance.below(self.workers.len() as u64) as usize;
        match (&self.postgres, self.chance.below(100)) {
            (_, 0..=7) => self.restart_signer()?,
            (Some(postgres), 8..=9) => {
                postgres.server.stop_at_once();
                postgres.server.start_again();
                self.kills += 1;
            }
            (Some(postgres), 10..=29) => {
                postgres.proxy.cut();
                self.kills += 1;
            }
            (Some(_), 30..=39) => {
                let worker = self.workers[victim].as_ref().map(pid);
                if let Some(worker) = worker.filter(|worker| self.frozen.iter().all(|(_, frozen)| frozen != worker)) {
                    kill_process(worker, Signal::STOP)?;
                    self.frozen.push((Instant::now() + FROZEN, worker));
                    self.kills += 1;
                }
            }
            _ => {
                if let Some(worker) = &mut self.workers[victim] {
                    // `keep_workers` counts it.
                    worker.kill()?;
                }
            }
        }
        Ok(())
    }

    /// A worker that stopped by itself is woken like the others.
    fn find_stopped(&mut self) {
        for worker in self.workers.iter().flatten().map(pid) {
            let stat = std::fs::read_to_string(format!("/proc/{}/stat", worker.as_raw_nonzero())).unwrap_or_default();
            let is_stopped = stat.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with('T'));
            if is_stopped && self.frozen.iter().all(|(_, frozen)| *frozen != worker) {
                self.frozen.push((Instant::now() + FROZEN, worker));
                self.kills += 1;
            }
        }
    }

    fn kill_everything(&mut self) -> io::Result<()> {
        for worker in self.workers.iter_mut().flatten() {
            worker.kill()?;
            worker.wait()?;
        }
        self.workers.clear();
        self.frozen.clear();
        Ok(())
    }

    /// What is left in flight is finished by one worker that nothing disturbs, which asks for every token once more.
    fn finish(&mut self) -> io::Result<()> {
        let plant = self.plant.take();
        // The leases of the dead.
        sleep(FROZEN);
        let work = self.work(0..self.tokens, None);
        self.plant = plant;
        let status = spawn(&work.arguments())?.wait()?;
        if status.success() { Ok(()) } else { Err(io::Error::other(format!("the last worker ended with {status}"))) }
    }

    /// Four processes ask for the same 64 tokens. One is frozen once it has a signature, and woken when its lease is long over and
    /// others have taken up what it had.
    pub(crate) fn share(mut self) -> io::Result<ExitCode> {
        self.tokens = 64;
        for place in 0..self.workers.len() {
            let freezes = Fault { point: Point::AfterSign, count: 8, freezes: true };
            let work = self.work(0..self.tokens, Some(freezes).filter(|_| place == 0));
            self.workers[place] = Some(spawn(&work.arguments())?);
        }
        while self.frozen.is_empty() {
            sleep(Duration::from_millis(20));
            self.find_stopped();
        }
        // The others are done before it wakes.
        for worker in self.workers.iter_mut().flatten().skip(1) {
            worker.wait()?;
        }
        sleep(FROZEN);
        self.wake_frozen();
        for worker in self.workers.iter_mut().flatten() {
            worker.wait()?;
        }
        self.judge(true)
    }

    pub(crate) fn run(mut self, kills: u64) -> io::Result<ExitCode> {
        if let Store::Redb(path) = &self.store {
            creation::kill(&self.folder.join("made"), kills / 10, &mut self.chance)?;
            // From here on the disk tears what is written, which no file withstands before it is whole.
            RedbLedger::open(path).map_err(io::Error::other)?;
        }
        while self.kills < kills {
            self.keep_workers()?;
            self.wake_frozen();
            sleep(Duration::from_millis(self.chance.below(if self.postgres.is_some() { 60 } else { 160 })));
            self.find_stopped();
            self.strike()?;
        }
        self.kill_everything()?;
        self.finish()?;
        self.judge(false)
    }

    /// Where nothing dies, every token has a certificate, and none a refusal.
    fn judge(mut self, all_issue: bool) -> io::Result<ExitCode> {
        self.signer.kill()?;
        self.signer.wait()?;
        let runtime = tokio::runtime::Runtime::new()?;
        let mut verdict = runtime.block_on(async {
            let ledger = self.store.open(&Arc::new(Fuse::new(None)), 0).await.map_err(io::Error::other)?;
            io::Result::Ok(verdict(&self.folder, &*ledger, self.tokens).await)
        })?;
        if all_issue && verdict.of_tokens as u64 != self.tokens {
            verdict.violations.push(format!("I5: {} certificates for {} tokens", verdict.of_tokens, self.tokens));
        }
        for violation in verdict.violations.iter().take(20) {
            println!("{violation}");
        }
        let (certificates, violations) = (verdict.certificates, verdict.violations.len());
        println!("{} certificates of tokens, {} others", verdict.of_tokens, certificates - verdict.of_tokens);
        println!("{} certificates revoked, {} lists published", verdict.revocations, verdict.lists);
        println!("kills {}, tokens {}, certificates {certificates}, violations {violations}", self.kills, self.tokens);
        if violations == 0 {
            std::fs::remove_dir_all(&self.folder)?;
            return Ok(ExitCode::SUCCESS);
        }
        eprintln!("what was signed and answered is in {}", self.folder.display());
        Ok(ExitCode::FAILURE)
    }
}
