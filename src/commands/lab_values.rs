//! What an attendee needs of a lab: its account, its model deployment, its identity, its issuer, as they are in Azure now.

use super::cure::{self, Whole};
use super::runner::{Command, Ending};
use super::work::Work;
use crate::azure::accounts::{Account, Deployment};
use crate::azure::error::Error as AzureError;
use crate::azure::lro::Status;
use crate::events::Level;
use crate::lab::ids;
use crate::lab::names;
use crate::lab::spec::LabSpec;
use crate::lab::tags::Tags;
use crate::outcome::{ErrorReport, Exit, LabState, Outputs};
use crate::recipe::error::Error as RecipeError;
use crate::recipe::{account, cluster, group};
use crate::values::{ResourceKind, Secret};

/// What there is of a lab.
pub(super) struct Found {
    pub(super) location: Option<String>,
    pub(super) outputs: Outputs,
    pub(super) account_id: Option<String>,
    /// The group of the account.
    pub(super) account_group: String,
    pub(super) takes_keys: bool,
    /// What is missing, in words.
    pub(super) missing: Vec<String>,
    /// What to do about it, if no command puts the lab right.
    pub(super) hint: Option<String>,
    /// Whose the lab is.
    pub(super) whole: Whole,
    /// Whether the service is at work on the cluster, which takes longest.
    pub(super) is_busy: bool,
}

/// Looks at the lab; `None` if there is none. Reads only, so the group may be anybody's.
pub(super) async fn look(work: &Work, names_deployment: bool) -> Result<Option<Found>, RecipeError> {
    let (azure, lab) = (&work.ctx.azure, &work.lab);
    let in_group = |error| RecipeError::azure(ResourceKind::ResourceGroup, &lab.group, &lab.group_id(), error);
    let Some(group) = azure.group(&lab.group).await.map_err(in_group)?.filter(|group| !group::is_going(group)) else {
        return Ok(None);
    };
    let is_ours = group::claim(&group, lab, false).is_ok();
    let mut settled = lab.clone();
    settled.settle_account(&Tags::read(group.tags.as_ref()));
    let host = settled.host(&group.location);
    let whole = if is_ours { Whole::Ours } else { Whole::Foreign };
    let of_cluster = |error| RecipeError::azure(ResourceKind::Cluster, &lab.cluster.name, &lab.cluster_id(), error);
    let of_identity = |error| RecipeError::azure(ResourceKind::Identity, &lab.identity, &lab.identity_id(), error);
    let (cluster, identity, accounts) = tokio::try_join!(
        async { azure.cluster(&lab.group, &lab.cluster.name).await.map_err(of_cluster) },
        async { azure.identity(&lab.group, &lab.identity).await.map_err(of_identity) },
        async { azure.accounts(&host.group).await.map_err(in_group) },
    )?;
    let mut found = Found {
        location: names::location(&group.location).ok(),
        outputs: Outputs::default(),
        account_id: None,
        account_group: host.group.clone(),
        takes_keys: true,
        missing: Vec::new(),
        hint: None,
        whole,
        is_busy: cluster.as_ref().is_some_and(cluster::is_busy),
    };
    find_account((work, &host), names_deployment, &accounts, &mut found).await?;
    let identity = identity.and_then(|identity| identity.properties);
    found.outputs.identity_client_id = identity.as_ref().and_then(|identity| identity.client_id.clone());
    found.outputs.identity_principal_id = identity.and_then(|identity| identity.principal_id);
    if found.outputs.identity_client_id.is_none() || found.outputs.identity_principal_id.is_none() {
        found.missing.push(format!("the managed identity {}", lab.identity));
    }
    match cluster.filter(|cluster| !cluster::is_going(cluster)) {
        Some(cluster) => {
            found.outputs.cluster = Some(lab.cluster.name.clone());
            found.outputs.oidc_issuer = cluster::issuer(&cluster).map(str::to_owned);
            if found.outputs.oidc_issuer.is_none() {
                found.missing.push(format!("the OIDC issuer of the cluster {}", lab.cluster.name));
            }
        }
        None => found.missing.push(format!("the cluster {}", lab.cluster.name)),
    }
    Ok(Some(found))
}

