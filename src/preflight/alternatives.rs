//! What would be taken in place of what the service has refused, here and now. Reads only, and only after the service has refused.

use std::time::Duration;

use super::model;
use crate::azure::client::Azure;
use crate::azure::clusters::recommendable;
use crate::azure::code::Code;
use crate::azure::error::ServiceError;
use crate::azure::permissions::{ASSIGN, condition_on};
use crate::lab::ids::same;
use crate::lab::model::deployable;
use crate::recipe::error::Error as RecipeError;
use crate::recipe::soft_deleted_account::SoftDeletedAccount;
use crate::values::ResourceKind;

/// As long as somebody who has just been refused waits for more, in service time.
const LIMIT: Duration = Duration::from_secs(20);

/// How many alternatives are named.
const MOST: usize = 4;

/// What helps against `error` of a lab at `location`; `None` if there is nothing to add, or it cannot be read in time.
pub(crate) async fn to_refused(azure: &Azure, location: &str, error: &RecipeError) -> Option<String> {
    let RecipeError::Azure { kind, name, id, source } = error else { return None };
    let found = async {
        if source.service().is_some_and(ServiceError::is_conditional) {
            return condition(azure, id).await;
        }
        let code = source.code()?;
        // Of an account it is the number of accounts.
        if *code == Code::InsufficientQuota && *kind != ResourceKind::ModelDeployment {
            return None;
        }
        find(azure, location, name, code).await
    };
    azure.arm().clock().timeout(LIMIT, found).await.ok().flatten()
}

async fn find(azure: &Azure, location: &str, name: &str, code: &Code) -> Option<String> {
    match code {
        Code::InsufficientQuota
        | Code::ServiceModelDeprecated
        | Code::ServiceModelDeprecating
        | Code::DeploymentModelNotSupported
        | Code::InvalidResourceProperties => models(azure, location).await,
        Code::K8sVersionNotSupported => kubernetes(azure, location).await,
        Code::CustomDomainInUse | Code::FlagMustBeSetForRestore => holder(azure, name).await,
        _ => None,
    }
}

/// The condition of the caller's right to assign roles, of which the refusal does not say what it is.
async fn condition(azure: &Azure, id: &str) -> Option<String> {
    let scope = id.split("/providers/").next().filter(|scope| !scope.is_empty())?;
    let entries = azure.permissions(scope).await.ok()?;
    let condition = condition_on(&entries, ASSIGN)?;
    Some(format!("the condition: {condition}"))
}

async fn models(azure: &Azure, location: &str) -> Option<String> {
    let (offers, _) = model::read(azure, location).await.ok()?;
    let open = deployable(&offers, azure.arm().clock().now());
    let told = open.iter().take(MOST).map(|offer| {
        let free = offer.free.map(|free| format!(" ({free} free)")).unwrap_or_default();
        format!("--model {} --model-sku {}{free}", offer.model, offer.sku)
    });
    let told: Vec<String> = told.collect();
    if told.is_empty() {
        return Some(format!("nothing can be deployed in {location} now: choose another --location"));
    }
    Some(format!("can be deployed in {location} now: {}", told.join(", ")))
}

async fn kubernetes(azure: &Azure, location: &str) -> Option<String> {
    let offered = azure.kubernetes_versions(location).await.ok()?;
    let told = recommendable(&offered);
    (!told.is_empty()).then(|| format!("offered in {location} now: {}", told.join(", ")))
}

/// The soft-deleted account of this subscription that holds the name or the subdomain.
async fn holder(azure: &Azure, name: &str) -> Option<String> {
    let deleted = azure.deleted_accounts().await.ok()?;
    let holds = |deleted_account: &SoftDeletedAccount| {
        same(&deleted_account.name, name)
            || deleted_account.subdomain.as_deref().is_some_and(|subdomain| same(subdomain, name))
    };
    let deleted_account = deleted.iter().filter_map(SoftDeletedAccount::read).find(holds)?;
    Some(format!(
        "the soft-deleted account {} holds it; to purge it for good: az cognitiveservices account purge -n {} -g {} -l {} --subscription {}",
        deleted_account.name,
        deleted_account.name,
        deleted_account.group,
        deleted_account.location,
        azure.subscription()
    ))
}
