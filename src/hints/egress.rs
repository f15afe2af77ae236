//! What to do about nodes that cannot reach what they need.

use crate::azure::egress::Unreached;
use crate::values::shell_word;

/// What every node has to reach by HTTPS in the public cloud (Microsoft's page *Outbound network and FQDN rules for AKS clusters*).
const HOSTS: &str = "mcr.microsoft.com, *.data.mcr.microsoft.com, packages.aks.azure.com, packages.microsoft.com, \
                     management.azure.com, login.microsoftonline.com and the API server (*.azmk8s.io)";

/// The hint for `unreached` of the cluster with the ARM id `resource`.
pub(super) fn of_unreached(unreached: Unreached, resource: &str) -> String {
    let what = match unreached {
        Unreached::Outside => {
            "the network blocks outbound connections of the cluster's nodes: a firewall, DNS, a network security group (NSG) or a route \
             table, which a policy may have set"
        }
        Unreached::ApiServer => {
            "the network blocks outbound connections of the cluster's nodes to its API server: a firewall, DNS, a network security group \
             (NSG), a route table, or the API server's list of allowed addresses, which a policy may have set"
        }
        Unreached::ApiServerName => {
            "the nodes' network blocks outbound DNS, or its DNS servers do not know the cluster's API server: they have to forward to Azure's \
             (168.63.129.16), past firewall, network security group (NSG) and route table"
        }
        Unreached::Downloads => {
            "the nodes could not download in time what they are made of: most likely the network blocks their outbound connections by a \
             firewall, DNS, a network security group (NSG) or a route table, which a policy may have set"
        }
    };
    format!(
        "{what}; let nodes reach by HTTPS (TCP 443) {HOSTS}; the list, for other clouds too: https://aka.ms/aks-required-ports-and-addresses; \
         the group that holds the nodes' NSG and route table: az aks show --ids {} --query nodeResourceGroup -o tsv; only then run the same \
         command again, which continues from what exists",
        shell_word(&cluster(resource))
    )
}

/// The cluster's own id, of one of its node pools too.
fn cluster(id: &str) -> String {
    let is_pools = |part: &str| part.eq_ignore_ascii_case("agentPools");
    id.split('/').take_while(|part| !is_pools(part)).collect::<Vec<_>>().join("/")
}
