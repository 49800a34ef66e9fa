//! An ACM-PCA endpoint for local development and tests: unmodified AWS clients create authorities and issue certificates.
//!
//! ```sh
//! cargo run --release -p acm-pca -- --listen 127.0.0.1:8443
//! aws --endpoint-url http://127.0.0.1:8443 acm-pca list-certificate-authorities
//! ```
//!
//! Everything is in memory and gone when the process ends, unless `--data` or `--database` is given. Callers are authenticated with
//! `--credentials` alone: it listens on the loopback interface by default, and answers no page of another site. A browser at its address is
//! shown what it did (docs/service.md). `--help` lists the options.

mod access;
mod body;
mod connections;
mod help;
mod host;
mod http;
mod kept;
mod keys;
mod lists;
mod log;
mod memory;
mod metrics;
mod options;
mod page;
mod passphrase;
mod percent;
mod plan;
mod policy;
mod published;
mod scope;
mod service;
mod storage;
mod store;
mod sts;
mod templates;
mod tls;
mod token;
mod trials;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use issuance::Clock;
use uuid::Uuid;

use body::Room;
use connections::{Connections, Reach};
use http::Endpoint;
use log::Log;
use options::{Command, Options};
use page::Page;
use service::Service;
use trials::OffsetClock;

#[tokio::main]
async fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1).peekable();
    if arguments.next_if(|first| first == storage::CHANGE_PASSPHRASE).is_some() {
        let arguments: Vec<String> = arguments.collect();
        let change = move || storage::change_passphrase(arguments.into_iter());
        let changed = tokio::task::spawn_blocking(change).await;
        return match changed.unwrap_or_else(|error| Err(error.to_string())) {
            Ok(done) => {
                println!("{done}");
                ExitCode::SUCCESS
            }
            Err(problem) => {
                eprintln!("acm_pca: {problem}");
                ExitCode::FAILURE
            }
        };
    }
    let options = match options::parse(arguments) {
        Ok(Command::Serve(options)) => *options,
        Ok(Command::Help) => {
            print!("{}", help::HELP);
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

async fn serve(mut options: Options) -> std::io::Result<()> {
    let listener = connections::listen(options.listen)?;
    let address = listener.local_addr()?;
    let public = options.public_listen.map(connections::listen).transpose()?;
    let audit_reports = match options.audit_reports.take() {
        Some(directory) => directory,
        None => match options.storage.audit_reports() {
            Some(directory) => directory,
            None => fresh_directory()?,
        },
    };
    let (tls, access, times, most) =
        (options.tls.take(), options.access.take(), options.times, options.max_connections);
    let trials = std::mem::take(&mut options.trials);
    let clock: Arc<dyn Clock> = Arc::new(OffsetClock { seconds: options.clock_offset });
    let options = Arc::new(options);
    // Before it says that it listens: what is kept may not be readable, and has to be recovered.
    let service = {
        let (options, clock) = (Arc::clone(&options), Arc::clone(&clock));
        let audit_reports = audit_reports.clone();
        let opened = tokio::task::spawn_blocking(move || {
            let store = options.storage.open(&options, &clock)?;
            let service = Service::new(store, clock, options, audit_reports);
            service.preload()?;
            service.recover()?;
            Ok::<_, String>(service)
        });
        opened.await?.map_err(std::io::Error::other)?
    };
    let reach =
        if address.ip().is_loopback() { "this machine only" } else { "every machine that reaches this address" };
    let callers = if access.is_some() { "callers are authenticated" } else { "callers are not authenticated" };
    for warning in &options.warnings {
        eprintln!("acm_pca: warning: {warning}");
    }
    println!("listening on {}://{address}", if tls.is_some() { "https" } else { "http" });
    if let Some(public) = &public {
        println!("lists, OCSP and health are also on http://{}", public.local_addr()?);
    }
    println!("reachable from {reach}; {callers}, {}", options.storage.label());
    println!("audit reports go to {}", audit_reports.display());
    std::io::stdout().flush()?;

    if options.storage.is_shared() {
        tokio::spawn(tend(service.in_scope(options.scope.clone())));
    }
    let log = options.log.then(|| Log::start(std::io::stderr()));
    let room = Room::new(options.body_memory);
    let open = service.metrics().connections();
    let endpoint = Endpoint { service, log, page: Page::default(), access, room, trials };
    let router = Router::new().fallback(http::answer).with_state(Arc::new(endpoint));
    if let Some(listener) = public {
        let connections = Connections { listener, tls: None, reach: Reach::Public, most, times, open: open.clone() };
        tokio::spawn(connections.serve(router.clone()));
    }
    match (Connections { listener, tls, reach: Reach::Everything, most, times, open }).serve(router).await {}
}

/// How long what another process has left behind stays so.
const TENDED: Duration = Duration::from_secs(60);

/// Finishes what other processes that died have left behind in the database.
async fn tend(service: Service) {
    let service = Arc::new(service);
    loop {
        tokio::time::sleep(TENDED).await;
        let service = Arc::clone(&service);
        let recovered = tokio::task::spawn_blocking(move || service.recover()).await;
        if let Ok(Err(problem)) = recovered {
            eprintln!("acm_pca: {problem}");
        }
    }
}

/// A directory that nobody has made before, and nobody else can read: a name that is known could be a
/// link of somebody else's (R-SVC-4).
fn fresh_directory() -> std::io::Result<PathBuf> {
    let directory = std::env::temp_dir().join(format!("acm-pca-audit-reports-{}", Uuid::new_v4()));
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(&directory) {
        Ok(()) => Ok(directory),
        Err(error) => {
            let problem = format!("{} cannot be made: {error}; --audit-reports names another", directory.display());
            Err(std::io::Error::new(error.kind(), problem))
        }
    }
}

#[cfg(test)]
mod tests {
    /// R-SVC-4: nobody can have made it before.
    #[test]
    fn a_fresh_directory_is_nobody_elses() {
        let directories = [(); 2].map(|()| super::fresh_directory().unwrap());
        assert_ne!(directories[0], directories[1]);
        for directory in directories {
            assert!(directory.starts_with(std::env::temp_dir()));
            #[cfg(unix)]
            {
                let mode = std::os::unix::fs::MetadataExt::mode(&std::fs::metadata(&directory).unwrap());
                assert_eq!(mode & 0o777, 0o700);
            }
            std::fs::remove_dir(directory).unwrap();
        }
    }
}
