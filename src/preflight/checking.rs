//! What a survey checks: each check is made where what it reads is missing from the lab, and told as it is made.

use super::existing::Existing;
use super::finding::Finding;
use super::permissions::Rights;
use super::reads::{ClusterQuotas, NodeReads, Read};
use super::subscription_cache::Models;
use super::survey::Survey;
use super::{
    cluster_count, cluster_size, kubernetes, location, offer, permissions, providers, public_ips, resource_groups,
    subscription,
};
use crate::azure::clusters::KubernetesVersion;
use crate::azure::error::Error as AzureError;
use crate::azure::groups::ResourceGroup;
use crate::events::CheckStatus;
use crate::lab::spec::ClusterSpec;
use crate::recipe::error::Error as RecipeError;
use crate::values::ResourceKind;

impl Survey<'_> {
    /// Tells a finding, and keeps it.
    pub(super) fn found(&mut self, finding: Finding) {
        finding.emit(self.events);
        self.findings.push(finding);
    }

    /// A read that the service refuses is told and skipped. What stops everything is no sign-in and an interrupt; before a write, no
    /// answer of the service either, such as the page of a network that wants somebody to sign in: it tells nothing of what there is.
    pub(super) fn unreadable(&mut self, id: &'static str, what: &str, error: AzureError) -> Result<(), RecipeError> {
        let is_answered = error.service().is_some() || self.options.thorough || self.options.skip_checks;
        if matches!(error, AzureError::SignIn(_) | AzureError::Interrupted) || !is_answered {
            let lab = self.lab;
            return Err(RecipeError::azure(ResourceKind::ResourceGroup, &lab.group, &lab.group_id(), error));
        }
        self.found(Finding::skip(id, format!("{what} cannot be read: {error}")));
        Ok(())
    }

    /// Whether the subscription takes writes.
    pub(super) async fn check_subscription(&mut self) -> Result<(), RecipeError> {
        let read = self.cache.subscription().await;
        match subscription::check(&self.lab.subscription, read.as_deref().map_err(Clone::clone)) {
            Ok(finding) => self.found(finding),
            Err(error) => self.unreadable(subscription::ID, "the subscription", error)?,
        }
        Ok(())
    }

    /// Whether who is signed in may make the lab, and take it away.
    pub(super) async fn check_permissions(&mut self, group_exists: bool, purges: bool) -> Result<(), RecipeError> {
        let what = "your permissions";
        let whole = match self.cache.permissions().await {
            Ok(whole) => whole,
            Err(error) => return self.unreadable(permissions::ID, what, error),
        };
        let group = if group_exists && !permissions::suffice(&whole) {
            match self.azure.permissions(&self.lab.group_id()).await {
                Ok(group) => Some(group),
                Err(error) => return self.unreadable(permissions::ID, what, error),
            }
        } else {
            None
        };
        let who = self.cache.who.as_deref();
        let rights = Rights { subscription: &whole, group: group.as_deref(), who };
        for finding in permissions::check(rights, self.lab, purges) {
            self.found(finding);
        }
        Ok(())
    }

    /// Whether the resource providers are registered, and the region offers what the lab is made of.
    pub(super) async fn check_region(&mut self, location: &str) -> Result<(), RecipeError> {
        match self.cache.providers().await {
            Ok(found) => {
                self.found(providers::check(&found, &self.lab.subscription));
                self.found(location::check(&found, location, "--location "));
                Ok(())
            }
            Err(error) => self.unreadable(providers::ID, "the resource providers", error),
        }
    }

    /// Whether the region offers what a cluster is to get: its version, and its nodes.
    pub(super) fn check_cluster(
        &mut self,
        existing: &Existing,
        location: &str,
        versions: Option<Read<Vec<KubernetesVersion>>>,
        nodes: Option<NodeReads>,
    ) -> Result<(), RecipeError> {
        match (self.lab.cluster.kubernetes_version.as_deref(), versions) {
            (Some(version), Some(Ok(offered))) => self.found(match existing.upgraded_from(self.lab) {
                Some(have) => kubernetes::check_upgrade(&have, version, &offered, location),
                None => kubernetes::check(version, &offered, location),
            }),
            (_, Some(Err(error))) => self.unreadable(kubernetes::ID, "the Kubernetes versions", error)?,
            _ => {}
        }
        match (existing.new_nodes(self.lab), nodes) {
            (Some(spec), Some(nodes)) => self.check_nodes(&spec, location, nodes),
            _ => Ok(()),
        }
    }

    fn check_nodes(
        &mut self,
        spec: &ClusterSpec,
        location: &str,
        (sizes, usages): NodeReads,
    ) -> Result<(), RecipeError> {
        let sizes = match sizes {
            Ok(sizes) => sizes,
            Err(error) => return self.unreadable(cluster_size::SIZE_ID, "the VM sizes", error),
        };
        let size = cluster_size::check_vm_size(spec, &sizes, location);
        let is_offered = size.status == CheckStatus::Pass;
        self.demand.nodes = cluster_size::nodes(spec, &sizes);
        self.found(size);
        match usages {
            Ok(usages) if is_offered => self.found(cluster_size::check_quota(spec, &sizes, &usages, location)),
            Ok(_) => {}
            Err(error) => self.unreadable(cluster_size::QUOTA_ID, "the vCPU quota", error)?,
        }
        Ok(())
    }

    /// Whether the subscription takes the resource groups that are to be made.
    pub(super) fn check_groups(&mut self, groups: Option<Read<Vec<ResourceGroup>>>) -> Result<(), RecipeError> {
        match groups {
            Some(Ok(exist)) => self.found(resource_groups::check(exist.len(), self.demand.new_groups)),
            Some(Err(error)) => self.unreadable(resource_groups::ID, "the resource groups", error)?,
            None => {}
        }
        Ok(())
    }

    /// Whether the region has quota for one more cluster, and for the addresses of a lab.
    pub(super) fn check_cluster_quotas(
        &mut self,
        location: &str,
        quotas: Option<ClusterQuotas>,
    ) -> Result<(), RecipeError> {
        let Some((clusters, networks)) = quotas else { return Ok(()) };
        match clusters {
            Ok(usages) => self.found(cluster_count::check(&usages, location)),
            Err(error) => self.unreadable(cluster_count::ID, "the quota of clusters", error)?,
        }
        match networks {
            Ok(usages) => self.found(public_ips::check(&usages, location)),
            Err(error) => self.unreadable(public_ips::ID, "the quota of public IP addresses", error)?,
        }
        Ok(())
    }

    /// Whether the subscription's offer has quota for the models that are to be deployed. What cannot be read of it was told
    /// by the check of the subscription.
    pub(super) async fn check_offer(&mut self, existing: &Existing, models: Option<&Read<Models>>) -> bool {
        if !existing.needs_models() {
            return true;
        }
        let Ok(subscription) = self.cache.subscription().await else { return true };
        let usages = models.and_then(|models| Some(models.as_ref().ok()?.usages.as_slice()));
        let finding = offer::check(&subscription.subscription_policies.quota_id, usages);
        let has_models = finding.status != CheckStatus::Fail;
        self.found(finding);
        has_models
    }
}
