//! Connections: how many there are at a time, how long each may keep the service waiting, and how much of a head it may send.

mod places;
mod timed;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use prometheus_client::metrics::gauge::Gauge;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio_rustls::TlsAcceptor;

use places::{Place, Places, State};
use timed::Timed;
pub(crate) use timed::Times;

/// The most bytes of a head, and of what is read of a body ahead of its reader.
const MOST_HEAD: usize = 64 * 1024;

/// The longest that the handshake of TLS may take.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// How long there is to wait when the system gives out no connection: it has no file descriptors left, say.
const BREATH: Duration = Duration::from_millis(100);

/// How many connections the kernel keeps while they wait to be accepted. One that comes when it has no room tries again after a second.
const BACKLOG: u32 = 1024;

/// Listens on this address.
pub(crate) fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // The connections of a process that died keep the address for a while. On Windows this would let two processes have it.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// What is open to those who come by a listener (R-SVC-1).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Reach {
    Everything,
    /// What is for everyone: lists, OCSP and health.
    Public,
}

/// A listener, and what holds for those who come by it.
pub(crate) struct Connections {
    pub(crate) listener: TcpListener,
    pub(crate) tls: Option<TlsAcceptor>,
    pub(crate) reach: Reach,
    pub(crate) most: usize,
    pub(crate) times: Times,
    /// How many are open.
    pub(crate) open: Gauge,
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

/// What the answering side knows of a connection.
#[derive(Clone)]
pub(crate) struct Peer {
    /// The address by which the client came.
    pub(crate) local: Option<SocketAddr>,
    pub(crate) reach: Reach,
    /// Whether nobody between the two reads along: it came over TLS, or from this machine.
    pub(crate) is_private: bool,
    /// How long the body of a request may take to arrive.
    pub(crate) patience: Duration,
    state: Arc<State>,
}

impl Peer {
    /// Until the guard is dropped, a request is being served and the client may be silent.
    pub(crate) fn serving(&self) -> Serving {
        self.state.set_serving(true);
        Serving(Arc::clone(&self.state))
    }
}

pub(crate) struct Serving(Arc<State>);

impl Drop for Serving {
    fn drop(&mut self) {
        self.0.waits();
        self.0.set_serving(false);
    }
}

impl Connections {
    /// Serves whoever comes, forever.
    pub(crate) async fn serve(self, router: Router) -> Infallible {
        let places = Places::new(self.most);
        loop {
            let Ok((stream, _)) = self.listener.accept().await else {
                tokio::time::sleep(BREATH).await;
                continue;
            };
            // Answers are small, and none is to wait for more.
            let _ = stream.set_nodelay(true);
            let place = places.take().await;
            let is_of_this_machine = stream.peer_addr().is_ok_and(|peer| peer.ip().to_canonical().is_loopback());
            let peer = Peer {
                local: stream.local_addr().ok(),
                reach: self.reach,
                is_private: self.tls.is_some() || is_of_this_machine,
                patience: self.times.read,
                state: Arc::clone(&place.state),
            };
            let place = (place, Counted::new(&self.open));
            tokio::spawn(connection(stream, self.tls.clone(), place, peer, self.times, router.clone()));
        }
    }
}

/// Serves one connection until it ends, or until another needs its place.
async fn connection(
    stream: TcpStream,
    tls: Option<TlsAcceptor>,
    (place, _counted): (Place, Counted),
    peer: Peer,
    times: Times,
    router: Router,
) {
    let state = Arc::clone(&place.state);
    let served = async {
        match tls {
            None => requests(Timed::new(stream, Arc::clone(&state), times), peer, router).await,
            Some(tls) => {
                let secured = tokio::time::timeout(HANDSHAKE.min(times.read), tls.accept(stream)).await;
                if let Ok(Ok(stream)) = secured {
                    requests(Timed::new(stream, Arc::clone(&state), times), peer, router).await;
                }
            }
        }
    };
    tokio::select! {
        () = served => {}
        () = place.state.dismissed() => {}
    }
}

/// Answers the requests of one connection.
async fn requests<S: AsyncRead + AsyncWrite + Unpin>(stream: Timed<S>, peer: Peer, router: Router) {
    let router = TowerToHyperService::new(router);
    let answer = service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer.clone()));
        router.call(request)
    });
    // The stream has its own deadlines.
    let mut http = http1::Builder::new();
    http.max_buf_size(MOST_HEAD).header_read_timeout(None);
    // What goes wrong with a connection is the client's.
    let _ = http.serve_connection(TokioIo::new(stream), answer).await;
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::sync::Notify;
    use tokio::time::timeout;

    const PATIENCE: Duration = Duration::from_millis(300);
    /// For what should happen at once, on a machine that is busy.
    const LONG: Duration = Duration::from_secs(60);

    static FIRST_IS_SERVED: Notify = Notify::const_new();

    /// Reads the body of each request and answers it, after three times the patience where the path asks for it.
    async fn answer(ConnectInfo(peer): ConnectInfo<Peer>, request: axum::extract::Request) -> &'static str {
        let _serving = peer.serving();
        if request.uri().path() == "/first" {
            FIRST_IS_SERVED.notify_one();
        }
        if request.uri().path() != "/" {
            tokio::time::sleep(3 * PATIENCE).await;
        }
        "done"
    }

    async fn start(most: usize) -> SocketAddr {
        start_with(most, PATIENCE).await
    }

    async fn start_with(most: usize, patience: Duration) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let times = Times { read: patience, write: patience, idle: patience };
        let connections =
            Connections { listener, tls: None, reach: Reach::Everything, most, times, open: Gauge::default() };
        tokio::spawn(connections.serve(Router::new().fallback(answer)));
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
        ask(&mut first, "/first").await;
        FIRST_IS_SERVED.notified().await;
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

    #[tokio::test]
    async fn who_has_waited_longest_makes_room() {
        let address = start_with(4, LONG).await;
        let mut half_open = Vec::new();
        for _ in 0..20 {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.write_all(b"GET / HTTP/1.1\r\nX: ").await.unwrap();
            half_open.push(stream);
        }
        let mut served = TcpStream::connect(address).await.unwrap();
        ask(&mut served, "/").await;
        assert!(timeout(LONG, is_answered(&mut served)).await.unwrap());
        // The first have gone.
        assert!(ends(&mut half_open[0]).await);
    }

    #[tokio::test]
    async fn a_head_has_a_bound() {
        let mut stream = TcpStream::connect(start_with(4, LONG).await).await.unwrap();
        let head = format!("GET / HTTP/1.1\r\nHost: localhost\r\nX: {}", "x".repeat(2 * MOST_HEAD));
        let _ = stream.write_all(head.as_bytes()).await;
        let mut answer = [0; 12];
        timeout(LONG, stream.read_exact(&mut answer)).await.unwrap().unwrap();
        assert_eq!(&answer, b"HTTP/1.1 431");
    }
}
