//! Ranges and addresses of a cluster's network that cannot go together.

use super::listed::{p, refused};
use super::*;

fn network(members: Value) -> Value {
    p("networkProfile", members)
}

#[tokio::test(start_paused = true)]
async fn a_cluster_s_addresses_are_refused_by_aks_s_codes() {
    let azure = Client::new();
    azure.group().await;
    let services = |range: &str, dns: &str| network(json!({"serviceCidr": range, "dnsServiceIP": dns}));
    let bridge = |range: &str| network(json!({"dockerBridgeCidr": range}));
    let lines = [
        (
            "pods within services",
            network(json!({"podCidr": "10.0.128.0/17"})),
            "PodCidrOverlapServiceCidr",
            "10.0.128.0/17",
        ),
        (
            "services over the pods' default",
            services("10.240.0.0/12", "10.240.0.10"),
            "PodCidrOverlapServiceCidr",
            "podCIDR",
        ),
        (
            "pods of kubenet",
            network(json!({"networkPlugin": "kubenet", "serviceCidr": "10.244.1.0/24", "dnsServiceIP": "10.244.1.10"})),
            "PodCidrOverlapServiceCidr",
            "10.244.1.0/24",
        ),
        (
            "the second family",
            network(
                json!({"podCidrs": ["10.244.0.0/16", "fd12:3456::/64"], "serviceCidrs": ["10.0.0.0/16", "fd12:3456::/108"]}),
            ),
            "PodCidrOverlapServiceCidr",
            "fd12:3456::/108",
        ),
        (
            "the network's address",
            services("10.2.0.0/16", "10.2.0.0"),
            "DnsServiceIpConflicting",
            "networkProfile.dnsServiceIP",
        ),
        ("the API server's", services("10.2.0.0/16", "10.2.0.1"), "DnsServiceIpConflicting", "10.2.0.1"),
        (
            "that of a range written by another address",
            services("10.2.0.77/24", "10.2.0.1"),
            "DnsServiceIpConflicting",
            "10.2.0.1",
        ),
        ("the last", services("10.2.0.0/24", "10.2.0.255"), "DnsBroadcastAddressConflicting", "10.2.0.255"),
        (
            "outside",
            services("10.200.0.0/16", "10.0.0.10"),
            "DnsServiceIpOutOfServiceCidr",
            "The DNS service IP 10.0.0.10 is out of the range defined by service CIDR 10.200.0.0/16.",
        ),
        ("another family", services("10.2.0.0/16", "fd12::a"), "DnsServiceIpOutOfServiceCidr", "fd12::a"),
        ("no range of pods", network(json!({"podCidr": "10.244.0.0"})), "CidrStringParseError", "podCidr"),
        ("no bridge", bridge("172.17.0.1"), "DockerBridgeCidrInvalid", "172.17.0.1"),
        ("a bridge among the services", bridge("10.0.7.1/24"), "DockerBridgeInServiceCidr", "dockerBridgeCIDR"),
        ("a bridge among the pods", bridge("10.244.7.1/24"), "DockerBridgeInPodCidr", "dockerBridgeCIDR"),
    ];
    refused(&azure, CLUSTER, &lines).await;
}

#[tokio::test(start_paused = true)]
async fn addresses_that_go_together_are_taken() {
    let (azure, _) = lab().await;
    for (what, members) in [
        ("az's own bridge", json!({"dockerBridgeCidr": "172.17.0.1/16"})),
        ("pods beside the services", json!({"podCidr": "10.1.0.0/16"})),
        (
            "pods with the nodes' addresses, whose default range counts for nothing",
            json!({"networkPlugin": "azure", "networkPluginMode": "", "serviceCidr": "10.244.0.0/24", "dnsServiceIP": "10.244.0.10"}),
        ),
        (
            "two families",
            json!({"podCidrs": ["10.244.0.0/16", "fd12::/64"], "serviceCidrs": ["10.0.0.0/16", "fd13::/108"]}),
        ),
        ("the last but one", json!({"serviceCidr": "10.2.0.0/24", "dnsServiceIP": "10.2.0.254"})),
    ] {
        let path = CLUSTER.replace("/aks?", "/new?");
        let got = azure.put(&path, network(members)).await;
        assert_eq!(got.status, 201, "{what}: {}", got.body);
        azure.wait(400).await;
        let told = azure.get(&path).await.body;
        assert_eq!(azure.put(&path, told).await.status, 200, "{what}: what a GET shows can be put");
        azure.wait(400).await;
        azure.delete(&path).await;
        azure.wait(400).await;
    }
}
