//! A model deployment on the account.

use std::sync::OnceLock;
use std::time::Duration;

use http::Method;

use super::context::Context;
use super::needs::{Needs, RequiredAction};
use super::resource::{Resource, unfinished};
use super::succession;
use super::waits::wait_as_told;
use crate::azure::accounts::deployment_properties::VersionUpgradeOption;
use crate::azure::accounts::{Deployment as State, DeploymentModel, DeploymentProperties, Sku};
use crate::azure::arm::Reply;
use crate::azure::client::Azure;
use crate::azure::error::{Error as AzureError, ServiceError};
use crate::azure::lro::{Goal, Look, Operation, PollPolicy, Status};
use crate::azure::observed::{Observed, Update};
use crate::lab::comparison::{Comparison, Difference};
use crate::lab::ids::{self, same};
use crate::lab::model::Choice;
use crate::lab::spec::{DeploymentSpec, ModelSpec};
use crate::outcome::plan::Field;
use crate::values::ResourceKind;

/// The state of a deployment that the service has taken out of use.
const DISABLED: &str = "Disabled";
/// How long a deletion may go on.
const GOING: Duration = Duration::from_secs(900);
/// How long a deployment may still be seen after a deletion that is said to be done.
const UNSEEN: Duration = Duration::from_secs(120);

/// The deployment as it should be.
#[derive(Clone, Debug)]
pub struct Deployment {
    group: String,
    account: String,
    parent: String,
    id: String,
    spec: DeploymentSpec,
    choice: Choice,
    /// Whether a look has shown that the service has moved it to another model.
    is_moved: OnceLock<()>,
}

impl Deployment {
    /// The deployment `spec` on the account with the ARM id `account_id`. `choice` is what preflight chose for it.
    pub fn new(group: &str, account: &str, account_id: &str, spec: &DeploymentSpec, choice: Choice) -> Self {
        Self {
            group: group.to_owned(),
            account: account.to_owned(),
            parent: account_id.to_owned(),
            id: ids::deployment(account_id, &spec.name),
            spec: spec.clone(),
            choice,
            is_moved: OnceLock::new(),
        }
    }
}

/// The model and sku of a deployment that exists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Deployed {
    /// The model.
    pub model: String,
    /// Its version.
    pub version: String,
    /// The sku.
    pub sku: String,
    /// The capacity.
    pub capacity: u32,
}

impl Deployed {
    /// Reads a deployment.
    pub fn read(state: &State) -> Self {
        let model = state.properties.as_ref().and_then(|properties| properties.model.clone()).unwrap_or_default();
        let sku = state.sku.as_ref();
        Self {
            model: model.name.unwrap_or_default(),
            version: model.version.unwrap_or_default(),
            sku: sku.map(|sku| sku.name.clone()).unwrap_or_default(),
            capacity: sku.and_then(|sku| u32::try_from(sku.capacity?).ok()).unwrap_or_default(),
        }
    }
}

impl From<&Choice> for Deployed {
    fn from(choice: &Choice) -> Self {
        let Choice { model, version, sku, capacity } = choice.clone();
        Self { model, version, sku, capacity }
    }
}

impl From<Deployed> for Choice {
    fn from(deployed: Deployed) -> Self {
        let Deployed { model, version, sku, capacity } = deployed;
        Self { model, version, sku, capacity }
    }
}

/// Whether the service may move the deployment to what comes after its model's version.
fn upgrades_itself(state: &State) -> bool {
    let option = state.properties.as_ref().and_then(|properties| properties.version_upgrade_option.as_ref());
    option.is_some_and(|option| *option != VersionUpgradeOption::NoAutoUpgrade)
}

/// Whether the service has moved the deployment of that group and account to another model than the one that the file names
/// ([`succession`]).
///
/// # Errors
/// The account or the catalogue of its region cannot be read.
pub(crate) async fn is_moved(
    azure: &Azure,
    place: (&str, &str),
    state: &State,
    want: &ModelSpec,
) -> Result<bool, AzureError> {
    let model = Deployed::read(state).model;
    let has = succession::Has { model: &model, upgrades_itself: upgrades_itself(state) };
    succession::is_moved(azure, place, &has, want).await
}

