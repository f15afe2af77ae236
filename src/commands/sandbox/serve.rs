//! `azlab sandbox serve`

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use tokio_util::sync::CancellationToken;

use super::error::SandboxCommandError;
use super::how_to_use::{Address, how_to_use};
use crate::cli::sandbox::ServedTool;
use crate::events::{EventKind, Events, Level};
use crate::outcome::Exit;
use crate::outcome::sandbox::Serving;
use azlab_clock::Clock;
use azlab_sandbox::serve::{AccessLog, ServeOptions, ServerEvent, TlsIdentity, serve, write_secret_file};
use azlab_sandbox::{ControlPlanes, SUBSCRIPTION_ID, Sandbox};

/// The subcommand's name.
pub(crate) const COMMAND: &str = "sandbox";

/// Where `serve` writes the authority's certificate if no `--ca-file` names another place: in the sandbox's directory.
const CA_FILE: &str = "ca.pem";

/// The same for Java, always in the sandbox's directory.
const TRUST_STORE: &str = "ca.p12";

/// Where `serve` writes the application's secret for az to read, in the sandbox's directory.
const SECRET_FILE: &str = "client-secret";

/// What was asked for.
pub(super) struct Asked<'a> {
    pub(crate) listen: SocketAddr,
    pub(crate) http: bool,
    pub(crate) ca_file: Option<&'a PathBuf>,
    pub(crate) allow_remote: bool,
    /// The program of real control planes.
    pub(crate) kubernetes: Option<&'a Path>,
    pub(crate) tools: &'a [ServedTool],
}

/// How a server tells of itself.
pub(crate) struct Told<'a> {
    /// Where its events go.
    pub(crate) events: Events,
    /// What should be told among them.
    pub(crate) warning: Option<String>,
    /// Called once it can be used.
    pub(crate) serving: &'a mut dyn FnMut(&Serving),
}

/// A sandbox that is to be served.
pub(crate) struct Server<'a> {
    asked: Asked<'a>,
    dir: &'a Path,
    sandbox: Sandbox,
}

impl<'a> Server<'a> {
    pub(super) fn open(asked: Asked<'a>, dir: &'a Path, speed: f64) -> Result<Self, SandboxCommandError> {
        Ok(Self { asked, dir, sandbox: Sandbox::open(dir, speed)? })
    }

    /// The sandbox's clock, by which its events are dated.
    pub(crate) fn clock(&self) -> Clock {
        self.sandbox.clock()
    }

    /// Serves until `stop`; says once how to use it. Each request is an event, and so is what keeps a client from being
    /// served.
    ///
    /// # Errors
    /// [`SandboxCommandError`]
    pub(crate) async fn run(self, stop: CancellationToken, told: Told<'_>) -> Result<(), SandboxCommandError> {
        let Self { asked, dir, sandbox } = self;
        let (clock, events) = (sandbox.clock(), told.events);
        let tls = if asked.http { None } else { Some(TlsIdentity::load_or_create(dir, Clock::real().now())?) };
        let ca_file = asked.ca_file.cloned().unwrap_or_else(|| dir.join(CA_FILE));
        let ca_file = std::path::absolute(&ca_file).unwrap_or(ca_file);
        if let Some(tls) = &tls {
            tls.write_ca_file(&ca_file)?;
            tls.write_trust_store(&dir.join(TRUST_STORE))?;
        }
        let ca_file = tls.is_some().then_some(ca_file);
        let mut options = ServeOptions::new(asked.listen, tls, clock.speed());
        options.allow_remote = asked.allow_remote;
        let requests = events.clone();
        options.access_log = Some(AccessLog::new(move |seen| requests.emit(event(seen, clock.speed()))));
        let planes = match asked.kubernetes {
            Some(program) => {
                let events = events.clone();
                ControlPlanes::new(program, dir, move |what| events.note(Level::Warning, what))?
            }
            None => ControlPlanes::of_others(dir),
        };
        planes.version().await?;
        sandbox.use_control_planes(&planes);
        planes.host(&sandbox).await?;
        let server = serve(sandbox.public_router(), options, stop).await?;
        let dir = std::path::absolute(dir).unwrap_or_else(|_| dir.to_owned());
        let url = server.url();
        events.emit(EventKind::RunStarted {
            command: COMMAND,
            sandbox: true,
            speed: clock.speed(),
            subscription: SUBSCRIPTION_ID.to_owned(),
            credential: None,
        });
        events.emit(EventKind::Serving { url: url.clone(), directory: dir.display().to_string() });
        if let Some(warning) = told.warning {
            events.note(Level::Warning, warning);
        }
        let secret = sandbox.directory().default_application().secret();
        let secret_file = dir.join(SECRET_FILE);
        if ca_file.is_some() {
            write_secret_file(&secret_file, secret.as_bytes())
                .map_err(|source| SandboxCommandError::SecretFile { path: secret_file.clone(), source })?;
        }
        let inventory = sandbox.inventory()?;
        let address = Address {
            url: &url,
            port: server.address().port(),
            ca_file: ca_file.as_deref(),
            trust_store: &dir.join(TRUST_STORE),
            dir: &dir,
            secret,
            secret_file: &secret_file,
            identity_header: &sandbox.identity_header(),
            allow_remote: asked.allow_remote,
            accounts: inventory.accounts(),
        };
        (told.serving)(&how_to_use(&address, asked.tools));
        server.stopped().await;
        planes.stop().await;
        let elapsed_s = events.elapsed().as_secs_f64();
        events.emit(EventKind::RunFinished { exit_code: Exit::Done as u8, elapsed_s, bound_s: None });
        Ok(())
    }
}

/// What the server saw, as it is told; `speed` is the sandbox's seconds in a real one.
fn event(seen: ServerEvent, speed: f64) -> EventKind {
    match seen {
        ServerEvent::Trouble(message) => EventKind::Note { level: Level::Warning, message },
        ServerEvent::Request(request) => EventKind::Request {
            method: request.method.to_string(),
            path: request.path,
            status: request.status,
            attempt: 1,
            elapsed_ms: (request.took.as_secs_f64() * speed * 1000.0) as u64,
            client_request_id: request.client_request_id.unwrap_or_default(),
            request_id: request.request_id,
            problem: request.problem,
        },
    }
}
