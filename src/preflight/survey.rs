//! Looks at what exists, runs the checks that what is missing needs, and gives the plan. Reads only.

use std::sync::Arc;

use super::demand::Demand;
use super::deployments;
use super::finding::Finding;
use super::permissions::Rights;
use super::subscription_cache::{Models, SubscriptionCache};
use super::{EXISTING_ID, account_name, cluster_size, kubernetes, location, model, permissions, providers};
use super::{NAMES_ID, room, subscription};
use crate::azure::accounts::Account;
use crate::azure::client::Azure;
use crate::azure::clusters::ManagedCluster;
use crate::azure::compute::{ComputeUsage, VmSku};
use crate::azure::error::Error as AzureError;
use crate::azure::groups::ResourceGroup;
use crate::events::{CheckStatus, Events};
use crate::lab::comparison::Comparison;
use crate::lab::ids;
use crate::lab::kind::ResourceKind;
use crate::lab::model::{Choice, Offer};
use crate::lab::names;
use crate::lab::spec::{DEFAULT_LOCATION, LabSpec};
use crate::lab::tags::Tags;
use crate::recipe::discovery::discover_names;
use crate::recipe::error::Error as RecipeError;
use crate::recipe::provision::Plan;
use crate::recipe::resource::Resource as _;
use crate::recipe::{self, cluster, group};

/// Asks a person which of several models to take: the question and the offers, best first; `None` declines.
pub type Ask = Arc<dyn Fn(&str, &[Offer]) -> Option<usize> + Send + Sync>;

/// How to survey.
#[derive(Clone, Default)]
pub struct SurveyOptions {
    /// Takes over a group that is not ours.
    pub adopt: bool,
    /// Goes on although checks fail.
    pub skip_checks: bool,
    /// Asks for a model, on a terminal.
    pub ask: Option<Ask>,
    /// Checks the subscription, the rights and the region even if nothing is missing.
    pub thorough: bool,
}

impl std::fmt::Debug for SurveyOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SurveyOptions")
            .field("adopt", &self.adopt)
            .field("skip_checks", &self.skip_checks)
            .field("thorough", &self.thorough)
            .finish_non_exhaustive()
    }
}

/// The longest name of a resource group of nodes that AKS takes.
const MOST_NODE_GROUP: usize = 80;

/// Why there is no plan.
#[derive(Clone, Debug)]
pub enum Stop {
    /// Checks failed; never empty, in the order in which they were made.
    Checks(Vec<Finding>),
    /// The lab cannot be touched, or cannot be looked at.
    Lab(RecipeError),
}

/// What a survey found out.
#[derive(Clone, Debug)]
pub struct Surveyed {
    /// What to make.
    pub plan: Plan,
    /// Every check, in the order in which they were made.
    pub findings: Vec<Finding>,
    /// What the lab takes of quotas.
    pub demand: Demand,
}

impl Surveyed {
    fn failed(&self) -> Vec<Finding> {
        self.findings.iter().filter(|finding| finding.status == CheckStatus::Fail).cloned().collect()
    }
}

/// The region's offers and quota, as far as they could be read.
pub(super) type ModelsRead = Result<Arc<Models>, AzureError>;

pub(super) struct Survey<'a> {
    pub(super) azure: &'a Azure,
    cache: &'a SubscriptionCache,
    pub(super) events: &'a Events,
    pub(super) lab: &'a LabSpec,
    pub(super) options: &'a SurveyOptions,
    findings: Vec<Finding>,
    pub(super) demand: Demand,
}

/// Looks at what exists of `lab`, makes the checks that the rest needs, and plans it.
///
/// # Errors
/// What cannot be looked at or touched; nothing was written.
pub async fn look(
    cache: &SubscriptionCache,
    events: &Events,
    lab: &LabSpec,
    options: &SurveyOptions,
) -> Result<Surveyed, RecipeError> {
    let (lab, group) = known(&cache.azure, lab, options.adopt).await?;
    let mut survey = Survey::new(cache, events, &lab, options);
    let plan = survey.run(group).await?;
    if !options.skip_checks {
        survey.look_elsewhere().await;
    }
    Ok(Surveyed { plan, findings: survey.findings, demand: survey.demand })
}

