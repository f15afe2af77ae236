//! Microsoft.ContainerService: managed clusters. Its errors are flat, its ids have a lower-case `resourcegroups`.

mod abort;
mod accepted;
mod api_versions;
mod autoscaler;
mod body;
mod capacity;
mod certificates;
mod clusters;
mod credentials;
mod delete;
mod etags;
mod judged;
pub(crate) mod kind;
mod labels_and_taints;
mod limits;
mod maintenance;
mod networks;
pub(crate) mod node_group;
mod node_images;
mod operations;
mod outbound;
mod polls;
mod pool_body;
mod pools;
mod power;
mod quotas;
mod roles;
mod rotation;
mod rules;
mod run_command;
mod signing_keys;
mod validation;
mod versions;
mod work;

use serde_json::Value;

use self::power::Power;
use crate::arm::api_versions::ApiVersions;
use crate::arm::call::Call;
use crate::arm::facts::Facts;
use crate::arm::failure::{Failure, Outcome};
use crate::arm::limit::{Limit, Metered};
use crate::arm::provider::{FailedDeletion, GroupDeletion, Provider, Routed};
use crate::arm::resource_type::ResourceType;
use crate::arm::role::Role;
use crate::state::settings::Durations;
use crate::state::store::Resource;
pub(crate) use certificates::authority_pem;
pub(crate) use credentials::{LOCAL_ACCOUNTS, SERVER_APPLICATION, local_token};
pub(crate) use run_command::keep as keep_command_result;

/// `api-version` in polling URLs: not the caller's (recorded).
const POLL_VERSION: &str = "2025-03-01";
/// AKS says no charset.
const JSON: &str = "application/json";

/// The provider.
pub(crate) struct ContainerService;

