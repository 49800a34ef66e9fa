//! Many connections that ask one thing again and again.

use std::net::SocketAddr;
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::connection::Connection;

/// How long they go on.
#[derive(Clone, Copy)]
pub(crate) enum Until {
    Time(Duration),
    Count(i64),
}

/// What came of it.
pub(crate) struct Driven {
    pub(crate) made: usize,
    pub(crate) seconds: f64,
    /// In microseconds, in order.
    latencies: Vec<u32>,
}

impl Driven {
    pub(crate) fn rate(&self) -> f64 {
        self.made as f64 / self.seconds
    }

    /// In milliseconds.
    pub(crate) fn percentile(&self, percent: usize) -> f64 {
        f64::from(self.latencies[(self.latencies.len() - 1) * percent / 100]) / 1000.0
    }
}

/// As many connections as asked for, spread over the addresses, each in a thread of its own. Every answer must be 200.
pub(crate) fn drive(addresses: &[SocketAddr], message: &[u8], connections: usize, until: Until) -> Driven {
    let over = AtomicBool::new(false);
    let left = AtomicI64::new(match until {
        Until::Time(_) => i64::MAX,
        Until::Count(count) => count,
    });
    let ready = Barrier::new(connections + 1);
    let run = |address: SocketAddr| {
        let mut connection = Connection::open(address).unwrap();
        let mut latencies = Vec::with_capacity(4096);
        ready.wait();
        while left.fetch_sub(1, Ordering::Relaxed) > 0 && !over.load(Ordering::Relaxed) {
            let begin = Instant::now();
            let (status, answer) = connection.ask(message).unwrap();
            assert_eq!(status, 200, "{}", String::from_utf8_lossy(answer));
            latencies.push(u32::try_from(begin.elapsed().as_micros()).unwrap_or(u32::MAX));
        }
        latencies
    };
    thread::scope(|scope| {
        let running: Vec<_> = (0..connections)
            .map(|number| {
                let (run, address) = (&run, addresses[number % addresses.len()]);
                thread::Builder::new().stack_size(256 * 1024).spawn_scoped(scope, move || run(address)).unwrap()
            })
            .collect();
        ready.wait();
        let begin = Instant::now();
        if let Until::Time(time) = until {
            thread::sleep(time);
            over.store(true, Ordering::Relaxed);
        }
        let mut latencies: Vec<u32> = running.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
        let seconds = begin.elapsed().as_secs_f64();
        latencies.sort_unstable();
        Driven { made: latencies.len(), seconds, latencies }
    })
}
