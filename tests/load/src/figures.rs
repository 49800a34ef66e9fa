//! What a certificate costs at 64 connections: CPU time, rates, latencies, memory, and what a second process on the same database adds.

use std::process::{Command, Stdio};
use std::time::Duration;

use issuance_test_support::postgres::{PASSWORD, Server};
use serde_json::Value;

use crate::connection::message;
use crate::drive::{Driven, Until, drive};
use crate::ledger::Alone;
use crate::process::{cpu_micros, resident};
use crate::requests::{Kind, P256, RSA_4096, leaf};
use crate::service::Service;

const CONNECTIONS: usize = 64;

/// A number from the environment.
fn number(name: &str, default: u32) -> u32 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap())
}

/// How many rounds there are of everything.
fn rounds() -> u32 {
    number("ROUNDS", 5)
}

/// How long a round is.
fn round() -> Until {
    Until::Time(Duration::from_secs(u64::from(number("SECONDS", 4))))
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn issue(arn: &str, kind: Kind) -> Vec<u8> {
    message("IssueCertificate", &leaf(arn, kind).to_string())
}

pub(crate) fn url(server: &Server) -> String {
    format!("postgresql://postgres:{}@127.0.0.1:{}/postgres", PASSWORD.replace(' ', "%20"), server.port())
}

/// The line of a comparison with what it must be.
fn verdict(what: &str, found: f64, good: bool, wanted: &str) {
    println!("{} {what}: {found:.2}, wanted {wanted}", if good { "held    " } else { "NOT HELD" });
}

pub(crate) fn all() {
    let cores = std::thread::available_parallelism().unwrap();
    println!("{cores} cores, {CONNECTIONS} connections, {} rounds; medians", rounds());
    let parts = std::env::var("PARTS").unwrap_or_else(|_| "cpu memory database two".to_owned());
    for part in parts.split_ascii_whitespace() {
        match part {
            "cpu" => cpu(),
            "memory" => memory(),
            "database" => database(),
            "two" => two(),
            other => panic!("PARTS has '{other}', which is not one of cpu, memory, database and two"),
        }
    }
}

/// Drives a process for a round: what it did, and how many microseconds of CPU time each request took.
fn timed(service: &Service, message: &[u8]) -> (Driven, f64) {
    let before = cpu_micros(service.id());
    let driven = drive(&[service.address], message, CONNECTIONS, round());
    let used = cpu_micros(service.id()) - before;
    let each = used / driven.made as f64;
    (driven, each)
}

fn in_process() -> (f64, f64) {
    let Until::Time(time) = round() else { unreachable!("rounds have a time") };
    let seconds = time.as_secs_f64().to_string();
    let program = std::env::current_exe().unwrap();
    let output = Command::new(program).args(["in-process", &seconds]).stderr(Stdio::inherit()).output().unwrap();
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    let mut numbers = text.split_ascii_whitespace().map(|number| number.parse::<f64>().unwrap());
    (numbers.next().unwrap(), numbers.next().unwrap())
}

/// P-256 in memory, beside the library and an echo, in turns.
fn cpu() {
    let mut echo = Command::new(std::env::current_exe().unwrap());
    echo.arg("echo");
    let echo = Service::of(echo);
    let service = Service::start("127.0.0.1:0", &[], None);
    let message = issue(&service.root(P256), P256);
    println!("\nP-256, in memory, the request log on; CPU time in microseconds");
    println!(
        "{:>11} {:>11} {:>11} {:>11} {:>11} {:>11} {:>9} {:>9}",
        "in process", "echo", "service", "allowed", "in proc. /s", "service /s", "p50, ms", "p99, ms"
    );
    let (mut ratios, mut made) = (Vec::new(), 0);
    for _ in 0..rounds() {
        let (library, library_rate) = in_process();
        let (_, echoed) = timed(&echo, &message);
        let (driven, served) = timed(&service, &message);
        let allowed = library + 1.3 * echoed;
        println!(
            "{library:>11.1} {echoed:>11.1} {served:>11.1} {allowed:>11.1} {library_rate:>11.0} {:>11.0} {:>9.2} {:>9.2}",
            driven.rate(),
            driven.percentile(50),
            driven.percentile(99)
        );
        ratios.push(served / allowed);
        made += driven.made;
    }
    let ratio = median(ratios);
    println!("{made} certificates");
    verdict("CPU time of the service / (in process + 1.3 x echo)", ratio, ratio <= 1.0, "at most 1");
}

/// What each stored certificate adds, in memory and with a directory.
fn memory() {
    let count = i64::from(number("CERTIFICATES", 100_000));
    let folder = std::env::temp_dir().join(format!("acm-pca-load-{}", std::process::id()));
    let data = folder.display().to_string();
    println!("\nmemory for each of {count} certificates, P-256, after 5,000");
    for (place, options) in [("in memory", &[][..]), ("--data", &["--data", &data][..])] {
        let service = Service::start("127.0.0.1:0", options, None);
        let message = issue(&service.root(P256), P256);
        drive(&[service.address], &message, CONNECTIONS, Until::Count(5_000));
        let before = resident(service.id()).unwrap();
        let driven = drive(&[service.address], &message, CONNECTIONS, Until::Count(count));
        let grown = resident(service.id()).unwrap() as f64 - before as f64;
        println!(
            "{place:>10}: {:.0} bytes each, {:.0} MiB in all; {:.0} certificates/s, p50 {:.2} ms, p99 {:.2} ms",
            grown / driven.made as f64,
            resident(service.id()).unwrap() as f64 / 1048576.0,
            driven.rate(),
            driven.percentile(50),
            driven.percentile(99)
        );
    }
    std::fs::remove_dir_all(folder).unwrap();
}

/// P-256 on PostgreSQL, beside the ledger alone and the library over it, in turns.
fn database() {
    let Some(server) = Server::start(&["shared_buffers = 256MB", "max_wal_size = 4GB"]) else { return };
    let alone = Alone::new(&server);
    let service = Service::start("127.0.0.1:0", &["--database", &url(&server)], None);
    let message = issue(&service.root(P256), P256);
    println!("\nP-256 on PostgreSQL {}; certificates a second", server.sql("SHOW server_version"));
    println!(
        "{:>11} {:>11} {:>11} {:>9} {:>9} {:>9} {:>9} {:>9}",
        "the ledger", "the library", "service", "/ ledger", "/ library", "p50, ms", "p99, ms", "CPU, us"
    );
    let (mut of_ledger, mut of_library) = (Vec::new(), Vec::new());
    for _ in 0..rounds() {
        let ledger = alone.round(&server, CONNECTIONS);
        let library = alone.issuing(&server, CONNECTIONS);
        let (driven, used) = timed(&service, &message);
        println!(
            "{ledger:>11.0} {library:>11.0} {:>11.0} {:>9.2} {:>9.2} {:>9.2} {:>9.2} {used:>9.1}",
            driven.rate(),
            driven.rate() / ledger,
            driven.rate() / library,
            driven.percentile(50),
            driven.percentile(99)
        );
        of_ledger.push(driven.rate() / ledger);
        of_library.push(driven.rate() / library);
    }
    println!("the service / the library that issues over the same ledger: {:.2}", median(of_library));
    let ratio = median(of_ledger);
    verdict("the service on PostgreSQL / the ledger alone", ratio, ratio >= 0.8, "at least 0.8");
}

/// Two processes, each held to a core, beside one of them; RSA-4096, so that signing bounds.
fn two() {
    let Some(server) = Server::start(&["shared_buffers = 256MB", "max_wal_size = 4GB"]) else { return };
    let url = url(&server);
    let services = [0, 1].map(|core| Service::start("127.0.0.1:0", &["--database", &url], Some(core)));
    let arn = services[0].root(RSA_4096);
    let message = issue(&arn, RSA_4096);
    let addresses = [services[0].address, services[1].address];
    let listed: Value = services[1].call("ListCertificateAuthorities", &serde_json::json!({}));
    assert_eq!(listed["CertificateAuthorities"][0]["Arn"], arn, "the two do not share their authorities");
    println!("\nRSA-4096 on PostgreSQL, each process held to a core; certificates a second");
    println!("{:>11} {:>11} {:>7} {:>9} {:>9}", "one", "two", "ratio", "p50, ms", "p99, ms");
    let mut ratios = Vec::new();
    for number in 0..rounds() {
        // Which of the two is alone takes turns: the cores may differ.
        let one = drive(&addresses[number as usize % 2..][..1], &message, CONNECTIONS, round());
        let two = drive(&addresses, &message, CONNECTIONS, round());
        let ratio = two.rate() / one.rate();
        println!(
            "{:>11.0} {:>11.0} {ratio:>7.2} {:>9.2} {:>9.2}",
            one.rate(),
            two.rate(),
            two.percentile(50),
            two.percentile(99)
        );
        ratios.push(ratio);
    }
    let ratio = median(ratios);
    verdict("two processes / one", ratio, ratio >= 1.4, "at least 1.4");
}
