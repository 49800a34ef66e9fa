//! Kills whatever can be killed while certificates are issued over a ledger, and then looks for what must not be there.
//!
//! `kill run KILLS redb|postgres [SEED] [PLANT]` starts a signer, which writes down what it signs, and workers that ask for certificates
//! under the same tokens; it kills them, freezes them past their leases, stops the server, cuts its connections, and lets
//! the disk of a file lose or tear what was not synced. `kill share` lets four processes share a server and 64 tokens.
//! `tests/kill/run` builds it and starts it.
#![allow(clippy::unwrap_used, clippy::panic)]

mod creation;
mod disk;
mod ledger;
mod point;
mod proxy;
mod revoker;
mod runner;
mod signer;
mod verdict;
mod worker;

use std::path::Path;
use std::process::ExitCode;

use ledger::Store;
use worker::Work;

impl Work {
    /// What [`Work::parse`] reads.
    fn arguments(&self) -> Vec<String> {
        let (kind, place) = match &self.store {
            Store::Redb(path) => ("redb", path.display().to_string()),
            Store::Postgres(url) => ("postgres", url.clone()),
        };
        let option = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
        let plant = self.plant.map(|plant| plant.name().to_owned());
        [
            "worker".to_owned(),
            self.folder.display().to_string(),
            kind.to_owned(),
            place,
            self.name.clone(),
            self.tokens.start.to_string(),
            self.tokens.end.to_string(),
            self.seed.to_string(),
            option(self.fault.map(|fault| fault.to_string())),
            option(plant),
        ]
        .into()
    }

    fn parse(arguments: &[String]) -> Result<Work, String> {
        let [folder, kind, place, name, from, until, seed, fault, plant] = arguments else {
            return Err("a worker has nine arguments".to_owned());
        };
        let number = |text: &String| text.parse::<u64>().map_err(|_| format!("'{text}' is not a number"));
        let given = |text: &String| Some(text.clone()).filter(|text| text != "-");
        Ok(Work {
            folder: Path::new(folder).to_owned(),
            store: Store::parse(kind, place),
            name: name.clone(),
            tokens: number(from)?..number(until)?,
            seed: number(seed)?,
            fault: given(fault).map(|fault| fault.parse()).transpose()?,
            plant: given(plant).map(|plant| plant.parse()).transpose()?,
        })
    }
}

const USAGE: &str =
    "kill run KILLS redb|postgres [SEED] [commit-before-reserve|trust-the-lease|count-in-memory], or kill share [SEED]";

fn run(arguments: &[String]) -> Result<ExitCode, String> {
    let [kills, store, rest @ ..] = arguments else { return Err(USAGE.to_owned()) };
    let kills = kills.parse().map_err(|_| USAGE.to_owned())?;
    if !["redb", "postgres"].contains(&store.as_str()) || rest.len() > 2 {
        return Err(USAGE.to_owned());
    }
    let seed = rest.first().map_or(Ok(1), |seed| seed.parse()).map_err(|_| USAGE.to_owned())?;
    let plant = rest.get(1).map(|plant| plant.parse()).transpose()?;
    let run = runner::Run::new(store, seed, plant).map_err(|error| error.to_string())?;
    // Without a server there is nothing to kill, which was said.
    run.map_or(Ok(ExitCode::SUCCESS), |run| run.run(kills).map_err(|error| error.to_string()))
}

/// Four processes and one server; nothing dies.
fn share(arguments: &[String]) -> Result<ExitCode, String> {
    let seed = arguments.first().map_or(Ok(1), |seed| seed.parse()).map_err(|_| USAGE.to_owned())?;
    let run = runner::Run::new("postgres", seed, None).map_err(|error| error.to_string())?;
    run.map_or(Ok(ExitCode::SUCCESS), |run| run.share().map_err(|error| error.to_string()))
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match arguments.split_first() {
        Some((name, [folder])) if name == "signer" => {
            signer::serve(Path::new(folder)).map(|()| ExitCode::SUCCESS).map_err(|error| error.to_string())
        }
        Some((name, [folder])) if name == "make" => {
            creation::make(Path::new(folder)).map(|()| ExitCode::SUCCESS).map_err(|error| error.to_string())
        }
        Some((name, rest)) if name == "worker" => Work::parse(rest).map(worker::main),
        Some((name, rest)) if name == "run" => run(rest),
        Some((name, rest)) if name == "share" => share(rest),
        _ => Err(USAGE.to_owned()),
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("{error}");
        ExitCode::from(2)
    })
}
