//! Offers the sandbox on a socket: HTTP or HTTPS, on this machine, within limits.
mod access_log;
mod body;
mod connection;
pub(crate) mod files;
mod held;
mod slots;
mod tls;
mod trust_store;

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_util::task::TaskTracker;

pub use access_log::{AccessLog, AccessLogEntry, ServerEvent};
pub use tls::{TlsError, TlsIdentity};
/// Ends a server.
pub use tokio_util::sync::CancellationToken;

use azlab_clock::Clock;
use connection::Connection;
use files::Readers;
use slots::Slots;

/// How long to wait after the system could not accept a connection (too many open files, mostly).
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What one client may take, in real time: the other end of a socket does not live on the sandbox's clock.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connections at the same time. For one more, that one is closed for whose client the server has waited longest, if that is
    /// as long as [`Limits::unused`]; otherwise the new one waits, in the system's queue.
    pub connections: usize,
    /// How long a connection must have lain unused to be closed for another: a client may be about to send a request on it.
    pub unused: Duration,
    /// For the TLS handshake, and for the head of a request; so also how long a connection may lie idle.
    pub head: Duration,
    /// For the body of a request.
    pub body: Duration,
    /// For the other end to take some of an answer.
    pub write: Duration,
    /// Bytes in the head of a request. Signed polling URLs and tokens take up to 5 KB each.
    pub head_bytes: usize,
    /// Bytes in the body of a request: what Resource Manager takes for a template.
    pub body_bytes: usize,
    /// For the requests under way when the server stops.
    pub grace: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            // With some to spare below 1,024 open files, which is what a process may have on many systems.
            connections: 512,
            unused: Duration::from_secs(1),
            head: Duration::from_secs(30),
            body: Duration::from_secs(30),
            write: Duration::from_secs(30),
            head_bytes: 64 * 1024,
            body_bytes: 4 * 1024 * 1024,
            grace: Duration::from_secs(5),
        }
    }
}

/// Where and how to serve.
#[derive(Clone, Debug)]
pub struct ServeOptions {
    /// The address; port 0 takes any free one.
    pub listen: SocketAddr,
    /// The certificate for HTTPS; without one it is HTTP.
    pub tls: Option<TlsIdentity>,
    /// Whether the address may be reachable from other machines.
    pub allow_remote: bool,
    /// The sandbox's seconds in a real one, to tell clients in theirs when to try again.
    pub clock_speed: f64,
    /// What one client may take.
    pub limits: Limits,
    /// Who is told of each request, and of what keeps clients from being served.
    pub access_log: Option<AccessLog>,
}

impl ServeOptions {
    /// Serves at `listen` with the default limits.
    pub fn new(listen: SocketAddr, tls: Option<TlsIdentity>, clock_speed: f64) -> Self {
        Self { listen, tls, allow_remote: false, clock_speed, limits: Limits::default(), access_log: None }
    }
}

/// The sandbox cannot be served there.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// An address that others could reach.
    #[error("{0} can be reached from other machines, and the sandbox is for this one: use 127.0.0.1 or [::1]")]
    Remote(SocketAddr),
    /// HTTPS at an address that the certificate does not vouch for.
    #[error(
        "{0} does not answer to localhost, and the sandbox's certificate is for localhost alone: use 127.0.0.1 or [::1] (from \
         another machine through ssh -L 8443:localhost:8443), or --http, over which curl and managed identities work"
    )]
    NoCertificate(SocketAddr),
    /// The system refuses the address.
    #[error("the sandbox cannot listen on {address}: {source}; choose another with --listen (port 0 takes a free one)")]
    Bind {
        /// The address asked for.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
}

/// A server that runs until its token is cancelled.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    https: bool,
    accepting: JoinHandle<()>,
}

