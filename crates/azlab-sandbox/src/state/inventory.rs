//! What exists, for `sandbox show`.

use serde_json::Value;
use time::OffsetDateTime;

use super::error::SandboxError;
use super::lists::ListQuery;
use super::store::Store;
use super::timestamps::{millis, time_of};
use crate::sandbox::Sandbox;

/// Everything in the embedded Azure at one moment.
#[derive(Clone, Debug)]
pub struct Inventory {
    /// The sandbox's date.
    pub now: OffsetDateTime,
    /// By how much it is ahead of the clock that the sandbox was given (the machine's, for a state in a file).
    pub ahead: time::Duration,
    /// Resource groups and resources, in the order of their ids.
    pub resources: Vec<InventoryItem>,
    /// Accounts deleted but not purged; their state says until when they are kept.
    pub soft_deleted: Vec<InventoryItem>,
    /// Operations under way.
    pub operations: Vec<InventoryOperation>,
}

/// A resource.
#[derive(Clone, Debug)]
pub struct InventoryItem {
    /// Its id.
    pub id: String,
    /// Its type, lower case.
    pub resource_type: String,
    /// Region; empty where the type has none.
    pub location: String,
    /// `provisioningState` now.
    pub state: String,
    /// When it was created.
    pub created: OffsetDateTime,
    /// What is stored of it: a resource's body without its state.
    pub body: Value,
}

impl Inventory {
    /// The subdomains of the accounts that can be asked now, in their order: the names below which the data plane serves them.
    pub fn accounts(&self) -> Vec<&str> {
        let accounts = self.resources.iter().filter(|item| item.resource_type.ends_with("cognitiveservices/accounts"));
        accounts.filter_map(|item| item.body["properties"]["customSubDomainName"].as_str()).collect()
    }
}

/// A long-running operation.
#[derive(Clone, Debug)]
pub struct InventoryOperation {
    /// Id of the operation.
    pub id: String,
    /// What it does, such as `cluster-create`.
    pub kind: String,
    /// What it works on.
    pub resource: String,
    /// When it was asked for.
    pub started: OffsetDateTime,
    /// When it will be done.
    pub done: OffsetDateTime,
}

pub(crate) fn inventory(sandbox: &Sandbox) -> Result<Inventory, SandboxError> {
    let mut db = sandbox.connection();
    let transaction = db.transaction()?;
    sandbox.look(&transaction)?;
    let now = millis(sandbox.clock().now());
    let store = Store::new(&transaction, now);
    let providers = sandbox.inner.providers;
    let (mut resources, mut soft_deleted) = (Vec::new(), Vec::new());
    for found in store.list(&ListQuery::default())? {
        // Nobody made it, and an empty sandbox is empty; lists of role assignments show it.
        if providers.of_kind(&found.kind).is_some_and(|provider| provider.is_initial(&found.id)) {
            continue;
        }
        let deleted = providers.resource_type(&found.kind).is_some_and(|it| it.is_soft_deleted);
        let item = InventoryItem {
            state: found.state(now).to_owned(),
            id: found.id,
            resource_type: found.kind.into_owned(),
            location: found.location,
            created: time_of(found.created),
            body: found.body,
        };
        if deleted { soft_deleted.push(item) } else { resources.push(item) }
    }
    let operations = transaction
        .prepare_cached("SELECT id, kind, resource, asked, done FROM operations WHERE done > ?1 ORDER BY asked, id")?
        .query_map([now], |row| {
            Ok(InventoryOperation {
                id: row.get(0)?,
                kind: row.get(1)?,
                resource: row.get(2)?,
                started: time_of(row.get(3)?),
                done: time_of(row.get(4)?),
            })
        })?
        .collect::<Result<_, _>>()?;
    Ok(Inventory { now: time_of(now), ahead: sandbox.ahead(), resources, soft_deleted, operations })
}
