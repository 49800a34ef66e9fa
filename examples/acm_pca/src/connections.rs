//! Connections: how many there are at a time, and how long each may keep the service waiting.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use prometheus_client::metrics::gauge::Gauge;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, Sleep, sleep_until};

/// Accepts connections while there are fewer than the most; the others wait in the system's queue.
pub(crate) struct Connections {
    listener: TcpListener,
    free: Arc<Semaphore>,
    patience: Duration,
    /// How many are open.
    open: Gauge,
}

impl Connections {
    pub(crate) fn new(listener: TcpListener, most: usize, patience: Duration) -> Connections {
        Connections { listener, free: Arc::new(Semaphore::new(most)), patience, open: Gauge::default() }
    }

    /// Counts those that are open in this gauge.
    pub(crate) fn counted_in(self, open: Gauge) -> Connections {
        Connections { open, ..self }
    }
}

/// A connection that is counted until it ends.
struct Counted(Gauge);

impl Counted {
    fn new(open: &Gauge) -> Counted {
        open.inc();
        Counted(open.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.dec();
    }
}

impl Listener for Connections {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Connection, SocketAddr) {
        // Fails only for a semaphore that is closed, which this one never is.
        let place = Arc::clone(&self.free).acquire_owned().await.ok();
        let (stream, address) = Listener::accept(&mut self.listener).await;
        // Answers are small, and none is to wait for more.
        let _ = stream.set_nodelay(true);
        (Connection::new(stream, (place, Counted::new(&self.open)), self.patience), address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// What the answering side knows of a connection.
#[derive(Clone)]
pub(crate) struct Peer {
    /// The address by which the client came.
    pub(crate) local: Option<SocketAddr>,
    serving: Arc<AtomicBool>,
    /// How long a request may take to arrive.
    pub(crate) patience: Duration,
}

impl Peer {
    /// Until the guard is dropped, a request is being served and the client may be silent.
    pub(crate) fn serving(&self) -> Serving {
        self.serving.store(true, Ordering::Release);
        Serving(Arc::clone(&self.serving))
    }
}

pub(crate) struct Serving(Arc<AtomicBool>);

impl Drop for Serving {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

impl Connected<IncomingStream<'_, Connections>> for Peer {
    fn connect_info(stream: IncomingStream<'_, Connections>) -> Peer {
        let connection = stream.io();
        Peer {
            local: connection.stream.local_addr().ok(),
            serving: Arc::clone(&connection.serving),
            patience: connection.patience,
        }
    }
}

/// A connection that ends by itself when its client takes too long: to begin a request, to finish its head, or to read an answer.
/// Bodies are timed by who reads them.
pub(crate) struct Connection {
    stream: TcpStream,
    /// Given back when the connection ends.
    _place: (Option<OwnedSemaphorePermit>, Counted),
    serving: Arc<AtomicBool>,
    patience: Duration,
    reading: Reading,
    read_deadline: Pin<Box<Sleep>>,
    write_deadline: Option<Pin<Box<Sleep>>>,
}

#[derive(Clone, Copy, PartialEq)]
enum Reading {
    /// Nothing has come since the last answer.
    Idle,
    /// The head of a request has begun.
    Head,
    /// A request is being served.
    Served,
}

impl Connection {
    fn new(stream: TcpStream, place: (Option<OwnedSemaphorePermit>, Counted), patience: Duration) -> Connection {
        Connection {
            stream,
            _place: place,
            serving: Arc::default(),
            patience,
            reading: Reading::Idle,
            read_deadline: Box::pin(sleep_until(Instant::now() + patience)),
            write_deadline: None,
        }
    }

    /// Goes over to what is read next, which has its own time.
    fn begin(&mut self, reading: Reading) {
        self.reading = reading;
        self.read_deadline.as_mut().reset(Instant::now() + self.patience);
    }

    fn write_stalls<T>(&mut self, context: &mut Context<'_>, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.write_deadline = None;
            return written;
        }
        let patience = self.patience;
        let deadline = self.write_deadline.get_or_insert_with(|| Box::pin(sleep_until(Instant::now() + patience)));
        deadline.as_mut().poll(context).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.serving.load(Ordering::Acquire) {
            self.reading = Reading::Served;
            return Pin::new(&mut self.stream).poll_read(context, buffer);
        }
        if self.reading == Reading::Served {
            self.begin(Reading::Idle);
        }
        // A head that trickles in ends here, too: its time does not start again with each byte.
        if self.read_deadline.as_mut().poll(context).is_ready() {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        if read.is_ready() && self.reading == Reading::Idle {
            self.begin(Reading::Head);
        }
        read
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.write_stalls(context, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, bytes);
        self.write_stalls(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Router;
    use axum::extract::ConnectInfo;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::time::timeout;

    const PATIENCE: Duration = Duration::from_millis(300);
    /// For what should happen at once, on a machine that is busy.
    const LONG: Duration = Duration::from_secs(60);

    /// Reads the body of each request and answers it, after three times the patience where the path asks for it.
    async fn answer(ConnectInfo(peer): ConnectInfo<Peer>, request: axum::extract::Request) -> &'static str {
        let _serving = peer.serving();
        if request.uri().path() == "/slow" {
            tokio::time::sleep(3 * PATIENCE).await;
        }
        "done"
    }

    async fn start(most: usize) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().fallback(answer).into_make_service_with_connect_info::<Peer>();
        let connections = Connections::new(listener, most, PATIENCE);
        tokio::spawn(async move { axum::serve(connections, router).await });
        address
    }

    async fn ask(stream: &mut TcpStream, path: &str) {
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
    }

    async fn is_answered(stream: &mut TcpStream) -> bool {
        let mut answer = Vec::new();
        while !answer.ends_with(b"done") {
            match stream.read_buf(&mut answer).await {
                Ok(0) | Err(_) => return false,
                Ok(_) => {}
            }
        }
        true
    }

    /// Whether the service ends the connection.
    async fn ends(stream: &mut TcpStream) -> bool {
        let mut rest = Vec::new();
        timeout(LONG, stream.read_to_end(&mut rest)).await.is_ok()
    }

    #[tokio::test]
    async fn a_client_that_says_nothing_is_let_go() {
        let address = start(8).await;
        let mut silent = TcpStream::connect(address).await.unwrap();
        assert!(ends(&mut silent).await);
        let mut served = TcpStream::connect(address).await.unwrap();
        ask(&mut served, "/").await;
        assert!(is_answered(&mut served).await);
        assert!(ends(&mut served).await);
    }

    #[tokio::test]
    async fn a_head_that_trickles_in_is_let_go() {
        let mut slow = TcpStream::connect(start(8).await).await.unwrap();
        let trickle = async {
            for byte in b"GET / HTTP/1.1\r\nX: ".iter().chain(std::iter::repeat(&b'x')) {
                if slow.write_all(&[*byte]).await.is_err() {
                    break;
                }
                tokio::time::sleep(PATIENCE / 30).await;
            }
        };
        assert!(timeout(LONG, trickle).await.is_ok(), "a byte now and then keeps the connection");
    }

    #[tokio::test]
    async fn a_client_may_wait_for_an_answer_as_long_as_it_takes() {
        let mut patient = TcpStream::connect(start(8).await).await.unwrap();
        for _ in 0..2 {
            ask(&mut patient, "/slow").await;
            assert!(is_answered(&mut patient).await);
        }
    }

    #[tokio::test]
    async fn connections_beyond_the_most_wait_for_a_place() {
        let address = start(1).await;
        let mut first = TcpStream::connect(address).await.unwrap();
        ask(&mut first, "/slow").await;
        let mut second = TcpStream::connect(address).await.unwrap();
        ask(&mut second, "/").await;
        tokio::select! {
            biased;
            answered = is_answered(&mut first) => assert!(answered),
            _ = is_answered(&mut second) => panic!("the second is answered while the first has the only place"),
        }
        drop(first);
        assert!(timeout(LONG, is_answered(&mut second)).await.unwrap());
    }
}
