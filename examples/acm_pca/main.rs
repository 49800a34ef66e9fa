//! An ACM-PCA endpoint for local development and tests: unmodified AWS clients create authorities and issue certificates.
//!
//! ```sh
//! cargo run --release --example acm_pca -- --listen 127.0.0.1:8443
//! aws --endpoint-url http://127.0.0.1:8443 acm-pca list-certificate-authorities
//! ```
//!
//! Everything is in memory and gone when the process ends. Callers are not authenticated: it listens on the loopback interface
//! unless told otherwise. `--help` lists the options.

mod http;
mod keys;
mod memory;
mod options;
mod service;
mod store;

use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;

use axum::Router;
use axum::serve::ListenerExt;
use issuance::SystemClock;
use tokio::net::TcpListener;

use memory::MemoryStore;
use options::{Command, Options};
use service::Service;

#[tokio::main]
async fn main() -> ExitCode {
    let options = match options::parse(std::env::args().skip(1)) {
        Ok(Command::Serve(options)) => options,
        Ok(Command::Help) => {
            print!("{}", options::HELP);
            return ExitCode::SUCCESS;
        }
        Err(problem) => {
            eprintln!("acm_pca: {problem}; --help lists the options");
            return ExitCode::from(2);
        }
    };
    match serve(options).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("acm_pca: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(options: Options) -> std::io::Result<()> {
    let listener = TcpListener::bind(options.listen).await?;
    let address = listener.local_addr()?;
    let reach =
        if address.ip().is_loopback() { "this machine only" } else { "every machine that reaches this address" };
    println!("listening on http://{address}");
    println!("reachable from {reach}; callers are not authenticated, nothing outlives this process");
    println!("audit reports go to {}", options.audit_reports.display());
    std::io::stdout().flush()?;

    let service = Arc::new(Service::new(Box::new(MemoryStore::default()), Arc::new(SystemClock), options));
    let listener = listener.tap_io(|connection| drop(connection.set_nodelay(true)));
    axum::serve(listener, Router::new().fallback(http::answer).with_state(service)).await
}
