//! A command's connection to Azure or to the sandbox: sign-in, channel, events.

use std::sync::Arc;

use tokio::sync::mpsc::UnboundedReceiver;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::progress::Progress;
use super::sandbox;
use crate::azure::arm::{Arm, ArmOptions};
use crate::azure::client::Azure;
use crate::azure::client_error::ClientError;
use crate::azure::credential::{SandboxSource, SignInError, SignInOptions, TokenCache, sign_in};
use crate::azure::data_plane::{DataPlane, DataPlaneOptions};
use crate::azure::graph::{Graph, GraphOptions};
use crate::azure::http::Http;
use crate::azure::in_process::InProcess;
use crate::azure::retail_prices::{RetailPrices, RetailPricesOptions};
use crate::azure::retry::RetryPolicy;
use crate::azure::subscription::{SubscriptionError, resolve};
use crate::azure::transport::SharedTransport;
use crate::events::{Event, Events};
use crate::follow_up::Place;
use crate::hints;
use crate::kubernetes::{GIVE_UP_AFTER, Way};
use crate::outcome::{ErrorReport, Exit};
use crate::settings::{AzureTarget, Target};
use crate::values::cloud::{Cloud, CloudError, parse_arm_endpoint};
use azlab_clock::{Clock, Stopwatch};
use azlab_sandbox::{ControlPlaneError, ControlPlanes, SUBSCRIPTION_ID, Sandbox, SandboxError};

