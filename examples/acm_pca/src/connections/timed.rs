//! A connection that ends by itself when its client takes too long: to begin a request, to finish its head, or to read an answer.
//! Bodies are timed by who reads them.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

use super::places::State;

/// How long a client may take.
#[derive(Clone, Copy)]
pub(crate) struct Times {
    /// To send the head of a request, and to send its body.
    pub(crate) read: Duration,
    /// To read a part of an answer.
    pub(crate) write: Duration,
    /// To begin the next request.
    pub(crate) idle: Duration,
}

pub(super) struct Timed<S> {
    stream: S,
    state: Arc<State>,
    times: Times,
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

impl<S> Timed<S> {
    pub(super) fn new(stream: S, state: Arc<State>, times: Times) -> Timed<S> {
        let read_deadline = Box::pin(sleep_until(Instant::now() + times.idle));
        Timed { stream, state, times, reading: Reading::Idle, read_deadline, write_deadline: None }
    }

    /// Goes over to what is read next, which has its own time.
    fn begin(&mut self, reading: Reading, time: Duration) {
        self.reading = reading;
        self.read_deadline.as_mut().reset(Instant::now() + time);
    }

    fn write_stalls<T>(&mut self, context: &mut Context<'_>, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.write_deadline = None;
            // A client that still reads its answer does not keep anybody waiting.
            if self.reading == Reading::Idle {
                let idle = self.times.idle;
                self.begin(Reading::Idle, idle);
                self.state.waits();
            }
            return written;
        }
        let time = self.times.write;
        let deadline = self.write_deadline.get_or_insert_with(|| Box::pin(sleep_until(Instant::now() + time)));
        deadline.as_mut().poll(context).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Timed<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.state.is_serving() {
            self.reading = Reading::Served;
            return Pin::new(&mut self.stream).poll_read(context, buffer);
        }
        if self.reading == Reading::Served {
            let idle = self.times.idle;
            self.begin(Reading::Idle, idle);
            self.state.waits();
        }
        // A head that trickles in ends here, too: its time does not start again with each byte.
        if self.read_deadline.as_mut().poll(context).is_ready() {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        if read.is_ready() && self.reading == Reading::Idle {
            let time = self.times.read;
            self.begin(Reading::Head, time);
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Timed<S> {
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

    // A stream under TLS sends what it has taken when it is flushed.
    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(context);
        self.write_stalls(context, flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let shut = Pin::new(&mut self.stream).poll_shutdown(context);
        self.write_stalls(context, shut)
    }
}
