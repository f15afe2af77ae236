//! A command that runs beside a cluster ("Managed Clusters - Run Command" and "- Get Command Result"): `az aks command invoke`.
//! The sandbox knows `kubectl get`, against the embedded API server. What it printed is kept for as long as the cluster.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::credentials::local_token;
use super::judged::{self, Of};
use super::{JSON, clusters, kind, power};
use crate::arm::call::Call;
use crate::arm::cluster_command::{ClusterCommand, Get, Ran};
use crate::arm::elsewhere;
use crate::arm::failure::{Failure, Outcome};
use crate::arm::response::Answer;
use crate::state::store::{Resource, Store};
use crate::state::timestamps::stamp;

/// Seconds in which AKS starts a pod and runs a command in it (inferred).
const TAKES: f64 = 5.0;

/// `POST …/managedClusters/{name}/runCommand`: 202 with the result's address in `Location`.
pub(super) fn run(call: &Call<'_>, group: &Resource, name: &str) -> Outcome {
    if *call.method != Method::POST {
        return Err(call.method_not_allowed());
    }
    let cluster = clusters::find(call, group, name)?;
    if cluster.state(call.now) == "Creating" {
        clusters::refuse_in_progress(call, &cluster)?;
    }
    power::refuse_stopped(&cluster)?;
    if cluster.body["properties"]["apiServerAccessProfile"]["disableRunCommand"] == true {
        // The code is inferred.
        let message = format!("Run command is disabled on the managed cluster '{}'.", cluster.name);
        return Err(Failure::bad_request("RunCommandDisabled", message).flat());
    }
    let sent = judged::judge(call, Of::Command)?;
    let text = |name: &str| sent[name].as_str().filter(|text| !text.trim().is_empty()).map(str::to_owned);
    let command = text("command").ok_or_else(|| judged::missing("command"))?;
    let Some(get) = Get::read(&command) else {
        let operation = "POST Microsoft.ContainerService/managedClusters/runCommand";
        return Err(elsewhere::not_served(operation, "of commands it knows `kubectl get`, without a shell's signs"));
    };
    let token = match text("clusterToken") {
        Some(token) => token,
        None if cluster.body["properties"]["disableLocalAccounts"] == true => String::new(),
        None => local_token(&call.store, &cluster, "clusterAdmin")?,
    };
    let id = call.store.guid(&cluster.id)?.simple().to_string();
    let result = Resource {
        group: cluster.group.clone(),
        parent: cluster.key(),
        location: cluster.location.clone(),
        state: "Running".into(),
        done: call.later(TAKES),
        ..Resource::ready(kind::COMMAND, format!("{}/commandResults/{id}", cluster.id), &id, json!({}), call.now)
    };
    call.store.put(&result)?;
    let fqdn = cluster.body["properties"]["fqdn"].as_str().unwrap_or_default().to_lowercase();
    let command = ClusterCommand { fqdn, token, result: result.id.clone(), get };
    Ok(accepted(call, &result).of_command(command))
}

/// Keeps what became of a command.
///
/// # Errors
/// When the state cannot be written.
pub(crate) fn keep(store: &Store<'_>, result: &str, ran: &Ran) -> rusqlite::Result<()> {
    let Some(found) = store.get(result)? else { return Ok(()) };
    store.put(&Resource { body: json!({"exitCode": ran.exit_code, "logs": ran.logs}), ..found })
}

/// `GET …/managedClusters/{name}/commandResults/{id}`: 202 until it is over.
pub(super) fn result(call: &Call<'_>, group: &Resource, name: &str, id: &str) -> Outcome {
    if call.writes() {
        return Err(call.method_not_allowed());
    }
    let cluster = clusters::find(call, group, name)?;
    let found = call.store.get(&format!("{}/commandResults/{id}", cluster.id))?;
    let Some(found) = found.filter(|found| found.kind == kind::COMMAND) else {
        return Err(Failure::not_found("NotFound", format!("The command '{id}' was not found.")).flat());
    };
    if found.in_progress(call.now) {
        return Ok(accepted(call, &found));
    }
    let mut properties = json!({
        "provisioningState": found.state(call.now),
        "startedAt": stamp(found.created),
        "finishedAt": stamp(found.done),
    });
    for (member, value) in found.body.as_object().into_iter().flatten() {
        properties[member] = value.clone();
    }
    let body: Value = json!({"id": found.name, "properties": properties});
    Ok(Answer::ok(body).header("content-type", JSON))
}

fn accepted(call: &Call<'_>, result: &Resource) -> Answer {
    let location = format!("{}{}?api-version={}", call.base, result.id, call.version());
    Answer::empty(StatusCode::ACCEPTED).header("location", location)
}