/// Why a command could not begin.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// No token.
    #[error(transparent)]
    SignIn(#[from] SignInError),
    /// No subscription.
    #[error(transparent)]
    Subscription(#[from] SubscriptionError),
    /// No HTTPS.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The sandbox's state cannot be used.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    /// The sandbox's clusters cannot have a real control plane.
    #[error(transparent)]
    ControlPlane(#[from] ControlPlaneError),
    /// The endpoint cannot be used.
    #[error(transparent)]
    Endpoint(#[from] CloudError),
    /// The SDK does not take the endpoint.
    #[error("{0}")]
    Sdk(crate::azure::error::Error),
}

impl SessionError {
    /// The exit code.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Subscription(SubscriptionError::Malformed(_)) => Exit::Usage,
            Self::SignIn(_) | Self::Subscription(_) => Exit::NotSignedIn,
            Self::Client(_) | Self::Sandbox(_) | Self::ControlPlane(_) | Self::Endpoint(_) | Self::Sdk(_) => {
                Exit::Usage
            }
        }
    }

    /// As scripts see it.
    pub(crate) fn report(&self, place: &Place) -> ErrorReport {
        let plain = |code: &str, hint: Option<&str>| ErrorReport {
            hint: hint.map(str::to_owned),
            ..ErrorReport::new(code, self.to_string())
        };
        match self {
            Self::SignIn(error) => hints::report_sign_in(error),
            Self::Subscription(SubscriptionError::OtherCloud { option, ours, .. }) => {
                let theirs = option.map_or_else(String::new, |cloud| format!("to work there: --cloud {cloud}; else "));
                let hint = format!(
                    "{theirs}name a subscription of {ours} with --subscription ID, or: az cloud set --name {ours}"
                );
                plain("WrongCloud", Some(&hint))
            }
            Self::Subscription(_) => {
                plain("NoSubscription", Some("az login, or name one with --subscription ID; without Azure: --sandbox"))
            }
            Self::Client(error) => {
                let (code, hint) = error.code_and_hint();
                plain(code, hint.as_deref())
            }
            Self::Sandbox(error) => {
                let hint = sandbox::advice(error).map(|advice| advice.at(place));
                plain("SandboxUnusable", hint.as_deref())
            }
            Self::ControlPlane(_) => {
                plain("NoControlPlane", Some("look at --sandbox-kubernetes (AZLAB_SANDBOX_KUBERNETES)"))
            }
            Self::Endpoint(_) | Self::Sdk(_) => {
                plain("InvalidEndpoint", Some("look at --arm-endpoint (AZLAB_ARM_ENDPOINT)"))
            }
        }
    }
}

/// A connection that has not sent anything yet: the clock is known, so reporters can start.
#[derive(Debug)]
pub struct Prepared {
    /// The service's clock.
    pub clock: Clock,
    /// The subscription's id.
    pub subscription: String,
    /// Whether it is the sandbox.
    pub is_sandbox: bool,
    /// How tries are repeated.
    pub retry: RetryPolicy,
    cloud: Cloud,
    transport: SharedTransport,
    endpoint: Url,
    scope: String,
    tokens: Arc<TokenCache>,
}

/// A connection to a subscription.
#[derive(Debug)]
pub struct Session {
    /// The subscription.
    pub azure: Azure,
    /// The way to the data plane of its OpenAI accounts.
    pub data_plane: DataPlane,
    /// The way to what Azure's meters cost.
    pub(crate) prices: RetailPrices,
    /// The directory of its tenant.
    pub(crate) graph: Graph,
    /// The way to the API servers of its clusters.
    pub(crate) clusters: Way,
    /// Where events go.
    pub events: Events,
    /// Cancelled when the user asks to stop.
    pub stop: CancellationToken,
    /// Whether it is the sandbox.
    pub is_sandbox: bool,
    /// The cloud.
    pub cloud: Cloud,
    /// The time in which the program could act, since it began.
    pub awake: Stopwatch,
    /// How far the command has come.
    pub progress: Progress,
    tokens: Arc<TokenCache>,
}

impl Prepared {
    /// Prepares a connection to `target`.
    ///
    /// # Errors
    /// [`SessionError`]
    pub(crate) fn new(target: &Target) -> Result<Self, SessionError> {
        match target {
            Target::Sandbox { dir, speed, kubernetes } => {
                let sandbox = Sandbox::open(dir, *speed)?;
                // They end with this process, which has nothing to wait for then.
                sandbox.use_control_planes(&match kubernetes {
                    Some(program) => ControlPlanes::new(program, dir, |what| tracing::warn!("{what}"))?,
                    None => ControlPlanes::of_others(dir),
                });
                Self::sandbox(&sandbox)
            }
            Target::Azure(target) => Self::azure(target),
        }
    }

    /// A connection to an open sandbox, in process.
    ///
    /// # Errors
    /// [`SessionError::Endpoint`] never happens: the endpoint is a constant.
    pub fn sandbox(sandbox: &Sandbox) -> Result<Self, SessionError> {
        let clock = sandbox.clock();
        let directory = sandbox.directory();
        let source = SandboxSource::new(sandbox.signer().clone(), directory.default_application().principal, clock)
            .judged_by(sandbox.token_clock());
        Ok(Self {
            clock,
            subscription: SUBSCRIPTION_ID.to_owned(),
            is_sandbox: true,
            retry: RetryPolicy::default(),
            cloud: Cloud::Public,
            transport: Arc::new(InProcess::new(sandbox.clone())),
            endpoint: parse_arm_endpoint(Cloud::Public.arm_endpoint())?,
            scope: Cloud::Public.arm_scope(),
            tokens: Arc::new(TokenCache::new(Arc::new(source), clock)),
        })
    }

    fn azure(target: &AzureTarget) -> Result<Self, SessionError> {
        let clock = Clock::real();
        let subscription = resolve(target.subscription.as_deref(), target.tenant.as_deref(), &target.environment)?;
        let mut options = SignInOptions::new(target.auth, target.cloud, target.environment.clone(), clock);
        // At an endpoint of its own (a sandbox that is served, Azure Stack) az calls the cloud as it likes.
        if target.endpoint.is_none() {
            subscription.must_be_in(target.cloud)?;
        }
        options.tenant = subscription.tenant;
        options.subscription = Some(subscription.id.to_string());
        options.ca_file.clone_from(&target.ca_file);
        let endpoint = match &target.endpoint {
            Some(endpoint) => endpoint.clone(),
            None => parse_arm_endpoint(target.cloud.arm_endpoint())?,
        };
        Ok(Self {
            clock,
            subscription: subscription.id.to_string(),
            is_sandbox: false,
            retry: RetryPolicy::default(),
            cloud: target.cloud,
            transport: Arc::new(Http::new(&endpoint, target.ca_file.as_deref())?),
            endpoint,
            scope: target.cloud.arm_scope(),
            tokens: Arc::new(sign_in(options)?),
        })
    }

    /// With something between the client and its transport: whoever simulates a bad network, or a bad service, stands there.
    #[must_use]
    pub fn through(mut self, between: impl FnOnce(SharedTransport) -> SharedTransport) -> Self {
        self.transport = between(self.transport);
        self
    }

    /// Begins: events flow from here on.
    ///
    /// # Errors
    /// [`SessionError::Sdk`]
    pub fn begin(self, stop: CancellationToken) -> Result<(Session, UnboundedReceiver<Event>), SessionError> {
        let (events, receiver) = Events::channel(self.clock);
        let awake = self.clock.stopwatch();
        let data_plane = DataPlane::new(DataPlaneOptions {
            transport: Arc::clone(&self.transport),
            tokens: Arc::clone(&self.tokens),
            cloud: self.cloud,
            arm_endpoint: self.endpoint.clone(),
            clock: self.clock,
            events: events.clone(),
            stop: stop.clone(),
        });
        let prices = RetailPrices::new(RetailPricesOptions {
            transport: Arc::clone(&self.transport),
            cloud: self.cloud,
            arm_endpoint: self.endpoint.clone(),
            clock: self.clock,
            events: events.clone(),
            stop: stop.clone(),
        });
        let graph = Graph::new(GraphOptions {
            transport: Arc::clone(&self.transport),
            tokens: Arc::clone(&self.tokens),
            cloud: self.cloud,
            arm_endpoint: self.endpoint.clone(),
            is_sandbox: self.is_sandbox,
            clock: self.clock,
            events: events.clone(),
            stop: stop.clone(),
        });
        let graph = graph.map_err(SessionError::Sdk)?;
        let clusters = Way {
            in_process: self.is_sandbox.then(|| Arc::clone(&self.transport)),
            tokens: Arc::clone(&self.tokens),
            clock: self.clock,
            events: events.clone(),
            stop: stop.clone(),
            jitter_seed: self.retry.jitter_seed,
            give_up_after: GIVE_UP_AFTER,
        };
        let arm = Arm::new(ArmOptions {
            transport: self.transport,
            endpoint: self.endpoint,
            tokens: Arc::clone(&self.tokens),
            scope: self.scope,
            clock: self.clock,
            events: events.clone(),
            stop: stop.clone(),
            retry: self.retry,
        });
        let azure = Azure::new(arm, &self.subscription).map_err(SessionError::Sdk)?;
        let (is_sandbox, progress, tokens) = (self.is_sandbox, Progress::default(), self.tokens);
        let cloud = self.cloud;
        let session = Session {
            azure,
            data_plane,
            prices,
            graph,
            clusters,
            events,
            stop,
            is_sandbox,
            cloud,
            awake,
            progress,
            tokens,
        };
        Ok((session, receiver))
    }
}

impl Session {
    /// The service's clock.
    pub fn clock(&self) -> Clock {
        self.azure.arm().clock()
    }

    /// Signs in, and tells which credential won. The token is kept for the requests that follow.
    ///
    /// # Errors
    /// [`SignInError`]
    pub async fn sign_in(&self) -> Result<String, SignInError> {
        self.tokens.token(self.azure.arm().scope()).await?;
        Ok(self.tokens.winner().to_string())
    }

    /// The id of the tenant that is signed in to, if the token says so.
    pub(crate) async fn tenant(&self) -> Option<String> {
        self.tokens.token(self.azure.arm().scope()).await.ok()?.tenant()
    }

    /// The object id of who is signed in, if the token says so.
    pub(crate) async fn object_id(&self) -> Option<String> {
        self.tokens.token(self.azure.arm().scope()).await.ok()?.object_id()
    }
}
