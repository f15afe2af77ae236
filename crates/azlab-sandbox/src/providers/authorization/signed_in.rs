//! The role assignment that is there from the beginning: it lets the signed-in principal use the models of every account
//! of the subscription, as `azlab verify` does. An owner of a subscription has no such right by itself, on Azure neither.

use rusqlite::{Connection, TransactionBehavior};
use serde_json::json;

use crate::ids::{SIGNED_IN_OBJECT_ID, SUBSCRIPTION_ID};
use crate::state::store::{Resource, Store, kind};
use crate::state::timestamps::{Millis, stamp};

/// Its name.
const NAME: &str = "a21ab000-0000-4000-8000-000000000003";
/// `Cognitive Services OpenAI User`
const ROLE: &str = "5e0bd9bd-7b93-4f28-af87-19fc36ad61bd";
/// Says that the state has begun with it, so that it stays away once somebody has deleted it.
const MARK: &str = "signed_in_role";

fn scope() -> String {
    format!("/subscriptions/{SUBSCRIPTION_ID}")
}

fn id() -> String {
    format!("{}/providers/Microsoft.Authorization/roleAssignments/{NAME}", scope())
}

/// Whether `id` is that of the assignment which every state begins with.
pub(crate) fn is_initial(id: &str) -> bool {
    id.eq_ignore_ascii_case(&self::id())
}

/// Puts it into a state that has not had it yet; of several processes that do, one wins.
pub(crate) fn begin(connection: &mut Connection, now: Millis) -> rusqlite::Result<()> {
    if Store::new(connection, now).meta(MARK)?.is_some() {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let store = Store::new(&transaction, now);
    if store.meta(MARK)?.is_none() {
        set(&store, now, true)?;
        store.set_meta(MARK, "given")?;
    }
    transaction.commit()
}

/// Gives it, or takes it away.
pub(crate) fn set(store: &Store<'_>, now: Millis, on: bool) -> rusqlite::Result<()> {
    let there = store.get(&id())?;
    match (on, there) {
        (true, None) => store.put(&assignment(now)),
        (false, Some(there)) => store.end(&there.key(), now),
        _ => Ok(()),
    }
}

fn assignment(now: Millis) -> Resource {
    let id = id();
    let role = format!("{}/providers/Microsoft.Authorization/roleDefinitions/{ROLE}", scope());
    let body = json!({
        "properties": {
            "roleDefinitionId": role,
            "principalId": SIGNED_IN_OBJECT_ID,
            "principalType": "ServicePrincipal",
            "scope": scope(),
            "condition": null,
            "conditionVersion": null,
            "createdOn": stamp(now),
            "updatedOn": stamp(now),
            "createdBy": SIGNED_IN_OBJECT_ID,
            "updatedBy": SIGNED_IN_OBJECT_ID,
            "delegatedManagedIdentityResourceId": null,
            "description": "the sandbox's signed-in principal may use every model",
        },
        "id": id,
        "type": "Microsoft.Authorization/roleAssignments",
        "name": NAME,
    });
    Resource {
        parent: scope().to_lowercase(),
        lookup: Some(SIGNED_IN_OBJECT_ID.to_owned()),
        // From the beginning, whatever another process's clock says.
        born: 0,
        ..Resource::ready(kind::ASSIGNMENT, id, NAME, body, now)
    }
}
