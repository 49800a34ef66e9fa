//! Bodies of requests: how long each may be and take, and how much memory all of them have.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use http_body_util::BodyExt;
use issuance::AwsException;
use issuance::api::{Fault, Format};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How much of a body that is too long is read and thrown away, so that its sender gets to read the answer.
const MOST_DRAINED: usize = 16 * Format::MAX_LEN;

/// What each connection may have without asking: nearly all requests fit, and the number of connections bounds it.
const FREE: usize = 64 * 1024;

/// The memory for what bodies have beyond that.
pub(crate) struct Room(Arc<Semaphore>);

/// A body that was read.
pub(crate) struct Received {
    pub(crate) bytes: Bytes,
    /// Given back when the request is answered.
    _room: Option<OwnedSemaphorePermit>,
}

impl Room {
    pub(crate) fn new(bytes: usize) -> Room {
        Room(Arc::new(Semaphore::new(bytes.min(Semaphore::MAX_PERMITS))))
    }

    /// The body, which may be as long as a message can be, and take its time, but not more.
    pub(crate) async fn read(&self, body: Body, patience: Duration) -> Result<Received, Fault> {
        tokio::time::timeout(patience, self.read_all(body)).await.unwrap_or_else(|_| {
            let problem = format_args!("the body must arrive within {} seconds", patience.as_secs());
            Err(Fault::new(AwsException::Validation, problem))
        })
    }

    async fn read_all(&self, mut body: Body) -> Result<Received, Fault> {
        // Not even thrown away: it would take the whole time.
        if body.size_hint().lower() > MOST_DRAINED as u64 {
            return Err(too_long());
        }
        let mut read = Vec::new();
        let mut room: Option<OwnedSemaphorePermit> = None;
        let mut length = 0;
        let mut refused = None;
        while let Some(frame) = body.frame().await {
            let broken = |error| Fault::new(AwsException::Validation, format_args!("the body cannot be read: {error}"));
            let Ok(data) = frame.map_err(broken)?.into_data() else { continue };
            length += data.len();
            if length > MOST_DRAINED {
                break;
            }
            if length > Format::MAX_LEN {
                refused = Some(too_long());
            }
            if refused.is_some() {
                (read, room) = (Vec::new(), None);
                continue;
            }
            // The usual case: one piece, which is not copied.
            if length == data.len() && length <= FREE && body.is_end_stream() {
                return Ok(Received { bytes: data, _room: None });
            }
            let held = room.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
            match self.more(length.saturating_sub(FREE + held)) {
                Some(more) => match &mut room {
                    Some(room) => room.merge(more),
                    None => room = Some(more),
                },
                None => {
                    let problem = "the bodies of other requests take all the memory that there is for them";
                    refused = Some(Fault::new(AwsException::Throttling, problem));
                    continue;
                }
            }
            read.extend_from_slice(&data);
        }
        match refused {
            Some(fault) => Err(fault),
            None => Ok(Received { bytes: read.into(), _room: room }),
        }
    }

    /// Room for more bytes, if there is some at once: who waits would keep what it has from others.
    fn more(&self, bytes: usize) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.0).try_acquire_many_owned(u32::try_from(bytes).ok()?).ok()
    }
}

fn too_long() -> Fault {
    Fault::new(AwsException::Validation, format_args!("the body must have at most {} bytes", Format::MAX_LEN))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    /// A body in pieces.
    fn pieces(length: usize) -> Body {
        let whole = vec![b'x'; length];
        let pieces: Vec<Bytes> = whole.chunks(50_000).map(Bytes::copy_from_slice).collect();
        Body::new(Pieces(pieces.into()))
    }

    struct Pieces(std::collections::VecDeque<Bytes>);

    impl HttpBody for Pieces {
        type Data = Bytes;
        type Error = std::convert::Infallible;

        fn poll_frame(
            mut self: std::pin::Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
        ) -> std::task::Poll<Option<Result<hyper::body::Frame<Bytes>, Self::Error>>> {
            std::task::Poll::Ready(self.0.pop_front().map(|piece| Ok(hyper::body::Frame::data(piece))))
        }
    }

    async fn read(room: &Room, length: usize) -> Result<Received, AwsException> {
        room.read(pieces(length), LONG).await.map_err(|fault| fault.exception)
    }

    #[tokio::test]
    async fn a_body_is_read_whole_up_to_the_bound() {
        let room = Room::new(2 * Format::MAX_LEN);
        for length in [0, 1, 50_000, 50_001, FREE + 1, Format::MAX_LEN] {
            assert_eq!(read(&room, length).await.map(|received| received.bytes.len()), Ok(length));
        }
        for length in [Format::MAX_LEN + 1, MOST_DRAINED, MOST_DRAINED + 1] {
            assert_eq!(read(&room, length).await.err(), Some(AwsException::Validation), "{length}");
        }
    }

    #[tokio::test]
    async fn long_bodies_share_what_there_is_and_short_ones_do_not_need_it() {
        let room = Room::new(1_000_000);
        let first = read(&room, 600_000).await.unwrap();
        assert_eq!(read(&room, 600_000).await.err(), Some(AwsException::Throttling));
        assert!(read(&room, FREE).await.is_ok());
        drop(first);
        assert!(read(&room, 600_000).await.is_ok());
        assert_eq!(room.0.available_permits(), 1_000_000);
    }
}
