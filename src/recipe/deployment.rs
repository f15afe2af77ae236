//! A model deployment on the account.

use std::time::Duration;

use http::Method;

use super::context::Context;
use super::needs::{Needs, RequiredAction};
use super::resource::{Resource, unfinished};
use super::waits::wait_as_told;
use crate::azure::accounts::{Deployment as State, DeploymentModel, DeploymentProperties, Sku};
use crate::azure::arm::Reply;
use crate::azure::error::{Error as AzureError, ServiceError};
use crate::azure::lro::{Goal, Look, Operation, PollPolicy, Status};
use crate::lab::comparison::{Comparison, Difference};
use crate::lab::ids::{self, same};
use crate::lab::kind::ResourceKind;
use crate::lab::model::Choice;
use crate::lab::spec::{DeploymentSpec, ModelSpec};
use crate::outcome::plan::Field;

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

/// Compares a deployment with what `want` names; what it leaves open fits.
pub fn compare(state: &State, want: &ModelSpec) -> Comparison {
    let provisioning = state.properties.as_ref().and_then(|properties| properties.provisioning_state.as_ref());
    let provisioning = provisioning.and_then(|state| serde_json::to_value(state).ok());
    if let Some(fit) = unfinished(provisioning.as_ref().and_then(serde_json::Value::as_str)) {
        return fit;
    }
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
pub async fn delete(ctx: &Context, group: &str, account: &str, account_id: &str, name: &str) -> Result<(), AzureError> {
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
                arm.pause(wait.pause(tries)).await?;
            }
        }
    };
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
        ctx.azure.deployment(&self.group, &self.account, &self.spec.name).await
    }

    fn compare(&self, state: &State) -> Comparison {
        compare(state, &self.spec.model)
    }

    fn fields(&self) -> Vec<Field> {
        let Choice { model, version, sku, capacity } = &self.choice;
        let mut fields = vec![Field::new("model", model)];
        fields.extend(Some(version).filter(|version| !version.is_empty()).map(|one| Field::new("model_version", one)));
        fields.extend([Field::new("model_sku", sku), Field::new("capacity", capacity.to_string())]);
        fields
    }

    async fn write(&self, ctx: &Context, current: Option<&State>) -> Result<Reply, AzureError> {
        let mut next = Deployed::from(&self.choice);
        if let Some(state) = current {
            let have = Deployed::read(state);
            // Model and capacity must not change in one PUT (azure-facts.md section 4): one of them now, and the other
            // when the next look finds it still different.
            let is_other_model = !same(&have.model, &next.model) || have.version != next.version;
            if is_other_model && next.capacity < have.capacity {
                // In this order there is quota for both steps if there is for what should be.
                next = Deployed { capacity: next.capacity, ..have };
            } else if is_other_model {
                next.capacity = have.capacity;
            }
        }
        let mut deployment = State::new();
        let mut sku = Sku::new(next.sku);
        sku.capacity = i32::try_from(next.capacity).ok();
        deployment.sku = Some(sku);
        let have = current.and_then(|state| state.properties.clone()).unwrap_or_default();
        deployment.properties = Some(DeploymentProperties {
            // Left out of a PUT, these go back to their defaults.
            rai_policy_name: have.rai_policy_name,
            version_upgrade_option: have.version_upgrade_option,
            dynamic_throttling_enabled: have.dynamic_throttling_enabled,
            model: Some(DeploymentModel {
                format: Some("OpenAI".into()),
                name: Some(next.model),
                version: Some(next.version).filter(|version| !version.is_empty()),
                ..DeploymentModel::default()
            }),
            ..DeploymentProperties::default()
        });
        ctx.azure.put_deployment(&self.group, &self.account, &self.spec.name, deployment).await
    }
}