/// What people should know of a deployment that the service has moved from the model `from`.
pub(crate) fn told_of_move(deployment: &str, from: &str, has: &Deployed) -> String {
    succession::told(deployment, from, &has.model, &has.version)
}

/// What `want` asks of a deployment that is there. Once the service has moved it to a younger version, as
/// `versionUpgradeOption` tells it to, the version is the service's (azure-facts.md section 10); and so are model and version
/// of one that `is_moved` to another model ([`super::succession`]).
pub(crate) fn as_moved(state: &State, want: &ModelSpec, is_moved: bool) -> ModelSpec {
    let have = Deployed::read(state);
    if is_moved {
        let version = want.version.as_ref().map(|_| have.version);
        return ModelSpec { name: Some(have.model), version, ..want.clone() };
    }
    let moves = upgrades_itself(state);
    let is_its_model = want.is_default || want.name.as_ref().is_none_or(|name| same(name, &have.model));
    let is_older = |version: &String| is_older_version(version, &have.version);
    if moves && is_its_model && want.version.as_ref().is_some_and(is_older) {
        return ModelSpec { version: Some(have.version), ..want.clone() };
    }
    want.clone()
}

/// What a deployment is, and its `versionUpgradeOption`, if `want` asks for an older version than the one to which the service
/// has moved it, and would move it again.
pub(crate) fn moved_past(state: &State, want: &ModelSpec) -> Option<(Deployed, String)> {
    if as_moved(state, want, false).version == want.version {
        return None;
    }
    let option = state.properties.as_ref()?.version_upgrade_option.as_ref()?;
    let option = serde_json::to_value(option).ok()?.as_str()?.to_owned();
    Some((Deployed::read(state), format!("versionUpgradeOption {option}")))
}

/// Whether `one` came out before `other`. Versions are dates (`2024-08-06`, `turbo-2024-04-09`), or a month and a day of the time
/// from March 2023 to February 2024 (`0613`, `1106`, `0125-Preview`), or small numbers. What is none of these has no order.
fn is_older_version(one: &str, other: &str) -> bool {
    matches!((age(one), age(other)), (Some(one), Some(other)) if one < other)
}

/// A number that grows with the date of a version.
fn age(version: &str) -> Option<u32> {
    let numbers: Vec<u32> = version
        .split('-')
        .filter(|part| !part.is_empty() && part.len() <= 4 && part.bytes().all(|byte| byte.is_ascii_digit()))
        .filter_map(|part| part.parse().ok())
        .collect();
    match numbers[..] {
        [year, month, day] => Some(year * 10_000 + month * 100 + day),
        [day] if day >= 300 => Some(20_230_000 + day),
        [day] if day >= 100 => Some(20_240_000 + day),
        [number] => Some(number),
        _ => None,
    }
}

/// Compares a deployment with what `want` names; what it leaves open fits. `is_moved` as in [`as_moved`].
pub(crate) fn compare(state: &State, want: &ModelSpec, is_moved: bool) -> Comparison {
    let provisioning = state.properties.as_ref().and_then(|properties| properties.provisioning_state.as_ref());
    let provisioning = provisioning.and_then(|state| serde_json::to_value(state).ok());
    let provisioning = provisioning.as_ref().and_then(serde_json::Value::as_str);
    // Nothing is in progress then: the service has taken it out of use ("Deployments - Get", `DeploymentProvisioningState`).
    if provisioning.is_some_and(|state| same(state, DISABLED)) {
        return Comparison::Broken(DISABLED.into());
    }
    if let Some(fit) = unfinished(provisioning) {
        return fit;
    }
    let want = &as_moved(state, want, is_moved);
    let have = Deployed::read(state);
    let mut differences = Vec::new();
    for (field, have, want) in [
        ("model", &have.model, &want.name.clone().filter(|_| !want.is_default)),
        ("model_version", &have.version, &want.version),
        ("model_sku", &have.sku, &want.sku),
    ] {
        if let Some(want) = want
            && !same(have, want)
        {
            differences.push(Difference::changeable(field, have, want));
        }
    }
    if let Some(want) = want.capacity
        && have.capacity != want
    {
        differences.push(Difference::changeable("capacity", have.capacity.to_string(), want.to_string()));
    }
    Comparison::of(differences)
}

