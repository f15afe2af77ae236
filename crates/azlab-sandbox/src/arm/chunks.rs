//! Bodies that are made while they go out: server-sent events, and what is too large to be held.

use std::convert::Infallible;
use std::fmt;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures::{Stream, stream};

use azlab_clock::Clock;

/// A piece of a body.
pub(crate) struct Chunk {
    /// When it goes out: seconds on the service's clock from the head of the answer. It never decreases from piece to piece.
    pub after: f64,
    pub bytes: Bytes,
}

/// A body that is made piece by piece, as its reader takes it; dropped, it ends.
pub(crate) struct Chunks {
    made: Box<dyn Iterator<Item = Chunk> + Send>,
    kept: usize,
}

impl fmt::Debug for Chunks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Chunks")
    }
}

impl Chunks {
    pub fn new(made: impl Iterator<Item = Chunk> + Send + 'static) -> Self {
        Self { made: Box::new(made), kept: 0 }
    }

    /// The same, which keep so many bytes of the request until they have gone out.
    pub fn keeping(self, kept: usize) -> Self {
        Self { kept, ..self }
    }

    /// The bytes of the request that are kept.
    pub fn kept(&self) -> usize {
        self.kept
    }

    /// The first `count` pieces.
    pub fn first(self, count: usize) -> Self {
        Self { made: Box::new(self.made.take(count)), ..self }
    }

    /// All of it, once it would have gone out.
    pub async fn whole(self, clock: Clock) -> Bytes {
        let (mut all, mut last) = (BytesMut::new(), 0.0);
        for chunk in self.made {
            all.extend_from_slice(&chunk.bytes);
            last = chunk.after;
        }
        clock.sleep(seconds(last)).await;
        all.freeze()
    }

    /// The pieces, each in its time. A reader that is slow gets what is overdue at once.
    pub fn paced(self, clock: Clock) -> impl Stream<Item = Result<Bytes, Infallible>> + Send {
        let began = clock.now();
        stream::unfold(self.made, move |mut made| async move {
            let chunk = made.next()?;
            clock.sleep(seconds(chunk.after).saturating_sub(clock.since(began))).await;
            Some((Ok(chunk.bytes), made))
        })
    }
}

fn seconds(after: f64) -> Duration {
    Duration::try_from_secs_f64(after).unwrap_or_default()
}

/// The body of a response.
pub(crate) enum Payload {
    Whole(Bytes),
    Streamed(Chunks),
}

/// Marks a response whose body is still being made while it goes out.
#[derive(Clone, Copy)]
pub(crate) struct Streamed {
    /// The bytes of the request that it keeps meanwhile.
    pub kept: usize,
}
