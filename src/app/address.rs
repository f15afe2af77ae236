//! Where the store is reached from outside.

use std::time::Duration;

use super::components::ADMIN;
use super::pauses::pauses;
use crate::events::{EventKind, Events};
use crate::kubernetes::{Cluster, Error, Kind, Object, workload};

/// The address of a Service.
pub(super) fn of(service: &Object) -> Option<String> {
    workload::address(service)
}

/// What came of waiting for the store's address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Address {
    /// The URL.
    At(String),
    /// There is no such Service.
    NoService,
    /// It had none within the limit.
    Late,
}

/// Waits until the store's page for those who run it has an address, at most for `limit`.
///
/// # Errors
/// [`Error`]
pub(crate) async fn wait_for(cluster: &Cluster, limit: Duration, events: &Events) -> Result<Address, Error> {
    let began = cluster.clock().stopwatch();
    for (tried, pause) in pauses().enumerate() {
        let Some(service) = cluster.get(Kind::Service, ADMIN).await? else { return Ok(Address::NoService) };
        if let Some(url) = of(&service) {
            return Ok(Address::At(url));
        }
        if tried == 0 {
            let reason = "an address of the load balancer".to_owned();
            events.emit(EventKind::AppWaiting { kind: Kind::Service.name(), name: ADMIN.to_owned(), reason });
        }
        if began.elapsed() + pause > limit {
            break;
        }
        cluster.pause(pause).await?;
    }
    Ok(Address::Late)
}