/// [`look`], which ends where a check has failed.
///
/// # Errors
/// [`Stop`]; nothing was written.
pub async fn survey(
    cache: &SubscriptionCache,
    events: &Events,
    lab: &LabSpec,
    options: &SurveyOptions,
) -> Result<Surveyed, Stop> {
    let surveyed = look(cache, events, lab, options).await.map_err(Stop::Lab)?;
    let failed = surveyed.failed();
    if failed.is_empty() || options.skip_checks { Ok(surveyed) } else { Err(Stop::Checks(failed)) }
}

/// Chooses what to deploy for each deployment of `lab` on an account that exists; for one that fits, what it has.
///
/// # Errors
/// [`Stop`]; nothing was written.
pub async fn survey_deployments(
    azure: &Azure,
    events: &Events,
    lab: &LabSpec,
    options: &SurveyOptions,
    account: &str,
    location: &str,
) -> Result<Vec<Choice>, Stop> {
    let cache = SubscriptionCache::new(azure.clone(), None);
    let mut survey = Survey::new(&cache, events, lab, options);
    let open = deployments::read(azure, lab, Some(account)).await.map_err(Stop::Lab)?;
    if open.iter().all(|one| one.fits) {
        return Ok(open.iter().map(|one| one.as_it_is(&[])).collect());
    }
    let choices = match cache.models(location).await {
        Ok(models) => survey.choose_models(location, &open, &models.offers),
        Err(error) => {
            survey.unreadable(model::ID, "the model catalogue", error).map_err(Stop::Lab)?;
            open.iter().map(|one| one.as_it_is(&[])).collect()
        }
    };
    survey.look_elsewhere().await;
    let failed = survey.failed();
    if failed.is_empty() || options.skip_checks { Ok(choices) } else { Err(Stop::Checks(failed)) }
}

/// The lab with the names that it goes by, and its group. One that is adopted is not ours as yet: nothing in it is taken
/// for the lab's but by name.
async fn known(azure: &Azure, lab: &LabSpec, adopt: bool) -> Result<(LabSpec, Option<ResourceGroup>), RecipeError> {
    let wrap = |error| RecipeError::azure(ResourceKind::ResourceGroup, &lab.group, &lab.group_id(), error);
    let mut named = lab.clone();
    let group = azure.group(&lab.group).await.map_err(wrap)?;
    let tags = Tags::read(group.as_ref().and_then(|group| group.tags.as_ref()));
    named.settle_tags(&tags, azure.arm().clock().now());
    if let Some(group) = &group {
        group::claim(group, &lab.group_id(), &lab.name, adopt)?;
        if tags.is_ours() {
            discover_names(&mut named, &azure.group_contents(&lab.group).await.map_err(wrap)?);
        }
    }
    Ok((named, group))
}

impl<'a> Survey<'a> {
    fn new(cache: &'a SubscriptionCache, events: &'a Events, lab: &'a LabSpec, options: &'a SurveyOptions) -> Self {
        let (findings, demand) = (Vec::new(), Demand::default());
        Self { azure: &cache.azure, cache, events, lab, options, findings, demand }
    }

    fn failed(&self) -> Vec<Finding> {
        self.findings.iter().filter(|finding| finding.status == CheckStatus::Fail).cloned().collect()
    }

    /// Says beside what failed for want of quota where there is some.
    async fn look_elsewhere(&mut self) {
        let is_short = |finding: &Finding| {
            let quota = [cluster_size::QUOTA_ID, account_name::COUNT_ID, model::ID].contains(&finding.id);
            finding.status == CheckStatus::Fail && quota && finding.code.contains("Insufficient")
        };
        if self.demand.location.is_empty() || !self.findings.iter().any(is_short) {
            return;
        }
        let rooms = room::elsewhere(self.cache, &self.demand, &self.demand.location).await;
        let Some(first) = rooms.first() else { return };
        let all: Vec<&str> = rooms.iter().map(|room| room.location.as_str()).collect();
        let place = format!("there is room in {}: --location {}", all.join(", "), first.location);
        for finding in self.findings.iter_mut().filter(|finding| is_short(finding)) {
            let hint = finding.hint.take().unwrap_or_default();
            finding.hint = Some(format!("{hint}\n{place}"));
        }
    }

