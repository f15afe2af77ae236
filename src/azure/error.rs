//! What can go wrong below the recipe, typed so that exit codes and hints can match on it.

use std::fmt;
use std::time::Duration;

use http::{HeaderMap, Method, StatusCode};

use super::challenge::ClaimsChallenge;
use super::code::Code;
use super::credential::SignInError;
use super::envelope::Envelope;
use super::quote::{self, cut};
use super::transport::TransportError;

/// What can go wrong with a request to Azure.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// The service answered with an error.
    #[error(transparent)]
    Service(Box<ServiceError>),
    /// No usable answer came.
    #[error("{method} {resource}: {source}")]
    Transport {
        /// The HTTP method.
        method: String,
        /// The path of the request, without the query.
        resource: String,
        /// What happened.
        source: TransportError,
    },
    /// The answer came but is not what the operation promises.
    #[error("{resource}: the answer cannot be read: {problem}")]
    Answer {
        /// The path of the request, or what was being read.
        resource: String,
        /// What is wrong with it.
        problem: String,
    },
    /// No token could be had.
    #[error(transparent)]
    SignIn(Box<SignInError>),
    /// The time limit passed.
    #[error("{what} did not finish within {} s", .limit.as_secs_f64())]
    TimedOut {
        /// What was waited for.
        what: String,
        /// The limit, in service time.
        limit: Duration,
    },
    /// The user asked to stop.
    #[error("interrupted")]
    Interrupted,
}

/// An error answer of the service.
#[derive(Clone, Debug)]
pub struct ServiceError {
    /// The HTTP status; for a failed long-running operation, that of the poll that told it.
    pub status: StatusCode,
    /// The code. For bodies without one: `HttpStatus502` and the like.
    pub code: Code,
    /// The whole error.
    pub envelope: Envelope,
    /// The HTTP method.
    pub method: Method,
    /// The path of the request, without the query.
    pub resource: String,
    /// The service's `x-ms-request-id` (or correlation id).
    pub request_id: Option<String>,
    /// Our `x-ms-client-request-id` of this try.
    pub client_request_id: String,
    /// The service's `Retry-After`.
    pub retry_after: Option<Duration>,
    /// Whether it is how a long-running operation ended, and no refusal of a request.
    pub ended_operation: bool,
    /// What a person has to prove to be let in, where the service asks for it.
    pub challenge: Option<ClaimsChallenge>,
}

impl ServiceError {
    /// Whether the caller has the right, and its condition (attribute-based access control) does not cover this request: told
    /// by the words alone, since the code is that of a missing right.
    pub(crate) fn is_conditional(&self) -> bool {
        let message = self.message().to_ascii_lowercase();
        let is_told = message.contains("abac") || (message.contains("condition") && message.contains("fulfilled"));
        self.code == Code::AuthorizationFailed && is_told
    }

    /// Reads an error answer.
    pub fn from_answer(
        method: &Method,
        resource: &str,
        client_request_id: &str,
        status: StatusCode,
        headers: &HeaderMap,
        body: &[u8],
        retry_after: Option<Duration>,
    ) -> Self {
        let mut envelope = Envelope::read(body);
        // Where a redirection leads says more than its page.
        if status.is_redirection()
            && let Some(to) = header(headers, "location").and_then(origin)
        {
            envelope.message = format!("the answer sends azlab on to {to}, and azlab does not follow");
        }
        // HEAD has no body; some gateways put the code in a header alone.
        let code = envelope
            .code
            .as_deref()
            .or_else(|| header(headers, "x-ms-error-code"))
            .map(|code| cut(code, quote::WORD))
            .map_or_else(|| Code::Other(format!("HttpStatus{}", status.as_u16())), |code| Code::from(code.as_str()));
        Self {
            status,
            code,
            envelope,
            method: method.clone(),
            resource: cut(resource, quote::PATH),
            request_id: request_id(headers),
            client_request_id: client_request_id.to_owned(),
            retry_after,
            ended_operation: false,
            challenge: (status == StatusCode::UNAUTHORIZED).then(|| ClaimsChallenge::read(headers)).flatten(),
        }
    }

    /// What a GET of something that does not exist would have been answered with.
    pub(crate) fn absent(method: Method, resource: &str) -> Self {
        let message = format!("Specified resource '{resource}' cannot be found.");
        Self {
            status: StatusCode::NOT_FOUND,
            code: Code::NotFound,
            envelope: Envelope { code: Some("NotFound".into()), message, ..Envelope::default() },
            method,
            resource: resource.to_owned(),
            request_id: None,
            client_request_id: String::new(),
            retry_after: None,
            ended_operation: false,
            challenge: None,
        }
    }

    /// The service's message.
    pub fn message(&self) -> &str {
        &self.envelope.message
    }
}

impl fmt::Display for ServiceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (HTTP {}): {}", self.code, self.status.as_u16(), self.message())?;
        let cause = self.envelope.root_cause();
        if !cause.message.is_empty() && cause.message != self.message() {
            write!(f, " Cause: ")?;
            if let Some(code) = &cause.code {
                write!(f, "{code}: ")?;
            }
            write!(f, "{}", cause.message)?;
        }
        Ok(())
    }
}

impl std::error::Error for ServiceError {}

impl From<ServiceError> for Error {
    fn from(error: ServiceError) -> Self {
        Self::Service(Box::new(error))
    }
}

/// The scheme, host and port of a URL: what is behind them may be a secret.
fn origin(url: &str) -> Option<String> {
    let origin = url::Url::parse(url).ok()?.origin();
    origin.is_tuple().then(|| cut(&origin.ascii_serialization(), quote::PATH))
}

impl Error {
    /// An answer that cannot be read. What a parser says quotes the answer, and is cut.
    pub(crate) fn answer(resource: &str, problem: impl fmt::Display) -> Self {
        Self::Answer { resource: cut(resource, quote::PATH), problem: cut(&problem.to_string(), quote::PROBLEM) }
    }

    /// The service's error, if it is one.
    pub fn service(&self) -> Option<&ServiceError> {
        match self {
            Self::Service(error) => Some(error),
            _ => None,
        }
    }

    /// The service's code, if it sent one; for nested errors the outer one.
    pub fn code(&self) -> Option<&Code> {
        self.service().map(|error| &error.code)
    }

    /// Whether the service said that what was asked for does not exist. A 404 without a code that says so (a proxy's page,
    /// another server) is no absence: creating on the strength of it could create twice.
    pub fn is_absent(&self) -> bool {
        self.service().is_some_and(|error| error.status == StatusCode::NOT_FOUND && error.code.is_absent())
    }

    /// Whether a write that ended so may have taken effect all the same: look before writing again.
    pub fn is_ambiguous(&self) -> bool {
        match self {
            Self::Service(error) => error.status.is_server_error() || error.status == StatusCode::REQUEST_TIMEOUT,
            Self::Transport { source, .. } => {
                !matches!(source, TransportError::Connect(_) | TransportError::Barred(_) | TransportError::Invalid(_))
            }
            Self::Answer { .. } => true,
            _ => false,
        }
    }
}

/// The service's id of a request, for its support.
pub(crate) fn request_id(headers: &HeaderMap) -> Option<String> {
    let id = header(headers, "x-ms-request-id").or_else(|| header(headers, "x-ms-correlation-request-id"))?;
    Some(cut(id, quote::WORD))
}

/// A header's value as text.
pub(crate) fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim).filter(|value| !value.is_empty())
}