/// The account and its deployment.
async fn find_account(
    (work, host): (&Work, &LabSpec),
    names_deployment: bool,
    accounts: &[Account],
    found: &mut Found,
) -> Result<(), RecipeError> {
    let (azure, lab) = (&work.ctx.azure, &work.lab);
    let Some(state) = account::existing(host, accounts).and_then(|name| account::named(&name, accounts)) else {
        let others: Vec<&str> =
            accounts.iter().filter_map(|one| one.azure_entity_resource.resource.name.as_deref()).collect();
        found.missing.push(match &lab.account.name {
            Some(name) => format!("the OpenAI account {name}"),
            None => "the OpenAI account".to_owned(),
        });
        if !others.is_empty() {
            found.hint = Some(format!("name the OpenAI account: --account {}", others.join(" or ")));
        }
        return Ok(());
    };
    let name = state.azure_entity_resource.resource.name.clone().unwrap_or_default();
    let id = ids::account(&lab.subscription, &host.group, &name);
    found.takes_keys = !state.properties.as_ref().and_then(|properties| properties.disable_local_auth).unwrap_or(false);
    found.outputs.openai_endpoint = account::endpoint(state).map(str::to_owned);
    if found.outputs.openai_endpoint.is_none() {
        found.missing.push(format!("the endpoint of the OpenAI account {name}"));
    }
    let of_account = |error| RecipeError::azure(ResourceKind::OpenaiAccount, &name, &id, error);
    let deployments = azure.account_deployments(&host.group, &name).await.map_err(of_account)?;
    match deployment(work, names_deployment, &deployments) {
        Ok(deployment) => found.outputs.openai_deployment = Some(deployment),
        Err((missing, hint)) => {
            found.missing.push(missing);
            found.hint = hint.or(found.hint.take());
        }
    }
    found.outputs.openai_account = Some(name);
    found.account_id = Some(id);
    Ok(())
}

/// The name of the deployment that is meant, or what is missing and what to do about it.
fn deployment(
    work: &Work,
    names_deployment: bool,
    deployments: &[Deployment],
) -> Result<String, (String, Option<String>)> {
    let wanted = work.lab.deployments.first().map(|spec| spec.name.as_str()).unwrap_or_default();
    let names = || deployments.iter().filter_map(|one| Some((one, one.proxy_resource.resource.name.as_deref()?)));
    let missing = format!("the model deployment {wanted}");
    let chosen = match names().find(|(_, name)| ids::same(name, wanted)) {
        Some(found) => found,
        None => {
            let mut all = names();
            match (all.next(), all.next()) {
                (Some((one, name)), None) if !names_deployment => {
                    let message = format!("there is no deployment {wanted}: taking the only one, {name}");
                    work.ctx.events.note(Level::Info, message);
                    (one, name)
                }
                (None, _) => return Err((missing, None)),
                _ => {
                    let all: Vec<&str> = names().map(|(_, name)| name).collect();
                    let hint = format!("name the deployment: --deployment {}", all.join(" or "));
                    return Err((missing, Some(hint)));
                }
            }
        }
    };
    let (state, name) = chosen;
    let state = state.properties.as_ref().and_then(|properties| properties.provisioning_state.as_ref());
    // The SDK's enum, in the service's own words.
    let state = state.and_then(|state| serde_json::to_value(state).ok());
    match Status::read(state.as_ref().and_then(serde_json::Value::as_str)) {
        Status::Succeeded | Status::Running(_) => Ok(name.to_owned()),
        Status::Failed | Status::Canceled => Err((format!("a working model deployment {name} (it has failed)"), None)),
    }
}

/// The end of a lab that lacks something of what was looked for.
pub(super) fn incomplete(command: &Command<'_>, work: &Work, found: &Found) -> Ending {
    let lab = &work.lab;
    let (what, cure) = cure::cure(found.whole, found.is_busy);
    let cure = format!("{what}: {}", command.line(cure, work));
    let error = ErrorReport {
        resource: Some(lab.group_id()),
        ..ErrorReport::new("LabIncomplete", format!("the lab {} lacks: {}", lab.name, found.missing.join(", ")))
            .hint(found.hint.clone().unwrap_or(cure))
    };
    Ending { outputs: found.outputs.clone(), ..Ending::refused(LabState::Incomplete, error, Exit::NotFound) }
}

/// The account's key.
///
/// # Errors
/// The end of a lab whose account has none, or does not give it.
pub(super) async fn key(
    command: &Command<'_>,
    work: &Work,
    found: &Found,
    account: &str,
    id: &str,
) -> Result<Secret, Box<Ending>> {
    if !found.takes_keys {
        let error = ErrorReport {
            resource: Some(id.to_owned()),
            ..ErrorReport::new("LocalAuthDisabled", format!("the OpenAI account {account} has no keys: its local authentication is switched off")).hint(format!(
                "leave out --show-keys and use workload identity, as the workshop does later; or allow keys: az resource update --ids {id} --set properties.disableLocalAuth=false"
            ))
        };
        return Err(Box::new(Ending::refused(LabState::Failed, error, Exit::LabFailed)));
    }
    let of_account = |error: AzureError| RecipeError::azure(ResourceKind::OpenaiAccount, account, id, error);
    let asked = async { work.ctx.azure.account_key(&found.account_group, account).await.map_err(of_account) };
    command.limited(work, asked).await.map_err(|error| Box::new(Ending::failed(&error)))
}
