//! The service under load.
//!
//! ```sh
//! tests/load/run              # what a certificate costs beside the library, an echo and the ledger
//! tests/load/soak 30          # whether anything is lost or grows while clients, services and the database die, for 30 minutes
//! ```
//!
//! Both build the service and this program, and say in `ACM_PCA` where the service is.
#![allow(clippy::unwrap_used, clippy::panic)]

mod connection;
mod drive;
mod echo;
mod figures;
mod in_process;
mod ledger;
mod process;
mod requests;
mod service;
mod soak;

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["figures"] => figures::all(),
        ["echo"] => echo::serve(),
        ["in-process", seconds] => in_process::run(seconds.parse().unwrap()),
        ["soak", minutes] => return soak::run(minutes.parse().unwrap(), None),
        ["soak", minutes, plant] => return soak::run(minutes.parse().unwrap(), Some(plant)),
        ["client", folder, name, authority, seed, ref services @ ..] => {
            soak::client::run(folder.as_ref(), name, authority, seed.parse().unwrap(), services);
        }
        _ => {
            eprintln!("tests/load/run, or tests/load/soak MINUTES");
            return ExitCode::from(2);
        }
    }
    ExitCode::SUCCESS
}