impl Provider for ContainerService {
    fn namespace(&self) -> &'static str {
        "Microsoft.ContainerService"
    }

    fn api_versions(&self) -> &'static ApiVersions {
        &api_versions::API_VERSIONS
    }

    fn types(&self) -> &'static [ResourceType] {
        const TYPES: &[ResourceType] = &[
            ResourceType::new("managedClusters", kind::CLUSTER).tracked().with_state().in_scenarios("2025-08-01"),
            ResourceType::new("managedClusters/agentPools", ""),
            ResourceType::new("managedClusters/maintenanceConfigurations", kind::MAINTENANCE).undescribed(),
            ResourceType::new("managedClusters/commandResults", kind::COMMAND).undescribed(),
        ];
        TYPES
    }

    fn coverage(&self) -> &'static str {
        include_str!("coverage.json")
    }

    fn bodies(&self) -> &'static [Facts] {
        judged::FACTS.all()
    }

    fn limits(&self, request: &Metered<'_>) -> Vec<Limit> {
        vec![limits::of(request)]
    }

    fn roles(&self) -> &'static [Role] {
        roles::ROLES
    }

    fn quota_names(&self) -> Vec<String> {
        vec![quotas::CLUSTERS.to_owned()]
    }

    fn envelope(&self, failure: Failure) -> Failure {
        failure.flat()
    }

    fn group_deletion_takes(&self, kind: &str, durations: &Durations) -> Option<f64> {
        (kind == kind::CLUSTER).then_some(durations.group_delete_cluster)
    }

    fn shown(&self, call: &Call<'_>, resource: &Resource) -> Value {
        if resource.kind == kind::CLUSTER { clusters::render(call, resource) } else { resource.body.clone() }
    }

    fn cascade(&self, call: &Call<'_>, resource: &Resource, deletion: &GroupDeletion) -> Result<(), Failure> {
        if resource.kind == kind::CLUSTER {
            return delete::end(call, resource, deletion.done);
        }
        Ok(call.store.end(&resource.key(), deletion.soon)?)
    }

    fn undo_deletion(&self, call: &Call<'_>, resource: &Resource, failed: &FailedDeletion) -> Result<(), Failure> {
        if resource.kind == kind::CLUSTER { delete::undo(call, resource, failed) } else { Ok(()) }
    }

    fn route(&self, request: &Routed<'_>) -> Outcome {
        let Routed { call, inner, group, .. } = *request;
        let name = request.raw(1);
        match (inner, group) {
            (["managedclusters"], _) => clusters::list(call, group),
            (["managedclusters", _], Some(group)) => clusters::one(call, group, name),
            (["managedclusters", _, action], Some(group)) if action.starts_with("listcluster") => {
                credentials::list(call, group, name, action)
            }
            (["managedclusters", _, "start"], Some(group)) => power::switch(call, group, name, Power::Start),
            (["managedclusters", _, "stop"], Some(group)) => power::switch(call, group, name, Power::Stop),
            (["managedclusters", _, "agentpools"], Some(group)) => pools::list(call, group, name),
            (["managedclusters", _, "agentpools", _], Some(group)) => pools::one(call, group, name, request.raw(3)),
            (["managedclusters", _, "maintenanceconfigurations"], Some(group)) => maintenance::list(call, group, name),
            (["managedclusters", _, "maintenanceconfigurations", _], Some(group)) => {
                maintenance::one(call, group, name, request.raw(3))
            }
            (["managedclusters", _, "upgradeprofiles", "default"], Some(group)) => {
                versions::upgrade_profile(call, &clusters::find(call, group, name)?)
            }
            (["managedclusters", _, "availableagentpoolversions"], Some(group)) => {
                node_images::available(call, group, name)
            }
            (["managedclusters", _, "agentpools", _, "upgradeprofiles", "default"], Some(group)) => {
                node_images::upgrade_profile(call, group, name, request.raw(3))
            }
            (["managedclusters", _, "agentpools", _, "upgradenodeimageversion"], Some(group)) => {
                node_images::upgrade(call, group, name, request.raw(3))
            }
            (["managedclusters", _, "abort"], Some(group)) => abort::of_cluster(call, group, name),
            (["managedclusters", _, "agentpools", _, "abort"], Some(group)) => {
                abort::of_pool(call, group, name, request.raw(3))
            }
            (["managedclusters", _, "operations"], Some(group)) => operations::list(call, group, name),
            (["managedclusters", _, "operations", id], Some(group)) => operations::of_cluster(call, group, name, id),
            (["managedclusters", _, "agentpools", _, "operations", id], Some(group)) => {
                operations::of_pool(call, group, name, request.raw(3), id)
            }
            (["managedclusters", _, "rotateserviceaccountsigningkeys"], Some(group)) => {
                signing_keys::rotate(call, group, name)
            }
            (["managedclusters", _, "runcommand"], Some(group)) => run_command::run(call, group, name),
            (["managedclusters", _, "commandresults", id], Some(group)) => run_command::result(call, group, name, id),
            (["managedclusters", _, "rotateclustercertificates"], Some(group)) => rotation::rotate(call, group, name),
            (["managedclusters", _, "outboundnetworkdependenciesendpoints"], Some(group)) => {
                outbound::list(call, group, name)
            }
            (["managedclusters", _, "accessprofiles", role], Some(group)) if !call.writes() => {
                credentials::access_profile(call, group, name, role)
            }
            (["managedclusters", _, "accessprofiles", role, "listcredential"], Some(group)) => {
                credentials::list_credential(call, group, name, role)
            }
            (["locations", location, "orchestrators"], None) => versions::orchestrators(call, location),
            (["locations", location, "kubernetesversions"], None) => versions::list(call, location),
            (["locations", location, "usages"], None) => quotas::usages(call, location),
            (["locations", _, "operations", id], None) if !call.writes() => polls::status(call, id),
            (["locations", _, "operationresults", id], None) if !call.writes() => polls::result(call, id),
            _ => Err(call.unknown_type(self.namespace(), inner)),
        }
    }
}
