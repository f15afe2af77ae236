//! Reads the body of a request, within limits of one body and of all.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// What any request to the sandbox's services stays well below. Larger bodies share [`LARGE`] slots, so that clients which
/// send much and never end take a bounded part of the memory.
pub(super) const SMALL: usize = 64 * 1024;
/// Bodies above [`SMALL`] that are held at the same time, each with its answer: 8 of 4 MB are 32 MB.
const LARGE: usize = 8;

/// The slots for large bodies, of one server.
pub(super) fn large() -> Arc<Semaphore> {
    Arc::new(Semaphore::new(LARGE))
}

/// A whole body, and its slot among the large ones, if it is one.
pub(super) struct Whole {
    pub(super) bytes: Bytes,
    pub(super) place: Option<Place>,
}

/// A slot among the large ones.
pub(super) type Place = OwnedSemaphorePermit;

/// Why a body is not read.
pub(super) enum Unread {
    TooLarge,
    /// Too many large ones are being read.
    Busy,
    /// The client broke off, or does not keep to the framing that it announced.
    Broken(hyper::Error),
}

/// Reads a body of at most `most` bytes; `announced` is what the client says that it will send.
pub(super) async fn read(
    mut body: Incoming,
    announced: Option<u64>,
    most: usize,
    large: &Arc<Semaphore>,
) -> Result<Whole, Unread> {
    if announced.is_some_and(|length| length > most as u64) {
        return Err(Unread::TooLarge);
    }
    let (mut bytes, mut slot) = (BytesMut::new(), None);
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(Unread::Broken)?.into_data() else { continue };
        if data.len() > most - bytes.len() {
            return Err(Unread::TooLarge);
        }
        if slot.is_none() && bytes.len() + data.len() > SMALL {
            slot = Some(large.clone().try_acquire_owned().map_err(|_| Unread::Busy)?);
        }
        bytes.extend_from_slice(&data);
    }
    Ok(Whole { bytes: bytes.freeze(), place: slot })
}

/// The answer to a large request, which keeps its place until it has gone out: it may hold as much as the request did.
pub(super) fn placed(body: Body, place: Option<Place>) -> Body {
    match place {
        Some(place) => Body::new(Placed { body, _place: place }),
        None => body,
    }
}

struct Placed {
    body: Body,
    _place: Place,
}

impl HttpBody for Placed {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