    async fn run(&mut self, group: Option<ResourceGroup>) -> Result<Plan, RecipeError> {
        let (lab, azure, cache) = (self.lab, self.azure, self.cache);
        let group_error = |error| RecipeError::azure(ResourceKind::ResourceGroup, &lab.group, &lab.group_id(), error);
        let found = if group.is_some() { "is there, and the lab's" } else { "is not there yet" };
        self.found(Finding::pass(EXISTING_ID, format!("the resource group {} {found}", lab.group)));
        // One that is being deleted takes everything along: it is waited for, and then the lab is made from nothing.
        let group = group.filter(|group| !group::is_going(group));
        let group_location = group.as_ref().and_then(|group| names::location(&group.location).ok());
        let location = match (&lab.location, group_location) {
            (Some(asked), Some(found)) if *asked != found => {
                self.found(Finding::fail(
                    location::ID,
                    "InvalidResourceGroupLocation",
                    format!("the resource group {} exists in {found}, not in {asked}", lab.group),
                    format!("leave out --location (or say --location {found}), or choose another group with --resource-group NAME"),
                ));
                found
            }
            (Some(asked), _) => asked.clone(),
            (None, found) => found.unwrap_or_else(|| DEFAULT_LOCATION.to_owned()),
        };
        let (cluster, accounts) = match &group {
            None => (None, Vec::new()),
            Some(_) => {
                let cluster_error =
                    |error| RecipeError::azure(ResourceKind::Cluster, &lab.cluster.name, &lab.cluster_id(), error);
                tokio::try_join!(
                    async { azure.cluster(&lab.group, &lab.cluster.name).await.map_err(cluster_error) },
                    async { azure.accounts(&lab.group).await.map_err(group_error) },
                )?
            }
        };
        let cluster = cluster.filter(|cluster| !cluster::is_going(cluster));
        let account = recipe::account::existing(lab, &accounts);
        // An account may be elsewhere than its group: models and quota are those of its own region.
        let account_location =
            account_name::location(account.as_deref(), &accounts).unwrap_or_else(|| location.clone());
        let is_new = group.is_none();
        let needs_cluster = cluster.is_none();
        let needs_account = account.is_none();
        let open = deployments::read(azure, lab, account.as_deref()).await?;
        let needs_models = open.iter().any(|one| !one.fits);
        if needs_cluster || needs_account || needs_models || self.options.thorough {
            self.check_subscription().await?;
        }
        if (needs_cluster || needs_account || self.options.thorough) && self.failed().is_empty() {
            self.check_region(&location).await?;
        }
        // A subscription that takes no writes and a wrong location fail what follows for no other reason.
        if !self.failed().is_empty() && !self.options.skip_checks {
            if self.failed().iter().all(|finding| finding.id != subscription::ID) {
                self.check_permissions(group.is_some(), false).await?;
            }
            let account = account.unwrap_or_else(|| lab.account_name(0));
            return Ok(self.plan(location, account, Vec::new(), is_new));
        }
        self.demand.location.clone_from(&location);
        self.demand.account_location.clone_from(&account_location);
        if needs_cluster {
            self.check_names(&location);
        }
        self.check_fixed(cluster.as_ref(), account.as_deref(), &accounts)?;
        let version = lab.cluster.kubernetes_version.as_deref().filter(|_| needs_cluster);
        let (versions, sizes, models, deleted) = tokio::join!(
            async { if version.is_some() { Some(cache.kubernetes_versions(&location).await) } else { None } },
            async {
                if needs_cluster {
                    Some(tokio::join!(cache.vm_sizes(&location), cache.compute_usages(&location)))
                } else {
                    None
                }
            },
            async { if needs_models || needs_account { Some(cache.models(&account_location).await) } else { None } },
            async { if needs_account { Some(cache.deleted_accounts().await) } else { None } },
        );
        match (version, versions) {
            (Some(version), Some(Ok(offered))) => self.found(kubernetes::check(version, &offered, &location)),
            (_, Some(Err(error))) => self.unreadable(kubernetes::ID, "the Kubernetes versions", error)?,
            _ => {}
        }
        if let Some((sizes, usages)) = sizes {
            self.check_cluster(&location, sizes, usages)?;
        }
        let mut purges = false;
        let account = match account {
            Some(name) => name,
            None => self.choose_account(&location, deleted, models.as_ref(), &mut purges)?,
        };
        if needs_cluster || needs_account || needs_models || self.options.thorough {
            self.check_permissions(group.is_some(), purges).await?;
        }
        let choices = match models {
            Some(Ok(models)) => self.choose_models(&account_location, &open, &models.offers),
            Some(Err(error)) => {
                self.unreadable(model::ID, "the model catalogue", error)?;
                open.iter().map(|one| one.as_it_is(&[])).collect()
            }
            None => open.iter().map(|one| one.as_it_is(&[])).collect(),
        };
        Ok(self.plan(location, account, choices, is_new))
    }

