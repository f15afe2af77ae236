//! The role assignment that is there from the beginning: it lets the signed-in principal use the models of every account
//! of the subscription, as `azlab verify` does. An owner of a subscription has no such right by itself, on Azure neither.

use rusqlite::{Connection, TransactionBehavior};
use serde_json::json;

use crate::ids::{SIGNED_IN_OBJECT_ID, SUBSCRIPTION_ID};
use crate::state::store::{Resource, Store, kind};
use crate::state::subscriptions::OtherSubscription;
use crate::state::timestamps::{Millis, stamp};

/// Its name.
const NAME: &str = "a21ab000-0000-4000-8000-000000000003";
/// `Cognitive Services OpenAI User`
const ROLE: &str = "5e0bd9bd-7b93-4f28-af87-19fc36ad61bd";
/// Says that the state has begun with it, so that it stays away once somebody has deleted it.
const MARK: &str = "signed_in_role";

fn scope(subscription: &str) -> String {
    format!("/subscriptions/{subscription}")
}

fn id(subscription: &str) -> String {
    format!("{}/providers/Microsoft.Authorization/roleAssignments/{NAME}", scope(subscription))
}

/// Whether `id` is that of the assignment which every subscription begins with.
pub(crate) fn is_initial(id: &str) -> bool {
    let subscription = id.split('/').nth(2).unwrap_or_default();
    id.eq_ignore_ascii_case(&self::id(subscription))
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

/// Gives it, or takes it away, in the first subscription.
pub(crate) fn set(store: &Store<'_>, now: Millis, on: bool) -> rusqlite::Result<()> {
    set_in(store, SUBSCRIPTION_ID, now, on)
}

/// Gives it in each of the others whose settings say so, once: whoever deletes it there is rid of it.
pub(crate) fn in_others(store: &Store<'_>, others: &[OtherSubscription]) -> rusqlite::Result<()> {
    for other in others {
        let mark = format!("{MARK}/{}", other.id);
        let wanted = if other.data_role { "given" } else { "taken" };
        if store.meta(&mark)?.as_deref() != Some(wanted) {
            set_in(store, &other.id, store.now, other.data_role)?;
            store.set_meta(&mark, wanted)?;
        }
    }
    Ok(())
}

fn set_in(store: &Store<'_>, subscription: &str, now: Millis, on: bool) -> rusqlite::Result<()> {
    let there = store.get(&id(subscription))?;
    match (on, there) {
        (true, None) => store.put(&assignment(subscription, now)),
        (false, Some(there)) => store.end(&there.key(), now),
        _ => Ok(()),
    }
}

fn assignment(subscription: &str, now: Millis) -> Resource {
    let (id, scope) = (id(subscription), scope(subscription));
    let role = format!("{scope}/providers/Microsoft.Authorization/roleDefinitions/{ROLE}");
    let body = json!({
        "properties": {
            "roleDefinitionId": role,
            "principalId": SIGNED_IN_OBJECT_ID,
            "principalType": "ServicePrincipal",
            "scope": scope,
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
        parent: scope.to_lowercase(),
        lookup: Some(SIGNED_IN_OBJECT_ID.to_owned()),
        // From the beginning, whatever another process's clock says.
        born: 0,
        ..Resource::ready(kind::ASSIGNMENT, id, NAME, body, now)
    }
}
