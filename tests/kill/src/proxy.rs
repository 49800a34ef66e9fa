//! A connection to a server that drops after the server has done what it was asked, and before it could say so.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

pub(crate) struct Proxy {
    pub(crate) port: u16,
    /// How many answers of the server are still to be lost.
    to_cut: Arc<AtomicU32>,
}

fn copy(mut from: TcpStream, mut to: TcpStream, to_cut: Option<Arc<AtomicU32>>) {
    let mut buffer = [0; 16_384];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        let loses = |left: u32| left.checked_sub(1);
        if to_cut.as_ref().is_some_and(|cut| cut.fetch_update(Ordering::SeqCst, Ordering::SeqCst, loses).is_ok()) {
            break;
        }
        if to.write_all(&buffer[..length]).is_err() {
            break;
        }
    }
    for end in [from, to] {
        let _ = end.shutdown(Shutdown::Both);
    }
}

impl Proxy {
    pub(crate) fn start(server: u16) -> io::Result<Proxy> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let proxy = Proxy { port: listener.local_addr()?.port(), to_cut: Arc::default() };
        let to_cut = Arc::clone(&proxy.to_cut);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let Ok(upstream) = TcpStream::connect(("127.0.0.1", server)) else { continue };
                let (Ok(client_too), Ok(upstream_too)) = (client.try_clone(), upstream.try_clone()) else { continue };
                let cut = Arc::clone(&to_cut);
                thread::spawn(move || copy(client, upstream, None));
                thread::spawn(move || copy(upstream_too, client_too, Some(cut)));
            }
        });
        Ok(proxy)
    }

    /// Loses the next answer of the server, and its connection.
    pub(crate) fn cut(&self) {
        self.to_cut.fetch_add(1, Ordering::SeqCst);
    }
}
