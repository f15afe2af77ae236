//! The embedded Azure: an ARM server whose behaviour is that of azure-facts.md, with its state in a SQLite file.
//!
//! [`Sandbox::handle`] answers a request in process; [`Sandbox::router`] offers the same service to a socket. Time is the
//! [`Clock`](azlab_clock::Clock) given on opening: a call's effect is stored when the request arrives, its latency is slept
//! on that clock, then the answer goes out. Nothing runs in the background: each resource's state follows from what was
//! asked, when, and the time now.

mod arm;
mod control;
mod embedded;
mod faults;
mod ids;
mod providers;
mod sandbox;
pub mod scenario;
pub mod serve;
mod services;
mod state;
#[cfg(test)]
mod tests;

pub use control::Control;
pub use faults::entry::{AnswerFault, FaultEntry, OperationEntry};
pub use faults::fault::{ConnectionReset, Fault, FaultKind, OperationFault};
pub use faults::log::LoggedRequest;
pub use ids::{SIGNED_IN_OBJECT_ID, SUBSCRIPTION_ID, TENANT_ID};
pub use providers::cognitiveservices::changes::ModelChange;
pub use sandbox::Sandbox;
pub use scenario::active::{ActiveFault, ActiveScenario};
pub use scenario::latencies::Latencies;
pub use services::issuer::{ClusterChoice, ServiceAccount, ServiceAccountToken, ServiceAccountTokenError};
pub use services::signin;
pub use state::inventory::{Inventory, InventoryItem, InventoryOperation};
pub use state::open::{SandboxError, reset};
pub use state::operation_end::OperationEnd;
pub use state::settings::{Durations, GrantedRole, RetiredModel, Settings, SubscriptionState};
