//! The sandbox as a tower service, and the way from any body to the bytes that it works on.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, HttpBody};
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use tower::{BoxError, Service};

use crate::arm::failure::Failure;
use crate::arm::response::Answer;
use crate::arm::router::{BODY_LIMIT, finish, too_large};
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
        Box::pin(async move { Ok(answer(&sandbox, request, Asking::InProcess).await?.map(Full::new)) })
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
            match answer(&sandbox, request, Asking::OnASocket).await {
                Ok(response) if response.extensions().get::<Unreachable>().is_some() => broken(),
                Ok(mut response) => match response.extensions_mut().remove::<Watch>() {
                    Some(watch) => response.map(|first| Body::from_stream(first_then(first, watch))),
                    None => response.map(Body::from),
                },
                Err(ConnectionReset) => broken(),
            }
        }
    })
}

/// How the client reads an answer.
#[derive(Clone, Copy)]
enum Asking {
    /// As a whole.
    InProcess,
    /// As it comes.
    OnASocket,
}

/// The body of a watch: what there was at once, and what comes.
fn first_then(
    first: Bytes,
    watch: Watch,
) -> impl futures::Stream<Item = Result<Bytes, std::convert::Infallible>> + Send {
    let first = futures::stream::iter((!first.is_empty()).then_some(Ok(first)));
    futures::StreamExt::chain(first, watch.stream())
}

/// Answers once the body is there; what has no whole body takes no effect.
async fn answer<B>(sandbox: &Sandbox, request: Request<B>, asking: Asking) -> Result<Response<Bytes>, ConnectionReset>
where
    B: HttpBody<Error: Into<BoxError>>,
{
    let (parts, body) = request.into_parts();
    let refused = match Limited::new(body, BODY_LIMIT).collect().await {
        Ok(body) => {
            let request = Request::from_parts(parts, body.to_bytes());
            return match asking {
                Asking::InProcess => sandbox.try_handle(request).await,
                Asking::OnASocket => sandbox.respond(request).await,
            };
        }
        Err(error) if error.is::<LengthLimitError>() => too_large(),
        Err(error) => broken_off(&*error),
    };
    Ok(finish(refused, &parts.headers, &parts.method))
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
