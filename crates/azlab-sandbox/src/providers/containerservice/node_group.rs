//! What AKS makes in a cluster's node group, by name: it follows from the cluster.

use uuid::Uuid;

use crate::state::store::Resource;

fn uid(cluster: &Resource, what: &str) -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("{}/{what}", cluster.id).as_bytes())
}

/// The name of the public address through which the nodes reach the internet.
pub(crate) fn address_name(cluster: &Resource) -> Uuid {
    uid(cluster, "address")
}

/// The name of the network that the nodes are in: `aks-vnet-` and eight digits.
pub(crate) fn network_name(cluster: &Resource) -> String {
    let digits = uid(cluster, "network").as_u128() % 100_000_000;
    format!("aks-vnet-{digits:08}")
}
