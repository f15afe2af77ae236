//! The sandbox as a tower service, and the way from any body to the bytes that it works on.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, HttpBody};
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use tower::{BoxError, Service};

use crate::arm::chunks::{Payload, Streamed};
use crate::arm::failure::Failure;
use crate::arm::response::Answer;
use crate::arm::router::{BODY_LIMIT, finish, serve, too_large};
use crate::faults::fault::ConnectionReset;
use crate::sandbox::Sandbox;
use crate::services::kubernetes::{Unreachable, Watch};

/// What the service's future is.
type Answering = Pin<Box<dyn Future<Output = Result<Response<Full<Bytes>>, ConnectionReset>> + Send>>;

/// Resource Manager in process, for requests with any body. Ready at all times.
///
/// The error is a lost connection, and comes from an injected fault alone. A body of more than 4 MB is answered with 413, one
/// that breaks off with 400.
impl<B> Service<Request<B>> for Sandbox
where
    B: HttpBody<Data: Send, Error: Into<BoxError>> + Send + 'static,
{
    type Response = Response<Full<Bytes>>;
    type Error = ConnectionReset;
    type Future = Answering;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), ConnectionReset>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Answering {
        let sandbox = self.clone();
        Box::pin(async move {
            let request = match whole(request).await {
                Ok(request) => request,
                Err(refused) => return Ok(refused.map(Full::new)),
            };
            Ok(sandbox.try_handle(request).await?.map(Full::new))
        })
    }
}

/// The same by reference.
impl<B> Service<Request<B>> for &Sandbox
where
    B: HttpBody<Data: Send, Error: Into<BoxError>> + Send + 'static,
{
    type Response = Response<Full<Bytes>>;
    type Error = ConnectionReset;
    type Future = Answering;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), ConnectionReset>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Answering {
        (*self).clone().call(request)
    }
}

/// [`Sandbox::router`]
pub(super) fn router(sandbox: Sandbox) -> axum::Router {
    axum::Router::new().fallback(move |request: axum::extract::Request| {
        let sandbox = sandbox.clone();
        async move {
            let request = match whole(request).await {
                Ok(request) => request,
                Err(refused) => return refused.map(Body::from),
            };
            match serve(&sandbox, request).await {
                Ok(response) => sent(&sandbox, response),
                Err(ConnectionReset) => broken(),
            }
        }
    })
}

/// The body of a watch: what there was at once, and what comes.
fn first_then(
    first: Bytes,
    watch: Watch,
) -> impl futures::Stream<Item = Result<Bytes, std::convert::Infallible>> + Send {
    let first = futures::stream::iter((!first.is_empty()).then_some(Ok(first)));
    futures::StreamExt::chain(first, watch.stream())
}

/// The request once its body is there, or the answer to one that has no whole body, which takes no effect.
async fn whole<B>(request: Request<B>) -> Result<Request<Bytes>, Response<Bytes>>
where
    B: HttpBody<Error: Into<BoxError>>,
{
    let (parts, body) = request.into_parts();
    let refused = match Limited::new(body, BODY_LIMIT).collect().await {
        Ok(body) => return Ok(Request::from_parts(parts, body.to_bytes())),
        Err(error) if error.is::<LengthLimitError>() => too_large(),
        Err(error) => broken_off(&*error),
    };
    Err(finish(refused, &parts.headers, &parts.method))
}

/// The response for a socket, whose streamed body goes out as it is made.
fn sent(sandbox: &Sandbox, response: Response<Payload>) -> Response<Body> {
    let (mut parts, payload) = response.into_parts();
    if parts.extensions.get::<Unreachable>().is_some() {
        return broken();
    }
    let watch = parts.extensions.remove::<Watch>();
    let body = match payload {
        // A watch that has nothing to tell may give way to another connection, as one that lies idle.
        Payload::Whole(first) => match watch {
            Some(watch) => Body::from_stream(first_then(first, watch)),
            None => Body::from(first),
        },
        Payload::Streamed(chunks) => {
            parts.extensions.insert(Streamed { kept: chunks.kept() });
            Body::from_stream(chunks.paced(sandbox.clock()))
        }
    };
    Response::from_parts(parts, body)
}

fn broken_off(error: &(dyn std::error::Error + Send + Sync)) -> Answer {
    let message = format!("The request content could not be read to its end: {error}.");
    Failure::bad_request("InvalidRequestContent", message).gateway().into_answer()
}

/// A response whose body breaks off at once: the closest that a handler comes to a lost connection.
fn broken() -> Response<Body> {
    let cut =
        futures::stream::once(async { Err::<Bytes, _>(std::io::Error::from(std::io::ErrorKind::ConnectionReset)) });
    let mut response = Response::new(Body::from_stream(cut));
    // For a server's log: there is no answer, whatever its status says.
    response.extensions_mut().insert(ConnectionReset);
    response
}