/// Deletes the deployment `name` of the account with the ARM id `account_id`, and waits until it is gone. Refusals that pass
/// (another write on the account) are waited out.
///
/// # Errors
/// 404 `NotFound` if there is none; what the service refuses for good.
pub(crate) async fn delete(
    ctx: &Context,
    group: &str,
    account: &str,
    account_id: &str,
    name: &str,
) -> Result<(), AzureError> {
    let arm = ctx.azure.arm();
    let awake = ctx.clock().stopwatch();
    let _one_writer = ctx.parents.lock(account_id).await;
    if ctx.azure.deployment(group, account, name).await?.is_none() {
        // The service answers a DELETE of nothing with success.
        return Err(AzureError::from(ServiceError::absent(Method::DELETE, &ids::deployment(account_id, name))));
    }
    let mut tries = 0;
    let reply = loop {
        tries += 1;
        let asked = awake.elapsed();
        match ctx.azure.delete_deployment(group, account, name).await {
            Ok(reply) => break reply,
            // A repetition after a lost answer.
            Err(error) if error.is_absent() => return Ok(()),
            Err(error) => {
                let wait = wait_as_told(&error).filter(|wait| asked < wait.limit);
                let Some(wait) = wait else { return Err(error) };
                ctx.ledger.waits_out(ResourceKind::ModelDeployment, name, wait.reason, &error);
                arm.pause(wait.pause(tries)).await?;
            }
        }
    };
    ctx.ledger.taken(ResourceKind::ModelDeployment, name);
    let look = async || {
        let found = ctx.azure.deployment(group, account, name).await?;
        Ok(found.map_or(Look::Absent, |_| Look::Exists(Status::Running("Deleting".into()))))
    };
    let is_said_to_be_done = matches!(reply.status, http::StatusCode::OK | http::StatusCode::NO_CONTENT);
    if is_said_to_be_done && look().await? == Look::Absent {
        return Ok(());
    }
    // A success that shows no effect is not the service's: something in between may have given it.
    let limit = if is_said_to_be_done { UNSEEN } else { GOING };
    let operation = Operation::begun(arm, Method::DELETE, account_id, &reply);
    operation.wait(arm, Goal::Gone, PollPolicy::seconds(limit), |_| {}, look).await
}

impl Resource for Deployment {
    type State = State;
    const NEEDS: Needs = Needs {
        kind: ResourceKind::ModelDeployment,
        provider: "Microsoft.CognitiveServices",
        resource_type: "accounts/deployments",
        is_regional: false,
        bills: false,
        write: &[RequiredAction::in_group("Microsoft.CognitiveServices/accounts/deployments/write")],
        delete: &[],
        purge: &[],
    };

    fn name(&self) -> &str {
        &self.spec.name
    }

    fn id(&self) -> &str {
        &self.id
    }

    fn parent(&self) -> Option<&str> {
        Some(&self.parent)
    }

    fn poll_policy(&self) -> PollPolicy {
        PollPolicy::seconds(Duration::from_secs(900))
    }

    async fn observe(&self, ctx: &Context) -> Result<Option<State>, AzureError> {
        let found = ctx.azure.deployment(&self.group, &self.account, &self.spec.name).await?;
        if let Some(state) = &found
            && is_moved(&ctx.azure, (&self.group, &self.account), state, &self.spec.model).await?
        {
            self.is_moved.get_or_init(|| ());
        }
        Ok(found)
    }

    fn compare(&self, state: &State) -> Comparison {
        compare(state, &self.spec.model, self.is_moved.get().is_some())
    }

    fn note(&self, state: Option<&State>) -> Option<String> {
        self.is_moved.get()?;
        Some(told_of_move(&self.spec.name, self.spec.model.name.as_deref()?, &Deployed::read(state?)))
    }

    fn fields(&self) -> Vec<Field> {
        let Choice { model, version, sku, capacity } = &self.choice;
        let mut fields = vec![Field::new("model", model)];
        fields.extend(Some(version).filter(|version| !version.is_empty()).map(|one| Field::new("model_version", one)));
        fields.extend([Field::new("model_sku", sku), Field::new("capacity", capacity.to_string())]);
        fields
    }

