//! The channel to a service beside Resource Manager: the data plane of an account, Microsoft Graph, the retail prices. It shares
//! the transport with the channel to Resource Manager, and has a token of its own audience or none, a loop of its own, and no
//! place in its counts.

use std::sync::Arc;

use bytes::Bytes;
use http::StatusCode;
use tokio_util::sync::CancellationToken;

use super::credential::TokenCache;
use super::envelope::Envelope;
use super::error::{Error, ServiceError, header};
use super::quote::{self, cut};
use super::request::{Request, shown_path, signed, transport_error, unsigned};
use super::retry::{self, RetryPolicy};
use super::sent::Sent;
use super::transport::{SharedTransport, TransportError};
use crate::events::{EventKind, Events};
use azlab_clock::Clock;

/// What a channel is made of.
#[derive(Clone, Debug)]
pub(super) struct ServiceChannel {
    /// How requests leave.
    pub(crate) transport: SharedTransport,
    /// Who signs them; `None` where no token is ever sent.
    pub(crate) signer: Option<Signer>,
    /// The service's clock.
    pub(crate) clock: Clock,
    /// Where requests are told.
    pub(crate) events: Events,
    /// Cancelled when the user asks to stop.
    pub(crate) stop: CancellationToken,
    /// How tries are repeated.
    pub(crate) policy: RetryPolicy,
    /// The header in which the service names a request.
    pub(crate) request_id: &'static str,
}

/// Who signs requests.
#[derive(Clone, Debug)]
pub(super) struct Signer {
    /// Where tokens come from.
    pub(crate) tokens: Arc<TokenCache>,
    /// What they are for.
    pub(crate) scope: String,
}

impl ServiceChannel {
    /// Asks what changes nothing, and so may be asked again whatever became of it. Gives the answer's body.
    ///
    /// # Errors
    /// [`Error::Service`], [`Error::SignIn`], [`Error::Transport`], [`Error::Interrupted`].
    pub(super) async fn ask(&self, request: &Request) -> Result<Bytes, Error> {
        let (began, mut backoff, mut attempt) = (self.clock.stopwatch(), self.policy.backoff(), 0);
        loop {
            attempt += 1;
            let gone = began.elapsed();
            let error = match self.try_once(request, attempt).await {
                Ok(body) => return Ok(body),
                Err(error) => error,
            };
            let Some(reason) = reason_to_retry(&error) else { return Err(error) };
            let asked = error.service().and_then(|error| error.retry_after);
            let Some(wait) = self.policy.after(&error).wait(gone, asked, &mut backoff) else { return Err(error) };
            self.events.emit(EventKind::Retrying {
                method: request.method.to_string(),
                path: shown_path(&request.url),
                reason,
                retry_in_s: wait.as_secs_f64(),
            });
            self.or_stop(self.clock.sleep(wait)).await?;
        }
    }

    async fn try_once(&self, request: &Request, attempt: u32) -> Result<Bytes, Error> {
        let Self { transport, signer, clock, policy, .. } = self;
        let signed_by = match signer {
            Some(Signer { tokens, scope }) => {
                let token = self.or_stop(tokens.token(scope)).await?;
                Some((token.map_err(|error| Error::SignIn(Box::new(error)))?, tokens, scope))
            }
            None => None,
        };
        let sent = Sent::new(&self.events, clock, &request.method, shown_path(&request.url), attempt);
        let out = match &signed_by {
            Some((token, ..)) => signed(request, token.secret(), sent.id()),
            None => unsigned(request, sent.id()),
        };
        let answer = match out {
            Ok(out) => {
                let sending = clock.timeout(policy.try_limit, transport.send(out));
                self.or_stop(sending).await?.unwrap_or(Err(TransportError::NoAnswer(policy.try_limit)))
            }
            Err(problem) => Err(problem),
        };
        let result = match answer {
            Ok(answer) => {
                let (parts, body) = answer.into_parts();
                if !parts.status.is_success() {
                    let asked = retry::retry_after(&parts.headers, clock.now());
                    let path = request.url.path();
                    let (method, status) = (&request.method, parts.status);
                    let mut error =
                        ServiceError::from_answer(method, path, sent.id(), status, &parts.headers, &body, asked);
                    if let Some((token, tokens, scope)) = &signed_by {
                        error.challenge = error.challenge.map(|found| found.of(token, tokens, scope));
                    }
                    Err(Error::from(error))
                } else if Envelope::is_cut_off(&body) {
                    Err(transport_error(request, TransportError::Broken("the answer is cut off".into())))
                } else {
                    Ok((parts.status, header(&parts.headers, self.request_id).map(|id| cut(id, quote::WORD)), body))
                }
            }
            Err(problem) => Err(transport_error(request, problem)),
        };
        sent.tell(result.as_ref().map(|(status, request_id, _)| (*status, request_id.clone())));
        result.map(|(_, _, body)| body)
    }

    /// Does it unless the user asks to stop first.
    async fn or_stop<T>(&self, doing: impl Future<Output = T>) -> Result<T, Error> {
        tokio::select! {
            biased;
            () = self.stop.cancelled() => Err(Error::Interrupted),
            done = doing => Ok(done),
        }
    }
}

/// Nothing is changed by a question, so it may be asked again whatever became of it.
fn reason_to_retry(error: &Error) -> Option<String> {
    match error {
        Error::Service(error) => {
            let passes = error.status == StatusCode::TOO_MANY_REQUESTS
                || error.status == StatusCode::REQUEST_TIMEOUT
                || retry::is_passing_failure(error.status);
            passes.then(|| format!("{} {}", error.status.as_u16(), error.code))
        }
        Error::Transport { source: TransportError::Invalid(_), .. } => None,
        Error::Transport { source: TransportError::Barred(obstacle), .. } if !obstacle.may_pass => None,
        Error::Transport { source, .. } => Some(source.to_string()),
        _ => None,
    }
}
