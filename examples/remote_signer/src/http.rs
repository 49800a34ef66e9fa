//! As much HTTP/1.1 as one request and one answer take. A client for production would be a crate's.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const RESPONSE_OCTETS: u64 = 64 * 1024;

pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) body: String,
}

/// One request over a connection of its own.
pub(crate) async fn exchange(server: SocketAddr, method: &str, path: &str, body: &str) -> io::Result<Response> {
    let mut connection = TcpStream::connect(server).await?;
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {server}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    connection.write_all(request.as_bytes()).await?;
    let mut response = String::new();
    connection.take(RESPONSE_OCTETS).read_to_string(&mut response).await?;
    parse(&response).ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "not an HTTP response"))
}

fn parse(response: &str) -> Option<Response> {
    let (head, body) = response.split_once("\r\n\r\n")?;
    let status = head.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()?;
    let header = |wanted: &str| {
        head.lines().filter_map(|line| line.split_once(": ")).find(|(name, _)| name.eq_ignore_ascii_case(wanted))
    };
    // A connection that broke off is no answer.
    if header("content-length")?.1.parse() != Ok(body.len()) {
        return None;
    }
    let retry_after = header("retry-after").and_then(|(_, seconds)| seconds.parse().ok()).map(Duration::from_secs);
    Some(Response { status, retry_after, body: body.to_owned() })
}
