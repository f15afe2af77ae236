//! What every cluster is reached with.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use url::Url;

use super::access::{Access, User};
use super::channel::{Auth, Channel};
use super::cluster::Cluster;
use super::error::Error;
use crate::azure::credential::TokenCache;
use crate::azure::http::Http;
use crate::azure::retry::RetryPolicy;
use crate::azure::transport::SharedTransport;
use crate::events::Events;
use crate::values::cloud::is_loopback;
use azlab_clock::Clock;

/// For how long a request that finds no answer is sent again, in service time. An API server that restarts is back within a minute
/// ("AKS uptime"); a cluster that is stopped or private stays away, and people want to know.
pub(crate) const GIVE_UP_AFTER: Duration = Duration::from_secs(60);
/// The limit of one try, in service time. An admission webhook may take 30 s, which is its own most.
const TRY_LIMIT: Duration = Duration::from_secs(45);
/// Service seconds in a real one up to which the limit holds as it is; above, it has nine real seconds. The sandbox's servers compute in
/// real time, and a cluster's first token needs a key of RSA: on a busy machine more than the 0.75 s that are left at 60.
const SLOW: f64 = 5.0;

/// What every cluster is reached with. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Way {
    /// The sandbox in process, which answers for its clusters too.
    pub(crate) in_process: Option<SharedTransport>,
    /// Who signs in to clusters with Entra ID.
    pub(crate) tokens: Arc<TokenCache>,
    /// The service's clock.
    pub(crate) clock: Clock,
    /// Where requests are told.
    pub(crate) events: Events,
    /// Cancelled when the user asks to stop.
    pub(crate) stop: CancellationToken,
    /// Makes the jitter of waits the same every time, for simulations.
    pub(crate) jitter_seed: Option<u64>,
    /// For how long a request that finds no answer is sent again, in service time.
    pub(crate) give_up_after: Duration,
}

impl Way {
    /// The same for who does not wait for a cluster that is away.
    #[must_use]
    pub(crate) fn impatient(&self) -> Self {
        Self { give_up_after: Duration::ZERO, ..self.clone() }
    }

    /// The cluster that `access` leads to, whose objects live in `namespace`; `events` are its lab's. Sends nothing.
    ///
    /// # Errors
    /// [`Error::Answer`] for credentials that no connection can be made with.
    pub(crate) fn to(&self, access: Access, namespace: &str, events: &Events) -> Result<Cluster, Error> {
        let Access { server, authority, identity, user } = access;
        // A cluster at this machine's own address is no part of the sandbox in process: it is an API server that somebody started.
        let in_process = self.in_process.clone().filter(|_| !is_loopback(&server));
        let (transport, clock): (SharedTransport, Clock) = match in_process {
            Some(transport) => (transport, self.clock),
            // What answers over a socket takes real time, however fast the sandbox's clock goes.
            None => {
                let http = Http::to_cluster(&server, authority.as_deref(), identity.as_ref());
                (Arc::new(http.map_err(|error| unusable(&server, error.to_string()))?), Clock::real())
            }
        };
        let auth = match user {
            User::Certificate => Auth::None,
            User::Token(token) => Auth::Token(token),
            User::Entra { scope } => Auth::Entra { tokens: Arc::clone(&self.tokens), scope },
        };
        // The sandbox in process computes in real time, of which a fast clock leaves little.
        let try_limit = TRY_LIMIT.mul_f64((clock.speed() / SLOW).max(1.0));
        let policy = RetryPolicy { give_up_after: self.give_up_after, try_limit, jitter_seed: self.jitter_seed };
        let (stop, events) = (self.stop.clone(), events.clone());
        Ok(Cluster::new(Channel { transport, server, auth, clock, events, stop, policy }, namespace))
    }
}

fn unusable(server: &Url, problem: String) -> Error {
    Error::Answer { what: format!("the credentials of {}", server.host_str().unwrap_or_default()), problem }
}
