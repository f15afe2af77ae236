//! `openai_account`, `endpoint`, and for each model deployment `deployment`.

use super::facts::{Facts, Look, account_name, deployment_name};
use super::fixes::Fixes;
use super::report::{fail, forbidden, pass, unread, warn};
use crate::azure::accounts::{Account, Deployment, account_properties};
use crate::azure::lro::Status;
use crate::lab::ids::same;
use crate::lab::spec::DeploymentSpec;
use crate::outcome::CheckReport;
use crate::recipe::account::endpoint as endpoint_of;
use crate::recipe::deployment::Deployed;
use crate::values::ResourceKind;

const ACCOUNT: &str = "openai_account";
const ENDPOINT: &str = "endpoint";
const DEPLOYMENT: &str = "deployment";

/// The checks of the account and its deployments.
pub(super) fn check(facts: &Facts, fixes: &Fixes<'_>) -> Vec<CheckReport> {
    let mut checks = vec![state(facts, fixes), endpoint(facts, fixes)];
    checks.extend(fixes.lab.deployments.iter().map(|spec| deployment(facts, fixes, spec)));
    checks
}

/// `provisioningState` of the SDK's enums, in the service's word.
fn word(state: Option<impl serde::Serialize>) -> Option<String> {
    serde_json::to_value(state?).ok()?.as_str().map(str::to_owned)
}

fn state(facts: &Facts, fixes: &Fixes<'_>) -> CheckReport {
    let group = &facts.account_group;
    let account = match &facts.account {
        Look::There(account) => account,
        Look::Forbidden(why) => return forbidden(ACCOUNT, why),
        Look::Absent => {
            let name = fixes.lab.account_name(0);
            let message = match &fixes.lab.account.name {
                Some(name) => format!("there is no OpenAI account {name} in the resource group {group}"),
                None if facts.accounts.is_empty() => {
                    format!("there is no OpenAI account in the resource group {group}")
                }
                None => format!(
                    "none of the accounts in the resource group {group} is the lab's: {}; name one with --account",
                    facts.accounts.join(", ")
                ),
            };
            let az = || {
                format!(
                    "az cognitiveservices account create -n {name} {} -l {} --kind OpenAI --sku S0 --custom-domain {name}",
                    facts.in_account_group(fixes.lab),
                    facts.group.location
                )
            };
            return fail(ACCOUNT, message, fixes.repair(az));
        }
    };
    let name = account_name(account).unwrap_or_default();
    let properties = account.properties.clone().unwrap_or_default();
    match Status::read(word(properties.provisioning_state).as_deref()) {
        Status::Running(status) => {
            let message = format!("the OpenAI account {name} is not ready yet: {status}; wait for it");
            let az = || {
                format!(
                    "az resource wait --updated --ids {}",
                    account.azure_entity_resource.resource.id.as_deref().unwrap_or_default()
                )
            };
            fail(ACCOUNT, message, fixes.wait(az))
        }
        Status::Failed | Status::Canceled => {
            let message = format!("the last operation on the OpenAI account {name} failed");
            let az = || format!("az cognitiveservices account update -n {name} {}", facts.in_account_group(fixes.lab));
            fail(ACCOUNT, message, fixes.repair(az))
        }
        Status::Succeeded => match facts.accounts.first() {
            Some(first) if !same(first, name) => warn(
                ACCOUNT,
                format!(
                    "the OpenAI account {name} is ready, but the workshop's commands take the group's first: {first}"
                ),
                format!("in the workshop's commands, set AOAI_NAME={name} by hand"),
            ),
            _ => pass(ACCOUNT, format!("the OpenAI account {name} is ready")),
        },
    }
}