    fn plan(&self, location: String, account: String, choices: Vec<Choice>, is_new: bool) -> Plan {
        let mut lab = self.lab.clone();
        for (deployment, choice) in lab.deployments.iter_mut().zip(&choices) {
            deployment.model.settle(choice);
        }
        Plan { lab, location, account, choices, adopt: self.options.adopt, is_new }
    }

    /// Stops at what exists and cannot be changed in place, before anything beside it is written.
    fn check_fixed(
        &self,
        cluster: Option<&ManagedCluster>,
        account: Option<&str>,
        accounts: &[Account],
    ) -> Result<(), RecipeError> {
        let lab = self.lab;
        if let Some(cluster) = cluster
            && let Comparison::Differs(differences) = cluster::compare(cluster, &lab.cluster, lab.location.as_deref())
            && let Some(error) =
                RecipeError::fixed(ResourceKind::Cluster, &lab.cluster.name, &lab.cluster_id(), &differences)
        {
            return Err(error);
        }
        if let Some(name) = account
            && let Some(state) = recipe::account::named(name, accounts)
        {
            let id = ids::account(&lab.subscription, &lab.group, name);
            let wanted = recipe::account::Account::new(lab, name, "", self.options.adopt);
            if let Comparison::Differs(differences) = wanted.compare(state)
                && let Some(error) = RecipeError::fixed(ResourceKind::OpenaiAccount, name, &id, &differences)
            {
                return Err(error);
            }
        }
        Ok(())
    }

    pub(super) fn found(&mut self, finding: Finding) {
        finding.emit(self.events);
        self.findings.push(finding);
    }

    /// A read that fails is told and skipped, but for what stops everything: no sign-in, an interrupt.
    pub(super) fn unreadable(&mut self, id: &'static str, what: &str, error: AzureError) -> Result<(), RecipeError> {
        if matches!(error, AzureError::SignIn(_) | AzureError::Interrupted) {
            let lab = self.lab;
            return Err(RecipeError::azure(ResourceKind::ResourceGroup, &lab.group, &lab.group_id(), error));
        }
        self.found(Finding::skip(id, format!("{what} cannot be read: {error}")));
        Ok(())
    }

    async fn check_subscription(&mut self) -> Result<(), RecipeError> {
        let read = self.cache.subscription().await;
        match subscription::check(&self.lab.subscription, read.as_deref().map_err(Clone::clone)) {
            Ok(finding) => self.found(finding),
            Err(error) => self.unreadable(subscription::ID, "the subscription", error)?,
        }
        Ok(())
    }

    /// Whether who is signed in may make the lab, and take it away.
    async fn check_permissions(&mut self, group_exists: bool, purges: bool) -> Result<(), RecipeError> {
        let what = "what you may do";
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

    /// AKS derives the name of the nodes' resource group, and takes at most 80 characters.
    fn check_names(&mut self, location: &str) {
        let lab = self.lab;
        let derived = format!("MC_{}_{}_{location}", lab.group, lab.cluster.name);
        let length = derived.chars().count();
        self.found(if length > MOST_NODE_GROUP {
            let message = format!("the nodes' resource group would be called {derived}: {length} characters, and Azure takes {MOST_NODE_GROUP}");
            let hint = format!("shorten --resource-group or --cluster by {} characters", length - MOST_NODE_GROUP);
            Finding::fail(NAMES_ID, "InvalidName", message, hint)
        } else {
            Finding::pass(NAMES_ID, "the lab's names are valid")
        });
    }

    async fn check_region(&mut self, location: &str) -> Result<(), RecipeError> {
        match self.cache.providers().await {
            Ok(found) => {
                self.found(providers::check(&found));
                self.found(location::check(&found, location));
                Ok(())
            }
            Err(error) => self.unreadable(providers::ID, "the resource providers", error),
        }
    }

    fn check_cluster(
        &mut self,
        location: &str,
        sizes: Result<Arc<Vec<VmSku>>, AzureError>,
        usages: Result<Arc<Vec<ComputeUsage>>, AzureError>,
    ) -> Result<(), RecipeError> {
        let sizes = match sizes {
            Ok(sizes) => sizes,
            Err(error) => return self.unreadable(cluster_size::SIZE_ID, "the VM sizes", error),
        };
        let spec = &self.lab.cluster;
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
}
