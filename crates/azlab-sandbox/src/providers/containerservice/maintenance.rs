//! Maintenance configurations of a cluster: when it may be upgraded ("Maintenance Configurations", 2025-08-01). Nothing in
//! the sandbox is upgraded by itself; they are kept and told.

use http::{Method, StatusCode};
use serde_json::{Map, Value, json};

use super::judged::{self, Of};
use super::{JSON, clusters, kind};
use crate::arm::call::Call;
use crate::arm::failure::Failure;
use crate::arm::failure::Outcome;
use crate::arm::response::Answer;
use crate::state::lists::ListQuery;
use crate::state::store::Resource;
use crate::state::timestamps::stamp;

/// The names that one may have (the reference's `configName`).
const NAMES: [&str; 3] = ["default", "aksManagedAutoUpgradeSchedule", "aksManagedNodeOSUpgradeSchedule"];

/// The id, with a capital in `resourceGroups` (recorded), which the cluster's does not have.
fn id(call: &Call<'_>, group: &Resource, cluster: &Resource, name: &str) -> String {
    let subscription = call.subscription();
    format!(
        "/subscriptions/{subscription}/resourceGroups/{}/providers/Microsoft.ContainerService/managedClusters/{}/maintenanceConfigurations/{name}",
        group.name, cluster.name
    )
}

/// `GET …/maintenanceConfigurations`
pub(super) fn list(call: &Call<'_>, group: &Resource, cluster: &str) -> Outcome {
    if call.writes() {
        return Err(call.method_not_allowed());
    }
    let cluster = clusters::find(call, group, cluster)?;
    let all = call.store.list(&ListQuery { parent: Some(&cluster.key()), ..ListQuery::default() })?;
    let value: Vec<Value> = all.into_iter().filter(|it| it.kind == kind::MAINTENANCE).map(|it| it.body).collect();
    Ok(Answer::ok(json!({ "value": value })).header("content-type", JSON))
}

/// `…/maintenanceConfigurations/{name}`
pub(super) fn one(call: &Call<'_>, group: &Resource, cluster: &str, name: &str) -> Outcome {
    let cluster = clusters::find(call, group, cluster)?;
    let id = id(call, group, &cluster, name);
    let found = call.store.get(&id)?;
    match *call.method {
        Method::GET | Method::HEAD => {
            found.map(|it| Answer::ok(it.body).header("content-type", JSON)).ok_or_else(|| {
                // No recording has this one; the words are inferred from those of an agent pool.
                let message =
                    format!("Could not find the maintenance configuration: {name}, resourceName: {}.", cluster.name);
                Failure::not_found("NotFound", message).flat()
            })
        }
        Method::PUT => put(call, &cluster, id, name, found.as_ref()),
        Method::DELETE => match found {
            None => Ok(Answer::empty(StatusCode::NO_CONTENT)),
            Some(found) => {
                call.store.end(&found.key(), call.now)?;
                Ok(Answer::empty(StatusCode::OK))
            }
        },
        _ => Err(call.method_not_allowed()),
    }
}

/// 200, also for a new one (recorded). The words about a name are reported (ARO-HCP 3260).
fn put(call: &Call<'_>, cluster: &Resource, id: String, name: &str, found: Option<&Resource>) -> Outcome {
    if !NAMES.iter().any(|known| known.eq_ignore_ascii_case(name)) {
        let [first, second, third] = NAMES;
        let message =
            format!("Only '{first}', '{second}' and '{third}' are allowed configNames for maintenance configuration.");
        return Err(Failure::bad_request("InvalidParameter", message).flat());
    }
    let sent = judged::judge(call, Of::Maintenance)?;
    let mut properties = told(&sent["properties"]);
    if let Some(window) = properties.get_mut("maintenanceWindow") {
        // What it completes (recorded): the offset, and the day from which it holds.
        let began = found.map(|found| found.body.pointer("/properties/maintenanceWindow/startDate").cloned());
        let today = stamp(call.now).split('T').next().map(Value::from).unwrap_or_default();
        for (member, value) in [("utcOffset", "+00:00".into()), ("startDate", began.flatten().unwrap_or(today))] {
            if window[member].is_null() {
                window[member] = value;
            }
        }
    }
    let body = json!({"id": id, "name": name, "properties": properties});
    let configuration = Resource {
        group: cluster.group.clone(),
        parent: cluster.key(),
        location: cluster.location.clone(),
        created: found.map_or(call.now, |found| found.created),
        ..Resource::ready(kind::MAINTENANCE, id, name, body, call.now)
    };
    call.store.put(&configuration)?;
    Ok(Answer::ok(configuration.body).header("content-type", JSON))
}

/// What was sent, without what was left open.
fn told(sent: &Value) -> Map<String, Value> {
    let members = sent.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null());
    members
        .map(|(name, value)| (name.clone(), if value.is_object() { told(value).into() } else { value.clone() }))
        .collect()
}
