//! What the addresses of a cluster's network ask of each other. The codes are those of AKS's list (Azure/aks-deployer at 2ffb487,
//! `pkg/apierror/const.go`); words and target of `DnsServiceIpOutOfServiceCidr` are those of Microsoft's page about it, the others
//! are inferred.

use std::net::{IpAddr, Ipv4Addr};

use serde_json::Value;

use super::validation::refuse;
use crate::arm::facts::formats::{cidr, is_in, overlap};
use crate::arm::failure::Failure;

/// Looks at the network that a cluster would have, where the request says something of it (`asked`).
///
/// # Errors
/// 400, with the property in `target`.
pub(super) fn check(asked: &Value, network: &Value) -> Result<(), Failure> {
    if asked.is_null() {
        return Ok(());
    }
    check_dns(network)?;
    check_pods(network)?;
    check_bridge(network)
}

/// The DNS service's address is one of the services', and neither the API server's nor one that a range does not give away.
fn check_dns(network: &Value) -> Result<(), Failure> {
    let text = |name: &str| network[name].as_str().unwrap_or_default();
    let (Some(range), Ok(address)) = (cidr(text("serviceCidr")), text("dnsServiceIP").parse::<IpAddr>()) else {
        return Ok(());
    };
    let wrong = |code: &str, message: String| Err(refuse(code, message).target("networkProfile.dnsServiceIP"));
    if !is_in(address, range) {
        let message = format!(
            "The DNS service IP {address} is out of the range defined by service CIDR {}.",
            text("serviceCidr")
        );
        return wrong("DnsServiceIpOutOfServiceCidr", message);
    }
    let (IpAddr::V4(address), length) = (address, range.1) else { return Ok(()) };
    let hosts = u32::MAX.checked_shr(length.into()).unwrap_or(0);
    match u32::from(address) & hosts {
        0 | 1 => wrong(
            "DnsServiceIpConflicting",
            format!(
                "The DNS service IP {address} is one of the first two addresses of the service CIDR {}: the network's and the API \
                 server's.",
                text("serviceCidr")
            ),
        ),
        host if host == hosts => wrong(
            "DnsBroadcastAddressConflicting",
            format!("The DNS service IP {address} is the broadcast address of its range."),
        ),
        _ => Ok(()),
    }
}

/// Pods have addresses of their own in an overlay and with kubenet.
fn check_pods(network: &Value) -> Result<(), Failure> {
    let is = |name: &str, value: &str| network[name].as_str().is_some_and(|it| it.eq_ignore_ascii_case(value));
    if !is("networkPluginMode", "overlay") && !is("networkPlugin", "kubenet") {
        return Ok(());
    }
    for pods in ranges(network, "podCidrs") {
        for services in ranges(network, "serviceCidrs") {
            if let (Some(one), Some(other)) = (cidr(pods), cidr(services))
                && overlap(one, other)
            {
                let message = format!("The pod CIDR {pods} overlaps with the service CIDR {services}.");
                return Err(refuse("PodCidrOverlapServiceCidr", message).target("networkProfile.podCIDR"));
            }
        }
    }
    Ok(())
}

/// The address of Docker's bridge, of versions that have it.
fn check_bridge(network: &Value) -> Result<(), Failure> {
    let bridge = network["dockerBridgeCidr"].as_str().unwrap_or_default();
    let Some((address, _)) = cidr(bridge) else { return Ok(()) };
    let wrong = |code: &str, why: &str| {
        let message = format!("The docker bridge CIDR {bridge} {why}.");
        Err(refuse(code, message).target("networkProfile.dockerBridgeCIDR"))
    };
    let lies_in = |name: &str| ranges(network, name).filter_map(cidr).any(|range| is_in(address, range));
    if lies_in("serviceCidrs") {
        return wrong("DockerBridgeInServiceCidr", "is in the service CIDR");
    }
    if lies_in("podCidrs") {
        return wrong("DockerBridgeInPodCidr", "is in the pod CIDR");
    }
    Ok(())
}

fn ranges<'a>(network: &'a Value, name: &str) -> impl Iterator<Item = &'a str> {
    network[name].as_array().into_iter().flatten().filter_map(Value::as_str)
}

/// The tenth address of a range of services: the DNS service's, where none is asked for.
pub(super) fn dns_address(range: &str) -> Option<String> {
    match cidr(range)? {
        (IpAddr::V4(first), length) if length <= 28 => Some(Ipv4Addr::from(u32::from(first) + 10).to_string()),
        _ => None,
    }
}