    async fn write(&self, ctx: &Context, current: Option<&State>) -> Result<Reply, AzureError> {
        let (group, account, name) = (&self.group, &self.account, &self.spec.name);
        let current = match current {
            Some(_) => ctx.azure.observe_deployment(group, account, name).await?,
            None => None,
        };
        if let Some(current) = current {
            return ctx.azure.update_deployment(group, account, name, self.update(current)).await;
        }
        let next = Deployed::from(&self.choice);
        let mut deployment = State::new();
        let mut sku = Sku::new(next.sku);
        sku.capacity = i32::try_from(next.capacity).ok();
        deployment.sku = Some(sku);
        deployment.properties = Some(DeploymentProperties {
            model: Some(DeploymentModel {
                format: Some("OpenAI".into()),
                name: Some(next.model),
                version: Some(next.version).filter(|version| !version.is_empty()),
                ..DeploymentModel::default()
            }),
            ..DeploymentProperties::default()
        });
        ctx.azure.put_deployment(group, account, name, deployment).await
    }
}

impl Deployment {
    /// Changes what differs, and nothing else.
    fn update(&self, current: Observed<State>) -> Update<State> {
        let have = Deployed::read(&current.model);
        let mut next = Deployed::from(&self.choice);
        // Model and capacity must not change in one PUT (azure-facts.md section 4): one of them now, and the other
        // when the next look finds it still different.
        let is_other_model = !same(&have.model, &next.model) || have.version != next.version;
        if is_other_model && next.capacity < have.capacity {
            // In this order there is quota for both steps if there is for what should be.
            next = Deployed { capacity: next.capacity, ..have.clone() };
        } else if is_other_model {
            next.capacity = have.capacity;
        }
        let mut update = current.into_update();
        if have.version != next.version {
            if next.version.is_empty() {
                update.remove("/properties/model/version");
            } else {
                update.set("/properties/model/version", next.version);
            }
        }
        if !same(&have.model, &next.model) {
            update.set("/properties/model/format", "OpenAI");
            update.set("/properties/model/name", next.model);
        }
        if !same(&have.sku, &next.sku) {
            update.set("/sku/name", next.sku);
            // It tells of the sku that was.
            update.remove("/sku/tier");
        }
        if have.capacity != next.capacity {
            update.set("/sku/capacity", next.capacity);
        }
        update
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn found(version: &str, option: &str) -> State {
        let body = json!({"sku": {"name": "Standard", "capacity": 10}, "properties": {"provisioningState": "Succeeded",
            "versionUpgradeOption": option, "model": {"format": "OpenAI", "name": "m", "version": version}}});
        serde_json::from_value(body).expect("a deployment")
    }

    fn want(version: &str) -> ModelSpec {
        ModelSpec {
            name: Some("m".into()),
            is_default: false,
            is_asked_now: false,
            version: Some(version.into()),
            sku: None,
            capacity: None,
        }
    }

    #[test]
    fn a_deployment_that_the_service_took_out_of_use_is_written_again_and_not_waited_for() {
        let mut disabled = found("1", "NoAutoUpgrade");
        let state = serde_json::from_value(json!("Disabled")).expect("a state");
        disabled.properties.get_or_insert_default().provisioning_state = Some(state);
        assert_eq!(compare(&disabled, &want("1"), false), Comparison::Broken("Disabled".into()));
    }

    #[test]
    fn a_version_that_the_service_moved_is_the_services_and_a_younger_one_can_be_asked_for() {
        let moving = "OnceNewDefaultVersionAvailable";
        for (older, younger) in
            [("0613", "1106"), ("1106", "0125"), ("0613", "2024-04-09"), ("2024-08-06", "2024-11-20"), ("1", "2")]
        {
            assert_eq!(compare(&found(younger, moving), &want(older), false), Comparison::Fits, "{older} -> {younger}");
            for (have, asked, option) in [(older, younger, moving), (younger, older, "NoAutoUpgrade")] {
                let differs = Difference::changeable("model_version", have, asked);
                assert_eq!(compare(&found(have, option), &want(asked), false), Comparison::Differs(vec![differs]));
            }
        }
        let other = ModelSpec { name: Some("o".into()), ..want("1") };
        assert_ne!(compare(&found("2", moving), &other, false), Comparison::Fits);
        assert_eq!(compare(&found("2", moving), &other, true), Comparison::Fits);
    }
}
