//! A client that is killed now and then: it issues under tokens, asks again, looks at what it got before, and revokes.

use std::net::SocketAddr;
use std::path::Path;
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

use issuance_test_support::chance::Chance;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::journal::{Got, Journal};
use crate::connection::{Connection, message};
use crate::requests::{P256, leaf};

const THREADS: usize = 32;
/// A token counts for five minutes: a call that takes longer shows nothing.
const LONGEST: Duration = Duration::from_secs(240);
/// How long each rests, so that millions of certificates do not come together.
const REST_MILLIS: u64 = 50;

/// The services, of which any may be away.
pub(super) struct Services {
    addresses: Vec<SocketAddr>,
    connections: Vec<Option<Connection>>,
    chance: Chance,
}

/// The name of the exception that a call was refused with.
type Exception = String;

impl Services {
    pub(super) fn new(addresses: Vec<SocketAddr>, seed: u64) -> Services {
        let connections = addresses.iter().map(|_| None).collect();
        Services { addresses, connections, chance: Chance::new(seed) }
    }

    /// Asks one of them, and keeps the connection if all went well.
    fn try_call(&mut self, message: &[u8]) -> Option<Result<Value, Exception>> {
        let place = self.chance.below(self.addresses.len() as u64) as usize;
        let kept = self.connections[place].take();
        let mut connection = match kept {
            Some(connection) => connection,
            None => Connection::open(self.addresses[place]).ok()?,
        };
        let (status, body) = connection.ask(message).ok()?;
        let value = if body.is_empty() { Value::Null } else { serde_json::from_slice(body).ok()? };
        self.connections[place] = Some(connection);
        match status {
            200 => Some(Ok(value)),
            // Neither yes nor no: the database is away.
            500.. => None,
            _ => Some(Err(value["__type"].as_str().unwrap_or_default().to_owned())),
        }
    }

    /// Asks until there is an answer.
    pub(super) fn call(&mut self, operation: &str, body: &Value) -> Result<Value, Exception> {
        let message = message(operation, &body.to_string());
        let begin = Instant::now();
        loop {
            if let Some(answer) = self.try_call(&message) {
                return answer;
            }
            if begin.elapsed() > LONGEST {
                return Err(format!("no answer within {} s", LONGEST.as_secs()));
            }
            sleep(Duration::from_millis(5 + self.chance.below(50)));
        }
    }

    /// The digest of a certificate's PEM.
    pub(super) fn digest(&mut self, authority: &str, arn: &str) -> Result<String, Exception> {
        let get = json!({ "CertificateAuthorityArn": authority, "CertificateArn": arn });
        let got = self.call("GetCertificate", &get)?;
        let digest = Sha256::digest(got["Certificate"].as_str().unwrap_or_default());
        Ok(digest.iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

struct Client<'a> {
    name: String,
    authority: &'a str,
    services: Services,
    chance: Chance,
    journal: Journal,
}

impl Client<'_> {
    fn issue(&mut self, token: &str) -> Result<String, Exception> {
        let mut request = leaf(self.authority, P256);
        request["IdempotencyToken"] = token.into();
        let issued = self.services.call("IssueCertificate", &request)?;
        Ok(issued["CertificateArn"].as_str().unwrap_or_default().to_owned())
    }

    /// Gets the certificate for a token that was written down.
    fn complete(&mut self, token: &str) -> Result<Got, Exception> {
        let arn = self.issue(token)?;
        if self.chance.below(2) == 0 {
            let again = self.issue(token)?;
            match again == arn {
                true => self.journal.write(&format!("again {token}")),
                false => self.journal.write(&format!("two {token} {arn} {again}")),
            }
        }
        let digest = self.services.digest(self.authority, &arn)?;
        self.journal.write(&format!("got {token} {arn} {digest}"));
        Ok(Got { arn, digest })
    }

    fn work(&mut self) -> Result<(), Exception> {
        let token = format!("{}-{}", self.name, self.journal.told.tokens.len());
        self.journal.write(&format!("ask {token}"));
        let got = self.complete(&token)?;
        if self.chance.below(10) == 0 {
            let serial = got.serial();
            self.journal.write(&format!("revoking {serial}"));
            let request = json!({
                "CertificateAuthorityArn": self.authority, "CertificateSerial": serial, "RevocationReason": "SUPERSEDED",
            });
            match self.services.call("RevokeCertificate", &request) {
                // The answer of one that succeeded may have been lost.
                Err(exception) if exception != "RequestAlreadyProcessedException" => return Err(exception),
                _ => self.journal.write(&format!("revoked {serial}")),
            }
        }
        let tokens = &self.journal.told.tokens;
        let before = &tokens[self.chance.below(tokens.len() as u64) as usize].1;
        if let Some(before) = before.clone() {
            let digest = self.services.digest(self.authority, &before.arn)?;
            if digest != before.digest {
                self.journal.write(&format!("{} is another certificate now", before.arn));
            }
        }
        Ok(())
    }

    /// Completes what the client that was killed had begun, then works until the file `stop` is there.
    fn run(mut self, stop: &Path) {
        let begun = self.journal.told.tokens.last().filter(|(_, got)| got.is_none()).map(|(token, _)| token.clone());
        let mut worked = begun.map_or(Ok(()), |token| self.complete(&token).map(drop));
        while worked.is_ok() && !stop.exists() {
            worked = self.work();
            sleep(Duration::from_millis(self.chance.below(2 * REST_MILLIS)));
        }
        if let Err(exception) = worked {
            self.journal.write(&format!("{} was refused: {exception}", self.name));
        }
    }
}

pub(crate) fn run(folder: &Path, name: &str, authority: &str, seed: u64, services: &[&str]) {
    let addresses: Vec<SocketAddr> = services.iter().map(|address| address.parse().unwrap()).collect();
    let stop = folder.join("stop");
    thread::scope(|scope| {
        for number in 0..THREADS {
            let name = format!("c{name}-{number}");
            let seed = (seed << 8) + number as u64;
            let client = Client {
                journal: Journal::open(&folder.join(format!("{name}.journal"))),
                services: Services::new(addresses.clone(), seed),
                chance: Chance::new(!seed),
                name,
                authority,
            };
            let stop = &stop;
            scope.spawn(move || client.run(stop));
        }
    });
}
