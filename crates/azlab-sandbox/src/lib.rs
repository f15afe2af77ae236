//! An embedded Azure for other people's tests, rehearsals and lessons: a server of Azure Resource Manager that behaves as the
//! real one does, in memory ([`Sandbox::in_memory`]) or in a SQLite file that several processes may use
//! ([`Sandbox::open`]).
//!
//! [`Sandbox`] is a [`Service`](tower::Service) for requests in process, and [`serve::serve`] offers it on a socket, with TLS,
//! a sign-in service and Microsoft Graph. The README has a whole example of each.
//!
//! ```
//! use azlab_sandbox::{Clock, Sandbox, SUBSCRIPTION_ID};
//! use tower::ServiceExt as _;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let azure = Sandbox::in_memory(Clock::real())?;
//! let request = http::Request::get(format!("/subscriptions/{SUBSCRIPTION_ID}?api-version=2021-04-01"))
//!     .header("authorization", azure.bearer()?)
//!     .body(String::new())?;
//! assert_eq!(azure.oneshot(request).await?.status(), 200);
//! # Ok(())
//! # }
//! ```
//!
//! Time is the [`Clock`] given on opening, which stands on tokio's: a call's effect is stored when the request arrives, its
//! latency is slept on that clock, then the answer goes out. Nothing runs in the background: each resource's state follows from
//! what was asked, when, and the time now.
//!
//! What is wrong with a state is a [`SandboxError`], and what is wrong with a request is answered as Azure answers it, or with
//! a code that says that it is of the sandbox (`SandboxStateChanged`, `SandboxWithoutRuntime`).

/// What the README shows is compiled, and its server is run.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

mod access_token;
mod arm;
pub mod bodies;
mod control;
mod embedded;
mod faults;
mod ids;
mod label_syntax;
mod providers;
mod sandbox;
pub mod scenario;
mod sending;
pub mod serve;
mod service;
mod services;
mod state;
#[cfg(test)]
mod tests;

pub use access_token::ARM_AUDIENCE;
pub use azlab_clock::Clock;
pub use control::Control;
pub use faults::entry::{AnswerFault, FaultEntry, OperationEntry};
pub use faults::fault::{ConnectionReset, Fault, FaultKind, OperationFault};
pub use faults::log::LoggedRequest;
pub use ids::{SIGNED_IN_OBJECT_ID, SUBSCRIPTION_ID, TENANT_ID};
pub use providers::cognitiveservices::changes::ModelChange;
pub use sandbox::Sandbox;
pub use scenario::active::{ActiveFault, ActiveScenario};
pub use scenario::latencies::Latencies;
pub use sending::{Reply, SendError};
pub use services::control_plane::{ControlPlaneError, ControlPlanes};
pub use services::issuer::{
    ClusterChoice, IssuerPrivateKey, ServiceAccount, ServiceAccountToken, ServiceAccountTokenError,
};
pub use services::kubernetes::Unreachable;
pub use services::openai::{ACCOUNTS_PATH, AnswerEntry, CallEntry, Category, Refuse, Severity};
pub use services::signin;
pub use state::error::{OtherSchema, SandboxError};
pub use state::inventory::{Inventory, InventoryItem, InventoryOperation};
pub use state::kubernetes::{KubernetesSettings, RefusingWebhook};
pub use state::open::reset;
pub use state::operation_end::OperationEnd;
pub use state::people::{DirectorySettings, GroupEntry, UserEntry};
pub use state::settings::{Durations, FullRegion, RetiredModel, Settings};
pub use state::subscriptions::{DenyAssignment, GrantedRole, OtherSubscription, SubscriptionState};