impl Server {
    /// Where it listens, with the port it got.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URL for clients, without a trailing slash. Over HTTPS it names `localhost`, which every client can check.
    pub fn url(&self) -> String {
        if self.https {
            return format!("https://localhost:{}", self.address.port());
        }
        format!("http://{}", self.address)
    }

    /// Waits until it has stopped and its connections are closed.
    pub async fn stopped(self) {
        if let Err(error) = self.accepting.await {
            tracing::error!(%error, "the sandbox's server broke off");
        }
    }
}

/// Serves `router` until `shutdown` is cancelled, then lets requests under way finish for [`Limits::grace`].
///
/// Each request carries its `http::uri::Scheme` as an extension. Whole seconds in `Retry-After` leave as real seconds.
///
/// # Errors
/// [`ServeError`], before anything is served.
pub async fn serve(router: Router, options: ServeOptions, shutdown: CancellationToken) -> Result<Server, ServeError> {
    if !options.listen.ip().is_loopback() && !options.allow_remote {
        return Err(ServeError::Remote(options.listen));
    }
    if options.tls.is_some() && !is_localhost(options.listen.ip()) {
        return Err(ServeError::NoCertificate(options.listen));
    }
    let bind = |source| ServeError::Bind { address: options.listen, source };
    let listener = TcpListener::bind(options.listen).await.map_err(bind)?;
    let address = listener.local_addr().map_err(bind)?;
    let connection = Connection {
        router,
        tls: options.tls.as_ref().map(|identity| TlsAcceptor::from(identity.server_config())),
        authority_pem: options.tls.as_ref().map(|identity| identity.authority_pem().into()),
        clock_speed: options.clock_speed,
        limits: options.limits,
        clock: Clock::real(),
        stop: shutdown.clone(),
        large_bodies: body::large(),
        access_log: options.access_log,
    };
    let accepting = tokio::spawn(accept(listener, connection, shutdown));
    Ok(Server { address, https: options.tls.is_some(), accepting })
}

/// Whether who listens there answers to the name `localhost`.
fn is_localhost(ip: IpAddr) -> bool {
    ip == Ipv4Addr::LOCALHOST || ip == Ipv6Addr::LOCALHOST || ip.is_unspecified()
}

async fn accept(listener: TcpListener, connection: Connection, shutdown: CancellationToken) {
    let (clock, limits) = (connection.clock, connection.limits);
    let slots = Slots::new(limits.connections, limits.unused, clock);
    let open = TaskTracker::new();
    let cut = CancellationToken::new();
    loop {
        let next = async {
            let (stream, _) = listener.accept().await?;
            Ok::<_, io::Error>((stream, slots.take().await))
        };
        let accepted = tokio::select! {
            () = shutdown.cancelled() => break,
            next = next => next,
        };
        match accepted {
            Ok((stream, slot)) => {
                let (connection, cut) = (connection.clone(), cut.clone());
                open.spawn(async move {
                    tokio::select! {
                        () = cut.cancelled() => {}
                        () = connection.run(stream, slot) => {}
                    }
                });
            }
            Err(error) => {
                connection.trouble(|| format!("a connection could not be accepted: {error}"));
                slots.make_room();
                clock.sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    open.close();
    if clock.timeout(limits.grace, open.wait()).await.is_err() {
        cut.cancel();
        open.wait().await;
    }
}

/// Writes `path` for its owner only, whole or not at all, unless there is one.
///
/// # Errors
/// The system's; [`io::ErrorKind::AlreadyExists`] where there is one.
pub fn create_secret_file(path: &Path, content: &[u8]) -> io::Result<()> {
    match files::create(path, content, Readers::Owner)? {
        true => Ok(()),
        false => Err(io::ErrorKind::AlreadyExists.into()),
    }
}

/// Writes `path` for its owner only, whole or not at all.
///
/// # Errors
/// The system's.
pub fn write_secret_file(path: &Path, content: &[u8]) -> io::Result<()> {
    files::replace(path, content, Readers::Owner)
}
