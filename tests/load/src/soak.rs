//! Clients, services and the database die and come back, for as long as asked; then everything that a client was told must be there,
//! once, and the service that lived through it must have grown no more.

pub(crate) mod client;
mod journal;
mod memory;
mod verdict;

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, ExitCode, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use issuance_test_support::chance::Chance;
use issuance_test_support::postgres::Server;

use crate::figures::url;
use crate::process::resident;
use crate::requests::P256;
use crate::service::Service;
use memory::Memory;

const CLIENTS: usize = 2;
/// How long a service or a client, and the database, are let alone on average. What a service had begun when it died waits for its lease.
const KILL_MILLIS: u64 = 3_000;
const DATABASE_MILLIS: u64 = 20_000;
/// How often memory is looked at.
const TICK: Duration = Duration::from_millis(200);
/// How long clients may take to come to their end when nothing dies any more.
const LAST_SECONDS: u64 = 120;

/// A fault that must be found.
#[derive(Clone, Copy, PartialEq)]
enum Plant {
    /// A certificate is lost.
    Lost,
    /// Tokens are forgotten.
    Duplicate,
}

struct Clients {
    folder: PathBuf,
    authority: String,
    services: Vec<String>,
    running: Vec<Child>,
    starts: u64,
}

impl Clients {
    fn start(&mut self, number: usize) -> Child {
        self.starts += 1;
        let program = std::env::current_exe().unwrap();
        let mut command = Command::new(program);
        command.arg("client").arg(&self.folder).arg(number.to_string()).arg(&self.authority);
        command.arg(self.starts.to_string()).args(&self.services).stdin(Stdio::null()).spawn().unwrap()
    }

    /// Kills one, and starts another that goes on with its journal.
    fn replace(&mut self, number: usize) {
        let _ = self.running[number].kill();
        self.running[number].wait().unwrap();
        self.running[number] = self.start(number);
    }

    /// Lets all of them come to their end.
    fn finish(&mut self) -> Result<(), String> {
        fs::write(self.folder.join("stop"), b"").unwrap();
        let deadline = Instant::now() + Duration::from_secs(LAST_SECONDS);
        for client in &mut self.running {
            loop {
                match client.try_wait().unwrap() {
                    Some(status) if status.success() => break,
                    Some(status) => return Err(format!("a client ended with {status}")),
                    None if Instant::now() > deadline => {
                        return Err(format!("a client is not at its end after {LAST_SECONDS} s"));
                    }
                    None => sleep(Duration::from_millis(20)),
                }
            }
        }
        Ok(())
    }
}

impl Drop for Clients {
    fn drop(&mut self) {
        for client in &mut self.running {
            let _ = client.kill();
            let _ = client.wait();
        }
    }
}

#[derive(Default)]
struct Kills {
    services: u32,
    clients: u32,
    databases: u32,
}

pub(crate) fn run(minutes: f64, plant: Option<&str>) -> ExitCode {
    let plant = plant.map(|plant| match plant {
        "lost" => Plant::Lost,
        "duplicate" => Plant::Duplicate,
        other => panic!("'{other}' is not a fault to plant: lost, duplicate"),
    });
    let Some(server) = Server::start(&["max_wal_size = 4GB"]) else { return ExitCode::from(2) };
    let folder = std::env::temp_dir().join(format!("acm-pca-soak-{}", std::process::id()));
    fs::create_dir(&folder).unwrap();
    let options = ["--database", &url(&server), "--quiet"].map(str::to_owned);
    let options: Vec<&str> = options.iter().map(String::as_str).collect();
    let steady = Service::start("127.0.0.1:0", &options, None);
    let mut mortal = Service::start("127.0.0.1:0", &options, None);
    let address = mortal.address.to_string();
    let authority = steady.root(P256);
    let mut clients = Clients {
        folder: folder.clone(),
        services: vec![steady.address.to_string(), address.clone()],
        authority: authority.clone(),
        running: Vec::new(),
        starts: 0,
    };
    for number in 0..CLIENTS {
        let client = clients.start(number);
        clients.running.push(client);
    }
    let (begin, time) = (Instant::now(), Duration::from_secs_f64(minutes * 60.0));
    let (mut memory, mut kills) = (Memory::new(time), Kills::default());
    let mut chance = Chance::new(std::process::id().into());
    let mut next = |mean: u64| begin.elapsed() + Duration::from_millis(chance.below(2 * mean));
    let (mut kill_at, mut database_at) = (next(KILL_MILLIS), next(DATABASE_MILLIS).min(time / 3));
    let mut planted = false;
    let mut problems = Vec::new();
    while begin.elapsed() < time {
        sleep(TICK);
        match resident(steady.id()) {
            Some(bytes) => memory.add(begin.elapsed(), bytes),
            None => {
                problems.push("the service that nobody kills has ended".to_owned());
                break;
            }
        }
        if plant == Some(Plant::Duplicate) {
            server.sql("DELETE FROM issuance.token");
        }
        if plant == Some(Plant::Lost) && !planted && begin.elapsed() > time / 2 {
            planted = true;
            server.sql(
                "WITH gone AS (SELECT serial FROM issuance.state WHERE state = 1 ORDER BY random() LIMIT 1), \
                 state AS (DELETE FROM issuance.state USING gone WHERE state.serial = gone.serial) \
                 DELETE FROM issuance.intent USING gone WHERE intent.serial = gone.serial",
            );
        }
        if begin.elapsed() >= database_at {
            server.stop_at_once();
            sleep(Duration::from_millis(500));
            server.start_again();
            kills.databases += 1;
            database_at = next(DATABASE_MILLIS);
        }
        if begin.elapsed() < kill_at {
            continue;
        }
        kill_at = next(KILL_MILLIS);
        if (kills.services + kills.clients).is_multiple_of(2) {
            mortal.kill();
            mortal = Service::start(&address, &options, None);
            kills.services += 1;
        } else {
            clients.replace(kills.clients as usize % CLIENTS);
            kills.clients += 1;
        }
    }
    problems.extend(clients.finish().err());
    let told = verdict::judge(&folder, &server, &steady, &authority);
    problems.extend(told.problems);
    if !memory.is_flat() {
        problems.push("the memory of the service that nobody kills grows".to_owned());
    }
    for problem in problems.iter().take(20) {
        println!("VIOLATION: {problem}");
    }
    println!(
        "soak {:.1} minutes: services killed {}, clients {}, databases {}; certificates {}, asked again under their token {}, revoked {}; \
         lost {}, duplicates {}; memory {memory}; violations {}",
        begin.elapsed().as_secs_f64() / 60.0,
        kills.services,
        kills.clients,
        kills.databases,
        told.certificates,
        told.asked_again,
        told.revoked,
        told.lost,
        told.duplicates,
        problems.len()
    );
    match problems.is_empty() {
        true => {
            fs::remove_dir_all(&folder).unwrap();
            ExitCode::SUCCESS
        }
        false => {
            println!("what the clients were told is in {}", folder.display());
            ExitCode::FAILURE
        }
    }
}
