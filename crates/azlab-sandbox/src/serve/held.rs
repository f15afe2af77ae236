//! A streamed body and its connection's slot: while the next piece is being made the server is at work, and from when it is there
//! until the next one is asked for, it waits for the client. So a stream whose client does not read can give way to another one,
//! and one that waits for its own time cannot.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::BoxError;
use axum::body::Body;
use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame, SizeHint};

use super::slots::Slot;

/// The body.
pub(super) struct Held {
    body: Body,
    slot: Arc<Slot>,
    is_at_work: bool,
}

impl Held {
    pub(super) fn new(body: Body, slot: Arc<Slot>) -> Self {
        Self { body, slot, is_at_work: false }
    }
}

impl HttpBody for Held {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let held = self.get_mut();
        if !held.is_at_work && !held.slot.works() {
            return Poll::Ready(Some(Err(io::Error::from(io::ErrorKind::ConnectionAborted).into())));
        }
        let made = Pin::new(&mut held.body).poll_frame(context);
        held.is_at_work = made.is_pending();
        if !held.is_at_work {
            held.slot.waits();
        }
        made.map(|piece| piece.map(|piece| piece.map_err(Into::into)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