/// Whether the account can be reached with a token of Entra, and from where.
fn endpoint(facts: &Facts, fixes: &Fixes<'_>) -> CheckReport {
    let Look::There(account) = &facts.account else {
        return unread(ENDPOINT, &facts.account, ResourceKind::OpenaiAccount)
            .unwrap_or_else(|| pass(ENDPOINT, String::new()));
    };
    let name = account_name(account).unwrap_or_default();
    let properties = account.properties.clone().unwrap_or_default();
    if properties.custom_sub_domain_name.as_deref().unwrap_or_default().is_empty() {
        let message = format!(
            "the OpenAI account {name} has no subdomain of its own: it accepts keys only, not tokens from Entra"
        );
        let az = || {
            format!(
                "az cognitiveservices account update -n {name} {} --custom-domain {name}",
                facts.in_account_group(fixes.lab)
            )
        };
        return fail(ENDPOINT, message, fixes.repair(az));
    }
    if properties.public_network_access == Some(account_properties::PublicNetworkAccess::Disabled) {
        let message = format!("the OpenAI account {name} is closed to the public network");
        let id = account.azure_entity_resource.resource.id.as_deref().unwrap_or_default();
        let hint = format!("az resource update --ids {id} --set properties.publicNetworkAccess=Enabled");
        return fail(ENDPOINT, message, hint);
    }
    pass(ENDPOINT, endpoint_of(account).unwrap_or_default())
}

/// The deployment `spec` of the account, if it is there and ready.
pub(super) fn ready<'a>(facts: &'a Facts, spec: &DeploymentSpec) -> Option<&'a Deployment> {
    let found = find(facts.deployments.as_ref().ok()?, spec)?;
    matches!(status(found), Status::Succeeded).then_some(found)
}

/// Whether the account can be asked with a token.
pub(super) fn can_be_asked(account: &Account) -> bool {
    let properties = account.properties.clone().unwrap_or_default();
    properties.custom_sub_domain_name.is_some_and(|name| !name.is_empty())
        && properties.public_network_access != Some(account_properties::PublicNetworkAccess::Disabled)
}

fn find<'a>(all: &'a [Deployment], spec: &DeploymentSpec) -> Option<&'a Deployment> {
    all.iter().find(|one| deployment_name(one).is_some_and(|name| same(name, &spec.name)))
}

fn status(deployment: &Deployment) -> Status {
    let properties = deployment.properties.clone().unwrap_or_default();
    Status::read(word(properties.provisioning_state).as_deref())
}

fn deployment(facts: &Facts, fixes: &Fixes<'_>, spec: &DeploymentSpec) -> CheckReport {
    if let Some(skipped) = unread(DEPLOYMENT, &facts.account, ResourceKind::OpenaiAccount) {
        return skipped;
    }
    let all = match &facts.deployments {
        Ok(all) => all,
        Err(why) => return forbidden(DEPLOYMENT, why),
    };
    let account = facts.account.there().and_then(account_name).unwrap_or_default();
    let az = |verb: &str| {
        format!("az cognitiveservices account deployment {verb} -n {account} {}", facts.in_account_group(fixes.lab))
    };
    let name = &spec.name;
    let Some(found) = find(all, spec) else {
        let others: Vec<&str> = all.iter().filter_map(deployment_name).collect();
        let beside = if others.is_empty() { String::new() } else { format!("; it has {}", others.join(", ")) };
        let message = format!("the account {account} has no model deployment {name}{beside}");
        let model = spec.model.name.as_deref().unwrap_or("MODEL");
        let create = || {
            format!(
                "{} --deployment-name {name} --model-format OpenAI --model-name {model} --model-version VERSION --sku-name \
                 Standard --sku-capacity 10",
                az("create")
            )
        };
        return fail(DEPLOYMENT, message, fixes.repair(create));
    };
    let is_first_spec = fixes.lab.deployments.first().is_some_and(|first| same(&first.name, name));
    match status(found) {
        Status::Running(status) => fail(
            DEPLOYMENT,
            format!("the model deployment {name} is not ready yet: {status}; wait for it"),
            fixes.wait(|| format!("{} --deployment-name {name}", az("show"))),
        ),
        Status::Failed | Status::Canceled => fail(
            DEPLOYMENT,
            format!("the last operation on the model deployment {name} failed"),
            fixes.repair(|| format!("{} --deployment-name {name}", az("delete"))),
        ),
        Status::Succeeded => {
            let deployed = Deployed::read(found);
            let what = format!("the model deployment {name}: {} {}", deployed.model, deployed.version);
            match all.first().and_then(deployment_name) {
                Some(first) if is_first_spec && !same(first, name) => warn(
                    DEPLOYMENT,
                    format!("{what}; but the workshop's commands take the account's first: {first}"),
                    format!("in the workshop's commands, set AOAI_DEPLOYMENT_NAME={name} by hand"),
                ),
                _ => pass(DEPLOYMENT, what),
            }
        }
    }
}
