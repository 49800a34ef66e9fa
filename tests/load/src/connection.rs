//! HTTP as far as the service needs it: requests that are made beforehand, over connections that are kept.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// How long an answer may take.
const LONGEST: Duration = Duration::from_secs(60);

/// A request of the API, with its head.
pub(crate) fn message(operation: &str, body: &str) -> Vec<u8> {
    format!(
        "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-amz-json-1.1\r\n\
         X-Amz-Target: ACMPrivateCA.{operation}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

pub(crate) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

fn broken(problem: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, problem.to_owned())
}

impl Connection {
    pub(crate) fn open(address: SocketAddr) -> io::Result<Connection> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(LONGEST))?;
        Ok(Connection { stream, buffer: Vec::with_capacity(8192) })
    }

    /// Sends a message and returns the status and the body of its answer.
    pub(crate) fn ask(&mut self, message: &[u8]) -> io::Result<(u16, &[u8])> {
        self.stream.write_all(message)?;
        self.buffer.clear();
        let mut piece = [0; 16 * 1024];
        loop {
            let read = self.stream.read(&mut piece)?;
            if read == 0 {
                return Err(broken("the connection ended"));
            }
            self.buffer.extend_from_slice(&piece[..read]);
            let Some(head) = self.buffer.windows(4).position(|window| window == b"\r\n\r\n") else { continue };
            let (status, length) = parse(&self.buffer[..head]).ok_or_else(|| broken("not an answer in HTTP"))?;
            let end = head + 4 + length;
            if self.buffer.len() >= end {
                return Ok((status, &self.buffer[head + 4..end]));
            }
        }
    }
}

/// Status and length of the body, by the head.
fn parse(head: &[u8]) -> Option<(u16, usize)> {
    let text = std::str::from_utf8(head).ok()?;
    let status = text.get(9..12)?.parse().ok()?;
    let length = text.lines().find_map(|line| line.strip_prefix("content-length: "))?.parse().ok()?;
    Some((status, length))
}
