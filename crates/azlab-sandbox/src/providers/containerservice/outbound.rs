//! What a cluster has to reach outside ("Managed Clusters - List Outbound Network Dependencies Endpoints"; AKS, "Outbound network
//! and FQDN rules").

use serde_json::{Value, json};

use super::{JSON, clusters};
use crate::arm::call::Call;
use crate::arm::failure::Outcome;
use crate::arm::response::Answer;
use crate::state::store::Resource;

/// A name, its port and its protocol.
type Endpoint<'a> = (&'a str, i64, &'a str);

/// By category: names, with the port and the protocol of each (the example of the REST definition, 2025-08-01).
const ELSEWHERE: [(&str, &[Endpoint<'static>]); 4] = [
    ("azure-resource-management", &[("management.azure.com", 443, HTTPS), ("login.microsoftonline.com", 443, HTTPS)]),
    ("images", &[("mcr.microsoft.com", 443, HTTPS), ("*.data.mcr.microsoft.com", 443, HTTPS)]),
    ("artifacts", &[("packages.microsoft.com", 443, HTTPS), ("acs-mirror.azureedge.net", 443, HTTPS)]),
    ("time-sync", &[("ntp.ubuntu.com", 123, "UDP")]),
];
const HTTPS: &str = "Https";

/// `…/managedClusters/{name}/outboundNetworkDependenciesEndpoints`
pub(super) fn list(call: &Call<'_>, group: &Resource, name: &str) -> Outcome {
    if call.writes() {
        return Err(call.method_not_allowed());
    }
    let cluster = clusters::find(call, group, name)?;
    let fqdn = cluster.body["properties"]["fqdn"].as_str().unwrap_or_default();
    let endpoint = |(name, port, protocol): Endpoint<'_>| json!({"domainName": name, "endpointDetails": [{"port": port, "protocol": protocol}]});
    let own: &[Endpoint<'_>] = &[(fqdn, 443, HTTPS)];
    let of_category = |category: &str, all: &[Endpoint<'_>]| {
        let endpoints: Vec<Value> = all.iter().map(|one| endpoint(*one)).collect();
        json!({"category": category, "endpoints": endpoints})
    };
    let mut value: Vec<Value> = ELSEWHERE.iter().map(|(category, all)| of_category(category, all)).collect();
    value.push(of_category("apiserver", own));
    Ok(Answer::ok(json!({ "value": value })).header("content-type", JSON))
}
