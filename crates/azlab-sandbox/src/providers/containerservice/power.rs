//! Stopping and starting a cluster ("Managed Clusters - Stop" and "- Start").

use http::Method;
use serde_json::{Value, json};

use super::accepted::accepted;
use super::clusters;
use super::etags;
use super::work;
use crate::arm::call::Call;
use crate::arm::failure::Failure;
use crate::arm::failure::Outcome;
use crate::state::store::Resource;

/// What is asked of a cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Power {
    Start,
    Stop,
}

impl Power {
    /// The state of the cluster meanwhile, the power state that it gets at once, and the verb for people. That the power
    /// state is the new one at once is reported of a start ("Provisioning State(Starting) and Power State(Running)"); of a
    /// stop it is inferred.
    fn words(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Start => ("Starting", "Running", "starting"),
            Self::Stop => ("Stopping", "Stopped", "stopping"),
        }
    }
}

/// `POST …/start` and `…/stop`: 202 with both polling URLs.
pub(super) fn switch(call: &Call<'_>, group: &Resource, name: &str, power: Power) -> Outcome {
    if *call.method != Method::POST {
        return Err(call.method_not_allowed());
    }
    let found = clusters::find(call, group, name)?;
    let (state, code, verb) = power.words();
    if found.in_progress(call.now) || is_stopped(&found) == (power == Power::Stop) {
        let have = if is_stopped(&found) { "Stopped" } else { "Running" };
        let message = format!(
            "managed cluster is in Provisioning State({}) and Power State({have}), {verb} cannot be performed",
            found.state(call.now)
        );
        return Err(Failure::bad_request("OperationNotAllowed", message).flat());
    }
    let mut body = found.body.clone();
    set_power(&mut body, code);
    etags::renew(&found.id, Some(&found.body), &mut body, call.now);
    // No recording says how long either takes; as long as an update.
    let durations = &call.settings.durations;
    let done = call.later(durations.delete_call + durations.cluster_update);
    let cluster = Resource { body, state: state.into(), asked: call.now, done, ..found };
    call.store.put(&cluster)?;
    accepted(call, &cluster, &work::CLUSTER_UPDATE, done)
}

/// Writes the power state of the cluster and of each pool, over whatever is there.
fn set_power(body: &mut Value, code: &str) {
    let Some(properties) = body.pointer_mut("/properties").and_then(Value::as_object_mut) else { return };
    let pools = properties.get_mut("agentPoolProfiles").and_then(Value::as_array_mut);
    for pool in pools.into_iter().flatten().filter_map(Value::as_object_mut) {
        pool.insert("powerState".into(), json!({ "code": code }));
    }
    properties.insert("powerState".into(), json!({ "code": code }));
}

fn is_stopped(cluster: &Resource) -> bool {
    cluster.body["properties"]["powerState"]["code"] == "Stopped"
}

/// A stopped cluster takes nothing but a start (and its deletion).
pub(super) fn refuse_stopped(cluster: &Resource) -> Result<(), Failure> {
    if !is_stopped(cluster) {
        return Ok(());
    }
    let message = "Managed Cluster is in stopped state, no operations except for start are allowed.";
    Err(Failure::bad_request("OperationNotAllowed", message).flat())
}

#[test]
fn a_power_state_that_an_older_version_kept_as_something_else_is_written_over() {
    let mut body = json!({"properties": {"powerState": "x", "agentPoolProfiles": [{"powerState": ["x"]}, "x"]}});
    set_power(&mut body, "Stopped");
    let stopped = json!({"code": "Stopped"});
    assert_eq!(
        body,
        json!({"properties": {"powerState": stopped, "agentPoolProfiles": [{"powerState": stopped}, "x"]}})
    );
}
