//! Agent pools, as parts of their cluster.

use serde_json::{Value, json};

use super::{JSON, clusters};
use crate::sandbox::SUBSCRIPTION_ID;
use crate::sandbox::answer::{Answer, Outcome};
use crate::sandbox::call::Call;
use crate::sandbox::errors::Failure;
use crate::sandbox::store::Resource;

fn pools(call: &Call<'_>, cluster: &Resource) -> Vec<Value> {
    let mut body = clusters::render(call, cluster);
    let Value::Array(pools) = body["properties"]["agentPoolProfiles"].take() else { return Vec::new() };
    pools
        .into_iter()
        .map(|mut properties| {
            let name = properties.as_object_mut().and_then(|pool| pool.remove("name")).unwrap_or_default();
            json!({
                "id": format!("{}/agentPools/{}", cluster.id, name.as_str().unwrap_or_default()),
                "name": name,
                "type": "Microsoft.ContainerService/managedClusters/agentPools",
                "properties": properties,
            })
        })
        .collect()
}

/// `GET …/agentPools`
pub(super) fn list(call: &Call<'_>, group: &Resource, cluster: &str) -> Outcome {
    if call.writes() {
        return Err(call.method_not_allowed());
    }
    let cluster = clusters::find(call, group, cluster)?;
    Ok(Answer::ok(json!({ "value": pools(call, &cluster) })).header("content-type", JSON))
}

/// `GET …/agentPools/{name}`
pub(super) fn get(call: &Call<'_>, group: &Resource, cluster: &str, name: &str) -> Outcome {
    if call.writes() {
        return Err(call.method_not_allowed());
    }
    let cluster = clusters::find(call, group, cluster)?;
    let pool = pools(call, &cluster)
        .into_iter()
        .find(|pool| pool["name"].as_str().is_some_and(|known| known.eq_ignore_ascii_case(name)));
    pool.map(|pool| Answer::ok(pool).header("content-type", JSON)).ok_or_else(|| {
        Failure::not_found(
            "NotFound",
            format!(
                "Could not find the agentpool: {name} in subscription: {SUBSCRIPTION_ID}, resourceGroup: {}, resourceName: {}.",
                group.name, cluster.name
            ),
        )
        .flat()
        .detail(json!({"code": "Unspecified", "message": "rpc error: code = NotFound desc = Agent Pool not found"}))
    })
}
