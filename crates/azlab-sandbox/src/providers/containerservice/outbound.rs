//! What a cluster has to reach outside ("Managed Clusters - List Outbound Network Dependencies Endpoints"; AKS, "Outbound network
//! and FQDN rules").

use serde_json::{Value, json};

use super::{JSON, clusters};
use crate::arm::call::Call;
use crate::arm::failure::Outcome;
use crate::arm::response::Answer;
use crate::state::store::Resource;

/// By category: names, and the port of each.
const ELSEWHERE: [(&str, &[(&str, i64)]); 3] = [
    ("images", &[("mcr.microsoft.com", 443), ("*.data.mcr.microsoft.com", 443), ("mcr-0001.mcr-msedge.net", 443)]),
    ("azure-resource-management", &[("management.azure.com", 443), ("login.microsoftonline.com", 443)]),
    (
        "ubuntu-packages",
        &[("packages.microsoft.com", 443), ("acs-mirror.azureedge.net", 443), ("packages.aks.azure.com", 443)],
    ),
];

/// `…/managedClusters/{name}/outboundNetworkDependenciesEndpoints`
pub(super) fn list(call: &Call<'_>, group: &Resource, name: &str) -> Outcome {
    if call.writes() {
        return Err(call.method_not_allowed());
    }
    let cluster = clusters::find(call, group, name)?;
    let fqdn = cluster.body["properties"]["fqdn"].as_str().unwrap_or_default();
    let endpoint = |(name, port): (&str, i64)| json!({"domainName": name, "endpointDetails": [{"port": port, "protocol": "HTTPS"}]});
    let mut value = vec![json!({"category": "apiserver", "endpoints": [endpoint((fqdn, 443))]})];
    value.extend(ELSEWHERE.iter().map(|(category, all)| {
        let endpoints: Vec<Value> = all.iter().map(|one| endpoint(*one)).collect();
        json!({"category": category, "endpoints": endpoints})
    }));
    Ok(Answer::ok(json!({ "value": value })).header("content-type", JSON))
}
