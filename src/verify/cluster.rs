//! `cluster`, `oidc_issuer`, `workload_identity`.

use super::facts::Facts;
use super::fixes::Fixes;
use super::report::{fail, forbidden, pass, unread};
use crate::azure::clusters::ManagedCluster;
use crate::azure::lro::Status;
use crate::lab::ids::same;
use crate::outcome::CheckReport;
use crate::recipe::cluster::{is_at_rest, is_stopped, issuer};
use crate::values::ResourceKind;

const CLUSTER: &str = "cluster";
const OIDC: &str = "oidc_issuer";
const WORKLOAD_IDENTITY: &str = "workload_identity";

/// The checks of the cluster.
pub(super) fn check(facts: &Facts, fixes: &Fixes<'_>) -> Vec<CheckReport> {
    use super::facts::Look;
    let (name, group) = (&fixes.lab.cluster.name, &fixes.lab.group);
    let cluster = match &facts.cluster {
        Look::There(cluster) => cluster,
        other => {
            let first = match other {
                Look::Forbidden(why) => forbidden(CLUSTER, why),
                _ => fail(
                    CLUSTER,
                    format!("there is no cluster {name} in the resource group {group}"),
                    fixes.repair(|| {
                        format!(
                            "az aks create -n {name} {} --enable-oidc-issuer --enable-workload-identity --generate-ssh-keys",
                            fixes.group()
                        )
                    }),
                ),
            };
            let rest = [OIDC, WORKLOAD_IDENTITY].into_iter().filter_map(|id| unread(id, other, ResourceKind::Cluster));
            return std::iter::once(first).chain(rest).collect();
        }
    };
    vec![state(cluster, fixes), oidc(cluster, fixes), workload_identity(cluster, fixes)]
}

fn state(cluster: &ManagedCluster, fixes: &Fixes<'_>) -> CheckReport {
    let (name, group) = (&fixes.lab.cluster.name, fixes.group());
    let properties = cluster.properties.as_ref();
    if fixes.lab.cluster.is_paused && is_at_rest(cluster) {
        return fail(CLUSTER, format!("the lab is paused: the cluster {name} is stopped"), fixes.resume());
    }
    match Status::read(properties.and_then(|properties| properties.provisioning_state.as_deref())) {
        Status::Running(status) => {
            let until = if same(&status, "Creating") { "created" } else { "updated" };
            let hint = fixes.wait(|| format!("az aks wait --{until} -n {name} {group}"));
            fail(CLUSTER, format!("the cluster {name} is not ready yet: {status}; wait for it"), hint)
        }
        Status::Failed | Status::Canceled => {
            let hint = fixes.repair(|| format!("az aks update -n {name} {group}"));
            fail(CLUSTER, format!("the last operation on the cluster {name} failed"), hint)
        }
        Status::Succeeded => {
            if is_stopped(cluster) {
                let hint = fixes.repair(|| format!("az aks start -n {name} {group}"));
                return fail(CLUSTER, format!("the cluster {name} is stopped"), hint);
            }
            pass(CLUSTER, format!("the cluster {name} is ready"))
        }
    }
}

fn oidc(cluster: &ManagedCluster, fixes: &Fixes<'_>) -> CheckReport {
    let (name, group) = (&fixes.lab.cluster.name, fixes.group());
    let hint = || fixes.repair(|| format!("az aks update -n {name} {group} --enable-oidc-issuer"));
    let profile = cluster.properties.as_ref().and_then(|properties| properties.oidc_issuer_profile.as_ref());
    if !profile.and_then(|profile| profile.enabled).unwrap_or_default() {
        return fail(
            OIDC,
            format!("the OIDC issuer of the cluster {name} is off: Entra cannot check its tokens"),
            hint(),
        );
    }
    match issuer(cluster) {
        Some(url) => pass(OIDC, url),
        None => fail(OIDC, format!("the cluster {name} has no OIDC issuer URL yet"), hint()),
    }
}

fn workload_identity(cluster: &ManagedCluster, fixes: &Fixes<'_>) -> CheckReport {
    let (name, group) = (&fixes.lab.cluster.name, fixes.group());
    let profile = cluster.properties.as_ref().and_then(|properties| properties.security_profile.as_ref());
    if profile.and_then(|profile| profile.workload_identity.as_ref()?.enabled).unwrap_or_default() {
        return pass(WORKLOAD_IDENTITY, format!("workload identity is on in the cluster {name}"));
    }
    let hint =
        fixes.repair(|| format!("az aks update -n {name} {group} --enable-oidc-issuer --enable-workload-identity"));
    let message = format!("workload identity is off in the cluster {name}: its pods get no token");
    fail(WORKLOAD_IDENTITY, message, hint)
}
